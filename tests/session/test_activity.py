"""Lag: who is left out, when the session is, and what is counted meanwhile."""

from __future__ import annotations

import time
from typing import Any

import pytest

import openbell as ob

NAMES = ("SIM001", "SIM002", "SIM003", "SIM004")
MINUTE = 60_000_000_000
OPEN = 1_732_717_800_000_000_000  # 2024-11-27 09:30 in New York
KINDS = ("symbol_activated", "symbol_deactivated", "session_activated", "session_deactivated")


def config(speed: float = 0.0, **streaming: float) -> ob.SessionConfig:
    return ob.SessionConfig(
        backtest={"start": "2024-11-27", "end": "2024-11-27", "speed": speed},
        source={"kind": "simulator", "symbols": 4},
        session_data_config={"symbols": "*", "streams": ["1m", "5m"], "streaming": streaming},
    )


def session() -> tuple[ob.SessionData, list[Any]]:
    data = ob.SessionData(config())
    for name in NAMES:
        data.register_symbol(name)
    heard: list[Any] = []
    for kind in KINDS:
        data.subscribe(kind, heard.append)
    data.activate_session()
    return data, heard


def told(heard: list[Any]) -> list[tuple[str, str | None]]:
    result = [(type(event).__name__, getattr(event, "symbol", None)) for event in heard]
    heard.clear()
    return result


def test_one_that_lags_is_left_out_by_itself() -> None:
    data, heard = session()
    told(heard)
    data.note_lag("provider", 60.0, ["sim001"])
    assert told(heard) == [], "not beyond the threshold"
    data.note_lag("provider", 61.0, ["sim001"])
    assert heard[0].reason == "provider lag 61 s"
    assert told(heard) == [("SymbolDeactivated", "SIM001")]
    data.note_lag("provider", 90.0, ["sim001"])
    data.note_lag("queue", 90.0, ["sim001"])
    assert told(heard) == [], "said once"
    assert data.get_active_symbols() == set(NAMES[1:])
    lag = data.get_lag("SIM001")
    assert lag is not None
    assert (lag.provider, lag.queue, lag.silence) == (90.0, 90.0, None)
    data.note_lag("provider", 0.0, ["sim001"])
    assert told(heard) == [], "it still waits in the queue"
    data.note_lag("queue", 0.0, ["sim001"])
    assert told(heard) == [("SymbolActivated", "SIM001")]
    assert data.get_active_symbols() == set(NAMES)
    assert data.get_lag("NONE") is None
    with pytest.raises(ValueError, match="'provider' or 'queue'"):
        data.note_lag("silence", 3.0)  # type: ignore[arg-type]


def test_half_of_them_stop_the_session_and_reads_go_on() -> None:
    data, heard = session()
    told(heard)
    data.note_lag("queue", 100.0, NAMES[:1])
    data.note_lag("queue", 100.0, NAMES[1:2])
    assert heard[-1].reason == "2 of 4 symbols lag"
    assert told(heard) == [
        ("SymbolDeactivated", "SIM001"),
        ("SymbolDeactivated", "SIM002"),
        ("SessionDeactivated", None),
    ]
    assert not data.is_session_active
    assert data.get_active_symbols() == frozenset()
    assert data.get_bars("SIM001", "1m") is not None
    data.note_lag("queue", 0.0, NAMES[1:2])
    assert told(heard) == [("SymbolActivated", "SIM002"), ("SessionActivated", None)]
    data.note_lag("queue", 100.0)
    assert told(heard) == [("SymbolDeactivated", name) for name in NAMES[1:]] + [("SessionDeactivated", None)]
    data.note_lag("queue", 0.0)
    assert told(heard)[-1] == ("SessionActivated", None)
    assert data.get_active_symbols() == set(NAMES) - {"SIM001"}, "it was measured by itself"


def test_silence_deactivates_nobody() -> None:
    data, heard = session()
    told(heard)
    data.advance(OPEN + 60 * MINUTE)
    data.apply_bar("SIM001", "1m", ob.Bar(OPEN, 1.0, 1.0, 1.0, 1.0, 1.0))
    data.apply_quotes(
        {
            "symbol": ["SIM001"],
            "ts": [OPEN + 10 * MINUTE],
            "bid": [1],
            "ask": [2],
            "bid_size": [1],
            "ask_size": [1],
        }
    )
    lag = data.get_lag("SIM001")
    assert lag is not None
    assert (lag.silence, lag.staleness) == (3540.0, 3000.0)
    assert told(heard) == []


class Lags(ob.Strategy):
    """At 10:00 one symbol lags, at 11:00 it has caught up; from 12:00 to 13:00 all do."""

    intervals = ("1m",)

    def __init__(self) -> None:
        self.heard: dict[str, list[int]] = {name: [] for name in NAMES}

    def on_session_start(self, session: ob.SessionData) -> None:
        def tick(event: Any) -> None:
            assert session.now is not None
            minute = session.now.hour * 60 + session.now.minute
            if event.symbol == "SIM004" and minute in {600, 660}:
                session.note_lag("provider", 100.0 if minute == 600 else 0.0, ["SIM002"])
            if event.symbol == "SIM004" and minute in {720, 780}:
                session.note_lag("queue", 100.0 if minute == 720 else 0.0)

        session.subscribe("bar_closed", tick, symbols=["SIM004"])

    def on_bar(self, session: ob.SessionData, bar: ob.Bar) -> None:
        assert session.now is not None
        self.heard[str(bar.symbol)].append(session.now.hour * 60 + session.now.minute)


def test_what_was_not_called_is_counted_and_not_called_later() -> None:
    strategy = Lags()
    run = ob.SessionCoordinator(config(), strategy=strategy)
    events: list[Any] = []
    for kind in KINDS:
        run.session_data.subscribe(kind, events.append)
    result = run.run()
    assert result.summary.callback_errors == 0
    whole = set(range(571, 961))
    assert set(strategy.heard["SIM001"]) == whole - set(range(721, 781))
    assert set(strategy.heard["SIM002"]) == whole - set(range(601, 661)) - set(range(721, 781))
    missed = [(type(e).__name__, e.missed) for e in events if getattr(e, "missed", 0)]
    noon = OPEN + 150 * MINUTE
    bars = [run.session_data.get_bars(name, "1m", start=noon, end=noon + 60 * MINUTE) for name in NAMES]
    assert missed == [("SymbolActivated", 60), ("SessionActivated", sum(map(len, bars)))]
    assert len(run.session_data.get_bars("SIM002", "1m")) == 390, "data goes on"


class Slow(ob.Strategy):
    intervals = ("5m",)

    def __init__(self) -> None:
        self.slept = False

    def on_bar(self, session: ob.SessionData, bar: ob.Bar) -> None:
        if not self.slept:
            self.slept = True
            time.sleep(0.3)


def test_a_run_that_falls_behind_its_speed_catches_up_without_callbacks() -> None:
    run = ob.SessionCoordinator(config(speed=6000.0, catchup_threshold_seconds=600.0), strategy=Slow())
    events: list[Any] = []
    for kind in KINDS[2:]:
        run.session_data.subscribe(kind, events.append)
    assert run.run().completed
    reasons = [(type(e).__name__, getattr(e, "reason", None)) for e in events]
    assert ("SessionDeactivated", "4 of 4 symbols lag") in reasons
    first = reasons.index(("SessionDeactivated", "4 of 4 symbols lag"))
    assert any(getattr(event, "missed", 0) > 0 for event in events[first:]), "it came back, and says what it left out"
