"""Derived bars by other means: an aggregation with polars, to compare ours with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from openbell._core import Bars

MINUTES = {"5m": 5, "15m": 15, "30m": 30, "1h": 60, "1d": 24 * 60}


def cleaned(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows that are bars, the later of two for one symbol and time, in order of time; ``ts`` is a UTC datetime."""
    numbers = ("open", "high", "low", "close", "volume")
    return (
        frame.filter(pl.all_horizontal(pl.col(numbers).is_not_null()))
        .unique(["symbol", "ts"], keep="last", maintain_order=True)
        .sort("symbol", "ts")
    )


def aggregate(frame: pl.DataFrame, interval: str, zone: str = "America/New_York") -> pl.DataFrame:
    """Longer bars aligned to 09:30 local time, of cleaned regular rows."""
    local = pl.col("ts").dt.convert_time_zone(zone)
    minute = local.dt.hour().cast(pl.Int32) * 60 + local.dt.minute().cast(pl.Int32) - (9 * 60 + 30)
    columns = [
        pl.col("ts").first().alias("first"),
        pl.col("open").first(),
        pl.col("high").max(),
        pl.col("low").min(),
        pl.col("close").last(),
        pl.col("volume").sum(),
    ]
    if "vwap" in frame.columns:
        columns.append(((pl.col("vwap") * pl.col("volume")).sum() / pl.col("volume").sum()).alias("vwap"))
    bucket = minute // MINUTES[interval]
    return (
        frame.with_columns(local.dt.date().alias("date"), bucket.alias("bucket"))
        .group_by("symbol", "date", "bucket", maintain_order=True)
        .agg(columns)
        .sort("symbol", "date", "bucket")
    )


def assert_bars(bars: Bars, want: pl.DataFrame, what: str) -> None:
    """Compare the bars of one symbol with an aggregation: prices exactly, volume and vwap to 1e-9."""
    assert len(bars) == len(want), f"{what}: {len(bars)} bars, not {len(want)}"
    for name in ("open", "high", "low", "close"):
        np.testing.assert_array_equal(getattr(bars, name), want[name].to_numpy(), err_msg=f"{what} {name}")
    np.testing.assert_allclose(bars.volume, want["volume"].to_numpy(), rtol=1e-9, err_msg=f"{what} volume")
    if "vwap" in want.columns:
        np.testing.assert_allclose(bars.vwap, want["vwap"].to_numpy(), rtol=1e-9, err_msg=f"{what} vwap")
