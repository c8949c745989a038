"""The asking side."""

from __future__ import annotations

import contextlib
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from openbell.errors import NoSessionError, RemoteError
from openbell.remote.protocol import MAX_REPLY, MAX_REQUEST, decode, encode, read_line
from openbell.remote.runtime import SUFFIX, folder, peer_uid

if TYPE_CHECKING:
    from pathlib import Path

TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True)
class Session:
    """A running session of this user; ``name`` is the config's, with the number of the process."""

    path: Path

    @property
    def name(self) -> str:
        """What it is called."""
        return self.path.name.removesuffix(SUFFIX)

    def ask(self, command: str, **args: Any) -> Any:
        """Ask, and wait for the reply.

        Raises
        ------
        RemoteError
            If it was refused, with the reason.
        NoSessionError
            If the session has ended.
        """
        request = encode({"command": command, "args": args})
        if len(request) > MAX_REQUEST:
            raise RemoteError(f"the request is longer than {MAX_REQUEST:,} bytes")
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(TIMEOUT_S)
                connection.connect(str(self.path))
                connection.sendall(request)
                with connection.makefile("rb") as stream:
                    line = read_line(stream, MAX_REPLY)
        except TimeoutError:
            raise RemoteError(f"{self.name} did not answer within {TIMEOUT_S:.0f} s") from None
        except OSError as error:
            raise NoSessionError(f"{self.name} has ended ({error.strerror or error})") from None
        if line is None:
            raise NoSessionError(f"{self.name} has ended")
        reply = decode(line)
        if not reply.get("ok"):
            raise RemoteError(str(reply.get("error")))
        return reply.get("result")


def sessions() -> list[Session]:
    """Give the running sessions of this user, by name; sockets that nobody listens on are cleared away."""
    import os

    found = []
    for path in sorted(folder().glob(f"*{SUFFIX}")):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.settimeout(5.0)
            try:
                probe.connect(str(path))
            except ConnectionRefusedError:
                path.unlink(missing_ok=True)
                continue
            except OSError:
                continue
            with contextlib.suppress(OSError):
                if peer_uid(probe) not in {None, os.getuid()}:
                    continue
        found.append(Session(path))
    return found


def find_session(name: str | None) -> Session:
    """Give the session of that name (or that begins so); without a name, the only one.

    Raises
    ------
    NoSessionError
        If there is none.
    RemoteError
        If there are several.
    """
    running = sessions()
    chosen = [s for s in running if name is None or s.name == name] or [
        s for s in running if name is not None and s.name.startswith(name)
    ]
    if not chosen:
        others = f"; there are {', '.join(s.name for s in running)}" if running else ""
        raise NoSessionError(
            f"no active session{f' called {name}' if name else ''}: start one with openbell run CONFIG --listen{others}"
        )
    if len(chosen) > 1:
        raise RemoteError(f"there are several sessions: say which with --session: {', '.join(s.name for s in chosen)}")
    return chosen[0]
