"""History as a live market: a clock, connections to it, and a past that ends at the clock."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

import numpy as np

from openbell._core import parse_symbol
from openbell.sources.feed import BARS, FeedCapabilities, FeedStatus
from openbell.sources.manager import DataManager
from openbell.sources.protocol import Capabilities

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Collection, Iterator, Sequence

    from numpy.typing import NDArray

    from openbell._core import Interval
    from openbell.clock import TimeManager
    from openbell.sources.columns import Columns
    from openbell.sources.feed import Channel, Sink
    from openbell.sources.protocol import Source
    from openbell.sources.refused import RefusedRows

logger = logging.getLogger(__name__)

SECOND_NS = 1_000_000_000
MINUTE_NS = 60 * SECOND_NS
# A market that plays at a speed skips longer stretches in which nothing is due.
SKIPPED_NS = 30 * MINUTE_NS


class Replay:
    """A market that is played again, with as many connections as are opened to it. It is a `LiveClock`.

    Parameters
    ----------
    data
        Where the bars are.
    dates
        The sessions that are played, in order.
    speed
        1 is real time within a session, 60 a minute a second, 0 as fast as it is taken. The night takes no time.
    stepped
        At speed 0: whether time goes on only when whoever goes by this clock is `idle`. Nothing is then ever late for
        want of speed, and the same run comes out each time.
    begins_ns
        The time at the start; a minute before the first session if not given.
    """

    def __init__(
        self,
        data: DataManager,
        dates: Sequence[dt.date],
        *,
        speed: float = 0.0,
        stepped: bool = False,
        begins_ns: int | None = None,
    ) -> None:
        if speed < 0:
            raise ValueError(f"speed = {speed}: it must be 0 or more")
        if not dates:
            raise ValueError("name at least one session to play")
        self._data = data
        self._dates = tuple(dates)
        self._speed = speed
        self._stepped = stepped
        self._feeds: tuple[ReplayFeed, ...] = ()
        self._thread: threading.Thread | None = None
        self._ending = False
        self._changed = threading.Condition()
        first = data.time_manager.get_trading_session(self._dates[0]).segments[0].open_ns
        # The time at a moment of the machine's clock.
        self._origin = (time.monotonic(), first - MINUTE_NS if begins_ns is None else begins_ns)
        self._next_ns: int | None = None
        # What is due for whoever is idle, and how to wake it.
        self._due: tuple[int, Callable[[], None]] | None = None

    # The clock

    def now_ns(self) -> int:
        """Give the market's time, in nanoseconds since 1970 UTC."""
        at_s, at_ns = self._origin
        if not self._speed or self._thread is None:
            return at_ns
        return at_ns + round((time.monotonic() - at_s) * self._speed * SECOND_NS)

    def seconds_until(self, ts_ns: int) -> float:
        """Give how long it takes until then, in seconds of the machine's time."""
        return max(0.0, (ts_ns - self.now_ns()) / SECOND_NS / self._speed) if self._speed else 1.0

    def idle(self, wake: Callable[[], None], due_ns: int) -> None:
        """Let time go on to ``due_ns``, or to the next bars if they are earlier; ``wake`` says when."""
        with self._changed:
            if self._stepped:
                self._due = (due_ns, wake)
                self._changed.notify_all()
                return
            soon_ns = due_ns if self._next_ns is None else min(due_ns, self._next_ns)
            if self._speed and soon_ns - self.now_ns() > SKIPPED_NS:
                self._origin = (time.monotonic(), soon_ns - SECOND_NS)
                self._changed.notify_all()

    # The market

    def start(self, feed: ReplayFeed) -> None:
        """Deliver to a feed too; the first begins the play."""
        with self._changed:
            self._feeds = (*self._feeds, feed)
            if self._thread is None:
                self._origin = (time.monotonic(), self._origin[1])
                self._thread = threading.Thread(target=self._play, name="openbell-replay", daemon=True)
                self._thread.start()

    def leave(self, feed: ReplayFeed) -> None:
        """Deliver to a feed no more."""
        with self._changed:
            self._feeds = tuple(one for one in self._feeds if one is not feed)

    def stop(self) -> None:
        """End the play, and wait for it."""
        with self._changed:
            self._ending = True
            self._changed.notify_all()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def join(self, timeout_s: float | None = None) -> bool:
        """Wait until all has been played; False if it has not in time."""
        if self._thread is not None:
            self._thread.join(timeout_s)
        return self._thread is not None and not self._thread.is_alive()

    def _play(self) -> None:
        reason = "all has been played"
        try:
            begins_ns = self._origin[1]
            for end_ns, columns, places in self._intervals():
                if end_ns < begins_ns and (self._stepped or self._speed):
                    # Trading before the first session's hours: it is over when the clock starts.
                    continue
                if not self._wait_until(end_ns):
                    reason = "stopped"
                    break
                rows = columns.take(places)
                for feed in self._feeds:
                    feed.deliver(rows, end_ns)
                self._stepped_on()
        except Exception as error:
            logger.exception("the replay ended")
            reason = f"{type(error).__name__}: {error}"
        self._next_ns = None
        for feed in self._feeds:
            feed.end(reason)
        self._stepped_on()
        while self._stepped and self._wait_until(None):
            pass

    def _intervals(self) -> Iterator[tuple[int, Columns, NDArray[np.intp]]]:
        """Give each time at which bars end, in order, with a session's columns and the places of those bars in them."""
        for date in self._dates:
            columns = self._data.load_session(None, date)
            if not len(columns):
                continue
            ends = self._data.ends(columns)
            order = np.argsort(ends, kind="stable")
            times, starts = np.unique(ends[order], return_index=True)
            bounds = [*starts.tolist(), len(order)]
            for place, end_ns in enumerate(times.tolist()):
                yield end_ns, columns, np.sort(order[bounds[place] : bounds[place + 1]])

    def _wait_until(self, end_ns: int | None) -> bool:
        """Wait until the market's time is ``end_ns``, or for ever; False if the play is to end."""
        self._next_ns = end_ns
        while True:
            with self._changed:
                if self._ending:
                    return False
                now_ns = self.now_ns()
                if end_ns is not None and not self._stepped:
                    if not self._speed:
                        self._origin = (time.monotonic(), max(end_ns, now_ns))
                        return True
                    if now_ns >= end_ns:
                        return True
                    self._changed.wait(self.seconds_until(end_ns))
                    continue
                if self._due is None:
                    self._changed.wait()
                    continue
                due_ns, wake = self._due
                arrived = end_ns is not None and end_ns <= due_ns
                soon_ns = end_ns if end_ns is not None and arrived else due_ns
                self._origin = (time.monotonic(), max(soon_ns, now_ns))
                if arrived:
                    return True
                self._due = None
            wake()

    def _stepped_on(self) -> None:
        with self._changed:
            due, self._due = self._due, None
        if due is not None:
            due[1]()


class ReplayFeed:
    """Plays recorded or historical bars as if they came now: each when it ends, with a marker after the last.

    Parameters
    ----------
    data
        Where the bars are.
    dates
        The sessions that are played, in order.
    speed
        1 is real time within a session, 60 a minute a second, 0 as fast as the sink takes it. The night takes no time.
    replay
        The market that this is a connection to, instead of one of its own.

    Examples
    --------
    >>> feed = ReplayFeed(data, [dt.date(2024, 11, 27)], speed=60)  # doctest: +SKIP
    >>> feed.subscribe(["SPY"])  # doctest: +SKIP
    >>> feed.start(SessionInlet(session))  # doctest: +SKIP
    """

    def __init__(
        self, data: DataManager, dates: Sequence[dt.date], *, speed: float = 0.0, replay: Replay | None = None
    ) -> None:
        self._data = data
        self._alone = replay is None
        self._replay = replay or Replay(data, dates, speed=speed)
        self._guard = threading.Lock()
        # Held while something is delivered.
        self._delivering = threading.RLock()
        self._wanted: set[str] = set()
        # How often that has changed.
        self._changes = 0
        self._last: tuple[tuple[str, ...], int, NDArray[np.bool_] | None] = ((), 0, None)
        self._sink: Sink | None = None
        self._over = False

    @property
    def capabilities(self) -> FeedCapabilities:
        """What it can do."""
        return FeedCapabilities(f"replay of {self._data.source.capabilities.label}", markers=True)

    def subscribe(self, symbols: Sequence[str], channels: Collection[Channel] = BARS) -> None:  # noqa: ARG002  # bars are all that is recorded
        """Deliver these too, from the next interval on."""
        names = {parse_symbol(symbol) for symbol in symbols}
        with self._guard:
            self._wanted |= names
            self._changes += 1

    def unsubscribe(self, symbols: Sequence[str]) -> None:
        """Deliver these no more."""
        names = {parse_symbol(symbol) for symbol in symbols}
        with self._guard:
            self._wanted -= names
            self._changes += 1

    def start(self, sink: Sink) -> None:
        """Begin to play.

        Raises
        ------
        RuntimeError
            If it was started before.
        """
        if self._sink is not None:
            raise RuntimeError("this feed has been started; make another for another replay")
        self._sink = sink
        sink.status(FeedStatus("live"))
        self._replay.start(self)

    def stop(self) -> None:
        """End, and wait until nothing is delivered any more."""
        self._over = True
        self._replay.leave(self)
        if self._alone:
            self._replay.stop()
        else:
            with self._delivering:
                pass

    def join(self, timeout_s: float | None = None) -> bool:
        """Wait until all has been played; False if it has not in time."""
        return self._replay.join(timeout_s)

    def deliver(self, rows: Columns, end_ns: int) -> None:
        """Pass on what was subscribed to, of the bars that end at a time, and say that they are all."""
        with self._delivering:
            if self._over or self._sink is None:
                return
            mine = self._mine(rows.names)
            if mine is None:
                self._sink.bars(rows)
            elif (here := mine[rows.symbol]).any():
                self._sink.bars(rows.take(here))
            self._sink.marker(end_ns)

    def _mine(self, names: tuple[str, ...]) -> NDArray[np.bool_] | None:
        """Give which names are subscribed to, None if all are; they are mostly the same as before."""
        with self._guard:
            if self._last[0] is not names or self._last[1] != self._changes:
                mine = np.array([name in self._wanted for name in names], dtype=bool)
                self._last = (names, self._changes, None if mine.all() else mine)
            return self._last[2]

    def end(self, reason: str) -> None:
        """Say that all has been played."""
        with self._delivering:
            if self._sink is not None:
                self._sink.status(FeedStatus("ended", reason, terminal=True))


class ReplaySource:
    """A source whose bars come live: what it has of the past ends at the clock.

    Parameters
    ----------
    source
        That has the bars.
    time_manager
        Whose sessions count.
    dates
        The sessions that are played, in order.
    speed
        As for `ReplayFeed`; at 0 time goes on when the run has nothing left to do, so that the same run comes out each
        time.
    begins_ns
        The time at the start, if not a minute before the first session.

    Attributes
    ----------
    clock
        The market that is played.
    dates
        The sessions.
    """

    def __init__(
        self,
        source: Source,
        time_manager: TimeManager,
        dates: Sequence[dt.date],
        *,
        speed: float = 0.0,
        begins_ns: int | None = None,
    ) -> None:
        self._source = source
        self._data = DataManager(source, time_manager)
        self.dates = tuple(dates)
        self.clock = Replay(self._data, dates, speed=speed, stepped=speed == 0, begins_ns=begins_ns)

    @property
    def interval(self) -> Interval:
        """Of the bars."""
        return self._source.interval

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        inner = self._source.capabilities
        return Capabilities(f"replay of {inner.label}", gaps_verified=inner.gaps_verified)

    @property
    def refused(self) -> RefusedRows:
        """The bad rows that it left out so far."""
        return self._source.refused

    def symbols(self) -> tuple[str, ...]:
        """List the symbols, in order of name."""
        return self._source.symbols()

    def span(self) -> tuple[int, int] | None:
        """Give the opens of the first and the last bar that have come so far."""
        span = self._source.span()
        return None if span is None else (span[0], min(span[1], self.clock.now_ns()))

    def history(self, symbols: Sequence[str] | None, start_ns: int, end_ns: int) -> Columns:
        """Give the bars that open within ``[start_ns, end_ns)`` and have ended."""
        columns = self._source.history(symbols, start_ns, end_ns)
        return columns.take(self._data.ends(columns) <= self.clock.now_ns())

    def open_feed(self) -> ReplayFeed:
        """Give a new connection."""
        return ReplayFeed(self._data, (), replay=self.clock)

    def close(self) -> None:
        """End the play."""
        self.clock.stop()
