"""Every indicator: corrected, repeated and late bars end in the same bits as bars that came right and in order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import openbell as ob
from openbell.indicators import list_indicators

OPEN = 1_732_545_000_000_000_000
MINUTE = 60_000_000_000
ROWS = 330
# Those that compare two symbols are in test_pairs.
NAMES = [info.name for info in list_indicators() if not info.is_pair and info.type != "custom"]
SOURCED = [
    ("ema", "hl2"),
    ("sma", "rsi_14"),
    ("bbands", "atr_14"),
    ("max", "macd_12_26_9_signal"),
    ("obv", "sma_20_of_rsi_14"),
]


def bars() -> dict[str, Any]:
    chance = np.random.default_rng(3)
    close = np.round(50 + np.cumsum(chance.normal(scale=0.2, size=ROWS)), 2)
    opens = np.round(close + chance.normal(scale=0.1, size=ROWS), 2)
    high = np.maximum(opens, close) + np.round(chance.random(ROWS) * 0.3, 2)
    low = np.minimum(opens, close) - np.round(chance.random(ROWS) * 0.3, 2)
    ts = OPEN + np.arange(ROWS) * MINUTE
    return {
        "ts": ts,
        "open": opens,
        "high": high,
        "low": low,
        "close": close,
        "volume": np.floor(chance.random(ROWS) * 1e4),
    }


def session() -> ob.SessionData:
    """One symbol with all of them, on base and derived bars."""
    config = ob.SessionConfig(
        backtest={"start": "2024-11-25", "end": "2024-11-25"},
        source={"kind": "simulator"},
        session_data_config={
            "symbols": ["A"],
            "streams": ["1m", "5m"],
            "indicators": {
                "session": [
                    *({"name": name, "interval": i} for name in NAMES for i in ("1m", "5m")),
                    *({"name": name, "interval": i, "source": s} for name, s in SOURCED for i in ("1m", "5m")),
                ]
            },
        },
    )
    data = ob.SessionData(config)
    data.register_symbol("A", "1m")
    return data


def apply(data: ob.SessionData, rows: dict[str, Any], places: Any, **changed: Any) -> None:
    taken = {name: values[places] for name, values in rows.items()} | changed
    data.apply({"symbol": ["A"] * len(taken["ts"]), **taken})


@pytest.fixture(scope="module")
def in_order() -> tuple[int, dict[str, Any]]:
    data, rows = session(), bars()
    apply(data, rows, slice(None))
    data.advance(OPEN + ROWS * MINUTE)
    return data.digest("A"), {key: value.values for key, value in data.get_all_indicators("A").items()}


@pytest.mark.parametrize("seed", range(8))
def test_any_order_and_any_correction_end_in_the_same_bits(in_order: tuple[int, dict[str, Any]], seed: int) -> None:
    chance, data, rows = np.random.default_rng(seed), session(), bars()
    wrong = np.sort(chance.choice(ROWS, 40, replace=False))
    late = np.sort(chance.choice(ROWS, 30, replace=False))
    first = np.setdiff1d(np.arange(ROWS), late)
    close = rows["low"].copy()
    for part in np.array_split(first, 12):
        apply(data, rows, part, close=np.where(np.isin(part, wrong), close[part], rows["close"][part]))
    for part in np.array_split(chance.permutation(np.concatenate([late, wrong, wrong[:7]])), 9):
        apply(data, rows, part)
    data.advance(OPEN + ROWS * MINUTE)
    assert {key: value.values for key, value in data.get_all_indicators("A").items()} == in_order[1]
    assert data.digest("A") == in_order[0]
    counts = data.counts("A")
    assert counts["corrected"] > 20
    assert counts["inserted"] > 20


def test_what_a_late_bar_makes_valid_is_told() -> None:
    """The range of the first minutes, of which none was there: it has a value since a bar that came long before."""
    indicators = [{"name": "opening_range", "interval": "1m", "params": {"minutes": 5}}]
    data = ob.SessionData(
        ob.SessionConfig(
            backtest={"start": "2024-11-25", "end": "2024-11-25"},
            source={"kind": "simulator"},
            session_data_config={"symbols": ["A"], "indicators": {"session": indicators}},
        )
    )
    data.register_symbol("A", "1m")
    rows = bars()
    told: list[Any] = []
    data.subscribe("indicator_valid", told.append)
    apply(data, rows, slice(20, 30))
    assert not data.is_indicator_ready("A", "opening_range_5_1m")
    assert told == []
    apply(data, rows, slice(2, 3))
    assert data.is_indicator_ready("A", "opening_range_5_1m")
    assert [event.key for event in told] == ["opening_range_5_1m"]
    apply(data, rows, slice(0, 2))
    apply(data, rows, slice(30, 31))
    assert len(told) == 1
