"""Any order of adding, asking, locking and letting go, from another thread: a model says what must be there."""

from __future__ import annotations

import threading
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import openbell as ob
from openbell.session.events import ProvisioningFailed, SymbolAdded, SymbolRemoved

NAMES = [f"SIM{i:03}" for i in range(1, 7)]
# The source does not have it.
NOBODY = "NOBODY"
OWNERS = ["one", "two"]
KEYS = {"sma_5_5m": ("sma", 5, "5m"), "ema_9_15m": ("ema", 9, "15m"), "sma_2_1d": ("sma", 2, "1d")}
CONFIG_KEY = "sma_20_5m"
TIMEOUT_S = 20.0
# Of the 120 bars of 5m that the two days have, so many may pass before the end.
MOST = 75


def config(symbols: tuple[str, ...]) -> ob.SessionConfig:
    return ob.SessionConfig(
        backtest={"start": "2024-11-27", "end": "2024-11-29"},
        source={"kind": "simulator", "symbols": 6, "seed": 11},
        session_data_config={
            "symbols": symbols,
            "streams": ["1m", "5m"],
            "historical": {"trailing_days": 1},
            "indicators": {"session": [{"name": "sma", "period": 20, "interval": "5m"}]},
        },
    )


WHOLE = ob.SessionCoordinator(config(tuple(NAMES))).run().session_data


class Steps(ob.Strategy):
    """Pauses itself after every few bars, so that the test decides when time passes."""

    intervals = ("5m",)

    def __init__(self) -> None:
        self.left = 1
        self.held = threading.Event()

    def on_bar(self, session: ob.SessionData, bar: ob.Bar) -> None:
        if bar.symbol == NAMES[0]:
            self.left -= 1
            if self.left == 0:
                session.coordinator.pause()
                self.held.set()


class Races(RuleBasedStateMachine):
    @initialize()
    def start(self) -> None:
        self.strategy = Steps()
        self.run = ob.SessionCoordinator(config((NAMES[0],)), strategy=self.strategy)
        self.session = self.run.session_data
        self.session.lock_symbol(NAMES[0], "kept")
        self.events: list[Any] = []
        for kind in ("symbol_added", "symbol_removed", "provisioning_failed"):
            self.session.subscribe(kind, self.events.append)
        self.run.start()
        assert self.strategy.held.wait(TIMEOUT_S)
        self.strategies = {NAMES[0]}
        self.wanted: dict[str, dict[str, set[str]]] = {}
        self.locks: set[str] = {NAMES[0]}
        self.came: dict[str, int] = {}
        self.went: dict[str, int] = {}
        self.failed = 0
        self.passed = 0

    def there(self) -> set[str]:
        return self.strategies | set(self.wanted)

    @rule(name=st.sampled_from(NAMES))
    def add(self, name: str) -> None:
        assert self.run.add_symbol(name) == (name not in self.strategies)
        if name not in self.strategies:
            self.came[name] = self.came.get(name, 0) + 1
        self.strategies.add(name)

    @rule(name=st.sampled_from(NAMES), key=st.sampled_from(sorted(KEYS)), owner=st.sampled_from(OWNERS))
    def ask(self, name: str, key: str, owner: str) -> None:
        kind, period, interval = KEYS[key]
        known = key in self.wanted.get(name, {})
        new = self.session.add_indicator(name, kind, {"period": period, "interval": interval}, owner=owner)
        assert new == (not known)
        assert self.session.wait_ready(name, key, timeout=TIMEOUT_S)
        self.wanted.setdefault(name, {}).setdefault(key, set()).add(owner)

    @rule()
    def ask_for_nothing(self) -> None:
        assert not self.run.add_symbol(NOBODY)
        self.session.add_session_bars(NOBODY, "5m")
        assert not self.session.wait_ready(NOBODY, "bars_5m", timeout=TIMEOUT_S)
        self.failed += 2

    @rule(name=st.sampled_from(NAMES), owner=st.sampled_from(OWNERS))
    def let_go(self, name: str, owner: str) -> None:
        shares = self.wanted.get(name, {})
        mine = [key for key, owners in shares.items() if owner in owners]
        adhoc = name not in self.strategies
        done = self.session.remove_symbol_adhoc(name, owner=owner)
        if name in self.locks:
            assert not done
            return
        assert done == (adhoc and bool(mine))
        for key in mine:
            shares[key].discard(owner)
            if not shares[key]:
                del shares[key]
        if mine and not shares:
            del self.wanted[name]
            if adhoc:
                self.went[name] = self.went.get(name, 0) + 1

    @rule(name=st.sampled_from(NAMES), graceful=st.booleans())
    def remove(self, name: str, graceful: bool) -> None:  # noqa: FBT001
        possible = name in self.there() and name not in self.locks
        assert self.run.remove_symbol(name, immediate=not graceful) == possible
        if possible:
            self.strategies.discard(name)
            self.wanted.pop(name, None)
            self.went[name] = self.went.get(name, 0) + 1
        # A question from this thread is served after what was marked.
        assert not self.run.remove_symbol("UNKNOWN", immediate=True)

    @rule(name=st.sampled_from(NAMES[1:]))
    def lock(self, name: str) -> None:
        assert self.session.lock_symbol(name, "position") == (name in self.there() and name not in self.locks)
        if name in self.there():
            self.locks.add(name)

    @rule(name=st.sampled_from(NAMES[1:]))
    def unlock(self, name: str) -> None:
        assert self.session.unlock_symbol(name) == (name in self.locks)
        self.locks.discard(name)

    @precondition(lambda self: self.passed < MOST)
    @rule(bars=st.integers(1, 40))
    def pass_time(self, bars: int) -> None:
        self.passed += bars
        before = self.session.now_ns
        self.strategy.held.clear()
        self.strategy.left = bars
        self.run.resume()
        assert self.strategy.held.wait(TIMEOUT_S)
        after = self.session.now_ns
        assert before is not None
        assert after is not None
        assert after > before

    @invariant()
    def all_is_as_the_model_says(self) -> None:
        session = self.session
        assert session.get_config_symbols() == self.strategies
        assert session.get_all_symbols() == self.there()
        for name in NAMES:
            assert session.is_symbol_locked(name) == (name in self.locks)
            own = {CONFIG_KEY} if name in self.strategies else set()
            assert set(session.get_all_indicators(name)) == own | set(self.wanted.get(name, {}))
            if name not in self.there():
                assert set(session.footprint(name).values()) == {0}, session.footprint(name)
        assert self.count(SymbolAdded) == self.came
        assert self.count(SymbolRemoved) == self.went
        assert sum(isinstance(event, ProvisioningFailed) for event in self.events) == self.failed
        assert session.wishes.counts()["waiting"] == 0

    def count(self, kind: type[SymbolAdded | SymbolRemoved]) -> dict[str, int]:
        counts: dict[str, int] = {}
        for event in self.events:
            if isinstance(event, kind):
                counts[event.symbol] = counts.get(event.symbol, 0) + 1
        return counts

    def teardown(self) -> None:
        self.strategy.left = 0
        self.run.resume()
        result = self.run.wait(TIMEOUT_S)
        assert result is not None
        assert result.completed
        assert result.summary.callback_errors == 0, result.summary.warnings
        # What joined late, was upgraded, or lived beside all this ends as if it had been there from the start.
        for name in self.strategies:
            for interval in ("1m", "5m"):
                ours, theirs = self.session.get_bars(name, interval), WHOLE.get_bars(name, interval)
                assert ours.ts.tobytes() == theirs.ts.tobytes()
                assert ours.close.tobytes() == theirs.close.tobytes()
            assert self.session.get_indicator_value(name, CONFIG_KEY) == WHOLE.get_indicator_value(name, CONFIG_KEY)


TestRaces = Races.TestCase
# A failure is not shrunk: that takes longer than reading it.
TestRaces.settings = settings(
    max_examples=40,
    stateful_step_count=25,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
