"""The names of columns across symbols, and what they mean."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from openbell._core import Gather, Interval
from openbell.errors import ColumnsError, OpenbellError, nearest
from openbell.indicators import IndicatorConfig, list_indicators
from openbell.indicators.config import KEY, OF, VERSUS

if TYPE_CHECKING:
    from collections.abc import Collection

FIELDS = tuple(Gather.fields())
FIGURES = tuple(Gather.figures())
# Lag that was measured; worked out beside the engine.
LAG = "lag_s"
SYMBOL = "symbol"
_BAR = re.compile(rf"(forming_|bar_)?({'|'.join(FIELDS)})(?:_(\d+[smhdw]))?")
_NUMBER = re.compile(r"\d+(p\d+)?")


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Attributes
    ----------
    kind
        ``bar`` or ``forming`` for a field of a bar, ``indicator``, ``figure`` of the session, ``lag``, or ``attribute``
        for what the user gave.
    field
        The bar's field, the figure's or the attribute's name.
    interval
        Of the bars; None for the base.
    indicator, output
        The indicator, and which of its outputs.
    """

    name: str
    kind: Literal["bar", "forming", "indicator", "figure", "lag", "attribute"]
    field: str = ""
    interval: Interval | None = None
    indicator: IndicatorConfig | None = None
    output: int = 0

    def engine(self) -> tuple[str, str, Interval | None, int]:
        """Give it as the engine takes it."""
        name = self.field if self.indicator is None else self.indicator.make_key()
        return self.kind, name, self.interval, self.output


def parse_column(name: str, attributes: Collection[str] = ()) -> Column:
    """Read the name of a column.

    Parameters
    ----------
    name
        ``close``, ``high_5m``, ``forming_close_1d``, ``sma_20_1d``, ``bbands_20_2_5m_upper``, ``gap_pct``, …
    attributes
        Names of the user's own.

    Raises
    ------
    ColumnsError
        If it is none, with the nearest.

    Examples
    --------
    >>> parse_column("bbands_20_2_5m_upper").indicator
    IndicatorConfig('bbands_20_2_5m')
    """
    if name in attributes:
        return Column(name, "attribute", name)
    if name == LAG:
        return Column(name, "lag")
    if name in FIGURES:
        return Column(name, "figure", name)
    # vwap_5m is the indicator's key; the bars' own is bar_vwap_5m.
    if (match := _BAR.fullmatch(name)) and not (match[2] == "vwap" and match[3] and not match[1]):
        kind: Literal["bar", "forming"] = "forming" if match[1] == "forming_" else "bar"
        return Column(name, kind, match[2], Interval(match[3]) if match[3] else None)
    if (column := _indicator(name)) is not None:
        return column
    known = [*attributes, *FIGURES, LAG, *FIELDS, *(f"forming_{field}" for field in FIELDS)]
    near = nearest(name, known) or _nearest_indicator(name)
    meant = f"; did you mean {near!r}?" if near else ""
    raise ColumnsError(
        f"unknown column {name!r}{meant} (a field of a bar such as close_5m, an indicator such as sma_20_1d, one of"
        f" {', '.join((*FIGURES, LAG))}, or an attribute)"
    )


def _indicator(name: str) -> Column | None:
    """Read an indicator's key, with or without an output."""
    match = KEY.fullmatch(name)
    if match is None:
        return None
    stem, interval, output = match.groups()
    head, _, source = stem.partition(OF)
    head, _, against = head.partition(VERSUS)
    for info in sorted(list_indicators(), key=lambda info: -len(info.name)):
        if not f"{head}_".startswith(f"{info.name}_"):
            continue
        numbers = head.removeprefix(info.name).split("_")[1:]
        if len(numbers) != len(info.params) or not all(map(_NUMBER.fullmatch, numbers)):
            continue
        values = [float(number.replace("p", ".")) for number in numbers]
        params = {p.name: int(v) if p.integer else v for p, v in zip(info.params, values, strict=True)}
        try:
            config = IndicatorConfig(
                info.name, interval=interval, params=params, source=source or None, against=against or None
            )
        except OpenbellError as error:
            raise ColumnsError(f"column {name!r}: {error}") from None
        output = output or info.outputs[0]
        if output not in info.outputs:
            has = ", ".join(info.outputs)
            raise ColumnsError(f"column {name!r}: {config.make_key()} has no output {output!r}, but {has}")
        place = info.outputs.index(output)
        return Column(name, "indicator", interval=config.interval, indicator=config, output=place)
    return None


def _nearest_indicator(name: str) -> str | None:
    """Give the key with defaults of the indicator whose name is nearest."""
    names = {info.name: info for info in list_indicators()}
    near = nearest(name.split("_", maxsplit=1)[0], names)
    if near is None:
        return None
    return IndicatorConfig(near, interval="5m", against="SPY" if names[near].is_pair else None).make_key()
