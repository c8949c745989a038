"""Instructions a bar of each kind of work, and cache lines of a minute that are not at hand, counted by callgrind.

They are the same on every run, however busy the machine is.

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
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
KNOWN = Path(__file__).with_name("counts.json")


class Case(NamedTuple):
    """What is done, of what share of the symbols, for how many of them; and what is counted."""

    work: str
    share: str = "1.0"
    sizes: tuple[int, int, int] = (100, 200, 400)
    counted: str = "instructions"


CASES = {
    "indicators": Case("indicators"),
    "bars": Case("bars", "0.667"),
    "minute": Case("minute", "0.667"),
    "feed": Case("feed"),
    "add": Case("add"),
    "late": Case("late"),
    # Of so many symbols, none is at hand any more when its next bar comes.
    "minute, cache lines": Case("minute", "0.667", (200, 400, 800), "lines"),
}
# A cache that holds what 32 symbols are read and change, but not what hundreds do.
CACHE = ("--cache-sim=yes", "--D1=131072,16,64", "--LL=8388608,16,64")
# What is sorted or looked up by name costs a little more the more there is; quadratic work would double.
DEARER, STEEPER = 1.10, 1.20
# When glibc merges its bins of small pieces depends on where the heap begins, and so on how long the program's path is.
STILL = {"GLIBC_TUNABLES": "glibc.malloc.mxfast=0"}


@dataclass(frozen=True)
class Count:
    """What a bar costs (of ``add``, a symbol): what each more does, and that against what those before it did."""

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


def counted(steps: str, case: Case, symbols: int) -> tuple[int, int]:
    """Give the bars of one run, and what was counted."""
    is_lines = case.counted == "lines"
    with tempfile.TemporaryDirectory() as folder:
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", *(CACHE if is_lines else ())]
        run = subprocess.run(
            [*command, steps, case.work, str(symbols), case.share],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, **STILL},
        )
    found = re.search(r"D1  misses: +([\d,]+)" if is_lines else r"Collected : (\d+)", run.stderr)
    if found is None:
        raise RuntimeError(f"callgrind has not said how many {case.counted} {case.work} took:\n{run.stderr}")
    return int(run.stdout.split()[0]), int(found[1].replace(",", ""))


def count(steps: str, case: Case) -> Count:
    """Count at three sizes: what each has more than the one before is the cost of a bar, whatever it costs to begin."""
    found = [counted(steps, case, symbols) for symbols in case.sizes]
    before, each = ((more - less) / (many - few) for (few, less), (many, more) in itertools.pairwise(found))
    return Count(each, each / before)


def counts() -> dict[str, Count]:
    """Count all kinds of work."""
    steps = program()
    return {name: count(steps, case) for name, case in CASES.items()}


def main() -> int:
    """Count, print a table, and compare."""
    if (why := missing()) is not None:
        print(f"nothing was counted: {why}")
        return 1
    found = counts()
    if "--write" in sys.argv:
        KNOWN.write_text(json.dumps({name: round(count.each, 1) for name, count in found.items()}, indent=2) + "\n")
    known = json.loads(KNOWN.read_text())
    table = Table(title="instructions a bar (add: a symbol)", title_justify="left")
    for head in ("work", "before", "now", "ratio", "a bar, of twice the symbols"):
        table.add_column(head, justify="left" if head == "work" else "right")
    bad = []
    for name, count in found.items():
        ratio = count.each / known[name]
        table.add_row(name, f"{known[name]:,}", f"{count.each:,.1f}", f"{ratio:.2f}", f"{count.growth:.2f} times")
        if ratio > DEARER:
            bad.append(f"{name}: {ratio:.2f} times the {CASES[name].counted} of before")
        if count.growth > STEEPER:
            bad.append(
                f"{name} grows faster than the symbols: of twice as many, each bar takes {count.growth:.2f} times"
            )
    Console(width=100).print(table)
    for line in bad:
        print(line)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
