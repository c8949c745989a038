"""The minute step of eight indicators over 1,000 symbols beside what others take for it, in one run and one table.

All are given the same bars, minute by minute, and the last values of each are compared with ours before times are.
``pip install --group peers`` installs them; what is not installed is left out, with a word.
"""

from __future__ import annotations

import importlib.util
import operator
import shutil
import statistics
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from benches import peers_of_arrays
from benches.figures import ROOT
from rich.console import Console
from rich.table import Table

from openbell import indicators

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SYMBOLS, MINUTES = 1_000, 130
# The first so many minutes find caches cold and averages without a start.
WARM = 60
# A stream handle of TA-Lib is opened on what came before.
OPENED = 40


@dataclass(frozen=True)
class Bars:
    """So many minutes of so many symbols: a row a minute, a column a symbol. The open is the close."""

    high: np.ndarray[Any, Any]
    low: np.ndarray[Any, Any]
    close: np.ndarray[Any, Any]
    volume: np.ndarray[Any, Any]


@dataclass(frozen=True)
class Played:
    """What a peer took for each minute, in seconds, and the values of the last symbol after the last.

    Attributes
    ----------
    values
        sma, ema, rsi, macd, its signal, the upper and the lower band, atr, obv and vwap.
    """

    seconds: list[float]
    values: Sequence[float]

    @property
    def ns(self) -> float:
        """Nanoseconds a symbol-bar: the median of the minutes after the first."""
        return statistics.median(self.seconds[WARM:]) / SYMBOLS * 1e9


def market() -> Bars:
    """Draw prices in cents."""
    chance = np.random.default_rng(1)
    close = np.round(100 + np.cumsum(chance.normal(scale=0.05, size=(MINUTES, SYMBOLS)), axis=0), 2)
    volume = np.round(100 + 100 * chance.random((MINUTES, SYMBOLS)))
    return Bars(close + 0.05, close - 0.05, close, volume)


def ours(bars: Bars) -> list[float]:
    """Give our values of the last symbol after the last minute."""
    high, low, close, volume = (np.ascontiguousarray(a[:, -1]) for a in (bars.high, bars.low, bars.close, bars.volume))
    macd, bands = indicators.macd(close), indicators.bbands(close)
    columns = [
        *(indicators.sma(close, 20), indicators.ema(close, 20), indicators.rsi(close, 14)),
        *(macd.macd, macd.signal, bands.upper, bands.lower, indicators.atr(high, low, close, 14)),
        *(indicators.obv(close, volume), indicators.vwap(high, low, close, volume)),
    ]
    return [float(column[-1]) for column in columns]


def _objects(bars: Bars, make: Callable[[int], Callable[..., Any]]) -> Played:
    """Play minutes through a function a symbol, which takes the minute, high, low, close and volume.

    It gives a value an indicator; of macd, itself and its signal first, of the bands the upper, the middle, the lower.
    """
    each = [make(symbol) for symbol in range(SYMBOLS)]
    seconds: list[float] = []
    said: Any = None
    for minute in range(MINUTES):
        rows = [a[minute].tolist() for a in (bars.high, bars.low, bars.close, bars.volume)]
        started = time.perf_counter()
        for update, high, low, close, volume in zip(each, *rows, strict=True):
            said = update(minute, high, low, close, volume)
        seconds.append(time.perf_counter() - started)
    sma, ema, rsi, macd, bands, *rest = said
    return Played(seconds, [sma, ema, rsi, *macd[:2], bands[0], bands[2], *rest])


def wickra(bars: Bars) -> Played:
    """Play wickra's objects."""
    import wickra

    def make(_: int) -> Callable[..., Any]:
        sma, ema, rsi, macd = wickra.SMA(20), wickra.EMA(20), wickra.RSI(14), wickra.MACD(12, 26, 9)
        bands, atr, obv, vwap = wickra.BollingerBands(20, 2.0), wickra.ATR(14), wickra.OBV(), wickra.VWAP()

        def update(_: int, high: float, low: float, close: float, volume: float) -> Any:
            bar = (close, high, low, close, volume, 0)
            return (
                *(sma.update(close), ema.update(close), rsi.update(close), macd.update(close), bands.update(close)),
                *(atr.update(bar), obv.update(bar), vwap.update(bar)),
            )

        return update

    return _objects(bars, make)


def vector_ta(bars: Bars) -> Played:
    """Play vector-ta's streams."""
    import vector_ta as ta

    def make(_: int) -> Callable[..., Any]:
        sma, ema, rsi = ta.SmaStream(20).update, ta.EmaStream(20).update, ta.RsiStream(14).update
        macd, bands = ta.MacdStream(12, 26, 9, "ema").update, ta.BollingerBandsStream(20, 2.0, 2.0).update
        atr, obv, vwap = ta.AtrStream(14).update, ta.ObvStream().update, ta.VwapStream("1d").update

        def update(minute: int, high: float, low: float, close: float, volume: float) -> Any:
            typical = (high + low + close) / 3
            return (
                *(sma(close), ema(close), rsi(close), macd(close), bands(close)),
                *(atr(high, low, close), obv(close, volume), vwap(60_000 * minute, typical, volume)),
            )

        return update

    return _objects(bars, make)


def talib(bars: Bars) -> Played:
    """Play TA-Lib's stream handles."""
    from talib import stream

    def make(symbol: int) -> Callable[..., Any]:
        high, low, close, volume = (
            np.ascontiguousarray(a[:OPENED, symbol]) for a in (bars.high, bars.low, bars.close, bars.volume)
        )
        sma, ema, rsi = stream.SMA(close, 20).update, stream.EMA(close, 20).update, stream.RSI(close, 14).update
        macd, bands = stream.MACD(close).update, stream.BBANDS(close, 20, 2.0, 2.0).update
        atr, obv = stream.ATR(high, low, close, 14).update, stream.OBV(close, volume).update
        vwap = stream.VWAP(high, low, close, volume).update

        def update(minute: int, high: float, low: float, close: float, volume: float) -> Any:
            if minute < OPENED:
                return None
            return (
                *(sma(close), ema(close), rsi(close), macd(close), bands(close)),
                *(atr(high, low, close), obv(close, volume), vwap(high, low, close, volume)),
            )

        return update

    return _objects(bars, make)


def talipp(bars: Bars) -> Played:
    """Play talipp's objects."""
    from talipp import indicators as ta
    from talipp.ohlcv import OHLCV

    def make(_: int) -> Callable[..., Any]:
        on_close = [ta.SMA(20), ta.EMA(20), ta.RSI(14), ta.MACD(12, 26, 9), ta.BB(20, 2.0)]
        on_bar = [ta.ATR(14), ta.OBV(), ta.VWAP()]

        def update(_: int, high: float, low: float, close: float, volume: float) -> Any:
            bar = OHLCV(close, high, low, close, volume)
            for indicator in on_close:
                indicator.add(close)
            for indicator in on_bar:
                indicator.add(bar)
            sma, ema, rsi, macd, bands = (indicator[-1] for indicator in on_close)
            if macd is None or bands is None:
                return None
            bands = (bands.ub, bands.cb, bands.lb)
            return sma, ema, rsi, (macd.macd, macd.signal), bands, *(indicator[-1] for indicator in on_bar)

        return update

    return _objects(bars, make)


def numba(bars: Bars) -> Played:
    """Play a loop written by hand for these eight."""
    return Played(*peers_of_arrays.by_hand(bars.high, bars.low, bars.close, bars.volume))


def kunquant(bars: Bars) -> Played:
    """Play what KunQuant compiles of their formulas."""
    return Played(*peers_of_arrays.compiled(bars.high, bars.low, bars.close, bars.volume))


# What each is called, what has to be installed for it, how it works, and what plays it.
PEERS: tuple[tuple[str, str, str, Callable[[Bars], Played]], ...] = (
    ("numba", "numba", "a loop over arrays, written for these eight; no checks, no storage", numba),
    ("KunQuant", "KunQuant", "formulas compiled to a loop over arrays; no checks, no storage", kunquant),
    ("vector-ta", "vector_ta", "an object an indicator", vector_ta),
    ("wickra", "wickra", "an object an indicator", wickra),
    ("TA-Lib", "talib", "a stream handle an indicator", talib),
    ("talipp", "talipp", "an object an indicator", talipp),
)


def differs(theirs: Sequence[float], ours: Sequence[float], bars: Bars) -> str:
    """Name the values that are not ours to a billionth of a price, of the volume that came for obv; empty if none."""
    names = ("sma", "ema", "rsi", "macd", "signal", "upper", "lower", "atr", "obv", "vwap")
    found = []
    for name, x, y in zip(names, theirs, ours, strict=True):
        # Some do not count the first bar's volume.
        starts = (y, y - float(bars.volume[0, -1])) if name == "obv" else (y,)
        if not any(abs(x - start) <= 1e-9 * max(abs(y), 100.0) for start in starts):
            found.append(f"{name} is {x}, not {y}")
    return "; ".join(found)


def step_ns(share: float = 1.0) -> float:
    """Give our nanoseconds a symbol-bar, indicators alone, when this share of the symbols has a bar."""
    command = ["cargo", "bench", "--quiet", "-p", "openbell-core", "--bench", "steps", "--"]
    command += ["indicators", str(SYMBOLS), str(share)]
    runs = [subprocess.run(command, check=True, capture_output=True, cwd=ROOT) for _ in range(3)]
    return min(float(run.stdout.split()[1]) for run in runs)


def figures() -> dict[str, float | None]:
    """Give the nanoseconds a symbol-bar of each; None of what is not installed.

    Raises
    ------
    AssertionError
        If one gives other values than ours.
    """
    bars = market()
    expected = ours(bars)
    found: dict[str, float | None] = {}
    for name, module, _, play in PEERS:
        if importlib.util.find_spec(module) is None:
            found[name] = None
            continue
        played = min((play(bars) for _ in range(2)), key=operator.attrgetter("ns"))
        if wrong := differs(played.values, expected, bars):
            raise AssertionError(f"{name}: {wrong}")
        found[name] = played.ns
    return found


def main() -> None:
    """Print the table."""
    table = Table(title=f"one minute of {SYMBOLS:,} symbols x 8 indicators, all arrive", title_justify="left")
    for column in ("who", "how", "ns a symbol-bar", "times ours"):
        table.add_column(column, justify="left" if column in ("who", "how") else "right")
    ours_ns = step_ns() if shutil.which("cargo") else None
    if ours_ns is None:
        table.add_row("openbell", "cargo is not installed: indicators alone cannot be timed", "", "")
    else:
        table.add_row("openbell", "indicators alone, a block a symbol", f"{ours_ns:.0f}", "1.0")
    hows = {name: how for name, _, how, _ in PEERS}
    for name, ns in figures().items():
        if ns is None:
            table.add_row(name, "is not installed", "", "")
        else:
            table.add_row(name, hows[name], f"{ns:,.0f}", f"{ns / ours_ns:.1f}" if ours_ns else "")
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
