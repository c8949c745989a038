"""The figures of one core beside what was to be reached, and beside others on the same work, in one run and one table.

Other libraries are used where they are installed (``pip install --group peers`` and ``nautilus_trader``); what they
give is compared before it is timed. Times are of this machine: the ratios are what can be compared.
"""

from __future__ import annotations

import functools
import gc
import importlib.util
import operator
import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from benches import market, nautilus, peers
from benches.figures import ROOT, import_ms, ring_bytes
from benches.market import EIGHT, FIRST, FOUR, LAST, OnFives, bars, minute_of
from benches.minute import ns_a_bar
from rich.console import Console
from rich.table import Table

import openbell as ob

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MINUTE = 60_000_000_000
TWENTY = [*EIGHT, *({"name": name, "period": n} for name in ("sma", "ema", "rsi", "atr") for n in (9, 50, 100))]
TEN = [
    *("close", "volume", "day_high", "session_vwap", "close_5m", "forming_close_5m"),
    *("sma_20_1m", "rsi_14_1m", "macd_12_26_9_1m_signal", "bbands_20_2_1m_upper"),
]
# A file of real bars, if there is market data (see tests/conftest.py), and how many rows it has.
REAL, ROWS = "universe_1m/yahoo_us_2019-12-26_2020-01-03.csv.gz", 437_794
Row = tuple[str, str, str, str]


def best(work: Callable[[], object], rounds: int = 5) -> float:
    """Give the seconds of the fastest of some rounds."""
    seconds = []
    for _ in range(rounds):
        gc.collect()
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def there(library: str) -> bool:
    """Whether it is installed."""
    return importlib.util.find_spec(library) is not None


def many(symbols: int, indicators: list[dict[str, Any]], threads: int = 1) -> tuple[ob.SessionData, list[str], int]:
    """Give a session of many symbols with indicators on 1m, their names, and its open."""
    session = ob.SessionData()
    session.set_threads(threads)
    manager = ob.IndicatorManager(session)
    wanted = [ob.IndicatorConfig(**{**config, "interval": "1m"}) for config in indicators]
    names = [f"S{i:05}" for i in range(symbols)]
    for name in names:
        session.register_symbol(name, "1m")
        manager.register_symbol_indicators(name, wanted)
    return session, names, session.time_manager.get_trading_session(FIRST).open_ns or 0


def prices(symbols: int, minutes: int) -> Iterator[np.ndarray[Any, Any]]:
    """Give a price of each symbol, minute by minute."""
    chance, price = np.random.default_rng(1), np.full(symbols, 100.0)
    for _ in range(minutes):
        price = np.round(price + chance.normal(scale=0.05, size=symbols), 2)
        yield price


def steps() -> Iterator[Row]:
    """A minute of many symbols."""
    if shutil.which("cargo"):
        for share, what, target in ((1.0, "all arrive", "15"), (0.3, "30 % arrive", "25")):
            ns = peers.step_ns(share)
            work = f"1,000 symbols x 8 indicators alone, {what}"
            yield work, f"{ns:.0f} ns a symbol-bar", f"{target} ns", others(ns) if share == 1 else ""
    for symbols in (1_000, 10_000):
        ns = min(ns_a_bar(symbols, len(EIGHT), 2 / 3) for _ in range(3))
        yield f"{symbols:,} symbols, 1m, 5m and 8 indicators, 2/3 arrive", f"{ns:.0f} ns a symbol-bar", "60 ns", ""
    for threads in (1, 2):
        session, names, open_ns = many(10_000, TWENTY, threads)
        ids, seconds = np.asarray(session.symbol_ids(names)), []
        for minute, price in enumerate(prices(len(names), 140)):
            columns = minute_of(ids, open_ns + minute * MINUTE, price)
            started = time.perf_counter()
            session.apply(columns)
            seconds.append(time.perf_counter() - started)
        what = f"10,000 symbols x 20 indicators, {threads} thread{'s'[: threads - 1]}"
        yield what, f"{statistics.median(seconds[60:]) * 1e3:.1f} ms", "5 ms", ""


def others(ours_ns: float) -> str:
    """Say how many times as long others take for the same bars."""
    found = peers.figures().items()
    return ", ".join(f"{name}: {'not installed' if ns is None else times(ns / ours_ns)}" for name, ns in found)


def times(ratio: float) -> str:
    """Write a ratio with as many digits as say something."""
    return f"{ratio:.1f}" if ratio < 10 else f"{ratio:.0f}"


def backtest() -> Iterator[Row]:
    """The backtest loop, data in memory."""

    def million(symbols: int, strategy: type[ob.Strategy] | None, threads: int = 1) -> float:
        config = ob.SessionConfig(
            backtest={"start": FIRST.isoformat(), "end": LAST.isoformat()},
            source={"kind": "frame"},
            threads=threads,
            session_data_config={
                "symbols": "*", "streams": ["1m", "5m"],
                "indicators": {"session": [{**i, "interval": "1m"} for i in EIGHT]},
            },
        )  # fmt: skip
        source = bars(symbols)
        runs = (ob.SessionCoordinator(config, strategy() if strategy else None, source=source).run() for _ in range(5))
        return max(run.summary.bars_per_second for run in runs) / 1e6

    theirs = None
    if there("nautilus_trader"):
        columns = market.columns(10)
        # The best of some runs, as of ours; in neither is what it takes to put the bars in order before.
        played = [nautilus.run(columns, np.unique(columns["symbol"])) for _ in range(3)]
        theirs, averages = max(played, key=operator.itemgetter(0))
        for symbol, value in averages.items():
            close = columns["close"][columns["symbol"] == symbol][-20:].mean()
            if abs(value / close - 1) > 1e-9:
                raise AssertionError(f"{symbol}: NautilusTrader's average is {value}, not {close}")
    for symbols, strategy, what, target in (
        (10, None, "no callbacks", "10 million, 150 times"),
        (500, None, "no callbacks", "10 million"),
        (10, OnFives, "a callback on each 5m bar", "20 times"),
    ):
        ours = million(symbols, strategy)
        peer = (
            f"NautilusTrader: {ours * 1e6 / theirs:.0f} times as many" if theirs else "nautilus_trader is not installed"
        )
        work = f"backtest, {symbols} symbols x 5 days, 8 indicators, {what}"
        yield work, f"{ours:.1f} million bars a second", target, peer if symbols == 10 else ""
    yield "the same, 500 symbols, no callbacks, 2 threads", f"{million(500, None, 2):.1f} million bars a second", "", ""


def calls() -> Iterator[Row]:
    """Single calls from Python."""
    ns = []
    for _ in range(60):
        session, (name,), open_ns = many(1, EIGHT)
        session.add_interval(name, ob.Interval("5m"), 0)
        made = [
            ob.Bar(open_ns + i * MINUTE, p, p + 0.05, p - 0.05, p, 100.0)
            for i, p in enumerate(float(price[0]) for price in prices(1, 380))
        ]
        apply = session.apply_bar
        started = time.perf_counter()
        for bar in made:
            apply(name, "1m", bar)
        ns.append((time.perf_counter() - started) / len(made) * 1e9)
    yield "apply_bar, 8 indicators and 5m", f"{statistics.median(ns):.0f} ns", "700 ns", ""
    for read, arguments, target in (
        ("get_latest_bar", ("1m",), "250 ns"),
        ("get_indicator_value", ("macd_12_26_9_1m",), "250 ns"),
        ("get_bars", ("1m", 100), "1,500 ns"),
    ):
        method = functools.partial(getattr(session, read), name, *arguments)
        seconds = best(lambda method=method: [method() and None for _ in range(20_000)])  # type: ignore[misc]
        yield read + (" of 100" if read == "get_bars" else ""), f"{seconds / 20_000 * 1e9:.0f} ns", target, ""
    yield "snapshot of 10 columns x 10,000, after all have changed", f"{snapshot_us():.0f} µs", "200 µs", ""
    yield "a late bar 30 minutes back: 5m, 15m, 8 indicators on each", f"{late_us():.1f} µs", "20 µs", ""


def snapshot_us() -> float:
    """Give the microseconds that a snapshot takes after each minute, in which every symbol has a bar."""
    session, names, open_ns = many(10_000, EIGHT)
    for name in names:
        session.add_interval(name, ob.Interval("5m"), 0)
    ids, seconds = np.asarray(session.symbol_ids(names)), []
    for minute, price in enumerate(prices(len(names), 60)):
        session.apply(minute_of(ids, open_ns + minute * MINUTE, price))
        started = time.perf_counter()
        frame = session.snapshot(TEN)
        seconds.append(time.perf_counter() - started)
        if not np.array_equal(frame["close"], price):
            raise AssertionError("the snapshot is not of this minute")
    return statistics.median(seconds[10:]) * 1e6


def late_us() -> float:
    """Give the microseconds that a correction of a bar half an hour ago takes."""
    session = ob.SessionData()
    session.register_symbol("A", "1m")
    for interval in ("5m", "15m"):
        session.add_interval("A", ob.Interval(interval), 0)
    wanted = [ob.IndicatorConfig(**{**config, "interval": text}) for config in EIGHT for text in ("5m", "15m")]
    ob.IndicatorManager(session).register_symbol_indicators("A", wanted)
    open_ns = session.time_manager.get_trading_session(FIRST).open_ns or 0
    for minute, (price,) in enumerate(prices(1, 300)):
        session.apply_bar("A", "1m", ob.Bar(open_ns + minute * MINUTE, price, price, price, price, 100.0))
    seconds = []
    for price in (100.0 + i / 100 for i in range(200)):
        bar = ob.Bar(open_ns + 269 * MINUTE, price, price, price, price, 100.0)
        started = time.perf_counter()
        session.apply_bar("A", "1m", bar)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds) * 1e6


def shapes() -> Iterator[Row]:
    """Coming and going, warming up, memory."""
    session, names, _ = many(0, [])
    manager = ob.IndicatorManager(session)
    wanted = [ob.IndicatorConfig(**{**config, "interval": "1m"}) for config in FOUR]
    names = [f"S{i:05}" for i in range(10_000)]

    def add() -> None:
        for name in names:
            session.register_symbol(name, "1m")
            manager.register_symbol_indicators(name, wanted)

    def remove() -> None:
        for name in names:
            session.remove_symbol(name)

    for work, what in ((add, "add 10,000 symbols with 4 indicators each"), (remove, "remove them")):
        yield what, f"{best(work, 1) * 1e3:.0f} ms", "200 ms", ""
    yield "warm up 8 indicators of 500 symbols with 5,000 bars", f"{warm_up_ms():.0f} ms", "250 ms", ""
    yield "memory of 10,000 symbols' day of 1m and 5m", f"{ring_bytes():.0f} bytes a bar", "80 bytes", ""


def warm_up_ms() -> float:
    """Give the milliseconds in which indicators are added to symbols that have their bars."""
    session = ob.SessionData()
    names, count = [f"S{i:05}" for i in range(500)], 5_000
    for name in names:
        session.register_symbol(name, "1s")
    open_ns = session.time_manager.get_trading_session(FIRST).open_ns or 0
    ids, ts = np.asarray(session.symbol_ids(names)), open_ns + np.arange(count) * 1_000_000_000
    close = np.concatenate(list(prices(len(names), count)))
    session.apply({**minute_of(np.tile(ids, count), 0, close), "ts": np.repeat(ts, len(names))})
    manager = ob.IndicatorManager(session)
    wanted = [ob.IndicatorConfig(**{**config, "interval": "1s"}) for config in EIGHT]
    started = time.perf_counter()
    for name in names:
        manager.register_symbol_indicators(name, wanted)
    seconds = time.perf_counter() - started
    if not session.is_indicator_ready(names[-1], "sma_20_1s"):
        raise AssertionError("the indicators have no values")
    return seconds * 1e3


def loaded(source: ob.CsvSource | ob.ParquetSource) -> None:
    """Read all bars of a source, checked and as a session takes them."""
    first, last = source.span() or (0, 0)
    if len(source.history(None, first, last + 1)) + source.refused.total != ROWS:
        raise AssertionError("rows are missing")


def real_bars(simulated: Path) -> tuple[Path, str]:
    """Give real bars as csv.gz, and what their times are called; as many simulated ones where there are none."""
    import polars as pl

    real = Path(os.environ.get("OPENBELL_DATA", ROOT.parent / "shared" / "data")) / REAL
    if real.exists():
        return real, "ts_utc"
    source = market.columns(500)
    frame = pl.DataFrame(
        {name: source[name][:ROWS] for name in ("symbol", "ts", "open", "high", "low", "close", "volume")}
    )
    frame = frame.with_columns(pl.from_epoch("ts", "ns").dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
    frame.write_csv(simulated, compression="gzip")
    return simulated, "ts"


def loading() -> Iterator[Row]:
    """Files, beside what polars takes to read them."""
    import polars as pl

    with tempfile.TemporaryDirectory() as folder:
        csv, ts = real_bars(Path(folder) / "bars.csv.gz")
        parquet = Path(folder) / "bars.parquet"
        times = pl.col(ts).str.to_datetime(time_unit="ns", time_zone="UTC")
        pl.read_csv(csv).with_columns(times).write_parquet(parquet)
        for path, read, take in ((csv, pl.read_csv, ob.CsvSource), (parquet, pl.read_parquet, ob.ParquetSource)):
            theirs = best(lambda path=path, read=read: read(path))  # type: ignore[misc]
            ours = best(lambda path=path, take=take: loaded(take(path, columns={"ts": ts}, on_bad="skip")))  # type: ignore[misc]
            bars = "simulated rows" if csv.is_relative_to(folder) else "rows"
            what = f"load {ROWS:,} {bars} of {'csv.gz' if path == csv else 'Parquet'}"
            yield what, f"{ours * 1e3:.0f} ms", "1.3 times", f"polars, reading alone: {ours / theirs:.1f} times"


def starts() -> Iterator[Row]:
    """Coming up."""
    light, used = import_ms()
    yield "import openbell", f"{light:.0f} ms", "100 ms", ""
    yield "import and a session of one symbol", f"{used:.0f} ms", "150 ms", ""


def main() -> None:
    """Measure, and print a table."""
    table = Table(title="speed, one core unless it says otherwise", title_justify="left")
    for head in ("work", "figure", "to be reached", "beside others"):
        table.add_column(head)
    for group in (steps, backtest, calls, shapes, loading, starts):
        for row in group():
            table.add_row(*row)
        table.add_section()
    Console(width=160).print(table)


if __name__ == "__main__":
    main()
