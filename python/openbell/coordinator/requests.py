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
        # In order.
        self._waiting: dict[Request, None] = {}
        # All that are not served yet, those that were taken included.
        self._under_way: dict[str, list[Request]] = {}
        self._closed = False
        self._wake = wake

    def put(self, request: Request) -> bool:
        """Add a wish, and wake a run that stands still; False if it waits already, or the run has ended."""
        with self._guard:
            waits = (r.kind for r in reversed(self._under_way.get(request.symbol, ())) if r in self._waiting)
            twice = request.kind == next(waits, None) == "add"
            taken = not (twice or self._closed)
            if taken:
                self._waiting[request] = None
                self._under_way.setdefault(request.symbol, []).append(request)
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
            self.served(request)
            request.finish(succeeded=False)

    def adding(self) -> set[str]:
        """Give the symbols that are on their way."""
        with self._guard:
            return {symbol for symbol, asked in self._under_way.items() if any(r.kind == "add" for r in asked)}

    def cancel_adds(self, symbol: str) -> bool:
        """Take back the wishes for a symbol: a removal wins. Gives whether there was one."""
        with self._guard:
            asked = self._under_way.get(symbol, ())
            gone = [r for r in asked if r.kind == "add" and r in self._waiting]
            for request in gone:
                del self._waiting[request]
                self._forget(request)
        for request in gone:
            request.finish(succeeded=False)
        return bool(gone)

    def take(self, busy: Container[str] = ()) -> list[Request]:
        """Take what waits, in order; symbols that are busy are not added before they are so no more."""
        with self._guard:
            taken = [r for r in self._waiting if r.kind != "add" or r.symbol not in busy]
            for request in taken:
                del self._waiting[request]
        return taken

    def waits(self, busy: Container[str] = ()) -> bool:
        """Whether anything waits that can be served."""
        return any(r.kind != "add" or r.symbol not in busy for r in list(self._waiting))

    def served(self, request: Request) -> None:
        """Forget a wish that was served."""
        with self._guard:
            self._forget(request)

    def _forget(self, request: Request) -> None:
        asked = self._under_way[request.symbol]
        asked.remove(request)
        if not asked:
            del self._under_way[request.symbol]

    def kinds_for(self, symbol: str) -> list[str]:
        """Give what is under way for a symbol, in the order in which it was asked for."""
        with self._guard:
            return [r.kind for r in self._under_way.get(symbol, ())]

    def __len__(self) -> int:
        return len(self._waiting)

    def __bool__(self) -> bool:
        return bool(self._waiting)
