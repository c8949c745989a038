"""Running scanners: set up, scan at their times, tear down; what they found, and how they did."""

from __future__ import annotations

import dataclasses
import functools
import logging
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from openbell.errors import ConfigError, ConfigProblem, ScannerError
from openbell.scanners.barrier import Barrier
from openbell.scanners.base import ScanContext, ScanHit, ScanResult
from openbell.scanners.expression import ExpressionScanner
from openbell.scanners.loading import make_scanner
from openbell.scanners.schedule import scan_times
from openbell.scanners.universe import liquid, resolve

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    from openbell.config import SessionConfig
    from openbell.config.sections import ScannerConfig
    from openbell.scanners.base import BaseScanner
    from openbell.session import SessionData
    from openbell.sources import DataManager

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class ScannerStats:
    """How a scanner did.

    Attributes
    ----------
    universe
        How many symbols it screens.
    left_out
        What else its universe names: symbols that the source does not have, or whose prices are out of bounds, and
        lines of its file that are no tickers.
    runs, hits
        Scans, and symbols that they found.
    errors, overruns, skipped
        Calls that raised, calls that took longer than their limit, and scans that were not made: the session was not
        active, or the scanner was disabled.
    seconds
        Wall time of all scans.
    last_error
        What it raised last.
    disabled
        Why it does not run: its ``setup`` said so (for the day), or it overran (for the rest of the run).
    """

    name: str
    universe: int = 0
    left_out: tuple[str, ...] = ()
    runs: int = 0
    hits: int = 0
    errors: int = 0
    overruns: int = 0
    skipped: int = 0
    seconds: float = 0.0
    last_error: str | None = None
    disabled: str | None = None


@dataclass(slots=True)
class _Entry:
    config: ScannerConfig
    scanner: BaseScanner
    universe: tuple[str, ...]
    stats: ScannerStats
    times: list[int] = field(default_factory=list)
    ready: bool = False
    gone: bool = False
    barrier: Barrier | None = None
    beside: threading.Thread | None = None


class ScannerManager:
    """The scanners of a run. Only the run's own thread calls it, but for `hits` and `stats`.

    Parameters
    ----------
    config
        Of the session.
    session
        Which they look at.
    data
        Where universes, and the prices that bound them, come from.
    first
        The first session of the run.

    Raises
    ------
    ConfigError
        If a scanner, an expression, a parameter or a universe is wrong; all at once.
    """

    def __init__(self, config: SessionConfig, session: SessionData, data: DataManager, first: dt.date) -> None:
        self._config = config
        self._session = session
        self._data = data
        self._guard = threading.Lock()
        self._hits: list[ScanHit] = []
        self._to_lock: dict[str, str] = {}
        self._acting: int | None = None
        # Scans that are made beside the stream now, and whom to tell when one has ended.
        self.under_way = 0
        self.ended: Callable[[], object] = int
        problems: list[ConfigProblem] = []
        self._entries: list[_Entry] = []
        for place, wanted in enumerate(config.session_data_config.scanners):
            if not wanted.enabled:
                continue
            try:
                scanner = make_scanner(wanted, session.attribute_names())
                universe, left_out = self._universe(wanted, first)
            except ScannerError as error:
                problems.append(ConfigProblem(f"session_data_config.scanners[{place}]", str(error)))
                continue
            stats = ScannerStats(wanted.label, len(universe), left_out)
            self._entries.append(_Entry(wanted, scanner, universe, stats))
        if problems:
            raise ConfigError(problems)

    def __bool__(self) -> bool:
        return bool(self._entries)

    def _universe(self, wanted: ScannerConfig, first: dt.date) -> tuple[tuple[str, ...], tuple[str, ...]]:
        if wanted.universe is None:
            return tuple(sorted(self._session.get_config_symbols())), ()
        path = None if wanted.universe.file is None else self._config.resolve(wanted.universe.file)
        symbols, left_out = resolve(wanted.universe, path, self._data.source.symbols())
        chosen = liquid(wanted.universe, symbols, self._data, self._data.time_manager.previous_session(first))
        kept = set(chosen)
        return chosen, (*left_out, *(name for name in symbols if name not in kept))

    def is_acting(self) -> bool:
        """Whether this is the thread of a scan for which the run waits."""
        return threading.get_ident() == self._acting

    @property
    def stats(self) -> tuple[ScannerStats, ...]:
        """How each scanner did."""
        return tuple(dataclasses.replace(entry.stats) for entry in self._entries)

    def hits(self, scanner: str | None = None, symbol: str | None = None) -> list[ScanHit]:
        """Give what was found, in order: by all scanners or one, of all symbols or one."""
        wanted = None if symbol is None else symbol.upper()
        return [
            hit for hit in self._hits
            if (scanner is None or hit.scanner == scanner) and (wanted is None or hit.symbol == wanted)
        ]  # fmt: skip

    # The day

    def setup(self, date: dt.date) -> None:
        """Set all up for a session, before its first bar."""
        manager = self._session.time_manager
        trading = manager.get_trading_session(date)
        for entry in self._entries:
            entry.times = scan_times(entry.config.regular_session, trading, manager)
            entry.ready = False
            if entry.gone:
                continue
            entry.stats.disabled = None
            context = self._context(entry)
            agreed = self._call(entry, "setup", functools.partial(entry.scanner.setup, context), context)
            if agreed is True:
                entry.ready = True
            elif entry.stats.disabled is None:
                entry.stats.disabled = "setup failed" if agreed is None else "setup said no"
                logger.info("scanner %s does not run on %s: %s", entry.stats.name, date, entry.stats.disabled)

    def pre_session(self) -> None:
        """Scan before the session, with what history says."""
        for entry in self._entries:
            if entry.config.pre_session:
                self._scan(entry)

    def next_time(self, after_ns: int) -> int | None:
        """Give when the next scan is due after a time of this session."""
        return min((t for entry in self._entries for t in entry.times if t > after_ns), default=None)

    def run_due(self, now_ns: int) -> None:
        """Make the scans of this time, in the order of the config."""
        for entry in self._entries:
            if now_ns in entry.times:
                self._scan(entry)

    def start_due(self, now_ns: int, marker: threading.Event | None = None) -> None:
        """Make the scans of this time beside the stream, for which they do not wait and which does not wait for them.

        Each runs on a thread of its own, once all symbols that are expected have the bar that ends now, the feed has
        set the marker, or ``streaming.barrier_timeout_seconds`` are over. A scanner whose last scan is still under way
        is skipped, and counted.
        """
        for entry in self._entries:
            if now_ns not in entry.times:
                continue
            if entry.beside is not None and entry.beside.is_alive():
                entry.stats.skipped += 1
                continue
            work = functools.partial(self._scan_beside, entry, now_ns, marker or threading.Event())
            with self._guard:
                self.under_way += 1
            name = f"openbell-beside-{entry.stats.name}"
            entry.beside = threading.Thread(target=work, name=name, daemon=True)
            entry.beside.start()

    def _scan_beside(self, entry: _Entry, end_ns: int, marker: threading.Event) -> None:
        try:
            self._scan(entry, end_ns=end_ns, marker=marker)
        finally:
            with self._guard:
                self.under_way -= 1
            self.ended()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until no scan is under way beside the stream; False if one is still."""
        deadline_s = None if timeout_s is None else time.monotonic() + timeout_s
        for entry in self._entries:
            if entry.beside is not None:
                entry.beside.join(None if deadline_s is None else max(0.0, deadline_s - time.monotonic()))
        return not any(entry.beside is not None and entry.beside.is_alive() for entry in self._entries)

    def after_provisioning(self) -> None:
        """Lock what was promoted, once it is there."""
        for symbol, reason in list(self._to_lock.items()):
            del self._to_lock[symbol]
            if self._session.is_config_symbol(symbol):
                self._session.lock_symbol(symbol, reason)

    def teardown(self) -> None:
        """Tear all down after a session: what nobody else needs goes."""
        for entry in self._entries:
            context = self._context(entry)
            if not entry.gone:
                self._call(entry, "teardown", functools.partial(entry.scanner.teardown, context), context)
            else:
                context.let_go()

    # One scan

    def _scan(self, entry: _Entry, *, end_ns: int | None = None, marker: threading.Event | None = None) -> None:
        """Make a scan; with a marker, beside the stream, of the interval that ends at ``end_ns``."""
        if not entry.ready or not self._session.is_session_active:
            entry.stats.skipped += 1
            return
        if entry.barrier is None:
            entry.barrier = Barrier(self._session, entry.universe)
        if marker is not None and end_ns is not None:
            patience_s = self._config.session_data_config.streaming.barrier_timeout_seconds
            counts = entry.barrier.wait(end_ns, patience_s, marker)
        else:
            counts = entry.barrier.count(self._session.now_ns or 0)
        context = self._context(entry)
        context.expected, context.arrived = counts
        started_s = time.perf_counter()
        found = self._call(
            entry, "scan", functools.partial(entry.scanner.scan, context), context, waited_for=marker is None
        )
        seconds = time.perf_counter() - started_s
        entry.stats.runs += 1
        entry.stats.seconds += seconds
        if found is not None and not isinstance(found, ScanResult):
            self._failed(entry, f"scan gave a {type(found).__name__}, not a ScanResult")
            found = None
        result = dataclasses.replace(
            found or ScanResult(error=entry.stats.last_error),
            scanner=entry.stats.name,
            time_ns=context.now_ns,
            seconds=seconds,
            expected=context.expected,
            arrived=context.arrived,
        )
        self._keep(entry, result)
        self._session.board.publish("scan_completed", entry.stats.name, result)

    def _keep(self, entry: _Entry, result: ScanResult) -> None:
        entry.stats.hits += len(result.symbols)
        for rank, symbol in enumerate(result.symbols, 1):
            metadata = result.metadata.get(symbol)
            self._hits.append(ScanHit(entry.stats.name, symbol, result.time_ns, rank, metadata))
            if entry.config.promote:
                self._session.add_symbol(symbol)
            if entry.config.lock:
                self._to_lock[symbol] = f"scanner:{entry.stats.name}"

    def _context(self, entry: _Entry) -> ScanContext:
        session = self._session
        now_ns = session.now_ns or 0
        return ScanContext(
            session_data=session,
            time=session.now or session.time_manager.get_current_time(),
            now_ns=now_ns,
            mode=self._config.mode,
            config=entry.config.config,
            name=entry.stats.name,
            universe=entry.universe,
            base_interval=self._data.source.interval,
        )

    def _call(
        self, entry: _Entry, what: str, call: Callable[[], object], context: ScanContext, *, waited_for: bool = True
    ) -> object:
        """Call a scanner; what it raises is kept, and who takes longer than the limit is left behind."""
        if isinstance(entry.scanner, ExpressionScanner):
            # Ours: it ends.
            return self._guarded(entry, what, call)
        outcome: list[object] = []

        def work() -> None:
            if waited_for:
                self._acting = threading.get_ident()
            outcome.append(self._guarded(entry, what, call))

        worker = threading.Thread(target=work, name=f"openbell-scan-{entry.stats.name}", daemon=True)
        worker.start()
        worker.join(entry.config.time_limit_seconds)
        if waited_for:
            self._acting = None
        if worker.is_alive():
            context.revoke()
            entry.gone, entry.ready = True, False
            entry.stats.overruns += 1
            entry.stats.disabled = f"{what} took longer than {entry.config.time_limit_seconds:g} s"
            entry.stats.last_error = entry.stats.disabled
            logger.error("scanner %s is left behind: %s", entry.stats.name, entry.stats.disabled)
            return None
        return outcome[0] if outcome else None

    def _guarded(self, entry: _Entry, what: str, call: Callable[[], object]) -> object:
        try:
            return call()
        except Exception as error:
            logger.exception("scanner %s: %s raised; the session goes on", entry.stats.name, what)
            self._failed(entry, f"{what}: {type(error).__name__}: {error}")
            return None

    def _failed(self, entry: _Entry, message: str) -> None:
        entry.stats.errors += 1
        entry.stats.last_error = message

    def names(self) -> Sequence[str]:
        """Give the names of the scanners, in order."""
        return [entry.stats.name for entry in self._entries]
