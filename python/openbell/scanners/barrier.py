"""Waiting, at the end of an interval, for the symbols that are expected to have a bar then."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openbell.session import SessionData

# A symbol is expected if it had a bar within this many seconds before.
LATELY_S = 600.0
LOOK_S = 0.005


class Barrier:
    """Who is expected, and who has arrived.

    Parameters
    ----------
    session
        Where bars arrive.
    universe
        The symbols that count.
    """

    def __init__(self, session: SessionData, universe: Sequence[str]) -> None:
        self._ages = session.prepare_snapshot(["age_s"], universe)

    def count(self, end_ns: int) -> tuple[int, int]:
        """Give how many symbols were active lately before a time, and how many of them have a bar that ends then."""
        frame = self._ages.take()
        behind_s = frame["age_s"] - ((frame.now_ns or end_ns) - end_ns) / 1e9
        return int(np.count_nonzero(behind_s <= LATELY_S)), int(np.count_nonzero(behind_s <= 0.0))

    def wait(self, end_ns: int, timeout_s: float, marker: threading.Event | None = None) -> tuple[int, int]:
        """Wait until all that are expected have arrived, the feed says that it is done, or the time is over.

        Parameters
        ----------
        end_ns
            The end of the interval, nanoseconds since 1970 UTC.
        timeout_s
            Wall time.
        marker
            Set by the feed when it has sent all bars of the interval.

        Returns
        -------
        int, int
            As `count`.
        """
        ended = marker or threading.Event()
        deadline_s = time.monotonic() + timeout_s
        while True:
            done = ended.is_set()
            expected, arrived = self.count(end_ns)
            left_s = deadline_s - time.monotonic()
            if done or arrived >= expected > 0 or left_s <= 0:
                return expected, arrived
            ended.wait(min(LOOK_S, left_s))
