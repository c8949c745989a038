"""What comes in from outside: bars, trades, quotes, and the time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from openbell._core import SessionCore, as_ns
from openbell.session.batch import core_columns, quote_columns, trade_columns

if TYPE_CHECKING:
    from openbell._core import ApplyReport, Bar, Interval, TradeReport
    from openbell.clock.session import TimeLike
    from openbell.config import SessionConfig
    from openbell.session.board import Board
    from openbell.tape import SaleConditions

WINDOW_S = 900.0

_apply_bar = SessionCore.apply_bar  # called for each bar: to look it up anew costs a tenth of the call


@dataclass(frozen=True, slots=True)
class QuoteReport:
    """What became of a batch of quotes: taken, older than the symbol's last, of symbols that are not registered."""

    taken: int
    late: int
    refused: int


class SessionInput(SessionCore):
    """The writing side of `SessionData`, for an app that brings its own feed."""

    config: SessionConfig | None
    coordinator: Any
    board: Board
    _tape: SaleConditions | None

    def apply(self, columns: Any, interval: Interval | str | None = None) -> ApplyReport:
        """Apply base bars of many symbols at once, in the order given.

        Parameters
        ----------
        columns
            A mapping of arrays of one length, or any frame that narwhals takes, with ``symbol`` (tickers, or the
            numbers that `symbol_ids` gives; or one for all rows), ``ts`` (bar opens: int64 nanoseconds since 1970
            UTC, datetime64 in UTC, or datetimes with a zone), ``open``, ``high``, ``low``, ``close``, ``volume`` and,
            if there are, ``vwap`` and ``trade_count``.
        interval
            If given, it must be the base interval of all symbols.

        Returns
        -------
        ApplyReport
            Counts by kind, and each refused row with its reason; the good rows are stored.

        Raises
        ------
        ColumnsError
            If a column is missing or of the wrong kind.
        IntervalError
            If the interval is not the base interval of a symbol.
        """
        # What needs no looking at is most of what a small batch takes.
        report = self.apply_plain(columns) if interval is None else None
        if report is None:
            batch, strangers = core_columns(self, columns)
            if interval is not None:
                self.check_base(batch["symbol"], interval)
            report = self.apply_columns(batch, strangers)
        self._tell()
        return report

    def apply_bar(self, symbol: str, interval: Interval | str, bar: Bar) -> ApplyReport:
        """Apply one base bar.

        Parameters
        ----------
        symbol
            A registered ticker.
        interval
            The symbol's base interval.
        bar
            The bar.

        Raises
        ------
        SymbolError
            If the symbol is not registered.
        IntervalError
            If the interval is not the symbol's base interval.
        """
        report = _apply_bar(self, symbol, interval, bar)
        if self.board.engine_kinds:
            self._tell()
        return report

    def add_bar(self, symbol: str, interval: Interval | str, bar: Bar) -> ApplyReport:
        """Do what `apply_bar` does."""
        return self.apply_bar(symbol, interval, bar)

    def advance(self, ts: TimeLike) -> None:
        """Move the clock: bars in progress that ended by then are closed.

        Parameters
        ----------
        ts
            Nanoseconds since 1970 UTC, a datetime with a zone, or a datetime64 in UTC.

        Raises
        ------
        ClockError
            If it would go back.
        """
        self.advance_ns(as_ns(ts))
        self._tell()

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

    def apply_trades(self, columns: Any, *, make_bars: bool = True) -> TradeReport:
        """Apply trades of many symbols at once, in the order given; base bars are made of them.

        A bar is there from its end on, by the clock or by a later trade of its symbol. A trade that is cancelled,
        corrected or late makes its bar anew, and everything that depends on it. The bar's own ``vwap`` is
        that of the trades whose size counts. A bar in which no trade sets a price does not exist;
        `get_unpriced_volume` says what was traded in such.

        Parameters
        ----------
        columns
            A mapping of arrays of one length, or any frame that narwhals takes, with ``symbol``, ``ts`` (of the trade:
            int64 nanoseconds since 1970 UTC, or datetime64 in UTC), ``price``, ``size`` and, if there are,
            ``conditions`` (texts or lists of one-character codes, or bit masks), ``tape`` (``A``, ``B``, ``C``), ``id``
            (whole numbers from 1 on; what has come already is ignored) and ``action``: ``new``, ``cancel`` (the trade
            of that id or, without one, of that time, price and size) or ``correct`` (the trade of that id or, without
            one, of that time, has these values).
        make_bars
            Whether bars are made of them; if not, since bars come by themselves, the last trade of each symbol is kept.

        Returns
        -------
        TradeReport
            Counts by kind, and each refused row with its reason; the good rows are stored.

        Raises
        ------
        ColumnsError
            If a column is missing or of the wrong kind.
        """
        batch, strangers = trade_columns(self, columns, self.sale_conditions)
        report = self.apply_trade_columns(batch, strangers, make_bars=make_bars)
        self._tell()
        return report

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
        return QuoteReport(*self.apply_quote_columns(quote_columns(self, columns)))

    def _is_run(self) -> bool:
        """Whether a coordinator's run is under way."""
        return self.coordinator is not None and self.coordinator.is_running

    def _listen(self) -> None:
        """Let the engine keep the events that subscribers want; a run does so itself, with the strategy's."""
        if not self._is_run():
            self.subscribe_events(list(self.board.engine_kinds), [])

    def _tell(self) -> None:
        """Publish what the engine has to say; a run does so itself, after the strategy."""
        if self.board.engine_kinds and not self._is_run():
            self.board.forward(self.take_events())

    def run_ended(self) -> None:
        """Tell subscribers of what comes from now on as without a coordinator. It calls this itself."""
        self.take_events()
        self._listen()
