"""Scanners that need no code: a filter over a snapshot, a rank and a limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openbell.scanners.base import BaseScanner, ScanResult
from openbell.scanners.filters import Expression, Rank

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from openbell.scanners.base import ScanContext
    from openbell.session import Snapshot
    from openbell.session.columns import Column

# Sessions that relative volume is measured against, unless the config says how many.
RVOL_DAYS = 5
# Figures that need the session before.
_OF_YESTERDAY = frozenset({"prev_close", "gap_pct", "change_pct"})


class ExpressionScanner(BaseScanner):
    """Finds the symbols for which a filter holds, the best by a rank first.

    The bars and indicators that its columns need are asked for ad hoc.

    Parameters
    ----------
    config
        ``filter``, ``rank`` and ``limit`` as in the session's config; ``rvol_days`` for how many sessions ``rvol`` is
        measured against (5). Subclasses give them by `expressions`.
    attributes
        Names of the user's own columns.

    Raises
    ------
    ScannerError
        If an expression is none.
    """

    def __init__(self, config: Mapping[str, Any], attributes: Collection[str] = ()) -> None:
        super().__init__(config)
        condition, rank, limit = self.expressions()
        self._filter = Expression(condition, attributes=attributes, boolean=True)
        self._rank = None if rank is None else Rank(rank, attributes=attributes)
        self._limit = limit
        every = {c.name: c for c in (*self._filter.columns, *(self._rank.columns if self._rank else ()))}
        self.columns: tuple[Column, ...] = tuple(every.values())
        self._snapshot: Snapshot | None = None

    def expressions(self) -> tuple[str, str | None, int | None]:
        """Give filter, rank and limit."""
        return self.config["filter"], self.config.get("rank"), self.config.get("limit")

    @property
    def rvol_days(self) -> int:
        """How many sessions relative volume is measured against."""
        return int(self.config.get("rvol_days", RVOL_DAYS))

    def setup(self, context: ScanContext) -> bool:
        """Ask for what the columns need, for each symbol of the universe."""
        self._snapshot = None
        for symbol in context.universe:
            self._provide(context, symbol)
        return True

    def _provide(self, context: ScanContext, symbol: str) -> None:
        days = 0
        for column in self.columns:
            if column.indicator is not None:
                context.add_indicator(symbol, column.indicator)
            elif column.interval is not None:
                context.add_session_bars(symbol, column.interval)
            elif column.field == "rvol":
                days = max(days, self.rvol_days)
            elif column.field in _OF_YESTERDAY:
                days = max(days, 1)
        if days:
            context.add_historical_bars(symbol, context.base_interval, days)
        elif not context.session_data.has_symbol(symbol):
            context.add_session_bars(symbol, context.base_interval)

    def scan(self, context: ScanContext) -> ScanResult:
        """Take the snapshot, filter, sort."""
        if self._snapshot is None:
            names = [column.name for column in self.columns]
            self._snapshot = context.session_data.prepare_snapshot(names, context.universe)
        # Where there is no value, no comparison holds: SQL's null, and not NaN, which is greater than all.
        rows = self._snapshot.take().to_polars().fill_nan(None).filter(self._filter.expr)
        if self._rank is not None:
            # Of equals, the first of the universe stays first.
            rows = rows.sort(self._rank.expr, descending=self._rank.descending, nulls_last=True, maintain_order=True)
        if self._limit is not None:
            rows = rows.head(self._limit)
        return ScanResult(rows["symbol"].to_list(), {row.pop("symbol"): row for row in rows.to_dicts()})
