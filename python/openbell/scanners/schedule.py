"""When scans run: times of day, or relative to the session."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openbell.clock import TimeManager, TradingSession
    from openbell.config.moment import Moment
    from openbell.config.sections import ScannerSchedule


def moment_ns(moment: Moment, session: TradingSession, time_manager: TimeManager) -> int:
    """Give the time that a moment is on a session's day, nanoseconds since 1970 UTC."""
    import datetime as dt

    if moment.anchor == "open":
        return (session.open_ns or 0) + moment.offset_s * 1_000_000_000
    if moment.anchor == "close":
        return (session.close_ns or 0) + moment.offset_s * 1_000_000_000
    local = dt.datetime.combine(session.date, moment.time, time_manager.zone)
    return int(local.timestamp()) * 1_000_000_000


def scan_times(schedules: Iterable[ScannerSchedule], session: TradingSession, time_manager: TimeManager) -> list[int]:
    """Give all times of a day at which schedules ask for a scan, within the regular session, in order."""
    open_ns, close_ns = session.open_ns or 0, session.close_ns or 0
    times: set[int] = set()
    for schedule in schedules:
        start, end = (moment_ns(moment, session, time_manager) for moment in (schedule.start, schedule.end))
        times.update(range(start, end + 1, schedule.interval.nanos))
    return sorted(time for time in times if open_ns < time <= close_ns)
