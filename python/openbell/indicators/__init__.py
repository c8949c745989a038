"""The indicator catalogue: what there is, how one is named and configured, and each as a function and a class.

>>> from openbell import indicators as ta
>>> ta.sma([1.0, 2.0, 3.0, 4.0], 2).tolist()
[nan, 1.5, 2.5, 3.5]
>>> average = ta.SMA(2)
>>> [average.update(x) for x in (1.0, 2.0, 3.0)]
[None, 1.5, 2.5]
"""

from importlib import import_module
from typing import Any

from openbell.indicators.catalogue import IndicatorInfo, IndicatorType, ParameterInfo, list_indicators
from openbell.indicators.config import IndicatorConfig
from openbell.indicators.custom import register_expression, register_indicator

__all__ = [
    "IndicatorConfig",
    "IndicatorInfo",
    "IndicatorType",
    "ParameterInfo",
    "list_indicators",
    "register_expression",
    "register_indicator",
]


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    # By the name of the module: `from openbell.indicators import functions` would ask here for `functions` first.
    value = globals()[name] = getattr(import_module("openbell.indicators.functions"), name)
    return value
