"""Bringing symbols into a run that is under way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from openbell.clock.session import day_number

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from openbell._core import Feed
    from openbell.coordinator.setup import Setup
    from openbell.session import SessionData
    from openbell.session.provision import Provision
    from openbell.sources import Columns


def bring_in(
    setup: Setup,
    session: SessionData,
    symbols: Sequence[str],
    *,
    layout: Provision,
    days: Sequence[dt.date],
    feed: Feed | None,
) -> set[str]:
    """Give symbols all that they would have had they been there from the start, up to the clock and not beyond.

    The engine's state is a function of the bars and the clock, so it is enough to load the same bars: history, the
    sessions that were played, and today's up to now. The rest of today joins the feed. One load a day, for all symbols.

    Parameters
    ----------
    symbols
        None of them registered.
    days
        The sessions that have begun, the running one last.
    feed
        That of the running session; None before the first.

    Returns
    -------
    set of str
        Those that the source has bars of; the others are as if they had never been asked for.
    """
    session.provision_symbols(symbols, layout)
    found: set[str] = set()

    def load(columns: Columns) -> None:
        found.update(columns.names[i] for i in np.unique(columns.symbol))
        session.load_columns(columns.core(session.symbol_ids(list(columns.names))))

    first = days[0] if days else setup.sessions[0]
    for date in setup.time_manager.sessions_before(first, layout.historical_days):
        load(setup.data_manager.load_session(symbols, date))
    for date in days:
        for symbol in symbols:
            session.begin_symbol_session(symbol, day_number(date))
        columns = setup.data_manager.load_session(symbols, date)
        if date != days[-1] or feed is None or session.now_ns is None:
            load(columns)
            continue
        over = session.now_ns >= setup.time_manager.get_trading_session(date).segments[-1].close_ns
        seen = np.full(len(columns), over) | (columns.ts + layout.base[0].nanos <= session.now_ns)
        rest = columns.take(~seen)
        load(columns.take(seen))
        found.update(rest.names[i] for i in np.unique(rest.symbol))
        session.extend_feed(feed, rest.core(session.symbol_ids(list(rest.names))))
    for symbol in set(symbols) - found:
        session.remove(symbol)
    return found
