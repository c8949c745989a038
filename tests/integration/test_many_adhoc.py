"""Hundreds of symbols asked for ad hoc on real data: values, promotion, tear-down, and what is left of the memory."""

from __future__ import annotations

import gc
import resource
import sys
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import openbell as ob

PROMOTED = 5


def resident_mb() -> float:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


class Cycle(ob.Strategy):
    """Asks for an indicator of many symbols, looks, and lets all go; the last time, five stay as strategy symbols."""

    def __init__(self, names: list[str], period: int, rounds: int) -> None:
        self.names = names
        self.period = period
        self.rounds = rounds
        self.done = 0
        self.asked = False
        self.values: dict[str, float | None] = {}
        self.resident: list[float] = []
        self.seconds: list[float] = []
        self.started_s = 0.0

    @property
    def key(self) -> str:
        return f"sma_{self.period}_1d"

    def turn(self, session: ob.SessionData) -> None:
        if self.done == self.rounds:
            return
        if not self.asked:
            self.asked = True
            self.resident.append(resident_mb())
            self.started_s = time.perf_counter()
            for name in self.names:
                config = {"period": self.period, "interval": "1d"}
                assert session.add_indicator(name, "sma", config, owner="scan")
            return
        self.seconds.append(time.perf_counter() - self.started_s)
        assert all(session.wait_ready(name, self.key) for name in self.names)
        self.values = {name: session.get_indicator_value(name, self.key) for name in self.names}
        self.done += 1
        self.asked = False
        stay = self.names[:PROMOTED] if self.done == self.rounds else []
        for name in stay:
            assert session.add_symbol(name)
        assert all(session.remove_symbol_adhoc(name, owner="scan") for name in self.names if name not in stay)


class Daily(Cycle):
    def on_session_start(self, session: ob.SessionData) -> None:
        self.turn(session)

    def on_session_end(self, session: ob.SessionData) -> None:
        self.turn(session)


class OnFives(Cycle):
    intervals = ("5m",)

    def on_bar(self, session: ob.SessionData, bar: ob.Bar) -> None:
        if bar.symbol == "SPY":
            self.turn(session)


def check(strategy: Cycle, run: ob.SessionCoordinator, base: str) -> None:
    result = run.run()
    assert result.summary.callback_errors == 0, result.summary.warnings
    assert strategy.done == strategy.rounds
    session = run.session_data
    own = session.get_config_symbols()
    assert session.get_all_symbols() == own
    assert own >= set(strategy.names[:PROMOTED])
    assert len(own) == PROMOTED + 1
    for name in strategy.names[PROMOTED:]:
        assert set(session.footprint(name).values()) == {0}
    for name in strategy.names[:PROMOTED]:
        assert str(session.intervals(name)[0]) == base
        assert session.get_indicator(name, strategy.key) is not None, "it keeps what it had"
    assert session.wishes.counts() == {"known": PROMOTED, "owned": PROMOTED, "waiting": 0}
    if sys.platform == "linux":
        # The first round fills the source's own index and the allocator's pools; after it, nothing grows.
        start, *_, last = strategy.resident[1:]
        assert last <= 1.05 * start


def test_daily_bars_as_the_base(data_dir: Path) -> None:
    path = data_dir / "us_equity_daily/pystock_2016q4_daily.csv.gz"
    frame = pl.read_csv(path, schema_overrides={"symbol": pl.String})
    whole = frame.group_by("symbol").len().filter(pl.col("len") == 63)["symbol"].sort().to_list()
    names = [name for name in whole if name != "AAPL"][:500]
    config = ob.SessionConfig(
        backtest={"start": "2016-12-01", "end": "2016-12-07"},
        source={"kind": "csv", "path": str(path), "columns": {"ts": "date"}, "interval": "1d", "on_bad": "skip"},
        session_data_config={"symbols": ["AAPL"], "streams": ["1d"]},
    )
    strategy = Daily(names, 20, 5)
    # At the end of 2016-12-07 the session's own bar is in.
    check(strategy, ob.SessionCoordinator(config, strategy=strategy), "1d")
    closes = frame.filter(pl.col("date") <= "2016-12-07").sort("date").group_by("symbol", maintain_order=True)
    want = dict(closes.agg(pl.col("close").tail(20).mean()).iter_rows())
    for name in names:
        assert strategy.values[name] == pytest.approx(want[name], rel=1e-9), name


def test_daily_bars_that_are_derived_from_minutes(data_dir: Path) -> None:
    path = data_dir / "universe_1m/yahoo_us_2019-12-26_2020-01-03.csv.gz"
    frame = pl.read_csv(path).filter(pl.col("close").is_not_null())
    days = frame.with_columns(pl.col("ts_utc").str.slice(0, 10).alias("date"))
    count = days.group_by("symbol").agg(pl.col("date").n_unique().alias("n"))
    names = count.filter(pl.col("n") == 6, pl.col("symbol") != "SPY")["symbol"].sort().to_list()[:500]
    assert len(names) == 500
    settings: dict[str, Any] = {"kind": "csv", "path": str(path), "columns": {"ts": "ts_utc"}, "on_bad": "skip"}
    config = ob.SessionConfig(
        backtest={"start": "2020-01-03", "end": "2020-01-03"},
        source=settings,
        session_data_config={"symbols": ["SPY"], "streams": ["1m", "5m"]},
    )
    strategy = OnFives(names, 3, 5)
    check(strategy, ob.SessionCoordinator(config, strategy=strategy), "1m")
    before = days.filter(pl.col("date") < "2020-01-03").sort("ts_utc", maintain_order=True)
    last = before.group_by("symbol", "date", maintain_order=True).agg(pl.col("close").last()).sort("date")
    want = dict(last.group_by("symbol", maintain_order=True).agg(pl.col("close").tail(3).mean()).iter_rows())
    for name in names:
        assert strategy.values[name] == pytest.approx(want[name], rel=1e-9), name
