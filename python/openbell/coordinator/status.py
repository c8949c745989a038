"""The state of a run and of its symbols."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from openbell.clock import Phase
    from openbell.scanners import ScannerStats
    from openbell.session import SessionData
    from openbell.session.activity import Lag
    from openbell.sources.inbox import QueueStatus
    from openbell.sources.supervisor import LinkStatus


@dataclass(frozen=True, slots=True)
class SymbolStatus:
    """One symbol.

    Attributes
    ----------
    state
        ``active``; ``adhoc`` if it is there for single things only; ``inactive`` if it lags; ``adding``;
        ``removing``.
    reason
        Why it is inactive.
    base, derived
        The streamed interval, and those that are derived from it.
    lag
        How far it is behind, by cause.
    indicators, indicators_ready
        How many it has, and how many have a value.
    quality_percent
        Base bars that are there or known to have had no trade, in percent of the expected ones.
    locks
        Why it may not be removed.
    """

    symbol: str
    state: Literal["active", "adhoc", "inactive", "adding", "removing"]
    reason: str | None = None
    base: str | None = None
    derived: tuple[str, ...] = ()
    bars: int = 0
    indicators: int = 0
    indicators_ready: int = 0
    quality_percent: float | None = None
    lag: Lag | None = None
    locks: frozenset[str] = frozenset()

    @classmethod
    def adding(cls, symbol: str) -> Self:
        """One that is on its way."""
        return cls(symbol, "adding")

    @classmethod
    def of(cls, session: SessionData, symbol: str, *, under_way: Sequence[str]) -> Self | None:
        """Read it off a session; None if it is not there. ``under_way`` is what was asked for it and not done yet."""
        intervals = session.intervals(symbol)
        if not intervals:
            return None
        reason = session.activity.reason(symbol)
        state: Literal["active", "adhoc", "inactive", "removing"] = (
            "removing"
            if "remove" in under_way
            else "inactive"
            if reason is not None
            else "active"
            if session.is_config_symbol(symbol)
            else "adhoc"
        )
        base, *derived = intervals
        indicators = session.get_all_indicators(symbol)
        quality = session.quality.session(symbol, base)
        return cls(
            symbol=symbol,
            state=state,
            reason=reason,
            lag=session.get_lag(symbol),
            base=str(base),
            derived=tuple(str(i) for i in derived),
            bars=session.bar_count(symbol, base),
            indicators=len(indicators),
            indicators_ready=sum(data.valid for data in indicators.values()),
            quality_percent=None if quality is None else quality.percent,
            locks=session.get_symbol_locks(symbol),
        )


@dataclass(frozen=True, slots=True)
class RunStatus:
    """A run.

    Attributes
    ----------
    state
        ``running``, ``paused`` or ``ended``.
    now_ns, now
        The session's clock: nanoseconds since 1970 UTC, and local time of the exchange.
    session_active
        Whether strategies are called.
    symbols, strategy_symbols, inactive_symbols
        How many there are, are provisioned in full, and lag.
    pending
        What was asked for and is not there yet.
    counts
        What became of the bars that were applied.
    callbacks, callback_errors, errors
        Calls of the strategy, how many raised, and the first of what they raised.
    scanners
        How each scanner did.
    phase
        Of trading, by the calendar: ``pre``, ``open``, ``break``, ``post`` or ``closed``.
    links, queue, gaps
        Of a live run: its connections, what waits to be applied, and gaps by what became of them.
    """

    name: str
    mode: str
    exchange: str
    state: Literal["running", "paused", "ended"]
    now_ns: int | None
    now: str | None
    session_active: bool
    symbols: int
    strategy_symbols: int
    inactive_symbols: int
    pending: int
    sessions_done: int
    sessions: int
    counts: dict[str, int]
    callbacks: int
    callback_errors: int
    errors: tuple[str, ...]
    scanners: tuple[ScannerStats, ...] = ()
    phase: Phase | None = None
    links: tuple[LinkStatus, ...] = ()
    queue: QueueStatus | None = None
    gaps: Mapping[str, int] = field(default_factory=dict)
