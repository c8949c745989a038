"""Backtests in processes of their own: configs go there, results come back."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import openbell as ob
from openbell._core import restore_bar, restore_bars

if TYPE_CHECKING:
    from openbell.report import RunSummary


def config(period: int) -> ob.SessionConfig:
    return ob.SessionConfig(
        backtest={"start": "2024-11-26", "end": "2024-11-26"},
        source={"kind": "simulator", "symbols": 2, "seed": 3},
        exchanges={},
        session_data_config={
            "symbols": "*",
            "streams": ["1m", "5m"],
            "historical": {"trailing_days": 2},
            "indicators": {"session": [{"name": "sma", "period": period, "interval": "5m"}]},
            "scanners": [{"module": "gap", "pre_session": True, "config": {"min_pct": 0.5}}],
        },
    )


def run(given: ob.SessionConfig) -> tuple[ob.Bars, ob.Bars, ob.Bar | None, ob.Frame, RunSummary]:
    result = ob.SessionCoordinator(given).run()
    session, key = result.session_data, given.session_data_config.indicators.session[0].make_key()
    past = session.get_historical_bars("SIM001", "1m")
    frame = session.snapshot(["close", key])
    return session.get_bars("SIM001", "5m"), past, session.get_latest_bar("SIM002", "1m"), frame, result.summary


def test_a_sweep_over_processes() -> None:
    configs = [config(period) for period in (3, 20)]
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        there = list(pool.map(run, configs))
    for given, (bars, past, latest, frame, summary) in zip(configs, there, strict=True):
        ours, our_past, our_latest, our_frame, our_summary = run(given)
        assert list(bars) == list(ours)
        assert str(bars) == str(ours)
        assert {date: list(day) for date, day in past.by_date().items()} == {
            date: list(day) for date, day in our_past.by_date().items()
        }
        assert latest == our_latest
        assert (latest and latest.symbol, latest and str(latest.interval)) == ("SIM002", "1m")
        assert (frame.columns, frame.symbols, frame.now_ns) == (our_frame.columns, our_frame.symbols, our_frame.now_ns)
        for column in frame.columns:
            np.testing.assert_array_equal(frame[column], our_frame[column])
        assert frame.to_polars().equals(our_frame.to_polars(), null_equal=True)
        assert (summary.bars, summary.symbols) == (our_summary.bars, our_summary.symbols)


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda given: pickle.loads(pickle.dumps(given))])  # noqa: S301
def test_a_config_is_copied_and_hashed(again: Any) -> None:
    given = config(5)
    other = again(given)
    assert other == given != config(6)
    assert hash(other) == hash(given)
    assert len({given, other, config(5)}) == 1
    assert (other.base_dir, other.to_dict()) == (given.base_dir, given.to_dict())
    scanner = other.session_data_config.scanners[0]
    assert (dict(scanner.config), repr(scanner.config)) == ({"min_pct": 0.5}, "{'min_pct': 0.5}")
    with pytest.raises(TypeError):
        scanner.config["min_pct"] = 1.0


def test_a_bar_that_was_never_in_a_session() -> None:
    bar = ob.Bar(60, 1.0, 2.0, 0.5, 1.5, 10.0, vwap=1.2)
    other = pickle.loads(pickle.dumps(bar))  # noqa: S301
    assert other == bar
    assert (other.symbol, other.interval, other.vwap, other.trade_count) == (None, None, bar.vwap, None)


def test_slices_are_bars() -> None:
    past = run(config(3))[1]
    assert [len(day) for day in past.by_date().values()] == [390, 390]
    for rows in (slice(-20, None), slice(380, 400), slice(None, None, 50), slice(400, 300, -7), slice(5, 5)):
        part = past[rows]
        assert isinstance(part, ob.Bars)
        assert list(part) == list(past)[rows]
        np.testing.assert_array_equal(part.close, past.close[rows])
        assert sum(map(len, part.by_date().values())) == len(part)
    assert [len(day) for day in past[380:400].by_date().values()] == [10, 10]


def test_what_pickle_has_not_kept_is_refused() -> None:
    _, (whose, saved) = ob.Bar(60, 1.0, 1.0, 1.0, 1.0, 1.0).__reduce__()
    for wrong in (b"", saved[:-1], b"\x09" + saved[1:], saved + saved[1:]):
        with pytest.raises(ValueError, match=r"no bars that this version has saved|not one bar"):
            restore_bar(whose, wrong)
    with pytest.raises(ValueError, match="fewer bars than their sessions have"):
        restore_bars(("A", "1m", [(20_000, 2)]), saved)
