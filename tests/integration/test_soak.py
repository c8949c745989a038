"""A thousand real symbols at sixty times real time, for minutes, with everything that goes wrong."""

from __future__ import annotations

import contextlib
import datetime as dt
import gc
import os
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import openbell as ob
from openbell.clock import TimeManager
from openbell.sources import FrameSource, ReplaySource
from openbell.testing import FaultySource, random_faults

DAY = dt.date(2019, 12, 18)
MINUTE = 60_000_000_000
SYMBOLS, SPEED, WALL_S = 1_000, 60.0, 180.0
PRICES = ("open", "high", "low", "close")
BEGIN = int(dt.datetime(2019, 12, 18, 15, 0, tzinfo=dt.UTC).timestamp()) * 1_000_000_000


def resident() -> int:
    """Bytes of memory that the process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def sockets() -> int:
    """Sockets that the process has open."""
    count = 0
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            count += str(entry.readlink()).startswith("socket:")
    return count


@pytest.fixture(scope="module")
def market(data_dir: Path) -> FrameSource:
    """The thousand US symbols with the most bars of that day."""
    kinds = {"symbol": pl.String, **dict.fromkeys((*PRICES, "volume"), pl.Float64)}
    frame = pl.read_csv(data_dir / f"universe_1m/yahoo_world_{DAY}.csv.gz", schema_overrides=kinds)
    frame = frame.filter(~pl.col("symbol").str.contains(r"[.^=]"))
    most = frame.group_by("symbol").len().sort(["len", "symbol"], descending=[True, False]).head(SYMBOLS)
    frame = frame.join(most, on="symbol", how="semi", maintain_order="left")
    frame = frame.with_columns(pl.col("ts_utc").str.to_datetime(time_unit="ns", time_zone="UTC").alias("ts"))
    columns = frame.select("symbol", "ts", *PRICES, "volume")
    return FrameSource(columns, interval=ob.Interval("1m"), on_bad="skip", gaps_verified=True)


class Asks(ob.Strategy):
    """Reads on every bar, adds and removes symbols, and counts."""

    intervals = ("1m", "5m")

    def __init__(self, spare: list[str]) -> None:
        self.spare = spare
        self.bars = 0

    def on_bar(self, session: ob.SessionData, bar: ob.Bar) -> None:
        self.bars += 1
        session.get_indicator_value(bar.symbol or "", "ema_9_1m")
        if self.bars % 2_000 == 0:
            name = self.spare[self.bars // 2_000 % len(self.spare)]
            if not session.add_symbol(name):
                session.remove_symbol(name)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory and sockets are read from /proc")
def test_three_minutes_at_sixty_times_real_time(market: FrameSource) -> None:
    names = list(market.symbols())
    assert len(names) == SYMBOLS
    spare, there = names[:20], names[20:]
    threads_before = {thread.name for thread in threading.enumerate()}
    sockets_before = sockets()
    played = ReplaySource(market, TimeManager(), [DAY], speed=SPEED, begins_ns=BEGIN)
    script = random_faults(5, BEGIN // 10**9 * 10**9, BEGIN + 180 * MINUTE, 24, symbols=there)
    config = ob.SessionConfig(
        mode="live",
        source={"kind": "frame"},
        session_data_config={
            "symbols": there,
            "streams": ["1m", "5m"],
            "indicators": {
                "session": [{"name": "ema", "period": 9, "interval": "1m"}, {"name": "rsi", "interval": "5m"}]
            },
            "scanners": [
                {
                    "name": "high",
                    "filter": "close > ema_9_1m",
                    "universe": there,
                    "regular_session": [{"interval": "1m"}],
                }
            ],
        },
    )
    asks = Asks(spare)
    run = ob.SessionCoordinator(config, asks, source=FaultySource(played, script))
    session = run.session_data
    deadline_s = time.monotonic() + WALL_S
    run.start()
    memory, lags = [], []
    while time.monotonic() < deadline_s:
        time.sleep(1.0)
        status = run.status()
        assert status.state == "running"
        assert status.queue is not None
        lags.append(status.queue.seconds)
        memory.append(resident())
    status = run.status()
    run.stop()
    result = run.result
    assert result is not None

    assert asks.bars > 50_000
    assert result.summary.callback_errors == 0
    live = result.summary.live
    assert live is not None
    assert live.reconnects > 5
    assert live.gaps["filled"] > 100
    assert live.dropped == 0
    # The queue empties again and again, whatever came at once after a fault.
    assert max(lags) < 120.0, "two seconds of ours"
    assert float(np.median(lags)) == 0.0
    # What is kept grows with the session's bars and gaps alone: a few megabytes in a hundred minutes.
    third = len(memory) // 3
    growth = np.median(memory[-10:]) - np.median(memory[third : third + 10])
    assert growth < 48 * 2**20, f"{growth / 2**20:.1f} MiB"
    # Every bar of the source up to a little while ago is there, but for faults that are under way.
    known = market.history(there, BEGIN, (status.now_ns or 0) - 20 * MINUTE)
    missing = 0
    for place, name in enumerate(known.names):
        if session.has_symbol(name):
            have = set(session.get_bars(name, "1m").ts.tolist())
            missing += len(set(known.ts[known.symbol == place].tolist()) - have)
    assert missing <= 5, "of those that a source repeats, the last stands"
    del run, result, status, played
    gc.collect()
    assert {thread.name for thread in threading.enumerate()} <= threads_before
    assert sockets() == sockets_before


def test_no_thread_is_left_after_a_run_that_is_stopped_at_once(market: FrameSource) -> None:
    before: Any = {thread.name for thread in threading.enumerate()}
    played = ReplaySource(market, TimeManager(), [DAY], speed=SPEED)
    config = ob.SessionConfig(
        mode="live", source={"kind": "frame"}, session_data_config={"symbols": list(market.symbols()[:5])}
    )
    run = ob.SessionCoordinator(config, source=played)
    run.start()
    run.stop()
    assert {thread.name for thread in threading.enumerate()} <= before
