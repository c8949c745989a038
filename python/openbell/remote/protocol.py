"""What goes over the socket: one JSON object a line, each way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from openbell.errors import RemoteError

if TYPE_CHECKING:
    from typing import BinaryIO

MAX_REQUEST = 64 * 1024
MAX_REPLY = 64 * 1024 * 1024


def read_line(stream: BinaryIO, limit: int) -> bytes | None:
    """Give the next line, None at the end.

    Raises
    ------
    RemoteError
        If it is longer than the limit.
    """
    line = stream.readline(limit + 1)
    if len(line) > limit:
        raise RemoteError(f"the message is longer than {limit:,} bytes")
    return line or None


def decode(line: bytes) -> dict[str, Any]:
    """Give the object that a line says.

    Raises
    ------
    RemoteError
        If it is not one JSON object.
    """
    try:
        message = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise RemoteError(f"the message is not JSON: {error}") from None
    if not isinstance(message, dict):
        raise RemoteError(f"the message is not a JSON object, but a {type(message).__name__}")
    return message


def encode(message: dict[str, Any]) -> bytes:
    """Give an object as a line; what JSON has no word for is given as text, and what is not finite as null."""
    return json.dumps(_plain(message), default=str).encode() + b"\n"


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if value - value == 0.0 else None
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted(map(str, value))
    return value
