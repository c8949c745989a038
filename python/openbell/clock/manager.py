"""The clock of a run, and the sessions of its exchange."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Literal

import numpy as np

from openbell.clock.exchange import EXTENDED_HOURS, HOUR_NS, check_extended_hours, coverage, load_calendar
from openbell.clock.live import WallClock
from openbell.clock.session import (
    DAY_NS,
    CalendarArrays,
    Segment,
    TradingSession,
    day_number,
    from_day_number,
    local_time,
)
from openbell.errors import CalendarError, ClockError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from openbell.clock.live import LiveClock

Phase = Literal["pre", "open", "break", "post", "closed"]


class TimeManager:
    """Sessions of an exchange and the time of a run.

    In a backtest the clock is simulated: it stands where the coordinator put it and never goes back. Live, it is the
    machine's.

    Parameters
    ----------
    exchange
        A code or alias of exchange_calendars such as ``XNYS``, ``XLON``, ``XTKS``, ``CMES``, or ``24/7``.
    extended_hours
        Whether pre- and post-market trading belongs to the sessions, as segments that are not regular.
    live
        Whether the clock is the machine's.

    Raises
    ------
    CalendarError
        If the exchange, or its extended hours, are unknown.
    """

    def __init__(self, exchange: str = "XNYS", *, extended_hours: bool = False, live: bool = False) -> None:
        self._calendar = load_calendar(exchange)
        if extended_hours:
            check_extended_hours(exchange)
        self.exchange = exchange
        self.extended_hours = extended_hours
        self.live = live
        # Whose time a live run goes by.
        self.clock: LiveClock = WallClock()
        # Closures that no calendar knew of, by day number.
        self.closures: dict[int, int] = {}
        # Sessions that were asked for, each with the closure that it has.
        self._known: dict[dt.date, tuple[int | None, TradingSession]] = {}
        self._now_ns: int | None = None

    def __repr__(self) -> str:
        return f"TimeManager({self.exchange!r}, extended_hours={self.extended_hours}, live={self.live})"

    # The clock

    @property
    def zone(self) -> ZoneInfo:
        """The exchange's time zone."""
        return self._calendar.zone

    @property
    def now_ns(self) -> int:
        """The time, in nanoseconds since 1970 UTC.

        Raises
        ------
        ClockError
            If the clock is simulated and was not set yet.
        """
        if self.live:
            return self.clock.now_ns()
        if self._now_ns is None:
            raise ClockError("the simulated clock has not been set: it starts with the run")
        return self._now_ns

    def get_current_time(self) -> dt.datetime:
        """Give the time in the exchange's zone, cut to microseconds."""
        return local_time(self.now_ns, self.zone)

    def set_time_ns(self, now_ns: int) -> None:
        """Put the simulated clock forward.

        Raises
        ------
        ClockError
            If it would go back, or if the clock is the machine's.
        """
        if self.live:
            raise ClockError("the clock of a live run is the machine's and cannot be set")
        if self._now_ns is not None and now_ns < self._now_ns:
            here, there = (local_time(t, self.zone).isoformat() for t in (self._now_ns, now_ns))
            raise ClockError(f"the clock cannot go back from {here} to {there}")
        self._now_ns = now_ns

    # Sessions

    @property
    def bounds(self) -> tuple[dt.date, dt.date]:
        """First and last session that is known."""
        return coverage(self._calendar)

    def get_trading_session(self, date: dt.date) -> TradingSession:
        """Give what is known of a date; without segments if there is no session."""
        closed_ns, known = self._known.get(date, (None, None))
        if known is not None and closed_ns == self.closures.get(day_number(date)):
            return known
        session = self._trading_session(date)
        self._known[date] = (self.closures.get(day_number(date)), session)
        return session

    def _trading_session(self, date: dt.date) -> TradingSession:
        self._check_covered(date)
        row = int(np.searchsorted(self._calendar.date, day_number(date)))
        here = row < len(self._calendar.date) and self._calendar.date[row] == day_number(date)
        arrays = self._rows(row, row + 1) if here else self._rows(0, 0)
        segments = zip(arrays.open_ns.tolist(), arrays.close_ns.tolist(), arrays.regular.tolist(), strict=True)
        return TradingSession(
            date=date,
            exchange=self.exchange,
            timezone=self.zone.key,
            segments=tuple(Segment(*segment) for segment in segments),
            is_early_close=bool(here and self._calendar.early[row]),
        )

    def sessions(self, start: dt.date, end: dt.date) -> list[dt.date]:
        """List the dates with a session from ``start`` to ``end``, both included."""
        first, last = self._range(start, end)
        return [from_day_number(day) for day in self._calendar.date[first:last].tolist()]

    def sessions_before(self, date: dt.date, count: int) -> list[dt.date]:
        """List the ``count`` sessions before a date, oldest first; fewer where the calendar begins."""
        self._check_covered(date)
        last = int(np.searchsorted(self._calendar.date, day_number(date)))
        return [from_day_number(day) for day in self._calendar.date[max(0, last - count) : last].tolist()]

    def next_session(self, date: dt.date) -> dt.date:
        """Give the first session after a date."""
        self._check_covered(date)
        row = int(np.searchsorted(self._calendar.date, day_number(date), side="right"))
        if row == len(self._calendar.date):
            raise CalendarError(f"{self.exchange}: no session after {date} is known")
        return from_day_number(int(self._calendar.date[row]))

    def previous_session(self, date: dt.date) -> dt.date:
        """Give the last session before a date."""
        before = self.sessions_before(date, 1)
        if not before:
            raise CalendarError(f"{self.exchange}: no session before {date} is known")
        return before[0]

    def session_of(self, ts_ns: int) -> dt.date | None:
        """Give the session that trades at a time, extended hours included where they are on."""
        row = int(np.searchsorted(self._calendar.open_ns, ts_ns, side="right"))
        arrays = self._rows(max(0, row - 1), min(row + 1, len(self._calendar.date)))
        inside = (arrays.open_ns <= ts_ns) & (ts_ns < arrays.close_ns)
        return from_day_number(int(arrays.date[inside][0])) if inside.any() else None

    def phase(self, ts_ns: int) -> Phase:
        """Give the phase at a time.

        ``open`` is regular trading, ``break`` a pause within it, ``pre`` and ``post`` are the hours of trading around
        it where they belong to the sessions, and the rest is ``closed``.
        """
        row = int(np.searchsorted(self._calendar.open_ns, ts_ns, side="right"))
        for place in (row - 1, row):
            if not 0 <= place < len(self._calendar.date):
                continue
            session = self.get_trading_session(from_day_number(int(self._calendar.date[place])))
            first, last = session.segments[0], session.segments[-1]
            if not first.open_ns <= ts_ns < last.close_ns:
                continue
            within = next((s for s in session.segments if s.open_ns <= ts_ns < s.close_ns), None)
            if within is None:
                return "break"
            return "open" if within.regular else "pre" if ts_ns < (session.open_ns or 0) else "post"
        return "closed"

    def early_closes(self, start: dt.date, end: dt.date) -> list[dt.date]:
        """List the sessions that end before their usual time."""
        first, last = self._range(start, end)
        days = self._calendar.date[first:last][self._calendar.early[first:last]]
        return [from_day_number(day) for day in days.tolist()]

    def holidays(self, start: dt.date, end: dt.date) -> list[dt.date]:
        """List the weekdays without a session."""
        sessions = set(self.sessions(start, end))
        days = (start + dt.timedelta(days=i) for i in range((end - start).days + 1))
        return [day for day in days if day.weekday() < 5 and day not in sessions]

    def calendar_arrays(self, start: dt.date, end: dt.date, *, announced: bool = True) -> CalendarArrays:
        """Give the sessions from ``start`` to ``end``, both included, as columns, with announced closures or not."""
        return self._rows(*self._range(start, end), announced=announced)

    # Rows of the calendar

    def _check_covered(self, date: dt.date) -> None:
        first, last = coverage(self._calendar)
        if not first <= date <= last:
            raise CalendarError(f"{self.exchange}: {date} lies outside what its calendar covers, {first} to {last}")

    def _range(self, start: dt.date, end: dt.date) -> tuple[int, int]:
        if end < start:
            raise CalendarError(
                f"{self.exchange}: the range from {start} to {end} is empty: its end must not be earlier"
            )
        self._check_covered(start)
        self._check_covered(end)
        dates = self._calendar.date
        return (
            int(np.searchsorted(dates, day_number(start))),
            int(np.searchsorted(dates, day_number(end), side="right")),
        )

    def _rows(self, first: int, last: int, *, announced: bool = True) -> CalendarArrays:
        c, rows = self._calendar, slice(first, last)
        has_break = c.break_open_ns[rows] > 0
        opens, closes = c.open_ns[rows], c.close_ns[rows]
        offset = c.utc_offset_ns[rows]
        # Columns of segments in the order of the day; an empty segment is one that this day does not have.
        columns = [
            (opens, np.where(has_break, c.break_open_ns[rows], closes), True),
            (np.where(has_break, c.break_close_ns[rows], closes), closes, True),
        ]
        if self.extended_hours:
            start, end, early_end = EXTENDED_HOURS[self.exchange]
            midnight = c.date[rows].astype(np.int64) * DAY_NS - offset
            last_close = midnight + np.where(c.early[rows], early_end, end) * HOUR_NS
            columns = [(midnight + start * HOUR_NS, opens, False), *columns, (closes, last_close, False)]
        open_ns = np.stack([column[0] for column in columns], axis=1).ravel()
        close_ns = np.stack([column[1] for column in columns], axis=1).ravel()
        for day, closed_ns in self.closures.items() if announced else ():
            on_day = np.repeat(c.date[rows], len(columns)) == day
            close_ns[on_day] = np.minimum(close_ns[on_day], closed_ns)
        there = open_ns < close_ns
        width = len(columns)
        return CalendarArrays(
            date=np.repeat(c.date[rows], width)[there],
            open_ns=open_ns[there],
            close_ns=close_ns[there],
            regular=np.tile(np.array([column[2] for column in columns]), last - first)[there],
            utc_offset_ns=np.repeat(offset, width)[there],
        )
