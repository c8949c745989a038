"""How fast market time passes, and whether it passes at all."""

from __future__ import annotations

import threading
import time


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

    def wait_until_held(self, timeout_s: float | None = None) -> bool:
        """Wait until the run stands still; False if it did not in time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._held or self._stopped, timeout_s)

    def new_session(self) -> None:
        """Start counting anew: the night takes no time."""
        self._origin = None

    def hold(self, now_ns: int) -> None:
        """Wait until market time may reach ``now_ns``: while paused, and as the speed asks."""
        with self._changed:
            while True:
                if self._paused and not self._stopped:
                    self._held = True
                    self._changed.notify_all()
                    self._changed.wait_for(lambda: not self._paused or self._stopped)
                    self._held = False
                if self._stopped or self.speed == 0.0:
                    return
                if self._origin is None:
                    self._origin = (time.monotonic(), now_ns)
                started_s, started_ns = self._origin
                due_s = started_s + (now_ns - started_ns) / 1e9 / self.speed
                left_s = due_s - time.monotonic()
                if left_s <= 0:
                    return
                self._changed.wait(left_s)
