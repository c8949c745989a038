"""Granting what was asked for ad hoc: all symbols that want the same in one load."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from openbell.clock.session import DAY_NS, day_number
from openbell.coordinator.late import ended_by
from openbell.errors import IntervalError
from openbell.requirements import analyze_indicator_requirements
from openbell.session.batch import bars_columns
from openbell.session.provision import Provision

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from openbell._core import Bars, Interval
    from openbell.coordinator.setup import Setup
    from openbell.session import SessionData
    from openbell.session.wishes import Wish


def history_days(wish: Wish, session_seconds: Sequence[float]) -> int:
    """Give how many sessions before the running one a wish needs."""
    if wish.kind == "history":
        return wish.days
    if wish.indicator is None or not wish.provision:
        return 0
    return analyze_indicator_requirements(wish.indicator, session_seconds=session_seconds).historical_days


def layout_for(wishes: Sequence[Wish], base: Interval, session_seconds: Sequence[float]) -> Provision:
    """Give the layout of a symbol of which only this is wanted.

    Raises
    ------
    IntervalError
        If something cannot be derived from the source's bars.
    """
    keep: dict[Interval, int] = {base: 0}
    for wish in wishes:
        if wish.interval != base and not wish.interval.is_derivable_from(base):
            raise IntervalError(f"{wish.symbol}: {wish.interval} cannot be derived from the source's bars of {base}")
        keep[wish.interval] = max(keep.get(wish.interval, 0), wish.days)
    days = max(history_days(wish, session_seconds) for wish in wishes)
    # What the bars in progress are made of, and the previous close.
    spanned = max(-(-interval.nanos // DAY_NS) for interval in keep)
    return Provision(
        base=(base, keep.pop(base)),
        derived=tuple(sorted(keep.items())),
        session_indicators=tuple(wish.indicator for wish in wishes if wish.indicator is not None),
        historical_indicators=(),
        historical_days=days,
        enough=max(days, spanned, *(wish.days for wish in wishes)),
    )


def merged(layout: Provision, wishes: Sequence[Wish], session_seconds: Sequence[float]) -> Provision:
    """Give a layout with what was wanted ad hoc besides."""
    if not wishes:
        return layout
    extra = layout_for(wishes, layout.base[0], session_seconds)
    keep = dict(layout.derived)
    for interval, days in extra.derived:
        keep[interval] = max(keep.get(interval, 0), days)
    known = {*layout.session_indicators, *layout.historical_indicators}
    return Provision(
        base=(layout.base[0], max(layout.base[1], extra.base[1])),
        derived=tuple(sorted(keep.items())),
        session_indicators=(*layout.session_indicators, *(i for i in extra.session_indicators if i not in known)),
        historical_indicators=layout.historical_indicators,
        historical_days=max(layout.historical_days, extra.historical_days),
        enough=None if layout.enough is None else max(layout.enough, extra.enough or 0),
    )


class Grant:
    """What symbols that are there lack: intervals from the bars they hold, the rest from earlier sessions.

    Only `load` asks the source; it may do so on any thread.
    """

    def __init__(
        self,
        setup: Setup,
        session: SessionData,
        wishes: Sequence[Wish],
        *,
        today: dt.date,
        session_seconds: Sequence[float],
    ) -> None:
        self._setup = setup
        self._session = session
        self._wishes = wishes
        self._today = today
        self._days = {wish: history_days(wish, session_seconds) for wish in wishes}
        # What has left the ring is loaded again: a `vwap` of the session begins with the session.
        self._lost = {wish for wish in wishes if wish.indicator and wish.provision and self._has_lost(wish)}

    def widen(self) -> None:
        """Give the symbols the intervals, from now on."""
        base = self._setup.layout.base[0]
        for wish in self._wishes:
            if wish.interval != base:
                self._session.add_interval(wish.symbol, wish.interval, wish.days)

    def _has_lost(self, wish: Wish) -> bool:
        """Whether bars of the running session have left the ring."""
        base, session = self._setup.layout.base[0], self._session
        return wish.interval.is_intraday and session.bar_count(wish.symbol, base) > len(
            session.get_bars(wish.symbol, base)
        )

    def load(self) -> dict[Wish, Bars]:
        """Give the bars that each needs: of earlier sessions, and of the running one if some have left the ring."""
        loaded: dict[Wish, Bars] = {}
        wants = {wish: (wish.interval, days, wish in self._lost) for wish, days in self._days.items()}
        for want in dict.fromkeys(want for want in wants.values() if any(want[1:])):
            interval, count, lost = want
            wanted = [wish for wish in self._wishes if wants[wish] == want]
            symbols = list(dict.fromkeys(wish.symbol for wish in wanted))
            past = _past(self._setup, self._session, symbols, interval, today=self._today, count=count, with_today=lost)
            loaded |= {wish: past[wish.symbol] for wish in wanted}
        return loaded

    def put(self, loaded: Mapping[Wish, Bars]) -> None:
        """Give the symbols what was loaded, and the indicators; one that was removed meanwhile is passed over."""
        for wish in (*loaded, *(wish for wish in self._wishes if wish not in loaded)):
            if self._session.has_symbol(wish.symbol) and (wish in loaded or wish.indicator is not None):
                parts = [] if wish not in loaded else self._parts(wish, loaded[wish])
                _put(self._session, wish, [bars_columns(bars) for bars in parts])

    def _parts(self, wish: Wish, loaded: Bars) -> list[Bars]:
        """Give the bars before those that the symbol holds."""
        if wish not in self._lost:
            return [loaded]
        session = self._session
        # Up to the first that is held, and without the bar in progress.
        first_ns, now_ns = session.first_held(wish.symbol, wish.interval), session.now_ns or 0
        before_ns = now_ns - wish.interval.nanos + 1 if first_ns is None else first_ns
        today = loaded[: int(np.searchsorted(loaded.ts, before_ns))]
        return [today] if self._days[wish] else [session.get_historical_bars(wish.symbol, wish.interval), today]


def _put(session: SessionData, wish: Wish, parts: Sequence[Mapping[str, Any]]) -> None:
    columns = {
        name: None if any(part[name] is None for part in parts) else np.concatenate([part[name] for part in parts])
        for name in (parts[0] if parts else ())
    }
    if wish.indicator is not None:
        indicator = wish.indicator
        session.add_indicators(wish.symbol, [indicator.row()], [(wish.interval, columns)] if columns else [])
    elif columns:
        session.put_history(wish.symbol, wish.interval, columns, wish.days)


def _past(
    setup: Setup,
    session: SessionData,
    symbols: Sequence[str],
    interval: Interval,
    *,
    today: dt.date,
    count: int,
    with_today: bool,
) -> dict[str, Bars]:
    """Derive the bars of the sessions before today, and of today so far, in an engine of their own."""
    base, manager = setup.layout.base[0], setup.time_manager
    scratch, calendar = session.scratch()
    keep = count + with_today
    derived = [] if interval == base else [(interval, keep)]
    scratch.register(symbols, calendar, (base, keep if interval == base else 0), derived, [])
    for date in (*manager.sessions_before(today, count), *([today] if with_today else ())):
        columns = setup.data_manager.load_session(symbols, date)
        if date == today:
            columns = columns.take(ended_by(setup, session.now_ns, columns, date, base))
        scratch.load_columns(columns.core(scratch.symbol_ids(list(columns.names))))
    # The session after the last of them begins: then all are of earlier sessions.
    following = manager.next_session(today) if with_today else today
    for symbol in symbols:
        scratch.begin_symbol_session(symbol, day_number(following))
    return {symbol: scratch.get_historical_bars(symbol, interval) for symbol in symbols}
