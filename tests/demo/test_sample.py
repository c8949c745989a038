from __future__ import annotations

import polars as pl
from polars.testing import assert_frame_equal

from openbell.config import SessionConfig
from openbell.demo import config_path, sample_path
from openbell.demo.make_sample import SYMBOLS, make_sample


def test_the_sample_is_what_the_simulator_makes() -> None:
    assert_frame_equal(pl.read_parquet(sample_path()), make_sample(), check_exact=True)


def test_the_sample_is_small_and_has_what_it_promises() -> None:
    assert sample_path().stat().st_size < 3_000_000
    sample = pl.read_parquet(sample_path())
    local = sample["ts"].dt.convert_time_zone("America/New_York")
    bars = sample.with_columns(date=local.dt.date()).group_by("date", "symbol").len()
    most = bars.group_by("date").agg(pl.col("len").max()).sort("date")
    assert most["len"].to_list() == [390, 390, 390, 210, 390, 390]
    assert sample["symbol"].n_unique() == SYMBOLS
    assert bars["len"].min() < 300, "some symbols have gaps"  # type: ignore[operator]  # an integer column


def test_the_config_is_valid() -> None:
    config = SessionConfig.load(config_path())
    assert config.name == "demo"
