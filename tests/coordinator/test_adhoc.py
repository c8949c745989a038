"""Single things asked for single symbols: what they come to, who shares in them, and when they go."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import openbell as ob
from openbell.errors import IndicatorError, IntervalError
from openbell.session.events import ProvisioningFailed
from openbell.sources import SimulatorSource

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from openbell.sources import Columns

NOON = dt.time(12, 0)


def config(**session: Any) -> ob.SessionConfig:
    return ob.SessionConfig(
        backtest={"start": "2024-11-27", "end": "2024-11-29"},
        source={"kind": "simulator", "symbols": 520, "seed": 9},
        session_data_config={
            "symbols": ["SIM001"],
            "streams": ["1m", "5m"],
            "historical": {"trailing_days": 1},
            **session,
        },
    )


class AtNoon(ob.Strategy):
    """Asks for something at noon of the first day, and looks at the next bar."""

    intervals = ("5m",)

    def __init__(
        self, ask: Callable[[ob.SessionData], None], look: Callable[[ob.SessionData], None] | None = None
    ) -> None:
        self.ask: Callable[[ob.SessionData], None] | None = ask
        self.look = look
        self.heard: set[str] = set()

    def on_bar(self, session: ob.SessionData, bar: ob.Bar) -> None:
        self.heard.add(str(bar.symbol))
        assert session.now is not None
        if session.now.time() > NOON and self.ask is None and self.look is not None:
            self.look(session)
            self.look = None
        if session.now.time() == NOON and self.ask is not None:
            self.ask(session)
            self.ask = None


def run(
    ask: Callable[[ob.SessionData], None], look: Callable[[ob.SessionData], None] | None = None, **session: Any
) -> tuple[ob.RunResult, AtNoon]:
    strategy = AtNoon(ask, look)
    result = ob.SessionCoordinator(config(**session), strategy=strategy).run()
    assert result.summary.callback_errors == 0, result.summary.warnings
    assert strategy.ask is None
    return result, strategy


def test_an_indicator_of_another_symbol_has_its_history() -> None:
    def ask(session: ob.SessionData) -> None:
        assert session.add_indicator("SIM002", "sma", {"period": 20, "interval": "5m"})
        assert not session.add_indicator("SIM002", ob.IndicatorConfig("sma", period=20, interval="5m")), "it is pending"
        assert session.get_indicator("SIM002", "sma_20_5m") is None
        assert not session.is_indicator_ready("SIM002", "sma_20_5m")

    def look(session: ob.SessionData) -> None:
        assert session.wait_ready("SIM002", "sma_20_5m", timeout=0)
        assert session.is_indicator_ready("SIM002", "sma_20_5m")
        bars = session.get_bars("SIM002", "5m").close
        assert session.get_indicator_value("SIM002", "sma_20_5m") == pytest.approx(bars[-20:].mean(), rel=1e-12)
        assert session.get_config_symbols() == {"SIM001"}
        assert session.get_all_symbols() == {"SIM001", "SIM002"}

    result, strategy = run(ask, look)
    assert strategy.heard == {"SIM001"}, "bars of ad-hoc symbols are not told"
    both = ob.SessionCoordinator(config(symbols=["SIM002"], indicators=_session("sma", "5m", period=20))).run()
    for interval in ("1m", "5m"):
        got, want = (r.session_data.get_bars("SIM002", interval) for r in (result, both))
        np.testing.assert_array_equal(got.close, want.close)
    assert result.session_data.get_indicator_value("SIM002", "sma_20_5m") == both.session_data.get_indicator_value(
        "SIM002", "sma_20_5m"
    )


def _session(name: str, interval: str, **params: float) -> dict[str, Any]:
    return {"session": [{"name": name, "interval": interval, "params": params}]}


def test_an_indicator_of_a_symbol_that_is_there() -> None:
    """It is warmed up with history that the session never kept, and its interval is made of the bars that are held."""

    def ask(session: ob.SessionData) -> None:
        assert session.add_indicator("SIM001", "sma", {"period": 3, "interval": "1d"})
        assert session.add_indicator("SIM001", "ema", {"period": 9, "interval": "15m"})
        assert session.add_indicator("SIM001", "session_high", {"interval": "1m"})

    def look(session: ob.SessionData) -> None:
        assert session.get_indicator_value("SIM001", "sma_3_1d") is not None
        assert session.get_indicator_value("SIM001", "session_high_1m") == session.get_bars("SIM001", "1m").high.max()
        assert len(session.get_bars("SIM001", "15m")) == 10

    result, _ = run(ask, look)
    indicators = {
        "session": [*_session("sma", "1d", period=3)["session"], *_session("ema", "15m", period=9)["session"]]
    }
    whole = ob.SessionCoordinator(config(indicators=indicators)).run().session_data
    late = result.session_data
    assert late.get_indicator_value("SIM001", "sma_3_1d") == whole.get_indicator_value("SIM001", "sma_3_1d")
    # Both have the same bars, but an average that never forgets began earlier in one of them.
    assert late.get_indicator_value("SIM001", "ema_9_15m") == pytest.approx(
        whole.get_indicator_value("SIM001", "ema_9_15m"), rel=1e-3
    )
    np.testing.assert_array_equal(late.get_bars("SIM001", "15m").close, whole.get_bars("SIM001", "15m").close)


def test_without_provisioning_only_what_is_there_warms_it_up() -> None:
    def ask(session: ob.SessionData) -> None:
        config = {"period": 100, "interval": "5m"}
        assert session.add_indicator("SIM001", "sma", config, auto_provision_bars=False)

    def look(session: ob.SessionData) -> None:
        assert session.get_indicator("SIM001", "sma_100_5m") is not None
        assert session.get_indicator_value("SIM001", "sma_100_5m") is not None, "78 of history, 31 of the session"

    run(ask, look)


def test_bars_of_the_session() -> None:
    def ask(session: ob.SessionData) -> None:
        assert session.add_session_bars("SIM003", "15m")
        assert not session.add_session_bars("SIM003", "15m")
        assert session.add_session_bars("SIM001", "30m")
        assert not session.add_session_bars("SIM001", "5m"), "it is streamed"

    def look(session: ob.SessionData) -> None:
        assert len(session.get_bars("SIM003", "15m")) == 10, "from 09:30, and the first is complete"
        assert len(session.get_bars("SIM001", "30m")) == 5
        assert not session.get_historical_bars("SIM003", "15m").by_date()

    result, _ = run(ask, look)
    assert [str(i) for i in result.session_data.intervals("SIM003")] == ["1m", "15m"]


def test_bars_of_earlier_sessions() -> None:
    def ask(session: ob.SessionData) -> None:
        assert session.add_historical_bars("SIM001", "1d", 5)
        assert not session.add_historical_bars("SIM001", "1d", 3), "more are pending"
        assert not session.add_historical_bars("SIM001", "5m", period=1), "as many are there"
        assert session.add_historical_bars("SIM004", "1d", days=3)
        with pytest.raises(ValueError, match="at least 1"):
            session.add_historical_bars("SIM001", "1d", 0)

    def look(session: ob.SessionData) -> None:
        assert len(session.get_historical_bars("SIM001", "1d")) == 5
        assert [d.day for d in session.get_historical_bars("SIM004", "1d").by_date()] == [22, 25, 26]

    run(ask, look)


def test_five_hundred_symbols_in_one_go() -> None:
    names = [f"SIM{i:03}" for i in range(11, 511)]
    failed: list[Any] = []

    def ask(session: ob.SessionData) -> None:
        session.subscribe(ProvisioningFailed, failed.append)
        for name in [*names, "NONE"]:
            assert session.add_indicator(name, "sma", {"period": 3, "interval": "1d"}, owner="scan")

    def look(session: ob.SessionData) -> None:
        assert all(session.wait_ready(name, "sma_3_1d", timeout=0) for name in names)
        assert not session.wait_ready("NONE", "sma_3_1d", timeout=0)
        assert [(e.symbol, e.key) for e in failed] == [("NONE", "sma_3_1d")]
        values = [session.get_indicator_value(name, "sma_3_1d") for name in names]
        assert None not in values
        for name in names[:5]:
            assert session.add_symbol(name)
        assert all(session.remove_symbol_adhoc(name, owner="scan") for name in names[5:])
        assert not session.remove_symbol_adhoc("SIM001", owner="scan"), "a strategy symbol"

    result, strategy = run(ask, look)
    session = result.session_data
    assert session.get_all_symbols() == session.get_config_symbols() == {"SIM001", *names[:5]}
    assert strategy.heard == {"SIM001", *names[:5]}, "promoted symbols are told"
    assert {str(i) for i in session.intervals(names[0])} == {"1m", "5m", "1d"}
    assert session.get_indicator_value(names[0], "sma_3_1d") is not None, "it keeps what it had"


def test_what_one_shares_another_keeps() -> None:
    def ask(session: ob.SessionData) -> None:
        assert session.add_indicator("SIM002", "rsi", {"interval": "5m"}, owner="one")
        assert not session.add_indicator("SIM002", "rsi", {"interval": "5m"}, owner="two")
        assert session.add_session_bars("SIM003", "5m", owner="one")

    def look(session: ob.SessionData) -> None:
        assert session.remove_symbol_adhoc("SIM002", owner="one")
        assert "SIM002" in session.get_all_symbols(), "two wants it still"
        assert session.lock_symbol("SIM003", "open_position")
        assert not session.remove_symbol_adhoc("SIM003", owner="one")
        assert session.unlock_symbol("SIM003")
        assert session.remove_symbol_adhoc("SIM003", owner="one")
        assert session.remove_symbol_adhoc("SIM002", owner="two")
        assert not session.remove_symbol_adhoc("SIM002", owner="two")
        assert session.get_all_symbols() == {"SIM001"}
        assert session.add_session_bars("SIM003", "5m"), "it can be asked for again"

    result, _ = run(ask, look)
    assert result.session_data.get_all_symbols() == {"SIM001", "SIM003"}


def test_refusals() -> None:
    failed: list[Any] = []

    def ask(session: ob.SessionData) -> None:
        session.subscribe("provisioning_failed", failed.append)
        assert session.add_session_bars("SIM002", "30s")
        with pytest.raises(IntervalError):
            session.add_session_bars("SIM002", "5x")
        with pytest.raises(IndicatorError, match="did you mean 'sma'"):
            session.add_indicator("SIM002", "smaa", {"interval": "5m"})
        for config, message in (
            ({"fast": 12, "interval": "1m"}, "macd: 'fast' is a parameter; write it as"),
            ({"intervl": "1m"}, "macd: unknown key 'intervl'; did you mean 'interval'"),
            (20, "macd: 20: write its config as"),
        ):
            with pytest.raises(IndicatorError, match=message):
                session.add_indicator("AAPL", "macd", config)  # type: ignore[arg-type]
        with pytest.raises(IndicatorError, match="name an indicator"):
            session.add_indicator("SIM002")

    run(ask)
    assert [(e.symbol, e.key) for e in failed] == [("SIM002", "bars_30s")]
    assert "30s cannot be derived from the source's bars of 1m" in failed[0].reason


def test_without_a_coordinator_it_stays_pending() -> None:
    session = ob.SessionData()
    assert session.add_indicator("SPY", "sma", {"interval": "1m"})
    assert not session.add_indicator("SPY", "sma", {"interval": "1m"})
    assert not session.wait_ready("SPY", "sma_20_1m", timeout=0)
    assert not session.wait_ready("QQQ")
    assert session.wishes.counts()["waiting"] == 1
    session.remove_symbol_adhoc("SPY")
    assert not session.wishes, "what nobody wants any more does not wait"


def test_daily_indicators_of_a_real_universe(data_dir: Path) -> None:
    """``sma_3_1d`` for every other symbol of the file, derived from the days before."""
    settings = ob.SessionConfig(
        backtest={"start": "2020-01-02", "end": "2020-01-02"},
        source={
            "kind": "csv",
            "path": str(data_dir / "universe_1m/yahoo_us_2019-12-26_2020-01-03.csv.gz"),
            "columns": {"ts": "ts_utc"},
            "on_bad": "skip",
        },
        session_data_config={"symbols": ["SPY"], "streams": ["1m"]},
    )

    class Asks(ob.Strategy):
        def on_session_start(self, session: ob.SessionData) -> None:
            for name in session.coordinator.data_manager.source.symbols():
                session.add_indicator(name, "sma", {"period": 3, "interval": "1d"})

    run = ob.SessionCoordinator(settings, strategy=Asks())
    result = run.run()
    session = result.session_data
    # One symbol of the file first trades later.
    assert len(session.get_all_symbols()) == 738
    whole = settings.to_dict()
    whole["session_data_config"] |= {"symbols": "*", "indicators": _session("sma", "1d", period=3)}
    want = ob.SessionCoordinator(ob.SessionConfig(**whole)).run().session_data
    ready = 0
    for name in sorted(session.get_all_symbols()):
        value = session.get_indicator_value(name, "sma_3_1d")
        assert value == want.get_indicator_value(name, "sma_3_1d"), name
        ready += value is not None
    assert ready > 600


class Counting:
    """A source that says how often it was asked for a symbol."""

    def __init__(self, source: SimulatorSource) -> None:
        self.source, self.asked = source, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.source, name)

    def history(self, symbols: Sequence[str] | None, start_ns: int, end_ns: int) -> Columns:
        self.asked += symbols is not None and "SIM005" in symbols
        return self.source.history(symbols, start_ns, end_ns)


def test_what_comes_and_goes_each_day_takes_as_long_on_the_last() -> None:
    """What a scan asks for each day is not loaded from the first day of the run on."""
    source = Counting(SimulatorSource(6, time_manager=ob.TimeManager(), seed=3))
    asked: list[int] = []
    values: list[tuple[float | None, float]] = []

    class Daily(ob.Strategy):
        def on_bar(self, session: ob.SessionData, bar: ob.Bar) -> None:
            assert session.now is not None
            assert session.now_ns is not None
            if session.now.time() == dt.time(11, 0):
                source.asked = 0
                session.add_indicator("SIM005", "sma", {"period": 200, "interval": "1m"})
            if session.now.time() == dt.time(11, 2):
                assert session.add_historical_bars("SIM005", "1m", 2)
            if session.now.time() == dt.time(11, 5):
                asked.append(source.asked)
                kept = session.get_historical_bars("SIM005", "1m").by_date().values()
                assert [len(day) > 300 for day in kept] == [True, True]
                columns = source.source.history(["SIM005"], session.now_ns - 5 * 86_400 * 10**9, session.now_ns)
                ended = columns.ts + 60 * 10**9 <= session.now_ns
                values.append((session.get_indicator_value("SIM005", "sma_200_1m"), columns.close[ended][-200:].mean()))
                assert session.remove_symbol_adhoc("SIM005")

    config = ob.SessionConfig(
        backtest={"start": "2024-11-04", "end": "2024-11-15"},
        source={"kind": "simulator"},
        session_data_config={"symbols": ["SIM001"]},
    )
    result = ob.SessionCoordinator(config, strategy=Daily(), source=source).run()
    assert result.summary.callback_errors == 0, result.summary.warnings
    assert len(values) == 10
    assert all(ours == pytest.approx(theirs, rel=1e-12) for ours, theirs in values)
    assert 0 < max(asked[3:]) <= max(asked[:3]), asked


@pytest.mark.parametrize("days", [0, 2])
@pytest.mark.parametrize("capacity", [30, 64, 70, 150])
def test_what_has_left_the_ring_counts_for_indicators_that_come_later(capacity: int, days: int) -> None:
    """A `vwap` of the session begins with the session, and an average has no hole before what the ring holds."""
    wanted = [
        *(("vwap", 0, "1m"), ("obv", 0, "1m"), ("session_high", 0, "1m"), ("sma", 200, "1m"), ("ema", 20, "1m")),
        *(("vwap", 0, "5m"), ("sma", 40, "5m"), ("session_low", 0, "15m"), ("sma", 30, "15m")),
    ]

    def values(capacity: int) -> list[dict[str, Any]]:
        seen: list[dict[str, Any]] = []

        class Late(ob.Strategy):
            def on_bar(self, session: ob.SessionData, bar: ob.Bar) -> None:
                assert session.now is not None
                if bar.interval != ob.Interval("1m"):
                    return
                if session.now.strftime("%d %H:%M") == "25 14:02":
                    for name, period, interval in wanted:
                        asked = {"interval": interval} | ({"period": period} if period else {})
                        assert session.add_indicator("SIM001", name, asked)
                if session.now.strftime("%d %H:%M") in {"25 14:03", "25 15:00", "26 10:00"}:
                    seen.append({key: data.values for key, data in session.get_all_indicators("SIM001").items()})

        config = ob.SessionConfig(
            backtest={"start": "2024-11-25", "end": "2024-11-26"},
            source={"kind": "simulator", "symbols": 1},
            session_data_config={
                "symbols": ["SIM001"],
                "streams": ["1m", "5m"],
                "bars": {"capacity": capacity},
                "historical": {"trailing_days": days},
            },
        )
        result = ob.SessionCoordinator(config, strategy=Late()).run()
        assert result.summary.callback_errors == 0, result.summary.warnings
        assert len(seen) == 3
        return seen

    for few, whole in zip(values(capacity), values(5_000), strict=True):
        assert few.keys() == whole.keys()
        for key in whole:
            assert few[key] == pytest.approx(whole[key], rel=1e-12, nan_ok=True), key
