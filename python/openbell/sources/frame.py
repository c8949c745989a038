"""Bars in a data frame."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from openbell.errors import SourceError
from openbell.sources.protocol import Capabilities
from openbell.sources.table import Table, TableOptions

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from openbell._core import Interval
    from openbell.sources.columns import Columns
    from openbell.sources.refused import RefusedRows


class FrameSource:
    """Bars in any eager frame that narwhals takes (polars, pandas, PyArrow, …), or in a mapping of arrays.

    Parameters
    ----------
    frame
        With a row a bar; it is read once, at first use.
    options
        As in the config: ``interval``, ``columns``, ``tz``, ``label``, ``unit``, ``on_bad``, ``gaps_verified``.

    Examples
    --------
    >>> source = FrameSource(
    ...     {"symbol": ["A"], "ts": ["2024-11-25T14:30:00Z"], "open": [1.0], "high": [2.0], "low": [1.0],
    ...      "close": [2.0], "volume": [10]},
    ... )
    >>> source.symbols()
    ('A',)
    """

    def __init__(self, frame: Any, **options: Any) -> None:
        self.options = TableOptions(**options)
        self._frame = _to_polars(frame)

    @property
    def interval(self) -> Interval:
        return self.options.interval

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(label="frame", gaps_verified=self.options.gaps_verified)

    @property
    def refused(self) -> RefusedRows:
        return self._table.refused

    def symbols(self) -> tuple[str, ...]:
        """List the symbols in the frame, in order of name."""
        return self._table.symbols()

    def span(self) -> tuple[int, int] | None:
        """Give the opens of the first and the last bar; None if there is no bar."""
        return self._table.span()

    def history(self, symbols: Sequence[str] | None, start_ns: int, end_ns: int) -> Columns:
        """Give the bars of some symbols (all: None) that open within ``[start_ns, end_ns)``, in the frame's order."""
        return self._table.history(symbols, start_ns, end_ns)

    @cached_property
    def _table(self) -> Table:
        return Table([("frame", self._frame)], self.options)


def _to_polars(frame: Any) -> pl.DataFrame:
    import narwhals as nw
    import polars as pl

    if isinstance(frame, Mapping):
        return pl.DataFrame(dict(frame))
    try:
        polars: pl.DataFrame = nw.from_native(frame, eager_only=True).to_polars()
    except ModuleNotFoundError as error:
        raise SourceError(
            f"reading this frame needs {error.name}; install it with pip install 'openbell[pandas]'"
        ) from None
    except TypeError:
        kind = f"{type(frame).__module__}.{type(frame).__qualname__}"
        raise SourceError(
            f"a {kind} is not a frame; give a polars, pandas or PyArrow one, or a dict of arrays"
        ) from None
    return polars
