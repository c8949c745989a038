"""Bars by session: what a source has, on the days of a calendar."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from openbell._core import Interval, as_ns, parse_symbol
from openbell.clock.session import DAY_NS, day_number, local_time
from openbell.errors import IntervalError, SourceError
from openbell.sources.columns import Columns
from openbell.sources.feed import BARS, LiveSource

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from openbell.clock import CalendarArrays, TimeManager
    from openbell.sources.feed import Channel, Feed, Sink
    from openbell.sources.protocol import Source


class DataManager:
    """A source, asked by sessions of an exchange.

    Parameters
    ----------
    source
        Of base bars.
    time_manager
        Whose sessions count.
    """

    def __init__(self, source: Source, time_manager: TimeManager) -> None:
        self.source = source
        self.time_manager = time_manager
        self._streams: list[Feed] = []

    def get_bars(
        self,
        symbol: str,
        start: dt.date | dt.datetime,
        end: dt.date | dt.datetime,
        interval: Interval | str | None = None,
        regular_hours_only: bool = True,  # noqa: FBT001, FBT002  # the order is part of the interface
    ) -> Columns:
        """Give the base bars of a symbol.

        Parameters
        ----------
        symbol
            A ticker; one that the source does not have has no bars.
        start, end
            Datetimes with a zone bound the bars' opens as ``[start, end)``; dates are sessions, both included.
        interval
            The source's, which it is if not given.
        regular_hours_only
            Whether bars outside the regular sessions are left out.

        Raises
        ------
        IntervalError
            If the source has bars of another interval.
        """
        if interval is not None and Interval(interval) != self.source.interval:
            raise IntervalError(f"the source has bars of {self.source.interval}, not of {interval}")
        columns = self.source.history([parse_symbol(symbol)], self._bound_ns(start, 0), self._bound_ns(end, 1))
        return self._regular(columns) if regular_hours_only else columns

    def load_historical_bars(
        self, symbol: str, interval: Interval | str | None = None, days: int = 1, *, before: dt.date | None = None
    ) -> Columns:
        """Give the base bars of a symbol in the last sessions.

        Parameters
        ----------
        interval
            The source's, which it is if not given.
        days
            How many sessions.
        before
            The session after the last of them; the one that is under way or comes next, if not given.

        Raises
        ------
        IntervalError
            If the source has bars of another interval.
        """
        today = before or local_time(self.time_manager.now_ns, self.time_manager.zone).date()
        dates = self.time_manager.sessions_before(today, days)
        if not dates:
            return Columns.empty()
        return self.get_bars(symbol, dates[0], dates[-1], interval)

    def start_stream(self, sink: Sink, symbols: Sequence[str], channels: Collection[Channel] = BARS) -> Feed:
        """Have symbols delivered to a sink, over a connection of its own that nobody supervises.

        Raises
        ------
        SourceError
            If the source has no live half.
        """
        if not isinstance(self.source, LiveSource):
            raise SourceError(f"{self.source.capabilities.label} has no live half: it cannot stream")
        feed = self.source.open_feed()
        feed.subscribe(symbols, channels)
        feed.start(sink)
        self._streams.append(feed)
        return feed

    def stop_stream(self, feed: Feed | None = None) -> None:
        """End a stream, or all that `start_stream` began, and wait until nothing is delivered any more."""
        ending = [feed] if feed is not None else list(self._streams)
        for stream in ending:
            stream.stop()
        self._streams = [stream for stream in self._streams if stream not in ending]

    def load_session(self, symbols: Sequence[str] | None, date: dt.date) -> Columns:
        """Give every row that belongs to a session, and those since the session before that belong to none.

        Rows of a source of daily bars, which carry a date, are put at the session's open.
        """
        before = self.time_manager.previous_session(date)
        if not self.source.interval.is_intraday:
            return self._daily(symbols, before, date)
        return self.source.history(symbols, self._end_of(before), self._end_of(date))

    def ends(self, columns: Columns) -> NDArray[np.int64]:
        """Give when each bar ends: the last of a stretch of trading may be shorter than the others."""
        ends = columns.ts + self.source.interval.nanos
        if not len(columns):
            return ends
        calendar = self._calendar_around(columns)
        within, rows = calendar.locate(columns.ts)
        return np.where(within, np.minimum(ends, calendar.close_ns[rows]), ends).astype(np.int64)

    def _calendar_around(self, columns: Columns) -> CalendarArrays:
        first, last = (local_time(int(t), self.time_manager.zone).date() for t in (columns.ts.min(), columns.ts.max()))
        earliest, latest = self.time_manager.bounds
        day = dt.timedelta(days=1)
        return self.time_manager.calendar_arrays(max(first - day, earliest), min(last + day, latest))

    def _daily(self, symbols: Sequence[str] | None, before: dt.date, date: dt.date) -> Columns:
        first, last = day_number(before), day_number(date)
        # A date is a midnight, in the zone that the source was told or in UTC: at most a day from the exchange's.
        columns = self.source.history(symbols, first * DAY_NS, (last + 2) * DAY_NS)
        days = self._dates(columns)
        columns, days = columns.take((days > first) & (days <= last)), days[(days > first) & (days <= last)]
        session = self.time_manager.get_trading_session(date)
        # A row whose date has no session is put where no session is, so that it is counted.
        nowhere = max(segment.close_ns for segment in self.time_manager.get_trading_session(before).segments)
        ts = np.where(days == last, session.open_ns or nowhere, nowhere).astype(np.int64)
        return dataclasses.replace(columns, ts=ts)

    def _dates(self, columns: Columns) -> NDArray[np.int64]:
        """Give the dates of daily bars as day numbers."""
        tz = getattr(getattr(self.source, "options", None), "tz", None)
        if tz is None:
            return columns.ts // DAY_NS
        zone = ZoneInfo(tz)
        times, rows = np.unique(columns.ts, return_inverse=True)
        days = [day_number(local_time(int(ts), zone).date()) for ts in times]
        return np.array(days, dtype=np.int64)[rows] if days else np.empty(0, dtype=np.int64)

    def _end_of(self, date: dt.date) -> int:
        """Give the end of a session's day: its last close, or the midnight after it, whichever is later."""
        last = max(segment.close_ns for segment in self.time_manager.get_trading_session(date).segments)
        midnight = dt.datetime.combine(date + dt.timedelta(days=1), dt.time(), self.time_manager.zone)
        return max(last, int(midnight.timestamp()) * 1_000_000_000)

    def _bound_ns(self, bound: dt.date | dt.datetime, days: int) -> int:
        if not isinstance(bound, dt.datetime):
            bound = dt.datetime.combine(bound + dt.timedelta(days=days), dt.time(), self.time_manager.zone)
        return as_ns(bound)

    def _regular(self, columns: Columns) -> Columns:
        if not len(columns):
            return columns
        calendar = self._calendar_around(columns)
        within, rows = calendar.locate(columns.ts)
        return columns.take(within & calendar.regular[rows])
