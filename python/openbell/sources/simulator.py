"""Invented bars: the same for the same seed, on every machine, whatever part of them is asked for."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np

from openbell._core import Interval, parse_symbol
from openbell.sources.columns import Columns
from openbell.sources.protocol import Capabilities
from openbell.sources.refused import RefusedRows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from openbell.clock import CalendarArrays, TimeManager

    Floats = NDArray[np.float64]
    Words = NDArray[np.uint64]

MINUTE_NS = 60_000_000_000

# Scales of the price's wandering within a day, in minutes, and over days; a walk's swing grows with their square root.
MINUTES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
DAYS = (1, 2, 4, 8, 16, 32, 64, 128)
MINUTE_SWING = 0.0006
DAY_SWING = 0.011

# Channels of the noise: one number each, so that no two draws are the same.
LEVEL, WIGGLE_HIGH, WIGGLE_LOW, VOLUME, ABSENT, OPEN, TRAIT = (np.uint64(i) for i in range(1, 8))
MARKET = np.uint64(0x6D61_726B_6574)


def _mix(words: Words) -> Words:
    """Splitmix64's finaliser (Steele, Lea, Flood 2014)."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58_476D_1CE4_E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D0_49BB_1331_11EB)
    return words ^ (words >> np.uint64(31))


def _uniform(*parts: Words | np.uint64) -> Floats:
    """Give numbers in [0, 1) from words: the same words, the same number."""
    state = np.zeros(1, dtype=np.uint64)
    for part in parts:
        state = _mix((state ^ part) + np.uint64(0x9E37_79B9_7F4A_7C15))
    return (state >> np.uint64(11)).astype(np.float64) * (1.0 / 9007199254740992.0)


def _bell(*parts: Words | np.uint64) -> Floats:
    """Give numbers of mean 0 and deviation 1, about normal: four uniform ones added up (Irwin and Hall)."""
    total = sum(_uniform(*parts, np.uint64(100 + i)) for i in range(4))
    return np.asarray((total - 2.0) * 1.7320508075688772)


class SimulatorSource:
    """One-minute bars of the regular sessions.

    A market that all symbols follow more or less, volume that is high at the open and the close, gaps over night, thin
    symbols that miss minutes. Prices are in cents.

    Parameters
    ----------
    symbols
        Names, or how many to invent: ``SIM001``, ``SIM002``, …
    seed
        Of everything.
    time_manager
        Whose sessions are filled.
    """

    def __init__(self, symbols: int | Sequence[str], *, time_manager: TimeManager, seed: int = 1) -> None:
        if isinstance(symbols, int):
            width = max(3, len(str(symbols)))
            symbols = [f"SIM{i:0{width}}" for i in range(1, symbols + 1)]
        self._symbols = tuple(sorted({parse_symbol(name) for name in symbols}))
        self._seed = np.uint64(seed)
        self._time = time_manager
        self._refused = RefusedRows()
        self.seed = seed

    @property
    def interval(self) -> Interval:
        return Interval("1m")

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(label=f"simulator, seed {self.seed}", gaps_verified=True)

    @property
    def refused(self) -> RefusedRows:
        return self._refused

    def symbols(self) -> tuple[str, ...]:
        """List the symbols, in order of name."""
        return self._symbols

    def span(self) -> None:
        """Give None: it has bars for every session."""
        return

    def history(self, symbols: Sequence[str] | None, start_ns: int, end_ns: int) -> Columns:
        """Give the bars of some symbols (all: None) that open within ``[start_ns, end_ns)``, by session and symbol."""
        wanted = None if symbols is None else set(symbols)
        names = tuple(name for name in self._symbols if wanted is None or name in wanted)
        if not names or end_ns <= start_ns:
            return Columns.empty()
        from openbell.clock.session import DAY_NS, from_day_number

        first, last = (from_day_number(int(ns // DAY_NS)) for ns in (start_ns - DAY_NS, end_ns + DAY_NS))
        calendar = self._time.calendar_arrays(first, last)
        days = [day for day in np.unique(calendar.date) if self._overlaps(calendar, day, start_ns, end_ns)]
        parts = [self._session(names, calendar, int(day)) for day in days]
        if not parts:
            return Columns.empty()
        rows = [np.concatenate(column) for column in zip(*parts, strict=True)]
        columns = Columns(names, rows[0].astype(np.uint32), rows[1].astype(np.int64), *rows[2:])
        return columns.take((columns.ts >= start_ns) & (columns.ts < end_ns))

    @staticmethod
    def _overlaps(calendar: CalendarArrays, day: int, start_ns: int, end_ns: int) -> bool:
        rows = calendar.date == day
        return bool((calendar.open_ns[rows] < end_ns).any() and (calendar.close_ns[rows] > start_ns).any())

    def _session(self, names: Sequence[str], calendar: CalendarArrays, day: int) -> tuple[NDArray[np.generic], ...]:
        """Give symbol, ts, open, high, low, close, volume, vwap and trade_count of one session, symbol by symbol."""
        regular = (calendar.date == day) & calendar.regular
        spans = zip(calendar.open_ns[regular].tolist(), calendar.close_ns[regular].tolist(), strict=True)
        ts = np.concatenate([np.arange(start, end, MINUTE_NS) for start, end in spans])
        minutes = np.arange(len(ts), dtype=np.uint64)
        key = np.array([zlib.crc32(name.encode()) for name in names], dtype=np.uint64)[:, None] + (
            self._seed << np.uint64(32)
        )
        market = np.array([[MARKET]], dtype=np.uint64) + (self._seed << np.uint64(32))
        today = np.uint64(day)

        trait = [_uniform(key, TRAIT, np.uint64(i)) for i in range(5)]
        start_price = 8.0 + 240.0 * trait[0] * trait[0]
        beta = 0.3 + 1.2 * trait[1]
        per_minute = 200.0 + 60_000.0 * trait[2] * trait[2] * trait[2]
        # Three in ten are thin, and miss from a few to half of their minutes.
        thin = np.where(trait[3] < 0.3, 0.03 + 0.5 * trait[4] * trait[4], 0.0)

        moves = beta * self._moves(market, day, len(ts)) + self._moves(key, day, len(ts))
        # One value before the first minute: where the session's first bar opens.
        level = start_price * np.maximum(1.0 + moves, 0.05)
        previous, close = level[:, :-1], level[:, 1:]
        tick = np.maximum(close * 0.0004, 0.01)
        opens = previous + tick * 0.5 * _bell(key, OPEN, today, minutes)
        cents = [np.maximum(np.rint(x * 100.0), 1.0) for x in (opens, close)]
        reach = [tick * 100.0 * np.abs(_bell(key, channel, today, minutes)) for channel in (WIGGLE_HIGH, WIGGLE_LOW)]
        high = np.maximum(*cents) + np.rint(reach[0])
        low = np.maximum(np.minimum(*cents) - np.rint(reach[1]), 1.0)
        opens, close, high, low = (x / 100.0 for x in (*cents, high, low))

        # Volume smiles: about three times as much at the open and the close as at noon.
        place = (np.arange(len(ts)) + 0.5) / len(ts) * 2.0 - 1.0
        smile = 0.6 + 1.6 * place * place * place * place + 0.8 * place * place
        burst = 0.3 + 1.4 * _uniform(key, VOLUME, today, minutes) * (
            0.5 + _uniform(key, VOLUME, today, minutes, VOLUME)
        )
        volume = np.maximum(np.rint(per_minute * smile * burst), 1.0)
        trades = np.ceil(volume / (60.0 + 80.0 * trait[4]))
        vwap = np.rint((high + low + 2.0 * close) / 4.0 * 10_000.0) / 10_000.0

        there = _uniform(key, ABSENT, today, minutes) >= thin
        rows, columns = np.nonzero(there)
        values = (opens, high, low, close, volume, np.clip(vwap, low, high), trades)
        return (rows, ts[columns], *(np.ascontiguousarray(value[there]) for value in values))

    @staticmethod
    def _moves(key: Words, day: int, minutes: int) -> Floats:
        """Give how far each key stands from its start, at the close of each minute and once before the first.

        A sum of value noise over scales that double: it needs no past, so any day can be had by itself.
        """
        moves = np.zeros((len(key), minutes + 1))
        for scale in DAYS:
            cell, part = divmod(day, scale)
            ends = [_bell(key, LEVEL, np.uint64(scale), np.uint64(cell + i)) for i in (0, 1)]
            moves += DAY_SWING * float(np.sqrt(scale)) * (ends[0] + (ends[1] - ends[0]) * (part / scale))
        time = np.arange(minutes + 1)
        for scale in MINUTES:
            cells = np.arange(minutes // scale + 2, dtype=np.uint64)
            lattice = _bell(key, LEVEL, np.uint64(day), np.uint64(1000 + scale), cells)
            cells_at, parts = np.divmod(time, scale)
            left, right = lattice[:, cells_at], lattice[:, cells_at + 1]
            moves += MINUTE_SWING * float(np.sqrt(scale)) * (left + (right - left) * (parts / scale))
        return moves
