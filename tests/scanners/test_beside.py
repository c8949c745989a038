"""Scans beside a stream: an app that brings its own feed, and waits for nobody."""

from __future__ import annotations

import datetime as dt
import threading
import time
from typing import ClassVar

import openbell as ob
from openbell.scanners import BaseScanner, ScanContext, ScannerManager, ScanResult

DAY = dt.date(2024, 11, 27)
MINUTE = 60_000_000_000
NAMES = [f"SIM{i:03}" for i in range(1, 6)]


class Noting(BaseScanner):
    counts: ClassVar[list[tuple[int, int, int]]] = []
    go_on: ClassVar[threading.Event] = threading.Event()

    def scan(self, context: ScanContext) -> ScanResult:
        frame = context.snapshot(["close"])
        self.counts.append((context.expected, context.arrived, int((frame["close"] > 0).sum())))
        assert self.go_on.wait(20)
        return ScanResult(list(context.universe[:2]))


def make(patience_s: float = 5.0) -> tuple[ob.SessionData, ScannerManager, int]:
    Noting.counts.clear()
    Noting.go_on.set()
    config = ob.SessionConfig(
        backtest={"start": DAY.isoformat(), "end": DAY.isoformat()},
        source={"kind": "simulator", "symbols": 5},
        session_data_config={
            "symbols": NAMES,
            "streaming": {"barrier_timeout_seconds": patience_s},
            "scanners": [
                {
                    "name": "noting",
                    "module": f"{__name__}.Noting",
                    "universe": NAMES,
                    "regular_session": [{"start": "open+2m", "end": "close", "interval": "1m"}],
                }
            ],
        },
    )
    session = ob.SessionData(config)
    for name in NAMES:
        session.register_symbol(name, "1m")
    session.activate_session()
    manager = session.time_manager
    data = ob.DataManager(ob.SimulatorSource(5, time_manager=manager), manager)
    open_ns = manager.get_trading_session(DAY).open_ns or 0
    session.advance(open_ns)
    scanners = ScannerManager(config, session, data, DAY)
    scanners.setup(DAY)
    return session, scanners, open_ns


def feed(session: ob.SessionData, open_ns: int, minute: int, names: list[str]) -> None:
    for name in names:
        session.apply_bar(name, "1m", ob.Bar(open_ns + (minute - 1) * MINUTE, 1.0, 2.0, 0.5, 1.5, 10.0))


def test_a_scan_waits_for_those_that_are_expected() -> None:
    session, scanners, open_ns = make()
    # The fifth has no bar at all: nobody expects it.
    feed(session, open_ns, 1, NAMES[:4])
    feed(session, open_ns, 2, NAMES[:2])
    session.advance(open_ns + 2 * MINUTE)
    scanners.start_due(open_ns + 2 * MINUTE)
    time.sleep(0.1)
    assert Noting.counts == [], "two are missing"
    feed(session, open_ns, 2, NAMES[2:4])
    assert scanners.wait(10)
    assert Noting.counts == [(4, 4, 4)]
    assert [hit.symbol for hit in scanners.hits()] == NAMES[:2]


def test_or_for_the_feeds_end_marker_or_until_its_patience_ends() -> None:
    session, scanners, open_ns = make(patience_s=0.2)
    feed(session, open_ns, 1, NAMES)
    feed(session, open_ns, 2, NAMES[:3])
    session.advance(open_ns + 2 * MINUTE)
    marker = threading.Event()
    marker.set()
    scanners.start_due(open_ns + 2 * MINUTE, marker)
    assert scanners.wait(10)
    assert Noting.counts[-1] == (5, 3, 5)
    feed(session, open_ns, 3, NAMES[:1])
    session.advance(open_ns + 3 * MINUTE)
    started_s = time.monotonic()
    scanners.start_due(open_ns + 3 * MINUTE)
    assert scanners.wait(10)
    assert time.monotonic() - started_s >= 0.2
    assert Noting.counts[-1] == (5, 1, 5)
    # The clock may have moved on meanwhile.
    feed(session, open_ns, 4, NAMES)
    session.advance(open_ns + 4 * MINUTE + 3_000_000_000)
    scanners.start_due(open_ns + 4 * MINUTE)
    assert scanners.wait(10)
    assert Noting.counts[-1] == (5, 5, 5)


def test_never_twice_at_once_and_the_stream_goes_on() -> None:
    session, scanners, open_ns = make()
    Noting.go_on.clear()
    for minute in range(1, 6):
        feed(session, open_ns, minute, NAMES)
        session.advance(open_ns + minute * MINUTE)
        scanners.start_due(open_ns + minute * MINUTE)
    assert not scanners.wait(0.05)
    assert len(session.get_bars("SIM001", "1m")) == 5, "nobody waited"
    Noting.go_on.set()
    assert scanners.wait(10)
    (stats,) = scanners.stats
    assert (stats.runs, stats.skipped, stats.errors) == (1, 3, 0)
    feed(session, open_ns, 6, NAMES)
    session.advance(open_ns + 6 * MINUTE)
    scanners.start_due(open_ns + 6 * MINUTE)
    assert scanners.wait(10)
    assert scanners.stats[0].runs == 2
