"""How a command ends."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, ParamSpec

import typer

from openbell.errors import NoSessionError, OpenbellError

if TYPE_CHECKING:
    from collections.abc import Callable

FAILED = 1
NO_SESSION = 3
INTERRUPTED = 130

P = ParamSpec("P")


def clean(command: Callable[P, None]) -> Callable[P, None]:
    """Give the command with errors as one message on stderr, and Ctrl-C as a word and code 130."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except NoSessionError as error:
            typer.echo(f"error: {error}", err=True)
            raise typer.Exit(NO_SESSION) from None
        except (OpenbellError, OSError) as error:
            typer.echo(f"error: {error}", err=True)
            raise typer.Exit(FAILED) from None
        except KeyboardInterrupt:
            typer.echo("interrupted: the run was stopped", err=True)
            raise typer.Exit(INTERRUPTED) from None

    return wrapped
