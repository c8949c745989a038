"""What a file of bars holds, and what is wrong with it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from openbell._core import Interval
from openbell.clock import TimeManager
from openbell.clock.session import DAY_NS, from_day_number, local_time
from openbell.errors import SourceError
from openbell.sources.files import CsvSource, ParquetSource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from openbell.sources.columns import Columns
    from openbell.sources.refused import RefusedRow


@dataclass(frozen=True, slots=True)
class DataCheck:
    """The findings.

    Attributes
    ----------
    first, last
        Local times of the exchange.
    interval
        As given, or the most common distance between the bars of a symbol.
    identical, differing
        Rows for a symbol and time that stood there before, with the same or with other values.
    out_of_order
        Rows that are older than one of the same symbol before them.
    outside_session
        Rows in no regular session of the exchange.
    sessions, missing, percent
        Sessions of each symbol from its first to its last, added up; bars that are not there in them; what is there in
        percent.
    refused, refused_rows
        Rows that are no bars, by reason, and the first hundred.
    """

    path: str
    exchange: str
    files: int
    rows: int
    symbols: int
    first: str | None
    last: str | None
    interval: str
    identical: int
    differing: int
    out_of_order: int
    outside_session: int
    sessions: int
    missing: int
    percent: float
    refused: Mapping[str, int]
    refused_rows: tuple[RefusedRow, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give the findings as JSON would hold them."""
        return dataclasses.asdict(self)


def check_path(
    path: str | Path, *, interval: str | Interval | None = None, exchange: str = "XNYS", **options: Any
) -> DataCheck:
    """Look through a CSV or Parquet file, or a folder of them.

    Parameters
    ----------
    path
        What to look through.
    interval
        Of the bars; found out if not given.
    exchange
        Whose regular sessions the bars belong to.
    options
        Of `CsvSource` and `ParquetSource`.

    Raises
    ------
    SourceError
        If it cannot be read.
    """
    path = Path(path)
    # Whole minutes are asked for only once it is known that the bars are not of seconds.
    source = _open(path, interval=Interval("1s") if interval is None else Interval(interval), **options)
    columns = source.history(None, -(2**62), 2**62)
    found = _interval(columns) if interval is None else Interval(interval)
    if interval is None and found.unit != "s":
        source = _open(path, interval=found, **options)
        columns = source.history(None, -(2**62), 2**62)
    manager = TimeManager(exchange)
    order = np.lexsort((np.arange(len(columns)), columns.ts, columns.symbol))
    sorted_rows = columns.take(order)
    repeated = (np.diff(sorted_rows.symbol.astype(np.int64)) == 0) & (np.diff(sorted_rows.ts) == 0)
    same = repeated & _same_as_before(sorted_rows)
    distinct = sorted_rows.take(np.concatenate([[True], ~repeated]) if len(columns) else np.zeros(0, dtype=bool))
    inside, sessions, expected = _in_sessions(distinct, found, manager)
    span = source.span()
    times = [local_time(ts, manager.zone).isoformat(sep=" ", timespec="seconds") for ts in span or ()]
    present = int(inside.sum())
    return DataCheck(
        path=str(path),
        exchange=exchange,
        files=len(source.files),
        rows=len(columns) + source.refused.total,
        symbols=len(source.symbols()),
        first=times[0] if times else None,
        last=times[-1] if times else None,
        interval=str(found),
        identical=int(same.sum()),
        differing=int((repeated & ~same).sum()),
        out_of_order=_out_of_order(columns),
        outside_session=len(distinct) - present,
        sessions=sessions,
        missing=max(0, expected - present),
        percent=100.0 * present / expected if expected else 100.0,
        refused=source.refused.counts,
        refused_rows=source.refused.rows,
    )


def _open(path: Path, **options: Any) -> CsvSource | ParquetSource:
    names = [p.name.lower() for p in path.iterdir()] if path.is_dir() else [path.name.lower()]
    if any(name.endswith(ParquetSource.suffixes) for name in names):
        return ParquetSource(path, on_bad="skip", **options)
    if path.exists() and not any(name.endswith(CsvSource.suffixes) for name in names):
        raise SourceError(f"{path}: it is neither CSV nor Parquet; known are .csv, .csv.gz and .parquet")
    return CsvSource(path, on_bad="skip", **options)


def _interval(columns: Columns) -> Interval:
    """Give the most common distance between neighbouring bars of a symbol."""
    order = np.lexsort((columns.ts, columns.symbol))
    steps = np.diff(columns.ts[order])[np.diff(columns.symbol[order].astype(np.int64)) == 0]
    steps = steps[steps > 0]
    if not len(steps):
        return Interval("1m")
    values, counts = np.unique(steps, return_counts=True)
    seconds = max(1, int(values[counts.argmax()] // 1_000_000_000))
    return Interval("1d") if seconds >= 86_400 else Interval(f"{seconds}s")


def _same_as_before(rows: Columns) -> NDArray[np.bool_]:
    fields = (rows.open, rows.high, rows.low, rows.close, rows.volume)
    same: NDArray[np.bool_] = np.all([field[1:] == field[:-1] for field in fields], axis=0)
    return same


def _out_of_order(columns: Columns) -> int:
    older = 0
    order = np.argsort(columns.symbol, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(columns.symbol[order])) + 1):
        older += int((columns.ts[rows] < np.maximum.accumulate(columns.ts[rows])).sum()) if len(rows) else 0
    return older


def _in_sessions(rows: Columns, interval: Interval, manager: TimeManager) -> tuple[NDArray[np.bool_], int, int]:
    """Give which rows lie in a regular session, and how many sessions and bars the symbols' spans have room for."""
    if not len(rows):
        return np.zeros(0, dtype=bool), 0, 0
    first, last = (from_day_number(int(ts // DAY_NS) + i) for ts, i in ((rows.ts.min(), -1), (rows.ts.max(), 1)))
    calendar = manager.calendar_arrays(first, last)
    keep = calendar.regular
    opens, closes, dates = calendar.open_ns[keep], calendar.close_ns[keep], calendar.date[keep]
    unique, slots = np.unique(dates, return_inverse=True)
    if interval.is_intraday:
        within, place = calendar.locate(rows.ts)
        inside, days = within & keep[place], calendar.date[place].astype(np.int64)
        per_day = np.bincount(slots, weights=np.ceil((closes - opens) / interval.nanos)).astype(np.int64)
    else:
        days = rows.ts // DAY_NS
        inside = np.isin(days, dates)
        per_day = np.ones(len(unique), dtype=np.int64)
    room = np.concatenate([[0], np.cumsum(per_day)])
    sessions = expected = 0
    starts = np.flatnonzero(np.concatenate([[True], np.diff(rows.symbol) != 0]))
    for start, end in zip(starts, [*starts[1:], len(rows)], strict=True):
        mine = days[start:end][inside[start:end]]
        if len(mine):
            low, high = np.searchsorted(unique, [mine[0], mine[-1]])
            sessions += int(high - low + 1)
            expected += int(room[high + 1] - room[low])
    return inside, sessions, expected
