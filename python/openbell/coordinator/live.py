"""The loop of a live run: the same steps as in a backtest, as bars come and the clock goes on."""

from __future__ import annotations

import functools
import heapq
import itertools
import logging
import threading
from typing import TYPE_CHECKING

import numpy as np

from openbell.coordinator.gaps import LiveGaps
from openbell.coordinator.jobs import Jobs
from openbell.coordinator.joining import LiveMembers
from openbell.coordinator.loop import Loop
from openbell.errors import CapacityError, ColumnsError, FeedError
from openbell.quality import log_silence
from openbell.report import LiveSummary
from openbell.sources.feed import FeedStatus
from openbell.sources.inbox import Inbox
from openbell.sources.supervisor import Supervisor

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator

    from openbell._core import Events
    from openbell.clock.session import TimeLike
    from openbell.config import SessionConfig
    from openbell.coordinator.members import Members
    from openbell.coordinator.pace import Pace
    from openbell.coordinator.requests import Requests
    from openbell.coordinator.setup import Setup
    from openbell.coordinator.strategy import Strategy
    from openbell.session import SessionData
    from openbell.sources import Columns, LiveSource
    from openbell.sources.inbox import Item

logger = logging.getLogger(__name__)

SECOND_NS = 1_000_000_000
MINUTE_NS = 60 * SECOND_NS
# How long before the open connections are made, and scanners look at what history says.
LEAD_NS = 15 * MINUTE_NS
# How many things that came are taken before others have their turn.
MOST_TAKEN = 1000
# How many gaps are kept of all sessions of a run.
MOST_GAPS = 100_000


class Live(Loop):
    """One live run, on the thread that calls `run`.

    What comes waits in the inbox. Time is the source's clock: bars in progress are closed when the feed says that it
    has sent all of an interval, or when a grace period after its end is over.
    """

    members: LiveMembers
    always = ("bar_revised",)

    def __init__(
        self,
        config: SessionConfig,
        setup: Setup,
        session: SessionData,
        source: LiveSource,
        *,
        strategy: Strategy | None,
        pace: Pace,
        requests: Requests,
        progress: Callable[[int, int, str], None] | None,
    ) -> None:
        template = config.session_data_config
        streaming = template.streaming
        self._clock = setup.time_manager.clock
        self._base_ns = source.interval.nanos
        self._grace_ns = round(template.bars.late_grace_seconds * SECOND_NS)
        self.inbox = Inbox(self._clock, seconds=streaming.queue_seconds, policy=streaming.queue_policy)
        super().__init__(
            config, setup, session, strategy=strategy, pace=pace, requests=requests, progress=progress
        )  # fmt: skip
        self._jobs = Jobs(self.inbox, per_minute=source.capabilities.requests_per_minute)
        self.gaps = LiveGaps(template, session, source, self._jobs, self._clock)
        self.supervisor = Supervisor(
            source.open_feed,
            self.inbox,
            told=self._feed_told,
            silence=functools.partial(log_silence, session),
            interval_ns=self._base_ns,
            patience_ns=self._grace_ns,
            channels=("bars", *template.ticks),
            # A market that is played again is the same each time.
            seed=0 if hasattr(source, "dates") else None,
        )
        self.members.attach(
            self.supervisor,
            self._jobs,
            self.inbox,
            self.gaps,
            queue_s=streaming.queue_seconds,
            timeout_s=template.historical.load_timeout_seconds,
            retries=template.gap_filler.max_retries,
            retry_s=template.gap_filler.retry_interval_seconds,
        )
        self.scanners.ended = self.inbox.poke
        late_s = self.supervisor.capabilities.late_window_s
        session.revisions.window_ns = round(late_s * SECOND_NS) + self._grace_ns
        self._settled_ns: int | None = None
        # Ends of the bars of this step, and what was measured of them.
        self._step_end_ns = 0
        self._arrivals: list[tuple[Columns, int]] = []
        # Bars that came before their end, by provider's clock ahead of ours.
        self._early: list[tuple[int, int, Columns]] = []
        self._order = itertools.count()
        self._history_timeout_s = template.historical.load_timeout_seconds
        self._scanned_ns = 0
        self._marked = threading.Event()
        self._in_session = False

    def _make_members(self, setup: Setup, session: SessionData, requests: Requests) -> Members:
        return LiveMembers(setup, session, requests=requests, tally=self.tally, calls=self.calls)

    def _hear_scans(self) -> None:
        """Have scans, which end on threads of their own, told by the run's own thread."""

        def told(event: object) -> None:
            self.inbox.call(functools.partial(self._lifecycle, "on_scan", event.result))  # type: ignore[attr-defined]

        self._session.subscribe("scan_completed", told)

    # The days

    def _warm_up(self) -> None:
        """Begin the stream, and load history meanwhile."""
        first = self._setup.sessions[0]
        self._pump(self._lead_ns(first))
        if self._pace.stopped():
            return
        self.supervisor.subscribe(self.members.symbols, self._clock.now_ns())
        try:
            super()._warm_up()
        except Exception:
            logger.exception("history failed: the run begins with the stream, and history is asked for again")
            self.members.load_again()

    def run(self) -> bool:
        """Run to the end; False if it was stopped before.

        Raises
        ------
        FeedError
            If all connections failed for good.
        CapacityError
            If the queue filled up, and its policy is ``halt``.
        """
        try:
            return super().run()
        finally:
            # A live run is ended at any time: what there is of the session counts.
            self._count_day()
            self.inbox.close()
            if not (self.supervisor.close() and self._jobs.close()):
                logger.warning("a connection or a request for history did not end in time")
            close = getattr(self._setup.data_manager.source, "close", None)
            if close is not None:
                close()

    def _play(self) -> bool:
        for date in self._dates():
            self._play_session(date)
            if self._pace.stopped():
                return False
        return True

    def _dates(self) -> Iterator[dt.date]:
        """Give the sessions of the run: as many as the config says, or those that the source plays."""
        live, given = self._config.live, self._setup.sessions
        count = live.sessions if live is not None else None
        date = given[0]
        for place in itertools.count():
            if (count is not None and place >= count) or (place >= len(given) and self._setup.bounded):
                return
            date = given[place] if place < len(given) else self._setup.time_manager.next_session(date)
            yield date

    def _lead_ns(self, date: dt.date) -> int:
        return self._setup.time_manager.get_trading_session(date).segments[0].open_ns - LEAD_NS

    def _play_session(self, date: dt.date) -> None:
        manager = self._setup.time_manager
        self._pump(self._lead_ns(date))
        if self._pace.stopped():
            return
        self.supervisor.open(self._clock.now_ns())
        self._open_day(date)
        open_ns = manager.get_trading_session(date).segments[0].open_ns
        self._scanned_ns = max(open_ns, self._clock.now_ns()) - 1
        self._pump(open_ns)
        if self._pace.stopped():
            return
        self._advance(open_ns)
        self._in_session = True
        self._lifecycle("on_session_start")
        self._serve()
        # It may be closed before its time.
        while (left_ns := self._close_ns(date)) > self._clock.now_ns() and not self._pace.stopped():
            self._pump(min(left_ns, self._clock.now_ns() + MINUTE_NS))
        self._pump(self._close_ns(date) + self._grace_ns)
        if self._pace.stopped():
            return
        self._advance(self._close_ns(date))
        self._step_done()
        self._in_session = False
        self._settle(date)
        self.scanners.wait(self._config.session_data_config.streaming.barrier_timeout_seconds)
        self._take_all()
        self._end_day(date)
        if not self._adjoins(date):
            self.supervisor.close()

    def _close_ns(self, date: dt.date) -> int:
        return self._setup.time_manager.get_trading_session(date).segments[-1].close_ns

    def _open_day(self, date: dt.date) -> None:
        """Begin a session: what it had so far is loaded if it is under way."""
        self._enter(date)
        self._session.activate_session()
        self._serve()
        self._before_session(date)
        session, now_ns = self._session, self._clock.now_ns()
        open_ns = self._setup.time_manager.get_trading_session(date).segments[0].open_ns
        # What comes on later days is streamed from the open on; what is not is a gap.
        if now_ns <= open_ns or len(self.members.days) > 1:
            return
        try:
            session.load_columns(self.members.load(date))
        except Exception:
            logger.exception("the session so far could not be loaded: it is asked for as gaps")
        self._advance(now_ns - self._grace_ns)
        session.take_events()

    def _settle(self, date: dt.date) -> None:
        """Wait until nothing of the session is missing that may still be had, or the next has its first bar."""
        limit_ns = self._close_ns(date) + self._base_ns if self._adjoins(date) else 2**62
        self._pump(min(self._clock.now_ns() + self.gaps.delay_ns, limit_ns))
        self.gaps.look(whole=True)
        longest_ns = min(self._clock.now_ns() + self.gaps.longest_ns, limit_ns)
        while not (self.gaps.is_settled() or self._pace.stopped()):
            now_ns = self._clock.now_ns()
            waits = self._jobs.open and self._jobs.silent_s <= self._history_timeout_s and now_ns < limit_ns
            if now_ns >= longest_ns and not waits:
                break
            self._pump(max(longest_ns, now_ns + SECOND_NS), until=self.gaps.is_settled)
        self.gaps.ledger.give_up("the session was over")
        if self.gaps.ledger.size() > MOST_GAPS:
            # A run may go on for weeks: then gaps of sessions before the last are counted on, and not kept.
            last = self._setup.time_manager.get_trading_session(self.members.days[-2:][0])
            self.gaps.ledger.forget_before(last.segments[0].open_ns)
        logger.info("the session is settled: gaps %s", self.gaps.ledger.counts())

    def _adjoins(self, date: dt.date) -> bool:
        """Whether the next session opens when this closes, or soon after."""
        manager = self._setup.time_manager
        following = manager.get_trading_session(manager.next_session(date))
        return following.segments[0].open_ns - self._close_ns(date) < LEAD_NS

    # One thing after the other

    def _pump(self, until_ns: int, until: Callable[[], bool] | None = None) -> None:
        """Take what comes until the clock reaches a time, or a condition holds."""
        while not self._pace.stopped():
            self._take_all()
            now_ns = self._clock.now_ns()
            self._tick(now_ns)
            if now_ns >= until_ns or (until is not None and until()):
                return
            if self._pace.paused():
                self._pace.hold(now_ns, self._serve)
                continue
            due_ns = max(now_ns + 1, min(until_ns, self._next_due(now_ns)))
            if not self._jobs.open and not self.scanners.under_way:
                # A market that is played again waits for what is done beside the run.
                self._clock.idle(self.inbox.poke, due_ns)
            self.inbox.wait(self._clock.seconds_until(due_ns))

    def _take_all(self) -> None:
        for _ in range(MOST_TAKEN):
            item = self.inbox.take()
            if item is None:
                break
            self._take(item)
        self._finish_step()

    def _take(self, item: Item) -> None:
        if item.kind == "status":
            self.supervisor.status(item.origin, item.payload, item.arrived_ns)
        elif item.kind == "call":
            item.payload()
        else:
            try:
                self._take_data(item)
            except ColumnsError as error:
                # A connection that delivers what is none is as good as lost, and no reason to end the run.
                lost = FeedStatus("lost", f"what it delivered cannot be read: {error}")
                self.supervisor.status(item.origin, lost, item.arrived_ns)

    def _take_data(self, item: Item) -> None:
        if item.kind == "daily":
            self._session.put_official(item.payload.checked().last_bars())
            return
        self.supervisor.heard(item.origin, item.arrived_ns)
        if item.kind == "bars":
            self._take_bars(item.payload.checked(), item.arrived_ns)
        elif item.kind == "marker":
            self._take_marker(item)
        else:
            self._take_ticks(item)

    def _take_bars(self, columns: Columns, arrived_ns: int) -> None:
        if not len(columns):
            return
        newest_ns = int(columns.ts.max()) + self._base_ns
        if newest_ns > arrived_ns:
            # A bar is shown from its end on, whatever the provider's clock says.
            ends = self._setup.data_manager.ends(columns)
            early = ends > arrived_ns
            if early.any():
                later = columns.take(early)
                heapq.heappush(self._early, (int(ends[early].max()), next(self._order), later))
                columns = columns.take(~early)
                if not len(columns):
                    return
            newest_ns = int(ends[~early].max())
        if newest_ns > self._step_end_ns:
            # What ended at another time is another step.
            self._finish_step()
            self._step_end_ns = newest_ns
        self._observe(arrived_ns)
        mine = self.members.stream(columns)
        if mine is not None:
            session = self._session
            session.apply_columns(mine.core(self.members.numbers(mine.names)))
            self._arrivals.append((mine, arrived_ns))

    def _take_marker(self, item: Item) -> None:
        end_ns = min(item.payload, item.arrived_ns)
        marked_ns = self.supervisor.marked(item.origin, end_ns)
        if marked_ns is not None:
            self._observe(item.arrived_ns)
            self._advance(marked_ns)
            if marked_ns >= self._scanned_ns:
                self._marked.set()

    def _take_ticks(self, item: Item) -> None:
        self._observe(item.arrived_ns)
        if item.kind == "trades":
            self._session.apply_trades(item.payload, make_bars="bars" not in self.supervisor.channels)
        else:
            self._session.apply_quotes(item.payload)
        if self.calls is not None:
            self.calls.ticks(item.kind, item.payload)

    def _finish_step(self) -> None:
        """Call for what has come since the last step, and then measure how late it was."""
        if not self._arrivals and not self._session.has_events():
            self._serve()
            return
        self._step_done()
        arrivals, self._arrivals = self._arrivals, []
        now_ns = self._clock.now_ns()
        for columns, arrived_ns in arrivals:
            self._note_lags(columns, arrived_ns, now_ns)

    def _note_lags(self, columns: Columns, arrived_ns: int, now_ns: int) -> None:
        session = self._session
        session.note_lag("queue", max(0, now_ns - arrived_ns) / SECOND_NS)
        ends = columns.ts + self._base_ns
        for end_ns in np.unique(ends).tolist():
            names = [columns.names[i] for i in np.unique(columns.symbol[ends == end_ns])]
            session.note_lag("provider", max(0, arrived_ns - end_ns) / SECOND_NS, names)

    def _note_events(self, events: Events) -> None:
        if len(events):
            code = events.kinds.index("bar_revised")
            if revised := np.flatnonzero(events.kind == code).tolist():
                bars = ((events[i].symbol, int(events.interval_ns[i]), int(events.ts[i])) for i in revised)
                self._session.revisions.note(bars, self._session.now_ns or 0)

    # Time

    def announce_close(self, ts: TimeLike) -> None:
        """Have the session close before its time; what is wrong with that is raised here."""
        self.inbox.ask(functools.partial(self._session.announce_close, ts))

    def wake(self) -> None:
        """Have what was asked for served."""
        super().wake()
        self.inbox.poke()

    def _observe(self, now_ns: int) -> None:
        """Let readers know what time it is, and close what the grace period after its end is over for."""
        self._session.observe_ns(now_ns)
        if self._in_session:
            self._advance(now_ns - self._grace_ns)

    def _advance(self, settled_ns: int) -> None:
        """Close bars in progress that ended by then: after a standstill one interval after the other.

        The session's close is not passed: what is still to come of it comes before the next.
        """
        if self.members.days:
            settled_ns = min(settled_ns, self._close_ns(self.members.days[-1]))
        if self._settled_ns is None:
            self._settled_ns = settled_ns
            self._session.advance_ns(settled_ns)
        while self._settled_ns < settled_ns:
            step_ns = (self._settled_ns // self._base_ns + 1) * self._base_ns
            if step_ns < settled_ns and self._session.has_events():
                self._step_done()
            self._settled_ns = min(step_ns, settled_ns)
            self._session.advance_ns(self._settled_ns)
        self.members.clock_ns = self._settled_ns

    def _tick(self, now_ns: int) -> None:
        """Do what is due."""
        if self.inbox.halted:
            raise CapacityError(
                f"the queue was more than {self._config.session_data_config.streaming.queue_seconds:g} s behind, and "
                'streaming.queue_policy is "halt"'
            )
        if (why := self.supervisor.failure()) is not None:
            raise FeedError(f"{self.supervisor.capabilities.label}: {why}")
        while self._early and self._early[0][0] <= now_ns:
            self._take_bars(heapq.heappop(self._early)[2], now_ns)
        self._observe(now_ns)
        self._finish_step()
        if self._setup.time_manager.phase(now_ns) != "open" or not self._in_session:
            self.supervisor.rest(now_ns)
        self.supervisor.tick(now_ns)
        self.members.tick(now_ns)
        for symbol, (first_ns, last_ns) in self.inbox.take_lost().items():
            self.gaps.ask_again([symbol], first_ns, last_ns + self._base_ns, "the queue was full")
        self.gaps.tick(in_session=self._in_session)
        self._scan(now_ns)

    def _scan(self, now_ns: int) -> None:
        """Begin the scans that are due, beside the stream."""
        if not self._in_session:
            return
        due_ns = self.scanners.next_time(self._scanned_ns)
        while due_ns is not None and due_ns <= now_ns:
            self._scanned_ns = due_ns
            self._marked = threading.Event()
            if self._settled_ns is not None and self._settled_ns >= due_ns:
                self._marked.set()
            self.scanners.start_due(due_ns, self._marked)
            due_ns = self.scanners.next_time(due_ns)

    def _next_due(self, now_ns: int) -> int:
        """Give when there is something to do even if nothing comes."""
        boundary_ns = (now_ns // self._base_ns + 1) * self._base_ns
        settled_ns = ((now_ns - self._grace_ns) // self._base_ns + 1) * self._base_ns + self._grace_ns
        due = [
            settled_ns,
            self.supervisor.next_due(),
            self.members.next_due(),
            self.gaps.next_due(),
            self._early[0][0] if self._early else None,
            boundary_ns if self.scanners and self._in_session else None,
        ]
        return min(ns for ns in due if ns is not None)

    # Feeds

    def live_summary(self) -> LiveSummary:
        """Give how the feed did."""
        links, queue = self.supervisor.links, self.inbox.status
        return LiveSummary(
            feed=self.supervisor.capabilities.label,
            connections=len(links),
            reconnects=sum(link.reconnects for link in links),
            gaps=self.gaps.ledger.counts(),
            dropped=queue.dropped,
            coalesced=queue.coalesced,
            queue_seconds=queue.most_seconds,
            strangers=self.members.strangers,
        )

    def _feed_told(self, status: FeedStatus, symbols: frozenset[str], since_ns: int | None) -> None:
        """Tell what became of a connection; after it is back, the hole is asked for."""
        self._session.board.publish("feed", status.kind, status.detail, symbols)
        if status.kind == "restored" and since_ns is not None and self._in_session:
            there = sorted(symbol for symbol in symbols if self._session.has_symbol(symbol))
            self.gaps.look(there)
            if self.supervisor.capabilities.updates:
                # An update of what was not final may have been lost with the connection.
                late_ns = round(self.supervisor.capabilities.late_window_s * SECOND_NS) + self._base_ns
                self.gaps.ask_again(there, since_ns - late_ns, since_ns, "not final when the connection was lost")
