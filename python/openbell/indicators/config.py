"""One indicator with its parameters, source and interval."""

from __future__ import annotations

import functools
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from openbell._core import Interval, indicator_key, indicator_warmup, parse_symbol
from openbell.errors import IndicatorError, hint
from openbell.indicators.catalogue import IndicatorType, indicator_info
from openbell.indicators.custom import check_made, expression_of, is_custom, needs, register_expression

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from openbell.indicators.catalogue import IndicatorInfo


# What stands between an indicator and its source in a key.
OF = "_of_"
# And between one that compares symbols and the other of them.
VERSUS = "_vs_"
# A key, and an output behind it.
KEY = re.compile(r"(.+?)_(\d+[smhdw])(?:_(.+))?")


# What a mapping may say of an indicator: texts, and the others.
TEXTS = ("name", "type", "interval", "source", "expression", "against")
KEYS = (*TEXTS, "period", "params")


def unknown_key(key: str, name: object, keys: Iterable[str] = KEYS) -> str:
    """Say what is wrong with a key of a mapping that describes an indicator of that name, and what would be right."""
    try:
        takes = [p.name for p in indicator_info(str(name)).params]
    except IndicatorError:
        takes = []
    if key in takes:
        return f'{key!r} is a parameter; write it as "params": {{"{key}": ...}}'
    return f"unknown key {key!r}" + hint(key, (*keys, *takes), f"; known are {', '.join(keys)}")


def _given(info: IndicatorInfo, period: int | None, params: Mapping[str, float] | None) -> dict[str, float]:
    """Give the parameters that were given, the period among them."""
    given = dict(params or {})
    if period is not None:
        if all(p.name != "period" for p in info.params):
            takes = ", ".join(p.name for p in info.params) or "no parameters"
            raise IndicatorError(f"{info.name}: it has no period; it takes {takes}")
        if given.setdefault("period", period) != period:
            raise IndicatorError(f"{info.name}: period is given twice, as {period} and as {given['period']}")
    for key, value in given.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise IndicatorError(f"{info.name}: {key} = {value!r} is not a number")
    return given


class IndicatorConfig:
    """An indicator, its parameters and the interval whose bars it reads. Immutable, hashable, equal by key.

    Parameters
    ----------
    name
        A name of the catalogue, such as ``sma``.
    type
        Its family; it comes from the catalogue, and a contradicting one is refused.
    period
        Shorthand for the parameter of that name.
    interval
        The bars it reads, such as ``5m``.
    params
        Further parameters; those that are not given take their defaults.
    source
        What it reads in the place of its own (the close, for most): ``open``, ``high``, ``low``, ``close``, ``volume``,
        ``hl2``, ``hlc3``, ``ohlc4``, ``hlcc4``, or another indicator over the same bars by its key, such as
        ``rsi_14_5m`` or ``macd_12_26_9_5m_signal``. It need not be asked for besides.
    expression
        Registers the name, which is one's own, with `register_expression`.
    against
        The symbol that ``correlation`` and ``beta`` compare with.

    Raises
    ------
    IndicatorError
        If the name, a parameter or the source is unknown or out of range, or the indicator takes no source.
    IntervalError
        If the interval is not one.

    Examples
    --------
    >>> IndicatorConfig("macd", interval="5m", params={"signal": 5}).make_key()
    'macd_12_26_5_5m'
    >>> IndicatorConfig("ema", period=9, interval="5m", source="rsi_14_5m").make_key()
    'ema_9_of_rsi_14_5m'
    """

    __slots__ = ("_key", "against", "interval", "name", "params", "source", "type")

    def __init__(
        self,
        name: str,
        type: IndicatorType | str | None = None,  # noqa: A002  # the name of the key in a config
        period: int | None = None,
        interval: Interval | str | None = None,
        params: Mapping[str, float] | None = None,
        *,
        source: IndicatorConfig | str | None = None,
        expression: str | None = None,
        against: str | None = None,
    ) -> None:
        if expression is not None and expression != expression_of(name):
            register_expression(name, expression)
        info = indicator_info(name)
        if type is not None and str(type).lower() != info.type:
            raise IndicatorError(f"{name}: its type is {info.type.value!r}, not {str(type)!r}")
        if interval is None:
            raise IndicatorError(f"{name}: interval is missing; give one such as '5m'")
        given = _given(info, period, params)
        self._set("interval", Interval(interval))
        read = None if source is None else self._read(name, source)
        if info.is_pair and against is None:
            raise IndicatorError(f"{name}: it compares with another symbol; say which, such as against='SPY'")
        key = indicator_key(name, given, self.interval, read, against)
        self._set("against", None if against is None else parse_symbol(against))
        self._set("_key", key)
        # As the key says it: what is its own source anyway is none.
        self._set("source", key.removesuffix(f"_{self.interval}").partition(OF)[2] or None)
        self._set("name", name)
        self._set("type", info.type)
        complete = {p.name: given.get(p.name, int(p.default) if p.integer else p.default) for p in info.params}
        self._set("params", MappingProxyType(complete))
        if is_custom(name):
            check_made(name, complete)

    name: str
    type: IndicatorType
    interval: Interval
    params: Mapping[str, float]
    source: str | None
    against: str | None
    _key: str

    def _set(self, field: str, value: object) -> None:
        object.__setattr__(self, field, value)

    def __setattr__(self, field: str, value: object) -> None:
        raise AttributeError(f"an IndicatorConfig does not change: {field} cannot be set")

    def _read(self, name: str, source: IndicatorConfig | str) -> str:
        """Give a source without its interval, the output behind the parameters."""
        text = source.make_key() if isinstance(source, IndicatorConfig) else str(source)
        if VERSUS in text:
            raise IndicatorError(f"{name}: {text} compares two symbols, and cannot be the source of another")
        match = KEY.fullmatch(text)
        if match is None:
            return text
        stem, interval, output = match.groups()
        if Interval(interval) != self.interval:
            raise IndicatorError(f"{name}: its source {text!r} is over other bars than its own, of {self.interval}")
        head, of, rest = stem.partition(OF)
        return f"{head}_{output}{of}{rest}" if output else stem

    @property
    def period(self) -> int | None:
        """The parameter of that name, if it has one."""
        period = self.params.get("period")
        return None if period is None else int(period)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of its outputs; the first is its value."""
        return indicator_info(self.name).outputs

    @property
    def first(self) -> int:
        """Bars until it has a value."""
        return self._needs()[0]

    @property
    def warm(self) -> int:
        """Bars until the starting point no longer matters (to 1e-9)."""
        return self._needs()[1]

    @property
    def sessions(self) -> int:
        """Earlier sessions without which it has no value, or not the right one."""
        return self._needs()[2]

    def _needs(self) -> tuple[int, int, int]:
        if is_custom(self.name):
            first, sessions = needs(self.name, self.params)
            return first, first, sessions
        return indicator_warmup(self.name, dict(self.params), self.source)

    def make_key(self) -> str:
        """Give the key by which it is read: name, parameters in declared order, interval."""
        return self._key

    def row(self, *, historical: bool = False) -> tuple[str, dict[str, float], str | None, str | None, Interval, bool]:
        """Give it as the engine takes it."""
        return self.name, dict(self.params), self.source, self.against, self.interval, historical

    def to_dict(self) -> dict[str, object]:
        """Give what a config file says of it."""
        return {
            "name": self.name,
            "type": self.type.value,
            "interval": str(self.interval),
            "params": dict(self.params),
            **self._further(),
        }

    def _further(self) -> dict[str, Any]:
        given = {"source": self.source, "expression": expression_of(self.name), "against": self.against}
        return {key: text for key, text in given.items() if text is not None}

    def __repr__(self) -> str:
        return f"IndicatorConfig({self._key!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IndicatorConfig) and other._key == self._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __reduce__(self) -> tuple[object, ...]:
        made = functools.partial(type(self), **self._further())
        return made, (self.name, self.type, None, str(self.interval), dict(self.params))
