"""History as a live feed."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

import numpy as np

from openbell._core import parse_symbol
from openbell.sources.feed import FeedCapabilities, FeedStatus

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from openbell.sources.columns import Columns
    from openbell.sources.feed import Sink
    from openbell.sources.manager import DataManager

logger = logging.getLogger(__name__)


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

    Examples
    --------
    >>> feed = ReplayFeed(data, [dt.date(2024, 11, 27)], speed=60)  # doctest: +SKIP
    >>> feed.subscribe(["SPY"])  # doctest: +SKIP
    >>> feed.start(SessionInlet(session))  # doctest: +SKIP
    """

    def __init__(self, data: DataManager, dates: Sequence[dt.date], *, speed: float = 0.0) -> None:
        if speed < 0:
            raise ValueError(f"speed = {speed}: it must be 0 or more")
        self._data = data
        self._dates = tuple(dates)
        self._speed = speed
        self._guard = threading.Lock()
        self._wanted: frozenset[str] = frozenset()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def capabilities(self) -> FeedCapabilities:
        """What it can do."""
        return FeedCapabilities(f"replay of {self._data.source.capabilities.label}", markers=True)

    def subscribe(self, symbols: Sequence[str]) -> None:
        """Deliver these too, from the next interval on."""
        names = {parse_symbol(symbol) for symbol in symbols}
        with self._guard:
            self._wanted |= names

    def unsubscribe(self, symbols: Sequence[str]) -> None:
        """Deliver these no more."""
        names = {parse_symbol(symbol) for symbol in symbols}
        with self._guard:
            self._wanted -= names

    def start(self, sink: Sink) -> None:
        """Begin to play.

        Raises
        ------
        RuntimeError
            If it was started before.
        """
        if self._thread is not None:
            raise RuntimeError("this feed has been started; make another for another replay")
        self._thread = threading.Thread(target=self._play, args=(sink,), name="openbell-replay", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End, and wait until nothing is delivered any more."""
        self._ending.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def join(self, timeout_s: float | None = None) -> bool:
        """Wait until all has been played; False if it has not in time."""
        if self._thread is not None:
            self._thread.join(timeout_s)
        return self._thread is not None and not self._thread.is_alive()

    def _play(self, sink: Sink) -> None:
        try:
            sink.status(FeedStatus("live"))
            for date in self._dates:
                self._play_session(sink, date)
            reason = "stopped" if self._ending.is_set() else "all has been played"
            sink.status(FeedStatus("closed", reason, terminal=True))
        except Exception as error:
            logger.exception("the replay ended")
            sink.status(FeedStatus("closed", f"{type(error).__name__}: {error}", terminal=True))

    def _play_session(self, sink: Sink, date: dt.date) -> None:
        columns = self._data.load_session(None, date)
        if not len(columns):
            return
        ends = self._ends(columns, date)
        order = np.argsort(ends, kind="stable")
        times, starts = np.unique(ends[order], return_index=True)
        bounds = [*starts.tolist(), len(order)]
        began_s, first_ns = time.monotonic(), int(times[0])
        for place, end_ns in enumerate(times.tolist()):
            if self._speed:
                due_s = began_s + (end_ns - first_ns) / 1e9 / self._speed
                self._ending.wait(max(0.0, due_s - time.monotonic()))
            if self._ending.is_set():
                return
            wanted = self._wanted
            rows = columns.take(np.sort(order[bounds[place] : bounds[place + 1]]))
            mine = np.array([name in wanted for name in rows.names], dtype=bool)[rows.symbol]
            if mine.any():
                sink.bars(rows.take(mine))
            sink.marker(end_ns)

    def _ends(self, columns: Columns, date: dt.date) -> NDArray[np.int64]:
        """Give when each bar ends: the last of a stretch of trading may be shorter than the others."""
        ends = columns.ts + self._data.source.interval.nanos
        for segment in self._data.time_manager.get_trading_session(date).segments:
            within = (columns.ts >= segment.open_ns) & (columns.ts < segment.close_ns)
            ends = np.where(within, np.minimum(ends, segment.close_ns), ends)
        return ends.astype(np.int64)
