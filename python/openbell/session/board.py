"""Who wants to know what happens in a session."""

from __future__ import annotations

import itertools
import logging
import threading
from collections import Counter
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from openbell._core import parse_symbol
from openbell.errors import hint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from openbell._core import Event
    from openbell.session.events import SessionEvent

logger = logging.getLogger(__name__)

# The events that the engine makes, in every step.
ENGINE_KINDS = ("bar_closed", "bar_revised", "bar_withdrawn", "indicator_valid")


class Subscription:
    """A wish to be told of events of one kind; `cancel` ends it."""

    def __init__(
        self, board: Board, kind: str, callback: Callable[[Any], object], symbols: frozenset[str] | None, number: int
    ) -> None:
        self._board = board
        self.kind = kind
        self.symbols = symbols
        self.number = number
        self.errors = 0
        self.ended = False
        self._callback = callback

    def __repr__(self) -> str:
        return f"Subscription({self.kind})"

    def cancel(self) -> None:
        """Be told no more."""
        self._board.drop(self)

    def tell(self, event: SessionEvent) -> None:
        """Call. What the callback raises is logged and counted, and harms nobody."""
        try:
            self._callback(event)
        except Exception:
            self.errors += 1
            logger.exception("a subscriber of %s raised; the session goes on", self.kind)


class Board:
    """Subscriptions by kind and symbol; who subscribed first is told first. ``version`` changes with them.

    ``engine_kinds`` are the kinds that the engine makes and somebody wants.

    Parameters
    ----------
    changed
        Called when they change.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._guard = threading.Lock()
        self._numbers = itertools.count()
        # By kind and symbol, None for who wants those of all; in order.
        self._subscriptions: dict[tuple[str, str | None], dict[int, Subscription]] = {}
        self._kinds: Counter[str] = Counter()
        self.engine_kinds: tuple[str, ...] = ()
        self.version = 0

    def add(
        self, event: str | type[Any], callback: Callable[[Any], object], symbols: str | Iterable[str] | None
    ) -> Subscription:
        """Make a subscription.

        Raises
        ------
        ValueError
            If there is no such event, with the nearest, or one of the symbols is none.
        """
        from openbell.session.events import KINDS

        kind = event if isinstance(event, str) else next((k for k, t in KINDS.items() if t is event), str(event))
        if kind not in KINDS:
            meant = hint(kind, KINDS, f"; there are {', '.join(KINDS)}")
            raise ValueError(f"unknown event {kind!r}{meant}")
        names = (symbols,) if isinstance(symbols, str) else symbols
        wanted = None if names is None else frozenset(map(parse_symbol, names))
        subscription = Subscription(self, kind, callback, wanted, next(self._numbers))
        with self._guard:
            for place in _places(subscription):
                self._subscriptions.setdefault(place, {})[subscription.number] = subscription
            self._note(kind, 1)
        self._changed()
        return subscription

    def drop(self, subscription: Subscription) -> None:
        """End a subscription; ending it twice is no error."""
        with self._guard:
            if subscription.ended:
                return
            subscription.ended = True
            for place in _places(subscription):
                there = self._subscriptions[place]
                del there[subscription.number]
                if not there:
                    del self._subscriptions[place]
            self._note(subscription.kind, -1)
        self._changed()

    def _note(self, kind: str, change: int) -> None:
        self._kinds[kind] += change
        # Asked for with each bar, so it is at hand.
        self.engine_kinds = tuple(kind for kind in ENGINE_KINDS if self._kinds[kind])
        self.version += 1

    def publish(self, kind: str, *values: Any) -> None:
        """Tell everybody who wants to know of an event of this kind, one after the other; ``values`` are its fields."""
        if self._kinds[kind]:
            from openbell.session.events import KINDS

            event = KINDS[kind](*values)
            for subscription in self._wanting(kind, getattr(event, "symbol", None)):
                subscription.tell(event)

    def forward(self, events: Iterable[Event]) -> None:
        """Tell everybody who wants to know of what the engine says."""
        from openbell.session.events import as_session_event

        for event in events:
            if wanting := self._wanting(event.kind, event.symbol):
                told = as_session_event(event)
                for subscription in wanting:
                    subscription.tell(told)

    def _wanting(self, kind: str, symbol: str | None) -> list[Subscription]:
        """Give those who want to know, in order."""
        with self._guard:
            every = list(self._subscriptions.get((kind, None), {}).values())
            if symbol is None or (own := self._subscriptions.get((kind, symbol))) is None:
                return every
            return sorted([*every, *own.values()], key=attrgetter("number"))


def _places(subscription: Subscription) -> list[tuple[str, str | None]]:
    symbols: Iterable[str | None] = (None,) if subscription.symbols is None else subscription.symbols
    return [(subscription.kind, symbol) for symbol in symbols]
