"""Keys, which are never logged."""

from __future__ import annotations

import json
import os
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from openbell.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path

VARIABLES = ("APCA_API_KEY_ID", "APCA_API_SECRET_KEY")


@dataclass(frozen=True, slots=True)
class Keys:
    """A key and its secret; neither is shown."""

    key_id: str = field(repr=False)
    secret_key: str = field(repr=False)

    @classmethod
    def find(cls, path: Path | None) -> Self:
        """Read them from a file, or from the environment.

        Raises
        ------
        SourceError
            If they are not there; what is there is not said.
        """
        if path is None:
            key_id, secret_key = (os.environ.get(name) for name in VARIABLES)
            where = f"the environment: set {' and '.join(VARIABLES)}, or name a keys_file"
        else:
            key_id, secret_key = _read(path)
            where = f"{path}: it should hold key_id and secret_key"
        if not key_id or not secret_key:
            raise SourceError(f"alpaca's keys are not in {where}")
        return cls(key_id, secret_key)


def _read(path: Path) -> tuple[str | None, str | None]:
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except (OSError, ValueError) as error:
        # The text itself is not repeated.
        raise SourceError(f"alpaca's keys cannot be read from {path}: {type(error).__name__}") from None
    return (data.get("key_id"), data.get("secret_key")) if isinstance(data, dict) else (None, None)
