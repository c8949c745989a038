"""Filling gaps from a source's history."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from openbell._core import parse_symbol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openbell.quality import GapLedger, GapRecord
    from openbell.session import SessionData
    from openbell.sources.protocol import Source

logger = logging.getLogger(__name__)


class GapFiller:
    """Finds what a session lacks, asks a source for it, and keeps the ledger.

    What comes is applied like any late bar: derived bars and indicators end as if it had come in time.

    Parameters
    ----------
    session
        The session; its quality counts what the ledger has verified.
    source
        Whose history is asked, and which vouches for what it has not, if its capabilities say so.
    ledger
        What is missing, and what became of it.

    Examples
    --------
    >>> filler = GapFiller(session, source, GapLedger())  # doctest: +SKIP
    >>> filler.look(); filler.fill()  # after each reconnect, and now and then  # doctest: +SKIP
    """

    def __init__(self, session: SessionData, source: Source, ledger: GapLedger) -> None:
        self._session = session
        self._source = source
        self.ledger = ledger
        session.quality.ledger = ledger

    def look(self, symbols: Iterable[str] | None = None) -> None:
        """Note what is missing of the running session, up to the clock."""
        session = self._session
        for symbol in session.symbol_names() if symbols is None else map(parse_symbol, symbols):
            intervals = session.intervals(symbol)
            coverage = session.get_coverage(symbol, intervals[0]) if intervals else None
            if coverage is not None:
                self.ledger.note(symbol, [(start, end) for start, end, _ in coverage.gaps], session.now_ns or 0)

    def fill(self) -> int:
        """Ask for all that is due, in one request; gives how many bars came."""
        now_ns = self._session.now_ns or 0
        asked = self.ledger.ask(now_ns)
        if not asked:
            return 0
        symbols = sorted({record.symbol for record in asked})
        try:
            came = self._fetch(asked, symbols)
        except Exception as error:  # noqa: BLE001  # whatever a source raises: it is asked again
            logger.warning("%d gaps of %d symbols could not be asked for: %s", len(asked), len(symbols), error)
            self.ledger.answered(symbols, now_ns, vouched=False, reason=f"{type(error).__name__}: {error}")
            return 0
        self.look(symbols)
        self.ledger.answered(symbols, now_ns, vouched=self._source.capabilities.gaps_verified)
        return came

    def _fetch(self, asked: list[GapRecord], symbols: list[str]) -> int:
        start, end = min(r.start_ns for r in asked), max(r.end_ns for r in asked)
        columns = self._source.history(symbols, start, end)
        wanted = np.zeros(len(columns), dtype=bool)
        places = {name: i for i, name in enumerate(columns.names)}
        for record in asked:
            if record.symbol in places:
                mine = columns.symbol == places[record.symbol]
                wanted |= mine & (columns.ts >= record.start_ns) & (columns.ts < record.end_ns)
        rows = columns.take(wanted)
        if not len(rows):
            return 0
        batch = rows.core(self._session.symbol_ids(list(rows.names)))
        report = self._session.apply({name: value for name, value in batch.items() if value is not None})
        return report.inserted + report.appended
