"""The symbols of a live run: the stream first, the past beside it, and then both together."""

from __future__ import annotations

import functools
import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from openbell.clock.session import day_number
from openbell.coordinator.adhoc import Grant
from openbell.coordinator.late import NO_BARS, build
from openbell.coordinator.members import Members
from openbell.errors import CapacityError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from numpy.typing import NDArray

    from openbell._core import SessionCore
    from openbell.coordinator.gaps import LiveGaps
    from openbell.coordinator.jobs import Jobs, Outcome
    from openbell.coordinator.requests import Request
    from openbell.session.provision import Provision
    from openbell.session.wishes import Wish
    from openbell.sources import Columns
    from openbell.sources.inbox import Inbox
    from openbell.sources.supervisor import Supervisor

logger = logging.getLogger(__name__)

# A symbol of which none of so many sessions has a bar is unknown to the source.
LOOKED_BACK = 5
REMOVED = "removed meanwhile"


@dataclass(eq=False, slots=True)
class Join:
    """Symbols that something is being loaded for, and what the stream brought of them meanwhile.

    Attributes
    ----------
    deadline_s
        When symbols that are new go on without their history; None for those that are there.
    late
        Whether they did, since it took too long or failed.
    """

    layouts: dict[str, Provision]
    then: Callable[[AbstractSet[str], str], None]
    deadline_s: float | None = None
    tries: int = 0
    late: bool = False
    due_ns: int | None = None
    buffer: list[Columns] = field(default_factory=list)


class LiveMembers(Members):
    """Serves what callbacks and other threads ask for while the stream goes on. Others never wait for one that joins.

    Its stream begins first and is kept; its history is loaded beside the run, up to then; then both are put together,
    in order, each bar once, and the symbol is there at once with all that it has.
    """

    def attach(
        self,
        supervisor: Supervisor,
        jobs: Jobs,
        inbox: Inbox,
        gaps: LiveGaps,
        *,
        queue_s: float,
        timeout_s: float,
        retries: int,
        retry_s: float,
    ) -> None:
        """Say where streams and history come from."""
        self._supervisor = supervisor
        self._jobs = jobs
        self._inbox = inbox
        self._gaps = gaps
        self._queue_s = queue_s
        self._timeout_s = timeout_s
        self._retries = retries
        self._retry_ns = round(retry_s * 1e9)
        self._joins: dict[str, Join] = {}
        self.busy = self._joins
        self.strangers = 0
        no_number = np.empty(0, dtype=np.uint32)
        self._last: tuple[tuple[str, ...], int, NDArray[np.bool_] | None, NDArray[np.uint32]] = (
            (),
            -1,
            None,
            no_number,
        )
        # Up to when bars in progress are closed.
        self.clock_ns: int | None = None

    def _now_ns(self) -> int:
        return self._setup.time_manager.now_ns

    # The stream

    def stream(self, columns: Columns) -> Columns | None:
        """Keep what is of symbols that join, and give what is to be applied now."""
        if self._joins:
            self._keep(columns)
        known = self._known(columns.names)[0]
        if known is None:
            return columns
        rows = known[columns.symbol]
        joins = np.array([name in self._joins for name in columns.names], dtype=bool)[columns.symbol]
        self.strangers += int(np.count_nonzero(~rows & ~joins))
        return columns.take(rows) if rows.any() else None

    def _keep(self, columns: Columns) -> None:
        """Buffer what is of symbols that join."""
        joining = np.array([name in self._joins for name in columns.names], dtype=bool)
        here = joining[columns.symbol]
        if here.any():
            part = columns.take(here)
            for join in {id(j): j for name in part.names if (j := self._joins.get(name))}.values():
                mine = part.select(list(join.layouts))
                if len(mine):
                    join.buffer.append(mine)

    def numbers(self, names: tuple[str, ...]) -> NDArray[np.uint32]:
        """Give the engine's numbers for symbols."""
        return self._known(names)[1]

    def _known(self, names: tuple[str, ...]) -> tuple[NDArray[np.bool_] | None, NDArray[np.uint32]]:
        """Give which symbols are there, None if all are, and the engine's numbers for them.

        A feed sends the same names again and again: the last answer holds until symbols come or go.
        """
        last_names, there, known, numbers = self._last
        session = self._session
        if last_names is not names or there != session.changes:
            known = np.array([session.has_symbol(name) for name in names], dtype=bool)
            known = None if known.all() else known
            numbers = session.symbol_ids(list(names))
            self._last = (names, session.changes, known, numbers)
        return known, numbers

    # Joining

    def bring(self, symbols: Sequence[str], layout: Provision, then: Callable[[AbstractSet[str], str], None]) -> None:
        """Have symbols streamed, and load their past beside the run."""
        waits_s = self._inbox.status.seconds
        if waits_s > self._queue_s:
            logger.warning("%d symbols are not added: the queue is %.0f s behind", len(symbols), waits_s)
            then(frozenset(), f"the queue is {waits_s:.0f} s behind")
            return
        try:
            self._supervisor.subscribe(symbols, self._now_ns())
        except CapacityError as error:
            then(frozenset(), str(error))
            return
        self._load(Join(dict.fromkeys(symbols, layout), then, time.monotonic() + self._timeout_s))

    def rebuild(self, layouts: Mapping[str, Provision], then: Callable[[str | None], None]) -> None:
        """Load what symbols lack beside the run; meanwhile they stay as they are."""

        def done(found: AbstractSet[str], why: str) -> None:
            then(None if found else why)

        self._load(Join(dict(layouts), done))

    def _load(self, join: Join) -> None:
        join.tries += 1
        join.due_ns = None
        for symbol in join.layouts:
            self._joins[symbol] = join
        layouts, days, now_ns = dict(join.layouts), tuple(self.days), self._now_ns()
        work = functools.partial(self._past, layouts, days, now_ns)
        self._jobs.submit(work, functools.partial(self._arrived, join), urgent=True)

    def load_again(self) -> None:
        """Ask for the history of all symbols again, after a while; meanwhile they go on with the stream."""
        layouts = dict.fromkeys(self.symbols, self._setup.layout)
        due_ns = self._now_ns() + self._retry_ns
        join = Join(layouts, lambda *_: None, time.monotonic(), tries=1, late=True, due_ns=due_ns)
        self._joins |= dict.fromkeys(self.symbols, join)

    def _past(
        self, layouts: Mapping[str, Provision], days: Sequence[dt.date], now_ns: int
    ) -> tuple[SessionCore, set[str]]:
        """Build symbols beside the session; gives them, and those that the source knows."""
        setup, session = self._setup, self._session
        core, found = build(setup, session, layouts, days=days, now_ns=now_ns)
        unknown = [s for s in layouts if s not in found and not session.has_symbol(s)]
        if unknown:
            manager = setup.time_manager
            before = manager.sessions_before(days[0] if days else setup.sessions[0], LOOKED_BACK)
            first_ns = manager.get_trading_session(before[0]).segments[0].open_ns if before else now_ns
            lately = setup.data_manager.source.history(unknown, first_ns, now_ns)
            found |= {lately.names[i] for i in np.unique(lately.symbol)}
        return core, found

    def _arrived(self, join: Join, outcome: Outcome) -> None:
        """Put the past and the stream together."""
        join.layouts = {s: layout for s, layout in join.layouts.items() if self._joins.get(s) is join}
        if not join.layouts:
            join.then(frozenset(), REMOVED)
            return
        if outcome.error is not None:
            self._failed_to_load(join, outcome.reason)
            return
        core, found = outcome.result
        streamed = {columns.names[i] for columns in join.buffer for i in np.unique(columns.symbol)}
        there = {s for s in join.layouts if s in found or s in streamed or self._session.has_symbol(s)}
        for columns in join.buffer:
            core.load_columns(columns.core(core.symbol_ids(list(columns.names))))
        if self.clock_ns is not None and (core.now_ns is None or core.now_ns < self.clock_ns):
            core.advance_ns(self.clock_ns)
        for symbol in sorted(there):
            if self.days:
                core.begin_symbol_session(symbol, day_number(self.days[-1]))
            self._session.provision_symbols([symbol], join.layouts[symbol])
            self._session.adopt(symbol, core)
        lost = [symbol for symbol in join.layouts if symbol not in there]
        self._supervisor.unsubscribe(lost)
        for symbol in join.layouts:
            del self._joins[symbol]
        logger.info("%d symbols have their history", len(there))
        if not join.late:
            join.then(there, NO_BARS if lost else REMOVED)

    def _failed_to_load(self, join: Join, reason: str) -> None:
        """Go on with the stream alone; the past is asked for again."""
        logger.warning("the history of %s cannot be had: %s", ", ".join(join.layouts), reason)
        if join.deadline_s is None:
            for symbol in join.layouts:
                del self._joins[symbol]
            join.then(frozenset(), reason)
            return
        self._go_on(join)
        if join.tries <= self._retries:
            join.due_ns = self._now_ns() + self._retry_ns
            return
        for symbol in join.layouts:
            self._joins.pop(symbol, None)

    def _go_on(self, join: Join) -> None:
        """Activate symbols with what the stream brought."""
        if join.late:
            return
        join.late = True
        session = self._session
        for symbol, layout in join.layouts.items():
            new = session.provision_symbols([symbol], layout)
            if new and self.days:
                session.begin_symbol_session(symbol, day_number(self.days[-1]))
        for columns in join.buffer:
            session.load_columns(columns.core(self.numbers(columns.names)))
        join.then(frozenset(join.layouts), "")

    def tick(self, now_ns: int) -> None:
        """Go on without a history that takes too long, and ask again for one that failed."""
        for join in {id(join): join for join in self._joins.values()}.values():
            if join.due_ns is not None and now_ns >= join.due_ns:
                self._load(join)
            elif join.deadline_s is not None and not join.late and time.monotonic() > join.deadline_s:
                logger.warning("the history of %s takes too long: they go on without", ", ".join(join.layouts))
                self._go_on(join)

    def next_due(self) -> int | None:
        """Give when a history is to be asked for again."""
        return min((join.due_ns for join in self._joins.values() if join.due_ns is not None), default=None)

    def provide(self, wishes: Sequence[Wish], lengths: Sequence[float], then: Callable[[str | None], None]) -> None:
        """Load what was wished for beside the run."""
        grant = Grant(self._setup, self._session, wishes, today=self._today(), session_seconds=lengths)
        try:
            grant.widen()
        except Exception as error:
            logger.exception("what was asked for cannot be had")
            then(f"{type(error).__name__}: {error}")
            return

        def put(outcome: Outcome) -> None:
            if outcome.error is None:
                grant.put(outcome.result)
            then(outcome.reason or None)

        self._jobs.submit(grant.load, put, urgent=True)

    # Leaving

    def _remove_asked(self, request: Request) -> None:
        """Take a symbol out; a graceful removal first drains what is queued of it."""
        self._supervisor.unsubscribe([request.symbol])
        if request.graceful:
            self._inbox.call(functools.partial(super()._remove_asked, request))
        else:
            super()._remove_asked(request)

    def remove(self, symbol: str) -> bool:
        """Take a symbol out of the run; False if it is neither there nor on its way."""
        self._supervisor.unsubscribe([symbol])
        self._gaps.forget(symbol)
        joins = self._joins.pop(symbol, None) is not None
        return super().remove(symbol) or joins
