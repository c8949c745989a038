"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Calendars that an earlier run has kept are not those of this one.
CACHE = tempfile.TemporaryDirectory(prefix="openbell-tests-")
os.environ["OPENBELL_CACHE"] = CACHE.name


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Real market data: ``OPENBELL_DATA``, or ``shared/data`` beside the checkout."""
    folder = Path(os.environ.get("OPENBELL_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "MANIFEST.csv").is_file():
        if os.environ.get("CI"):
            pytest.fail(f"no market data at {folder}; CI needs it: set OPENBELL_DATA")
        pytest.skip(f"no market data at {folder}; set OPENBELL_DATA to run this")
    return folder
