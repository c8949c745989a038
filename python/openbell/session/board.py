"""Who wants to know what happens in a session."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

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
        self, board: Board, kind: str, callback: Callable[[Any], object], symbols: frozenset[str] | None
    ) -> None:
        self._board = board
        self.kind = kind
        self.symbols = symbols
        self.errors = 0
        self._callback = callback

    def __repr__(self) -> str:
        return f"Subscription({self.kind})"

    def cancel(self) -> None:
        """Be told no more."""
        self._board.drop(self)

    def tell(self, event: SessionEvent) -> None:
        """Call, if the event is wanted. What the callback raises is logged and counted, and harms nobody."""
        if self.symbols is not None and getattr(event, "symbol", None) not in self.symbols:
            return
        try:
            self._callback(event)
        except Exception:
            self.errors += 1
            logger.exception("a subscriber of %s raised; the session goes on", self.kind)


class Board:
    """Subscriptions by kind, in the order in which they were made; ``version`` changes with them.

    ``engine_kinds`` are the kinds that the engine makes and somebody wants.

    Parameters
    ----------
    changed
        Called when they change.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._guard = threading.Lock()
        self._subscriptions: tuple[Subscription, ...] = ()
        self.engine_kinds: tuple[str, ...] = ()
        self.version = 0

    def add(
        self, event: str | type[Any], callback: Callable[[Any], object], symbols: Iterable[str] | None
    ) -> Subscription:
        """Make a subscription.

        Raises
        ------
        ValueError
            If there is no such event, with the nearest.
        """
        from openbell.session.events import KINDS

        kind = event if isinstance(event, str) else next((k for k, t in KINDS.items() if t is event), str(event))
        if kind not in KINDS:
            meant = hint(kind, KINDS, f"; there are {', '.join(KINDS)}")
            raise ValueError(f"unknown event {kind!r}{meant}")
        wanted = None if symbols is None else frozenset(symbol.upper() for symbol in symbols)
        subscription = Subscription(self, kind, callback, wanted)
        with self._guard:
            self._set((*self._subscriptions, subscription))
        self._changed()
        return subscription

    def drop(self, subscription: Subscription) -> None:
        """End a subscription; ending it twice is no error."""
        with self._guard:
            self._set(tuple(s for s in self._subscriptions if s is not subscription))
        self._changed()

    def _set(self, subscriptions: tuple[Subscription, ...]) -> None:
        self._subscriptions = subscriptions
        wanted = {s.kind for s in subscriptions}
        # Asked for with each bar, so it is at hand.
        self.engine_kinds = tuple(kind for kind in ENGINE_KINDS if kind in wanted)
        self.version += 1

    def publish(self, kind: str, *values: Any) -> None:
        """Tell everybody who wants to know of an event of this kind, one after the other; ``values`` are its fields."""
        if any(s.kind == kind for s in self._subscriptions):
            from openbell.session.events import KINDS

            self._tell(kind, KINDS[kind](*values))

    def forward(self, events: Iterable[Event]) -> None:
        """Tell everybody who wants to know of what the engine says."""
        from openbell.session.events import as_session_event

        for event in events:
            if event.kind in self.engine_kinds:
                self._tell(event.kind, as_session_event(event))

    def _tell(self, kind: str, event: SessionEvent) -> None:
        for subscription in self._subscriptions:
            if subscription.kind == kind:
                subscription.tell(event)
