"""Parameters drawn at random, against TA-Lib on real bars: the value and where it starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import talib
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.reference.compare import assert_same
from tests.reference.test_talib import SMA, hlc, real, supertrend, together  # noqa: F401  # a fixture among them

from openbell._core import compute

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.reference.slow import Columns

ROWS = 900
# One period.
SINGLE: dict[str, Callable[[Columns, int], Any]] = {
    "sma": lambda c, n: talib.SMA(c["close"], n),
    "ema": lambda c, n: talib.EMA(c["close"], n),
    "wma": lambda c, n: talib.WMA(c["close"], n),
    "dema": lambda c, n: talib.DEMA(c["close"], n),
    "tema": lambda c, n: talib.TEMA(c["close"], n),
    "trima": lambda c, n: talib.TRIMA(c["close"], n),
    "hma": lambda c, n: talib.HMA(c["close"], n),
    "kama": lambda c, n: talib.KAMA(c["close"], n),
    "smma": lambda c, n: talib.RMA(c["close"], n),
    "vwma": lambda c, n: talib.VWMA(c["close"], c["volume"], n),
    "zlema": lambda c, n: talib.ZLEMA(c["close"], n),
    "aroon": lambda c, n: talib.AROON(c["high"], c["low"], n)[::-1],
    "vortex": lambda c, n: talib.VORTEX(*hlc(c), n),
    "dmi": lambda c, n: (talib.PLUS_DI(*hlc(c), n), talib.MINUS_DI(*hlc(c), n)),
    "adxr": lambda c, n: talib.ADXR(*hlc(c), n),
    "rsi": lambda c, n: talib.RSI(c["close"], n),
    "cmo": lambda c, n: talib.CMO(c["close"], n),
    "roc": lambda c, n: talib.ROC(c["close"], n),
    "willr": lambda c, n: talib.WILLR(*hlc(c), n),
    "atr": lambda c, n: talib.ATR(*hlc(c), n),
    "natr": lambda c, n: talib.NATR(*hlc(c), n),
    "donchian": lambda c, n: talib.DONCHIAN(c["high"], c["low"], n),
    "cmf": lambda c, n: talib.CMF(*hlc(c), c["volume"], n),
    "mfi": lambda c, n: talib.MFI(*hlc(c), c["volume"], n),
    "force_index": lambda c, n: talib.EFI(c["close"], c["volume"], n),
    "max": lambda c, n: talib.MAX(c["close"], n),
    "midprice": lambda c, n: talib.MIDPRICE(c["high"], c["low"], n),
    "percent_rank": lambda c, n: talib.PERCENTRANK(c["close"], n),
    "correlation": together,
    "beta": lambda c, n: together(c, n, beta=True),
    "rvol_bars": lambda c, n: talib.RVOL(c["volume"], n),
}
SERIES = ("SPY", "AIG", "AAPL daily", "gappy")


def check(c: Columns, name: str, params: dict[str, float], want: Any) -> None:
    got = compute(name, params, **c)  # type: ignore[arg-type]  # session is int64, the rest float64
    wanted = want if isinstance(want, tuple) else (want,)
    for (output, values), expected in zip(got.items(), wanted, strict=True):
        assert_same(values, expected, f"{name} {params} {output}")


def some(real: dict[str, Columns], series: str) -> Columns:  # noqa: F811
    return {name: values[:ROWS] for name, values in real[series].items()}


@pytest.mark.parametrize("name", SINGLE)
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(n=st.integers(2, 250), series=st.sampled_from(SERIES))
def test_any_period(real: dict[str, Columns], name: str, n: int, series: str) -> None:  # noqa: F811
    c = some(real, series)
    check(c, name, {"period": n}, SINGLE[name](c, n))


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fast=st.integers(2, 60), more=st.integers(5, 100), signal=st.integers(1, 40), series=st.sampled_from(SERIES))
def test_any_macd(real: dict[str, Columns], fast: int, more: int, signal: int, series: str) -> None:  # noqa: F811
    c = some(real, series)
    params: dict[str, float] = {"fast": fast, "slow": fast + more, "signal": signal}
    check(c, "macd", params, talib.MACD(c["close"], fast, fast + more, signal))


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(n=st.integers(1, 60), k=st.integers(1, 20), d=st.integers(1, 20), series=st.sampled_from(SERIES))
def test_any_stochastic(real: dict[str, Columns], n: int, k: int, d: int, series: str) -> None:  # noqa: F811
    c = some(real, series)
    params: dict[str, float] = {"period": n, "smooth_k": k, "smooth_d": d}
    check(c, "stoch", params, talib.STOCH(*hlc(c), n, k, SMA, d, SMA))


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(n=st.integers(2, 60), width=st.floats(0.5, 6), series=st.sampled_from(SERIES))
def test_any_supertrend(real: dict[str, Columns], n: int, width: float, series: str) -> None:  # noqa: F811
    c = some(real, series)
    check(c, "supertrend", {"period": n, "width": width}, supertrend(c, n, width))


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(step=st.floats(0.001, 0.3), most=st.floats(0.05, 1), series=st.sampled_from(SERIES))
def test_any_parabolic(real: dict[str, Columns], step: float, most: float, series: str) -> None:  # noqa: F811
    c = some(real, series)
    check(c, "psar", {"acceleration": step, "maximum": most}, talib.SAR(c["high"], c["low"], step, most))
