"""Live days with every failure there is end, once the ledger is settled, as the backtest of the same day."""

from __future__ import annotations

import datetime as dt
import functools
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from tests.coordinator.live import MINUTE, Watching, at, digests, states, world

import openbell as ob
from openbell.testing import Fault, random_faults
from openbell.testing.faulty import KINDS

if TYPE_CHECKING:
    from pathlib import Path

    from openbell.testing.faulty import FaultKind

LEAN_DAYS = tuple(dt.date(2013, 10, day) for day in (7, 8, 9, 10))
# Regular days in winter and summer time, and two early closes.
THIN_DAYS = tuple(dt.date(2024, *day) for day in ((3, 8), (3, 11), (7, 3), (7, 9), (8, 5), (11, 4), (11, 29), (12, 23)))
SCRIPTS = 200


@functools.cache
def backtest(data_dir: Path, name: str, day: dt.date) -> dict[str, int]:
    one = world(data_dir, name)
    return digests(one.backtest(day), one.names)


def bounds(day: dt.date) -> tuple[int, int]:
    trading = ob.TimeManager().get_trading_session(day)
    assert trading.open_ns is not None
    assert trading.close_ns is not None
    return trading.open_ns, trading.close_ns


@pytest.mark.parametrize("seed", range(SCRIPTS))
def test_a_day_of_faults_ends_as_a_backtest(data_dir: Path, seed: int) -> None:
    name, days = ("lean", LEAN_DAYS) if seed % 2 else ("thin", THIN_DAYS)
    one, day = world(data_dir, name), days[seed // 2 % len(days)]
    open_ns, close_ns = bounds(day)
    script = random_faults(seed, open_ns, close_ns, 2 + seed % 6, symbols=one.names)
    watching = Watching()
    run = one.live(day, faults=script, strategy=watching, history_fails=seed % 4)
    result = run.run()
    assert result.completed
    assert digests(result.session_data, one.names) == backtest(data_dir, name, day)
    assert watching.early == [], "nobody was shown a bar before its end"
    settled = states(run)
    assert settled["open"] == settled["requested"] == 0
    assert result.summary.callback_errors == 0


@pytest.mark.parametrize("seed", range(12))
def test_readers_never_see_the_future_or_half_a_bar(data_dir: Path, seed: int) -> None:
    """Threads read while a faulty day goes by; what they see is held against the day itself."""
    one, day = world(data_dir, "lean"), LEAN_DAYS[seed % 4]
    open_ns, close_ns = bounds(day)
    run = one.live(day, faults=random_faults(1000 + seed, open_ns, close_ns, 5, symbols=one.names))
    session, clock = run.session_data, run.time_manager.clock
    columns = one.base.history(list(one.names), open_ns - 5 * 1440 * MINUTE, close_ns)
    truth = {
        (columns.names[s], t): (c, v)
        for s, t, c, v in zip(columns.symbol, columns.ts, columns.close, columns.volume, strict=True)
    }
    wrong: list[Any] = []
    ended, reads = threading.Event(), [0, 0]

    def look(name: str) -> int:
        bars, fives = session.get_bars(name, "1m", 30), session.get_bars(name, "5m", 1)
        now_ns = clock.now_ns()
        wrong.extend(("early", name, ts) for ts in bars.ts.tolist() if ts + MINUTE > now_ns)
        wrong.extend(("early", name, ts) for ts in fives.ts.tolist() if ts + 5 * MINUTE > now_ns)
        rows = zip(bars.ts.tolist(), bars.close.tolist(), bars.volume.tolist(), strict=True)
        wrong.extend(("torn", name, ts) for ts, close, volume in rows if truth[name, ts] != (close, volume))
        return len(bars)

    def read(place: int) -> None:
        while not ended.is_set():
            reads[place] += sum(look(name) for name in one.names if session.has_symbol(name))

    readers = [threading.Thread(target=read, args=(place,)) for place in range(2)]
    for reader in readers:
        reader.start()
    try:
        result = run.run()
    finally:
        ended.set()
        for reader in readers:
            reader.join()
    assert wrong == []
    assert min(reads) > 100
    assert digests(result.session_data, one.names) == backtest(data_dir, "lean", day)


@pytest.mark.parametrize("minutes", [3, 45])
@pytest.mark.parametrize("kind", KINDS)
def test_a_symbol_that_is_added_in_the_middle_of_a_fault_has_no_hole(
    data_dir: Path, kind: FaultKind, minutes: int
) -> None:
    one, day = world(data_dir, "lean"), LEAN_DAYS[0]
    begins = at(day, 11)
    fault = Fault(kind, begins, begins + minutes * MINUTE, seconds=20.0)
    asked = threading.Event()

    class Asks(ob.Strategy):
        def __init__(self) -> None:
            self.outcome: list[bool] = []
            self.thread: threading.Thread | None = None

        def on_session_start(self, session: ob.SessionData) -> None:
            def ask() -> None:
                clock = session.time_manager.clock
                while clock.now_ns() < begins + MINUTE * minutes // 2:
                    time.sleep(0.0005)
                self.outcome.append(session.coordinator.add_symbol("BAC"))
                asked.set()

            self.thread = threading.Thread(target=ask)
            self.thread.start()

    asks = Asks()
    others = [name for name in one.names if name != "BAC"]
    run = one.live(day, faults=[fault], strategy=asks, symbols=others)
    result = run.run()
    assert asks.thread is not None
    asks.thread.join()
    assert asks.outcome == [True]
    assert digests(result.session_data, one.names) == backtest(data_dir, "lean", day)
    assert "BAC" in run.session_data.get_config_symbols()


def test_minutes_that_are_taken_out_are_reported_asked_for_and_filled(data_dir: Path) -> None:
    one, day = world(data_dir, "lean"), LEAN_DAYS[0]
    hours = [(10, 0, 7), (12, 30, 1), (15, 50, 9)]
    script = [Fault("drop", at(day, h, m), at(day, h, m) + n * MINUTE, symbols=frozenset({"SPY"})) for h, m, n in hours]
    run = one.live(day, faults=script)
    told: list[tuple[str, int, int]] = []
    run.session_data.subscribe(
        "gap", lambda event: told.append((event.record.state, event.record.start_ns, event.record.end_ns)),
        symbols=["SPY"],
    )  # fmt: skip
    late: list[int] = []
    for kind in ("bar_closed", "bar_revised"):
        run.session_data.subscribe(kind, lambda event: late.append(event.bar.ts), symbols=["SPY"])
    result = run.run()
    ledger = run.session_data.quality.ledger
    assert ledger is not None
    wanted = {ts for h, m, n in hours for ts in range(at(day, h, m), at(day, h, m) + n * MINUTE, MINUTE)}
    filled = {ts for r in ledger.records("SPY", "filled") for ts in range(r.start_ns, r.end_ns, MINUTE)}
    assert filled == wanted
    for state in ("open", "requested", "filled"):
        reported = {ts for s, start, end in told if s == state for ts in range(start, end, MINUTE)}
        assert reported == wanted, state
    assert wanted <= set(late), "what is filled is told, as a bar or as a revision"
    assert run.session_data.quality.session("SPY", "1m").percent == 100.0  # type: ignore[union-attr]
    assert digests(result.session_data, one.names) == backtest(data_dir, "lean", day)
    assert result.summary.live is not None
    assert result.summary.live.gaps["filled"] == len(ledger.records("SPY", "filled"))


COINBASE = [dt.date(2016, 10, day) for day in (7, 8, 9)]


def coinbase(data_dir: Path) -> ob.SessionCoordinator:
    """Around the clock: three days of Coinbase, in which 104 minutes had no trade."""
    days = COINBASE
    plain: dict[str, Any] = {
        "exchange": "24/7",
        "mode": "live",
        "source": {
            "kind": "replay",
            "start": str(days[0]),
            "end": str(days[-1]),
            "source": {
                "kind": "csv",
                "path": str(data_dir / "crypto/lean_coinbase_btcusd_2016_1m.csv.gz"),
                "columns": {"ts": "ts_utc"},
                "gaps_verified": True,
            },
        },
        "session_data_config": {"symbols": ["BTCUSD"], "streams": ["1m", "1h"]},
    }
    return ob.SessionCoordinator(ob.SessionConfig(**plain))


def test_minutes_without_a_trade_are_verified_empty(data_dir: Path) -> None:
    run = coinbase(data_dir)
    result = run.run()
    ledger = run.session_data.quality.ledger
    assert ledger is not None
    empty = [ts for r in ledger.records("BTCUSD", "verified_empty") for ts in range(r.start_ns, r.end_ns, MINUTE)]
    assert len(empty) == len(set(empty)) == 104
    assert states(run)["failed"] == states(run)["open"] == 0
    assert result.summary.bars == 4216
    assert result.summary.missing_bars == 0
    assert [session.date for session in result.summary.sessions] == COINBASE


def test_of_many_gaps_those_of_the_last_two_sessions_are_kept(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openbell.coordinator.live.MOST_GAPS", 50)
    run = coinbase(data_dir)
    run.run()
    ledger = run.session_data.quality.ledger
    assert ledger is not None
    begins = run.time_manager.get_trading_session(COINBASE[1]).segments[0].open_ns
    kept = ledger.records()
    assert kept
    assert min(record.start_ns for record in kept) >= begins
    assert ledger.counts()["verified_empty"] > len(kept), "the others are counted on"
    assert states(run)["failed"] == states(run)["open"] == 0
