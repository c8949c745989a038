"""What backtests and live runs have in common: one writer, its callbacks, and what is asked of it in between."""

from __future__ import annotations

import abc
import logging
import time
from typing import TYPE_CHECKING

from openbell.clock.session import day_number
from openbell.coordinator.calls import Calls
from openbell.coordinator.members import Members
from openbell.coordinator.tally import Tally
from openbell.scanners import ScannerManager

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from openbell._core import Events
    from openbell.config import SessionConfig
    from openbell.coordinator.pace import Pace
    from openbell.coordinator.requests import Requests
    from openbell.coordinator.setup import Setup
    from openbell.coordinator.strategy import Strategy
    from openbell.session import SessionData

logger = logging.getLogger(__name__)


class Loop(abc.ABC):
    """One run, on the thread that calls `run`.

    Attributes
    ----------
    always
        The engine's events that the loop itself wants.
    """

    always: tuple[str, ...] = ()

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
        self._config = config
        self._setup = setup
        self._session = session
        self._pace = pace
        self._progress = progress
        self._done = 0
        # The session under way, if it has not been counted.
        self._day: dt.date | None = None
        self._day_started_s = 0.0
        self.tally = Tally(config, setup, session)
        self.calls: Calls | None = None
        if strategy is not None:
            self.calls = Calls(strategy, session, config.session_data_config.streams)
        self.members = self._make_members(setup, session, requests)
        self._calendar = session.calendar()
        self.scanners = ScannerManager(config, session, setup.data_manager, setup.sessions[0])
        if self.calls is not None and self.calls.wants_scans:
            self._hear_scans()
        self._streams = config.session_data_config.streams
        self._subscribers = self._mixed = False
        self._heard = -1
        self._listen()

    def _make_members(self, setup: Setup, session: SessionData, requests: Requests) -> Members:
        return Members(setup, session, requests=requests, tally=self.tally, calls=self.calls)

    def _hear_scans(self) -> None:
        self._session.subscribe("scan_completed", lambda event: self._lifecycle("on_scan", event.result))

    def wake(self) -> None:
        """Have what was asked for served, even if the run stands still."""
        self._pace.poke()

    def run(self) -> bool:
        """Run to the end; False if it was stopped before."""
        self._warm_up()
        try:
            self._lifecycle("on_start")
            self._serve()
            return self._play()
        finally:
            self._session.deactivate_session()
            self._lifecycle("on_stop")

    @abc.abstractmethod
    def _play(self) -> bool:
        """Play the sessions; False if the run was stopped."""

    def _warm_up(self) -> None:
        for date in self._setup.history:
            if self._pace.stopped():
                return
            report = self._session.load_columns(self.members.load(date))
            self.tally.history_bars += report.appended + report.inserted
            self._tell(f"history {date}")
        logger.info("history: %d sessions, %d bars", len(self._setup.history), self.tally.history_bars)

    def _enter(self, date: dt.date) -> None:
        """Begin a session: the bars of the one before become history."""
        self._day, self._day_started_s = date, time.perf_counter()
        self._session.begin_session(self._calendar, day_number(date))
        self.members.days.append(date)

    def _begin_day(self, date: dt.date) -> None:
        """Begin a session, at its open."""
        session, manager = self._session, self._setup.time_manager
        open_ns = manager.get_trading_session(date).segments[0].open_ns
        self._enter(date)
        session.advance_ns(open_ns)
        manager.set_time_ns(open_ns)
        session.activate_session()
        self._pace.new_session()
        self._lifecycle("on_session_start")
        self._serve()
        self._before_session(date)

    def _before_session(self, date: dt.date) -> None:
        """Set scanners up, and let them look at what history says."""
        if self.scanners:
            self.scanners.setup(date)
            self._serve()
            self.scanners.pre_session()
            self._serve()

    def _end_day(self, date: dt.date) -> None:
        """End a session, after its last bars."""
        self._lifecycle("on_session_end")
        self._serve()
        self.scanners.teardown()
        self._serve()
        self._session.deactivate_session()
        self._count_day()
        self._tell(str(date))

    def _count_day(self) -> None:
        """Add the session under way, or what there is of it, to the figures; once."""
        if (date := self._day) is None:
            return
        self._day = None
        self.tally.end_of_session(date, list(self.members.symbols))
        self.tally.elapsed_s += time.perf_counter() - self._day_started_s
        logger.info("session %s: %d bars", date, self.tally.sessions[-1].bars)

    def _step_done(self) -> None:
        """Call for what a step left; the clock stands at its end."""
        session, manager = self._session, self._setup.time_manager
        if session.now_ns is not None and not manager.live:
            manager.set_time_ns(session.now_ns)
        events = session.take_events()
        self._note_events(events)
        if self.calls is not None:
            self.calls.events(filter(self.calls.wants, events) if self._mixed else events)
        if self._subscribers:
            session.board.forward(events)
        self._serve()

    def _note_events(self, events: Events) -> None:  # noqa: B027  # not every run looks
        """Look at the events of a step before anybody is told."""

    def _listen(self) -> None:
        """Ask the engine for the events that the strategy or a subscriber wants."""
        board = self._session.board
        if board.version == self._heard:
            return
        self._heard = board.version
        wanted = board.engine_kinds
        self._subscribers = bool(wanted)
        intervals = self._streams if wanted else self.calls.intervals if self.calls else ()
        called = self.calls.kinds if self.calls else ()
        kinds = sorted({*wanted, *called, *self.always})
        # Whether there are events that the strategy does not want.
        self._mixed = bool(wanted) or not {*self.always} <= {*called}
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
