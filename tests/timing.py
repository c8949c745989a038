"""Times that can be compared."""

from __future__ import annotations

import contextlib
import gc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Keep the garbage collector out: it goes over all of a process, and this is a large one."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
