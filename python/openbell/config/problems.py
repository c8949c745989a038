"""What pydantic found, as problems with dotted paths and the nearest key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from openbell.errors import ConfigProblem, hint

if TYPE_CHECKING:
    from pydantic import ValidationError

# Branches of a union show up in the location of an error after their field, although no config has such a key.
_BRANCHES = {"source": {"csv", "parquet", "frame", "simulator", "other"}, "symbols": {"all", "list", "count"}}


def from_validation(error: ValidationError, root: type[BaseModel]) -> list[ConfigProblem]:
    """Translate all errors, in the order in which they stand in the config."""
    problems: list[ConfigProblem] = []
    seen = set()
    for detail in error.errors(include_url=False):
        where = _path(detail["loc"])
        for problem in _translate(detail, where, root):
            if problem not in seen:
                seen.add(problem)
                problems.append(problem)
    return problems


def _translate(detail: Any, where: str, root: type[BaseModel]) -> list[ConfigProblem]:
    context = detail.get("ctx", {})
    if detail["type"] == "openbell":
        return [ConfigProblem(_join(where, p.path), p.message) for p in context["problems"]]
    if detail["type"] == "extra_forbidden":
        keys = sorted(_keys_beside(detail["loc"], root))
        meant = hint(str(detail["loc"][-1]), keys, f"; known are {', '.join(keys)}")
        return [ConfigProblem(where, f"unknown key{meant}")]
    if detail["type"] == "missing":
        return [ConfigProblem(where, "it is missing")]
    message = detail["msg"].removeprefix("Value error, ")
    got = detail.get("input")
    if detail["type"] != "value_error" and isinstance(got, str | int | float | bool):
        message = f"{message}, not {got!r}"
    return [ConfigProblem(where, message)]


def _join(where: str, path: str) -> str:
    return f"{where}.{path}" if where and path else where or path


def _path(loc: tuple[str | int, ...]) -> str:
    text = ""
    for i, part in enumerate(loc):
        if isinstance(part, int):
            text += f"[{part}]"
        elif not _is_branch(part, i, loc):
            text = _join(text, part)
    return text


def _is_branch(part: str, index: int, loc: tuple[str | int, ...]) -> bool:
    return index > 0 and part in _BRANCHES.get(str(loc[index - 1]), ())


def _keys_beside(loc: tuple[str | int, ...], root: type[BaseModel]) -> set[str]:
    """Give the keys of the section in which the last part of a location stands."""
    from openbell.config.source import CsvConfig, FrameConfig, ParquetConfig, SimulatorConfig

    tagged: dict[str, type[BaseModel]] = {
        "csv": CsvConfig,
        "parquet": ParquetConfig,
        "frame": FrameConfig,
        "simulator": SimulatorConfig,
    }
    model = root
    for i, part in enumerate(loc[:-1]):
        if isinstance(part, int):
            continue
        if i > 0 and loc[i - 1] == "source" and part in tagged:
            model = tagged[part]
        elif part in model.model_fields:
            model = _model_in(model.model_fields[part].annotation) or model
    return set(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Give the section that a field's annotation holds, directly or in a tuple or union."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        if found := _model_in(inner):
            return found
    return None
