"""``openbell data check``."""

from __future__ import annotations

import json
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import typer

from openbell.cli.exits import FAILED, clean

if TYPE_CHECKING:
    from pathlib import Path

    from openbell.sources.check import DataCheck


@clean
def check_data(path: Path, *, interval: str | None, exchange: str, options: dict[str, Any], as_json: bool) -> None:
    """Print what a file or folder holds; exit with 1 if it has rows that are no bars."""
    from rich.console import Console

    from openbell.sources.check import check_path

    stderr = Console(stderr=True)
    with stderr.status(f"reading {path.name}") if stderr.is_terminal else nullcontext():
        found = check_path(path, interval=interval, exchange=exchange, **options)
    if as_json:
        typer.echo(json.dumps(found.to_dict(), indent=2))
    else:
        _print(found)
    if found.refused:
        raise typer.Exit(FAILED)


def _print(found: DataCheck) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=found.path, show_header=False, title_justify="left")
    table.add_column(style="bold")
    table.add_column()
    refused = sum(found.refused.values())
    reasons = ", ".join(f"{n:,} {reason}" for reason, n in found.refused.items())
    for label, value in (
        ("files", f"{found.files:,}"),
        ("rows", f"{found.rows:,}"),
        ("symbols", f"{found.symbols:,}"),
        ("from", found.first or "none"),
        ("to", found.last or "none"),
        ("interval", found.interval),
        ("repeated rows", f"{found.identical:,} identical, {found.differing:,} that differ (the later stands)"),
        ("out of order", f"{found.out_of_order:,} rows are older than one of their symbol before them"),
        (f"outside {found.exchange}", f"{found.outside_session:,} rows lie outside the regular sessions"),
        ("missing", f"{found.missing:,} bars in {found.sessions:,} sessions ({found.percent:.1f} % are there)"),
        ("refused rows", f"{refused:,} ({reasons})" if refused else "0"),
    ):
        table.add_row(label, value)
    console = Console()
    console.print(table)
    for row in found.refused_rows[:10]:
        console.print(f"  {row}", markup=False, soft_wrap=True)
