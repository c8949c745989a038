"""Nanoseconds a value, in bulk over a million values: ours beside TA-Lib's and the fastest other peer's, in one run.

And one call over a day, and one update, from Python. The other peers are used where they are installed (``pip install
--group peers``).
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import time
import timeit
from typing import TYPE_CHECKING, Any

import numpy as np
import talib
from rich.console import Console
from rich.table import Table

from openbell import indicators as ta
from openbell.indicators.functions import NAMES, function_of, inputs_of, times_of

if TYPE_CHECKING:
    from collections.abc import Callable

VALUES, ROUNDS, UPDATES = 1_000_000, 9, 100_000
# The minutes of a session.
DAY, CALLS = 390, 2_000
# What TA-Lib calls it, and its arguments behind the columns.
PEERS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "sma": ("SMA", (20,)), "ema": ("EMA", (20,)), "wma": ("WMA", (20,)), "dema": ("DEMA", (20,)),
    "tema": ("TEMA", (20,)), "trima": ("TRIMA", (20,)), "t3": ("T3", (5, 0.7)), "hma": ("HMA", (20,)),
    "kama": ("KAMA", (10,)), "smma": ("RMA", (14,)), "vwma": ("VWMA", (20,)), "zlema": ("ZLEMA", (20,)),
    "ppo": ("PPO", (12, 26, 1)), "apo": ("APO", (12, 26, 1)), "adx": ("ADX", (14,)), "dx": ("DX", (14,)),
    "adxr": ("ADXR", (14,)), "aroon": ("AROON", (14,)), "aroonosc": ("AROONOSC", (14,)), "psar": ("SAR", (0.02, 0.2)),
    "supertrend": ("SUPERTREND", (10, 3.0)), "vortex": ("VORTEX", (14,)), "trix": ("TRIX", (18,)),
    "macd": ("MACD", (12, 26, 9)), "rsi": ("RSI", (14,)), "stoch": ("STOCH", (14, 3, 0, 3, 0)),
    "stochf": ("STOCHF", (5, 3, 0)), "stochrsi": ("STOCHRSI", (14, 5, 3, 0)), "roc": ("ROC", (10,)),
    "mom": ("MOM", (10,)), "cmo": ("CMO", (14,)), "willr": ("WILLR", (14,)), "cci": ("CCI", (20,)),
    "ultosc": ("ULTOSC", (7, 14, 28)), "awesome": ("AO", (5, 34)), "bop": ("BOP", ()),
    "coppock": ("COPPOCK", (10, 11, 14)),
    "bbands": ("BBANDS", (20, 2.0, 2.0)), "atr": ("ATR", (14,)), "natr": ("NATR", (14,)), "true_range": ("TRANGE", ()),
    "stddev": ("STDDEV", (20,)), "variance": ("VAR", (20,)), "donchian": ("DONCHIAN", (20,)),
    "keltner": ("KC", (20, 10, 2.0)), "mass_index": ("MASSI", (9, 25)), "obv": ("OBV", ()), "ad": ("AD", ()),
    "adosc": ("ADOSC", (3, 10)), "cmf": ("CMF", (20,)), "mfi": ("MFI", (14,)), "pvt": ("PVT", ()), "nvi": ("NVI", ()),
    "pvi": ("PVI", ()), "force_index": ("EFI", (13,)), "pvo": ("PVO", (12, 26, 1)), "max": ("MAX", (30,)),
    "min": ("MIN", (30,)), "midpoint": ("MIDPOINT", (14,)), "midprice": ("MIDPRICE", (14,)),
    "correlation": ("CORREL", (30,)), "beta": ("BETA", (5,)),
    "percent_rank": ("PERCENTRANK", (100,)), "lwma": ("WMA", (20,)), "dpo": ("DPO", (20,)), "heikin_ashi": ("HA", ()),
    # Several calls where it takes them to have the same.
    "linreg": ("LINEARREG LINEARREG_SLOPE LINEARREG_INTERCEPT TSF", (14,)), "dmi": ("PLUS_DI MINUS_DI", (14,)),
    "rocp": ("ROCP", (10,)), "rocr": ("ROCR", (10,)), "tsi": ("TSI", (25, 13)), "volume_sma": ("SMA", (20,)),
    "rvol_bars": ("RVOL", (20,)), "belt_hold": ("CDLBELTHOLD", ()), "dark_cloud_cover": ("CDLDARKCLOUDCOVER", ()),
    "doji": ("CDLDOJI", ()), "dragonfly_doji": ("CDLDRAGONFLYDOJI", ()), "engulfing": ("CDLENGULFING", ()),
    "evening_star": ("CDLEVENINGSTAR", ()), "gravestone_doji": ("CDLGRAVESTONEDOJI", ()), "hammer": ("CDLHAMMER", ()),
    "hanging_man": ("CDLHANGINGMAN", ()), "harami": ("CDLHARAMI", ()), "harami_cross": ("CDLHARAMICROSS", ()),
    "inverted_hammer": ("CDLINVERTEDHAMMER", ()), "long_legged_doji": ("CDLLONGLEGGEDDOJI", ()),
    "marubozu": ("CDLMARUBOZU", ()), "morning_star": ("CDLMORNINGSTAR", ()), "piercing": ("CDLPIERCING", ()),
    "shooting_star": ("CDLSHOOTINGSTAR", ()), "spinning_top": ("CDLSPINNINGTOP", ()),
    "three_black_crows": ("CDL3BLACKCROWS", ()), "three_inside": ("CDL3INSIDE", ()),
    "three_outside": ("CDL3OUTSIDE", ()), "three_white_soldiers": ("CDL3WHITESOLDIERS", ()),
}  # fmt: skip

# What other libraries call those that they have, where that is not our name; they take the same columns and the whole
# numbers. What they give is compared before it is timed: some define an indicator otherwise, or take other columns.
OTHERS: dict[str, dict[str, str]] = {
    "kand": {"smma": "rma", "psar": "sar", "variance": "var", "true_range": "trange", "doji": "cdl_doji"},
    "vector_ta": {"smma": "smma", "psar": "sar", "variance": "var", "awesome": "ao", "mass_index": "mass"},
    "wickra": {
        "psar": "Psar",
        "stddev": "StdDev",
        "supertrend": "SuperTrend",
        "donchian": "Donchian",
        "vortex": "Vortex",
    },
}


def bars() -> dict[str, Any]:
    """A walk in cents."""
    chance = np.random.default_rng(1)
    close = np.round(1000 + np.cumsum(chance.normal(scale=0.1, size=VALUES)), 2)
    opens = np.round(close + chance.normal(scale=0.05, size=VALUES), 2)
    high = np.maximum(opens, close) + np.round(chance.random(VALUES) * 0.2, 2)
    low = np.minimum(opens, close) - np.round(chance.random(VALUES) * 0.2, 2)
    columns = {"open": opens, "high": high, "low": low, "close": close, "volume": np.floor(chance.random(VALUES) * 1e4)}
    minutes = np.arange(VALUES)
    return {**columns, "other": np.roll(opens, 7), "minute": minutes % 390, "ts": minutes * 60_000_000_000}


def best_ns(*calls: Callable[[], object]) -> list[float]:
    """The shortest of some rounds, a value, of each: they take turns, since the machine is not always equally fast."""
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(ROUNDS):
        for call, taken in zip(calls, times, strict=True):
            started_s = time.perf_counter()
            call()
            taken.append(time.perf_counter() - started_s)
    return [min(taken) / VALUES * 1e9 for taken in times]


def talibs(name: str, inputs: list[Any]) -> Callable[[], object]:
    """Give TA-Lib's call, or calls, for an indicator."""
    names, args = PEERS[name]
    functions = [getattr(talib, called) for called in names.split()]
    return lambda: [function(*inputs, *args) for function in functions]


def other_of(library: str, name: str, inputs: list[Any], args: tuple[Any, ...]) -> Callable[[], Any] | None:
    """Give the call of another library, if it has the indicator."""
    module = importlib.import_module(library)
    called = OTHERS[library].get(name, name.upper() if library == "wickra" else name)
    function = getattr(module, called, None)
    if function is None:
        return None
    whole = [arg for arg in args if isinstance(arg, int)]
    if library == "wickra":
        return lambda: function(*whole).batch(*inputs)
    return lambda: function(*inputs, *whole)


def fastest_other(name: str, inputs: list[Any], ours: Any, libraries: list[str]) -> str:
    """Give the shortest time of those that say the same, and whose it is; nothing if none does."""
    expected = np.asarray(ours if isinstance(ours, np.ndarray) else ours[0])[-1000:]
    times = []
    for library in libraries:
        call = other_of(library, name, inputs, PEERS[name][1])
        try:
            given = call() if call else None
            first = np.asarray(given[0] if isinstance(given, tuple) else given, dtype=np.float64)
            same = first.shape == (VALUES,) and np.allclose(first[-1000:], expected, rtol=1e-6, atol=1e-9)
        except Exception:  # noqa: BLE001, S112  # they refuse other columns in many ways
            continue
        if call and same:
            times.append((best_ns(call)[0], library))
    return "{:.1f} {}".format(*min(times)) if times else ""


def installed() -> list[str]:
    """Give the other libraries that are there, and say which are not."""
    there = [library for library in OTHERS if importlib.util.find_spec(library)]
    if absent := [library for library in OTHERS if library not in there]:
        Console().print(f"not installed: {', '.join(absent)} (pip install --group peers)")
    return there


def main() -> None:
    """Measure, and print a table."""
    columns, libraries = bars(), installed()
    table = Table(title="ns a value in bulk, 1,000,000 values", title_justify="left")
    for head in ("indicator", "openbell", "TA-Lib", "ratio", "fastest other"):
        table.add_column(head, justify="left" if head == "indicator" else "right")
    ratios = []
    for name in NAMES:
        inputs = [columns[column] for column in inputs_of(name)]
        times = {column: columns[column] for column in times_of(name)}
        call = functools.partial(function_of(name), *inputs, **times)
        if name not in PEERS:
            table.add_row(name, f"{best_ns(call)[0]:.1f}", "", "", "")
            continue
        ours, theirs = best_ns(call, talibs(name, inputs))
        ratios.append(ours / theirs)
        other = fastest_other(name, inputs, function_of(name)(*inputs, **times), libraries)
        table.add_row(name, f"{ours:.1f}", f"{theirs:.1f}", f"{ours / theirs:.2f}", other)
    console = Console(width=100)
    console.print(table)
    faster = sum(ratio <= 1 for ratio in ratios)
    console.print(f"at least as fast as TA-Lib: {faster} of {len(ratios)}; median ratio {np.median(ratios):.2f}")
    day = columns["close"][:DAY].copy()
    ours_us, theirs_us = (
        min(timeit.repeat(functools.partial(rsi, day, 14), number=CALLS, repeat=ROUNDS)) / CALLS * 1e6
        for rsi in (ta.rsi, talib.RSI)
    )
    console.print(f"one call over {DAY} values, RSI: {ours_us:.1f} µs, TA-Lib: {theirs_us:.1f} µs")
    rsi, close = ta.RSI(14), columns["close"][:UPDATES].tolist()
    started_s = time.perf_counter()
    for x in close:
        rsi.update(x)
    console.print(f"one update from Python, RSI: {(time.perf_counter() - started_s) / UPDATES * 1e9:.0f} ns")


if __name__ == "__main__":
    main()
