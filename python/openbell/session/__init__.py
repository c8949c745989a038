"""The session: bars, indicators and figures of every symbol, live and queryable."""

from openbell.session.data import SessionData, get_session_data
from openbell.session.indicators import IndicatorManager
from openbell.session.symbol import HistoricalBars, IntervalBars, SymbolData

__all__ = ["HistoricalBars", "IndicatorManager", "IntervalBars", "SessionData", "SymbolData", "get_session_data"]
