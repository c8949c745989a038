"""What a run came to: figures, a table for the terminal, a page for the browser."""

from openbell.report.html import page_problem, render_html
from openbell.report.summary import (
    CandleChart,
    HitSummary,
    LiveSummary,
    RunSummary,
    ScannerSummary,
    SessionSummary,
    SymbolSummary,
)
from openbell.report.tables import summary_tables

__all__ = [
    "CandleChart",
    "HitSummary",
    "LiveSummary",
    "RunSummary",
    "ScannerSummary",
    "SessionSummary",
    "SymbolSummary",
    "page_problem",
    "render_html",
    "summary_tables",
]
