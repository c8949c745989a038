"""Where the sockets of running sessions are."""

from __future__ import annotations

import os
import re
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from openbell.errors import RemoteError

if TYPE_CHECKING:
    import socket

SUFFIX = ".sock"


def folder() -> Path:
    """Give the user's folder for sockets, made if it is not there; nobody else may look into it.

    Raises
    ------
    RemoteError
        If it belongs to somebody else, or the system has no such sockets.
    """
    if not hasattr(os, "getuid"):
        raise RemoteError("a running session listens on a Unix socket, which this system has not")
    parent = os.environ.get("XDG_RUNTIME_DIR")
    path = Path(parent) / "openbell" if parent else Path(tempfile.gettempdir()) / f"openbell-{os.getuid()}"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or stat.S_IMODE(status.st_mode) & 0o077:
        raise RemoteError(f"{path} must be a folder of yours that nobody else may look into (mode 0700)")
    return path


def socket_path(name: str) -> Path:
    """Give the path of the socket of a session that runs in this process."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", name)[:40] or "session"
    return folder() / f"{plain}-{os.getpid()}{SUFFIX}"


def peer_uid(connection: socket.socket) -> int | None:
    """Give the user at the other end of a local socket; None if the system does not say."""
    import socket
    import struct

    if hasattr(socket, "SO_PEERCRED"):
        size = struct.calcsize("3i")
        _, uid, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
        return int(uid)
    if hasattr(socket, "LOCAL_PEERCRED"):
        # struct xucred of BSD and macOS: version, uid, then groups.
        _, uid = struct.unpack("2I", connection.getsockopt(0, socket.LOCAL_PEERCRED, 8))
        return int(uid)
    return None
