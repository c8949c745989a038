"""The session: bars, indicators and figures of every symbol, live and queryable."""

from openbell.session.across import Snapshot
from openbell.session.data import SessionData, get_session_data
from openbell.session.frame import Frame
from openbell.session.indicators import IndicatorManager
from openbell.session.symbol import HistoricalBars, IntervalBars, SymbolData

__all__ = [
    "Frame",
    "HistoricalBars",
    "IndicatorManager",
    "IntervalBars",
    "SessionData",
    "Snapshot",
    "SymbolData",
    "get_session_data",
]
