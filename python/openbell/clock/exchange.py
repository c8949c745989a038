"""Calendars of exchanges, read once from exchange_calendars into plain columns."""

from __future__ import annotations

import datetime as dt
import functools
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from openbell.clock import cached
from openbell.errors import CalendarError, hint

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

# Older sessions have neither minutes nor a use here; the library's own default is only twenty years.
FIRST_YEAR = "1990-01-01"

HOUR_NS = 3_600_000_000_000

# Local hours of trading before and after the regular session, from midnight: start, end, end on an early close.
# NYSE Arca and Nasdaq, "Hours & Calendars": 04:00 to 20:00, and 17:00 after a 13:00 close.
_US = (4, 20, 17)
EXTENDED_HOURS = {"XNYS": _US, "XNAS": _US, "ARCX": _US, "NYSE": _US, "NASDAQ": _US, "BATS": _US, "XASE": _US}


@dataclass(frozen=True, slots=True)
class ExchangeCalendar:
    """The sessions of one exchange, a row a session; a break is from `break_open_ns` on, 0 where there is none."""

    name: str
    zone: ZoneInfo
    date: NDArray[np.int32]
    open_ns: NDArray[np.int64]
    close_ns: NDArray[np.int64]
    break_open_ns: NDArray[np.int64]
    break_close_ns: NDArray[np.int64]
    early: NDArray[np.bool_]
    utc_offset_ns: NDArray[np.int64]


def exchange_names() -> list[str]:
    """All names that a calendar may be asked for by, aliases included."""
    import exchange_calendars

    return sorted(exchange_calendars.get_calendar_names(include_aliases=True))


def unknown_exchange(name: str) -> str | None:
    """Say what is wrong with an exchange's name, or nothing."""
    if cached.read(name) is not None:
        return None
    names = exchange_names()
    if name in names:
        return None
    meant = hint(name.upper(), names, "; use a code such as 'XNYS', 'XLON', 'XTKS' or '24/7'")
    return f"unknown exchange {name!r}{meant}"


def check_extended_hours(name: str) -> None:
    """Raise `CalendarError` if nothing is known about the extended hours of an exchange."""
    if name not in EXTENDED_HOURS:
        known = ", ".join(sorted(EXTENDED_HOURS))
        raise CalendarError(f"{name}: its extended hours are not known; known are those of {known}")


@functools.cache
def load_calendar(name: str) -> ExchangeCalendar:
    """Read a calendar, once a process: from the cache, or else from exchange_calendars.

    Raises
    ------
    CalendarError
        If there is no such exchange.
    """
    if (known := cached.read(name)) is not None:
        return ExchangeCalendar(name, known[0], *_typed(known[1]))
    calendar = _worked_out(name)
    columns = (calendar.date, calendar.open_ns, calendar.close_ns, calendar.break_open_ns, calendar.break_close_ns)
    cached.write(name, calendar.zone, _stacked(*columns, calendar.early, calendar.utc_offset_ns))
    return calendar


def _stacked(*columns: NDArray[Any]) -> NDArray[np.int64]:
    import numpy as np

    return np.stack([column.astype(np.int64) for column in columns])


def _typed(columns: NDArray[np.int64]) -> tuple[NDArray[Any], ...]:
    """Give the columns of an `ExchangeCalendar` as they are there."""
    import numpy as np

    date, *times, early, offset = columns
    return (date.astype(np.int32), *times, early.astype(np.bool_), offset)


def _worked_out(name: str) -> ExchangeCalendar:
    import exchange_calendars
    import numpy as np

    if wrong := unknown_exchange(name):
        raise CalendarError(wrong)
    with warnings.catch_warnings():
        # What exchange_calendars uses of pandas is deprecated in part: theirs to mend.
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            calendar = exchange_calendars.get_calendar(name, start=FIRST_YEAR)
        except ValueError:  # a calendar that is only known from a later year on
            calendar = exchange_calendars.get_calendar(name)
    schedule = calendar.schedule
    zone = ZoneInfo(str(calendar.tz))

    def nanos(column: pd.Series) -> NDArray[np.int64]:
        times = column.dt.tz_convert(None).to_numpy(dtype="datetime64[ns]")
        return np.where(np.isnat(times), 0, times.astype(np.int64))

    dates = schedule.index.to_numpy(dtype="datetime64[D]")
    local = schedule["open"].dt.tz_convert(str(zone)).dt.tz_localize(None).to_numpy(dtype="datetime64[ns]")
    open_ns = nanos(schedule["open"])
    early = np.isin(dates, calendar.early_closes.to_numpy(dtype="datetime64[D]"))
    return ExchangeCalendar(
        name=name,
        zone=zone,
        date=dates.astype(np.int64).astype(np.int32),
        open_ns=open_ns,
        close_ns=nanos(schedule["close"]),
        break_open_ns=nanos(schedule["break_start"]),
        break_close_ns=nanos(schedule["break_end"]),
        early=early,
        utc_offset_ns=local.astype(np.int64) - open_ns,
    )


def coverage(calendar: ExchangeCalendar) -> tuple[dt.date, dt.date]:
    """First and last session that a calendar knows."""
    epoch = dt.date(1970, 1, 1)
    first, last = (epoch + dt.timedelta(days=int(day)) for day in calendar.date[[0, -1]])
    return first, last
