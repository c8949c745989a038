"""The state of a symbol in a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openbell.session import SessionData
    from openbell.session.activity import Lag


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
    def of(cls, session: SessionData, symbol: str, *, under_way: Sequence[str]) -> Self:
        """Read it off a session; ``under_way`` is what was asked for it and is not done yet."""
        reason = session.activity.reason(symbol)
        state: Literal["active", "adhoc", "inactive", "removing"] = (
            "removing"
            if "remove" in under_way
            else "inactive"
            if reason is not None
            else "active"
            if symbol in session.get_config_symbols()
            else "adhoc"
        )
        base, *derived = session.intervals(symbol)
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
