"""Scanners: screening many symbols at given times, and promoting the few that qualify."""

from openbell.scanners.base import BaseScanner, ScanContext, ScanHit, ScanResult
from openbell.scanners.expression import ExpressionScanner
from openbell.scanners.manager import ScannerManager, ScannerStats

__all__ = [
    "BaseScanner",
    "ExpressionScanner",
    "ScanContext",
    "ScanHit",
    "ScanResult",
    "ScannerManager",
    "ScannerStats",
]
