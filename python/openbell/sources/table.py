"""A table of bars, however it was read: names, times and numbers made sure of."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from openbell._core import Interval, parse_symbol
from openbell.errors import SourceError, SymbolError, nearest
from openbell.sources.coded import coded
from openbell.sources.columns import NUMBERS, OPTIONAL, Columns
from openbell.sources.numbers import Numbers, without
from openbell.sources.protocol import Capabilities
from openbell.sources.refused import RefusedRow, RefusedRows
from openbell.sources.times import times_ns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import polars as pl
    from numpy.typing import NDArray

SHOWN = 10
# Below one in so many symbols, rows are looked up by symbol and not by time.
FEW = 8
# In the place of a row's symbol, if its text is no ticker.
NO_ID = 2**32 - 1
# What else columns are called, and what may stand between them in the place of commas.
ALIKE = {"ts": ("date", "datetime", "time", "timestamp"), "symbol": ("ticker",)}
MARKS = ";\t|"


@dataclass(frozen=True, kw_only=True)
class TableOptions:
    """What a table of bars needs to be told: see `openbell.config.source.TabularConfig`."""

    interval: Interval = field(default_factory=lambda: Interval("1m"))
    columns: Mapping[str, str] = field(default_factory=dict)
    tz: str | None = None
    label: Literal["open", "close"] = "open"
    unit: Literal["s", "ms", "us", "ns"] | None = None
    on_bad: Literal["refuse", "skip"] = "refuse"
    gaps_verified: bool = False


def pick(there: Sequence[str], options: TableOptions, file: str) -> dict[str, str]:
    """Find the columns of a table: our name to the table's.

    Raises
    ------
    SourceError
        With what is there, if any that is needed is not, or tickers seem to be there by another name.
    """
    found: dict[str, str] = {}
    meant: dict[str, str] = {}
    missing = []
    for name in ("ts", "symbol", *NUMBERS):
        column = options.columns.get(name, name)
        if column in there:
            found[name] = column
            continue
        alike = _alike(column, ALIKE.get(name, ()), there)
        # A table without tickers is one of the symbol that its name says.
        if name in options.columns or name not in ("symbol", *OPTIONAL) or (name == "symbol" and alike):
            missing.append(repr(column))
            near = alike or nearest(column, there) or next((c for c in there if c.startswith(column)), None)
            meant |= {name: near} if near else {}
    if missing:
        if len(there) == 1 and (parted := next((mark for mark in MARKS if _parts(mark, there[0])), None)):
            raise SourceError(f"{file}: its columns are parted by {parted!r}; there must be commas between them")
        first = next(iter(meant.values()), None)
        hint = f"; did you mean {first!r}? say so with columns = {json.dumps(meant)}" if meant else ""
        raise SourceError(f"{file}: it has no column {', '.join(missing)}, but {', '.join(map(_shown, there))}{hint}")
    return found


def _alike(column: str, others: Sequence[str], there: Sequence[str]) -> str | None:
    """Give a column that is called so, or one of the others, but for upper and lower case."""
    by_lower = {name.lower(): name for name in there}
    return next((by_lower[name] for name in (column.lower(), *others) if name in by_lower), None)


def _parts(mark: str, header: str) -> bool:
    """Whether a mark stands between names; a file that is no table has anything there."""
    return mark in header and all(name.isprintable() for name in header.split(mark))


def _shown(column: str) -> str:
    """Give a column's name as it can be printed: a file that is no table has anything in its place."""
    return column if column.isprintable() else ascii(column)


class Table:
    """Bars of one or several frames in memory, answered by time."""

    def __init__(self, frames: Iterable[tuple[str, pl.DataFrame]], options: TableOptions) -> None:
        self.refused = RefusedRows()
        self._options = options
        self._columns = _joined([_clean(file, frame, options, self.refused) for file, frame in frames])
        if options.on_bad == "refuse" and self.refused.total:
            counts = ", ".join(f"{n} {reason}" for reason, n in self.refused.counts.items())
            rows = "".join(f"\n  {row}" for row in self.refused.rows[:SHOWN])
            raise SourceError(
                f'{self.refused.total} bad rows ({counts}); mend them, or leave them out with on_bad = "skip":{rows}'
            )

    def symbols(self) -> tuple[str, ...]:
        """List the symbols, in order of name."""
        return self._columns.names

    def span(self) -> tuple[int, int] | None:
        """Give the first and the last time."""
        return self._span

    @cached_property
    def _span(self) -> tuple[int, int] | None:
        ts = self._columns.ts
        return (int(ts.min()), int(ts.max())) if len(ts) else None

    @cached_property
    def _by_time(self) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
        """Give the rows in order of time, those of one time as they stand, and their times."""
        ts = self._columns.ts
        if (ts[1:] >= ts[:-1]).all():
            return np.arange(len(ts)), ts
        steps = (ts - ts.min()) // _grain(self._options)
        # Small numbers are sorted by counting.
        order = np.argsort(steps.astype(np.uint16) if steps.max() < 1 << 16 else ts, kind="stable")
        return order, ts[order]

    def history(self, symbols: Sequence[str] | None, start_ns: int, end_ns: int) -> Columns:
        """Give the rows within ``[start_ns, end_ns)``, in the table's order."""
        if symbols is not None and len(symbols) < len(self._columns.names) // FEW:
            return self._history_of_few(symbols, start_ns, end_ns)
        rows = self._columns
        if self._span is not None and not (start_ns <= self._span[0] and self._span[1] < end_ns):
            by_time, times = self._by_time
            first, last = np.searchsorted(times, [start_ns, end_ns])
            order = np.sort(by_time[first:last])
            # Days usually lie one after the other: then there is nothing to copy.
            together = len(order) and order[-1] - order[0] + 1 == len(order)
            rows = rows.take(slice(order[0], order[-1] + 1) if together else order)
        return rows if symbols is None else rows.select(symbols)

    def _history_of_few(self, symbols: Sequence[str], start_ns: int, end_ns: int) -> Columns:
        """Give the rows of a few symbols without looking at those of the others."""
        order, starts = self._by_symbol
        asked = set(symbols)
        wanted = [i for i, name in enumerate(self._columns.names) if name in asked]
        parts = [order[starts[i] : starts[i + 1]] for i in wanted]
        rows = np.sort(np.concatenate(parts)) if parts else np.empty(0, dtype=np.int64)
        times = self._columns.ts[rows]
        return self._columns.take(rows[(times >= start_ns) & (times < end_ns)])

    @cached_property
    def _by_symbol(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Give the rows by symbol, and where each symbol's begin."""
        symbol = self._columns.symbol
        order = np.argsort(symbol, kind="stable")
        return order, np.searchsorted(symbol[order], np.arange(len(self._columns.names) + 1))


class TableSource(ABC):
    """Bars in one or several tables, read at first use.

    Attributes
    ----------
    options
        What the tables need to be told.
    """

    def __init__(self, label: str, options: TableOptions) -> None:
        self.options = options
        self._label = label

    @property
    def interval(self) -> Interval:
        return self.options.interval

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(label=self._label, gaps_verified=self.options.gaps_verified)

    @property
    def refused(self) -> RefusedRows:
        return self._table.refused

    def symbols(self) -> tuple[str, ...]:
        """List the symbols, in order of name."""
        return self._table.symbols()

    def span(self) -> tuple[int, int] | None:
        """Give the opens of the first and the last bar; None if there is no bar."""
        return self._table.span()

    def history(self, symbols: Sequence[str] | None, start_ns: int, end_ns: int) -> Columns:
        """Give the bars of some symbols (all: None) that open within ``[start_ns, end_ns)``, in the tables' order."""
        return self._table.history(symbols, start_ns, end_ns)

    @cached_property
    def _table(self) -> Table:
        return Table(self._frames(), self.options)

    @abstractmethod
    def _frames(self) -> Iterable[tuple[str, pl.DataFrame]]:
        """Read the tables, with the name that an error calls each by."""


def _grain(options: TableOptions) -> int:
    """Give what all times are whole multiples of: a bar of minutes starts on a whole minute everywhere."""
    return 1_000_000_000 if options.interval.unit == "s" else 60_000_000_000


def _clean(file: str, frame: pl.DataFrame, options: TableOptions, refused: RefusedRows) -> Columns:
    found = pick(frame.columns, options, file)
    ts, unread = times_ns(frame[found["ts"]], file, unit=options.unit, tz=options.tz)
    if options.label == "close":
        ts = ts - options.interval.nanos
    names, symbol, unnamed = _symbols(file, frame, found)
    numbers = Numbers({name: frame[column] for name, column in found.items() if name in NUMBERS})
    reasons: dict[int, str] = dict.fromkeys(map(int, unread), "time cannot be read")
    for row in map(int, unnamed):
        reasons.setdefault(row, "symbol is not a ticker")
    # What else alignment asks for is the session's business.
    for row, reason in numbers.refused(ts, _grain(options)):
        reasons.setdefault(row, reason)
    bad = np.array(sorted(reasons), dtype=np.intp)
    columns = Columns(names, without(symbol, bad), without(ts, bad), **numbers.without(bad))
    for row in _blank(frame, unread):
        del reasons[row]
    if not reasons:
        return columns
    raw_ts, raw_symbol = frame[found["ts"]], frame[found["symbol"]] if "symbol" in found else None
    refused.add(
        RefusedRow(
            file, row + 2, str(raw_symbol[row] if raw_symbol is not None else names[0]), str(raw_ts[row]), reason
        )
        for row, reason in sorted(reasons.items())
    )
    return columns


def _blank(frame: pl.DataFrame, rows: NDArray[np.intp] | Sequence[int]) -> Iterable[int]:
    """Give those of some rows that have nothing in them, such as empty lines: they are not even bad."""
    import polars as pl

    if not len(rows):
        return ()
    empty = frame[rows].select(pl.all_horizontal(pl.all().is_null())).to_series().to_numpy()
    return (int(row) for row, is_empty in zip(rows, empty, strict=True) if is_empty)


def _symbols(
    file: str, frame: pl.DataFrame, found: Mapping[str, str]
) -> tuple[tuple[str, ...], NDArray[np.uint32], NDArray[np.intp] | Sequence[int]]:
    """Give the tickers in order, each row's index among them, and the rows in which there is none."""
    if "symbol" not in found:
        from pathlib import Path

        stem = Path(file).name.split(".")[0]
        try:
            return (parse_symbol(stem),), np.zeros(len(frame), dtype=np.uint32), ()
        except SymbolError:
            raise SourceError(f"{file}: it has no column 'symbol', and its name is not a ticker either") from None
    column = frame[found["symbol"]]
    codes = coded(column)
    tickers: dict[str, str] = {}
    for text in codes.texts:
        try:
            tickers[text] = parse_symbol(text)
        except SymbolError:
            continue
    names = tuple(sorted(set(tickers.values())))
    places = {name: i for i, name in enumerate(names)}
    ids = [places[tickers[text]] if text in tickers else NO_ID for text in codes.texts]
    symbol = codes.spread(np.array([*ids, NO_ID], dtype=np.uint32))
    some_have_none = column.null_count() > 0 or len(tickers) < len(codes.texts)
    return names, symbol, np.flatnonzero(symbol == NO_ID) if some_have_none else ()


def _joined(parts: list[Columns]) -> Columns:
    """Put the rows of several tables one after the other."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return Columns.empty()
    names = tuple(sorted({name for part in parts for name in part.names}))
    places = {name: i for i, name in enumerate(names)}
    ids = [np.array([places[name] for name in part.names], dtype=np.uint32)[part.symbol] for part in parts]
    columns: dict[str, Any] = {"symbol": np.concatenate(ids), "ts": np.concatenate([part.ts for part in parts])}
    for name in NUMBERS:
        values = [getattr(part, name) for part in parts]
        if any(value is not None for value in values):
            filled = [np.full(len(p), np.nan) if v is None else v for p, v in zip(parts, values, strict=True)]
            columns[name] = np.concatenate(filled)
    return Columns(names, **columns)
