"""Crypto exchanges, around the clock, on ccxt: history and a feed that asks for each interval when it has ended."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from openbell._core import Interval, parse_symbol
from openbell.clock.live import LiveClock, WallClock
from openbell.errors import SourceError, SymbolError
from openbell.sources.columns import Columns, joined
from openbell.sources.feed import BARS, FeedCapabilities, FeedStatus
from openbell.sources.protocol import Capabilities
from openbell.sources.refused import RefusedRows

try:
    import ccxt
except ModuleNotFoundError:
    raise SourceError("ccxt is not installed: pip install 'openbell[ccxt]'") from None

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from openbell.config import CcxtConfig
    from openbell.sources.feed import Channel, Sink

logger = logging.getLogger(__name__)

MILLI_NS = 1_000_000
SECOND_NS = 1_000_000_000
# Candles in one answer, unless the venue has its own limit, which it then applies by itself.
PAGE = 300
# How many intervals before the newest are asked for with it: their last versions may differ.
LOOKED_BACK = 2


class CcxtSource:
    """Candles of a venue that ccxt knows. What it has no candle of had no trade.

    Parameters
    ----------
    config
        The section of the config.
    clock
        Whose time feeds go by.

    Raises
    ------
    SourceError
        If ccxt or the venue is not there, or has no such interval.
    """

    def __init__(self, config: CcxtConfig, clock: LiveClock | None = None) -> None:
        if config.venue not in ccxt.exchanges:
            raise SourceError(f"ccxt knows no venue {config.venue!r}; see ccxt.exchanges")
        self._config = config
        self._venue = getattr(ccxt, config.venue)({"enableRateLimit": True, **_plain(config.options)})
        self._timeframe = str(config.interval)
        if self._timeframe not in (self._venue.timeframes or {}):
            has = ", ".join(self._venue.timeframes or {})
            raise SourceError(f"{config.venue} has no candles of {config.interval}, but of {has}")
        self._guard = threading.Lock()
        self._refused = RefusedRows()
        self._now = clock or WallClock()
        if clock is not None:
            self.clock = clock

    @property
    def interval(self) -> Interval:
        """Of the bars."""
        return self._config.interval

    @property
    def capabilities(self) -> Capabilities:
        """What it can do; ccxt itself keeps to the venue's limits."""
        delay_s = LOOKED_BACK * self.interval.seconds
        return Capabilities(f"ccxt {self._config.venue}", gaps_verified=True, history_delay_s=float(delay_s))

    @property
    def refused(self) -> RefusedRows:
        """None: what comes is checked by the engine."""
        return self._refused

    def symbols(self) -> tuple[str, ...]:
        """List the venue's markets that can be written as a symbol, such as ``BTC/USD``."""
        with self._guard:
            markets = self._asked(self._venue.load_markets)
        return tuple(sorted(name for name in markets if _is_symbol(name)))

    def span(self) -> tuple[int, int] | None:
        """Give nothing: it has no bounds that it tells."""
        return None

    def history(self, symbols: Sequence[str] | None, start_ns: int, end_ns: int) -> Columns:
        """Give the candles that open within ``[start_ns, end_ns)`` and have ended.

        Raises
        ------
        SourceError
            If the venue refuses, in its words.
        """
        last_ns = min(end_ns, self._now.now_ns() - self.interval.nanos + 1)
        parts = [self._candles(name, start_ns, last_ns) for name in (self.symbols() if symbols is None else symbols)]
        there = [part for part in parts if len(part)]
        return joined(there) if there else Columns.empty()

    def _candles(self, symbol: str, start_ns: int, end_ns: int) -> Columns:
        rows: list[list[float]] = []
        at_ns, step_ns = start_ns, PAGE * self.interval.nanos
        while at_ns < end_ns:
            with self._guard:
                page = self._asked(self._venue.fetch_ohlcv, symbol, self._timeframe, at_ns // MILLI_NS, PAGE)
            rows += [row for row in page if at_ns <= row[0] * MILLI_NS < end_ns]
            # Where nothing was traded a page may be empty, and there is more behind it.
            newest_ns = max((int(row[0]) * MILLI_NS for row in page), default=0)
            # A full page ends where the next begins, unless the venue gave another time's than it was asked for.
            whole = len(page) >= PAGE and newest_ns >= at_ns
            at_ns = newest_ns + 1 if whole else max(at_ns + step_ns, newest_ns + self.interval.nanos)
        return candles(symbol, rows)

    def latest(self, symbol: str, end_ns: int) -> Columns:
        """Give the last candles that ended by a time."""
        return self._candles(symbol, end_ns - (LOOKED_BACK + 1) * self.interval.nanos, end_ns)

    def _asked(self, call: Any, *args: object) -> Any:
        try:
            return call(*args)
        except ccxt.BaseError as error:
            raise CcxtRefusedError(f"{self._config.venue}: {type(error).__name__}: {error}", error) from None

    def open_feed(self) -> CcxtFeed:
        """Give a new feed, not started."""
        return CcxtFeed(self, self._now, round(self._config.delay_seconds * SECOND_NS))


class CcxtRefusedError(SourceError):
    """A venue refused, or could not be reached; ``cause`` is ccxt's error."""

    def __init__(self, message: str, cause: Exception) -> None:
        super().__init__(message)
        self.cause = cause


class CcxtFeed:
    """Asks for the candles of each symbol when an interval has ended, with a marker after the last.

    Parameters
    ----------
    source
        Whom it asks.
    clock
        Whose time it goes by.
    delay_ns
        How long after an interval's end.
    """

    def __init__(self, source: CcxtSource, clock: LiveClock, delay_ns: int) -> None:
        self._source = source
        self._clock = clock
        self._delay_ns = delay_ns
        self._guard = threading.Lock()
        self._wanted: frozenset[str] = frozenset()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def capabilities(self) -> FeedCapabilities:
        """What it can do."""
        late_s = LOOKED_BACK * self._source.interval.seconds
        return FeedCapabilities(
            self._source.capabilities.label, markers=True, updates=True, late_window_s=float(late_s)
        )  # fmt: skip

    def subscribe(self, symbols: Sequence[str], channels: Collection[Channel] = BARS) -> None:  # noqa: ARG002  # bars only
        """Deliver these too, from the next interval on."""
        with self._guard:
            self._wanted |= {parse_symbol(symbol) for symbol in symbols}

    def unsubscribe(self, symbols: Sequence[str]) -> None:
        """Deliver these no more."""
        with self._guard:
            self._wanted -= {parse_symbol(symbol) for symbol in symbols}

    def start(self, sink: Sink) -> None:
        """Begin to ask."""
        if self._thread is not None:
            raise RuntimeError("this feed has been started; make another")
        self._thread = threading.Thread(target=self._run, args=(sink,), name="openbell-ccxt", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End, and wait until nothing is delivered any more."""
        self._ending.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self, sink: Sink) -> None:
        step_ns = self._source.interval.nanos
        sink.status(FeedStatus("live", "it is asked when an interval has ended"))
        end_ns = (self._clock.now_ns() // step_ns + 1) * step_ns
        while not self._ending.wait(self._clock.seconds_until(end_ns + self._delay_ns)):
            try:
                parts = [self._source.latest(symbol, end_ns) for symbol in sorted(self._wanted)]
            except Exception as error:  # noqa: BLE001  # whatever comes of an answer: another connection is made
                sink.status(_status(error))
                return
            there = [part for part in parts if len(part)]
            if there:
                sink.bars(joined(there))
            sink.marker(end_ns)
            end_ns = max(end_ns + step_ns, self._clock.now_ns() // step_ns * step_ns)


def _status(error: Exception) -> FeedStatus:
    if not isinstance(error, CcxtRefusedError):
        return FeedStatus("lost", f"what was answered cannot be read: {type(error).__name__}: {error}")
    if isinstance(error.cause, ccxt.AuthenticationError):
        return FeedStatus("auth_failed", str(error), terminal=True)
    if isinstance(error.cause, ccxt.RateLimitExceeded | ccxt.DDoSProtection):
        return FeedStatus("limit", str(error))
    return FeedStatus("lost", str(error))


def candles(symbol: str, rows: Sequence[Sequence[float]]) -> Columns:
    """Give candles of one symbol as ccxt gives them: ``[time in ms, open, high, low, close, volume]``."""
    table = np.array([row[:6] for row in rows], dtype=np.float64).reshape(-1, 6)
    table = table[np.argsort(table[:, 0], kind="stable")]
    ts = table[:, 0].astype(np.int64) * MILLI_NS
    numbers = [np.ascontiguousarray(table[:, place]) for place in range(1, 6)]
    return Columns((symbol,), np.zeros(len(ts), dtype=np.uint32), ts, *numbers)


def _is_symbol(name: str) -> bool:
    try:
        return parse_symbol(name) == name
    except SymbolError:
        return False


def _plain(value: Any) -> Any:
    """Give frozen options as ccxt takes them."""
    return {key: _plain(inner) for key, inner in value.items()} if hasattr(value, "items") else value
