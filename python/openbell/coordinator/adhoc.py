"""Granting what was asked for ad hoc: all symbols that want the same in one load."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openbell.clock.session import DAY_NS, day_number
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

    def widen(self) -> None:
        """Give the symbols the intervals, from now on."""
        base = self._setup.layout.base[0]
        for wish in self._wishes:
            if wish.interval != base:
                self._session.add_interval(wish.symbol, wish.interval, wish.days)

    def load(self) -> dict[Wish, Bars]:
        """Give the bars of earlier sessions that each needs."""
        loaded: dict[Wish, Bars] = {}
        for interval, count in dict.fromkeys((wish.interval, n) for wish, n in self._days.items() if n):
            wanted = [wish for wish in self._wishes if wish.interval == interval and self._days[wish] == count]
            symbols = [wish.symbol for wish in wanted]
            past = _past(self._setup, self._session, symbols, interval, today=self._today, count=count)
            loaded |= {wish: past[wish.symbol] for wish in wanted}
        return loaded

    def put(self, loaded: Mapping[Wish, Bars]) -> None:
        """Give the symbols what was loaded, and the indicators; one that was removed meanwhile is passed over."""
        for wish in (*loaded, *(wish for wish in self._wishes if wish not in loaded)):
            if self._session.has_symbol(wish.symbol) and (wish in loaded or wish.indicator is not None):
                _put(self._session, wish, loaded.get(wish))


def _put(session: SessionData, wish: Wish, past: Bars | None) -> None:
    columns = None if past is None else bars_columns(past)
    if wish.indicator is not None:
        indicator = wish.indicator
        session.add_indicators(wish.symbol, [indicator.row()], [] if columns is None else [(wish.interval, columns)])
    elif columns is not None:
        session.put_history(wish.symbol, wish.interval, columns, wish.days)


def _past(
    setup: Setup, session: SessionData, symbols: Sequence[str], interval: Interval, *, today: dt.date, count: int
) -> dict[str, Bars]:
    """Derive the bars of the sessions before today, in an engine of their own."""
    base = setup.layout.base[0]
    scratch, calendar = session.scratch()
    derived = [] if interval == base else [(interval, count)]
    scratch.register(list(dict.fromkeys(symbols)), calendar, (base, count if interval == base else 0), derived, [])
    for date in setup.time_manager.sessions_before(today, count):
        columns = setup.data_manager.load_session(symbols, date)
        scratch.load_columns(columns.core(scratch.symbol_ids(list(columns.names))))
    for symbol in dict.fromkeys(symbols):
        scratch.begin_symbol_session(symbol, day_number(today))
    return {symbol: scratch.get_historical_bars(symbol, interval) for symbol in symbols}
