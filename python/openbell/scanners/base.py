"""What a scanner is, what it is given, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from openbell.errors import NotRunningError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from pydantic import BaseModel

    from openbell._core import Interval
    from openbell.indicators import IndicatorConfig
    from openbell.session import Frame, SessionData


@dataclass(slots=True)
class ScanContext:
    """What a scanner sees, and by what it asks: what is asked for here is owned by the scanner.

    Attributes
    ----------
    session_data
        The session; read whatever you like.
    time, now_ns
        The session's clock: local time of the exchange, and nanoseconds since 1970 UTC.
    mode
        ``backtest`` or ``live``.
    config
        The scanner's own.
    name
        The scanner's.
    universe
        The symbols to be screened; those that the session does not have can be asked for.
    base_interval
        Of the source's bars.
    expected, arrived
        At a scan: how many symbols of the universe were active lately, and how many of them have the bar that ends now.
    """

    session_data: SessionData
    time: dt.datetime
    now_ns: int
    mode: str
    config: Mapping[str, Any]
    name: str
    universe: tuple[str, ...]
    base_interval: Interval
    expected: int = 0
    arrived: int = 0
    _revoked: bool = field(default=False, repr=False)

    @property
    def owner(self) -> str:
        """By which name its shares are counted."""
        return f"scanner:{self.name}"

    def revoke(self) -> None:
        """Refuse what is asked from now on: the scanner overran."""
        self._revoked = True

    def _session(self) -> SessionData:
        if self._revoked:
            raise NotRunningError(f"{self.name} has overrun its time: what it asks for is not done any more")
        return self.session_data

    def add_indicator(
        self, symbol: str, indicator: IndicatorConfig | str, config: Mapping[str, Any] | None = None
    ) -> bool:
        """Ask for an indicator; see `SessionData.add_indicator`."""
        return self._session().add_indicator(symbol, indicator, config, owner=self.owner)

    def add_session_bars(self, symbol: str, interval: Interval | str) -> bool:
        """Ask for bars of the session; see `SessionData.add_session_bars`."""
        return self._session().add_session_bars(symbol, interval, owner=self.owner)

    def add_historical_bars(self, symbol: str, interval: Interval | str, days: int) -> bool:
        """Ask for bars of earlier sessions; see `SessionData.add_historical_bars`."""
        return self._session().add_historical_bars(symbol, interval, days, owner=self.owner)

    def add_symbol(self, symbol: str) -> bool:
        """Make a strategy symbol of it; asking again does no harm."""
        return self._session().add_symbol(symbol)

    def snapshot(self, columns: Sequence[str], symbols: Sequence[str] | None = None) -> Frame:
        """Take a cut across the universe, or some symbols of it; see `SessionData.snapshot`."""
        return self.session_data.snapshot(columns, self.universe if symbols is None else symbols)

    def let_go(self) -> int:
        """Let go of what was asked for, but for what is shared or locked; give of how many symbols."""
        session = self._session()
        symbols = session.wishes.owned_by(self.owner)
        for symbol in symbols:
            session.remove_symbol_adhoc(symbol, owner=self.owner)
        return len(symbols)


@dataclass(frozen=True, slots=True)
class ScanResult:
    """What a scan found.

    Attributes
    ----------
    symbols
        The best first.
    metadata
        By symbol, what you would like to know later; kept with the hits.
    scanner, time_ns, seconds, error, expected, arrived
        Filled in by the manager: whose, when (nanoseconds since 1970 UTC), how long it took (wall time), what it
        raised, and how many symbols were expected and had arrived.
    """

    symbols: Sequence[str] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    scanner: str = ""
    time_ns: int = 0
    seconds: float = 0.0
    error: str | None = None
    expected: int = 0
    arrived: int = 0


@dataclass(frozen=True, slots=True)
class ScanHit:
    """A symbol that a scan found: when, in which place (from 1), and what was said of it."""

    scanner: str
    symbol: str
    time_ns: int
    rank: int
    metadata: Any


class BaseScanner:
    """The base of scanners.

    Parameters
    ----------
    config
        What the session's config says under the scanner's ``config``; it stands as ``self.config``.

    Attributes
    ----------
    Params
        A pydantic model of the config, if it has one: it is checked before anything starts, and stands as
        ``self.params``.

    Examples
    --------
    >>> class Gap(BaseScanner):
    ...     def setup(self, context):
    ...         for symbol in context.universe:
    ...             context.add_indicator(symbol, "sma", {"period": 20, "interval": "1d"})
    ...         return True
    ...     def scan(self, context):
    ...         frame = context.snapshot(["close", "sma_20_1d"])
    ...         above = frame["close"] > frame["sma_20_1d"] * 1.02
    ...         return ScanResult(symbols=list(frame["symbol"][above]))
    """

    Params: ClassVar[type[BaseModel] | None] = None

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.config = config
        self.params: Any = None if self.Params is None else self.Params.model_validate(dict(config))

    def setup(self, context: ScanContext) -> bool:  # noqa: ARG002  # for those who override it
        """Ask for what the scans need; once a day, before the session. False: not today."""
        return True

    def scan(self, context: ScanContext) -> ScanResult:
        """Look at the session as it is now.

        Raises
        ------
        NotImplementedError
            If the scanner does not say how.
        """
        raise NotImplementedError(f"{type(self).__name__} has no scan(context)")

    def teardown(self, context: ScanContext) -> None:
        """Clean up after the session: by default, let go of all that was asked for."""
        context.let_go()
