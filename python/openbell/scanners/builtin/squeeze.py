"""Volatility squeezes."""

from __future__ import annotations

from pydantic import Field

from openbell.config.fields import IntervalField, Section
from openbell.scanners.expression import ExpressionScanner


class SqueezeParams(Section):
    """Of the squeeze scanner."""

    interval: IntervalField = Field(default="5m", validate_default=True)
    period: int = Field(default=20, ge=2, le=1000)
    deviations: float = Field(default=2.0, gt=0, description="half width of the Bollinger bands")
    ranges: float = Field(default=1.5, gt=0, description="half width of the Keltner channel, in average true ranges")
    limit: int | None = Field(default=None, ge=1)


class SqueezeScanner(ExpressionScanner):
    """Finds symbols whose Bollinger bands lie within the Keltner channel around the same average: the tightest first.

    After J. Carter, *Mastering the Trade* (2005): the market is quieter than its range has been.
    """

    Params = SqueezeParams

    def expressions(self) -> tuple[str, str | None, int | None]:
        """Give filter, rank and limit."""
        p = self.params
        width = f"{p.deviations:g}".replace(".", "p")
        bands = f"bbands_{p.period}_{width}_{p.interval}"
        half, channel = f"({bands}_upper - {bands}_middle)", f"{p.ranges} * atr_{p.period}_{p.interval}"
        return f"{half} < {channel}", f"{half} / ({channel}) asc", p.limit
