"""The live half of a source: what a feed is, and where it puts what it has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from openbell.sources.protocol import Source

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from openbell.sources.columns import Columns

Channel = Literal["bars", "trades", "quotes"]
BARS: tuple[Channel, ...] = ("bars",)
# What becomes of a connection, in the words of an event.
StatusKind = Literal["connecting", "live", "stale", "lost", "restored", "limit", "auth_failed", "closed", "ended"]


@dataclass(frozen=True, slots=True)
class FeedCapabilities:
    """What a feed can do.

    Attributes
    ----------
    label
        What it calls itself.
    channels
        What it can deliver.
    markers
        Whether it says when it has sent all bars of an interval.
    updates
        Whether it sends bars again with other values.
    max_symbols
        How many symbols one connection takes; None if there is no limit.
    max_connections
        How many connections there may be at once; None if there is no limit.
    late_window_s
        For how long after its end a bar may still come or be sent again, in seconds.
    """

    label: str
    channels: frozenset[Channel] = frozenset({"bars"})
    markers: bool = False
    updates: bool = False
    max_symbols: int | None = None
    max_connections: int | None = None
    late_window_s: float = 0.0


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """Something happened to the connection.

    Attributes
    ----------
    kind
        ``connecting``, ``live``; ``lost``, ``closed``, ``limit`` (the provider refuses for now), after which another
        connection is made unless ``restored`` follows; ``auth_failed``; ``ended``: all there is was delivered.
        ``stale`` is said by who supervises it.
    detail
        In the provider's words.
    terminal
        Whether trying again will not help.
    """

    kind: StatusKind
    detail: str = ""
    terminal: bool = False


class Sink(Protocol):
    """Where a feed puts what it has. May be called from any thread, one call at a time."""

    def bars(self, columns: Columns) -> None:
        """Take bars in the order in which they came: new ones, repetitions and updates alike."""

    def trades(self, columns: Mapping[str, Any]) -> None:
        """Take trades, cancels and corrections, as `SessionData.apply_trades` does."""

    def quotes(self, columns: Mapping[str, Any]) -> None:
        """Take quotes, as `SessionData.apply_quotes` does."""

    def daily(self, columns: Columns) -> None:
        """Take official daily bars, which stay apart from the session's own."""

    def marker(self, end_ns: int) -> None:
        """Take note that all bars of the interval which ended then have been sent."""

    def status(self, status: FeedStatus) -> None:
        """Take note of what became of the connection."""


@runtime_checkable
class Feed(Protocol):
    """One connection that delivers base bars and, if it can, trades and quotes: anything with these members.

    What is subscribed to is declared, before or after the start. `subscribe` and `unsubscribe` may be called at any
    time and from any thread, inside the sink's methods too. A feed need not connect again by itself: when it says that
    it was lost, it is stopped, and another is opened.
    """

    @property
    def capabilities(self) -> FeedCapabilities:
        """What it can do."""

    def start(self, sink: Sink) -> None:
        """Begin to deliver, on threads of its own; returns at once."""

    def stop(self) -> None:
        """End, and wait until nothing is delivered any more; ending twice is no error."""

    def subscribe(self, symbols: Sequence[str], channels: Collection[Channel] = BARS) -> None:
        """Deliver these too."""

    def unsubscribe(self, symbols: Sequence[str]) -> None:
        """Deliver these no more, on any channel."""


@runtime_checkable
class LiveSource(Source, Protocol):
    """A source that has a live half.

    One that plays a market again has besides a ``clock``, whose time the run goes by (a `LiveClock`), and ``dates``,
    the sessions that it plays. One that holds something has ``close``, which a run calls at its end.
    """

    def open_feed(self) -> Feed:
        """Give a new connection, not started."""
