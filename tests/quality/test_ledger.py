"""Gaps from the time they open until they are filled, known to be empty, or given up."""

from __future__ import annotations

import datetime as dt
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.timing import uncollected

import openbell as ob
from openbell.quality import GapLedger, GapRecord
from openbell.sources import Capabilities, Columns, FrameSource, GapFiller, ReplayFeed, SessionInlet
from openbell.testing import FaultyFeed, random_faults

if TYPE_CHECKING:
    from pathlib import Path

MINUTE = 60_000_000_000
DAY = dt.date(2024, 11, 27)


def states(ledger: GapLedger, symbol: str = "A") -> list[tuple[int, int, str]]:
    return [(r.start_ns, r.end_ns, r.state) for r in ledger.records(symbol)]


def test_the_life_of_a_gap() -> None:
    changes: list[GapRecord] = []
    ledger = GapLedger(max_retries=1, retry_interval_s=60.0, changed=changes.append)
    ledger.note("A", [(10, 20), (30, 40)], 100)
    assert states(ledger) == [(10, 20, "open"), (30, 40, "open")]
    asked = ledger.ask(100)
    assert [(r.start_ns, r.tries) for r in asked] == [(10, 1), (30, 1)]
    assert ledger.ask(100) == [], "asked for already"
    ledger.note("A", [(15, 20), (30, 40)], 100)
    assert states(ledger) == [(10, 15, "filled"), (15, 20, "requested"), (30, 40, "requested")]
    ledger.answered(asked, 100, vouched=False)
    assert [r.state for r in ledger.records("A")] == ["filled", "open", "open"]
    assert ledger.ask(100 + 59 * 10**9) == [], "not yet"
    assert len(ledger.ask(100 + 60 * 10**9)) == 2
    assert ledger.next_due() is None
    ledger.answered(asked, 100, vouched=False, reason="OSError: gone")
    assert [(r.state, r.tries, r.reason) for r in ledger.records("A")][1:] == [("failed", 2, "OSError: gone")] * 2
    assert ledger.ask(10**18) == []
    ledger.note("A", [(15, 20)], 200)
    assert states(ledger) == [(10, 15, "filled"), (15, 20, "failed"), (30, 40, "filled")], "it came by itself"
    assert [r.state for r in changes].count("filled") == 2
    ledger.forget("A")
    assert list(ledger) == []


def test_a_gap_that_grows_and_a_source_that_vouches() -> None:
    ledger = GapLedger()
    ledger.note("A", [(10, 20)], 0)
    asked = ledger.ask(0)
    ledger.note("A", [(10, 30)], 0)
    assert ledger.next_due() == 0
    ledger.answered(asked, 0, vouched=True)
    assert states(ledger) == [(10, 20, "verified_empty"), (20, 30, "open")]
    assert ledger.verified("A") == [(10, 20)]
    ledger.note("A", [(10, 30)], 0)
    assert states(ledger) == [(10, 20, "verified_empty"), (20, 30, "open")], "known already"


def test_neighbours_that_are_settled_are_one() -> None:
    ledger = GapLedger()
    for bar in range(100):
        ledger.note("A", [(0, bar + 1)], 0)
        ledger.answered(ledger.ask(0), 0, vouched=True)
    assert states(ledger) == [(0, 100, "verified_empty")]
    assert ledger.counts()["verified_empty"] == 1


def test_what_is_as_it_was_need_not_be_said_again() -> None:
    chance = np.random.default_rng(5)
    whole, behind = GapLedger(max_retries=1), GapLedger(max_retries=1)
    before: list[tuple[int, int]] = []
    for now in range(5, 400, 5):
        missing = [span for span in before if chance.random() < 0.95]
        missing += [(now - 4, now - 2)] if chance.random() < 0.5 else []
        same = next((i for i, (a, b) in enumerate(zip(before, missing, strict=False)) if a != b), None)
        same = min(len(before), len(missing)) if same is None else same
        whole.note("A", missing, now)
        assert behind.note("A", missing[same:], now, same=same)
        before = missing
        assert whole.records() == behind.records()
        for ledger in (whole, behind):
            asked = ledger.ask(now)
            ledger.answered(asked[::2], now, vouched=True)
    assert not behind.note("B", [(10, 20)], 500, same=1), "it knows none of B"
    assert behind.records("B") == []
    behind.forget("A")
    assert not behind.note("A", [], 500, same=1)


def test_what_has_ended_is_counted_on_and_not_kept() -> None:
    ledger = GapLedger(max_retries=0)
    for symbol in ("A", "B"):
        ledger.note(symbol, [(10, 20), (30, 40)], 50)
    ledger.answered(ledger.ask(50), 50, vouched=True)
    ledger.note("B", [(110, 120)], 150, 100)
    before = ledger.counts()
    ledger.forget_before(25)
    assert states(ledger) == [(30, 40, "verified_empty")]
    ledger.forget_before(100)
    assert states(ledger) == []
    assert states(ledger, "B") == [(110, 120, "open")]
    assert ledger.counts() == before == {**dict.fromkeys(before, 0), "verified_empty": 4, "open": 1}
    ledger.forget_before(1000)
    (asked,) = ledger.ask(150)
    ledger.answered([asked], 150, vouched=False)
    assert ledger.counts() == {**before, "open": 0, "failed": 1}, "what is open is kept"
    ledger.note("A", [(200, 210)], 250, 200)
    assert states(ledger) == [(200, 210, "open")]


class Nothing:
    """A source that has no bars of the time that is asked for."""

    capabilities = Capabilities("nothing")

    def history(self, symbols: Any, start_ns: int, end_ns: int) -> Columns:
        return Columns.empty()


def test_a_thin_market_costs_as_much_in_the_evening_as_in_the_morning() -> None:
    names = [f"X{i:03}" for i in range(150)]
    session = ob.SessionData()
    for name in names:
        session.register_symbol(name)
    opens_ns = int(dt.datetime(2024, 11, 27, 14, 30, tzinfo=dt.UTC).timestamp()) * 10**9
    nothing: Any = Nothing()
    filler = GapFiller(session, nothing, GapLedger())
    seconds = []
    with uncollected():
        for minute in range(390):
            ones = np.ones(len(names))
            if minute % 2 == 0:
                prices = dict.fromkeys(("open", "high", "low", "close", "volume"), ones)
                session.apply({"symbol": names, "ts": np.full(len(names), opens_ns + minute * MINUTE), **prices})
            session.advance(opens_ns + (minute + 1) * MINUTE)
            since_s = time.thread_time()
            filler.look()
            filler.fill()
            seconds.append(time.thread_time() - since_s)
    assert filler.ledger.counts()["failed"] > 150 * len(names)

    # To go through all of the day's gaps with each of them took four times as long.
    assert np.median(seconds[340:]) < 3 * np.median(seconds[20:70])


def test_what_was_dropped_is_asked_for_even_if_it_is_there() -> None:
    ledger = GapLedger(retry_interval_s=60.0)
    ledger.drop("A", 10, 20, 0, "the queue was full")
    ledger.note("A", [], 5)
    (asked,) = ledger.ask(5)
    assert (asked.state, asked.reason, asked.dropped) == ("requested", "the queue was full", True)
    ledger.answered([asked], 5, vouched=False, reason="OSError: gone")
    assert states(ledger) == [(10, 20, "open")]
    (asked,) = ledger.ask(5 + 60 * 10**9)
    ledger.answered([asked], 0, vouched=False)
    assert states(ledger) == [(10, 20, "filled")]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sets(st.integers(0, 30)), st.booleans(), st.booleans()), min_size=1, max_size=8))
def test_every_missing_bar_has_one_state(rounds: list[tuple[set[int], bool, bool]]) -> None:
    """The ledger's stretches against a set of bars."""
    ledger = GapLedger(max_retries=3, retry_interval_s=0.0)
    for missing, asks, vouched in rounds:
        spans: list[tuple[int, int]] = []
        for bar in sorted(missing):
            if spans and spans[-1][1] == bar:
                spans[-1] = (spans[-1][0], bar + 1)
            else:
                spans.append((bar, bar + 1))
        ledger.note("A", spans, 0)
        if asks:
            ledger.answered(ledger.ask(0), 0, vouched=vouched)
        counted: dict[int, int] = {}
        for record in ledger.records("A"):
            if record.state != "filled":
                for bar in range(record.start_ns, record.end_ns):
                    counted[bar] = counted.get(bar, 0) + 1
        assert counted == dict.fromkeys(sorted(missing), 1)


class Lazy:
    """A source that fails the first times."""

    def __init__(self, source: Any, failures: int) -> None:
        self._source = source
        self.failures = failures
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def history(self, symbols: Any, start_ns: int, end_ns: int) -> Columns:
        self.calls += 1
        if self.calls <= self.failures:
            raise OSError("not now")
        rows: Columns = self._source.history(symbols, start_ns, end_ns)
        return rows


def simulated() -> tuple[ob.SessionData, ob.DataManager]:
    config = ob.SessionConfig(
        backtest={"start": DAY.isoformat(), "end": DAY.isoformat()},
        source={"kind": "simulator", "symbols": 6},
        session_data_config={
            "symbols": "*",
            "streams": ["1m", "5m"],
            "indicators": {"session": [{"name": "ema", "period": 9, "interval": "5m"}]},
        },
    )
    session = ob.SessionData(config)
    clock = session.time_manager
    data = ob.DataManager(ob.SimulatorSource(6, time_manager=clock, seed=3), clock)
    for name in data.source.symbols():
        session.register_symbol(name, "1m")
    return session, data


@pytest.mark.parametrize("seed", range(20))
def test_a_day_of_failures_settles_in_the_state_of_a_whole_day(seed: int) -> None:
    session, data = simulated()
    hours = data.time_manager.get_trading_session(DAY)
    assert hours.open_ns is not None
    assert hours.close_ns is not None
    filler = GapFiller(session, Lazy(data.source, seed % 3), GapLedger(retry_interval_s=60.0))

    class Mends(SessionInlet):
        """After each reconnect the hole is asked for."""

        def status(self, status: Any) -> None:
            super().status(status)
            if status.kind == "restored":
                filler.look()
                filler.fill()

    replay = ReplayFeed(data, [DAY])
    faults = random_faults(
        seed, hours.open_ns, hours.close_ns, 6, kinds=("mute", "disconnect", "limit", "torn", "delay")
    )
    feed = FaultyFeed(replay, faults)
    feed.subscribe(data.source.symbols())
    feed.start(Mends(session))
    assert replay.join(60)
    session.advance(hours.close_ns)
    for minute in range(4):
        filler.look()
        filler.fill()
        if minute < 3:
            session.advance(hours.close_ns + (minute + 1) * MINUTE)
    clean, _ = simulated()
    SessionInlet(clean).bars(data.load_session(None, DAY))
    clean.advance(session.now_ns or 0)
    for name in data.source.symbols():
        assert session.digest(name) == clean.digest(name)
        quality = session.quality.session(name, "1m")
        assert quality is not None
        assert quality.unknown == 0, "the simulator vouches for what it has not"
        assert quality.percent == 100.0
        derived = session.quality.session(name, "5m")
        assert derived is not None
        assert derived.unknown == 0
    assert {record.state for record in filler.ledger} <= {"filled", "verified_empty"}
    if feed.lost.rows:
        assert "filled" in {record.state for record in filler.ledger}
    frame = session.snapshot(["quality"])
    np.testing.assert_array_equal(frame["quality"], 100.0)


def test_the_104_minutes_in_which_nobody_traded(data_dir: Path) -> None:
    """Coinbase, three days around the clock: 20 minutes are taken out by script, and come back; 104 are empty."""
    import polars as pl

    path = data_dir / "crypto/lean_coinbase_btcusd_2016_1m.csv.gz"
    whole = pl.read_csv(path).with_columns(
        pl.col("ts_utc").str.to_datetime(time_unit="ns", time_zone="UTC").alias("ts")
    )
    bars = whole.select("symbol", "ts", "open", "high", "low", "close", "volume")
    clock = ob.TimeManager("24/7")
    data = ob.DataManager(FrameSource(bars, gaps_verified=True), clock)
    empty, filled = 0, 0
    for day in (dt.date(2016, 10, 7), dt.date(2016, 10, 8), dt.date(2016, 10, 9)):
        config = ob.SessionConfig(
            exchange="24/7",
            backtest={"start": day.isoformat(), "end": day.isoformat()},
            source={"kind": "frame"},
            session_data_config={"symbols": ["BTCUSD"], "streams": ["1m"]},
        )
        session = ob.SessionData(config)
        session.register_symbol("BTCUSD", "1m")
        rows = data.load_session(["BTCUSD"], day)
        keep = np.ones(len(rows), dtype=bool)
        keep[100:120] = False
        SessionInlet(session).bars(rows.take(keep))
        session.advance(clock.get_trading_session(day).close_ns or 0)
        filler = GapFiller(session, data.source, GapLedger())
        filler.look()
        before = session.quality.session("BTCUSD", "1m")
        assert before is not None
        assert before.unknown == 1440 - len(rows) + 20
        assert filler.fill() == 20
        after = session.quality.session("BTCUSD", "1m")
        assert after is not None
        assert (after.present, after.unknown, after.percent) == (len(rows), 0, 100.0)
        assert after.verified_empty == 1440 - len(rows)
        empty += after.verified_empty
        filled += sum((r.end_ns - r.start_ns) // MINUTE for r in filler.ledger.records(state="filled"))
    assert (empty, filled) == (104, 60)


def test_what_nobody_vouches_for_is_given_up() -> None:
    session, data = simulated()
    rows = data.load_session(["SIM001"], DAY)
    columns: dict[str, Any] = {"symbol": np.full(len(rows), "SIM001"), "ts": rows.ts}
    columns |= {name: getattr(rows, name) for name in ("open", "high", "low", "close", "volume")}
    some = {name: values[50:] for name, values in columns.items()}
    session.apply(some)
    close_ns = data.time_manager.get_trading_session(DAY).close_ns or 0
    source = FrameSource(some, unit="ns")
    filler = GapFiller(session, source, GapLedger(max_retries=2, retry_interval_s=60.0))
    for minute in range(5):
        session.advance(close_ns + minute * MINUTE)
        filler.look(["sim001"])
        assert filler.fill() == 0
    (record, *_) = filler.ledger.records("SIM001")
    assert (record.state, record.tries) == ("failed", 3)
    assert "does not vouch" in record.reason
    quality = session.quality.session("SIM001", "1m")
    assert quality is not None
    assert quality.unknown == quality.expected - quality.present >= 50
