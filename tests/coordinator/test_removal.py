"""Going: gracefully or at once, with shares of others, while things are pending; and what is left afterwards."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from tests.coordinator.test_symbols import Running, config

import openbell as ob
from openbell.errors import NotRunningError
from openbell.session.events import Provisioned, SymbolAdded, SymbolRemoved

if TYPE_CHECKING:
    from collections.abc import Callable

CONFIG_KEYS = ["sma_20_5m"]


class At(ob.Strategy):
    """Does things at the ends of given 1m bars of a symbol, and notes what it hears."""

    intervals = ("1m",)

    def __init__(self, *steps: tuple[int, Callable[[ob.SessionData], object]]) -> None:
        self.steps = dict(steps)
        self.heard: list[tuple[int, str]] = []
        self.removed: list[str] = []

    def on_bar(self, session: ob.SessionData, bar: ob.Bar) -> None:
        if session.now is None or session.now.date().day != 27:
            return
        minute = (session.now.hour - 9) * 60 + session.now.minute - 30
        self.heard.append((minute, str(bar.symbol)))
        if bar.symbol == "SIM001" and minute in self.steps:
            self.steps.pop(minute)(session)

    def on_symbol_removed(self, session: ob.SessionData, symbol: str) -> None:
        self.removed.append(symbol)


def play(*steps: tuple[int, Callable[[ob.SessionData], object]]) -> tuple[At, ob.SessionCoordinator]:
    strategy = At(*steps)
    run = ob.SessionCoordinator(config(), strategy=strategy)
    result = run.run()
    assert result.summary.callback_errors == 0, result.summary.warnings
    assert not strategy.steps
    return strategy, run


def test_graceful_tells_the_rest_of_the_step_and_immediate_does_not() -> None:
    def add(session: ob.SessionData) -> None:
        assert session.coordinator.add_symbol("SIM002")
        assert session.coordinator.add_symbol("SIM003")

    def go(session: ob.SessionData) -> None:
        states = {s.symbol: s.state for s in session.coordinator.symbols()}
        assert states == dict.fromkeys(("SIM001", "SIM002", "SIM003"), "active")
        assert session.coordinator.remove_symbol("SIM002")
        assert session.coordinator.remove_symbol("SIM003", immediate=True)
        states = {s.symbol: s.state for s in session.coordinator.symbols()}
        assert states == {"SIM001": "active", "SIM002": "removing"}

    strategy, run = play((10, add), (20, go))
    assert max(minute for minute, name in strategy.heard if name == "SIM002") == 20
    assert max(minute for minute, name in strategy.heard if name == "SIM003") == 19
    assert strategy.removed == ["SIM003", "SIM002"]
    assert run.session_data.get_all_symbols() == {"SIM001"}


def test_what_does_not_drain_in_time_goes_at_once(caplog: pytest.LogCaptureFixture) -> None:
    def go(session: ob.SessionData) -> None:
        session.coordinator._loop.calls.draining["SIM002"] = time.monotonic() - 1.0

    strategy, _ = play((10, lambda s: s.coordinator.add_symbol("SIM002") and None), (20, go))
    assert max(minute for minute, name in strategy.heard if name == "SIM002" and minute <= 20) == 19
    assert caplog.text.count("SIM002 did not drain in time") == 1


def test_added_again_in_the_same_callback() -> None:
    def again(session: ob.SessionData) -> None:
        assert session.coordinator.remove_symbol("SIM001")
        assert session.add_symbol("SIM001"), "it waits for the removal"
        assert not session.add_symbol("SIM001"), "once"

    strategy, run = play((15, again))
    assert strategy.removed == ["SIM001"]
    whole = ob.SessionCoordinator(config()).run().session_data
    assert run.session_data.digest("SIM001") == whole.digest("SIM001")


def test_nothing_is_left() -> None:
    def ask(session: ob.SessionData) -> None:
        assert session.add_symbol("SIM002")
        assert session.add_indicator("SIM003", "ema", {"period": 9, "interval": "15m"}, owner="one")
        assert session.add_historical_bars("SIM003", "1d", 2, owner="two")

    def look(session: ob.SessionData) -> None:
        session.apply_trades({"symbol": ["SIM002"], "ts": [session.now_ns], "price": [1.0], "size": [1.0]})
        session.note_lag("provider", 500.0, ["SIM002"])
        for name in ("SIM002", "SIM003"):
            footprint = session.footprint(name)
            assert footprint["bars"] > 40
            assert footprint["past_bars"] > 0
            assert footprint["indicators"] == 1
        assert session.coordinator._loop.members.feed.symbols == 3
        assert session.remove_symbol("SIM002")
        assert session.remove_symbol("SIM003")

    def gone(session: ob.SessionData) -> None:
        for name in ("SIM002", "SIM003"):
            assert set(session.footprint(name).values()) == {0}
        members = session.coordinator._loop.members
        assert members.feed.symbols == 1
        assert list(members.symbols) == ["SIM001"]
        assert session.wishes.counts() == {"known": 0, "owned": 0, "waiting": 0}

    play((10, ask), (40, look), (41, gone))


def test_a_removal_wins_over_what_is_pending() -> None:
    def ask(session: ob.SessionData) -> None:
        assert session.add_indicator("SIM002", "sma", {"interval": "5m"})
        assert session.get_provisioning("SIM002") == {"sma_20_5m": "pending"}
        assert not session.wait_ready("SIM002"), "a callback never waits for itself"
        assert session.remove_symbol("SIM002")
        assert session.get_provisioning("SIM002") == {}
        assert session.add_symbol("SIM003")
        assert session.remove_symbol("SIM003")
        assert session.add_indicator("SIM004", "sma", {"interval": "5m"}, owner="one")
        assert session.remove_symbol_adhoc("SIM004", owner="one")
        assert session.add_indicator("SIM005", "sma", {"interval": "5m"}, owner="one")
        assert session.remove_symbol("SIM005")
        assert session.add_indicator("SIM005", "ema", {"interval": "5m"}, owner="one")

    def look(session: ob.SessionData) -> None:
        assert session.get_all_symbols() == {"SIM001", "SIM005"}
        assert list(session.get_all_indicators("SIM005")) == ["ema_20_5m"]

    play((10, ask), (11, look))


def test_what_only_one_owner_wanted_goes_with_it() -> None:
    def ask(session: ob.SessionData) -> None:
        assert session.add_indicator("SIM002", "sma", {"interval": "5m"}, owner="one")
        assert session.add_indicator("SIM002", "ema", {"interval": "5m"}, owner="two")
        assert session.add_session_bars("SIM002", "15m", owner="one")
        assert session.add_session_bars("SIM002", "30m", owner="two")
        assert session.add_indicator("SIM001", "rsi", {"interval": "15m"}, owner="one")
        assert not session.add_indicator("SIM001", "sma", {"interval": "5m"}, owner="one"), "the config has it"

    def look(session: ob.SessionData) -> None:
        assert set(session.get_all_indicators("SIM002")) == {"sma_20_5m", "ema_20_5m"}
        before = session.get_indicator_value("SIM002", "ema_20_5m")
        assert session.remove_symbol_adhoc("SIM002", owner="one")
        assert not session.remove_symbol_adhoc("SIM002", owner="three"), "it has no share"
        assert set(session.get_all_indicators("SIM002")) == {"ema_20_5m"}
        assert session.get_indicator_value("SIM002", "ema_20_5m") == before
        assert [str(i) for i in session.intervals("SIM002")] == ["1m", "5m", "30m"]
        assert not session.remove_symbol_adhoc("SIM001", owner="one"), "a strategy symbol"
        assert set(session.get_all_indicators("SIM001")) == set(CONFIG_KEYS), "its share is let go of all the same"
        assert [str(i) for i in session.intervals("SIM001")] == ["1m", "5m"]

    play((60, ask), (121, look))


def test_an_upgrade_keeps_what_is_there() -> None:
    """The symbol's own bars of today, one of which was corrected here, are not loaded again."""
    loads: list[tuple[tuple[str, ...], Any]] = []

    def ask(session: ob.SessionData) -> None:
        assert session.add_indicator("SIM002", "ema", {"period": 9, "interval": "15m"}, owner="scan")

    def upgrade(session: ob.SessionData) -> None:
        bar = session.get_bars("SIM002", "1m")[5]
        wild = ob.Bar(bar.ts, bar.open, bar.high + 5.0, bar.low, bar.close, bar.volume)
        assert session.apply_bar("SIM002", "1m", wild).corrected == 1
        manager = session.coordinator.data_manager
        load = manager.load_session

        def counted(symbols: Any, date: Any) -> Any:
            loads.append((tuple(symbols or ()), date))
            return load(symbols, date)

        manager.load_session = counted
        assert session.add_symbol("SIM002")

    def look(session: ob.SessionData) -> None:
        assert [date.day for _, date in loads] == [26], "one day of history, nothing of today"
        assert session.get_bars("SIM002", "1m").high[5] == session.get_metrics("SIM002").high  # type: ignore[union-attr]
        assert session.get_bars("SIM002", "5m").high[1] == session.get_bars("SIM002", "1m").high[5]
        assert set(session.get_all_indicators("SIM002")) == {"ema_9_15m", *CONFIG_KEYS}
        assert len(session.get_historical_bars("SIM002", "5m").by_date()) == 1
        assert "SIM002" in session.get_config_symbols()

    play((60, ask), (90, upgrade), (91, look))


def test_an_upgraded_symbol_is_what_it_would_have_been() -> None:
    _, run = play(
        (60, lambda s: s.add_session_bars("SIM002", "5m") and None),
        (90, lambda s: s.add_symbol("SIM002") and None),
    )
    settings = config().to_dict()
    settings["session_data_config"]["symbols"] = ["SIM001", "SIM002"]
    whole = ob.SessionCoordinator(ob.SessionConfig(**settings)).run().session_data
    for name in ("SIM001", "SIM002"):
        assert run.session_data.digest(name) == whole.digest(name)


def test_the_coordinators_own_calls() -> None:
    with Running() as running:
        assert running.run.load_historical_bars("SIM002", "1d", 3)
        assert running.run.start_bar_stream("SIM002", "15m")
        assert not running.run.load_historical_bars("NONE", "1d", 3)
        assert len(running.session.get_historical_bars("SIM002", "1d")) == 3
        assert [str(i) for i in running.session.intervals("SIM002")] == ["1m", "15m", "1d"]
        running.finish()
        assert len(running.session.get_bars("SIM002", "15m")) == 26
    with pytest.raises(NotRunningError):
        running.run.load_historical_bars("SIM002", "1d", 3)
    with pytest.raises(NotRunningError):
        running.run.start_bar_stream("SIM002", "15m")


def test_progress_can_be_waited_for_and_heard_of() -> None:
    with Running() as running:
        heard: list[Any] = []
        running.session.subscribe(Provisioned, heard.append)
        for name in ("SIM002", "SIM003", "SIM004"):
            assert running.session.add_indicator(name, "sma", {"period": 3, "interval": "1d"})
        assert all(running.session.wait_ready(f"SIM00{i}", "sma_3_1d", timeout=30) for i in (2, 3, 4))
        assert running.session.get_provisioning("SIM002") == {"sma_3_1d": "ready"}
        assert running.session.is_indicator_ready("SIM002", "sma_3_1d")
        running.finish()
        assert [(e.symbol, e.key) for e in heard] == [(f"SIM00{i}", "sma_3_1d") for i in (2, 3, 4)]


def test_eight_threads_at_once() -> None:
    names = [f"SIM{i:03}" for i in range(2, 12)]
    with Running() as running:
        won: list[str] = []

        def work(which: int) -> None:
            for name in names[which % 3 :] + names[: which % 3]:
                if running.run.add_symbol(name):
                    won.append(name)
                running.session.add_indicator(name, "rsi", {"interval": "5m"}, owner=str(which))

        threads = [threading.Thread(target=work, args=(which,)) for which in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert not any(thread.is_alive() for thread in threads)
        assert sorted(won) == names, "each was added by one of them"
        assert all(running.session.wait_ready(name, "rsi_14_5m", timeout=30) for name in names)
        running.finish()
        added = [event.symbol for event in running.events if isinstance(event, SymbolAdded)]
        assert sorted(added) == names


def test_a_subscriber_that_asks_for_more() -> None:
    """Each symbol that comes brings the next, and the one before it goes."""
    with Running() as running:

        def more(event: SymbolAdded) -> None:
            number = int(event.symbol[-3:])
            if number < 12:
                assert running.session.add_symbol(f"SIM{number + 1:03}")
            assert running.session.remove_symbol(event.symbol)

        running.session.subscribe("symbol_added", more)
        assert running.run.add_symbol("SIM005")
        running.finish()
        assert running.session.get_all_symbols() == {"SIM001"}
        heard = [(type(e), e.symbol) for e in running.events]
        assert heard.count((SymbolAdded, "SIM012")) == heard.count((SymbolRemoved, "SIM012")) == 1
        assert len(heard) == 16


def test_a_lock_in_between_wins() -> None:
    def both(session: ob.SessionData) -> None:
        assert session.coordinator.remove_symbol("SIM001")
        assert session.lock_symbol("SIM001", "open_position")

    _, run = play((10, both))
    assert run.session_data.get_all_symbols() == {"SIM001"}
    assert run.session_data.get_symbol_locks("SIM001") == {"open_position"}


def test_after_the_run_nobody_waits_for_ever() -> None:
    with Running() as running:
        running.finish()
        assert running.session.add_indicator("SIM002", "sma", {"interval": "5m"})
        assert not running.session.wait_ready("SIM002", "sma_20_5m")


def test_a_source_that_fails_is_rolled_back() -> None:
    failed: list[Any] = []
    loads: list[Any] = []

    def ask(session: ob.SessionData) -> None:
        session.subscribe("provisioning_failed", failed.append)
        manager = session.coordinator.data_manager
        load = manager.load_session
        loads.append(load)

        def broken(symbols: Any, date: Any) -> Any:
            if symbols != ["SIM001"] and date.day == 27:
                raise OSError("the disk is gone")
            return load(symbols, date)

        assert session.add_session_bars("SIM004", "15m")
        manager.load_session = broken
        assert session.add_symbol("SIM002")
        assert session.add_indicator("SIM003", "sma", {"interval": "5m"})

    def upgrade(session: ob.SessionData) -> None:
        manager = session.coordinator.data_manager

        def broken(symbols: Any, date: Any) -> Any:
            if (date.month, date.day) < (11, 27):
                raise OSError("the disk is gone")
            return loads[0](symbols, date)

        manager.load_session = broken
        assert session.add_symbol("SIM001") is False
        assert session.add_indicator("SIM001", "sma", {"period": 50, "interval": "1d"})

    strategy, run = play((20, ask), (30, upgrade))
    assert [(e.symbol, e.key, e.reason) for e in failed[:3]] == [
        ("SIM002", None, "OSError: the disk is gone"),
        ("SIM004", "bars_15m", "OSError: the disk is gone"),
        ("SIM003", "sma_20_5m", "OSError: the disk is gone"),
    ]
    assert (failed[3].symbol, failed[3].key) == ("SIM001", "sma_50_1d")
    for name in ("SIM002", "SIM003"):
        assert not run.session_data.has_symbol(name)
        # That it was asked for and failed is remembered, nothing else.
        assert {part for part, count in run.session_data.footprint(name).items() if count} <= {"wishes"}
    assert strategy.heard[-1] == (390, "SIM001")


def test_callbacks_that_answer_each_other_do_not_stop_time(caplog: pytest.LogCaptureFixture) -> None:
    class PingPong(ob.Strategy):
        turns = 0

        def on_session_start(self, session: ob.SessionData) -> None:
            session.add_symbol("SIM002")

        def on_symbol_added(self, session: ob.SessionData, symbol: str) -> None:
            self.turns += 1
            if self.turns < 150:
                session.remove_symbol(symbol)

        def on_symbol_removed(self, session: ob.SessionData, symbol: str) -> None:
            session.add_symbol(symbol)

    strategy = PingPong()
    settings = config().to_dict()
    settings["backtest"]["end"] = settings["backtest"]["start"]
    result = ob.SessionCoordinator(ob.SessionConfig(**settings), strategy=strategy).run()
    assert result.completed
    assert strategy.turns == 150
    assert "callbacks keep asking for more" in caplog.text


def test_a_lock_that_wins_over_a_graceful_removal_leaves_no_deadline() -> None:
    def both(session: ob.SessionData) -> None:
        assert session.coordinator.remove_symbol("SIM001")
        assert session.lock_symbol("SIM001", "open_position")
        assert "SIM001" in session.coordinator._loop.calls.draining

    def later(session: ob.SessionData) -> None:
        assert session.coordinator._loop.calls.draining == {}

    strategy, _ = play((10, both), (20, later))
    assert len([minute for minute, _ in strategy.heard]) == 390
