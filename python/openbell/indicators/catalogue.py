"""What indicators there are, as the extension module describes them."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from openbell._core import list_indicators as _listed
from openbell.errors import IndicatorError, hint
from openbell.indicators.custom import custom_infos, is_custom, needs


class IndicatorType(StrEnum):
    """The kind of question an indicator answers."""

    TREND = "trend"
    MOMENTUM = "momentum"
    VOLATILITY = "volatility"
    VOLUME = "volume"
    STATISTICS = "statistics"
    SESSION = "session"
    CANDLE = "candle"
    CUSTOM = "custom"


@dataclass(frozen=True, slots=True)
class ParameterInfo:
    """One parameter of an indicator; the range from ``minimum`` to ``maximum`` is closed."""

    name: str
    default: float
    minimum: float
    maximum: float
    integer: bool


@dataclass(frozen=True, slots=True)
class IndicatorInfo:
    """One indicator of the catalogue.

    Attributes
    ----------
    name, title, type
        ``sma``, "Simple moving average", `IndicatorType.TREND`.
    params
        In the order in which they stand in a key.
    outputs
        The first is the indicator's value.
    on_price
        Whether the outputs are prices, which a chart draws over the bars.
    formula, source
        What it computes, with its behaviour where nothing moves, and where that is published.
    first, warm
        Bars until the first value, and until the starting point no longer matters, with the default parameters.
    sessions
        Earlier sessions without which it has no value, or not the right one, with the default parameters.
    takes_source
        Whether it may read another field or another indicator in the place of its own.
    is_pair
        Whether it compares with another symbol.
    """

    name: str
    title: str
    type: IndicatorType
    params: tuple[ParameterInfo, ...]
    outputs: tuple[str, ...]
    on_price: bool
    formula: str
    source: str
    first: int
    warm: int
    sessions: int
    takes_source: bool
    is_pair: bool


def list_indicators() -> tuple[IndicatorInfo, ...]:
    """List all indicators, in catalogue order, and then those that were registered.

    Examples
    --------
    >>> [info.name for info in list_indicators()][:3]
    ['sma', 'ema', 'wma']
    """
    custom = custom_infos()
    return (*_catalogue(), *map(_custom_info, custom.values())) if custom else _catalogue()


@functools.cache
def _catalogue() -> tuple[IndicatorInfo, ...]:
    return tuple(map(_info, _listed()))


def _custom_info(entry: dict[str, Any]) -> IndicatorInfo:
    if not is_custom(entry["name"]):
        return _info(entry)
    first, sessions = needs(entry["name"], {param["name"]: param["default"] for param in entry["params"]})
    return _info({**entry, "first": first, "warm": first, "sessions": sessions})


def _info(entry: dict[str, Any]) -> IndicatorInfo:
    return IndicatorInfo(
        name=entry["name"],
        title=entry["title"],
        type=IndicatorType(entry["family"]),
        params=tuple(ParameterInfo(**param) for param in entry["params"]),
        outputs=tuple(entry["outputs"]),
        on_price=entry["on_price"],
        formula=entry["formula"],
        source=entry["source"],
        first=entry["first"],
        warm=entry["warm"],
        sessions=entry["sessions"],
        takes_source=entry["takes_source"],
        is_pair=entry["is_pair"],
    )


def indicator_info(name: str) -> IndicatorInfo:
    """Give the catalogue's entry of a name.

    Raises
    ------
    IndicatorError
        If there is none, with the nearest name.
    """
    by_name = {info.name: info for info in list_indicators()}
    if name in by_name:
        return by_name[name]
    meant = hint(str(name).lower(), by_name, f"; there are {', '.join(by_name)}")
    raise IndicatorError(f"unknown indicator {name!r}{meant}")
