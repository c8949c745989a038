"""Bars of many symbols in one call end as they do one by one: values, and what is told of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import openbell as ob

OPEN = 1732545000000000000
MINUTE = 60_000_000_000
SYMBOLS, MINUTES = 45, 150
SETS: tuple[list[dict[str, Any]], ...] = (
    [{"name": "sma", "period": 5}, {"name": "rsi", "period": 7}, {"name": "bbands"}, {"name": "macd"}],
    [{"name": "atr", "period": 4}, {"name": "ema", "period": 3, "source": "atr_4_1m"}, {"name": "donchian"}],
    [{"name": "vwap"}, {"name": "obv"}],
    [],
)


def market() -> ob.SessionData:
    """Symbols with several sets of indicators, on 1m and 5m."""
    session = ob.SessionData()
    manager = ob.IndicatorManager(session)
    for number in range(SYMBOLS):
        name = f"S{number:02}"
        session.register_symbol(name, "1m")
        session.add_interval(name, ob.Interval("5m"), 0)
        for interval in ("1m", "5m"):
            wanted = [
                {**config, "source": str(config["source"]).replace("1m", interval)} if "source" in config else config
                for config in SETS[number % len(SETS)]
            ]
            manager.register_symbol_indicators(name, [ob.IndicatorConfig(**one, interval=interval) for one in wanted])
    session.subscribe_events(["bar_closed", "bar_revised", "indicator_valid"], [])
    return session


def rows() -> dict[str, Any]:
    """Minutes of which some are missing, and some come again with another close."""
    chance = np.random.default_rng(7)
    symbol, minute = (part.ravel() for part in np.meshgrid(np.arange(SYMBOLS), np.arange(MINUTES)))
    there = chance.random(len(symbol)) < 0.8
    symbol, minute = symbol[there], minute[there]
    again = np.flatnonzero(chance.random(len(symbol)) < 0.03)
    # What is corrected comes a while after it came.
    when = np.concatenate([np.arange(len(symbol)), again + chance.integers(1, 300, len(again))])
    order = np.argsort(when, kind="stable")
    symbol, minute = (np.concatenate([part, part[again]])[order] for part in (symbol, minute))
    wave = 100 + symbol + 5 * np.sin(minute / 9 + symbol)
    close = np.round(wave + chance.normal(scale=0.2, size=len(symbol)), 2)
    volume = np.floor(chance.random(len(symbol)) * 1000)
    bars = {"open": close, "high": close + 0.5, "low": close - 0.5, "close": close, "volume": volume}
    return {"symbol": symbol, "ts": OPEN + minute * MINUTE, **bars}


def played(sizes: list[int]) -> tuple[dict[str, int], list[Any]]:
    """Give what each symbol is at the end, and all events; the rows come in lots of these sizes, over and over."""
    session, columns, told = market(), rows(), []
    names = [f"S{number:02}" for number in range(SYMBOLS)]
    ids = session.symbol_ids(names)[columns["symbol"]]
    start, turn = 0, 0
    while start < len(ids):
        lot = slice(start, start + sizes[turn % len(sizes)])
        start, turn = lot.stop, turn + 1
        session.apply({**{key: values[lot] for key, values in columns.items()}, "symbol": ids[lot]})
        told += [(e.symbol, e.kind, e.key, e.bar.ts, e.bar.close) for e in session.take_events()]
    return {name: session.digest(name) for name in names}, told


@pytest.fixture(scope="module")
def one_by_one() -> tuple[dict[str, int], list[Any]]:
    return played([1])


@pytest.mark.parametrize("sizes", [[SYMBOLS], [2, 31, 64, 7], [100_000]], ids=["minutes", "uneven", "all"])
def test_many_bars_end_as_one_by_one(one_by_one: tuple[dict[str, int], list[Any]], sizes: list[int]) -> None:
    values, told = played(sizes)
    expected, expected_told = one_by_one
    assert values == expected
    assert sorted(map(repr, told)) == sorted(map(repr, expected_told))
    assert sum(kind == "indicator_valid" for _, kind, *_ in told) > 4 * SYMBOLS
    assert sum(kind == "bar_revised" for _, kind, *_ in told) > SYMBOLS
