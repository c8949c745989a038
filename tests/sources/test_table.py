"""Tables of any make, with bad rows anywhere, against a reading row by row."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbell._core import parse_symbol
from openbell.errors import SourceError, SymbolError
from openbell.sources import FrameSource

MINUTE = 60_000_000_000
OPEN = dt.datetime(2024, 11, 25, 14, 30, tzinfo=dt.UTC)
TICKERS = st.sampled_from(["A", "a", "BRK.B", "ZZZ", "NULL"])
ODD_TICKERS = st.sampled_from([None, "", "?!", "A B"])
MINUTES = st.integers(0, 400).map(lambda minute: (OPEN + dt.timedelta(minutes=minute)).isoformat())
ODD_TIMES = st.sampled_from([None, "soon", "2024-11-25T14:30:30+00:00", ""])
PRICES = st.sampled_from([10.0, 10.5])
ODD_PRICES = st.sampled_from([None, math.nan, math.inf, 8.0])
ROW = st.tuples(TICKERS, MINUTES, PRICES)
ODD_ROW = st.tuples(TICKERS | ODD_TICKERS, MINUTES | ODD_TIMES, PRICES | ODD_PRICES)


def good(row: tuple[Any, Any, Any]) -> tuple[str, int, float] | None:
    """Read one row the long way."""
    symbol, text, price = row
    try:
        time = dt.datetime.fromisoformat(text)
        name = parse_symbol(symbol)
    except (TypeError, ValueError, SymbolError):
        return None
    if price is None or not math.isfinite(price) or price < 9 or time.second:
        return None
    return name, int(time.timestamp()) * 1_000_000_000, price


@settings(max_examples=150, deadline=None)
@given(
    st.lists(ROW | ODD_ROW, max_size=30) | st.lists(st.tuples(ROW | ODD_ROW, st.integers(10, 60)), max_size=6),
    st.sampled_from([pl.String, pl.Categorical]),
    st.integers(1, 3),
    st.tuples(st.integers(0, 420), st.integers(0, 420)),
)
def test_a_table_is_read_as_row_by_row(
    made: list[Any], kind: type[pl.DataType], pieces: int, span: tuple[int, int]
) -> None:
    # Rows that stand together are read as runs.
    rows: list[tuple[Any, Any, Any]] = (
        [row for row, times in made for _ in range(times)] if made and isinstance(made[0][0], tuple) else made
    )
    frame = pl.DataFrame(rows, schema={"symbol": kind, "ts": kind, "open": pl.Float64}, orient="row")
    frame = frame.with_columns(high=pl.lit(11.0), low=pl.lit(9.0), close=pl.lit(10.0), volume=pl.lit(5))
    size = -(-len(frame) // pieces) or 1
    frame = pl.concat([frame, *(frame.slice(start, size) for start in range(0, len(frame), size))], rechunk=False)
    expected = [bar for row in [*rows, *rows] if (bar := good(row)) is not None]
    source = FrameSource(frame, on_bad="skip")
    assert source.symbols() == tuple(sorted({parse_symbol(row[0]) for row in rows if is_ticker(row[0])}))
    assert source.refused.total == 2 * len(rows) - len(expected)
    assert source.span() == ((min(b[1] for b in expected), max(b[1] for b in expected)) if expected else None)
    opened = int(OPEN.timestamp()) * 1_000_000_000
    whole = (0, 2**62)
    for start, end in (whole, (opened + span[0] * MINUTE, opened + span[1] * MINUTE)):
        columns = source.history(None, start, end)
        got = [(columns.names[s], t, o) for s, t, o in zip(columns.symbol, columns.ts, columns.open, strict=True)]
        assert got == [bar for bar in expected if start <= bar[1] < end]
        assert (str(columns.symbol.dtype), str(columns.ts.dtype)) == ("uint32", "int64")


def is_ticker(text: str | None) -> bool:
    try:
        return text is not None and bool(parse_symbol(text))
    except SymbolError:
        return False


def test_steps_of_times_are_looked_at() -> None:
    from openbell._core import check_bars

    ones = np.ones(4)
    rows, reasons = check_bars(np.array([0, 60, 90, -60]), ones, ones, ones, ones, ones, step=60)
    assert (rows.tolist(), reasons) == ([2], ["time not aligned to the interval"])
    with pytest.raises(ValueError, match="step = 0"):
        check_bars(np.zeros(4, dtype=np.int64), ones, ones, ones, ones, ones, step=0)


def test_a_frame_says_whose_bars_it_has() -> None:
    frame = {"ts": [OPEN], "open": [1.0], "high": [2.0], "low": [1.0], "close": [2.0], "volume": [10]}
    with pytest.raises(SourceError, match=r"it has no column 'symbol', but ts, open, .*; add one, of the ticker"):
        FrameSource(frame).symbols()
    with pytest.raises(SourceError, match=r"no column 'symbol', but .*columns = {\"symbol\": \"Ticker\"}"):
        FrameSource({"Ticker": ["A"], **frame}).symbols()
    assert FrameSource({"symbol": ["A"], **frame}).symbols() == ("A",)
