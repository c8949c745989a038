"""What comes from outside, in order, until the run takes it; bounded in seconds of market time."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from openbell.sources.columns import Columns, joined

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from openbell.clock.live import LiveClock

Policy = Literal["block", "reject", "coalesce", "halt"]
Kind = Literal["bars", "trades", "quotes", "daily", "marker", "status", "call"]
SECOND_NS = 1_000_000_000
# How long whoever delivers waits for room, in seconds of the machine's time.
BLOCK_S = 10.0
BOUNDED = frozenset({"bars", "trades", "quotes"})


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that came.

    Attributes
    ----------
    kind
        What it is; a ``call`` is made by the run's own thread.
    arrived_ns
        When it came, by the run's clock.
    origin
        Whom it came from.
    """

    kind: Kind
    arrived_ns: int
    payload: Any
    origin: object = None


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """How a queue does.

    Attributes
    ----------
    batches, seconds
        What waits now, and for how long its oldest part has, in seconds of market time.
    most_seconds
        The longest that it was.
    dropped, coalesced
        Rows that were dropped because it was full, and rows that later ones replaced before they were taken.
    halted
        Whether it filled up under the policy ``halt``: nothing is taken any more.
    """

    batches: int
    seconds: float
    most_seconds: float
    dropped: int
    coalesced: int
    halted: bool


class Inbox:
    """The queue between feeds, which put from any thread, and a run, which takes.

    Parameters
    ----------
    clock
        The run's.
    seconds
        How old what waits may become, in market time.
    policy
        When it is full: ``block`` whoever delivers for ten seconds at most, and then ``reject`` (drop what comes);
        ``coalesce`` all that waits to the last version of each bar and the last tick of each symbol; or ``halt``.
    """

    def __init__(self, clock: LiveClock, *, seconds: float, policy: Policy) -> None:
        self._clock = clock
        self._limit_ns = round(seconds * SECOND_NS)
        self._policy = policy
        self._changed = threading.Condition()
        self._items: deque[Item] = deque()
        # When those of them came that the bound is for.
        self._arrived_ns: deque[int] = deque()
        self._poked = False
        self._closed = False
        # What was dropped of each symbol, from the first to the last bar.
        self._lost: dict[str, tuple[int, int]] = {}
        self._most_ns = 0
        self._dropped = self._coalesced = 0
        self.halted = False

    # Putting: any thread

    def put(self, kind: Kind, payload: Any, origin: object = None) -> None:
        """Add something; bars and ticks may have to wait, or be dropped, if the queue is full."""
        with self._changed:
            if kind in BOUNDED and not self._make_room():
                self._drop(kind, payload)
                return
            now_ns = self._clock.now_ns()
            self._items.append(Item(kind, now_ns, payload, origin))
            if kind in BOUNDED:
                self._arrived_ns.append(now_ns)
            self._changed.notify_all()

    def call(self, what: Callable[[], object]) -> None:
        """Have the run's own thread call something."""
        self.put("call", what)

    def ask(self, what: Callable[[], object]) -> None:
        """Have the run's own thread call something, and wait until it has; what that raises is raised here."""
        done = threading.Event()
        wrong: list[Exception] = []

        def call() -> None:
            try:
                what()
            except Exception as error:  # noqa: BLE001  # for who asked
                wrong.append(error)
            done.set()

        self.call(call)
        done.wait()
        if wrong:
            raise wrong[0]

    def poke(self) -> None:
        """Wake the run."""
        with self._changed:
            self._poked = True
            self._changed.notify_all()

    def _make_room(self) -> bool:
        if self._closed or self.halted:
            return False
        if self._age_ns() <= self._limit_ns:
            return True
        if self._policy == "block":
            deadline_s = time.monotonic() + BLOCK_S
            while self._age_ns() > self._limit_ns and not self._closed:
                left_s = deadline_s - time.monotonic()
                if left_s <= 0:
                    return False
                self._changed.wait(left_s)
            return not self._closed
        if self._policy == "coalesce":
            self._coalesce()
            return True
        if self._policy == "halt":
            self.halted = True
            self._changed.notify_all()
        return False

    def _age_ns(self) -> int:
        age_ns = self._clock.now_ns() - self._arrived_ns[0] if self._arrived_ns else 0
        self._most_ns = max(self._most_ns, age_ns)
        return age_ns

    def _drop(self, kind: Kind, payload: Any) -> None:
        if self._closed:
            return
        self._dropped += len(payload["ts"]) if isinstance(payload, dict) else len(payload)
        if kind != "bars":
            return
        for place, name in enumerate(payload.names):
            times = payload.ts[payload.symbol == place]
            if len(times):
                first, last = self._lost.get(name, (int(times.min()), int(times.max())))
                self._lost[name] = (min(first, int(times.min())), max(last, int(times.max())))

    def _coalesce(self) -> None:
        """Put all that waits together: the last version of each bar, the last tick of each symbol."""
        now_ns = self._clock.now_ns()
        waiting, rest = [i for i in self._items if i.kind in BOUNDED], [i for i in self._items if i.kind not in BOUNDED]
        before = sum(_rows(item) for item in waiting)
        bars = [item for item in waiting if item.kind == "bars"]
        if bars:
            together = _latest_bars(joined([item.payload for item in bars]))
            rest.append(replace(bars[-1], arrived_ns=now_ns, payload=together))
        for kind in ("trades", "quotes"):
            ticks = [item for item in waiting if item.kind == kind]
            if ticks:
                latest = _latest_ticks([item.payload for item in ticks])
                rest.append(replace(ticks[-1], arrived_ns=now_ns, payload=latest))
        self._coalesced += before - sum(_rows(item) for item in rest if item.kind in BOUNDED)
        self._items = deque(rest)
        self._arrived_ns = deque(item.arrived_ns for item in rest if item.kind in BOUNDED)

    # Taking: the run's own thread

    def take(self) -> Item | None:
        """Take the next; None if there is none."""
        with self._changed:
            if not self._items:
                return None
            item = self._items.popleft()
            if item.kind in BOUNDED:
                self._arrived_ns.popleft()
            self._age_ns()
            self._changed.notify_all()
            return item

    def take_lost(self) -> dict[str, tuple[int, int]]:
        """Give the opens of the first and the last bar of each symbol that were dropped since the last call."""
        with self._changed:
            lost, self._lost = self._lost, {}
        return lost

    def wait(self, timeout_s: float) -> None:
        """Wait until there is something, somebody pokes, or the time is over."""
        with self._changed:
            if not self._items and not self._poked:
                self._changed.wait(timeout_s)
            self._poked = False

    def close(self) -> None:
        """Take nothing any more; whoever waits for room goes on."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def status(self) -> QueueStatus:
        """How it does."""
        with self._changed:
            waiting = len(self._arrived_ns)
            age_s = self._age_ns() / SECOND_NS
            return QueueStatus(
                waiting, age_s, self._most_ns / SECOND_NS, self._dropped, self._coalesced, halted=self.halted
            )


def _rows(item: Item) -> int:
    return len(item.payload) if isinstance(item.payload, Columns) else len(item.payload["ts"])


def _latest_bars(columns: Columns) -> Columns:
    """Give the last version of each bar, in the order in which those came."""
    keys = np.stack([columns.symbol.astype(np.int64), columns.ts])[:, ::-1]
    _, last = np.unique(keys, axis=1, return_index=True)
    return columns.take(np.sort(len(columns) - 1 - last))


def _latest_ticks(batches: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Give the last row of each symbol, in the order in which those came."""
    names = [name for name in batches[-1] if all(name in batch for batch in batches)]
    together = {name: np.concatenate([np.asarray(batch[name]) for batch in batches]) for name in names}
    symbol = together["symbol"].astype(str)
    _, last = np.unique(symbol[::-1], return_index=True)
    rows = np.sort(len(symbol) - 1 - last)
    return {name: values[rows] for name, values in together.items()}
