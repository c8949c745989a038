"""The loop of a backtest: history, then session by session, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openbell.coordinator.loop import Loop
from openbell.errors import NoDataError

if TYPE_CHECKING:
    import datetime as dt

MINUTE_NS = 60_000_000_000
# Bars, about, between two looks at pause, stop and progress, when there is nobody to call: some milliseconds.
LOOK_BARS = 50_000


class Backtest(Loop):
    """A run over sessions of the past."""

    def _play(self) -> bool:
        """Play all sessions.

        Raises
        ------
        NoDataError
            If there was no bar in any of them.
        """
        for date in self._setup.sessions:
            if self._pace.stopped() or not self._run_session(date):
                return False
        if not self._session.counts()["appended"]:
            source = self._setup.data_manager.source
            first, last = self._setup.sessions[0], self._setup.sessions[-1]
            raise NoDataError(
                f"{source.capabilities.label} has no bar of any symbol from {first} to {last}{self._span()}"
            )
        return True

    def _run_session(self, date: dt.date) -> bool:
        """Play a session; False if the run was stopped in it."""
        session, manager = self._session, self._setup.time_manager
        columns = self.members.load(date)
        feed = self.members.feed = session.feed(columns)
        self._begin_day(date)
        segments = manager.get_trading_session(date).segments
        now_ns, close_ns = segments[0].open_ns, segments[-1].close_ns
        step_ns = MINUTE_NS
        if self._pace.speed == 0.0:
            looks = 1 + len(feed) // LOOK_BARS
            step_ns *= -(-(close_ns - now_ns) // (looks * MINUTE_NS))
        while now_ns < close_ns:
            due_ns = self.scanners.next_time(now_ns) or close_ns
            now_ns = min(now_ns + step_ns, due_ns, close_ns)
            self._pace.hold(now_ns, self._serve)
            if self._pace.stopped():
                return False
            if self._pace.speed:
                session.note_lag("queue", self._pace.behind_s(now_ns))
            while session.run(feed, now_ns):
                self._step_done()
                if self._pace.paused() or self._pace.stopped():
                    self._pace.hold(session.now_ns or now_ns, self._serve)
                if self._pace.stopped():
                    return False
            manager.set_time_ns(now_ns)
            if now_ns == due_ns:
                self.scanners.run_due(now_ns)
                self._serve()
        self._end_day(date)
        return not self._pace.stopped()

    def _span(self) -> str:
        from openbell.clock.session import local_time

        span = self._setup.data_manager.source.span()
        if span is None:
            return ""
        first, last = (local_time(ts, self._setup.time_manager.zone).date() for ts in span)
        return f"; its bars are from {first} to {last}"
