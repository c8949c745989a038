"""Trading sessions and the clock of a run: exchange calendars, early closes, holidays, breaks, time zones."""

from openbell.clock.live import LiveClock, WallClock
from openbell.clock.manager import Phase, TimeManager
from openbell.clock.session import CalendarArrays, Segment, TradingSession

__all__ = ["CalendarArrays", "LiveClock", "Phase", "Segment", "TimeManager", "TradingSession", "WallClock"]
