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
    "get_session_data",
    "list_indicators",
    "register_expression",
    "register_indicator",
]

_HOMES = {
    "openbell._core": (
        "ApplyReport", "Bar", "Bars", "Event", "Events", "IndicatorData", "Interval", "Quote", "SessionMetrics",
        "Trade", "TradeReport", "build_info",
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


# Of x86-64-v3, for which the extension is built, as Linux calls them; and how much of a list of processors is read.
_NEEDED, _DESCRIBED = ("avx2", "bmi2", "fma"), 16_384


def _check_processor(path: str = "/proc/cpuinfo") -> None:
    """Refuse a processor that cannot run the extension: its first unknown instruction would end the process.

    Raises
    ------
    ImportError
        With what is missing, and what to do. Where the system does not say what there is, nothing is refused.
    """
    try:
        with open(path, encoding="utf-8", errors="replace") as file:  # noqa: PTH123  # pathlib takes longer to import
            described = file.read(_DESCRIBED)
    except OSError:
        return
    flags = next((line.split() for line in described.splitlines() if line.startswith("flags")), None)
    if flags is not None and (missing := [flag for flag in _NEEDED if flag not in flags]):
        raise ImportError(
            f"openbell needs a processor with {', '.join(_NEEDED)} (x86-64-v3: Intel since 2013, AMD since 2015); this "
            f"one lacks {', '.join(missing)}. A virtual machine may hide them: give it the host's type of processor"
        )


_check_processor()


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
