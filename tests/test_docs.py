"""What the documentation shows, runs."""

from __future__ import annotations

import contextlib
import doctest
import importlib
import io
import pkgutil
import re
from pathlib import Path

import pytest

import openbell

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted(
    m.name for m in pkgutil.walk_packages(openbell.__path__, "openbell.") if not m.name.endswith("__main__")
)


def test_every_example_in_a_docstring_runs() -> None:
    attempted = 0
    for name in MODULES:
        found = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
        assert found.failed == 0, name
        attempted += found.attempted
    assert attempted > 15


@pytest.mark.parametrize("index", range(4))
def test_the_code_of_the_readme_runs(index: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)
    assert len(blocks) == 4
    monkeypatch.chdir(tmp_path)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(blocks[index], "README.md", "exec"), {})  # noqa: S102  # our own text
    assert out.getvalue()


def test_the_readme_names_every_indicator() -> None:
    text = (ROOT / "README.md").read_text()
    for info in openbell.list_indicators():
        assert re.search(rf"\b{info.name}\b", text), info.name
