"""Rows that are not bars."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

KEPT = 100


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was refused.

    Attributes
    ----------
    file, line
        Where it stands; the header is line 1, and a frame's first row is line 2 as well.
    symbol, ts
        As they stand there.
    reason
        Such as ``open is not finite``.
    """

    file: str
    line: int
    symbol: str
    ts: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.symbol} {self.ts}: {self.reason}"


class RefusedRows:
    """Counts of refused rows by reason, and the first hundred of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}
        self._rows: list[RefusedRow] = []

    @property
    def counts(self) -> Mapping[str, int]:
        """How many rows were refused for each reason, in order of the reason."""
        with self._lock:
            return dict(sorted(self._counts.items()))

    @property
    def total(self) -> int:
        """How many rows were refused."""
        with self._lock:
            return sum(self._counts.values())

    @property
    def rows(self) -> tuple[RefusedRow, ...]:
        """The first hundred."""
        with self._lock:
            return tuple(self._rows)

    def add(self, rows: Iterable[RefusedRow]) -> None:
        """Count rows, and keep the first."""
        with self._lock:
            for row in rows:
                self._counts[row.reason] = self._counts.get(row.reason, 0) + 1
                if len(self._rows) < KEPT:
                    self._rows.append(row)
