"""Every exception that openbell raises on purpose, and how a message says what was probably meant.

Each exception inherits ``OpenbellError`` and the builtin that a caller would catch, and says what was wrong, where, and
what would be right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Give the one of some names that was probably meant, in capitals or not; None if none is like it."""
    import difflib  # where nothing is wrong, nobody waits for it

    by_lower = {one.lower(): one for one in known}
    found = difflib.get_close_matches(name.lower(), by_lower, n=1)
    return by_lower[found[0]] if found else None


def hint(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """Give the end of a message about an unknown name: which was probably meant, or else what there is."""
    meant = nearest(name, known)
    return otherwise if meant is None else f"; did you mean {meant!r}?"


class OpenbellError(Exception):
    """Base of all exceptions of openbell."""


class SymbolError(OpenbellError, ValueError):
    """A string is not a ticker, or no such symbol is registered."""


class IntervalError(OpenbellError, ValueError):
    """A string is not an interval, or the interval cannot be had for this symbol."""


class IndicatorError(OpenbellError, ValueError):
    """An indicator, one of its parameters, outputs or its key is unknown or out of range."""


class ColumnsError(OpenbellError, ValueError):
    """The columns of a batch are missing, of unequal length or of the wrong type."""


class CalendarError(OpenbellError, ValueError):
    """An exchange is unknown, or a date lies outside what its calendar covers."""


class ClockError(OpenbellError, ValueError):
    """The clock was asked to go back."""


class SourceError(OpenbellError, ValueError):
    """A data source cannot be read, lacks a column, or holds rows that were not to be skipped."""


class NoDataError(OpenbellError, LookupError):
    """A source has nothing for any of the symbols and days that were asked for."""


class ScannerError(OpenbellError, ValueError):
    """A scanner cannot be loaded, its config, universe or an expression is wrong."""


class RemoteError(OpenbellError, RuntimeError):
    """A request to a running session was refused, or could not be sent."""


class NoSessionError(RemoteError):
    """There is no running session to talk to."""


class NotRunningError(OpenbellError, RuntimeError):
    """The call needs a running session."""


class FeedError(OpenbellError, ConnectionError):
    """A live feed cannot be had, for good."""


class CapacityError(OpenbellError, RuntimeError):
    """There is no room: a provider takes no more symbols, or a queue has filled up."""


class StrategyError(OpenbellError, ValueError):
    """A strategy cannot be loaded."""


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """One thing wrong with a config.

    Attributes
    ----------
    path
        Where it is, as a dotted path such as ``session_data_config.indicators.session[0].period``.
    message
        What is wrong and what would be right.
    """

    path: str
    message: str


class ConfigError(OpenbellError, ValueError):
    """A config is wrong; ``problems`` lists everything that is, each with its path."""

    def __init__(self, problems: Sequence[ConfigProblem], origin: str | None = None) -> None:
        self.problems = tuple(problems)
        self.origin = origin
        head = f"{origin or 'config'}: {len(self.problems)} problem{'s' if len(self.problems) != 1 else ''}"
        super().__init__("\n".join([head, *(f"  {p.path}: {p.message}" for p in self.problems)]))
