"""Strategies by name, for the command line."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from openbell.coordinator.strategy import Strategy
from openbell.errors import StrategyError

if TYPE_CHECKING:
    from types import ModuleType


def load_strategy(where: str) -> Strategy:
    """Make a strategy from ``package.module:Class`` or ``path/to/file.py:Class``.

    Raises
    ------
    StrategyError
        If there is no such module or class, if it is no `Strategy`, or if it cannot be made without arguments.
    """
    module_name, _, class_name = where.rpartition(":")
    if not module_name:
        raise StrategyError(f"{where!r} names no strategy: write it as package.module:Class or path/to/file.py:Class")
    module = _module(module_name)
    kind = getattr(module, class_name, None)
    if not (isinstance(kind, type) and issubclass(kind, Strategy)):
        there = [name for name, value in vars(module).items() if _is_strategy(value)]
        hint = f"; it has {', '.join(there)}" if there else "; one is a class that inherits openbell.Strategy"
        raise StrategyError(f"{module_name} has no strategy {class_name!r}{hint}")
    try:
        return kind()
    except Exception as error:
        raise StrategyError(f"{where} cannot be made: {type(error).__name__}: {error}") from error


def _is_strategy(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Strategy) and value is not Strategy


def _module(name: str) -> ModuleType:
    path = Path(name)
    if path.suffix == ".py" and not path.is_file():
        raise StrategyError(f"{name}: there is no such file")
    try:
        return _from_file(path) if path.suffix == ".py" else importlib.import_module(name)
    except Exception as error:
        raise StrategyError(f"{name} cannot be imported: {type(error).__name__}: {error}") from error


def _from_file(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module
