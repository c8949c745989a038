"""Opening gaps."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from openbell.config.fields import Section
from openbell.scanners.expression import ExpressionScanner


class GapParams(Section):
    """Of the gap scanner."""

    min_pct: float = Field(default=2.0, gt=0, description="the least gap, in percent of the previous close")
    direction: Literal["up", "down", "both"] = "both"
    min_volume: float = Field(default=0.0, ge=0, description="the least volume of the session so far")
    limit: int | None = Field(default=None, ge=1)


class GapScanner(ExpressionScanner):
    """Finds symbols that opened away from the previous close: the greatest gap first."""

    Params = GapParams

    def expressions(self) -> tuple[str, str | None, int | None]:
        """Give filter, rank and limit."""
        p = self.params
        size = {"up": "gap_pct", "down": "-1 * gap_pct", "both": "abs(gap_pct)"}[p.direction]
        return f"{size} >= {p.min_pct} AND day_volume >= {p.min_volume}", size, p.limit
