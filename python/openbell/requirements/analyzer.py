"""Requirements of indicators and sessions: pure functions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from openbell._core import Interval
from openbell.errors import IntervalError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from openbell.indicators import IndicatorConfig

# The regular session of the US exchanges, where nothing better is known.
SESSION_SECONDS = (23_400.0,)
DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class IndicatorRequirements:
    """What one indicator needs to have its value from the session's first bar on.

    Attributes
    ----------
    key, interval
        Of the indicator.
    required_base_interval
        The longest interval from which its bars can be derived.
    historical_bars
        Bars of its interval before the session.
    historical_days
        Sessions that have these bars.
    """

    key: str
    interval: Interval
    required_base_interval: Interval
    historical_bars: int
    historical_days: int


@dataclass(frozen=True, slots=True)
class SessionRequirements:
    """What a session needs.

    Attributes
    ----------
    required_base_interval
        The longest interval from which all others can be derived: the source must have it, or one that it can be
        derived from.
    required_intervals
        All intervals of streams and indicators, shortest first.
    derivable_intervals
        Those of them that are derived.
    historical_days
        For each interval that indicators need history of, how many sessions.
    """

    required_base_interval: Interval
    required_intervals: tuple[Interval, ...]
    derivable_intervals: tuple[Interval, ...]
    historical_days: Mapping[Interval, int]

    @property
    def most_days(self) -> int:
        """The longest history that any interval needs, in sessions."""
        return max(self.historical_days.values(), default=0)


def analyze_indicator_requirements(
    indicator_config: IndicatorConfig,
    warmup_multiplier: float = 2.0,
    *,
    warmup: Literal["first", "converged"] = "first",
    session_seconds: Sequence[float] = SESSION_SECONDS,
) -> IndicatorRequirements:
    """Work out the history that an indicator needs.

    Parameters
    ----------
    indicator_config
        The indicator.
    warmup_multiplier
        How many times the bars up to its first value are asked for.
    warmup
        ``converged`` asks for as many bars as it takes until the starting point no longer matters (to 1e-9), if that
        is more.
    session_seconds
        Lengths of the regular sessions before the one in question, the latest first; the last is taken for all that
        were before it.

    Notes
    -----
    Days are trading sessions, and an intraday bar needs its share of a real session: 78 of ``5m`` in six and a half
    hours. An indicator that has its value with its very first bar (vwap, session high) needs none; one
    that speaks of earlier sessions (prev_high, rvol) needs as many.

    Examples
    --------
    >>> from openbell.indicators import IndicatorConfig
    >>> analyze_indicator_requirements(IndicatorConfig("sma", period=20, interval="1d")).historical_days
    40
    """
    if not warmup_multiplier >= 1.0:
        raise ValueError(f"warmup_multiplier = {warmup_multiplier} is out of range: at least 1")
    interval, first = indicator_config.interval, indicator_config.first
    bars = math.ceil(warmup_multiplier * first)
    if warmup == "converged":
        bars = max(bars, indicator_config.warm)
    if first == 1:
        bars = 0
    sessions = indicator_config.sessions
    if sessions:
        most_a_session = math.ceil(session_seconds[0] / interval.seconds) if interval.is_intraday else 1
        bars = max(bars, sessions * most_a_session)
    return IndicatorRequirements(
        key=indicator_config.make_key(),
        interval=interval,
        required_base_interval=_common_base([interval]),
        historical_bars=bars,
        historical_days=max(_days(interval, bars, session_seconds), sessions),
    )


def analyze_session_requirements(
    streams: Iterable[Interval | str],
    indicator_requirements: Iterable[IndicatorRequirements] = (),
    *,
    source_interval: Interval | str | None = None,
) -> SessionRequirements:
    """Work out what a session needs for its streams and all its indicators together.

    Parameters
    ----------
    streams
        Intervals that are asked for as such.
    indicator_requirements
        Of each indicator.
    source_interval
        The interval of the source's bars, if it is known: then all that is needed must be derivable from it.

    Raises
    ------
    IntervalError
        If something cannot be derived from the source's bars.
    """
    requirements = list(indicator_requirements)
    intervals = sorted({Interval(s) for s in streams} | {r.interval for r in requirements})
    if not intervals:
        raise IntervalError("a session needs at least one stream or indicator")
    base = _common_base(intervals)
    if source_interval is not None:
        source = Interval(source_interval)
        lost = [i for i in intervals if i != source and not i.is_derivable_from(source)]
        if lost:
            names = ", ".join(str(i) for i in lost)
            raise IntervalError(
                f"{names} cannot be derived from the source's bars of {source}: they need {base} or less"
            )
        base = source
    days: dict[Interval, int] = {}
    for requirement in requirements:
        if requirement.historical_days:
            days[requirement.interval] = max(days.get(requirement.interval, 0), requirement.historical_days)
    return SessionRequirements(
        required_base_interval=base,
        required_intervals=tuple(intervals),
        derivable_intervals=tuple(i for i in intervals if i != base),
        historical_days=dict(sorted(days.items())),
    )


def _common_base(intervals: Sequence[Interval]) -> Interval:
    """Give the longest interval from which all of these can be derived."""
    intraday = [i.seconds for i in intervals if i.is_intraday]
    if not intraday:
        shortest = min(intervals)
        return shortest if all(i == shortest or i.is_derivable_from(shortest) for i in intervals) else Interval("1d")
    return Interval(f"{math.gcd(*intraday)}s")


def _days(interval: Interval, bars: int, session_seconds: Sequence[float]) -> int:
    if bars == 0:
        return 0
    if interval.unit == "w":
        sessions_a_week = 7 if session_seconds[0] >= DAY_SECONDS else 5
        return bars * interval.count * sessions_a_week
    if interval.unit == "d":
        return bars * interval.count
    days = 0
    for seconds in session_seconds:
        bars -= math.ceil(seconds / interval.seconds)
        days += 1
        if bars <= 0:
            return days
    return days + math.ceil(bars / math.ceil(session_seconds[-1] / interval.seconds))
