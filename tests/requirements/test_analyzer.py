from __future__ import annotations

import pytest

from openbell._core import Interval
from openbell.errors import IntervalError
from openbell.indicators import IndicatorConfig
from openbell.requirements import analyze_indicator_requirements as one
from openbell.requirements import analyze_session_requirements as session


def config(name: str, interval: str, **params: float) -> IndicatorConfig:
    return IndicatorConfig(name, interval=interval, params=params)


@pytest.mark.parametrize(
    ("indicator", "bars", "days"),
    [
        (config("sma", "1d", period=20), 40, 40),
        (config("sma", "5m", period=20), 40, 1),
        (config("sma", "5m", period=40), 80, 2),  # 78 bars of 5m in a session
        (config("sma", "1h", period=7), 14, 2),  # seven bars, the last one half
        (config("macd", "5m"), 68, 1),
        (config("sma", "1w", period=4), 8, 40),
        (config("sma", "2d", period=3), 6, 12),
        (config("vwap", "1m"), 0, 0),
        (config("obv", "1d"), 0, 0),
        (config("prev_close", "1m"), 390, 1),
        (config("rvol", "5m"), 780, 10),
        (config("prev_high", "1d"), 1, 1),
    ],
)
def test_history_of_an_indicator(indicator: IndicatorConfig, bars: int, days: int) -> None:
    found = one(indicator)
    assert (found.historical_bars, found.historical_days) == (bars, days)


def test_the_real_lengths_of_sessions_count() -> None:
    sma = config("sma", "1h", period=5)
    assert one(sma, session_seconds=[23_400]).historical_days == 2
    # After an early close of three and a half hours: four bars, then seven.
    assert one(sma, session_seconds=[12_600, 23_400]).historical_days == 2
    assert one(config("sma", "1h", period=6), session_seconds=[12_600, 23_400]).historical_days == 3
    assert one(config("sma", "1w", period=2), session_seconds=[86_400]).historical_days == 28


def test_multiplier_and_convergence() -> None:
    ema = config("ema", "5m", period=20)
    assert one(ema, 1.0).historical_bars == 20
    assert one(ema, 2.5).historical_bars == 50
    assert one(ema, warmup="converged").historical_bars == 219
    with pytest.raises(ValueError, match="at least 1"):
        one(ema, 0.5)


@pytest.mark.parametrize(
    ("streams", "base"),
    [
        (["1m"], "1m"),
        (["5m", "15m", "1d"], "5m"),
        (["4m", "6m"], "2m"),
        (["90s", "1m"], "30s"),
        (["1d", "1w"], "1d"),
        (["1w"], "1w"),
        (["2d", "3d"], "1d"),
    ],
)
def test_the_longest_common_base(streams: list[str], base: str) -> None:
    assert session(streams).required_base_interval == Interval(base)


def test_a_session_with_its_indicators() -> None:
    needs = [
        one(config("sma", "5m", period=20)),
        one(config("sma", "5m", period=50)),
        one(config("sma", "1d", period=3)),
    ]
    found = session(["1m", "15m"], needs, source_interval="1m")
    assert [str(i) for i in found.required_intervals] == ["1m", "5m", "15m", "1d"]
    assert [str(i) for i in found.derivable_intervals] == ["5m", "15m", "1d"]
    assert {str(i): days for i, days in found.historical_days.items()} == {"5m": 2, "1d": 6}
    assert found.most_days == 6


def test_what_cannot_be_derived() -> None:
    with pytest.raises(IntervalError, match=r"1m, 7m cannot be derived from the source's bars of 5m: they need 1m"):
        session(["1m", "7m", "15m"], source_interval="5m")
    with pytest.raises(IntervalError, match="at least one"):
        session([])
