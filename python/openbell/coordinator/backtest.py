"""The loop of a backtest: history, then session by session, step by step."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from openbell.clock.session import day_number
from openbell.coordinator.calls import Calls
from openbell.coordinator.members import Members
from openbell.coordinator.tally import Tally
from openbell.errors import NoDataError
from openbell.scanners import ScannerManager
from openbell.session.events import as_session_event

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from openbell.config import SessionConfig
    from openbell.coordinator.pace import Pace
    from openbell.coordinator.requests import Requests
    from openbell.coordinator.setup import Setup
    from openbell.coordinator.strategy import Strategy
    from openbell.session import SessionData

logger = logging.getLogger(__name__)

MINUTE_NS = 60_000_000_000
# Market time between two looks at pause, stop and progress, when there is nobody to call.
LOOK_NS = 30 * MINUTE_NS


class Backtest:
    """One run, on the thread that calls `run`."""

    def __init__(
        self,
        config: SessionConfig,
        setup: Setup,
        session: SessionData,
        *,
        strategy: Strategy | None,
        pace: Pace,
        requests: Requests,
        progress: Callable[[int, int, str], None] | None,
    ) -> None:
        self._setup = setup
        self._session = session
        self._pace = pace
        self._progress = progress
        self._done = 0
        self.tally = Tally(config, setup, session)
        self.calls: Calls | None = None
        if strategy is not None:
            self.calls = Calls(strategy, session, config.session_data_config.streams)
        self.members = Members(setup, session, requests=requests, tally=self.tally, calls=self.calls)
        self._calendar = session.calendar()
        self.scanners = ScannerManager(config, session, setup.data_manager, setup.sessions[0])
        if self.calls is not None and self.calls.wants_scans:
            session.subscribe("scan_completed", lambda event: self._lifecycle("on_scan", event.result))
        self._streams = config.session_data_config.streams
        self._subscribers = False
        self._heard = -1
        self._listen()

    def run(self) -> bool:
        """Run to the end; False if it was stopped before.

        Raises
        ------
        NoDataError
            If there was no bar in any session.
        """
        self._warm_up()
        try:
            self._lifecycle("on_start")
            self._serve()
            for date in self._setup.sessions:
                if self._pace.stopped():
                    return False
                self._run_session(date)
                if self._pace.stopped():
                    return False
        finally:
            self._session.deactivate_session()
            self._lifecycle("on_stop")
        if not self._session.counts()["appended"]:
            source = self._setup.data_manager.source
            first, last = self._setup.sessions[0], self._setup.sessions[-1]
            raise NoDataError(
                f"{source.capabilities.label} has no bar of any symbol from {first} to {last}{self._span()}"
            )
        return True

    def _warm_up(self) -> None:
        for date in self._setup.history:
            if self._pace.stopped():
                return
            report = self._session.load_columns(self.members.load(date))
            self.tally.history_bars += report.appended + report.inserted
            self._tell(f"history {date}")
        logger.info("history: %d sessions, %d bars", len(self._setup.history), self.tally.history_bars)

    def _run_session(self, date: dt.date) -> None:
        started_s = time.perf_counter()
        session, manager = self._session, self._setup.time_manager
        columns = self.members.load(date)
        session.begin_session(self._calendar, day_number(date))
        feed = self.members.feed = session.feed(columns)
        self.members.days.append(date)
        segments = manager.get_trading_session(date).segments
        now_ns, close_ns = segments[0].open_ns, segments[-1].close_ns
        session.advance_ns(now_ns)
        manager.set_time_ns(now_ns)
        session.activate_session()
        self._pace.new_session()
        self._lifecycle("on_session_start")
        self._serve()
        step_ns = LOOK_NS if self._pace.speed == 0.0 else MINUTE_NS
        self._before_session(date)
        while now_ns < close_ns:
            due_ns = self.scanners.next_time(now_ns) or close_ns
            now_ns = min(now_ns + step_ns, due_ns, close_ns)
            self._pace.hold(now_ns, self._serve)
            if self._pace.stopped():
                return
            if self._pace.speed:
                session.note_lag("queue", self._pace.behind_s(now_ns))
            while session.run(feed, now_ns):
                self._step_done()
                if self._pace.paused() or self._pace.stopped():
                    self._pace.hold(session.now_ns or now_ns, self._serve)
                if self._pace.stopped():
                    return
            manager.set_time_ns(now_ns)
            if now_ns == due_ns:
                self.scanners.run_due(now_ns)
                self._serve()
        self._lifecycle("on_session_end")
        self._serve()
        self.scanners.teardown()
        self._serve()
        session.deactivate_session()
        self.tally.end_of_session(date, list(self.members.symbols))
        self.tally.elapsed_s += time.perf_counter() - started_s
        logger.info("session %s: %d bars", date, self.tally.sessions[-1].bars)
        self._tell(str(date))

    def _before_session(self, date: dt.date) -> None:
        """Set scanners up, and let them look at what history says."""
        if self.scanners:
            self.scanners.setup(date)
            self._serve()
            self.scanners.pre_session()
            self._serve()

    def _step_done(self) -> None:
        """Call for what a step left; the clock stands at its end."""
        session = self._session
        if session.now_ns is not None:
            self._setup.time_manager.set_time_ns(session.now_ns)
        events = session.take_events()
        if self.calls is not None:
            self.calls.events(filter(self.calls.wants, events) if self._subscribers else events)
        if self._subscribers:
            for event in events:
                session.board.publish(as_session_event(event))
        self._serve()

    def _listen(self) -> None:
        """Ask the engine for the events that the strategy or a subscriber wants."""
        board = self._session.board
        if board.version == self._heard:
            return
        self._heard = board.version
        wanted = board.engine_kinds
        self._subscribers = bool(wanted)
        intervals = self._streams if wanted else self.calls.intervals if self.calls else ()
        kinds = sorted({*wanted, *(self.calls.kinds if self.calls else ())})
        self._session.subscribe_events(kinds, list(intervals))

    def _serve(self) -> None:
        self.members.serve()
        self.scanners.after_provisioning()
        self._listen()

    def _lifecycle(self, name: str, *args: object) -> None:
        if self.calls is not None:
            self.calls.lifecycle(name, *args)

    def _tell(self, label: str) -> None:
        self._done += 1
        if self._progress is not None:
            self._progress(self._done, len(self._setup.history) + len(self._setup.sessions), label)

    def _span(self) -> str:
        from openbell.clock.session import local_time

        span = self._setup.data_manager.source.span()
        if span is None:
            return ""
        first, last = (local_time(ts, self._setup.time_manager.zone).date() for ts in span)
        return f"; its bars are from {first} to {last}"
