"""The live half of a source: what a feed is, and where it puts what it has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openbell.sources.columns import Columns

# What becomes of a connection, in the words of an event.
StatusKind = Literal["connecting", "live", "stale", "lost", "restored", "limit", "auth_failed", "closed"]


@dataclass(frozen=True, slots=True)
class FeedCapabilities:
    """What a feed can do.

    Attributes
    ----------
    label
        What it calls itself.
    markers
        Whether it says when it has sent all bars of an interval.
    updates
        Whether it sends bars again with other values.
    max_symbols
        How many symbols one connection takes; None if there is no limit.
    late_window_s
        For how long after its end a bar may still come, in seconds.
    """

    label: str
    markers: bool = False
    updates: bool = False
    max_symbols: int | None = None
    late_window_s: float = 0.0


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """Something happened to the connection; ``terminal`` if trying again will not help."""

    kind: StatusKind
    detail: str = ""
    terminal: bool = False


class Sink(Protocol):
    """Where a feed puts what it has. May be called from any thread, one call at a time."""

    def bars(self, columns: Columns) -> None:
        """Take bars in the order in which they came: new ones, repetitions and updates alike."""

    def marker(self, end_ns: int) -> None:
        """Take note that all bars of the interval which ended then have been sent."""

    def status(self, status: FeedStatus) -> None:
        """Take note of what became of the connection."""


@runtime_checkable
class Feed(Protocol):
    """A live feed of base bars: anything with these members.

    What is subscribed to is declared: a feed that loses its connection asks for all of it again. `subscribe` and
    `unsubscribe` may be called at any time and from any thread, inside the sink's methods too.
    """

    @property
    def capabilities(self) -> FeedCapabilities:
        """What it can do."""

    def start(self, sink: Sink) -> None:
        """Begin to deliver, on threads of its own; returns at once."""

    def stop(self) -> None:
        """End, and wait until nothing is delivered any more; ending twice is no error."""

    def subscribe(self, symbols: Sequence[str]) -> None:
        """Deliver these too."""

    def unsubscribe(self, symbols: Sequence[str]) -> None:
        """Deliver these no more."""
