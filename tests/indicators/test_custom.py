"""Indicators of one's own: the same values as those of the catalogue, whatever happens to the bars."""

from __future__ import annotations

import functools
import gc
import json
import logging
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from typer.testing import CliRunner

import openbell as ob
from openbell.cli.app import app
from openbell.errors import ConfigError, IndicatorError
from openbell.indicators.custom import only_here

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OPEN = 1_732_545_000_000_000_000
MINUTE = 60_000_000_000
ROWS = 330


class MyMean:
    """Mean of the last closes, as sma."""

    def __init__(self, period: int = 20) -> None:
        self.first = period
        self.closes: list[float] = []

    def update(self, bar: ob.Bar) -> float | None:
        self.closes = [*self.closes, bar.close][-self.first :]
        return float(np.mean(self.closes)) if len(self.closes) == self.first else None


class MyRange:
    """What a bar spans."""

    def __init__(self, weight: float = 0.5) -> None:
        self.weight = weight

    def update(self, bar: ob.Bar) -> dict[str, float | None]:
        return {"range": (bar.high - bar.low) * self.weight, "middle": (bar.high + bar.low) / 2 if bar.volume else None}


class MyCount:
    """How many bars there were; fails at a price."""

    def __init__(self) -> None:
        self.bars = 0

    def copy(self) -> MyCount:
        other = MyCount()
        other.bars = self.bars
        return other

    def update(self, bar: ob.Bar) -> float:
        if bar.close == 66.6:
            raise ZeroDivisionError("not at that price")
        self.bars += 1
        return np.inf if bar.close == 77.7 else self.bars


@pytest.fixture(autouse=True, scope="module")
def registered() -> Iterator[None]:
    with only_here():
        ob.register_indicator("my_mean", on_price=True)(MyMean)
        ob.register_indicator("my_range", outputs=("range", "middle"), ranges={"weight": (0.0, 2.0)})(MyRange)
        ob.register_indicator("my_count")(MyCount)
        yield


INDICATORS = [
    *({"name": name, "period": 20, "interval": i} for name in ("sma", "my_mean") for i in ("1m", "5m")),
    {"name": "my_range", "interval": "5m"},
    {"name": "my_count", "interval": "1m"},
]


def bars() -> dict[str, Any]:
    chance = np.random.default_rng(3)
    close = np.round(50 + np.cumsum(chance.normal(scale=0.2, size=ROWS)), 2)
    return {
        "ts": OPEN + np.arange(ROWS) * MINUTE,
        "open": close,
        "high": close + np.round(chance.random(ROWS), 2),
        "low": close - np.round(chance.random(ROWS), 2),
        "close": close,
        "volume": np.floor(chance.random(ROWS) * 1e4) + 1,
    }


def config(**changes: Any) -> ob.SessionConfig:
    wanted = {"symbols": ["A"], "streams": ["1m", "5m"], "indicators": {"session": INDICATORS}, **changes}
    days = {"start": "2024-11-25", "end": "2024-11-26"}
    source = {"kind": "simulator", "symbols": ["A", "B"], "seed": 3}
    return ob.SessionConfig(backtest=days, source=source, session_data_config=wanted)


def apply(data: ob.SessionData, rows: dict[str, Any], places: Any, **changed: Any) -> None:
    taken = {name: values[places] for name, values in rows.items()} | changed
    data.apply({"symbol": ["A"] * len(taken["ts"]), **taken})


def session() -> ob.SessionData:
    data = ob.SessionData(config())
    data.register_symbol("A", "1m")
    return data


def values(data: ob.SessionData) -> dict[str, Any]:
    return {key: found.values for key, found in data.get_all_indicators("A").items()}


def same_as_the_catalogue(data: ob.SessionData) -> None:
    for interval in ("1m", "5m"):
        ours, theirs = (data.get_indicator_value("A", f"{name}_20_{interval}") for name in ("my_mean", "sma"))
        assert ours == (theirs if theirs is None else pytest.approx(theirs, rel=1e-12))


def test_it_says_what_the_catalogue_says_bar_by_bar() -> None:
    data, rows = session(), bars()
    for i in range(ROWS):
        apply(data, rows, slice(i, i + 1))
        data.advance(OPEN + (i + 1) * MINUTE)
        assert data.get_indicator_value("A", "my_count_1m") == i + 1
        if i % 5 < 4:
            read = functools.partial(data.get_indicator_value, "A", forming=True)
            ours, theirs = read("my_mean_20_5m"), read("sma_20_5m")
            assert ours == (theirs if theirs is None else pytest.approx(theirs, rel=1e-12))
        same_as_the_catalogue(data)
    newest = data.get_latest_bar("A", "5m")
    assert newest is not None
    assert data.get_indicator_value("A", "my_range_0p5_5m") == (newest.high - newest.low) / 2
    assert data.get_indicator_value("A", "my_range_0p5_5m", "middle") == (newest.high + newest.low) / 2
    found = data.get_indicator("A", "my_mean_20_5m")
    assert found is not None
    assert (found.type, found.valid, found.params) == ("custom", True, {"period": 20.0})


@pytest.mark.parametrize("seed", range(6))
def test_late_and_corrected_bars_end_in_the_same_values(seed: int) -> None:
    whole, rows = session(), bars()
    apply(whole, rows, slice(None))
    whole.advance(OPEN + ROWS * MINUTE)
    chance, data = np.random.default_rng(seed), session()
    late = np.sort(chance.choice(ROWS, 30, replace=False))
    wrong = np.setdiff1d(np.sort(chance.choice(ROWS, 40, replace=False)), late)
    close = rows["close"].copy()
    close[wrong] = rows["low"][wrong]
    first = np.setdiff1d(np.arange(ROWS), late)
    for lot in np.array_split(first, 7):
        apply(data, rows, lot, close=close[lot])
    for lot in np.array_split(chance.permutation(np.concatenate([late, wrong])), 9):
        apply(data, rows, lot)
    data.advance(OPEN + ROWS * MINUTE)
    assert values(data) == values(whole)
    assert data.get_indicator_value("A", "my_count_1m") == ROWS
    assert data.digest("A") == whole.digest("A")


def test_a_run_says_which_have_failed() -> None:
    class Fails:
        def update(self, bar: ob.Bar) -> float:
            raise KeyError("nothing")

    ob.register_indicator("fails")(Fails)
    wanted = {"session": [{"name": "fails", "interval": "5m"}]}
    result = ob.SessionCoordinator(config(symbols=["A", "B"], indicators=wanted)).run()
    assert result.summary.warnings == ("fails_5m of A and 1 more: KeyError: 'nothing'",)


def test_a_small_ring_changes_nothing() -> None:
    small = ob.SessionData(config(bars={"capacity": 30}))
    small.register_symbol("A", "1m")
    rows, whole = bars(), session()
    for data in (small, whole):
        for i in range(0, ROWS, 10):
            apply(data, rows, slice(i, i + 10))
        apply(data, rows, slice(ROWS - 20, ROWS - 19), close=rows["low"][ROWS - 20 : ROWS - 19])
    assert values(small) == values(whole)


def test_history_warms_it_up_and_callbacks_read_it() -> None:
    seen: list[tuple[Any, Any]] = []
    valid: list[str] = []

    class Look(ob.Strategy):
        intervals = ("5m",)

        def on_bar(self, session: ob.SessionData, bar: ob.Bar) -> None:
            symbol = str(bar.symbol)
            read = session.get_indicator_value
            seen.append((read(symbol, "my_mean_20_5m"), read(symbol, "sma_20_5m")))
            if len(seen) == 10:
                session.add_symbol("B")

        def on_indicator_valid(self, session: ob.SessionData, symbol: str, key: str) -> None:
            valid.append(f"{symbol} {key}")

    result = ob.SessionCoordinator(config(), strategy=Look()).run()
    assert result.summary.callback_errors == 0
    assert result.summary.history_sessions == 1
    assert len(seen) > 250
    assert all(ours == pytest.approx(theirs, rel=1e-12) for ours, theirs in seen)
    assert valid == []
    frame = result.session_data.snapshot(["my_mean_20_5m", "sma_20_5m", "my_range_0p5_5m_middle"])
    np.testing.assert_allclose(frame["my_mean_20_5m"], frame["sma_20_5m"], rtol=1e-12)
    assert len(frame) == 2


def test_its_first_value_is_an_event() -> None:
    data, rows = session(), bars()
    data.subscribe_events(["indicator_valid"], [])
    told: list[str] = []
    for i in range(30):
        apply(data, rows, slice(i, i + 1))
        told += [f"{event.key} {i}" for event in data.take_events()]
    assert sorted(told) == ["my_count_1m 0", "my_mean_20_1m 19", "my_range_0p5_5m 4", "sma_20_1m 19"]


def test_late_and_corrected_bars_are_not_its_first_value_again() -> None:
    data, rows = session(), bars()
    data.subscribe_events(["indicator_valid"], [])
    apply(data, rows, np.delete(np.arange(60), 30))
    assert sum(event.key == "my_mean_20_1m" for event in data.take_events()) == 1
    apply(data, rows, slice(30, 31))
    apply(data, rows, slice(3, 4), close=rows["low"][3:4])
    assert [event.key for event in data.take_events()] == []


def test_it_can_be_asked_for_in_mid_session_and_given_back() -> None:
    data = ob.SessionData()
    data.register_symbol("A", "1m")
    rows = bars()
    apply(data, rows, slice(0, 100))
    manager = ob.IndicatorManager(data)
    wanted = [ob.IndicatorConfig(name, period=20, interval="1m") for name in ("my_mean", "sma")]
    assert manager.register_symbol_indicators("A", wanted) == 2
    assert manager.get_indicator_configs("A", "1m") == sorted(wanted, key=lambda c: c.name, reverse=True)
    for _ in range(2):
        ours, theirs = (data.get_indicator_value("A", c.make_key()) for c in wanted)
        assert ours == pytest.approx(theirs, rel=1e-12)
        apply(data, rows, slice(100, 150))
    data.reduce("A", ["my_mean_20_1m"], [])
    assert data.get_indicator("A", "my_mean_20_1m") is None
    assert data.remove_symbol("A")
    data.register_symbol("A", "1m")
    manager.register_symbol_indicators("A", wanted)
    apply(data, rows, slice(0, 25))
    ours, theirs = (data.get_indicator_value("A", c.make_key()) for c in wanted)
    assert ours == pytest.approx(theirs, rel=1e-12)


@pytest.mark.parametrize(("price", "message"), [(66.6, "Error: not at that price"), (77.7, "finite numbers")])
def test_what_fails_has_no_value_and_is_said(price: float, message: str, caplog: pytest.LogCaptureFixture) -> None:
    data, rows = session(), bars()
    apply(data, rows, slice(0, 10))
    assert dict(data.indicator_errors) == {}
    rows["close"][12] = rows["high"][12] = price
    with caplog.at_level(logging.ERROR, "openbell"):
        apply(data, rows, slice(10, 40))
    assert data.get_indicator_value("A", "my_count_1m") is None
    same_as_the_catalogue(data)
    assert list(data.indicator_errors) == [("A", "my_count_1m")]
    assert message in data.indicator_errors["A", "my_count_1m"]
    assert sum("has no value from now on" in record.getMessage() for record in caplog.records) == 1
    # Once the bar is put right, it goes on.
    apply(data, bars(), slice(12, 13))
    assert data.get_indicator_value("A", "my_count_1m") == 40
    assert not data.indicator_errors


def test_history_needed_is_worked_out() -> None:
    wanted = ob.IndicatorConfig("my_mean", period=200, interval="5m")
    assert ob.analyze_indicator_requirements(wanted).historical_days == 6
    listed = {info.name: info for info in ob.list_indicators() if info.type == "custom"}
    assert {"my_mean", "my_range", "my_count"} <= set(listed)
    assert (listed["my_mean"].first, listed["my_mean"].title) == (20, "Mean of the last closes, as sma")
    assert ob.IndicatorConfig("my_range", interval="1m", params={"weight": 1.5}).make_key() == "my_range_1p5_1m"


def test_a_filter_screens_with_it() -> None:
    data = session()
    apply(data, bars(), slice(None))
    frame = data.snapshot(["my_mean_20_5m", "close"])
    assert frame.row("A")["my_mean_20_5m"] == data.get_indicator_value("A", "my_mean_20_5m")


class NoUpdate:
    """Nothing to call."""


class NoNumber:
    """A parameter without a number."""

    def __init__(self, period: Any = "x") -> None: ...

    def update(self, bar: ob.Bar) -> float:
        return bar.close


class Uncopied:
    """Holds what cannot be copied."""

    def __init__(self, least: int = 3) -> None:
        if least == 99:
            raise ValueError("99 will not do")
        self.lines = (line for line in ())  # type: ignore[var-annotated]

    def update(self, bar: ob.Bar) -> float:
        return bar.close


def test_what_cannot_be_copied_or_made_is_said(caplog: pytest.LogCaptureFixture) -> None:
    ob.register_indicator("uncopied")(Uncopied)
    with pytest.raises(IndicatorError, match=r"uncopied\(least=99\) cannot be made: ValueError: 99 will not do"):
        ob.IndicatorConfig("uncopied", interval="1m", params={"least": 99})
    data = session()
    ob.IndicatorManager(data).register_symbol_indicators("A", [ob.IndicatorConfig("uncopied", interval="1m")])
    with caplog.at_level(logging.ERROR, "openbell"):
        apply(data, bars(), slice(0, 100))
        apply(data, bars(), slice(30, 31), close=bars()["low"][30:31])
    assert "cannot pickle" in data.indicator_errors["A", "uncopied_3_1m"]
    assert data.get_indicator_value("A", "uncopied_3_1m") is None
    assert data.get_indicator_value("A", "my_count_1m") == 100
    assert "A uncopied_3_1m has no value from now on" in caplog.text


def test_looking_at_a_bar_in_progress_breaks_nothing(caplog: pytest.LogCaptureFixture) -> None:
    ob.register_indicator("careful")(Careful)
    data, rows = session(), bars()
    ob.IndicatorManager(data).register_symbol_indicators("A", [ob.IndicatorConfig("careful", interval="5m")])
    apply(data, rows, slice(0, 12))
    with caplog.at_level(logging.ERROR, "openbell"):
        assert data.get_indicator_value("A", "careful_5m", forming=True) is None
    assert "no forming value" in caplog.text
    assert not data.indicator_errors
    apply(data, rows, slice(12, 15))
    assert data.get_indicator_value("A", "careful_5m") == 3


class Careful:
    """Fails at what is no whole bar."""

    def __init__(self) -> None:
        self.seen = 0

    def update(self, bar: ob.Bar) -> float:
        if bar.ts == OPEN + 10 * MINUTE and bar.volume < bars()["volume"][10:15].sum():
            raise ValueError("not whole")
        self.seen += 1
        return self.seen


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ob.register_indicator("sma")(MyCount), "'sma' is an indicator of the catalogue"),
        (lambda: ob.register_indicator("My")(MyCount), "'My' cannot name an indicator"),
        (lambda: ob.register_indicator("close")(MyCount), "'close' cannot name an indicator: it is a column"),
        (lambda: ob.register_indicator("bar_mine")(MyCount), "'bar_mine' cannot name an indicator: it is a column"),
        (lambda: ob.register_indicator("my_count")(MyMean), "my_count means MyCount already, not MyMean"),
        (lambda: ob.register_expression("my_count", "close"), "my_count means MyCount already, not 'close'"),
        (lambda: ob.register_indicator("mine", outputs=())(MyCount), "must be names, and at least one"),
        (lambda: ob.register_indicator("mine")(NoUpdate), "NoUpdate has no method update"),
        (lambda: ob.register_indicator("mine")(NoNumber), "'period' needs a number as default, not 'x'"),
        (lambda: ob.register_indicator("mine", ranges={"weight": (1, 2)})(MyRange), "weight = 0.5 is not from 1 to 2"),
        (lambda: ob.register_indicator("mine", ranges={"weight": (-1, 2)})(MyRange), "cannot be negative"),
        (lambda: ob.IndicatorConfig("my_mean", period=0, interval="1m"), "period = 0 is out of range"),
        (lambda: ob.IndicatorConfig("my_mea", period=1, interval="1m"), "did you mean 'my_mean'"),
        (lambda: ob.IndicatorConfig("ema", interval="1m", source="my_mean_20_1m"), "come after those of the catalogue"),
        (lambda: ob.IndicatorConfig("my_mean", interval="1m", source="hl2"), "my_mean takes no source"),
    ],
)
def test_what_is_wrong_is_said(call: Any, message: str) -> None:
    with pytest.raises(IndicatorError) as caught:
        call()
    assert message.replace("'", '"') in str(caught.value).replace("'", '"')


def test_it_is_not_fixed_during_a_session() -> None:
    with pytest.raises(ConfigError, match="my_mean_20_1d: an indicator of one's own runs in the session only"):
        config(indicators={"historical": [{"name": "my_mean", "interval": "1d"}]})


def test_a_session_with_it_goes_when_nobody_holds_it() -> None:
    data = session()
    apply(data, bars(), slice(0, 50))
    gone = weakref.ref(data)
    del data
    gc.collect()
    assert gone() is None


def test_a_strategy_file_may_bring_its_own(tmp_path: Path) -> None:
    (tmp_path / "with_own.py").write_text(
        "import openbell as ob\n\n\n"
        '@ob.register_indicator("my_last")\n'
        "class MyLast:\n"
        "    def update(self, bar):\n"
        "        return bar.close\n\n\n"
        "class Own(ob.Strategy):\n"
        "    def on_session_end(self, session):\n"
        '        print("last", session.get_indicator_value("A", "my_last_5m"))\n'
    )
    wanted = config(indicators={"session": []}).model_dump(mode="json")
    wanted["session_data_config"]["indicators"]["session"] = [{"name": "my_last", "interval": "5m"}]
    (tmp_path / "session.json").write_text(json.dumps(wanted))
    run = CliRunner().invoke(
        app, ["run", str(tmp_path / "session.json"), "--strategy", f"{tmp_path}/with_own.py:Own", "--json"]
    )
    assert run.exit_code == 0, run.output
    assert "last 1" in run.output or "last 2" in run.output
