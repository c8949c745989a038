"""The figures that are not times of calls: memory, import, wheel. ``make bench`` prints them as a table."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
MEMORY = """
import resource, sys
from benches.market import bars, config
import openbell as ob
symbols = int(sys.argv[1])
source = bars(symbols)
run = ob.SessionCoordinator(config(), source=source)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
run.run()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def run(code: str, *args: str) -> str:
    """Run a piece of Python in a fresh interpreter."""
    command = [sys.executable, "-c", code, *args]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout


def import_ms() -> tuple[float, float]:
    """Median wall time of ``import openbell``, and of the first use of its session, without the interpreter's start."""
    timed = "import time; t = time.perf_counter(); {}; print((time.perf_counter() - t) * 1e3)"

    def median(what: str) -> float:
        return statistics.median(float(run(timed.format(what))) for _ in range(15))

    return median("import openbell"), median("import openbell; openbell.SessionData")


def kib_a_symbol() -> float:
    """Memory that a symbol takes with a day of 1m and 5m bars and twelve indicators, from runs of two sizes."""
    few, many = 500, 2000
    used = [int(run(MEMORY, str(symbols))) for symbols in (few, many)]
    return (used[1] - used[0]) / (many - few)


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
    light, used = import_ms()
    table.add_row("import openbell", f"{light:.0f} ms")
    table.add_row("import openbell and its session", f"{used:.0f} ms")
    table.add_row("memory a symbol (peak; 1m, 5m, 12 indicators, five days played)", f"{kib_a_symbol():.0f} KiB")
    table.add_row("wheel", f"{wheel_mb():.1f} MB")
    table.add_row("peak memory of this script", f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")
    Console().print(table)


if __name__ == "__main__":
    main()
