"""The queue between feeds and a run: what happens when it is full."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
import pytest

from openbell.sources import Columns
from openbell.sources import inbox as module
from openbell.sources.inbox import Inbox

SECOND = 1_000_000_000


class Clock:
    """Is where a test puts it."""

    def __init__(self) -> None:
        self.now = 0

    def now_ns(self) -> int:
        return self.now

    def seconds_until(self, ts_ns: int) -> float:
        return 0.0

    def idle(self, wake: Any, due_ns: int) -> None: ...


def rows(*bars: tuple[str, int, float]) -> Columns:
    names = tuple(dict.fromkeys(name for name, _, _ in bars))
    price = np.array([close for _, _, close in bars])
    symbol = np.array([names.index(name) for name, _, _ in bars], dtype=np.uint32)
    ts = np.array([ts for _, ts, _ in bars], dtype=np.int64)
    return Columns(names, symbol, ts, price, price, price, price, price)


def listed(columns: Columns) -> list[tuple[str, int, float]]:
    every = zip(columns.symbol, columns.ts.tolist(), columns.close.tolist(), strict=True)
    return [(columns.names[s], ts, close) for s, ts, close in every]


def filled(policy: Any) -> tuple[Inbox, Clock]:
    """One that holds a batch of each kind, and is older than it may be."""
    clock = Clock()
    inbox = Inbox(clock, seconds=10, policy=policy)
    inbox.put("bars", rows(("A", 1, 1.0), ("B", 1, 2.0)))
    inbox.put("bars", rows(("A", 1, 1.5), ("A", 2, 3.0)))
    inbox.put("quotes", {"symbol": ["A", "B"], "ts": np.array([1, 1]), "bid": [1.0, 2.0]})
    inbox.put("quotes", {"symbol": ["A"], "ts": np.array([2]), "bid": [1.5]})
    clock.now = 11 * SECOND
    return inbox, clock


def test_within_its_bounds_everything_is_taken_in_order() -> None:
    clock = Clock()
    inbox = Inbox(clock, seconds=10, policy="reject")
    for place in range(100):
        clock.now += SECOND // 20
        inbox.put("bars", rows(("A", place, 1.0)))
    inbox.put("marker", 5)
    taken = [inbox.take() for _ in range(102)]
    assert [item.payload.ts[0] for item in taken[:100] if item is not None] == list(range(100))
    assert taken[0] is not None
    assert (taken[0].arrived_ns, taken[0].kind) == (SECOND // 20, "bars")
    assert taken[101] is None
    assert inbox.status.dropped == 0
    assert inbox.status.most_seconds == pytest.approx(4.95)


def test_reject_drops_what_comes_and_says_what_it_was() -> None:
    inbox, _ = filled("reject")
    inbox.put("bars", rows(("A", 7, 1.0), ("C", 3, 1.0), ("A", 5, 1.0)))
    inbox.put("trades", {"symbol": ["A"], "ts": np.array([1])})
    inbox.put("marker", 9)
    assert inbox.status.dropped == 4
    assert inbox.take_lost() == {"A": (5, 7), "C": (3, 3)}
    assert inbox.take_lost() == {}
    kinds = []
    while (item := inbox.take()) is not None:
        kinds.append(item.kind)
    assert kinds == ["bars", "bars", "quotes", "quotes", "marker"], "a marker is never dropped"
    inbox.put("bars", rows(("A", 8, 1.0)))
    assert inbox.take() is not None


def test_coalesce_keeps_the_last_of_each() -> None:
    inbox, clock = filled("coalesce")
    inbox.put("bars", rows(("B", 2, 4.0)))
    together, quotes, new = inbox.take(), inbox.take(), inbox.take()
    assert together is not None
    assert quotes is not None
    assert new is not None
    assert listed(together.payload) == [("B", 1, 2.0), ("A", 1, 1.5), ("A", 2, 3.0)]
    assert list(quotes.payload["symbol"]) == ["B", "A"]
    assert list(quotes.payload["bid"]) == [2.0, 1.5]
    assert listed(new.payload) == [("B", 2, 4.0)]
    assert (inbox.status.coalesced, inbox.status.dropped) == (2, 0)
    assert together.arrived_ns == clock.now


def test_halt_takes_nothing_any_more() -> None:
    inbox, _ = filled("halt")
    inbox.put("bars", rows(("A", 3, 1.0)))
    assert inbox.halted
    assert inbox.status.halted
    while inbox.take() is not None:
        pass
    inbox.put("bars", rows(("A", 4, 1.0)))
    assert inbox.take() is None


def test_block_waits_for_room() -> None:
    inbox, _ = filled("block")
    done = threading.Event()

    def deliver() -> None:
        inbox.put("bars", rows(("A", 3, 1.0)))
        done.set()

    thread = threading.Thread(target=deliver)
    thread.start()
    assert not done.wait(0.05)
    for _ in range(4):
        assert inbox.take() is not None
    thread.join(10)
    assert done.is_set()
    assert inbox.status.dropped == 0


def test_block_waits_no_longer_than_its_time_and_not_for_one_that_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK_S", 0.05)
    inbox, _ = filled("block")
    started_s = time.monotonic()
    inbox.put("bars", rows(("A", 3, 1.0)))
    assert time.monotonic() - started_s >= 0.05
    assert inbox.take_lost() == {"A": (3, 3)}
    monkeypatch.setattr(module, "BLOCK_S", 30.0)
    threading.Timer(0.05, inbox.close).start()
    inbox.put("bars", rows(("A", 3, 1.0)))
    assert inbox.take_lost() == {}, "after the end nothing is missing"


def test_a_run_is_woken() -> None:
    inbox = Inbox(Clock(), seconds=10, policy="block")
    for wake in (inbox.poke, lambda: inbox.call(lambda: None)):
        threading.Timer(0.02, wake).start()
        started_s = time.monotonic()
        inbox.wait(30)
        assert time.monotonic() - started_s < 10
