"""Who is told of what happens in a session, and in which order."""

from __future__ import annotations

import time
from typing import Any

import pytest
from tests.timing import uncollected

import openbell as ob
from openbell.errors import SymbolError

OPEN = 1_732_545_000_000_000_000
MINUTE = 60_000_000_000


def session(names: list[str]) -> ob.SessionData:
    made = ob.SessionData()
    for name in names:
        made.register_symbol(name)
    return made


def minute(session: ob.SessionData, names: list[str], count: int = 0) -> None:
    for name in names:
        session.apply_bar(name, "1m", ob.Bar(OPEN + count * MINUTE, 1, 1, 1, 1, 1))


def test_who_subscribed_first_is_told_first() -> None:
    made = session(["AAPL", "SPY"])
    told: list[Any] = []

    def hears(who: str) -> Any:
        return lambda event: told.append((who, event.symbol))

    made.subscribe("bar_closed", hears("spy"), symbols="spy")
    made.subscribe("bar_closed", hears("all"))
    both = made.subscribe("bar_closed", hears("both"), symbols=["SPY", "aapl"])
    none = made.subscribe("bar_closed", hears("none"), symbols=[])
    made.subscribe("bar_closed", hears("last"))
    minute(made, ["SPY", "AAPL"])
    spy = [("spy", "SPY"), ("all", "SPY"), ("both", "SPY"), ("last", "SPY")]
    assert told == [*spy, ("all", "AAPL"), ("both", "AAPL"), ("last", "AAPL")]
    for subscription in (both, both, none):
        subscription.cancel()
    told.clear()
    minute(made, ["SPY"], 1)
    assert told == [("spy", "SPY"), ("all", "SPY"), ("last", "SPY")]
    for wrong in ("no symbol", ["SPY", ""]):
        with pytest.raises(SymbolError):
            made.subscribe("bar_closed", print, symbols=wrong)


def test_when_the_last_has_gone_nothing_is_kept_for_anybody() -> None:
    made = session(["SPY"])
    subscriptions = [made.subscribe("bar_closed", print, symbols=names) for names in (None, "SPY", ())]
    assert "bar_closed" in made.board.engine_kinds
    for subscription in subscriptions:
        assert made.board.engine_kinds
        subscription.cancel()
        subscription.cancel()
    assert not made.board.engine_kinds


def test_a_subscriber_for_each_symbol_costs_as_much_however_many_there_are() -> None:
    def seconds(count: int) -> float:
        names = [f"X{i}" for i in range(count)]
        made = session(names)
        told: list[Any] = []
        with uncollected():
            since_s = time.thread_time()
            subscriptions = [made.subscribe("bar_closed", told.append, symbols=name) for name in names]
            minute(made, names)
            for subscription in subscriptions:
                subscription.cancel()
            assert len(told) == count
            return (time.thread_time() - since_s) / count

    # To look at each of them with every event took ten times as long.
    assert min(seconds(5_000) for _ in range(2)) < 5 * min(seconds(500) for _ in range(3))
