"""The figures that are not times of calls: bars a second, import, memory, wheel. ``make bench`` prints them."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
MEMORY = """
import gc, pathlib, resource
from benches.market import bars, config
import openbell as ob

def resident():
    gc.collect()
    return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1024

source = bars(500)
kept = [ob.SessionCoordinator(config(), source=source).run()]
before = resident()
kept += [ob.SessionCoordinator(config(), source=source).run() for _ in range(16)]
print((resident() - before) / (16 * 500))
"""
RINGS = """
import numpy as np
from benches.market import FIRST, minute_of
import openbell as ob

def resident():
    return next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith("VmRSS"))

session = ob.SessionData()
names = [f"S{i:05}" for i in range(10_000)]
for name in names:
    session.register_symbol(name, "1m")
    session.add_interval(name, ob.Interval("5m"), 0)
ids = np.asarray(session.symbol_ids(names))
start = session.time_manager.get_trading_session(FIRST).open_ns
before = resident()
for minute in range(390):
    session.apply(minute_of(ids, start + minute * 60_000_000_000, np.full(len(ids), 100.0)))
print((resident() - before) / (len(names) * (390 + 78)))
"""
LOOP = """
import sys
from benches.market import OnFives, bars, config
import openbell as ob
source = bars(500)
strategies = [OnFives() if sys.argv[1] == "callback" else None for _ in range(5)]
runs = [ob.SessionCoordinator(config(), strategy=s, source=source).run() for s in strategies]
print(max(r.summary.bars_per_second for r in runs))
"""


def run(code: str, *args: str) -> str:
    """Run a piece of Python in a fresh interpreter."""
    command = [sys.executable, "-c", code, *args]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout


def import_ms() -> tuple[float, float]:
    """Median ms of ``import openbell``, and of that and a session of one symbol, without the interpreter's start."""
    start = "import openbell; openbell.SessionData().register_symbol('SPY', '1m')"
    run(start)  # that works the calendar out, which is then there
    timed = "import time; t = time.perf_counter(); {}; print((time.perf_counter() - t) * 1e3)"

    def median(what: str) -> float:
        return statistics.median(float(run(timed.format(what))) for _ in range(15))

    return median("import openbell"), median(start)


def kib_a_symbol() -> float:
    """Resident memory that a symbol takes: what sixteen more sessions of 500 symbols add (Linux)."""
    return float(run(MEMORY))


def ring_bytes() -> float:
    """Resident memory that a bar takes: what a day of 10,000 symbols adds, without indicators (Linux)."""
    return float(run(RINGS))


def wheel_mb() -> float:
    """Size of the wheel."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "maturin", "build", "--release", "--locked", "--quiet", "--out", folder]
        subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
        (wheel,) = Path(folder).glob("*.whl")
        return wheel.stat().st_size / 1e6


def main() -> None:
    """Measure and print."""
    table = Table(title="figures", title_justify="left")
    table.add_column("what")
    table.add_column("figure", justify="right")
    for kind in ("none", "callback"):
        label = {"none": "no callbacks", "callback": "a callback on each 5m bar"}[kind]
        table.add_row(f"bars a second, whole backtest loop, {label}", f"{float(run(LOOP, kind)) / 1e6:.2f} million")
    light, used = import_ms()
    table.add_row("import openbell", f"{light:.0f} ms")
    table.add_row("import openbell and start a session of one symbol", f"{used:.0f} ms")
    table.add_row("memory a symbol: a day of 1m and 5m, 12 indicators", f"{kib_a_symbol():.0f} KiB")
    table.add_row("wheel", f"{wheel_mb():.1f} MB")
    Console().print(table)


if __name__ == "__main__":
    main()
