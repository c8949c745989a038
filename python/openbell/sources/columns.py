"""Bars of many symbols as columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from openbell._core import Bar
from openbell.errors import ColumnsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

OPTIONAL = ("vwap", "trade_count")
NUMBERS = ("open", "high", "low", "close", "volume", *OPTIONAL)


@dataclass(frozen=True, slots=True)
class Columns:
    """Bars as arrays of one length, in the order in which they stand at their source.

    Attributes
    ----------
    names
        The symbols, each once.
    symbol
        uint32, index into ``names``.
    ts
        int64, the bar's open in nanoseconds since 1970 UTC.
    open, high, low, close, volume
        float64.
    vwap, trade_count
        float64, NaN where a bar has none; None if no bar has one.
    """

    names: tuple[str, ...]
    symbol: NDArray[np.uint32]
    ts: NDArray[np.int64]
    open: NDArray[np.float64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    volume: NDArray[np.float64]
    vwap: NDArray[np.float64] | None = None
    trade_count: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.ts)

    @classmethod
    def empty(cls) -> Self:
        """Give columns without a row."""
        none = np.empty(0)
        return cls((), none.astype(np.uint32), none.astype(np.int64), none, none, none, none, none)

    def checked(self) -> Self:
        """Give the same, if it is what it should be.

        Raises
        ------
        ColumnsError
            If an array has another type or length than it should, or a row is of no name.
        """
        kinds = {"symbol": np.uint32, "ts": np.int64, **dict.fromkeys(NUMBERS, np.float64)}
        for name, kind in kinds.items():
            column = getattr(self, name)
            if column is None and name in OPTIONAL:
                continue
            if not isinstance(column, np.ndarray) or column.dtype != kind or column.shape != (len(self),):
                what = (
                    f"{column.dtype}{list(column.shape)}" if isinstance(column, np.ndarray) else type(column).__name__
                )
                raise ColumnsError(f"{name} must be an array of {len(self)} {kind.__name__}, not {what}")
        if len(self) and int(self.symbol.max()) >= len(self.names):
            raise ColumnsError(f"symbol must be below {len(self.names)}, as many names as there are")
        return self

    def last_bars(self) -> dict[str, Bar]:
        """Give the last bar of each symbol."""
        bars = {}
        for row in range(len(self)):
            prices = (float(getattr(self, name)[row]) for name in NUMBERS[:5])
            extra = (None if column is None else float(column[row]) for column in (self.vwap, self.trade_count))
            bars[self.names[int(self.symbol[row])]] = Bar(int(self.ts[row]), *prices, *extra)
        return bars

    def take(self, rows: NDArray[Any] | slice) -> Self:
        """Give the rows that a mask, indices or a slice select."""
        values = {name: getattr(self, name) for name in ("symbol", "ts", *NUMBERS)}
        return replace(self, **{name: value[rows] for name, value in values.items() if value is not None})

    def select(self, symbols: Sequence[str]) -> Self:
        """Give the rows of some symbols; those that have none are simply not there."""
        wanted = set(symbols)
        known = np.array([name in wanted for name in self.names], dtype=bool)
        return self.take(known[self.symbol]) if len(self.names) else self

    def core(self, ids: NDArray[np.uint32]) -> dict[str, Any]:
        """Give the form that the engine takes: ``ids`` are its numbers for ``names``."""
        columns = {name: getattr(self, name) for name in ("ts", *NUMBERS)}
        return {"symbol": ids[self.symbol] if len(ids) else self.symbol, **columns}


def joined(parts: Sequence[Columns]) -> Columns:
    """Give columns one after the other, with one list of names."""
    if len(parts) == 1:
        return parts[0]
    names = tuple(dict.fromkeys(name for part in parts for name in part.names))
    places = {name: place for place, name in enumerate(names)}
    symbol = [np.array([places[name] for name in part.names], dtype=np.uint32)[part.symbol] for part in parts]

    def column(name: str) -> NDArray[np.float64] | None:
        values = [getattr(part, name) for part in parts]
        if all(value is None for value in values):
            return None
        filled = [np.full(len(p), np.nan) if v is None else v for p, v in zip(parts, values, strict=True)]
        return np.concatenate(filled)

    numbers = {name: column(name) for name in NUMBERS}
    return Columns(names, np.concatenate(symbol), np.concatenate([part.ts for part in parts]), **numbers)  # type: ignore[arg-type]
