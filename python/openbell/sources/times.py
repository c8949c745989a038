"""Times of a table, however they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from openbell._core import parse_times
from openbell.errors import SourceError
from openbell.sources.coded import coded

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl
    from numpy.typing import NDArray

# So many texts are joined at a time: they are still at hand when they are read, and the next take the same memory.
TOGETHER = 1 << 16
UNITS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}


def times_ns(
    column: pl.Series, file: str, *, unit: str | None, tz: str | None
) -> tuple[NDArray[np.int64], NDArray[np.intp] | Sequence[int]]:
    """Read times as nanoseconds since 1970 UTC, and the rows in which there is none, which have 0.

    Parameters
    ----------
    column
        Of texts, numbers or times.
    file
        What an error calls it by.
    unit
        Of numbers.
    tz
        Zone of times that carry none; UTC if not given.
    """
    import polars as pl

    if (alike := _times_alike(column)) is not None:
        read = _epoch_ns(alike, tz)
    elif column.dtype in (pl.String, pl.Categorical):
        # Of many symbols, each time is there many times.
        codes = coded(column)
        texts = pl.Series(column.name, [*codes.texts, None], dtype=pl.String)
        read = _epoch_ns(_read_times(texts), tz)
        if codes.texts and all(map(str.isdecimal, codes.texts)) and read.is_null().all():
            if unit is None:
                raise _without_unit(file, column)
            read = _counts_ns(texts.cast(pl.Int64, strict=False), unit)
        missing = column.null_count() + read.null_count() > 1
        unread = np.flatnonzero(codes.spread(read.is_null().to_numpy())) if missing else ()
        return codes.spread(read.fill_null(0).to_numpy()), unread
    elif column.dtype.is_numeric():
        if unit is None:
            raise _without_unit(file, column)
        read = _counts_ns(column, unit)
    elif column.dtype == pl.Date:
        read = _epoch_ns(column.cast(pl.Datetime("us")), tz)
    elif isinstance(column.dtype, pl.Datetime):
        read = _epoch_ns(column, tz)
    else:
        raise SourceError(f"{file}: {column.name} holds {column.dtype}, which are not times")
    unread = np.flatnonzero(read.is_null().to_numpy()) if read.null_count() else ()
    return read.fill_null(0).to_numpy().astype(np.int64, copy=False), unread


def _counts_ns(column: pl.Series, unit: str) -> pl.Series:
    """Read numbers, with a point or without, as counts of a unit."""
    import polars as pl

    if not column.dtype.is_float():
        return _ns(column.cast(pl.Int64, strict=False), unit)
    whole = column.floor()
    rest = ((column - whole) * UNITS[unit]).round()
    return _ns(whole.cast(pl.Int64, strict=False), unit) + rest.cast(pl.Int64, strict=False)


def _without_unit(file: str, column: pl.Series) -> SourceError:
    return SourceError(f"{file}: {column.name} holds numbers; say their unit, one of {', '.join(UNITS)}")


def _times_alike(column: pl.Series) -> pl.Series | None:
    """Read texts that are all written as the first, as nearly always; none if they are not."""
    import polars as pl

    if column.dtype != pl.String or column.null_count():
        return None
    lengths = column.str.len_bytes()
    width = lengths.min()
    if not isinstance(width, int) or width != lengths.max():
        return None
    times, zoned = [], False
    first = str(column[0])
    for start in range(0, len(column), TOGETHER):
        # The first goes with each part: all are to be written as it is.
        read = parse_times(first + column[start : start + TOGETHER].str.join().item(), width)
        if read is None:
            return None
        times.append(read[0][1:])
        zoned = read[1]
    return pl.Series(np.concatenate(times)).cast(pl.Datetime("ns", "UTC" if zoned else None))


def _read_times(texts: pl.Series) -> pl.Series:
    import polars as pl

    texts = texts.str.strip_chars()
    # Of 1/2/2024, nobody knows which is the month.
    texts = texts.set(~texts.str.contains(r"^\d{4}"), None)
    if texts.str.contains(r"^\d{8}$").all():
        return texts.str.to_date("%Y%m%d", strict=False).cast(pl.Datetime("us"))
    try:
        return texts.str.to_datetime(time_unit="us", strict=False)
    except pl.exceptions.ComputeError:
        return pl.Series(texts.name, [None] * len(texts), dtype=pl.Datetime("us", "UTC"))


def _epoch_ns(column: pl.Series, tz: str | None) -> pl.Series:
    kind = cast("pl.Datetime", column.dtype)
    if kind.time_zone is None:
        # An hour that the change of clocks repeats or leaves out has no one time.
        column = column.dt.replace_time_zone(tz or "UTC", ambiguous="null", non_existent="null")
    return _ns(column.to_physical(), kind.time_unit)


def _ns(counts: pl.Series, unit: str) -> pl.Series:
    """Give counts of a unit since 1970 as nanoseconds; those that are too far away for that become null."""
    if unit == "ns":
        return counts
    most = np.iinfo(np.int64).max // UNITS[unit]
    near = counts.is_between(-most, most)
    return (counts if near.all() else counts.set(~near, None)) * UNITS[unit]
