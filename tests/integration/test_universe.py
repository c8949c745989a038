"""739 symbols over six sessions of real minutes, with all their blemishes, through the command line."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
from tests.integration.aggregate import aggregate, assert_bars, cleaned

import openbell as ob
from openbell.demo import sample_path

if TYPE_CHECKING:
    from pathlib import Path

NAME = "universe_1m/yahoo_us_2019-12-26_2020-01-03.csv.gz"
INTERVALS = ["5m", "15m", "1h", "1d"]


def config(path: Path, **session: Any) -> dict[str, Any]:
    return {
        "name": "us-universe",
        "backtest": {"start": "2019-12-30", "end": "2020-01-03"},
        "source": {"kind": "csv", "path": str(path), "columns": {"ts": "ts_utc"}, "on_bad": "skip"},
        "session_data_config": {
            "symbols": "*",
            "streams": ["1m", *INTERVALS],
            "historical": {"trailing_days": 10, "intervals": ["1m", *INTERVALS]},
            **session,
        },
    }


@pytest.fixture(scope="module")
def rows(data_dir: Path) -> pl.DataFrame:
    frame = pl.read_csv(data_dir / NAME, schema_overrides={"symbol": pl.String})
    return frame.with_columns(pl.col("ts_utc").str.to_datetime(time_unit="ns", time_zone="UTC").alias("ts"))


def test_the_command_line_counts_every_row_by_kind(data_dir: Path, tmp_path: Path, rows: pl.DataFrame) -> None:
    path = tmp_path / "universe.json"
    indicators = {"session": [{"name": "rsi", "interval": "5m"}, {"name": "vwap", "interval": "1m"}]}
    path.write_text(json.dumps(config(data_dir / NAME, indicators=indicators)))
    done = subprocess.run(
        [sys.executable, "-m", "openbell", "run", str(path), "--json"], check=True, capture_output=True, text=True
    )
    summary = json.loads(done.stdout)
    assert done.stderr == ""
    assert len(summary["symbols"]) == 739
    assert [s["date"] for s in summary["sessions"]] == ["2019-12-30", "2019-12-31", "2020-01-02", "2020-01-03"]
    assert summary["refused_by_reason"] == {"open is not finite": 64}
    counts = summary["counts"]
    clean = cleaned(rows)
    bars = rows.filter(pl.col("open").is_not_null())
    # Of two rows for one symbol and minute the later stands, and is the same or a correction; none is lost.
    assert counts["appended"] + counts["inserted"] == len(clean)
    assert counts["identical"] + counts["corrected"] == len(bars) - len(clean)
    assert counts["identical"] > 200
    assert counts["corrected"] > 20
    assert sum(counts.values()) + 64 == len(rows) == 437_794
    assert summary["totals"]["bars"] + summary["history_bars"] == len(clean)
    assert summary["totals"]["indicators"] == 2 * 739


def test_derived_bars_equal_an_independent_aggregation(data_dir: Path, rows: pl.DataFrame) -> None:
    """For every symbol and day: history, and the last session, exactly."""
    result = ob.SessionCoordinator(ob.SessionConfig(**config(data_dir / NAME))).run()
    session = result.session_data
    clean = cleaned(rows)
    last = dt.date(2020, 1, 3)
    compared = 0
    for interval in INTERVALS:
        for (symbol,), want in aggregate(clean, interval).partition_by("symbol", as_dict=True).items():
            days = {date[0]: part for date, part in want.partition_by("date", as_dict=True).items()}
            history = session.get_historical_bars(str(symbol), interval).by_date()
            assert set(history) == set(days) - {last}, symbol
            for date, part in days.items():
                bars = session.get_bars(str(symbol), interval) if date == last else history[date]
                assert_bars(bars, part, f"{symbol} {date} {interval}")
                compared += 1
    assert compared == 4 * clean.select("symbol", pl.col("ts").dt.date()).unique().height


def test_any_arrival_order_gives_the_same_state(data_dir: Path, rows: pl.DataFrame) -> None:
    clean = cleaned(rows)
    day = clean.filter(pl.col("ts").dt.date() == dt.date(2020, 1, 2))
    # Five of the busiest, and two that trade now and then.
    by_bars = day.group_by("symbol").len().sort("len", "symbol", descending=True)["symbol"].to_list()
    symbols = [*by_bars[:5], *by_bars[300:302]]
    day = day.filter(pl.col("symbol").is_in(symbols))
    assert len(day) > 2_000
    close = int(dt.datetime(2020, 1, 2, 21, tzinfo=dt.UTC).timestamp()) * 1_000_000_000
    # Those that compare two symbols do so with one of them.
    against = {True: {"against": symbols[0]}, False: {}}
    indicators = [{"name": i.name, "interval": "5m", **against[i.is_pair]} for i in ob.list_indicators()]
    template = ob.SessionConfig(**config(data_dir / NAME, indicators={"session": indicators}))

    def final_state(frame: pl.DataFrame) -> list[int]:
        session = ob.SessionData(template)
        for symbol in symbols:
            session.register_symbol(symbol, "1m")
        numbers = {name: frame[name].cast(pl.Float64) for name in ("open", "high", "low", "close", "volume")}
        report = session.apply({"symbol": frame["symbol"], "ts": frame["ts"].dt.epoch("ns"), **numbers})
        assert report.appended + report.inserted == len(frame)
        session.advance(close)
        return [session.digest(symbol) for symbol in symbols]

    want = final_state(day.sort("ts", "symbol"))
    rng = np.random.default_rng(7)
    for _ in range(5):
        assert final_state(day[rng.permutation(len(day)).tolist()]) == want
    assert final_state(day.sort("ts", descending=True)) == want


def test_vwap_adds_up() -> None:
    """The bundled sample has a vwap in every bar: that of a longer bar is the average by volume."""
    rows = pl.read_parquet(sample_path()).with_columns(pl.col("volume").cast(pl.Float64))
    template = ob.SessionConfig(
        backtest={"start": "2024-11-29", "end": "2024-11-29"},
        source={"kind": "parquet", "path": str(sample_path())},
        session_data_config={"symbols": "*", "streams": ["1m", *INTERVALS]},
    )
    session = ob.SessionCoordinator(template).run().session_data
    day = rows.filter(pl.col("ts").dt.date() == dt.date(2024, 11, 29)).sort("symbol", "ts")
    for interval in INTERVALS:
        parts = aggregate(day, interval).partition_by("symbol", as_dict=True)
        assert len(parts) == 50
        for (symbol,), want in parts.items():
            assert_bars(session.get_bars(str(symbol), interval), want, f"{symbol} {interval}")
    spy = day.filter(pl.col("symbol") == "SIM005")
    metrics = session.get_metrics("SIM005")
    assert metrics is not None
    assert metrics.session_vwap == pytest.approx(np.average(spy["vwap"], weights=spy["volume"]), rel=1e-12)
