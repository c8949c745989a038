"""Asking a running session, and showing what it says."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import typer

from openbell.cli.exits import clean
from openbell.remote import find_session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


@clean
def ask(session: str | None, command: str, *, as_json: bool, **args: Any) -> None:
    """Send one command and print the reply."""
    target = find_session(session)
    result = target.ask(command, **args)
    if as_json:
        typer.echo(json.dumps(result, indent=2))
        return
    shows: dict[str, Callable[[str, Any], None]] = {
        "status": _status,
        "pause": _status,
        "resume": _status,
        "symbol.list": _symbols,
        "indicator.show": _indicators,
        "bars": _bars,
    }
    show = shows.get(command, _said)
    show(target.name, result)


def _said(_: str, result: Any) -> None:
    typer.echo(", ".join(f"{name} {_text(value)}" for name, value in result.items()))


def _text(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "not yet"
    if isinstance(value, float):
        return f"{value:,.6g}"
    return "-" if value is None else str(value)


def _status(name: str, result: Any) -> None:
    counts = {key: value for key, value in result["counts"].items() if value}
    rows = [
        ("session", f"{name} ({result['mode']} on {result['exchange']})"),
        ("state", result["state"] + ("" if result["session_active"] else ", strategies are not called")),
        ("clock", result["now"] or "not set"),
        ("sessions", f"{result['sessions_done']} of {result['sessions']} done"),
        (
            "symbols",
            f"{result['symbols']}, {result['strategy_symbols']} of the strategy, {result['inactive_symbols']} inactive",
        ),
        ("pending", f"{result['pending']} requests"),
        ("bars", ", ".join(f"{value:,} {key}" for key, value in counts.items()) or "none"),
        ("callbacks", f"{result['callbacks']:,}, {result['callback_errors']} raised"),
        *(("raised", error) for error in result["errors"]),
        *(("scanner", _scanner(stats)) for stats in result["scanners"]),
    ]
    for head, text in rows:
        typer.echo(f"{head:<10} {text}")


def _scanner(stats: dict[str, Any]) -> str:
    problem = stats["disabled"] or stats["last_error"]
    counts = f"{stats['name']}: {stats['runs']} scans, {stats['hits']} hits, {stats['skipped']} skipped"
    return f"{counts}; {stats['errors'] + stats['overruns']} failed: {problem}" if problem else counts


def _symbols(_: str, result: Any) -> None:
    def lag(row: dict[str, Any]) -> str:
        known = {cause: s for cause, s in (row["lag"] or {}).items() if s}
        return ", ".join(f"{cause} {seconds:.0f} s" for cause, seconds in known.items())

    _table(
        ("symbol", "state", "stream", "derived", "bars", "indicators", "quality", "lag", "locks"),
        (
            (
                row["symbol"],
                row["state"],
                row["base"] or "-",
                " ".join(row["derived"]),
                f"{row['bars']:,}",
                f"{row['indicators_ready']} of {row['indicators']}",
                "-" if row["quality_percent"] is None else f"{row['quality_percent']:.1f} %",
                row["reason"] or lag(row),
                ", ".join(row["locks"]),
            )
            for row in result
        ),
    )


def _indicators(_: str, result: Any) -> None:
    _table(
        ("indicator", "type", "valid", "values"),
        (
            (
                row["key"],
                row["type"],
                "yes" if row["valid"] else "not yet",
                ", ".join(f"{name} {_text(value)}" for name, value in row["values"].items()),
            )
            for row in result
        ),
    )


def _bars(_: str, result: Any) -> None:
    fields = ("open", "high", "low", "close", "volume", "vwap")
    _table(
        ("open time (UTC)", *fields),
        (
            (
                dt.datetime.fromtimestamp(row["ts"] / 1e9, dt.UTC).strftime("%Y-%m-%d %H:%M:%S"),
                *(_text(row[name]) for name in fields),
            )
            for row in result
        ),
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table()
    for head in heads:
        table.add_column(head)
    for row in rows:
        table.add_row(*row)
    Console().print(table)
