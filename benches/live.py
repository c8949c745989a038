"""What a live session costs: from a batch to its callbacks, settling after a disconnect, and doing nothing."""

from __future__ import annotations

import datetime as dt
import gc
import time
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console
from rich.table import Table

import openbell as ob
from openbell.clock import TimeManager, WallClock
from openbell.sources import ReplaySource
from openbell.testing import Fault, FaultySource

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from openbell.sources import Channel, Columns, FeedStatus, LiveSource, Sink

DAY = dt.date(2024, 11, 27)
MINUTE = 60_000_000_000
FOUR = [
    {"name": "ema", "period": 9, "interval": "1m"},
    {"name": "rsi", "interval": "1m"},
    {"name": "sma", "period": 20, "interval": "5m"},
    {"name": "bbands", "interval": "5m"},
]


def config(symbols: Sequence[str], **session: Any) -> ob.SessionConfig:
    """Two intervals and four indicators for all symbols."""
    return ob.SessionConfig(
        mode="live",
        live={"sessions": 1},
        source={"kind": "frame"},
        session_data_config={
            "symbols": list(symbols), "streams": ["1m", "5m"], "indicators": {"session": FOUR}, **session,
        },
    )  # fmt: skip


def frame(symbols: int) -> ob.FrameSource:
    """One day of simulated minutes, all of them there, in memory."""
    manager = TimeManager()
    day = ob.DataManager(ob.SimulatorSource(symbols, time_manager=manager), manager).load_session(None, DAY)
    columns: dict[str, Any] = {"symbol": np.array(day.names)[day.symbol]}
    for name in ("ts", "open", "high", "low", "close", "volume"):
        columns[name] = getattr(day, name)
    source = ob.FrameSource(columns, unit="ns", interval=ob.Interval("1m"), gaps_verified=True)
    source.symbols()
    return source


class Stamping:
    """A connection that notes when each minute's bars were handed over."""

    def __init__(self, feed: Any, stamps: dict[int, float]) -> None:
        self._feed = feed
        self._stamps = stamps
        self.capabilities = feed.capabilities
        self.subscribe, self.unsubscribe, self.stop = feed.subscribe, feed.unsubscribe, feed.stop

    def start(self, sink: Sink) -> None:
        self._sink = sink
        self._feed.start(self)

    def bars(self, columns: Columns) -> None:
        self._stamps[int(columns.ts[0])] = time.perf_counter()
        self._sink.bars(columns)

    def marker(self, end_ns: int) -> None:
        self._sink.marker(end_ns)

    def trades(self, columns: Mapping[str, Any]) -> None: ...
    def quotes(self, columns: Mapping[str, Any]) -> None: ...
    def daily(self, columns: Columns) -> None: ...

    def status(self, status: FeedStatus) -> None:
        self._sink.status(status)


class Stamped(ReplaySource):
    """A replay whose connections note when they deliver."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stamps: dict[int, float] = {}

    def open_feed(self) -> Any:
        return Stamping(super().open_feed(), self.stamps)


class OnMinutes(ob.Strategy):
    """Notes how long after its batch each bar is told, and reads one value."""

    intervals = ("1m",)

    def __init__(self, stamps: dict[int, float]) -> None:
        self.stamps = stamps
        self.first: dict[int, float] = {}
        self.delays: list[float] = []

    def on_bar(self, session: ob.SessionData, bar: ob.Bar) -> None:
        session.get_indicator_value(bar.symbol or "", "ema_9_1m")
        delay_s = time.perf_counter() - self.stamps[bar.ts]
        self.delays.append(delay_s)
        self.first.setdefault(bar.ts, delay_s)


def delays(symbols: int, minutes: int, speed: float) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Give the delays of the first and the last callback of each minute, and of all callbacks, in ms."""
    source = Stamped(frame(symbols), TimeManager(), [DAY], speed=speed)
    strategy = OnMinutes(source.stamps)
    run = ob.SessionCoordinator(config(source.symbols()), strategy, source=source)
    gc.collect()
    run.start()
    while len(source.stamps) < minutes:
        time.sleep(0.05)
    run.stop()
    # The first minutes find caches and pages cold.
    return np.array(list(strategy.first.values())[2:]) * 1e3, np.array(strategy.delays[2 * symbols :]) * 1e3


def settling(symbols: int, speed: float) -> tuple[float, int]:
    """Give the seconds from a connection's return after ten minutes to the last bar that it missed, and how many."""
    open_ns = TimeManager().get_trading_session(DAY).open_ns or 0
    fault = Fault("disconnect", open_ns + 5 * MINUTE, open_ns + 15 * MINUTE)
    played = ReplaySource(frame(symbols), TimeManager(), [DAY], speed=speed)
    run = ob.SessionCoordinator(config(played.symbols()), source=FaultySource(played, [fault]))
    session, at_s = run.session_data, {"restored": 0.0, "filled": 0.0}

    def told(event: Any) -> None:
        if event.kind == "restored" and played.clock.now_ns() >= fault.end_ns:
            at_s["restored"] = time.perf_counter()

    def gap(event: Any) -> None:
        if event.record.state == "filled":
            at_s["filled"] = time.perf_counter()

    session.subscribe("feed", told)
    session.subscribe("gap", gap)
    run.start()
    whole = 25 * symbols
    while session.counts()["appended"] + session.counts()["inserted"] < whole:
        time.sleep(0.01)
    # A little longer: gaps are looked at after their bars have come.
    time.sleep(1.0)
    run.stop()
    ledger = session.quality.ledger
    filled = sum((r.end_ns - r.start_ns) // MINUTE for r in ledger.records(state="filled")) if ledger else 0
    return at_s["filled"] - at_s["restored"], filled


class Silent:
    """A connection that says nothing."""

    def __init__(self) -> None:
        self.capabilities = ob.sources.FeedCapabilities("silence")

    def start(self, sink: Sink) -> None:
        sink.status(ob.sources.FeedStatus("live"))

    def stop(self) -> None: ...
    def subscribe(self, symbols: Sequence[str], channels: Collection[Channel] = ()) -> None: ...
    def unsubscribe(self, symbols: Sequence[str]) -> None: ...


def idle_percent(symbols: int, seconds: float) -> float:
    """Give the share of one processor that a session takes in which nothing comes, in percent."""
    source: Any = ReplaySource(frame(1), TimeManager(), [DAY])
    names = [f"S{i:05}" for i in range(symbols)]
    source.symbols = lambda: tuple(names)
    source.open_feed = Silent
    live: LiveSource = source
    del source.dates
    source.clock = WallClock()
    settings = config(names).model_copy(update={"exchange": "24/7"})
    run = ob.SessionCoordinator(settings, source=live)
    run.start()
    time.sleep(1.0)
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    time.sleep(seconds)
    share = (time.process_time() - began_cpu_s) / (time.perf_counter() - began_s)
    run.stop()
    return share * 100


def main() -> None:
    """Measure, and print a table."""
    table = Table(title="a live session", title_justify="left")
    for name in ("what", "p50", "p99"):
        table.add_column(name, justify="left" if name == "what" else "right")
    for symbols, speed in ((1_000, 240.0), (8_700, 60.0)):
        first, every = delays(symbols, 40, speed)
        for label, values in (("first callback", first), ("every callback", every)):
            p50, p99 = np.percentile(values, [50, 99])
            table.add_row(f"{symbols:,} symbols a minute, batch to {label}", f"{p50:.2f} ms", f"{p99:.2f} ms")
    seconds, bars = settling(1_000, 60.0)
    table.add_row(f"settled after ten minutes without a connection, {bars:,} bars of 1,000 symbols", f"{seconds:.2f} s")
    table.add_row("idle, 1,000 symbols, share of a processor", f"{idle_percent(1_000, 62.0):.2f} %")
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
