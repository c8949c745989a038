"""A real day as a live feed, whole and with every failure there is, into a session that has no coordinator."""

from __future__ import annotations

import datetime as dt
import itertools
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

import openbell as ob
from openbell.errors import IntervalError, SourceError
from openbell.sources import Columns, Feed, FeedStatus, ReplayFeed, ReplaySource, SessionInlet
from openbell.testing import Fault, FaultyFeed, random_faults
from openbell.testing.faulty import KINDS, FaultKind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DAY = dt.date(2013, 10, 7)
OPEN = int(dt.datetime(2013, 10, 7, 13, 30, tzinfo=dt.UTC).timestamp()) * 1_000_000_000
MINUTE = 60_000_000_000
CLOSE = OPEN + 390 * MINUTE
NAMES = ("AIG", "BAC", "IBM", "SPY")
HARMLESS: tuple[FaultKind, ...] = ("duplicate", "reorder", "delay", "skew")


def config(data_dir: Path) -> ob.SessionConfig:
    return ob.SessionConfig(
        backtest={"start": DAY.isoformat(), "end": DAY.isoformat()},
        source={
            "kind": "csv",
            "path": str(data_dir / "us_equity/lean_2013_1m_trade.csv.gz"),
            "columns": {"ts": "ts_utc"},
        },
        session_data_config={
            "symbols": list(NAMES),
            "streams": ["1m", "5m", "15m"],
            "indicators": {
                "session": [
                    {"name": "ema", "period": 9, "interval": "1m"},
                    {"name": "sma", "period": 5, "interval": "5m"},
                    {"name": "vwap", "interval": "1m"},
                    {"name": "rsi", "period": 5, "interval": "15m"},
                ]
            },
        },
    )


class Day:
    """The day as a backtest plays it."""

    def __init__(self, data_dir: Path) -> None:
        self.config = config(data_dir)
        run = ob.SessionCoordinator(self.config)
        result = run.run()
        self.data = run.data_manager
        self.digests = digests(result.session_data)
        self.history = self.data.time_manager.sessions_before(DAY, result.summary.history_sessions)
        self.closes = closes(result.session_data)

    def session(self) -> ob.SessionData:
        """A session of its own, with the history that the backtest had."""
        session = ob.SessionData(self.config)
        for name in NAMES:
            session.register_symbol(name, "1m")
        for date in self.history:
            columns = self.data.load_session(NAMES, date)
            session.load_columns(columns.core(session.symbol_ids(list(columns.names))))
        return session


@pytest.fixture(scope="module")
def day(data_dir: Path) -> Day:
    return Day(data_dir)


def closes(session: ob.SessionData) -> dict[str, bytes]:
    return {name: session.get_bars(name, "15m").close.tobytes() for name in NAMES}


def digests(session: ob.SessionData) -> dict[str, int]:
    return {name: session.digest(name) for name in NAMES}


def play(feed: ReplayFeed, through: Feed, session: ob.SessionData) -> SessionInlet:
    inlet = SessionInlet(session)
    through.subscribe(NAMES)
    through.start(inlet)
    assert feed.join(60)
    through.stop()
    return inlet


def test_a_replay_ends_in_the_state_of_a_backtest(day: Day) -> None:
    session, feed = day.session(), ReplayFeed(day.data, [DAY])
    assert isinstance(feed, Feed)
    assert feed.capabilities.markers
    inlet = play(feed, feed, session)
    assert digests(session) == day.digests
    assert inlet.counts["appended"] == sum(len(session.get_bars(name, "1m")) for name in NAMES) == 1559
    assert inlet.counts["outside_session"] > 0, "the file has extended hours"
    assert [status.kind for status in inlet.statuses] == ["live", "ended"]
    with pytest.raises(RuntimeError, match="has been started"):
        feed.start(inlet)


@pytest.mark.parametrize("seed", range(30))
def test_what_loses_nothing_changes_nothing(day: Day, seed: int) -> None:
    session, feed = day.session(), ReplayFeed(day.data, [DAY])
    faulty = FaultyFeed(feed, random_faults(seed, OPEN, CLOSE, 6, kinds=HARMLESS))
    play(feed, faulty, session)
    session.advance(max(session.now_ns or 0, CLOSE))
    assert faulty.lost.rows == []
    assert digests(session) == day.digests


@pytest.mark.parametrize("seed", range(30))
def test_what_is_lost_is_a_gap_and_what_is_refilled_is_as_if_it_had_come(day: Day, seed: int) -> None:
    session, feed = day.session(), ReplayFeed(day.data, [DAY])
    faulty = FaultyFeed(feed, random_faults(seed, OPEN, CLOSE, 5, symbols=NAMES))
    inlet = play(feed, faulty, session)
    session.advance(max(session.now_ns or 0, CLOSE))
    lost = {(name, ts) for name, ts in faulty.lost.rows if OPEN <= ts < CLOSE}
    missing = set()
    for name in NAMES:
        quality = session.quality.session(name, "1m")
        assert quality is not None
        assert quality.unknown == quality.expected - quality.present
        for gap in quality.gaps:
            missing |= {(name, ts) for ts in range(gap.start_ns, gap.end_ns, MINUTE)}
    # AIG has a minute without a trade of its own.
    assert len(missing - lost) == 1
    assert lost <= missing
    assert (digests(session) == day.digests) == (not lost)
    inlet.bars(day.data.load_session(NAMES, DAY))
    assert closes(session) == day.closes
    assert digests(session) == day.digests


class Noting:
    """A sink that notes what comes."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []

    def bars(self, columns: Columns) -> None:
        self.calls.append(("bars", sorted(columns.names[i] for i in columns.symbol)))

    def trades(self, columns: Mapping[str, Any]) -> None:
        self.calls.append(("trades", len(columns["ts"])))

    def quotes(self, columns: Mapping[str, Any]) -> None:
        self.calls.append(("quotes", len(columns["ts"])))

    def daily(self, columns: Columns) -> None:
        self.calls.append(("daily", len(columns)))

    def marker(self, end_ns: int) -> None:
        self.calls.append(("marker", (end_ns - OPEN) // MINUTE))

    def status(self, status: FeedStatus) -> None:
        self.calls.append(("status", status.kind))


def noted(day: Day, *faults: Fault, until: int = 6) -> list[tuple[str, Any]]:
    """What comes from just before the open on, for some minutes."""
    feed, sink = ReplayFeed(day.data, [DAY]), Noting()
    faulty = FaultyFeed(feed, faults)
    faulty.subscribe(["SPY", "IBM"])
    faulty.start(sink)
    assert feed.join(60)
    begin = sink.calls.index(("marker", 0)) + 1
    end = sink.calls.index(("marker", until)) + 1
    return sink.calls[begin:end]


BOTH = ["IBM", "SPY"]


@pytest.mark.parametrize(
    ("kind", "bars", "statuses"),
    [
        ("mute", [BOTH] * 3, []),
        ("drop", [BOTH, ["SPY"], ["SPY"], ["SPY"], BOTH, BOTH], []),
        ("duplicate", [BOTH] * 9, []),
        ("delay", [BOTH] * 6, []),
        ("reorder", [BOTH] * 6, []),
        ("disconnect", [BOTH] * 3, ["lost", "restored"]),
        ("limit", [BOTH] * 3, ["limit", "restored"]),
    ],
)
def test_each_fault_is_what_it_says(day: Day, kind: FaultKind, bars: list[list[str]], statuses: list[str]) -> None:
    """From 09:31 to 09:34 something is wrong."""
    some = frozenset({"IBM"}) if kind == "drop" else None
    got = noted(day, Fault(kind, OPEN + MINUTE, OPEN + 4 * MINUTE, symbols=some))
    assert [what for call, what in got if call == "bars"] == bars
    assert [what for call, what in got if call == "status"] == statuses
    markers = [what for call, what in got if call == "marker"]
    assert markers[-1] == 6
    assert (2 in markers) == (kind in {"drop", "duplicate"})


def test_a_torn_frame_and_a_closed_connection(day: Day) -> None:
    torn = noted(day, Fault("torn", OPEN + MINUTE, OPEN + 2 * MINUTE))
    assert ("bars", ["IBM"]) in torn or ("bars", ["SPY"]) in torn
    assert [call for call in torn if call[0] == "status"] == [("status", "lost"), ("status", "restored")]
    feed, sink = ReplayFeed(day.data, [DAY]), Noting()
    faulty = FaultyFeed(feed, [Fault("close", OPEN + 10 * MINUTE, CLOSE)])
    faulty.subscribe(["SPY"])
    faulty.start(sink)
    assert feed.join(60)
    assert sink.calls[-1] == ("status", "closed")
    assert len(faulty.lost.rows) > 300


def test_scripts_are_the_same_for_the_same_seed() -> None:
    one, two = (random_faults(7, OPEN, CLOSE, 20, symbols=NAMES) for _ in range(2))
    assert one == two
    assert one != random_faults(8, OPEN, CLOSE, 20, symbols=NAMES)
    assert {fault.kind for fault in one} <= set(KINDS)
    assert all(a.end_ns <= b.start_ns for a, b in itertools.pairwise(one))
    with pytest.raises(ValueError, match="unknown fault 'flood'"):
        Fault("flood", 0, 1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="before it begins"):
        Fault("mute", 5, 5)


def test_symbols_come_and_go_while_it_plays_at_a_speed(day: Day) -> None:
    feed = ReplayFeed(day.data, [DAY], speed=36_000.0)
    seen: list[tuple[int, list[str]]] = []
    third = threading.Event()

    class Asks(Noting):
        def bars(self, columns: Columns) -> None:
            if columns.ts[0] < OPEN:
                return
            seen.append((int(columns.ts[0]), sorted(columns.names[i] for i in columns.symbol)))
            if len(seen) == 100:
                feed.subscribe(["ibm"])
            if len(seen) == 200:
                feed.unsubscribe(["SPY"])
                third.set()

    feed.subscribe(["spy"])
    started_s = time.monotonic()
    feed.start(Asks())
    assert third.wait(30)
    time.sleep(0.05)
    feed.stop()
    feed.stop()
    # Two hundred minutes at six hundred a second take a third of a second.
    assert time.monotonic() - started_s > 0.3
    assert seen[50][1] == ["SPY"]
    assert seen[150][1] == ["IBM", "SPY"]
    assert seen[-1][1] == ["IBM"]
    assert len(seen) < 390, "it was stopped"
    with pytest.raises(ValueError, match="0 or more"):
        ReplayFeed(day.data, [DAY], speed=-1)


def test_a_data_manager_streams_and_gives_the_last_sessions(day: Day) -> None:
    manager = ob.TimeManager()
    source = ReplaySource(day.data.source, manager, [DAY], begins_ns=OPEN)
    data = ob.DataManager(source, manager)
    sink = Noting()
    feed = data.start_stream(sink, ["SPY"])
    for minute in range(1, 4):
        woken = threading.Event()
        source.clock.idle(woken.set, OPEN + minute * MINUTE)
        assert woken.wait(10)
    data.stop_stream()
    data.stop_stream(feed)
    assert [what for call, what in sink.calls if call == "bars"] == [["SPY"]] * 3
    past = data.load_historical_bars("spy", "1m", 1, before=DAY)
    assert len(past) == 390
    assert past.ts[-1] < OPEN
    source.close()
    with pytest.raises(SourceError, match="has no live half"):
        day.data.start_stream(sink, ["SPY"])
    with pytest.raises(IntervalError):
        data.load_historical_bars("SPY", "5m", 1, before=DAY)
