"""What a run gives back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from openbell._core import Interval
from openbell.errors import NoDataError
from openbell.indicators.catalogue import indicator_info
from openbell.report import CandleChart, RunSummary, render_html

if TYPE_CHECKING:
    from openbell.session import SessionData

MOST_CANDLES = 400
# Outputs that stand beside prices and are none.
NO_PRICES = frozenset({"direction", "slope", "r2"})


@dataclass(frozen=True, slots=True)
class RunResult:
    """A finished run: its figures, and the session as it stood at the end.

    Attributes
    ----------
    summary
        What the command line prints.
    session_data
        The last session, still readable.
    completed
        Whether it ran to its end and was not stopped.
    """

    summary: RunSummary
    session_data: SessionData
    completed: bool

    def chart(self, symbol: str | None = None, interval: str | Interval | None = None) -> CandleChart:
        """Give the last session of a symbol as a chart, with the indicators over that interval.

        Parameters
        ----------
        symbol
            The one with the most bars, if not given.
        interval
            The shortest whose session has at most 100 bars, if not given.

        Raises
        ------
        NoDataError
            If there are no bars to show.
        """
        session = self.session_data
        if symbol is None:
            symbol = min(self.summary.symbols, key=lambda s: (-s.bars, s.symbol)).symbol
        intervals = session.intervals(symbol)
        if interval is None:
            few = [i for i in intervals if 0 < session.bar_count(symbol, i) <= 100]
            interval = few[0] if few else intervals[0]
        bars = session.get_bars(symbol, interval, MOST_CANDLES)
        if not len(bars):
            raise NoDataError(f"{symbol} has no {interval} bars in its last session")
        overlays, panes = {}, {}
        for key, data in session.get_all_indicators(symbol).items():
            if data.interval != Interval(interval) or data.historical:
                continue
            ts, outputs = session.trace_indicator(symbol, key)
            shown = np.isin(ts, bars.ts)
            values = {output: column[shown] for output, column in outputs.items()}
            if not indicator_info(data.name).on_price:
                panes[key] = values
            elif len(values) == 1:
                overlays[key] = next(iter(values.values()))
            else:
                overlays |= {f"{key}.{name}": column for name, column in values.items() if name not in NO_PRICES}
        return CandleChart(
            symbol=symbol.upper(),
            interval=str(interval),
            timezone=self.summary.timezone,
            ts_ns=bars.ts,
            open=bars.open,
            high=bars.high,
            low=bars.low,
            close=bars.close,
            volume=bars.volume,
            overlays=overlays,
            panes=panes,
        )

    def to_html(self, path: str | Path, symbol: str | None = None, interval: str | Interval | None = None) -> None:
        """Write a page with all figures and a chart: one file, which needs nothing from elsewhere."""
        try:
            chart = self.chart(symbol, interval)
        except NoDataError:
            if symbol is not None:
                raise
            chart = None
        Path(path).write_text(render_html(self.summary, chart), encoding="utf-8")
