"""Expected, present and missing bars."""

from openbell.quality.manager import DataQualityManager, Gap, Quality

__all__ = ["DataQualityManager", "Gap", "Quality"]
