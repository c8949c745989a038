"""What screening costs: snapshots, filters, a minute of a large market, and what ad-hoc symbols weigh."""

from __future__ import annotations

import datetime as dt
import gc
import resource
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from benches.market import minute_of
from rich.console import Console
from rich.table import Table

import openbell as ob
from openbell.scanners import ExpressionScanner, ScanContext

if TYPE_CHECKING:
    from collections.abc import Callable

DAY = dt.date(2024, 11, 27)
MINUTE = 60_000_000_000
MANY, MARKET = 10_000, 8_700
NAMES = [f"S{i:05}" for i in range(MANY)]
TEN = [
    *("close", "volume", "high_5m", "forming_close_5m", "sma_20_5m", "bbands_20_2_5m_upper", "rsi_14_1m"),
    *("gap_pct", "day_high", "session_vwap"),
]
FOUR = [
    {"name": "sma", "period": 20, "interval": "5m"},
    {"name": "bbands", "interval": "5m"},
    {"name": "rsi", "interval": "1m"},
    {"name": "ema", "period": 9, "interval": "1m"},
]
FILTER = "close > sma_20_5m * 1.001 AND rsi_14_1m > 55 AND day_volume > 10000"


def session(symbols: int) -> tuple[ob.SessionData, int]:
    """Give a session of many symbols with four indicators each, and its open."""
    config = ob.SessionConfig(
        backtest={"start": DAY.isoformat(), "end": DAY.isoformat()},
        source={"kind": "simulator", "symbols": 1},
        session_data_config={"symbols": ["S00000"], "streams": ["1m", "5m"], "indicators": {"session": FOUR}},
    )
    data = ob.SessionData(config)
    for name in NAMES[:symbols]:
        data.register_symbol(name, "1m")
    data.activate_session()
    return data, data.time_manager.get_trading_session(DAY).open_ns or 0


def minute(open_ns: int, which: int, rows: np.ndarray[Any, Any]) -> dict[str, Any]:
    """Give one minute of bars of some symbols."""
    close = 100.0 + np.sin(rows * 0.37 + which * 0.21)
    return minute_of(rows.astype(np.uint32), open_ns + which * MINUTE, close)


def median_us(call: Callable[[], object], rounds: int = 200) -> float:
    """Give the median wall time of a call."""
    times = []
    for _ in range(rounds):
        started_s = time.perf_counter()
        call()
        times.append(time.perf_counter() - started_s)
    return statistics.median(times) * 1e6


def context(data: ob.SessionData, symbols: int) -> ScanContext:
    """Give what a scan is given."""
    now_ns = data.now_ns or 0
    universe = tuple(NAMES[:symbols])
    now = data.now or data.time_manager.get_current_time()
    return ScanContext(data, now, now_ns, "backtest", {}, "bench", universe, ob.Interval("1m"))


def snapshots(table: Table) -> None:
    """Time snapshots and a filter over ten thousand symbols."""
    data, open_ns = session(MANY)
    everyone = np.arange(MANY)
    for which in range(120):
        data.apply(minute(open_ns, which, everyone))
        data.advance(open_ns + (which + 1) * MINUTE)
    prepared = data.prepare_snapshot(TEN)
    prepared.take()
    table.add_row(f"snapshot of 10 columns over {MANY:,} symbols, again", f"{median_us(prepared.take):.0f} µs")
    state = {"which": 120}

    def changed() -> float:
        which = state["which"]
        state["which"] += 1
        data.apply(minute(open_ns, which, everyone))
        data.advance(open_ns + (which + 1) * MINUTE)
        started_s = time.perf_counter()
        prepared.take()
        return time.perf_counter() - started_s

    fresh = statistics.median(changed() for _ in range(30)) * 1e6
    table.add_row("the same after every symbol has changed", f"{fresh:.0f} µs")
    scanner = ExpressionScanner({"filter": FILTER, "rank": "rsi_14_1m", "limit": 50})
    around = context(data, MANY)
    found = scanner.scan(around)
    label = f"declarative scan over {MANY:,} symbols ({len(found.symbols)} hits of the limit), end to end"
    table.add_row(label, f"{median_us(lambda: scanner.scan(around)):.0f} µs")


def market(table: Table) -> None:
    """Time a minute of a market in which a third of the symbols trade, with a scan."""
    data, open_ns = session(MARKET)
    scanner = ExpressionScanner({"filter": FILTER, "rank": "rsi_14_1m", "limit": 50})
    steps = []
    for which in range(180):
        rows = np.flatnonzero((np.arange(MARKET) * 2_654_435_761 + which * 40_503) % 3 == 0)
        batch = minute(open_ns, which, rows)
        started_s = time.perf_counter()
        data.apply(batch)
        data.advance(open_ns + (which + 1) * MINUTE)
        scanner.scan(context(data, MARKET))
        steps.append(time.perf_counter() - started_s)
    label = f"a minute of {MARKET:,} symbols, a third of which trade, 4 indicators each, and a scan"
    table.add_row(label, f"{statistics.median(steps[60:]) * 1e3:.2f} ms")


def resident_mb() -> float:
    """Give the resident memory (Linux)."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize() / 1e6


def weight(table: Table) -> None:
    """Weigh ten thousand symbols with forty daily bars and one indicator each."""
    data = ob.SessionData()
    calendar, daily = data.calendar(), ob.Interval("1d")
    days = data.time_manager.sessions_before(DAY, 40)
    opens = [data.time_manager.get_trading_session(day).open_ns or 0 for day in days]
    before = resident_mb()
    data.register(NAMES, calendar, (daily, 40), [], [("sma", {"period": 20}, None, None, "1d", False)])
    for open_ns in opens:
        batch = minute(open_ns, 0, np.arange(MANY))
        data.load_columns({**batch, "vwap": None, "trade_count": None})
    data.advance(data.time_manager.get_trading_session(DAY).open_ns or 0)
    assert len(data.get_historical_bars(NAMES[-1], "1d")) == 40
    assert data.is_indicator_ready(NAMES[-1], "sma_20_1d")
    table.add_row(f"{MANY:,} symbols with 40 daily bars and one indicator", f"{resident_mb() - before:.0f} MB")


def main() -> None:
    """Measure and print."""
    table = Table(title="screening", title_justify="left")
    table.add_column("what")
    table.add_column("figure", justify="right")
    if sys.platform == "linux":
        weight(table)
    snapshots(table)
    market(table)
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
