"""No look-ahead: what every callback can see at its time, recorded and held against the data itself."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import openbell as ob

OPEN = int(dt.datetime(2024, 11, 29, 14, 30, tzinfo=dt.UTC).timestamp()) * 1_000_000_000
MINUTE = 60_000_000_000
LENGTH = 210  # the session closes at 13:00
SPANS = {"1m": 1, "5m": 5, "15m": 15, "1d": LENGTH}
KEYS = ["sma_3_1m", "ema_2_5m", "session_high_1m"]


class Witness(ob.Strategy):
    """Checks, in every callback, that nothing that can be read lies in the future."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame
        self.seen: list[tuple[int, str, str]] = []
        self.values: dict[tuple[int, str, str], float | None] = {}

    def on_session_start(self, session: ob.SessionData) -> None:
        self.look(session)

    def on_bar(self, session: ob.SessionData, bar: ob.Bar) -> None:
        assert bar.symbol is not None
        assert bar.interval is not None
        now = session.now_ns
        assert now is not None
        end = min(bar.ts + bar.interval.nanos, OPEN + LENGTH * MINUTE)
        assert end == now, "a bar is told at its end: not before, and not with the next bar that happens to come"
        self.seen.append((now, str(bar.interval), bar.symbol))
        self.look(session)

    def on_session_end(self, session: ob.SessionData) -> None:
        self.look(session)

    def look(self, session: ob.SessionData) -> None:
        now = session.now_ns
        assert now is not None
        assert session.time_manager.now_ns == now
        visible = self.frame.filter(pl.col("ts") + MINUTE <= now)
        for symbol in sorted(session.get_all_symbols()):
            mine = visible.filter(pl.col("symbol") == symbol)
            for interval, minutes in SPANS.items():
                bars = session.get_bars(symbol, interval)
                ends = np.minimum(bars.ts + minutes * MINUTE, OPEN + LENGTH * MINUTE)
                assert (ends <= now).all()
            assert session.get_bars(symbol, "1m").ts.tolist() == mine["ts"].to_list()
            forming = session.get_latest_bar(symbol, "15m", forming=True)
            if forming is not None:
                part = mine.filter(pl.col("ts") >= forming.ts)
                assert (forming.close, forming.high) == (part["close"][-1], part["high"].max())
            highest = mine["high"].max()
            assert session.get_indicator_value(symbol, "session_high_1m") == highest
            if len(mine) >= 3:
                average = session.get_indicator_value(symbol, "sma_3_1m")
                assert average is not None
                assert abs(average - mine["close"].tail(3).to_numpy().mean()) < 1e-9
            for key in KEYS:
                self.values[now, symbol, key] = session.get_indicator_value(symbol, key)


@st.composite
def sessions(draw: st.DrawFn) -> pl.DataFrame:
    """Bars of two symbols at some of the session's minutes."""
    rows = []
    for symbol in ("A", "B"):
        for minute in sorted(draw(st.sets(st.integers(0, LENGTH - 1), min_size=1, max_size=14))):
            low, reach, place = draw(st.integers(100, 200)), draw(st.integers(0, 9)), draw(st.integers(0, 9))
            close = low + min(place, reach)
            row = {"symbol": symbol, "ts": OPEN + minute * MINUTE, "open": low, "high": low + reach, "low": low}
            rows.append({**row, "close": close, "volume": draw(st.integers(0, 5))})
    return pl.DataFrame(rows)


def config() -> ob.SessionConfig:
    indicators = [
        {"name": "sma", "period": 3, "interval": "1m"},
        {"name": "ema", "period": 2, "interval": "5m"},
        {"name": "session_high", "interval": "1m"},
    ]
    return ob.SessionConfig(
        backtest={"start": "2024-11-29", "end": "2024-11-29"},
        source={"kind": "frame"},
        session_data_config={"symbols": "*", "streams": list(SPANS), "indicators": {"session": indicators}},
    )


def run(frame: pl.DataFrame) -> Witness:
    witness = Witness(frame)
    result = ob.SessionCoordinator(config(), strategy=witness, source=ob.FrameSource(frame, unit="ns")).run()
    assert result.summary.callback_errors == 0, result.summary.warnings
    return witness


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sessions())
def test_no_callback_sees_the_future(frame: pl.DataFrame) -> None:
    witness = run(frame)
    # Each bar is told once, at its end: shorter intervals first, then in order of name.
    order = [(now, list(SPANS).index(interval), symbol) for now, interval, symbol in witness.seen]
    assert order == sorted(order)
    assert len(set(order)) == len(order)
    assert sum(interval == "1m" for _, interval, _ in witness.seen) == len(frame)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sessions(), st.integers(1, LENGTH), st.data())
def test_the_past_does_not_depend_on_what_comes(frame: pl.DataFrame, cut: int, data: st.DataObject) -> None:
    """Two sessions that are the same up to a minute look the same up to that minute."""
    until = OPEN + cut * MINUTE
    other: Any = data.draw(sessions())
    changed = pl.concat([frame.filter(pl.col("ts") + MINUTE <= until), other.filter(pl.col("ts") + MINUTE > until)])
    missing = {"A", "B"} - set(changed["symbol"].to_list())
    if missing:
        return
    one, two = run(frame), run(changed)
    for place in set(one.values) & set(two.values):
        if place[0] <= until:
            assert one.values[place] == two.values[place], place
