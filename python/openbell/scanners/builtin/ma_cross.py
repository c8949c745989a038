"""Crosses of two moving averages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from openbell.config.fields import IntervalField, Section
from openbell.scanners.base import BaseScanner, ScanResult

if TYPE_CHECKING:
    from openbell.scanners.base import ScanContext


class MovingAverageCrossParams(Section):
    """Of the moving-average cross scanner."""

    interval: IntervalField = Field(default="5m", validate_default=True)
    average: Literal["sma", "ema", "wma"] = "ema"
    fast: int = Field(default=9, ge=1, le=1000)
    slow: int = Field(default=20, ge=2, le=1000)
    direction: Literal["up", "down", "both"] = "both"

    @model_validator(mode="after")
    def _in_order(self) -> MovingAverageCrossParams:
        if self.fast >= self.slow:
            raise ValueError(f"fast = {self.fast} must be less than slow = {self.slow}")
        return self


class MovingAverageCrossScanner(BaseScanner):
    """Finds symbols whose fast average has crossed the slow one since the scan before; the first scan finds none.

    Averages that are equal have not crossed: the side before counts on.
    """

    Params = MovingAverageCrossParams

    def setup(self, context: ScanContext) -> bool:
        """Ask for both averages."""
        p = self.params
        self._before: dict[str, int] = {}
        for symbol in context.universe:
            for period in (p.fast, p.slow):
                context.add_indicator(symbol, p.average, {"period": period, "interval": p.interval})
        return True

    def scan(self, context: ScanContext) -> ScanResult:
        """Compare sides."""
        p = self.params
        fast, slow = (f"{p.average}_{period}_{p.interval}" for period in (p.fast, p.slow))
        frame = context.snapshot([fast, slow])
        sides = (frame[fast] > frame[slow]).astype(int) - (frame[fast] < frame[slow]).astype(int)
        wanted = {"up": {1}, "down": {-1}, "both": {1, -1}}[p.direction]
        found = {}
        for row, (symbol, side) in enumerate(zip(frame.symbols, sides.tolist(), strict=True)):
            if not side:
                continue
            before = self._before.get(symbol)
            self._before[symbol] = side
            if before is not None and side != before and side in wanted:
                crossed = "up" if side > 0 else "down"
                found[symbol] = {"crossed": crossed, fast: float(frame[fast][row]), slow: float(frame[slow][row])}
        return ScanResult(sorted(found), found)
