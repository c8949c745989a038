"""The commands and their options; what they do stands beside, one file a command."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from openbell.cli.session import add_session_commands

app = typer.Typer(
    name="openbell",
    help="A live, queryable picture of a trading session.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
config_app = typer.Typer(help="Write, check and describe config files.", no_args_is_help=True)
data_app = typer.Typer(help="Look at market data before running on it.", no_args_is_help=True)
app.add_typer(config_app, name="config")
app.add_typer(data_app, name="data")
add_session_commands(app)

Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on stdout.")]
Report = Annotated[Path | None, typer.Option("--report", help="Write a page with figures and a chart.", dir_okay=False)]
NoProgress = Annotated[bool, typer.Option("--no-progress", help="No progress bar, even on a terminal.")]
StrategyName = Annotated[
    str | None, typer.Option("--strategy", help="Who is called: package.module:Class or file.py:Class.")
]


DEMO_REPORT = Path("openbell-report.html")


def _version(show: bool) -> None:
    if show:
        import openbell

        typer.echo(f"openbell {openbell.__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command()
def run(
    config: Annotated[Path, typer.Argument(help="A .json, .toml or .yaml file.", metavar="CONFIG")],
    strategy: StrategyName = None,
    report: Report = None,
    speed: Annotated[
        float | None, typer.Option(min=0.0, help="0: as fast as possible; 1: real time; 60: a minute a second.")
    ] = None,
    listen: Annotated[
        bool, typer.Option("--listen", help="Let openbell attach, symbol, status … talk to it, of this user only.")
    ] = False,
    paused: Annotated[
        bool, typer.Option("--paused", help="Hold the clock until openbell resume; with --listen.")
    ] = False,
    as_json: Json = False,
    no_progress: NoProgress = False,
) -> None:
    """Run a session from a config: a backtest over one or many days, or live until it is stopped."""
    from openbell.cli.run import run_config

    if paused and not listen:
        raise typer.BadParameter("nobody could resume it: add --listen", param_hint="--paused")
    wants = {"listen": listen, "paused": paused, "as_json": as_json, "progress": not no_progress}
    run_config(config, strategy=strategy, report=report, speed=speed, **wants)


@app.command()
def replay(
    config: Annotated[Path, typer.Argument(help="A .json, .toml or .yaml file of a backtest.", metavar="CONFIG")],
    speed: Annotated[
        float, typer.Option(min=0.0, help="1: real time; 60: a minute a second; 0: as fast as possible.")
    ] = 60.0,
    date: Annotated[
        dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="One session instead of the config's window.")
    ] = None,
    strategy: StrategyName = None,
    report: Report = None,
    listen: Annotated[
        bool, typer.Option("--listen", help="Let openbell attach, symbol, status … talk to it, of this user only.")
    ] = False,
    as_json: Json = False,
    no_progress: NoProgress = False,
) -> None:
    """Play the sessions of a config as a live run: the same loop as with a real feed."""
    from openbell.cli.run import replay_config

    wants = {"listen": listen, "as_json": as_json, "progress": not no_progress}
    day = None if date is None else date.date()
    replay_config(config, speed=speed, date=day, strategy=strategy, report=report, **wants)


@app.command()
def demo(
    report: Annotated[Path, typer.Option(help="Where the page with figures and a chart goes.")] = Path(
        "openbell-report.html"
    ),
    as_json: Json = False,
    no_progress: NoProgress = False,
) -> None:
    """Run a whole session on the bundled sample: invented symbols, no set-up."""
    from openbell.cli.run import run_config
    from openbell.demo import config_path

    run_config(config_path(), strategy=None, report=report, speed=None, as_json=as_json, progress=not no_progress)


@app.command()
def scan(
    config: Annotated[Path, typer.Argument(help="A .json, .toml or .yaml file with scanners.", metavar="CONFIG")],
    at: Annotated[str, typer.Option(help="Local time of the exchange, or open+5m, close-10m.")],
    date: Annotated[
        dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Which day; the config's last if not given.")
    ] = None,
    scanner: Annotated[list[str] | None, typer.Option(help="One of them only. May be repeated.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the hits as CSV.")] = False,
    as_json: Json = False,
) -> None:
    """Run the scanners of a config once, over history, and print what they find."""
    from openbell.cli.scan import scan_config

    day = None if date is None else date.date()
    scan_config(config, at=at, date=day, names=scanner or [], as_csv=as_csv, as_json=as_json)


@app.command()
def indicators(
    name: Annotated[str | None, typer.Argument(help="One of them, in detail.")] = None,
    as_json: Json = False,
) -> None:
    """List the indicators, or describe one."""
    from openbell.cli.indicators import show

    show(name, as_json=as_json)


@config_app.command()
def schema() -> None:
    """Print the JSON schema of a config."""
    import json

    from openbell.config import schema as config_schema

    typer.echo(json.dumps(config_schema(), indent=2))


@config_app.command()
def check(
    file: Annotated[Path, typer.Argument(help="A .json, .toml or .yaml file.")],
    as_json: Json = False,
) -> None:
    """Say everything that is wrong with a config."""
    from openbell.cli.config import check_file

    check_file(file, as_json=as_json)


@config_app.command()
def init(
    file: Annotated[Path, typer.Argument(help="Where it goes; its suffix says the format.")] = Path("session.json"),
    file_format: Annotated[
        str | None, typer.Option("--format", help="json, toml or yaml, if the suffix does not say it.")
    ] = None,
    force: Annotated[bool, typer.Option(help="Replace a file that is there.")] = False,
) -> None:
    """Write a complete example that runs as it stands."""
    from openbell.cli.config import init_file

    init_file(file, file_format=file_format, force=force)


@data_app.command("check")
def data_check(
    path: Annotated[Path, typer.Argument(help="A CSV or Parquet file, or a folder of them.")],
    interval: Annotated[str | None, typer.Option(help="Of the bars; found out if not given.")] = None,
    exchange: Annotated[str, typer.Option(help="Whose sessions the bars belong to.")] = "XNYS",
    column: Annotated[
        list[str] | None, typer.Option(help="Our name of a column and the file's: --column ts=ts_utc. May be repeated.")
    ] = None,
    tz: Annotated[str | None, typer.Option(help="Zone of times that carry none.")] = None,
    label: Annotated[str, typer.Option(help="Whether times name a bar's open or its close.")] = "open",
    unit: Annotated[str | None, typer.Option(help="Of times that are whole numbers: s, ms, us or ns.")] = None,
    as_json: Json = False,
) -> None:
    """Count what a file holds: rows, symbols, gaps, repetitions, and every bad row by reason."""
    from openbell.cli.data import check_data

    pairs = [text.partition("=") for text in column or []]
    for pair in pairs:
        if not all(pair):
            raise typer.BadParameter(f"{''.join(pair)!r} is not of the form ts=ts_utc", param_hint="--column")
    options = {"columns": {name: file for name, _, file in pairs}, "tz": tz, "label": label, "unit": unit}
    check_data(path, interval=interval, exchange=exchange, options=options, as_json=as_json)


def main() -> None:
    """Run the command line. Exit codes: 0 done, 1 refused or failed, 2 usage, 3 no running session, 130 interrupted."""
    app()
