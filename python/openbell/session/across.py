"""Reading across symbols."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from openbell._core import Gather, SessionCore, parse_symbol
from openbell.errors import ColumnsError
from openbell.session.columns import SYMBOL, Column, parse_column
from openbell.session.frame import Frame, symbol_series

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import polars as pl
    from numpy.typing import NDArray

    from openbell.quality import DataQualityManager
    from openbell.session.activity import Activity

# How many of the snapshots that were taken are kept prepared.
PREPARED = 8


def names_of(columns: Sequence[str]) -> tuple[str, ...]:
    """Give the names of columns; a text alone is none, though it is a sequence of texts."""
    if isinstance(columns, str):
        raise ColumnsError(f"columns = {columns!r}: they must be a list, such as [{columns!r}]")
    return tuple(columns)


class CrossSection(SessionCore):
    """The part of `SessionData` that reads across symbols."""

    activity: Activity
    quality: DataQualityManager
    _attributes: dict[str, dict[str, Any]]
    # What snapshots were last taken of, the newest last: who asks again pays for what changed.
    _prepared: dict[tuple[tuple[str, ...], tuple[str, ...] | None], Snapshot]

    def snapshot(self, columns: Sequence[str], symbols: Sequence[str] | None = None) -> Frame:
        """Give one row a symbol, all of one moment.

        Parameters
        ----------
        columns
            Fields of the newest closed bar (``close``, ``high_5m``; without an interval, of the base; ``bar_vwap_5m``,
            since ``vwap_5m`` is an indicator) or of the bar in progress (``forming_close_1d``; of a base that comes
            whole, its newest of the session), indicators and their outputs (``sma_20_1d``, ``bbands_20_2_5m_upper``),
            attributes (`set_attribute`), and ``day_open``, ``day_high``, ``day_low``, ``last``, ``day_volume``,
            ``session_vwap`` (of the regular session), ``prev_close``, ``gap_pct`` (open against it), ``change_pct``
            (last against it), ``bar_count``, ``rvol`` (the session's volume against the mean of the kept earlier
            sessions at the same time after the open), ``age_s`` (since the end of the newest bar), ``lag_s`` and
            ``quality`` (percent of the expected base bars).
        symbols
            Of which; those that are not registered are left out. None for all, in order of name.

        Raises
        ------
        ColumnsError
            If a column is none, with the nearest.

        Examples
        --------
        >>> import openbell as ob
        >>> session = ob.SessionData()
        >>> session.register_symbol("SPY", "1m")
        True
        >>> report = session.apply_bar("SPY", "1m", ob.Bar(1732545000000000000, 597.5, 598.1, 597.4, 598.0, 120_000))
        >>> session.snapshot(["close", "day_high"]).row("SPY")["close"]
        np.float64(598.0)
        """
        key = (names_of(columns), None if symbols is None else tuple(symbols))
        if (prepared := self._prepared.pop(key, None)) is None:
            prepared = self.prepare_snapshot(*key)
            # A copy, since other threads may take snapshots.
            for oldest in list(self._prepared)[: -(PREPARED - 1)]:
                self._prepared.pop(oldest, None)
        self._prepared[key] = prepared
        return prepared.take()

    def prepare_snapshot(self, columns: Sequence[str], symbols: Sequence[str] | None = None) -> Snapshot:
        """Prepare a `snapshot` that is taken again and again.

        Symbols that change after one is taken are read while they are at hand, so it costs little more than a copy. The
        last 8 that `snapshot` itself took are kept prepared too; this is for more of them.

        Raises
        ------
        ColumnsError
            If a column is none, with the nearest.
        """
        return Snapshot(self, columns, symbols)

    def set_attribute(self, name: str, values: Mapping[str, Any]) -> None:
        """Give symbols a value of your own, such as a sector or the float, as a column of snapshots.

        Parameters
        ----------
        name
            An identifier that is no other column.
        values
            By symbol, registered or not: numbers, or texts. Symbols that are not named have none.

        Raises
        ------
        ColumnsError
            If the name is none.
        """
        if not name.isidentifier() or name == "symbol":
            raise ColumnsError(f"{name!r} cannot be the name of a column: it must be an identifier, and not 'symbol'")
        try:
            taken = parse_column(name)
        except ColumnsError:
            self._attributes[name] = {parse_symbol(symbol): value for symbol, value in values.items()}
            return
        raise ColumnsError(f"{name!r} is a {taken.kind} already: take another name")

    def attribute_names(self) -> Collection[str]:
        """Give the names of the user's own columns."""
        return self._attributes.keys()

    def attribute_values(self, name: str, symbols: Sequence[str]) -> NDArray[Any]:
        """Give the values of one of them: float64 if all are numbers, objects otherwise."""
        values = self._attributes[name]
        found = [values.get(symbol) for symbol in symbols]
        if all(isinstance(value, int | float) for value in values.values()):
            return np.array([np.nan if value is None else float(value) for value in found], dtype=np.float64)
        return np.array(found, dtype=object)


class Snapshot:
    """A cut that is taken again and again: the names are read once, and only what changed is read anew.

    Parameters
    ----------
    session
        Whose.
    columns
        Names; see `openbell.session.columns.parse_column`.
    symbols
        Of which; None for all that are there when it is taken, in order of name.

    Raises
    ------
    ColumnsError
        If a name is none.
    """

    def __init__(self, session: CrossSection, columns: Sequence[str], symbols: Sequence[str] | None = None) -> None:
        wanted = [name for name in dict.fromkeys(names_of(columns)) if name != SYMBOL]
        self.columns: tuple[Column, ...] = tuple(parse_column(name, session.attribute_names()) for name in wanted)
        self._session = session
        named = None if symbols is None else [parse_symbol(symbol) for symbol in symbols]
        self._column: tuple[tuple[str, ...], pl.Series] | None = None
        self._plan = Gather([c.engine() for c in self.columns if c.kind not in {"lag", "attribute"}], named)

    def take(self) -> Frame:
        """Give the values of this moment."""
        session = self._session
        names, now_ns, arrays = session.gather(self._plan)
        gathered = iter(arrays)
        columns: dict[str, NDArray[Any]] = {}
        for column in self.columns:
            if column.kind == "attribute":
                columns[column.name] = session.attribute_values(column.field, names)
            elif column.kind == "lag":
                columns[column.name] = session.activity.measured_lags(names)
            else:
                columns[column.name] = next(gathered)
                if column.field == "quality":
                    columns[column.name] = self._judged(columns[column.name], names)
        return Frame(names, now_ns, columns, self._symbols)

    def _judged(self, present: NDArray[Any], names: Sequence[str]) -> NDArray[Any]:
        """Count what is known not to have been traded as well as what is there."""
        quality = self._session.quality
        if quality.gaps_verified:
            return np.where(np.isnan(present), present, 100.0)
        if quality.ledger is None:
            return present
        judged = (quality.session(name, self._session.intervals(name)[0]) for name in names)
        percent = (None if q is None else q.percent for q in judged)
        return np.array([np.nan if value is None else value for value in percent], dtype=np.float64)

    def _symbols(self, names: tuple[str, ...]) -> pl.Series:
        """Give the names as a column, the same one for as long as they are the same."""
        if self._column is None or self._column[0] is not names:
            self._column = (names, symbol_series(names))
        return self._column[1]
