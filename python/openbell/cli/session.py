"""Commands on a running session and their options; what they do stands beside."""

from __future__ import annotations

from typing import Annotated, Any

import typer

symbol_app = typer.Typer(help="Symbols of a running session.", no_args_is_help=True)
indicator_app = typer.Typer(help="Indicators of a running session.", no_args_is_help=True)

SessionName = Annotated[
    str | None, typer.Option("--session", help="Which running session, if there are several; its beginning will do.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on stdout.")]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Return at once; it is done before the next bar.")]
Symbol = Annotated[str, typer.Argument(help="A ticker.")]


def _ask(session: str | None, command: str, as_json: bool, **args: Any) -> None:
    from openbell.cli.remote import ask

    ask(session, command, as_json=as_json, **args)


@symbol_app.command("add")
def symbol_add(
    symbol: Symbol,
    streams: Annotated[str | None, typer.Option(help="Intervals in place of the config's: 1m,5m.")] = None,
    no_wait: NoWait = False,
    session: SessionName = None,
    as_json: Json = False,
) -> None:
    """Add a strategy symbol, and wait until it is usable."""
    wanted = None if streams is None else [part.strip() for part in streams.split(",") if part.strip()]
    _ask(session, "symbol.add", as_json, symbol=symbol, streams=wanted, wait=not no_wait)


@symbol_app.command("remove")
def symbol_remove(
    symbol: Symbol,
    immediate: Annotated[bool, typer.Option("--immediate", help="Do not wait for what is queued of it.")] = False,
    session: SessionName = None,
    as_json: Json = False,
) -> None:
    """Remove a symbol, unless it is locked."""
    _ask(session, "symbol.remove", as_json, symbol=symbol, immediate=immediate)


@symbol_app.command("list")
def symbol_list(session: SessionName = None, as_json: Json = False) -> None:
    """Show every symbol: streams, derived intervals, state, lag, quality, locks."""
    _ask(session, "symbol.list", as_json)


@symbol_app.command("lock")
def symbol_lock(
    symbol: Symbol,
    reason: Annotated[str | None, typer.Option(help="Why it may not be removed.")] = None,
    session: SessionName = None,
    as_json: Json = False,
) -> None:
    """Keep a symbol from being removed."""
    _ask(session, "symbol.lock", as_json, symbol=symbol, reason=reason)


@symbol_app.command("unlock")
def symbol_unlock(
    symbol: Symbol,
    reason: Annotated[str | None, typer.Option(help="The reason that is gone; all of them if not given.")] = None,
    session: SessionName = None,
    as_json: Json = False,
) -> None:
    """Let a symbol be removed again."""
    _ask(session, "symbol.unlock", as_json, symbol=symbol, reason=reason)


@indicator_app.command("add")
def indicator_add(
    symbol: Symbol,
    name: Annotated[str, typer.Argument(help="An indicator: openbell indicators lists them.")],
    interval: Annotated[str, typer.Option(help="Of the bars that it runs over.")] = "1m",
    period: Annotated[int | None, typer.Option(help="Its period.")] = None,
    param: Annotated[list[str] | None, typer.Option(help="Another parameter: --param fast=8. May be repeated.")] = None,
    source: Annotated[str | None, typer.Option(help="What it reads: hl2, or another's key such as rsi_14_1m.")] = None,
    against: Annotated[str | None, typer.Option(help="The symbol that correlation and beta compare with.")] = None,
    no_wait: NoWait = False,
    session: SessionName = None,
    as_json: Json = False,
) -> None:
    """Add an indicator to a symbol, with the bars that it needs."""
    params = {}
    for text in param or []:
        key, _, value = text.partition("=")
        try:
            params[key] = float(value)
        except ValueError:
            raise typer.BadParameter(f"{text!r} is not of the form fast=8", param_hint="--param") from None
    args = {"indicator": name, "interval": interval, "period": period, "params": params, "wait": not no_wait}
    _ask(session, "indicator.add", as_json, symbol=symbol, source=source, against=against, **args)


@indicator_app.command("show")
def indicator_show(symbol: Symbol, session: SessionName = None, as_json: Json = False) -> None:
    """Show the indicators of a symbol and their values."""
    _ask(session, "indicator.show", as_json, symbol=symbol)


def bars(
    symbol: Symbol,
    interval: Annotated[str, typer.Argument(help="Such as 5m.")],
    count: Annotated[int, typer.Option("-n", help="How many, the newest last.", min=1, max=10_000)] = 10,
    session: SessionName = None,
    as_json: Json = False,
) -> None:
    """Show the newest bars of a symbol in a running session."""
    _ask(session, "bars", as_json, symbol=symbol, interval=interval, n=count)


def pause(session: SessionName = None, as_json: Json = False) -> None:
    """Hold the clock of a running session; returns when it stands still."""
    _ask(session, "pause", as_json)


def resume(session: SessionName = None, as_json: Json = False) -> None:
    """Let the clock of a paused session go on."""
    _ask(session, "resume", as_json)


def status(session: SessionName = None, as_json: Json = False) -> None:
    """Show what a running session is doing."""
    _ask(session, "status", as_json)


def attach(context: typer.Context, session: SessionName = None) -> None:
    """Talk to a running session: a prompt with completion and history."""
    from openbell.cli.attach import attach_to

    attach_to(session, context.find_root().command)


def add_session_commands(app: typer.Typer) -> None:
    """Add the commands on running sessions."""
    app.add_typer(symbol_app, name="symbol")
    app.add_typer(indicator_app, name="indicator")
    for command in (bars, pause, resume, status, attach):
        app.command()(command)
