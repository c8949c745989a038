"""Indicators without a session: the same values as in one, over arrays and value by value."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import polars as pl
import pytest
import talib

import openbell as ob
from openbell import indicators as ta
from openbell._core import compute
from openbell.errors import ColumnsError, IndicatorError
from openbell.indicators.functions import COLUMNS, NAMES, OTHER, Stream, function_of, inputs_of, stream_type, times_of

ROWS = 500


@pytest.fixture(scope="module")
def bars() -> dict[str, Any]:
    chance = np.random.default_rng(7)
    close = np.round(100 + np.cumsum(chance.normal(scale=0.4, size=ROWS)), 2)
    opens = np.round(close + chance.normal(scale=0.2, size=ROWS), 2)
    high = np.maximum(opens, close) + np.round(chance.random(ROWS), 2)
    low = np.minimum(opens, close) - np.round(chance.random(ROWS), 2)
    volume = np.floor(chance.random(ROWS) * 10_000) * (chance.random(ROWS) > 0.05)
    return {"open": opens, "high": high, "low": low, "close": close, "volume": volume, "other": np.roll(opens, 9)}


def outputs(values: Any) -> list[Any]:
    return list(values) if isinstance(values, tuple) else [values]


@pytest.mark.parametrize("name", NAMES)
def test_one_by_one_is_bulk_bit_for_bit(bars: dict[str, Any], name: str) -> None:
    inputs = inputs_of(name)
    minute, ts = np.arange(ROWS) % 120 - 10, np.arange(ROWS) * 60_000_000_000
    place = {"session": np.arange(ROWS) // 120, "regular": minute >= 0, "minute": minute, "ts": ts}
    bulk = outputs(function_of(name)(*(bars[column] for column in inputs), **place))
    stream = stream_type(name)()
    columns = [bars[column].tolist() for column in inputs]
    for i, values in enumerate(zip(*columns, strict=True)):
        where: Any = {"session": i // 120, "regular": minute[i] >= 0, "minute": minute[i], "ts": ts[i]}
        foretold = stream.peek(*values, **where)
        if i % 97 == 0:
            stream = pickle.loads(pickle.dumps(stream))  # noqa: S301  # our own
        other = stream.copy() if i % 50 == 0 else None
        got = stream.update(*values, **where)
        assert foretold == got
        if other is not None:
            assert other.update(*values, **where) == got
        for value, column in zip(outputs(got), bulk, strict=True):
            assert (value is None and np.isnan(column[i])) or value == column[i], (i, got)
    assert stream.seen == ROWS
    assert stream.value == got


def test_a_session_says_the_same(bars: dict[str, Any]) -> None:
    session = ob.SessionData()
    session.register_symbol("A", "1m")
    wanted = [ob.IndicatorConfig(name, interval="1m") for name in ("rsi", "macd", "atr", "mfi", "engulfing", "skew")]
    ob.IndicatorManager(session).register_symbol_indicators("A", wanted)
    open_ns = 1_732_545_000_000_000_000
    rows = 390
    columns = {name: values[:rows] for name, values in bars.items()}
    session.apply({"symbol": ["A"] * rows, "ts": open_ns + np.arange(rows) * 60_000_000_000, **columns})
    for config in wanted:
        values = outputs(function_of(config.name)(*(columns[c] for c in inputs_of(config.name))))
        data = session.get_indicator("A", config.make_key())
        assert data is not None
        assert list(data.values.values()) == [column[-1] for column in values]


def test_arguments_stand_as_in_talib(bars: dict[str, Any]) -> None:
    high, low, close, volume = (bars[name] for name in ("high", "low", "close", "volume"))
    pairs = [
        (ta.rsi(close, 9), talib.RSI(close, 9)),
        (ta.atr(high, low, close, 9), talib.ATR(high, low, close, 9)),
        (ta.obv(close, volume), talib.OBV(close, volume)),
        (ta.mfi(high, low, close, volume, period=9), talib.MFI(high, low, close, volume, 9)),
        (ta.macd(close, 5, 20, 4).signal, talib.MACD(close, 5, 20, 4)[1]),
        (ta.sma(close=close, period=3), talib.SMA(close, 3)),
        (ta.beta(high, close, 9), talib.BETA(high, close, 9)),
        (ta.correlation(high, close, 9), talib.CORREL(high, close, 9)),
    ]
    for ours, theirs in pairs:
        np.testing.assert_allclose(ours, theirs, rtol=1e-9)
    assert ta.macd(close)._fields == ("macd", "signal", "histogram")
    assert "period=14" in str(__import__("inspect").signature(ta.rsi))


def test_what_begins_without_values_is_taken(bars: dict[str, Any]) -> None:
    rsi = ta.rsi(bars["close"], 14)
    smooth = ta.ema(rsi, 9)
    np.testing.assert_array_equal(np.isnan(smooth), np.arange(ROWS) < 22)
    np.testing.assert_array_equal(smooth[14:], ta.ema(rsi[14:], 9))
    assert np.isnan(ta.sma(np.full(5, np.nan), 2)).all()
    assert len(ta.sma([], 2)) == 0
    assert ta.sma(pl.Series([1, 2, 3]), 2).tolist()[1:] == [1.5, 2.5]


@pytest.mark.parametrize("name", [name for name in NAMES if not times_of(name)])
def test_the_plain_case_says_the_same(bars: dict[str, Any], name: str) -> None:
    columns = [bars[column] for column in inputs_of(name)]
    plain = function_of(name)(*columns)
    # Lists, columns that are not in one piece and a session are none.
    spread = [np.repeat(column, 2)[::2] for column in columns]
    for other in (
        function_of(name)(*(column.tolist() for column in columns)),
        function_of(name)(*spread),
        function_of(name)(*columns, session=np.zeros(ROWS)),
    ):
        assert type(plain) is type(other)
        np.testing.assert_array_equal(outputs(plain), outputs(other))


def test_the_plain_case_refuses_with_the_same_words(bars: dict[str, Any]) -> None:
    sma, atr, close = function_of("sma"), function_of("atr"), bars["close"]
    refused: list[tuple[type[Exception], Any]] = [
        (IndicatorError, lambda taken: sma(taken(close), 0)),
        (TypeError, lambda taken: sma(taken(close), period="x")),
        (TypeError, lambda taken: sma(taken(close), 5, period=5)),
        (TypeError, lambda taken: sma(taken(close), 5, 6, 7, 8)),
        (ColumnsError, lambda taken: atr(taken(close), taken(close))),
        (ColumnsError, lambda taken: atr(taken(close), taken(close), taken(close[1:]))),
        (ColumnsError, lambda taken: sma(taken(np.where(np.arange(ROWS) == 30, np.inf, close)))),
    ]
    for error, call in refused:
        said = []
        for taken in (np.asarray, list):
            with pytest.raises(error) as caught:
                call(taken)
            said.append(str(caught.value))
        assert said[0] == said[1]


def test_what_is_no_number_is_refused_by_name(bars: dict[str, Any]) -> None:
    rsi, bbands, close = function_of("rsi"), function_of("bbands"), bars["close"]
    refused: list[tuple[type[Exception], str, Any]] = [
        (ColumnsError, "rsi: close must hold numbers", lambda: rsi("abc")),
        (ColumnsError, "rsi: close must hold numbers", lambda: rsi([1.0, object()])),
        (TypeError, "rsi: period = '14': it must be a number", lambda: rsi(close, "14")),
        (TypeError, "rsi: period = None: it must be a number", lambda: rsi(close, period=None)),
        (TypeError, "rsi: period = '14': it must be a number", lambda: stream_type("rsi")("14")),  # type: ignore[arg-type]
        # TA-Lib's fourth argument has no counterpart: it would be the session.
        (ColumnsError, r"bbands: columns .* 'session': \(1,\)", lambda: bbands(close, 20, 2, 2)),
    ]
    for error, words, call in refused:
        with pytest.raises(error, match=words):
            call()
    np.testing.assert_array_equal(rsi(close, np.int64(9)), rsi(close, 9.0))


def test_values_that_are_masked_are_none(bars: dict[str, Any]) -> None:
    rows = np.arange(len(bars["close"]))
    late, torn = (np.ma.masked_array(bars["close"], mask=mask) for mask in (rows < 3, rows == 20))
    np.testing.assert_array_equal(ta.sma(late, 5)[3:], ta.sma(bars["close"][3:], 5))
    with pytest.raises(ColumnsError, match="row 20"):
        ta.sma(torn, 5)


def test_vwap_starts_anew_with_each_session(bars: dict[str, Any]) -> None:
    inputs = [bars[column] for column in inputs_of("vwap")]
    vwap = function_of("vwap")
    whole = vwap(*inputs, session=np.arange(ROWS) // 100)
    np.testing.assert_array_equal(whole[100:200], vwap(*(column[100:200] for column in inputs)))


# The type checker sees most of these mistakes.
untyped: Any = ta


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda c: untyped.rsi(c, 0), IndicatorError, "period = 0 is out of range"),
        (lambda c: untyped.rsi(c, 14, 15, 16, 17), TypeError, "rsi takes close, period, session, regular"),
        (lambda c: untyped.rsi(c, length=14), TypeError, "unknown argument 'length'"),
        (lambda c: untyped.rsi(c, 14, period=14), TypeError, "period is given twice"),
        (lambda c: untyped.atr(c, c), ColumnsError, "atr reads high, low, close: close is missing"),
        (lambda c: untyped.atr(c, c, c[1:]), ColumnsError, "must be of one length"),
        (lambda c: untyped.sma(np.where(np.arange(ROWS) == 7, np.inf, c)), ColumnsError, "row 7 is"),
        (
            lambda c: untyped.opening_range(c, c, 30),
            ColumnsError,
            "opening_range reads high, low, minute: minute is missing",
        ),
        (lambda _: untyped.RVOL().update(1.0), TypeError, "rvol reads the time: minute is missing"),
        (lambda _: untyped.RSI(14).update(1.0, 2.0), TypeError, "rsi reads close: 1 values, not 2"),
        (lambda _: untyped.RSI(14).update(float("nan")), ValueError, "must be a finite number"),
        (lambda _: untyped.rsii, AttributeError, "did you mean 'rsi'"),
        (lambda _: untyped.Rsi, AttributeError, "neither 'rsi', the function, nor 'RSI', the class"),
    ],
)
def test_what_is_wrong_is_said(bars: dict[str, Any], call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(bars["close"])


def test_a_refused_value_changes_nothing() -> None:
    stream = ta.SMA(2)
    assert [stream.update(x) for x in (1.0, 2.0)] == [None, 1.5]
    with pytest.raises(ValueError, match="finite"):
        stream.update(float("inf"))
    assert stream.value == 1.5
    assert stream.update(4.0) == 3.0
    assert repr(stream) == "SMA(period=2) after 3 values"
    assert copy.deepcopy(stream).value == 3.0
    assert isinstance(stream, Stream)


def test_bytes_of_another_are_refused() -> None:
    with pytest.raises(Exception, match="belongs to other indicators or parameters"):
        untyped.SMA(3).restore(untyped.SMA(2).save())


def test_every_indicator_knows_what_it_reads() -> None:
    for name in NAMES:
        assert inputs_of(name), name
        assert list(inputs_of(name)) == [column for column in (OTHER, *COLUMNS) if column in inputs_of(name)]
    assert inputs_of("volume_sma") == ("volume",)
    assert inputs_of("beta") == ("other", "close")
    assert {name: times for name in NAMES if (times := times_of(name))} == {
        "opening_range": ("minute",),
        "rvol": ("minute",),
        "vwap_anchored": ("ts",),
        "vwap_time": ("minute",),
    }
    assert inputs_of("bop") == ("open", "high", "low", "close")


def test_what_compares_two_series_asks_for_both() -> None:
    closes = np.linspace(100, 110, 50)
    with pytest.raises(ColumnsError, match="correlation reads other, close: close is missing"):
        ta.correlation(closes)  # type: ignore[call-arg]
    with pytest.raises(ColumnsError, match="correlation compares with another series: other is missing"):
        compute("correlation", {}, close=closes)


def test_the_first_use_in_a_process_needs_no_other_import() -> None:
    code = "from openbell import indicators as ta; print(ta.sma([1.0, 3.0], 2)[-1], ta.SMA(1).update(4.0))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.stdout.split() == ["2.0", "4.0"], run.stderr[-500:]
