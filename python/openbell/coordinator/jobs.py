"""What may take long is done beside the run, one job after the other; the run's own thread takes the outcome."""

from __future__ import annotations

import itertools
import logging
import queue
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from openbell.sources.inbox import Inbox

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job: its result, or what it raised."""

    result: Any = None
    error: Exception | None = None

    @property
    def reason(self) -> str:
        """What it raised, in one line; empty if nothing."""
        return "" if self.error is None else f"{type(self.error).__name__}: {self.error}"


@dataclass(frozen=True, slots=True, order=True)
class _Job:
    """What is to be done, in order of urgency; one without work is the end."""

    urgency: int
    order: int
    work: Callable[[], Any] | None = field(default=None, compare=False)
    then: Callable[[Outcome], None] | None = field(default=None, compare=False)


class Jobs:
    """A thread that asks sources, since others must not wait for them.

    Parameters
    ----------
    inbox
        Where outcomes go.
    per_minute
        How many jobs are begun a minute at most, as the source allows.
    """

    def __init__(self, inbox: Inbox, *, per_minute: float | None = None) -> None:
        self._inbox = inbox
        self._apart_s = 60.0 / per_minute if per_minute else 0.0
        self._queue: queue.PriorityQueue[_Job] = queue.PriorityQueue()
        self._order = itertools.count()
        self._last_s = time.monotonic()
        self._guard = threading.Lock()
        self._open = 0
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def submit(self, work: Callable[[], Any], then: Callable[[Outcome], None], *, urgent: bool = False) -> None:
        """Do ``work`` beside the run, and have the run call ``then``; what is urgent comes before what is not."""
        with self._guard:
            if not self._open:
                self._last_s = time.monotonic()
            self._open += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="openbell-history", daemon=True)
                self._thread.start()
        self._queue.put(_Job(0 if urgent else 1, next(self._order), work, then))

    @property
    def open(self) -> int:
        """How many jobs have no outcome yet that the run has taken."""
        return self._open

    @property
    def silent_s(self) -> float:
        """For how long no job has had an outcome, in seconds."""
        return time.monotonic() - self._last_s

    def _run(self) -> None:
        next_s = 0.0
        while (job := self._queue.get()).work is not None:
            work, then = job.work, job.then
            if self._ending.wait(max(0.0, next_s - time.monotonic())):
                continue
            next_s = time.monotonic() + self._apart_s
            try:
                outcome = Outcome(work())
            except Exception as error:  # noqa: BLE001  # whatever a source raises is for who asked
                outcome = Outcome(error=error)
            self._inbox.call(lambda then=then, outcome=outcome: self._done(then, outcome))  # type: ignore[misc]

    def _done(self, then: Callable[[Outcome], None] | None, outcome: Outcome) -> None:
        with self._guard:
            self._open -= 1
            self._last_s = time.monotonic()
        if then is not None:
            then(outcome)

    def close(self, timeout_s: float = 10.0) -> bool:
        """End when the running job is done; what waits is not done. False if it did not end in time."""
        self._ending.set()
        self._queue.put(_Job(0, -1))
        if self._thread is not None:
            self._thread.join(timeout_s)
            return not self._thread.is_alive()
        return True
