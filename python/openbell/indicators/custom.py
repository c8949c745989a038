"""Indicators of one's own, known by name once they are registered: classes with ``update(bar)``, and expressions."""

from __future__ import annotations

import contextlib
import functools
import inspect
import re
from typing import TYPE_CHECKING, Any, TypeVar

from openbell import _core
from openbell.errors import IndicatorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_Class = TypeVar("_Class", bound=type[Any])
_NAME = re.compile(r"[a-z][a-z0-9_]*")
# Bars of a window; a number that is none may be larger.
_MOST_BARS, _MOST = 100_000, 1e15
# Fields of bars, which are columns and sources, and words of expressions.
_MEANT = {
    *_core.Gather.fields(), "hl2", "hlc3", "ohlc4", "hlcc4",
    "abs", "sqrt", "log", "exp", "where", "and", "or", "not",
}  # fmt: skip
_classes: dict[str, type[Any]] = {}
_expressions: dict[str, str] = {}


def register_indicator(
    name: str,
    *,
    outputs: Sequence[str] = ("value",),
    title: str | None = None,
    formula: str = "",
    on_price: bool = False,
    ranges: Mapping[str, tuple[float, float]] | None = None,
    replace: bool = False,
) -> Callable[[_Class], _Class]:
    """Make a class known as an indicator: it is named in configs, read, screened and shown like those of the catalogue.

    The class has a method ``update(bar)``, which takes one closed `Bar` and gives the value: a number, or None where
    there is none; of several outputs a tuple, or a mapping by their names. The arguments of ``__init__`` are the
    parameters, each with a number as default; whole numbers stay whole. If it has an attribute ``first``, that is how
    many bars it needs for a value, which the warm-up is worked out from, and ``sessions`` how many earlier sessions. A
    method ``copy()`` is used where it is there; otherwise objects are copied with `copy.deepcopy`.

    Parameters
    ----------
    name
        Lower case, letters, digits and underscores; not one of the catalogue's, nor a field of a bar.
    outputs
        The first is the indicator's value.
    title, formula
        What ``openbell indicators`` says of it.
    on_price
        Whether the outputs are prices.
    ranges
        Least and greatest value of parameters: from 1 to 100,000 for whole numbers and from 0 on for others, if not
        given.
    replace
        Whether the name may mean something else already; it means this in sessions that begin afterwards. A class that
        is defined again, as in a notebook, takes its own place without.

    Raises
    ------
    IndicatorError
        If the name, the class or a parameter will not do, or the name is taken.

    Examples
    --------
    >>> import openbell as ob
    >>> @ob.register_indicator("up_share", title="Share of bars that closed higher than they opened")
    ... class UpShare:
    ...     def __init__(self, period: int = 20) -> None:
    ...         self.first, self.up = period, []
    ...
    ...     def update(self, bar: ob.Bar) -> float | None:
    ...         self.up = [*self.up, bar.close > bar.open][-self.first :]
    ...         return sum(self.up) / self.first if len(self.up) == self.first else None
    >>> ob.IndicatorConfig("up_share", period=10, interval="5m").make_key()
    'up_share_10_5m'
    """
    _check_name(name)
    if not outputs or any(not _NAME.fullmatch(output) for output in outputs):
        raise IndicatorError(f"{name}: outputs {tuple(outputs)!r} must be names, and at least one")

    def register(cls: _Class) -> _Class:
        if not callable(getattr(cls, "update", None)):
            raise IndicatorError(f"{name}: {cls.__name__} has no method update(bar)")
        there = _classes.get(name)
        is_other = there is not None and (there.__module__, there.__qualname__) != (cls.__module__, cls.__qualname__)
        if not replace and (is_other or name in _expressions):
            raise _taken(name, cls.__name__)
        rows = [_param(name, p, dict(ranges or {})) for p in _arguments(cls)]
        what = title or (inspect.getdoc(cls) or cls.__name__).splitlines()[0].rstrip(".")
        _core.register_indicator(name, what, rows, list(outputs), on_price, formula or "its user's own")
        _classes[name] = cls
        _expressions.pop(name, None)
        custom_infos.cache_clear()
        return cls

    return register


def register_expression(
    name: str, expression: str, *, title: str | None = None, on_price: bool = False, replace: bool = False
) -> None:
    """Make an expression over fields of the bar and other indicators known as an indicator, computed by the engine.

    Parameters
    ----------
    name
        Lower case, letters, digits and underscores; not one of the catalogue's, nor a field of a bar.
    expression
        Numbers, fields (``close``, ``hl2``, …), indicators as in a key but without the interval (``sma_20``,
        ``macd_12_26_9_signal``; other expressions too), ``+ - * /``, ``< <= > >= == !=`` (1 where they hold, 0 where
        not), ``and``, ``or``, ``not``, and ``abs sqrt log exp min max where``. While a part has no value it has none,
        nor where the result is not finite.
    title
        What ``openbell indicators`` says of it.
    on_price
        Whether it is a price.
    replace
        Whether the name may mean something else already; it means this in sessions that begin afterwards.

    Raises
    ------
    IndicatorError
        If the name will not do or is taken, or the expression cannot be read: with the place.

    Examples
    --------
    >>> import openbell as ob
    >>> ob.register_expression("stretch", "(close - sma_20) / stddev_20")
    >>> ob.IndicatorConfig("stretch", interval="5m").first
    20
    """
    _check_name(name)
    if not replace and (name in _classes or _expressions.get(name, expression) != expression):
        raise _taken(name, repr(expression))
    _core.register_indicator(name, title or name, [], ["value"], on_price, expression, expression)
    _expressions[name] = expression
    _classes.pop(name, None)
    custom_infos.cache_clear()


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name) or any(word in name for word in ("_of_", "_vs_")):
        raise IndicatorError(f"{name!r} cannot name an indicator: lower case, letters, digits and underscores")
    if name in _MEANT or name.startswith(("bar_", "forming_")):
        raise IndicatorError(f"{name!r} cannot name an indicator: it is a column, or a word of expressions, already")


def _taken(name: str, new: str) -> IndicatorError:
    there = repr(_expressions[name]) if name in _expressions else _classes[name].__qualname__
    return IndicatorError(f"{name} means {there} already, not {new}: choose another name, or say replace=True")


def _arguments(cls: type[Any]) -> list[inspect.Parameter]:
    if cls.__init__ is object.__init__:
        return []
    return list(inspect.signature(cls).parameters.values())


def _param(
    name: str, param: inspect.Parameter, ranges: Mapping[str, tuple[float, float]]
) -> tuple[str, float, float, float, bool]:
    """Give a parameter as the engine takes it."""
    default = param.default
    if isinstance(default, bool) or not isinstance(default, int | float):
        raise IndicatorError(f"{name}: parameter {param.name!r} needs a number as default, not {default!r}")
    whole = isinstance(default, int)
    least, most = ranges.get(param.name, (1, _MOST_BARS) if whole else (0.0, _MOST))
    if least < 0:
        raise IndicatorError(
            f"{name}: {param.name} from {least:g}: a parameter stands in a key, and cannot be negative"
        )
    if not least <= default <= most:
        raise IndicatorError(f"{name}: the default {param.name} = {default:g} is not from {least:g} to {most:g}")
    return param.name, float(default), float(least), float(most), whole


@functools.cache
def custom_infos() -> dict[str, dict[str, Any]]:
    """Give what was registered, as `openbell._core.list_indicators` lists the catalogue."""
    known = {*_classes, *_expressions}
    return {entry["name"]: entry for entry in _core.list_custom_indicators() if entry["name"] in known}


@contextlib.contextmanager
def only_here() -> Iterator[None]:
    """Forget afterwards what is registered within, as a test would."""
    classes, expressions = dict(_classes), dict(_expressions)
    try:
        yield
    finally:
        _classes.clear()
        _classes.update(classes)
        _expressions.clear()
        _expressions.update(expressions)
        custom_infos.cache_clear()


def is_custom(name: str) -> bool:
    """Whether a class was registered under a name."""
    return name in _classes


def expression_of(name: str) -> str | None:
    """Give the expression that was registered under a name."""
    return _expressions.get(name)


def make(name: str, params: Mapping[str, float]) -> Any:
    """Make an object of the class of a name."""
    infos = custom_infos()[name]["params"]
    whole = {entry["name"] for entry in infos if entry["integer"]}
    return _classes[name](**{key: int(value) if key in whole else value for key, value in params.items()})


def check_made(name: str, params: Mapping[str, float]) -> None:
    """Make one, to see that it can be made.

    Raises
    ------
    IndicatorError
        If its class raises.
    """
    try:
        make(name, params)
    except Exception as error:  # whatever it is
        given = ", ".join(f"{key}={value:g}" for key, value in params.items())
        raise IndicatorError(f"{name}({given}) cannot be made: {type(error).__name__}: {error}") from error


def needs(name: str, params: Mapping[str, float]) -> tuple[int, int]:
    """Give how many bars, and earlier sessions, one needs for a value."""
    made = make(name, params)
    return int(getattr(made, "first", 1)), int(getattr(made, "sessions", 0))
