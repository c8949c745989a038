"""Reasons why a symbol may not be removed."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from openbell._core import SessionCore, parse_symbol

if TYPE_CHECKING:
    from openbell.session.board import Board

logger = logging.getLogger(__name__)


class Locks:
    """A set of reasons for each symbol; they last over days until they are taken away."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._reasons: dict[str, frozenset[str]] = {}

    def add(self, symbol: str, reason: str) -> bool:
        """Add a reason; False if it is there already."""
        with self._guard:
            reasons = self._reasons.get(symbol, frozenset())
            self._reasons[symbol] = reasons | {reason}
            return reason not in reasons

    def drop(self, symbol: str, reason: str | None) -> bool:
        """Take a reason away, or all of them; False if there was none."""
        with self._guard:
            reasons = self._reasons.get(symbol, frozenset())
            left = frozenset[str]() if reason is None else reasons - {reason}
            if left:
                self._reasons[symbol] = left
            else:
                self._reasons.pop(symbol, None)
            return left != reasons

    def of(self, symbol: str) -> frozenset[str]:
        """Give the reasons that hold."""
        return self._reasons.get(symbol, frozenset())


class LockedSymbols(SessionCore):
    """The part of `SessionData` that keeps symbols from being removed."""

    _locks: Locks
    board: Board

    def lock_symbol(self, symbol: str, reason: str) -> bool:
        """Keep a symbol from being removed, for a reason such as ``open_position``; several reasons may hold.

        Returns
        -------
        bool
            False if the symbol is unknown or locked for that reason already.
        """
        name = parse_symbol(symbol)
        if not self.has_symbol(name) or not self._locks.add(name, reason):
            logger.info("%s is not locked for %r: it is unknown, or is so already", name, reason)
            return False
        self.board.publish("symbol_locked", name, reason)
        return True

    def unlock_symbol(self, symbol: str, reason: str | None = None) -> bool:
        """Take a reason away, or all of them; False if there was none such."""
        name = parse_symbol(symbol)
        if not self._locks.drop(name, reason):
            logger.info("%s is not unlocked: it is not locked%s", name, f" for {reason!r}" if reason else "")
            return False
        self.board.publish("symbol_unlocked", name, self._locks.of(name))
        return True

    def is_symbol_locked(self, symbol: str) -> bool:
        """Whether any reason holds."""
        return bool(self._locks.of(parse_symbol(symbol)))

    def get_symbol_locks(self, symbol: str) -> frozenset[str]:
        """Give the reasons that hold."""
        return self._locks.of(parse_symbol(symbol))
