"""Sale conditions as data: which of them keep a trade from a bar's open, high, low, last or volume."""

from __future__ import annotations

import functools
import string
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Self

from openbell.errors import hint

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

# One-character codes by the bit that stands for them.
CODES = string.digits + string.ascii_uppercase + "@"
BITS = {code: 1 << place for place, code in enumerate(CODES)}
# Between codes, or instead of one: a regular trade.
BLANK = " ,"


@dataclass(frozen=True, slots=True)
class TapeRules:
    """The conditions of one tape, as lists of one-character codes or of bit masks.

    Attributes
    ----------
    no_price
        Keep a trade from open and last.
    no_range
        Keep it from high and low.
    price_anyway
        Let it set them all the same.
    no_volume
        Its size does not count.
    opening
        The opening auction: the open of its bar, whatever was printed before.
    closing
        The closing auction: the end of the regular session's last bar, however late it is printed.
    """

    no_price: tuple[str | int, ...] = ()
    no_range: tuple[str | int, ...] = ()
    price_anyway: tuple[str | int, ...] = ()
    no_volume: tuple[str | int, ...] = ()
    opening: tuple[str | int, ...] = ()
    closing: tuple[str | int, ...] = ()

    def masks(self) -> tuple[int, int, int, int, int, int]:
        """Give the six lists as bit masks, in their order."""
        values = [mask(getattr(self, part.name)) for part in fields(self)]
        return (values[0], values[1], values[2], values[3], values[4], values[5])


@dataclass(frozen=True)
class SaleConditions:
    """A table of sale conditions by tape.

    Parameters
    ----------
    tapes
        Rules by the tape's name, ``"*"`` for those that are not named.

    Examples
    --------
    >>> table = SaleConditions.named("us")
    >>> sorted(table.tapes)
    ['A', 'B', 'C']
    >>> own = SaleConditions({"*": TapeRules(no_price=("I",), no_range=("I",))})  # odd lots set no price
    """

    tapes: Mapping[str, TapeRules] = field(default_factory=lambda: {"*": TapeRules()})

    @classmethod
    def named(cls, name: str) -> Self:
        """Give a built-in table: ``us``, ``lean`` or ``none``.

        Raises
        ------
        ValueError
            If there is none such, with the nearest.
        """
        tables = _tables()
        if name not in tables:
            meant = hint(name, tables, f"; there are {', '.join(tables)}")
            raise ValueError(f"unknown table of sale conditions {name!r}{meant}")
        rules = tables[name].items()
        return cls({tape: TapeRules(**{part: tuple(codes) for part, codes in lists.items()}) for tape, lists in rules})

    @property
    def order(self) -> list[str]:
        """The tapes as they are numbered; what is of no named tape is read by the first."""
        return sorted(self.tapes)

    def masks(self) -> list[tuple[int, int, int, int, int, int]]:
        """Give the rules as the engine takes them, in the order of `order`."""
        return [self.tapes[tape].masks() for tape in self.order]


def mask(conditions: Iterable[str | int]) -> int:
    """Give the bits of conditions: one-character codes, or bits themselves.

    Raises
    ------
    ValueError
        If a code is not one.
    """
    bits = 0
    for code in conditions:
        if isinstance(code, int):
            bits |= code
        elif code in BITS:
            bits |= BITS[code]
        elif code not in BLANK:
            raise ValueError(f"{code!r} is not a sale condition: one of {CODES}, or a bit mask")
    return bits


def condition_masks(values: Any) -> NDArray[Any]:
    """Give a column of conditions as bit masks, uint64.

    Parameters
    ----------
    values
        Whole numbers (masks already), texts such as ``"@ I"``, or lists of codes.
    """
    import numpy as np

    if isinstance(values, np.ndarray) and values.dtype.kind in "iu":
        return np.ascontiguousarray(values, dtype=np.uint64)
    if not isinstance(values, np.ndarray) and all(isinstance(value, int) for value in values):
        return np.array(values, dtype=np.uint64)
    # A text is as good as a list of its characters.
    unique, places = np.unique(["".join(codes or ()) for codes in values], return_inverse=True)
    return np.array([mask(text) for text in unique.tolist()], dtype=np.uint64)[places]


@functools.cache
def _tables() -> dict[str, dict[str, dict[str, list[str | int]]]]:
    import tomllib
    from importlib.resources import files

    return tomllib.loads(files("openbell.tape").joinpath("conditions.toml").read_text(encoding="utf-8"))
