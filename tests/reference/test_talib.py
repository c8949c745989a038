"""Every indicator against TA-Lib 0.8.2, on real minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
import talib
from tests.reference.compare import assert_same

from openbell._core import compute, list_indicators

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    Columns = dict[str, NDArray[np.float64]]


SMA = talib._ta_lib.MA_Type.SMA


def bbands(c: Columns, n: int, width: float) -> tuple[Any, ...]:
    upper, middle, lower = talib.BBANDS(c["close"], n, width, width)
    return middle, upper, lower


def adx(c: Columns, n: int) -> tuple[Any, ...]:
    hlc = c["high"], c["low"], c["close"]
    value, plus, minus = talib.ADX(*hlc, n), talib.PLUS_DI(*hlc, n), talib.MINUS_DI(*hlc, n)
    hidden = np.isnan(value)
    return value, np.where(hidden, np.nan, plus), np.where(hidden, np.nan, minus)


def vwap(c: Columns) -> Any:
    """TA-Lib has none: the definition, in plain NumPy."""
    out = np.full(len(c["close"]), np.nan)
    for session in np.unique(c["session"]):
        rows = c["session"] == session
        typical = (c["high"][rows] + c["low"][rows] + c["close"][rows]) / 3
        out[rows] = np.cumsum(typical * c["volume"][rows]) / np.cumsum(c["volume"][rows])
    return out


def running(c: Columns, field: str, extreme: np.ufunc) -> Any:
    parts = [extreme.accumulate(c[field][c["session"] == s]) for s in np.unique(c["session"])]
    return np.concatenate(parts)


CASES: list[Any] = [
    *[("sma", {"period": n}, lambda c, n=n: talib.SMA(c["close"], n)) for n in (2, 20, 200)],
    *[("ema", {"period": n}, lambda c, n=n: talib.EMA(c["close"], n)) for n in (2, 20, 200)],
    *[("wma", {"period": n}, lambda c, n=n: talib.WMA(c["close"], n)) for n in (2, 20, 200)],
    ("macd", {}, lambda c: talib.MACD(c["close"])),
    ("macd", {"fast": 5, "slow": 35, "signal": 5}, lambda c: talib.MACD(c["close"], 5, 35, 5)),
    *[("adx", {"period": n}, lambda c, n=n: adx(c, n)) for n in (2, 14, 50)],
    *[("rsi", {"period": n}, lambda c, n=n: talib.RSI(c["close"], n)) for n in (2, 14, 50)],
    ("stoch", {}, lambda c: talib.STOCH(c["high"], c["low"], c["close"], 14, 3, SMA, 3, SMA)),
    (
        "stoch",
        {"period": 5, "smooth_k": 1, "smooth_d": 4},
        lambda c: talib.STOCH(c["high"], c["low"], c["close"], 5, 1, SMA, 4, SMA),
    ),
    *[("roc", {"period": n}, lambda c, n=n: talib.ROC(c["close"], n)) for n in (1, 10, 60)],
    *[("bbands", {"period": n, "width": w}, lambda c, n=n, w=w: bbands(c, n, w)) for n, w in ((2, 1.0), (20, 2.5))],
    *[("atr", {"period": n}, lambda c, n=n: talib.ATR(c["high"], c["low"], c["close"], n)) for n in (2, 14, 50)],
    *[("stddev", {"period": n}, lambda c, n=n: talib.STDDEV(c["close"], n)) for n in (2, 20, 200)],
    ("obv", {}, lambda c: talib.OBV(c["close"], c["volume"])),
    ("vwap", {}, vwap),
    *[("volume_sma", {"period": n}, lambda c, n=n: talib.SMA(c["volume"], n)) for n in (2, 20)],
    ("session_high", {}, lambda c: running(c, "high", np.maximum)),
    ("session_low", {}, lambda c: running(c, "low", np.minimum)),
]


@pytest.fixture(scope="module")
def real(data_dir: Path) -> dict[str, Columns]:
    """SPY and AIG, five days of regular one-minute bars; prices in cents, so ties occur."""
    frame = pl.read_csv(data_dir / "us_equity/lean_2013_1m_trade.csv.gz", try_parse_dates=True)
    ts = pl.col("ts_utc").dt.replace_time_zone(None)
    frame = frame.filter(ts.dt.time().is_between(pl.time(13, 30), pl.time(20, 0), closed="left"))
    result = {}
    for symbol in ("SPY", "AIG"):
        rows = frame.filter(pl.col("symbol") == symbol)
        columns = {name: rows[name].cast(pl.Float64).to_numpy() for name in ("open", "high", "low", "close", "volume")}
        columns["session"] = rows["ts_utc"].dt.epoch("d").cast(pl.Int64).to_numpy()
        result[symbol] = columns
    assert all(len(c["close"]) > 1900 for c in result.values())
    return result


@pytest.mark.parametrize("symbol", ["SPY", "AIG"])
@pytest.mark.parametrize(("name", "params", "reference"), CASES, ids=lambda v: str(v) if not callable(v) else "")
def test_equals_the_reference(
    real: dict[str, Columns],
    symbol: str,
    name: str,
    params: dict[str, float],
    reference: Callable[[Columns], Any],
) -> None:
    columns = real[symbol]
    got = compute(name, params, **columns)  # type: ignore[arg-type]  # session is int64, the rest float64
    want = reference(columns)
    want = want if isinstance(want, tuple) else (want,)
    assert len(got) == len(want)
    for (output, values), expected in zip(got.items(), want, strict=True):
        assert_same(values, expected, f"{name} {params} {output} of {symbol}")


def test_every_indicator_is_compared() -> None:
    assert {case[0] for case in CASES} == {entry["name"] for entry in list_indicators()}


def test_a_flat_series_has_an_rsi_of_50() -> None:
    """The one place where we leave TA-Lib 0.8.2, which says 0."""
    flat = np.full(40, 12.5)
    got = compute("rsi", {}, flat, flat, flat, flat, flat)["rsi"]
    assert (got[14:] == 50.0).all()
    assert (talib.RSI(flat, 14)[14:] == 0.0).all()
