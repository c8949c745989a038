"""Unusual volume."""

from __future__ import annotations

from pydantic import Field

from openbell.config.fields import Section
from openbell.scanners.expression import RVOL_DAYS, ExpressionScanner


class RelativeVolumeParams(Section):
    """Of the relative volume scanner."""

    min_ratio: float = Field(default=2.0, gt=0, description="the least volume, against the same time of day before")
    days: int = Field(default=RVOL_DAYS, ge=1, le=250, description="earlier sessions that are averaged")
    min_volume: float = Field(default=0.0, ge=0, description="the least volume of the session so far")
    limit: int | None = Field(default=None, ge=1)


class RelativeVolumeScanner(ExpressionScanner):
    """Finds symbols with more volume than at the same time of the days before: the greatest ratio first."""

    Params = RelativeVolumeParams

    @property
    def rvol_days(self) -> int:
        """How many sessions it is measured against."""
        return int(self.params.days)

    def expressions(self) -> tuple[str, str | None, int | None]:
        """Give filter, rank and limit."""
        p = self.params
        return f"rvol >= {p.min_ratio} AND day_volume >= {p.min_volume}", "rvol", p.limit
