"""Times as people write them: all alike, or not, gives the same."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbell.errors import SourceError
from openbell.sources import CsvSource, FrameSource

if TYPE_CHECKING:
    from pathlib import Path


def day(year: int, month: int, day: int) -> dt.datetime:
    return dt.datetime.fromisoformat(f"{year:04}-{month:02}-{day:02}")


NEW_YORK = ZoneInfo("America/New_York")
INDIA = dt.timezone(dt.timedelta(hours=5, minutes=30))
FORMS = {
    "%Y-%m-%dT%H:%M:%SZ": dt.UTC,
    "%Y-%m-%d %H:%M:%SZ": dt.UTC,
    "%Y-%m-%dT%H:%M:%S.%fZ": dt.UTC,
    "%Y-%m-%dT%H:%M:%S+05:30": INDIA,
    "%Y-%m-%d %H:%M:%S.%f+0530": INDIA,
    "%Y-%m-%d %H:%M:%S": NEW_YORK,
    "%Y-%m-%dT%H:%M:%S.%f": NEW_YORK,
}
# Over all that nanoseconds can count, and often around the hours that New York repeats and leaves out.
WHOLE_MINUTES = (
    st.datetimes(day(1700, 1, 1), day(2200, 1, 1))
    | st.datetimes(day(2024, 3, 10), day(2024, 3, 11))
    | st.datetimes(day(2024, 11, 3), day(2024, 11, 4))
).map(lambda time: time.replace(second=0, microsecond=0))


def source(times: list[Any], **options: Any) -> FrameSource:
    prices = dict.fromkeys(("open", "high", "low", "close", "volume"), [1.0] * len(times))
    return FrameSource({"symbol": ["A"] * len(times), "ts": times, **prices}, on_bad="skip", **options)


def nanos(local: dt.datetime, zone: dt.tzinfo) -> int | None:
    """Give a time of a place; none of an hour that it has twice or not at all."""
    first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(dt.UTC) for fold in (0, 1))
    if first != second:
        return None
    since = first - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000_000


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(sorted(FORMS)),
    st.lists(WHOLE_MINUTES, min_size=1, max_size=8),
    st.lists(st.sampled_from([None, "soon", "noon, 1 May", "2024-11-25T14:30:61Z"]), max_size=2),
    st.integers(0, 8),
)
def test_one_that_is_written_otherwise_changes_nothing(
    form: str, times: list[dt.datetime], odd: list[str | None], place: int
) -> None:
    zone = FORMS[form]
    # Tables of zones differ about the time before clocks were set by law, and do not go on for ever.
    times = [time for time in times if zone is not NEW_YORK or 1900 < time.year < 2100] or [day(2024, 7, 1)]
    texts: list[str | None] = [time.strftime(form.replace("%Y", f"{time.year:04}")) for time in times]
    expected = [ns for time in times if (ns := nanos(time, zone)) is not None]
    options = {"tz": "America/New_York"} if zone is NEW_YORK else {}
    for rows in (texts, [*texts[:1], *texts[1 : place + 1], *odd, *texts[place + 1 :]]):
        read = source(rows, **options)
        assert read.history(None, -(2**63), 2**63 - 1).ts.tolist() == expected
        assert read.refused.counts == ({"time cannot be read": n} if (n := len(rows) - len(expected)) else {})


@pytest.mark.parametrize("together", [1, 3, 4, 100])
@pytest.mark.parametrize("later", ["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%SZ"])
def test_texts_that_are_read_in_parts_are_read_as_in_one(
    together: int, later: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    minutes = [day(2024, 11, 25) + dt.timedelta(minutes=minute) for minute in range(8)]
    texts = [time.strftime("%Y-%m-%dT%H:%M:%SZ" if place < 4 else later) for place, time in enumerate(minutes)]
    whole = source(texts).history(None, -(2**63), 2**63 - 1).ts
    monkeypatch.setattr("openbell.sources.times.TOGETHER", together)
    assert source(texts).history(None, -(2**63), 2**63 - 1).ts.tolist() == whole.tolist()
    assert whole[:4].tolist() == [nanos(time, dt.UTC) for time in minutes[:4]]


@pytest.mark.parametrize(
    ("times", "options"),
    [
        (["0001-01-01T00:00:00Z", "2024-01-02T00:00:00Z", "2300-01-01T00:00:00Z"], {}),
        ([day(1, 1, 1), day(2024, 1, 2), day(3000, 1, 1)], {}),
        ([dt.date(1, 1, 1), dt.date(2024, 1, 2), dt.date(3000, 1, 1)], {}),
        # Milliseconds that are said to be seconds.
        ([1_704_153_600_000, 1_704_153_600, -(2**62)], {"unit": "s"}),
        (pl.Series([2**64 - 1, 1_704_153_600, 2**63], dtype=pl.UInt64), {"unit": "s"}),
    ],
    ids=["texts", "datetimes", "dates", "counts", "unsigned"],
)
def test_a_time_too_far_away_is_none_at_all(times: Any, options: dict[str, Any]) -> None:
    read = source(times, **options)
    assert read.span() == (1_704_153_600_000_000_000,) * 2
    assert read.refused.counts == {"time cannot be read": 2}


@pytest.mark.parametrize("text", ["1/2/2024 14:30", "02-01-2024 14:30:00", "02.01.2024 14:30", "14:30 2024-01-02"])
def test_which_is_the_month_is_not_guessed(text: str) -> None:
    read = source([text, text])
    assert read.span() is None
    assert read.refused.counts == {"time cannot be read": 2}


@pytest.mark.parametrize("text", [" 2024/01/02 14:30", "2024-01-02T14:30Z "])
def test_the_year_comes_first(text: str) -> None:
    assert source([text]).span() == (1_704_205_800_000_000_000,) * 2


@pytest.mark.parametrize(
    ("times", "unit", "expected"),
    [
        ([1_704_205_800.0, 1_704_205_740.25, -60.0], "s", [1_704_205_800_000, -60_000]),
        ([1_704_205_800_000.0, None, float("nan"), 1e300], "ms", [1_704_205_800_000]),
        ([1_704_205_800_000_000], "us", [1_704_205_800_000]),
        (["20240102", "20240230", None], None, [1_704_153_600_000]),
        (["1704205800", None, "99999999999999999999"], "s", [1_704_205_800_000]),
    ],
)
def test_numbers_may_have_a_point_and_days_no_marks(times: list[Any], unit: str | None, expected: list[int]) -> None:
    read = source(times, unit=unit)
    assert (read.history(None, -(2**63), 2**63 - 1).ts // 1_000_000).tolist() == expected
    assert read.refused.total == len(times) - len(expected)


@pytest.mark.parametrize("times", [["1704205800", "1704205860"], [1_704_205_800, 1_704_205_860], [1.5, 2.5]])
def test_numbers_need_a_unit(times: list[Any]) -> None:
    with pytest.raises(SourceError, match="ts holds numbers; say their unit, one of s, ms, us, ns"):
        source(times).symbols()


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_a_file_of_numbers(tmp_path: Path, unit: Any) -> None:
    count = 1_704_205_800 * 10 ** {"s": 0, "ms": 3, "us": 6, "ns": 9}[unit]
    path = tmp_path / "a.csv"
    path.write_text(f"symbol,ts,open,high,low,close,volume\nA,{count},1,1,1,1,1\n\nA,x,1,1,1,1,1\n\n")
    read = CsvSource(path, unit=unit, on_bad="skip")
    assert read.span() == (1_704_205_800_000_000_000,) * 2
    # Empty lines are nothing, not even bad.
    assert [(row.line, row.reason) for row in read.refused.rows] == [(4, "time cannot be read")]


def test_a_column_in_capitals_is_meant(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Symbol,TS,Open,High,Low,Close,Volume\nA,2024-01-02T14:30:00Z,1,1,1,1,1\n")
    with pytest.raises(SourceError, match="did you mean 'TS'"):
        CsvSource(path).symbols()
