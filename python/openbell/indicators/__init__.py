"""The indicator catalogue: what there is, and how one is named and configured."""

from openbell.indicators.catalogue import IndicatorInfo, IndicatorType, ParameterInfo, list_indicators
from openbell.indicators.config import IndicatorConfig

__all__ = ["IndicatorConfig", "IndicatorInfo", "IndicatorType", "ParameterInfo", "list_indicators"]
