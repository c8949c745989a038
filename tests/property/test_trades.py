"""Bars that are made of trades, whatever becomes of these.

At any time they are in order, longer ones are what the shorter ones add up to, and the events that were told rebuild
them; in the end they are those of the trades that stand, in order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest
from tests.session.test_trades import MINUTE, OPEN, SECOND, session, state, trades

if TYPE_CHECKING:
    import openbell as ob
    from openbell.session.events import BarClosed, BarRevised, BarWithdrawn

SEEDS = 150
FIVE = 5 * MINUTE


class Row(NamedTuple):
    """What comes of a trade, and when."""

    place: float
    at: float
    price: float
    size: float
    number: int
    action: str
    symbol: str


class Told:
    """The bars that events have told of."""

    def __init__(self, data: ob.SessionData) -> None:
        self.bars: dict[tuple[str, str], dict[int, ob.Bar]] = {}
        self.wrong: list[Any] = []
        data.subscribe("bar_closed", self.closed)
        data.subscribe("bar_revised", self.revised)
        data.subscribe("bar_withdrawn", self.withdrawn)

    def of(self, bar: ob.Bar) -> dict[int, ob.Bar]:
        return self.bars.setdefault((bar.symbol or "", str(bar.interval)), {})

    def closed(self, event: BarClosed) -> None:
        if event.bar.ts in self.of(event.bar):
            self.wrong.append(event)
        self.of(event.bar)[event.bar.ts] = event.bar

    def revised(self, event: BarRevised) -> None:
        self.of(event.bar)[event.bar.ts] = event.bar

    def withdrawn(self, event: BarWithdrawn) -> None:
        if self.of(event.bar).pop(event.bar.ts, None) is None:
            self.wrong.append(event)


def ohlcv(bar: ob.Bar) -> tuple[float, ...]:
    return bar.open, bar.high, bar.low, bar.close, bar.volume


def added_up(bars: ob.Bars) -> dict[int, tuple[float, ...]]:
    buckets: dict[int, list[ob.Bar]] = {}
    for bar in bars:
        buckets.setdefault(OPEN + (bar.ts - OPEN) // FIVE * FIVE, []).append(bar)
    return {
        ts: (
            *(inside[0].open, max(bar.high for bar in inside), min(bar.low for bar in inside), inside[-1].close),
            sum(bar.volume for bar in inside),
        )
        for ts, inside in buckets.items()
    }


def check(data: ob.SessionData, told: Told, base: str, symbol: str) -> None:
    shorter, longer = data.get_bars(symbol, base), data.get_bars(symbol, "5m")
    for bars, interval in ((shorter, base), (longer, "5m")):
        assert np.all(np.diff(bars.ts) > 0), bars.ts
        heard = told.bars.get((symbol, interval), {})
        assert {bar.ts: ohlcv(bar) for bar in bars} == {ts: ohlcv(bar) for ts, bar in heard.items()}
    sums = added_up(shorter)
    assert {bar.ts: ohlcv(bar) for bar in longer} == {bar.ts: sums[bar.ts] for bar in longer}
    assert told.wrong == []


def some_rows(
    chance: np.random.Generator, symbol: str, first: int, span: int
) -> tuple[list[Row], list[tuple[float, float, float]]]:
    """Give what comes of some trades, each late by as much as there is, and those that stand."""
    rows, stand = [], []
    lateness = chance.choice([0.05, 0.3, 0.9])
    for number, at in enumerate(np.sort(chance.choice(span * 4, chance.integers(1, 40), replace=False)) / 4, first):
        price, size = (float(x) for x in chance.integers([90, 1], [100, 10]))
        place = at / span + chance.random() * lateness
        rows.append(Row(place, at, price, size, number, "new", symbol))
        if chance.random() < 0.4:
            place += chance.random() / 2
            price = float(chance.integers(90, 100))
            rows.append(Row(place, at, price, size, number, "correct", symbol))
        if chance.random() < 0.4:
            rows.append(Row(place + chance.random() / 2, at, 0.0, 0.0, number, "cancel", symbol))
        else:
            stand.append((float(at), price, size))
    return rows, stand


@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_becomes_of_trades(seed: int) -> None:
    chance = np.random.default_rng(seed)
    base, span = (("1m", 900), ("1s", 600))[int(chance.integers(2))]
    symbols = ("SPY", "IBM")[: chance.integers(1, 3)]
    messy, ordered = session(base, symbols), session(base, symbols)
    told = Told(messy)
    some = {symbol: some_rows(chance, symbol, 1 + 100 * place, span) for place, symbol in enumerate(symbols)}
    rows = sorted(row for rows, _ in some.values() for row in rows)
    seconds = 0.0
    messy.advance(OPEN)
    while rows:
        if chance.random() < 0.3:
            seconds = min(span, seconds + chance.random() * chance.choice([5, 70, 400]))
            messy.advance(OPEN + int(seconds * SECOND))
        count = int(chance.choice([1, 1, 2, 7]))
        part, rows = rows[:count], rows[count:]
        report = messy.apply_trades(
            trades([(row.at, row.price, row.size) for row in part])
            | {"symbol": [row.symbol for row in part]}
            | {"id": [row.number for row in part], "action": [row.action for row in part]}
        )
        assert report.unknown == report.too_old == report.refused == 0
        for symbol in symbols:
            check(messy, told, base, symbol)
    ordered.advance(OPEN)
    for symbol, (_, stand) in some.items():
        if stand:
            ordered.apply_trades(trades(stand, symbol))
    for data in (messy, ordered):
        data.advance(OPEN + span * SECOND + MINUTE)
    for symbol in symbols:
        assert state(messy, symbol) == state(ordered, symbol)


def test_the_newest_bar_goes_and_an_older_one_comes() -> None:
    """What the newest bar has closed stays closed: its longer bar does not begin again."""
    messy, ordered = session(), session()
    told = Told(messy)
    for at, number, action in [
        *((580.0, 1, "new"), (680.0, 2, "new"), (360.0, 3, "new")),
        *((580.0, 1, "cancel"), (420.0, 4, "new"), (420.0, 4, "cancel")),
    ]:
        messy.apply_trades(trades([(at, 90.0, 1.0)], id=[number], action=[action]))
        check(messy, told, "1m", "SPY")
    ordered.apply_trades(trades([(360.0, 90.0, 1.0), (680.0, 90.0, 1.0)]))
    for data in (messy, ordered):
        data.advance(OPEN + 15 * MINUTE)
    assert state(messy) == state(ordered)
