"""A live, queryable picture of a trading session."""

from openbell._core import Interval

__all__ = ["Interval"]
