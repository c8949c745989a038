"""Alpaca's history, and connections to its stream."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, cast

from openbell._core import Interval
from openbell.errors import SourceError
from openbell.sources.alpaca import wire
from openbell.sources.alpaca.keys import Keys
from openbell.sources.columns import Columns, joined
from openbell.sources.protocol import Capabilities
from openbell.sources.refused import RefusedRows

try:
    from alpaca.common.exceptions import APIError
    from alpaca.data.enums import Adjustment, DataFeed
    from alpaca.data.historical import StockHistoricalDataClient
    from alpaca.data.requests import StockBarsRequest
    from alpaca.data.timeframe import TimeFrame

    from openbell.sources.alpaca.stream import AlpacaFeed
except ModuleNotFoundError as error:
    raise SourceError(f"alpaca needs {error.name}: pip install 'openbell[alpaca]'") from None

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from openbell.config import AlpacaConfig

# Symbols in one request: addresses have an end.
TOGETHER = 200
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class AlpacaSource:
    """History by REST, all pages of it; the stream by websocket.

    A minute that Alpaca has no bar of had no trade that counts on the feed's exchanges: its history is vouched for.

    Parameters
    ----------
    config
        The section of the config.
    symbols
        Those of the session: Alpaca's data does not list what there is.
    resolve
        Gives the absolute form of a path in the config.

    Raises
    ------
    SourceError
        If alpaca-py or the keys are not there.
    """

    def __init__(self, config: AlpacaConfig, symbols: Sequence[str], resolve: Callable[[str], Path]) -> None:
        self._config = config
        self._symbols = tuple(symbols)
        self._keys = Keys.find(None if config.keys_file is None else resolve(config.keys_file))
        self._client = StockHistoricalDataClient(
            self._keys.key_id, self._keys.secret_key, raw_data=True, url_override=config.data_url
        )
        self._refused = RefusedRows()

    @property
    def interval(self) -> Interval:
        """Of the bars."""
        return Interval("1m")

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        config = self._config
        return Capabilities(
            f"alpaca {config.feed}",
            gaps_verified=True,
            history_delay_s=config.history_delay_seconds,
            requests_per_minute=config.requests_per_minute,
        )

    @property
    def refused(self) -> RefusedRows:
        """None: what comes is checked by the engine."""
        return self._refused

    def symbols(self) -> tuple[str, ...]:
        """List the session's symbols."""
        return self._symbols

    def span(self) -> tuple[int, int] | None:
        """Give nothing: it has no bounds that it tells."""
        return None

    def history(self, symbols: Sequence[str] | None, start_ns: int, end_ns: int) -> Columns:
        """Give the bars that open within ``[start_ns, end_ns)``.

        Raises
        ------
        SourceError
            If Alpaca refuses, in its words.
        """
        wanted = list(self._symbols if symbols is None else symbols)
        starts = range(0, len(wanted), TOGETHER)
        parts = [self._request(wanted[first : first + TOGETHER], start_ns, end_ns) for first in starts]
        there = [part for part in parts if len(part)]
        return joined(there) if there else Columns.empty()

    def _request(self, symbols: list[str], start_ns: int, end_ns: int) -> Columns:
        start, end = (EPOCH + dt.timedelta(microseconds=ns // 1000) for ns in (start_ns, end_ns - 1))
        request = StockBarsRequest(
            symbol_or_symbols=symbols,
            timeframe=TimeFrame.Minute,
            start=start,
            end=end,
            feed=DataFeed(self._config.feed),
            adjustment=Adjustment(self._config.adjustment),
        )
        try:
            answer = self._client.get_stock_bars(request)
        except APIError as error:
            raise SourceError(f"alpaca refuses history: {error}") from None
        # Raw: one list of bars a symbol.
        columns = wire.history(cast("dict[str, list[wire.Message]]", answer))
        return columns.take((columns.ts >= start_ns) & (columns.ts < end_ns))

    def open_feed(self) -> AlpacaFeed:
        """Give a new connection, not started."""
        config = self._config
        return AlpacaFeed(
            self._keys,
            feed=config.feed,
            url=config.stream_url,
            max_symbols=config.max_symbols,
            max_connections=config.max_connections,
        )
