"""Bars in a data frame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from openbell.errors import SourceError
from openbell.session.batch import without_index
from openbell.sources.table import TableOptions, TableSource, pick

if TYPE_CHECKING:
    import polars as pl


class FrameSource(TableSource):
    """Bars in any eager frame that narwhals takes (polars, pandas, PyArrow, …), or in a mapping of arrays.

    Parameters
    ----------
    frame
        With a row a bar; it is read once, at first use. An index of pandas that has names is read as columns are;
        times in one that has none are ``ts``.
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
        super().__init__("frame", TableOptions(**options))
        self._frame = _to_polars(frame)

    def _frames(self) -> list[tuple[str, pl.DataFrame]]:
        there = self._frame.columns
        if "symbol" not in pick(there, self.options, "frame"):
            # A file says by its name whose bars it has.
            raise SourceError(f"frame: it has no column 'symbol', but {', '.join(there)}; add one, of the ticker")
        return [("frame", self._frame)]


def _to_polars(frame: Any) -> pl.DataFrame:
    import narwhals as nw
    import polars as pl

    if isinstance(frame, Mapping):
        return pl.DataFrame(dict(frame))
    try:
        polars: pl.DataFrame = nw.from_native(without_index(frame), eager_only=True).to_polars()
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
