from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from openbell._core import check_bars
from openbell.clock import TimeManager
from openbell.errors import IntervalError
from openbell.sources import Columns, DataManager, SimulatorSource

DAY = dt.date(2024, 11, 29)  # closes at 13:00


@pytest.fixture(scope="module")
def manager() -> DataManager:
    time_manager = TimeManager("XNYS")
    return DataManager(SimulatorSource(60, seed=3, time_manager=time_manager), time_manager)


def same(a: Columns, b: Columns) -> bool:
    return all(
        np.array_equal(getattr(a, name), getattr(b, name)) for name in ("ts", "open", "high", "low", "close", "volume")
    )


def test_any_part_of_it_is_the_same(manager: DataManager) -> None:
    whole = manager.load_session(None, DAY).select(["SIM007"])
    part = manager.source.history(["SIM007"], int(whole.ts[10]), int(whole.ts[50]))
    assert same(part, whole.take(slice(10, 50)))
    other = SimulatorSource(["SIM007"], seed=3, time_manager=manager.time_manager)
    assert same(DataManager(other, manager.time_manager).load_session(None, DAY), whole)


def test_another_seed_is_another_market(manager: DataManager) -> None:
    other = SimulatorSource(60, seed=4, time_manager=manager.time_manager)
    rows = DataManager(other, manager.time_manager).load_session(["SIM007"], DAY)
    assert not np.array_equal(rows.close[:50], manager.load_session(["SIM007"], DAY).close[:50])


def test_it_looks_like_a_market(manager: DataManager) -> None:
    rows = manager.load_session(None, dt.date(2024, 11, 26))
    assert (
        len(
            check_bars(rows.ts, rows.open, rows.high, rows.low, rows.close, rows.volume, rows.vwap, rows.trade_count)[0]
        )
        == 0
    )
    cents = rows.close * 100
    assert np.allclose(cents, np.rint(cents), rtol=0, atol=1e-6)
    minute = (rows.ts - rows.ts.min()) // 60_000_000_000
    noon, ends = rows.volume[(minute > 180) & (minute < 210)].mean(), rows.volume[(minute < 15) | (minute > 375)].mean()
    assert ends > 2 * noon
    counts = np.bincount(rows.symbol)
    assert counts.max() == 390
    assert 0.5 < (counts == 390).mean() < 0.9
    assert counts.min() > 150
    closes = np.array([rows.close[rows.symbol == i][-1] for i in range(60)])
    opens = np.array([rows.open[rows.symbol == i][0] for i in range(60)])
    moves = np.abs(closes / opens - 1)
    assert 0.001 < np.median(moves) < 0.05
    next_opens = manager.load_session(None, dt.date(2024, 11, 27))
    gaps = np.array([next_opens.open[next_opens.symbol == i][0] for i in range(60)]) / closes - 1
    assert np.abs(gaps).max() > 0.005


def test_an_early_close_is_kept(manager: DataManager) -> None:
    rows = manager.load_session(None, DAY)
    assert rows.ts.max() - rows.ts.min() == 209 * 60_000_000_000


def test_the_manager_bounds_by_session_or_by_time(manager: DataManager) -> None:
    zone = manager.time_manager.zone
    days = manager.get_bars("SIM007", dt.date(2024, 11, 27), DAY)
    assert len(np.unique(days.ts // 86_400_000_000_000)) == 2
    hour = manager.get_bars(
        "SIM007", dt.datetime(2024, 11, 29, 10, tzinfo=zone), dt.datetime(2024, 11, 29, 11, tzinfo=zone), "1m"
    )
    assert hour.ts.max() - hour.ts.min() < 60 * 60_000_000_000
    assert len(manager.get_bars("SIM007", DAY, DAY, "60s")) == len(manager.get_bars("SIM007", DAY, DAY)) > 0
    with pytest.raises(IntervalError, match="bars of 1m, not of 5m"):
        manager.get_bars("SIM007", DAY, DAY, "5m")
    with pytest.raises(ValueError, match="has no time zone"):
        manager.get_bars("SIM007", dt.datetime(2024, 11, 29), DAY)  # noqa: DTZ001  # the point
