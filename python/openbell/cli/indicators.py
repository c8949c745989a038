"""``openbell indicators``."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

import typer

from openbell.cli.exits import clean
from openbell.indicators import IndicatorConfig, list_indicators
from openbell.indicators.catalogue import indicator_info

if TYPE_CHECKING:
    from openbell.indicators import IndicatorInfo


@clean
def show(name: str | None, *, as_json: bool) -> None:
    """Print all of them, or one in detail."""
    if as_json:
        chosen = [dataclasses.asdict(info) for info in (list_indicators() if name is None else [indicator_info(name)])]
        typer.echo(json.dumps(chosen if name is None else chosen[0], indent=2))
    elif name is None:
        _print_all()
    else:
        _print_one(indicator_info(name))


def _parameters(info: IndicatorInfo) -> str:
    return ", ".join(f"{p.name} = {p.default:g}" for p in info.params) or "none"


def _print_all() -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table()
    for head in ("name", "type", "what it is", "parameters", "outputs", "first"):
        table.add_column(head, justify="right" if head == "first" else "left")
    for info in list_indicators():
        table.add_row(info.name, info.type, info.title, _parameters(info), ", ".join(info.outputs), str(info.first))
    Console().print(table)


def _print_one(info: IndicatorInfo) -> None:
    key = IndicatorConfig(info.name, interval="5m", against="SPY" if info.is_pair else None).make_key()
    lines = [
        f"{info.name}: {info.title} ({info.type})",
        f"  formula     {info.formula}",
        f"  source      {info.source}",
        f"  outputs     {', '.join(info.outputs)}",
        f"  first value with bar {info.first}, independent of its start (1e-9) after {info.warm}",
        *([f"  needs       {info.sessions} earlier sessions"] if info.sessions else []),
        f"  key         {key}",
    ]
    for p in info.params:
        kind = "whole number" if p.integer else "number"
        lines.append(f"  {p.name:<11} {kind} from {p.minimum:g} to {p.maximum:g}, {p.default:g} if not given")
    typer.echo("\n".join(lines))
