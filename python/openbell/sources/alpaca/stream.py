"""One connection to Alpaca's stream."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from typing import TYPE_CHECKING, Any

from alpaca.data.enums import DataFeed
from alpaca.data.live import StockDataStream

from openbell._core import parse_symbol
from openbell.errors import CapacityError
from openbell.sources.alpaca import wire
from openbell.sources.feed import BARS, FeedCapabilities, FeedStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from openbell.sources.alpaca.keys import Keys
    from openbell.sources.feed import Channel, Sink, StatusKind

logger = logging.getLogger(__name__)

# What a channel of ours is on the wire.
CHANNELS: dict[Channel, tuple[str, ...]] = {
    "bars": ("bars", "updatedBars", "dailyBars"),
    "trades": ("trades", "corrections", "cancelErrors"),
    "quotes": ("quotes",),
}
# By the error's code: what it means, and whether trying again is of no use.
# https://docs.alpaca.markets/docs/streaming-market-data#errors
ERRORS: dict[int, tuple[StatusKind, bool]] = {
    402: ("auth_failed", True),
    404: ("auth_failed", False),
    405: ("limit", False),
    406: ("limit", False),
    407: ("limit", False),
    409: ("auth_failed", True),
}
STOP_S = 5.0


class AlpacaFeed:
    """Bars, updated bars, daily bars, trades with corrections and cancels, and quotes, over one websocket.

    Parameters
    ----------
    keys
        For the account.
    feed
        ``iex`` or ``sip``.
    url
        Of the stream, instead of Alpaca's own.
    max_symbols, max_connections
        What the subscription allows.
    """

    def __init__(
        self, keys: Keys, *, feed: str, url: str | None, max_symbols: int | None, max_connections: int
    ) -> None:
        self._stream = _Stream(keys, feed, url)
        self._capabilities = FeedCapabilities(
            f"alpaca {feed}",
            channels=frozenset(CHANNELS),
            updates=True,
            max_symbols=max_symbols,
            max_connections=max_connections,
            # Updated bars come half a minute after the bar.
            late_window_s=60.0,
        )
        self._thread: threading.Thread | None = None

    @property
    def capabilities(self) -> FeedCapabilities:
        """What it can do."""
        return self._capabilities

    @property
    def unread(self) -> int:
        """How many messages could not be read, and were left out: the log has the first of each frame."""
        return self._stream.unread

    def subscribe(self, symbols: Sequence[str], channels: Collection[Channel] = BARS) -> None:
        """Deliver these too."""
        names = [parse_symbol(symbol) for symbol in symbols]
        most = self._capabilities.max_symbols
        if most is not None and len(self._stream.symbols() | set(names)) > most:
            raise CapacityError(f"alpaca takes {most} symbols on a connection, not {len(names)} more")
        self._stream.change(names, [c for channel in channels for c in CHANNELS[channel]], add=True)

    def unsubscribe(self, symbols: Sequence[str]) -> None:
        """Deliver these no more, on any channel."""
        names = [parse_symbol(symbol) for symbol in symbols]
        self._stream.change(names, [c for wires in CHANNELS.values() for c in wires], add=False)

    def start(self, sink: Sink) -> None:
        """Begin to deliver."""
        if self._thread is not None:
            raise RuntimeError("this feed has been started; make another for another connection")
        self._stream.sink = sink
        self._thread = threading.Thread(target=self._stream.run_once, name="openbell-alpaca", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End, and wait until nothing is delivered any more."""
        self._stream.end()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(STOP_S)


class _Stream(StockDataStream):
    """alpaca-py's client, for one connection: it tells what becomes of it, and does not connect again by itself."""

    _loop: Any
    _ws: Any

    def __init__(self, keys: Keys, feed: str, url: str | None) -> None:
        super().__init__(keys.key_id, keys.secret_key, raw_data=True, feed=DataFeed(feed), url_override=url)
        self.sink: Sink | None = None
        self._guard = threading.Lock()
        self._frame: list[wire.Message] = []
        self._told = False
        self._ending = False
        self._running_task: Any = None
        self.unread = 0

    def symbols(self) -> set[str]:
        """Give what is subscribed to."""
        with self._guard:
            return {symbol for handlers in self._handlers.values() for symbol in handlers}

    def change(self, symbols: Sequence[str], channels: Sequence[str], *, add: bool) -> None:
        """Subscribe or unsubscribe; the server hears of it now, or when there is a connection."""
        gone: dict[str, list[str]] = {}
        with self._guard:
            for channel in channels:
                handlers = self._handlers[channel]
                there = [symbol for symbol in symbols if (symbol in handlers) != add]
                for symbol in there:
                    if add:
                        handlers[symbol] = _handled
                    else:
                        del handlers[symbol]
                        gone.setdefault(channel, []).append(symbol)
        loop = self._loop
        if loop is None or not self._running:
            return
        if add:
            asyncio.run_coroutine_threadsafe(self._sent(self._send_subscribe_msg()), loop)
            return
        for channel, names in gone.items():
            if channel not in {"corrections", "cancelErrors"}:
                asyncio.run_coroutine_threadsafe(self._sent(self._send_unsubscribe_msg(channel, names)), loop)

    async def _sent(self, message: Any) -> None:
        try:
            await message
        except Exception as error:  # noqa: BLE001  # the connection went meanwhile: the next declares all again
            logger.info("alpaca: a subscription could not be sent: %s", type(error).__name__)

    def run_once(self) -> None:
        """Connect, and deliver until the connection ends."""
        try:
            asyncio.run(self._until_ended())
        except Exception as error:  # noqa: BLE001  # said, and then another connection is made
            self._tell("lost", f"{type(error).__name__}: {error}")
        self._tell("closed", "the connection has ended")

    async def _until_ended(self) -> None:
        with self._guard:
            self._running_task = asyncio.current_task(), asyncio.get_running_loop()
            if self._ending:
                return
        try:
            await self._run_forever()
        except asyncio.CancelledError:
            logger.debug("alpaca: the connection is ended")
        if self._ws is not None:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(self._ws.close(), STOP_S / 2)

    def end(self) -> None:
        """End the connection."""
        with self._guard:
            self._ending = self._told = True
            running = self._running_task
        if running is not None:
            task, loop = running
            # It may have ended meanwhile, and its loop with it.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(task.cancel)

    def _tell(self, kind: StatusKind, detail: str, *, terminal: bool = False) -> None:
        """Say how the connection ended: once."""
        if not self._told and self.sink is not None:
            self._told = True
            self.sink.status(FeedStatus(kind, detail, terminal=terminal))

    # alpaca-py's own steps

    async def _connect(self) -> None:
        try:
            await super()._connect()
        except ValueError as error:
            raise self._refused(str(error)) from None
        except Exception as error:
            status = getattr(getattr(error, "response", None), "status_code", getattr(error, "status_code", None))
            kind: StatusKind = "limit" if status == 429 else "lost"
            self._tell(kind, f"{status or ''} {error}".strip())
            raise

    async def _auth(self) -> None:
        try:
            await super()._auth()
        except ValueError as error:
            raise self._refused(str(error)) from None
        if self.sink is not None:
            self.sink.status(FeedStatus("live", "authenticated"))

    def _refused(self, message: str) -> ValueError:
        """Say that the server does not want us; it gives the words of an error, and not its code."""
        limit = "limit" in message or "slow" in message
        terminal = "auth" in message or "insufficient" in message
        kind: StatusKind = "auth_failed" if terminal else "limit" if limit else "lost"
        self._tell(kind, message, terminal=terminal)
        return ValueError("insufficient subscription" if terminal else message)

    async def _wait_before_reconnect(self, retries: int) -> None:  # noqa: ARG002  # others do that
        self._tell("lost", "the connection was lost")
        self._should_run = False

    async def _dispatch(self, msg: wire.Message) -> None:
        """Keep what comes until the frame is read, and then pass it on together."""
        if msg.get("T") == "error":
            kind, terminal = ERRORS.get(int(msg.get("code") or 0), ("lost", False))
            self._tell(kind, f"{msg.get('code')} {msg.get('msg')}", terminal=terminal)
            self._should_run = False
            await self.close()
            return
        if not self._frame:
            asyncio.get_running_loop().call_soon(self._flush)
        self._frame.append(msg)

    def _flush(self) -> None:
        frame, self._frame = self._frame, []
        sink = self.sink
        if sink is None or self._ending:
            return
        # Each kind in its order; none depends on another.
        for letters, read, give in (
            (wire.BARS, wire.bars, sink.bars),
            (wire.TRADES, wire.trades, sink.trades),
            (wire.QUOTES, wire.quotes, sink.quotes),
            (wire.DAILY, wire.bars, sink.daily),
        ):
            mine = [msg for msg in frame if msg.get("T") in letters]
            if mine:
                self._give(mine, read, give)

    def _give(self, messages: list[wire.Message], read: Callable[..., Any], give: Callable[..., None]) -> None:
        """Pass on what can be read: one message that cannot takes no others with it."""
        rows, bad = wire.readable(read, messages)
        if bad:
            self.unread += len(bad)
            logger.warning("alpaca: %d messages cannot be read, such as %.200r", len(bad), bad[0])
        if rows is not None:
            give(rows)


async def _handled(_: Any) -> None:
    """Stand for a subscription: messages are passed on a frame at a time."""
