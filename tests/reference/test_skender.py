"""The tables that Stock.Indicators publishes (Apache-2.0, D. Skender and contributors), 502 daily bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from tests.reference.compare import assert_same

from openbell._core import compute

if TYPE_CHECKING:
    from pathlib import Path

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
]

# Other starting values, by their own choice: the same once both have converged.
CONVERGED: list[tuple[str, dict[str, float], str, dict[str, str]]] = [
    ("macd", {}, "macd", {"macd": "macd", "signal": "signal", "histogram": "histogram"}),
    ("adx", {}, "adx", {"adx": "adx", "plus_di": "pdi", "minus_di": "mdi"}),
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
