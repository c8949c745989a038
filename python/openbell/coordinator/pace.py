"""How fast market time passes, and whether it passes at all."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Pace:
    """Holds a run back to a speed, holds it while it is paused, and ends it when it is stopped.

    Only the thread that runs waits here; others signal.
    """

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self._changed = threading.Condition()
        self._stopped = False
        self._paused = False
        self._held = False
        self._poked = False
        self._origin: tuple[float, int] | None = None

    def stopped(self) -> bool:
        """Whether the run is to end."""
        return self._stopped

    def paused(self) -> bool:
        """Whether the run is to hold."""
        return self._paused

    def stop(self) -> None:
        """End the run at the next step."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def pause(self) -> None:
        """Hold the run at the next step."""
        with self._changed:
            self._paused = True
            self._changed.notify_all()

    def resume(self) -> None:
        """Let the run go on."""
        with self._changed:
            self._paused = False
            self._origin = None
            self._changed.notify_all()

    def poke(self) -> None:
        """Wake a run that stands still, so that it serves a request."""
        with self._changed:
            self._poked = True
            self._changed.notify_all()

    def wait_until_held(self, timeout_s: float | None = None) -> bool:
        """Wait until the run stands still; False if it did not in time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._held or self._stopped, timeout_s)

    def new_session(self) -> None:
        """Start counting anew: the night takes no time."""
        self._origin = None

    def hold(self, now_ns: int, serve: Callable[[], None]) -> None:
        """Wait until market time may reach ``now_ns``: while paused, and as the speed asks.

        ``serve`` is called, without the lock, before and whenever somebody pokes.
        """
        while True:
            with self._changed:
                self._poked = False
            serve()
            with self._changed:
                if self._paused and not self._stopped:
                    self._held = True
                    self._changed.notify_all()
                    self._changed.wait_for(lambda: not self._paused or self._stopped or self._poked)
                    self._held = False
                    if self._poked or self._paused:
                        continue
                left_s = self._left_s(now_ns)
                if self._stopped or left_s <= 0:
                    return
                self._changed.wait_for(lambda: self._poked or self._paused or self._stopped, left_s)

    def behind_s(self, now_ns: int) -> float:
        """Give how late market time reaches ``now_ns``, in seconds of market time."""
        return max(0.0, -self._left_s(now_ns)) * self.speed

    def _left_s(self, now_ns: int) -> float:
        """Give how long market time is held back, in seconds."""
        if self.speed == 0.0:
            return 0.0
        if self._origin is None:
            self._origin = (time.monotonic(), now_ns)
        started_s, started_ns = self._origin
        return started_s + (now_ns - started_ns) / 1e9 / self.speed - time.monotonic()
