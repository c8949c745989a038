"""The loop of a backtest: history, then session by session, step by step."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from openbell._core import SessionCore
from openbell.clock.session import day_number
from openbell.coordinator.adhoc import grant, layout_for, merged
from openbell.coordinator.calls import Calls
from openbell.coordinator.late import bring_in
from openbell.coordinator.setup import session_seconds
from openbell.coordinator.tally import Tally
from openbell.errors import IntervalError, NoDataError
from openbell.session.events import ProvisioningFailed, SymbolAdded, as_session_event

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from openbell._core import Feed
    from openbell.config import SessionConfig
    from openbell.coordinator.pace import Pace
    from openbell.coordinator.requests import Request, Requests
    from openbell.coordinator.setup import Setup
    from openbell.coordinator.strategy import Strategy
    from openbell.session import SessionData
    from openbell.session.wishes import Wish
    from openbell.sources import Columns

logger = logging.getLogger(__name__)

NO_BARS = "the source has no bars of it"
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
        self._requests = requests
        self._symbols = list(setup.symbols)
        self._whole_source = setup.whole_source
        self._days: list[dt.date] = []
        self._feed: Feed | None = None
        self._removed: list[str] = []
        self._done = 0
        self.tally = Tally(config, setup, session)
        self.calls: Calls | None = None
        session.provision_symbols(setup.symbols, setup.layout)
        self._calendar = session.calendar()
        self._ids: dict[tuple[str, ...], NDArray[np.uint32]] = {}
        if strategy is not None:
            self.calls = Calls(strategy, session, config.session_data_config.streams)
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
            columns = self._load(date)
            report = self._session.load_columns(columns.core(self._numbers(columns)))
            self.tally.history_bars += report.appended + report.inserted
            self._tell(f"history {date}")
        logger.info("history: %d sessions, %d bars", len(self._setup.history), self.tally.history_bars)

    def _run_session(self, date: dt.date) -> None:
        started_s = time.perf_counter()
        session, manager = self._session, self._setup.time_manager
        columns = self._load(date)
        session.begin_session(self._calendar, day_number(date))
        feed = self._feed = session.feed(columns.core(self._numbers(columns)))
        self._days.append(date)
        segments = manager.get_trading_session(date).segments
        now_ns, close_ns = segments[0].open_ns, segments[-1].close_ns
        session.advance_ns(now_ns)
        manager.set_time_ns(now_ns)
        session.activate_session()
        self._pace.new_session()
        self._lifecycle("on_session_start")
        self._serve()
        step_ns = LOOK_NS if self._pace.speed == 0.0 else MINUTE_NS
        while now_ns < close_ns:
            now_ns = min(now_ns + step_ns, close_ns)
            self._pace.hold(now_ns, self._serve)
            if self._pace.stopped():
                return
            while session.run(feed, now_ns):
                self._step_done()
                if self._pace.paused() or self._pace.stopped():
                    self._pace.hold(session.now_ns or now_ns, self._serve)
                if self._pace.stopped():
                    return
            manager.set_time_ns(now_ns)
        self._lifecycle("on_session_end")
        self._serve()
        session.deactivate_session()
        self.tally.end_of_session(date, self._symbols)
        self.tally.elapsed_s += time.perf_counter() - started_s
        logger.info("session %s: %d bars", date, self.tally.sessions[-1].bars)
        self._tell(str(date))

    def _load(self, date: dt.date) -> Columns:
        symbols = None if self._whole_source else self._symbols
        return self._setup.data_manager.load_session(symbols, date)

    def _step_done(self) -> None:
        """Call for what a step left; the clock stands at its end."""
        session = self._session
        if session.now_ns is not None:
            self._setup.time_manager.set_time_ns(session.now_ns)
        events = session.take_events()
        if self.calls is not None and session.is_session_active:
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
        """Do what callbacks and other threads asked for; the clock stands still meanwhile."""
        while self._requests or self._removed or self._session.wishes:
            for symbol in self._removed:
                self._lifecycle("on_symbol_removed", symbol)
            self._removed.clear()
            adds: list[Request] = []
            for request in self._requests.take():
                if request.kind == "add":
                    adds.append(request)
                    continue
                self._add(adds)
                adds = []
                request.finish(succeeded=self.remove(request.symbol))
            self._add(adds)
            if wishes := self._session.wishes.take():
                self._grant(wishes)
        self._listen()

    def _grant(self, wishes: Sequence[Wish]) -> None:
        """Provide what was asked for ad hoc: new symbols that want the same in one load, then what others lack."""
        session, setup = self._session, self._setup
        today = self._days[-1] if self._days else setup.sessions[0]
        lengths = session_seconds(setup.time_manager, today)
        possible = []
        for wish in wishes:
            try:
                layout_for([wish], setup.layout.base[0], lengths)
                possible.append(wish)
            except IntervalError as error:
                self._failed(wish, str(error))
        known = session.get_all_symbols()
        by_symbol: dict[str, list[Wish]] = {}
        for wish in possible:
            if wish.symbol not in known:
                by_symbol.setdefault(wish.symbol, []).append(wish)
        alike: dict[tuple[tuple[object, ...], ...], list[str]] = {}
        for symbol, wanted in by_symbol.items():
            alike.setdefault(tuple((w.key, w.days, w.provision) for w in wanted), []).append(symbol)
        for symbols in alike.values():
            layout = layout_for(by_symbol[symbols[0]], setup.layout.base[0], lengths)
            found = bring_in(setup, session, symbols, layout=layout, days=self._days, feed=self._feed)
            self._ids.clear()
            for symbol in symbols:
                self._joined(symbol, by_symbol[symbol], found=symbol in found)
        there = [wish for wish in possible if wish.symbol in known]
        grant(setup, session, there, today=today, session_seconds=lengths)
        for wish in there:
            wish.finish("ready")

    def _joined(self, symbol: str, wishes: Sequence[Wish], *, found: bool) -> None:
        """Say what became of a symbol that was asked for ad hoc: strategies hear of it, but not its bars."""
        if not found:
            for wish in wishes:
                self._failed(wish, NO_BARS)
            return
        self._symbols.append(symbol)
        if self.calls is not None:
            self.calls.ignored.add(symbol)
        for wish in wishes:
            wish.finish("ready")
        self._lifecycle("on_symbol_added", symbol)
        self._session.board.publish(SymbolAdded(symbol))

    def _failed(self, wish: Wish, reason: str) -> None:
        logger.warning("%s %s cannot be had: %s", wish.symbol, wish.key, reason)
        wish.finish("failed")
        self._session.board.publish(ProvisioningFailed(wish.symbol, wish.key, reason))

    def _add(self, requests: Sequence[Request]) -> None:
        """Bring symbols in, those that want the same in one load; one that is there ad hoc gets all the rest."""
        for request in requests:
            if request.symbol in self._session.get_config_symbols():
                request.finish(succeeded=False)
            elif request.symbol in self._session.get_all_symbols():
                self._upgrade(request)
        requests = [request for request in requests if not request.done.is_set()]
        layouts = {id(r.layout): r.layout or self._setup.layout for r in requests}
        for key, layout in layouts.items():
            wanted = [r for r in requests if id(r.layout) == key]
            symbols = [r.symbol for r in wanted]
            started_s = time.perf_counter()
            found = (
                bring_in(self._setup, self._session, symbols, layout=layout, days=self._days, feed=self._feed)
                if symbols
                else set()
            )
            self._ids.clear()
            logger.info("%d symbols added, clock held for %.1f ms", len(found), (time.perf_counter() - started_s) * 1e3)
            for request in wanted:
                self._added(request, succeeded=request.symbol in found)

    def _added(self, request: Request, *, succeeded: bool) -> None:
        symbol = request.symbol
        if succeeded:
            self._symbols.append(symbol)
            self._session.register_config_symbol(symbol)
        request.finish(succeeded=succeeded)
        if succeeded:
            self._lifecycle("on_symbol_added", symbol)
            self._session.board.publish(SymbolAdded(symbol))
        else:
            logger.warning("%s is not added: %s", symbol, NO_BARS)
            self._session.board.publish(ProvisioningFailed(symbol, None, NO_BARS))

    def _upgrade(self, request: Request) -> None:
        """Make a strategy symbol of one that is there ad hoc, with what it has and all that the config asks for."""
        symbol, session = request.symbol, self._session
        lengths = session_seconds(self._setup.time_manager, self._days[-1] if self._days else self._setup.sessions[0])
        wishes = [wish for wish in session.wishes.of(symbol) if wish.state == "ready"]
        layout = merged(request.layout or self._setup.layout, wishes, lengths)
        number = session.remove(symbol)
        if self._feed is not None:
            SessionCore.drop_from_feed(self._feed, number)
        bring_in(self._setup, session, [symbol], layout=layout, days=self._days, feed=self._feed)
        self._symbols.remove(symbol)
        self._ids.clear()
        if self.calls is not None:
            self.calls.ignored.discard(symbol)
        self._added(request, succeeded=True)

    def remove(self, symbol: str) -> bool:
        """Take a symbol out of the run, on the run's own thread; False if it is not there."""
        if symbol not in self._session.get_all_symbols():
            return False
        self.tally.removed(symbol)
        if self._feed is not None:
            SessionCore.drop_from_feed(self._feed, int(self._session.symbol_ids([symbol])[0]))
        self._symbols.remove(symbol)
        self._whole_source = False
        self._ids.clear()
        self._session.discard_symbol(symbol, "removed")
        if self.calls is not None:
            self.calls.forget(symbol)
            self.calls.ignored.discard(symbol)
        self._removed.append(symbol)
        return True

    def _lifecycle(self, name: str, *args: object) -> None:
        if self.calls is not None:
            self.calls.lifecycle(name, *args)

    def _numbers(self, columns: Columns) -> NDArray[np.uint32]:
        """Give the engine's numbers for the names of columns."""
        if columns.names not in self._ids:
            self._ids[columns.names] = self._session.symbol_ids(list(columns.names))
        return self._ids[columns.names]

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
