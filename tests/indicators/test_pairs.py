"""Correlation and beta against another symbol: the bars that both have, whatever order they come in."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

import openbell as ob
from openbell import indicators as ta
from openbell.errors import ColumnsError, ConfigError, IndicatorError, SymbolError
from openbell.indicators.config import IndicatorConfig

OPEN = 1_732_545_000_000_000_000
MINUTE = 60_000_000_000
ROWS = 330
INDICATORS: list[Any] = [
    {"name": name, "interval": interval, "params": {"period": period}, "against": "SPY"}
    for name, period in (("correlation", 30), ("beta", 20))
    for interval in ("1m", "5m")
]


def config(**changes: Any) -> ob.SessionConfig:
    wanted = {"symbols": ["A", "SPY"], "streams": ["1m", "5m"], "indicators": {"session": INDICATORS}, **changes}
    return ob.SessionConfig(
        backtest={"start": "2024-11-25", "end": "2024-11-26"},
        source={"kind": "simulator", "symbols": ["A", "SPY", "X"], "seed": 5},
        session_data_config=wanted,
    )


@functools.cache
def bars() -> dict[str, Any]:
    """Two symbols that go together; each lacks minutes that the other has."""
    chance = np.random.default_rng(3)
    common = np.cumsum(chance.normal(scale=0.2, size=ROWS))
    rows: dict[str, list[Any]] = {key: [] for key in ("symbol", "ts", "open", "high", "low", "close", "volume")}
    for name, share in (("A", 1.5), ("SPY", 1.0)):
        close = np.round(100 + share * common + np.cumsum(chance.normal(scale=0.1, size=ROWS)), 2)
        for i in np.flatnonzero(chance.random(ROWS) > 0.1).tolist():
            values = [name, OPEN + i * MINUTE, close[i], close[i] + 0.1, close[i] - 0.1, close[i], 100.0]
            for key, value in zip(rows, values, strict=True):
                rows[key].append(value)
    return {key: np.array(values) for key, values in rows.items()}


def session(settings: ob.SessionConfig | None = None) -> ob.SessionData:
    data = ob.SessionData(settings or config())
    for symbol in ("A", "SPY"):
        data.register_symbol(symbol, "1m")
    return data


def apply(data: ob.SessionData, places: Any, **changed: Any) -> None:
    taken = {key: values[places] for key, values in bars().items()} | changed
    data.apply({**taken, "symbol": taken["symbol"].tolist()})


def expected(data: ob.SessionData, name: str, interval: str, period: int) -> float | None:
    """From the bars of both that can be read."""
    ours, theirs = (data.get_bars(symbol, interval) for symbol in ("A", "SPY"))
    _, mine, other = np.intersect1d(ours.ts, theirs.ts, return_indices=True)
    function = {"correlation": ta.correlation, "beta": ta.beta}[name]
    values = function(theirs.close[other], ours.close[mine], period)
    return None if not len(values) or np.isnan(values[-1]) else float(values[-1])


def check(data: ob.SessionData) -> int:
    valid = 0
    for row in INDICATORS:
        name, interval, params = row["name"], row["interval"], row["params"]
        period = params["period"]
        got = data.get_indicator_value("A", f"{name}_{period}_vs_SPY_{interval}")
        want = expected(data, name, interval, period)
        assert got == (None if want is None else pytest.approx(want, rel=1e-9)), row
        valid += got is not None
    return valid


def test_bar_by_bar_whoever_comes_first() -> None:
    data, order = session(), np.argsort(bars()["ts"], kind="stable")
    for place in order.tolist():
        apply(data, [place])
        check(data)
    data.advance(OPEN + ROWS * MINUTE)
    assert check(data) == 4
    found = data.get_indicator("A", "beta_20_vs_SPY_5m")
    assert found is not None
    assert (found.against, found.valid, found.warm) == ("SPY", True, True)
    # The market itself has them too: against itself.
    assert data.get_indicator_value("SPY", "correlation_30_vs_SPY_1m") == pytest.approx(1.0)
    assert data.get_indicator_value("SPY", "beta_20_vs_SPY_1m") == pytest.approx(1.0)


@pytest.mark.parametrize("seed", range(6))
def test_late_and_corrected_bars_of_either_end_in_the_same_bits(seed: int) -> None:
    whole, chance = session(), np.random.default_rng(seed)
    total = len(bars()["ts"])
    apply(whole, slice(None))
    whole.advance(OPEN + ROWS * MINUTE)
    data = session()
    wrong = chance.choice(total, 60, replace=False)
    close = bars()["close"].copy()
    close[wrong] = bars()["low"][wrong]
    order = np.argsort(bars()["ts"] + chance.integers(0, 40, total) * MINUTE, kind="stable")
    for lot in np.array_split(order, 13):
        apply(data, lot, close=close[lot])
    for lot in np.array_split(wrong, 5):
        apply(data, lot)
    data.advance(OPEN + ROWS * MINUTE)
    for key, found in whole.get_all_indicators("A").items():
        assert data.get_indicator("A", key).values == found.values  # type: ignore[union-attr]
    assert {symbol: data.digest(symbol) for symbol in ("A", "SPY")} == {
        symbol: whole.digest(symbol) for symbol in ("A", "SPY")
    }


def test_a_snapshot_follows_the_other_symbol() -> None:
    data = session()
    apply(data, slice(None))
    columns = ["correlation_30_vs_SPY_1m", "beta_20_vs_SPY_1m"]
    before = data.snapshot(columns).row("A")
    theirs = np.flatnonzero(bars()["symbol"] == "SPY")[-20:-19]
    apply(data, theirs, close=bars()["low"][theirs])
    after = data.snapshot(columns).row("A")
    check(data)
    for name in columns:
        assert after[name] == data.get_indicator_value("A", name) != before[name]


def test_a_snapshot_has_what_a_late_bar_leaves_as_it_was() -> None:
    data, key = session(), "beta_20_vs_SPY_1m"
    often = data.prepare_snapshot([key])
    ours, theirs = (np.flatnonzero(bars()["symbol"] == symbol) for symbol in ("A", "SPY"))
    flat = dict.fromkeys(("open", "high", "low", "close"), np.full(len(ours), 100.0))
    missing = {name: values[:-1] for name, values in flat.items()}
    apply(data, theirs)
    apply(data, np.delete(ours, 40), **missing)
    assert often.take().row("A")[key] == 0.0
    # To take it in its place is to go back to where there was no value yet, and to come to the same.
    apply(data, ours[40:41], **{name: values[:1] for name, values in flat.items()})
    assert often.take().row("A")[key] == data.get_indicator_value("A", key) == 0.0


def test_its_first_value_is_an_event_once() -> None:
    data, told = session(), []
    data.subscribe_events(["indicator_valid"], [])
    order = np.argsort(bars()["ts"], kind="stable")
    for i in np.delete(order, 30)[:500]:
        apply(data, slice(i, i + 1))
        events = [(event.symbol, str(event.key)) for event in data.take_events()]
        assert all(data.is_indicator_ready(*event) for event in events)
        told += events
    assert sorted(told) == [(symbol, key) for symbol in ("A", "SPY") for key in sorted(data.get_all_indicators("A"))]
    apply(data, order[30:31])
    assert [event.key for event in data.take_events()] == []


def test_forming_takes_both_bars_in_progress() -> None:
    data = session()
    rows = bars()["ts"] < OPEN + 302 * MINUTE
    apply(data, rows)
    assert data.get_latest_bar("A", "5m", forming=True) is not None
    now = data.get_indicator_value("A", "correlation_30_vs_SPY_5m", forming=True)
    closed = data.get_indicator_value("A", "correlation_30_vs_SPY_5m")
    data.advance(OPEN + 305 * MINUTE)
    assert data.get_indicator_value("A", "correlation_30_vs_SPY_5m") == now != closed


def test_it_goes_over_sessions_and_goes_with_its_symbol() -> None:
    seen: list[tuple[float | None, float | None]] = []

    class Look(ob.Strategy):
        intervals = ("5m",)

        def on_session_start(self, session: ob.SessionData) -> None:
            read = session.get_indicator_value
            seen.append((read("A", "correlation_30_vs_SPY_5m"), read("A", "beta_20_vs_SPY_1m")))

        def on_session_end(self, session: ob.SessionData) -> None:
            columns = session.snapshot(["beta_20_vs_SPY_5m", "correlation_30_vs_SPY_1m"])
            assert np.isfinite(columns["beta_20_vs_SPY_5m"]).all()
            if len(seen) == 2:
                session.remove_symbol("SPY")
                assert session.get_indicator_value("A", "correlation_30_vs_SPY_5m") is None

    result = ob.SessionCoordinator(config(), strategy=Look()).run()
    assert result.summary.callback_errors == 0, result.summary.warnings
    assert len(seen) == 2
    assert all(value is not None for row in seen for value in row)


def test_the_other_must_be_there() -> None:
    data = ob.SessionData()
    data.register_symbol("A", "1m")
    wanted = ob.IndicatorConfig("beta", interval="1m", against="SPY")
    with pytest.raises(SymbolError, match='unknown symbol "SPY"'):
        ob.IndicatorManager(data).register_symbol_indicators("A", [wanted])
    with pytest.raises(SymbolError, match="beta_5_vs_SPY_1m: SPY is not in the session; add it first"):
        data.add_indicator("A", wanted)


def test_it_can_be_asked_for_in_mid_session() -> None:
    data = ob.SessionData()
    for symbol in ("A", "SPY"):
        data.register_symbol(symbol, "1m")
    data.subscribe_events(["indicator_valid"], [])
    apply(data, slice(0, 40))
    wanted = ob.IndicatorConfig("correlation", interval="1m", against="spy")
    assert ob.IndicatorManager(data).register_symbol_indicators("A", [wanted]) == 1
    assert ob.IndicatorManager(data).get_indicator_configs("A", "1m") == [wanted]
    assert data.get_indicator_value("A", "correlation_30_vs_SPY_1m") is None
    apply(data, bars()["symbol"] == "SPY")
    value = data.get_indicator_value("A", "correlation_30_vs_SPY_1m")
    assert value == pytest.approx(expected(data, "correlation", "1m", 30))
    assert [event.key for event in data.take_events()] == ["correlation_30_vs_SPY_1m"]
    data.reduce("A", ["correlation_30_vs_SPY_1m"], [])
    apply(data, slice(40, 50))
    assert data.get_indicator("A", "correlation_30_vs_SPY_1m") is None


def test_symbols_whose_names_make_one_key_are_not_mixed_up() -> None:
    data = ob.SessionData()
    names = ["A", "C", "BRK.B", "BRK-B"]
    for symbol in names:
        data.register_symbol(symbol, "1m")
    for symbol, against in (("A", "BRK.B"), ("C", "BRK-B")):
        wanted = ob.IndicatorConfig("correlation", period=5, interval="1m", against=against)
        ob.IndicatorManager(data).register_symbol_indicators(symbol, [wanted])
    closes = {"A": [1, 2, 3, 4, 5], "C": [1, 2, 3, 4, 5], "BRK.B": [2, 4, 6, 8, 10], "BRK-B": [5, 4, 3, 2, 1]}
    for row in range(5):
        for symbol in names:
            price = float(closes[symbol][row])
            data.apply_bar(symbol, "1m", ob.Bar(OPEN + row * MINUTE, price, price, price, price, 1.0))
    assert data.get_indicator_value("A", "correlation_5_vs_BRK_B_1m") == pytest.approx(1.0)
    assert data.get_indicator_value("C", "correlation_5_vs_BRK_B_1m") == pytest.approx(-1.0)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: IndicatorConfig("beta", interval="1m"), IndicatorError, "say which, such as against='SPY'"),
        (
            lambda: IndicatorConfig("sma", interval="1m", against="SPY"),
            IndicatorError,
            "sma compares with no other symbol",
        ),
        (
            lambda: IndicatorConfig("ema", interval="1m", source="beta_5_vs_SPY_1m"),
            IndicatorError,
            "compares two symbols",
        ),
        (lambda: config(symbols=["A"]), ConfigError, "SPY is not among the session's symbols"),
        (
            lambda: config(indicators={"historical": INDICATORS[:1]}),
            ConfigError,
            "what compares with another symbol runs in the session only",
        ),
    ],
)
def test_what_cannot_be_compared_is_said(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_the_column_of_a_slip_is_named() -> None:
    with pytest.raises(ColumnsError, match="did you mean 'beta_5_vs_SPY_5m'"):
        session().snapshot(["bet_5_5m"])


def test_one_that_has_nothing_to_compare_with_is_named(caplog: pytest.LogCaptureFixture) -> None:
    wanted = [{"name": "beta", "interval": "1m", "against": symbol} for symbol in ("SPY", "ZZZZ")]
    run = ob.SessionCoordinator(config(symbols="*", indicators={"session": wanted})).run()
    assert caplog.messages == ["beta_5_vs_ZZZZ_1m has no value: the source has no bars of ZZZZ"]
    assert (run.summary.indicators_ready, run.summary.indicators) == (3, 6)


def test_bars_that_come_of_trades_are_compared_at_once() -> None:
    data = session(config(indicators={"session": [{**INDICATORS[0], "params": {"period": 3}}]}))
    for minute in range(8):
        rows = {"symbol": ["A", "SPY"], "ts": [OPEN + minute * MINUTE] * 2}
        data.apply_trades({**rows, "price": [100.0 + minute**2, 50.0 - minute], "size": [1.0, 1.0]})
    # The last minute has not ended.
    assert len(data.get_bars("A", "1m")) == 7
    value = data.get_indicator_value("A", "correlation_3_vs_SPY_1m")
    assert value == pytest.approx(expected(data, "correlation", "1m", 3))
