"""The lifecycle of a run: order of callbacks, isolation, history, stopping, and everything that is refused."""

from __future__ import annotations

import datetime as dt
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest

import openbell as ob
from openbell.coordinator import load_strategy
from openbell.errors import ConfigError, IntervalError, NoDataError, NotRunningError, StrategyError

if TYPE_CHECKING:
    from pathlib import Path


def config(**changes: Any) -> ob.SessionConfig:
    session = {
        "symbols": ["SIM001", "SIM002", "SIM003"],
        "streams": ["1m", "5m", "1d"],
        "historical": {"trailing_days": 2},
        "indicators": {
            "session": [{"name": "sma", "period": 20, "interval": "5m"}],
            "historical": [{"name": "sma", "period": 2, "interval": "1d"}],
        },
        **changes.pop("session", {}),
    }
    return ob.SessionConfig(
        **{
            "backtest": {"start": "2024-11-27", "end": "2024-12-02"},
            "source": {"kind": "simulator", "symbols": 3, "seed": 11},
            "session_data_config": session,
            **changes,
        }
    )


class Recorder(ob.Strategy):
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.bars: list[tuple[int, str, str]] = []

    def note(self, session: ob.SessionData, what: str) -> None:
        self.told.append((what, session.now.strftime("%m-%d %H:%M") if session.now else "none"))

    def on_start(self, session: ob.SessionData) -> None:
        self.note(session, "start")

    def on_session_start(self, session: ob.SessionData) -> None:
        self.note(session, "session start")
        assert session.is_session_active

    def on_bar(self, session: ob.SessionData, bar: ob.Bar) -> None:
        assert session.now_ns is not None
        self.bars.append((session.now_ns, str(bar.interval), str(bar.symbol)))

    def on_indicator_valid(self, session: ob.SessionData, symbol: str, key: str) -> None:
        self.note(session, f"{key} {symbol}")

    def on_session_end(self, session: ob.SessionData) -> None:
        self.note(session, "session end")

    def on_stop(self, session: ob.SessionData) -> None:
        self.note(session, "stop")
        assert not session.is_session_active


def test_the_order_of_a_run() -> None:
    strategy = Recorder()
    result = ob.SessionCoordinator(config(), strategy=strategy).run()
    assert strategy.told == [
        ("start", "none"),
        ("session start", "11-27 09:30"),
        ("session end", "11-27 16:00"),
        ("session start", "11-29 09:30"),
        ("session end", "11-29 13:00"),
        ("session start", "12-02 09:30"),
        ("session end", "12-02 16:00"),
        ("stop", "12-02 16:00"),
    ]
    rank = {"1m": 0, "5m": 1, "1d": 2}
    order = [(now, rank[interval], symbol) for now, interval, symbol in strategy.bars]
    assert order == sorted(order)
    assert len(strategy.bars) == result.summary.bars + result.summary.derived_bars
    assert result.completed
    assert result.summary.callbacks == len(strategy.bars) + len(strategy.told)


def test_history_warms_up_and_is_kept_apart() -> None:
    seen: list[tuple[dt.date, float | None, float | None, int]] = []

    class Look(ob.Strategy):
        def on_session_start(self, session: ob.SessionData) -> None:
            assert session.now is not None
            days = session.get_historical_bars("SIM001", "1d").by_date()
            seen.append(
                (
                    session.now.date(),
                    session.get_indicator_value("SIM001", "sma_2_1d"),
                    session.get_indicator_value("SIM001", "sma_20_5m"),
                    len(days),
                )
            )
            assert len(session.get_bars("SIM001", "1m")) == 0
            closes = np.concatenate([bars.close for bars in days.values()])[-2:]
            assert session.get_indicator_value("SIM001", "sma_2_1d") == pytest.approx(closes.mean(), rel=1e-12)

        def on_session_end(self, session: ob.SessionData) -> None:
            # A historical indicator stays what it was when the session began.
            assert session.get_indicator_value("SIM001", "sma_2_1d") == seen[-1][1]

    result = ob.SessionCoordinator(config(), strategy=Look()).run()
    assert result.summary.callback_errors == 0, result.summary.warnings
    assert [day for day, *_ in seen] == [dt.date(2024, 11, 27), dt.date(2024, 11, 29), dt.date(2024, 12, 2)]
    assert all(historical is not None and session is not None for _, historical, session, _ in seen)
    assert {days for *_, days in seen} == {2}
    # sma(2) of days asks for twice as many sessions; those without a place in trailing_days only warm it up.
    assert result.summary.history_sessions == 4


def test_the_bars_with_which_history_ended_are_not_told() -> None:
    told: dict[str, list[tuple[int, int]]] = {}
    ends: dict[str, int] = {}

    class Look(ob.Strategy):
        def on_session_start(self, session: ob.SessionData) -> None:
            for symbol in session.get_active_symbols():
                ends[symbol] = int(session.get_historical_bars(symbol, "1m").ts[-1])

        def on_bar(self, session: ob.SessionData, bar: ob.Bar) -> None:
            assert session.now_ns is not None
            told.setdefault(str(bar.symbol), []).append((session.now_ns, bar.ts))
            if len(told) == 1 and len(told["SPY"]) == 1:
                session.add_symbol("AAPL")

    changes: dict[str, Any] = {
        "backtest": {"start": "2024-11-27", "end": "2024-11-27"},
        "source": {"kind": "simulator", "symbols": ["AAPL", "MSFT", "SPY"], "seed": 1},
    }
    ob.SessionCoordinator(config(**changes, session={"symbols": ["SPY"]}), strategy=Look()).run()
    open_ns = told["SPY"][0][1]
    # The last minute of the day before has no bar: time alone ends the longer bars that it was in.
    assert ends["SPY"] < (open_ns - 1440 * 60_000_000_000) + 389 * 60_000_000_000
    assert {symbol for symbol, bars in told.items() if min(ts for _, ts in bars) >= open_ns} == {"SPY", "AAPL"}


def test_a_run_with_and_without_a_strategy_is_the_same_bit_for_bit() -> None:
    quiet = ob.SessionCoordinator(config()).run().session_data
    loud = ob.SessionCoordinator(config(), strategy=Recorder()).run().session_data
    for symbol in ("SIM001", "SIM002", "SIM003"):
        assert quiet.digest(symbol) == loud.digest(symbol)


def test_on_bar_can_be_narrowed() -> None:
    class Fives(Recorder):
        intervals = ("5m",)

    strategy = Fives()
    ob.SessionCoordinator(config(), strategy=strategy).run()
    assert {interval for _, interval, _ in strategy.bars} == {"5m"}

    class Hours(Recorder):
        intervals = ("1h",)

    with pytest.raises(StrategyError, match=r"Hours.intervals names 1h; the config streams 1m, 5m, 1d"):
        ob.SessionCoordinator(config(), strategy=Hours())


@pytest.mark.parametrize("wanted", [("5m",), ("1d",), ("5m", "1d")])
def test_who_hears_of_longer_bars_alone_sees_what_others_see(wanted: tuple[str, ...]) -> None:
    keys = ("sma_20_5m", "spread_1m", "correlation_30_vs_SIM002_1m", "ema_9_of_spread_1m")

    class Look(ob.Strategy):
        def __init__(self) -> None:
            self.seen: list[str] = []

        def on_bar(self, session: ob.SessionData, bar: ob.Bar) -> None:
            if str(bar.interval) in wanted:
                symbol = str(bar.symbol)
                values = [session.get_indicator_value(symbol, key) for key in keys]
                count, coverage = len(session.get_bars(symbol, "1m")), session.get_coverage(symbol, "1m")
                self.seen.append(f"{session.now} {bar} {values} {count} {coverage}")

    class Narrowed(Look):
        intervals = wanted

    changes = {
        "indicators": {
            "session": [
                {"name": "sma", "period": 20, "interval": "5m"},
                {"name": "spread", "expression": "close - open", "interval": "1m"},
                {"name": "correlation", "against": "SIM002", "interval": "1m"},
                {"name": "ema", "period": 9, "interval": "1m", "source": "spread_1m"},
            ]
        }
    }
    seen = []
    for strategy in (Look(), Narrowed()):
        result = ob.SessionCoordinator(config(session=changes), strategy=strategy).run()
        assert result.summary.callback_errors == 0, result.summary.warnings
        seen.append(strategy.seen)
    assert len(seen[0]) >= 9
    assert seen[0] == seen[1]


def test_a_callback_that_raises_is_isolated(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(ob.Strategy):
        intervals = ("5m",)

        def on_bar(self, session: ob.SessionData, bar: ob.Bar) -> None:
            raise ZeroDivisionError("one over none")

    with caplog.at_level("ERROR", logger="openbell"):
        result = ob.SessionCoordinator(config(), strategy=Broken()).run()
    assert result.completed
    assert result.summary.callback_errors == result.summary.callbacks > 100
    assert result.summary.warnings == ("Broken.on_bar: ZeroDivisionError: one over none",)
    assert len(caplog.records) == 1
    assert result.summary.bars == ob.SessionCoordinator(config()).run().summary.bars


def test_corrections_reach_the_strategy() -> None:
    """Two rows for one minute: the first is told, the second is told as a revision."""
    start = dt.datetime(2024, 11, 27, 14, 30, tzinfo=dt.UTC)
    prices = {name: [1.0, 2.0] for name in ("open", "high", "low", "close", "volume")}
    frame = pl.DataFrame({"symbol": ["A", "A"], "ts": [start, start], **prices})
    revised: list[tuple[float, float | None]] = []

    class Revisions(ob.Strategy):
        def on_bar_revised(self, session: ob.SessionData, bar: ob.Bar, old: ob.Bar | None) -> None:
            revised.append((bar.close, old.close if old else None))

    settings = config(
        source={"kind": "frame"},
        backtest={"start": "2024-11-27", "end": "2024-11-27"},
        session={"symbols": "*", "streams": ["1m"], "indicators": {}, "historical": {}},
    )
    ob.SessionCoordinator(settings, strategy=Revisions(), source=ob.FrameSource(frame)).run()
    assert revised == [(2.0, 1.0)]


def test_progress_is_told() -> None:
    told: list[tuple[int, int, str]] = []
    ob.SessionCoordinator(config(), progress=lambda *args: told.append(args)).run()
    assert [done for done, *_ in told] == list(range(1, 8))
    assert {total for _, total, _ in told} == {7}
    assert told[-1][2] == "2024-12-02"


class Gate(ob.Strategy):
    """Lets the other thread act at the first five-minute bar, and counts what comes after."""

    intervals = ("5m",)

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.go_on = threading.Event()
        self.stopped = False

    def on_bar(self, session: ob.SessionData, bar: ob.Bar) -> None:
        if not self.reached.is_set():
            self.reached.set()
            assert self.go_on.wait(30)

    def on_stop(self, session: ob.SessionData) -> None:
        self.stopped = True


def test_in_the_background() -> None:
    run = ob.SessionCoordinator(config())
    with pytest.raises(NotRunningError):
        run.stop()
    run.start()
    result = run.wait(60)
    assert result is not None
    assert result.completed
    assert run.result is result
    assert not run.is_running
    with pytest.raises(RuntimeError, match="make another"):
        run.run()


def test_stopping_ends_at_the_next_step() -> None:
    gate = Gate()
    run = ob.SessionCoordinator(config(), strategy=gate)
    run.start()
    assert gate.reached.wait(30)
    stopper = threading.Thread(target=run.stop)
    stopper.start()
    gate.go_on.set()
    stopper.join(30)
    result = run.wait(30)
    assert result is not None
    assert not result.completed
    assert gate.stopped
    assert result.summary.sessions == ()


def test_pause_holds_the_clock() -> None:
    gate = Gate()
    run = ob.SessionCoordinator(config(), strategy=gate)
    run.start()
    assert gate.reached.wait(30)
    pauser = threading.Thread(target=run.pause)
    pauser.start()
    gate.go_on.set()
    pauser.join(30)
    assert not pauser.is_alive()
    held = run.session_data.now_ns
    assert run.wait(0.2) is None
    assert run.session_data.now_ns == held
    assert run.is_running
    run.resume()
    result = run.wait(60)
    assert result is not None
    assert result.completed


def test_a_strategy_may_stop_its_own_run() -> None:
    class Once(ob.Strategy):
        def on_bar(self, session: ob.SessionData, bar: ob.Bar) -> None:
            session.coordinator.stop()

    result = ob.SessionCoordinator(config(), strategy=Once()).run()
    assert not result.completed
    assert result.summary.callback_errors == 0


def test_speed_holds_market_time_back() -> None:
    """At 21600 a session of six and a half hours takes about a second: it cannot take less."""
    import time

    started = time.monotonic()
    ob.SessionCoordinator(
        config(backtest={"start": "2024-11-27", "end": "2024-11-27", "speed": 46_800}, session={"historical": {}})
    ).run()
    assert time.monotonic() - started >= 0.49


def test_symbols_without_data_are_skipped_and_said() -> None:
    result = ob.SessionCoordinator(config(session={"symbols": ["SIM001", "NONE"]})).run()
    assert dict(result.summary.skipped_symbols) == {"NONE": "the source has no bars of it"}
    assert [s.symbol for s in result.summary.symbols] == ["SIM001"]


def test_no_data_at_all_is_an_error() -> None:
    with pytest.raises(NoDataError, match=r"none of the config's symbols; it has SIM001, SIM002, SIM003"):
        ob.SessionCoordinator(config(session={"symbols": ["NONE"]}))
    with pytest.raises(NoDataError, match="no session from 2024-11-28 to 2024-11-28"):
        ob.SessionCoordinator(config(backtest={"start": "2024-11-28", "end": "2024-11-28"}))
    ts = [dt.datetime(2020, 1, 2, 15, 0, tzinfo=dt.UTC)]
    bar = {name: [1.0] for name in ("open", "high", "low", "close", "volume")}
    source = ob.FrameSource(pl.DataFrame({"symbol": ["A"], "ts": ts, **bar}))
    settings = config(source={"kind": "frame"}, session={"symbols": "*"})
    with pytest.raises(NoDataError, match=r"no bar of any symbol from .*its bars are from 2020-01-02 to 2020-01-02"):
        ob.SessionCoordinator(settings, source=source).run()


def test_what_cannot_be_derived_is_an_error_at_start() -> None:
    bar = {name: [1.0] for name in ("open", "high", "low", "close", "volume")}
    source = ob.FrameSource({"symbol": ["A"], "ts": ["2024-11-27T14:30:00Z"], **bar}, interval=ob.Interval("5m"))
    with pytest.raises(IntervalError, match="1m cannot be derived from the source's bars of 5m"):
        ob.SessionCoordinator(config(source={"kind": "frame"}, session={"symbols": "*"}), source=source)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"mode": "live"}, "source"),
        ({"journal": "x"}, "journal"),
        ({"exchanges": {"XLON": ["*.L"]}}, "exchanges"),
    ],
)
def test_what_is_not_there_yet_is_said(changes: dict[str, Any], path: str) -> None:
    with pytest.raises(ConfigError) as caught:
        ob.SessionCoordinator(config(**changes))
    assert [problem.path for problem in caught.value.problems] == [path]


def test_daily_bars_as_the_base(data_dir: Path) -> None:
    settings = ob.SessionConfig(
        backtest={"start": "2020-01-02", "end": "2020-12-31"},
        source={
            "kind": "csv",
            "path": str(data_dir / "us_equity/lean_daily_spy_aapl_goog.csv.gz"),
            "interval": "1d",
            "columns": {"ts": "ts_local"},
        },
        session_data_config={
            "symbols": ["SPY"],
            "streams": ["1d", "1w"],
            "historical": {"trailing_days": 300},
            "indicators": {"session": [{"name": "sma", "period": 200, "interval": "1d"}]},
        },
    )
    result = ob.SessionCoordinator(settings).run()
    official = pl.read_csv(data_dir / "us_equity/lean_daily_spy_aapl_goog.csv.gz", try_parse_dates=True)
    closes = official.filter(pl.col("symbol") == "SPY", pl.col("ts_local") <= dt.date(2020, 12, 31))["close"]
    assert result.summary.bars == 253
    want = closes.tail(200).cast(pl.Float64).to_numpy().mean()
    assert result.session_data.get_indicator_value("SPY", "sma_200_1d") == pytest.approx(want, rel=1e-12)
    week = result.session_data.get_historical_bars("SPY", "1w")
    assert 58 <= len(week) <= 64, "300 sessions of history, five to a week but for holidays"


def test_strategies_by_name(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "import openbell as ob\n"
        "class Mine(ob.Strategy): pass\n"
        "class Needy(ob.Strategy):\n"
        "    def __init__(self, x): pass\n"
    )
    assert type(load_strategy(f"{path}:Mine")).__name__ == "Mine"
    assert isinstance(load_strategy("openbell.coordinator:Strategy"), ob.Strategy)
    for where, message in (
        ("nothing", "names no strategy"),
        (f"{tmp_path}/none.py:X", "no such file"),
        (f"{path}:Other", "it has Mine, Needy"),
        (f"{path}:Needy", "cannot be made: TypeError"),
        ("no.such.module:X", "cannot be imported: ModuleNotFoundError"),
    ):
        with pytest.raises(StrategyError, match=message):
            load_strategy(where)
    (tmp_path / "bad.py").write_text("1/0")
    with pytest.raises(StrategyError, match="ZeroDivisionError"):
        load_strategy(f"{tmp_path}/bad.py:X")


def test_a_small_ring_changes_no_value() -> None:
    """Bars leave the ring; what was derived from them stays what it was."""
    full = ob.SessionCoordinator(config()).run()
    small = ob.SessionCoordinator(config(session={"bars": {"capacity": 20}})).run()
    assert small.summary.derived_bars == full.summary.derived_bars
    assert small.summary.missing_bars == full.summary.missing_bars
    for symbol in ("SIM001", "SIM002", "SIM003"):
        assert len(small.session_data.get_bars(symbol, "1m")) == 20
        assert small.session_data.get_latest_bar(symbol, "1d") == full.session_data.get_latest_bar(symbol, "1d")
        for key, data in full.session_data.get_all_indicators(symbol).items():
            other = small.session_data.get_indicator(symbol, key)
            assert other is not None
            assert other.values == data.values


def test_the_base_need_not_be_streamed() -> None:
    strategy = Recorder()
    result = ob.SessionCoordinator(config(session={"streams": ["5m", "1d"]}), strategy=strategy).run()
    assert {interval for _, interval, _ in strategy.bars} == {"5m", "1d"}
    assert (result.summary.base_interval, result.summary.intervals) == ("1m", ("1m", "5m", "1d"))
