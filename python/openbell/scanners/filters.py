"""Filter and rank expressions: SQL over the columns of a snapshot. Nothing in them is ever run as Python."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from openbell.errors import ScannerError
from openbell.session.columns import SYMBOL, parse_column

if TYPE_CHECKING:
    from collections.abc import Collection

    import polars as pl

    from openbell.session.columns import Column

_ORDER = re.compile(r"(.+?)(?:\s+(asc|desc))?", re.IGNORECASE | re.DOTALL)
MAX_LENGTH = 10_000


class Expression:
    """One expression, read and checked once.

    Parameters
    ----------
    text
        Such as ``close > sma_20_1d * 1.02 AND rvol > 2``.
    attributes
        Names of the user's own columns.
    boolean
        Whether it must say yes or no; otherwise it must be a number or a text.

    Raises
    ------
    ScannerError
        If it cannot be read, names what is no column, or is of the wrong kind.
    """

    def __init__(self, text: str, *, attributes: Collection[str] = (), boolean: bool) -> None:
        import polars as pl

        if len(text) > MAX_LENGTH:
            raise ScannerError(f"the expression is longer than {MAX_LENGTH:,} characters")
        self.text = text
        try:
            self.expr: pl.Expr = pl.sql_expr(text)
            names = self.expr.meta.root_names()
        except (pl.exceptions.PolarsError, pl.exceptions.SQLSyntaxError) as error:
            raise ScannerError(f"{text!r} is not an expression: {error}") from None
        wanted = [name for name in dict.fromkeys(names) if name != SYMBOL]
        self.columns: tuple[Column, ...] = tuple(parse_column(name, attributes) for name in wanted)
        self._check(attributes, boolean=boolean)

    def _check(self, attributes: Collection[str], *, boolean: bool) -> None:
        import polars as pl

        if any(column.name in attributes for column in self.columns):
            # What an attribute holds is known when it is read.
            return
        # Tried on a row, since some mistakes show up only there.
        row = pl.DataFrame({SYMBOL: ["A"], **{column.name: [1.0] for column in self.columns}})
        try:
            (kind,) = row.select(self.expr.alias("it")).dtypes
        except pl.exceptions.PolarsError as error:
            raise ScannerError(f"{self.text!r} does not work: {error}") from None
        if boolean and kind != pl.Boolean:
            raise ScannerError(f"{self.text!r} gives {kind}, but a filter says yes or no")


class Rank(Expression):
    """An expression to sort by: ``rvol``, ``gap_pct asc``; the greatest first if nothing is said.

    Raises
    ------
    ScannerError
        As for `Expression`.
    """

    def __init__(self, text: str, *, attributes: Collection[str] = ()) -> None:
        match = _ORDER.fullmatch(text.strip())
        if match is None:
            raise ScannerError("the rank is empty")
        self.descending = (match[2] or "desc").lower() == "desc"
        super().__init__(match[1], attributes=attributes, boolean=False)
