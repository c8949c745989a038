"""A cut across symbols: one row a symbol, one array a column, all of one moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from openbell._core import parse_symbol
from openbell.session.columns import SYMBOL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import polars as pl
    from numpy.typing import NDArray


SHOWN = 10


class Frame:
    """Columns of equal length, one value a symbol; a copy that never changes.

    ``frame["close"]`` is a NumPy array: float64, NaN where there is no value; ``symbol``, and attributes that are no
    numbers, are arrays of objects. polars, pandas, PyArrow and DuckDB take it by the Arrow PyCapsule interface, numbers
    without a copy: ``polars.DataFrame(frame)``.

    Attributes
    ----------
    symbols
        In order of the rows.
    now_ns
        The session's clock at that moment, nanoseconds since 1970 UTC; None before it was set.
    columns
        Names, ``symbol`` first.
    """

    __slots__ = ("_arrays", "_names", "_polars", "columns", "now_ns", "symbols")

    def __init__(
        self,
        symbols: tuple[str, ...],
        now_ns: int | None,
        arrays: Mapping[str, NDArray[Any]],
        names: Callable[[tuple[str, ...]], pl.Series] | None = None,
    ) -> None:
        self.symbols = symbols
        self._names = names or symbol_series
        self.now_ns = now_ns
        self.columns = (SYMBOL, *arrays)
        self._arrays = dict(arrays)
        self._polars: pl.DataFrame | None = None

    def __len__(self) -> int:
        return len(self.symbols)

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __contains__(self, name: object) -> bool:
        return name in self.columns

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name == SYMBOL and SYMBOL not in self._arrays:
            self._arrays[SYMBOL] = np.array(self.symbols, dtype=object)
        return self._arrays[name]

    def row(self, symbol: str) -> dict[str, Any]:
        """Give one symbol's values by column, NaN where there is none.

        Raises
        ------
        KeyError
            If the symbol is not in it.
        """
        name = parse_symbol(symbol)
        if name not in self.symbols:
            raise KeyError(symbol)
        place = self.symbols.index(name)
        return {column: self[column][place] for column in self.columns}

    def to_polars(self) -> pl.DataFrame:
        """Give it as a polars frame; the numbers are not copied."""
        if self._polars is None:
            import polars as pl

            data = {SYMBOL: self._names(self.symbols)}
            for name in self.columns[1:]:
                array = self._arrays[name]
                data[name] = pl.Series(name, array.tolist() if array.dtype == object else array)
            self._polars = pl.DataFrame(data)
        return self._polars

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Give it as an Arrow stream in a PyCapsule."""
        return self.to_polars().__arrow_c_stream__(requested_schema)

    def __reduce__(self) -> tuple[type[Frame], tuple[Any, ...]]:
        return type(self), (self.symbols, self.now_ns, {name: self._arrays[name] for name in self.columns[1:]})

    def __repr__(self) -> str:
        return f"Frame({len(self)} symbols: {', '.join(self.columns)})"

    def _repr_html_(self) -> str:
        return self.to_polars()._repr_html_()


def symbol_series(symbols: tuple[str, ...]) -> pl.Series:
    """Give names as a column of polars."""
    import polars as pl

    return pl.Series(SYMBOL, symbols, dtype=pl.String)
