"""A symbol that joins a run has what it would have had from the start, and nobody else notices."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import openbell as ob

SYMBOLS = [f"SIM{i:03}" for i in range(1, 9)]
START = ("SIM001", "SIM002")
KEYS = ["sma_20_5m", "ema_9_1m", "vwap_1m", "atr_14_15m", "sma_2_1d"]
ZONE = "America/New_York"
DAYS = [dt.date(2024, 11, 27), dt.date(2024, 11, 29), dt.date(2024, 12, 2)]

Asks = dict[tuple[dt.date, int], list[tuple[str, str]]]
Seen = dict[tuple[int, str, str, int], tuple[Any, ...]]


def config(symbols: tuple[str, ...]) -> ob.SessionConfig:
    return ob.SessionConfig(
        backtest={"start": DAYS[0].isoformat(), "end": DAYS[-1].isoformat()},
        source={"kind": "simulator", "symbols": 8, "seed": 5},
        session_data_config={
            "symbols": symbols,
            "streams": ["1m", "5m", "15m", "1d"],
            "historical": {"trailing_days": 2},
            "indicators": {
                "session": [
                    {"name": "sma", "period": 20, "interval": "5m"},
                    {"name": "ema", "period": 9, "interval": "1m"},
                    {"name": "vwap", "interval": "1m"},
                    {"name": "atr", "period": 14, "interval": "15m"},
                ],
                "historical": [{"name": "sma", "period": 2, "interval": "1d"}],
            },
        },
    )


class Watcher(ob.Strategy):
    """Notes every 5m bar with all that can be read then, and asks for symbols at given times."""

    intervals = ("5m",)

    def __init__(self, asks: Asks) -> None:
        self.asks = asks
        self.seen: Seen = {}
        self.added: list[tuple[int, str]] = []
        self.removed: list[str] = []

    def on_bar(self, session: ob.SessionData, bar: ob.Bar) -> None:
        now, symbol = session.now_ns, str(bar.symbol)
        assert now is not None
        latest = session.get_latest_bar(symbol, "1m")
        values = tuple(session.get_indicator_value(symbol, key) for key in KEYS)
        days = len(session.get_historical_bars(symbol, "1d"))
        quality = session.quality.session(symbol, "1m")
        self.seen[now, symbol, str(bar.interval), bar.ts] = (bar, latest, values, days, quality)
        assert session.now is not None
        minute = session.now.hour * 60 + session.now.minute
        for action, name in self.asks.pop((session.now.date(), minute), []):
            if action == "add":
                session.add_symbol(name)
            else:
                session.remove_symbol(name)

    def on_symbol_added(self, session: ob.SessionData, symbol: str) -> None:
        now = session.now_ns
        assert now is not None
        self.added.append((now, symbol))
        bars = session.get_bars(symbol, "1m")
        assert (bars.ts + 60_000_000_000 <= now).all(), "nothing after now"
        for interval in ("5m", "15m"):
            ends = session.get_bars(symbol, interval).ts + ob.Interval(interval).nanos
            assert (ends <= now).all()

    def on_symbol_removed(self, session: ob.SessionData, symbol: str) -> None:
        self.removed.append(symbol)
        assert symbol not in session.get_all_symbols()


def run(symbols: tuple[str, ...], asks: Asks) -> tuple[Watcher, ob.RunResult]:
    watcher = Watcher(asks)
    result = ob.SessionCoordinator(config(symbols), strategy=watcher).run()
    assert result.summary.callback_errors == 0, result.summary.warnings
    assert not watcher.asks
    return watcher, result


WHOLE = run(tuple(SYMBOLS), {})

moments = st.tuples(st.sampled_from(DAYS), st.integers(115, 155).map(lambda n: n * 5))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(moments, st.sampled_from(SYMBOLS[2:])), min_size=1, max_size=5, unique_by=lambda ask: ask[1]))
def test_a_late_symbol_has_what_it_would_have_had(wanted: list[tuple[tuple[dt.date, int], str]]) -> None:
    asks: Asks = {}
    for moment, symbol in wanted:
        asks.setdefault(moment, []).append(("add", symbol))
    late, result = run(START, asks)
    whole, complete = WHOLE
    since = dict.fromkeys(START, 0) | {symbol: now for now, symbol in late.added}
    assert len(late.added) == len(wanted), "each is told once"
    # Every bar since the symbol came, and everything that could be read with it, bit for bit; and no other bar.
    expected = {k: v for k, v in whole.seen.items() if k[1] in since and k[0] > since[k[1]]}
    assert late.seen == expected
    for symbol in since:
        assert result.session_data.digest(symbol) == complete.session_data.digest(symbol)
    assert result.session_data.effective_config().session_data_config.symbols == tuple(sorted(since))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(moments, moments)
def test_removed_and_added_again(first: tuple[dt.date, int], second: tuple[dt.date, int]) -> None:
    (gone, back), symbol = sorted([first, second]), "SIM002"
    asks: Asks = {gone: [("remove", symbol)]}
    asks.setdefault(back, []).append(("add", symbol))
    watcher, result = run(START, asks)
    assert watcher.removed == [symbol]
    assert [name for _, name in watcher.added] == [symbol]
    for name in START:
        assert result.session_data.digest(name) == WHOLE[1].session_data.digest(name)
    untouched = {k: v for k, v in watcher.seen.items() if k[1] == "SIM001"}
    assert untouched == {k: v for k, v in WHOLE[0].seen.items() if k[1] == "SIM001"}
