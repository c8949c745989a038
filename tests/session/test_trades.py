"""Trades and quotes: bars made of them, and made again when a trade is taken back, changed or late."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import openbell as ob
from openbell.errors import ColumnsError
from openbell.session.events import BarRevised, BarWithdrawn

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
OPEN = int(dt.datetime(2013, 10, 7, 13, 30, tzinfo=dt.UTC).timestamp()) * SECOND
CLOSE = OPEN + 390 * MINUTE
FIELDS = ("open", "high", "low", "close", "volume")


def session(base: str = "1m", symbols: tuple[str, ...] = ("SPY",), **options: Any) -> ob.SessionData:
    config = ob.SessionConfig(
        backtest={"start": "2013-10-07", "end": "2013-10-07"},
        source={"kind": "simulator", "symbols": 1},
        session_data_config={
            "symbols": list(symbols),
            "streams": [base, "5m"],
            "indicators": {
                "session": [
                    {"name": "ema", "period": 3, "interval": base},
                    {"name": "sma", "period": 2, "interval": "5m"},
                ]
            },
            **options,
        },
    )
    data = ob.SessionData(config)
    for symbol in symbols:
        data.register_symbol(symbol, base)
    return data


def trades(rows: Sequence[tuple[float, float, float]], symbol: str = "SPY", **more: Any) -> dict[str, Any]:
    """Rows of (seconds after the open, price, size)."""
    columns = {
        "symbol": [symbol] * len(rows),
        "ts": [OPEN + round(at * 1e9) for at, _, _ in rows],
        "price": [price for _, price, _ in rows],
        "size": [size for _, _, size in rows],
    }
    return columns | more


def state(data: ob.SessionData, symbol: str = "SPY") -> dict[str, Any]:
    result: dict[str, Any] = {}
    for interval in data.intervals(symbol):
        bars = data.get_bars(symbol, interval)
        result[str(interval)] = [tuple(getattr(bars, name).tolist()) for name in ("ts", *FIELDS, "vwap", "trade_count")]
    result["indicators"] = {key: value.current_value for key, value in data.get_all_indicators(symbol).items()}
    metrics = data.get_metrics(symbol)
    result["metrics"] = None if metrics is None else (metrics.high, metrics.low, metrics.last, metrics.volume)
    coverage = data.get_coverage(symbol, data.intervals(symbol)[0])
    result["present"] = None if coverage is None else (coverage.present, coverage.gaps)
    return result


def lean_trades(path: Path) -> dict[str, np.ndarray[Any, Any]]:
    frame = pl.read_csv(path, schema_overrides={"condition_hex": pl.String})
    ts = frame["ts_utc"].str.to_datetime(time_unit="ns", time_zone="UTC").dt.epoch("ns").to_numpy()
    order = np.argsort(ts, kind="stable")
    conditions = np.array([int(text, 16) for text in frame["condition_hex"].to_list()], dtype=np.uint64)
    columns = {
        "symbol": frame["symbol"].to_numpy(),
        "ts": ts,
        "price": frame["price"].cast(pl.Float64).to_numpy(),
        "size": frame["size"].cast(pl.Float64).to_numpy(),
        "conditions": conditions,
    }
    return {name: column[order] for name, column in columns.items()}


def test_a_day_of_prints_gives_the_vendors_minutes(data_dir: Path) -> None:
    """None of 2,309 minutes of four symbols is missing on either side, and 9 of their 11,545 fields differ."""
    symbols = ("SPY", "IBM", "BAC", "AIG")
    prints = lean_trades(data_dir / "us_equity/lean_20131007_ticks_trade.csv.gz")
    data = session(symbols=symbols, bars={"extended_hours": True}, trades={"conditions": "lean"})
    report = data.apply_trades(prints)
    assert report.counts() == dict.fromkeys(report.counts(), 0) | {"added": 388_417}
    data.advance(int(prints["ts"].max()) + MINUTE)
    vendor = pl.read_csv(data_dir / "us_equity/lean_2013_1m_trade.csv.gz").with_columns(
        pl.col("ts_utc").str.to_datetime(time_unit="ns", time_zone="UTC").dt.epoch("ns").alias("ts")
    )
    first, last = int(prints["ts"].min()), int(prints["ts"].max())
    differing, minutes, only_vendor, only_ours = 0, 0, 0, 0
    for symbol in symbols:
        bars = data.get_bars(symbol, "1m")
        ours = pl.DataFrame({name: getattr(bars, name) for name in ("ts", *FIELDS)})
        day = pl.col("ts").is_between(first - MINUTE, last)
        theirs = vendor.filter(pl.col("symbol") == symbol, day).cast(dict.fromkeys(FIELDS, pl.Float64))
        both = theirs.join(ours, on="ts", suffix="_ours")
        only_vendor += len(theirs) - len(both)
        only_ours += len(ours) - len(both)
        minutes += len(both)
        differing += sum(int((both[name] != both[f"{name}_ours"]).sum()) for name in FIELDS)
    assert (minutes, only_vendor, only_ours, differing) == (2309, 0, 0, 9)


def test_seconds_give_the_minutes_that_the_prints_give(data_dir: Path) -> None:
    prints = lean_trades(data_dir / "us_equity/lean_20131007_ticks_trade.csv.gz")
    whole = pl.DataFrame(prints).filter(pl.col("symbol") == "IBM")
    by_minute, by_second = session(symbols=("IBM",), trades={"conditions": "lean"}), session("1s", symbols=("IBM",))
    by_second.set_sale_conditions("lean")
    by_second.add_interval("IBM", "1m", 0)
    for data in (by_minute, by_second):
        assert data.apply_trades(whole).outside_session > 0
        data.advance(CLOSE + 20 * MINUTE)
    assert len(by_second.get_bars("IBM", "1s")) > 5 * 390
    for name in ("ts", *FIELDS):
        ours, theirs = (getattr(d.get_bars("IBM", "1m"), name) for d in (by_second, by_minute))
        # A bar of a second whose trades set no price does not exist, and its volume is in no minute.
        if name == "volume":
            assert (ours <= theirs).all()
            lost = by_second.get_unpriced_volume("IBM") - by_minute.get_unpriced_volume("IBM")
            assert ours.sum() + lost == theirs.sum(), "what is in no bar is counted"
            assert lost > 0
        elif name in {"high", "low", "close", "ts"}:
            np.testing.assert_array_equal(ours, theirs)


def test_seconds_of_coinbase_give_its_minutes_exactly(data_dir: Path) -> None:
    folder = data_dir / "crypto"
    config = ob.SessionConfig(
        exchange="24/7",
        backtest={"start": "2016-10-07", "end": "2016-10-09"},
        source={
            "kind": "csv",
            "path": str(folder / "lean_coinbase_btcusd_2016_1s.csv.gz"),
            "columns": {"ts": "ts_utc"},
            "interval": "1s",
        },
        session_data_config={
            "symbols": "*",
            "streams": ["1s", "1m"],
            "historical": {"trailing_days": 3, "intervals": ["1m"]},
            "bars": {"capacity": 100_000},
        },
    )
    theirs = pl.read_csv(folder / "lean_coinbase_btcusd_2016_1m.csv.gz").with_columns(
        pl.col("ts_utc").str.to_datetime(time_unit="ns", time_zone="UTC").dt.epoch("ns").alias("ts")
    )
    data = ob.SessionCoordinator(config).run().session_data
    past, today = data.get_historical_bars("BTCUSD", "1m"), data.get_bars("BTCUSD", "1m")
    for name in ("ts", *FIELDS):
        ours = np.concatenate([getattr(past, name), getattr(today, name)])
        np.testing.assert_allclose(ours, theirs[name].to_numpy(), rtol=1e-12 if name == "volume" else 0)
    assert len(past) + len(today) == 4216


def test_a_bar_is_there_from_its_end_on() -> None:
    data = session()
    data.advance(OPEN)
    data.apply_trades(trades([(1, 10.0, 100), (30, 12.0, 50), (59, 11.0, 50)]))
    assert data.get_latest_bar("SPY", "1m") is None
    forming = data.get_latest_bar("SPY", "1m", forming=True)
    assert forming is not None
    assert (forming.open, forming.high, forming.low, forming.close, forming.volume) == (10, 12, 10, 11, 200)
    assert (forming.vwap, forming.trade_count) == (10.75, 3)
    data.advance(OPEN + MINUTE)
    assert data.get_latest_bar("SPY", "1m") == forming
    assert data.get_latest_bar("SPY", "1m", forming=True) is None
    data.apply_trades(trades([(70, 13.0, 10), (130, 14.0, 10)]))
    assert len(data.get_bars("SPY", "1m")) == 2, "a later trade ends a bar too"
    symbol = data.get_symbol_data("SPY")
    assert symbol is not None
    assert symbol.trade is not None
    assert (symbol.trade.ts, symbol.trade.price, symbol.trade.size) == (OPEN + 130 * SECOND, 14.0, 10.0)


def test_cancels_and_corrections_repair_all_that_follows() -> None:
    data = session()
    data.advance(OPEN)
    rows = [(30.0 * i, 100.0 + i % 7, 10.0) for i in range(60)]
    ids = list(range(1, 61))
    data.apply_trades(trades(rows, id=ids))
    data.advance(OPEN + 30 * MINUTE)
    heard: list[Any] = []
    data.subscribe("bar_revised", heard.append)
    data.subscribe("bar_withdrawn", heard.append)
    report = data.apply_trades(
        {
            "symbol": ["SPY"] * 4,
            "ts": [0] * 4,
            "price": [0, 0, 500.0, 1.0],
            "size": [0, 0, 20.0, 1.0],
            "id": [51, 52, 55, 99],
            "action": ["cancel", "cancel", "correct", "correct"],
        }
    )
    assert (report.cancelled, report.corrected, report.unknown) == (2, 1, 1)
    kinds = [type(event) for event in heard]
    assert kinds.count(BarWithdrawn) == 1
    assert kinds.count(BarRevised) == 3, "one bar of 1m, and that of 5m twice"
    clean = session()
    clean.advance(OPEN)
    kept = [
        (at, 500.0 if i == 55 else price, 20.0 if i == 55 else size)
        for i, (at, price, size) in zip(ids, rows, strict=True)
        if i not in {51, 52}
    ]
    clean.apply_trades(trades(kept))
    clean.advance(OPEN + 30 * MINUTE)
    assert state(data) == state(clean)


def test_what_cannot_be_done_any_more_is_counted() -> None:
    data = session(trades={"window_seconds": 120})
    data.advance(OPEN)
    data.apply_trades(trades([(10, 10.0, 1), (700, 11.0, 1)], id=[1, 2]))
    report = data.apply_trades(trades([(11, 10.0, 1), (10, 10.0, 1), (690, 10.5, 1), (700, 11.0, 1)], id=[3, 1, 4, 2]))
    assert (report.too_old, report.added, report.identical) == (2, 1, 1)
    assert data.apply_trades(trades([(0, 0, 0)], id=[1], action=["cancel"])).unknown == 1
    bad = trades([(701, float("nan"), 1), (702, 1.0, -1), (703, 1.0, float("inf")), (-60, 1.0, 1.0)])
    bad["symbol"] = ["SPY", "SPY", "NOPE", "SPY"]
    report = data.apply_trades(bad)
    assert (report.refused, report.outside_session) == (3, 1)
    assert [(row, symbol) for row, symbol, *_ in report.refused_rows] == [(0, "SPY"), (1, "SPY"), (2, "NOPE")]
    assert "price is not finite" in report.refused_rows[0][3]
    with pytest.raises(ColumnsError, match="no column size"):
        data.apply_trades({"symbol": ["SPY"], "ts": [OPEN], "price": [1.0]})
    with pytest.raises(ColumnsError, match="action must be new, cancel, correct, not 'undo'"):
        data.apply_trades(trades([(704, 1.0, 1.0)], action=["undo"]))
    with pytest.raises(ColumnsError, match="'#' is not a sale condition"):
        data.apply_trades(trades([(704, 1.0, 1.0)], conditions=["#"]))


def test_sale_conditions_by_tape_and_of_ones_own() -> None:
    rows = [(1, 10.0, 100.0), (2, 99.0, 5.0), (3, 50.0, 1.0), (4, 11.0, 10.0), (5, 70.0, 1000.0)]
    conditions = ["@", "@ I", ["W"], "", ["M"]]
    data = session()
    data.apply_trades(trades(rows, conditions=["".join(c) for c in conditions], tape=["C"] * 5))
    data.advance(OPEN + MINUTE)
    bar = data.get_latest_bar("SPY", "1m")
    assert bar is not None
    assert (bar.open, bar.high, bar.low, bar.close, bar.volume) == (10, 11, 10, 11, 116)
    own = session()
    own.set_sale_conditions(ob.SaleConditions({"*": ob.TapeRules(no_volume=("@",))}))
    own.apply_trades(trades(rows, conditions=conditions))
    own.advance(OPEN + MINUTE)
    bar = own.get_latest_bar("SPY", "1m")
    assert bar is not None
    assert (bar.high, bar.close, bar.volume) == (99, 70, 1011)
    with pytest.raises(ValueError, match="did you mean 'lean'"):
        own.set_sale_conditions("leaan")


def test_the_auctions_have_their_place() -> None:
    data = session()
    data.apply_trades(trades([(1, 10.0, 1), (2, 10.5, 500), (3, 11.0, 1)], conditions=["@", "O", "@"]))
    last = 390 * 60.0
    data.apply_trades(trades([(last - 1, 20.0, 1), (last + 9, 21.0, 900)], conditions=["@", "6"]))
    data.advance(CLOSE + MINUTE)
    bars = data.get_bars("SPY", "1m")
    assert bars.open.tolist() == [10.5, 20.0]
    assert bars[-1].close == 21.0
    assert bars[-1].volume == 901
    assert data.apply_trades(trades([(last + 3000, 21.0, 900)], conditions=["6"])).outside_session == 1


def test_ids_are_whole_numbers_or_missing() -> None:
    data = session()
    assert data.apply_trades(trades([(1, 10.0, 1), (2, 11.0, 1)], id=[1.0, float("nan")])).added == 2
    assert data.apply_trades(trades([(1, 10.0, 1)], id=[1])).identical == 1
    for wrong in (["7"], [-1], [1.5], [None], [float("inf")]):
        with pytest.raises(ColumnsError, match="id must be whole numbers"):
            data.apply_trades(trades([(3, 10.0, 1)], id=wrong))


def test_what_comes_for_a_session_that_has_ended_is_too_old() -> None:
    config = ob.SessionConfig(
        exchange="24/7",
        backtest={"start": "2013-10-07", "end": "2013-10-08"},
        source={"kind": "simulator"},
        session_data_config={"symbols": ["BTC"], "historical": {"trailing_days": 1}},
    )
    data = ob.SessionData(config)
    data.register_symbol("BTC", "1m")
    midnight = int(dt.datetime(2013, 10, 8, tzinfo=dt.UTC).timestamp()) * SECOND

    def apply(seconds: float, number: int, action: str = "new") -> Any:
        row = {"symbol": ["BTC"], "ts": [midnight + round(seconds * 1e9)], "price": [90.0 + number], "size": [1.0]}
        return data.apply_trades(row | {"id": [number], "action": [action]})

    assert apply(-30, 1).added == 1
    assert apply(-20, 2).added == 1
    assert apply(-30, 1, "cancel").cancelled == 1
    data.advance(midnight + MINUTE)
    for number, action in ((2, "cancel"), (2, "correct"), (3, "new")):
        assert apply(-10 if number == 3 else -20, number, action).too_old == 1, action
    assert apply(70, 4).added == 1
    assert apply(-20, 2, "cancel").too_old == 1
    assert [(bar.open, bar.volume) for bar in data.get_historical_bars("BTC", "1m")] == [(92.0, 1.0)]
    assert apply(70, 4, "cancel").cancelled == 1
    assert apply(70, 5, "cancel").unknown == 1


def test_the_last_quote(data_dir: Path) -> None:
    data = session(symbols=("IBM",))
    assert data.get_quote("IBM") is None
    frame = pl.read_csv(data_dir / "us_equity/lean_20131007_ticks_quote_ibm.csv.gz").with_columns(
        pl.col("ts_utc").str.to_datetime(time_unit="ns", time_zone="UTC").dt.replace_time_zone(None).alias("ts")
    )
    report = data.apply_quotes(frame.select("symbol", "ts", "bid", "ask", "bid_size", "ask_size"))
    assert (report.taken, report.late, report.refused) == (109_067, 0, 0)
    symbol = data.get_symbol_data("IBM")
    assert symbol is not None
    assert symbol.quote is not None
    bids, asks = frame.filter(pl.col("bid") > 0), frame.filter(pl.col("ask") > 0)
    assert (symbol.quote.bid, symbol.quote.ask) == (bids["bid"][-1], asks["ask"][-1])
    old: dict[str, list[Any]] = {"symbol": ["IBM", "NOPE"], "ts": [OPEN, OPEN]}
    report = data.apply_quotes(old | {name: [1.0, 1.0] for name in ("bid", "ask", "bid_size", "ask_size")})
    assert (report.taken, report.late, report.refused) == (0, 1, 1)
    assert data.get_quote("NOPE") is None


PRINTS = st.lists(
    st.tuples(st.integers(0, 899), st.integers(90, 110), st.integers(1, 9)),
    min_size=1,
    max_size=60,
    unique_by=lambda t: t[0],
)


@settings(max_examples=150, deadline=None)
@given(PRINTS, st.randoms(use_true_random=False), st.integers(1, 7))
def test_any_order_of_trades_and_of_what_changes_them_ends_in_the_same_bits(
    prints: list[tuple[int, int, int]], random: Any, batch: int
) -> None:
    """Some trades are first reported wrong and corrected, some are reported and cancelled, all in any order."""
    rows: list[list[Any]] = []
    clean = []
    for number, (at, price, size) in enumerate(sorted(prints), 1):
        fate = random.choice(["plain", "plain", "corrected", "cancelled"])
        place = random.random()
        if fate == "corrected":
            rows += [
                [place, at, 7.0, 3.0, number, "new"],
                [place + random.random(), at, price, size, number, "correct"],
            ]
        else:
            rows.append([place, at, price, size, number, "new"])
        if fate == "cancelled":
            rows.append([place + random.random(), at, 0.0, 0.0, number, "cancel"])
        else:
            clean.append((at, float(price), float(size)))
    rows.sort(key=lambda row: row[0])
    messy, ordered = session(), session()
    messy.advance(OPEN)
    for start in range(0, len(rows), batch):
        part = rows[start : start + batch]
        report = messy.apply_trades(
            trades(
                [(at, price, size) for _, at, price, size, *_ in part],
                id=[row[4] for row in part],
                action=[row[5] for row in part],
            )
        )
        assert report.unknown == report.too_old == report.refused == 0
    ordered.advance(OPEN)
    if clean:
        ordered.apply_trades(trades(clean))
    for data in (messy, ordered):
        data.advance(OPEN + 15 * MINUTE)
    assert state(messy) == state(ordered)
