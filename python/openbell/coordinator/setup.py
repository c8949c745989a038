"""From a config to everything a run needs, or to all that is wrong with it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openbell.clock import TimeManager
from openbell.errors import ConfigError, ConfigProblem, NoDataError
from openbell.session.provision import Provision, provision
from openbell.sources import DataManager, open_source

if TYPE_CHECKING:
    import datetime as dt

    from openbell.config import SessionConfig
    from openbell.sources import Source

logger = logging.getLogger(__name__)

# Sessions before the first whose real lengths are looked at; further back, the last of them stands for all.
LOOK_BACK = 64


@dataclass(frozen=True, slots=True)
class Setup:
    """What a backtest runs on; ``whole_source`` if its symbols are all that the source has."""

    time_manager: TimeManager
    data_manager: DataManager
    symbols: tuple[str, ...]
    whole_source: bool
    skipped: dict[str, str]
    layout: Provision
    sessions: tuple[dt.date, ...]
    history: tuple[dt.date, ...]


def make_time_manager(config: SessionConfig) -> TimeManager:
    """Give the clock and the calendar of a config."""
    return TimeManager(config.exchange, extended_hours=config.session_data_config.bars.extended_hours)


def prepare(config: SessionConfig, time_manager: TimeManager, source: Source | None) -> Setup:
    """Open the source and work out symbols, layout and sessions.

    Raises
    ------
    ConfigError
        If the config asks for what this version has not.
    NoDataError
        If there is no session in the window, or the source has none of the symbols.
    SourceError, IntervalError
        If the source cannot be read, or something cannot be derived from its bars.
    """
    _refuse_what_is_not_there(config)
    window = config.backtest
    if window is None:
        raise ConfigError([ConfigProblem("backtest", "a backtest needs a start and an end")])
    sessions = tuple(time_manager.sessions(window.start, window.end))
    if not sessions:
        raise NoDataError(f"{config.exchange} has no session from {window.start} to {window.end}")
    source = open_source(config, time_manager) if source is None else source
    template = config.session_data_config
    layout = provision(
        template, source_interval=source.interval, session_seconds=session_seconds(time_manager, sessions[0])
    )
    there = source.symbols()
    if template.symbols == "*":
        symbols, skipped = there, {}
    else:
        known = set(there)
        symbols = tuple(name for name in template.symbols if name in known)
        skipped = {name: "the source has no bars of it" for name in template.symbols if name not in known}
    for name, why in skipped.items():
        logger.warning("%s is skipped: %s", name, why)
    if not symbols:
        has = f"it has {', '.join(there[:10])}{', …' if len(there) > 10 else ''}" if there else "it has no bars at all"
        raise NoDataError(f"{source.capabilities.label} has none of the config's symbols; {has}")
    return Setup(
        time_manager=time_manager,
        data_manager=DataManager(source, time_manager),
        symbols=symbols,
        whole_source=len(symbols) == len(there),
        skipped=skipped,
        layout=layout,
        sessions=sessions,
        history=tuple(time_manager.sessions_before(sessions[0], layout.historical_days)),
    )


def session_seconds(time_manager: TimeManager, before: dt.date) -> list[float]:
    """Give the lengths of the regular sessions before a date, the latest first."""
    lengths = []
    for date in reversed(time_manager.sessions_before(before, LOOK_BACK)):
        segments = time_manager.get_trading_session(date).segments
        lengths.append(sum(s.close_ns - s.open_ns for s in segments if s.regular) / 1e9)
    return lengths or [23_400.0]


def _refuse_what_is_not_there(config: SessionConfig) -> None:
    not_there = {
        "mode": config.mode == "live",
        "exchanges": bool(config.exchanges),
        "journal": config.journal is not None,
        "threads": config.threads > 1,
    }
    if asked_for := [path for path, asked in not_there.items() if asked]:
        raise ConfigError([ConfigProblem(path, "this version cannot do it yet; leave it out") for path in asked_for])
