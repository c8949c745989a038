"""A feed that fails as live feeds do, by script: the same script, the same failures."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from openbell.sources.feed import FeedStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from openbell.sources import Columns
    from openbell.sources.feed import Feed, FeedCapabilities, Sink

FaultKind = Literal["mute", "drop", "duplicate", "reorder", "delay", "skew", "disconnect", "close", "limit", "torn"]
KINDS: tuple[FaultKind, ...] = get_args(FaultKind)
SECOND_NS = 1_000_000_000


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
        One after the other: of two at one time the first counts.

    Attributes
    ----------
    lost
        The bars that it swallowed.
    """

    def __init__(self, feed: Feed, faults: Iterable[Fault]) -> None:
        self._feed = feed
        self._faults = tuple(faults)
        self.lost = Lost()

    @property
    def capabilities(self) -> FeedCapabilities:
        """Those of the feed."""
        return self._feed.capabilities

    def subscribe(self, symbols: Sequence[str]) -> None:
        """Deliver these too."""
        self._feed.subscribe(symbols)

    def unsubscribe(self, symbols: Sequence[str]) -> None:
        """Deliver these no more."""
        self._feed.unsubscribe(symbols)

    def start(self, sink: Sink) -> None:
        """Begin to deliver what is left."""
        self._feed.start(_Tap(sink, self._faults, self.lost))

    def stop(self) -> None:
        """End."""
        self._feed.stop()


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
        if self._closed or (fault is not None and fault.kind in {"mute", "disconnect", "close", "limit"}):
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
