"""Columns of numbers that come in pieces and with holes, against the same in one piece."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from openbell._core import check_bars
from openbell.sources.numbers import MOST_MISSING, MOST_PIECES, Numbers, without

NAMES = ("open", "high", "low", "close", "volume")
ROWS = 5_000


def cut(column: pl.Series, pieces: int) -> pl.Series:
    """Give the same values in so many pieces."""
    size = -(-len(column) // pieces)
    parts = [column.slice(start, size) for start in range(0, len(column), size)]
    together = parts[0].clone()
    for part in parts[1:]:
        together.append(part)
    return together


def made(missing: int, odd: int) -> dict[str, pl.Series]:
    """Give columns in which some rows have no close, and some have numbers that are none of a bar."""
    chance = np.random.default_rng(missing + odd)
    columns = {name: np.full(ROWS, 10.0) + chance.random(ROWS) for name in NAMES}
    columns["high"] += 2
    columns["low"] -= 2
    columns["volume"] = chance.integers(0, 9, ROWS).astype(float)
    columns["vwap"] = columns["close"]
    columns["high"][chance.choice(ROWS, odd, replace=False)] = np.nan
    columns["volume"][chance.choice(ROWS, odd, replace=False)] = -1
    frames = {name: pl.Series(name, values) for name, values in columns.items()}
    frames["close"] = frames["close"].scatter(chance.choice(ROWS, missing, replace=False), None)
    # A number that a bar need not have.
    frames["vwap"] = frames["vwap"].scatter(np.arange(0, ROWS, 3), None)
    frames["volume"] = frames["volume"].cast(pl.Int32)
    return frames


@pytest.mark.parametrize("pieces", [1, 3, MOST_PIECES + 1])
@pytest.mark.parametrize("missing", [0, 40, MOST_MISSING + 1])
@pytest.mark.parametrize("odd", [0, 30])
def test_numbers_in_pieces_are_those_in_one(pieces: int, missing: int, odd: int) -> None:
    columns = made(missing, odd)
    whole = {name: column.cast(pl.Float64).fill_null(float("nan")).to_numpy() for name, column in columns.items()}
    ts = np.arange(ROWS) * 60
    ts[17] = 1
    rows, reasons = check_bars(ts, **whole, step=60)
    assert len(rows) >= 1 + missing // 2 + odd // 2

    numbers = Numbers({name: cut(column, pieces) for name, column in columns.items()})
    refused = sorted(numbers.refused(ts, 60))
    assert refused == list(zip(rows.tolist(), reasons, strict=True))
    # A row may be none for what stands in other columns as well.
    bad = np.union1d(rows, [0, 1, ROWS - 1])
    good = numbers.without(bad)
    for name, values in whole.items():
        np.testing.assert_array_equal(good[name], np.delete(values, bad), strict=True)
        assert good[name].flags.c_contiguous
    np.testing.assert_array_equal(without(ts, bad), np.delete(ts, bad), strict=True)


def test_pieces_of_different_lengths_are_put_together_first() -> None:
    columns = made(5, 5)
    cuts = {name: cut(column, 1 + place) for place, (name, column) in enumerate(columns.items())}
    none = np.arange(0)
    lacking = columns["close"].is_null().arg_true().to_numpy()
    got = Numbers(cuts).without(lacking)
    one = Numbers(columns).without(lacking)
    for name in columns:
        np.testing.assert_array_equal(got[name], one[name], strict=True)
    assert without(np.arange(3), none).tolist() == [0, 1, 2]


def test_numbers_that_are_all_there_are_not_copied() -> None:
    columns = {name: pl.Series(name, np.arange(1.0, 9.0)) for name in NAMES}
    numbers = Numbers(columns)
    assert list(numbers.refused(np.zeros(8, dtype=np.int64), 1)) == []
    for name, values in numbers.without(np.arange(0)).items():
        assert np.shares_memory(values, columns[name].to_numpy())


def test_no_row_is_left() -> None:
    columns = {name: pl.Series(name, [1.0, None], dtype=pl.Float64) for name in NAMES}
    empty = Numbers(columns).without(np.arange(2))
    assert {name: len(values) for name, values in empty.items()} == dict.fromkeys(NAMES, 0)
    empty = Numbers({name: column.clear() for name, column in columns.items()}).without(np.arange(0))
    assert {name: len(values) for name, values in empty.items()} == dict.fromkeys(NAMES, 0)
