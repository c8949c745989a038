"""The symbols of a run: who takes part, who joins, who goes."""

from __future__ import annotations

import functools
import logging
import time
from typing import TYPE_CHECKING

from openbell._core import SessionCore
from openbell.coordinator.adhoc import Grant, layout_for, merged
from openbell.coordinator.late import bring_in, rebuild
from openbell.coordinator.setup import session_seconds
from openbell.errors import IntervalError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Container, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    import numpy as np
    from numpy.typing import NDArray

    from openbell._core import Feed
    from openbell.coordinator.calls import Calls
    from openbell.coordinator.requests import Request, Requests
    from openbell.coordinator.setup import Setup
    from openbell.coordinator.tally import Tally
    from openbell.session import SessionData
    from openbell.session.provision import Provision
    from openbell.session.wishes import Wish
    from openbell.sources import Columns

logger = logging.getLogger(__name__)

# How often, at one boundary, what serving requests asked for is served.
MOST_ROUNDS = 100
SHOWN = 5


class Members:
    """Serves what callbacks and other threads ask for; only the run's own thread calls it.

    Attributes
    ----------
    symbols
        All that take part, also those that are there ad hoc, in the order in which they came.
    days
        The sessions that have begun, the running one last.
    feed
        What is still to come of the running session; None before the first.
    busy
        Symbols that something is being loaded for.
    """

    busy: Container[str] = ()

    def __init__(
        self, setup: Setup, session: SessionData, *, requests: Requests, tally: Tally, calls: Calls | None
    ) -> None:
        self._setup = setup
        self._session = session
        self._requests = requests
        self._tally = tally
        self._calls = calls
        self._whole_source = setup.whole_source
        self._ids: dict[tuple[str, ...], NDArray[np.uint32]] = {}
        self._removed: list[str] = []
        self.symbols = dict.fromkeys(setup.symbols)
        self.days: list[dt.date] = []
        self.feed: Feed | None = None
        session.provision_symbols(setup.symbols, setup.layout)
        for symbol in setup.symbols:
            session.register_config_symbol(symbol, setup.layout)

    def load(self, date: dt.date) -> dict[str, NDArray[np.generic] | None]:
        """Give the bars that the members have on a date, as the engine takes them."""
        symbols = None if self._whole_source else list(self.symbols)
        columns = self._setup.data_manager.load_session(symbols, date)
        return columns.core(self._numbers(columns))

    def serve(self) -> None:
        """Do what was asked for, in order; the clock stands still meanwhile.

        What serving it asks for is served too, but not for ever: callbacks that answer each other must not stop time.
        """
        rounds = 0
        while self._requests.waits(self.busy) or self._removed or self._session.wishes.waits(self.busy):
            rounds += 1
            if rounds > MOST_ROUNDS:
                logger.warning("callbacks keep asking for more: the rest waits for the next step")
                return
            for symbol in self._removed:
                self._lifecycle("on_symbol_removed", symbol)
            self._removed.clear()
            adds: list[Request] = []
            for request in self._requests.take(self.busy):
                if request.kind == "add":
                    adds.append(request)
                    continue
                self._add(adds)
                adds = []
                self._serve_one(request)
            self._add(adds)
            if wishes := self._session.wishes.take(self.busy):
                self._grant(wishes)

    def _serve_one(self, request: Request) -> None:
        if request.kind == "let_go":
            self._finish(request, succeeded=self._session.let_go(request.symbol, request.owner))
        elif self._session.is_symbol_locked(request.symbol):
            # Locked after the removal was asked for: the lock wins.
            logger.warning("%s is not removed: it was locked meanwhile", request.symbol)
            self._finish(request, succeeded=False)
        else:
            self._remove_asked(request)

    def _remove_asked(self, request: Request) -> None:
        self._finish(request, succeeded=self.remove(request.symbol))

    def _finish(self, request: Request, *, succeeded: bool) -> None:
        request.finish(succeeded=succeeded)
        if self._calls is not None:
            self._calls.draining.pop(request.symbol, None)
        self._requests.served(request)

    # Strategy symbols

    def _add(self, requests: Sequence[Request]) -> None:
        """Bring symbols in, those that want the same in one load; one that is there ad hoc gets all the rest."""
        session = self._session
        upgrades = []
        for request in requests:
            if session.is_config_symbol(request.symbol):
                request.finish(succeeded=False)
                self._requests.served(request)
            elif session.has_symbol(request.symbol):
                upgrades.append(request)
        if upgrades:
            self._upgrade(upgrades)
        there = set(upgrades)
        requests = [request for request in requests if request not in there and not request.done.is_set()]
        layouts = {id(r.layout): r.layout or self._setup.layout for r in requests}
        for key, layout in layouts.items():
            wanted = [r for r in requests if id(r.layout) == key]
            self.bring([r.symbol for r in wanted], layout, functools.partial(self._brought, wanted))

    def bring(self, symbols: Sequence[str], layout: Provision, then: Callable[[AbstractSet[str], str], None]) -> None:
        """Load symbols that are not there; ``then`` is called with those that were found, and why others were not."""
        started_s = time.perf_counter()
        found, why = bring_in(self._setup, self._session, symbols, layout=layout, days=self.days, feed=self.feed)
        self._ids.clear()
        logger.info("%d symbols added, clock held for %.1f ms", len(found), (time.perf_counter() - started_s) * 1e3)
        then(found, why)

    def _brought(self, requests: Sequence[Request], found: AbstractSet[str], why: str) -> None:
        for request in requests:
            if request.symbol in found:
                self.symbols[request.symbol] = None
            self._added(request, failed=None if request.symbol in found else why)

    def _added(self, request: Request, *, failed: str | None) -> None:
        symbol = request.symbol
        if failed is None:
            self._session.register_config_symbol(symbol, request.layout or self._setup.layout)
        self._requests.served(request)
        if failed is None:
            self._lifecycle("on_symbol_added", symbol)
            self._session.board.publish("symbol_added", symbol)
        else:
            logger.warning("%s is not added: %s", symbol, failed)
            self._session.board.publish("provisioning_failed", symbol, None, failed)
        # Whoever waits finds that everybody has been told.
        request.finish(succeeded=failed is None)

    def _upgrade(self, requests: Sequence[Request]) -> None:
        """Make strategy symbols of some that are there ad hoc, with what they have and all that the config asks for."""
        session, lengths = self._session, self._lengths()
        layouts = {}
        for request in requests:
            wishes = [wish for wish in session.wishes.of(request.symbol) if wish.state == "ready"]
            layouts[request.symbol] = merged(request.layout or self._setup.layout, wishes, lengths)
        self.rebuild(layouts, functools.partial(self._upgraded, requests))

    def rebuild(self, layouts: Mapping[str, Provision], then: Callable[[str | None], None]) -> None:
        """Give symbols that are there other layouts; ``then`` is called with what failed, or None."""
        try:
            rebuild(self._setup, self._session, layouts, days=self.days)
        except Exception as error:
            logger.exception("the source failed: %s stay as they are", ", ".join(layouts))
            then(f"{type(error).__name__}: {error}")
        else:
            then(None)

    def _upgraded(self, requests: Sequence[Request], failed: str | None) -> None:
        for request in requests:
            if failed is None and self._calls is not None:
                self._calls.ignored.discard(request.symbol)
            self._added(request, failed=failed)

    def remove(self, symbol: str) -> bool:
        """Take a symbol out of the run; False if it is neither there nor on its way."""
        pending = self._session.wishes.forget(symbol)
        if not self._session.has_symbol(symbol):
            return pending
        self._tally.removed(symbol)
        if self.feed is not None:
            SessionCore.drop_from_feed(self.feed, int(self._session.symbol_ids([symbol])[0]))
        del self.symbols[symbol]
        self._whole_source = False
        self._ids.clear()
        self._session.discard_symbol(symbol, "removed")
        if self._calls is not None:
            self._calls.forget(symbol)
        self._removed.append(symbol)
        return True

    # What was asked for ad hoc

    def _grant(self, wishes: Sequence[Wish]) -> None:
        """Provide it: new symbols that want the same in one load, then what others lack."""
        lengths = self._lengths()
        new: dict[str, list[Wish]] = {}
        there = []
        for wish in wishes:
            try:
                layout_for([wish], self._setup.layout.base[0], lengths)
            except IntervalError as error:
                self._failed(wish, str(error))
                continue
            if self._session.has_symbol(wish.symbol):
                there.append(wish)
            else:
                new.setdefault(wish.symbol, []).append(wish)
        self._grant_new(new, lengths)
        self._grant_there(there, lengths)

    def _grant_there(self, wishes: Sequence[Wish], lengths: Sequence[float]) -> None:
        """Give symbols that are there what they lack."""
        base = self._setup.layout.base[0]
        deep: dict[str, list[Wish]] = {}
        for wish in wishes:
            if wish.kind == "history" and wish.interval == base:
                deep.setdefault(wish.symbol, []).append(wish)
        layouts = {}
        for symbol, wanted in deep.items():
            # Earlier sessions of the base are more than bars: the previous close, quality by date, relative volume.
            also = [wish for wish in self._session.wishes.of(symbol) if wish.state == "ready"]
            own = self._session.own_layout(symbol)
            every = [*wanted, *also]
            layouts[symbol] = merged(own or layout_for(every, base, lengths), every, lengths)
        if layouts:
            self.rebuild(layouts, functools.partial(self._answered, [w for wanted in deep.values() for w in wanted]))
        rest = [wish for wish in wishes if wish not in deep.get(wish.symbol, ())]
        if rest:
            self.provide(rest, lengths, functools.partial(self._answered, rest))

    def provide(self, wishes: Sequence[Wish], lengths: Sequence[float], then: Callable[[str | None], None]) -> None:
        """Give symbols that are there what was wished for; ``then`` is called with what failed, or None."""
        grant = Grant(self._setup, self._session, wishes, today=self._today(), session_seconds=lengths)
        try:
            grant.widen()
            grant.put(grant.load())
        except Exception as error:
            logger.exception("the source failed")
            then(f"{type(error).__name__}: {error}")
        else:
            then(None)

    def _answered(self, wishes: Sequence[Wish], failed: str | None) -> None:
        for wish in wishes:
            if failed is None:
                self._granted(wish)
            else:
                self._failed(wish, failed)

    def _grant_new(self, by_symbol: dict[str, list[Wish]], lengths: Sequence[float]) -> None:
        """Bring in symbols that are wanted ad hoc."""
        alike: dict[tuple[tuple[object, ...], ...], list[str]] = {}
        for symbol, wanted in by_symbol.items():
            alike.setdefault(tuple((w.key, w.days, w.provision) for w in wanted), []).append(symbol)
        for symbols in alike.values():
            layout = layout_for(by_symbol[symbols[0]], self._setup.layout.base[0], lengths)
            wishes = {symbol: by_symbol[symbol] for symbol in symbols}
            self.bring(symbols, layout, functools.partial(self._all_joined, wishes))

    def _all_joined(self, wishes: Mapping[str, Sequence[Wish]], found: AbstractSet[str], why: str) -> None:
        # One line for all of them: a market-wide scan asks for many that have nothing.
        if lost := [symbol for symbol in wishes if symbol not in found]:
            more = ", …" if len(lost) > SHOWN else ""
            logger.warning("%d symbols cannot be had: %s (%s%s)", len(lost), why, ", ".join(lost[:SHOWN]), more)
        for symbol, wanted in wishes.items():
            self._joined(symbol, wanted, failed=None if symbol in found else why)

    def _joined(self, symbol: str, wishes: Sequence[Wish], *, failed: str | None) -> None:
        """Say what became of a symbol that was asked for ad hoc: neither it nor its bars are told to strategies."""
        if failed is not None:
            for wish in wishes:
                self._failed(wish, failed)
            return
        self.symbols[symbol] = None
        if self._calls is not None:
            self._calls.ignored.add(symbol)
        for wish in wishes:
            self._granted(wish)

    def _granted(self, wish: Wish) -> None:
        wish.finish("ready")
        self._session.board.publish("provisioned", wish.symbol, wish.key)

    def _failed(self, wish: Wish, reason: str) -> None:
        logger.info("%s %s cannot be had: %s", wish.symbol, wish.key, reason)
        wish.finish("failed")
        self._session.board.publish("provisioning_failed", wish.symbol, wish.key, reason)

    def _today(self) -> dt.date:
        return self.days[-1] if self.days else self._setup.sessions[0]

    def _lengths(self) -> list[float]:
        return session_seconds(self._setup.time_manager, self._today())

    def _lifecycle(self, name: str, *args: object) -> None:
        if self._calls is not None:
            self._calls.lifecycle(name, *args)

    def _numbers(self, columns: Columns) -> NDArray[np.uint32]:
        """Give the engine's numbers for the names of columns."""
        if columns.names not in self._ids:
            self._ids[columns.names] = self._session.symbol_ids(list(columns.names))
        return self._ids[columns.names]
