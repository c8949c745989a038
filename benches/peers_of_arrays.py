"""Eight indicators over arrays, an element a symbol: written by hand for numba, and as formulas for KunQuant.

Neither checks a bar nor keeps one; both take every symbol at every step.
"""

from __future__ import annotations

import tempfile
import time
from typing import Any

import numpy as np

Matrix = np.ndarray[Any, Any]
Said = tuple[list[float], list[float]]

SMA, EMA, RSI, FAST, SLOW, SIGNAL, ATR = 20, 20, 14, 12, 26, 9, 14
# The rows of the state of the loop by hand.
AVERAGE, UP, DOWN, QUICK, LATE, SMOOTH, RANGE, BALANCE, MONEY, SHARES, LAST, TOTAL, SQUARES = range(13)


def _step(n: int, bars: Matrix, ring: Matrix, state: Matrix, out: Matrix) -> None:  # noqa: PLR0912, PLR0915 (one loop, as one would write it)
    """Take the bars of the n-th minute (from 1 on), one a symbol: rows of high, low, close and volume."""
    place = (n - 1) % SMA
    for i in range(bars.shape[1]):
        high, low, x, volume = bars[0, i], bars[1, i], bars[2, i], bars[3, i]
        last, move = state[LAST, i], x - state[LAST, i]
        old = ring[place, i]
        ring[place, i] = x
        # Differences from 100 keep the squares small.
        state[TOTAL, i] += x - old
        state[SQUARES, i] += (x - 100) * (x - 100) - ((old - 100) * (old - 100) if n > SMA else 0.0)
        mean = state[TOTAL, i] / SMA
        deviation = np.sqrt(max(state[SQUARES, i] / SMA - (mean - 100) * (mean - 100), 0.0))
        out[0, i], out[5, i], out[6, i] = mean, mean + 2 * deviation, mean - 2 * deviation
        if n <= EMA:
            state[AVERAGE, i] += x / EMA
        else:
            state[AVERAGE, i] += (x - state[AVERAGE, i]) * (2 / (EMA + 1))
        out[1, i] = state[AVERAGE, i]
        if n > 1:
            up, down = max(move, 0.0), max(-move, 0.0)
            if n <= RSI + 1:
                state[UP, i] += up / RSI
                state[DOWN, i] += down / RSI
            else:
                state[UP, i] += (up - state[UP, i]) / RSI
                state[DOWN, i] += (down - state[DOWN, i]) / RSI
            both = state[UP, i] + state[DOWN, i]
            out[2, i] = 100 * state[UP, i] / both if both > 0 else 0.0
            range_ = max(high, last) - min(low, last)
            if n <= ATR + 1:
                state[RANGE, i] += range_ / ATR
            else:
                state[RANGE, i] += (range_ - state[RANGE, i]) / ATR
            out[7, i] = state[RANGE, i]
        # Both averages have their first value with the slower one's.
        if n <= SLOW:
            state[LATE, i] += x / SLOW
            if n > SLOW - FAST:
                state[QUICK, i] += x / FAST
        else:
            state[LATE, i] += (x - state[LATE, i]) * (2 / (SLOW + 1))
            state[QUICK, i] += (x - state[QUICK, i]) * (2 / (FAST + 1))
        macd = state[QUICK, i] - state[LATE, i]
        if n >= SLOW:
            if n < SLOW + SIGNAL:
                state[SMOOTH, i] += macd / SIGNAL
            else:
                state[SMOOTH, i] += (macd - state[SMOOTH, i]) * (2 / (SIGNAL + 1))
        out[3, i], out[4, i] = macd, state[SMOOTH, i]
        state[BALANCE, i] += volume if n == 1 or move > 0 else (-volume if move < 0 else 0.0)
        state[MONEY, i] += (high + low + x) / 3 * volume
        state[SHARES, i] += volume
        out[8, i], out[9, i] = state[BALANCE, i], state[MONEY, i] / state[SHARES, i]
        state[LAST, i] = x


def by_hand(*bars: Matrix) -> Said:
    """Play minutes through the loop; give the seconds of each, and the values of the last symbol after the last."""
    import numba

    step = numba.njit(_step, fastmath=False)
    minutes, symbols = bars[0].shape
    empty = (np.zeros((SMA, symbols)), np.zeros((13, symbols)), np.zeros((10, symbols)))
    rows = [np.stack([column[minute] for column in bars]) for minute in range(minutes)]
    step(1, rows[0], *(array.copy() for array in empty))
    seconds = []
    for minute, row in enumerate(rows):
        started = time.perf_counter()
        step(minute + 1, row, *empty)
        seconds.append(time.perf_counter() - started)
    return seconds, empty[2][:, -1].tolist()


def _formulas() -> Any:
    """Write the eight as KunQuant's graph."""
    from KunQuant.Op import Builder, ConstantOp, Input, Output
    from KunQuant.ops import (
        Abs,
        Accumulator,
        BackRef,
        Equals,
        ExpMovingAvg,
        Max,
        ReturnFirstValue,
        Select,
        SetAccumulator,
        WindowedAvg,
        WindowedStddev,
    )
    from KunQuant.Stage import Function

    builder = Builder()
    with builder:
        high, low, close, volume = (Input(name) for name in ("high", "low", "close", "volume"))
        always, none = Equals(ConstantOp(0), ConstantOp(0)), ConstantOp("nan")

        def total(x: Any, name: str) -> Any:
            sum_ = Accumulator(x, name, is_whole_time_required=True)
            now = sum_ + x
            return ReturnFirstValue([now, SetAccumulator(sum_, always, now)])

        count = total(close - close + 1, "count")

        def average(x: Any, bars: int, first: int, span: int) -> Any:
            """Begin with the mean of so many at the bar ``first``."""
            later = Select(count > first, x, none)
            return ExpMovingAvg(Select(Equals(count, ConstantOp(first)), WindowedAvg(x, bars), later), span)

        last = BackRef(close, 1)
        move = close - last
        known = Equals(last, last)
        up, down = Max(move, ConstantOp(0)), Max(ConstantOp(0) - move, ConstantOp(0))
        mean, deviation = WindowedAvg(close, SMA), WindowedStddev(close, SMA) * ((SMA - 1) / SMA) ** 0.5
        gain, loss = average(up, RSI, RSI + 1, 2 * RSI - 1), average(down, RSI, RSI + 1, 2 * RSI - 1)
        macd = average(close, FAST, SLOW, FAST) - average(close, SLOW, SLOW, SLOW)
        range_ = Max(high - low, Max(Abs(high - last), Abs(low - last)))
        signed = Select(move > 0, volume, Select(move < 0, ConstantOp(0) - volume, ConstantOp(0)))
        balance = total(Select(known, signed, volume), "balance")
        vwap = total((high + low + close) / 3 * volume, "money") / total(volume, "shares")
        values = [
            *(mean, average(close, EMA, EMA, EMA), gain * 100 / (gain + loss)),
            *(macd, average(macd, SIGNAL, SLOW + SIGNAL - 1, SIGNAL), mean + deviation * 2, mean - deviation * 2),
            *(average(range_, ATR, ATR + 1, 2 * ATR - 1), balance, vwap),
        ]
        for i, value in enumerate(values):
            Output(value, f"out{i}")
    return Function(builder.ops)


def compiled(*bars: Matrix) -> Said:
    """Play minutes through what KunQuant compiles; give as `by_hand` does."""
    from KunQuant.Driver import KunCompilerConfig
    from KunQuant.jit import cfake
    from KunQuant.runner import KunRunner

    options = KunCompilerConfig(dtype="double", input_layout="STREAM", output_layout="STREAM")
    with tempfile.TemporaryDirectory() as folder:
        built = cfake.compileit([("eight", _formulas(), options)], "eight", cfake.CppCompilerConfig(), tempdir=folder)
        stream = KunRunner.StreamContext(
            KunRunner.createSingleThreadExecutor(), built.getModule("eight"), bars[0].shape[1]
        )
        given = [stream.queryBufferHandle(name) for name in ("high", "low", "close", "volume")]
        said = [stream.queryBufferHandle(f"out{i}") for i in range(10)]
        seconds = []
        for minute in range(len(bars[0])):
            started = time.perf_counter()
            for handle, column in zip(given, bars, strict=True):
                stream.pushData(handle, column[minute])
            stream.run()
            seconds.append(time.perf_counter() - started)
        return seconds, [float(stream.getCurrentBuffer(handle)[-1]) for handle in said]
