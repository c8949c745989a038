"""Session data by itself: an app that brings its own feed."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest

import openbell as ob
from openbell._core import Interval
from openbell.errors import ClockError, ColumnsError, IndicatorError, IntervalError, SymbolError

if TYPE_CHECKING:
    from openbell.session.events import BarClosed, BarRevised

OPEN = int(dt.datetime(2024, 11, 25, 14, 30, tzinfo=dt.UTC).timestamp()) * 1_000_000_000
MINUTE = 60_000_000_000


def config(**session: Any) -> ob.SessionConfig:
    return ob.SessionConfig(
        backtest={"start": "2024-11-25", "end": "2024-11-25"},
        source={"kind": "simulator"},
        session_data_config={"symbols": ["SPY"], **session},
    )


def batch(minutes: range, symbol: str = "SPY", price: float = 100.0) -> dict[str, Any]:
    closes = np.array([price + minute for minute in minutes], dtype=float)
    return {
        "symbol": [symbol] * len(closes),
        "ts": np.array([OPEN + minute * MINUTE for minute in minutes]),
        "open": closes,
        "high": closes + 1,
        "low": closes - 1,
        "close": closes,
        "volume": np.full(len(closes), 10.0),
        "vwap": closes,
    }


@pytest.fixture
def session() -> ob.SessionData:
    session = ob.SessionData(
        config(streams=["1m", "5m", "1d"], indicators={"session": [{"name": "sma", "period": 3, "interval": "1m"}]})
    )
    assert session.register_symbol("spy")
    return session


def test_registering(session: ob.SessionData) -> None:
    assert not session.register_symbol("SPY")
    assert session.get_all_symbols() == {"SPY"}
    assert [str(i) for i in session.intervals("SPY")] == ["1m", "5m", "1d"]
    assert list(session.symbols) == ["SPY"]
    assert session.symbols["spy"].symbol == "SPY"
    with pytest.raises(KeyError):
        session.symbols["QQQ"]
    with pytest.raises(SymbolError, match="is not a symbol"):
        session.register_symbol("S P Y")
    with pytest.raises(IntervalError, match="cannot be derived"):
        session.register_symbol("QQQ", "7m")


def test_bars_close_when_their_last_base_bar_came(session: ob.SessionData) -> None:
    report = session.apply(batch(range(4)))
    assert report.appended == 4
    assert session.get_latest_bar("SPY", "5m") is None
    forming = session.get_latest_bar("SPY", "5m", forming=True)
    assert forming is not None
    assert (forming.open, forming.high, forming.low, forming.close, forming.volume) == (100, 104, 99, 103, 40)
    session.apply(batch(range(4, 5)))
    closed = session.get_latest_bar("SPY", "5m")
    assert closed is not None
    assert (closed.ts, closed.close, closed.volume, closed.vwap) == (OPEN, 104, 50, 102)
    assert session.get_latest_bar("SPY", "5m", forming=True) is None


def test_bars_close_by_the_clock(session: ob.SessionData) -> None:
    session.apply(batch(range(3)))
    session.advance(OPEN + 5 * MINUTE - 1)
    assert session.get_latest_bar("SPY", "5m") is None
    session.advance(dt.datetime(2024, 11, 25, 14, 35, tzinfo=dt.UTC))
    closed = session.get_latest_bar("SPY", "5m")
    assert closed is not None
    assert closed.volume == 30
    assert session.now == dt.datetime(2024, 11, 25, 9, 35, tzinfo=session.time_manager.zone)
    with pytest.raises(ClockError):
        session.advance(OPEN)
    with pytest.raises(ValueError, match="no time zone"):
        session.advance(dt.datetime(2024, 11, 25))  # noqa: DTZ001  # the point


@pytest.mark.parametrize(
    ("exchange", "base", "longer", "hours"),
    [("24/7", "1d", "2d", 48), ("XNYS", "1m", "1w", 60), ("XNYS", "1m", "5m", 60)],
)
def test_a_far_step_of_the_clock_is_many_small_ones(exchange: str, base: str, longer: str, hours: int) -> None:
    """One bar on Wednesday; the longer one closes in the session in which it ends, however the clock gets there."""
    day, hour = dt.date(2024, 11, 27), 60 * MINUTE
    settings = ob.SessionConfig(
        exchange=exchange,
        backtest={"start": str(day), "end": str(day)},
        source={"kind": "simulator"},
        session_data_config={"symbols": ["SPY"], "streams": [base, longer]},
    )
    far, near = ob.SessionData(settings), ob.SessionData(settings)
    opened = far.time_manager.get_trading_session(day).open_ns or 0
    told: list[list[Any]] = [[], []]
    for session, events in zip((far, near), told, strict=True):
        session.register_symbol("SPY")
        session.subscribe("bar_closed", events.append)
        session.apply_bar("SPY", base, ob.Bar(opened, 1.0, 2.0, 1.0, 2.0, 5.0))
    for passed in range(1, hours + 1):
        near.advance(opened + passed * hour)
    far.advance(opened + hours * hour)
    assert [event.bar for event in told[0]] == [event.bar for event in told[1]]
    assert [str(event.bar.interval) for event in told[0]] == [base, longer]
    for interval in (base, longer):
        assert list(far.get_bars("SPY", interval)) == list(near.get_bars("SPY", interval))
    assert len(far.get_bars("SPY", longer)) == (longer != "5m")
    assert far.digest("SPY") == near.digest("SPY")


def test_a_week_goes_on_whatever_hours_its_first_bar_comes_after() -> None:
    """A week is made of regular hours; a bar of the evening before which one of the day comes late does not end it."""
    session = ob.SessionData(config(streams=["1m", "1d", "1w"], bars={"extended_hours": True}))
    session.register_symbol("SPY")
    for ts, price in ((OPEN + 400 * MINUTE, 3.0), (OPEN + 5 * MINUTE, 2.0), (OPEN, 1.0)):
        session.apply_bar("SPY", "1m", ob.Bar(ts, price, price, price, price, 1.0))
    assert len(session.get_bars("SPY", "1w")) == 0
    week = session.get_latest_bar("SPY", "1w", forming=True)
    assert week is not None
    assert (week.open, week.close, week.volume) == (1.0, 2.0, 2.0)
    assert session.get_bars("SPY", "1d").volume.tolist() == [2.0]
    session.advance(OPEN + 5 * 1440 * MINUTE)
    assert session.get_bars("SPY", "1w").volume.tolist() == [2.0]


def test_what_a_bar_can_be_on_arrival(session: ob.SessionData) -> None:
    session.apply(batch(range(6)))
    counts = session.apply(batch(range(2))).counts()
    assert counts["identical"] == 2
    assert session.apply(batch(range(1, 2), price=105.0)).corrected == 1
    bar = session.get_latest_bar("SPY", "5m")
    assert bar is not None
    assert bar.high == 107
    assert session.apply(batch(range(8, 9))).appended == 1
    assert session.apply(batch(range(7, 8))).inserted == 1
    assert session.apply(batch(range(500, 501))).outside_session == 1


def test_a_batch_reports_every_bad_row_and_stores_the_good_ones(session: ob.SessionData) -> None:
    rows = batch(range(5))
    rows["close"] = rows["close"].copy()
    rows["close"][1] = np.nan
    rows["volume"][2] = -1
    rows["ts"][3] += 1
    rows["symbol"][4] = "QQQ"
    report = session.apply(rows)
    assert (report.appended, report.refused) == (1, 4)
    reasons = [(row, symbol, reason) for row, symbol, _, reason in report.refused_rows]
    assert [(row, reason) for row, _, reason in reasons] == [
        (1, "close is not finite"),
        (2, "negative volume"),
        (3, "time not aligned to the interval"),
        (4, "symbol is not registered"),
    ]
    assert [symbol for _, symbol, _ in reasons] == ["SPY", "SPY", "SPY", "QQQ"]
    assert len(session.get_bars("SPY", "1m")) == 1


def test_frames_will_do_and_ids_too(session: ob.SessionData) -> None:
    frame = pl.DataFrame(batch(range(3))).with_columns(pl.from_epoch("ts", time_unit="ns"))
    assert session.apply(frame, "1m").appended == 3
    ids = session.symbol_ids(["SPY"])
    assert session.apply({**batch(range(3, 4)), "symbol": ids}).appended == 1


def test_columns_as_people_have_them(session: ob.SessionData) -> None:
    rows = batch(range(3))
    times = [dt.datetime.fromtimestamp(ts / 1e9, dt.UTC) for ts in rows["ts"]]
    assert session.apply({**rows, "symbol": "spy", "ts": times}).appended == 3
    assert session.get_bars("SPY", "1m").ts.tolist() == list(rows["ts"])
    # What is masked is not there.
    rows = batch(range(3, 6))
    report = session.apply({**rows, "open": np.ma.masked_array(rows["open"], [False, True, False])})
    assert (report.appended, report.refused) == (2, 1)
    quotes = {"bid": [1.0], "ask": [1.1], "bid_size": [1], "ask_size": [1]}
    assert session.apply_quotes({"symbol": "SPY", "ts": [times[2]], **quotes}).taken == 1


@pytest.mark.parametrize("vwap", [None, [1.5, 2.5, 3.5]])
def test_a_batch_is_the_same_however_its_columns_stand(vwap: list[float] | None) -> None:
    rows = batch(range(3))
    plain: dict[str, Any] = {
        name: np.asarray(rows[name], dtype=np.float64) for name in rows if name not in ("symbol", "ts")
    }
    plain |= {"symbol": np.zeros(3, dtype=np.uint32), "ts": np.asarray(rows["ts"], dtype=np.int64)}
    plain |= {"vwap": None if vwap is None else np.array(vwap)}
    unmasked = {"open": np.ma.masked_array(plain["open"], mask=False)}
    ways: list[dict[str, Any]] = [
        plain,
        {name: value for name, value in plain.items() if value is not None},
        {name: None if value is None else np.repeat(value, 2)[::2] for name, value in plain.items()},
        {**plain, "high": plain["high"].astype(">f8"), "volume": plain["volume"].astype(np.float32)},
        {**plain, "symbol": ["SPY"] * 3, "exchange": ["X"] * 3},
        {**plain, **unmasked, "trade_count": None},
    ]
    found = []
    for way in ways:
        session = ob.SessionData()
        session.register_symbol("SPY", "1m")
        assert session.apply(way).appended == 3
        found.append(session.get_bars("SPY", "1m"))
    for bars in found[1:]:
        for name in ("ts", "open", "high", "low", "close", "volume", "vwap"):
            np.testing.assert_array_equal(getattr(bars, name), getattr(found[0], name))
    masked = {**plain, "open": np.ma.masked_array(plain["open"], [False, True, False])}
    assert session.apply({**masked, "ts": plain["ts"] + 3 * MINUTE}).refused == 1


def test_batches_that_are_none(session: ob.SessionData) -> None:
    rows = batch(range(3))
    with pytest.raises(ColumnsError, match="no column close"):
        session.apply({name: value for name, value in rows.items() if name != "close"})
    with pytest.raises(ColumnsError, match="open must be numbers"):
        session.apply({**rows, "open": ["x"] * 3})
    with pytest.raises(ColumnsError, match="ts must be int64"):
        session.apply({**rows, "ts": [1.5] * 3})
    with pytest.raises(ColumnsError, match="open must be a column, one value a row, not an array of 2 dimensions"):
        session.apply({**rows, "open": np.ones((3, 1))})
    with pytest.raises(ColumnsError, match="symbol must be a column"):
        session.apply({**rows, "symbol": [["SPY"]] * 3})
    with pytest.raises(ColumnsError, match=r"ts: 2024-.* has no time zone"):
        session.apply({**rows, "ts": [dt.datetime.fromisoformat("2024-11-25T14:30")] * 3})
    with pytest.raises(ColumnsError, match="a mapping of columns or a frame, not a int"):
        session.apply(3)
    with pytest.raises(ColumnsError):
        session.apply({**rows, "close": rows["close"][:2]})
    with pytest.raises(IntervalError, match="its base interval is 1m, not 5m"):
        session.apply(rows, "5m")
    with pytest.raises(IntervalError):
        session.apply_bar("SPY", "5m", ob.Bar(OPEN, 1, 1, 1, 1, 1))
    with pytest.raises(SymbolError, match='did you mean "SPY"'):
        session.add_bar("SPX", "1m", ob.Bar(OPEN, 1, 1, 1, 1, 1))


def test_a_symbol_that_comes_again_is_a_new_one_with_its_number() -> None:
    session, names = ob.SessionData(), ["A", "B", "C"]
    sma, ema = (ob.IndicatorConfig(name, period=2, interval="1m") for name in ("sma", "ema"))
    often = session.prepare_snapshot(["close", "sma_2_1m", "ema_2_1m", "bar_count"])
    for day in range(4):
        given = [sma, ema] if day % 2 else [ema]
        session.register(names, session.calendar(), ("1m", 0), [], [config.row() for config in given])
        assert session.symbol_ids(names).tolist() == [0, 1, 2], "as many numbers as names, however often they come"
        assert np.isnan(often.take()["close"]).all(), "nothing of what was before"
        for minute in range(2):
            session.apply({**batch(range(minute, minute + 1)), "symbol": ["B"]})
        row = often.take().row("B")
        assert (row["close"], row["bar_count"], row["ema_2_1m"]) == (101.0, 2.0, 100.5)
        assert row["sma_2_1m"] == pytest.approx(100.5 if day % 2 else np.nan, nan_ok=True)
        assert session.counts("B")["appended"] == 2
        for name in names:
            session.remove(name)
        report = session.apply({**batch(range(2, 3)), "symbol": np.array([1], dtype=np.uint32)})
        assert [reason for *_, reason in report.refused_rows] == ["symbol is not registered"]
    assert session.counts()["appended"] == 8
    assert session.symbol_names() == []
    assert len(often.take()) == 0


def test_reading_what_is_not_there(session: ob.SessionData) -> None:
    assert session.get_latest_bar("QQQ", "1m") is None
    assert session.get_latest_bar("SPY", "30m") is None
    assert len(session.get_bars("QQQ", "1m")) == 0
    assert session.get_indicator_value("SPY", "sma_9_1m") is None
    assert session.get_indicator("SPY", "sma_9_1m") is None
    assert session.get_symbol_data("QQQ") is None
    assert not session.is_indicator_ready("QQQ", "sma_3_1m")
    with pytest.raises(IntervalError, match="is not an interval"):
        session.get_bars("SPY", "5x")
    session.apply(batch(range(3)))
    with pytest.raises(IndicatorError, match="upper"):
        session.get_indicator_value("SPY", "sma_3_1m", "upper")


def test_indicators_with_and_without_the_bar_in_progress() -> None:
    session = ob.SessionData(
        config(streams=["1m", "5m"], indicators={"session": [{"name": "sma", "period": 2, "interval": "5m"}]})
    )
    session.register_symbol("SPY", "1m")
    session.apply(batch(range(12)))
    committed = session.get_indicator_value("SPY", "sma_2_5m")
    assert committed == (104 + 109) / 2
    assert session.get_indicator_value("SPY", "sma_2_5m", forming=True) == (109 + 111) / 2
    assert session.get_indicator_value("SPY", "sma_2_5m") == committed
    data = session.get_indicator("SPY", "sma_2_5m")
    assert data is not None
    assert (data.name, data.type, data.interval, data.current_value, data.valid, data.warm) == (
        "sma", "trend", Interval("5m"), committed, True, True,
    )  # fmt: skip
    assert data.values == {"sma": committed}
    assert data.last_updated == OPEN + 5 * MINUTE


def test_arrays_never_change_afterwards(session: ob.SessionData) -> None:
    session.apply(batch(range(3)))
    bars = session.get_bars("SPY", "1m")
    before = bars.close.copy()
    session.apply(batch(range(3), price=500.0))
    np.testing.assert_array_equal(bars.close, before)


def test_slices(session: ob.SessionData) -> None:
    session.apply(batch(range(10)))
    assert session.get_bars("SPY", "1m", 3).close.tolist() == [107, 108, 109]
    start = dt.datetime(2024, 11, 25, 14, 32, tzinfo=dt.UTC)
    assert session.get_bars("SPY", "1m", start=start, end=OPEN + 4 * MINUTE).close.tolist() == [102, 103]


def test_views_of_a_symbol(session: ob.SessionData) -> None:
    session.apply(batch(range(4)))
    session.apply(batch(range(5, 11)))
    spy = session.symbols["SPY"]
    assert list(spy.bars) == [Interval(i) for i in ("1m", "5m", "1d")]
    assert (spy.bars["1m"].derived, spy.bars["5m"].derived) == (False, True)
    assert spy.bars["1m"].updated == OPEN + 10 * MINUTE
    assert len(spy.bars["5m"]) == 2
    quality = spy.bars["1m"].quality
    assert quality is not None
    assert (quality.expected, quality.present, quality.unknown) == (11, 10, 1)
    gap = spy.bars["1m"].gaps[0]
    assert (gap.start_ns, gap.end_ns, gap.bars, gap.status) == (OPEN + 4 * MINUTE, OPEN + 5 * MINUTE, 1, "unknown")
    assert spy.quality == pytest.approx(100 * 10 / 11)
    assert list(spy.gaps) == list(spy.bars)
    assert spy.historical.bars["1d"].data_by_date == {}
    assert spy.metrics is not None
    assert (spy.metrics.open, spy.metrics.high, spy.metrics.bar_count) == (100, 111, 10)
    assert list(spy.indicators) == ["sma_3_1m"]
    session.quality.gaps_verified = True
    assert spy.quality == 100.0
    assert spy.bars["1m"].gaps[0].status == "verified_empty"


def test_activity() -> None:
    session = ob.SessionData()
    session.register_symbol("SPY")
    assert not session.is_session_active
    assert session.get_active_symbols() == frozenset()
    session.activate_session()
    assert session.get_active_symbols() == {"SPY"}
    session.deactivate_session("lag")
    assert not session.is_session_active


def test_the_default_instance_is_one() -> None:
    assert ob.get_session_data() is ob.get_session_data()


def test_subscribers_of_a_session_without_a_coordinator_are_told() -> None:
    session = ob.SessionData()
    session.register_symbol("SPY", "1m")
    closed: list[BarClosed] = []
    revised: list[BarRevised] = []
    subscription = session.subscribe("bar_closed", closed.append)
    session.subscribe("bar_revised", revised.append)
    ts = 1732545000000000000
    bar = ob.Bar(ts, 597.5, 598.1, 597.4, 598.0, 120_000)
    session.apply_bar("SPY", "1m", bar)
    assert [event.bar.ts for event in closed] == [ts]
    session.add_bar("SPY", "1m", ob.Bar(ts, 597.5, 598.1, 597.4, 598.1, 120_000))
    assert [(event.bar.close, event.old and event.old.close) for event in revised] == [(598.1, 598.0)]
    subscription.cancel()
    session.apply_bar("SPY", "1m", ob.Bar(ts + 60_000_000_000, 597.5, 598.1, 597.4, 598.0, 120_000))
    assert len(closed) == 1
    assert len(session.take_events()) == 0, "what nobody wants is not kept"


def test_history_is_whole_however_few_bars_the_ring_holds() -> None:
    config = ob.SessionConfig(
        backtest={"start": "2024-11-25", "end": "2024-11-26"},
        source={"kind": "simulator"},
        session_data_config={
            "symbols": ["SPY"],
            "streams": ["1m", "5m"],
            "historical": {"trailing_days": 1},
            "bars": {"capacity": 20},
        },
    )
    streamed, loaded = ob.SessionData(config), ob.SessionData(config)
    for session in (streamed, loaded):
        session.register_symbol("SPY", "1m")
    days = [OPEN, OPEN + 86_400_000_000_000]
    for opens in days:
        ones = np.ones(390)
        ts = opens + np.arange(390) * 60_000_000_000
        columns = {"ts": ts, "open": ones, "high": ones, "low": ones, "close": ones, "volume": np.arange(390.0)}
        streamed.apply({"symbol": "SPY", **columns})
        ids = np.zeros(390, dtype=np.uint32)
        loaded.load_columns({"symbol": ids, "vwap": None, "trade_count": None, **columns})
    for interval, count in (("1m", 390), ("5m", 78)):
        history = streamed.get_historical_bars("SPY", interval)
        assert len(history) == count
        assert history.volume.sum() == np.arange(390).sum()
        assert len(streamed.get_bars("SPY", interval)) == 20
    assert streamed.digest("SPY") == loaded.digest("SPY")
