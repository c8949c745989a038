"""The numbers of a table, looked at where they were read, and put into one place once."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from openbell._core import check_bars
from openbell.sources.columns import OPTIONAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import polars as pl
    from numpy.typing import NDArray

# More pieces than these, or rows without a number, are not worth being taken one by one.
MOST_PIECES, MOST_MISSING = 100, 1_000


@dataclass(frozen=True, slots=True)
class _Piece:
    """Rows that stand together, in each of which all numbers are there."""

    start: int
    columns: dict[str, NDArray[np.float64]]

    @property
    def stop(self) -> int:
        return self.start + len(self.columns["open"])


class Numbers:
    """Columns of numbers, of which nothing is copied where none is needed.

    A file is read in pieces, and a row without a number is no bar. So what is between such rows and the ends of pieces
    is looked at where it stands, and copied once, to where all are together.

    Parameters
    ----------
    columns
        By our names; what is no number counts as missing.
    """

    def __init__(self, columns: Mapping[str, pl.Series]) -> None:
        import polars as pl

        read = {
            name: column if column.dtype == pl.Float64 else column.cast(pl.Float64, strict=False)
            for name, column in columns.items()
        }
        lacking = {name for name, column in read.items() if column.null_count()}
        needed = [read[name] for name in lacking.difference(OPTIONAL)]
        holes = pl.DataFrame(needed).select(pl.any_horizontal(pl.all().is_null()).arg_true()).to_series()
        missing = holes.to_numpy() if needed else np.empty(0, dtype=np.uint32)
        few = len(missing) <= MOST_MISSING
        self._missing = missing if few else missing[:0]
        for name in lacking.intersection(OPTIONAL) if few else lacking:
            read[name] = read[name].fill_null(float("nan"))
        if len({tuple(column.chunk_lengths()) for column in read.values()}) > 1 or (
            read["open"].n_chunks() > MOST_PIECES
        ):
            read = {name: column.rechunk() for name, column in read.items()}
        self._columns = read
        self._pieces = list(_pieces(read, self._missing))

    def refused(self, ts: NDArray[np.int64], step: int) -> Iterator[tuple[int, str]]:
        """Give the rows that are no bars, and why."""
        import polars as pl

        for piece in self._pieces:
            rows, reasons = check_bars(ts[piece.start : piece.stop], **piece.columns, step=step)
            yield from zip((rows + piece.start).tolist(), reasons, strict=True)
        if len(self._missing):
            there = pl.DataFrame(self._columns)[self._missing].fill_null(float("nan"))
            rows, reasons = check_bars(ts[self._missing], **{c.name: c.to_numpy() for c in there}, step=step)
            yield from zip(self._missing[rows].tolist(), reasons, strict=True)

    def without(self, rows: NDArray[np.intp]) -> dict[str, NDArray[np.float64]]:
        """Give the columns without some rows, in order: those that were refused, and perhaps more."""
        if not len(rows) and len(self._pieces) == 1:
            return self._pieces[0].columns
        count = len(self._columns["open"]) - len(rows)
        # One place for all: of one that is large, memory comes in large pages.
        together = np.empty((len(self._columns), count))
        kept = [
            (piece.columns, span)
            for piece in self._pieces
            for span in _between(_within(rows, piece.start, piece.stop), piece.stop - piece.start)
        ]
        for name, column in zip(self._columns, together, strict=True):
            np.concatenate([column[:0], *(columns[name][span] for columns, span in kept)], out=column)
        return dict(zip(self._columns, together, strict=True))


def without(values: NDArray[Any], rows: NDArray[np.intp]) -> NDArray[Any]:
    """Give an array without some rows, in order, of which there are few."""
    if not len(rows):
        return values
    return np.concatenate([values[:0], *(values[span] for span in _between(rows, len(values)))])


def _pieces(columns: Mapping[str, pl.Series], missing: NDArray[Any]) -> Iterator[_Piece]:
    start = 0
    for chunks in zip(*(column.get_chunks() for column in columns.values()), strict=True):
        stop = start + len(chunks[0])
        for span in _between(_within(missing, start, stop), stop - start):
            part = {name: chunk[span].to_numpy() for name, chunk in zip(columns, chunks, strict=True)}
            yield _Piece(start + span.start, part)
        start = stop


def _within(rows: NDArray[Any], start: int, stop: int) -> list[int]:
    """Give those of some rows, in order, that lie within a range, counted from its start."""
    first, last = rows.searchsorted([start, stop])
    return [row - start for row in rows[first:last].tolist()]


def _between(rows: Iterable[int], count: int) -> Iterator[slice]:
    """Give what stands between some rows of so many, in order; what is empty is left out."""
    for first, last in pairwise([-1, *rows, count]):
        if last - first > 1:
            yield slice(first + 1, last)
