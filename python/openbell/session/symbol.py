"""One symbol of a session: a view that reads when it is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, TypeVar

from openbell._core import Interval, parse_symbol

if TYPE_CHECKING:
    import datetime as dt

    from openbell._core import Bars, IndicatorData, Quote, SessionCore, SessionMetrics, Trade
    from openbell.quality import DataQualityManager, Gap, Quality


V = TypeVar("V")


class IntervalBars:
    """The session bars of one symbol and interval."""

    __slots__ = ("_core", "_quality", "interval", "symbol")

    def __init__(self, core: SessionCore, quality: DataQualityManager, symbol: str, interval: Interval) -> None:
        self._core = core
        self._quality = quality
        self.symbol = symbol
        self.interval = interval

    def __repr__(self) -> str:
        return f"IntervalBars({self.symbol} {self.interval}, {len(self)} bars)"

    def __len__(self) -> int:
        return len(self.data)

    @property
    def data(self) -> Bars:
        """The bars as columns: a copy."""
        return self._core.get_bars(self.symbol, self.interval)

    @property
    def derived(self) -> bool:
        """Whether they are aggregated from shorter ones."""
        return self.interval != self._core.intervals(self.symbol)[0]

    @property
    def updated(self) -> int | None:
        """Open of the newest bar, in nanoseconds since 1970 UTC."""
        bar = self._core.get_latest_bar(self.symbol, self.interval)
        return None if bar is None else bar.ts

    @property
    def quality(self) -> Quality | None:
        """Expected, present and missing bars up to the clock."""
        return self._quality.session(self.symbol, self.interval)

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """The missing bars as ranges."""
        quality = self.quality
        return () if quality is None else quality.gaps


class HistoricalBars:
    """The bars of earlier sessions of one symbol and interval."""

    __slots__ = ("_core", "_quality", "interval", "symbol")

    def __init__(self, core: SessionCore, quality: DataQualityManager, symbol: str, interval: Interval) -> None:
        self._core = core
        self._quality = quality
        self.symbol = symbol
        self.interval = interval

    @property
    def data_by_date(self) -> dict[dt.date, Bars]:
        """The bars of each session that is kept: copies."""
        return self._core.get_historical_bars(self.symbol, self.interval).by_date()

    @property
    def quality(self) -> dict[dt.date, Quality]:
        """Expected, present and missing bars of each session."""
        return self._quality.history(self.symbol, self.interval)

    @property
    def gaps(self) -> dict[dt.date, tuple[Gap, ...]]:
        """The missing bars of each session as ranges."""
        return {date: quality.gaps for date, quality in self.quality.items()}


class ByInterval(Mapping[Interval, V]):
    """Values by interval; a key may be written as text, ``bars["5m"]``."""

    __slots__ = ("_values",)

    def __init__(self, values: dict[Interval, V]) -> None:
        self._values = values

    def __getitem__(self, interval: Interval | str) -> V:
        return self._values[Interval(interval)]

    def __iter__(self) -> Iterator[Interval]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"ByInterval({', '.join(map(str, self))})"


class History:
    """Earlier sessions of one symbol: ``.bars`` by interval."""

    __slots__ = ("bars",)

    def __init__(self, bars: ByInterval[HistoricalBars]) -> None:
        self.bars = bars


class SymbolData:
    """What a session knows of one symbol. Every attribute reads the session anew.

    Examples
    --------
    >>> session.get_symbol_data("SPY").bars["5m"].quality.percent  # doctest: +SKIP
    100.0
    """

    __slots__ = ("_core", "_quality", "symbol")

    def __init__(self, core: SessionCore, quality: DataQualityManager, symbol: str) -> None:
        self._core = core
        self._quality = quality
        self.symbol = symbol

    def __repr__(self) -> str:
        return f"SymbolData({self.symbol})"

    @property
    def bars(self) -> ByInterval[IntervalBars]:
        """Session bars by interval."""
        intervals = self._core.intervals(self.symbol)
        return ByInterval({i: IntervalBars(self._core, self._quality, self.symbol, i) for i in intervals})

    @property
    def historical(self) -> History:
        """``.bars``: bars of earlier sessions by interval."""
        intervals = self._core.intervals(self.symbol)
        return History(ByInterval({i: HistoricalBars(self._core, self._quality, self.symbol, i) for i in intervals}))

    @property
    def indicators(self) -> dict[str, IndicatorData]:
        """Every indicator by key."""
        return self._core.get_all_indicators(self.symbol)

    @property
    def trade(self) -> Trade | None:
        """The newest trade that sets a price."""
        return self._core.get_last_trade(self.symbol)

    @property
    def quote(self) -> Quote | None:
        """The last quote."""
        return self._core.get_quote(self.symbol)

    @property
    def metrics(self) -> SessionMetrics | None:
        """The figures of the running session."""
        return self._core.get_metrics(self.symbol)

    @property
    def quality(self) -> float | None:
        """Present and verified base bars in percent of the expected ones."""
        quality = self._quality.session(self.symbol, self._core.intervals(self.symbol)[0])
        return None if quality is None else quality.percent

    @property
    def gaps(self) -> dict[Interval, tuple[Gap, ...]]:
        """Missing bars of the running session by interval."""
        return {interval: bars.gaps for interval, bars in self.bars.items()}


class SymbolMap(Mapping[str, SymbolData]):
    """A live mapping of the session's symbols."""

    __slots__ = ("_core", "_quality")

    def __init__(self, core: SessionCore, quality: DataQualityManager) -> None:
        self._core = core
        self._quality = quality

    def __getitem__(self, symbol: str) -> SymbolData:
        name = parse_symbol(symbol)
        if not self._core.has_symbol(name):
            raise KeyError(symbol)
        return SymbolData(self._core, self._quality, name)

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._core.symbol_names()))

    def __len__(self) -> int:
        return self._core.symbol_count()
