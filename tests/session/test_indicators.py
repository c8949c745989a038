"""The indicator manager: warm-up at registration, live, and repeated updates."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest

import openbell as ob
from openbell.clock import TimeManager
from openbell.errors import ColumnsError, IntervalError, SymbolError
from openbell.sources import Columns, DataManager, SimulatorSource

DAYS = [dt.date(2024, 11, 25), dt.date(2024, 11, 26)]


@pytest.fixture(scope="module")
def days() -> list[Columns]:
    manager = TimeManager("XNYS")
    data = DataManager(SimulatorSource(["SPY"], seed=5, time_manager=manager), manager)
    return [data.load_session(None, day) for day in DAYS]


def columns(rows: Columns) -> dict[str, Any]:
    return {
        **{name: getattr(rows, name) for name in ("ts", "open", "high", "low", "close", "volume")},
        "symbol": ["SPY"] * len(rows),
    }


def sma(period: int) -> ob.IndicatorConfig:
    return ob.IndicatorConfig("sma", period=period, interval="1m")


def test_live_warm_up_takes_the_bars_that_come(days: list[Columns]) -> None:
    session = ob.SessionData()
    session.register_symbol("SPY")
    manager = ob.IndicatorManager(session)
    assert manager.register_symbol_indicators("SPY", [sma(20), sma(20), sma(30)]) == 2
    assert manager.register_symbol_indicators("SPY", [sma(20)]) == 0
    assert manager.get_indicator_count("SPY") == 2
    session.apply(columns(days[1].take(slice(0, 19))))
    assert session.get_indicator_value("SPY", "sma_20_1m") is None
    assert not session.is_indicator_ready("SPY", "sma_20_1m")
    session.apply(columns(days[1].take(slice(19, 25))))
    assert session.get_indicator_value("SPY", "sma_20_1m") == pytest.approx(days[1].close[5:25].mean(), rel=1e-12)


def test_bars_that_exist_warm_it_up(days: list[Columns]) -> None:
    session = ob.SessionData()
    session.register_symbol("SPY")
    session.apply(columns(days[1]))
    ob.IndicatorManager(session).register_symbol_indicators("SPY", [sma(200)])
    assert session.get_indicator_value("SPY", "sma_200_1m") == pytest.approx(days[1].close[-200:].mean(), rel=1e-12)


def test_history_warms_up_at_registration(days: list[Columns]) -> None:
    """Given history and then the session is the same, bit for bit, as having seen both days."""
    early = ob.SessionData()
    early.register_symbol("SPY")
    ob.IndicatorManager(early).register_symbol_indicators("SPY", [ob.IndicatorConfig("ema", period=50, interval="1m")])
    for day in days:
        early.apply(columns(day))
    late = ob.SessionData()
    late.register_symbol("SPY")
    late.apply(columns(days[1].take(slice(0, 70))))
    ob.IndicatorManager(late).register_symbol_indicators(
        "SPY", [ob.IndicatorConfig("ema", period=50, interval="1m")], {"1m": columns(days[0])}
    )
    assert late.is_indicator_ready("SPY", "ema_50_1m")
    late.apply(columns(days[1].take(slice(70, None))))
    assert late.get_indicator_value("SPY", "ema_50_1m") == early.get_indicator_value("SPY", "ema_50_1m")


@pytest.mark.parametrize("how", ["plain", "backwards", "twice", "corrected", "with today", "a frame", "with a night"])
def test_history_is_put_in_order(days: list[Columns], how: str, caplog: pytest.LogCaptureFixture) -> None:
    sent = {name: values for name, values in columns(days[0]).items() if name != "symbol"}
    today = columns(days[1].take(slice(0, 70)))
    ways: dict[str, Any] = {
        "plain": sent,
        "backwards": {name: values[::-1] for name, values in sent.items()},
        "twice": {name: np.tile(values, 2) for name, values in sent.items()},
        "corrected": {name: np.append(values[:1], values) for name, values in sent.items()},
        "with today": {name: np.append(values, today[name][:50]) for name, values in sent.items()},
        "a frame": pl.DataFrame(sent).with_columns(pl.from_epoch("ts", "ns")),
        "with a night": {name: np.append(values, values[-1:]) for name, values in sent.items()},
    }
    given = ways[how]
    if how == "corrected":
        given["close"][0] = given["low"][0]
    if how == "with a night":
        given["ts"][-1] += 3_600_000_000_000
    want = [ob.IndicatorConfig(name, interval="1m") for name in ("obv", "ema", "vwma", "kama")]
    whole, late = ob.SessionData(), ob.SessionData()
    for session in (whole, late):
        session.register_symbol("SPY")
    ob.IndicatorManager(whole).register_symbol_indicators("SPY", want)
    whole.apply(columns(days[0]))
    whole.apply(today)
    late.apply(today)
    ob.IndicatorManager(late).register_symbol_indicators("spy", want, {"1m": given})
    for config in want:
        key = config.make_key()
        assert late.get_indicator_value("SPY", key) == whole.get_indicator_value("SPY", key) is not None, key
    left_out = "SPY 1m: 1 of 391 bars of history open in no session and are left out"
    assert (left_out in caplog.text) == (how == "with a night")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"close": np.nan},
            "SPY 1m: 1 of 390 bars of history are none: row 7, 2024-11-25T14:37:00.*: close is not finite",
        ),
        ({"high": 1.0}, "row 7.*: high below low"),
        ({"volume": -1.0}, "row 7.*: negative volume"),
    ],
)
def test_history_that_is_no_bars_is_named(days: list[Columns], changes: dict[str, float], message: str) -> None:
    session = ob.SessionData()
    session.register_symbol("SPY")
    manager = ob.IndicatorManager(session)
    given = {name: np.array(values) for name, values in columns(days[0]).items()}
    for name, value in changes.items():
        given[name][7] = value
    with pytest.raises(ColumnsError, match=message):
        manager.register_symbol_indicators("SPY", [sma(5)], {"1m": given})
    assert manager.get_indicator_count("SPY") == 0
    given["ts"] = given["ts"] + 86_400_000_000_000 * 5
    given = {**columns(days[0]), "ts": given["ts"]}
    with pytest.raises(ColumnsError, match="none of 390 bars opens in a session of XNYS"):
        manager.register_symbol_indicators("SPY", [sma(5)], {"1m": given})
    with pytest.raises(ColumnsError, match="no column low, but"):
        manager.register_symbol_indicators("SPY", [sma(5)], {"1m": {n: v for n, v in given.items() if n != "low"}})


def test_a_correction_reaches_an_indicator_that_was_added_late(days: list[Columns]) -> None:
    corrected = days[1].close.copy()
    corrected[100] += 1.0
    high = np.maximum(days[1].high, corrected)
    fixed = {**columns(days[1]), "close": corrected, "high": high}
    want = ob.SessionData()
    want.register_symbol("SPY")
    want.apply(fixed)
    got = ob.SessionData()
    got.register_symbol("SPY")
    got.apply(columns(days[1]))
    for session in (want, got):
        ob.IndicatorManager(session).register_symbol_indicators(
            "SPY", [ob.IndicatorConfig("ema", period=9, interval="1m")]
        )
    got.apply({name: value[100:101] for name, value in fixed.items()})
    assert got.get_indicator_value("SPY", "ema_9_1m") == want.get_indicator_value("SPY", "ema_9_1m")
    assert got.digest("SPY") == want.digest("SPY")


def test_update_is_safe_to_repeat(days: list[Columns]) -> None:
    session = ob.SessionData()
    session.register_symbol("SPY")
    manager = ob.IndicatorManager(session)
    manager.register_symbol_indicators("SPY", [sma(5)])
    assert manager.update_indicators("SPY", "1m", columns(days[1].take(slice(0, 50)))) == 50
    assert manager.update_indicators("SPY", "1m", columns(days[1].take(slice(0, 60)))) == 10
    assert manager.update_indicators("SPY", "1m", session.get_bars("SPY", "1m")) == 0
    assert manager.update_indicators("SPY", "1m") == 0
    with pytest.raises(IntervalError, match="give bars of 1m"):
        manager.update_indicators("SPY", "5m", columns(days[1]))


def test_looking_up_and_taking_away() -> None:
    session = ob.SessionData()
    session.register_symbol("SPY")
    manager = ob.IndicatorManager(session)
    manager.register_symbol_indicators("SPY", [sma(5), ob.IndicatorConfig("macd", interval="1m", params={"signal": 5})])
    keys = [config.make_key() for config in manager.get_indicator_configs("SPY", "1m")]
    assert keys == ["sma_5_1m", "macd_12_26_5_1m"]
    assert manager.get_indicator_configs("SPY", "5m") == []
    manager.remove_symbol("SPY")
    assert manager.get_indicator_count("SPY") == 0
    assert session.indicator_manager is manager


def test_refusals() -> None:
    session = ob.SessionData()
    session.register_symbol("SPY")
    manager = ob.IndicatorManager(session)
    with pytest.raises(SymbolError, match='did you mean "SPY"'):
        manager.register_symbol_indicators("SPX", [sma(5)])
    with pytest.raises(IntervalError, match="5m"):
        manager.register_symbol_indicators("SPY", [ob.IndicatorConfig("sma", interval="5m")])
