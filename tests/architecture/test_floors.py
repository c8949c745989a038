"""The house stands: every module imports only from floors below it, and nothing goes round in circles."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import openbell

ROOT = Path(openbell.__file__).parent

# From the ground up. Packages on one floor do not import each other.
FLOORS = [
    {"errors", "_core"},
    {"indicators", "clock", "tape"},
    {"config", "requirements", "quality"},
    {"session"},
    {"sources"},
    {"report", "scanners", "testing"},
    {"coordinator"},
    {"demo", "remote"},
    {"cli"},
    {"__main__", "__init__"},
]
LEVEL = {package: level for level, floor in enumerate(FLOORS) for package in floor}


def imports(path: Path) -> list[str]:
    """Packages of openbell that a module imports, wherever in it."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "openbell":
            parts = node.module.split(".")
            found += [parts[1]] if len(parts) > 1 else [alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            found += [alias.name.split(".")[1] for alias in node.names if alias.name.startswith("openbell.")]
    return found


def modules() -> list[tuple[str, Path]]:
    return [(path.relative_to(ROOT).parts[0].removesuffix(".py"), path) for path in sorted(ROOT.rglob("*.py"))]


def test_every_package_has_a_floor() -> None:
    assert {package for package, _ in modules()} == set(LEVEL) - {"_core"}


def test_arrows_point_down() -> None:
    looked_at = 0
    for package, path in modules():
        if package == "__init__":
            continue
        for imported in imports(path):
            looked_at += 1
            if imported in LEVEL and imported != package:
                assert LEVEL[imported] < LEVEL[package], f"{path.relative_to(ROOT)} imports {imported}"
    assert looked_at > 100


def test_no_circles_within_a_package() -> None:
    graph: dict[str, set[str]] = {}
    for path in sorted(ROOT.rglob("*.py")):
        name = ".".join(("openbell", *path.relative_to(ROOT).with_suffix("").parts))
        if name.endswith("__init__"):
            continue
        tree = ast.parse(path.read_text())
        top = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
        graph[name] = {node.module for node in top if node.module and node.module.startswith("openbell.")}
    assert len(graph) > 40
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " imports ".join((*path, name))
        if name not in done:
            for target in graph.get(name, ()):
                visit(target, (*path, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def test_everything_public_can_be_had() -> None:
    for name in openbell.__all__:
        assert getattr(openbell, name).__module__.startswith("openbell"), name
    assert set(openbell.__all__) <= set(dir(openbell))


def test_the_import_is_light() -> None:
    heavy = "{'numpy', 'pandas', 'polars', 'pydantic', 'rich', 'typer', 'exchange_calendars', 'narwhals', 'yaml'}"
    code = f"import sys, openbell; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_the_stub_says_what_the_extension_has() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mypy.stubtest", "openbell._core", "--concise"],
        capture_output=True,
        text=True,
        check=False,
        env={"MYPYPATH": str(ROOT.parent), "PATH": ""},
    )
    assert done.returncode == 0, done.stdout


def test_no_file_is_long() -> None:
    tree = ROOT.parent.parent
    files = [p for kind in ("python/**/*.py", "tests/**/*.py", "rust/*/src/**/*.rs") for p in tree.glob(kind)]
    assert len(files) > 90
    long = {str(p.relative_to(tree)): n for p in files if (n := len(p.read_text().splitlines())) > 500}
    assert not long
