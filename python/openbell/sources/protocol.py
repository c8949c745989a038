"""What a source of bars is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openbell._core import Interval
    from openbell.sources.columns import Columns
    from openbell.sources.refused import RefusedRows


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a source can do.

    Attributes
    ----------
    label
        What it calls itself in a summary: a path, a vendor.
    gaps_verified
        Whether a bar that is not there is known to have had no trade.
    history_delay_s
        For how long after its end a bar may still be missing in history, in seconds: nothing is asked for before.
    requests_per_minute
        How often its history may be asked for; None if there is no limit.
    """

    label: str
    gaps_verified: bool = False
    history_delay_s: float = 0.0
    requests_per_minute: float | None = None


@runtime_checkable
class Source(Protocol):
    """A source of base bars: anything with these members."""

    @property
    def interval(self) -> Interval:
        """The interval of its bars."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""

    @property
    def refused(self) -> RefusedRows:
        """The bad rows it left out so far."""

    def symbols(self) -> tuple[str, ...]:
        """List the symbols it has, in order of name."""

    def span(self) -> tuple[int, int] | None:
        """Give the opens of its first and last bar, in nanoseconds since 1970 UTC; None if it has no bounds."""

    def history(self, symbols: Sequence[str] | None, start_ns: int, end_ns: int) -> Columns:
        """Give the bars of some symbols (all: None) that open within ``[start_ns, end_ns)``.

        Of two bars for one symbol and time, the later one stands: the engine decides, a source leaves both.
        """
