"""The session's data: the single source of truth for what is active."""

from __future__ import annotations

import functools
import logging
import threading
from typing import TYPE_CHECKING, Any, Self

from openbell._core import Interval, SessionCore, as_ns, parse_symbol
from openbell.clock.session import day_number
from openbell.errors import CalendarError
from openbell.quality import DataQualityManager
from openbell.session.across import CrossSection
from openbell.session.activity import Activity, LaggingSymbols
from openbell.session.adhoc import AdHocRequests
from openbell.session.board import Board, Subscription
from openbell.session.custom import CustomStates
from openbell.session.finality import FinalBars, Revisions
from openbell.session.input import SessionInput
from openbell.session.locks import LockedSymbols, Locks
from openbell.session.provision import Provision, bare, provision
from openbell.session.symbol import SymbolMap
from openbell.session.wishes import Wishes

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Mapping

    from openbell._core import Bar
    from openbell.clock import CalendarArrays, TimeManager
    from openbell.clock.session import TimeLike
    from openbell.config import SessionConfig
    from openbell.session.symbol import SymbolData
    from openbell.session.wishes import Wish

logger = logging.getLogger(__name__)


class SessionData(AdHocRequests, SessionInput, LockedSymbols, LaggingSymbols, FinalBars, CrossSection):
    """Bars, derived bars, indicators and figures of every symbol of a session.

    It works by itself, for an app that brings its own feed, or under a `SessionCoordinator`. All methods are
    thread-safe; what they return never changes afterwards. Readers wait for at most a small lot of a batch.

    Parameters
    ----------
    config
        What the symbols get: streams, indicators, ring capacity, alignment. Without one, a symbol has its base bars,
        on the sessions of the New York Stock Exchange.

    Examples
    --------
    >>> import openbell as ob
    >>> session = ob.SessionData()
    >>> session.register_symbol("SPY", "1m")
    True
    >>> report = session.apply_bar("SPY", "1m", ob.Bar(1732545000000000000, 597.5, 598.1, 597.4, 598.0, 120_000))
    >>> session.get_latest_bar("SPY", "1m").close
    598.0
    """

    def __new__(cls, config: SessionConfig | None = None) -> Self:
        if config is None:
            return super().__new__(cls)
        bars = config.session_data_config.bars
        return super().__new__(cls, bars.capacity, bars.align)

    def __init__(self, config: SessionConfig | None = None) -> None:
        self.config = config
        self.quality = DataQualityManager(self)
        self.coordinator: Any = None
        self.indicator_manager: Any = None
        self._guard = threading.Lock()
        self._time_manager: TimeManager | None = None
        self._calendar: int | None = None
        self._config_symbols: set[str] = set()
        # What strategy symbols have by the config, whoever asks for more.
        self._own: dict[str, Provision] = {}
        self._locks = Locks()
        self.wishes = Wishes()
        self.activity = Activity(config)
        self.revisions = Revisions()
        self.board = Board(self._listen)
        self._tape = None
        self._attributes = {}
        self._prepared = {}
        # What symbols that are registered get, by the base interval that is said: the same for all of them.
        self._layouts: dict[Interval | None, Provision] = {}
        self._official: dict[str, Bar] = {}
        self._custom = CustomStates(self)
        self.set_custom(self._custom)
        if config is not None:
            self.set_threads(config.threads)

    def __repr__(self) -> str:
        state = "active" if self.is_session_active else "not active"
        return f"SessionData({self.symbol_count()} symbols, {state})"

    # Symbols

    @property
    def symbols(self) -> Mapping[str, SymbolData]:
        """A live mapping of symbol to its data."""
        return SymbolMap(self, self.quality)

    def register_symbol(self, symbol: str, base_interval: Interval | str | None = None) -> bool:
        """Make a symbol known, with all that the config asks for, so that its bars can be applied.

        Parameters
        ----------
        symbol
            A ticker.
        base_interval
            Of the bars that will be applied. If not given, the longest from which the config's streams and indicators
            can be derived, or ``1m`` without a config.

        Returns
        -------
        bool
            False if it is registered already.

        Raises
        ------
        SymbolError, IntervalError
            If either is not one, or the config asks for what cannot be derived from the base.
        """
        base = None if base_interval is None else Interval(base_interval)
        if base not in self._layouts:
            self._layouts[base] = self._layout(base)
        return self.provision_symbols([symbol], self._layouts[base]) == 1

    def _layout(self, base: Interval | None) -> Provision:
        if self.config is None:
            return bare(base or Interval("1m"))
        template = self.config.session_data_config
        return provision(template, source_interval=base, session_seconds=self._session_seconds())

    def add_symbol(self, symbol: str) -> bool:
        """Add a strategy symbol: it gets all that the config asks for.

        Under a running coordinator its history and its session up to now are loaded before the next bar of any symbol
        is applied, and the rest of its day joins the stream; the event ``symbol_added`` says when it is usable. By
        itself, the session registers it, and its bars are the caller's.

        Returns
        -------
        bool
            False if it is there already, or on its way.

        Raises
        ------
        SymbolError
            If it is not a ticker.
        """
        name = parse_symbol(symbol)
        if self._is_run():
            added: bool = self.coordinator.request_add(name)
            return added
        with self._guard:
            if name in self._config_symbols:
                logger.info("%s is there already", name)
                return False
            self._config_symbols.add(name)
        self.register_symbol(name)
        self.board.publish("symbol_added", name)
        return True

    def remove(self, symbol: str) -> int:
        """Take a symbol away with everything that it has; gives its id, which the name keeps if it comes again."""
        self._custom.forget(parse_symbol(symbol))
        return super().remove(symbol)

    @property
    def indicator_errors(self) -> Mapping[tuple[str, str], str]:
        """Why indicators of one's own have no value, by symbol and key: their ``update`` failed."""
        return self._custom.errors

    def remove_symbol(self, symbol: str) -> bool:
        """Remove a symbol at once, with its bars, history, indicators, figures and stream.

        Returns
        -------
        bool
            False if it is locked or unknown; the log says which.
        """
        name = parse_symbol(symbol)
        if reasons := self._locks.of(name):
            logger.warning("%s is not removed: it is locked (%s)", name, ", ".join(sorted(reasons)))
            return False
        if self._is_run():
            removed: bool = self.coordinator.request_remove(name)
            return removed
        return self.discard_symbol(name, "removed")

    def discard_symbol(self, symbol: str, reason: str) -> bool:
        """Let the engine forget a symbol, locked or not; False if it does not know it."""
        with self._guard:
            self._config_symbols.discard(symbol)
            self._own.pop(symbol, None)
        if not self.has_symbol(symbol):
            logger.warning("%s is not removed: it is unknown", symbol)
            return False
        self.remove(symbol)
        self.activity.forget(symbol)
        self._official.pop(symbol, None)
        self._locks.drop(symbol, None)
        self.wishes.forget(symbol)
        logger.info("%s removed: %s", symbol, reason)
        self.board.publish("symbol_removed", symbol, reason)
        return True

    def remove_symbol_adhoc(self, symbol: str, owner: str | None = None) -> bool:
        """Let go of what an owner asked for: what nobody else has a share in goes, and the symbol with its last share.

        Returns
        -------
        bool
            False if it is locked, unknown or shared by others only. False too for a strategy symbol, which goes with
            `remove_symbol`; the owner's share in it is let go of all the same.
        """
        name = parse_symbol(symbol)
        if self._is_run():
            done: bool = self.coordinator.request_let_go(name, owner)
            return done
        return self.let_go(name, owner)

    def let_go(self, symbol: str, owner: str | None) -> bool:
        """Do what `remove_symbol_adhoc` asks for, on the thread that runs the session."""
        if self.is_symbol_locked(symbol):
            logger.info("%s is not let go of: it is locked", symbol)
            return False
        gone = self.wishes.let_go(symbol, owner)
        if symbol in self._config_symbols:
            self._reduce(symbol, gone or ())
            return False
        if not self.wishes.shared(symbol):
            there = self.has_symbol(symbol)
            return self.remove_symbol(symbol) if there else bool(gone)
        self._reduce(symbol, gone or ())
        return gone is not None

    def _reduce(self, symbol: str, gone: Iterable[Wish]) -> None:
        """Take away what was granted and nobody needs any more."""
        granted = [wish for wish in gone if wish.state == "ready"]
        own = self._own.get(symbol)
        left = [wish.interval for wish in self.wishes.of(symbol)]
        keys: list[str] = []
        if own is not None:
            left += [own.base[0], *(interval for interval, _ in own.derived)]
            keys = [i.make_key() for i in (*own.session_indicators, *own.historical_indicators)]
        unwanted = {wish.interval for wish in granted} - set(left) - set(self.intervals(symbol)[:1])
        lost = [wish.key for wish in granted if wish.indicator is not None and wish.key not in keys]
        if granted:
            self.reduce(symbol, lost, sorted(unwanted))

    def effective_config(self) -> SessionConfig:
        """Give the config as it would have to be to start with today's symbols; the config itself never changes.

        Raises
        ------
        ValueError
            If the session has no config.
        """
        if self.config is None:
            raise ValueError("this session has no config: SessionData(config) has one")
        symbols = tuple(sorted(self._config_symbols))
        template = self.config.session_data_config.model_copy(update={"symbols": symbols})
        return self.config.model_copy(update={"session_data_config": template})

    def register_config_symbol(self, symbol: str, layout: Provision | None = None) -> None:
        """Count a symbol among those of the config: it is provisioned in full, as the layout says."""
        name = parse_symbol(symbol)
        with self._guard:
            self._config_symbols.add(name)
            if layout is not None:
                self._own[name] = layout

    def own_layout(self, symbol: str) -> Provision | None:
        """Give what a strategy symbol has by the config, whoever asks for more; None for others."""
        return self._own.get(symbol)

    def subscribe(
        self, event: str | type[Any], callback: Callable[[Any], object], *, symbols: str | Iterable[str] | None = None
    ) -> Subscription:
        """Be told of events.

        Parameters
        ----------
        event
            A class of `openbell.session.events` or its name: ``symbol_added``, ``bar_closed``, …
        callback
            Called with the event, on the thread that runs the session, after the strategy. It may ask for anything;
            what it raises is logged and counted.
        symbols
            Only events of this one or these. An event costs as much as there are who want to know of it.

        Raises
        ------
        ValueError
            If there is no such event, or a symbol is none.
        """
        return self.board.add(event, callback, symbols)

    def footprint(self, symbol: str) -> dict[str, int]:
        """Count everything that is kept for a symbol; all zero for one that was removed."""
        name = parse_symbol(symbol)
        intervals = self.intervals(name)
        return {
            "series": len(intervals),
            "bars": sum(self.bar_count(name, interval) for interval in intervals),
            "past_bars": sum(len(self.get_historical_bars(name, interval)) for interval in intervals),
            "indicators": len(self.get_all_indicators(name)),
            "ticks": sum(tick is not None for tick in (self.get_last_trade(name), self.get_quote(name))),
            "locks": len(self.get_symbol_locks(name)),
            "wishes": len(self.wishes.of(name)) + self.wishes.shared(name),
            "activity": self.activity.knows(name),
            "official": name in self._official,
            "layouts": name in self._config_symbols or name in self._own,
        }

    def get_config_symbols(self) -> frozenset[str]:
        """Give the symbols that are provisioned in full."""
        return frozenset(self._config_symbols)

    def is_config_symbol(self, symbol: str) -> bool:
        """Whether a symbol is provisioned in full."""
        return parse_symbol(symbol) in self._config_symbols

    def get_all_symbols(self) -> frozenset[str]:
        """Give all registered symbols."""
        return frozenset(self.symbol_names())

    def get_active_symbols(self) -> frozenset[str]:
        """Give the symbols that take part in the running session: none while it is not active, none that lags."""
        return self.get_all_symbols() - self.activity.inactive if self.activity.session_active else frozenset()

    def get_symbol_data(self, symbol: str) -> SymbolData | None:
        """Give one symbol's data, None if it is not registered."""
        return self.symbols.get(symbol)

    def provision_symbols(self, symbols: Iterable[str], layout: Provision) -> int:
        """Register symbols with a layout; those that are registered stay as they are. Gives how many are new."""
        rows = layout.indicator_rows()
        return self.register(list(symbols), self.calendar(), layout.base, list(layout.derived), rows)

    # The clock, and whether strategies are called

    @property
    def now(self) -> dt.datetime | None:
        """The session's clock in the exchange's zone; None before it was set."""
        from openbell.clock.session import local_time

        return None if self.now_ns is None else local_time(self.now_ns, self.time_manager.zone)

    @property
    def is_session_active(self) -> bool:
        """Whether strategies and scanners are called."""
        return self.activity.session_active

    def activate_session(self, *, missed: int = 0) -> None:
        """Call strategies and scanners from now on; ``missed`` calls were not made meanwhile."""
        if not self.activity.session_active:
            self.activity.session_active = True
            self.board.publish("session_activated", missed)

    def deactivate_session(self, reason: str = "") -> None:
        """Stop calling strategies and scanners; data goes on. Reads always work."""
        if self.is_session_active:
            self.activity.session_active = False
            logger.info("session deactivated%s", f": {reason}" if reason else "")
            self.board.publish("session_deactivated", reason)

    # Wiring

    @property
    def time_manager(self) -> TimeManager:
        """Sessions of the exchange."""
        with self._guard:
            if self._time_manager is None:
                self._time_manager = self._make_time_manager()
            return self._time_manager

    def set_indicator_manager(self, manager: Any) -> None:
        """Attach the indicator manager. It calls this itself."""
        self.indicator_manager = manager

    def set_session_coordinator(self, coordinator: Any) -> None:
        """Attach the coordinator, whose clock becomes the session's. It calls this itself."""
        self.coordinator = coordinator
        with self._guard:
            self._time_manager = coordinator.time_manager

    def calendar(self) -> int:
        """Give the engine's number of the exchange's calendar, loading it at first use."""
        manager = self.time_manager
        with self._guard:
            if self._calendar is None:
                self._calendar = _add_calendar(self, manager)
            return self._calendar

    def scratch(self) -> tuple[SessionCore, int]:
        """Give an empty engine with the same settings and calendar, and the calendar's number in it."""
        bars = self.config.session_data_config.bars if self.config else None
        core = SessionCore(bars.capacity, bars.align) if bars else SessionCore()
        manager = self.time_manager
        number = _add_calendar(core, manager)
        for day, closed_ns in manager.closures.items():
            core.close_early(number, day, closed_ns)
        return core, number

    def put_official(self, bars: Mapping[str, Bar]) -> None:
        """Keep the newest daily bars that a provider publishes, of symbols that are registered."""
        self._official |= {symbol: bar for symbol, bar in bars.items() if self.has_symbol(symbol)}

    def get_official_bar(self, symbol: str) -> Bar | None:
        """Give the newest daily bar that the provider publishes; the session's own ``1d`` is another. None without."""
        return self._official.get(parse_symbol(symbol))

    def announce_close(self, ts: TimeLike) -> None:
        """Say that the market closes before its time: bars in progress end then, and none is expected after.

        Parameters
        ----------
        ts
            When, within the hours of a session: nanoseconds since 1970 UTC, a datetime with a zone, or a datetime64 in
            UTC.

        Raises
        ------
        CalendarError
            If no session trades then, or a symbol has a bar that ends later.
        """
        closed_ns = as_ns(ts)
        manager = self.time_manager
        date = manager.session_of(closed_ns - 1)
        if date is None:
            raise CalendarError(f"{manager.exchange}: no session trades then")
        self.close_early(self.calendar(), day_number(date), closed_ns)
        manager.closures[day_number(date)] = closed_ns
        logger.warning("%s: the session of %s closes before its time", manager.exchange, date)

    def _make_time_manager(self) -> TimeManager:
        from openbell.clock import TimeManager

        if self.config is None:
            return TimeManager()
        extended = self.config.session_data_config.bars.extended_hours
        return TimeManager(self.config.exchange, extended_hours=extended, live=self.config.mode == "live")

    def _session_seconds(self) -> list[float]:
        """Give the length of the exchange's latest known session."""
        arrays = _all_sessions(self.time_manager)
        last = arrays.regular & (arrays.date == arrays.date[-1])
        return [float((arrays.close_ns[last] - arrays.open_ns[last]).sum()) / 1e9]


def _all_sessions(manager: TimeManager) -> CalendarArrays:
    first, last = manager.bounds
    return manager.calendar_arrays(first, last, announced=False)


def _add_calendar(core: SessionCore, manager: TimeManager) -> int:
    arrays = _all_sessions(manager)
    columns = (arrays.date, arrays.open_ns, arrays.close_ns, arrays.regular, arrays.utc_offset_ns)
    return core.add_calendar(manager.exchange, *columns)


@functools.cache
def get_session_data() -> SessionData:
    """Give the process's default instance, for apps that want one; nothing in the library depends on it."""
    return SessionData()
