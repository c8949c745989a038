"""What a trading day is: its segments, its open and close."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from typing import SupportsIndex, TypeAlias

    import numpy as np
    from numpy.typing import NDArray

    # As `openbell._core.as_ns` takes it: nanoseconds since 1970 UTC, a datetime with a zone, or a datetime64 in UTC.
    TimeLike: TypeAlias = SupportsIndex | dt.datetime | np.datetime64

EPOCH = dt.date(1970, 1, 1)
DAY_NS = 86_400_000_000_000


def day_number(date: dt.date) -> int:
    """Days since 1970-01-01, the form in which the core keeps dates."""
    return (date - EPOCH).days


def from_day_number(day: int) -> dt.date:
    """Undo `day_number`."""
    return EPOCH + dt.timedelta(days=day)


def local_time(ts_ns: int, zone: ZoneInfo) -> dt.datetime:
    """Nanoseconds since 1970 UTC as a datetime of a zone, cut to microseconds."""
    seconds, nanos = divmod(ts_ns, 1_000_000_000)
    return dt.datetime.fromtimestamp(seconds, zone).replace(microsecond=nanos // 1000)


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of uninterrupted trading, ``[open_ns, close_ns)``, in nanoseconds since 1970 UTC."""

    open_ns: int
    close_ns: int
    regular: bool


@dataclass(frozen=True, slots=True)
class TradingSession:
    """A date on an exchange.

    Attributes
    ----------
    date
        The session's date, by the exchange's own count (a futures session may open the evening before).
    exchange, timezone
        The calendar's name and the zone of its times.
    segments
        In order: one for most exchanges, two around a lunch break, more with extended hours; none on a holiday.
    is_early_close
        The regular session ends before its usual time.
    """

    date: dt.date
    exchange: str
    timezone: str
    segments: tuple[Segment, ...]
    is_early_close: bool

    @property
    def is_holiday(self) -> bool:
        """Whether there is no session on this date; weekends count."""
        return not self.segments

    @property
    def open_ns(self) -> int | None:
        """Open of the regular session, in nanoseconds since 1970 UTC."""
        return min((s.open_ns for s in self.segments if s.regular), default=None)

    @property
    def close_ns(self) -> int | None:
        """Close of the regular session, in nanoseconds since 1970 UTC."""
        return max((s.close_ns for s in self.segments if s.regular), default=None)

    @property
    def regular_open(self) -> dt.datetime | None:
        """Open of the regular session, in the exchange's zone."""
        return None if self.open_ns is None else local_time(self.open_ns, ZoneInfo(self.timezone))

    @property
    def regular_close(self) -> dt.datetime | None:
        """Close of the regular session, in the exchange's zone."""
        return None if self.close_ns is None else local_time(self.close_ns, ZoneInfo(self.timezone))


@dataclass(frozen=True, slots=True)
class CalendarArrays:
    """Sessions as columns of equal length, a row a segment, in order of time: the form in which the core takes them.

    Attributes
    ----------
    date
        int32, days since 1970-01-01.
    open_ns, close_ns
        int64, nanoseconds since 1970 UTC.
    regular
        bool, false for extended hours.
    utc_offset_ns
        int64, local time minus UTC at the session's open.
    """

    date: NDArray[np.int32]
    open_ns: NDArray[np.int64]
    close_ns: NDArray[np.int64]
    regular: NDArray[np.bool_]
    utc_offset_ns: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.date)

    def locate(self, times: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
        """Give which times lie in a segment, and the row of each one's; 0 of those before the first."""
        import numpy as np

        rows = np.maximum(np.searchsorted(self.open_ns, times, side="right") - 1, 0)
        return (times >= self.open_ns[rows]) & (times < self.close_ns[rows]), rows
