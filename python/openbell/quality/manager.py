"""What is missing, by symbol, interval and session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

from openbell.quality.ledger import near, outside, overlap

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from openbell._core import Coverage, Interval, SessionCore
    from openbell.quality.ledger import GapLedger, Span

STATUSES = ("verified_empty", "unknown")


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
    def of(cls, coverage: Coverage, *, verified: bool, empty: Sequence[Span] = ()) -> Self:
        """Read the engine's count.

        Parameters
        ----------
        verified
            Whether the source vouches for all that is missing.
        empty
            Stretches that are verified otherwise, in order.
        """
        gaps: list[Gap] = []
        for start, end, bars in coverage.gaps:
            if verified:
                gaps.append(Gap(start, end, bars, "verified_empty"))
                continue
            # A bar's length within the gap: gaps do not cross the end of a stretch of trading.
            length = (end - start) / bars
            here = near(empty, start, end)
            parts: list[tuple[int, int, Literal["unknown", "verified_empty"]]] = [
                *((a, b, "verified_empty") for a, b in overlap(here, start, end)),
                *((a, b, "unknown") for a, b in outside(here, start, end)),
            ]
            gaps += [Gap(a, b, round((b - a) / length), status) for a, b, status in sorted(parts)]
        counts = {status: sum(gap.bars for gap in gaps if gap.status == status) for status in STATUSES}
        return cls(
            date=coverage.date,
            expected=coverage.expected,
            present=coverage.present,
            verified_empty=counts["verified_empty"],
            unknown=counts["unknown"],
            gaps=tuple(gaps),
        )


class DataQualityManager:
    """Judges every symbol and interval against the exchange's calendar.

    Parameters
    ----------
    core
        The session.
    gaps_verified
        Whether the source vouches that a bar which is not there had no trade.

    Attributes
    ----------
    ledger
        What is known of single gaps, if somebody keeps one.
    """

    def __init__(self, core: SessionCore, *, gaps_verified: bool = False) -> None:
        self._core = core
        self.gaps_verified = gaps_verified
        self.ledger: GapLedger | None = None

    def session(self, symbol: str, interval: Interval | str) -> Quality | None:
        """Judge the running session, up to the clock; None if there is no session, symbol or interval."""
        coverage = self._core.get_coverage(symbol, interval)
        if coverage is None:
            return None
        empty = self.ledger.verified(symbol) if self.ledger is not None else []
        return Quality.of(coverage, verified=self.gaps_verified, empty=empty)

    def history(self, symbol: str, interval: Interval | str) -> dict[dt.date, Quality]:
        """Judge the earlier sessions that are kept, by date."""
        past = self._core.get_past_coverage(symbol, interval)
        return {coverage.date: Quality.of(coverage, verified=self.gaps_verified) for coverage in past}
