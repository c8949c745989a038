"""The coordinator: one run, in the foreground or on a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Self

from openbell._core import Interval, parse_symbol
from openbell.coordinator.backtest import Backtest
from openbell.coordinator.live import Live
from openbell.coordinator.pace import Pace
from openbell.coordinator.requests import Request, Requests
from openbell.coordinator.result import RunResult
from openbell.coordinator.setup import make_time_manager, prepare, session_seconds
from openbell.coordinator.status import RunStatus, SymbolStatus
from openbell.errors import NotRunningError
from openbell.session import IndicatorManager, SessionData
from openbell.session.provision import provision
from openbell.sources import LiveSource

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from openbell.clock.session import TimeLike
    from openbell.config import SessionConfig
    from openbell.coordinator.loop import Loop
    from openbell.coordinator.strategy import Strategy
    from openbell.scanners import ScannerManager
    from openbell.session.provision import Provision
    from openbell.sources import DataManager, Source

logger = logging.getLogger(__name__)


class SessionCoordinator:
    """Owns the lifecycle of a session: configure, load history and warm up, run, end, the next day.

    One writer applies one ordered stream of inputs, and time enters only as an input: the same inputs give the same
    result, bit for bit. In each step of the clock come all base bars that end at that time, then the derived bars that
    close, then indicators, then callbacks: shorter intervals first, then symbols in order of name.

    Parameters
    ----------
    config
        The template of the session.
    strategy
        Who is called.
    source
        Where bars come from, instead of what the config says: a `FrameSource`, or a source of your own.
    progress
        Called on the running thread as ``progress(done, total, label)``, once a day of history and once a session.
    attributes
        Columns of your own, by name and symbol, that filters of the config may name; see `SessionData.set_attribute`.

    Raises
    ------
    ConfigError, SourceError, IntervalError, NoDataError, StrategyError
        Before anything starts.

    Examples
    --------
    >>> import openbell as ob
    >>> from openbell.demo import config_path
    >>> result = ob.SessionCoordinator(ob.SessionConfig.load(config_path())).run()
    >>> len(result.summary.sessions)
    4
    """

    def __init__(
        self,
        config: SessionConfig,
        strategy: Strategy | None = None,
        *,
        source: Source | None = None,
        progress: Callable[[int, int, str], None] | None = None,
        attributes: Mapping[str, Mapping[str, object]] | None = None,
    ) -> None:
        self.config = config
        self._started = self._running = False
        self.time_manager = make_time_manager(config)
        setup = prepare(config, self.time_manager, source)
        self.data_manager: DataManager = setup.data_manager
        self.session_data = SessionData(config)
        for name, values in (attributes or {}).items():
            self.session_data.set_attribute(name, values)
        self.session_data.set_session_coordinator(self)
        self.indicator_manager = IndicatorManager(self.session_data)
        # Live, each gap is vouched for when it has been asked for.
        vouched = self.data_manager.source.capabilities.gaps_verified
        self.session_data.quality.gaps_verified = vouched and config.mode != "live"
        for symbol in setup.symbols:
            self.session_data.register_config_symbol(symbol)
        self._pace = Pace(config.backtest.speed if config.backtest else 0.0)
        self._requests = Requests(self._wake)
        self.session_data.wishes.wake = self._wake
        self._setup = setup
        self._loop = self._make_loop(strategy, progress)
        self._run_thread: int | None = None
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        self._ended = threading.Event()
        self._result: RunResult | None = None
        self._error: BaseException | None = None

    def _make_loop(self, strategy: Strategy | None, progress: Callable[[int, int, str], None] | None) -> Loop:
        config, setup, session, source = self.config, self._setup, self.session_data, self.data_manager.source
        pace, requests = self._pace, self._requests
        if config.mode == "live" and isinstance(source, LiveSource):
            return Live(
                config, setup, session, source, strategy=strategy, pace=pace, requests=requests, progress=progress
            )
        return Backtest(config, setup, session, strategy=strategy, pace=pace, requests=requests, progress=progress)

    def _wake(self) -> None:
        self._loop.wake()

    @property
    def mode(self) -> str:
        """``backtest`` or ``live``."""
        return self.config.mode

    @property
    def scanners(self) -> ScannerManager:
        """The run's scanners: what they found, and how they did."""
        return self._loop.scanners

    @property
    def is_running(self) -> bool:
        """Whether a run is under way, paused or not."""
        return self._running

    @property
    def result(self) -> RunResult | None:
        """What the run came to; None before its end."""
        return self._result

    def run(self, *, paused: bool = False) -> RunResult:
        """Run to the end, on this thread; ``paused`` holds the clock from the start, until `resume` is called.

        Raises
        ------
        RuntimeError
            If it ran before: a coordinator runs once.
        """
        self._begin(paused=paused)
        self._run()
        if self._error is not None:
            raise self._error
        return self._finished()

    def start(self, *, paused: bool = False) -> None:
        """Run on a thread of its own; `wait` or `stop` ends it. ``paused`` is as for `run`."""
        self._begin(paused=paused)
        self._thread = threading.Thread(target=self._run_apart, name="openbell-session", daemon=True)
        self._thread.start()

    def wait(self, timeout_s: float | None = None) -> RunResult | None:
        """Wait for the end of a run that `start` began; None if it did not end in time. What it raised, this raises."""
        if self._thread is None:
            raise NotRunningError("start() has not been called")
        # Not by a join: one that Ctrl-C interrupts leaves the thread marked as ended (python/cpython#90882).
        if not self._ended.wait(timeout_s):
            return None
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._finished()

    def stop(self) -> None:
        """End the run at the next step and wait for it, unless it is the run's own thread that asks."""
        self._require_running()
        self._pace.stop()
        self._wake()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._ended.wait()
            self._thread.join()

    def pause(self) -> None:
        """Hold the clock at the next step. From another thread, returns when it stands still."""
        self._require_running()
        self._pace.pause()
        self._wake()
        if not self.on_run_thread():
            self._pace.wait_until_held()

    def resume(self) -> None:
        """Let the clock go on."""
        self._require_running()
        self._pace.resume()

    # Symbols that come and go

    def add_symbol(
        self, symbol: str, streams: Sequence[str | Interval] | None = None, *, blocking: bool = True
    ) -> bool:
        """Add a symbol to the running session.

        Its history and its session up to now are loaded while the clock is held, nothing after now; the rest of its day
        joins the stream. It then has, bit for bit, what it would have had from the start.

        Parameters
        ----------
        symbol
            A ticker.
        streams
            Intervals instead of the config's.
        blocking
            Whether to wait until it is usable. On the run's own thread, in a callback, it never waits: an event says
            what became of it.

        Returns
        -------
        bool
            False if it is there already, on its way, or (after waiting) if the source has nothing of it.

        Raises
        ------
        NotRunningError
            If no run is under way.
        SymbolError, IntervalError
            If the symbol or a stream is not one, or cannot be derived.
        """
        self._require_running()
        request = Request("add", parse_symbol(symbol), self._layout(streams))
        there = self.session_data.is_config_symbol(request.symbol)
        # One that is to go is waited for.
        goes = "remove" in self._requests.kinds_for(request.symbol)
        if (there and not goes) or not self._requests.put(request):
            logger.info("%s is there already, or on its way", request.symbol)
            return False
        if not blocking or self.on_run_thread():
            return True
        request.done.wait()
        return request.succeeded

    def remove_symbol(self, symbol: str, *, immediate: bool = False) -> bool:
        """Remove a symbol from the running session.

        Parameters
        ----------
        symbol
            A ticker.
        immediate
            Whether it goes at once, with what is queued of it. Otherwise what the strategy has still to be told of it
            in this step of the clock is told, and then it goes; after ``streaming.removal_timeout_seconds`` the rest
            is dropped, which the log says.

        Returns
        -------
        bool
            False if it is locked or unknown. If not immediate, True as soon as it is marked: an event says when it has
            gone.

        Raises
        ------
        NotRunningError
            If no run is under way.
        """
        self._require_running()
        if immediate:
            return self.session_data.remove_symbol(symbol)
        name = parse_symbol(symbol)
        if reasons := self.session_data.get_symbol_locks(name):
            logger.warning("%s is not removed: it is locked (%s)", name, ", ".join(sorted(reasons)))
            return False
        cancelled = self._requests.cancel_adds(name)
        here = self.session_data.has_symbol(name) or "add" in self._requests.kinds_for(name)
        if not here and not self.session_data.wishes.of(name):
            return cancelled
        if self._loop.calls is not None:
            seconds = self.config.session_data_config.streaming.removal_timeout_seconds
            self._loop.calls.draining[name] = time.monotonic() + seconds
        return self._requests.put(Request("remove", name, graceful=True))

    def load_historical_bars(self, symbol: str, interval: Interval | str, days: int) -> bool:
        """Load bars of earlier sessions for a symbol, there or not, and wait for them.

        Returns
        -------
        bool
            False if the source has none. On the run's own thread, in a callback, it never waits: an event says what
            became of it.

        Raises
        ------
        NotRunningError
            If no run is under way.
        """
        self._require_running()
        self.session_data.add_historical_bars(symbol, interval, days)
        return self._provided(symbol, f"history_{Interval(interval)}")

    def start_bar_stream(self, symbol: str, interval: Interval | str) -> bool:
        """Have the bars of an interval from now on, with the session's so far; see `SessionData.add_session_bars`.

        Returns
        -------
        bool
            As for `load_historical_bars`.

        Raises
        ------
        NotRunningError
            If no run is under way.
        """
        self._require_running()
        self.session_data.add_session_bars(symbol, interval)
        return self._provided(symbol, f"bars_{Interval(interval)}")

    def _provided(self, symbol: str, key: str) -> bool:
        return self.on_run_thread() or self.session_data.wait_ready(symbol, key)

    async def add_symbol_mid_session(self, symbol: str, load_historical: bool = True) -> bool:  # noqa: FBT001, FBT002
        """Do what `add_symbol` does, without blocking the event loop; False on any failure, and never raises.

        ``load_historical=False`` asks for no more history than its indicators need.
        """
        import asyncio

        try:
            return await asyncio.to_thread(self.add_symbol, symbol, None if load_historical else ())
        except Exception:
            logger.exception("%s is not added", symbol)
            return False

    def announce_close(self, ts: TimeLike) -> None:
        """Say that the market closes before its time: the running session of a live run ends then.

        Parameters
        ----------
        ts
            Nanoseconds since 1970 UTC, a datetime with a zone, or a datetime64 in UTC; within the hours of the session.

        Raises
        ------
        NotRunningError
            If no run is under way, or it is a backtest, whose sessions are those of its calendar.
        CalendarError
            If no session trades then, or a symbol has a bar that ends later.
        """
        self._require_running()
        if not isinstance(self._loop, Live):
            raise NotRunningError("no live run is under way: the sessions of a backtest are those of its calendar")
        if self.on_run_thread():
            self.session_data.announce_close(ts)
        else:
            self._loop.announce_close(ts)

    def symbols(self) -> list[SymbolStatus]:
        """Give the state of every symbol, in order of name, those that are on their way included."""
        session, requests = self.session_data, self._requests
        there = session.get_all_symbols()
        found = (SymbolStatus.of(session, name, under_way=requests.kinds_for(name)) for name in there)
        # One may have gone since.
        status = [one for one in found if one is not None]
        status += [SymbolStatus.adding(name) for name in requests.adding() if name not in there]
        return sorted(status, key=lambda s: s.symbol)

    def status(self) -> RunStatus:
        """Give the state of the run."""
        session, calls = self.session_data, self._loop.calls
        live = self._loop if isinstance(self._loop, Live) else None
        return RunStatus(
            name=self.config.name,
            mode=self.mode,
            exchange=self.config.exchange,
            state="ended" if not self._running else "paused" if self._pace.paused() else "running",
            now_ns=session.now_ns,
            now=None if session.now is None else session.now.isoformat(),
            session_active=session.is_session_active,
            symbols=session.symbol_count(),
            strategy_symbols=len(session.get_config_symbols()),
            inactive_symbols=len(session.activity.inactive),
            pending=len(self._requests) + session.wishes.counts()["waiting"],
            sessions_done=len(self._loop.tally.sessions),
            sessions=len(self._setup.sessions),
            counts=session.counts(),
            callbacks=calls.count if calls else 0,
            callback_errors=calls.errors if calls else 0,
            errors=tuple(calls.first_errors) if calls else (),
            scanners=self.scanners.stats,
            phase=None if session.now_ns is None else self.time_manager.phase(session.now_ns),
            links=live.supervisor.links if live else (),
            queue=live.inbox.status if live else None,
            gaps=live.gaps.ledger.counts() if live else {},
        )

    def request_add(self, symbol: str) -> bool:
        """Ask for a symbol, and do not wait: what `SessionData.add_symbol` does."""
        return self.add_symbol(symbol, blocking=False)

    def request_remove(self, symbol: str) -> bool:
        """Remove a symbol at the next boundary, or at once on the run's own thread: what `SessionData` does."""
        cancelled = self._requests.cancel_adds(symbol)
        if self.on_run_thread():
            return self._loop.members.remove(symbol) or cancelled
        return self._ask(Request("remove", symbol)) or cancelled

    def request_let_go(self, symbol: str, owner: str | None) -> bool:
        """Let go of an owner's share at the next boundary, or at once on the run's own thread."""
        if self.on_run_thread():
            return self.session_data.let_go(symbol, owner)
        return self._ask(Request("let_go", symbol, owner=owner))

    def _ask(self, request: Request) -> bool:
        self._requests.put(request)
        request.done.wait()
        return request.succeeded

    def on_run_thread(self) -> bool:
        """Whether this is the thread of the run, or of a scan that it waits for: it never waits for itself."""
        return threading.get_ident() == self._run_thread or self._loop.scanners.is_acting()

    def _layout(self, streams: Sequence[str | Interval] | None) -> Provision | None:
        if streams is None:
            return None
        template = self.config.session_data_config
        wanted = tuple(Interval(s) for s in streams)
        changes: dict[str, object] = {"streams": wanted or template.streams}
        if not wanted:
            changes["historical"] = template.historical.model_copy(update={"trailing_days": 0})
        source = self.data_manager.source.interval
        seconds = session_seconds(self.time_manager, self._setup.sessions[0])
        return provision(template.model_copy(update=changes), source_interval=source, session_seconds=seconds)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._running:
            self.stop()

    def _begin(self, *, paused: bool) -> None:
        if paused:
            self._pace.pause()
        with self._guard:
            if self._started:
                raise RuntimeError("this coordinator has run; make another for another run")
            self._started = self._running = True

    def _run(self) -> None:
        completed = False
        self._run_thread = threading.get_ident()
        try:
            completed = self._loop.run()
        except BaseException as error:  # noqa: BLE001  # kept for whoever waits, and raised there
            self._error = error
        finally:
            self._running = False
            self._requests.close()
            for wish in self.session_data.wishes.take():
                wish.abandon()
            self._pace.stop()
            self.session_data.run_ended()
        live = self._loop.live_summary() if isinstance(self._loop, Live) else None
        summary = self._loop.tally.summary(self._loop.calls, self._loop.scanners, live)
        self._result = RunResult(summary, self.session_data, completed)
        if completed and self.config.report is not None:
            self._result.to_html(self.config.resolve(self.config.report))

    def _run_apart(self) -> None:
        try:
            self._run()
        except Exception as error:  # noqa: BLE001  # the report's, such as a full disk; for whoever waits
            self._error = error
        finally:
            self._ended.set()

    def _finished(self) -> RunResult:
        if self._result is None:
            raise NotRunningError("the run has not ended")
        return self._result

    def _require_running(self) -> None:
        if not self._running:
            raise NotRunningError("no run is under way: call start() or run()")
