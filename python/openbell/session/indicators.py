"""Indicators of registered symbols: adding, looking up, taking away."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np

from openbell._core import Interval
from openbell.errors import IntervalError
from openbell.indicators import IndicatorConfig
from openbell.session.batch import bars_columns
from openbell.session.history import history_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from openbell.session.data import SessionData

logger = logging.getLogger(__name__)


class IndicatorManager:
    """Registers indicators with symbols of a session. The engine keeps them up to date with every bar.

    Parameters
    ----------
    session_data
        The session.

    Examples
    --------
    >>> import openbell as ob
    >>> session = ob.SessionData()
    >>> session.register_symbol("SPY", "1m")
    True
    >>> manager = ob.IndicatorManager(session)
    >>> manager.register_symbol_indicators("SPY", [ob.IndicatorConfig("sma", period=20, interval="1m")])
    1
    """

    def __init__(self, session_data: SessionData) -> None:
        self._session = session_data
        session_data.set_indicator_manager(self)

    def register_symbol_indicators(
        self,
        symbol: str,
        indicators: Iterable[IndicatorConfig],
        historical_bars: Mapping[Interval | str, Any] | None = None,
    ) -> int:
        """Add indicators to a symbol; the same one asked for twice is one.

        Parameters
        ----------
        symbol
            Registered.
        indicators
            Over intervals that the symbol has.
        historical_bars
            Bars before the session by interval, as `Bars`, a mapping of columns, or a frame, in any order: they warm
            the indicators up at once. Those that the session has itself are left out, and those in no session, which
            is logged. Without them, the earlier sessions that the session keeps do, and then its own bars.

        Returns
        -------
        int
            How many are new.

        Raises
        ------
        SymbolError
            If the symbol is not registered.
        IntervalError
            If it has no bars of an indicator's interval.
        ColumnsError
            If a row of the history is no bar, or none of them lies in a session.
        """
        rows = [indicator.row() for indicator in indicators]
        history = [
            (interval, history_columns(self._session, symbol, Interval(interval), bars))
            for interval, bars in (historical_bars or {}).items()
        ]
        added = self._session.add_indicators(symbol, rows, history)
        logger.info("%s: %d indicators registered, %d of them new", symbol, len(rows), added)
        return added

    def remove_symbol(self, symbol: str) -> None:
        """Take all indicators of a symbol away; its bars stay."""
        self._session.remove_indicators(symbol)

    def get_indicator_count(self, symbol: str) -> int:
        """Count the indicators of a symbol."""
        return len(self._session.get_all_indicators(symbol))

    def get_indicator_configs(self, symbol: str, interval: Interval | str) -> list[IndicatorConfig]:
        """List the indicators of a symbol over the bars of an interval."""
        wanted = Interval(interval)
        found = self._session.get_all_indicators(symbol).values()
        return [
            IndicatorConfig(i.name, interval=i.interval, params=i.params, source=i.source, against=i.against)
            for i in found
            if i.interval == wanted
        ]

    def update_indicators(self, symbol: str, interval: Interval | str, bars: Any = None) -> int:
        """Bring the indicators over an interval up to date; safe to repeat.

        Parameters
        ----------
        symbol, interval
            Whose indicators.
        bars
            Base bars, as `Bars`, a mapping of columns, or a frame; those not newer than the newest one are left out.
            None: there is nothing to do, since the engine steps indicators with every bar that it takes.

        Returns
        -------
        int
            How many bars were applied.

        Raises
        ------
        IntervalError
            If bars are given and the interval is not the symbol's base interval.
        """
        if bars is None:
            return 0
        base = next(iter(self._session.intervals(symbol)), None)
        if base != Interval(interval):
            raise IntervalError(f"{symbol}: bars of {interval} are derived from {base}; give bars of {base}")
        columns = bars_columns(bars)
        newest = self._session.get_latest_bar(symbol, base)
        keep = np.full(len(columns["ts"]), True) if newest is None else columns["ts"] > newest.ts
        fresh = {name: value[keep] for name, value in columns.items() if value is not None}
        report = self._session.apply({**fresh, "symbol": np.full(int(keep.sum()), symbol)})
        return report.appended
