"""Filling gaps from a source's history."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from openbell._core import parse_symbol

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from openbell._core import Coverage
    from openbell.quality import GapLedger, GapRecord
    from openbell.session import SessionData
    from openbell.sources.columns import Columns
    from openbell.sources.protocol import Source

logger = logging.getLogger(__name__)

# Gaps that lie no further apart are asked for together.
TOGETHER_NS = 1_800_000_000_000
SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class GapRequest:
    """Gaps that are asked for at once."""

    records: tuple[GapRecord, ...]

    @property
    def symbols(self) -> list[str]:
        """Whose they are."""
        return sorted({record.symbol for record in self.records})

    @property
    def start_ns(self) -> int:
        """When the first begins."""
        return min(record.start_ns for record in self.records)

    @property
    def end_ns(self) -> int:
        """When the last ends."""
        return max(record.end_ns for record in self.records)


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
        self.delay_ns = round(source.capabilities.history_delay_s * SECOND_NS)
        # What was missing when a symbol was looked at last.
        self._seen: dict[str, Coverage] = {}
        session.quality.ledger = ledger

    def look(self, symbols: Iterable[str] | None = None, *, whole: bool = False) -> None:
        """Note what is missing of the running session, up to where history can have it, or the whole of it."""
        session = self._session
        now_ns = session.now_ns or 0
        until_ns = None if whole or not self.delay_ns else now_ns - self.delay_ns
        opens_ns: dict[dt.date, int] = {}
        for symbol in session.symbol_names() if symbols is None else map(parse_symbol, symbols):
            intervals = session.intervals(symbol)
            coverage = session.get_coverage(symbol, intervals[0], until_ns) if intervals else None
            if coverage is None:
                self._seen.pop(symbol, None)
                continue
            if (date := coverage.date) not in opens_ns:
                opens_ns[date] = session.time_manager.get_trading_session(date).segments[0].open_ns
            self._note(symbol, coverage, now_ns, opens_ns[date])

    def _note(self, symbol: str, coverage: Coverage, now_ns: int, began_ns: int) -> None:
        """Tell the ledger what is missing now: of the many gaps of a day, those behind the first that has changed."""
        last, self._seen[symbol] = self._seen.get(symbol), coverage
        if last is not None and last.date == coverage.date:
            same, behind = coverage.gaps_behind(last)
            if self.ledger.note(symbol, [(start, end) for start, end, _ in behind], now_ns, began_ns, same):
                return
        self.ledger.note(symbol, [(start, end) for start, end, _ in coverage.gaps], now_ns, began_ns)

    def forget(self, symbol: str) -> None:
        """Drop everything about a symbol that was removed."""
        self._seen.pop(symbol, None)
        self.ledger.forget(symbol)

    def due(self) -> list[GapRequest]:
        """Give all that is due, which counts as asked for: one request for what lies close together."""
        groups: list[list[GapRecord]] = []
        end_ns = 0
        for record in sorted(self.ledger.ask(self._session.now_ns or 0), key=lambda r: (r.start_ns, r.symbol)):
            if not groups or record.start_ns > end_ns + TOGETHER_NS:
                groups.append([])
                end_ns = 0
            groups[-1].append(record)
            end_ns = max(end_ns, record.end_ns)
        return [GapRequest(tuple(records)) for records in groups]

    def fetch(self, request: GapRequest) -> Columns:
        """Ask the source, on any thread; gives what it has of the gaps. Raises what the source raises."""
        columns = self._source.history(request.symbols, request.start_ns, request.end_ns)
        wanted = np.zeros(len(columns), dtype=bool)
        places = {name: i for i, name in enumerate(columns.names)}
        by_symbol = np.argsort(columns.symbol, kind="stable")
        begins = np.searchsorted(columns.symbol[by_symbol], np.arange(len(places) + 1))
        for record in request.records:
            if (place := places.get(record.symbol)) is not None:
                mine = by_symbol[begins[place] : begins[place + 1]]
                ts = columns.ts[mine]
                wanted[mine[(ts >= record.start_ns) & (ts < record.end_ns)]] = True
        return columns.take(wanted)

    def settle(self, request: GapRequest, columns: Columns | None, reason: str = "") -> int:
        """Apply what came, None if the source failed; gives how many bars are new."""
        session = self._session
        now_ns = session.now_ns or 0
        came = 0
        if columns is None:
            count = len(request.symbols)
            logger.warning("%d gaps of %d symbols could not be asked for: %s", len(request.records), count, reason)
        elif len(columns):
            batch = columns.core(session.symbol_ids(list(columns.names)))
            report = session.apply({name: value for name, value in batch.items() if value is not None})
            came = report.inserted + report.appended
        self.look(symbol for symbol in request.symbols if session.has_symbol(symbol))
        vouched = columns is not None and self._source.capabilities.gaps_verified
        # Of what is too new history says nothing by not having it.
        settled = [record for record in request.records if record.end_ns + self.delay_ns <= now_ns]
        recent = [record for record in request.records if record.end_ns + self.delay_ns > now_ns]
        self.ledger.answered(settled, now_ns, vouched=vouched, reason=reason)
        self.ledger.answered(recent, now_ns, vouched=False, reason=reason)
        return came

    def fill(self) -> int:
        """Ask for all that is due, here and now; gives how many bars came."""
        came = 0
        for request in self.due():
            try:
                columns = self.fetch(request)
            except Exception as error:  # noqa: BLE001  # whatever a source raises: it is asked again
                self.settle(request, None, f"{type(error).__name__}: {error}")
            else:
                came += self.settle(request, columns)
        return came
