"""New highs and lows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from openbell.config.fields import Section
from openbell.scanners.base import BaseScanner, ScanResult

if TYPE_CHECKING:
    from openbell.scanners.base import ScanContext


class NewExtremeParams(Section):
    """Of the new high/low scanner."""

    days: int = Field(default=0, ge=0, le=1000, description="0: of the day; otherwise of that many sessions before")
    direction: Literal["high", "low", "both"] = "both"


class NewExtremeScanner(BaseScanner):
    """Finds symbols that made a new high or low since the scan before.

    Of the day: beyond the day's extreme at the scan before; the first scan finds none. Of several days: beyond the
    extreme of that many earlier sessions, said once a day.
    """

    Params = NewExtremeParams

    def setup(self, context: ScanContext) -> bool:
        """Ask for the session, and for daily bars of those before."""
        self._known: dict[str, tuple[float, float]] = {}
        for symbol in context.universe:
            if self.params.days:
                context.add_historical_bars(symbol, "1d", self.params.days)
            elif not context.session_data.has_symbol(symbol):
                context.add_session_bars(symbol, context.base_interval)
        return True

    def scan(self, context: ScanContext) -> ScanResult:
        """Compare with what is known."""
        frame = context.snapshot(["day_high", "day_low"])
        found = {}
        for symbol, high, low in zip(frame.symbols, frame["day_high"].tolist(), frame["day_low"].tolist(), strict=True):
            known = self._known.get(symbol) or self._before(context, symbol)
            if known is None or np.isnan(high):
                if not np.isnan(high):
                    self._known[symbol] = (high, low)
                continue
            made = [name for name, new in (("high", high > known[0]), ("low", low < known[1])) if new]
            self._known[symbol] = self._next(known, high, low)
            if hits := [name for name in made if self.params.direction in {name, "both"}]:
                found[symbol] = {"new": " and ".join(hits), "day_high": high, "day_low": low}
        return ScanResult(sorted(found), found)

    def _before(self, context: ScanContext, symbol: str) -> tuple[float, float] | None:
        """Give the extremes of the sessions before; None if they do not count, or there are none."""
        if not self.params.days:
            return None
        bars = context.session_data.get_historical_bars(symbol, "1d")
        last = slice(-self.params.days, None)
        return (float(bars.high[last].max()), float(bars.low[last].min())) if len(bars) else None

    def _next(self, known: tuple[float, float], high: float, low: float) -> tuple[float, float]:
        if not self.params.days:
            return (high, low)
        # Said once: what has been passed can be passed no more today.
        return (np.inf if high > known[0] else known[0], -np.inf if low < known[1] else known[1])
