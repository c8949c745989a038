"""A bundled sample: six sessions of 50 invented symbols, and a config that runs it."""

from pathlib import Path

_FOLDER = Path(__file__).parent


def sample_path() -> Path:
    """Give the sample: one-minute bars from 2024-11-25 to 2024-12-03, with a holiday and an early close.

    The simulator made it (``openbell.demo.make_sample``): no bar in it ever traded.
    """
    return _FOLDER / "sample.parquet"


def config_path() -> Path:
    """Give the config that `openbell demo` runs."""
    return _FOLDER / "session.json"
