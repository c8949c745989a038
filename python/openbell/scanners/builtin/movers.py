"""Percent movers."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from openbell.config.fields import Section
from openbell.scanners.expression import ExpressionScanner


class MoversParams(Section):
    """Of the movers scanner."""

    min_pct: float = Field(default=0.0, ge=0, description="the least move from the previous close, in percent")
    direction: Literal["up", "down", "both"] = "both"
    min_price: float = Field(default=0.0, ge=0)
    limit: int | None = Field(default=20, ge=1)


class MoversScanner(ExpressionScanner):
    """Finds the symbols that moved most from the previous close."""

    Params = MoversParams

    def expressions(self) -> tuple[str, str | None, int | None]:
        """Give filter, rank and limit."""
        p = self.params
        size = {"up": "change_pct", "down": "-1 * change_pct", "both": "abs(change_pct)"}[p.direction]
        return f"{size} >= {p.min_pct} AND last >= {p.min_price}", size, p.limit
