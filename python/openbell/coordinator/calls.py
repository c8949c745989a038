"""Calling a strategy: what it wants to hear, and what became of the calls."""

from __future__ import annotations

import logging
import math
import time
from typing import TYPE_CHECKING, Any

from openbell._core import Interval
from openbell.coordinator.strategy import Strategy, overrides
from openbell.errors import StrategyError
from openbell.session.ticks import as_ticks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from openbell._core import Event
    from openbell.session import SessionData

logger = logging.getLogger(__name__)

SHOWN = 10
KINDS = {"on_bar": "bar_closed", "on_bar_revised": "bar_revised", "on_indicator_valid": "indicator_valid"}


class Calls:
    """The calls of one strategy in one run. What raises is counted, logged, and does not stop the run."""

    def __init__(self, strategy: Strategy, session: SessionData, streams: Sequence[Interval]) -> None:
        self._strategy = strategy
        self._session = session
        self.count = 0
        self.errors = 0
        self.first_errors: list[str] = []
        # Symbols that a callback of this step removed: what is left of their step is not told.
        self._gone: set[str] = set()
        # Symbols that are there ad hoc: their bars are not told.
        self.ignored: set[str] = set()
        # Symbols that are to go, and until when what is queued of them is still told.
        self.draining: dict[str, float] = {}
        self.kinds = [kind for name, kind in KINDS.items() if overrides(strategy, name)]
        self.intervals = list(streams)
        if strategy.intervals is not None:
            wanted = [Interval(text) for text in strategy.intervals]
            if lost := [str(i) for i in wanted if i not in streams]:
                has = ", ".join(map(str, streams))
                name = type(strategy).__name__
                raise StrategyError(f"{name}.intervals names {', '.join(lost)}; the config streams {has}")
            self.intervals = wanted

    @property
    def wants_scans(self) -> bool:
        """Whether the strategy hears of scans."""
        return overrides(self._strategy, "on_scan")

    def lifecycle(self, name: str, *args: object) -> None:
        """Call ``on_start``, ``on_session_start``, ``on_symbol_added`` and the like."""
        if overrides(self._strategy, name):
            self._call(getattr(self._strategy, name), self._session, *args)

    def wants(self, event: Event) -> bool:
        """Whether the strategy is to hear of an event that others asked the engine for."""
        return event.kind in self.kinds and (event.key is not None or event.bar.interval in self.intervals)

    def events(self, events: Iterable[Event]) -> None:
        """Call for each event of a step, in their order."""
        strategy, session = self._strategy, self._session
        on_bar = strategy.on_bar
        activity, gone, ignored, draining = session.activity, self._gone, self.ignored, self.draining
        left_out = activity.left_out
        gone.clear()
        for event in events:
            special = gone or ignored or draining or left_out or not activity.session_active
            if special and self._passes_over(event.symbol):
                continue
            if event.kind == "bar_closed":
                # As `_call`, without a call: there are more of these than of all others.
                self.count += 1
                try:
                    on_bar(session, event.bar)
                except Exception as error:  # noqa: BLE001  # it is told of there
                    self._raised(on_bar, error)
            elif event.kind == "bar_revised":
                self._call(strategy.on_bar_revised, session, event.bar, event.old)
            else:
                self._call(strategy.on_indicator_valid, session, event.symbol, event.key)

    def ticks(self, kind: str, columns: Mapping[str, Any]) -> None:
        """Call for each trade or quote of a batch."""
        name = "on_trade" if kind == "trades" else "on_quote"
        if not overrides(self._strategy, name):
            return
        callback = getattr(self._strategy, name)
        for tick in as_ticks(kind, columns):
            if not self._passes_over(tick.symbol):
                self._call(callback, self._session, tick)

    def _passes_over(self, symbol: str) -> bool:
        """Whether nothing is told of a symbol now; what is not because of lag is counted."""
        if symbol in self._gone or symbol in self.ignored or self._overdue(symbol):
            return True
        activity = self._session.activity
        if not activity.session_active:
            activity.miss(None)
            return True
        if symbol in activity.left_out:
            activity.miss(symbol)
            return True
        return False

    def forget(self, symbol: str) -> None:
        """Tell nothing more of a symbol in this step."""
        self._gone.add(symbol)
        self.draining.pop(symbol, None)

    def _overdue(self, symbol: str) -> bool:
        """Whether a symbol that is to go had its time to drain; said once."""
        if time.monotonic() <= self.draining.get(symbol, math.inf):
            return False
        logger.warning("%s did not drain in time: its removal is immediate", symbol)
        self.forget(symbol)
        return True

    def _call(self, callback: Callable[..., None], *args: object) -> None:
        self.count += 1
        try:
            callback(*args)
        except Exception as error:  # noqa: BLE001  # it is told of there
            self._raised(callback, error)

    def _raised(self, callback: Callable[..., None], error: Exception) -> None:
        self.errors += 1
        message = f"{type(self._strategy).__name__}.{callback.__name__}: {type(error).__name__}: {error}"
        # One that raises on every bar is said once.
        if message not in self.first_errors and len(self.first_errors) < SHOWN:
            self.first_errors.append(message)
            logger.error("a callback raised; the run goes on: %s", message, exc_info=error)
