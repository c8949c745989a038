"""The same questions asked of the same bars with polars, without openbell."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import polars as pl

if TYPE_CHECKING:
    from pathlib import Path

NEW_YORK = ZoneInfo("America/New_York")
DAYS = ["2019-12-26", "2019-12-27", "2019-12-30", "2019-12-31", "2020-01-02", "2020-01-03"]


def minutes(path: Path) -> pl.DataFrame:
    """Clean bars of the regular session, as the session stores them: of two rows for one minute the later stands."""
    frame = pl.read_csv(path, schema_overrides={"symbol": pl.String}).with_row_index("row")
    frame = frame.with_columns(pl.col("ts_utc").str.to_datetime(time_unit="us", time_zone="UTC").alias("ts"))
    frame = frame.with_columns(pl.col("ts").dt.convert_time_zone("America/New_York").alias("local"))
    prices = ["open", "high", "low", "close", "volume"]
    good = pl.all_horizontal(pl.col(prices).is_not_null()) & (pl.col("volume") >= 0)
    good &= pl.col("high") >= pl.max_horizontal("open", "close")
    good &= pl.col("low") <= pl.min_horizontal("open", "close")
    hours = pl.col("local").dt.time().is_between(dt.time(9, 30), dt.time(15, 59, 59))
    on_the_minute = pl.col("ts").dt.second() == 0
    frame = frame.filter(good, hours, on_the_minute)
    frame = frame.sort("row").unique(["symbol", "ts"], keep="last", maintain_order=True)
    return frame.with_columns(pl.col("local").dt.date().alias("date")).sort("symbol", "ts")


def at(date: str, time: str) -> dt.datetime:
    """Local time of a scan."""
    return dt.datetime.combine(dt.date.fromisoformat(date), dt.time.fromisoformat(time), NEW_YORK)


def until(frame: pl.DataFrame, moment: dt.datetime) -> pl.DataFrame:
    """The bars that have ended by then."""
    return frame.filter(pl.col("ts") + pl.duration(minutes=1) <= moment.astimezone(dt.UTC))


def today(frame: pl.DataFrame, moment: dt.datetime) -> pl.DataFrame:
    """One row a symbol: the figures of the session so far."""
    day = until(frame, moment).filter(pl.col("date") == moment.date())
    figures = day.group_by("symbol", maintain_order=True).agg(
        pl.col("open").first().alias("day_open"),
        pl.col("high").max().alias("day_high"),
        pl.col("low").min().alias("day_low"),
        pl.col("close").last().alias("last"),
        pl.col("volume").sum().alias("day_volume"),
    )
    yesterday = frame.filter(pl.col("date") < moment.date())["date"].max()
    # The scanners ask for the session before: a close that is older is not looked for.
    before = frame.filter(pl.col("date") == yesterday).group_by("symbol", maintain_order=True)
    return figures.join(before.agg(pl.col("close").last().alias("prev_close")), on="symbol", how="left")


def daily(frame: pl.DataFrame, before: dt.date) -> pl.DataFrame:
    """Daily bars of the sessions before a date."""
    days = frame.filter(pl.col("date") < before).group_by("symbol", "date", maintain_order=True)
    return days.agg(pl.col("high").max(), pl.col("low").min(), pl.col("close").last(), pl.col("volume").sum())


def fives(frame: pl.DataFrame, moment: dt.datetime) -> pl.DataFrame:
    """Closed five-minute bars of all days up to a moment."""
    start = pl.col("ts").dt.truncate("5m")
    bars = frame.with_columns(start.alias("bucket")).group_by("symbol", "date", "bucket", maintain_order=True)
    folded = bars.agg(pl.col("high").max(), pl.col("low").min(), pl.col("close").last())
    return folded.filter(pl.col("bucket") + pl.duration(minutes=5) <= moment.astimezone(dt.UTC)).sort(
        "symbol", "bucket"
    )
