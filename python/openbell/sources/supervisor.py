"""Keeping connections alive: back-off, staleness, symbols spread over as many connections as they need."""

from __future__ import annotations

import logging
import math
import random
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from openbell.errors import CapacityError
from openbell.sources.feed import BARS, FeedStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from openbell.sources.columns import Columns
    from openbell.sources.feed import Channel, Feed
    from openbell.sources.inbox import Inbox

logger = logging.getLogger(__name__)

SECOND_NS = 1_000_000_000
# Waits before another connection is made: the first, the longest, and what each is longer than the one before.
FIRST_S, LONGEST_S, FACTOR = 1.0, 60.0, 2.0
# A silence that would happen by chance less often than this is no chance.
CHANCE = 1e-6
DOWN = frozenset({"lost", "closed", "limit"})

LinkState = Literal["connecting", "live", "waiting", "failed", "ended", "stopped"]


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """One connection.

    Attributes
    ----------
    state
        ``connecting``, ``live``, ``waiting`` (to connect again), ``failed`` (for good), ``ended`` (all was delivered),
        ``stopped``.
    symbols
        How many it carries.
    reconnects
        How often it was made again after it was lost.
    detail
        What was said last.
    """

    state: LinkState
    symbols: int
    reconnects: int
    detail: str


@dataclass(eq=False, slots=True)
class Link:
    """A place for a connection, and the one that is there now."""

    number: int
    symbols: set[str] = field(default_factory=set)
    feed: Feed | None = None
    state: LinkState = "stopped"
    # Connections tried since one delivered, all of them, and those that were made since one was lost.
    failures: int = 0
    opened: int = 0
    remade: int = 0
    due_ns: int = 0
    # Since when it is silent, and since when nothing is known for sure.
    heard_ns: int = 0
    down_since_ns: int | None = None
    marked_ns: int | None = None
    detail: str = ""


class _LinkSink:
    """Puts what one connection delivers into the inbox; what came before its end still counts."""

    def __init__(self, inbox: Inbox, link: Link, number: int) -> None:
        self._inbox = inbox
        self._origin = (link, number)

    def bars(self, columns: Columns) -> None:
        self._inbox.put("bars", columns, self._origin)

    def trades(self, columns: Mapping[str, Any]) -> None:
        self._inbox.put("trades", dict(columns), self._origin)

    def quotes(self, columns: Mapping[str, Any]) -> None:
        self._inbox.put("quotes", dict(columns), self._origin)

    def daily(self, columns: Columns) -> None:
        self._inbox.put("daily", columns, self._origin)

    def marker(self, end_ns: int) -> None:
        self._inbox.put("marker", end_ns, self._origin)

    def status(self, status: FeedStatus) -> None:
        self._inbox.put("status", status, self._origin)


class Supervisor:
    """Keeps symbols subscribed, whatever becomes of connections. Only the run's own thread calls it.

    It has no threads and no clock of its own: `tick` says what time it is.

    Parameters
    ----------
    open_feed
        Gives a new connection.
    inbox
        Where connections deliver.
    told
        Called with a status, and the symbols that it concerns.
    silence
        Gives the logarithm of the chance that none of some symbols has a bar in one interval.
    interval_ns, patience_ns
        How long an interval is, and how long after its end a bar may come.
    channels
        What is subscribed to, of what the feed can deliver.
    seed
        Of the jitter.
    """

    def __init__(
        self,
        open_feed: Callable[[], Feed],
        inbox: Inbox,
        *,
        told: Callable[[FeedStatus, frozenset[str], int | None], None],
        silence: Callable[[Collection[str]], float],
        interval_ns: int,
        patience_ns: int,
        channels: Collection[Channel] = BARS,
        seed: int | None = None,
    ) -> None:
        self._open = open_feed
        self._inbox = inbox
        self._told = told
        self._silence = silence
        self._interval_ns = interval_ns
        self._patience_ns = patience_ns
        self._chance = random.Random(seed)  # noqa: S311  # jitter, not a secret
        first = open_feed()
        self.capabilities = first.capabilities
        can = first.capabilities.channels
        # Bars are made of trades where there are none.
        self.channels: tuple[Channel, ...] = tuple(
            c for c in dict.fromkeys((*channels, "trades" if "bars" not in can else "bars")) if c in can
        )
        self._spare: Feed | None = first
        self._links: list[Link] = []
        self._by_symbol: dict[str, Link] = {}
        self._closing: list[threading.Thread] = []

    # What is subscribed to

    def room(self) -> float:
        """Give how many more symbols there is room for."""
        most, links = self.capabilities.max_symbols, self.capabilities.max_connections
        if most is None:
            return math.inf
        return math.inf if links is None else most * links - len(self._by_symbol)

    def subscribe(self, symbols: Iterable[str], now_ns: int) -> None:
        """Have these delivered too.

        Raises
        ------
        CapacityError
            If there is no room for them; none is subscribed to then.
        """
        wanted = sorted(set(symbols) - self._by_symbol.keys())
        if len(wanted) > self.room():
            raise CapacityError(
                f"{self.capabilities.label} takes {self.capabilities.max_symbols} symbols a connection and "
                f"{self.capabilities.max_connections} connections: there is room for {self.room():.0f} more, not for "
                f"{len(wanted)}"
            )
        most = self.capabilities.max_symbols or len(self._by_symbol) + len(wanted)
        for link in self._links:
            mine, wanted = wanted[: max(0, most - len(link.symbols))], wanted[max(0, most - len(link.symbols)) :]
            self._give(link, mine)
        while wanted:
            link = Link(len(self._links))
            self._links.append(link)
            mine, wanted = wanted[:most], wanted[most:]
            self._give(link, mine)
            self._connect(link, now_ns)

    def unsubscribe(self, symbols: Iterable[str]) -> None:
        """Have these delivered no more; a connection that carries none stays for the next."""
        by_link: dict[int, list[str]] = {}
        for symbol in symbols:
            link = self._by_symbol.pop(symbol, None)
            if link is not None:
                link.symbols.discard(symbol)
                by_link.setdefault(link.number, []).append(symbol)
        for number, names in by_link.items():
            feed = self._links[number].feed
            if feed is not None:
                self._guarded(self._links[number], feed.unsubscribe, names)

    def _give(self, link: Link, symbols: Sequence[str]) -> None:
        if not symbols:
            return
        link.symbols.update(symbols)
        self._by_symbol.update(dict.fromkeys(symbols, link))
        if link.feed is not None:
            self._guarded(link, link.feed.subscribe, symbols, self.channels)

    def _guarded(self, link: Link, call: Callable[..., None], *args: object) -> None:
        """Call a connection; one that raises is as good as lost."""
        try:
            call(*args)
        except Exception as error:
            logger.exception("%s failed", self.capabilities.label)
            self._inbox.put("status", FeedStatus("lost", f"{type(error).__name__}: {error}"), (link, link.opened))

    # Connections

    def _connect(self, link: Link, now_ns: int) -> None:
        link.opened += 1
        link.state, link.heard_ns = "connecting", now_ns
        feed, self._spare = self._spare or self._open(), None
        link.feed = feed
        self._tell(link, FeedStatus("connecting", f"connection {link.number + 1}, try {link.failures + 1}"))

        def begin() -> None:
            feed.subscribe(sorted(link.symbols), self.channels)
            feed.start(_LinkSink(self._inbox, link, link.opened))

        self._guarded(link, begin)

    def _disconnect(self, link: Link) -> None:
        """Let go of a connection; its end may take a while, for which nobody waits."""
        feed, link.feed = link.feed, None
        if feed is not None:
            closing = threading.Thread(target=self._stop, args=(feed,), name="openbell-closing", daemon=True)
            closing.start()
            self._closing = [thread for thread in self._closing if thread.is_alive()]
            self._closing.append(closing)

    def _stop(self, feed: Feed) -> None:
        try:
            feed.stop()
        except Exception:
            logger.exception("%s could not be closed", self.capabilities.label)

    def heard(self, origin: object, now_ns: int) -> None:
        """Take note that a connection has delivered something."""
        link = self._current(origin)
        if link is None:
            return
        link.heard_ns = now_ns
        link.failures = 0
        if link.state != "live":
            self._is_live(link, "restored" if link.down_since_ns is not None else "live", "it delivers")

    def marked(self, origin: object, end_ns: int) -> int | None:
        """Take note that a connection has sent all up to a time; gives up to when all have, None if one never said."""
        link = self._current(origin)
        if link is None:
            return None
        link.marked_ns = end_ns
        marks = [other.marked_ns for other in self._links if other.state == "live" and other.symbols]
        return None if None in marks else min(m for m in marks if m is not None) if marks else None

    def status(self, origin: object, status: FeedStatus, now_ns: int) -> None:
        """Take note of what a connection said."""
        link = self._current(origin)
        if link is None:
            return
        link.detail = status.detail or status.kind
        if status.kind == "ended":
            link.state = "ended"
            self._tell(link, status)
        elif status.terminal or status.kind == "auth_failed":
            link.state = "failed"
            self._disconnect(link)
            self._tell(link, status)
        elif status.kind in DOWN:
            self._lose(link, status, now_ns)
        elif status.kind in {"live", "restored"}:
            link.heard_ns = now_ns
            self._is_live(link, "restored" if link.down_since_ns is not None else "live", status.detail)

    def _is_live(self, link: Link, kind: Literal["live", "restored"], detail: str) -> None:
        since_ns, link.down_since_ns = link.down_since_ns, None
        link.state = "live"
        logger.info("%s: connection %d is %s", self.capabilities.label, link.number + 1, kind)
        self._told(FeedStatus(kind, detail), frozenset(link.symbols), since_ns)

    def _lose(self, link: Link, status: FeedStatus, now_ns: int) -> None:
        """Have another connection made, unless this one says in time that it is back."""
        if link.down_since_ns is None:
            link.down_since_ns = link.heard_ns
        if link.state != "waiting":
            longest_s = min(FIRST_S * FACTOR**link.failures, LONGEST_S)
            wait_s = self._chance.uniform(longest_s / 2, longest_s)
            link.failures += 1
            link.state, link.due_ns = "waiting", now_ns + round(wait_s * SECOND_NS)
            logger.warning(
                "%s: connection %d %s: %s; again in %.1f s",
                self.capabilities.label, link.number + 1, status.kind, status.detail, wait_s,
            )  # fmt: skip
        self._tell(link, status)

    def _current(self, origin: object) -> Link | None:
        """Give the link that something came from, None if its connection was given up since."""
        if not isinstance(origin, tuple):
            return None
        link, number = origin
        return link if isinstance(link, Link) and number == link.opened and link.feed is not None else None

    def _tell(self, link: Link, status: FeedStatus) -> None:
        self._told(status, frozenset(link.symbols), link.down_since_ns)

    # Time

    def tick(self, now_ns: int) -> None:
        """Make the connections that are due, and give up those that are silent beyond chance."""
        for link in self._links:
            if link.state == "waiting" and now_ns >= link.due_ns:
                self._disconnect(link)
                link.remade += 1
                self._connect(link, now_ns)
            elif link.state in {"live", "connecting"} and link.symbols:
                self._listen(link, now_ns)

    def _listen(self, link: Link, now_ns: int) -> None:
        intervals = (now_ns - link.heard_ns - self._patience_ns) // self._interval_ns
        if intervals < 1:
            return
        chance = self._silence(link.symbols) * intervals
        if chance < math.log(CHANCE):
            seconds = (now_ns - link.heard_ns) / SECOND_NS
            detail = f"nothing came for {seconds:.0f} s"
            self._lose(link, FeedStatus("stale", detail), now_ns)

    def rest(self, now_ns: int) -> None:
        """Take silence so far for granted: nothing was due."""
        for link in self._links:
            link.heard_ns = max(link.heard_ns, now_ns)

    def next_due(self) -> int | None:
        """Give when the next connection is to be made."""
        return min((link.due_ns for link in self._links if link.state == "waiting"), default=None)

    @property
    def links(self) -> tuple[LinkStatus, ...]:
        """How the connections are."""
        return tuple(LinkStatus(link.state, len(link.symbols), link.remade, link.detail) for link in self._links)

    def is_over(self) -> bool:
        """Whether no connection will deliver any more."""
        return bool(self._links) and all(link.state in {"ended", "failed"} for link in self._links)

    def failure(self) -> str | None:
        """Say why the connections failed for good; None unless all did."""
        failed = [link.detail for link in self._links if link.state == "failed"]
        return failed[0] if failed and len(failed) == len(self._links) else None

    def open(self, now_ns: int) -> None:
        """Make the connections that were closed again."""
        for link in self._links:
            if link.state == "stopped" and link.symbols:
                link.failures, link.down_since_ns, link.marked_ns = 0, None, None
                self._connect(link, now_ns)

    def close(self, timeout_s: float = 10.0) -> bool:
        """End all connections; False if one did not end in time."""
        for link in self._links:
            link.state = "stopped"
            self._disconnect(link)
        if self._spare is not None:
            self._stop(self._spare)
            self._spare = None
        for thread in self._closing:
            thread.join(timeout_s)
        return not any(thread.is_alive() for thread in self._closing)
