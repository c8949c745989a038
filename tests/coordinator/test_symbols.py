"""Adding and removing from other threads, while paused, and everything that does not work out."""

from __future__ import annotations

import asyncio
import datetime as dt
import threading
from typing import Any, Self

import pytest

import openbell as ob
from openbell.errors import IntervalError, NotRunningError, SymbolError
from openbell.session.events import ProvisioningFailed, SymbolAdded, SymbolRemoved

OPEN = int(dt.datetime(2024, 11, 27, 14, 30, tzinfo=dt.UTC).timestamp()) * 1_000_000_000


def config() -> ob.SessionConfig:
    return ob.SessionConfig(
        backtest={"start": "2024-11-27", "end": "2024-12-02"},
        source={"kind": "simulator", "symbols": 30, "seed": 2},
        session_data_config={
            "symbols": ["SIM001"],
            "streams": ["1m", "5m"],
            "historical": {"trailing_days": 1},
            "indicators": {"session": [{"name": "sma", "period": 20, "interval": "5m"}]},
        },
    )


class Held(ob.Strategy):
    """Holds the run at its first bar until it is let go."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.go_on = threading.Event()
        self.added: list[str] = []
        self.removed: list[str] = []

    def on_bar(self, session: ob.SessionData, bar: ob.Bar) -> None:
        if not self.reached.is_set():
            self.reached.set()
            assert self.go_on.wait(30)

    def on_symbol_added(self, session: ob.SessionData, symbol: str) -> None:
        self.added.append(symbol)

    def on_symbol_removed(self, session: ob.SessionData, symbol: str) -> None:
        self.removed.append(symbol)


class Running:
    """A run that is paused after its first bar."""

    def __enter__(self) -> Self:
        self.strategy = Held()
        self.run = ob.SessionCoordinator(config(), strategy=self.strategy)
        self.session = self.run.session_data
        self.events: list[Any] = []
        for kind in ("symbol_added", "symbol_removed", "provisioning_failed", "symbol_locked", "symbol_unlocked"):
            self.session.subscribe(kind, self.events.append)
        self.run.start()
        assert self.strategy.reached.wait(30)
        pauser = threading.Thread(target=self.run.pause)
        pauser.start()
        self.strategy.go_on.set()
        pauser.join(30)
        assert not pauser.is_alive()
        return self

    def __exit__(self, *_: object) -> None:
        if self.run.is_running:
            self.run.stop()

    def finish(self) -> ob.RunResult:
        self.run.resume()
        result = self.run.wait(60)
        assert result is not None
        assert result.completed
        return result


def test_another_thread_adds_while_the_clock_stands_still() -> None:
    with Running() as running:
        before = running.session.now_ns
        assert running.run.add_symbol("sim002")
        assert running.session.now_ns == before
        assert running.run.is_running
        assert running.session.get_config_symbols() == {"SIM001", "SIM002"}
        assert not running.run.add_symbol("SIM002"), "it is there already"
        bars = running.session.get_bars("SIM002", "1m")
        assert before is not None
        assert (bars.ts + 60_000_000_000 <= before).all()
        assert len(running.session.get_historical_bars("SIM002", "5m").by_date()) == 1
        result = running.finish()
        assert {s.symbol for s in result.summary.symbols} == {"SIM001", "SIM002"}
        assert running.strategy.added == ["SIM002"]
        assert [type(e) for e in running.events] == [SymbolAdded]


def test_what_the_source_has_not_is_rolled_back() -> None:
    with Running() as running:
        assert not running.run.add_symbol("NONE")
        assert running.session.get_all_symbols() == {"SIM001"}
        assert running.events == [ProvisioningFailed("NONE", None, "the source has no bars of it")]
        assert [s.symbol for s in running.finish().summary.symbols] == ["SIM001"]


def test_other_streams_than_the_configs() -> None:
    with Running() as running:
        assert running.run.add_symbol("SIM003", ["15m"])
        assert [str(i) for i in running.session.intervals("SIM003")] == ["1m", "5m", "15m"], "5m for the indicator"
        with pytest.raises(IntervalError, match="30s cannot be derived from the source's bars of 1m"):
            running.run.add_symbol("SIM004", ["30s"])
        with pytest.raises(IntervalError):
            running.run.add_symbol("SIM004", ["trades"])


def test_eight_threads_add_the_same_and_others() -> None:
    with Running() as running:
        names = [f"SIM{i:03}" for i in range(2, 12)]
        results: list[bool] = []

        def work(offset: int) -> None:
            results.extend(running.run.add_symbol(name) for name in names[offset:] + names[:offset])

        threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
            assert not thread.is_alive()
        assert sum(results) == len(names), "each is added once"
        assert sorted(e.symbol for e in running.events) == names
        assert len(running.finish().summary.symbols) == 11


def test_removing_leaves_nothing() -> None:
    with Running() as running:
        assert running.run.add_symbol("SIM002")
        assert running.run.remove_symbol("SIM002", immediate=True)
        assert not running.run.remove_symbol("SIM002"), "it is gone"
        assert running.session.get_all_symbols() == running.session.get_config_symbols() == {"SIM001"}
        assert running.session.get_symbol_data("SIM002") is None
        assert len(running.session.get_bars("SIM002", "1m")) == 0
        assert running.session.get_indicator("SIM002", "sma_20_5m") is None
        result = running.finish()
        assert running.strategy.removed == ["SIM002"]
        assert [type(e) for e in running.events] == [SymbolAdded, SymbolRemoved]
        gone = next(s for s in result.summary.symbols if s.symbol == "SIM002")
        assert gone.bars == 0
        assert result.summary.refused == 0, "none of its bars was played after it went"


def test_a_locked_symbol_stays() -> None:
    with Running() as running:
        session = running.session
        assert session.lock_symbol("sim001", "open_position")
        assert session.lock_symbol("SIM001", "watched")
        assert not session.lock_symbol("SIM001", "watched")
        assert not session.lock_symbol("NONE", "watched")
        assert session.get_symbol_locks("SIM001") == {"open_position", "watched"}
        assert not running.run.remove_symbol("SIM001")
        assert session.unlock_symbol("SIM001", "watched")
        assert not session.unlock_symbol("SIM001", "watched")
        assert session.is_symbol_locked("SIM001")
        assert session.unlock_symbol("SIM001")
        assert not session.is_symbol_locked("SIM001")
        assert running.run.remove_symbol("SIM001", immediate=True)
        assert [type(e).__name__ for e in running.events] == [
            "SymbolLocked", "SymbolLocked", "SymbolUnlocked", "SymbolUnlocked", "SymbolRemoved",
        ]  # fmt: skip


def test_from_an_event_loop() -> None:
    with Running() as running:
        assert asyncio.run(running.run.add_symbol_mid_session("SIM002"))
        assert not asyncio.run(running.run.add_symbol_mid_session("SIM002"))
        assert not asyncio.run(running.run.add_symbol_mid_session("no ticker")), "it never raises"
        assert asyncio.run(running.run.add_symbol_mid_session("SIM003", load_historical=False))


def test_the_state_of_symbols() -> None:
    with Running() as running:
        running.run.add_symbol("SIM002")
        running.session.lock_symbol("SIM002", "watched")
        one, two = running.run.symbols()
        assert (one.symbol, two.symbol, two.base, two.derived) == ("SIM001", "SIM002", "1m", ("5m",))
        assert (two.indicators, two.indicators_ready, two.locks) == (1, 1, frozenset({"watched"}))


def test_a_run_that_is_not_under_way() -> None:
    run = ob.SessionCoordinator(config())
    with pytest.raises(NotRunningError):
        run.add_symbol("SIM002")
    with pytest.raises(NotRunningError):
        run.remove_symbol("SIM001")
    run.run()
    with pytest.raises(NotRunningError):
        run.add_symbol("SIM002")
    with pytest.raises(SymbolError), Running() as running:
        running.run.add_symbol("A B")


def test_subscribers_by_class_and_symbol_and_one_that_raises(caplog: pytest.LogCaptureFixture) -> None:
    run = ob.SessionCoordinator(config())
    closed: list[Any] = []
    bad = run.session_data.subscribe("bar_closed", lambda _: 1 / 0)
    run.session_data.subscribe("bar_closed", closed.append, symbols=["sim002"])
    added = run.session_data.subscribe(SymbolAdded, lambda event: run.session_data.lock_symbol(event.symbol, "seen"))

    def ask(_: Any) -> None:
        if not run.session_data.get_all_symbols() & {"SIM002"}:
            run.session_data.add_symbol("SIM002")
        asker.cancel()

    asker = run.session_data.subscribe("bar_closed", ask)
    with caplog.at_level("CRITICAL", logger="openbell"):
        result = run.run()
    assert result.completed
    assert bad.errors > 1000
    assert added.errors == 0
    assert run.session_data.get_symbol_locks("SIM002") == {"seen"}
    assert {event.symbol for event in closed} == {"SIM002"}
    assert len(closed) > 800
    with pytest.raises(ValueError, match="did you mean 'bar_closed'"):
        run.session_data.subscribe("bar_close", print)


def test_by_itself_a_session_adds_and_removes_too() -> None:
    session = ob.SessionData(config())
    assert session.add_symbol("SIM009")
    assert not session.add_symbol("SIM009")
    assert [str(i) for i in session.intervals("SIM009")] == ["1m", "5m"]
    assert session.effective_config().session_data_config.symbols == ("SIM009",)
    assert config().session_data_config.symbols == ("SIM001",)
    assert session.remove_symbol("SIM009")
    assert not session.remove_symbol("SIM009")
    assert session.add_symbol("SIM009"), "adding it again works"


def test_a_subscriber_does_not_widen_what_the_strategy_hears() -> None:
    class Fives(ob.Strategy):
        intervals = ("5m",)

        def __init__(self) -> None:
            self.heard: set[str] = set()

        def on_bar(self, session: ob.SessionData, bar: ob.Bar) -> None:
            self.heard.add(str(bar.interval))

    strategy = Fives()
    run = ob.SessionCoordinator(config(), strategy=strategy)
    told: set[str] = set()
    run.session_data.subscribe("bar_closed", lambda event: told.add(str(event.bar.interval)))
    run.run()
    assert strategy.heard == {"5m"}
    assert told == {"1m", "5m"}


def test_a_session_goes_on_after_its_run() -> None:
    class Hears(ob.Strategy):
        def on_bar(self, session: ob.SessionData, bar: ob.Bar) -> None: ...

    run = ob.SessionCoordinator(config(), strategy=Hears())
    told: list[Any] = []
    run.session_data.subscribe("bar_closed", told.append, symbols="SIM001")
    session = run.run().session_data
    told.clear()
    assert session.now is not None
    following = session.time_manager.next_session(session.now.date())
    opens_ns = session.time_manager.get_trading_session(following).segments[0].open_ns
    for minute in range(6):
        session.apply_bar("SIM001", "1m", ob.Bar(opens_ns + minute * 60_000_000_000, 1, 1, 1, 1, 1))
    assert [str(event.bar.interval) for event in told] == ["1m"] * 5 + ["5m"] + ["1m"]
    assert len(session.take_events()) == 0, "what nobody takes is not kept"


def test_indicators_of_intervals_that_are_not_streamed_are_told() -> None:
    template = config().to_dict()
    indicators = {"session": [{"name": "sma", "period": 3, "interval": "15m"}]}
    template["session_data_config"] |= {"indicators": indicators, "historical": {}}
    start = "2024-11-27"
    template["backtest"] |= {"start": start, "end": start}
    valid: list[tuple[str, str]] = []

    class Valid(ob.Strategy):
        def on_indicator_valid(self, session: ob.SessionData, symbol: str, key: str) -> None:
            assert session.now is not None
            valid.append((key, session.now.strftime("%m-%d %H:%M")))

    class NoHistory(ob.SimulatorSource):
        def history(self, symbols: Any, start_ns: int, end_ns: int) -> Any:
            return super().history(symbols, max(start_ns, OPEN), end_ns)

    source = NoHistory(3, time_manager=ob.TimeManager(), seed=2)
    ob.SessionCoordinator(ob.SessionConfig(**template), strategy=Valid(), source=source).run()
    assert valid == [("sma_3_15m", "11-27 10:15")]
