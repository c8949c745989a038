"""What subscribers are told of a session. Imported when somebody is: to make so many classes takes a while."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openbell._core import Bar, Event


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
