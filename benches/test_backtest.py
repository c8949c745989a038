"""The backtest loop and the calls of a strategy. ``make bench`` runs it; times are wall time on this machine."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from benches.market import FIRST, OnFives, bars, config, loaded_session

import openbell as ob

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

SYMBOLS = 500
MINUTE = 60_000_000_000


@pytest.mark.parametrize("strategy", [None, OnFives], ids=["no callbacks", "a callback on each 5m bar"])
def test_whole_loop(benchmark: BenchmarkFixture, strategy: type[ob.Strategy] | None) -> None:
    source = bars(SYMBOLS)

    def setup() -> tuple[tuple[ob.SessionCoordinator], dict[str, Any]]:
        return (ob.SessionCoordinator(config(), strategy=strategy() if strategy else None, source=source),), {}

    def run(coordinator: ob.SessionCoordinator) -> ob.RunResult:
        return coordinator.run()

    pedantic: Any = benchmark.pedantic
    result = pedantic(run, setup=setup, rounds=5)
    assert result.summary.callback_errors == 0
    assert result.summary.indicators_ready == result.summary.indicators


@pytest.fixture
def open_session() -> tuple[ob.SessionData, list[ob.Bar]]:
    """One symbol with eight indicators, and 380 minutes of bars that are still to come."""
    session, _ = loaded_session(1)
    manager = session.time_manager
    start = manager.get_trading_session(FIRST).open_ns
    assert start is not None
    prices = np.round(100 + np.cumsum(np.tile([0.01, -0.02, 0.03], 130)), 2)
    made = [ob.Bar(start + i * MINUTE, p, p + 0.05, p - 0.05, p, 100.0) for i, p in enumerate(prices[:380].tolist())]
    return session, made


def test_one_bar_call_with_eight_indicators(benchmark: BenchmarkFixture) -> None:
    """A day of calls, 380 of them: each takes a new bar."""
    state: dict[str, Any] = {}

    def setup() -> tuple[tuple[Any, ...], dict[str, Any]]:
        session, _ = loaded_session(1)
        start = session.time_manager.get_trading_session(FIRST).open_ns or 0
        prices = itertools.cycle([100.0, 100.01, 99.98, 100.03])
        made = [
            ob.Bar(start + i * MINUTE, p, p + 0.05, p - 0.05, p, 100.0)
            for i, p in zip(range(380), prices, strict=False)
        ]
        state["session"] = session
        return (session.apply_bar, made), {}

    def run(apply_bar: Any, made: list[ob.Bar]) -> None:
        for bar in made:
            apply_bar("S00000", "1m", bar)

    pedantic: Any = benchmark.pedantic
    pedantic(run, setup=setup, rounds=200)
    assert state["session"].is_indicator_ready("S00000", "macd_12_26_9_1m")


@pytest.mark.parametrize("read", ["get_latest_bar", "get_indicator_value", "get_bars"])
def test_reads(benchmark: BenchmarkFixture, open_session: tuple[ob.SessionData, list[ob.Bar]], read: str) -> None:
    session, made = open_session
    for bar in made:
        session.apply_bar("S00000", "1m", bar)
    arguments = {"get_latest_bar": ("1m",), "get_indicator_value": ("macd_12_26_9_1m",), "get_bars": ("1m", 100)}[read]
    assert benchmark(getattr(session, read), "S00000", *arguments) is not None
