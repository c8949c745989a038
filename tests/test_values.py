"""Intervals, symbols, bars and events as values."""

from __future__ import annotations

import datetime as dt
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import openbell as ob
from openbell._core import check_bars, parse_symbol
from openbell.errors import IntervalError, OpenbellError, SymbolError

OPEN = int(dt.datetime(2024, 11, 25, 14, 30, tzinfo=dt.UTC).timestamp()) * 1_000_000_000
MINUTE = 60_000_000_000


@pytest.mark.parametrize(
    ("text", "shortest", "seconds"),
    [
        ("1s", "1s", 1),
        ("60s", "1m", 60),
        ("5m", "5m", 300),
        ("60m", "1h", 3600),
        ("4h", "4h", 14400),
        ("1d", "1d", 86400),
        ("1w", "1w", 604800),
    ],
)
def test_intervals_have_one_spelling(text: str, shortest: str, seconds: int) -> None:
    interval = ob.Interval(text)
    assert (str(interval), interval.seconds, interval.nanos) == (shortest, seconds, seconds * 10**9)
    assert interval == ob.Interval(shortest) == ob.Interval(interval)
    assert hash(interval) == hash(ob.Interval(shortest))
    assert pickle.loads(pickle.dumps(interval)) == interval  # noqa: S301  # our own bytes
    assert interval.is_intraday == (seconds < 86400)


@pytest.mark.parametrize("text", ["", "m", "5", "5x", "0m", "-5m", "1.5m", "5 m", "5M", "m5", "99999999999999999999m"])
def test_what_is_no_interval(text: str) -> None:
    with pytest.raises(IntervalError) as caught:
        ob.Interval(text)
    assert isinstance(caught.value, ValueError)
    assert repr(text)[1:-1] in str(caught.value)


def test_what_can_be_derived_from_what() -> None:
    for longer, base, can in (
        ("5m", "1m", True),
        ("1h", "5m", True),
        ("7m", "5m", False),
        ("1d", "7m", True),
        ("1w", "1d", True),
        ("1m", "5m", False),
    ):
        assert ob.Interval(longer).is_derivable_from(base) is can, (longer, base)


@pytest.mark.parametrize(
    ("text", "symbol"),
    [("aapl", "AAPL"), ("BRK.B", "BRK.B"), ("^gspc", "^GSPC"), ("es=f", "ES=F"), ("BTC/USD", "BTC/USD")],
)
def test_symbols_are_upper_case(text: str, symbol: str) -> None:
    assert parse_symbol(text) == symbol


@pytest.mark.parametrize("text", ["", " ", "A B", "A,B", "ÄÖ", "A" * 33, "A\n"])
def test_what_is_no_symbol(text: str) -> None:
    with pytest.raises(SymbolError, match="is not a symbol: 1 to 32 characters") as caught:
        parse_symbol(text)
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, OpenbellError)


def test_bars_are_values() -> None:
    bar = ob.Bar(OPEN, 1.0, 2.0, 0.5, 1.5, 100.0, vwap=1.25)
    assert bar == ob.Bar(OPEN, 1.0, 2.0, 0.5, 1.5, 100.0, 1.25)
    assert bar != ob.Bar(OPEN, 1.0, 2.0, 0.5, 1.5, 100.0)
    assert hash(bar) == hash(ob.Bar(OPEN, 1.0, 2.0, 0.5, 1.5, 100.0, 1.25))
    assert (bar.vwap, bar.trade_count, bar.symbol, bar.interval) == (1.25, None, None, None)


@given(st.lists(st.tuples(*[st.floats(allow_nan=True, allow_infinity=True, width=32)] * 5), min_size=1, max_size=20))
def test_every_bar_is_good_or_has_a_reason(rows: list[tuple[float, ...]]) -> None:
    columns = [np.array(column, dtype=float) for column in zip(*rows, strict=True)]
    bad, reasons = check_bars(np.zeros(len(rows), dtype=np.int64), *columns)
    assert len(bad) == len(reasons)
    assert all(reasons)
    for i, (o, h, low, c, v) in enumerate(rows):
        good = all(np.isfinite(x) for x in (o, h, low, c, v)) and v >= 0 and low <= o <= h and low <= c <= h
        assert good == (i not in bad.tolist())


def test_events_are_a_sequence_and_columns() -> None:
    session = ob.SessionData()
    session.register_symbol("B")
    session.register_symbol("A")
    ob.IndicatorManager(session).register_symbol_indicators("A", [ob.IndicatorConfig("sma", period=2, interval="1m")])
    session.subscribe_events(["bar_closed", "bar_revised", "indicator_valid"], [])
    ones = {name: np.ones(3) for name in ("open", "high", "low", "close", "volume")}
    session.apply({"symbol": ["B", "A", "A"], "ts": [OPEN, OPEN, OPEN + MINUTE], **ones})
    events = session.take_events()
    assert [(e.kind, e.symbol, e.key) for e in events] == [
        ("bar_closed", "A", None),
        ("bar_closed", "A", None),
        ("indicator_valid", "A", "sma_2_1m"),
        ("bar_closed", "B", None),
    ]
    assert [events.kinds[k] for k in events.kind] == [e.kind for e in events]
    assert events.symbol.tolist() == session.symbol_ids([e.symbol for e in events]).tolist()
    assert events.ts.tolist() == [OPEN, OPEN + MINUTE, OPEN + MINUTE, OPEN]
    assert (events.interval_ns == MINUTE).all()
    assert events.close.tolist() == [1.0] * 4
    assert events[-1].symbol == "B"
    with pytest.raises(IndexError, match="event 4 of 4"):
        events[4]
    assert len(session.take_events()) == 0
