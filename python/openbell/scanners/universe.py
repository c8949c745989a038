"""Which symbols a scanner screens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from openbell._core import parse_symbol
from openbell.errors import ScannerError, SymbolError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable
    from pathlib import Path

    from openbell.config.sections import UniverseConfig
    from openbell.sources import DataManager

SHOWN = 5


def read_universe(path: Path, *, skip_bad: bool = False) -> tuple[tuple[str, ...], list[str]]:
    """Read tickers from a file: one a line, or the first column of a CSV; ``#`` begins a comment.

    Returns
    -------
    symbols, skipped
        Each once, and the lines that are none, if they are to be skipped.

    Raises
    ------
    ScannerError
        If it cannot be read, or has lines that are no tickers, which are named, unless they are to be skipped.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ScannerError(f"{path} cannot be read: {error}") from None
    symbols: dict[str, None] = {}
    bad = []
    for number, line in enumerate(lines, 1):
        text = line.partition("#")[0].partition(",")[0].strip().strip('"')
        if not text or (number == 1 and text.lower() in {"symbol", "ticker"}):
            continue
        try:
            symbols[parse_symbol(text)] = None
        except SymbolError:
            bad.append(f"line {number}: {text[:40]!r}")
    if bad and not skip_bad:
        more = f" and {len(bad) - SHOWN} more" if len(bad) > SHOWN else ""
        hint = 'mend them, or say "on_bad": "skip"'
        raise ScannerError(f"{path} has lines that are no tickers: {', '.join(bad[:SHOWN])}{more}; {hint}")
    if not symbols:
        raise ScannerError(f"{path} has no ticker in it")
    return tuple(symbols), bad


def resolve(config: UniverseConfig, path: Path | None, there: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the symbols that a config names, before prices are looked at.

    Returns
    -------
    symbols, left_out
        Those that the source has, and what else the config's list or file names.

    Raises
    ------
    ScannerError
        If the file is refused.
    """
    known = set(there)
    skipped: list[str] = []
    if path is not None:
        named, skipped = read_universe(path, skip_bad=config.on_bad == "skip")
    else:
        named = tuple(sorted(known)) if config.symbols == "*" else tuple(config.symbols)
    absent = (name for name in named if name not in known)
    return tuple(name for name in named if name in known), (*absent, *skipped)


def liquid(config: UniverseConfig, symbols: tuple[str, ...], data: DataManager, before: dt.date) -> tuple[str, ...]:
    """Give those whose last price and traded value of a session lie within the config's bounds."""
    if config.min_price is None and config.max_price is None and config.min_dollar_volume is None:
        return symbols
    bars: Any = data.load_session(symbols, before)
    last = np.full(len(bars.names), np.nan)
    order = np.argsort(bars.ts, kind="stable")
    last[bars.symbol[order]] = bars.close[order]
    value = np.bincount(bars.symbol, weights=np.nan_to_num(bars.close * bars.volume), minlength=len(bars.names))
    low = -np.inf if config.min_price is None else config.min_price
    high = np.inf if config.max_price is None else config.max_price
    fits = (last >= low) & (last <= high) & (value >= (config.min_dollar_volume or 0.0))
    chosen = {name for name, fit in zip(bars.names, fits, strict=True) if fit}
    return tuple(name for name in symbols if name in chosen)
