"""Whatever is done to a session: it ends as one to which the bars that stand came in order, its events say all that
happened, and snapshots that are taken again and again are those of the moment.

Bars come late, corrected, repeated and in batches of any size, the clock goes far or not at all, and symbols, intervals
and indicators (of the catalogue, of others, of one's own, against another symbol) come and go meanwhile.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.indicators.test_custom import MyMean

import openbell as ob
from openbell.errors import OpenbellError
from openbell.indicators import IndicatorConfig, list_indicators
from openbell.indicators.custom import only_here
from openbell.session.events import BarClosed, BarRevised, IndicatorValid

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from openbell.clock import TradingSession

SEEDS = 60
# More sessions than there are: who comes later has seen as much.
KEEP = 10
FIELDS = ("ts", "open", "high", "low", "close", "volume")
FIGURES = (
    *("day_open", "day_high", "last", "day_volume", "session_vwap", "prev_close", "gap_pct", "bar_count", "age_s"),
    *("close", "volume", "forming_close", "quality", "rvol"),
)
# Exchange, extended hours, and the first of the days.
MARKETS = [
    ("XNYS", False, dt.date(2024, 11, 26)),
    ("XNYS", True, dt.date(2024, 11, 26)),
    ("XHKG", False, dt.date(2024, 2, 8)),
    ("24/7", False, dt.date(2024, 3, 9)),
]
INTERVALS = {
    "1m": ("5m", "7m", "15m", "1h", "1d", "1w"),
    "5m": ("15m", "1h", "1d"),
    "1h": ("4h", "1d"),
    "1d": ("2d", "1w"),
}
SOURCES = ("hl2", "volume", "rsi_14", "sma_5", "macd_12_26_9_signal", "bbands_5_2_upper")

Row = tuple[str, ob.Bar]


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    with only_here():
        ob.register_indicator("my_mean")(MyMean)
        ob.register_expression("stretch", "(close - sma_5) / stddev_5")
        yield


class World:
    """A market, what there is to ask for, and a session with all that was done to it."""

    def __init__(self, seed: int) -> None:
        self.chance = np.random.default_rng(seed)
        self.exchange, self.extended, first = self.pick(MARKETS)
        base = self.pick(list(INTERVALS))
        self.base, self.longer = ob.Interval(base), [ob.Interval(text) for text in INTERVALS[base]]
        self.align = self.pick(["session", "session", "clock", "epoch"]) if self.base.is_intraday else "session"
        manager = ob.TimeManager(self.exchange, extended_hours=self.extended)
        days = (manager.get_trading_session(first + dt.timedelta(days=i)) for i in range(12))
        count = int(self.chance.integers(1, 4) if self.base.is_intraday else self.chance.integers(4, 8))
        self.days = [day for day in days if day.segments][:count]
        self.names = [f"S{i:02}" for i in range(self.chance.integers(2, 14))]
        made = (self.indicator() for _ in range(14))
        self.pool = list({config.make_key(): config for config in made if config is not None}.values())
        self.session = self.new()
        self.session.set_threads(int(self.chance.integers(1, 3)))
        self.intervals: dict[str, set[ob.Interval]] = {}
        self.keys: dict[str, dict[str, IndicatorConfig]] = {}
        self.log: dict[str, list[ob.Bar]] = {}

    def pick(self, values: Sequence[Any]) -> Any:
        return values[int(self.chance.integers(len(values)))]

    def some(self, values: Sequence[Any], share: float = 0.5) -> list[Any]:
        return [value for value in values if self.chance.random() < share]

    def indicator(self) -> IndicatorConfig | None:
        infos = list(list_indicators())
        if self.chance.random() < 0.3:
            infos = [info for info in infos if info.is_pair or info.type == "custom"]
        info = self.pick(infos)
        periods = {
            p.name: int(self.chance.integers(2, 12)) for p in info.params if p.integer and self.chance.random() < 0.5
        }
        source = self.pick(SOURCES) if self.chance.random() < 0.3 else None
        against = self.pick(self.names) if info.is_pair else None
        interval = self.pick([self.base, *self.longer])
        try:
            return IndicatorConfig(info.name, interval=interval, params=periods, source=source, against=against)
        except OpenbellError:
            return None

    def new(self) -> ob.SessionData:
        bars = {"align": self.align, "extended_hours": self.extended}
        days = {"start": str(self.days[0].date), "end": str(self.days[-1].date)}
        settings = {"symbols": ["NONE"], "bars": bars}
        config = ob.SessionConfig(
            exchange=self.exchange, backtest=days, source={"kind": "simulator"}, session_data_config=settings
        )
        return ob.SessionData(config)

    def add(self, session: ob.SessionData, name: str) -> None:
        intervals = [(interval, KEEP) for interval in sorted(self.intervals[name])]
        rows = [config.row() for config in self.keys[name].values()]
        session.register([name], session.calendar(), (self.base, KEEP), intervals, rows)

    def register(self, name: str) -> None:
        self.intervals[name], self.log[name] = set(self.some(self.longer)), []
        self.keys[name] = {c.make_key(): c for c in self.some(self.pool) if self.can_have(name, c)}
        self.add(self.session, name)

    def can_have(self, name: str, config: IndicatorConfig) -> bool:
        there = config.against is None or config.against in self.session.get_all_symbols()
        return there and config.interval in {self.base, *self.intervals[name]}

    def market(self, day: TradingSession) -> list[Row]:
        """The bars of a day, in order of time; some symbols lack many."""
        rows: list[Row] = []
        for name in self.names:
            price, share = float(self.chance.integers(5, 500)), 0.2 + 0.8 * self.chance.random()
            for ts in self.some(self.opens(day), share):
                price = max(0.01, round(price * math.exp(self.chance.normal() * 0.003), 2))
                high, low = price + 0.05, max(0.01, price - 0.05)
                volume = 0.0 if self.chance.random() < 0.1 else float(self.chance.integers(1, 10_000))
                rows.append((name, ob.Bar(ts, price, high, low, price, volume)))
        return sorted(rows, key=lambda row: (row[1].ts, row[0]))

    def opens(self, day: TradingSession) -> list[int]:
        if not self.base.is_intraday:
            return [day.open_ns or 0]
        step = self.base.nanos
        # A bar of an hour may begin before its segment, which cuts it off.
        starts = [(g, g.open_ns if self.align == "session" else g.open_ns // step * step) for g in day.segments]
        return [max(ts, g.open_ns) for g, start in starts for ts in range(start, g.close_ns, step)]

    def apply(self, session: ob.SessionData, rows: Sequence[Row]) -> None:
        if rows:
            columns = {field: np.array([getattr(bar, field) for _, bar in rows]) for field in FIELDS}
            session.apply({"symbol": [name for name, _ in rows], **columns})

    def change(self) -> None:
        """Let something come or go."""
        name, config, interval = self.pick(self.names), self.pick(self.pool), self.pick(self.longer)
        there, what = name in self.log, self.chance.random()
        if not there:
            self.register(name)
        elif what < 0.1 and len(self.log) > 1:
            assert self.session.remove_symbol(name)
            del self.intervals[name], self.keys[name], self.log[name]
        elif what < 0.4 and interval not in self.intervals[name]:
            assert self.session.add_interval(name, interval, KEEP)
            self.intervals[name].add(interval)
        elif what < 0.7 and self.can_have(name, config):
            assert self.session.add_indicators(name, [config.row()], []) == (config.make_key() not in self.keys[name])
            self.keys[name][config.make_key()] = config
        else:
            gone = set(self.some(sorted(self.intervals[name]), 0.2))
            keys = [k for k, c in self.keys[name].items() if c.interval in gone or self.chance.random() < 0.3]
            self.session.reduce(name, keys, sorted(gone))
            self.intervals[name] -= gone
            self.keys[name] = {k: c for k, c in self.keys[name].items() if k not in keys}

    def play(self, day: TradingSession, look: Any) -> None:
        rows, at = self.market(day), 0
        late: list[Row] = []
        self.clock(day.segments[0].open_ns)
        while at < len(rows) or late:
            part = rows[at : at + int(self.pick([1, 3, 17, 60, 400, 3000]))]
            at += len(part)
            now: list[Row] = []
            for name, bar in part:
                fate = self.chance.random()
                wrong = ob.Bar(bar.ts, bar.open, bar.high * 1.1, bar.low, bar.low, bar.volume * 2)
                late += [(name, bar)] if fate < 0.08 else []
                now += [(name, bar)] if fate > 0.06 else [(name, wrong)] if fate > 0.03 else []
            if at >= len(rows) or self.chance.random() < 0.2:
                self.chance.shuffle(late)
                now, late = [*now, *late], []
            now = [(name, bar) for name, bar in now if name in self.log]
            for name, bar in now:
                self.log[name].append(bar)
            self.apply(self.session, now)
            if not late and at < len(rows) and self.chance.random() < 0.3:
                self.clock(rows[at][1].ts)
            if self.chance.random() < 0.3:
                self.change()
            look()
        self.clock(day.segments[-1].close_ns)

    def clock(self, ts: int) -> None:
        self.session.advance(max(ts, self.session.now_ns or 0))

    def in_order(self) -> ob.SessionData:
        """A session that had all from the start, and of each bar the version that stands."""
        session = self.new()
        for name in sorted(self.log):
            self.add(session, name)
        for day in self.days:
            session.advance(max(day.segments[0].open_ns, session.now_ns or 0))
            first, last = day.segments[0].open_ns, day.segments[-1].close_ns
            for name in sorted(self.log):
                stands = {bar.ts: bar for bar in self.log[name] if first <= bar.ts < last}
                self.apply(session, [(name, stands[ts]) for ts in sorted(stands)])
            session.advance(last)
        return session


class Looks:
    """Prepared snapshots, held against those that are made for the moment."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.prepared: list[tuple[ob.Snapshot, list[str]]] = []

    def __call__(self) -> None:
        world, chance = self.world, self.world.chance
        if chance.random() < 0.2:
            columns = list(chance.choice([*FIGURES, *(c.make_key() for c in world.pool)], 6, replace=False).tolist())
            self.prepared = [*self.prepared[-4:], (world.session.prepare_snapshot(columns), columns)]
        if chance.random() < 0.4:
            for snapshot, columns in self.prepared:
                often, fresh = snapshot.take(), world.session.prepare_snapshot(columns).take()
                assert often.symbols == fresh.symbols
                for column in columns:
                    np.testing.assert_array_equal(often[column], fresh[column], err_msg=column)


class Told:
    """The bars of a session as its events tell of them."""

    def __init__(self, session: ob.SessionData) -> None:
        self.bars: dict[tuple[str, str], dict[int, ob.Bar]] = {}
        self.valid: list[tuple[str, str]] = []
        for kind in ("bar_closed", "bar_revised", "indicator_valid"):
            session.subscribe(kind, self.take)

    def take(self, event: BarClosed | BarRevised | IndicatorValid) -> None:
        if isinstance(event, IndicatorValid):
            self.valid.append((event.symbol, event.key))
            return
        bar = event.bar
        there = self.bars.setdefault((str(bar.symbol), str(bar.interval)), {})
        if isinstance(event, BarClosed):
            assert bar.ts > max(there, default=0), "bars close once, in order"
        else:
            assert there.get(bar.ts) == event.old
        there[bar.ts] = bar


@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_is_done_to_it(seed: int) -> None:
    world = World(seed)
    for name in world.names:
        world.register(name)
    looks = Looks(world)
    for day in world.days:
        world.play(day, looks)
    ordered = world.in_order()
    assert world.session.get_all_symbols() == set(world.log)
    for name in world.log:
        found, expected = (
            {key: (i.values, i.valid, i.warm, i.last_updated) for key, i in session.get_all_indicators(name).items()}
            for session in (world.session, ordered)
        )
        assert found == expected
        assert set(found) == set(world.keys[name])
        for interval in (world.base, *world.intervals[name]):
            for read in ("get_bars", "get_historical_bars"):
                ours, theirs = (list(getattr(session, read)(name, interval)) for session in (world.session, ordered))
                assert ours == theirs, (name, interval, read)


@pytest.mark.parametrize("seed", range(SEEDS, 2 * SEEDS))
def test_events_say_all_that_happens(seed: int) -> None:
    world = World(seed)
    for name in world.names:
        world.register(name)
    world.change = lambda: None  # type: ignore[method-assign]  # who comes later has not heard of what was before
    told = Told(world.session)
    for day in world.days:
        told.bars.clear()
        world.play(day, lambda: None)
        for name in world.names:
            for interval in world.session.intervals(name):
                rebuilt = told.bars.get((name, str(interval)), {})
                assert [rebuilt[ts] for ts in sorted(rebuilt)] == list(world.session.get_bars(name, interval))
    valid = [(name, k) for name in world.names for k, i in world.session.get_all_indicators(name).items() if i.valid]
    assert len(told.valid) == len(set(told.valid)), "once"
    assert set(told.valid) >= set(valid)
