"""Calendars on disk: to work one out takes half a second, to read one a millisecond.

They stand in ``openbell`` in the user's folder for caches, or in the folder that ``OPENBELL_CACHE`` names; if that is
empty, none is kept. A calendar is worked out anew once a month, since its end moves with the date, and when
exchange_calendars has changed. Where nothing can be written, nothing is kept, and all works as without.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VARIABLE = "OPENBELL_CACHE"


def folder() -> Path | None:
    """Where they stand; None if none is kept."""
    if (named := os.environ.get(VARIABLE)) is not None:
        return Path(named) if named else None
    try:
        home = Path.home()
    except RuntimeError:
        return None
    if sys.platform == "darwin":
        base = home / "Library" / "Caches"
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return base / "openbell"


def read(name: str) -> tuple[ZoneInfo, NDArray[np.int64]] | None:
    """Give a calendar's zone and its columns, a row each; None if it is not there as it would be worked out now."""
    import numpy as np

    path = _path(name)
    if path is None:
        return None
    try:
        header, _, rows = path.read_bytes().partition(b"\n")
        told = json.loads(header)
        columns = np.frombuffer(rows, dtype="<i8").reshape(told["columns"], told["rows"])
        return (ZoneInfo(told["zone"]), columns) if told["key"] == _key(name) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write(name: str, zone: ZoneInfo, columns: NDArray[np.int64]) -> None:
    """Keep a calendar, if that can be done."""
    import tempfile

    path = _path(name)
    if path is None:
        return
    header = {"key": _key(name), "zone": zone.key, "columns": columns.shape[0], "rows": columns.shape[1]}
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        # Whoever reads meanwhile finds the old one or the new one.
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            new = Path(file.name)
            try:
                file.write(json.dumps(header).encode() + b"\n" + columns.astype("<i8").tobytes())
                file.close()
                new.replace(path)
            finally:
                # Of a full disk, no half a calendar stays behind.
                new.unlink(missing_ok=True)


def _path(name: str) -> Path | None:
    there = folder()
    return there / f"calendar-{''.join(c if c.isalnum() else '_' for c in name)}" if there else None


def _key(name: str) -> list[object]:
    """Give what a calendar depends on: its name, the library as it is installed, and the month."""
    found = importlib.util.find_spec("exchange_calendars")
    origin = (found and found.origin) or ""
    changed = Path(origin).stat().st_mtime_ns if origin else 0
    return [name, origin, changed, dt.datetime.now(dt.UTC).strftime("%Y-%m")]
