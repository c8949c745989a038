"""The real alpaca-py against a server that speaks Alpaca's wire format."""

from __future__ import annotations

import datetime as dt
import logging
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.feeds.alpaca_server import KEY, SECRET, AlpacaServer, bar_messages, stamp, until

import openbell as ob
from openbell.clock import TimeManager
from openbell.config import AlpacaConfig
from openbell.errors import CapacityError, FeedError, SourceError
from openbell.sources import Columns, Feed, FeedStatus, LiveSource, ReplaySource, open_source
from openbell.sources.alpaca import AlpacaSource

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

MINUTE = 60_000_000_000
OPEN = int(dt.datetime(2024, 11, 29, 14, 30, tzinfo=dt.UTC).timestamp()) * 1_000_000_000
DAY = dt.date(2024, 11, 29)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[AlpacaServer]:
    monkeypatch.setenv("APCA_API_KEY_ID", KEY)
    monkeypatch.setenv("APCA_API_SECRET_KEY", SECRET)
    server = AlpacaServer()
    yield server
    server.close()


def source(server: AlpacaServer, symbols: tuple[str, ...] = ("AAPL", "SPY"), **keys: Any) -> AlpacaSource:
    config = AlpacaConfig(
        kind="alpaca", feed="sip", stream_url=server.stream_url, data_url=server.data_url, **keys
    )  # fmt: skip
    return AlpacaSource(config, symbols, lambda path: path)  # type: ignore[arg-type, return-value]


def columns(rows: list[tuple[str, int, float]]) -> Columns:
    names = tuple(dict.fromkeys(name for name, _, _ in rows))
    close = np.array([price for _, _, price in rows])
    symbol = np.array([names.index(name) for name, _, _ in rows], dtype=np.uint32)
    ts = np.array([ts for _, ts, _ in rows], dtype=np.int64)
    return Columns(names, symbol, ts, close, close + 1, close - 1, close, close * 10, vwap=close)


class Noting:
    """A sink that notes what comes."""

    def __init__(self) -> None:
        self.came: list[tuple[str, Any]] = []

    def bars(self, columns: Columns) -> None:
        rows = zip(columns.symbol, columns.ts, columns.close, strict=True)
        self.came.append(("bars", [(columns.names[s], int(t), float(c)) for s, t, c in rows]))

    def trades(self, columns: Mapping[str, Any]) -> None:
        self.came.append(("trades", {name: list(values) for name, values in columns.items()}))

    def quotes(self, columns: Mapping[str, Any]) -> None:
        self.came.append(("quotes", {name: list(values) for name, values in columns.items()}))

    def daily(self, columns: Columns) -> None:
        self.came.append(("daily", [columns.names[s] for s in columns.symbol]))

    def marker(self, end_ns: int) -> None:
        self.came.append(("marker", end_ns))

    def status(self, status: FeedStatus) -> None:
        self.came.append(("status", status))

    def kinds(self, what: str) -> list[Any]:
        return [value for kind, value in self.came if kind == what]

    @property
    def statuses(self) -> list[str]:
        return [status.kind for status in self.kinds("status")]


def test_what_is_subscribed_to_is_delivered_frame_by_frame(server: AlpacaServer) -> None:
    feed, sink = source(server).open_feed(), Noting()
    assert isinstance(feed, Feed)
    assert isinstance(source(server), LiveSource)
    feed.subscribe(["spy"], ["bars", "trades", "quotes"])
    feed.start(sink)
    until(lambda: server.subscribed)
    assert server.subscribed[0]["bars"] == server.subscribed[0]["updatedBars"] == ["SPY"]
    server.push(bar_messages(columns([("SPY", OPEN, 600.0), ("AAPL", OPEN, 230.0)])))
    server.push(bar_messages(columns([("SPY", OPEN, 601.0)]), "u"))
    server.push(bar_messages(columns([("SPY", OPEN, 599.0)]), "d"))
    trade = {"T": "t", "S": "SPY", "i": 7, "x": "V", "p": 600.5, "s": 100, "c": ["@", "I"], "z": "B", "t": stamp(OPEN)}
    gone = {"T": "x", "S": "SPY", "i": 7, "x": "V", "p": 600.5, "s": 100, "a": "C", "z": "B", "t": stamp(OPEN)}
    right = {
        "T": "c", "S": "SPY", "x": "V", "oi": 8, "op": 600.0, "os": 5, "oc": [], "ci": 9, "cp": 600.25, "cs": 10,
        "cc": [], "z": "B", "t": stamp(OPEN),
    }  # fmt: skip
    quote = {"T": "q", "S": "SPY", "bp": 600.1, "bs": 3, "ap": 600.2, "as": 4, "bx": "V", "ax": "V", "t": stamp(OPEN)}
    server.push([trade, quote, gone, right])
    until(lambda: sink.kinds("quotes"))
    assert sink.kinds("bars") == [[("SPY", OPEN, 600.0)], [("SPY", OPEN, 601.0)]]
    assert sink.kinds("daily") == [["SPY"]]
    (trades,) = sink.kinds("trades")
    assert trades["action"] == ["new", "cancel", "correct"]
    assert (trades["price"], trades["id"]) == ([600.5, 600.5, 600.25], [7, 7, 8])
    assert (trades["conditions"][0], trades["tape"][0], trades["ts"][0]) == (["@", "I"], "B", OPEN)
    (quotes,) = sink.kinds("quotes")
    assert (quotes["symbol"], quotes["bid"], quotes["ask_size"]) == (["SPY"], [600.1], [4.0])
    feed.subscribe(["AAPL"])
    until(lambda: server.subscribed[-1]["bars"] == ["AAPL", "SPY"])
    feed.unsubscribe(["SPY"])
    until(lambda: server.subscribed[-1]["quotes"] == [] and server.subscribed[-1]["bars"] == ["AAPL"])
    server.push(bar_messages(columns([("SPY", OPEN + MINUTE, 602.0), ("AAPL", OPEN + MINUTE, 231.0)])))
    until(lambda: sink.kinds("bars")[-1] == [("AAPL", OPEN + MINUTE, 231.0)])
    feed.stop()
    feed.stop()
    assert sink.statuses == ["live"]
    until(lambda: not server.clients)


def test_a_message_that_cannot_be_read_takes_no_others_with_it(server: AlpacaServer) -> None:
    feed, sink = source(server).open_feed(), Noting()
    feed.subscribe(["SPY", "AAPL"], ["bars", "trades", "quotes"])
    feed.start(sink)
    until(lambda: server.subscribed)
    (bar,) = bar_messages(columns([("SPY", OPEN, 600.0)]))
    trade = {"T": "t", "S": "SPY", "i": 7, "p": 600.5, "s": 100, "c": [], "z": "B", "t": stamp(OPEN)}
    quote = {"T": "q", "S": "SPY", "bp": 600.1, "bs": 3, "ap": 600.2, "as": 4, "t": stamp(OPEN)}
    broken: list[Any] = []
    for message in (bar, trade, quote):
        broken += [{**message, "t": "noon"}, {key: value for key, value in message.items() if key != "t"}]
        # Of symbols that are not subscribed to, the client lets nothing through.
    broken += [{**bar, "c": "much"}, {**trade, "p": None}, {**trade, "i": "x"}, {**quote, "bp": [1]}]
    server.push([*broken, bar, quote, trade])
    until(lambda: sink.kinds("bars") and sink.kinds("trades") and sink.kinds("quotes"))
    assert sink.kinds("bars") == [[("SPY", OPEN, 600.0)]]
    assert [trades["price"] for trades in sink.kinds("trades")] == [[600.5]]
    assert [quotes["bid"] for quotes in sink.kinds("quotes")] == [[600.1]]
    assert feed.unread == len(broken)
    server.push(broken)
    until(lambda: feed.unread == 2 * len(broken))
    feed.stop()
    assert sink.statuses == ["live"]


@pytest.mark.parametrize(
    ("refusal", "kind", "terminal"),
    [
        ((406, "connection limit exceeded"), "limit", False),
        ((402, "auth failed"), "auth_failed", True),
        ((409, "insufficient subscription"), "auth_failed", True),
    ],
)
def test_a_refusal_is_said_once_and_ends_the_connection(
    server: AlpacaServer, refusal: tuple[int, str], kind: str, *, terminal: bool
) -> None:
    server.refusals = [refusal] * 5
    feed, sink = source(server).open_feed(), Noting()
    feed.subscribe(["SPY"])
    feed.start(sink)
    until(lambda: sink.statuses)
    feed.stop()
    (status,) = sink.kinds("status")
    assert (status.kind, status.terminal) == (kind, terminal)
    assert refusal[1] in status.detail
    assert server.connections == 1, "it is not for the feed to try again"


def test_a_symbol_too_many_and_a_cut(server: AlpacaServer) -> None:
    feed, sink = source(server, max_symbols=2).open_feed(), Noting()
    feed.subscribe(["SPY", "AAPL"])
    with pytest.raises(CapacityError, match="takes 2 symbols"):
        feed.subscribe(["MSFT"])
    feed.start(sink)
    until(lambda: server.subscribed)
    server.push([{"T": "error", "code": 405, "msg": "symbol limit exceeded"}])
    until(lambda: "limit" in sink.statuses)
    feed.stop()
    other, heard = source(server).open_feed(), Noting()
    other.subscribe(["SPY"])
    other.start(heard)
    until(lambda: heard.statuses == ["live"] and server.clients)
    server.drop()
    until(lambda: heard.statuses == ["live", "lost"])
    other.stop()


def test_history_of_many_symbols_in_pages_and_under_limits(
    server: AlpacaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alpaca.common.rest.DEFAULT_RETRY_WAIT_SECONDS", 0.01)
    names = tuple(f"S{i:03}" for i in range(250))
    rows = [(name, OPEN + i * MINUTE, 100.0 + i) for name in names for i in range(3)]
    server.remember(columns(rows))
    server.page = 100
    server.too_many = 2
    got = source(server, names).history(None, OPEN, OPEN + 2 * MINUTE)
    assert len(got) == 500, "the third minute is not asked for"
    assert sorted(got.names) == list(names)
    assert got.close[got.symbol == got.names.index("S007")].tolist() == [100.0, 101.0]
    # Two requests of 200 and 50 symbols, with 4 and 1 pages, and two that were refused.
    assert server.requests["/v2/stocks/bars"] == 7
    assert len(source(server).history(["XXXX"], OPEN, OPEN + MINUTE)) == 0
    server.broken = 1
    with pytest.raises(SourceError, match="internal server error"):
        source(server).history(["SPY"], OPEN, OPEN + MINUTE)


def test_keys_are_asked_for_and_never_shown(
    server: AlpacaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    one = source(server)
    feed, sink = one.open_feed(), Noting()
    feed.subscribe(["SPY"])
    feed.start(sink)
    until(lambda: sink.statuses)
    feed.stop()
    one.history(["SPY"], OPEN, OPEN + MINUTE)
    monkeypatch.delenv("APCA_API_SECRET_KEY")
    with pytest.raises(SourceError, match="APCA_API_SECRET_KEY"):
        source(server)
    (tmp_path / "keys.toml").write_text(f'key_id = "{KEY}"\nsecret_key = "{SECRET}"\n')
    settings = {"kind": "alpaca", "keys_file": "keys.toml", "data_url": server.data_url}
    path = tmp_path / "session.json"
    plain = {"mode": "live", "source": settings, "session_data_config": {"symbols": ["SPY"]}}
    path.write_text(__import__("json").dumps(plain))
    config = ob.SessionConfig.load(path)
    opened = open_source(config, TimeManager())
    assert len(opened.history(["SPY"], OPEN, OPEN + MINUTE)) == 0
    (tmp_path / "keys.toml").write_text(f'key_id = "{KEY}"\nsecret_key = "{SECRET}')
    with pytest.raises(SourceError, match="cannot be read") as caught:
        open_source(config, TimeManager())
    shown = [caplog.text, str(caught.value), repr(vars(one)), repr(config), config.source.model_dump_json()]
    assert not any(SECRET in text for text in shown)


# A whole session


NAMES = ("BKNG", "ERIE", "GWW", "NVR", "TPL")
LATER = "FDS"


class Market:
    """A real half day, played to the server a minute at a time; updates and failures by script."""

    def __init__(self, data_dir: Path, server: AlpacaServer) -> None:
        plain = {
            "source": {
                "kind": "csv",
                "path": str(data_dir / "us_equity/blaizard_2024_1m.csv.gz"),
                "columns": {"ts": "ts_utc"},
                "gaps_verified": True,
            },
            "session_data_config": {
                "symbols": list(NAMES),
                "streams": ["1m", "5m"],
                "historical": {"trailing_days": 1},
                "gap_filler": {"retry_interval_seconds": 30},
                "indicators": {"session": [{"name": "ema", "period": 5, "interval": "1m"}]},
            },
        }
        self.config = ob.SessionConfig(backtest={"start": str(DAY), "end": str(DAY)}, **plain)
        self.server = server
        self.base = open_source(self.config, TimeManager())
        self.live_config = ob.SessionConfig(mode="live", **plain)
        self.play = ReplaySource(self.base, TimeManager(), [DAY], speed=600.0)
        server.remember(self.base.history([*NAMES, LATER], OPEN - 4 * 86_400_000_000_000, OPEN + 10**14))
        self.script: dict[int, Any] = {}

    def start(self) -> None:
        """Begin to play: bars reach the server's clients when they end."""
        feed = self.play.open_feed()
        feed.subscribe([*NAMES, LATER])
        feed.start(self)

    def bars(self, columns: Columns) -> None:
        # Each comes wrong first, and is then corrected.
        self.server.push(bar_messages(replace(columns, close=columns.low)))
        self.server.push(bar_messages(columns, "u"))

    def marker(self, end_ns: int) -> None:
        self.server.until_ns = end_ns
        step = self.script.pop((end_ns - OPEN) // MINUTE, None)
        if step is not None:
            step()

    def trades(self, columns: Mapping[str, Any]) -> None: ...
    def quotes(self, columns: Mapping[str, Any]) -> None: ...
    def daily(self, columns: Columns) -> None: ...
    def status(self, status: FeedStatus) -> None: ...


def digests(session: ob.SessionData, names: tuple[str, ...]) -> dict[str, int]:
    return {name: session.digest(name) for name in names}


def test_a_day_on_the_wire_with_all_that_goes_wrong_ends_as_a_backtest(data_dir: Path, server: AlpacaServer) -> None:
    market = Market(data_dir, server)
    back = ob.SessionCoordinator(market.config, AddsLater(), source=market.base)
    back.run()

    alpaca = source(server, NAMES, max_symbols=4, max_connections=3, requests_per_minute=60_000)
    alpaca.clock = market.play.clock  # type: ignore[attr-defined]
    alpaca.dates = (DAY,)  # type: ignore[attr-defined]
    run = ob.SessionCoordinator(market.live_config, source=alpaca)
    heard: list[str] = []
    run.session_data.subscribe("feed", lambda event: heard.append(event.kind))
    revised = threading.Event()
    run.session_data.subscribe("bar_revised", lambda _: revised.set())

    def limits() -> None:
        server.refusals = [(406, "connection limit exceeded")] * 2
        server.drop()

    def mute() -> None:
        server.mute = True

    def speak() -> None:
        server.mute = False

    def add() -> None:
        threading.Thread(target=run.add_symbol, args=(LATER,), daemon=True).start()

    def history_fails() -> None:
        server.broken, server.too_many = 2, 1
        server.drop()

    market.script = {20: server.drop, 40: limits, 60: add, 80: mute, 110: speak, 130: history_fails, 150: server.drop}
    market.start()
    run.start()
    result = run.wait(120)
    assert result is not None
    assert result.completed
    names = (*NAMES, LATER)
    assert digests(run.session_data, names) == digests(back.session_data, names)
    assert {"live", "lost", "restored", "stale", "limit"} <= set(heard)
    assert revised.is_set()
    assert server.connections > 6
    until(lambda: not server.clients)
    market.play.close()


class AddsLater(ob.Strategy):
    """Adds a symbol at the open."""

    def on_session_start(self, session: ob.SessionData) -> None:
        session.add_symbol(LATER)


def test_keys_that_are_refused_end_the_run(data_dir: Path, server: AlpacaServer) -> None:
    market = Market(data_dir, server)
    alpaca = source(server, NAMES)
    alpaca.clock = market.play.clock  # type: ignore[attr-defined]
    alpaca.dates = (DAY,)  # type: ignore[attr-defined]
    server.refusals = [(402, "auth failed")] * 10
    server.mute = True
    run = ob.SessionCoordinator(market.live_config, source=alpaca)
    market.start()
    with pytest.raises(FeedError, match="alpaca sip: auth failed"):
        run.run()
    market.play.close()
    assert server.connections == 1
