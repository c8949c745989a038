"""Real days played live, and the same days as backtests."""

from __future__ import annotations

import datetime as dt
import functools
from typing import TYPE_CHECKING, Any

import openbell as ob
from openbell.clock import TimeManager
from openbell.coordinator.live import Live
from openbell.sources import ReplaySource, open_source
from openbell.testing import Fault, FaultySource

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from openbell.sources import LiveSource, Source

MINUTE = 60_000_000_000
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
