"""Trades and quotes into the session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from openbell._core import SessionCore

if TYPE_CHECKING:
    from openbell._core import TradeReport
    from openbell.config import SessionConfig
    from openbell.tape import SaleConditions

WINDOW_S = 900.0


@dataclass(frozen=True, slots=True)
class QuoteReport:
    """What became of a batch of quotes: taken, older than the symbol's last, of symbols that are not registered."""

    taken: int
    late: int
    refused: int


class TickInput(SessionCore):
    """The part of `SessionData` that takes trades and quotes."""

    config: SessionConfig | None
    _tape: SaleConditions | None

    @property
    def sale_conditions(self) -> SaleConditions:
        """How trades are read: the config's table, or ``us``, until `set_sale_conditions` says otherwise."""
        from openbell.tape import SaleConditions

        if self._tape is None:
            trades = self.config.session_data_config.trades if self.config else None
            table = self._tape = SaleConditions.named(trades.conditions if trades else "us")
            self.set_tape(table.masks(), trades.window_seconds if trades else WINDOW_S)
        return self._tape

    def set_sale_conditions(self, table: SaleConditions | str, *, window_seconds: float | None = None) -> None:
        """Say how trades are read from now on.

        Parameters
        ----------
        table
            A table, or the name of a built-in one: ``us``, ``lean``, ``none``.
        window_seconds
            For how long, in market time, a trade may be cancelled, corrected or come late; the config's
            ``trades.window_seconds`` if not given.
        """
        from openbell.tape import SaleConditions

        table = SaleConditions.named(table) if isinstance(table, str) else table
        if window_seconds is None:
            trades = self.config.session_data_config.trades if self.config else None
            window_seconds = trades.window_seconds if trades else WINDOW_S
        self.set_tape(table.masks(), window_seconds)
        self._tape = table

    def apply_trades(self, columns: Any) -> TradeReport:
        """Apply trades of many symbols at once, in the order given; base bars are made of them.

        A bar is there from its end on, by the clock or by a later trade of its symbol. A trade that is cancelled,
        corrected or late makes its bar anew, and everything that depends on it. The bar's own ``vwap`` is
        that of the trades whose size counts. A bar in which no trade sets a price does not exist.

        Parameters
        ----------
        columns
            A mapping of arrays of one length, or any frame that narwhals takes, with ``symbol``, ``ts`` (of the trade:
            int64 nanoseconds since 1970 UTC, or datetime64 in UTC), ``price``, ``size`` and, if there are,
            ``conditions`` (texts or lists of one-character codes, or bit masks), ``tape`` (``A``, ``B``, ``C``), ``id``
            (whole numbers from 1 on; what has come already is ignored) and ``action``: ``new``, ``cancel`` (the trade
            of that id or, without one, of that time, price and size) or ``correct`` (the trade of that id or, without
            one, of that time, has these values).

        Returns
        -------
        TradeReport
            Counts by kind, and each refused row with its reason; the good rows are stored.

        Raises
        ------
        ColumnsError
            If a column is missing or of the wrong kind.
        """
        from openbell.session.batch import trade_columns

        batch, strangers = trade_columns(self, columns, self.sale_conditions)
        return self.apply_trade_columns(batch, strangers)

    def apply_quotes(self, columns: Any) -> QuoteReport:
        """Apply quotes of many symbols at once; the last of each symbol is kept.

        Parameters
        ----------
        columns
            As `apply_trades` takes them: ``symbol``, ``ts``, ``bid``, ``ask``, ``bid_size``, ``ask_size``. A side whose
            price is 0 or NaN stays as it was.

        Raises
        ------
        ColumnsError
            If a column is missing or of the wrong kind.
        """
        from openbell.session.batch import quote_columns

        return QuoteReport(*self.apply_quote_columns(quote_columns(self, columns)))
