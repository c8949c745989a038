"""The world's days, exchange by exchange, each in its own time zone: the gap scanner against polars."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import polars as pl
import pytest

import openbell as ob

if TYPE_CHECKING:
    from pathlib import Path

DAYS = ("2019-12-17", "2019-12-18", "2019-12-19", "2019-12-20")
PRICES = ("open", "high", "low", "close")
# Exchange, its symbols, its zone, its regular session.
EXCHANGES = [
    ("XLON", r"\.L$", "Europe/London", (dt.time(8), dt.time(16, 30))),
    ("XETR", r"\.DE$", "Europe/Berlin", (dt.time(9), dt.time(17, 30))),
    ("XPAR", r"\.PA$", "Europe/Paris", (dt.time(9), dt.time(17, 30))),
    ("XNYS", r"^[A-Z]+$", "America/New_York", (dt.time(9, 30), dt.time(16))),
]
TIMES = ("10:07", "13:30", "15:01")


@pytest.fixture(scope="module")
def world(data_dir: Path) -> pl.DataFrame:
    kinds = {"symbol": pl.String, **dict.fromkeys((*PRICES, "volume"), pl.Float64)}
    parts = [pl.read_csv(data_dir / f"universe_1m/yahoo_world_{day}.csv.gz", schema_overrides=kinds) for day in DAYS]
    frame = pl.concat(parts).with_row_index("row")
    assert frame["symbol"].n_unique() > 8_700
    frame = frame.with_columns(pl.col("ts_utc").str.to_datetime(time_unit="ns", time_zone="UTC").alias("ts"))
    good = pl.all_horizontal(pl.col([*PRICES, "volume"]).is_not_null())
    good &= pl.col("high") >= pl.max_horizontal("open", "close")
    good &= pl.col("low") <= pl.min_horizontal("open", "close")
    frame = frame.filter(good, pl.col("ts").dt.second() == 0).sort("row")
    return frame.unique(["symbol", "ts"], keep="last", maintain_order=True)


@pytest.mark.parametrize(("exchange", "suffix", "zone", "hours"), EXCHANGES, ids=[e[0] for e in EXCHANGES])
def test_hits_by_exchange(
    world: pl.DataFrame, exchange: str, suffix: str, zone: str, hours: tuple[dt.time, dt.time]
) -> None:
    bars = world.filter(pl.col("symbol").str.contains(suffix))
    names = sorted(bars["symbol"].unique())
    local = pl.col("ts").dt.convert_time_zone(zone)
    config = ob.SessionConfig(
        exchange=exchange,
        backtest={"start": DAYS[-1], "end": DAYS[-1]},
        source={"kind": "frame"},
        session_data_config={
            "symbols": names[:1],
            "streams": ["1m"],
            "scanners": [
                {
                    "name": "gap",
                    "module": "tests.scanners.test_builtin.Gap",
                    "config": {"percent": 0.5},
                    "universe": "*",
                    "regular_session": [{"start": time, "end": time, "interval": "1m"} for time in TIMES],
                }
            ],
        },
    )
    run = ob.SessionCoordinator(config, source=ob.FrameSource(bars.select("symbol", "ts", *PRICES, "volume")))
    run.run()
    (stats,) = run.scanners.stats
    assert (stats.runs, stats.errors) == (len(TIMES), 0), stats
    bars = bars.with_columns(local.dt.date().alias("date"), local.dt.time().alias("time"))
    bars = bars.filter(pl.col("time") >= hours[0], pl.col("time") < hours[1]).sort("symbol", "ts")
    days = bars.filter(pl.col("date") < dt.date(2019, 12, 20)).group_by("symbol", "date", maintain_order=True)
    closing = days.agg(pl.col("close").last()).sort("symbol", "date").group_by("symbol", maintain_order=True)
    average = closing.agg(pl.col("close").tail(3).mean().alias("sma"), pl.len().alias("n")).filter(pl.col("n") >= 3)
    found = 0
    for time in TIMES:
        moment = dt.datetime.combine(dt.date(2019, 12, 20), dt.time.fromisoformat(time), ZoneInfo(zone))
        ended = pl.col("ts") + pl.duration(minutes=1) <= moment.astimezone(dt.UTC)
        today = bars.filter(pl.col("date") == moment.date(), ended).group_by("symbol", maintain_order=True)
        joined = today.agg(pl.col("close").last().alias("last")).join(average, on="symbol")
        want = joined.filter(pl.col("last") > pl.col("sma") * 1.005)["symbol"].sort().to_list()
        got = [hit.symbol for hit in run.scanners.hits() if hit.time_ns == int(moment.timestamp()) * 10**9]
        assert got == want, time
        found += len(got)
    assert found > 5
    assert run.session_data.get_all_symbols() == {names[0]}
