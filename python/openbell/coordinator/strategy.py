"""What a strategy is."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openbell._core import Bar
    from openbell.scanners import ScanResult
    from openbell.session import SessionData
    from openbell.session.ticks import QuoteTick, TradeTick


class Strategy:
    """The base of strategies: override what is of interest; what is not overridden costs nothing.

    Every callback of one step of the clock sees the same session: all bars that ended by then, no bar that has not.
    A callback that raises is logged and counted, and the run goes on.

    Attributes
    ----------
    intervals
        Narrows `on_bar` and `on_bar_revised`: ``intervals = ("5m",)``. None: all intervals of the config's streams.

    Examples
    --------
    >>> class Closes(Strategy):
    ...     intervals = ("5m",)
    ...     def on_bar(self, session, bar):
    ...         average = session.get_indicator_value(bar.symbol, "sma_20_5m")
    """

    intervals: ClassVar[Sequence[str] | None] = None

    def on_start(self, session: SessionData) -> None:
        """Run once, after history was loaded and indicators were warmed up."""

    def on_session_start(self, session: SessionData) -> None:
        """Run at the open of each session; extended hours that precede it are part of it."""

    def on_bar(self, session: SessionData, bar: Bar) -> None:
        """Run for each closed bar: shorter intervals first, then by symbol. ``session.now`` is the bar's end."""

    def on_bar_revised(self, session: SessionData, bar: Bar, old: Bar | None) -> None:
        """Run for each closed bar that a correction or a late bar changed; ``old`` is None if it was missing."""

    def on_trade(self, session: SessionData, trade: TradeTick) -> None:
        """Run for each trade, cancel and correction of a live session whose config streams trades."""

    def on_quote(self, session: SessionData, quote: QuoteTick) -> None:
        """Run for each quote of a live session whose config streams quotes."""

    def on_indicator_valid(self, session: SessionData, symbol: str, key: str) -> None:
        """Run when an indicator has its first value."""

    def on_symbol_added(self, session: SessionData, symbol: str) -> None:
        """Run when a symbol that was added during the run is usable."""

    def on_symbol_removed(self, session: SessionData, symbol: str) -> None:
        """Run when a symbol was removed."""

    def on_scan(self, session: SessionData, result: ScanResult) -> None:
        """Run after each scan, with what it found."""

    def on_session_end(self, session: SessionData) -> None:
        """Run after the close of each session, when its last bars have closed."""

    def on_stop(self, session: SessionData) -> None:
        """Run once, at the end, also of a run that was stopped or failed."""


def overrides(strategy: Strategy, name: str) -> bool:
    """Whether a strategy has its own version of a callback."""
    own = getattr(type(strategy), name)
    return own is not getattr(Strategy, name)
