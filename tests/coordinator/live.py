"""Real days played live, and the same days as backtests."""

from __future__ import annotations

import datetime as dt
import functools
from typing import TYPE_CHECKING, Any

import numpy as np

import openbell as ob
from openbell.clock import TimeManager
from openbell.coordinator.live import Live
from openbell.sources import Capabilities, Columns, FeedCapabilities, FeedStatus, ReplaySource, open_source
from openbell.sources.feed import BARS
from openbell.testing import Fault, FaultySource

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from openbell.sources import Channel, LiveSource, Sink, Source

MINUTE = 60_000_000_000
DAY = dt.date(2013, 10, 7)
LEAN = ("AIG", "BAC", "IBM", "SPY")
THIN = ("BKNG", "CPAY", "ERIE", "FDS", "GWW", "LII", "NDSN", "NVR", "SW", "TPL")
INDICATORS = [
    {"name": "ema", "period": 9, "interval": "1m"},
    {"name": "vwap", "interval": "1m"},
    {"name": "sma", "period": 5, "interval": "5m"},
    {"name": "rsi", "period": 5, "interval": "15m"},
]


def at(date: dt.date, hour: int, minute: int = 0, offset: int = 4) -> int:
    """Local time of New York in nanoseconds; ``offset`` hours behind UTC."""
    zone = dt.timezone(-dt.timedelta(hours=offset))
    return int(dt.datetime(date.year, date.month, date.day, hour, minute, tzinfo=zone).timestamp()) * 1_000_000_000


class World:
    """A file of real bars and a config for it.

    Parameters
    ----------
    name
        ``lean``: four names that trade every minute but one, a source that vouches for nothing. ``thin``: ten names
        that trade in a fifth to all of the minutes, and a source that vouches.
    """

    def __init__(self, data_dir: Path, name: str = "lean", **session: Any) -> None:
        lean = name == "lean"
        file = "lean_2013_1m_trade.csv.gz" if lean else "blaizard_2024_1m.csv.gz"
        self.names = LEAN if lean else THIN
        self.plain: dict[str, Any] = {
            "source": {
                "kind": "csv",
                "path": str(data_dir / "us_equity" / file),
                "columns": {"ts": "ts_utc"},
                "gaps_verified": not lean,
            },
            "session_data_config": {
                "symbols": list(self.names),
                "streams": ["1m", "5m", "15m"],
                "historical": {"trailing_days": 1},
                "indicators": {"session": INDICATORS},
                **session,
            },
        }
        self.base: Source = open_source(self.backtest_config(dt.date(2013, 10, 7), dt.date(2013, 10, 7)), TimeManager())

    def backtest_config(self, start: dt.date, end: dt.date, **session: Any) -> ob.SessionConfig:
        return ob.SessionConfig(backtest={"start": str(start), "end": str(end)}, **self._plain(session))

    def live_config(self, **session: Any) -> ob.SessionConfig:
        return ob.SessionConfig(mode="live", **self._plain(session))

    def _plain(self, session: dict[str, Any]) -> dict[str, Any]:
        return {**self.plain, "session_data_config": {**self.plain["session_data_config"], **session}}

    def backtest(self, *dates: dt.date, **session: Any) -> ob.SessionData:
        """Run the days as a backtest."""
        run = ob.SessionCoordinator(self.backtest_config(dates[0], dates[-1], **session), source=self.base)
        return run.run().session_data

    def live(
        self,
        *dates: dt.date,
        faults: Iterable[Fault] = (),
        strategy: ob.Strategy | None = None,
        source: LiveSource | None = None,
        history_fails: int = 0,
        begins_ns: int | None = None,
        **session: Any,
    ) -> ob.SessionCoordinator:
        """Prepare the days as a live run, stepped: the clock goes on when the run is idle."""
        played = source or ReplaySource(self.base, TimeManager(), dates, begins_ns=begins_ns)
        faulty = FaultySource(played, faults, history_fails=history_fails)
        return ob.SessionCoordinator(self.live_config(**session), strategy, source=faulty)


@functools.cache
def world(data_dir: Path, name: str) -> World:
    return World(data_dir, name)


def digests(session: ob.SessionData, names: Sequence[str]) -> dict[str, int]:
    return {name: session.digest(name) for name in names}


def loop(run: ob.SessionCoordinator) -> Live:
    inner = run._loop
    assert isinstance(inner, Live)
    return inner


def states(run: ob.SessionCoordinator) -> dict[str, int]:
    return loop(run).gaps.ledger.counts()


class Watching(ob.Strategy):
    """Notes the bars that it is told of, and that none is of the future."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, int]] = []
        self.revised: list[tuple[str, str, int]] = []
        self.early: list[Any] = []
        self.life: list[str] = []

    def _look(self, session: ob.SessionData, bar: ob.Bar) -> None:
        # A bar that is cut off by a close ends before its length is over.
        if session.now_ns is None or (bar.interval is not None and bar.ts + bar.interval.nanos > session.now_ns):
            self.early.append((bar, session.now_ns))
        latest = session.get_latest_bar(bar.symbol or "", "1m")
        if latest is not None and latest.ts + MINUTE > (session.now_ns or 0):
            self.early.append((latest, session.now_ns))

    def on_bar(self, session: ob.SessionData, bar: ob.Bar) -> None:
        self._look(session, bar)
        self.told.append((bar.symbol or "", str(bar.interval), bar.ts))

    def on_bar_revised(self, session: ob.SessionData, bar: ob.Bar, old: ob.Bar | None) -> None:
        self._look(session, bar)
        self.revised.append((bar.symbol or "", str(bar.interval), bar.ts))

    def on_start(self, session: ob.SessionData) -> None:
        self.life.append("start")

    def on_session_start(self, session: ob.SessionData) -> None:
        self.life.append(f"open {session.now:%m-%d %H:%M}")

    def on_session_end(self, session: ob.SessionData) -> None:
        self.life.append(f"close {session.now:%m-%d}")

    def on_stop(self, session: ob.SessionData) -> None:
        self.life.append("stop")

    def on_symbol_added(self, session: ob.SessionData, symbol: str) -> None:
        self.life.append(f"added {symbol}")

    def on_symbol_removed(self, session: ob.SessionData, symbol: str) -> None:
        self.life.append(f"removed {symbol}")


def when(session: ob.SessionData, hour: int, minute: int, act: Callable[[], object], day: dt.date = DAY) -> None:
    """Act once, in the run's own thread, when the first bar of that minute has closed."""
    acted: list[bool] = []

    def look(event: Any) -> None:
        if not acted and event.bar.ts >= at(day, hour, minute):
            acted.append(True)
            act()

    session.subscribe("bar_closed", look)


class Slow:
    """A live source whose history, once it plays, waits until it may go on, or fails."""

    def __init__(self, inner: ReplaySource) -> None:
        self._inner = inner
        self.holding: threading.Event | None = None
        self.failing = 0
        self.asked: list[tuple[str, ...]] = []
        self.clock, self.dates = inner.clock, inner.dates

    interval = property(lambda self: self._inner.interval)
    capabilities = property(lambda self: self._inner.capabilities)
    refused = property(lambda self: self._inner.refused)

    def symbols(self) -> tuple[str, ...]:
        return self._inner.symbols()

    def span(self) -> tuple[int, int] | None:
        return self._inner.span()

    def history(self, symbols: Sequence[str] | None, start_ns: int, end_ns: int) -> Columns:
        self.asked.append(tuple(symbols or ()))
        if self.holding is not None:
            assert self.holding.wait(30)
        if self.failing > 0:
            self.failing -= 1
            raise ConnectionError("history is down")
        return self._inner.history(symbols, start_ns, end_ns)

    def open_feed(self) -> Any:
        return self._inner.open_feed()

    def close(self) -> None:
        self._inner.close()


def slow(lean: World, *dates: dt.date, speed: float = 0.0) -> Slow:
    return Slow(ReplaySource(lean.base, TimeManager(), dates or (DAY,), speed=speed))


class Scripted:
    """A live source of a test's own: it delivers what the test says, and nothing else."""

    def __init__(self, base: Any, *, channels: Sequence[Channel] = ("bars",), **capabilities: Any) -> None:
        self._play = ReplaySource(base, TimeManager(), [DAY])
        self.clock, self.dates = self._play.clock, (DAY,)
        self.feeds: list[ScriptedFeed] = []
        self._channels = frozenset(channels)
        self._capabilities = capabilities
        # What is delivered when the clock reaches a time.
        self.script: dict[int, Callable[[ScriptedFeed], None]] = {}

    interval = property(lambda self: self._play.interval)
    refused = property(lambda self: self._play.refused)

    @property
    def capabilities(self) -> Capabilities:
        return self._play.capabilities

    def symbols(self) -> tuple[str, ...]:
        return self._play.symbols()

    def span(self) -> tuple[int, int] | None:
        return self._play.span()

    def history(self, symbols: Sequence[str] | None, start_ns: int, end_ns: int) -> Columns:
        return self._play.history(symbols, start_ns, end_ns)

    def open_feed(self) -> ScriptedFeed:
        capabilities = FeedCapabilities("script", channels=self._channels, **self._capabilities)
        feed = ScriptedFeed(self, self._play.open_feed(), capabilities)
        self.feeds.append(feed)
        return feed

    def close(self) -> None:
        self._play.close()


class ScriptedFeed:
    """One connection: the day's bars, and what the script adds or does instead."""

    def __init__(self, source: Scripted, play: Any, capabilities: FeedCapabilities) -> None:
        self._source = source
        self._play = play
        self.capabilities = capabilities
        self.subscribed: dict[str, tuple[Channel, ...]] = {}
        self.passing = "bars" in capabilities.channels
        self.sink: Any = None

    def subscribe(self, symbols: Sequence[str], channels: Collection[Channel] = BARS) -> None:
        self.subscribed |= dict.fromkeys(symbols, tuple(channels))
        self._play.subscribe(symbols)

    def unsubscribe(self, symbols: Sequence[str]) -> None:
        for symbol in symbols:
            self.subscribed.pop(symbol, None)
        self._play.unsubscribe(symbols)

    def start(self, sink: Sink) -> None:
        self.sink = sink
        self._play.start(self)

    def stop(self) -> None:
        self._play.stop()

    def bars(self, columns: Columns) -> None:
        if self.passing:
            self.sink.bars(columns)

    def marker(self, end_ns: int) -> None:
        act = self._source.script.pop(end_ns, None)
        if act is not None:
            act(self)
        if self.capabilities.markers:
            self.sink.marker(end_ns)

    def trades(self, columns: Mapping[str, Any]) -> None: ...
    def quotes(self, columns: Mapping[str, Any]) -> None: ...
    def daily(self, columns: Columns) -> None: ...

    def status(self, status: FeedStatus) -> None:
        self.sink.status(status)


def bars(symbol: str, ts: int, close: float) -> Columns:
    one = np.array([close])
    return Columns((symbol,), np.zeros(1, np.uint32), np.array([ts]), one, one, one, one, one)
