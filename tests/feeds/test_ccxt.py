"""The real ccxt against a server that answers as Coinbase's exchange does, with a real weekend."""

from __future__ import annotations

import datetime as dt
import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

import openbell as ob
from openbell.clock import TimeManager
from openbell.config import CcxtConfig
from openbell.errors import FeedError, SourceError
from openbell.sources import Columns, CsvSource, LiveSource
from openbell.sources.crypto import CcxtSource

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MINUTE = 60_000_000_000
BEGIN = int(dt.datetime(2016, 10, 8, 0, 0, tzinfo=dt.UTC).timestamp()) * 1_000_000_000
HOUR = 60 * MINUTE


class Running:
    """A clock that runs faster than ours, from a day in 2016 on."""

    def __init__(self, at_ns: int, speed: float) -> None:
        self._began_s, self._at_ns, self._speed = time.monotonic(), at_ns, speed

    def now_ns(self) -> int:
        return self._at_ns + round((time.monotonic() - self._began_s) * self._speed * 1e9)

    def seconds_until(self, ts_ns: int) -> float:
        return max(0.0, (ts_ns - self.now_ns()) / 1e9 / self._speed)

    def idle(self, wake: Any, due_ns: int) -> None: ...


class Coinbase:
    """``/products``, ``/currencies`` and ``/products/<id>/candles``, with at most 300 candles, newest first.

    Written after https://docs.cdp.coinbase.com/exchange/reference/exchangerestapi_getproductcandles.
    """

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self.clock = Running(BEGIN, 1.0)
        # Statuses with which the next requests for candles are answered.
        self.failing: list[int] = []
        # When none of them is answered, in market time.
        self.down = range(0)
        self.asked = 0
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = server.answer(self.path)
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    @property
    def options(self) -> dict[str, Any]:
        url = f"http://127.0.0.1:{self._http.server_port}"
        return {"urls": {"api": {"public": url, "private": url}}, "rateLimit": 1}

    def answer(self, path: str) -> tuple[int, Any]:
        url = urlsplit(path)
        if url.path == "/currencies":
            return 200, []
        if url.path == "/products":
            keys = {"base_increment": "0.00000001", "quote_increment": "0.01", "status": "online"}
            return 200, [
                {"id": f"{base}-USD", "base_currency": base, "quote_currency": "USD", **keys} for base in COINS
            ]
        self.asked += 1
        if self.clock.now_ns() in self.down:
            return (429, 500)[self.asked % 2], {"message": "not now"}
        if self.failing:
            return self.failing.pop(0), {"message": "not now"}
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        start, end = (np.datetime64(query[name].rstrip("Z"), "ns").astype(np.int64) for name in ("start", "end"))
        c = self.columns
        # The candle in progress is among them, as it stands.
        rows = np.flatnonzero((c.ts >= start) & (c.ts <= end) & (c.ts <= self.clock.now_ns()))[:300]
        if not url.path.startswith("/products/BTC-USD/"):
            rows = rows[:0]
        values = (c.low, c.high, c.open, c.close, c.volume)
        return 200, [[int(c.ts[i] // 10**9), *(float(v[i]) for v in values)] for i in rows[::-1]]


COINS = ("BTC", "ETH")


@pytest.fixture
def coinbase(data_dir: Path) -> Iterator[Coinbase]:
    source = CsvSource(data_dir / "crypto/lean_coinbase_btcusd_2016_1m.csv.gz", columns={"ts": "ts_utc"})
    server = Coinbase(source.history(None, 0, 2**62))
    yield server
    server.close()


def source(coinbase: Coinbase, speed: float = 1.0, at_ns: int = BEGIN + 12 * HOUR) -> CcxtSource:
    coinbase.clock = Running(at_ns, speed)
    config = CcxtConfig(kind="ccxt", venue="coinbaseexchange", options=coinbase.options)
    return CcxtSource(config, coinbase.clock)


def test_history_comes_in_pages_and_ends_before_the_candle_in_progress(coinbase: Coinbase) -> None:
    venue = source(coinbase)
    assert isinstance(venue, LiveSource)
    assert venue.symbols() == ("BTC/USD", "ETH/USD")
    got = venue.history(["BTC/USD"], BEGIN, BEGIN + 24 * HOUR)
    truth = coinbase.columns
    rows = (truth.ts >= BEGIN) & (truth.ts < BEGIN + 12 * HOUR)
    for name in ("ts", "open", "high", "low", "close", "volume"):
        assert getattr(got, name).tolist() == getattr(truth, name)[rows].tolist(), name
    assert len(got) < 720, "some minutes had no trade"
    assert coinbase.asked == 3
    assert len(venue.history(["ETH/USD"], BEGIN, BEGIN + HOUR)) == 0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"venue": "nowhere"}, "ccxt knows no venue 'nowhere'"),
        ({"venue": "coinbaseexchange", "interval": "7m"}, "has no candles of 7m"),
    ],
)
def test_what_there_is_not_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SourceError, match=re.escape(message)):
        CcxtSource(CcxtConfig(kind="ccxt", **settings))


def test_errors_are_told_in_the_venues_words(coinbase: Coinbase) -> None:
    venue = source(coinbase)
    coinbase.failing = [500] * 10
    with pytest.raises(SourceError, match=r"coinbaseexchange: .*not now"):
        venue.history(["BTC/USD"], BEGIN, BEGIN + HOUR)


class Statuses:
    """A sink that notes what becomes of a connection."""

    def __init__(self) -> None:
        self.came: list[str] = []
        self.bars = self.marker = lambda _: self.came.append("more")

    def status(self, status: Any) -> None:
        self.came.append(status.kind)


def test_an_answer_that_cannot_be_read_ends_the_connection_and_says_so(
    coinbase: Coinbase, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink: Any = Statuses()
    venue = source(coinbase, speed=600.0)
    monkeypatch.setattr(venue._venue, "fetch_ohlcv", lambda *_: [[None] * 6])
    feed = venue.open_feed()
    feed.subscribe(["BTC/USD"])
    feed.start(sink)
    deadline_s = time.monotonic() + 20
    while len(sink.came) < 2 and time.monotonic() < deadline_s:
        time.sleep(0.01)
    feed.stop()
    assert sink.came == ["live", "lost"]


def test_a_venue_that_gives_other_times_than_it_was_asked_for_is_asked_no_longer(
    coinbase: Coinbase, monkeypatch: pytest.MonkeyPatch
) -> None:
    venue, asked = source(coinbase), []

    def oldest(_: str, _timeframe: str, since_ms: int, limit: int) -> list[list[float]]:
        asked.append(since_ms)
        assert len(asked) < 100
        return [[BEGIN // 10**6 + minute * 60_000, 1.0, 1.0, 1.0, 1.0, 1.0] for minute in range(limit)]

    monkeypatch.setattr(venue._venue, "fetch_ohlcv", oldest)
    assert len(venue.history(["BTC/USD"], BEGIN + 6 * HOUR, BEGIN + 12 * HOUR)) == 0
    assert len(asked) == 2


def live(coinbase: Coinbase, speed: float) -> ob.SessionCoordinator:
    config = ob.SessionConfig(
        mode="live",
        exchange="24/7",
        live={"sessions": 1},
        source={"kind": "ccxt", "venue": "coinbaseexchange"},
        session_data_config={
            "symbols": ["BTC/USD"],
            "streams": ["1m", "5m"],
            "indicators": {"session": [{"name": "ema", "period": 9, "interval": "1m"}]},
        },
    )
    return ob.SessionCoordinator(config, source=source(coinbase, speed, BEGIN + 22 * HOUR + 30 * 60 * 10**9))


def test_the_end_of_a_day_around_the_clock(coinbase: Coinbase, data_dir: Path) -> None:
    """From half past ten in the evening to midnight, with some minutes without answers, as a backtest of the day."""
    run = live(coinbase, 600.0)
    session = run.session_data
    heard: list[str] = []
    session.subscribe("feed", lambda event: heard.append(event.kind))
    coinbase.down = range(BEGIN + 22 * HOUR + 50 * MINUTE, BEGIN + 22 * HOUR + 57 * MINUTE)
    run.start()
    assert run.wait(60) is not None
    assert "limit" in heard or "lost" in heard
    assert "restored" in heard
    truth = coinbase.columns
    rows = (truth.ts >= BEGIN) & (truth.ts < BEGIN + 24 * HOUR)
    got = session.get_bars("BTC/USD", "1m")
    assert got.ts.tolist() == truth.ts[rows].tolist()
    assert got.close.tolist() == truth.close[rows].tolist()
    quality = session.quality.session("BTC/USD", "1m")
    assert quality is not None
    assert (quality.expected, quality.unknown, quality.present) == (1440, 0, int(rows.sum()))
    names = {"ts": "ts_utc", "symbol": "symbol"}
    plain = ob.SessionConfig(
        exchange="24/7",
        backtest={"start": "2016-10-08", "end": "2016-10-08"},
        source={
            "kind": "csv", "path": str(data_dir / "crypto/lean_coinbase_btcusd_2016_1m.csv.gz"), "columns": names,
        },
        session_data_config={
            "symbols": ["BTCUSD"],
            "streams": ["1m", "5m"],
            "indicators": {"session": [{"name": "ema", "period": 9, "interval": "1m"}]},
        },
    )  # fmt: skip
    back = ob.SessionCoordinator(plain).run().session_data
    assert session.digest("BTC/USD") == back.digest("BTCUSD")


def test_a_venue_that_wants_keys_ends_the_run(coinbase: Coinbase) -> None:
    run = live(coinbase, 600.0)
    run.session_data.subscribe("bar_closed", lambda _: coinbase.failing.extend([401] * 5))
    with pytest.raises(FeedError, match="AuthenticationError"):
        run.run()
    assert TimeManager("24/7").phase(BEGIN) == "open"
