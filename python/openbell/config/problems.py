"""What pydantic found, as problems with dotted paths and the nearest key."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from openbell.config.source import SECTIONS
from openbell.errors import ConfigProblem, hint

if TYPE_CHECKING:
    from pydantic import ValidationError

# Branches of a union show up in the location of an error after their field, although no config has such a key.
_BRANCHES = {"source": set(SECTIONS), "symbols": {"all", "list", "count"}}


def from_validation(error: ValidationError, root: type[BaseModel]) -> list[ConfigProblem]:
    """Translate all errors, in the order in which they stand in the config."""
    found = (problem for detail in error.errors(include_url=False) for problem in _translate(detail, root))
    return list(dict.fromkeys(found))


def _translate(detail: Any, root: type[BaseModel]) -> list[ConfigProblem]:
    where, beside, section = _place(detail["loc"], root)
    if detail["type"] == "openbell":
        return [ConfigProblem(_join(where, p.path), p.message) for p in detail["ctx"]["problems"]]
    return [ConfigProblem(where, _message(detail, beside, section))]


def _message(detail: Any, beside: type[BaseModel], section: type[BaseModel]) -> str:
    last, got = str(detail["loc"][-1]) if detail["loc"] else "", detail.get("input")
    match detail["type"]:
        case "extra_forbidden":
            keys = sorted(beside.model_fields)
            return "unknown key" + hint(last, keys, f"; known are {', '.join(keys)}")
        case "missing":
            field = beside.model_fields.get(last)
            examples = [json.dumps(example) for example in (field and field.examples) or ()]
            return "it is missing" + ("; for example " + " or ".join(examples) if examples else "")
        case "model_type":
            message = f"it must be a section, of the keys {', '.join(section.model_fields)}"
        case "tuple_type":
            message = "it must be a list"
        case "value_error":
            return str(detail["msg"].removeprefix("Value error, "))
        case _:
            message = detail["msg"]
    if isinstance(got, str | int | float | bool):
        return f"{message}, not {got!r}"
    return message


def _join(where: str, path: str) -> str:
    return f"{where}.{path}" if where and path else where or path


def _place(loc: tuple[str | int, ...], root: type[BaseModel]) -> tuple[str, type[BaseModel], type[BaseModel]]:
    """Give a location as a dotted path, the section in which its last key stands, and the section that it is itself."""
    text, beside, section, before = "", root, root, ""
    for part in loc:
        if isinstance(part, int):
            text += f"[{part}]"
            continue
        if part in _BRANCHES.get(before, ()):
            section = SECTIONS.get(part, section)
        else:
            text, beside = _join(text, part), section
            field = beside.model_fields.get(part)
            section = (field and _section_in(field.annotation)) or section
        before = part
    return text, beside, section


def _section_in(annotation: Any) -> type[BaseModel] | None:
    """Give the section that a field's annotation holds, directly or in a tuple or union."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        if found := _section_in(inner):
            return found
    return None
