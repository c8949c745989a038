"""Where the bars come from, by kind."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag, field_validator, model_validator

from openbell.config.fields import FrozenMapping, FrozenNames, IntervalField, Section, Symbol, several
from openbell.errors import ConfigProblem, hint

if TYPE_CHECKING:
    from openbell._core import Interval

ENTRY_POINTS = "openbell.sources"
COLUMN_NAMES = ("ts", "symbol", "open", "high", "low", "close", "volume", "vwap", "trade_count")


class TabularConfig(Section):
    """What bars in a table need to be told.

    Attributes
    ----------
    interval
        Of the bars in the table.
    columns
        Our name of a column to the table's: ``{"ts": "ts_utc"}``.
    tz
        Zone of times that carry none, such as ``America/New_York``; UTC if not given.
    label
        Whether times name a bar's open or its close.
    unit
        Of times that are whole numbers, since 1970.
    on_bad
        Whether a bad row refuses the table, or is counted and left out.
    gaps_verified
        Whether a minute that is not there is known to have had no trade.
    """

    interval: IntervalField = Field(default="1m", validate_default=True)
    columns: FrozenNames = Field(default={}, validate_default=True)
    tz: str | None = None
    label: Literal["open", "close"] = "open"
    unit: Literal["s", "ms", "us", "ns"] | None = None
    on_bad: Literal["refuse", "skip"] = "refuse"
    gaps_verified: bool = False

    @field_validator("columns")
    @classmethod
    def _known_columns(cls, columns: FrozenNames) -> FrozenNames:
        unknown = [name for name in columns if name not in COLUMN_NAMES]
        if unknown:
            raise several(
                [ConfigProblem(name, f"unknown column; known are {', '.join(COLUMN_NAMES)}") for name in unknown]
            )
        return columns

    @field_validator("tz")
    @classmethod
    def _known_zone(cls, tz: str | None) -> str | None:
        import zoneinfo

        if tz is not None and tz not in zoneinfo.available_timezones():
            raise ValueError(f"unknown time zone {tz!r}{hint(tz, sorted(zoneinfo.available_timezones()))}")
        return tz


class CsvConfig(TabularConfig):
    """A CSV or CSV.gz file, or a folder of them."""

    kind: Literal["csv"]
    path: str = Field(examples=["bars.csv.gz"])


class ParquetConfig(TabularConfig):
    """A Parquet file, or a folder of them."""

    kind: Literal["parquet"]
    path: str = Field(examples=["bars.parquet"])


class FrameConfig(TabularConfig):
    """A data frame, handed over in Python: ``SessionCoordinator(config, source=FrameSource(frame))``."""

    kind: Literal["frame"]


class SimulatorConfig(Section):
    """Invented bars, the same for the same seed.

    Attributes
    ----------
    symbols
        Names, or how many to invent.
    """

    kind: Literal["simulator"]
    seed: int = Field(default=1, ge=0, lt=2**63)
    symbols: Annotated[
        Annotated[int, Field(ge=1, le=100_000), Tag("count")] | Annotated[tuple[Symbol, ...], Tag("list")],
        Discriminator(lambda value: "list" if isinstance(value, list | tuple) else "count"),
    ] = 10
    interval: IntervalField = Field(default="1m", validate_default=True)

    @field_validator("interval")
    @classmethod
    def _whole_minutes(cls, interval: Interval) -> Interval:
        if interval.unit not in {"m", "h"}:
            raise ValueError(f"the simulator makes bars of minutes or hours, not of {interval}")
        return interval


class AlpacaConfig(Section):
    """Alpaca's market data for US stocks; needs ``pip install openbell[alpaca]``.

    Keys come from the environment, ``APCA_API_KEY_ID`` and ``APCA_API_SECRET_KEY``, or from a file.

    Attributes
    ----------
    feed
        ``iex`` (free) or ``sip`` (all exchanges).
    keys_file
        A JSON or TOML file with ``key_id`` and ``secret_key``.
    adjustment
        Of history for splits and dividends; the stream is raw.
    max_symbols, max_connections
        What the subscription allows: the free one 30 symbols on one connection.
    requests_per_minute
        How often history may be asked for.
    history_delay_seconds
        How long after its end a bar is in history for sure.
    stream_url, data_url
        Other addresses than Alpaca's own, such as a proxy's.
    """

    kind: Literal["alpaca"]
    feed: Literal["iex", "sip"] = "iex"
    keys_file: str | None = None
    adjustment: Literal["raw", "split", "dividend", "all"] = "raw"
    max_symbols: Annotated[int, Field(ge=1)] | None = None
    max_connections: int = Field(default=1, ge=1)
    requests_per_minute: Annotated[float, Field(gt=0)] = 200.0
    history_delay_seconds: float = Field(default=60.0, ge=0)
    stream_url: str | None = None
    data_url: str | None = None


class CcxtConfig(Section):
    """A crypto exchange that ccxt knows; needs ``pip install openbell[ccxt]``.

    Attributes
    ----------
    venue
        The exchange's name in ccxt, such as ``kraken``.
    options
        What ccxt's exchange is made with besides: ``{"urls": ...}``, ``{"options": ...}``.
    delay_seconds
        How long after its end a bar is asked for.
    """

    kind: Literal["ccxt"]
    venue: str = Field(examples=["kraken"])
    interval: IntervalField = Field(default="1m", validate_default=True)
    options: FrozenMapping = Field(default={}, validate_default=True)
    delay_seconds: Annotated[float, Field(ge=0)] = 1.0


class OtherSourceConfig(Section):
    """A source that another package brings, by entry point; its own keys are its own."""

    model_config = ConfigDict(frozen=True, extra="allow")

    kind: str

    @model_validator(mode="after")
    def _installed(self) -> OtherSourceConfig:
        import importlib.metadata

        installed = {point.name for point in importlib.metadata.entry_points(group=ENTRY_POINTS)}
        if self.kind not in installed:
            kinds = sorted({*BUILT_IN, *installed})
            meant = hint(self.kind, kinds, f"; there are {', '.join(kinds)}")
            raise several([ConfigProblem("kind", f"unknown kind {self.kind!r}{meant}")])
        return self


def _kind(value: Any) -> str | None:
    kind = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
    if kind is None:
        return None
    return kind if kind in BUILT_IN else "other"


class ReplayConfig(Section):
    """History that is played as if it came now.

    Attributes
    ----------
    source
        Where it is.
    start, end
        The sessions that are played, both included.
    speed
        1 is real time within a session, 60 a minute a second, 0 as fast as the run takes it.
    """

    kind: Literal["replay"]
    source: HistoryConfig = Field(examples=[{"kind": "csv", "path": "bars.csv.gz"}])
    start: dt.date = Field(examples=["2024-01-02"])
    end: dt.date = Field(examples=["2024-01-05"])
    speed: float = Field(default=0.0, ge=0)

    @model_validator(mode="after")
    def _in_order(self) -> ReplayConfig:
        if self.end < self.start:
            raise several([ConfigProblem("end", f"{self.end} is before start = {self.start}")])
        return self


# By kind; another package's are all alike.
SECTIONS: dict[str, type[Section]] = {
    "csv": CsvConfig,
    "parquet": ParquetConfig,
    "frame": FrameConfig,
    "simulator": SimulatorConfig,
    "replay": ReplayConfig,
    "alpaca": AlpacaConfig,
    "ccxt": CcxtConfig,
    "other": OtherSourceConfig,
}
BUILT_IN = tuple(kind for kind in SECTIONS if kind != "other")
_MISSING = f"kind is missing; there are {', '.join(BUILT_IN)}"
HistoryConfig = Annotated[
    Annotated[CsvConfig, Tag("csv")]
    | Annotated[ParquetConfig, Tag("parquet")]
    | Annotated[SimulatorConfig, Tag("simulator")]
    | Annotated[OtherSourceConfig, Tag("other")],
    Discriminator(_kind, custom_error_type="openbell_kind", custom_error_message=_MISSING),
]
ReplayConfig.model_rebuild()

SourceConfig = Annotated[
    Annotated[CsvConfig, Tag("csv")]
    | Annotated[ParquetConfig, Tag("parquet")]
    | Annotated[FrameConfig, Tag("frame")]
    | Annotated[SimulatorConfig, Tag("simulator")]
    | Annotated[ReplayConfig, Tag("replay")]
    | Annotated[AlpacaConfig, Tag("alpaca")]
    | Annotated[CcxtConfig, Tag("ccxt")]
    | Annotated[OtherSourceConfig, Tag("other")],
    Discriminator(_kind, custom_error_type="openbell_kind", custom_error_message=_MISSING),
]
