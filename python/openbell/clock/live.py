"""The time of a live run: the machine's, or that of a market which is played again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class LiveClock(Protocol):
    """Whose time a live run goes by; anything with these members."""

    def now_ns(self) -> int:
        """Give the time, in nanoseconds since 1970 UTC."""

    def seconds_until(self, ts_ns: int) -> float:
        """Give how long it takes until then, in seconds of the machine's time."""

    def idle(self, wake: Callable[[], None], due_ns: int) -> None:
        """Be told that nothing is left to do before ``due_ns``; a played market may go on, and then wakes the run."""


class WallClock:
    """The machine's clock."""

    def now_ns(self) -> int:
        """Give the time, in nanoseconds since 1970 UTC."""
        return time.time_ns()

    def seconds_until(self, ts_ns: int) -> float:
        """Give how long it takes until then, in seconds."""
        return max(0.0, (ts_ns - time.time_ns()) / 1e9)

    def idle(self, wake: Callable[[], None], due_ns: int) -> None:
        """Do nothing: the machine's clock goes on by itself."""
