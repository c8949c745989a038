"""Lag by symbol and cause, and who is left out because of it."""

from __future__ import annotations

import logging
import threading
from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from openbell._core import SessionCore, parse_symbol

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from openbell.config import SessionConfig
    from openbell.session.board import Board

logger = logging.getLogger(__name__)

# Lag that somebody measured: how late bars come from the provider, and how long they wait to be applied.
Cause = Literal["provider", "queue"]
THRESHOLD_S, SHARE = 60.0, 0.5


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a symbol is behind, in seconds of market time.

    Attributes
    ----------
    provider
        From a bar's end to its arrival.
    queue
        From its arrival to its being applied.
    silence
        Since the end of its newest bar of the session; None before its first.
    staleness
        Since anything came of it, quotes and corrections included; None before.
    """

    provider: float
    queue: float
    silence: float | None
    staleness: float | None


@dataclass(frozen=True, slots=True)
class Change:
    """A symbol (None: the session) became active or inactive; ``missed`` calls were not made meanwhile."""

    symbol: str | None
    active: bool
    reason: str
    missed: int = 0


class Activity:
    """What lags beyond the config's threshold: symbols by themselves, or so many that the session does.

    Silence never counts: nobody may have traded.
    """

    def __init__(self, config: SessionConfig | None) -> None:
        streaming = config.session_data_config.streaming if config else None
        self._threshold_s = streaming.catchup_threshold_seconds if streaming else THRESHOLD_S
        self._share = streaming.lag_session_share if streaming else SHARE
        self._guard = threading.Lock()
        self._lags: dict[str, dict[Cause, float]] = {}
        self._all: dict[Cause, float] = {}
        # Why symbols are left out by themselves.
        self.left_out: dict[str, str] = {}
        # Whether strategies and scanners are called at all.
        self.session_active = False
        self._missed: dict[str, int] = {}
        self._session_missed = 0
        self._session_lags = False

    def measured(self, symbol: str, cause: Cause) -> float:
        """Give the lag of a symbol by a cause, in seconds."""
        return max(self._lags.get(symbol, {}).get(cause, 0.0), self._all.get(cause, 0.0))

    def measured_lags(self, symbols: Sequence[str]) -> NDArray[np.float64]:
        """Give the greater of both lags of many symbols, in seconds."""
        import numpy as np

        everyone = max(self._all.values(), default=0.0)
        lags = np.full(len(symbols), everyone)
        if self._lags:
            own = [max(self._lags.get(symbol, {}).values(), default=0.0) for symbol in symbols]
            lags = np.maximum(lags, own)
        return lags

    def note(
        self, cause: Cause, seconds: float, symbols: Collection[str] | None, all_symbols: Callable[[], Collection[str]]
    ) -> list[Change]:
        """Take a measurement of some symbols, or of all; gives what changes by it, the session's changes last."""
        with self._guard:
            if symbols is None:
                self._all[cause] = seconds
            else:
                for symbol in symbols:
                    self._lags.setdefault(symbol, {})[cause] = seconds
            if seconds <= self._threshold_s and not self.left_out:
                return []
            there = all_symbols()
            changes = []
            for symbol in sorted(there if symbols is None else symbols):
                reason = self._reason(symbol)
                if reason and symbol not in self.left_out:
                    self.left_out[symbol] = reason
                    changes.append(Change(symbol, active=False, reason=reason))
                elif not reason and symbol in self.left_out:
                    del self.left_out[symbol]
                    missed = self._missed.pop(symbol, 0)
                    changes.append(Change(symbol, active=True, reason="caught up", missed=missed))
            lags = bool(there) and len(self.left_out) >= self._share * len(there)
            if lags != self._session_lags:
                self._session_lags = lags
                share = f"{len(self.left_out)} of {len(there)} symbols lag"
                missed, self._session_missed = self._session_missed, 0
                changes.append(Change(None, active=not lags, reason=share if lags else "caught up", missed=missed))
            return changes

    def _reason(self, symbol: str) -> str:
        """Say why a symbol is left out; empty if it is not."""
        causes: tuple[Cause, ...] = ("provider", "queue")
        late = {cause: s for cause in causes if (s := self.measured(symbol, cause)) > self._threshold_s}
        return ", ".join(f"{cause} lag {seconds:.0f} s" for cause, seconds in late.items())

    @property
    def inactive(self) -> frozenset[str]:
        """Symbols that are left out by themselves."""
        return frozenset(self.left_out)

    def reason(self, symbol: str) -> str | None:
        """Say why a symbol is left out; None if it is not."""
        return self.left_out.get(symbol)

    def miss(self, symbol: str | None) -> None:
        """Count a call that was not made, for a symbol or for the whole session."""
        with self._guard:
            if symbol is None:
                self._session_missed += 1
            else:
                self._missed[symbol] = self._missed.get(symbol, 0) + 1

    def knows(self, symbol: str) -> int:
        """Count what is kept of a symbol."""
        return sum(symbol in part for part in (self._lags, self.left_out, self._missed))

    def forget(self, symbol: str) -> None:
        """Drop everything about a symbol that was removed."""
        with self._guard:
            for part in (self._lags, self.left_out, self._missed):
                part.pop(symbol, None)


class LaggingSymbols(SessionCore):
    """The part of `SessionData` that leaves out what lags."""

    activity: Activity
    board: Board

    @abstractmethod
    def activate_session(self, *, missed: int = 0) -> None:
        """Call strategies and scanners from now on."""

    @abstractmethod
    def deactivate_session(self, reason: str = "") -> None:
        """Stop calling strategies and scanners."""

    def note_lag(self, cause: Cause, seconds: float, symbols: Iterable[str] | None = None) -> None:
        """Take a measurement of lag into account.

        Beyond the config's ``streaming.catchup_threshold_seconds`` a symbol is inactive: strategies are not called for
        it. When ``streaming.lag_session_share`` of all symbols are, the session is deactivated, until they have caught
        up. Each change is an event with the reason. Data goes on, and reads always work.

        Parameters
        ----------
        cause
            ``provider`` (from a bar's end to its arrival) or ``queue`` (from there to its being applied).
        seconds
            Of market time.
        symbols
            Whose; None for all alike.

        Raises
        ------
        ValueError
            If there is no such cause.
        """
        if cause not in {"provider", "queue"}:
            raise ValueError(f"unknown cause of lag {cause!r}: it is 'provider' or 'queue'")
        wanted = None if symbols is None else [s for s in map(parse_symbol, symbols) if self.has_symbol(s)]
        for change in self.activity.note(cause, seconds, wanted, self.symbol_names):
            if change.symbol is not None:
                logger.info("%s %s: %s", change.symbol, "active" if change.active else "inactive", change.reason)
                if change.active:
                    self.board.publish("symbol_activated", change.symbol, change.reason, change.missed)
                else:
                    self.board.publish("symbol_deactivated", change.symbol, change.reason)
            elif change.active:
                self.activate_session(missed=change.missed)
            else:
                self.deactivate_session(change.reason)

    def get_lag(self, symbol: str) -> Lag | None:
        """Give how far a symbol is behind, by cause; None if it is not registered."""
        name = parse_symbol(symbol)
        intervals, now_ns = self.intervals(name), self.now_ns
        if not intervals:
            return None
        silence = self.get_figure(name, "age_s")
        ticks = [tick.ts for tick in (self.get_last_trade(name), self.get_quote(name)) if tick is not None]
        ages = [max(0, now_ns - ts) / 1e9 for ts in ticks] if now_ns is not None else []
        return Lag(
            provider=self.activity.measured(name, "provider"),
            queue=self.activity.measured(name, "queue"),
            silence=silence,
            staleness=min([*ages, *([silence] if silence is not None else [])], default=None),
        )
