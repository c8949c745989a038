"""Points in time as people give them: what they mean, and which mean nothing."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest

import openbell as ob

OPEN = 1_732_545_000_000_000_000
TIMES: list[tuple[Any, int]] = [
    (OPEN, OPEN),
    (np.int64(OPEN), OPEN),
    (np.uint64(OPEN), OPEN),
    (dt.datetime(2024, 11, 25, 14, 30, tzinfo=dt.UTC), OPEN),
    (dt.datetime(2024, 11, 25, 9, 30, tzinfo=dt.timezone(dt.timedelta(hours=-5))), OPEN),
    (dt.datetime(1969, 12, 31, 23, 59, 59, 250_000, tzinfo=dt.UTC), -750_000_000),
    (np.datetime64("2024-11-25T14:30"), OPEN),
    (np.datetime64(OPEN + 1, "ns"), OPEN + 1),
    (np.array([OPEN, 0]).astype("datetime64[ns]")[0], OPEN),
    (pd.Timestamp(OPEN + 7, tz="America/New_York"), OPEN + 7),
]
REFUSED: list[tuple[Any, type[Exception], str]] = [
    (dt.datetime(2024, 11, 25), ValueError, "2024-11-25 00:00:00 has no time zone"),  # noqa: DTZ001
    (dt.datetime(9999, 1, 1, tzinfo=dt.UTC), ValueError, "no time that nanoseconds since 1970 can say"),
    (np.datetime64("9999-01-01"), ValueError, "no time that nanoseconds since 1970 can say"),
    (np.datetime64("NaT"), ValueError, "no time that nanoseconds since 1970 can say"),
    (10**30, ValueError, "no time that nanoseconds since 1970 can say"),
    (dt.date(2024, 11, 25), TypeError, "is no time: give nanoseconds since 1970 UTC"),
    ("2024-11-25T14:30:00Z", TypeError, "is no time: give nanoseconds since 1970 UTC"),
    (1.5, TypeError, "is no time: give nanoseconds since 1970 UTC"),
    (np.array(["2024-11-25"], dtype="datetime64[D]"), TypeError, "is no time: give nanoseconds since 1970 UTC"),
]


@pytest.mark.parametrize(("given", "ns"), TIMES, ids=repr)
def test_a_bar_the_clock_and_a_range_take_the_same(given: Any, ns: int) -> None:
    assert ob.Bar(given, 1.0, 1.0, 1.0, 1.0, 1.0).ts == ns
    session = ob.SessionData()
    session.advance(given)
    assert session.now_ns == ns
    session.register_symbol("A", "1m")
    session.apply_bar("A", "1m", ob.Bar(OPEN, 1.0, 1.0, 1.0, 1.0, 1.0))
    assert len(session.get_bars("A", "1m", start=given)) == (ns <= OPEN)
    assert len(session.get_bars("A", "1m", end=given)) == (ns > OPEN)


@pytest.mark.parametrize(("given", "error", "why"), REFUSED, ids=repr)
def test_what_is_no_time_is_said(given: Any, error: type[Exception], why: str) -> None:
    session = ob.SessionData()
    for take in (
        session.advance,
        lambda ts: ob.Bar(ts, 1.0, 1.0, 1.0, 1.0, 1.0),
        lambda ts: session.get_bars("A", "1m", start=ts),
    ):
        with pytest.raises(error, match=why):
            take(given)


def test_fewer_bars_than_none_are_refused() -> None:
    with pytest.raises(ValueError, match="n = -3: it must be 0 or more"):
        ob.SessionData().get_bars("A", "1m", -3)
