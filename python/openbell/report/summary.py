"""The figures of a run, as plain values."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class SymbolSummary:
    """One symbol over all sessions of the run, history not counted.

    Attributes
    ----------
    bars, derived_bars
        Base bars that were played, and longer bars that closed.
    indicators, indicators_ready
        How many it has, and how many of them have a value at the end.
    expected_bars, missing_bars, gaps
        Base bars that the calendar has room for, those of them that nobody knows of, and in how many stretches.
    quality_percent
        What is there or known to have had no trade, in percent of what was expected.
    corrected, duplicates, late, outside_session, refused
        Bars that replaced one, that were there already, that came late, that lay in no session, that were no bars.
    """

    symbol: str
    bars: int
    derived_bars: int
    indicators: int
    indicators_ready: int
    expected_bars: int
    missing_bars: int
    gaps: int
    quality_percent: float | None
    corrected: int
    duplicates: int
    late: int
    outside_session: int
    refused: int


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """One session over all symbols; ``open_ns`` and ``close_ns`` in nanoseconds since 1970 UTC."""

    date: dt.date
    open_ns: int
    close_ns: int
    early_close: bool
    bars: int
    derived_bars: int
    quality_percent: float | None


@dataclass(frozen=True, slots=True)
class HitSummary:
    """A symbol that a scan found, and what was said of it."""

    scanner: str
    symbol: str
    time_ns: int
    rank: int
    metadata: Any


@dataclass(frozen=True, slots=True)
class ScannerSummary:
    """How a scanner did, and what it found.

    Attributes
    ----------
    universe, left_out
        How many symbols it screens, and how many others its universe names.
    runs, hits, errors, overruns, skipped
        Scans, symbols found, calls that raised, that took too long, and scans that were not made.
    seconds
        Wall time of all scans.
    problem
        What it raised last, or why it was left out.
    """

    name: str
    universe: int
    left_out: int
    runs: int
    hits: int
    errors: int
    overruns: int
    skipped: int
    seconds: float
    problem: str | None


@dataclass(frozen=True, slots=True)
class LiveSummary:
    """How the feed of a live run did.

    Attributes
    ----------
    feed
        What it calls itself.
    connections, reconnects
        How many there were at once, and how often one was made again.
    gaps
        Stretches of missing bars by what became of them: ``filled``, ``verified_empty``, ``failed``, ``open``, …
    dropped, coalesced
        Rows that were dropped because the queue was full, and that later ones replaced in it.
    queue_seconds
        How far behind the queue was at most, in seconds of market time.
    strangers
        Bars that came of symbols that nobody asked for, or asked for any more.
    """

    feed: str
    connections: int
    reconnects: int
    gaps: Mapping[str, int]
    dropped: int
    coalesced: int
    queue_seconds: float
    strangers: int


@dataclass(frozen=True, slots=True, repr=False)
class RunSummary:
    """A run.

    Attributes
    ----------
    counts
        What became of the rows that were played, history included: appended, identical, corrected, …
    refused_by_reason
        Rows that are no bars, by reason, whether the source or the engine found them.
    skipped_symbols
        Symbols of the config that the source has nothing for, and why they were left out.
    warnings
        What callbacks, and updates of indicators of one's own, raised; each once.
    callbacks, callback_errors
        How many callbacks were called, and how many of them raised.
    history_sessions, history_bars
        What was loaded before the first session.
    scanners, hits
        How the scanners did, and what they found, in order.
    elapsed_s
        Wall time of the sessions; loading is in it, history is not.
    live
        How the feed did, of a live run.
    """

    name: str
    mode: str
    exchange: str
    timezone: str
    source: str
    base_interval: str
    intervals: tuple[str, ...]
    symbols: tuple[SymbolSummary, ...]
    sessions: tuple[SessionSummary, ...]
    counts: Mapping[str, int]
    refused_by_reason: Mapping[str, int]
    skipped_symbols: Mapping[str, str]
    warnings: tuple[str, ...]
    callbacks: int
    callback_errors: int
    history_sessions: int
    history_bars: int
    elapsed_s: float
    scanners: tuple[ScannerSummary, ...] = ()
    hits: tuple[HitSummary, ...] = ()
    live: LiveSummary | None = None

    def __repr__(self) -> str:
        # Thousands of symbols are nothing to read.
        quality = "unknown" if self.quality_percent is None else f"{self.quality_percent:.1f} %"
        return (
            f"RunSummary({self.name!r}, {self.mode}, {len(self.symbols):,} symbols, {len(self.sessions):,} sessions, "
            f"{self.bars:,} bars, quality {quality}, {self.refused:,} refused, {len(self.warnings):,} warnings)"
        )

    @property
    def bars(self) -> int:
        """Base bars of all symbols and sessions."""
        return sum(s.bars for s in self.symbols)

    @property
    def derived_bars(self) -> int:
        """Longer bars of all symbols and sessions."""
        return sum(s.derived_bars for s in self.symbols)

    @property
    def bars_per_second(self) -> float:
        """Base bars a second of wall time."""
        return self.bars / self.elapsed_s if self.elapsed_s > 0 else 0.0

    @property
    def indicators(self) -> int:
        """Indicators of all symbols."""
        return sum(s.indicators for s in self.symbols)

    @property
    def indicators_ready(self) -> int:
        """Indicators that have a value at the end."""
        return sum(s.indicators_ready for s in self.symbols)

    @property
    def gaps(self) -> int:
        """Stretches of missing base bars."""
        return sum(s.gaps for s in self.symbols)

    @property
    def missing_bars(self) -> int:
        """Base bars that nobody knows of."""
        return sum(s.missing_bars for s in self.symbols)

    @property
    def refused(self) -> int:
        """Rows that are no bars."""
        return sum(self.refused_by_reason.values())

    @property
    def quality_percent(self) -> float | None:
        """Base bars that are there or known to have had no trade, in percent of the expected ones."""
        expected = sum(s.expected_bars for s in self.symbols)
        return 100.0 * (expected - self.missing_bars) / expected if expected else None

    def to_dict(self) -> dict[str, Any]:
        """Give everything as JSON would hold it."""
        plain = dataclasses.asdict(self)
        totals = (
            "bars", "derived_bars", "bars_per_second", "indicators", "indicators_ready", "gaps", "missing_bars",
            "refused", "quality_percent",
        )  # fmt: skip
        plain["totals"] = {name: getattr(self, name) for name in totals}
        for session in plain["sessions"]:
            session["date"] = session["date"].isoformat()
        return plain


@dataclass(frozen=True, slots=True)
class CandleChart:
    """Bars of one symbol with indicator outputs over them, as arrays of one length.

    Attributes
    ----------
    ts_ns
        int64, bar opens in nanoseconds since 1970 UTC.
    open, high, low, close, volume
        float64.
    overlays
        Outputs that are prices, by name, such as ``bbands_20_2_5m.upper``; NaN where there is no value.
    panes
        Outputs on a scale of their own, by indicator key and output.
    """

    symbol: str
    interval: str
    timezone: str
    ts_ns: NDArray[np.int64]
    open: NDArray[np.float64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    volume: NDArray[np.float64]
    overlays: Mapping[str, NDArray[np.float64]]
    panes: Mapping[str, Mapping[str, NDArray[np.float64]]]
