"""Texts of a table, each of which is looked at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Coded:
    """A column of texts: each once, in which place of a list of all it stands, and the place of each row's text.

    A place more than there are stands for none. If rows stand together, places are of runs, and ``lengths`` theirs.
    """

    texts: list[str]
    at: NDArray[np.intp]
    places: NDArray[Any]
    none: int
    lengths: NDArray[np.intp] | None = None

    def spread(self, values: NDArray[Any]) -> NDArray[Any]:
        """Give each row what belongs to its text; the last value is that of none."""
        table = np.empty(self.none + 1, dtype=values.dtype)
        table[self.at], table[self.none] = values[:-1], values[-1]
        spread = np.take(table, self.places)
        return spread if self.lengths is None else np.repeat(spread, self.lengths)


def coded(column: pl.Series) -> Coded:
    """Read a column of texts, most of which are there many times."""
    import polars as pl

    column = column.rechunk()
    # Of most tables, the rows of a symbol or those of a minute stand together: then few need to be looked at.
    changes = column[1:].ne_missing(column[:-1])
    if changes.sum() * 8 < len(column) - 8:
        starts = np.append(0, changes.arg_true().to_numpy() + 1)
        return replace(coded(column.gather(starts)), lengths=np.diff(starts, append=len(column)))
    if column.dtype != pl.Categorical:
        column = column.cast(pl.String).cast(pl.Categorical)
    codes = column.to_physical()
    known = codes.drop_nulls().to_numpy()
    none = int(known.max()) + 1 if len(known) else 0
    places = codes.fill_null(none).to_numpy()
    # A row of each, whichever is written last.
    row_of = np.full(none + 1, -1, dtype=np.int32)
    row_of[places] = np.arange(len(places), dtype=np.int32)
    at = np.flatnonzero(row_of[:-1] >= 0)
    return Coded(column.gather(row_of[at]).cast(pl.String).to_list(), at, places, none)
