"""Instructions a bar of each kind of work, counted by callgrind: the same on every run, however busy the machine is.

``make bench-check`` fails where one has become more than a tenth dearer than ``benches/counts.json`` says, or where a
bar costs more the more symbols there are. ``python -m benches.counts --write`` takes the counts as the new ones.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
KNOWN = Path(__file__).with_name("counts.json")
# What is done, and of what share of the symbols.
CASES = {
    "indicators": "1.0",
    "bars": "0.667",
    "minute": "0.667",
    "feed": "1.0",
    "add": "1.0",
    "late": "1.0",
}
SIZES = (100, 200, 400)
# What is sorted or looked up by name costs a little more the more there is; quadratic work would double.
DEARER, STEEPER = 1.10, 1.20
# When glibc merges its bins of small pieces depends on where the heap begins, and so on how long the program's path is.
STILL = {"GLIBC_TUNABLES": "glibc.malloc.mxfast=0"}


@dataclass(frozen=True)
class Count:
    """Instructions a bar (of ``add``, a symbol): what each more costs, and that against what those before it cost."""

    each: float
    growth: float


def missing() -> str | None:
    """Say what is not there that this takes; None if all is."""
    return next((f"{tool} is not installed" for tool in ("cargo", "valgrind") if shutil.which(tool) is None), None)


def program() -> str:
    """Build what is counted, and say where it is."""
    command = ["cargo", "bench", "--no-run", "--quiet", "--locked", "-p", "openbell-core", "--bench", "steps"]
    told = subprocess.run(
        [*command, "--message-format=json"], check=True, capture_output=True, text=True, cwd=ROOT
    ).stdout
    made = [json.loads(line) for line in told.splitlines() if '"executable":"' in line]
    return str(made[-1]["executable"])


def counted(steps: str, case: str, symbols: int) -> tuple[int, int]:
    """Give the bars and the instructions of one run."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", steps, case, str(symbols)]
        run = subprocess.run(
            [*command, CASES[case]], check=True, capture_output=True, text=True, env={**os.environ, **STILL}
        )
    instructions = re.search(r"Collected : (\d+)", run.stderr)
    if instructions is None:
        raise RuntimeError(f"callgrind has not said how many instructions {case} took:\n{run.stderr}")
    return int(run.stdout.split()[0]), int(instructions[1])


def count(steps: str, case: str) -> Count:
    """Count at three sizes: what each has more than the one before is the cost of a bar, whatever it costs to begin."""
    found = [counted(steps, case, symbols) for symbols in SIZES]
    before, each = ((more - less) / (many - few) for (few, less), (many, more) in itertools.pairwise(found))
    return Count(each, each / before)


def counts() -> dict[str, Count]:
    """Count all kinds of work."""
    steps = program()
    return {case: count(steps, case) for case in CASES}


def main() -> int:
    """Count, print a table, and compare."""
    if (why := missing()) is not None:
        print(f"nothing was counted: {why}")
        return 1
    found = counts()
    if "--write" in sys.argv:
        KNOWN.write_text(json.dumps({case: round(count.each) for case, count in found.items()}, indent=2) + "\n")
    known = json.loads(KNOWN.read_text())
    table = Table(title="instructions a bar (add: a symbol)", title_justify="left")
    for head in ("work", "before", "now", "ratio", "a bar, of twice the symbols"):
        table.add_column(head, justify="left" if head == "work" else "right")
    bad = []
    for case, count in found.items():
        ratio = count.each / known[case]
        table.add_row(case, f"{known[case]:,}", f"{count.each:,.0f}", f"{ratio:.2f}", f"{count.growth:.2f} times")
        if ratio > DEARER:
            bad.append(f"{case} takes {ratio:.2f} times the instructions of before")
        if count.growth > STEEPER:
            bad.append(
                f"{case} grows faster than the symbols: of twice as many, each bar takes {count.growth:.2f} times"
            )
    Console(width=100).print(table)
    for line in bad:
        print(line)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
