"""A live run: its days, late bars, closures, connections, ticks, lag, queues."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import threading
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
from tests.coordinator.live import (
    DAY,
    LEAN,
    MINUTE,
    Scripted,
    ScriptedFeed,
    Watching,
    World,
    at,
    bars,
    digests,
    slow,
    states,
    when,
    world,
)

import openbell as ob
from openbell.clock import TimeManager
from openbell.errors import CalendarError, CapacityError, ConfigError, NotRunningError
from openbell.sources import ReplaySource
from openbell.testing import Fault

if TYPE_CHECKING:
    from pathlib import Path

NEXT = dt.date(2013, 10, 8)


@pytest.fixture
def lean(data_dir: Path) -> World:
    return world(data_dir, "lean")


# The days


def test_two_days_live_are_two_days_of_a_backtest(lean: World) -> None:
    watching = Watching()
    before = {thread.name for thread in threading.enumerate()}
    run = lean.live(DAY, NEXT, strategy=watching)
    result = run.run()
    assert digests(result.session_data, LEAN) == digests(lean.backtest(DAY, NEXT), LEAN)
    assert watching.life == [
        "start", "open 10-07 09:30", "close 10-07", "open 10-08 09:30", "close 10-08", "stop",
    ]  # fmt: skip
    assert watching.early == []
    # Each bar once, shorter intervals first, warm-up never.
    told = [bar for bar in watching.told if bar[1] == "1m"]
    assert len(told) == len(set(told)) == 1559 + 1560
    assert len([bar for bar in watching.told if bar[1] == "5m"]) == 2 * 4 * 78
    step = [bar[:2] for bar in watching.told if bar[2] + {"1m": 1, "5m": 5, "15m": 15}[bar[1]] * MINUTE == at(DAY, 10)]
    assert step == [(name, interval) for interval in ("1m", "5m", "15m") for name in LEAN]
    assert [session.date for session in result.summary.sessions] == [DAY, NEXT]
    assert {thread.name for thread in threading.enumerate()} <= before
    status = run.status()
    assert (status.mode, status.state, status.links[0].state) == ("live", "ended", "stopped")
    assert result.summary.live is not None
    assert result.summary.live.reconnects == 0


def test_a_run_that_starts_in_the_middle_of_a_session_has_its_beginning(lean: World) -> None:
    watching = Watching()
    run = lean.live(DAY, strategy=watching, begins_ns=at(DAY, 13, 7))
    result = run.run()
    assert digests(result.session_data, LEAN) == digests(lean.backtest(DAY), LEAN)
    assert watching.life[1] == "open 10-07 13:07"
    assert min(ts for _, interval, ts in watching.told if interval == "1m") == at(DAY, 13, 7)


def test_a_source_without_a_live_half_is_refused(lean: World) -> None:
    with pytest.raises(ConfigError, match="has no live half"):
        ob.SessionCoordinator(lean.live_config(), source=lean.base)
    with pytest.raises(ConfigError, match="trades and quotes are streamed in live runs"):
        ob.SessionCoordinator(lean.backtest_config(DAY, DAY, streams=["1m", "trades"]), source=lean.base)


# Bars that come early, late and again


def test_without_markers_bars_close_by_the_clock_after_a_grace_period(lean: World) -> None:
    source = Scripted(lean.base)
    watching = Watching()
    run = ob.SessionCoordinator(lean.live_config(), watching, source=source)
    closed: dict[tuple[str, int], int] = {}
    run.session_data.subscribe(
        "bar_closed",
        lambda event: (
            closed.__setitem__((event.symbol, event.bar.ts), run.session_data.now_ns or 0)
            if str(event.bar.interval) == "5m"
            else None
        ),
    )
    run.run()
    assert digests(run.session_data, LEAN) == digests(lean.backtest(DAY), LEAN)
    assert watching.early == []
    # AIG has no bar in one minute; when that is the last of a bar of five, only the clock can close it.
    (gap,) = run.session_data.quality.session("AIG", "1m").gaps  # type: ignore[union-attr]
    waits = {(now - ts - 5 * MINUTE) / 1e9 for (_, ts), now in closed.items()}
    assert max(waits) <= 5.0
    assert min(waits) == 0.0, "a bar whose last minute came does not wait"
    assert gap.bars == 1


def test_a_bar_from_the_future_waits_for_its_end(lean: World) -> None:
    """A provider's clock that is ahead of ours."""
    source = Scripted(lean.base)
    seen: list[tuple[int, bool]] = []
    run = ob.SessionCoordinator(lean.live_config(symbols=["SPY"]), source=source)
    session = run.session_data

    def early(feed: ScriptedFeed) -> None:
        feed.sink.bars(bars("SPY", at(DAY, 10, 4), 777.0))

    source.script[at(DAY, 10)] = early

    def look(_: object) -> None:
        now_ns = session.now_ns or 0
        known = session.get_bars("SPY", "1m").close.tolist()
        seen.append((now_ns, 777.0 in known))

    session.subscribe("bar_closed", look)
    session.subscribe("bar_revised", look)
    run.run()
    assert not any(known for now_ns, known in seen if now_ns < at(DAY, 10, 5))
    # Two versions of it come at 10:05: the later to arrive stands.
    assert session.counts("SPY")["corrected"] + session.counts("SPY")["identical"] >= 1


def test_late_bars_and_updates_are_revisions_until_they_are_final(lean: World) -> None:
    source = Scripted(lean.base, updates=True, late_window_s=120.0)
    watching = Watching()
    run = ob.SessionCoordinator(lean.live_config(symbols=["SPY"]), watching, source=source)
    session = run.session_data
    found: list[Any] = []

    def update(feed: ScriptedFeed) -> None:
        feed.sink.bars(bars("SPY", at(DAY, 10), 500.0))

    source.script[at(DAY, 10, 3)] = update

    def look(event: Any) -> None:
        if str(event.bar.interval) == "1m" and at(DAY, 10, 1) <= event.bar.ts <= at(DAY, 10, 5):
            states_ = [session.get_finality("SPY", "1m", at(DAY, 9, 59) + k * MINUTE) for k in range(3)]
            found.append((event.bar.ts, states_))

    session.subscribe("bar_closed", look)
    run.run()
    by_ts = dict(found)
    assert by_ts[at(DAY, 10, 1)][:2] == ["provisional", "provisional"]
    assert by_ts[at(DAY, 10, 2)] == ["final", "revised", "provisional"]
    assert by_ts[at(DAY, 10, 5)] == ["final", "final", "final"]
    assert session.get_finality("SPY", "1m", at(DAY, 20)) is None
    assert ("SPY", "1m", at(DAY, 10)) in watching.revised
    assert session.get_bars("SPY", "5m", start=at(DAY, 10), end=at(DAY, 10) + 1).high[0] == 500.0


def test_a_market_that_closes_before_its_time(lean: World) -> None:
    """Told at 11:58 that trading ends at noon; what comes after is no bar."""
    run = lean.live(DAY)
    session = run.session_data
    wrong: list[BaseException] = []

    def announce() -> None:
        try:
            run.announce_close(at(DAY, 10))
        except CalendarError as error:
            wrong.append(error)
        run.announce_close(at(DAY, 12, 3))

    when(session, 11, 58, announce)
    result = run.run()
    assert wrong
    assert "ends after" in str(wrong[0])
    assert session.get_bars("SPY", "1m").ts[-1] == at(DAY, 12, 2)
    last = session.get_bars("SPY", "15m", 1)[0]
    assert last.ts == at(DAY, 12), "the last bar is cut off by the close"
    minutes = session.get_bars("SPY", "1m", start=at(DAY, 12))
    assert (last.close, last.volume) == (minutes.close[-1], minutes.volume.sum())
    quality = session.quality.session("SPY", "1m")
    assert quality is not None
    assert (quality.expected, quality.percent) == (153, 100.0)
    assert result.summary.sessions[0].close_ns == at(DAY, 12, 3)
    with pytest.raises(NotRunningError):
        run.announce_close(at(DAY, 13))


def test_an_announced_close_holds_for_symbols_that_are_added_after(lean: World) -> None:
    run = lean.live(DAY, symbols=["SPY"])
    session = run.session_data
    when(session, 11, 58, lambda: run.announce_close(at(DAY, 12, 3)))
    when(session, 12, 0, lambda: session.add_symbol("BAC"))
    run.run()
    quality = session.quality.session("BAC", "1m")
    assert quality is not None
    assert (quality.expected, quality.percent) == (153, 100.0)
    assert session.get_bars("BAC", "15m").ts[-1] == at(DAY, 12)
    assert len(session.get_historical_bars("BAC", "1m")) == 390


# Connections


def test_phases_and_what_is_said_of_connections(lean: World) -> None:
    fault = Fault("disconnect", at(DAY, 10), at(DAY, 10, 10))
    run = lean.live(DAY, faults=[fault])
    session = run.session_data
    told: list[tuple[str, frozenset[str]]] = []
    session.subscribe("feed", lambda event: told.append((event.kind, event.symbols)))
    phases: list[str | None] = []
    when(session, 9, 45, lambda: phases.append(run.status().phase))
    run.run()
    kinds = [kind for kind, _ in told]
    assert kinds[:3] == ["connecting", "live", "lost"]
    assert "restored" in kinds
    assert all(symbols == frozenset(LEAN) for _, symbols in told)
    assert phases == ["open"]
    manager = run.time_manager
    assert [manager.phase(at(DAY, hour)) for hour in (3, 10, 17, 22)] == ["closed", "open", "closed", "closed"]
    wide = TimeManager(extended_hours=True)
    assert [wide.phase(at(DAY, hour)) for hour in (3, 8, 10, 17, 22)] == ["closed", "pre", "open", "post", "closed"]
    assert TimeManager("XTKS").phase(int(dt.datetime(2021, 1, 14, 3, tzinfo=dt.UTC).timestamp()) * 10**9) == "break"


def test_symbols_are_spread_over_connections_and_more_are_refused(lean: World) -> None:
    source = Scripted(lean.base, max_symbols=2, max_connections=2, markers=True)
    run = ob.SessionCoordinator(lean.live_config(symbols=["SPY", "IBM", "AIG"]), source=source)
    session = run.session_data
    failed: list[str] = []
    session.subscribe("provisioning_failed", lambda event: failed.append(event.reason))
    when(session, 10, 0, lambda: session.add_symbol("BAC"))
    when(session, 11, 0, lambda: session.add_indicator("XXX", "sma", {"period": 5, "interval": "1m"}))
    when(session, 12, 0, lambda: session.remove_symbol("AIG"))
    run.run()
    assert [sorted(feed.subscribed) for feed in source.feeds] == [["IBM"], ["BAC", "SPY"]]
    (reason,) = failed
    assert "room for 0 more" in reason
    left = ["BAC", "IBM", "SPY"]
    assert digests(session, left) == digests(lean.backtest(DAY), left)


def test_too_many_symbols_for_the_feed_are_said_at_the_start(lean: World) -> None:
    source = Scripted(lean.base, max_symbols=1, max_connections=2)
    run = ob.SessionCoordinator(lean.live_config(), source=source)
    with pytest.raises(CapacityError, match="takes 1 symbols a connection and 2 connections"):
        run.run()


# Trades and quotes


def test_trades_and_quotes_beside_bars(lean: World) -> None:
    source = Scripted(lean.base, channels=("bars", "trades", "quotes"))

    class Hears(ob.Strategy):
        def __init__(self) -> None:
            self.ticks: list[Any] = []

        def on_trade(self, session: ob.SessionData, trade: Any) -> None:
            self.ticks.append(trade)

        def on_quote(self, session: ob.SessionData, quote: Any) -> None:
            self.ticks.append(quote)

    hears = Hears()
    run = ob.SessionCoordinator(lean.live_config(streams=["1m", "trades", "quotes", "5m", "15m"]), hears, source=source)

    def tick(feed: ScriptedFeed) -> None:
        ts = at(DAY, 10) - 10**9
        feed.sink.trades({"symbol": ["SPY", "IBM"], "ts": np.array([ts, ts]), "price": [1.5, 2.5], "size": [10, 20]})
        quote = {"bid": [1.4], "ask": [1.6], "bid_size": [3], "ask_size": [4]}
        feed.sink.quotes({"symbol": ["SPY"], "ts": np.array([ts]), **quote})

    source.script[at(DAY, 10)] = tick
    run.run()
    session = run.session_data
    assert source.feeds[0].subscribed["SPY"] == ("bars", "trades", "quotes")
    assert [(tick.symbol, type(tick).__name__) for tick in hears.ticks] == [
        ("SPY", "TradeTick"), ("IBM", "TradeTick"), ("SPY", "QuoteTick"),
    ]  # fmt: skip
    assert hears.ticks[0].price == 1.5
    data = session.get_symbol_data("SPY")
    assert data is not None
    assert data.trade is not None
    assert data.trade.price == 1.5
    assert data.quote is not None
    assert data.quote.ask == 1.6
    assert digests(session, LEAN) == digests(lean.backtest(DAY), LEAN), "trades make no bars where bars come"


def test_a_feed_of_trades_alone_makes_the_bars(lean: World) -> None:
    source = Scripted(lean.base, channels=("trades",))
    rows = lean.base.history(["SPY"], at(DAY, 9, 30), at(DAY, 16))
    for place in range(len(rows)):
        ts, close, volume = int(rows.ts[place]), float(rows.close[place]), float(rows.volume[place])
        trade = {"symbol": ["SPY"], "ts": np.array([ts + 30 * 10**9]), "price": [close], "size": [volume]}
        source.script[ts + MINUTE] = lambda feed, trade=trade: feed.sink.trades(trade)  # type: ignore[misc]
    del source.script[at(DAY, 11)]
    watching = Watching()
    config = lean.live_config(symbols=["SPY"], historical={"trailing_days": 0}, gap_filler={"max_retries": 0})
    run = ob.SessionCoordinator(config, watching, source=source)
    run.run()
    got = run.session_data.get_bars("SPY", "1m")
    # One minute's trade was withheld: its bar is filled from history.
    lost = at(DAY, 10, 59)
    assert len(got) == 390
    assert got.close[got.ts != lost].tolist() == rows.close[rows.ts != lost].tolist()
    assert got.open[0] == got.close[0]
    assert watching.early == []


def test_a_feed_that_delivers_what_is_none_loses_its_connection_and_not_the_run(lean: World) -> None:
    source = Scripted(lean.base, channels=("bars", "trades", "quotes"))
    good, times = bars("SPY", at(DAY, 9, 59), 1.0), cast("Any", [1])

    def deliver(kind: str, payload: Any, feed: ScriptedFeed) -> None:
        getattr(feed.sink, kind)(payload)

    junk: list[tuple[str, Any]] = [
        ("bars", dataclasses.replace(good, close=good.close.astype(np.float32))),
        ("bars", dataclasses.replace(good, symbol=np.array([3], np.uint32))),
        ("daily", dataclasses.replace(good, ts=times)),
        ("trades", {"symbol": ["SPY"], "ts": [1]}),
        ("trades", {"symbol": ["SPY"], "ts": [at(DAY, 10)], "price": ["much"], "size": [1.0], "id": [1]}),
        ("trades", {"symbol": ["SPY"], "ts": [at(DAY, 10)], "price": [1.0], "size": [1.0], "id": ["a"]}),
        ("quotes", {"symbol": ["SPY"], "ts": [at(DAY, 10)], "bid": [1.0]}),
    ]
    for place, (kind, payload) in enumerate(junk):
        source.script[at(DAY, 10, 5 * place)] = functools.partial(deliver, kind, payload)
    config = lean.live_config(streams=["1m", "trades", "quotes", "5m", "15m"])
    run = ob.SessionCoordinator(config, source=source)
    said: list[str] = []
    run.session_data.subscribe("feed", lambda event: said.append(event.detail))
    run.run()
    assert not source.script
    wrong = [detail for detail in said if "cannot be read" in detail]
    assert len(wrong) == len(junk), said
    words = ("close must be", "symbol must be", "ts must be", "no column price", "price must be", "id must be", "ask")
    assert all(word in detail for word, detail in zip(words, wrong, strict=True)), wrong
    assert len(source.feeds) == 1 + len(junk)
    assert digests(run.session_data, LEAN) == digests(lean.backtest(DAY), LEAN)


def test_official_daily_bars_stay_apart(lean: World) -> None:
    source = Scripted(lean.base)
    run = ob.SessionCoordinator(lean.live_config(symbols=["SPY"], streams=["1m", "5m", "15m", "1d"]), source=source)
    source.script[at(DAY, 10)] = lambda feed: feed.sink.daily(bars("SPY", at(DAY, 0), 123.0))
    session = run.run().session_data
    official, own = session.get_official_bar("spy"), session.get_latest_bar("SPY", "1d")
    assert official is not None
    assert own is not None
    assert official.close == 123.0
    assert own.close != 123.0
    assert session.get_official_bar("IBM") is None


# Lag and queues


def test_lag_is_measured_by_cause_and_leaves_out_who_lags(lean: World) -> None:
    """SPY's bars come five minutes late for half an hour."""
    source = Scripted(lean.base)
    run = ob.SessionCoordinator(lean.live_config(), source=source)
    session = run.session_data
    told: list[tuple[str, str, str]] = []
    for kind in ("symbol_deactivated", "symbol_activated"):
        session.subscribe(kind, lambda event, kind=kind: told.append((kind, event.symbol, event.reason)))  # type: ignore[misc]
    lags: list[Any] = []

    def late(feed: ScriptedFeed) -> None:
        feed.sink.bars(bars("SPY", at(DAY, 10), 500.0))

    source.script[at(DAY, 10, 6)] = late
    session.subscribe("symbol_deactivated", lambda _: lags.append(session.get_lag("SPY")))
    result = run.run()
    assert [(kind, name) for kind, name, _ in told] == [("symbol_deactivated", "SPY"), ("symbol_activated", "SPY")]
    assert told[0][2] == "provider lag 300 s"
    assert lags[0].provider == 300.0
    assert lags[0].queue == 0.0
    assert result.completed


@pytest.mark.parametrize("policy", ["reject", "coalesce", "block"])
def test_a_strategy_that_is_too_slow_loses_nothing_for_good(lean: World, policy: str) -> None:
    """For a while each callback takes minutes of market time: the queue fills up."""
    source = ReplaySource(lean.base, TimeManager(), [DAY], speed=3600.0)

    class Slowly(ob.Strategy):
        intervals = ("5m",)

        def on_bar(self, session: ob.SessionData, bar: ob.Bar) -> None:
            if at(DAY, 10) <= bar.ts < at(DAY, 10, 20) and bar.symbol == "SPY":
                threading.Event().wait(0.15)

    streaming = {"queue_seconds": 90, "queue_policy": policy}
    run = ob.SessionCoordinator(lean.live_config(streaming=streaming), Slowly(), source=source)
    run.start()
    result = run.wait(60)
    assert result is not None
    live = result.summary.live
    assert live is not None
    assert live.queue_seconds > 90
    if policy == "reject":
        assert live.dropped > 0
        ledger = run.session_data.quality.ledger
        assert ledger is not None
        assert states(run)["filled"] > 0
    else:
        assert live.dropped == 0
    assert states(run)["open"] == states(run)["requested"] == 0
    assert digests(run.session_data, LEAN) == digests(lean.backtest(DAY), LEAN)


def test_a_queue_that_halts_ends_the_run_and_says_so(lean: World) -> None:
    source = ReplaySource(lean.base, TimeManager(), [DAY], speed=3600.0)

    class Stuck(ob.Strategy):
        def on_bar(self, session: ob.SessionData, bar: ob.Bar) -> None:
            threading.Event().wait(0.2)

    streaming = {"queue_seconds": 90, "queue_policy": "halt"}
    run = ob.SessionCoordinator(lean.live_config(streaming=streaming), Stuck(), source=source)
    with pytest.raises(CapacityError, match="90 s behind"):
        run.run()
    assert run.status().queue is not None
    assert run.status().queue.halted  # type: ignore[union-attr]


def test_pause_and_stop(lean: World) -> None:
    source = ReplaySource(lean.base, TimeManager(), [DAY], speed=3600.0)
    run = ob.SessionCoordinator(lean.live_config(), source=source)
    run.start()
    session = run.session_data
    reached = threading.Event()
    session.subscribe("bar_closed", lambda _: reached.set())
    assert reached.wait(20)
    run.pause()
    held = session.counts()["appended"]
    threading.Event().wait(0.2)
    assert session.counts()["appended"] == held
    run.resume()
    reached.clear()
    assert reached.wait(20)
    run.stop()
    result = run.result
    assert result is not None
    assert not result.completed
    assert not any(thread.name.startswith("openbell") for thread in threading.enumerate())


def test_history_that_fails_at_the_start_is_asked_for_again(lean: World) -> None:
    source = slow(lean)
    source.failing = 2
    run = ob.SessionCoordinator(lean.live_config(), source=source)
    ready: list[int] = []
    run.session_data.subscribe("indicator_valid", lambda _: ready.append(run.session_data.now_ns or 0))
    session = run.run().session_data
    assert source.failing == 0
    assert digests(session, LEAN) == digests(lean.backtest(DAY), LEAN)
