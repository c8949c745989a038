"""What Alpaca sends, as columns: https://docs.alpaca.markets/docs/real-time-stock-pricing-data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from openbell.sources.columns import Columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

Message = dict[str, Any]
NUMBERS = {"open": "o", "high": "h", "low": "l", "close": "c", "volume": "v", "vwap": "vw", "trade_count": "n"}
# By the letter that tells messages apart.
BARS, TRADES, QUOTES = frozenset("bu"), frozenset("tcx"), frozenset("q")
DAILY = frozenset("d")
MALFORMED = (KeyError, TypeError, ValueError, AttributeError, OverflowError)


def readable(read: Callable[[Sequence[Message]], Any], messages: Sequence[Message]) -> tuple[Any, list[Message]]:
    """Give what a reader makes of those messages that it can read, None if of none, and those that it cannot."""
    try:
        return read(messages), []
    except MALFORMED:
        good: list[Message] = []
        bad: list[Message] = []
        for message in messages:
            (good if _reads(read, message) else bad).append(message)
        return (read(good) if good else None), bad


def _reads(read: Callable[[Sequence[Message]], object], message: Message) -> bool:
    try:
        read([message])
    except MALFORMED:
        return False
    return True


def bars(messages: Sequence[Message]) -> Columns:
    """Give bars and updated bars, in order."""
    rows = [(_symbol(message), _ns(message["t"]), message) for message in messages]
    return _columns(rows)


def history(by_symbol: Mapping[str, Iterable[Message]]) -> Columns:
    """Give what a request for history is answered with."""
    rows = [(symbol, row["t"], row) for symbol, bars_ in by_symbol.items() for row in bars_]
    if not rows:
        return Columns.empty()
    # ISO 8601 in UTC, which NumPy reads without its letter.
    times = np.array([ts.rstrip("Z") for _, ts, _ in rows], dtype="datetime64[ns]").astype(np.int64)
    return _columns([(symbol, ts, row) for (symbol, _, row), ts in zip(rows, times.tolist(), strict=True)])


def _columns(rows: Sequence[tuple[str, int, Message]]) -> Columns:
    names = tuple(dict.fromkeys(symbol for symbol, _, _ in rows))
    places = {name: place for place, name in enumerate(names)}
    numbers = {name: np.array([_number(row.get(key)) for _, _, row in rows]) for name, key in NUMBERS.items()}
    symbol = np.array([places[symbol] for symbol, _, _ in rows], dtype=np.uint32)
    return Columns(names, symbol, np.array([ts for _, ts, _ in rows], dtype=np.int64), **numbers)


def trades(messages: Sequence[Message]) -> dict[str, Any]:
    """Give trades, cancels and corrections, in order, as `SessionData.apply_trades` takes them."""
    rows = [_trade(message) for message in messages]
    names = ("symbol", "ts", "price", "size", "conditions", "tape", "id", "action")
    return dict(zip(names, (list(column) for column in zip(*rows, strict=True)), strict=True)) | {
        "ts": np.array([row[1] for row in rows], dtype=np.int64)
    }


def _trade(message: Message) -> tuple[str, int, float, float, list[str], str, int, str]:
    symbol, ts, tape = _symbol(message), _ns(message["t"]), message.get("z", "A")
    if message["T"] == "c":
        price, size, conditions = float(message["cp"]), float(message["cs"]), list(message.get("cc") or ())
        return symbol, ts, price, size, conditions, tape, int(message["oi"]), "correct"
    price, size, conditions = float(message["p"]), float(message["s"]), list(message.get("c") or ())
    action = "cancel" if message["T"] == "x" else "new"
    return symbol, ts, price, size, conditions, tape, int(message["i"]), action


def quotes(messages: Sequence[Message]) -> dict[str, Any]:
    """Give quotes, in order, as `SessionData.apply_quotes` takes them."""
    keys = {"bid": "bp", "ask": "ap", "bid_size": "bs", "ask_size": "as"}
    return {
        "symbol": [_symbol(message) for message in messages],
        "ts": np.array([_ns(message["t"]) for message in messages], dtype=np.int64),
        **{name: np.array([float(message[key]) for message in messages]) for name, key in keys.items()},
    }


def _number(value: Any) -> float:
    return np.nan if value is None else float(value)


def _symbol(message: Message) -> str:
    symbol = message["S"]
    if not isinstance(symbol, str):
        raise TypeError(f"{symbol!r} is no symbol")
    return symbol


def _ns(stamp: Any) -> int:
    """Give a time stamp of msgpack as nanoseconds since 1970 UTC."""
    return int(stamp.to_unix_nano())
