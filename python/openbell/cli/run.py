"""``openbell run`` and ``openbell demo``."""

from __future__ import annotations

import json
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import typer

from openbell.cli.exits import clean
from openbell.errors import ConfigError, ConfigProblem, NotRunningError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from rich.console import Console

    from openbell.config import SessionConfig
    from openbell.coordinator import RunResult, SessionCoordinator, Strategy


@clean
def run_config(
    path: Path,
    *,
    strategy: str | None,
    report: Path | None,
    speed: float | None,
    as_json: bool,
    progress: bool,
    listen: bool = False,
    paused: bool = False,
) -> None:
    """Run a config to its end and print what it came to."""
    from openbell.config import SessionConfig

    # First: it may register indicators that the config names.
    called = _load(strategy)
    config = SessionConfig.load(path)
    if speed is not None and config.backtest is not None:
        config = config.with_speed(speed)
    _run(config, called, report=report, as_json=as_json, progress=progress, listen=listen, paused=paused)


@clean
def replay_config(path: Path, *, speed: float, date: dt.date | None, strategy: str | None, **wants: Any) -> None:
    """Play a config's sessions live and print what that came to."""
    from openbell.config import SessionConfig

    called = _load(strategy)
    _run(SessionConfig.load(path).as_replay(speed=speed, start=date, end=date), called, **wants)


def _load(strategy: str | None) -> Strategy | None:
    from openbell.coordinator import load_strategy

    return None if strategy is None else load_strategy(strategy)


def _run(
    config: SessionConfig,
    called: Strategy | None,
    *,
    report: Path | None,
    as_json: bool,
    progress: bool,
    listen: bool,
    paused: bool = False,
) -> None:
    from rich.console import Console

    from openbell.coordinator import SessionCoordinator
    from openbell.report import page_problem, summary_tables

    if report is not None and (problem := page_problem(report)):
        raise ConfigError([ConfigProblem("--report", problem)])
    stderr = Console(stderr=True)
    with _progress(stderr, enabled=progress) as tell:
        run = SessionCoordinator(config, strategy=called, progress=tell)
        with _listening(run, stderr) if listen else nullcontext():
            result = run.run(paused=paused) if config.mode == "backtest" else _until_stopped(run, paused=paused)
    stdout = Console()
    if as_json:
        typer.echo(json.dumps(result.summary.to_dict(), indent=2))
    else:
        for table in summary_tables(result.summary):
            stdout.print(table)
        for warning in result.summary.warnings:
            stdout.print(f"raised: {warning}", markup=False)
    if report is not None:
        result.to_html(report)
    for written in (report, config.resolve(config.report) if config.report else None):
        if written is not None and not as_json:
            stdout.print(f"report: {written}", markup=False, soft_wrap=True)


def _until_stopped(run: SessionCoordinator, *, paused: bool) -> RunResult:
    """Run to the end, or until somebody interrupts: then what there is is summed up."""
    run.start(paused=paused)
    try:
        while (result := run.wait(0.5)) is None:
            pass
    except KeyboardInterrupt:
        if run.is_running:
            run.stop()
        result = run.wait()
    if result is None:
        raise NotRunningError("the run has not ended")
    return result


@contextmanager
def _listening(run: SessionCoordinator, stderr: Console) -> Iterator[None]:
    """Let other processes talk to the run."""
    from openbell.remote import Server

    with Server(run) as server:
        stderr.print(f"listening as {server.path.stem}: openbell attach, openbell status, …", markup=False)
        yield


def _progress(console: Any, *, enabled: bool) -> AbstractContextManager[Callable[[int, int, str], None] | None]:
    """Give what a run tells its progress to: a bar on a terminal, nothing elsewhere."""
    if not enabled or not console.is_terminal:
        return nullcontext()
    return _Bar(console)


class _Bar:
    """A progress bar over history and sessions."""

    def __init__(self, console: Any) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description:<20}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console, transient=True)
        self._task = self._progress.add_task("loading", total=None)

    def __enter__(self) -> Callable[[int, int, str], None]:
        self._progress.start()
        return self._tell

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def _tell(self, done: int, total: int, label: str) -> None:
        self._progress.update(self._task, completed=done, total=total, description=label)
