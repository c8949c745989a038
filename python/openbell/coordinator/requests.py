"""What other threads and callbacks ask of a run: kept in order, served at the boundary between two inputs."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from openbell.session.provision import Provision


@dataclass(eq=False, slots=True)
class Request:
    """One wish.

    Attributes
    ----------
    kind
        ``add`` a strategy symbol, ``remove`` one, or ``let_go`` of an owner's share in one.
    layout
        In place of the config's, for an added symbol.
    owner
        Who lets go.
    graceful
        Whether what is queued of a symbol that is removed is drained first.
    done
        Set when it was served.
    """

    kind: Literal["add", "remove", "let_go"]
    symbol: str
    layout: Provision | None = None
    owner: str | None = None
    graceful: bool = False
    succeeded: bool = False
    done: threading.Event = field(default_factory=threading.Event)

    def finish(self, *, succeeded: bool) -> None:
        """Say what became of it."""
        self.succeeded = succeeded
        self.done.set()


class Requests:
    """The wishes that wait to be served."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._guard = threading.Lock()
        self._waiting: list[Request] = []
        # Taken, and not served yet.
        self._busy: list[Request] = []
        self._closed = False
        self._wake = wake

    def put(self, request: Request) -> bool:
        """Add a wish, and wake a run that stands still; False if it waits already, or the run has ended."""
        with self._guard:
            last = next((r.kind for r in reversed(self._waiting) if r.symbol == request.symbol), None)
            twice = request.kind == last == "add"
            taken = not (twice or self._closed)
            if taken:
                self._waiting.append(request)
        if taken:
            self._wake()
        else:
            request.finish(succeeded=False)
        return taken

    def close(self) -> None:
        """End: what waits is not served any more, and nothing is taken."""
        with self._guard:
            self._closed = True
        for request in self.take():
            request.finish(succeeded=False)

    def adding(self) -> set[str]:
        """Give the symbols that are on their way."""
        with self._guard:
            return {r.symbol for r in (*self._busy, *self._waiting) if r.kind == "add"}

    def cancel_adds(self, symbol: str) -> bool:
        """Take back the wishes for a symbol: a removal wins. Gives whether there was one."""
        with self._guard:
            gone = [r for r in self._waiting if r.kind == "add" and r.symbol == symbol]
            self._waiting = [r for r in self._waiting if r not in gone]
        for request in gone:
            request.finish(succeeded=False)
        return bool(gone)

    def take(self, busy: Container[str] = ()) -> list[Request]:
        """Take what waits, in order; symbols that are busy are not added before they are so no more."""
        with self._guard:
            taken = [r for r in self._waiting if r.kind != "add" or r.symbol not in busy]
            self._waiting = [r for r in self._waiting if r.kind == "add" and r.symbol in busy]
            self._busy += taken
        return taken

    def waits(self, busy: Container[str] = ()) -> bool:
        """Whether anything waits that can be served."""
        return any(r.kind != "add" or r.symbol not in busy for r in self._waiting)

    def served(self, request: Request) -> None:
        """Forget a wish that was served."""
        with self._guard:
            self._busy = [r for r in self._busy if r is not request]

    def kinds_for(self, symbol: str) -> list[str]:
        """Give what is under way for a symbol, in order."""
        with self._guard:
            return [r.kind for r in (*self._busy, *self._waiting) if r.symbol == symbol]

    def __len__(self) -> int:
        return len(self._waiting)

    def __bool__(self) -> bool:
        return bool(self._waiting)
