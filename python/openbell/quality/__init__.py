"""Expected, present and missing bars."""

from openbell.quality.ledger import GapLedger, GapRecord
from openbell.quality.manager import DataQualityManager, Gap, Quality

__all__ = ["DataQualityManager", "Gap", "GapLedger", "GapRecord", "Quality"]
