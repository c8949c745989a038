"""From a config to everything a run needs, or to all that is wrong with it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openbell.clock import TimeManager
from openbell.clock.session import local_time
from openbell.errors import ConfigError, ConfigProblem, NoDataError
from openbell.report.html import page_problem
from openbell.session.provision import Provision, provision
from openbell.sources import DataManager, LiveSource, open_source

if TYPE_CHECKING:
    import datetime as dt

    from openbell.config import SessionConfig
    from openbell.sources import Source

logger = logging.getLogger(__name__)

# Sessions before the first whose real lengths are looked at; further back, the last of them stands for all.
LOOK_BACK = 64


@dataclass(frozen=True, slots=True)
class Setup:
    """What a run runs on; ``whole_source`` if its symbols are all that the source has.

    ``sessions`` are those of a backtest; of a live run those that are played, or the first only.
    """

    time_manager: TimeManager
    data_manager: DataManager
    symbols: tuple[str, ...]
    whole_source: bool
    skipped: dict[str, str]
    layout: Provision
    sessions: tuple[dt.date, ...]
    history: tuple[dt.date, ...]
    bounded: bool = True


def make_time_manager(config: SessionConfig) -> TimeManager:
    """Give the clock and the calendar of a config."""
    extended = config.session_data_config.bars.extended_hours
    return TimeManager(config.exchange, extended_hours=extended, live=config.mode == "live")


def prepare(config: SessionConfig, time_manager: TimeManager, source: Source | None) -> Setup:
    """Open the source and work out symbols, layout and sessions.

    Raises
    ------
    ConfigError
        If the config asks for what this version has not, or for a report where none can be written.
    NoDataError
        If there is no session in the window, or the source has none of the symbols.
    SourceError, IntervalError
        If the source cannot be read, or something cannot be derived from its bars.
    """
    _refuse_what_is_not_there(config)
    if config.mode == "live":
        source = open_source(config, time_manager) if source is None else source
        sessions = _live_sessions(source, time_manager)
    else:
        sessions = _backtest_sessions(config, time_manager)
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
    among = set(symbols)
    for indicator in template.indicators.session:
        if indicator.against is not None and indicator.against not in among:
            logger.warning("%s has no value: the source has no bars of %s", indicator.make_key(), indicator.against)
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
        bounded=config.mode == "backtest" or hasattr(source, "dates"),
    )


def _backtest_sessions(config: SessionConfig, time_manager: TimeManager) -> tuple[dt.date, ...]:
    window = config.backtest
    if window is None:
        raise ConfigError([ConfigProblem("backtest", "a backtest needs a start and an end")])
    if config.session_data_config.ticks:
        why = "a backtest plays bars: trades and quotes are streamed in live runs"
        raise ConfigError([ConfigProblem("session_data_config.ticks", why)])
    sessions = tuple(time_manager.sessions(window.start, window.end))
    if not sessions:
        raise NoDataError(f"{config.exchange} has no session from {window.start} to {window.end}")
    return sessions


def _live_sessions(source: Source, time_manager: TimeManager) -> tuple[dt.date, ...]:
    """Give the sessions that are played again, or the one that is under way or comes next."""
    if not isinstance(source, LiveSource):
        why = f"{source.capabilities.label} has no live half; a source of kind replay plays history as if it came now"
        raise ConfigError([ConfigProblem("source", why)])
    clock = getattr(source, "clock", None)
    if clock is not None:
        time_manager.clock = clock
    if dates := getattr(source, "dates", None):
        return tuple(dates)
    now_ns = time_manager.now_ns
    today = local_time(now_ns, time_manager.zone).date()
    last = time_manager.get_trading_session(today).segments
    over = not last or last[-1].close_ns <= now_ns
    return (time_manager.next_session(today) if over else today,)


def session_seconds(time_manager: TimeManager, before: dt.date) -> list[float]:
    """Give the lengths of the regular sessions before a date, the latest first."""
    lengths = []
    for date in reversed(time_manager.sessions_before(before, LOOK_BACK)):
        segments = time_manager.get_trading_session(date).segments
        lengths.append(sum(s.close_ns - s.open_ns for s in segments if s.regular) / 1e9)
    return lengths or [23_400.0]


def _refuse_what_is_not_there(config: SessionConfig) -> None:
    not_there = {
        "exchanges": bool(config.exchanges),
        "journal": config.journal is not None,
    }
    asked_for = [path for path, asked in not_there.items() if asked]
    problems = [ConfigProblem(path, "this version cannot do it yet; leave it out") for path in asked_for]
    if config.report is not None and (problem := page_problem(config.resolve(config.report))):
        problems.append(ConfigProblem("report", problem))
    if problems:
        raise ConfigError(problems)
