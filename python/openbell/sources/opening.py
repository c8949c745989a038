"""The source that a config asks for."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from openbell.config import (
    AlpacaConfig,
    CcxtConfig,
    CsvConfig,
    FrameConfig,
    ParquetConfig,
    ReplayConfig,
    SimulatorConfig,
)
from openbell.config.source import ENTRY_POINTS
from openbell.errors import NoDataError, SourceError
from openbell.sources.files import CsvSource, ParquetSource
from openbell.sources.replay import ReplaySource
from openbell.sources.simulator import SimulatorSource
from openbell.sources.table import TableOptions

if TYPE_CHECKING:
    from openbell.clock import TimeManager
    from openbell.config import SessionConfig
    from openbell.config.source import TabularConfig
    from openbell.sources.protocol import Source


def open_source(config: SessionConfig, time_manager: TimeManager) -> Source:
    """Open the source of a config.

    A kind that another package brings is looked up among the entry points of the group ``openbell.sources``: a callable
    that takes the config and the time manager and gives a `Source`.

    Raises
    ------
    SourceError
        If it cannot be opened.
    """
    return _open(config.source, config, time_manager)


def _open(source: Any, config: SessionConfig, time_manager: TimeManager) -> Source:
    if isinstance(source, CsvConfig):
        return CsvSource(config.resolve(source.path), **_options(source))
    if isinstance(source, ParquetConfig):
        return ParquetSource(config.resolve(source.path), **_options(source))
    if isinstance(source, SimulatorConfig):
        return SimulatorSource(source.symbols, seed=source.seed, time_manager=time_manager)
    if isinstance(source, ReplayConfig):
        return _open_replay(source, config, time_manager)
    if isinstance(source, AlpacaConfig | CcxtConfig):
        return _open_vendor(source, config)
    if isinstance(source, FrameConfig):
        raise SourceError(
            "source.kind is 'frame': hand the frame over, SessionCoordinator(config, source=FrameSource(frame))"
        )
    import importlib.metadata

    (point,) = importlib.metadata.entry_points(group=ENTRY_POINTS, name=source.kind)
    opened: Source = point.load()(config, time_manager)
    return opened


def _open_replay(source: ReplayConfig, config: SessionConfig, time_manager: TimeManager) -> Source:
    dates = time_manager.sessions(source.start, source.end)
    if not dates:
        raise NoDataError(f"{config.exchange} has no session from {source.start} to {source.end}")
    return ReplaySource(_open(source.source, config, time_manager), time_manager, dates, speed=source.speed)


def _open_vendor(source: AlpacaConfig | CcxtConfig, config: SessionConfig) -> Source:
    """Open what an extra brings."""
    if isinstance(source, CcxtConfig):
        from openbell.sources.crypto import CcxtSource

        return CcxtSource(source)
    from openbell.sources.alpaca import AlpacaSource

    return AlpacaSource(source, _symbols(config), config.resolve)


def _symbols(config: SessionConfig) -> tuple[str, ...]:
    symbols = config.session_data_config.symbols
    if isinstance(symbols, str):
        raise SourceError('alpaca does not list its symbols: name those of the session instead of "*"')
    return symbols


def _options(source: TabularConfig) -> dict[str, Any]:
    return {option.name: getattr(source, option.name) for option in dataclasses.fields(TableOptions)}
