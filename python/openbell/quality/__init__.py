"""What is missing: expected against present bars, gaps and what became of them, silence and what it means."""

from openbell.quality.ledger import GapLedger, GapRecord
from openbell.quality.manager import DataQualityManager, Gap, Quality
from openbell.quality.silence import log_silence

__all__ = ["DataQualityManager", "Gap", "GapLedger", "GapRecord", "Quality", "log_silence"]
