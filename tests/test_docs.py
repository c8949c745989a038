"""What the documentation shows, runs."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import openbell
from openbell.indicators.custom import only_here
from openbell.indicators.page import page
from openbell.indicators.stub import stub

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted(
    m.name for m in pkgutil.walk_packages(openbell.__path__, "openbell.") if not m.name.endswith("__main__")
)


def test_every_example_in_a_docstring_runs() -> None:
    attempted = 0
    for name in MODULES:
        with only_here():
            found = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
        assert found.failed == 0, name
        attempted += found.attempted
    assert attempted > 15


PAGES = {"README.md": 7, "docs/live.md": 3, "docs/indicators.md": 3}


@pytest.mark.parametrize(("page", "index"), [(page, index) for page, count in PAGES.items() for index in range(count)])
def test_the_code_of_a_page_runs(page: str, index: int, tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), flags=re.DOTALL)
    assert len(blocks) == PAGES[page]
    # As a reader would: saved under the name that it bears, and run in a process of its own, where no other test has
    # imported anything.
    named = re.match(r"# (\w+\.py)\n", blocks[index])
    path = tmp_path / (named[1] if named else "example.py")
    path.write_text(blocks[index])
    run = subprocess.run([sys.executable, str(path)], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    assert run.stdout


def test_the_page_of_indicators_is_that_of_the_registry() -> None:
    """If it is not: ``make docs``."""
    assert (ROOT / "docs/indicators.md").read_text() == page()


def test_the_types_of_indicators_are_those_of_the_registry() -> None:
    """If they are not: ``make docs``."""
    assert (ROOT / "python/openbell/indicators/__init__.pyi").read_text() == stub()
