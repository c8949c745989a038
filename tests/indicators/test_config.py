from __future__ import annotations

import pickle

import pytest

from openbell._core import Interval
from openbell.errors import IndicatorError, IntervalError
from openbell.indicators import IndicatorConfig, IndicatorType, list_indicators


def test_keys() -> None:
    assert IndicatorConfig("sma", "trend", 20, "5m").make_key() == "sma_20_5m"
    assert IndicatorConfig("sma", interval="5m", params={"period": 20}) == IndicatorConfig("sma", None, 20, "5m")
    assert IndicatorConfig("bbands", interval="300s", params={"width": 2.5}).make_key() == "bbands_20_2p5_5m"
    assert IndicatorConfig("vwap", interval="1m").make_key() == "vwap_1m"
    assert IndicatorConfig("stoch", interval="1d").make_key() == "stoch_14_3_3_1d"


def test_what_it_knows() -> None:
    macd = IndicatorConfig("macd", IndicatorType.MOMENTUM, interval="5m")
    assert dict(macd.params) == {"fast": 12, "slow": 26, "signal": 9}
    assert macd.outputs == ("macd", "signal", "histogram")
    assert (macd.first, macd.period, macd.interval) == (34, None, Interval("5m"))
    assert pickle.loads(pickle.dumps(macd)) == macd  # noqa: S301  # our own bytes
    assert {macd: 1}[IndicatorConfig("macd", interval="5m")] == 1
    with pytest.raises(AttributeError, match="does not change"):
        macd.name = "sma"


@pytest.mark.parametrize(
    ("kwargs", "error", "message"),
    [
        ({"name": "smaa", "interval": "5m"}, IndicatorError, "unknown indicator 'smaa'; did you mean 'sma'"),
        ({"name": "sma", "interval": "5m", "params": {"perod": 3}}, IndicatorError, 'did you mean "period"'),
        ({"name": "sma", "interval": "5m", "period": 0}, IndicatorError, "from 1 to 100000"),
        ({"name": "sma", "interval": "5m", "period": "20"}, IndicatorError, "is not a number"),
        ({"name": "sma", "interval": "5m", "period": 3, "params": {"period": 4}}, IndicatorError, "given twice"),
        ({"name": "macd", "interval": "5m", "period": 3}, IndicatorError, "it takes fast, slow, signal"),
        ({"name": "sma", "type": "volume", "interval": "5m"}, IndicatorError, "its type is 'trend'"),
        ({"name": "sma"}, IndicatorError, "interval is missing"),
        ({"name": "sma", "interval": "5x"}, IntervalError, "5x"),
    ],
)
def test_refusals(kwargs: dict[str, object], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        IndicatorConfig(**kwargs)  # type: ignore[arg-type]  # wrong on purpose


def test_the_catalogue_describes_every_indicator() -> None:
    catalogue = list_indicators()
    assert len(catalogue) >= 16
    for info in catalogue:
        config = IndicatorConfig(info.name, info.type, interval="1m", against="SPY" if info.is_pair else None)
        assert config.outputs == info.outputs
        assert (config.first, config.warm) == (info.first, info.warm)
        assert info.formula
        assert info.source
