"""What happens in a session, and who wants to know."""

from __future__ import annotations

import difflib
import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from openbell._core import Bar, Event

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BarClosed:
    """A base or derived bar closed."""

    symbol: str
    bar: Bar


@dataclass(frozen=True, slots=True)
class BarRevised:
    """A closed bar was corrected or inserted late; ``old`` is None if it was missing."""

    symbol: str
    bar: Bar
    old: Bar | None


@dataclass(frozen=True, slots=True)
class BarWithdrawn:
    """A closed bar went away: all its trades were cancelled. ``bar`` is what it was."""

    symbol: str
    bar: Bar


@dataclass(frozen=True, slots=True)
class IndicatorValid:
    """An indicator has its first value."""

    symbol: str
    key: str


@dataclass(frozen=True, slots=True)
class SymbolAdded:
    """A strategy symbol was added to the running session, or one that was there ad hoc became one: it is usable."""

    symbol: str


@dataclass(frozen=True, slots=True)
class SymbolRemoved:
    """A symbol, there ad hoc or not, was removed with everything that it had."""

    symbol: str
    reason: str


@dataclass(frozen=True, slots=True)
class SymbolLocked:
    """A symbol may not be removed, for a further reason."""

    symbol: str
    reason: str


@dataclass(frozen=True, slots=True)
class SymbolUnlocked:
    """A reason not to remove a symbol went away; ``reasons`` are those that are left."""

    symbol: str
    reasons: frozenset[str]


@dataclass(frozen=True, slots=True)
class Provisioned:
    """What was asked for ad hoc is there: an indicator's key, ``bars_5m`` or ``history_1d``."""

    symbol: str
    key: str


@dataclass(frozen=True, slots=True)
class ProvisioningFailed:
    """What was asked for could not be had after all; the session is as if it had not been asked for."""

    symbol: str
    key: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class ScanCompleted:
    """A scan was made; ``result`` is a `openbell.scanners.ScanResult`."""

    scanner: str
    result: Any


@dataclass(frozen=True, slots=True)
class SymbolDeactivated:
    """A symbol lags: strategies are not called for it until it has caught up."""

    symbol: str
    reason: str


@dataclass(frozen=True, slots=True)
class SymbolActivated:
    """A symbol has caught up; ``missed`` calls were not made meanwhile and are not made later."""

    symbol: str
    reason: str
    missed: int


@dataclass(frozen=True, slots=True)
class GapChanged:
    """A gap was found, asked for, filled, or found to be empty; ``record`` is a `openbell.quality.GapRecord`."""

    symbol: str
    record: Any


@dataclass(frozen=True, slots=True)
class FeedChanged:
    """A live connection was made, lost or restored; ``kind`` as in `openbell.sources.FeedStatus`, or ``stale``."""

    kind: str
    detail: str
    symbols: frozenset[str]


@dataclass(frozen=True, slots=True)
class SessionActivated:
    """Strategies and scanners are called from now on; ``missed`` calls were not made meanwhile."""

    missed: int = 0


@dataclass(frozen=True, slots=True)
class SessionDeactivated:
    """Strategies and scanners are not called until further notice."""

    reason: str


def as_session_event(event: Event) -> BarClosed | BarRevised | BarWithdrawn | IndicatorValid:
    """Give an event of the engine as subscribers know it."""
    if event.kind == "bar_closed":
        return BarClosed(event.symbol, event.bar)
    if event.kind == "bar_revised":
        return BarRevised(event.symbol, event.bar, event.old)
    if event.kind == "bar_withdrawn":
        return BarWithdrawn(event.symbol, event.bar)
    return IndicatorValid(event.symbol, event.key or "")


SessionEvent = (
    BarClosed
    | BarRevised
    | BarWithdrawn
    | IndicatorValid
    | SymbolAdded
    | SymbolRemoved
    | SymbolLocked
    | SymbolUnlocked
    | Provisioned
    | ProvisioningFailed
    | ScanCompleted
    | GapChanged
    | FeedChanged
    | SymbolActivated
    | SymbolDeactivated
    | SessionActivated
    | SessionDeactivated
)

KINDS: dict[str, type[Any]] = {
    "bar_closed": BarClosed,
    "bar_revised": BarRevised,
    "bar_withdrawn": BarWithdrawn,
    "indicator_valid": IndicatorValid,
    "symbol_added": SymbolAdded,
    "symbol_removed": SymbolRemoved,
    "symbol_locked": SymbolLocked,
    "symbol_unlocked": SymbolUnlocked,
    "provisioned": Provisioned,
    "provisioning_failed": ProvisioningFailed,
    "scan_completed": ScanCompleted,
    "gap": GapChanged,
    "feed": FeedChanged,
    "symbol_activated": SymbolActivated,
    "symbol_deactivated": SymbolDeactivated,
    "session_activated": SessionActivated,
    "session_deactivated": SessionDeactivated,
}
# Those that the engine makes, in every step.
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
        kind = event if isinstance(event, str) else next((k for k, t in KINDS.items() if t is event), str(event))
        if kind not in KINDS:
            near = difflib.get_close_matches(kind, KINDS, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(KINDS)}"
            raise ValueError(f"unknown event {kind!r}{hint}")
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

    def publish(self, event: SessionEvent) -> None:
        """Tell everybody who wants to know, one after the other."""
        for subscription in self._subscriptions:
            if KINDS[subscription.kind] is type(event):
                subscription.tell(event)
