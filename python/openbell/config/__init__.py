"""The session config: one frozen template of a run, read from JSON, TOML or YAML."""

from openbell.config.example import example, schema, write_example
from openbell.config.sections import (
    BacktestConfig,
    BarsConfig,
    GapFillerConfig,
    HistoricalConfig,
    IndicatorsConfig,
    LiveConfig,
    ScannerConfig,
    ScannerSchedule,
    SessionDataConfig,
    StreamingConfig,
)
from openbell.config.session import SessionConfig
from openbell.config.source import (
    AlpacaConfig,
    CcxtConfig,
    CsvConfig,
    FrameConfig,
    OtherSourceConfig,
    ParquetConfig,
    ReplayConfig,
    SimulatorConfig,
)

__all__ = [
    "AlpacaConfig",
    "BacktestConfig",
    "BarsConfig",
    "CcxtConfig",
    "CsvConfig",
    "FrameConfig",
    "GapFillerConfig",
    "HistoricalConfig",
    "IndicatorsConfig",
    "LiveConfig",
    "OtherSourceConfig",
    "ParquetConfig",
    "ReplayConfig",
    "ScannerConfig",
    "ScannerSchedule",
    "SessionConfig",
    "SessionDataConfig",
    "SimulatorConfig",
    "StreamingConfig",
    "example",
    "schema",
    "write_example",
]
