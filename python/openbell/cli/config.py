"""``openbell config check`` and ``openbell config init``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import typer

from openbell.cli.exits import FAILED, clean
from openbell.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


@clean
def check_file(file: Path, *, as_json: bool) -> None:
    """Say that a config is right, or everything that is wrong with it."""
    from openbell.config import SessionConfig

    try:
        config = SessionConfig.load(file)
    except ConfigError as error:
        if not as_json:
            raise
        problems = [{"path": p.path, "message": p.message} for p in error.problems]
        typer.echo(json.dumps({"file": str(file), "valid": False, "problems": problems}, indent=2))
        raise typer.Exit(FAILED) from None
    if as_json:
        typer.echo(json.dumps({"file": str(file), "valid": True, "problems": []}, indent=2))
    else:
        streams = ", ".join(map(str, config.session_data_config.streams))
        symbols = config.session_data_config.symbols
        count = "all symbols of its source" if symbols == "*" else f"{len(symbols)} symbols"
        typer.echo(f"{file}: right: {config.mode} on {config.exchange}, {count}, {streams}")


@clean
def init_file(file: Path, *, file_format: str | None, force: bool) -> None:
    """Write a complete example."""
    from openbell.config import write_example

    suffix = {".yml": "yaml"}.get(file.suffix, file.suffix.removeprefix("."))
    chosen = file_format or suffix
    if force:
        file.unlink(missing_ok=True)
    try:
        write_example(file, chosen)
    except FileExistsError:
        typer.echo(f"error: {file} is there already; --force replaces it", err=True)
        raise typer.Exit(FAILED) from None
    typer.echo(f"{file}: written; openbell run {file}")
