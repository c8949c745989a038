"""A feed that fails as live feeds do, by script: the same script, the same failures."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from openbell.sources.feed import BARS, FeedStatus

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from openbell._core import Interval
    from openbell.clock.live import LiveClock
    from openbell.sources import Capabilities, Columns, LiveSource, RefusedRows
    from openbell.sources.feed import Channel, Feed, FeedCapabilities, Sink

FaultKind = Literal["mute", "drop", "duplicate", "reorder", "delay", "skew", "disconnect", "close", "limit", "torn"]
KINDS: tuple[FaultKind, ...] = get_args(FaultKind)
SECOND_NS = 1_000_000_000
SILENT = frozenset({"mute", "disconnect", "close", "limit"})


@dataclass(frozen=True, slots=True)
class Fault:
    """One failure, in market time: of bars that open within ``[start_ns, end_ns)``.

    Attributes
    ----------
    kind
        ``mute``
            Nothing comes, and nothing is said.
        ``drop``
            The bars of some symbols are lost.
        ``duplicate``
            What comes comes twice.
        ``reorder``, ``delay``
            What comes is held until the end, and then comes backwards, or in order.
        ``skew``
            Markers are wrong by ``seconds``.
        ``disconnect``
            Nothing comes; the loss is said, and the return.
        ``close``
            The connection is closed, and nothing comes after.
        ``limit``
            Nothing comes; the provider says why: ``detail``, such as ``406 connection limit`` or ``429 too many
            requests``.
        ``torn``
            Of each batch the first half comes, and then the connection is lost until the next.
    symbols
        Whose bars are lost by ``drop``; all if None.
    """

    kind: FaultKind
    start_ns: int
    end_ns: int
    symbols: frozenset[str] | None = None
    seconds: float = 0.0
    detail: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault {self.kind!r}; there are {', '.join(KINDS)}")
        if self.end_ns <= self.start_ns:
            raise ValueError(f"{self.kind}: it ends at {self.end_ns}, before it begins at {self.start_ns}")


def random_faults(
    seed: int,
    start_ns: int,
    end_ns: int,
    count: int,
    *,
    kinds: Sequence[FaultKind] = KINDS,
    symbols: Sequence[str] = (),
) -> list[Fault]:
    """Give a script: so many faults one after the other within a time, the same for the same seed.

    Parameters
    ----------
    symbols
        Of which ``drop`` takes some; without any, it takes all.
    """
    chance = random.Random(seed)  # noqa: S311  # a script, not a secret
    cuts = sorted(chance.sample(range(start_ns // SECOND_NS, end_ns // SECOND_NS), 2 * count))
    faults = []
    for place in range(count):
        kind = chance.choice(list(kinds))
        some = frozenset(name for name in symbols if chance.random() < 0.5) or None
        limit = chance.choice(["406 connection limit exceeded", "429 too many requests"])
        faults.append(
            Fault(
                kind,
                cuts[2 * place] * SECOND_NS,
                cuts[2 * place + 1] * SECOND_NS,
                symbols=some if kind == "drop" else None,
                seconds=chance.uniform(-30, 30) if kind == "skew" else 0.0,
                detail=limit if kind == "limit" else "",
            )
        )
    return faults


@dataclass(slots=True)
class Lost:
    """Bars that did not come: symbols and opens, in order."""

    rows: list[tuple[str, int]] = field(default_factory=list)

    def add(self, columns: Columns) -> None:
        """Note them all."""
        self.rows += [
            (columns.names[i], int(ts)) for i, ts in zip(columns.symbol.tolist(), columns.ts.tolist(), strict=True)
        ]


class FaultyFeed:
    """Passes on what a feed delivers, but for the faults of a script.

    Parameters
    ----------
    feed
        The feed that works.
    faults
        One after the other: of two at one time the first counts. Those of the past do not come again: a connection that
        is made within the time of a fault has it too.
    lost
        Where the bars that it swallows are noted; a list of its own if not given.

    Attributes
    ----------
    lost
        The bars that it swallowed.
    """

    def __init__(self, feed: Feed, faults: Iterable[Fault], *, lost: Lost | None = None) -> None:
        self._feed = feed
        self._faults = tuple(faults)
        self.lost = lost or Lost()

    @property
    def capabilities(self) -> FeedCapabilities:
        """Those of the feed."""
        return self._feed.capabilities

    def subscribe(self, symbols: Sequence[str], channels: Collection[Channel] = BARS) -> None:
        """Deliver these too."""
        self._feed.subscribe(symbols, channels)

    def unsubscribe(self, symbols: Sequence[str]) -> None:
        """Deliver these no more."""
        self._feed.unsubscribe(symbols)

    def start(self, sink: Sink) -> None:
        """Begin to deliver what is left."""
        self._feed.start(_Tap(sink, self._faults, self.lost))

    def stop(self) -> None:
        """End."""
        self._feed.stop()


class FaultySource:
    """A live source whose connections fail by script, and whose history may fail too.

    Parameters
    ----------
    source
        The one that works.
    faults
        For all connections together; see `FaultyFeed`.
    history_fails
        How many of the first requests for history that a run makes while it plays fail.

    Attributes
    ----------
    lost
        The bars that connections swallowed.
    opened
        How many connections were opened.
    """

    def __init__(self, source: LiveSource, faults: Iterable[Fault], *, history_fails: int = 0) -> None:
        self._source = source
        self._faults = tuple(faults)
        self._fails_left = history_fails
        self.lost = Lost()
        self.opened = 0

    @property
    def interval(self) -> Interval:
        """Of the bars."""
        return self._source.interval

    @property
    def capabilities(self) -> Capabilities:
        """Those of the source."""
        return self._source.capabilities

    @property
    def refused(self) -> RefusedRows:
        """Those of the source."""
        return self._source.refused

    @property
    def clock(self) -> LiveClock | None:
        """That of the source, if it has one."""
        return getattr(self._source, "clock", None)

    @property
    def dates(self) -> Sequence[dt.date] | None:
        """Those that the source plays, if it plays any."""
        return getattr(self._source, "dates", None)

    def symbols(self) -> tuple[str, ...]:
        """Those of the source."""
        return self._source.symbols()

    def span(self) -> tuple[int, int] | None:
        """Give that of the source."""
        return self._source.span()

    def history(self, symbols: Sequence[str] | None, start_ns: int, end_ns: int) -> Columns:
        """Give what the source gives, or fail."""
        if self.opened and self._fails_left > 0:
            self._fails_left -= 1
            raise ConnectionError("503 service unavailable, by script")
        return self._source.history(symbols, start_ns, end_ns)

    def close(self) -> None:
        """Close the source, if it can be."""
        close = getattr(self._source, "close", None)
        if close is not None:
            close()

    def open_feed(self) -> FaultyFeed:
        """Give a connection that fails."""
        self.opened += 1
        return FaultyFeed(self._source.open_feed(), self._faults, lost=self.lost)


class _Tap:
    """The sink of the feed that works."""

    def __init__(self, sink: Sink, faults: Sequence[Fault], lost: Lost) -> None:
        self._sink = sink
        self._faults = faults
        self._lost = lost
        self._fault: Fault | None = None
        self._held: list[Columns] = []
        self._closed = False

    def bars(self, columns: Columns) -> None:
        # A batch is of one interval: it has one time.
        self._at(int(columns.ts.max()))
        fault = self._fault
        if self._closed or (fault is not None and fault.kind in SILENT):
            self._lost.add(columns)
        elif fault is None or fault.kind == "skew":
            self._sink.bars(columns)
        elif fault.kind == "drop":
            self._drop(columns, fault)
        elif fault.kind == "duplicate":
            self._sink.bars(columns)
            self._sink.bars(columns)
        elif fault.kind == "torn":
            self._tear(columns)
        else:
            self._held.append(columns)

    def trades(self, columns: Mapping[str, Any]) -> None:
        self._ticks(columns, self._sink.trades)

    def quotes(self, columns: Mapping[str, Any]) -> None:
        self._ticks(columns, self._sink.quotes)

    def daily(self, columns: Columns) -> None:
        if not self._closed and (self._fault is None or self._fault.kind not in SILENT):
            self._sink.daily(columns)

    def _ticks(self, columns: Mapping[str, Any], pass_on: Callable[[Mapping[str, Any]], None]) -> None:
        """Pass ticks on, unless nothing comes at all."""
        self._at(int(np.max(columns["ts"])))
        if not self._closed and (self._fault is None or self._fault.kind not in SILENT):
            pass_on(columns)

    def marker(self, end_ns: int) -> None:
        self._at(end_ns)
        fault = self._fault
        if self._closed or (fault is not None and fault.kind not in {"skew", "drop", "duplicate"}):
            return
        shift_ns = round(fault.seconds * SECOND_NS) if fault is not None and fault.kind == "skew" else 0
        self._sink.marker(end_ns + shift_ns)

    def status(self, status: FeedStatus) -> None:
        if not self._closed:
            self._leave()
            self._sink.status(status)

    def _at(self, ts: int) -> None:
        """Begin and end faults as market time goes on."""
        if self._fault is not None and ts >= self._fault.end_ns:
            self._leave()
        if self._fault is None and not self._closed:
            self._fault = next((f for f in self._faults if f.start_ns <= ts < f.end_ns), None)
            if self._fault is not None:
                self._enter(self._fault)

    def _enter(self, fault: Fault) -> None:
        if fault.kind == "disconnect":
            self._sink.status(FeedStatus("lost", fault.detail or "connection reset"))
        elif fault.kind == "limit":
            self._sink.status(FeedStatus("limit", fault.detail or "429 too many requests"))
        elif fault.kind == "close":
            self._closed = True
            self._sink.status(FeedStatus("closed", fault.detail or "closed by the other side"))

    def _leave(self) -> None:
        fault, self._fault = self._fault, None
        if fault is None:
            return
        held, self._held = self._held, []
        for columns in reversed(held) if fault.kind == "reorder" else held:
            self._sink.bars(columns)
        if fault.kind in {"disconnect", "limit"}:
            self._sink.status(FeedStatus("restored"))

    def _drop(self, columns: Columns, fault: Fault) -> None:
        gone = np.array([fault.symbols is None or name in fault.symbols for name in columns.names])[columns.symbol]
        self._lost.add(columns.take(gone))
        if not gone.all():
            self._sink.bars(columns.take(~gone))

    def _tear(self, columns: Columns) -> None:
        half = len(columns) // 2
        if half:
            self._sink.bars(columns.take(slice(0, half)))
        self._lost.add(columns.take(slice(half, len(columns))))
        self._sink.status(FeedStatus("lost", "the frame was torn"))
        self._sink.status(FeedStatus("restored"))
