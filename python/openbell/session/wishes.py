"""What was asked for a symbol ad hoc, by whom, and what became of it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from openbell._core import Interval
    from openbell.indicators import IndicatorConfig

# Who asks when nobody is named.
STRATEGY = "strategy"


@dataclass(eq=False, slots=True)
class Wish:
    """One thing wanted for one symbol.

    Attributes
    ----------
    kind
        ``bars`` of the running session, ``history`` of ``days`` earlier sessions, or an ``indicator``.
    provision
        Whether the bars that an indicator needs may be loaded and streamed for it.
    state
        ``pending``, ``ready`` or ``failed``.
    """

    kind: Literal["bars", "history", "indicator"]
    symbol: str
    interval: Interval
    days: int = 0
    indicator: IndicatorConfig | None = None
    provision: bool = True
    state: Literal["pending", "ready", "failed"] = "pending"
    done: threading.Event = field(default_factory=threading.Event)

    @property
    def key(self) -> str:
        """What it is called: the indicator's key, or ``bars_5m``, ``history_1d``."""
        return self.indicator.make_key() if self.indicator is not None else f"{self.kind}_{self.interval}"

    def finish(self, state: Literal["ready", "failed"]) -> None:
        """Say what became of it."""
        self.state = state
        self.done.set()

    def abandon(self) -> None:
        """Say that it will not be had, if it is pending still."""
        if self.state == "pending":
            self.finish("failed")


class Wishes:
    """All wishes that are pending or were granted, and who shares in them."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._known: dict[tuple[str, str], Wish] = {}
        self._owners: dict[tuple[str, str], set[str]] = {}
        self._waiting: list[Wish] = []
        self.wake: Callable[[], None] | None = None

    def put(self, wish: Wish, owner: str | None) -> bool:
        """Add a wish and its owner's share in it; False if it was there already, and is no smaller."""
        place = (wish.symbol, wish.key)
        with self._guard:
            self._owners.setdefault(place, set()).add(owner or STRATEGY)
            known = self._known.get(place)
            if known is not None and known.state != "failed" and known.days >= wish.days:
                return False
            self._known[place] = wish
            self._waiting.append(wish)
        if self.wake is not None:
            self.wake()
        return True

    def share(self, symbol: str, key: str, owner: str | None) -> None:
        """Note an owner of something that is there already."""
        with self._guard:
            self._owners.setdefault((symbol, key), set()).add(owner or STRATEGY)

    def take(self) -> list[Wish]:
        """Take all that wait, in order."""
        with self._guard:
            waiting, self._waiting = self._waiting, []
        return waiting

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def find(self, symbol: str, key: str) -> Wish | None:
        """Give the wish of that name, pending or not."""
        return self._known.get((symbol, key))

    def of(self, symbol: str) -> list[Wish]:
        """Give all wishes for a symbol."""
        with self._guard:
            return [wish for (name, _), wish in self._known.items() if name == symbol]

    def let_go(self, symbol: str, owner: str | None) -> list[Wish] | None:
        """Take an owner's shares in a symbol away.

        Returns
        -------
        list of Wish or None
            What nobody else has a share in: it is forgotten, and fails if it was pending. None if the owner had none.
        """
        with self._guard:
            places = [p for p, owners in self._owners.items() if p[0] == symbol and (owner or STRATEGY) in owners]
            gone = []
            for place in places:
                self._owners[place].discard(owner or STRATEGY)
                if not self._owners[place]:
                    del self._owners[place]
                    if (wish := self._known.pop(place, None)) is not None:
                        gone.append(wish)
            self._waiting = [wish for wish in self._waiting if wish not in gone]
        for wish in gone:
            wish.abandon()
        return gone if places else None

    def shared(self, symbol: str) -> bool:
        """Whether anybody has a share in a symbol."""
        with self._guard:
            return any(place[0] == symbol for place in self._owners)

    def forget(self, symbol: str) -> bool:
        """Drop everything about a symbol that is removed; what is pending fails. Gives whether there was anything."""
        with self._guard:
            gone = [wish for wish in self._waiting if wish.symbol == symbol]
            self._waiting = [wish for wish in self._waiting if wish.symbol != symbol]
            for places in (self._known, self._owners):
                for place in [p for p in places if p[0] == symbol]:
                    del places[place]
        for wish in gone:
            wish.abandon()
        return bool(gone)

    def counts(self) -> dict[str, int]:
        """Count what is kept: wishes, shares, and those that wait."""
        with self._guard:
            return {"known": len(self._known), "owned": len(self._owners), "waiting": len(self._waiting)}
