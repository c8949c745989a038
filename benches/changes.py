"""What changing a running session costs: the pause for an added symbol, ad-hoc indicators by the hundred, trades."""

from __future__ import annotations

import datetime as dt
import statistics
import time
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

import openbell as ob

DAY = dt.date(2024, 11, 27)
NAMES = [f"SIM{i:04}" for i in range(1, 1001)]
PRESENT, ADDED, ADHOC, HISTORY = 300, 100, 500, 30
TRADES = 2_000_000


def source(symbols: int, history: int) -> ob.FrameSource:
    """Give minutes of many symbols over some weeks, in memory."""
    clock = ob.TimeManager()
    made = ob.DataManager(ob.SimulatorSource(len(NAMES), time_manager=clock, seed=1), clock)
    dates = [*clock.sessions_before(DAY, history), DAY]
    days = [made.load_session(NAMES[:symbols], date) for date in dates]
    frame: dict[str, Any] = {"symbol": np.concatenate([np.array(day.names)[day.symbol] for day in days])}
    for name in ("ts", "open", "high", "low", "close", "volume"):
        frame[name] = np.concatenate([getattr(day, name) for day in days])
    return ob.FrameSource(frame, unit="ns")


def config(symbols: int, history: int) -> ob.SessionConfig:
    """Give a config of the first symbols."""
    return ob.SessionConfig(
        backtest={"start": DAY.isoformat(), "end": DAY.isoformat()},
        source={"kind": "frame"},
        session_data_config={
            "symbols": NAMES[:symbols],
            "streams": ["1m", "5m"],
            "historical": {"trailing_days": history},
            "indicators": {"session": [{"name": "sma", "period": 20, "interval": "5m"}]},
        },
    )


class Adds(ob.Strategy):
    """Adds a symbol with each step from 11:00 on, and takes the time until it is usable."""

    intervals = ("1m",)

    def __init__(self) -> None:
        self.names = iter(NAMES[PRESENT : PRESENT + ADDED])
        self.asked_s = 0.0
        self.pauses_ms: list[float] = []

    def on_bar(self, session: ob.SessionData, bar: ob.Bar) -> None:
        if bar.symbol == NAMES[0] and session.now is not None and session.now.hour >= 11:
            name = next(self.names, None)
            if name is not None:
                session.add_symbol(name)
                self.asked_s = time.perf_counter()

    def on_symbol_added(self, *_: object) -> None:
        self.pauses_ms.append((time.perf_counter() - self.asked_s) * 1e3)


class Asks(ob.Strategy):
    """Asks for an average of three days of many symbols, and takes the time until all have it."""

    intervals = ("5m",)

    def __init__(self) -> None:
        self.started_s = 0.0
        self.seconds: list[float] = []

    def on_bar(self, session: ob.SessionData, _: ob.Bar) -> None:
        names = NAMES[1 : ADHOC + 1]
        if self.started_s:
            self.seconds.append(time.perf_counter() - self.started_s)
            self.started_s = 0.0
            assert all(session.wait_ready(name, "sma_3_1d") for name in names)
            for name in names:
                session.remove_symbol_adhoc(name, owner="bench")
        elif len(self.seconds) < 5:
            self.started_s = time.perf_counter()
            for name in names:
                session.add_indicator(name, "sma", {"period": 3, "interval": "1d"}, owner="bench")


def trades(base: str) -> float:
    """Give millions of trades a second into bars of an interval, over ten symbols."""
    session = ob.SessionData()
    names = NAMES[:10]
    for name in names:
        session.register_symbol(name, base)
    open_ns = session.time_manager.get_trading_session(DAY).open_ns or 0
    places = np.arange(TRADES)
    columns = {
        "symbol": session.symbol_ids(names)[places % 10],
        "ts": open_ns + (places * (23_400 * 10**9 // TRADES)),
        "price": 100.0 + (places % 7) * 0.01,
        "size": np.full(TRADES, 100.0),
    }
    best = 0.0
    for _ in range(3):
        fresh = ob.SessionData()
        for name in names:
            fresh.register_symbol(name, base)
        fresh.advance(open_ns)
        started_s = time.perf_counter()
        assert fresh.apply_trades(columns).added == TRADES
        best = max(best, TRADES / (time.perf_counter() - started_s) / 1e6)
    return best


def main() -> None:
    """Measure and print."""
    table = Table(title="changing a running session", title_justify="left")
    table.add_column("what")
    table.add_column("figure", justify="right")
    adds = Adds()
    bars = source(PRESENT + ADDED, HISTORY)
    ob.SessionCoordinator(config(PRESENT, HISTORY), strategy=adds, source=bars).run()
    first, *rest = adds.pauses_ms
    label = f"pause of {PRESENT} symbols for one added, {HISTORY} days of 1m history"
    table.add_row(f"{label}: median", f"{statistics.median(rest):.1f} ms")
    table.add_row(f"{label}: 99th percentile", f"{sorted(rest)[int(len(rest) * 0.99)]:.1f} ms")
    table.add_row(f"{label}: the first, which sorts the source by symbol", f"{first:.1f} ms")
    asks = Asks()
    ob.SessionCoordinator(config(1, 1), strategy=asks, source=source(ADHOC + 1, 6)).run()
    table.add_row(f"{ADHOC} ad-hoc indicators of new symbols, median of 5", f"{statistics.median(asks.seconds):.2f} s")
    for base in ("1s", "1m"):
        table.add_row(f"trades a second into bars of {base}, ten symbols", f"{trades(base):.1f} million")
    Console().print(table)


if __name__ == "__main__":
    main()
