"""Batches of bars as a caller has them, in the form that the engine takes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from openbell._core import Bars, as_ns
from openbell.errors import ColumnsError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from openbell._core import SessionCore
    from openbell.tape import SaleConditions

REQUIRED = ("symbol", "ts", "open", "high", "low", "close", "volume")
NO_ID = np.uint32(2**32 - 1)
OPTIONAL = ("vwap", "trade_count")
TRADE_REQUIRED = ("symbol", "ts", "price", "size")
QUOTE_REQUIRED = ("symbol", "ts", "bid", "ask", "bid_size", "ask_size")
ACTIONS = {"new": 0, "cancel": 1, "correct": 2}
BAR_FIELDS = ("ts", *REQUIRED[2:], *OPTIONAL)


def core_columns(core: SessionCore, batch: Any) -> tuple[dict[str, Any], list[str]]:
    """Give a batch as contiguous columns, with the engine's numbers for symbols, and the names that have none.

    Parameters
    ----------
    core
        The session whose numbers are meant.
    batch
        A mapping of arrays or any frame that narwhals takes; see `SessionData.apply`.

    Raises
    ------
    ColumnsError
        If a column is missing, or holds something else than it should.
    """
    columns = _named(batch, REQUIRED)
    numbers = {name: _floats(name, columns[name]) for name in REQUIRED[2:]}
    for name in OPTIONAL:
        value = columns.get(name)
        numbers[name] = None if value is None else _floats(name, value)
    ts = _times(columns["ts"])
    symbol, strangers = _symbols(core, columns["symbol"], len(ts))
    return {"symbol": symbol, "ts": ts, **numbers}, strangers


def trade_columns(core: SessionCore, batch: Any, table: SaleConditions) -> tuple[dict[str, Any], list[str]]:
    """Give trades as the columns that the engine takes, and the names of symbols that have no number.

    Raises
    ------
    ColumnsError
        If a column is missing, or holds something else than it should.
    """
    from openbell.tape.conditions import condition_masks

    columns = _named(batch, TRADE_REQUIRED)
    ts = _times(columns["ts"])
    symbol, strangers = _symbols(core, columns["symbol"], len(ts))
    given = {name: columns.get(name) for name in ("conditions", "tape", "id", "action")}
    try:
        conditions = None if given["conditions"] is None else condition_masks(given["conditions"])
    except ValueError as error:
        raise ColumnsError(f"conditions: {error}") from None
    return {
        "symbol": symbol,
        "ts": ts,
        "price": _floats("price", columns["price"]),
        "size": _floats("size", columns["size"]),
        "conditions": conditions,
        "tape": None if given["tape"] is None else _coded(given["tape"], {t: i for i, t in enumerate(table.order)}, 0),
        "id": None if given["id"] is None else _ids(given["id"]),
        "action": None if given["action"] is None else _coded(given["action"], ACTIONS, None),
    }, strangers


def quote_columns(core: SessionCore, batch: Any) -> dict[str, Any]:
    """Give quotes as the columns that the engine takes.

    Raises
    ------
    ColumnsError
        If a column is missing, or holds something else than it should.
    """
    columns = _named(batch, QUOTE_REQUIRED)
    ts = _times(columns["ts"])
    symbol, _ = _symbols(core, columns["symbol"], len(ts))
    return {"symbol": symbol, "ts": ts, **{name: _floats(name, columns[name]) for name in QUOTE_REQUIRED[2:]}}


def _named(batch: Any, required: Sequence[str]) -> dict[str, Any]:
    columns = dict(batch) if isinstance(batch, Mapping) else _from_frame(batch)
    if missing := [name for name in required if name not in columns]:
        raise ColumnsError(f"the batch has no column {', '.join(missing)}, but {', '.join(map(str, columns))}")
    return columns


def _coded(values: Any, codes: Mapping[str, int], otherwise: int | None) -> NDArray[np.uint8]:
    """Give texts as their numbers; numbers stay as they are."""
    array = np.asarray(values)
    if array.dtype.kind in "iu":
        return np.ascontiguousarray(array, dtype=np.uint8)
    names, places = np.unique(array.astype(str), return_inverse=True)
    if otherwise is None and (lost := [name for name in names.tolist() if name not in codes]):
        raise ColumnsError(f"action must be {', '.join(codes)}, not {', '.join(map(repr, lost))}")
    numbers = [codes.get(name, otherwise) for name in names.tolist()]
    return np.array(numbers, dtype=np.uint8)[places]


def without_index(frame: Any) -> Any:
    """Give a frame of pandas with columns in place of an index that says something; any other as it is."""
    names = getattr(getattr(frame, "index", None), "names", None)
    if names is None:
        return frame
    if list(names) == [None] and type(frame.index).__name__ == "DatetimeIndex":
        frame = frame.rename_axis("ts")
    names = [name for name in frame.index.names if name is not None and name not in frame.columns]
    return frame.reset_index(level=names) if names else frame


def _from_frame(batch: Any) -> dict[str, Any]:
    import narwhals as nw

    try:
        frame = nw.from_native(without_index(batch), eager_only=True)
    except TypeError:
        raise ColumnsError(f"a batch is a mapping of columns or a frame, not a {type(batch).__name__}") from None
    return {name: frame[name].to_numpy() for name in frame.columns}


def _ids(values: Any) -> NDArray[np.uint64]:
    array = np.asarray(values)
    if array.dtype.kind == "f":
        # As whole numbers are where some are missing.
        array = np.nan_to_num(array, nan=0.0)
    whole = array.dtype.kind in "iuf" and bool(np.all((array >= 0) & (array < 2**64) & (array % 1 == 0)))
    if array.size and not whole:
        raise ColumnsError("id must be whole numbers from 1 on, 0 or NaN for a trade without")
    return _column("id", np.ascontiguousarray(array, dtype=np.uint64))


def _floats(name: str, values: Any) -> Any:
    try:
        if isinstance(values, np.ma.MaskedArray):
            values = np.ma.filled(values.astype(np.float64), np.nan)
        array = np.ascontiguousarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise ColumnsError(f"{name} must be numbers, float64 or what converts to it") from None
    return _column(name, array)


def _column(name: str, array: NDArray[Any]) -> NDArray[Any]:
    if array.ndim != 1:
        raise ColumnsError(f"{name} must be a column, one value a row, not an array of {array.ndim} dimensions")
    return array


def _times(values: Any) -> NDArray[np.int64]:
    array = _plain_times(values)
    if array.dtype.kind == "M":
        array = array.astype("datetime64[ns]").astype(np.int64)
    elif array.dtype.kind not in "iu" and array.size:
        raise ColumnsError(f"ts must be int64 nanoseconds since 1970 UTC or datetime64 in UTC, not {array.dtype}")
    return _column("ts", np.ascontiguousarray(array, dtype=np.int64))


def _plain_times(values: Any) -> NDArray[Any]:
    """Give times as an array, of numbers also where they are datetimes with a zone, as in a list of them."""
    array = np.asarray(values)
    if array.dtype.kind != "O" or not all(isinstance(time, dt.datetime) for time in array.flat):
        return array
    try:
        return np.array([as_ns(time) for time in array.flat], dtype=np.int64)
    except ValueError as error:
        raise ColumnsError(f"ts: {error}") from None


def _symbols(core: SessionCore, values: Any, rows: int) -> tuple[NDArray[np.uint32], list[str]]:
    array = np.asarray(values)
    # One is that of all rows.
    array = np.full(rows, array) if array.ndim == 0 else _column("symbol", array)
    if array.dtype.kind in "iu" or array.size == 0:
        return np.ascontiguousarray(array, dtype=np.uint32), []
    names, places = np.unique(array.astype(str), return_inverse=True)
    ids = core.symbol_ids(names.tolist())
    unknown = np.flatnonzero(ids == NO_ID)
    ids[unknown] = NO_ID - np.arange(len(unknown), dtype=np.uint32)
    return ids[places], names[unknown].tolist()


def bars_columns(bars: Any) -> dict[str, Any]:
    """Give bars as the columns that the engine takes, for one symbol.

    Raises
    ------
    ColumnsError
        If a column is missing, or holds something else than it should.
    """
    if isinstance(bars, Bars):
        columns: dict[str, Any] = {name: getattr(bars, name) for name in BAR_FIELDS}
    else:
        columns = _named(bars, REQUIRED[1:])
    given = {name: columns.get(name) for name in BAR_FIELDS[1:]}
    floats = {name: None if values is None else _floats(name, values) for name, values in given.items()}
    ts = _times(columns["ts"])
    return {"symbol": np.zeros(len(ts), dtype=np.uint32), "ts": ts, **floats}
