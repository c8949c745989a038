"""Threads change how long it takes, and nothing else."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

import openbell as ob

SYMBOLS, MINUTES = 3_000, 30
MINUTE = 60_000_000_000
DAY = dt.date(2024, 11, 27)


def config(threads: int) -> ob.SessionConfig:
    indicators = [{"name": "sma", "period": 5, "interval": "1m"}, {"name": "rsi", "period": 4, "interval": "5m"}]
    return ob.SessionConfig(
        backtest={"start": DAY.isoformat(), "end": DAY.isoformat()},
        source={"kind": "simulator", "symbols": 1},
        threads=threads,
        session_data_config={"symbols": ["S0000"], "streams": ["1m", "5m"], "indicators": {"session": indicators}},
    )


def played(threads: int) -> tuple[list[Any], list[tuple[Any, ...]], dict[str, int]]:
    """Give what a session of many symbols has and has told, after minutes whose rows are in no order."""
    session = ob.SessionData(config(threads))
    names = [f"S{i:04}" for i in range(SYMBOLS)]
    for name in names:
        session.register_symbol(name, "1m")
    session.activate_session()
    told: list[tuple[Any, ...]] = []
    session.subscribe("bar_closed", lambda event: told.append((event.symbol, str(event.bar.interval), event.bar.close)))
    open_ns = session.time_manager.get_trading_session(DAY).open_ns
    assert open_ns is not None
    ids, chance = np.asarray(session.symbol_ids(names)), np.random.default_rng(1)
    for minute in range(MINUTES):
        rows = chance.permutation(SYMBOLS)[: SYMBOLS * 2 // 3]
        close = np.round(100 + chance.normal(size=len(rows)), 2)
        columns = dict.fromkeys(("open", "high", "low", "close"), close)
        volume = np.full(len(rows), 10.0)
        ts = np.full(len(rows), open_ns + minute * MINUTE)
        report = session.apply({"symbol": ids[rows], "ts": ts, **columns, "volume": volume})
        assert report.appended == len(rows)
    frame = session.snapshot(["close", "sma_5_1m", "rsi_4_5m", "day_volume"])
    values = [np.asarray(frame[column]) for column in ("close", "sma_5_1m", "rsi_4_5m", "day_volume")]
    return values, told, session.counts()


def test_a_session_is_the_same_for_any_number_of_threads() -> None:
    values, told, counts = played(1)
    assert len(told) > SYMBOLS * MINUTES // 2
    assert np.isfinite(values[2]).mean() > 0.9
    for threads in (2, 5):
        other, others_told, others_counts = played(threads)
        assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(values, other, strict=True))
        assert (others_told, others_counts) == (told, counts)


def test_there_is_at_least_one() -> None:
    for threads in (0, -1):
        with pytest.raises(ValueError, match=rf"threads = {threads}: it takes at least one"):
            ob.SessionData().set_threads(threads)
    with pytest.raises(ob.errors.ConfigError, match="threads"):
        config(0)


def test_a_backtest_is_the_same_for_any_number_of_threads() -> None:
    indicators = [{"name": "ema", "period": 9, "interval": "1m"}, {"name": "bbands", "interval": "1m"}]

    def values(threads: int) -> list[list[float]]:
        run = ob.SessionCoordinator(
            ob.SessionConfig(
                backtest={"start": DAY.isoformat(), "end": DAY.isoformat()},
                source={"kind": "simulator", "symbols": 40},
                threads=threads,
                session_data_config={"symbols": "*", "streams": ["1m", "5m"], "indicators": {"session": indicators}},
            )
        )
        assert run.run().summary.bars > 10_000
        columns = ["close", "close_5m", "ema_9_1m", "bbands_20_2_1m_upper", "day_volume"]
        frame = run.session_data.snapshot(columns)
        return [np.asarray(frame[column]).tolist() for column in columns]

    alone = values(1)
    assert np.isfinite(alone).all()
    assert alone == values(2) == values(3)
