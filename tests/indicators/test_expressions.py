"""Expressions as indicators: their values, their place among the others, and what is refused."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import openbell as ob
from openbell import indicators as ta
from openbell.errors import ConfigError, IndicatorError
from openbell.indicators.custom import only_here

if TYPE_CHECKING:
    from collections.abc import Iterator

STRETCH = "(close - sma_20) / stddev_20"


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    with only_here():
        yield


def run(indicators: dict[str, Any], strategy: ob.Strategy | None = None) -> ob.SessionData:
    config = ob.SessionConfig(
        backtest={"start": "2024-11-27", "end": "2024-11-27"},
        source={"kind": "simulator", "symbols": ["A", "B"], "seed": 4},
        session_data_config={
            "symbols": ["A", "B"],
            "streams": ["1m", "5m", "1d"],
            "historical": {"trailing_days": 2},
            "indicators": indicators,
        },
    )
    again = ob.SessionConfig.model_validate(json.loads(config.model_dump_json()))
    assert again == config
    return ob.SessionCoordinator(config, strategy=strategy).run().session_data


def test_it_is_an_indicator_among_the_others() -> None:
    forming: list[float | None] = []

    class Look(ob.Strategy):
        intervals = ("1m",)

        def on_bar(self, session: ob.SessionData, bar: ob.Bar) -> None:
            if bar.symbol == "A":
                forming.append(session.get_indicator_value("A", "stretch_5m", forming=True))

    session = run(
        {
            "session": [
                {"name": "stretch", "expression": STRETCH, "interval": "5m"},
                {"name": "ema", "period": 9, "interval": "5m", "source": "stretch_5m"},
                {"name": "both", "expression": "where(stretch > 0, ema_9_of_stretch, -1) * hl2", "interval": "5m"},
            ],
            "historical": [{"name": "span", "expression": "high - low", "interval": "1d"}],
        },
        Look(),
    )
    today = session.get_bars("A", "5m")
    before = session.get_historical_bars("A", "5m")
    close, high, low = (np.concatenate([getattr(b, f) for b in (before, today)]) for f in ("close", "high", "low"))
    stretch = (close - ta.sma(close, 20)) / ta.stddev(close, 20)
    ema = ta.ema(stretch, 9)
    both = np.where(stretch > 0, ema, -1) * ((high + low) / 2)
    assert session.get_indicator_value("A", "stretch_5m") == pytest.approx(stretch[-1], rel=1e-9)
    # Its ema was warmed up with more sessions than are kept.
    assert session.get_indicator_value("A", "both_5m") == pytest.approx(both[-1], rel=1e-3)
    frame = session.snapshot(["stretch_5m", "ema_9_of_stretch_5m", "both_5m", "span_1d"])
    assert frame.row("A")["stretch_5m"] == session.get_indicator_value("A", "stretch_5m")
    day = session.get_historical_bars("B", "1d")
    assert frame.row("B")["span_1d"] == pytest.approx(day.high[-1] - day.low[-1])
    assert len({value for value in forming if value is not None}) > 300
    assert session.get_indicator("A", "stretch_5m").type == "custom"  # type: ignore[union-attr]


def test_history_is_loaded_for_its_parts() -> None:
    wanted = ob.IndicatorConfig("far", interval="5m", expression="sma_200 / prev_close")
    needs = ob.analyze_indicator_requirements(wanted)
    assert (wanted.first, wanted.sessions, needs.historical_days) == (200, 1, 6)
    restored = pickle.loads(pickle.dumps(wanted))  # noqa: S301  # our own
    assert restored == wanted
    assert restored.to_dict()["expression"] == "sma_200 / prev_close"


def test_a_name_keeps_its_meaning_unless_it_is_replaced() -> None:
    ob.register_expression("mine", "close - open")
    ob.register_expression("mine", "close - open")
    with pytest.raises(IndicatorError, match="mine means 'close - open' already, not 'close - low'"):
        ob.IndicatorConfig("mine", interval="1m", expression="close - low")
    with pytest.raises(ConfigError, match=r"indicators\.session\[1\].*means 'hl2' already"):
        run({"session": [{"name": "x", "expression": e, "interval": i} for e, i in (("hl2", "1m"), ("open", "5m"))]})
    ob.register_expression("mine", "close - low", title="What was won", replace=True)
    info = next(info for info in ob.list_indicators() if info.name == "mine")
    assert (info.formula, info.title, info.type) == ("close - low", "What was won", "custom")
    session = ob.SessionData()
    session.register_symbol("A", "1m")
    ob.IndicatorManager(session).register_symbol_indicators("A", [ob.IndicatorConfig("mine", interval="1m")])
    session.apply_bar("A", "1m", ob.Bar(1_732_545_000_000_000_000, 10.0, 12.0, 9.0, 11.0, 5.0))
    assert session.get_indicator_value("A", "mine_1m") == 2.0


@pytest.mark.parametrize(
    ("name", "expression", "message"),
    [
        ("sma", "close", '"sma" is an indicator of the catalogue'),
        ("Mine", "close", "'Mine' cannot name an indicator"),
        ("mine", "close +", 'mine: the expression "close +" cannot be read from character 7 on'),
        ("mine", "smaa_20", 'did you mean "sma"?'),
        ("mine", "sma_20_5m", 'has no output "5m"'),
    ],
)
def test_what_cannot_be_read_is_said(name: str, expression: str, message: str) -> None:
    with pytest.raises(IndicatorError) as caught:
        ob.register_expression(name, expression)
    assert message in str(caught.value)


def test_a_config_says_where() -> None:
    with pytest.raises(ConfigError, match=r"indicators\.session\[0\].*cannot be read"):
        run({"session": [{"name": "mine", "expression": "close close", "interval": "5m"}]})
