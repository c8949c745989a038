"""The tables that Stock.Indicators publishes (Apache-2.0, D. Skender and contributors), 502 daily bars."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from tests.reference.compare import assert_same

from openbell._core import compute

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Indicator, parameters, table, then our output and the table's column.
SAME = [
    ("sma", {"period": 20}, "sma", {"sma": "sma"}),
    ("ema", {"period": 20}, "ema", {"ema": "ema"}),
    ("wma", {"period": 14}, "wma", {"wma": "wma"}),
    ("rsi", {"period": 14}, "rsi", {"rsi": "rsi"}),
    ("stoch", {"period": 14, "smooth_k": 3, "smooth_d": 3}, "stoch", {"d": "signal"}),
    ("roc", {"period": 14}, "roc", {"roc": "roc"}),
    ("bbands", {"period": 20, "width": 2}, "bb", {"middle": "sma", "upper": "upperBand", "lower": "lowerBand"}),
    ("stddev", {"period": 14}, "stdev", {"stddev": "stdDev"}),
    ("atr", {"period": 14}, "atr", {"atr": "atr"}),
    ("vwap", {}, "vwap", {"vwap": "vwap"}),
    ("ad", {}, "adl", {"ad": "adl"}),
    ("alligator", {}, "alligator", {"jaw": "jaw", "teeth": "teeth", "lips": "lips"}),
    ("alma", {}, "alma", {"alma": "alma"}),
    ("awesome", {}, "awesome", {"awesome": "oscillator"}),
    ("cci", {}, "cci", {"cci": "cci"}),
    ("chandelier_exit", {}, "chexit", {"long": "chandelierExit"}),
    ("chop", {}, "chop", {"chop": "chop"}),
    ("cmf", {}, "cmf", {"cmf": "cmf"}),
    ("connors_rsi", {}, "crsi", {"connors_rsi": "connorsRsi"}),
    ("kvo", {}, "kvo", {"kvo": "oscillator", "signal": "signal"}),
    ("linreg", {"period": 10}, "epma", {"linreg": "epma"}),
    ("force_index", {"period": 2}, "force", {"force_index": "forceIndex"}),
    ("heikin_ashi", {}, "heikinashi", {"open": "open", "high": "high", "low": "low", "close": "close"}),
    ("hma", {"period": 14}, "hma", {"hma": "hma"}),
    (
        "ichimoku",
        {},
        "ichimoku",
        {"conversion": "tenkanSen", "base": "kijunSen", "span_a": "senkouSpanA", "span_b": "senkouSpanB"},
    ),
    ("mfi", {}, "mfi", {"mfi": "mfi"}),
    ("pvo", {}, "pvo", {"pvo": "pvo", "signal": "signal", "histogram": "histogram"}),
    ("linreg", {"period": 14}, "slope", {"slope": "slope", "r2": "rSquared"}),
    ("smi", {}, "smi", {"smi": "smi", "signal": "signal"}),
    ("smma", {"period": 20}, "smma", {"smma": "smma"}),
    ("starc", {}, "starc", {"upper": "upperBand", "lower": "lowerBand"}),
    ("stochrsi", {"stoch_period": 14}, "stoch-rsi", {"d": "signal"}),
    ("supertrend", {}, "supertrend", {"supertrend": "superTrend"}),
    ("true_range", {}, "tr", {"true_range": "tr"}),
    ("tsi", {}, "tsi", {"tsi": "tsi", "signal": "signal"}),
    ("ulcer", {}, "ulcer", {"ulcer": "ulcerIndex"}),
    ("ultosc", {}, "uo", {"ultosc": "ultimate"}),
    ("vortex", {}, "vortex", {"plus": "pvi", "minus": "nvi"}),
    ("vwma", {"period": 14}, "vwma", {"vwma": "vwma"}),
    ("willr", {}, "willr", {"willr": "williamsR"}),
    ("percent_b", {}, "bb", {"percent_b": "percentB"}),
    ("bandwidth", {}, "bb", {"bandwidth": "width"}),
    ("zscore", {"period": 20}, "bb", {"zscore": "zScore"}),
]

# The same, but shown from another bar on.
LATER: list[tuple[str, dict[str, float], str, dict[str, str]]] = [
    ("kama", {}, "kama", {"kama": "kama"}),
    ("starc", {}, "starc", {"middle": "centerline"}),
    ("stochrsi", {"stoch_period": 14}, "stoch-rsi", {"k": "stochRsi"}),
]

# Another definition: docs/indicator-differences.md says how.
DIFFERENT: list[tuple[str, dict[str, float], str, tuple[str, str]]] = [
    ("adxr", {}, "adx", ("adxr", "adxr")),
    ("aroon", {"period": 25}, "aroon", ("up", "aroonUp")),
    ("aroonosc", {"period": 25}, "aroon", ("aroonosc", "oscillator")),
    ("atr_trailing_stop", {}, "atr-stop", ("stop", "atrStop")),
    ("bop", {}, "bop", ("bop", "bop")),
    ("cmo", {}, "cmo", ("cmo", "cmo")),
    ("donchian", {}, "donchian", ("upper", "upperBand")),
    ("dpo", {"period": 14}, "dpo", ("dpo", "dpo")),
    ("keltner", {}, "keltner", ("middle", "centerline")),
    ("psar", {}, "psar", ("psar", "sar")),
    ("stc", {}, "stc", ("stc", "stc")),
]

# Other starting values, by their own choice: the same once both have converged.
CONVERGED: list[tuple[str, dict[str, float], str, dict[str, str]]] = [
    ("macd", {}, "macd", {"macd": "macd", "signal": "signal", "histogram": "histogram"}),
    ("adx", {}, "adx", {"adx": "adx", "plus_di": "pdi", "minus_di": "mdi"}),
    ("adosc", {}, "chaikin-osc", {"adosc": "oscillator"}),
    ("dema", {"period": 14}, "dema", {"dema": "dema"}),
    ("fisher", {}, "fisher", {"fisher": "fisher", "trigger": "trigger"}),
    ("t3", {}, "t3", {"t3": "t3"}),
    ("tema", {"period": 20}, "tema", {"tema": "tema"}),
    ("trix", {"period": 14}, "trix", {"trix": "trix"}),
]


def run(data_dir: Path, name: str, params: dict[str, float]) -> dict[str, NDArray[np.float64]]:
    bars = pl.read_csv(data_dir / "indicators/skender/bars_default_daily.csv")
    return compute(
        name, params, *(bars[c].cast(pl.Float64).to_numpy() for c in ("open", "high", "low", "close", "volume"))
    )


def table(data_dir: Path, name: str, column: str) -> NDArray[np.float64]:
    frame = pl.read_csv(data_dir / f"indicators/skender/expected/{name}.csv", infer_schema_length=None)
    return frame[column].cast(pl.Float64).fill_null(float("nan")).to_numpy()


@pytest.mark.parametrize(("name", "params", "file", "outputs"), SAME, ids=lambda v: v if isinstance(v, str) else "")
def test_equals_the_table(
    data_dir: Path, name: str, params: dict[str, float], file: str, outputs: dict[str, str]
) -> None:
    got = run(data_dir, name, params)
    for ours, theirs in outputs.items():
        assert_same(got[ours], table(data_dir, file, theirs), f"{name}.{ours}")


def test_the_stochastic_k_shows_only_with_its_d(data_dir: Path) -> None:
    got = run(data_dir, "stoch", {})
    want = table(data_dir, "stoch", "oscillator")
    want = np.where(np.isnan(table(data_dir, "stoch", "signal")), np.nan, want)
    assert_same(got["k"], want, "stoch.k")


@pytest.mark.parametrize(
    ("name", "params", "file", "outputs"), CONVERGED, ids=lambda v: v if isinstance(v, str) else ""
)
def test_converges_to_the_table(
    data_dir: Path, name: str, params: dict[str, float], file: str, outputs: dict[str, str]
) -> None:
    got = run(data_dir, name, params)
    for ours, theirs in outputs.items():
        assert_same(got[ours][420:], table(data_dir, file, theirs)[420:], f"{name}.{ours}")


def test_obv_differs_by_where_it_starts(data_dir: Path) -> None:
    """TA-Lib, and we, start at the first bar's volume; the table starts at 0."""
    got = run(data_dir, "obv", {})["obv"]
    assert_same(got - got[0], table(data_dir, "obv", "obv"), "obv")


@pytest.mark.parametrize(("name", "params", "file", "outputs"), LATER, ids=lambda v: v if isinstance(v, str) else "")
def test_equals_the_table_from_our_first_value_on(
    data_dir: Path, name: str, params: dict[str, float], file: str, outputs: dict[str, str]
) -> None:
    got = run(data_dir, name, params)
    for ours, theirs in outputs.items():
        first = int(np.argmax(~np.isnan(got[ours])))
        assert_same(got[ours][first:], table(data_dir, file, theirs)[first:], f"{name}.{ours}")


@pytest.mark.parametrize(("name", "params", "file", "outputs"), DIFFERENT, ids=[case[0] for case in DIFFERENT])
def test_what_differs_is_written_down(
    data_dir: Path, name: str, params: dict[str, float], file: str, outputs: tuple[str, str]
) -> None:
    got, want = run(data_dir, name, params)[outputs[0]], table(data_dir, file, outputs[1])
    both = ~np.isnan(got) & ~np.isnan(want)
    assert np.abs(got[both] - want[both]).max() > 1e-6, "it is the same: move it up"
    page = Path(__file__).resolve().parents[2] / "docs" / "indicator-differences.md"
    assert f"| `{name}` |" in page.read_text()
