"""Indicators without a session: over whole arrays, and value by value.

Each indicator of the catalogue is a function and a class here, and in `openbell.indicators`: ``rsi(close, 14)`` and
``RSI(14)``. Arrays come first, in the order open, high, low, close, volume, those that the indicator reads; then its
parameters, as in TA-Lib. What depends on sessions takes where each bar stands besides: ``session`` (a number for each
session; days since 1970 where weeks matter) and ``regular`` (whether it lies in regular hours), without which all bars
are of one session's regular hours. What depends on the time asks for ``minute`` (from the regular open to the bar's
start) or ``ts`` (the bar's start, in nanoseconds since 1970 UTC).
"""

from __future__ import annotations

import functools
import inspect
from collections import namedtuple
from typing import TYPE_CHECKING, Any, Self

from openbell._core import ArrayFunction, IndicatorStream, compute
from openbell._core import list_indicators as _listed
from openbell.errors import ColumnsError, IndicatorError
from openbell.indicators.catalogue import IndicatorType, indicator_info

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


COLUMNS = ("open", "high", "low", "close", "volume")
# What another series says, for those that compare two; it stands first, as TA-Lib's market does.
OTHER = "other"
NAMES = tuple(entry["name"] for entry in _listed())
PROBE = 700
# Where a bar stands: the number of its session, whether it lies in regular hours, and when it starts.
PLACE = ("session", "regular", "minute", "ts")
MINUTE_NS = 60_000_000_000


def inputs_of(name: str) -> tuple[str, ...]:
    """Give the columns that an indicator reads, in order."""
    return tuple(column for column in _read_by(name) if column not in PLACE)


def times_of(name: str) -> tuple[str, ...]:
    """Give the times that an indicator reads: ``minute``, ``ts``, or neither."""
    return tuple(column for column in _read_by(name) if column in PLACE)


@functools.cache
def _read_by(name: str) -> tuple[str, ...]:
    """Give the columns and times that make a difference."""
    import numpy as np

    info = indicator_info(name)
    if info.type is IndicatorType.CANDLE:
        return COLUMNS[:4]
    steps = np.arange(PROBE)
    middle = 100 + 10 * np.sin(steps * 0.7) + 5 * np.sin(steps * 0.11)
    bars = {
        "open": middle + np.sin(steps * 1.3),
        "high": middle + 2 + np.sin(steps * 0.9),
        "low": middle - 2 + np.sin(steps * 1.7),
        "close": middle + np.sin(steps * 2.3),
        "volume": 1000 + 500 * np.sin(steps * 0.3),
        OTHER: middle + np.sin(steps * 0.5),
    }
    minute = steps % 100 - 20
    place: dict[str, Any] = {"session": steps // 100, "regular": minute >= 0, "minute": minute, "ts": steps * MINUTE_NS}
    # A session of history, and a time among the bars, show what is read.
    telling = {"sessions": 1, "since": 60 * PROBE // 2, "minutes": PROBE // 10}
    params: dict[str, float] = {p.name: telling[p.name] for p in info.params if p.name in telling}
    base = compute(name, params, **bars, **_where(place))

    def matters(column: str) -> bool:
        given = {**bars, **place}
        given[column] = bars[column] * (1 + 0.01 * np.sin(steps * 0.37)) if column in bars else 0 * steps
        changed = compute(name, params, **{c: given[c] for c in bars}, **_where({c: given[c] for c in PLACE}))
        return any(not np.array_equal(base[key], changed[key], equal_nan=True) for key in base)

    return tuple(column for column in (OTHER, *COLUMNS, "minute", "ts") if matters(column))


def _where(place: dict[str, Any]) -> dict[str, Any]:
    """Give where bars stand as the core takes it."""
    import numpy as np

    kinds: dict[str, Any] = {"session": np.int64, "regular": np.bool_, "minute": np.float64, "ts": np.int64}
    columns: dict[str, Any] = {}
    for key, values in place.items():
        if key == "ts" and np.asarray(values).dtype.kind == "M":
            values = np.asarray(values).astype("datetime64[ns]")  # noqa: PLW2901  # the same times
        columns[key] = np.ascontiguousarray(values, dtype=kinds[key])
    if "minute" in columns:
        columns["since_open"] = np.rint(columns.pop("minute") * MINUTE_NS).astype(np.int64)
    return columns


# Asked for at each call; those of the catalogue never change.
_info_of = functools.cache(indicator_info)


@functools.cache
def values_type(name: str) -> Any:
    """Give the named tuple of an indicator that has several outputs."""
    return namedtuple(f"{name.title().replace('_', '')}Values", indicator_info(name).outputs)  # noqa: PYI024  # by name


def _bound(
    name: str, taken: Sequence[str], args: Sequence[Any], kwargs: dict[str, Any], by_name: Sequence[str] = ()
) -> dict[str, Any]:
    """Give arguments by name; some are taken by their names only.

    Raises
    ------
    TypeError
        If there are too many, one is given twice, or one is not taken.
    """
    if len(args) > len(taken):
        raise TypeError(f"{name} takes {', '.join(taken)}: {len(taken)} arguments, not {len(args)}")
    given = dict(zip(taken, args, strict=False))
    for key, value in kwargs.items():
        if key in given:
            raise TypeError(f"{name}: {key} is given twice")
        if key not in taken and key not in by_name:
            raise TypeError(f"{name}: unknown argument {key!r}; it takes {', '.join((*taken, *by_name))}")
        given[key] = value
    return given


def _check_numbers(name: str, params: dict[str, Any]) -> None:
    """Refuse parameters that are no numbers.

    Raises
    ------
    TypeError
        With the first.
    """
    for key, value in params.items():
        if not (hasattr(value, "__float__") or hasattr(value, "__index__")):
            raise TypeError(f"{name}: {key} = {value!r}: it must be a number")


def over_arrays(name: str, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """Compute an indicator over arrays.

    Raises
    ------
    ColumnsError
        If a column is missing, of another length, holds anything but numbers, or what is no finite number behind its
        first values.
    IndicatorError
        If a parameter is out of range.
    TypeError
        If a parameter is no number, or one that is not taken.
    """
    import numpy as np

    inputs, info = inputs_of(name), _info_of(name)
    taken = (*inputs, *(p.name for p in info.params), *PLACE[:2])
    given = _bound(name, taken, args, kwargs, by_name=PLACE[2:])
    reads = (*inputs, *times_of(name))
    if missing := [column for column in reads if given.get(column) is None]:
        raise ColumnsError(f"{name} reads {', '.join(reads)}: {', '.join(missing)} is missing")
    columns: dict[str, Any] = {}
    for column in inputs:
        values = given.pop(column)
        try:
            if isinstance(values, np.ma.MaskedArray):
                values = np.ma.filled(values.astype(np.float64), np.nan)
            columns[column] = np.ascontiguousarray(values, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise ColumnsError(f"{name}: {column} must hold numbers: {error}") from None
    where = _where({key: given.pop(key) for key in PLACE if given.get(key) is not None})
    lengths = {column: values.shape for column, values in (columns | where).items()}
    if len(set(lengths.values())) != 1 or columns[inputs[0]].ndim != 1:
        raise ColumnsError(f"{name}: columns must be of one length and dimension, not {lengths}")
    _check_numbers(name, given)
    outputs = compute(name, given, **columns, **where)
    return outputs[info.outputs[0]] if len(outputs) == 1 else values_type(name)(**outputs)


class Stream(IndicatorStream):
    """An indicator that is given one value, or bar, after the other."""

    name: str

    _params: dict[str, float]

    def __new__(cls, *args: float, **kwargs: float) -> Self:
        params = _bound(cls.name, [p.name for p in indicator_info(cls.name).params], args, kwargs)
        _check_numbers(cls.name, params)
        several = len(indicator_info(cls.name).outputs) > 1
        make = values_type(cls.name)._make if several else None
        self = super().__new__(cls, cls.name, params, _read_by(cls.name), make)
        self._params = params
        return self

    def copy(self) -> Self:
        """Give another that goes on from here."""
        other = type(self)(**self._params)
        other.restore(self.save())
        return other

    __copy__ = copy

    def __deepcopy__(self, _: object) -> Self:
        return self.copy()

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self.name, self._params, self.save())

    def __repr__(self) -> str:
        params = ", ".join(f"{key}={value:g}" for key, value in self._params.items())
        return f"{self.name.upper()}({params}) after {self.seen} values"


def _restored(name: str, params: dict[str, float], saved: bytes) -> Stream:
    stream = stream_type(name)(**params)
    stream.restore(saved)
    return stream


@functools.cache
def function_of(name: str) -> Callable[..., Any]:
    """Give an indicator as a function of arrays."""
    info = indicator_info(name)
    make = values_type(name)._make if len(info.outputs) > 1 else None
    plain_case = ArrayFunction(name, inputs_of(name), [p.name for p in info.params], make)
    asks_for_times = bool(times_of(name))

    def function(*args: Any, **kwargs: Any) -> Any:
        values = None if asks_for_times else plain_case(*args, **kwargs)
        return over_arrays(name, args, kwargs) if values is None else values

    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    columns = [inspect.Parameter(column, kind) for column in inputs_of(name)]
    params = [inspect.Parameter(p.name, kind, default=plain(p.default)) for p in info.params]
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{info.title}: {info.formula}. Source: {info.source}."
    function.__signature__ = inspect.Signature([*columns, *params])  # type: ignore[attr-defined]
    return function


@functools.cache
def stream_type(name: str) -> type[Stream]:
    """Give an indicator as a class."""
    info = indicator_info(name)
    doc = f"{info.title}: {info.formula}. Source: {info.source}."
    return type(name.upper(), (Stream,), {"name": name, "__doc__": doc, "__module__": __name__})


def plain(value: float) -> float:
    """Give a default as one would write it."""
    return int(value) if value == int(value) else value


def __getattr__(name: str) -> Any:
    if name in NAMES:
        return function_of(name)
    if name.lower() in NAMES and name.isupper():
        return stream_type(name.lower())
    if name.startswith("__"):
        raise AttributeError(name)
    try:
        indicator_info(name.lower())
    except IndicatorError as error:
        raise AttributeError(str(error)) from None
    raise AttributeError(f"{name!r} is neither {name.lower()!r}, the function, nor {name.upper()!r}, the class")
