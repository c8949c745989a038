"""What was asked for a symbol ad hoc, by whom, and what became of it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Container

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
    """All wishes that are pending or were granted, and who shares in them, by symbol and key."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._known: dict[str, dict[str, Wish]] = {}
        self._owners: dict[str, dict[str, set[str]]] = {}
        # In order.
        self._waiting: dict[Wish, None] = {}
        self.wake: Callable[[], None] | None = None

    def put(self, wish: Wish, owner: str | None) -> bool:
        """Add a wish and its owner's share in it; False if it was there already, and is no smaller."""
        with self._guard:
            self._share(wish.symbol, wish.key, owner)
            keys = self._known.setdefault(wish.symbol, {})
            known = keys.get(wish.key)
            if known is not None and known.state != "failed" and known.days >= wish.days:
                return False
            keys[wish.key] = wish
            self._waiting[wish] = None
        if self.wake is not None:
            self.wake()
        return True

    def share(self, symbol: str, key: str, owner: str | None) -> None:
        """Note an owner of something that is there already."""
        with self._guard:
            self._share(symbol, key, owner)

    def _share(self, symbol: str, key: str, owner: str | None) -> None:
        self._owners.setdefault(symbol, {}).setdefault(key, set()).add(owner or STRATEGY)

    def take(self, busy: Container[str] = ()) -> list[Wish]:
        """Take what waits, in order, but for what was given up meanwhile; symbols that are busy wait on."""
        with self._guard:
            taken = [wish for wish in self._waiting if wish.symbol not in busy]
            for wish in taken:
                del self._waiting[wish]
        return [wish for wish in taken if wish.state == "pending"]

    def waits(self, busy: Container[str] = ()) -> bool:
        """Whether anything waits that can be provided."""
        return any(wish.symbol not in busy for wish in list(self._waiting))

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def find(self, symbol: str, key: str) -> Wish | None:
        """Give the wish of that name, pending or not."""
        return self._known.get(symbol, {}).get(key)

    def of(self, symbol: str) -> list[Wish]:
        """Give all wishes for a symbol."""
        with self._guard:
            return list(self._known.get(symbol, {}).values())

    def let_go(self, symbol: str, owner: str | None) -> list[Wish] | None:
        """Take an owner's shares in a symbol away.

        Returns
        -------
        list of Wish or None
            What nobody else has a share in: it is forgotten, and fails if it was pending. None if the owner had none.
        """
        name = owner or STRATEGY
        with self._guard:
            owners, known = self._owners.get(symbol, {}), self._known.get(symbol, {})
            keys = [key for key, sharing in owners.items() if name in sharing]
            gone = []
            for key in keys:
                owners[key].discard(name)
                if not owners[key]:
                    del owners[key]
                    if (wish := known.pop(key, None)) is not None:
                        self._waiting.pop(wish, None)
                        gone.append(wish)
            self._drop_empty(symbol)
        for wish in gone:
            wish.abandon()
        return gone if keys else None

    def _drop_empty(self, symbol: str) -> None:
        if not self._owners.get(symbol):
            self._owners.pop(symbol, None)
        if not self._known.get(symbol):
            self._known.pop(symbol, None)

    def owned_by(self, owner: str) -> list[str]:
        """Give the symbols in which an owner has a share."""
        with self._guard:
            return [s for s, keys in self._owners.items() if any(owner in sharing for sharing in keys.values())]

    def shared(self, symbol: str) -> bool:
        """Whether anybody has a share in a symbol."""
        return symbol in self._owners

    def forget(self, symbol: str) -> bool:
        """Drop everything about a symbol that is removed; what is pending fails. Gives whether anything was."""
        with self._guard:
            self._owners.pop(symbol, None)
            gone = [wish for wish in self._known.pop(symbol, {}).values() if wish.state == "pending"]
            for wish in gone:
                self._waiting.pop(wish, None)
        for wish in gone:
            wish.abandon()
        return bool(gone)

    def counts(self) -> dict[str, int]:
        """Count what is kept: wishes, shared things, and wishes that wait."""
        with self._guard:
            return {
                "known": sum(map(len, self._known.values())),
                "owned": sum(map(len, self._owners.values())),
                "waiting": len(self._waiting),
            }
