"""Symbols that come and go while the stream goes on: others never wait, and nothing is missing or there twice."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from tests.coordinator.live import (
    DAY,
    Watching,
    World,
    at,
    digests,
    loop,
    slow,
    when,
    world,
)

import openbell as ob

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def lean(data_dir: Path) -> World:
    return world(data_dir, "lean")


def test_others_never_wait_for_one_that_is_added(lean: World) -> None:
    """History hangs for as long as two hours of the others take."""
    source = slow(lean, speed=7200.0)
    run = ob.SessionCoordinator(lean.live_config(symbols=["SPY", "IBM"]), source=source)
    session = run.session_data
    held = threading.Event()
    closed: list[int] = []
    session.subscribe("bar_closed", lambda event: closed.append(event.bar.ts), symbols=["SPY"])

    def add() -> None:
        source.holding = held
        assert run.add_symbol("BAC", blocking=False)
        assert not run.add_symbol("BAC"), "it is on its way"

    when(session, 10, 0, add)
    when(session, 12, 0, held.set)
    added: list[int] = []
    session.subscribe("symbol_added", lambda _: added.append(session.now_ns or 0))
    run.start()
    result = run.wait(60)
    assert result is not None
    assert added
    assert added[0] >= at(DAY, 12)
    between = {ts for ts in closed if at(DAY, 10) <= ts < at(DAY, 12)}
    assert len(between) == 120
    names = ["BAC", "IBM", "SPY"]
    assert digests(session, names) == digests(lean.backtest(DAY), names)


def test_a_history_that_takes_too_long_is_gone_without_and_put_in_later(lean: World) -> None:
    source = slow(lean, speed=3600.0)
    config = lean.live_config(symbols=["SPY"], historical={"trailing_days": 1, "load_timeout_seconds": 0.1})
    run = ob.SessionCoordinator(config, source=source)
    session, held = run.session_data, threading.Event()
    states_: list[tuple[int, int]] = []

    def add() -> None:
        source.holding = held
        session.add_symbol("BAC")

    def added(_: object) -> None:
        states_.append((len(session.get_historical_bars("BAC", "1m")), len(session.get_bars("BAC", "1m"))))
        threading.Timer(0.1, held.set).start()

    when(session, 11, 0, add)
    session.subscribe("symbol_added", added)
    run.start()
    assert run.wait(60) is not None
    ((past, today),) = states_
    assert past == 0
    assert 0 < today < 90, "what the stream brought"
    assert digests(session, ["BAC", "SPY"]) == digests(lean.backtest(DAY), ["BAC", "SPY"])


def test_a_history_that_fails_is_asked_for_again(lean: World) -> None:
    source = slow(lean)
    run = ob.SessionCoordinator(lean.live_config(symbols=["SPY"]), source=source)
    session = run.session_data

    def add() -> None:
        source.failing = 3
        session.add_symbol("BAC")

    when(session, 11, 0, add)
    run.run()
    assert source.failing == 0
    assert digests(session, ["BAC", "SPY"]) == digests(lean.backtest(DAY), ["BAC", "SPY"])


def test_a_symbol_that_nobody_knows_is_refused_and_leaves_nothing(lean: World) -> None:
    run = lean.live(DAY, symbols=["SPY"])
    session = run.session_data
    outcome: list[Any] = []
    session.subscribe("provisioning_failed", outcome.append)
    when(session, 10, 0, lambda: session.add_symbol("NONE"))
    when(session, 10, 0, lambda: session.add_indicator("NOR", "sma", {"period": 5, "interval": "1m"}))
    run.run()
    assert [(event.symbol, event.reason) for event in outcome] == [
        ("NONE", "the source has no bars of it"),
        ("NOR", "the source has no bars of it"),
    ]
    assert not any(session.footprint("NONE").values())
    assert session.get_provisioning("NOR") == {"sma_5_1m": "failed"}
    assert session.symbol_names() == ["SPY"]
    assert loop(run).supervisor.links[0].symbols == 1
    assert digests(session, ["SPY"]) == digests(lean.backtest(DAY), ["SPY"])


def test_a_symbol_is_removed_and_added_again(lean: World) -> None:
    watching = Watching()
    run = lean.live(DAY, strategy=watching)
    session = run.session_data
    answers: list[bool] = []
    when(session, 10, 0, lambda: answers.append(run.remove_symbol("IBM")))
    when(session, 11, 0, lambda: answers.append(session.add_symbol("IBM")))
    when(session, 12, 0, lambda: answers.append(session.remove_symbol("AIG")))
    when(session, 13, 0, lambda: answers.append(run.remove_symbol("AIG")))
    run.run()
    assert answers == [True, True, True, False]
    assert [life for life in watching.life if " " in life and "open" not in life and "close" not in life] == [
        "removed IBM", "added IBM", "removed AIG",
    ]  # fmt: skip
    left = ["BAC", "IBM", "SPY"]
    assert sorted(session.symbol_names()) == left
    assert digests(session, left) == digests(lean.backtest(DAY), left)
    assert not any(session.footprint("AIG").values())
    ledger = session.quality.ledger
    assert ledger is not None
    assert ledger.records("AIG") == []
    told = [ts for name, interval, ts in watching.told if (name, interval) == ("IBM", "1m")]
    assert not any(at(DAY, 10, 1) <= ts < at(DAY, 11) for ts in told)


def test_a_removal_wins_over_an_add_that_is_under_way(lean: World) -> None:
    source = slow(lean, speed=7200.0)
    run = ob.SessionCoordinator(lean.live_config(symbols=["SPY"]), source=source)
    session, held = run.session_data, threading.Event()
    gone: list[bool] = []

    def add() -> None:
        source.holding = held
        session.add_symbol("BAC")

    def remove() -> None:
        gone.append(session.remove_symbol("BAC"))
        held.set()

    when(session, 10, 0, add)
    when(session, 11, 0, remove)
    added: list[str] = []
    session.subscribe("symbol_added", lambda event: added.append(event.symbol))
    when(session, 12, 0, lambda: session.add_symbol("IBM"))
    run.start()
    assert run.wait(60) is not None
    assert gone == [True]
    assert added == ["IBM"]
    assert not any(session.footprint("BAC").values())
    assert digests(session, ["IBM", "SPY"]) == digests(lean.backtest(DAY), ["IBM", "SPY"])


def test_single_things_are_provided_beside_the_stream(lean: World) -> None:
    run = lean.live(DAY, symbols=["SPY"])
    session = run.session_data
    when(session, 10, 0, lambda: session.add_indicator("BAC", "sma", {"period": 20, "interval": "1m"}))
    when(session, 10, 0, lambda: session.add_indicator("SPY", "wma", {"period": 12, "interval": "5m"}))
    when(session, 10, 0, lambda: session.add_historical_bars("SPY", "1d", 1))
    when(session, 10, 0, lambda: session.add_session_bars("IBM", "30m"))
    ready: list[str] = []
    session.subscribe("provisioned", lambda event: ready.append(f"{event.symbol} {event.key}"))
    run.run()
    assert sorted(ready) == ["BAC sma_20_1m", "IBM bars_30m", "SPY history_1d", "SPY wma_12_5m"]
    whole = lean.backtest(
        DAY,
        streams=["1m", "5m", "15m", "30m", "1d"],
        indicators={
            "session": [
                {"name": "sma", "period": 20, "interval": "1m"},
                {"name": "wma", "period": 12, "interval": "5m"},
            ]
        },
    )
    for name, key in (("BAC", "sma_20_1m"), ("SPY", "wma_12_5m")):
        assert session.get_indicator_value(name, key) == whole.get_indicator_value(name, key)
    assert (
        session.get_historical_bars("SPY", "1d").close.tolist() == whole.get_historical_bars("SPY", "1d").close.tolist()
    )
    assert session.get_bars("IBM", "30m").close.tobytes() == whole.get_bars("IBM", "30m").close.tobytes()


def test_an_ad_hoc_symbol_becomes_a_strategy_symbol(lean: World) -> None:
    run = lean.live(DAY, symbols=["SPY"])
    session = run.session_data
    when(session, 10, 0, lambda: session.add_session_bars("BAC", "5m"))
    when(session, 12, 3, lambda: session.add_symbol("BAC"))
    run.run()
    assert digests(session, ["BAC", "SPY"]) == digests(lean.backtest(DAY), ["BAC", "SPY"])
