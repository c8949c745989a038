"""The market of the benchmarks: simulated bars, made once and kept in memory: no figure pays for making them."""

from __future__ import annotations

import datetime as dt
import functools
from typing import TYPE_CHECKING, Any

import numpy as np

import openbell as ob

if TYPE_CHECKING:
    from openbell.sources import Columns

FIRST, LAST = dt.date(2024, 11, 18), dt.date(2024, 11, 22)
EIGHT: list[dict[str, Any]] = [
    {"name": "sma", "period": 20},
    {"name": "ema", "period": 20},
    {"name": "rsi", "period": 14},
    {"name": "macd"},
    {"name": "bbands"},
    {"name": "atr", "period": 14},
    {"name": "obv"},
    {"name": "vwap"},
]
FOUR = EIGHT[:4]


@functools.cache
def columns(symbols: int) -> dict[str, Any]:
    """Five days of one-minute bars of that many symbols, every minute there."""
    manager = ob.TimeManager("XNYS")
    data = ob.DataManager(ob.SimulatorSource(symbols, seed=1, time_manager=manager), manager)
    days = [data.load_session(None, day) for day in manager.sessions(FIRST, LAST)]
    frame: dict[str, Any] = {"symbol": np.concatenate([_names(day) for day in days])}
    for name in ("ts", "open", "high", "low", "close", "volume", "vwap"):
        frame[name] = np.concatenate([getattr(day, name) for day in days])
    return frame


@functools.cache
def bars(symbols: int) -> ob.FrameSource:
    """The same as a source that has read them."""
    source = ob.FrameSource(columns(symbols), unit="ns", interval=ob.Interval("1m"))
    source.symbols()
    return source


def _names(columns: Columns) -> Any:
    return np.array(columns.names)[columns.symbol]


def config() -> ob.SessionConfig:
    """Eight indicators on 5m and four on 1m, for all symbols."""
    return ob.SessionConfig(
        backtest={"start": FIRST.isoformat(), "end": LAST.isoformat()},
        source={"kind": "frame"},
        session_data_config={
            "symbols": "*",
            "streams": ["1m", "5m"],
            "indicators": {
                "session": [*({**i, "interval": "5m"} for i in EIGHT), *({**i, "interval": "1m"} for i in FOUR)]
            },
        },
    )


def minute_of(symbol: Any, ts: int, close: Any) -> dict[str, Any]:
    """Give the bars of one minute, of symbols by number, that open where they close."""
    return {
        "symbol": symbol,
        "ts": np.full(len(close), ts),
        "open": close,
        "high": close + 0.05,
        "low": close - 0.05,
        "close": close,
        "volume": np.full(len(close), 100.0),
    }


class OnFives(ob.Strategy):
    """One callback on each five-minute bar, that reads one value."""

    intervals = ("5m",)

    def on_bar(self, session: ob.SessionData, bar: ob.Bar) -> None:
        session.get_indicator_value(bar.symbol or "", "sma_20_5m")


def loaded_session(symbols: int) -> tuple[ob.SessionData, list[str]]:
    """A session with eight indicators over the base bars of each symbol, without bars."""
    session = ob.SessionData()
    names = [f"S{i:05}" for i in range(symbols)]
    manager = ob.IndicatorManager(session)
    indicators = [ob.IndicatorConfig(**{**i, "interval": "1m"}) for i in EIGHT]
    for name in names:
        session.register_symbol(name, "1m")
        manager.register_symbol_indicators(name, indicators)
    return session, names
