"""Whether a silence is a quiet market or a dead feed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openbell._core import SessionCore

# Nothing trades in every single interval for ever: even the busiest symbol is silent this often.
LEAST = 0.02


def log_silence(core: SessionCore, symbols: Iterable[str]) -> float:
    """Give the logarithm of the chance that none of some symbols has a base bar in an interval.

    Each symbol is taken to trade by itself, in as many intervals as it did in this session and the one before, by
    Laplace's rule of succession: ``(present + 1) / (expected + 2)``.
    """
    total = 0.0
    for symbol in symbols:
        intervals = core.intervals(symbol)
        if not intervals:
            continue
        today = core.get_coverage(symbol, intervals[0])
        parts = [*core.get_past_coverage(symbol, intervals[0])[-1:], *([today] if today is not None else [])]
        present, expected = sum(part.present for part in parts), sum(part.expected for part in parts)
        total += math.log(max(LEAST, 1 - (present + 1) / (expected + 2)))
    return total
