"""A time of a session's day: of the clock, or relative to open and close."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

_RELATIVE = re.compile(r"(open|close)(?:([+-])(\d+)([smh]))?")
_SECONDS = {"s": 1, "m": 60, "h": 3600}
WRONG = "write a time such as '09:35', or one such as 'open', 'open+5m', 'close-10m'"


@dataclass(frozen=True, slots=True)
class Moment:
    """``time`` by the exchange's clock, or ``offset_s`` seconds after its ``anchor``."""

    anchor: Literal["open", "close"] | None = None
    offset_s: int = 0
    time: dt.time = dt.time()

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read ``09:35``, ``open+5m`` or ``close-10m``.

        Raises
        ------
        ValueError
            If it is none.
        """
        if isinstance(value, cls):
            return value
        if isinstance(value, dt.time):
            return cls(time=value)
        if not isinstance(value, str):
            raise ValueError(f"{value!r} is not a time: {WRONG}")  # noqa: TRY004  # pydantic's contract
        if match := _RELATIVE.fullmatch(value.strip().lower()):
            anchor: Literal["open", "close"] = "open" if match[1] == "open" else "close"
            seconds = int(match[3] or 0) * _SECONDS[match[4] or "s"]
            return cls(anchor, -seconds if match[2] == "-" else seconds)
        try:
            return cls(time=dt.time.fromisoformat(value.strip()))
        except ValueError:
            raise ValueError(f"{value!r} is not a time: {WRONG}") from None

    def __str__(self) -> str:
        if self.anchor is None:
            return self.time.isoformat()
        if not self.offset_s:
            return self.anchor
        sign, seconds = "-" if self.offset_s < 0 else "+", abs(self.offset_s)
        return f"{self.anchor}{sign}{seconds // 60}m" if seconds % 60 == 0 else f"{self.anchor}{sign}{seconds}s"


def _moment(value: Any) -> Moment:
    return Moment.parse(value)


MomentField = Annotated[
    Moment,
    PlainValidator(_moment),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "examples": ["09:35", "open+5m", "close-10m"]}),
]
