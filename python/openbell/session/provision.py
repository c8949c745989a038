"""What a symbol of the config is given: base interval, derived intervals, indicators, and how much history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openbell._core import Interval
    from openbell.config import SessionDataConfig
    from openbell.indicators import IndicatorConfig

    IndicatorRow = tuple[str, dict[str, float], str | None, str | None, str | Interval, bool]


@dataclass(frozen=True, slots=True)
class Provision:
    """The layout that the engine is given for a symbol.

    Attributes
    ----------
    base
        The streamed interval, and for how many sessions its bars are kept.
    derived
        The same for each interval that is derived.
    indicators
        Session indicators, then historical ones.
    historical_days
        How many sessions are loaded before the first.
    enough
        How many sessions before the running one do for a symbol that comes while a run goes on. None: all that were
        played, so that it has what it would have had from the start, bit for bit.
    """

    base: tuple[Interval, int]
    derived: tuple[tuple[Interval, int], ...]
    session_indicators: tuple[IndicatorConfig, ...]
    historical_indicators: tuple[IndicatorConfig, ...]
    historical_days: int
    enough: int | None = None

    def indicator_rows(self) -> list[IndicatorRow]:
        """Give the indicators as the engine takes them."""
        parts = ((self.session_indicators, False), (self.historical_indicators, True))
        return [i.row(historical=historical) for part, historical in parts for i in part]


def bare(base: Interval) -> Provision:
    """Give the layout of a symbol of which nothing is asked but its base bars."""
    return Provision((base, 0), (), (), (), 0)


def provision(
    config: SessionDataConfig, *, source_interval: Interval | None, session_seconds: Sequence[float]
) -> Provision:
    """Work out what the config asks for each of its symbols.

    Parameters
    ----------
    config
        The session's part of the config.
    source_interval
        The interval of the bars that will come; if not known, the longest from which all can be derived.
    session_seconds
        Lengths of the sessions before the first, the latest first.

    Raises
    ------
    IntervalError
        If something cannot be derived from the source's bars.
    """
    from openbell.requirements import analyze_indicator_requirements, analyze_session_requirements

    indicators = config.indicators
    needs = [
        analyze_indicator_requirements(indicator, session_seconds=session_seconds)
        for indicator in (*indicators.session, *indicators.historical)
    ]
    kept = config.historical.intervals or config.streams
    found = analyze_session_requirements((*config.streams, *kept), needs, source_interval=source_interval)
    base = found.required_base_interval

    # What is compared with another symbol is compared over bars that are kept.
    compared: dict[Interval, int] = {}
    for indicator, need in zip(indicators.session, needs, strict=False):
        if indicator.against is not None:
            compared[need.interval] = max(compared.get(need.interval, 0), need.historical_days)

    def keep(interval: Interval) -> int:
        trailing = config.historical.trailing_days if interval in kept else 0
        return max(trailing, compared.get(interval, 0))

    return Provision(
        base=(base, keep(base)),
        derived=tuple((i, keep(i)) for i in found.derivable_intervals),
        session_indicators=indicators.session,
        historical_indicators=indicators.historical,
        historical_days=max(config.historical.trailing_days, found.most_days),
    )
