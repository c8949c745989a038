"""Scanners by name: built in, or a dotted path."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from pydantic import ValidationError

from openbell.errors import OpenbellError, ScannerError, hint
from openbell.scanners.base import BaseScanner
from openbell.scanners.expression import ExpressionScanner

if TYPE_CHECKING:
    from collections.abc import Collection

    from openbell.config.sections import ScannerConfig

BUILT_IN = {
    "gap": "openbell.scanners.builtin.gap:GapScanner",
    "relative_volume": "openbell.scanners.builtin.relative_volume:RelativeVolumeScanner",
    "new_extreme": "openbell.scanners.builtin.new_extreme:NewExtremeScanner",
    "ma_cross": "openbell.scanners.builtin.ma_cross:MovingAverageCrossScanner",
    "opening_range_breakout": "openbell.scanners.builtin.opening_range:OpeningRangeScanner",
    "squeeze": "openbell.scanners.builtin.squeeze:SqueezeScanner",
    "movers": "openbell.scanners.builtin.movers:MoversScanner",
}


def make_scanner(config: ScannerConfig, attributes: Collection[str] = ()) -> BaseScanner:
    """Make the scanner that a config asks for.

    Raises
    ------
    ScannerError
        If there is none such, it is no scanner, or its config is refused.
    """
    if config.filter is not None:
        declared = {"filter": config.filter, "rank": config.rank, "limit": config.limit, **config.config}
        return _refused_clearly(lambda: ExpressionScanner(declared, attributes), "filter")
    where = config.module or ""
    kind = _load(BUILT_IN.get(where, where), where)
    if issubclass(kind, ExpressionScanner):
        return _refused_clearly(lambda: kind(config.config, attributes), where)
    return _refused_clearly(lambda: kind(config.config), where)


def _refused_clearly(make: object, where: str) -> BaseScanner:
    try:
        made: BaseScanner = make()  # type: ignore[operator]
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, p['loc'])) or 'config'}: {p['msg']}" for p in error.errors()]
        raise ScannerError(f"{where}: {'; '.join(problems)}") from None
    except OpenbellError as error:
        raise ScannerError(f"{where}: {error}") from None
    except Exception as error:
        raise ScannerError(f"{where} cannot be made: {type(error).__name__}: {error}") from error
    return made


def _load(path: str, where: str) -> type[BaseScanner]:
    module_name, _, class_name = path.replace(":", ".").rpartition(".")
    if not module_name:
        meant = hint(where, BUILT_IN, f"; built in are {', '.join(BUILT_IN)}")
        raise ScannerError(f"there is no scanner {where!r}{meant} (or a dotted path, package.module.Class)")
    try:
        kind = getattr(importlib.import_module(module_name), class_name)
    except ModuleNotFoundError as error:
        raise ScannerError(f"{where}: {error}") from None
    except AttributeError:
        raise ScannerError(f"{module_name} has no {class_name!r}") from None
    except Exception as error:
        raise ScannerError(f"{where} cannot be imported: {type(error).__name__}: {error}") from error
    if not (isinstance(kind, type) and issubclass(kind, BaseScanner)):
        raise ScannerError(f"{where} is no scanner: a scanner inherits openbell.scanners.BaseScanner")
    return kind
