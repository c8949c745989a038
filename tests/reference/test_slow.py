"""What TA-Lib has not, against slow versions written from the published definitions, on real bars."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from tests.reference import slow
from tests.reference.compare import assert_same
from tests.reference.test_talib import CASES as TALIB
from tests.reference.test_talib import real  # noqa: F401  # a fixture

import openbell as ob
from openbell._core import compute, list_indicators

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BARS = 1_200
# They need extended hours: below.
PREMARKET = {"premarket_high", "premarket_low"}
HISTORICAL = {
    "hv_close": slow.hv_close,
    "hv_parkinson": slow.hv_parkinson,
    "hv_garman_klass": slow.hv_garman_klass,
    "hv_rogers_satchell": slow.hv_rogers_satchell,
    "hv_yang_zhang": slow.hv_yang_zhang,
}
CASES: list[Any] = [
    ("alligator", {}, slow.alligator),
    *[
        ("alma", {"period": n, "offset": o, "sigma": s}, lambda c, n=n, o=o, s=s: slow.alma(c, n, o, s))
        for n, o, s in ((9, 0.85, 6.0), (20, 0.5, 3.0))
    ],
    *[
        ("atr_trailing_stop", {"period": n, "width": w}, lambda c, n=n, w=w: slow.atr_trailing_stop(c, n, w))
        for n, w in ((21, 3.0), (2, 1.0))
    ],
    *[
        ("autocorrelation", {"period": n, "lag": k}, lambda c, n=n, k=k: slow.autocorrelation(c, n, k))
        for n, k in ((30, 1), (5, 7))
    ],
    *[
        ("chandelier_exit", {"period": n, "width": w}, lambda c, n=n, w=w: slow.chandelier_exit(c, n, w))
        for n, w in ((22, 3.0), (2, 1.0))
    ],
    *[("chop", {"period": n}, lambda c, n=n: slow.chop(c, n)) for n in (2, 14, 60)],
    *[
        (
            "connors_rsi",
            {"period": n, "streak_period": m, "rank_period": r},
            lambda c, n=n, m=m, r=r: slow.connors_rsi(c, n, m, r),
        )
        for n, m, r in ((3, 2, 100), (14, 5, 10))
    ],
    *[("eom", {"period": n}, lambda c, n=n: slow.eom(c, n)) for n in (1, 14)],
    *[("fisher", {"period": n}, lambda c, n=n: slow.fisher(c, n)) for n in (2, 10, 60)],
    *[
        (name, {"period": n, "per_year": y}, lambda c, f=f, n=n, y=y: f(c, n, y))
        for name, f in HISTORICAL.items()
        for n, y in ((20, 252.0), (5, 98_280.0))
    ],
    ("ichimoku", {}, slow.ichimoku),
    *[("kst", {"signal": n}, lambda c, n=n: slow.kst(c, n)) for n in (9, 3)],
    *[("kurtosis", {"period": n}, lambda c, n=n: slow.kurtosis(c, n)) for n in (8, 30, 200)],
    *[("skew", {"period": n}, lambda c, n=n: slow.skew(c, n)) for n in (8, 30, 200)],
    *[("median", {"period": n}, lambda c, n=n: slow.median(c, n)) for n in (1, 2, 21, 100)],
    *[("rvi", {"period": n}, lambda c, n=n: slow.rvi(c, n)) for n in (1, 10)],
    ("smi", {}, slow.smi),
    *[
        (
            "squeeze",
            {"period": n, "band_width": b, "channel_width": w},
            lambda c, n=n, b=b, w=w: slow.squeeze(c, n, b, w),
        )
        for n, b, w in ((20, 2.0, 1.5), (5, 1.0, 1.0))
    ],
    *[
        ("starc", {"period": n, "atr_period": m, "width": w}, lambda c, n=n, m=m, w=w: slow.starc(c, n, m, w))
        for n, m, w in ((5, 10, 2.0), (30, 3, 1.0))
    ],
    *[
        ("stc", {"fast": f, "slow": s, "cycle": k}, lambda c, f=f, s=s, k=k: slow.stc(c, f, s, k))
        for f, s, k in ((23, 50, 10), (3, 7, 4))
    ],
    *[("stddev", {"period": n}, lambda c, n=n: slow.stddev(c, n)) for n in (2, 20, 200)],
    *[("ulcer", {"period": n}, lambda c, n=n: slow.ulcer(c, n)) for n in (2, 14)],
    *[
        ("vidya", {"period": n, "cmo_period": m}, lambda c, n=n, m=m: slow.vidya(c, n, m))
        for n, m in ((14, 9), (5, 20))
    ],
    *[(f"prev_{field}", {}, slow.previous(field)) for field in ("high", "low", "close")],
    ("gap_pct", {}, slow.gap_pct),
    ("day_change_pct", {}, slow.day_change_pct),
    ("bars_since_high", {}, slow.bars_since_high),
    *[
        (name, {}, slow.pivots(name.removeprefix("pivots").strip("_")))
        for name in ("pivots", "pivots_woodie", "pivots_fibonacci", "pivots_camarilla")
    ],
    *[("vwap_bands", {"width": w}, lambda c, w=w: slow.vwap_bands(c, w)) for w in (1.0, 2.5)],
    *[
        (name, {"period": n, "width": w}, lambda c, f=f, n=n, w=w: f(c, n, w))
        for name, f in (("percent_b", slow.percent_b), ("bandwidth", slow.bandwidth))
        for n, w in ((20, 2.0), (5, 1.0))
    ],
    *[
        ("kvo", {"fast": f, "slow": s, "signal": k}, lambda c, f=f, s=s, k=k: slow.kvo(c, f, s, k))
        for f, s, k in ((34, 55, 13), (3, 10, 2))
    ],
    ("vwap_week", {}, slow.vwap_week),
    *[("opening_range", {"minutes": n}, lambda c, n=n: slow.opening_range(c, n)) for n in (1, 30, 600)],
    *[
        ("rvol", {"sessions": n, "minutes": m}, lambda c, n=n, m=m: slow.rvol(c, n, m))
        for n, m in ((1, 390), (2, 390), (3, 100))
    ],
    *[
        ("volume_profile", {"rows": n, "percent": p}, lambda c, n=n, p=p: slow.volume_profile(c, n, p))
        for n, p in ((100, 70.0), (10, 40.0))
    ],
    *[("zscore", {"period": n}, lambda c, n=n: slow.zscore(c, n)) for n in (2, 20, 200)],
]


# Those that ask for a time which bars of days have not.
INTRADAY: list[Any] = [
    *[("vwap_time", {"minutes": n}, lambda c, n=n: slow.vwap_time(c, n)) for n in (0, 45, 200)],
    *[("vwap_anchored", {"since": s}, lambda c, s=s: slow.vwap_anchored(c, s)) for s in (0, 1_381_240_800)],
]
SERIES = [
    ("SPY", CASES),
    ("AAPL daily", CASES),
    ("gappy", CASES),
    ("SPY", INTRADAY),
    ("AIG", INTRADAY),
    ("gappy", INTRADAY),
]


@pytest.mark.parametrize(
    ("series", "name", "params", "reference"),
    [(series, *case) for series, cases in SERIES for case in cases],
    ids=lambda v: str(v) if not callable(v) else "",
)
def test_equals_the_slow_version(
    real: dict[str, slow.Columns],  # noqa: F811
    series: str,
    name: str,
    params: dict[str, float],
    reference: Callable[[slow.Columns], Any],
) -> None:
    columns = {field: values[:BARS] for field, values in real[series].items()}
    got = compute(name, params, **columns)  # type: ignore[arg-type]  # session is int64, the rest float64
    want = reference(columns)
    want = want if isinstance(want, tuple) else (want,)
    for (output, values), expected in zip(got.items(), want, strict=True):
        assert_same(values, expected, f"{name} {params} {output} of {series}")


def test_every_indicator_is_compared_with_somebody() -> None:
    compared = {case[0] for case in (*TALIB, *CASES, *INTRADAY)} | PREMARKET
    assert compared == {entry["name"] for entry in list_indicators()}


def test_the_premarket_extremes_of_real_extended_hours(data_dir: Path) -> None:
    path = data_dir / "us_equity/lean_2013_1m_trade.csv.gz"
    indicators = [{"name": name, "interval": "1m"} for name in sorted(PREMARKET)]
    config = ob.SessionConfig(
        backtest={"start": "2013-10-07", "end": "2013-10-08"},
        source={"kind": "csv", "path": str(path), "columns": {"ts": "ts_utc"}},
        session_data_config={
            "symbols": ["SPY"],
            "streams": ["1m"],
            "bars": {"extended_hours": True},
            "indicators": {"session": indicators},
        },
    )
    session = ob.SessionCoordinator(config).run().session_data
    rows = pl.read_csv(path, try_parse_dates=True).filter(pl.col("symbol") == "SPY")
    begin, end = (dt.datetime(2013, 10, 8, hour, minute, tzinfo=dt.UTC) for hour, minute in ((8, 0), (13, 30)))
    before = rows.filter(pl.col("ts_utc").is_between(begin, end, closed="left"))
    assert len(before) > 20
    assert session.get_indicator_value("SPY", "premarket_high_1m") == before["high"].max()
    assert session.get_indicator_value("SPY", "premarket_low_1m") == before["low"].min()
