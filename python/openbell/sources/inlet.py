"""From a feed into a session, for an app that has no coordinator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openbell.session import SessionData
    from openbell.sources.columns import Columns
    from openbell.sources.feed import FeedStatus

COUNTED = ("appended", "identical", "corrected", "inserted", "too_old", "outside_session", "refused")


class SessionInlet:
    """A `Sink` that applies what comes to a session; the feed's markers move the session's clock.

    Bars of symbols that the session does not have are left out, and counted.

    Parameters
    ----------
    session
        Where bars go.

    Attributes
    ----------
    counts
        What became of the bars, by kind; ``strangers`` are those that were left out.
    statuses
        What became of the connection, in order.

    Examples
    --------
    >>> feed.start(SessionInlet(session))  # doctest: +SKIP
    """

    def __init__(self, session: SessionData) -> None:
        self._session = session
        self.counts = dict.fromkeys((*COUNTED, "strangers"), 0)
        self.statuses: list[FeedStatus] = []

    def bars(self, columns: Columns) -> None:
        """Apply bars."""
        known = np.array([self._session.has_symbol(name) for name in columns.names], dtype=bool)
        here = known[columns.symbol] if len(columns.names) else np.zeros(len(columns), dtype=bool)
        self.counts["strangers"] += int(np.count_nonzero(~here))
        if not here.any():
            return
        mine = columns.take(here)
        batch = mine.core(self._session.symbol_ids(list(mine.names)))
        report = self._session.apply({name: value for name, value in batch.items() if value is not None})
        for kind, count in report.counts().items():
            self.counts[kind] += count

    def trades(self, columns: Mapping[str, Any]) -> None:
        """Apply trades."""
        self._session.apply_trades(columns)

    def quotes(self, columns: Mapping[str, Any]) -> None:
        """Apply quotes."""
        self._session.apply_quotes(columns)

    def daily(self, columns: Columns) -> None:
        """Keep official daily bars."""
        self._session.put_official(columns.last_bars())

    def marker(self, end_ns: int) -> None:
        """Move the clock, never back."""
        if self._session.now_ns is None or end_ns > self._session.now_ns:
            self._session.advance(end_ns)

    def status(self, status: FeedStatus) -> None:
        """Keep what became of the connection."""
        self.statuses.append(status)
