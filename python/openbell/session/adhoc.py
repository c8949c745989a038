"""Asking for single things of single symbols, without touching the config."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any

from openbell._core import Interval, SessionCore, parse_symbol
from openbell.errors import IndicatorError, SymbolError
from openbell.indicators import IndicatorConfig
from openbell.indicators.config import KEYS, unknown_key
from openbell.session.wishes import Wish, Wishes

logger = logging.getLogger(__name__)


def _described(name: str, config: object) -> IndicatorConfig:
    if not isinstance(config, Mapping):
        raise IndicatorError(f'{name}: {config!r}: write its config as {{"period": 20, "interval": "5m"}}')
    keys = [key for key in KEYS if key != "name"]
    if wrong := [unknown_key(str(key), name, keys) for key in config if key not in keys]:
        raise IndicatorError(f"{name}: {'; '.join(wrong)}")
    return IndicatorConfig(name, **config)


class AdHocRequests(SessionCore):
    """The ad-hoc side of `SessionData`: what is asked for here returns at once and is provided by the coordinator."""

    wishes: Wishes
    coordinator: Any

    def add_session_bars(self, symbol: str, interval: Interval | str, *, owner: str | None = None) -> bool:
        """Ask for live bars of an interval; the base is streamed as needed.

        Parameters
        ----------
        symbol, interval
            Of the bars.
        owner
            Who asks; the symbol goes when its last owner lets go.

        Returns
        -------
        bool
            False if they are there or pending.
        """
        name, wanted = parse_symbol(symbol), Interval(interval)
        wish = Wish("bars", name, wanted)
        if wanted in self.intervals(name):
            self.wishes.share(name, wish.key, owner)
            return False
        return self.wishes.put(wish, owner)

    def add_historical_bars(
        self,
        symbol: str,
        interval: Interval | str,
        days: int | None = None,
        *,
        period: int | None = None,
        owner: str | None = None,
    ) -> bool:
        """Ask for bars of earlier sessions.

        Parameters
        ----------
        symbol, interval
            Of the bars.
        days
            Trading sessions; ``period`` is another name for it.
        owner
            Who asks.

        Returns
        -------
        bool
            False only if as many days are there or pending.
        """
        count = days if days is not None else period
        if count is None or count < 1:
            raise ValueError(f"days = {count} is out of range: at least 1 trading session")
        name, wanted = parse_symbol(symbol), Interval(interval)
        wish = Wish("history", name, wanted, days=count)
        if len(self.get_historical_bars(name, wanted).by_date()) >= count:
            self.wishes.share(name, wish.key, owner)
            return False
        return self.wishes.put(wish, owner)

    def add_indicator(
        self,
        symbol: str,
        indicator_type: IndicatorConfig | str | None = None,
        config: Mapping[str, Any] | None = None,
        *,
        indicator_config: IndicatorConfig | None = None,
        auto_provision_bars: bool = True,
        owner: str | None = None,
    ) -> bool:
        """Ask for an indicator.

        Parameters
        ----------
        symbol
            Registered or not.
        indicator_type
            An `IndicatorConfig` (also as ``indicator_config``), or a name, with ``config`` such as
            ``{"period": 20, "interval": "1d", "params": {}}``.
        auto_provision_bars
            Whether the bars that it needs, of the session and before it, are loaded and streamed. If not, it is warmed
            up with the bars that are there or come.
        owner
            Who asks.

        Returns
        -------
        bool
            False if the symbol has it, or it is pending. Until it is provided it cannot be read.

        Raises
        ------
        IndicatorError, IntervalError, SymbolError
            If it is none.
        """
        name = parse_symbol(symbol)
        wanted = indicator_config if indicator_config is not None else indicator_type
        if wanted is None:
            raise IndicatorError("name an indicator, or give an IndicatorConfig")
        if isinstance(wanted, str):
            wanted = _described(wanted, {} if config is None else config)
        if wanted.against is not None and not self.has_symbol(wanted.against):
            raise SymbolError(f"{wanted.make_key()}: {wanted.against} is not in the session; add it first")
        if self.get_indicator(name, wanted.make_key()) is not None:
            self.wishes.share(name, wanted.make_key(), owner)
            return False
        return self.wishes.put(
            Wish("indicator", name, wanted.interval, indicator=wanted, provision=auto_provision_bars), owner
        )

    def wait_ready(self, symbol: str, key: str | None = None, timeout: float | None = None) -> bool:
        """Wait until what was asked for is provided.

        Parameters
        ----------
        symbol
            Whose.
        key
            An indicator's key, ``bars_5m`` or ``history_1d``; None for all that was asked for the symbol.
        timeout
            In seconds. On the run's own thread there is no waiting: what is pending is provided after the callback; nor
            is there after the run.

        Returns
        -------
        bool
            False if it failed, was not asked for, or did not come in time.
        """
        name = parse_symbol(symbol)
        found = self.wishes.find(name, key) if key is not None else None
        wishes = self.wishes.of(name) if key is None else [found] if found else []
        if not wishes:
            there = bool(self.intervals(name))
            return there and (key is None or self.get_indicator(name, key) is not None)
        if self.coordinator is not None and (self.coordinator.on_run_thread() or not self.coordinator.is_running):
            timeout = 0.0
        deadline = None if timeout is None else time.monotonic() + timeout
        for wish in wishes:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not wish.done.wait(left) or wish.state != "ready":
                return False
        return True

    def get_provisioning(self, symbol: str) -> dict[str, str]:
        """Give what was asked for a symbol ad hoc, by key: ``pending``, ``ready`` or ``failed``."""
        return {wish.key: wish.state for wish in self.wishes.of(parse_symbol(symbol))}
