"""Bringing symbols into a run that is under way."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from openbell.clock.session import day_number
from openbell.session.batch import bars_columns

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from openbell._core import Feed, Interval
    from openbell.coordinator.setup import Setup
    from openbell.session import SessionData
    from openbell.session.provision import Provision
    from openbell.sources import Columns

logger = logging.getLogger(__name__)

NO_BARS = "the source has no bars of it"


def rebuild(setup: Setup, session: SessionData, symbol: str, *, layout: Provision, days: Sequence[dt.date]) -> None:
    """Give a symbol that is there another layout, with the bars that it holds; only earlier days are loaded.

    It is built beside the session, which then takes it over at once: nobody sees it half done, and what is still to
    come of its day stays in the feed.
    """
    core, calendar = session.scratch()
    core.register([symbol], calendar, layout.base, list(layout.derived), layout.indicator_rows())
    base = layout.base[0]
    held = session.get_historical_bars(symbol, base).by_date()
    first = days[0] if days else setup.sessions[0]
    for date in (*setup.time_manager.sessions_before(first, layout.historical_days), *days):
        if date in days:
            core.begin_symbol_session(symbol, day_number(date))
        bars = session.get_bars(symbol, base) if days and date == days[-1] else held.get(date)
        if bars is not None and (date in held or len(bars) == session.bar_count(symbol, base)):
            core.load_columns(bars_columns(bars))
            continue
        columns = setup.data_manager.load_session([symbol], date)
        columns = columns.take(_seen(setup, session, columns, date, base))
        core.load_columns(columns.core(core.symbol_ids(list(columns.names))))
    if session.now_ns is not None:
        core.advance_ns(session.now_ns)
    session.adopt(symbol, core)


def bring_in(
    setup: Setup,
    session: SessionData,
    symbols: Sequence[str],
    *,
    layout: Provision,
    days: Sequence[dt.date],
    feed: Feed | None,
) -> tuple[set[str], str]:
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
        Those that the source has bars of; the others are as if they had never been asked for. None of them if the
        source fails.
    str
        Why the others are not there.
    """
    session.provision_symbols(symbols, layout)
    try:
        found, reason = _load_all(setup, session, symbols, layout=layout, days=days, feed=feed), NO_BARS
    except Exception as error:
        logger.exception("the source failed: %s cannot be had", ", ".join(symbols))
        found, reason = set(), f"{type(error).__name__}: {error}"
    for symbol in set(symbols) - found:
        number = session.remove(symbol)
        if feed is not None:
            session.drop_from_feed(feed, number)
    return found, reason


def _load_all(
    setup: Setup,
    session: SessionData,
    symbols: Sequence[str],
    *,
    layout: Provision,
    days: Sequence[dt.date],
    feed: Feed | None,
) -> set[str]:
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
        seen = _seen(setup, session, columns, date, layout.base[0])
        rest = columns.take(~seen)
        load(columns.take(seen))
        found.update(rest.names[i] for i in np.unique(rest.symbol))
        session.extend_feed(feed, rest.core(session.symbol_ids(list(rest.names))))
    return found


def _seen(setup: Setup, session: SessionData, columns: Columns, date: dt.date, base: Interval) -> NDArray[np.bool_]:
    """Which bars of a date ended by the clock; the last of a session may be shorter than the others."""
    if session.now_ns is None:
        return np.full(len(columns), fill_value=True)
    over = session.now_ns >= setup.time_manager.get_trading_session(date).segments[-1].close_ns
    return np.full(len(columns), over) | (columns.ts + base.nanos <= session.now_ns)
