"""Sessions against published closings, odd exchanges, and a clock that never goes back."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

from openbell.clock import TimeManager
from openbell.errors import CalendarError, ClockError

if TYPE_CHECKING:
    from pathlib import Path

HOUR = 3_600_000_000_000


@pytest.fixture(scope="module")
def nyse() -> TimeManager:
    return TimeManager("XNYS")


def test_new_york_agrees_with_a_published_list_of_closings(data_dir: Path, nyse: TimeManager) -> None:
    days = pl.read_csv(data_dir / "calendar/lean_us_equity_special_days.csv", try_parse_dates=True)
    assert set(days.columns) >= {"date", "kind"}
    start, end = dt.date(1998, 1, 1), dt.date(2025, 12, 31)
    rows = days.filter(pl.col("date").is_between(start, end))
    # The list has three days that fell on a weekend, and lacks three early closes.
    rows = rows.filter(pl.col("date").dt.weekday() <= 5)
    holidays = set(rows.filter(pl.col("kind") == "holiday")["date"].to_list())
    early = set(rows.filter(pl.col("kind") != "holiday")["date"].to_list())
    assert len(holidays) > 200
    assert len(early) > 40
    assert holidays == set(nyse.holidays(start, end))
    lacking = {dt.date(1998, 11, 27), dt.date(1998, 12, 24), dt.date(1999, 12, 31)}
    assert early | lacking == set(nyse.early_closes(start, end))
    for day in early:
        close = nyse.get_trading_session(day).regular_close
        assert close is not None
        assert close.time() == dt.time(13, 0), day


def test_an_early_close_ends_at_one(nyse: TimeManager) -> None:
    session = nyse.get_trading_session(dt.date(2015, 12, 24))
    assert session.is_early_close
    assert session.regular_open == dt.datetime(2015, 12, 24, 9, 30, tzinfo=nyse.zone)
    assert session.regular_close == dt.datetime(2015, 12, 24, 13, 0, tzinfo=nyse.zone)


def test_a_holiday_has_no_times(nyse: TimeManager) -> None:
    session = nyse.get_trading_session(dt.date(2015, 12, 25))
    assert session.is_holiday
    assert (session.regular_open, session.regular_close, session.segments) == (None, None, ())


def test_the_offset_follows_summer_time(nyse: TimeManager) -> None:
    arrays = nyse.calendar_arrays(dt.date(2024, 3, 8), dt.date(2024, 3, 11))
    assert (arrays.utc_offset_ns // HOUR).tolist() == [-5, -4]
    assert ((arrays.open_ns + arrays.utc_offset_ns) % (24 * HOUR)).tolist() == [int(9.5 * HOUR)] * 2


def test_a_lunch_break_makes_two_segments() -> None:
    session = TimeManager("XTKS").get_trading_session(dt.date(2021, 1, 14))
    zone = dt.timezone(dt.timedelta(hours=9))
    times = [
        (
            dt.datetime.fromtimestamp(s.open_ns / 1e9, zone).time(),
            dt.datetime.fromtimestamp(s.close_ns / 1e9, zone).time(),
        )
        for s in session.segments
    ]
    assert times == [(dt.time(9), dt.time(11, 30)), (dt.time(12, 30), dt.time(15))]


def test_extended_hours_surround_the_session() -> None:
    manager = TimeManager("XNYS", extended_hours=True)
    arrays = manager.calendar_arrays(dt.date(2024, 11, 29), dt.date(2024, 12, 2))
    assert arrays.regular.tolist() == [False, True, False] * 2
    local = (arrays.open_ns + arrays.utc_offset_ns) % (24 * HOUR) / HOUR
    ends = (arrays.close_ns + arrays.utc_offset_ns) % (24 * HOUR) / HOUR
    assert local.tolist() == [4, 9.5, 13, 4, 9.5, 16]
    assert ends.tolist() == [9.5, 13, 17, 9.5, 16, 20]
    early = int(arrays.open_ns[0])
    assert manager.session_of(early) == dt.date(2024, 11, 29)
    assert manager.session_of(early - 1) is None
    assert TimeManager("XNYS").session_of(early) is None


def test_round_the_clock() -> None:
    manager = TimeManager("24/7")
    arrays = manager.calendar_arrays(dt.date(2016, 10, 7), dt.date(2016, 10, 9))
    assert (arrays.close_ns - arrays.open_ns == 24 * HOUR).all()
    assert (arrays.open_ns[1:] == arrays.close_ns[:-1]).all()
    assert manager.session_of(int(arrays.open_ns[1])) == dt.date(2016, 10, 8)


def test_a_futures_session_opens_the_evening_before() -> None:
    manager = TimeManager("CMES")
    monday = manager.get_trading_session(dt.date(2013, 10, 7))
    assert monday.regular_open == dt.datetime(2013, 10, 6, 17, 0, tzinfo=manager.zone)
    assert monday.open_ns is not None
    assert manager.session_of(monday.open_ns) == dt.date(2013, 10, 7)


def test_neighbours(nyse: TimeManager) -> None:
    assert nyse.sessions_before(dt.date(2024, 12, 2), 3) == [dt.date(2024, 11, d) for d in (26, 27, 29)]
    assert nyse.next_session(dt.date(2024, 11, 27)) == dt.date(2024, 11, 29)
    assert nyse.previous_session(dt.date(2024, 12, 2)) == dt.date(2024, 11, 29)
    assert nyse.sessions(dt.date(2024, 11, 28), dt.date(2024, 11, 28)) == []


def test_arrays_are_in_order(nyse: TimeManager) -> None:
    arrays = nyse.calendar_arrays(dt.date(1995, 1, 1), dt.date(2024, 12, 31))
    assert len(arrays) > 7500
    assert (np.diff(arrays.open_ns) > 0).all()
    assert (arrays.close_ns > arrays.open_ns).all()
    assert arrays.date.dtype == np.int32


def test_the_clock_never_goes_back() -> None:
    manager = TimeManager("XNYS")
    with pytest.raises(ClockError, match="has not been set"):
        manager.get_current_time()
    manager.set_time_ns(1_387_000_000_123_456_789)
    assert manager.get_current_time().isoformat() == "2013-12-14T00:46:40.123456-05:00"
    with pytest.raises(ClockError, match="cannot go back"):
        manager.set_time_ns(1_387_000_000_123_456_788)
    live = TimeManager("XNYS", live=True)
    assert live.now_ns > 1_700_000_000_000_000_000
    with pytest.raises(ClockError, match="machine's"):
        live.set_time_ns(0)


def test_refusals_name_what_would_be_right(nyse: TimeManager) -> None:
    with pytest.raises(CalendarError, match="unknown exchange 'XNYSE'; did you mean 'XNYS'"):
        TimeManager("XNYSE")
    with pytest.raises(CalendarError, match="extended hours are not known"):
        TimeManager("XTKS", extended_hours=True)
    with pytest.raises(CalendarError, match="outside what its calendar covers"):
        nyse.get_trading_session(dt.date(1890, 1, 2))
    with pytest.raises(CalendarError, match="is empty"):
        nyse.sessions(dt.date(2024, 1, 2), dt.date(2024, 1, 1))


def test_importing_the_clock_does_not_import_pandas() -> None:
    code = "import sys, openbell.clock; assert 'pandas' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
