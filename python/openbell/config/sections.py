"""The sections of a config, with their defaults."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, field_validator, model_validator

from openbell.config.fields import FrozenMapping, IndicatorField, IntervalField, Section, Symbol, several
from openbell.config.moment import Moment, MomentField
from openbell.errors import ConfigProblem
from openbell.indicators.custom import is_custom

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from openbell._core import Interval

Symbols = Annotated[
    Annotated[Literal["*"], Tag("all")] | Annotated[tuple[Symbol, ...], Tag("list")],
    Discriminator(lambda value: "all" if isinstance(value, str) else "list"),
]
Positive = Annotated[float, Field(gt=0)]


def _universe(value: object) -> object:
    """Give the short forms of a universe in full: ``"*"``, a list, or the path of a file."""
    if isinstance(value, str):
        return {"symbols": "*"} if value == "*" else {"file": value}
    return {"symbols": value} if isinstance(value, list | tuple) else value


def repeated(values: Iterable[object], path: str = "") -> list[ConfigProblem]:
    """Give a problem for each value that stands more than once."""
    counts = Counter(str(value) for value in values)
    return [ConfigProblem(path, f"{value} stands {n} times") for value, n in counts.items() if n > 1]


class BacktestConfig(Section):
    """The window of a backtest, both days included, and its speed: 0 as fast as possible, 1 real time."""

    start: dt.date = Field(examples=["2024-01-02"])
    end: dt.date = Field(examples=["2024-01-05"])
    speed: float = Field(default=0.0, ge=0)

    @model_validator(mode="after")
    def _in_order(self) -> BacktestConfig:
        if self.end < self.start:
            raise several([ConfigProblem("end", f"{self.end} is before start = {self.start}")])
        return self


class LiveConfig(Section):
    """A live run: after how many sessions it ends; never by itself, if not given."""

    sessions: int | None = Field(default=None, ge=1)


class HistoricalConfig(Section):
    """How much of earlier sessions is kept, and of which intervals (none named: of the streams)."""

    trailing_days: int = Field(default=0, ge=0, le=10_000)
    intervals: tuple[IntervalField, ...] = ()
    load_timeout_seconds: Positive = 30.0


class IndicatorsConfig(Section):
    """Indicators that the session's bars update, and indicators of completed sessions that stay fixed."""

    session: tuple[IndicatorField, ...] = ()
    historical: tuple[IndicatorField, ...] = ()

    @model_validator(mode="after")
    def _one_of_each(self) -> IndicatorsConfig:
        problems = []
        for name, indicators in (("session", self.session), ("historical", self.historical)):
            problems += repeated([i.make_key() for i in indicators], name)
        both = {i.make_key() for i in self.session} & {i.make_key() for i in self.historical}
        problems += [
            ConfigProblem("historical", f"{key} stands in session too; a key is read from one") for key in sorted(both)
        ]
        problems += [
            ConfigProblem("historical", f"{i.make_key()}: {kind} runs in the session only")
            for i in self.historical
            for kind, so in (
                ("an indicator of one's own", is_custom(i.name)),
                ("what compares with another symbol", i.against is not None),
            )
            if so
        ]
        if problems:
            raise several(problems)
        return self


class BarsConfig(Section):
    """How bars are kept: ring capacity, alignment of derived bars, extended hours, patience with late bars."""

    capacity: int = Field(default=5000, ge=2, le=100_000_000)
    align: Literal["session", "clock", "epoch"] = "session"
    extended_hours: bool = False
    late_grace_seconds: float = Field(default=5.0, ge=0)


class TradesConfig(Section):
    """How bars are made of trades: the table of sale conditions, and for how long a trade may be changed."""

    conditions: Literal["us", "lean", "none"] = "us"
    window_seconds: float = Field(default=900.0, ge=0)


class GapFillerConfig(Section):
    """How often and how soon a gap is asked for again."""

    max_retries: int = Field(default=5, ge=0)
    retry_interval_seconds: Positive = 60.0


class StreamingConfig(Section):
    """Lag and queues of a live session."""

    catchup_threshold_seconds: Positive = 60.0
    lag_session_share: float = Field(default=0.5, gt=0, le=1)
    queue_seconds: Positive = 300.0
    queue_policy: Literal["block", "reject", "coalesce", "halt"] = "block"
    removal_timeout_seconds: Positive = 10.0
    barrier_timeout_seconds: Positive = 2.0


class ScannerSchedule(Section):
    """When a scanner runs: from ``start`` to ``end``, both included, every ``interval``.

    Both are local time of the exchange (``09:35``) or relative to the session (``open+5m``, ``close-10m``).
    """

    start: MomentField = Moment("open")
    end: MomentField = Moment("close")
    interval: IntervalField = Field(examples=["5m"])


class UniverseConfig(Section):
    """Which symbols are screened: a list, a file, or ``"*"`` for all of the source, within bounds of price and value.

    Price and traded value are those of the session before the run.
    """

    symbols: Symbols = "*"
    file: str | None = None
    on_bad: Literal["refuse", "skip"] = "refuse"
    min_price: Annotated[float, Field(ge=0)] | None = None
    max_price: Positive | None = None
    min_dollar_volume: Annotated[float, Field(ge=0)] | None = None


UniverseField = Annotated[UniverseConfig, BeforeValidator(_universe)]


class ScannerConfig(Section):
    """A scanner: a dotted path or built-in name, or a filter expression."""

    module: str | None = None
    filter: str | None = None
    name: str | None = None
    enabled: bool = True
    universe: UniverseField | None = None
    config: FrozenMapping = Field(default={}, validate_default=True)
    pre_session: bool = False
    regular_session: tuple[ScannerSchedule, ...] = ()
    rank: str | None = None
    limit: Annotated[int, Field(ge=1)] | None = None
    promote: bool = False
    lock: bool = False
    time_limit_seconds: Positive = 30.0

    @model_validator(mode="after")
    def _module_or_filter(self) -> ScannerConfig:
        problems = []
        if (self.module is None) == (self.filter is None):
            problems.append(ConfigProblem("module", "give either module or filter"))
        if self.filter is None and (self.rank is not None or self.limit is not None):
            problems.append(ConfigProblem("rank", "rank and limit belong to a filter; a module has its own config"))
        if self.enabled and not self.pre_session and not self.regular_session:
            problems.append(ConfigProblem("regular_session", "say when it runs, or pre_session = true"))
        if problems:
            raise several(problems)
        return self

    @property
    def label(self) -> str:
        """What it is called."""
        return self.name or self.module or "filter"


class SessionDataConfig(Section):
    """What a session has: symbols, streams, history, indicators, and how they are kept.

    ``ticks`` are the trades and quotes that a live session has besides bars; they may stand among the streams.
    """

    symbols: Symbols = Field(examples=[["AAPL", "MSFT"], "*"])
    streams: tuple[IntervalField, ...] = Field(default=("1m",), validate_default=True)
    ticks: tuple[Literal["trades", "quotes"], ...] = ()
    historical: HistoricalConfig = HistoricalConfig()
    indicators: IndicatorsConfig = IndicatorsConfig()
    bars: BarsConfig = BarsConfig()
    trades: TradesConfig = TradesConfig()
    gap_filler: GapFillerConfig = GapFillerConfig()
    streaming: StreamingConfig = StreamingConfig()
    scanners: tuple[ScannerConfig, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _ticks_among_streams(cls, data: Any) -> Any:
        """Take ``trades`` and ``quotes`` out of the streams."""
        if not isinstance(data, dict) or not isinstance(data.get("streams"), list | tuple):
            return data
        ticks = [stream for stream in data["streams"] if stream in ("trades", "quotes")]
        streams = [stream for stream in data["streams"] if stream not in ticks]
        return {**data, "streams": streams, "ticks": [*data.get("ticks", ()), *ticks]} if ticks else data

    @model_validator(mode="after")
    def _compared_symbols(self) -> Self:
        there = self.symbols
        missing = [
            ConfigProblem(
                f"indicators.session[{index}].against",
                f"{i.against} is not among the session's symbols: add it to them",
            )
            for index, i in enumerate(self.indicators.session)
            if i.against is not None and there != "*" and i.against not in there
        ]
        if missing:
            raise several(missing)
        return self

    @field_validator("scanners")
    @classmethod
    def _distinct_scanners(cls, scanners: Sequence[ScannerConfig]) -> Sequence[ScannerConfig]:
        if problems := repeated(scanner.label for scanner in scanners):
            raise several([ConfigProblem(p.path, f"{p.message}: give each a name of its own") for p in problems])
        return scanners

    @field_validator("symbols")
    @classmethod
    def _distinct_symbols(cls, symbols: str | tuple[str, ...]) -> str | tuple[str, ...]:
        if symbols == ():
            raise ValueError('name at least one symbol, or "*" for all that the source has')
        if isinstance(symbols, tuple) and (problems := repeated(symbols)):
            raise several(problems)
        return symbols

    @field_validator("streams")
    @classmethod
    def _distinct_streams(cls, streams: Sequence[Interval]) -> Sequence[Interval]:
        if not streams:
            raise ValueError("name at least one interval")
        if problems := repeated(streams):
            raise several(problems)
        return streams
