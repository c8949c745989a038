"""The state of a symbol in a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from openbell.session import SessionData


@dataclass(frozen=True, slots=True)
class SymbolStatus:
    """One symbol.

    Attributes
    ----------
    base, derived
        The streamed interval, and those that are derived from it.
    indicators, indicators_ready
        How many it has, and how many have a value.
    quality_percent
        Base bars that are there or known to have had no trade, in percent of the expected ones.
    locks
        Why it may not be removed.
    """

    symbol: str
    base: str
    derived: tuple[str, ...]
    bars: int
    indicators: int
    indicators_ready: int
    quality_percent: float | None
    locks: frozenset[str]

    @classmethod
    def of(cls, session: SessionData, symbol: str) -> Self:
        """Read it off a session."""
        base, *derived = session.intervals(symbol)
        indicators = session.get_all_indicators(symbol)
        quality = session.quality.session(symbol, base)
        return cls(
            symbol=symbol,
            base=str(base),
            derived=tuple(str(i) for i in derived),
            bars=session.bar_count(symbol, base),
            indicators=len(indicators),
            indicators_ready=sum(data.valid for data in indicators.values()),
            quality_percent=None if quality is None else quality.percent,
            locks=session.get_symbol_locks(symbol),
        )
