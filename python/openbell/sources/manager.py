"""Bars by session: what a source has, on the days of a calendar."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from openbell.clock.session import day_number, local_time
from openbell.errors import IntervalError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openbell._core import Interval
    from openbell.clock import TimeManager
    from openbell.sources.columns import Columns
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
        if interval is not None and str(interval) != str(self.source.interval):
            raise IntervalError(f"the source has bars of {self.source.interval}, not of {interval}")
        columns = self.source.history([symbol], self._bound_ns(start, 0), self._bound_ns(end, 1))
        return self._regular(columns) if regular_hours_only else columns

    def load_session(self, symbols: Sequence[str] | None, date: dt.date) -> Columns:
        """Give every row that belongs to a session, and those since the session before that belong to none.

        Rows of a source of daily bars, which carry a date, are put at the session's open.
        """
        start = self._end_of(self.time_manager.previous_session(date))
        columns = self.source.history(symbols, start, self._end_of(date))
        if self.source.interval.is_intraday:
            return columns
        return self._daily(symbols, date)

    def _daily(self, symbols: Sequence[str] | None, date: dt.date) -> Columns:
        import dataclasses

        # A date is a midnight, in the zone that the source was told or in UTC: at most a day from the exchange's.
        midnight = day_number(date) * 86_400_000_000_000
        columns = self.source.history(symbols, midnight - 86_400_000_000_000, midnight + 2 * 86_400_000_000_000)
        tz = getattr(getattr(self.source, "options", None), "tz", None)
        if tz is None:
            days = columns.ts // 86_400_000_000_000
        else:
            from zoneinfo import ZoneInfo

            zone = ZoneInfo(tz)
            days = np.array([day_number(local_time(int(ts), zone).date()) for ts in columns.ts], dtype=np.int64)
        columns = columns.take(days == day_number(date))
        open_ns = self.time_manager.get_trading_session(date).open_ns
        return dataclasses.replace(columns, ts=np.full(len(columns), open_ns, dtype=np.int64))

    def _end_of(self, date: dt.date) -> int:
        """Give the end of a session's day: its last close, or the midnight after it, whichever is later."""
        last = max(segment.close_ns for segment in self.time_manager.get_trading_session(date).segments)
        midnight = dt.datetime.combine(date + dt.timedelta(days=1), dt.time(), self.time_manager.zone)
        return max(last, int(midnight.timestamp()) * 1_000_000_000)

    def _bound_ns(self, bound: dt.date | dt.datetime, days: int) -> int:
        if not isinstance(bound, dt.datetime):
            bound = dt.datetime.combine(bound + dt.timedelta(days=days), dt.time(), self.time_manager.zone)
        elif bound.tzinfo is None:
            raise ValueError(f"{bound.isoformat()} has no time zone; write it with one")
        return int(bound.timestamp()) * 1_000_000_000 + bound.microsecond * 1000

    def _regular(self, columns: Columns) -> Columns:
        if not len(columns):
            return columns
        first, last = (local_time(int(t), self.time_manager.zone).date() for t in (columns.ts.min(), columns.ts.max()))
        day = dt.timedelta(days=1)
        calendar = self.time_manager.calendar_arrays(first - day, last + day)
        opens, closes = calendar.open_ns[calendar.regular], calendar.close_ns[calendar.regular]
        place = np.searchsorted(opens, columns.ts, side="right") - 1
        return columns.take((place >= 0) & (columns.ts < closes[np.maximum(place, 0)]))
