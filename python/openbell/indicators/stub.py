"""The types of the catalogue's functions and classes: ``python -m openbell.indicators.stub`` writes them."""

from __future__ import annotations

from openbell.indicators.catalogue import IndicatorType, list_indicators
from openbell.indicators.functions import inputs_of, plain, times_of, values_type

HEAD = '''"""Made from the registry by `make docs`: change the registry, or `stub.py`."""

from typing import Generic, NamedTuple, Self, TypeAlias, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openbell.indicators.catalogue import IndicatorInfo as IndicatorInfo
from openbell.indicators.catalogue import IndicatorType as IndicatorType
from openbell.indicators.catalogue import ParameterInfo as ParameterInfo
from openbell.indicators.catalogue import list_indicators as list_indicators
from openbell.indicators.config import IndicatorConfig as IndicatorConfig
from openbell.indicators.custom import register_expression as register_expression
from openbell.indicators.custom import register_indicator as register_indicator

_Array: TypeAlias = NDArray[np.float64]
_Where: TypeAlias = ArrayLike | None
_Column = TypeVar("_Column")
_Value = TypeVar("_Value")

class _Stream(Generic[_Value]):
    name: str
    @property
    def value(self) -> _Value: ...
    @property
    def seen(self) -> int: ...
    def copy(self) -> Self: ...
'''


def entry(name: str, params: dict[str, float], outputs: tuple[str, ...]) -> str:
    """Give the types of one indicator: its outputs if it has several, its function, and its class."""
    columns = inputs_of(name)
    defaults = "".join(f", {key}: float = {plain(value)!r}" for key, value in params.items())
    arrays = ", ".join(f"{column}: ArrayLike" for column in columns)
    values = ", ".join(f"{column}: float" for column in columns)
    times = times_of(name)
    when = "".join(f", {key}: {'float' if key == 'minute' else 'int'}" for key in times)
    where = "session: _Where = None, regular: _Where = None" + "".join(
        f"{', *' if key == times[0] else ''}, {key}: ArrayLike" for key in times
    )
    many = len(outputs) > 1
    made = values_type(name).__name__ if many else ""
    whole = f"{made}[_Array]" if many else "_Array"
    one = f"{made}[float | None]" if many else "float | None"
    call = f"(self, {values}, /, *, session: int = 0, regular: bool = True{when}) -> {one}: ..."
    lines = [f"class {made}(NamedTuple, Generic[_Column]):", *(f"    {key}: _Column" for key in outputs), ""]
    return "\n".join(
        [
            *(lines if many else []),
            f"def {name}({arrays}{defaults}, {where}) -> {whole}: ...",
            "",
            f"class {name.upper()}(_Stream[{one}]):",
            *([f"    def __init__(self{defaults}) -> None: ..."] if params else []),
            f"    def update{call}",
            f"    def peek{call}",
            "",
        ]
    )


def stub() -> str:
    """Give the whole file."""
    entries = (
        entry(i.name, {p.name: p.default for p in i.params}, i.outputs)
        for i in list_indicators()
        if i.type is not IndicatorType.CUSTOM
    )
    return "\n".join([HEAD, *entries])


if __name__ == "__main__":
    print(stub(), end="")  # noqa: T201  # this is what it is for
