"""Every indicator against TA-Lib 0.8.2, on real minutes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
import talib
from talib.abstract import Function  # type: ignore[attr-defined]
from tests.reference.compare import assert_same

from openbell._core import compute

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


def hlc(c: Columns) -> tuple[Any, Any, Any]:
    return c["high"], c["low"], c["close"]


def first_of(values: Any) -> tuple[Any]:
    """Compare the first output alone: TA-Lib has no other."""
    return (values,)


def linreg(c: Columns, n: int) -> tuple[Any, ...]:
    x = c["close"]
    windows = np.lib.stride_tricks.sliding_window_view(x, n)
    r2 = np.full(len(x), np.nan)
    places = np.arange(n) - (n - 1) / 2
    away = windows - windows.mean(axis=1, keepdims=True)
    own = (away**2).sum(axis=1)
    across = (away * places).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        r2[n - 1 :] = np.where(own > 0, across**2 / (own * (places**2).sum()), 0.0)
    # TA-Lib's slope loses digits in plain sums: it is held to what it has, and ours to the definition.
    slope = np.full(len(x), np.nan)
    slope[n - 1 :] = across / (places**2).sum()
    theirs = talib.LINEARREG_SLOPE(x, n)
    np.testing.assert_allclose(slope[n - 1 :], theirs[n - 1 :], atol=1e-9 * float(x.max()))
    return talib.LINEARREG(x, n), slope, talib.LINEARREG_INTERCEPT(x, n), r2, talib.TSF(x, n)


def mean(x: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """The mean of each window, exactly but for one rounding: differences of prices need it."""
    out = np.full(len(x), np.nan)
    out[n - 1 :] = [math.fsum(window) / n for window in np.lib.stride_tricks.sliding_window_view(x, n)]
    return out


def near(exact: NDArray[np.float64], theirs: NDArray[np.float64], prices: NDArray[np.float64]) -> NDArray[np.float64]:
    """A difference of prices: TA-Lib's is good to 1e-9 of the prices, ours to 1e-9 of itself."""
    np.testing.assert_allclose(exact, theirs, atol=1e-9 * float(prices.max()))
    return exact


def dpo(c: Columns, n: int) -> Any:
    x, back = c["close"], n // 2 + 1
    then = np.concatenate([np.full(back, np.nan), x[:-back]])
    return near(then - mean(x, n), talib.DPO(x, n), x)


def awesome(c: Columns, f: int, s: int) -> Any:
    middle = (c["high"] + c["low"]) / 2
    return near(mean(middle, f) - mean(middle, s), talib.AO(c["high"], c["low"], f, s), middle)


def supertrend(c: Columns, n: int, w: float) -> tuple[Any, ...]:
    line, side = talib.SUPERTREND(*hlc(c), n, w)
    return line, np.where(np.isnan(line), np.nan, side)


def cci(c: Columns, n: int) -> Any:
    """Where typical prices differ by rounding alone, TA-Lib's sign is rounding too: we say 0."""
    typical = sum(hlc(c)) / 3
    windows = np.lib.stride_tricks.sliding_window_view(typical, n)
    out = talib.CCI(*hlc(c), n)
    out[n - 1 :][np.ptp(windows, axis=1) < 1e-12 * typical[n - 1 :]] = 0.0
    return out


def stochrsi(c: Columns, n: int, k: int, d: int) -> tuple[Any, ...]:
    """As TA-Lib, but for windows in which the rsi moves by rounding alone: they are flat."""
    rsi = talib.RSI(c["close"], n)[n:]
    windows = np.lib.stride_tricks.sliding_window_view(rsi, k)
    low, width = windows.min(axis=1), np.ptp(windows, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        raw = np.where(width < 1e-10, 0.0, 100 * (windows[:, -1] - low) / width)
    fast = np.concatenate([np.full(n + k - 1, np.nan), raw])
    slow = np.concatenate([np.full(n + k - 1, np.nan), mean(raw, d)])
    fast[np.isnan(slow)] = np.nan
    same = np.convolve(width < 1e-10, np.ones(d))[: len(width)] == 0
    for ours, theirs in zip((fast, slow), talib.STOCHRSI(c["close"], n, k, d, SMA), strict=True):
        np.testing.assert_allclose(ours[n + k - 1 :][same], theirs[n + k - 1 :][same], rtol=1e-7, atol=1e-7)
    return fast, slow


def heikin_ashi(c: Columns) -> tuple[Any, ...]:
    opens, highs, lows, closes = talib.HA(c["open"], *hlc(c))
    return closes, opens, highs, lows


WINDOWS = {
    "max": talib.MAX,
    "min": talib.MIN,
    "midpoint": talib.MIDPOINT,
    "percent_rank": talib.PERCENTRANK,
}
PATTERNS = {
    "belt_hold": "CDLBELTHOLD",
    "dark_cloud_cover": "CDLDARKCLOUDCOVER",
    "doji": "CDLDOJI",
    "dragonfly_doji": "CDLDRAGONFLYDOJI",
    "engulfing": "CDLENGULFING",
    "evening_star": "CDLEVENINGSTAR",
    "gravestone_doji": "CDLGRAVESTONEDOJI",
    "hammer": "CDLHAMMER",
    "hanging_man": "CDLHANGINGMAN",
    "harami": "CDLHARAMI",
    "harami_cross": "CDLHARAMICROSS",
    "inverted_hammer": "CDLINVERTEDHAMMER",
    "long_legged_doji": "CDLLONGLEGGEDDOJI",
    "marubozu": "CDLMARUBOZU",
    "morning_star": "CDLMORNINGSTAR",
    "piercing": "CDLPIERCING",
    "shooting_star": "CDLSHOOTINGSTAR",
    "spinning_top": "CDLSPINNINGTOP",
    "three_black_crows": "CDL3BLACKCROWS",
    "three_inside": "CDL3INSIDE",
    "three_outside": "CDL3OUTSIDE",
    "three_white_soldiers": "CDL3WHITESOLDIERS",
}


def pattern(c: Columns, name: str) -> Any:
    """TA-Lib says 0 before it can say anything: there we have no value."""
    found = getattr(talib, name)(c["open"], *hlc(c)).astype(np.float64)
    found[: Function(name).lookback] = np.nan
    return found


EMA = talib._ta_lib.MA_Type.EMA
FAST_SLOW = ((12, 26), (2, 5))


def together(c: Columns, n: int, *, beta: bool = False) -> Any:
    """The definition of CORREL or BETA, which TA-Lib equals as far as its plain sums can tell."""
    x, y = c["other"], c["close"]
    theirs = talib.BETA(x, y, n) if beta else talib.CORREL(x, y, n)
    if beta:
        x, y = (np.concatenate([[np.nan], np.diff(values) / values[:-1]]) for values in (x, y))
    want, peaks = np.full(len(x), np.nan), [0.0, 0.0]
    for end in range(n + beta, len(x) + 1):
        a, b = (values[end - n : end] - values[end - n : end].mean() for values in (x, y))
        spreads = np.sum(a**2), np.sum(b**2)
        size = spreads[0] if beta else np.sqrt(spreads[0] * spreads[1])
        want[end - 1] = np.sum(a * b) / size if min(spreads) > 0 else 0.0
        # What went through its sums before has left its rounding in them.
        peaks = [max(peak, np.sum(values[end - n : end] ** 2)) for peak, values in zip(peaks, (x, y), strict=True)]
        scale = max(peak / max(spread, 1e-300) for peak, spread in zip(peaks, spreads, strict=True))
        if scale < 1e8 and min(spreads) > 1e-10:
            assert abs(theirs[end - 1] - want[end - 1]) <= 1e-12 * scale * max(1.0, abs(want[end - 1]))
    np.testing.assert_array_equal(np.isnan(theirs), np.isnan(want))
    return want


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
    ("obv", {}, lambda c: talib.OBV(c["close"], c["volume"])),
    ("vwap", {}, vwap),
    *[("dema", {"period": n}, lambda c, n=n: talib.DEMA(c["close"], n)) for n in (2, 20, 60)],
    *[("tema", {"period": n}, lambda c, n=n: talib.TEMA(c["close"], n)) for n in (2, 20, 60)],
    *[("trima", {"period": n}, lambda c, n=n: talib.TRIMA(c["close"], n)) for n in (2, 7, 20)],
    *[
        ("t3", {"period": n, "volume_factor": v}, lambda c, n=n, v=v: talib.T3(c["close"], n, v))
        for n, v in ((2, 0.5), (5, 0.7), (20, 1.0))
    ],
    *[("hma", {"period": n}, lambda c, n=n: talib.HMA(c["close"], n)) for n in (2, 9, 20, 49)],
    *[("kama", {"period": n}, lambda c, n=n: talib.KAMA(c["close"], n)) for n in (2, 10, 30)],
    *[("smma", {"period": n}, lambda c, n=n: talib.RMA(c["close"], n)) for n in (2, 14, 60)],
    *[("vwma", {"period": n}, lambda c, n=n: talib.VWMA(c["close"], c["volume"], n)) for n in (2, 20, 60)],
    *[("zlema", {"period": n}, lambda c, n=n: talib.ZLEMA(c["close"], n)) for n in (2, 7, 20)],
    *[("lwma", {"period": n}, lambda c, n=n: talib.WMA(c["close"], n)) for n in (2, 20)],
    *[("linreg", {"period": n}, lambda c, n=n: linreg(c, n)) for n in (2, 14, 60)],
    *[("ppo", {"fast": f, "slow": s}, lambda c, f=f, s=s: talib.PPO(c["close"], f, s, EMA)) for f, s in FAST_SLOW],
    *[("apo", {"fast": f, "slow": s}, lambda c, f=f, s=s: talib.APO(c["close"], f, s, EMA)) for f, s in FAST_SLOW],
    *[("aroon", {"period": n}, lambda c, n=n: talib.AROON(c["high"], c["low"], n)[::-1]) for n in (2, 14, 60)],
    *[("aroonosc", {"period": n}, lambda c, n=n: talib.AROONOSC(c["high"], c["low"], n)) for n in (2, 14, 60)],
    *[
        ("psar", {"acceleration": a, "maximum": m}, lambda c, a=a, m=m: talib.SAR(c["high"], c["low"], a, m))
        for a, m in ((0.02, 0.2), (0.1, 0.1), (0.05, 1.0))
    ],
    *[
        ("supertrend", {"period": n, "width": w}, lambda c, n=n, w=w: supertrend(c, n, w))
        for n, w in ((10, 3.0), (2, 1.0), (30, 2.5))
    ],
    *[("vortex", {"period": n}, lambda c, n=n: talib.VORTEX(*hlc(c), n)) for n in (2, 14, 60)],
    *[("trix", {"period": n}, lambda c, n=n: talib.TRIX(c["close"], n)) for n in (2, 18, 30)],
    *[("dpo", {"period": n}, lambda c, n=n: dpo(c, n)) for n in (2, 7, 20)],
    ("heikin_ashi", {}, heikin_ashi),
    *[("mom", {"period": n}, lambda c, n=n: talib.MOM(c["close"], n)) for n in (1, 10, 60)],
    *[("rocp", {"period": n}, lambda c, n=n: talib.ROCP(c["close"], n)) for n in (1, 10)],
    *[("rocr", {"period": n}, lambda c, n=n: talib.ROCR(c["close"], n)) for n in (1, 10)],
    *[("cmo", {"period": n}, lambda c, n=n: talib.CMO(c["close"], n)) for n in (2, 14, 60)],
    *[("willr", {"period": n}, lambda c, n=n: talib.WILLR(*hlc(c), n)) for n in (2, 14, 60)],
    *[
        ("stochf", {"period": n, "smooth_d": d}, lambda c, n=n, d=d: talib.STOCHF(*hlc(c), n, d, SMA))
        for n, d in ((5, 3), (1, 1), (30, 5))
    ],
    *[
        (
            "stochrsi",
            {"period": n, "stoch_period": k, "smooth_d": d},
            lambda c, n=n, k=k, d=d: stochrsi(c, n, k, d),
        )
        for n, k, d in ((14, 5, 3), (2, 1, 1), (30, 14, 5))
    ],
    *[("cci", {"period": n}, lambda c, n=n: cci(c, n)) for n in (2, 20, 60)],
    *[
        ("ultosc", {"short": a, "middle": b, "long": d}, lambda c, a=a, b=b, d=d: talib.ULTOSC(*hlc(c), a, b, d))
        for a, b, d in ((7, 14, 28), (3, 2, 5))
    ],
    *[
        ("tsi", {"long": a, "short": b}, lambda c, a=a, b=b: first_of(talib.TSI(c["close"], a, b)))
        for a, b in ((25, 13), (5, 2))
    ],
    *[("awesome", {"fast": f, "slow": s}, lambda c, f=f, s=s: awesome(c, f, s)) for f, s in ((5, 34), (2, 3))],
    ("bop", {}, lambda c: talib.BOP(c["open"], *hlc(c))),
    *[
        ("coppock", {"period": n, "short": a, "long": b}, lambda c, n=n, a=a, b=b: talib.COPPOCK(c["close"], n, a, b))
        for n, a, b in ((10, 11, 14), (2, 5, 3))
    ],
    ("true_range", {}, lambda c: talib.TRANGE(*hlc(c))),
    *[("natr", {"period": n}, lambda c, n=n: talib.NATR(*hlc(c), n)) for n in (2, 14)],
    *[("variance", {"period": n}, lambda c, n=n: talib.VAR(c["close"], n)) for n in (2, 20)],
    *[("donchian", {"period": n}, lambda c, n=n: talib.DONCHIAN(c["high"], c["low"], n)) for n in (2, 20)],
    *[
        (
            "keltner",
            {"period": n, "atr_period": a, "width": w},
            lambda c, n=n, a=a, w=w: talib.KC(*hlc(c), n, a, w),
        )
        for n, a, w in ((20, 10, 2.0), (5, 14, 1.0), (2, 2, 3.0))
    ],
    *[
        ("mass_index", {"period": n, "ema_period": e}, lambda c, n=n, e=e: talib.MASSI(c["high"], c["low"], e, n))
        for n, e in ((25, 9), (5, 3))
    ],
    ("ad", {}, lambda c: talib.AD(*hlc(c), c["volume"])),
    *[
        ("adosc", {"fast": f, "slow": s}, lambda c, f=f, s=s: talib.ADOSC(*hlc(c), c["volume"], f, s))
        for f, s in ((3, 10), (5, 20))
    ],
    *[("cmf", {"period": n}, lambda c, n=n: talib.CMF(*hlc(c), c["volume"], n)) for n in (2, 20)],
    *[("mfi", {"period": n}, lambda c, n=n: talib.MFI(*hlc(c), c["volume"], n)) for n in (2, 14, 60)],
    ("pvt", {}, lambda c: talib.PVT(c["close"], c["volume"])),
    ("nvi", {}, lambda c: talib.NVI(c["close"], c["volume"])),
    ("pvi", {}, lambda c: talib.PVI(c["close"], c["volume"])),
    *[("force_index", {"period": n}, lambda c, n=n: talib.EFI(c["close"], c["volume"], n)) for n in (2, 13)],
    *[
        ("pvo", {"fast": f, "slow": s}, lambda c, f=f, s=s: first_of(talib.PVO(c["volume"], f, s, 1)))
        for f, s in FAST_SLOW
    ],
    *[("dmi", {"period": n}, lambda c, n=n: (talib.PLUS_DI(*hlc(c), n), talib.MINUS_DI(*hlc(c), n))) for n in (2, 14)],
    *[("dx", {"period": n}, lambda c, n=n: talib.DX(*hlc(c), n)) for n in (2, 14, 50)],
    *[("adxr", {"period": n}, lambda c, n=n: talib.ADXR(*hlc(c), n)) for n in (2, 14, 50)],
    *[("correlation", {"period": n}, lambda c, n=n: together(c, n)) for n in (2, 30, 200)],
    *[("beta", {"period": n}, lambda c, n=n: together(c, n, beta=True)) for n in (2, 5, 60)],
    *[("rvol_bars", {"period": n}, lambda c, n=n: talib.RVOL(c["volume"], n)) for n in (2, 20)],
    *[(name, {"period": n}, lambda c, f=f, n=n: f(c["close"], n)) for name, f in WINDOWS.items() for n in (2, 14, 60)],
    *[("midprice", {"period": n}, lambda c, n=n: talib.MIDPRICE(c["high"], c["low"], n)) for n in (2, 14)],
    *[(name, {}, lambda c, f=f: pattern(c, f)) for name, f in PATTERNS.items()],
    *[("volume_sma", {"period": n}, lambda c, n=n: talib.SMA(c["volume"], n)) for n in (2, 20)],
    ("session_high", {}, lambda c: running(c, "high", np.maximum)),
    ("session_low", {}, lambda c: running(c, "low", np.minimum)),
]


def columns_of(rows: pl.DataFrame, session: pl.Expr) -> Columns:
    columns = {name: rows[name].cast(pl.Float64).to_numpy() for name in ("open", "high", "low", "close", "volume")}
    columns["session"] = rows.select(session.cast(pl.Int64)).to_series().to_numpy()
    # A day is of one bar, or opens with the first of its minutes.
    ts = pl.col("ts_utc").dt.epoch("ns") if "ts_utc" in rows.columns else session.cast(pl.Int64) * 86_400_000_000_000
    # Another series of the same bars: what they opened at a while before.
    columns["other"] = np.roll(columns["open"], 7)
    columns["ts"] = rows.select(ts).to_series().to_numpy()
    columns["since_open"] = rows.select(ts - ts.min().over(session)).to_series().to_numpy()
    return columns


@pytest.fixture(scope="module")
def real(data_dir: Path) -> dict[str, Columns]:
    """Minutes of SPY and AIG, twenty-two years of SPY and AAPL, and the gappy minutes of TPL; in cents, with ties."""
    minutes = pl.read_csv(data_dir / "us_equity/lean_2013_1m_trade.csv.gz", try_parse_dates=True)
    ts = pl.col("ts_utc").dt.replace_time_zone(None)
    minutes = minutes.filter(ts.dt.time().is_between(pl.time(13, 30), pl.time(20, 0), closed="left"))
    day = pl.col("ts_utc").dt.epoch("d")
    series = {name: columns_of(minutes.filter(pl.col("symbol") == name), day) for name in ("SPY", "AIG")}
    daily = pl.read_csv(data_dir / "us_equity/lean_daily_spy_aapl_goog.csv.gz")
    date = pl.col("ts_local").str.slice(0, 10).str.to_date().dt.epoch("d")
    for name in ("SPY", "AAPL"):
        series[f"{name} daily"] = columns_of(daily.filter(pl.col("symbol") == name), date)
    gappy = pl.read_csv(data_dir / "us_equity/blaizard_2024_1m.csv.gz", try_parse_dates=True)
    gappy = gappy.filter(pl.col("symbol") == "TPL").head(4_000)
    series["gappy"] = columns_of(gappy, day)
    assert all(len(c["close"]) > 1900 for c in series.values())
    return series


@pytest.mark.parametrize("series", ["SPY", "AIG", "SPY daily", "AAPL daily", "gappy"])
@pytest.mark.parametrize(("name", "params", "reference"), CASES, ids=lambda v: str(v) if not callable(v) else "")
def test_equals_the_reference(
    real: dict[str, Columns],
    series: str,
    name: str,
    params: dict[str, float],
    reference: Callable[[Columns], Any],
) -> None:
    columns = real[series]
    got = compute(name, params, **columns)  # type: ignore[arg-type]  # session is int64, the rest float64
    want = reference(columns)
    want = want if isinstance(want, tuple) else (want,)
    for (output, values), expected in zip(got.items(), want, strict=len(want) > 1):
        assert_same(values, expected, f"{name} {params} {output} of {series}")


def test_every_pattern_is_found_somewhere(real: dict[str, Columns]) -> None:
    """Nothing is held against a column of zeros alone."""
    for name, theirs in PATTERNS.items():
        columns = [pattern(series, theirs) for series in real.values()]
        assert any(np.any(np.abs(found) > 0) for found in columns), name


def test_a_flat_series_has_an_rsi_of_50() -> None:
    """The one place where we leave TA-Lib 0.8.2, which says 0."""
    flat = np.full(40, 12.5)
    got = compute("rsi", {}, flat, flat, flat, flat, flat)["rsi"]
    assert (got[14:] == 50.0).all()
    assert (talib.RSI(flat, 14)[14:] == 0.0).all()
