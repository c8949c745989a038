"""``openbell attach``: a prompt that talks to a running session."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import typer

from openbell.cli.exits import NO_SESSION, clean
from openbell.errors import NoSessionError, RemoteError
from openbell.remote import find_session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from prompt_toolkit.completion import CompleteEvent, Completer, Completion
    from prompt_toolkit.document import Document

    from openbell.remote import Session

# What can be typed, and whether a symbol comes next.
WORDS: dict[str, Any] = {
    "symbol": {"add": False, "remove": True, "list": False, "lock": True, "unlock": True},
    "indicator": {"add": True, "show": True},
    "bars": True,
    "status": False,
    "pause": False,
    "resume": False,
    "help": False,
    "quit": False,
}
HELP = """symbol add SYMBOL [--streams 1m,5m] [--no-wait]    symbol remove SYMBOL [--immediate]
symbol list    symbol lock SYMBOL [--reason WHY]    symbol unlock SYMBOL [--reason WHY]
indicator add SYMBOL NAME [--period 20] [--interval 5m] [--param fast=8]    indicator show SYMBOL
bars SYMBOL INTERVAL [-n 10]    status    pause    resume    help    quit
Each takes --json."""


@clean
def attach_to(name: str | None, app: Callable[..., Any]) -> None:
    """Read commands of the command line until the end of input, ``quit``, or the end of the session."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
    from prompt_toolkit.history import FileHistory

    from openbell.remote.runtime import folder

    target = find_session(name)
    typer.echo(f"attached to {target.name}; help lists the commands, quit leaves the session running")
    prompt: PromptSession[str] = PromptSession(
        history=FileHistory(str(folder() / "history")),
        auto_suggest=AutoSuggestFromHistory(),
        completer=_completer(target),
        complete_while_typing=False,
    )
    while True:
        try:
            line = prompt.prompt(f"{target.name}> ")
        except KeyboardInterrupt:
            continue
        except EOFError:
            return
        if line.strip() in {"quit", "exit"}:
            return
        run_line(target, line, app)


def run_line(target: Session, line: str, app: Callable[..., Any]) -> None:
    """Run one command as the command line would; what is wrong with it is said, and the prompt goes on.

    Raises
    ------
    NoSessionError
        If the session has ended.
    """
    try:
        words = shlex.split(line)
    except ValueError as error:
        typer.echo(f"error: {error}", err=True)
        return
    if not words:
        return
    if words[0] not in WORDS or words[0] == "help":
        typer.echo(HELP)
        return
    try:
        code = app([*words, "--session", target.name], standalone_mode=False, prog_name="")
    except Exception as error:  # noqa: BLE001  # of whatever kind, it ends one command and not the prompt
        typer.echo(f"error: {getattr(error, 'message', None) or error}", err=True)
        return
    if code == NO_SESSION:
        raise NoSessionError(f"{target.name} has ended")


def candidates(target: Session, before: str) -> list[str]:
    """Give what may come next after the text before the cursor."""
    words = before.split()
    done, start = (words, "") if before.endswith(" ") or not words else (words[:-1], words[-1])
    place: Any = WORDS
    for word in done:
        if not isinstance(place, dict):
            return []
        place = place.get(word, False)
    if isinstance(place, dict):
        return sorted(word for word in place if word.startswith(start))
    if not place:
        return []
    try:
        listed = target.ask("symbol.list")
    except RemoteError:
        return []
    return [row["symbol"] for row in listed if row["symbol"].startswith(start.upper())]


def _completer(target: Session) -> Completer:
    from prompt_toolkit import completion

    class Words(completion.Completer):
        def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:  # noqa: ARG002
            before = document.text_before_cursor
            start = "" if before.endswith(" ") else (before.split() or [""])[-1]
            for word in candidates(target, before):
                yield completion.Completion(word, start_position=-len(start))

    return Words()
