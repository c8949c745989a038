"""Values that stand in several sections, and the base of all sections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, PlainSerializer, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from openbell._core import Interval, parse_symbol
from openbell.errors import ConfigProblem, OpenbellError
from openbell.indicators import IndicatorConfig
from openbell.indicators.config import KEYS, TEXTS, unknown_key

if TYPE_CHECKING:
    from collections.abc import Iterator


class Section(BaseModel):
    """A part of the config: unknown keys are refused, and nothing in it can be changed."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class FrozenDict(Mapping[str, Any]):
    """A mapping that cannot be changed: it is hashed by what is in it, and unlike a view it can be pickled."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, Any]) -> None:
        self._items = dict(items)

    def __getitem__(self, key: str) -> Any:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(frozenset(self._items.items()))

    def __repr__(self) -> str:
        return repr(self._items)

    def __reduce__(self) -> tuple[type[FrozenDict], tuple[dict[str, Any]]]:
        return type(self), (self._items,)


def frozen(value: Any) -> Any:
    """Give the same value with mappings that are read-only and tuples for lists, all the way down."""
    if isinstance(value, Mapping):
        return FrozenDict({str(key): frozen(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple(frozen(item) for item in value)
    return value


def thawed(value: Any) -> Any:
    """Undo `frozen`, for JSON."""
    if isinstance(value, Mapping):
        return {key: thawed(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [thawed(item) for item in value]
    return value


def several(problems: list[ConfigProblem]) -> PydanticCustomError:
    """Give an error that carries several problems, with paths relative to the section that raises it."""
    return PydanticCustomError("openbell", "{problems}", {"problems": tuple(problems)})


def _symbol(value: str) -> str:
    return parse_symbol(value)


def _interval(value: object) -> Interval:
    if not isinstance(value, str | Interval):
        raise ValueError(f"{value!r} is not an interval; write one such as '5m'")  # noqa: TRY004  # pydantic's contract
    return Interval(value)


def _indicator(value: object) -> IndicatorConfig:
    if isinstance(value, IndicatorConfig):
        return value
    if not isinstance(value, Mapping):
        raise ValueError('write an indicator as {"name": "sma", "period": 20, "interval": "5m"}')  # noqa: TRY004
    name = value.get("name")
    problems = [ConfigProblem(str(key), unknown_key(str(key), name)) for key in value if key not in KEYS]
    if "name" not in value:
        problems.append(ConfigProblem("name", "it is missing; see `openbell indicators`"))
    problems += [
        ConfigProblem(key, f"{value[key]!r} is not a text")
        for key in TEXTS
        if key in value and not isinstance(value[key], str | Interval | IndicatorConfig)
        if key == "name" or value[key] is not None
    ]
    params = value.get("params") or {}
    if not isinstance(params, Mapping):
        problems.append(ConfigProblem("params", 'write parameters as {"period": 20}'))
    if problems:
        raise several(problems)
    try:
        return IndicatorConfig(**{**value, "params": {str(key): number for key, number in params.items()}})
    except OpenbellError as error:
        raise ValueError(str(error)) from None


_INDICATOR_SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "description": "a name that `openbell indicators` lists"},
        "type": {"type": "string", "description": "its family; may be left out"},
        "period": {"type": "integer", "minimum": 1},
        "interval": {"type": "string", "examples": ["5m"]},
        "params": {"type": "object", "additionalProperties": {"type": "number"}},
        "against": {"type": "string", "description": "the symbol that it compares with", "examples": ["SPY"]},
        "expression": {"type": "string", "examples": ["(close - sma_20) / stddev_20"]},
        "source": {"type": "string", "description": "what it reads", "examples": ["hl2", "rsi_14_5m"]},
    },
    "required": ["name", "interval"],
    "additionalProperties": False,
}

type_interval = {"type": "string", "pattern": "^[0-9]+[smhdw]$", "examples": ["1m", "5m", "1h", "1d"]}

Symbol = Annotated[str, AfterValidator(_symbol)]
IntervalField = Annotated[
    Interval, PlainValidator(_interval), PlainSerializer(str, return_type=str), WithJsonSchema(type_interval)
]
IndicatorField = Annotated[
    IndicatorConfig,
    PlainValidator(_indicator),
    PlainSerializer(IndicatorConfig.to_dict, return_type=dict[str, Any]),
    WithJsonSchema(_INDICATOR_SCHEMA),
]
FrozenMapping = Annotated[
    Mapping[str, Any], AfterValidator(frozen), PlainSerializer(thawed, return_type=dict[str, Any])
]
FrozenNames = Annotated[Mapping[str, str], AfterValidator(frozen), PlainSerializer(thawed, return_type=dict[str, str])]
