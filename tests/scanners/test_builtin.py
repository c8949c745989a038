"""Every built-in scanner against polars, on 739 real symbols, at times drawn beforehand."""

from __future__ import annotations

import datetime as dt
import random
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from tests.scanners.independent import DAYS, at, daily, fives, minutes, today

import openbell as ob
from openbell.scanners import BaseScanner, ScanContext, ScanResult

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DATE = DAYS[-1]
FILE = "universe_1m/yahoo_us_2019-12-26_2020-01-03.csv.gz"
CHANCE = random.Random(20200103)  # noqa: S311  # drawn once, the same every time
TIMES = sorted(f"{minute // 60:02}:{minute % 60:02}" for minute in CHANCE.sample(range(575, 960), 4))
FIVES = sorted({f"{minute // 60:02}:{minute // 5 * 5 % 60:02}" for minute in CHANCE.sample(range(620, 960), 5)})

Hits = dict[str, list[str]]


class Gap(BaseScanner):
    """The scanner of the documentation: today's close more than 2 % above the average of the last three days."""

    def setup(self, context: ScanContext) -> bool:
        for symbol in context.universe:
            context.add_indicator(symbol, "sma", {"period": 3, "interval": "1d"})
        return True

    def scan(self, context: ScanContext) -> ScanResult:
        frame = context.snapshot(["last", "sma_3_1d"])
        above = frame["last"] > frame["sma_3_1d"] * (1 + self.config["percent"] / 100)
        return ScanResult(sorted(frame["symbol"][above]))


@pytest.fixture(scope="module")
def frame(data_dir: Path) -> pl.DataFrame:
    return minutes(data_dir / FILE)


def config(data_dir: Path, scanner: dict[str, Any], times: list[str], **session: Any) -> ob.SessionConfig:
    schedule = [{"start": time, "end": time, "interval": "1m"} for time in times]
    return ob.SessionConfig(
        backtest={"start": DATE, "end": DATE},
        source={"kind": "csv", "path": str(data_dir / FILE), "columns": {"ts": "ts_utc"}, "on_bad": "skip"},
        session_data_config={
            "symbols": ["SPY"],
            "streams": ["1m"],
            "scanners": [{"universe": "*", "regular_session": schedule, "name": "it", **scanner}],
            **session,
        },
    )


def hits(data_dir: Path, scanner: dict[str, Any], times: list[str]) -> Hits:
    run = ob.SessionCoordinator(config(data_dir, scanner, times))
    result = run.run()
    (stats,) = run.scanners.stats
    assert (stats.runs, stats.errors, stats.skipped) == (len(times), 0, 0), stats
    found: Hits = {time: [] for time in times}
    for hit in run.scanners.hits():
        local = dt.datetime.fromtimestamp(hit.time_ns / 1e9, at(DATE, "09:30").tzinfo)
        found[local.strftime("%H:%M")].append(hit.symbol)
        assert hit.rank == len(found[local.strftime("%H:%M")])
    assert sum(map(len, found.values())) == stats.hits > 0, "a comparison of nothing with nothing"
    # What nobody wanted after the session is gone.
    assert result.session_data.get_all_symbols() == {"SPY"}
    return found


def expected(frame: pl.DataFrame, times: list[str], find: Callable[[pl.DataFrame, dt.datetime], pl.DataFrame]) -> Hits:
    return {time: find(frame, at(DATE, time))["symbol"].to_list() for time in times}


def test_the_gap_scanner_of_the_documentation(data_dir: Path, frame: pl.DataFrame) -> None:
    def find(bars: pl.DataFrame, moment: dt.datetime) -> pl.DataFrame:
        days = daily(bars, moment.date()).sort("symbol", "date").group_by("symbol", maintain_order=True)
        average = days.agg(pl.col("close").tail(3).mean().alias("sma"), pl.len().alias("days"))
        joined = today(bars, moment).join(average.filter(pl.col("days") >= 3), on="symbol")
        return joined.filter(pl.col("last") > pl.col("sma") * 1.02).sort("symbol")

    path = f"{__name__}.Gap"
    assert hits(data_dir, {"module": path, "config": {"percent": 2.0}}, TIMES) == expected(frame, TIMES, find)


def test_gap(data_dir: Path, frame: pl.DataFrame) -> None:
    def find(bars: pl.DataFrame, moment: dt.datetime) -> pl.DataFrame:
        gap = (pl.col("day_open") / pl.col("prev_close") - 1.0) * 100.0
        found = today(bars, moment).with_columns(gap.abs().alias("gap")).filter(pl.col("gap") >= 1.0)
        return found.filter(pl.col("day_volume") >= 1000).sort(
            [pl.col("gap").abs(), "symbol"], descending=[True, False]
        )

    scanner = {"module": "gap", "config": {"min_pct": 1.0, "min_volume": 1000}}
    assert hits(data_dir, scanner, TIMES) == expected(frame, TIMES, find)


def test_relative_volume(data_dir: Path, frame: pl.DataFrame) -> None:
    def find(bars: pl.DataFrame, moment: dt.datetime) -> pl.DataFrame:
        elapsed = moment.time()
        past = bars.filter(pl.col("date") < moment.date(), pl.col("date") >= dt.date.fromisoformat(DAYS[-4]))
        # Days on which a symbol had no bar at all are not kept, and do not count.
        counts = past.group_by("symbol").agg(pl.col("date").n_unique().alias("days"))
        volume = (
            past.filter(pl.col("local").dt.time() < elapsed).group_by("symbol").agg(pl.col("volume").sum().alias("v"))
        )
        ratio = pl.col("day_volume") / (pl.col("v") / pl.col("days"))
        joined = today(bars, moment).join(counts, on="symbol").join(volume, on="symbol").filter(pl.col("v") > 0)
        found = joined.with_columns(ratio.alias("rvol")).filter(pl.col("rvol") >= 3.0)
        return found.sort(["rvol", "symbol"], descending=[True, False]).head(25)

    scanner = {"module": "relative_volume", "config": {"min_ratio": 3.0, "days": 3, "limit": 25}}
    assert hits(data_dir, scanner, TIMES) == expected(frame, TIMES, find)


def test_movers(data_dir: Path, frame: pl.DataFrame) -> None:
    def find(bars: pl.DataFrame, moment: dt.datetime) -> pl.DataFrame:
        move = -(pl.col("last") / pl.col("prev_close") - 1.0) * 100.0
        found = (
            today(bars, moment).with_columns(move.alias("move")).filter(pl.col("move") >= 0.0, pl.col("last") >= 5.0)
        )
        return found.sort(["move", "symbol"], descending=[True, False]).head(20)

    scanner = {"module": "movers", "config": {"direction": "down", "min_price": 5.0}}
    assert hits(data_dir, scanner, TIMES) == expected(frame, TIMES, find)


def test_new_extremes_of_the_day(data_dir: Path, frame: pl.DataFrame) -> None:
    found = hits(data_dir, {"module": "new_extreme"}, TIMES)
    want: Hits = {}
    before: pl.DataFrame | None = None
    for time in TIMES:
        now = today(frame, at(DATE, time))
        if before is None:
            want[time] = []
        else:
            both = now.join(before, on="symbol", suffix="_before")
            new = (pl.col("day_high") > pl.col("day_high_before")) | (pl.col("day_low") < pl.col("day_low_before"))
            want[time] = both.filter(new)["symbol"].sort().to_list()
        before = now
    assert found == want


def test_new_extremes_of_several_days(data_dir: Path, frame: pl.DataFrame) -> None:
    found = hits(data_dir, {"module": "new_extreme", "config": {"days": 4, "direction": "high"}}, TIMES)
    # The last four sessions that the calendar has; the first day of the file is older.
    recent = daily(frame, dt.date.fromisoformat(DATE)).filter(pl.col("date") >= dt.date.fromisoformat(DAYS[1]))
    highest = recent.group_by("symbol").agg(pl.col("high").max().alias("highest"))
    said: set[str] = set()
    want: Hits = {}
    for time in TIMES:
        now = today(frame, at(DATE, time)).join(highest, on="symbol")
        new = now.filter(pl.col("day_high") > pl.col("highest"))["symbol"].sort().to_list()
        want[time] = [symbol for symbol in new if symbol not in said]
        said.update(new)
    assert found == want


def test_opening_range(data_dir: Path, frame: pl.DataFrame) -> None:
    times = ["09:45", *TIMES]
    found = hits(data_dir, {"module": "opening_range_breakout", "config": {"minutes": 15, "buffer_pct": 0.1}}, times)
    day = frame.filter(pl.col("date") == dt.date.fromisoformat(DATE))
    first = day.filter(pl.col("local").dt.time() < dt.time(9, 45)).group_by("symbol")
    ranges = first.agg(pl.col("high").max().alias("top"), pl.col("low").min().alias("bottom"))
    said: set[tuple[str, str]] = set()
    want: Hits = {}
    for time in times:
        now = today(frame, at(DATE, time)).join(ranges, on="symbol").sort("symbol")
        want[time] = []
        for row in now.iter_rows(named=True):
            up, down = row["last"] > row["top"] * 1.001, row["last"] < row["bottom"] * 0.999
            side = "up" if up else "down" if down else ""
            if side and (row["symbol"], side) not in said:
                said.add((row["symbol"], side))
                want[time].append(row["symbol"])
    assert found == want


def test_moving_average_cross(data_dir: Path, frame: pl.DataFrame) -> None:
    scanner = {"module": "ma_cross", "config": {"average": "sma", "fast": 3, "slow": 8, "interval": "5m"}}
    found = hits(data_dir, scanner, FIVES)
    want: Hits = {}
    before: dict[str, bool] = {}
    # As much history as the analyzer asks for: one session.
    recent = frame.filter(pl.col("date") >= dt.date.fromisoformat(DAYS[-2]))
    for time in FIVES:
        bars = fives(recent, at(DATE, time)).group_by("symbol", maintain_order=True)
        averages = bars.agg(
            pl.col("close").tail(3).mean().alias("fast"),
            pl.col("close").tail(8).mean().alias("slow"),
            pl.len().alias("n"),
        )
        want[time] = []
        for row in averages.filter(pl.col("n") >= 8).sort("symbol").iter_rows(named=True):
            if abs(row["fast"] - row["slow"]) < 1e-9 * row["slow"]:
                continue
            above = row["fast"] > row["slow"]
            if before.get(row["symbol"], above) != above:
                want[time].append(row["symbol"])
            before[row["symbol"]] = above
    # Averages that are equal but for rounding may stand on either side.
    differing = [(t, set(found[t]) ^ set(want[t])) for t in FIVES]
    assert sum(len(symbols) for _, symbols in differing) <= 2, differing


def test_squeeze(data_dir: Path, frame: pl.DataFrame) -> None:
    """The channel's average range is Wilder's, so the comparison computes it bar by bar."""
    scanner = {"module": "squeeze", "config": {"period": 5, "ranges": 1.0, "interval": "5m"}}
    found = hits(data_dir, scanner, FIVES[:2])
    for time in FIVES[:2]:
        want = []
        # As much history as the analyzer asks for: two sessions.
        recent = frame.filter(pl.col("date") >= dt.date.fromisoformat(DAYS[-2]))
        for (symbol,), bars in fives(recent, at(DATE, time)).group_by("symbol", maintain_order=True):
            closes = bars["close"].to_list()
            if len(closes) < 6:
                continue
            last = closes[-5:]
            mean = sum(last) / 5
            half = 2.0 * (sum((c - mean) ** 2 for c in last) / 5) ** 0.5
            ranges = [
                max(high, before) - min(low, before)
                for high, low, before in zip(bars["high"][1:], bars["low"][1:], closes[:-1], strict=True)
            ]
            average = sum(ranges[:5]) / 5
            for value in ranges[5:]:
                average = (average * 4 + value) / 5
            if half < average * (1 - 1e-9):
                want.append((half / average, symbol))
        differing = set(found[time]) ^ {symbol for _, symbol in want}
        assert len(differing) <= 2, differing
        assert len(found[time]) > 20


def test_daily_bars_as_the_base(data_dir: Path) -> None:
    """The pystock file: an average of 20 days, and a filter, at the end of sessions from the 41st on."""
    path = data_dir / "us_equity_daily/pystock_2016q4_daily.csv.gz"
    frame = pl.read_csv(path, schema_overrides={"symbol": pl.String})
    settings = ob.SessionConfig(
        backtest={"start": "2016-12-01", "end": "2016-12-05"},
        source={"kind": "csv", "path": str(path), "columns": {"ts": "date"}, "interval": "1d", "on_bad": "skip"},
        session_data_config={
            "symbols": ["AAPL"],
            "streams": ["1d"],
            "scanners": [
                {
                    "name": "strong",
                    "filter": "close > sma_20_1d * 1.1 AND volume > 500000",
                    "rank": "close / sma_20_1d",
                    "limit": 40,
                    "universe": "*",
                    "regular_session": [{"start": "close", "end": "close", "interval": "1m"}],
                }
            ],
        },
    )
    run = ob.SessionCoordinator(settings)
    run.run()
    found: Hits = {}
    for hit in run.scanners.hits():
        day = dt.datetime.fromtimestamp(hit.time_ns / 1e9, at(DATE, "09:30").tzinfo).date().isoformat()
        found.setdefault(day, []).append(hit.symbol)
    want: Hits = {}
    for day in ("2016-12-01", "2016-12-02", "2016-12-05"):
        past = frame.filter(pl.col("date") <= day, pl.col("date") != "2016-11-24").sort("date")
        rows = past.group_by("symbol", maintain_order=True).agg(
            pl.col("close").last(), pl.col("volume").last(), pl.col("close").tail(20).mean().alias("sma"),
            pl.len().alias("n"), pl.col("date").last(),
        )  # fmt: skip
        # One that has stopped trading has no bar of the day, whatever its average.
        rows = rows.filter(pl.col("date") == day)
        good = rows.filter(pl.col("n") >= 20, pl.col("close") > pl.col("sma") * 1.1, pl.col("volume") > 500_000)
        good = good.with_columns((pl.col("close") / pl.col("sma")).alias("rank"))
        want[day] = good.sort(["rank", "symbol"], descending=[True, False]).head(40)["symbol"].to_list()
    assert found == want
