"""Reasons why a symbol may not be removed."""

from __future__ import annotations

import threading


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
