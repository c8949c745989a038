"""``openbell scan``: one scan over history."""

from __future__ import annotations

import csv
import datetime as dt
import json
import sys
from typing import TYPE_CHECKING

import typer

from openbell.cli.exits import FAILED, clean
from openbell.errors import ConfigError, ConfigProblem

if TYPE_CHECKING:
    from pathlib import Path

    from openbell.config import SessionConfig
    from openbell.report import RunSummary


@clean
def scan_config(path: Path, *, at: str, date: dt.date | None, names: list[str], as_csv: bool, as_json: bool) -> None:
    """Run the scanners of a config once, at a time of one day, and print what they find."""
    from rich.console import Console

    from openbell.config import SessionConfig
    from openbell.coordinator import SessionCoordinator
    from openbell.report.tables import summary_tables

    config = SessionConfig.load(path)
    run = SessionCoordinator(_at_once(config, at, date, names))
    left = len(run.scanners.names())

    def reported(_: object) -> None:
        nonlocal left
        left -= 1
        if not left:
            run.stop()

    run.session_data.subscribe("scan_completed", reported)
    summary = run.run().summary
    rows = [_row(summary, index) for index in range(len(summary.hits))]
    if as_json:
        plain = summary.to_dict()
        typer.echo(json.dumps({"scanners": plain["scanners"], "hits": rows}, indent=2, default=str))
    elif as_csv:
        writer = csv.writer(sys.stdout)
        writer.writerow(("time", "scanner", "rank", "symbol", "metadata"))
        writer.writerows((r["time"], r["scanner"], r["rank"], r["symbol"], json.dumps(r["metadata"])) for r in rows)
    else:
        for table in summary_tables(summary, top=len(rows))[-2:]:
            Console().print(table)
    problems = [f"{s.name}: {s.problem or f'no scan at {at}: the session is shut then'}" for s in summary.scanners
                if s.errors or s.overruns or not s.runs]  # fmt: skip
    if problems:
        typer.echo(f"error: {'; '.join(problems)}", err=True)
        raise typer.Exit(FAILED)


def _row(summary: RunSummary, index: int) -> dict[str, object]:
    from zoneinfo import ZoneInfo

    hit = summary.hits[index]
    time = dt.datetime.fromtimestamp(hit.time_ns / 1e9, ZoneInfo(summary.timezone)).isoformat()
    return {"time": time, "scanner": hit.scanner, "rank": hit.rank, "symbol": hit.symbol, "metadata": hit.metadata}


def _at_once(config: SessionConfig, at: str, date: dt.date | None, names: list[str]) -> SessionConfig:
    """Give the config of one day with one scan of each scanner, of those named, that promotes nobody.

    Raises
    ------
    ConfigError
        If there is nothing to scan, or the time is none.
    """
    plain = config.to_dict()
    scanners = plain["session_data_config"]["scanners"]
    labels = {scanner["name"] or scanner["module"] or "filter" for scanner in scanners}
    if lost := [name for name in names if name not in labels]:
        raise ConfigError(
            [ConfigProblem("scanners", f"there is no {', '.join(lost)}, but {', '.join(sorted(labels))}")]
        )
    if not scanners:
        raise ConfigError([ConfigProblem("session_data_config.scanners", "there are none to run")])
    once = {"start": at, "end": at, "interval": "1m"}
    for scanner in scanners:
        label = scanner["name"] or scanner["module"] or "filter"
        scanner |= {"pre_session": False, "regular_session": [once], "promote": False, "lock": False}
        scanner["enabled"] = scanner["enabled"] and (not names or label in names)
    day = (date or dt.date.fromisoformat(plain["backtest"]["end"])).isoformat()
    plain["backtest"] |= {"start": day, "end": day, "speed": 0.0}
    plain["report"] = None
    return config.with_changes(plain)
