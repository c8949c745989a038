"""A cut across symbols: one row a symbol, one array a column, all of one moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from openbell._core import Gather, parse_symbol
from openbell.session.columns import SYMBOL, Column, parse_column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import polars as pl
    from numpy.typing import NDArray

    from openbell.session.data import SessionData

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
        self._names = names or _series
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

    def __repr__(self) -> str:
        return f"Frame({len(self)} symbols: {', '.join(self.columns)})"

    def _repr_html_(self) -> str:
        return self.to_polars()._repr_html_()


def _series(symbols: tuple[str, ...]) -> pl.Series:
    import polars as pl

    return pl.Series(SYMBOL, symbols, dtype=pl.String)


class Snapshot:
    """A cut that is taken again and again: the names are read once, and only what changed is read anew.

    Parameters
    ----------
    session
        Whose.
    columns
        Names; see `openbell.session.columns.parse_column`.
    symbols
        Of which; None for all that are there when it is taken, in order of name.

    Raises
    ------
    ColumnsError
        If a name is none.
    """

    def __init__(self, session: SessionData, columns: Sequence[str], symbols: Sequence[str] | None = None) -> None:
        wanted = [name for name in dict.fromkeys(columns) if name != SYMBOL]
        self.columns: tuple[Column, ...] = tuple(parse_column(name, session.attribute_names()) for name in wanted)
        self._session = session
        named = None if symbols is None else [parse_symbol(symbol) for symbol in symbols]
        self._column: tuple[tuple[str, ...], pl.Series] | None = None
        self._plan = Gather([c.engine() for c in self.columns if c.kind not in {"lag", "attribute"}], named)

    def take(self) -> Frame:
        """Give the values of this moment."""
        session = self._session
        names, now_ns, arrays = session.gather(self._plan)
        gathered = iter(arrays)
        columns: dict[str, NDArray[Any]] = {}
        for column in self.columns:
            if column.kind == "attribute":
                columns[column.name] = session.attribute_values(column.field, names)
            elif column.kind == "lag":
                columns[column.name] = session.activity.measured_lags(names)
            else:
                columns[column.name] = next(gathered)
                if column.field == "quality" and session.quality.gaps_verified:
                    # What is missing is known not to have been traded.
                    columns[column.name][~np.isnan(columns[column.name])] = 100.0
        return Frame(names, now_ns, columns, self._symbols)

    def _symbols(self, names: tuple[str, ...]) -> pl.Series:
        """Give the names as a column, the same one for as long as they are the same."""
        if self._column is None or self._column[0] is not names:
            self._column = (names, _series(names))
        return self._column[1]
