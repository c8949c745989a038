"""Indicators of other fields and of other indicators: keys, values, sharing, and what is refused."""

from __future__ import annotations

import json
import pickle
from typing import Any

import numpy as np
import pytest

import openbell as ob
from openbell import indicators as ta
from openbell.errors import IndicatorError
from openbell.indicators import list_indicators
from openbell.indicators.functions import inputs_of

OPEN = 1_732_545_000_000_000_000
ROWS = 300


def session_of(*indicators: ob.IndicatorConfig) -> ob.SessionData:
    session = ob.SessionData()
    session.register_symbol("A", "1m")
    ob.IndicatorManager(session).register_symbol_indicators("A", indicators)
    chance = np.random.default_rng(5)
    close = np.round(100 + np.cumsum(chance.normal(scale=0.3, size=ROWS)), 2)
    session.apply(
        {
            "symbol": ["A"] * ROWS,
            "ts": OPEN + np.arange(ROWS) * 60_000_000_000,
            "open": close,
            "high": close + np.round(chance.random(ROWS), 2),
            "low": close - np.round(chance.random(ROWS), 2),
            "close": close,
            "volume": np.floor(chance.random(ROWS) * 1e4),
        }
    )
    return session


def of(name: str, source: Any, **params: float) -> ob.IndicatorConfig:
    return ob.IndicatorConfig(name, interval="1m", params=params, source=source)


@pytest.mark.parametrize(
    ("name", "source", "key", "source_text"),
    [
        ("ema", "hl2", "ema_20_of_hl2_1m", "hl2"),
        ("ema", "close", "ema_20_1m", None),
        ("volume_sma", "close", "volume_sma_20_of_close_1m", "close"),
        ("ema", "rsi_14_1m", "ema_20_of_rsi_14_1m", "rsi_14"),
        ("ema", "rsi_14", "ema_20_of_rsi_14_1m", "rsi_14"),
        ("ema", "macd_12_26_9_1m_signal", "ema_20_of_macd_12_26_9_signal_1m", "macd_12_26_9_signal"),
        ("ema", "macd_12_26_9_1m_macd", "ema_20_of_macd_12_26_9_1m", "macd_12_26_9"),
        ("max", "bbands_5_2_of_rsi_9_1m_upper", "max_30_of_bbands_5_2_upper_of_rsi_9_1m", "bbands_5_2_upper_of_rsi_9"),
        ("ema", of("rsi", None, period=7), "ema_20_of_rsi_7_1m", "rsi_7"),
    ],
)  # fmt: skip
def test_one_key_each(name: str, source: Any, key: str, source_text: str | None) -> None:
    config = of(name, source)
    assert (config.make_key(), config.source) == (key, source_text)
    assert pickle.loads(pickle.dumps(config)) == config  # noqa: S301  # our own
    assert ob.IndicatorConfig(**json.loads(json.dumps(config.to_dict()))) == config


@pytest.mark.parametrize(
    ("name", "source", "message"),
    [
        ("ema", "rsi_14_5m", "is over other bars than its own, of 1m"),
        ("atr", "hl2", 'atr takes no source, such as "hl2": it reads several values of a bar'),
        ("vwma", "rsi_14_1m", "looks back on the volume of bars"),
        ("ema", "hl3", 'unknown source "hl3"; did you mean "hl2"?'),
        ("ema", "rsii_14_1m", 'did you mean "rsi"?'),
        ("ema", "rsi_0_1m", "period = 0 is out of range"),
        ("ema", "macd_12_26_9_1m_upper", 'has no output "upper"; it has macd, signal, histogram'),
    ],
)
def test_what_cannot_be_a_source_is_said(name: str, source: str, message: str) -> None:
    with pytest.raises(IndicatorError) as caught:
        of(name, source)
    assert message in str(caught.value)


def test_the_values_are_those_of_the_functions_in_turn() -> None:
    configs = [
        of("ema", "rsi_14_1m", period=9),
        of("sma", "ema_9_of_rsi_14_1m", period=3),
        of("sma", "hlc3", period=5),
        of("max", "macd_12_26_9_1m_signal", period=5),
        of("obv", "hl2"),
    ]
    session = session_of(*configs)
    bars = session.get_bars("A", "1m")
    rsi = ta.rsi(bars.close, 14)
    wanted = [
        ta.ema(rsi, 9),
        ta.sma(ta.ema(rsi, 9), 3),
        ta.sma((bars.high + bars.low + bars.close) / 3, 5),
        ta.max(ta.macd(bars.close).signal, 5),
        ta.obv((bars.high + bars.low) / 2, bars.volume),
    ]
    for config, values in zip(configs, wanted, strict=True):
        key = config.make_key()
        assert session.get_indicator_value("A", key) == values[-1], key
        assert config.first == int(np.argmin(np.isnan(values))) + 1, key
    assert [i.key for i in session.get_all_indicators("A").values()] == [c.make_key() for c in configs]
    assert ob.IndicatorManager(session).get_indicator_configs("A", "1m") == configs
    column = session.snapshot(["sma_3_of_ema_9_of_rsi_14_1m", "close"])["sma_3_of_ema_9_of_rsi_14_1m"]
    assert column.tolist() == [wanted[1][-1]]


def test_a_source_is_there_for_as_long_as_it_is_read() -> None:
    session = session_of(of("rsi", None), of("ema", "rsi_14_1m", period=9))
    value = session.get_indicator_value("A", "ema_9_of_rsi_14_1m")
    session.reduce("A", ["rsi_14_1m"], [])
    assert session.get_indicator("A", "rsi_14_1m") is None
    bar = {"open": [100.0], "high": [101.0], "low": [99.0], "close": [100.5], "volume": [10.0]}
    session.apply({"symbol": ["A"], "ts": [OPEN + ROWS * 60_000_000_000], **bar})
    after = session.get_indicator_value("A", "ema_9_of_rsi_14_1m")
    assert after is not None
    assert after != value
    again = session_of(of("ema", "rsi_14_1m", period=9))
    again.apply({"symbol": ["A"], "ts": [OPEN + ROWS * 60_000_000_000], **bar})
    assert again.get_indicator_value("A", "ema_9_of_rsi_14_1m") == after
    assert again.get_indicator_value("A", "rsi_14_1m") is None
    assert again.get_indicator_value("A", "ema_9_of_rsi_14_1m", forming=True) == after


def test_what_reads_one_column_takes_a_source() -> None:
    """Days are kept by their bars, and the range of the day is of bars too."""
    not_those = {"prev_high", "prev_low", "prev_close", "day_change_pct", "bars_since_high", "rvol"}
    for info in list_indicators():
        columns = inputs_of(info.name)
        if len(columns) == 1 and info.name not in not_those:
            assert info.takes_source, info.name
        if len(columns) > 2 or info.name in not_those:
            assert not info.takes_source, info.name
