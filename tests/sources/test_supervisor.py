"""Connections are kept, given up and spread; time is what the caller says it is."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import pytest

from openbell.errors import CapacityError
from openbell.sources import FeedCapabilities, FeedStatus
from openbell.sources.inbox import Inbox
from openbell.sources.supervisor import Supervisor

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from openbell.sources.feed import Channel, Sink

SECOND = 1_000_000_000
MINUTE = 60 * SECOND


class Clock:
    """Stands still."""

    def now_ns(self) -> int:
        return 0

    def seconds_until(self, ts_ns: int) -> float:
        return 0.0

    def idle(self, wake: Any, due_ns: int) -> None: ...


class Plug:
    """A connection that does as it is told."""

    def __init__(self, capabilities: FeedCapabilities, *, broken: bool) -> None:
        self.capabilities = capabilities
        self.broken = broken
        self.symbols: set[str] = set()
        self.sink: Sink | None = None
        self.stopped = 0

    def subscribe(self, symbols: Sequence[str], channels: Collection[Channel] = ()) -> None:
        self.symbols |= set(symbols)

    def unsubscribe(self, symbols: Sequence[str]) -> None:
        self.symbols -= set(symbols)

    def start(self, sink: Sink) -> None:
        if self.broken:
            raise OSError("no route to host")
        self.sink = sink

    def stop(self) -> None:
        self.stopped += 1

    def say(self, kind: Any, detail: str = "", *, terminal: bool = False) -> None:
        assert self.sink is not None
        self.sink.status(FeedStatus(kind, detail, terminal=terminal))


class Rig:
    """A supervisor, its connections and what it told."""

    def __init__(self, *, chance: float = math.log(0.02), seed: int = 1, **capabilities: Any) -> None:
        self.plugs: list[Plug] = []
        self.told: list[str] = []
        self.restored: list[int | None] = []
        self.broken = False
        self.chance = chance
        self.capabilities = FeedCapabilities("plug", **capabilities)
        self.inbox = Inbox(Clock(), seconds=300, policy="block")
        self.supervisor = Supervisor(
            self._open,
            self.inbox,
            told=self._told,
            silence=lambda symbols: self.chance * len(symbols),
            interval_ns=MINUTE,
            patience_ns=5 * SECOND,
            seed=seed,
        )

    def _open(self) -> Plug:
        self.plugs.append(Plug(self.capabilities, broken=self.broken))
        return self.plugs[-1]

    def _told(self, status: FeedStatus, symbols: frozenset[str], since_ns: int | None) -> None:
        self.told.append(status.kind)
        if status.kind == "restored":
            self.restored.append(since_ns)

    def drain(self, now_ns: int) -> None:
        while (item := self.inbox.take()) is not None:
            if item.kind == "status":
                self.supervisor.status(item.origin, item.payload, now_ns)
            elif item.kind == "marker":
                self.supervisor.heard(item.origin, now_ns)

    def say(self, place: int, kind: Any, now_ns: int, *, terminal: bool = False) -> None:
        self.plugs[place].say(kind, terminal=terminal)
        self.drain(now_ns)

    def hear(self, place: int, now_ns: int) -> None:
        sink = self.plugs[place].sink
        assert sink is not None
        sink.marker(now_ns)
        self.drain(now_ns)


def test_back_off_grows_to_its_limit_with_jitter_and_starts_anew_once_something_comes() -> None:
    rig = Rig()
    rig.supervisor.subscribe(["A"], 0)
    now, waits = 0, []
    for _ in range(10):
        rig.say(-1, "lost", now)
        due = rig.supervisor.next_due()
        assert due is not None
        waits.append((due - now) / SECOND)
        rig.supervisor.tick(due - 1)
        assert rig.plugs[-1].stopped == 0, "not yet"
        now = due
        rig.supervisor.tick(now)
        rig.say(-1, "live", now)
    for wait, longest in zip(waits, (1, 2, 4, 8, 16, 32, 60, 60, 60, 60), strict=True):
        assert longest / 2 <= wait <= longest
    assert len({round(wait / longest, 3) for wait, longest in zip(waits[6:], [60] * 4, strict=True)}) == 4, "jitter"
    rig.hear(-1, now)
    rig.say(-1, "lost", now)
    assert (rig.supervisor.next_due() or 0) - now <= SECOND
    other = Rig(seed=2)
    other.supervisor.subscribe(["A"], 0)
    other.say(-1, "lost", 0)
    assert (other.supervisor.next_due() or 0) / SECOND != waits[0]


def test_a_connection_that_comes_back_by_itself_is_kept() -> None:
    rig = Rig()
    rig.supervisor.subscribe(["A"], 0)
    rig.say(0, "live", 0)
    rig.hear(0, 10 * SECOND)
    rig.say(0, "lost", 20 * SECOND)
    rig.say(0, "restored", 20 * SECOND + 1)
    rig.supervisor.tick(60 * SECOND)
    assert len(rig.plugs) == 1
    assert rig.told == ["connecting", "live", "lost", "restored"]
    assert rig.restored == [10 * SECOND], "the hole begins where something was last heard"


def test_another_is_made_for_one_that_is_lost_and_all_is_declared_again() -> None:
    rig = Rig()
    rig.supervisor.subscribe(["A", "B"], 0)
    rig.say(0, "live", 0)
    rig.supervisor.unsubscribe(["B"])
    rig.supervisor.subscribe(["C"], 0)
    rig.say(0, "closed", 5 * SECOND)
    rig.supervisor.tick(10 * SECOND)
    assert rig.plugs[1].symbols == {"A", "C"}
    rig.say(1, "live", 10 * SECOND)
    assert rig.restored == [0]
    # What the old one says does not count any more.
    rig.plugs[0].say("lost")
    rig.drain(11 * SECOND)
    assert rig.supervisor.links[0].state == "live"
    assert rig.supervisor.links[0].reconnects == 1
    assert rig.supervisor.close()
    assert [plug.stopped for plug in rig.plugs] == [1, 1]


@pytest.mark.parametrize(("kind", "terminal"), [("auth_failed", False), ("closed", True), ("limit", True)])
def test_what_is_terminal_is_not_tried_again(kind: Any, *, terminal: bool) -> None:
    rig = Rig()
    rig.supervisor.subscribe(["A"], 0)
    rig.say(0, kind, 0, terminal=terminal)
    rig.supervisor.tick(3600 * SECOND)
    assert len(rig.plugs) == 1
    assert rig.supervisor.failure() == kind
    assert rig.supervisor.is_over()


def test_one_that_cannot_be_started_is_tried_again() -> None:
    rig = Rig()
    rig.supervisor._spare = None
    rig.broken = True
    rig.supervisor.subscribe(["A"], 0)
    rig.drain(0)
    assert rig.told == ["connecting", "lost"]
    assert "no route to host" in rig.supervisor.links[0].detail
    rig.broken = False
    rig.supervisor.tick(2 * SECOND)
    rig.say(-1, "live", 2 * SECOND)
    assert rig.supervisor.links[0].state == "live"


@pytest.mark.parametrize(
    ("present", "symbols", "silent_minutes"),
    [
        # One that trades every minute: 0.02 ** 4 is beyond chance.
        (0.98, 1, 4),
        # Many such: at once.
        (0.98, 100, 1),
        # A quiet symbol is not a dead feed: one bar in twenty minutes.
        (0.05, 1, 270),
        # A hundred quiet ones together are not so quiet.
        (0.05, 100, 3),
    ],
)
def test_silence_is_judged_by_how_much_was_to_be_expected(present: float, symbols: int, silent_minutes: int) -> None:
    rig = Rig(chance=math.log(1 - present))
    rig.supervisor.subscribe([f"S{i}" for i in range(symbols)], 0)
    rig.say(0, "live", 0)
    for minute in itertools.count(1):
        rig.supervisor.tick(minute * MINUTE + 4 * SECOND)
        assert "stale" not in rig.told, "within the grace period it may still come"
        if minute == silent_minutes:
            break
    rig.supervisor.tick(silent_minutes * MINUTE + 6 * SECOND)
    assert "stale" in rig.told
    rig.supervisor.tick(silent_minutes * MINUTE + 10 * SECOND)
    assert len(rig.plugs) == 2


def test_silence_while_nothing_is_due_is_not_counted_and_is_found_after() -> None:
    """A feed that died before the open is found at the open."""
    rig = Rig()
    rig.supervisor.subscribe(["A", "B", "C", "D"], 0)
    rig.say(0, "live", 0)
    for minute in range(600):
        rig.supervisor.rest(minute * MINUTE)
        rig.supervisor.tick(minute * MINUTE)
    assert "stale" not in rig.told
    rig.supervisor.tick(599 * MINUTE + MINUTE + 6 * SECOND)
    assert "stale" in rig.told


def test_symbols_are_spread_and_room_is_kept() -> None:
    rig = Rig(max_symbols=3, max_connections=2)
    supervisor = rig.supervisor
    supervisor.subscribe([f"S{i}" for i in range(5)], 0)
    assert [len(plug.symbols) for plug in rig.plugs] == [3, 2]
    assert supervisor.room() == 1
    with pytest.raises(CapacityError, match="room for 1 more, not for 2"):
        supervisor.subscribe(["X", "Y"], 0)
    assert supervisor.room() == 1, "nothing was subscribed"
    supervisor.unsubscribe(["S0"])
    supervisor.subscribe(["X", "Y"], 0)
    assert [len(plug.symbols) for plug in rig.plugs] == [3, 3]
    assert supervisor.room() == 0
    supervisor.subscribe(["X"], 0)
    assert Rig(max_symbols=3).supervisor.room() == math.inf


def test_all_have_sent_an_interval_when_the_last_has() -> None:
    rig = Rig(max_symbols=1, markers=True)
    rig.supervisor.subscribe(["A", "B"], 0)
    rig.say(0, "live", 0)
    rig.say(1, "live", 0)
    marked = []
    for place, end in ((0, 1), (1, 1), (1, 2), (0, 2)):
        sink = rig.plugs[place].sink
        assert sink is not None
        sink.marker(end * MINUTE)
        item = rig.inbox.take()
        assert item is not None
        marked.append(rig.supervisor.marked(item.origin, item.payload))
    assert marked == [None, MINUTE, MINUTE, 2 * MINUTE]


def test_night_and_day() -> None:
    rig = Rig()
    rig.supervisor.subscribe(["A"], 0)
    rig.say(0, "live", 0)
    assert rig.supervisor.close()
    assert rig.supervisor.links[0].state == "stopped"
    rig.supervisor.tick(3600 * SECOND)
    assert len(rig.plugs) == 1
    rig.supervisor.open(7200 * SECOND)
    rig.say(1, "live", 7200 * SECOND)
    assert [link.state for link in rig.supervisor.links] == ["live"]
    assert rig.restored == [], "a night is no hole"
