"""A candle chart with volume, overlays and panes, as one inline SVG."""

from __future__ import annotations

import datetime as dt
import math
from html import escape
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from openbell.report.summary import CandleChart

    Floats = NDArray[np.float64]

WIDTH, LEFT, RIGHT = 1000.0, 12.0, 76.0
PRICE, VOLUME, PANE, SPACE, TITLE, FOOT = 340.0, 72.0, 92.0, 14.0, 18.0, 26.0
COLOURS = 6


class Pane:
    """A stretch of the drawing with a scale of its own; ``top`` and ``height`` in SVG units."""

    def __init__(self, top: float, height: float, values: list[Floats], *, from_zero: bool = False) -> None:
        self.top, self.height = top, height
        joined = np.concatenate(values) if values else np.zeros(1)
        finite = joined[np.isfinite(joined)]
        low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
        if from_zero:
            low = min(low, 0.0)
        room = (high - low) * 0.04 or abs(high) * 0.01 or 1.0
        self.low = low if from_zero else low - room
        self.high = high + room

    def y(self, value: float) -> float:
        """Give where a value stands."""
        return self.top + self.height * (1.0 - (value - self.low) / (self.high - self.low))

    def ticks(self) -> list[float]:
        """Give a few round values within the scale."""
        rough = (self.high - self.low) / max(3.0, self.height / 48.0)
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(power * m for m in (1.0, 2.0, 2.5, 5.0, 10.0) if power * m >= rough)
        first = math.ceil(self.low / step)
        return [step * i for i in range(first, math.floor(self.high / step) + 1)]


def render_chart(chart: CandleChart) -> str:
    """Give the chart as an ``<svg>`` element that takes its colours from the page."""
    count = len(chart.ts_ns)
    slot = (WIDTH - LEFT - RIGHT) / count
    xs = LEFT + slot * (np.arange(count, dtype=np.float64) + 0.5)
    top = TITLE
    price = Pane(top, PRICE, [chart.low, chart.high, *chart.overlays.values()])
    top += PRICE + SPACE + TITLE
    volume = Pane(top, VOLUME, [chart.volume], from_zero=True)
    top += VOLUME + SPACE
    foot = top + sum(TITLE + PANE + SPACE for _ in chart.panes)
    parts = [_times(chart, xs, foot), _axis(price), _axis(volume), _candles(chart, price, volume, xs, slot)]
    parts.append(_legend(TITLE - 6, "", list(chart.overlays)))
    parts.append(_legend(volume.top - 6, "volume", []))
    parts += [_line(values, price, xs, i) for i, values in enumerate(chart.overlays.values())]
    for key, outputs in chart.panes.items():
        pane = Pane(top + TITLE, PANE, list(outputs.values()))
        parts += [_axis(pane), _legend(top + TITLE - 6, key, list(outputs))]
        parts += [_line(values, pane, xs, i) for i, values in enumerate(outputs.values())]
        top += TITLE + PANE + SPACE
    height = foot + FOOT
    last = chart.close[-1]
    description = f"{count} bars of {chart.interval}, from {_time(chart, 0):%Y-%m-%d %H:%M}; last close {last:,.2f}"
    return (
        f'<svg viewBox="0 0 {WIDTH:.0f} {height:.0f}" role="img" aria-labelledby="chart-title chart-desc">'
        f'<title id="chart-title">{escape(chart.symbol)} {escape(chart.interval)}</title>'
        f'<desc id="chart-desc">{escape(description)}</desc>{"".join(parts)}</svg>'
    )


def _candles(chart: CandleChart, price: Pane, volume: Pane, xs: Floats, slot: float) -> str:
    body = max(1.0, min(slot * 0.68, 12.0))
    rows = []
    for i, x in enumerate(xs.tolist()):
        kind = "up" if chart.close[i] >= chart.open[i] else "down"
        high, low = price.y(chart.high[i]), price.y(chart.low[i])
        top, bottom = price.y(max(chart.open[i], chart.close[i])), price.y(min(chart.open[i], chart.close[i]))
        foot, head = volume.y(0.0), volume.y(chart.volume[i])
        rows.append(
            f'<g class="{kind}"><path d="M{x:.1f} {high:.1f}V{low:.1f}"/>'
            f'<rect x="{x - body / 2:.1f}" y="{top:.1f}" width="{body:.1f}" height="{max(bottom - top, 1.0):.1f}"/>'
            f'<rect class="v" x="{x - body / 2:.1f}" y="{head:.1f}" width="{body:.1f}" height="{foot - head:.1f}"/></g>'
        )
    return "".join(rows)


def _line(values: Floats, pane: Pane, xs: Floats, index: int) -> str:
    path, pen = [], "M"
    for x, value in zip(xs.tolist(), values.tolist(), strict=True):
        if not math.isfinite(value):
            pen = "M"
            continue
        path.append(f"{pen}{x:.1f} {pane.y(value):.1f}")
        pen = "L"
    return f'<path class="line c{index % COLOURS}" d="{"".join(path)}"/>' if path else ""


def _axis(pane: Pane) -> str:
    ticks = pane.ticks()
    step = abs(ticks[1] - ticks[0]) if len(ticks) > 1 else abs(ticks[0]) if ticks and ticks[0] else 1.0
    digits = max(0, min(8, 1 - math.floor(math.log10(step)))) if step < 10 else 0
    rows = []
    for tick in ticks:
        y = pane.y(tick)
        rows.append(f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>')
        rows.append(f'<text x="{WIDTH - RIGHT + 8}" y="{y + 3.5:.1f}">{_number(tick, digits)}</text>')
    return "".join(rows)


def _number(value: float, digits: int) -> str:
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e4, "K")):
        if abs(value) >= size:
            unit = 1e3 if letter == "K" else size
            return f"{value / unit:,.6g}{letter}"
    return f"{value:,.{digits}f}"


def _legend(y: float, key: str, names: list[str]) -> str:
    x, rows = LEFT, []
    if key:
        rows.append(f'<text class="key" x="{x}" y="{y:.1f}">{escape(key)}</text>')
        x += 7.6 * len(key) + 16
        names = names if len(names) > 1 else []
    for i, name in enumerate(names):
        rows.append(f'<path class="line c{i % COLOURS}" d="M{x:.1f} {y - 4:.1f}h14"/>')
        rows.append(f'<text x="{x + 18:.1f}" y="{y:.1f}">{escape(name)}</text>')
        x += 18 + 6.6 * len(name) + 16
    return "".join(rows)


def _time(chart: CandleChart, index: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(int(chart.ts_ns[index]) / 1e9, ZoneInfo(chart.timezone))


def _times(chart: CandleChart, xs: Floats, y: float) -> str:
    """Label about ten bars, full hours first, with the local time or, where bars are days, the date."""
    count = len(xs)
    times = [_time(chart, i) for i in range(count)]
    daily = count > 1 and (times[-1] - times[0]).days >= count - 1
    if daily:
        picks = list(range(0, count, max(1, math.ceil(count / 10))))
    else:
        hours = [i for i, t in enumerate(times) if t.minute == 0 or i == 0]
        picks = hours if 2 <= len(hours) <= 14 else list(range(0, count, max(1, math.ceil(count / 10))))
    rows = []
    for i in picks:
        text = f"{times[i]:%m-%d}" if daily else f"{times[i]:%H:%M}"
        rows.append(f'<path class="grid" d="M{xs[i]:.1f} {TITLE}V{y - SPACE / 2:.1f}"/>')
        rows.append(f'<text class="time" x="{xs[i]:.1f}" y="{y + 10:.1f}">{text}</text>')
    return "".join(rows)


def legend_names(chart: CandleChart) -> Mapping[str, list[str]]:
    """Give what is drawn, for those who cannot see it: pane to outputs."""
    return {"price": list(chart.overlays), **{key: list(outputs) for key, outputs in chart.panes.items()}}
