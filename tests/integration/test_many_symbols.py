"""What strategy code asks for thousands of symbols in one callback takes as long for each as for a few hundred."""

from __future__ import annotations

import datetime as dt
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
from tests.timing import uncollected

import openbell as ob
from openbell.sources import FrameSource, ReplaySource

if TYPE_CHECKING:
    from collections.abc import Callable

MINUTE = 60_000_000_000
DAY = dt.date(2024, 1, 3)
FEW, MANY = 500, 8_000
# What is asked for all symbols, one every other minute.
ASKED: list[Callable[[ob.SessionData, str], Any]] = [
    lambda session, name: session.add_symbol(name),
    lambda session, name: session.coordinator.remove_symbol(name),
    lambda session, name: session.coordinator.add_symbol(name),
    lambda session, name: session.remove_symbol(name),
    lambda session, name: session.add_session_bars(name, "5m"),
    lambda session, name: session.add_indicator(name, "sma", {"period": 2, "interval": "1m"}),
    lambda session, name: session.add_symbol(name),
    lambda session, name: session.remove_symbol(name),
    lambda session, name: session.add_indicator(name, "ema", {"period": 2, "interval": "5m"}),
    lambda session, name: session.remove_symbol_adhoc(name),
]
# After these they are there no more.
GONE = {1, 3, 7, 9}


class Asks(ob.Strategy):
    """Asks, and notes the seconds that this and what follows took on the run's own thread."""

    def __init__(self, names: list[str]) -> None:
        self.names = names
        self.minutes = 0
        self.since_s = 0.0
        self.seconds: list[float] = []

    def on_bar(self, session: ob.SessionData, bar: ob.Bar) -> None:
        if bar.symbol != "A":
            return
        step, then = divmod(self.minutes, 2)
        self.minutes += 1
        if step == len(ASKED):
            return
        if then == 0:
            self.since_s = time.thread_time()
            assert all(ASKED[step](session, name) for name in self.names)
            assert len(session.coordinator.symbols()) >= 1
        else:
            self.seconds.append(time.thread_time() - self.since_s)
            there = 1 if step in GONE else 1 + len(self.names)
            assert len(session.symbols) == there


def seconds(count: int, mode: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    names = [f"X{i:04}" for i in range(count)]
    everyone = ["A", *names]
    opens = int(dt.datetime(2024, 1, 3, 14, 30, tzinfo=dt.UTC).timestamp()) * 1_000_000_000
    minutes = 2 * len(ASKED) + 2
    ts = np.repeat(opens + np.arange(minutes) * MINUTE, len(everyone))
    prices = dict.fromkeys(("open", "high", "low", "close", "volume"), np.ones(len(ts)))
    frame = pl.DataFrame({"symbol": everyone * minutes, "ts": ts, **prices})
    source: Any = FrameSource(frame.with_columns(pl.col("ts").cast(pl.Datetime("ns", "UTC"))))
    settings: dict[str, Any] = {"source": {"kind": "simulator"}, "session_data_config": {"symbols": ["A"]}}
    if mode == "live":
        config = ob.SessionConfig(mode="live", **settings)
        source = ReplaySource(source, ob.TimeManager(), [DAY])
    else:
        config = ob.SessionConfig(backtest={"start": str(DAY), "end": str(DAY)}, **settings)
    strategy = Asks(names)
    run = ob.SessionCoordinator(config, strategy, source=source)
    with uncollected():
        result = run.run()
    assert result.summary.callback_errors == 0, result.summary.warnings
    assert [status.symbol for status in run.symbols()] == ["A"]
    assert len(strategy.seconds) == len(ASKED)
    return np.array(strategy.seconds)


@pytest.mark.parametrize("mode", ["backtest", "live"])
def test_what_is_asked_for_many_costs_each_as_much_as_for_few(mode: str) -> None:
    few = np.min([seconds(FEW, mode) for _ in range(3)], axis=0) / FEW
    many = np.min([seconds(MANY, mode) for _ in range(2)], axis=0) / MANY
    # What was quadratic took six to ten times as long; what is not at hand in a cache takes twice as long.
    assert np.all(many < 5 * few), many / few


def test_symbols_that_are_compared_with_another_come_and_go() -> None:
    beta = {"name": "beta", "period": 5, "interval": "1m", "against": "SPY"}
    config = ob.SessionConfig(
        backtest={"start": str(DAY), "end": str(DAY)},
        source={"kind": "simulator"},
        session_data_config={"symbols": ["SPY"], "indicators": {"session": [beta]}},
    )

    def each(count: int) -> float:
        session = ob.SessionData(config)
        names = [f"X{i:04}" for i in range(count)]
        with uncollected():
            since_s = time.thread_time()
            assert all(session.register_symbol(name) for name in ["SPY", *names])
            assert all(session.remove_symbol(name) for name in names)
            return (time.thread_time() - since_s) / count

    few, many = min(each(500) for _ in range(3)), min(each(4_000) for _ in range(2))
    # To look at all pairs for each of all pairs took ten times as long.
    assert many < 6 * few
