"""Chains, expressions, comparisons and one's own: a market that is played live ends where the backtest does."""

from __future__ import annotations

from typing import Any

import openbell as ob
from openbell.indicators.custom import only_here


class Counted:
    """How much was traded since it began."""

    def __init__(self, period: int = 3) -> None:
        self.first, self.volumes = period, [0.0]

    def update(self, bar: ob.Bar) -> float:
        self.volumes = [*self.volumes, bar.volume][-self.first :]
        return sum(self.volumes)


class Adds(ob.Strategy):
    """Asks for a symbol in mid-session."""

    intervals = ("5m",)

    def __init__(self) -> None:
        self.bars = 0

    def on_bar(self, session: ob.SessionData, bar: ob.Bar) -> None:
        self.bars += 1
        # Early: in a market that is played so fast, a stall of the machine is half an hour, whose bars come late.
        if self.bars == 10:
            session.add_symbol("B")


def test_a_live_run_ends_where_the_backtest_does() -> None:
    indicators: list[dict[str, Any]] = [
        {"name": "counted", "period": 5, "interval": "5m"},
        {"name": "beta", "interval": "5m", "against": "SPY", "params": {"period": 20}},
        {"name": "ema", "interval": "1m", "period": 9, "source": "rsi_14_1m"},
        {"name": "above", "interval": "1m", "expression": "close - sma_20"},
        {"name": "opening_range", "interval": "1m"},
        {"name": "prev_close", "interval": "1m"},
    ]
    with only_here():
        ob.register_indicator("counted")(Counted)
        config = ob.SessionConfig(
            backtest={"start": "2024-11-29", "end": "2024-11-29"},
            source={"kind": "simulator", "symbols": ["A", "SPY", "B"], "seed": 3},
            session_data_config={
                "symbols": ["A", "SPY"],
                "streams": ["1m", "5m"],
                "historical": {"trailing_days": 1},
                "indicators": {"session": indicators},
            },
        )
        played = ob.SessionCoordinator(config, strategy=Adds()).run().session_data
        live = ob.SessionCoordinator(config.as_replay(speed=3000), strategy=Adds()).run().session_data
        for symbol in ("A", "SPY", "B"):
            values = {key: found.values for key, found in played.get_all_indicators(symbol).items()}
            assert len(values) == len(indicators)
            assert all(value is not None for outputs in values.values() for value in outputs.values()), values
            assert {key: found.values for key, found in live.get_all_indicators(symbol).items()} == values
            assert live.digest(symbol) == played.digest(symbol)
