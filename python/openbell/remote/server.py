"""The listening side: a socket beside a run, and threads that answer."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
from typing import TYPE_CHECKING, BinaryIO, Self

from openbell.errors import RemoteError
from openbell.remote.commands import answer
from openbell.remote.protocol import MAX_REQUEST, decode, encode, read_line
from openbell.remote.runtime import peer_uid, socket_path

if TYPE_CHECKING:
    from openbell.coordinator import SessionCoordinator

logger = logging.getLogger(__name__)

CONNECTIONS = 16
IDLE_S = 300.0
# For how long, at the end, an answer is waited for.
PATIENCE_S = 5.0


class Server:
    """Lets other processes of the same user ask and change a run, for as long as it is entered.

    Parameters
    ----------
    run
        The coordinator.

    Raises
    ------
    RemoteError
        If the system has no Unix sockets.

    Examples
    --------
    >>> with Server(run):  # doctest: +SKIP
    ...     run.run()
    """

    def __init__(self, run: SessionCoordinator) -> None:
        self._run = run
        self.path = socket_path(run.config.name)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._free = threading.BoundedSemaphore(CONNECTIONS)
        self._guard = threading.Lock()
        self._open: dict[socket.socket, threading.Thread] = {}
        self._closing = False
        self._thread = threading.Thread(target=self._accept, name="openbell-listen", daemon=True)

    def __enter__(self) -> Self:
        self.path.unlink(missing_ok=True)
        # The folder is closed to others already; the mode says so of the socket itself.
        before = os.umask(0o177)
        try:
            self._socket.bind(str(self.path))
        finally:
            os.umask(before)
        self._socket.listen()
        self._thread.start()
        logger.info("listening on %s", self.path)
        return self

    def __exit__(self, *_: object) -> None:
        self._closing = True
        # A blocked accept() is woken by a shutdown on Linux, by a connection elsewhere.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as waker:
            waker.connect(str(self.path))
        self._socket.close()
        self.path.unlink(missing_ok=True)
        with self._guard:
            talking = dict(self._open)
        for connection in talking:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RD)
        # What was asked before the end is answered.
        for thread in (self._thread, *talking.values()):
            thread.join(PATIENCE_S)

    def _accept(self) -> None:
        while not self._closing:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            if not self._admitted(connection):
                connection.close()
                continue
            threading.Thread(target=self._talk, args=(connection,), name="openbell-answer", daemon=True).start()

    def _admitted(self, connection: socket.socket) -> bool:
        if self._closing:
            return False
        uid = peer_uid(connection)
        if uid is not None and uid != os.getuid():
            logger.warning("user %d was turned away", uid)
            return False
        if not self._free.acquire(blocking=False):
            with contextlib.suppress(OSError):
                connection.sendall(encode({"ok": False, "error": f"there are {CONNECTIONS} connections already"}))
            return False
        return True

    def _talk(self, connection: socket.socket) -> None:
        with self._guard:
            self._open[connection] = threading.current_thread()
        try:
            connection.settimeout(IDLE_S)
            with connection, connection.makefile("rb") as stream:
                self._answer_all(connection, stream)
        except OSError as error:
            logger.debug("a connection ended: %s", error)
        finally:
            with self._guard:
                self._open.pop(connection, None)
            self._free.release()

    def _answer_all(self, connection: socket.socket, stream: BinaryIO) -> None:
        while True:
            try:
                line = read_line(stream, MAX_REQUEST)
            except RemoteError as error:
                # What follows cannot be told from the rest of it.
                connection.sendall(encode({"ok": False, "error": str(error)}))
                return
            if line is None:
                return
            try:
                reply = answer(self._run, decode(line))
            except RemoteError as error:
                reply = {"ok": False, "error": str(error)}
            except Exception as error:
                logger.exception("a request failed")
                reply = {"ok": False, "error": f"{type(error).__name__}: {error}"}
            connection.sendall(encode(reply))
