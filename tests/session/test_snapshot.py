"""Cuts across symbols: every column against the getter that reads one symbol, one clock, and what takes a frame."""

from __future__ import annotations

import datetime as dt
import math
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest

import openbell as ob
from openbell.errors import ColumnsError
from openbell.session.columns import parse_column

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
INDICATORS = {
    "session": [
        {"name": "sma", "period": 5, "interval": "5m"},
        {"name": "bbands", "period": 4, "interval": "5m"},
        {"name": "macd", "interval": "1m", "params": {"fast": 3, "slow": 6, "signal": 4}},
        {"name": "vwap", "interval": "1m"},
    ],
    "historical": [{"name": "sma", "period": 2, "interval": "1d"}],
}
COLUMNS = [
    *("open", "high", "low", "close", "volume", "vwap", "trade_count", "close_5m", "volume_1d", "bar_vwap_5m"),
    *("forming_close", "forming_high_5m", "forming_close_1d", "forming_volume_1d"),
    *("sma_5_5m", "bbands_4_2_5m", "bbands_4_2_5m_upper", "macd_3_6_4_1m_signal", "vwap_1m", "sma_2_1d"),
    *("day_open", "day_high", "day_low", "last", "day_volume", "session_vwap", "prev_close", "gap_pct", "change_pct"),
    *("bar_count", "rvol", "age_s", "quality", "lag_s", "float_m", "close_15m", "rsi_14_1m"),
]


def slow(session: ob.SessionData, symbol: str, name: str) -> float | None:
    """Read one value the long way."""
    column = parse_column(name, session.attribute_names())
    data = session.get_symbol_data(symbol)
    assert data is not None
    base = session.intervals(symbol)[0]
    interval = column.interval or base
    if column.kind == "bar":
        bar = session.get_latest_bar(symbol, interval)
        return None if bar is None else getattr(bar, column.field)
    if column.kind == "forming":
        bars = session.get_bars(symbol, base)
        whole = bars[-1] if len(bars) else None
        bar = whole if interval == base else session.get_latest_bar(symbol, interval, forming=True)
        return None if bar is None else getattr(bar, column.field)
    if column.kind == "indicator":
        assert column.indicator is not None
        key = column.indicator.make_key()
        if session.get_indicator(symbol, key) is None:
            return None
        return session.get_indicator_value(symbol, key, column.indicator.outputs[column.output])
    metrics, lag = session.get_metrics(symbol), session.get_lag(symbol)
    assert metrics is not None
    assert lag is not None
    figures: dict[str, Callable[[], float | None]] = {
        "day_open": lambda: metrics.open,
        "day_high": lambda: metrics.high,
        "day_low": lambda: metrics.low,
        "last": lambda: metrics.last,
        "day_volume": lambda: metrics.volume,
        "session_vwap": lambda: metrics.session_vwap,
        "prev_close": lambda: metrics.prev_close,
        "gap_pct": lambda: metrics.gap_pct,
        "change_pct": lambda: (
            None
            if metrics.last is None or metrics.prev_close is None
            else (metrics.last / metrics.prev_close - 1) * 100
        ),
        "bar_count": lambda: metrics.bar_count,
        "rvol": lambda: rvol(session, symbol),
        "age_s": lambda: lag.silence,
        "quality": lambda: data.quality,
        "lag_s": lambda: max(lag.provider, lag.queue),
        "float_m": lambda: {"SIM001": 12.5}.get(symbol),
    }
    return figures[name]()


def rvol(session: ob.SessionData, symbol: str) -> float | None:
    manager = session.time_manager
    base = session.intervals(symbol)[0]
    assert session.now is not None
    assert session.now_ns is not None
    opened = manager.get_trading_session(session.now.date()).open_ns
    past = session.get_historical_bars(symbol, base).by_date()
    volumes = []
    for date, bars in past.items():
        since = bars.ts - (manager.get_trading_session(date).open_ns or 0)
        volumes.append(bars.volume[since < session.now_ns - (opened or 0)].sum())
    metrics = session.get_metrics(symbol)
    assert metrics is not None
    mean = float(np.mean(volumes)) if volumes else 0.0
    return metrics.volume / mean if mean > 0 else None


def compare(session: ob.SessionData, frame: ob.Frame) -> int:
    values = 0
    for place, symbol in enumerate(frame.symbols):
        for name in frame.columns[1:]:
            want, got = slow(session, symbol, name), frame[name][place]
            if want is None or math.isnan(want):
                assert math.isnan(got), (symbol, name, got)
            else:
                assert got == pytest.approx(want, rel=1e-12), (symbol, name)
                values += 1
    return values


class Looks(ob.Strategy):
    intervals = ("5m",)

    def __init__(self) -> None:
        self.values = 0
        self.prepared: ob.Snapshot | None = None
        self.turn = 0

    def on_bar(self, session: ob.SessionData, bar: ob.Bar) -> None:
        if bar.symbol != "SIM001":
            return
        self.turn += 1
        if self.prepared is None:
            session.set_attribute("float_m", {"SIM001": 12.5, "NOBODY": 3})
            self.prepared = session.prepare_snapshot(COLUMNS)
        if self.turn % 9 == 1:
            frame = self.prepared.take()
            assert frame.now_ns == session.now_ns
            assert frame.symbols == tuple(sorted(session.get_all_symbols()))
            self.values += compare(session, frame)
        if self.turn % 4 == 0:
            self.values += compare(session, session.snapshot(COLUMNS))
        if self.turn == 30:
            session.add_symbol("SIM004")
            session.add_indicator("SIM005", "rsi", {"interval": "1m"})
            session.note_lag("provider", 5.0, ["SIM002"])
        if self.turn == 50:
            session.remove_symbol("SIM002")
            session.add_session_bars("SIM001", "15m")
        if self.turn == 60:
            latest = session.get_bars("SIM001", "1m")[-3]
            session.apply_bar("SIM001", "1m", ob.Bar(latest.ts, 1.0, 2.0, 0.5, 1.5, 10.0))
            self.values += compare(session, self.prepared.take())


def test_every_column_is_what_the_getter_gives_while_all_changes() -> None:
    config = ob.SessionConfig(
        backtest={"start": "2024-11-27", "end": "2024-11-29"},
        source={"kind": "simulator", "symbols": 5, "seed": 3},
        session_data_config={
            "symbols": ["SIM001", "SIM002", "SIM003"],
            "streams": ["1m", "5m", "1d"],
            "historical": {"trailing_days": 2},
            "indicators": INDICATORS,
        },
    )
    strategy = Looks()
    result = ob.SessionCoordinator(config, strategy=strategy).run()
    assert result.summary.callback_errors == 0, result.summary.warnings
    assert strategy.values > 1500


def test_a_real_universe(data_dir: Path) -> None:
    """739 symbols with gaps, late starts and single bars."""
    config = ob.SessionConfig(
        backtest={"start": "2020-01-03", "end": "2020-01-03"},
        source={
            "kind": "csv",
            "path": str(data_dir / "universe_1m/yahoo_us_2019-12-26_2020-01-03.csv.gz"),
            "columns": {"ts": "ts_utc"},
            "on_bad": "skip",
        },
        session_data_config={
            "symbols": "*",
            "streams": ["1m", "5m", "1d"],
            "historical": {"trailing_days": 2},
            "indicators": INDICATORS,
        },
    )
    checked: list[int] = []

    class Once(ob.Strategy):
        intervals = ("5m",)

        def on_bar(self, session: ob.SessionData, bar: ob.Bar) -> None:
            assert session.now is not None
            if session.now.time() >= dt.time(11, 35) and not checked:
                session.set_attribute("float_m", {"SIM001": 12.5})
                checked.append(compare(session, session.snapshot(COLUMNS)))

    result = ob.SessionCoordinator(config, strategy=Once()).run()
    assert result.summary.callback_errors == 0, result.summary.warnings
    assert checked[0] > 15_000


def two_symbols() -> ob.SessionData:
    session = ob.SessionData()
    for name in ("B", "A"):
        session.register_symbol(name, "1m")
    ts = 1732545000000000000
    session.apply_bar("A", "1m", ob.Bar(ts, 10.0, 12.0, 9.0, 11.0, 100.0, 10.5, 7))
    session.set_attribute("sector", {"A": "tech", "B": "oil"})
    session.set_attribute("shares", {"A": 5})
    return session


def test_a_frame_is_taken_by_others() -> None:
    import pandas as pd
    import pyarrow as pa  # type: ignore[import-untyped]

    frame = two_symbols().snapshot(["close", "sector", "shares", "close"])
    assert frame.columns == ("symbol", "close", "sector", "shares")
    assert len(frame) == 2
    assert frame["symbol"].tolist() == ["A", "B"]
    assert frame["sector"].tolist() == ["tech", "oil"]
    np.testing.assert_array_equal(frame["shares"], [5.0, np.nan])
    table = pl.DataFrame(frame)
    assert table.columns == list(frame.columns)
    assert table["close"].to_list()[0] == 11.0
    assert frame.to_polars()["close"].to_numpy(allow_copy=False).ctypes.data == frame["close"].ctypes.data, "no copy"
    assert pa.table(frame).num_rows == 2
    assert pd.api.interchange.from_dataframe(pa.table(frame)).shape == (2, 4)
    assert "<table" in frame._repr_html_()
    assert frame.row("a")["close"] == 11.0
    with pytest.raises(KeyError):
        frame.row("C")
    assert repr(frame) == "Frame(2 symbols: symbol, close, sector, shares)"


def test_some_symbols_and_wrong_names() -> None:
    session = two_symbols()
    assert session.snapshot(["close"], ["b", "NOBODY", "a"]).symbols == ("B", "A")
    assert math.isnan(session.snapshot(["sma_20_1m"])["sma_20_1m"][0])
    for name, why in {
        "clsoe": "did you mean 'close'",
        "smaa_20_1m": "did you mean 'sma_20_5m'",
        "bbands_20_2_5m_top": "no output 'top', but middle, upper, lower",
        "sma_0_5m": "period = 0 is out of range",
        "close_5x": "unknown column",
        "": "unknown column",
        "close; drop": "unknown column",
    }.items():
        with pytest.raises(ColumnsError, match=why):
            session.snapshot([name])
    for name in ("close", "gap_pct", "sma_20_1m", "symbol", "a b"):
        with pytest.raises(ColumnsError):
            session.set_attribute(name, {})


def test_what_is_asked_for_again_and_again_is_that_of_the_moment() -> None:
    session = ob.SessionData()
    names = [f"S{i:02}" for i in range(40)]
    for name in names:
        session.register_symbol(name, "1m")
    open_ns = session.time_manager.get_trading_session(dt.date(2024, 11, 27)).open_ns
    assert open_ns is not None
    ids = np.asarray(session.symbol_ids(names))
    # More than are kept prepared, some of them of some symbols.
    wanted = [
        (["close", figure], some) for figure in ("day_high", "day_low", "age_s") for some in (None, names[::3], [])
    ]
    wanted += [(["last"], [name]) for name in names[:4]]
    for minute in range(6):
        rows = np.arange(minute % 2, len(names), 2)
        close = 100.0 + rows + minute
        columns = dict.fromkeys(("open", "high", "low", "close"), close)
        ts = np.full(len(rows), open_ns + minute * MINUTE)
        session.apply({"symbol": ids[rows], "ts": ts, **columns, "volume": np.ones(len(rows))})
        for _ in range(1 + minute % 3):
            for cut, some in wanted:
                frame, fresh = session.snapshot(cut, some), session.prepare_snapshot(cut, some).take()
                assert frame.symbols == fresh.symbols == (tuple(names) if some is None else tuple(some))
                assert all(np.array_equal(frame[name], fresh[name], equal_nan=True) for name in cut)
        first = session.snapshot(["close"])["close"][rows]
        first[:] = 0.0  # a copy
        assert np.array_equal(session.snapshot(["close"])["close"][rows], close)
    session.remove_symbol("S01")
    assert "S01" not in session.snapshot(["close"]).symbols
    with pytest.raises(ColumnsError):
        session.snapshot(["float_m"])
    for taken in (session.snapshot, session.prepare_snapshot):
        with pytest.raises(ColumnsError, match=r"columns = 'close': they must be a list, such as \['close'\]"):
            taken("close")
    session.set_attribute("float_m", {"S00": 1.5})
    assert session.snapshot(["float_m"]).row("S00")["float_m"] == 1.5
    session.set_attribute("float_m", {"S00": 2.5})
    assert session.snapshot(["float_m"]).row("S00")["float_m"] == 2.5


def test_bars_of_trades_are_those_of_the_moment() -> None:
    cut = ["close", "forming_close", "forming_high_5m", "close_5m", "volume", "last", "bar_count", "age_s"]
    for seed in range(12):
        chance, session = np.random.default_rng(seed), ob.SessionData()
        for name in "ABC":
            session.register_symbol(name, "1m")
            session.add_interval(name, ob.Interval("5m"), 0)
        now = session.time_manager.get_trading_session(dt.date(2024, 11, 27)).open_ns
        assert now is not None
        opened, often, seldom = now, session.prepare_snapshot(cut), session.prepare_snapshot(cut)
        for step in range(100):
            now += int(chance.integers(40)) * SECOND
            if chance.random() < 0.25:
                session.advance(now)
            else:
                # Some come late, and change bars that have closed.
                ts = max(opened, now - (100 * SECOND if chance.random() < 0.25 else 0))
                price = 100.0 + int(chance.integers(100)) / 100
                symbol = "ABC"[int(chance.integers(3))]
                session.apply_trades({"symbol": [symbol], "ts": [ts + step], "price": [price], "size": [10.0]})
            fresh = session.prepare_snapshot(cut).take()
            for frame in (often.take(), *((seldom.take(),) if step % 4 == 0 else ())):
                assert all(np.array_equal(frame[name], fresh[name], equal_nan=True) for name in cut), (seed, step)


def test_a_cut_is_of_one_clock() -> None:
    """While one thread applies minute after minute, four take cuts: each is whole, of the clock that it names."""
    session = ob.SessionData()
    names = [f"S{i:03}" for i in range(200)]
    for name in names:
        session.register_symbol(name, "1m")
    opened = 1732717800 * SECOND
    ids = session.symbol_ids(names)
    minutes = 380
    wrong: list[Any] = []
    taken = [0] * 4
    done = threading.Event()

    def look(which: int) -> None:
        snapshot = session.prepare_snapshot(["close", "volume", "bar_count", "day_volume"])
        while not done.is_set():
            frame = snapshot.take()
            taken[which] += 1
            closes = set(frame["close"].tolist())
            minute = frame["bar_count"][0]
            # A minute is applied as one batch: all have it or none; its values name it.
            if len(closes) != 1 and not all(map(math.isnan, frame["close"])):
                wrong.append(closes)
            elif minute and (closes != {minute} or frame["day_volume"][0] != minute * (minute + 1) / 2):
                wrong.append((minute, closes))

    threads = [threading.Thread(target=look, args=(which,)) for which in range(4)]
    for thread in threads:
        thread.start()
    for minute in range(1, minutes + 1):
        value = np.full(len(names), float(minute))
        ts = np.full(len(names), opened + (minute - 1) * MINUTE)
        prices = dict.fromkeys(("open", "high", "low", "close"), value)
        session.apply({"symbol": ids, "ts": ts, **prices, "volume": value})
        session.advance(opened + minute * MINUTE)
    done.set()
    for thread in threads:
        thread.join(30)
    assert not wrong
    assert min(taken) > 5
