"""Make the sample again: ``python -m openbell.demo.make_sample [FILE]``."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from openbell.demo import sample_path

if TYPE_CHECKING:
    import polars as pl

SYMBOLS = 50
SEED = 20241129
# Six sessions: Thanksgiving is among these days, and the Friday after it closes at 13:00.
FIRST, LAST = dt.date(2024, 11, 25), dt.date(2024, 12, 3)


def make_sample() -> pl.DataFrame:
    """Give the sample as a frame: prices and volumes as the simulator draws them, the same every time."""
    import polars as pl

    from openbell.clock import TimeManager
    from openbell.sources import DataManager, SimulatorSource

    time_manager = TimeManager("XNYS")
    manager = DataManager(SimulatorSource(SYMBOLS, seed=SEED, time_manager=time_manager), time_manager)
    frames = []
    for date in time_manager.sessions(FIRST, LAST):
        columns = manager.load_session(None, date)
        frames.append(
            pl.DataFrame(
                {
                    "symbol": pl.Series([columns.names[i] for i in columns.symbol]),
                    "ts": pl.from_epoch(pl.Series(columns.ts), time_unit="ns").dt.replace_time_zone("UTC"),
                    **{name: getattr(columns, name) for name in ("open", "high", "low", "close", "vwap")},
                    "volume": columns.volume.astype("uint32"),
                    "trade_count": columns.trade_count.astype("uint32") if columns.trade_count is not None else None,
                }
            )
        )
    return pl.concat(frames)


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else sample_path()
    make_sample().write_parquet(target, compression="zstd", compression_level=19)
