"""A live, queryable picture of a trading session.

Bars in ring buffers, derived bars, and indicators in constant time a bar, in Rust; the session, the coordinator and the
command line in Python. Names are imported when they are first used, so that importing the package is quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openbell._core import (
        ApplyReport,
        Bar,
        Bars,
        Event,
        Events,
        IndicatorData,
        Interval,
        Quote,
        SessionMetrics,
        Trade,
        TradeReport,
        build_info,
        compute,
    )
    from openbell.clock import TimeManager, TradingSession
    from openbell.config import SessionConfig
    from openbell.coordinator import RunResult, SessionCoordinator, Strategy
    from openbell.errors import OpenbellError
    from openbell.indicators import (
        IndicatorConfig,
        IndicatorType,
        list_indicators,
        register_expression,
        register_indicator,
    )
    from openbell.quality import DataQualityManager, GapLedger
    from openbell.requirements import analyze_indicator_requirements, analyze_session_requirements
    from openbell.session import Frame, IndicatorManager, SessionData, Snapshot, SymbolData, get_session_data
    from openbell.sources import CsvSource, DataManager, FrameSource, GapFiller, ParquetSource, SimulatorSource
    from openbell.tape import SaleConditions, TapeRules

__all__ = [
    "ApplyReport",
    "Bar",
    "Bars",
    "CsvSource",
    "DataManager",
    "DataQualityManager",
    "Event",
    "Events",
    "Frame",
    "FrameSource",
    "GapFiller",
    "GapLedger",
    "IndicatorConfig",
    "IndicatorData",
    "IndicatorManager",
    "IndicatorType",
    "Interval",
    "OpenbellError",
    "ParquetSource",
    "Quote",
    "RunResult",
    "SaleConditions",
    "SessionConfig",
    "SessionCoordinator",
    "SessionData",
    "SessionMetrics",
    "SimulatorSource",
    "Snapshot",
    "Strategy",
    "SymbolData",
    "TapeRules",
    "TimeManager",
    "Trade",
    "TradeReport",
    "TradingSession",
    "analyze_indicator_requirements",
    "analyze_session_requirements",
    "build_info",
    "compute",
    "get_session_data",
    "list_indicators",
    "register_expression",
    "register_indicator",
]

_HOMES = {
    "openbell._core": (
        "ApplyReport", "Bar", "Bars", "Event", "Events", "IndicatorData", "Interval", "Quote", "SessionMetrics",
        "Trade", "TradeReport", "build_info",
        "compute",
    ),
    "openbell.clock": ("TimeManager", "TradingSession"),
    "openbell.config": ("SessionConfig",),
    "openbell.coordinator": ("RunResult", "SessionCoordinator", "Strategy"),
    "openbell.errors": ("OpenbellError",),
    "openbell.indicators": (
        "IndicatorConfig", "IndicatorType", "list_indicators", "register_expression", "register_indicator",
    ),
    "openbell.quality": ("DataQualityManager", "GapLedger"),
    "openbell.requirements": ("analyze_indicator_requirements", "analyze_session_requirements"),
    "openbell.session": ("Frame", "IndicatorManager", "SessionData", "Snapshot", "SymbolData", "get_session_data"),
    "openbell.tape": ("SaleConditions", "TapeRules"),
    "openbell.sources": ("CsvSource", "DataManager", "FrameSource", "GapFiller", "ParquetSource", "SimulatorSource"),
}  # fmt: skip
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("openbell")
    if name not in _HOME_OF:
        raise AttributeError(f"module 'openbell' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*__all__, "__version__"})
