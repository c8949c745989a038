"""Single trades and quotes, as strategies are told of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class TradeTick:
    """A trade, a cancel or a correction; ``ts`` in nanoseconds since 1970 UTC.

    Attributes
    ----------
    action
        ``new``, ``cancel`` or ``correct``.
    """

    symbol: str
    ts: int
    price: float
    size: float
    id: int | None = None
    action: str = "new"


@dataclass(frozen=True, slots=True)
class QuoteTick:
    """The best bid and offer at a time, in nanoseconds since 1970 UTC."""

    symbol: str
    ts: int
    bid: float
    ask: float
    bid_size: float
    ask_size: float


TRADE_FIELDS = ("symbol", "ts", "price", "size", "id", "action")
QUOTE_FIELDS = ("symbol", "ts", "bid", "ask", "bid_size", "ask_size")


def as_ticks(kind: str, columns: Mapping[str, Any]) -> Iterator[TradeTick | QuoteTick]:
    """Give the rows of a batch, in order."""
    names = [name for name in (TRADE_FIELDS if kind == "trades" else QUOTE_FIELDS) if columns.get(name) is not None]
    make: type[TradeTick | QuoteTick] = TradeTick if kind == "trades" else QuoteTick
    for row in zip(*(np.asarray(columns[name]).tolist() for name in names), strict=True):
        yield make(**dict(zip(names, row, strict=True)))
