"""What a minute of many symbols costs, from one `apply` of columns: everything, and what of it the indicators are."""

from __future__ import annotations

import time

import numpy as np
from benches.market import EIGHT, FIRST, minute_of
from rich.console import Console
from rich.table import Table

import openbell as ob

MINUTE = 60_000_000_000
WARM, MINUTES = 60, 320


def session_of(symbols: int, indicators: int) -> tuple[ob.SessionData, list[str]]:
    """Give a session of that many symbols, with 5m bars and so many of the eight indicators on 1m."""
    session = ob.SessionData()
    manager = ob.IndicatorManager(session)
    wanted = [ob.IndicatorConfig(**{**config, "interval": "1m"}) for config in EIGHT[:indicators]]
    names = [f"S{i:05}" for i in range(symbols)]
    for name in names:
        session.register_symbol(name, "1m")
        session.add_interval(name, ob.Interval("5m"), 0)
        if wanted:
            manager.register_symbol_indicators(name, wanted)
    return session, names


def ns_a_bar(symbols: int, indicators: int, share: float) -> float:
    """Give the median nanoseconds for a bar of a symbol, where a share of the symbols has one each minute."""
    session, names = session_of(symbols, indicators)
    ids = np.asarray(session.symbol_ids(names))
    start = session.time_manager.get_trading_session(FIRST).open_ns or 0
    chance = np.random.default_rng(1)
    price, times = np.full(symbols, 100.0), []
    for minute in range(WARM + MINUTES):
        price = np.round(price + chance.normal(scale=0.05, size=symbols), 2)
        there = chance.random(symbols) < share
        columns = minute_of(ids[there], start + minute * MINUTE, price[there])
        started = time.perf_counter()
        session.apply(columns)
        times.append((time.perf_counter() - started) / max(int(there.sum()), 1) * 1e9)
    return float(np.median(times[WARM:]))


def main() -> None:
    """Measure, and print a table."""
    table = Table(title="a minute in one apply(columns), ns a symbol-bar", title_justify="left")
    for head in ("symbols", "there", "bars and 5m", "with 8 indicators", "the indicators"):
        table.add_column(head, justify="right")
    for symbols, share in ((1_000, 1.0), (1_000, 2 / 3), (1_000, 0.3), (10_000, 2 / 3)):
        bare, full = (ns_a_bar(symbols, count, share) for count in (0, len(EIGHT)))
        cells = [f"{symbols:,}", f"{share:.0%}", *(f"{ns:.0f}" for ns in (bare, full, full - bare))]
        table.add_row(*cells)
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
