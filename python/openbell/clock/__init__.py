"""Trading sessions and the clock of a run: exchange calendars, early closes, holidays, breaks, time zones."""

from openbell.clock.manager import TimeManager
from openbell.clock.session import CalendarArrays, Segment, TradingSession

__all__ = ["CalendarArrays", "Segment", "TimeManager", "TradingSession"]
