"""The coordinator: one run, in the foreground or on a thread of its own."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Self

from openbell.coordinator.backtest import Backtest
from openbell.coordinator.pace import Pace
from openbell.coordinator.result import RunResult
from openbell.coordinator.setup import make_time_manager, prepare
from openbell.errors import NotRunningError
from openbell.session import IndicatorManager, SessionData

if TYPE_CHECKING:
    from collections.abc import Callable

    from openbell.config import SessionConfig
    from openbell.coordinator.strategy import Strategy
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
    ) -> None:
        self.config = config
        self.time_manager = make_time_manager(config)
        setup = prepare(config, self.time_manager, source)
        self.data_manager: DataManager = setup.data_manager
        self.session_data = SessionData(config)
        self.session_data.set_session_coordinator(self)
        self.indicator_manager = IndicatorManager(self.session_data)
        self.session_data.quality.gaps_verified = self.data_manager.source.capabilities.gaps_verified
        for symbol in setup.symbols:
            self.session_data.register_config_symbol(symbol)
        self._pace = Pace(config.backtest.speed if config.backtest else 0.0)
        self._backtest = Backtest(
            config, setup, self.session_data, strategy=strategy, pace=self._pace, progress=progress
        )
        self._guard = threading.Lock()
        self._started = False
        self._running = False
        self._thread: threading.Thread | None = None
        self._result: RunResult | None = None
        self._error: BaseException | None = None

    @property
    def mode(self) -> str:
        """``backtest`` or ``live``."""
        return self.config.mode

    @property
    def is_running(self) -> bool:
        """Whether a run is under way, paused or not."""
        return self._running

    @property
    def result(self) -> RunResult | None:
        """What the run came to; None before its end."""
        return self._result

    def run(self) -> RunResult:
        """Run to the end, on this thread.

        Raises
        ------
        RuntimeError
            If it ran before: a coordinator runs once.
        """
        self._begin()
        self._run()
        if self._error is not None:
            raise self._error
        return self._finished()

    def start(self) -> None:
        """Run on a thread of its own; `wait` or `stop` ends it."""
        self._begin()
        self._thread = threading.Thread(target=self._run, name="openbell-session", daemon=True)
        self._thread.start()

    def wait(self, timeout_s: float | None = None) -> RunResult | None:
        """Wait for the end of a run that `start` began; None if it did not end in time. What it raised, this raises."""
        if self._thread is None:
            raise NotRunningError("start() has not been called")
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            return None
        if self._error is not None:
            raise self._error
        return self._finished()

    def stop(self) -> None:
        """End the run at the next step and wait for it, unless it is the run's own thread that asks."""
        self._require_running()
        self._pace.stop()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def pause(self) -> None:
        """Hold the clock at the next step. From another thread, returns when it stands still."""
        self._require_running()
        self._pace.pause()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._pace.wait_until_held()

    def resume(self) -> None:
        """Let the clock go on."""
        self._require_running()
        self._pace.resume()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._running:
            self.stop()

    def _begin(self) -> None:
        with self._guard:
            if self._started:
                raise RuntimeError("this coordinator has run; make another for another run")
            self._started = self._running = True

    def _run(self) -> None:
        completed = False
        try:
            completed = self._backtest.run()
        except BaseException as error:  # noqa: BLE001  # kept for whoever waits, and raised there
            self._error = error
        finally:
            self._running = False
            self._pace.stop()
        summary = self._backtest.tally.summary(self._backtest.calls)
        self._result = RunResult(summary, self.session_data, completed)
        if completed and self.config.report is not None:
            self._result.to_html(self.config.resolve(self.config.report))

    def _finished(self) -> RunResult:
        if self._result is None:
            raise NotRunningError("the run has not ended")
        return self._result

    def _require_running(self) -> None:
        if not self._running:
            raise NotRunningError("no run is under way: call start() or run()")
