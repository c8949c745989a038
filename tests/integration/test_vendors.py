"""Bars that vendors derived themselves, extended hours, an early close, close labels in local time."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

import openbell as ob

if TYPE_CHECKING:
    from pathlib import Path

NEW_YORK = ZoneInfo("America/New_York")
FIELDS = ("open", "high", "low", "close", "volume")


def run(
    path: Path,
    start: str,
    end: str,
    *,
    strategy: ob.Strategy | None = None,
    exchange: str = "XNYS",
    **options: Any,
) -> ob.RunResult:
    session = options.pop("session")
    config = ob.SessionConfig(
        backtest={"start": start, "end": end},
        source={"kind": "csv", "path": str(path), "columns": {"ts": "ts_utc"}, **options},
        session_data_config=session,
        exchange=exchange,
    )
    return ob.SessionCoordinator(config, strategy=strategy).run()


def local(ts: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(ts / 1e9, NEW_YORK)


def test_daily_bars_equal_the_official_ones_but_for_one_low(data_dir: Path) -> None:
    result = run(
        data_dir / "us_equity/lean_2013_1m_trade.csv.gz",
        "2013-10-10",
        "2013-10-10",
        session={"symbols": ["SPY"], "streams": ["1m", "1d"], "historical": {"trailing_days": 4}},
    )
    session = result.session_data
    assert session.get_metrics("SPY") is not None
    bars = [*session.get_historical_bars("SPY", "1d"), *session.get_bars("SPY", "1d")]
    official = pl.read_csv(data_dir / "us_equity/lean_daily_spy_aapl_goog.csv.gz", try_parse_dates=True).filter(
        pl.col("symbol") == "SPY", pl.col("ts_local").is_between(dt.date(2013, 10, 4), dt.date(2013, 10, 10))
    )
    assert [local(bar.ts).date() for bar in bars] == official["ts_local"].to_list()
    assert all(local(bar.ts).time() == dt.time(9, 30) for bar in bars)
    different = [
        (local(bar.ts).date().isoformat(), field, getattr(bar, field), float(want[field]))
        for bar, want in zip(bars, official.iter_rows(named=True), strict=True)
        for field in FIELDS
        if getattr(bar, field) != float(want[field])
    ]
    assert different == [("2013-10-08", "low", 165.36, 165.37)]


def test_extended_hours_count_only_when_asked_for(data_dir: Path) -> None:
    path = data_dir / "us_equity/lean_2013_1m_trade.csv.gz"
    session: dict[str, Any] = {"symbols": ["SPY", "IBM"], "streams": ["1m", "1h", "1d"]}
    regular = run(path, "2013-10-08", "2013-10-08", session=session)
    extended = run(path, "2013-10-08", "2013-10-08", session={**session, "bars": {"extended_hours": True}})
    times = {
        name: [local(ts).time() for ts in result.session_data.get_bars("SPY", "1m").ts.tolist()]
        for name, result in (("regular", regular), ("extended", extended))
    }
    assert len(times["regular"]) == 390
    assert (times["regular"][0], times["regular"][-1]) == (dt.time(9, 30), dt.time(15, 59))
    assert times["extended"][0] < dt.time(8)
    assert times["extended"][-1] > dt.time(16, 30)
    assert regular.summary.counts["outside_session"] > 300
    assert extended.summary.counts["outside_session"] == 0
    # The day is made of the regular session either way, and so are the session's figures.
    days = [r.session_data.get_latest_bar("SPY", "1d") for r in (regular, extended)]
    assert days[0] is not None
    assert days[1] is not None
    assert all(getattr(days[0], field) == getattr(days[1], field) for field in FIELDS)
    figures = [r.session_data.get_metrics("SPY") for r in (regular, extended)]
    assert figures[0] is not None
    assert figures[1] is not None
    assert (figures[0].high, figures[0].volume, figures[0].bar_count) == (figures[1].high, figures[1].volume, 390)
    assert figures[0].extended_volume == 0
    assert figures[1].extended_volume > 0
    # No hour mixes the two: the hours of the pre-market are cut off at the open.
    hours = [local(ts).time() for ts in extended.session_data.get_bars("SPY", "1h").ts.tolist()]
    assert {dt.time(9, 0), dt.time(9, 30), dt.time(15, 30), dt.time(16, 0)} <= set(hours)


class Ends(ob.Strategy):
    """Notes when sessions end and what the last bars are."""

    def __init__(self) -> None:
        self.ends: list[str] = []
        self.last_hour: list[tuple[str, float]] = []

    def on_session_end(self, session: ob.SessionData) -> None:
        assert session.now is not None
        bar = session.get_latest_bar("GOOG", "1h")
        assert bar is not None
        self.ends.append(session.now.strftime("%Y-%m-%d %H:%M"))
        self.last_hour.append((local(bar.ts).strftime("%H:%M"), bar.volume))


def test_an_early_close_ends_at_one(data_dir: Path) -> None:
    path = data_dir / "us_equity/lean_goog_2015_early_close_1m_trade.csv.gz"
    strategy = Ends()
    result = run(
        path,
        "2015-12-23",
        "2015-12-28",
        strategy=strategy,
        session={"symbols": ["GOOG"], "streams": ["1m", "1h", "1d"], "historical": {"trailing_days": 2}},
    )
    assert strategy.ends == ["2015-12-23 16:00", "2015-12-24 13:00", "2015-12-28 16:00"]
    assert [start for start, _ in strategy.last_hour] == ["15:30", "12:30", "15:30"]
    assert [s.early_close for s in result.summary.sessions] == [False, True, False]
    minutes = result.session_data.get_historical_bars("GOOG", "1m").by_date()[dt.date(2015, 12, 24)]
    assert local(int(minutes.ts[-1])).time() == dt.time(12, 59)
    day = result.session_data.get_historical_bars("GOOG", "1d").by_date()[dt.date(2015, 12, 24)]
    assert day.volume[0] == minutes.volume.sum()
    raw = pl.read_csv(path, try_parse_dates=True)
    one, midnight = dt.datetime(2015, 12, 24, 18, tzinfo=dt.UTC), dt.datetime(2015, 12, 25, tzinfo=dt.UTC)
    late = raw.filter(pl.col("ts_utc").is_between(one, midnight))
    assert len(late) == 15
    assert result.summary.counts["outside_session"] >= 15


@pytest.mark.parametrize("symbol", ["AMZN", "JPM", "MSFT", "MU", "SPY"])
def test_quarter_hours_equal_the_vendors_own(data_dir: Path, symbol: str) -> None:
    """Close-labelled local times in, and the vendor's own 15m bars out."""
    result = run(
        data_dir / "us_equity/eqker_2019_1min.csv.gz",
        "2019-02-15",
        "2019-02-15",
        columns={"ts": "ts_local_bar_end"},
        tz="America/New_York",
        label="close",
        session={"symbols": [symbol], "streams": ["1m", "15m"], "historical": {"trailing_days": 4}},
    )
    session = result.session_data
    bars = [*session.get_historical_bars(symbol, "15m"), *session.get_bars(symbol, "15m")]
    ends = pl.col("ts_local_bar_end").str.to_datetime()
    vendor = (
        pl.read_csv(data_dir / "us_equity/eqker_2019_15min.csv.gz")
        .with_columns(ends)
        .filter(pl.col("symbol") == symbol, pl.col("ts_local_bar_end") >= dt.datetime(2019, 2, 11))  # noqa: DTZ001  # local
        .sort("ts_local_bar_end")
    )
    assert len(bars) == len(vendor) == 5 * 26
    starts = [local(bar.ts).replace(tzinfo=None) + dt.timedelta(minutes=15) for bar in bars]
    assert starts == vendor["ts_local_bar_end"].to_list()
    for field in ("open", "high", "low", "close"):
        np.testing.assert_array_equal([getattr(bar, field) for bar in bars], vendor[field].to_numpy(), err_msg=field)


def test_sessions_that_adjoin_are_kept_apart(data_dir: Path) -> None:
    """Around the clock, a session ends at the very open of the next."""
    path = data_dir / "crypto/lean_coinbase_btcusd_2016_1m.csv.gz"
    session = {"symbols": "*", "streams": ["1m", "1h", "1d"], "historical": {"trailing_days": 2}}
    result = run(path, "2016-10-07", "2016-10-09", exchange="24/7", session=session)
    raw = pl.read_csv(path, try_parse_dates=True)
    a_day = raw.group_by(pl.col("ts_utc").dt.date()).len().sort("ts_utc")["len"].to_list()
    assert [s.bars for s in result.summary.sessions] == a_day
    assert result.summary.missing_bars == 3 * 1440 - len(raw) == 104
    days = result.session_data.get_historical_bars("BTCUSD", "1d").by_date()
    volumes = raw.group_by(pl.col("ts_utc").dt.date()).agg(pl.col("volume").sum()).sort("ts_utc")["volume"]
    assert [bars.volume[0] for bars in days.values()] == pytest.approx(volumes.to_list()[:2], rel=1e-9)


def test_a_lunch_break_is_no_gap(data_dir: Path) -> None:
    path = data_dir / "index/lean_n225_20210114_1m.csv.gz"
    session = {"symbols": "*", "streams": ["1m", "1h"]}
    result = run(path, "2021-01-14", "2021-01-14", exchange="XTKS", session=session)
    assert (result.summary.bars, result.summary.missing_bars) == (300, 0)
    assert result.summary.counts["outside_session"] == 4
    tokyo = ZoneInfo("Asia/Tokyo")
    hours = [
        dt.datetime.fromtimestamp(ts / 1e9, tokyo).time()
        for ts in result.session_data.get_bars("N225", "1h").ts.tolist()
    ]
    assert hours == [dt.time(9), dt.time(10), dt.time(11), dt.time(12, 30), dt.time(13, 30), dt.time(14, 30)]


def test_daily_rows_on_days_without_a_session_are_counted(data_dir: Path) -> None:
    path = data_dir / "us_equity_daily/pystock_2016q4_daily.csv.gz"
    session = {"symbols": "*", "streams": ["1d", "1w"]}
    result = run(path, "2016-10-03", "2016-12-30", interval="1d", columns={"ts": "date"}, session=session)
    assert result.summary.bars == 378_266 - 15
    assert result.summary.counts["outside_session"] == 15
    assert {"NAN", "TRUE"} <= {s.symbol for s in result.summary.symbols}
