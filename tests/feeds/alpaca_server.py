"""A server that speaks Alpaca's wire format over loopback: the stream as msgpack, history as JSON in pages.

Written after https://docs.alpaca.markets/docs/streaming-market-data, /docs/real-time-stock-pricing-data and
/reference/stockbars.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections import Counter, defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import msgpack
import numpy as np
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from openbell.sources import Columns

KEY, SECRET = "PKTEST", "a-secret-that-no-log-may-hold"
CHANNELS = {"b": "bars", "u": "updatedBars", "d": "dailyBars", "t": "trades", "q": "quotes"}
# Corrections and cancels come with trades.
CHANNELS |= {"c": "trades", "x": "trades"}


def stamp(ns: int) -> msgpack.Timestamp:
    return msgpack.Timestamp.from_unix_nano(ns)


def bar_messages(columns: Columns, kind: str = "b") -> list[dict[str, Any]]:
    return [
        {
            "T": kind,
            "S": columns.names[columns.symbol[row]],
            "t": stamp(int(columns.ts[row])),
            **{key: float(getattr(columns, name)[row]) for key, name in zip("ohlcv", BAR, strict=True)},
            **({} if columns.vwap is None else {"vw": float(columns.vwap[row])}),
        }
        for row in range(len(columns))
    ]


BAR = ("open", "high", "low", "close", "volume")


class AlpacaServer:
    """Both halves; what is wrong with them is set by attributes.

    Attributes
    ----------
    mute
        The stream stays open, and nothing comes.
    refusals
        Errors with which the next connections are refused, ``(code, message)``.
    too_many
        How many of the next requests for history are answered with 429.
    page
        Bars in one page.
    """

    def __init__(self) -> None:
        self.mute = False
        self.refusals: list[tuple[int, str]] = []
        self.too_many = 0
        self.broken = 0
        self.page = 50
        self.history: dict[str, list[tuple[int, dict[str, Any]]]] = defaultdict(list)
        self.until_ns = 2**63 - 1
        self.connections = 0
        self.requests: Counter[str] = Counter()
        self.subscribed: list[dict[str, Any]] = []
        self.clients: dict[ServerConnection, dict[str, set[str]]] = {}
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        assert self._ready.wait(10)
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    @property
    def stream_url(self) -> str:
        return f"ws://127.0.0.1:{self._port}/v2/sip"

    @property
    def data_url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        self._http.shutdown()
        self._http.server_close()

    # The stream

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._main())
        self._loop.close()

    async def _main(self) -> None:
        self._stop = asyncio.Event()
        async with serve(self._client, "127.0.0.1", 0) as server:
            self._port = server.sockets[0].getsockname()[1]
            self._ready.set()
            await self._stop.wait()

    async def _client(self, connection: ServerConnection) -> None:
        self.connections += 1
        await self._send(connection, [{"T": "success", "msg": "connected"}])
        asked = msgpack.unpackb(await connection.recv())
        if self.refusals:
            code, message = self.refusals.pop(0)
            await self._send(connection, [{"T": "error", "code": code, "msg": message}])
            return
        if (asked.get("action"), asked.get("key"), asked.get("secret")) != ("auth", KEY, SECRET):
            await self._send(connection, [{"T": "error", "code": 402, "msg": "auth failed"}])
            return
        await self._send(connection, [{"T": "success", "msg": "authenticated"}])
        wanted: dict[str, set[str]] = defaultdict(set)
        self.clients[connection] = wanted
        with contextlib.suppress(ConnectionClosed):
            async for frame in connection:
                self._asked(wanted, msgpack.unpackb(frame))
                lists = {channel: sorted(names) for channel, names in wanted.items()}
                self.subscribed.append(lists)
                await self._send(connection, [{"T": "subscription", **lists}])
        self.clients.pop(connection, None)

    @staticmethod
    def _asked(wanted: dict[str, set[str]], message: dict[str, Any]) -> None:
        for channel in set(CHANNELS.values()):
            names = message.get(channel) or ()
            if message["action"] == "subscribe":
                wanted[channel] |= set(names)
            else:
                wanted[channel] -= set(names)

    @staticmethod
    async def _send(connection: ServerConnection, messages: Sequence[dict[str, Any]]) -> None:
        await connection.send(msgpack.packb(list(messages)))

    def push(self, messages: Iterable[dict[str, Any]]) -> None:
        """Send messages to everybody who subscribed to them, as one frame."""
        listed = list(messages)
        if not self.mute:
            asyncio.run_coroutine_threadsafe(self._push(listed), self._loop).result(10)

    async def _push(self, messages: list[dict[str, Any]]) -> None:
        for connection, wanted in list(self.clients.items()):
            mine = [m for m in messages if m["T"] == "error" or m["S"] in wanted[CHANNELS[m["T"]]]]
            if mine:
                with contextlib.suppress(ConnectionClosed):
                    await self._send(connection, mine)

    def drop(self) -> None:
        """Cut all connections, without a word."""

        async def cut() -> None:
            for connection in list(self.clients):
                connection.transport.abort()

        asyncio.run_coroutine_threadsafe(cut(), self._loop).result(10)

    # History

    def remember(self, columns: Columns) -> None:
        """Have history answer with these bars too."""
        for row in range(len(columns)):
            ts = int(columns.ts[row])
            values: dict[str, Any] = {
                key: float(getattr(columns, name)[row]) for key, name in zip("ohlcv", BAR, strict=True)
            }
            if columns.vwap is not None:
                values["vw"] = float(columns.vwap[row])
            values["t"] = np.datetime_as_string(np.datetime64(ts, "ns"), unit="s") + "Z"
            self.history[columns.names[columns.symbol[row]]].append((ts, values))

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = server.answer(self.path, self.headers.get("APCA-API-SECRET-KEY", ""))
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def answer(self, path: str, secret: str) -> tuple[int, dict[str, Any]]:
        url = urlsplit(path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        self.requests[url.path] += 1
        if secret != SECRET:
            return 401, {"message": "unauthorized"}
        if self.too_many > 0:
            self.too_many -= 1
            return 429, {"message": "too many requests."}
        if self.broken > 0:
            self.broken -= 1
            return 500, {"message": "internal server error"}
        assert url.path == "/v2/stocks/bars"
        assert query["timeframe"] == "1Min"
        start, end = (np.datetime64(query[name][:19], "ns").astype(np.int64) for name in ("start", "end"))
        rows = [
            (symbol, bar)
            for symbol in sorted(query["symbols"].split(","))
            for ts, bar in sorted(self.history.get(symbol, []), key=lambda item: item[0])
            if start <= ts <= end and ts + 60_000_000_000 <= self.until_ns
        ]
        first = int(query.get("page_token", 0))
        page: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for symbol, bar in rows[first : first + self.page]:
            page[symbol].append(bar)
        more = first + self.page < len(rows)
        return 200, {"bars": page, "next_page_token": str(first + self.page) if more else None}


def until(condition: Any, timeout_s: float = 20.0) -> None:
    """Wait for something that other threads bring about."""
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s, "it did not come about"
        time.sleep(0.002)
