"""Breakouts of the opening range."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from openbell.config.fields import Section
from openbell.scanners.base import BaseScanner, ScanResult

if TYPE_CHECKING:
    from openbell.scanners.base import ScanContext

MINUTE_NS = 60_000_000_000


class OpeningRangeParams(Section):
    """Of the opening range scanner."""

    minutes: int = Field(default=30, ge=1, le=390, description="how long the range is watched")
    direction: Literal["up", "down", "both"] = "both"
    buffer_pct: float = Field(default=0.0, ge=0, description="how far beyond the range the close must be, in percent")


class OpeningRangeScanner(BaseScanner):
    """Finds symbols whose newest close lies outside the range of the session's first minutes; each side once a day.

    Before the range is complete nothing is found. A symbol without a bar in it has none.
    """

    Params = OpeningRangeParams

    def setup(self, context: ScanContext) -> bool:
        """Ask for the session's bars."""
        self._ranges: dict[str, tuple[float, float] | None] = {}
        self._said: set[tuple[str, str]] = set()
        for symbol in context.universe:
            if not context.session_data.has_symbol(symbol):
                context.add_session_bars(symbol, context.base_interval)
        return True

    def scan(self, context: ScanContext) -> ScanResult:
        """Compare the newest closes with the ranges."""
        trading = context.session_data.time_manager.get_trading_session(context.time.date())
        open_ns = trading.open_ns or 0
        end_ns = open_ns + self.params.minutes * MINUTE_NS
        if context.now_ns < end_ns:
            return ScanResult()
        found = {}
        frame = context.snapshot(["last", "bar_count"])
        for symbol, last in zip(frame.symbols, frame["last"].tolist(), strict=True):
            if symbol not in self._ranges:
                base = context.session_data.intervals(symbol)[0]
                bars = context.session_data.get_bars(symbol, base, start=open_ns, end=end_ns)
                self._ranges[symbol] = (float(bars.high.max()), float(bars.low.min())) if len(bars) else None
            if (watched := self._ranges[symbol]) is None:
                continue
            high, low = watched
            beyond = self.params.buffer_pct / 100.0
            side = "up" if last > high * (1 + beyond) else "down" if last < low * (1 - beyond) else None
            if side is None or self.params.direction not in {side, "both"} or (symbol, side) in self._said:
                continue
            self._said.add((symbol, side))
            found[symbol] = {"side": side, "last": last, "range_high": high, "range_low": low}
        return ScanResult(sorted(found), found)
