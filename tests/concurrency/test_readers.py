"""Readers beside a writer: no torn read, nothing from nowhere, and everybody gets on."""

from __future__ import annotations

import datetime as dt
import threading

import numpy as np

import openbell as ob

OPEN = int(dt.datetime(2024, 11, 25, 14, 30, tzinfo=dt.UTC).timestamp()) * 1_000_000_000
MINUTE = 60_000_000_000
SYMBOLS = [f"S{i:02}" for i in range(40)]


def price(minute: np.ndarray, version: int) -> np.ndarray:
    return 100.0 + minute + 1000.0 * version


def test_a_reader_never_sees_a_torn_state() -> None:
    """Every bar of one version has prices that belong together; the writer replaces them all, again and again."""
    session = ob.SessionData()
    manager = ob.IndicatorManager(session)
    for symbol in SYMBOLS:
        session.register_symbol(symbol, "1m")
        manager.register_symbol_indicators(symbol, [ob.IndicatorConfig("sma", period=5, interval="1m")])
    minutes = np.arange(390)
    ids = np.repeat(session.symbol_ids(SYMBOLS), len(minutes))
    ts = np.tile(OPEN + minutes * MINUTE, len(SYMBOLS))
    done = threading.Event()
    reads = [0, 0]
    failures: list[str] = []

    def read(slot: int) -> None:
        while not done.is_set():
            name = SYMBOLS[reads[slot] % len(SYMBOLS)]
            bars = session.get_bars(name, "1m")
            if len(bars):
                consistent = (
                    (bars.high == bars.open + 1) & (bars.low == bars.open - 1) & (bars.close == bars.open)
                ).all() and (np.diff(bars.ts) > 0).all()
                if not consistent:
                    failures.append(f"torn bars of {name}")
            data = session.get_indicator(name, "sma_5_1m")
            if data is None or (data.valid and data.current_value is None):
                failures.append(f"torn indicator of {name}")
            reads[slot] += 1

    readers = [threading.Thread(target=read, args=(slot,), daemon=True) for slot in range(2)]
    for reader in readers:
        reader.start()
    for version in range(12):
        prices = price(np.tile(minutes, len(SYMBOLS)), version)
        fields = {"open": prices, "high": prices + 1, "low": prices - 1, "close": prices, "volume": prices}
        report = session.apply({"symbol": ids, "ts": ts, **fields})
        assert report.appended + report.corrected == len(ts)
    done.set()
    for reader in readers:
        reader.join(30)
    assert not failures
    assert min(reads) > 20, "readers got their turn while the writer wrote"
    assert session.get_indicator_value("S07", "sma_5_1m") == price(minutes[-5:], 11).mean()


def test_many_threads_may_register_and_write() -> None:
    session = ob.SessionData()
    new = []

    def work(offset: int) -> None:
        for symbol in SYMBOLS[offset:] + SYMBOLS[:offset]:
            new.append(session.register_symbol(symbol, "1m"))
            session.apply_bar(symbol, "1m", ob.Bar(OPEN + offset * MINUTE, 1, 1, 1, 1, 1))

    threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sum(new) == len(SYMBOLS)
    counts = session.counts()
    assert counts["appended"] + counts["inserted"] == 6 * len(SYMBOLS)
    assert all(len(session.get_bars(symbol, "1m")) == 6 for symbol in SYMBOLS)


def test_a_run_can_be_read_while_it_runs() -> None:
    config = ob.SessionConfig(
        backtest={"start": "2024-11-18", "end": "2024-11-22"},
        source={"kind": "simulator", "symbols": 30},
        session_data_config={"symbols": "*", "streams": ["1m", "5m"], "historical": {"trailing_days": 1}},
    )
    run = ob.SessionCoordinator(config)
    run.start()
    last, seen = 0, 0
    while (result := run.wait(0.0005)) is None:
        bars = run.session_data.get_bars("SIM001", "1m")
        now = run.session_data.now_ns
        if len(bars) and now is not None:
            # What was copied out before the clock was asked can only be older.
            assert bars.ts[-1] + MINUTE <= now
            assert bars.ts[-1] >= last
            last = int(bars.ts[-1])
            seen += 1
    assert result.completed
    assert seen > 0
