"""What is missing of a live session: found, asked for beside the run, and put in its place."""

from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING

from openbell.quality import GapLedger
from openbell.sources import GapFiller

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openbell.clock import LiveClock
    from openbell.config.sections import SessionDataConfig
    from openbell.coordinator.jobs import Jobs, Outcome
    from openbell.quality import GapRecord
    from openbell.session import SessionData
    from openbell.sources import Source
    from openbell.sources.filler import GapRequest

logger = logging.getLogger(__name__)

SECOND_NS = 1_000_000_000
# How many symbols are looked at before what has come has its turn.
TOGETHER = 500


class LiveGaps:
    """The gaps of a live run; only its own thread calls this.

    Attributes
    ----------
    ledger
        What is missing, and what became of it.
    """

    def __init__(
        self, template: SessionDataConfig, session: SessionData, source: Source, jobs: Jobs, clock: LiveClock
    ) -> None:
        self._session = session
        self._jobs = jobs
        self._clock = clock
        self._base_ns = source.interval.nanos
        self._apart_ns = round(template.gap_filler.retry_interval_seconds * SECOND_NS)
        self._tries = template.gap_filler.max_retries + 2
        self.ledger = GapLedger(
            max_retries=template.gap_filler.max_retries,
            retry_interval_s=template.gap_filler.retry_interval_seconds,
            changed=self._changed,
        )
        self._filler = GapFiller(session, source, self.ledger)
        self._look_ns = 0
        self._to_look: list[str] = []
        self._asked = 0

    @property
    def delay_ns(self) -> int:
        """For how long after its end a bar may still be missing in history."""
        return self._filler.delay_ns

    @property
    def longest_ns(self) -> int:
        """How long it takes until a gap has been asked for as often as it may be."""
        return self._tries * self._apart_ns

    def look(self, symbols: Iterable[str] | None = None, *, whole: bool = False) -> None:
        """Note what is missing, and what is not any more; ``whole`` if history may not have the end of it yet."""
        self._filler.look(symbols, whole=whole)

    def tick(self, *, in_session: bool) -> None:
        """Look now and then, some symbols at a time, and ask for what is due."""
        now_ns = self._clock.now_ns()
        if in_session and now_ns >= self._look_ns:
            self._look_ns = now_ns + self._apart_ns
            self._to_look = self._session.symbol_names()
        if self._to_look:
            some, self._to_look = self._to_look[:TOGETHER], self._to_look[TOGETHER:]
            self.look(some)
        if self._to_look:
            return
        due_ns = self.ledger.next_due()
        # What becomes due meanwhile is asked for together, after this.
        if self._asked or due_ns is None or due_ns > (self._session.now_ns or 0):
            return
        for request in self._filler.due():
            self._asked += 1
            self._jobs.submit(
                functools.partial(self._filler.fetch, request), functools.partial(self._answered, request)
            )

    def next_due(self) -> int | None:
        """Give when there is something to look at or to ask for; 0 is at once."""
        if self._to_look:
            return 0
        return None if self._asked else self.ledger.next_due()

    def _answered(self, request: GapRequest, outcome: Outcome) -> None:
        self._asked -= 1
        self._filler.settle(request, outcome.result, outcome.reason)

    def ask_again(self, symbols: Iterable[str], first_ns: int, end_ns: int, why: str) -> None:
        """Ask for bars that came and are not to be trusted, or were dropped."""
        due_ns = self._clock.now_ns() + self.delay_ns
        start_ns = first_ns // self._base_ns * self._base_ns
        for symbol in symbols:
            if self._session.has_symbol(symbol):
                self.ledger.drop(symbol, start_ns, end_ns, due_ns, why)

    def forget(self, symbol: str) -> None:
        """Drop everything about a symbol that was removed."""
        self._filler.forget(symbol)

    def is_settled(self) -> bool:
        """Whether nothing is to become of any gap any more."""
        return self.ledger.is_settled() and not self._jobs.open

    def _changed(self, record: GapRecord) -> None:
        self._session.board.publish("gap", record.symbol, record)
