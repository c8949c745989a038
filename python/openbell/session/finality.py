"""Which bars may still change."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Literal

from openbell._core import Interval, SessionCore, parse_symbol

if TYPE_CHECKING:
    from collections.abc import Iterable

# It may be sent again; it was, and may be again; the feed's late window is over.
Finality = Literal["provisional", "revised", "final"]


class Revisions:
    """The bars that were revised within the late window of their feed.

    Attributes
    ----------
    window_ns
        For how long after its end a bar may be sent again.
    """

    def __init__(self) -> None:
        self.window_ns = 0
        self._guard = threading.Lock()
        # When each stops to matter, by symbol, interval and open.
        self._revised: dict[tuple[str, int, int], int] = {}

    def note(self, bars: Iterable[tuple[str, int, int]], now_ns: int) -> None:
        """Take note of revised bars, and forget those that are final."""
        with self._guard:
            self._revised = {key: until_ns for key, until_ns in self._revised.items() if until_ns > now_ns}
            for symbol, interval_ns, ts in bars:
                self._revised[symbol, interval_ns, ts] = ts + interval_ns + self.window_ns

    def has(self, symbol: str, interval_ns: int, ts: int) -> bool:
        """Whether a bar was revised lately."""
        return (symbol, interval_ns, ts) in self._revised


class FinalBars(SessionCore):
    """The part of `SessionData` that knows which bars may still change."""

    revisions: Revisions

    def get_finality(self, symbol: str, interval: Interval | str, ts: int) -> Finality | None:
        """Give whether a bar of the session may still change.

        Parameters
        ----------
        symbol, interval
            Of the bar.
        ts
            Its open, in nanoseconds since 1970 UTC.

        Returns
        -------
        str or None
            ``provisional`` and ``revised`` while the live feed may send it again; then ``final``, although a late bar
            or a filled gap still revises it. None if there is no such bar.
        """
        name, length = parse_symbol(symbol), Interval(interval)
        bars = self.get_bars(name, length, start=ts, end=ts + 1)
        if not len(bars):
            return None
        now_ns = self.now_ns or 0
        if not self.revisions.window_ns or ts + length.nanos + self.revisions.window_ns <= now_ns:
            return "final"
        return "revised" if self.revisions.has(name, length.nanos, ts) else "provisional"
