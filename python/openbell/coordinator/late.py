"""Bringing symbols into a run that is under way."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from openbell.clock.session import day_number
from openbell.session.batch import bars_columns

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from openbell._core import Bars, Feed, Interval, SessionCore
    from openbell.coordinator.setup import Setup
    from openbell.session import SessionData
    from openbell.session.provision import Provision
    from openbell.sources import Columns

logger = logging.getLogger(__name__)

NO_BARS = "the source has no bars of it"


def rebuild(setup: Setup, session: SessionData, layouts: Mapping[str, Provision], *, days: Sequence[dt.date]) -> None:
    """Give symbols that are there other layouts, with the bars that they hold; only what is missing is loaded.

    They are built beside the session, which then takes them over at once: nobody sees one half done, and what is still
    to come of their day stays in the feed.
    """
    core, _ = build(setup, session, layouts, days=days, now_ns=session.now_ns)
    if session.now_ns is not None:
        core.advance_ns(session.now_ns)
    for symbol in layouts:
        session.adopt(symbol, core)


def build(
    setup: Setup,
    session: SessionData,
    layouts: Mapping[str, Provision],
    *,
    days: Sequence[dt.date],
    now_ns: int | None,
) -> tuple[SessionCore, set[str]]:
    """Build symbols beside the session, with the bars that they hold there and those that the source has up to now.

    One load a day, for all that lack it. The session is only read: any thread may do this.

    Parameters
    ----------
    days
        The sessions that have begun, the running one last.
    now_ns
        The time; None before the first session.

    Returns
    -------
    SessionCore
        Which has the symbols.
    set of str
        Those that any bar was loaded of.
    """
    core, calendar = session.scratch()
    for symbol, layout in layouts.items():
        core.register([symbol], calendar, layout.base, list(layout.derived), layout.indicator_rows())
    base = setup.layout.base[0]
    held = {s: session.get_historical_bars(s, base).by_date() if session.has_symbol(s) else {} for s in layouts}
    first = days[0] if days else setup.sessions[0]
    most = max(layout.historical_days for layout in layouts.values())
    history = setup.time_manager.sessions_before(first, most)
    found: set[str] = set()
    for place, date in enumerate((*history, *days)):
        # Each has as many earlier sessions as its layout asks for.
        before = len(history) + max(len(days) - 1, 0) - place
        wanted = [
            symbol
            for symbol, layout in layouts.items()
            if place >= len(history) - layout.historical_days and (layout.enough is None or before <= layout.enough)
        ]
        if date in days:
            for symbol in wanted:
                core.begin_symbol_session(symbol, day_number(date))
        missing = []
        for symbol in wanted:
            bars = _held(session, symbol, base, held[symbol].get(date), today=bool(days) and date == days[-1])
            if bars is None:
                missing.append(symbol)
                continue
            columns = bars_columns(bars)
            columns["symbol"] += core.symbol_ids([symbol])[0]
            core.load_columns(columns)
        if missing:
            loaded = setup.data_manager.load_session(missing, date)
            loaded = loaded.take(ended_by(setup, now_ns, loaded, date, base))
            found.update(loaded.names[i] for i in np.unique(loaded.symbol))
            core.load_columns(loaded.core(core.symbol_ids(list(loaded.names))))
    return core, found


def _held(session: SessionData, symbol: str, base: Interval, past: Bars | None, *, today: bool) -> Bars | None:
    """Give the bars that a symbol holds of a session, None unless it holds all of them."""
    if not today:
        return past
    if not session.has_symbol(symbol):
        return None
    bars = session.get_bars(symbol, base)
    return bars if len(bars) == session.bar_count(symbol, base) else None


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
    A layout that says how many sessions are enough has those, however long the run has been.

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
    dates = [*setup.time_manager.sessions_before(first, layout.historical_days), *days]
    for date in dates if layout.enough is None else dates[-layout.enough - 1 :]:
        if date in days:
            for symbol in symbols:
                session.begin_symbol_session(symbol, day_number(date))
        columns = setup.data_manager.load_session(symbols, date)
        if not days or date != days[-1] or feed is None or session.now_ns is None:
            load(columns)
            continue
        ended = ended_by(setup, session.now_ns, columns, date, layout.base[0])
        rest = columns.take(~ended)
        load(columns.take(ended))
        found.update(rest.names[i] for i in np.unique(rest.symbol))
        session.extend_feed(feed, rest.core(session.symbol_ids(list(rest.names))))
    return found


def ended_by(setup: Setup, now_ns: int | None, columns: Columns, date: dt.date, base: Interval) -> NDArray[np.bool_]:
    """Which bars of a date ended by a time; the last of a session may be shorter than the others."""
    if now_ns is None:
        return np.full(len(columns), fill_value=True)
    over = now_ns >= setup.time_manager.get_trading_session(date).segments[-1].close_ns
    return np.full(len(columns), over) | (columns.ts + base.nanos <= now_ns)
