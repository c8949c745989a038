"""What is missing, by symbol, interval and session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

if TYPE_CHECKING:
    import datetime as dt

    from openbell._core import Coverage, Interval, SessionCore


@dataclass(frozen=True, slots=True)
class Gap:
    """A range ``[start_ns, end_ns)`` of bars that are not there.

    Attributes
    ----------
    start_ns, end_ns
        Nanoseconds since 1970 UTC.
    bars
        How many.
    status
        ``unknown`` until the source vouches for it, ``verified_empty`` when it says that nothing was traded.
    """

    start_ns: int
    end_ns: int
    bars: int
    status: Literal["unknown", "verified_empty"]


@dataclass(frozen=True, slots=True)
class Quality:
    """How complete the bars of one symbol and interval are in the regular hours of one session.

    Attributes
    ----------
    date
        The session.
    expected
        Bars that the exchange's calendar has room for, up to the clock.
    present, verified_empty, unknown
        Those that are there, those that nothing was traded in, and those that nobody knows of.
    gaps
        The missing ones as ranges, in order.
    """

    date: dt.date
    expected: int
    present: int
    verified_empty: int
    unknown: int
    gaps: tuple[Gap, ...]

    @property
    def percent(self) -> float | None:
        """Present and verified bars in percent of the expected ones; None before any was expected."""
        return 100.0 * (self.present + self.verified_empty) / self.expected if self.expected else None

    @classmethod
    def of(cls, coverage: Coverage, *, verified: bool) -> Self:
        """Read the engine's count; ``verified`` if the source vouches for what is missing."""
        missing = coverage.expected - coverage.present
        status: Literal["unknown", "verified_empty"] = "verified_empty" if verified else "unknown"
        return cls(
            date=coverage.date,
            expected=coverage.expected,
            present=coverage.present,
            verified_empty=missing if verified else 0,
            unknown=0 if verified else missing,
            gaps=tuple(Gap(start, end, bars, status) for start, end, bars in coverage.gaps),
        )


class DataQualityManager:
    """Judges every symbol and interval against the exchange's calendar.

    Parameters
    ----------
    core
        The session.
    gaps_verified
        Whether the source vouches that a bar which is not there had no trade.
    """

    def __init__(self, core: SessionCore, *, gaps_verified: bool = False) -> None:
        self._core = core
        self.gaps_verified = gaps_verified

    def session(self, symbol: str, interval: Interval | str) -> Quality | None:
        """Judge the running session, up to the clock; None if there is no session, symbol or interval."""
        coverage = self._core.get_coverage(symbol, interval)
        return None if coverage is None else Quality.of(coverage, verified=self.gaps_verified)

    def history(self, symbol: str, interval: Interval | str) -> dict[dt.date, Quality]:
        """Judge the earlier sessions that are kept, by date."""
        past = self._core.get_past_coverage(symbol, interval)
        return {coverage.date: Quality.of(coverage, verified=self.gaps_verified) for coverage in past}
