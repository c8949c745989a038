"""What is missing, what was asked for, and what became of it."""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import dataclass, replace
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

GapState = Literal["open", "requested", "filled", "verified_empty", "failed"]
Span = tuple[int, int]
SECOND_NS = 1_000_000_000
PENDING = frozenset({"open", "requested"})


@dataclass(frozen=True, slots=True)
class GapRecord:
    """A stretch ``[start_ns, end_ns)`` of missing base bars of a symbol.

    Attributes
    ----------
    state
        ``open`` until it is asked for, ``requested`` until there is an answer; then ``filled``, ``verified_empty`` (the
        source vouches that nothing was traded), ``open`` again, or ``failed`` after the last try.
    tries
        How often it was asked for.
    due_ns
        When it is to be asked for next, in nanoseconds since 1970 UTC.
    reason
        Why the last try did not help, or why it is asked for at all.
    dropped
        Whether bars came there and were dropped: it is filled when the source has answered, not when bars are there.
    """

    symbol: str
    start_ns: int
    end_ns: int
    state: GapState = "open"
    tries: int = 0
    due_ns: int = 0
    reason: str = ""
    dropped: bool = False

    def become(self, state: GapState, tries: int, due_ns: int, reason: str) -> GapRecord:
        """Give the same stretch in another state."""
        # A thin market has some of these for each symbol and minute: `dataclasses.replace` takes four times as long.
        return GapRecord(self.symbol, self.start_ns, self.end_ns, state, tries, due_ns, reason, self.dropped)


def overlap(spans: Iterable[Span], start: int, end: int) -> list[Span]:
    """Give the parts of ``[start, end)`` that lie in spans, which are in order and do not overlap."""
    return [(max(a, start), min(b, end)) for a, b in spans if a < end and b > start]


def near(spans: Sequence[Span], start: int, end: int) -> Sequence[Span]:
    """Give those of many spans, which are in order and do not overlap, that overlap ``[start, end)``."""
    return spans[bisect_right(spans, start, key=itemgetter(1)) : bisect_left(spans, end, key=itemgetter(0))]


def outside(spans: Iterable[Span], start: int, end: int) -> list[Span]:
    """Give the parts of ``[start, end)`` that lie in none of the spans, which are in order and do not overlap."""
    left, at = [], start
    for a, b in overlap(spans, start, end):
        if a > at:
            left.append((at, a))
        at = b
    if at < end:
        left.append((at, end))
    return left


class GapLedger:
    """The gaps of all symbols of a session.

    Parameters
    ----------
    max_retries
        How often a gap is asked for again after the first time.
    retry_interval_s
        How long to wait in between, in seconds of market time.
    changed
        Called with each record that changes.
    """

    def __init__(
        self,
        *,
        max_retries: int = 5,
        retry_interval_s: float = 60.0,
        changed: Callable[[GapRecord], object] | None = None,
    ) -> None:
        self._tries = max_retries + 1
        self._wait_ns = round(retry_interval_s * SECOND_NS)
        self._changed = changed
        self._guard = threading.Lock()
        self._records: dict[str, list[GapRecord]] = {}
        # How many of the first of a symbol's are neither open nor requested: of a day's gaps, most.
        self._settled: dict[str, int] = {}
        # What was missing of each symbol when it was last noted, and from when on that counts.
        self._missing: dict[str, tuple[int, list[Span]]] = {}
        # Symbols of which something is open or requested.
        self._pending: set[str] = set()
        # What was let go of, by state.
        self._past: Counter[GapState] = Counter()

    def note(self, symbol: str, missing: Iterable[Span], now_ns: int, since_ns: int = 0, same: int = 0) -> bool:
        """Say what is missing of a symbol now: what is new is opened, what is there by now is filled.

        Parameters
        ----------
        missing
            Stretches in order that do not overlap.
        since_ns
            When the session began: gaps before are left as they are.
        same
            How many stretches come before these, as they were when they were noted last.

        Returns
        -------
        bool
            False if it does not know those any more: then nothing is noted, and all are to be said.
        """
        spans = list(missing)
        changes: list[GapRecord] = []
        with self._guard:
            before_ns, before = self._missing.get(symbol, (since_ns, []))
            if before_ns != since_ns:
                before = []
            if same > len(before):
                return False
            rest = before[same:]
            common = _common(rest, spans)
            before[same:] = spans
            self._missing[symbol] = (since_ns, before)
            if common == len(rest) == len(spans):
                return True
            # Only what lies behind the first difference is looked at.
            from_ns = max(since_ns, min(part[common][0] for part in (rest, spans) if common < len(part)))
            records = self._records.get(symbol, [])
            first = len(records)
            while first and records[first - 1].end_ns > from_ns:
                first -= 1
            self._put(symbol, first, self._renewed(symbol, records[first:], spans[common:], now_ns, changes))
        self._tell(changes)
        return True

    @staticmethod
    def _renewed(
        symbol: str, records: list[GapRecord], spans: list[Span], now_ns: int, changes: list[GapRecord]
    ) -> list[GapRecord]:
        """Give records as they are now that only these stretches are missing."""
        kept: list[GapRecord] = []
        for record in records:
            if record.state == "filled" or record.dropped:
                kept.append(record)
                continue
            still = overlap(spans, record.start_ns, record.end_ns)
            if still == [(record.start_ns, record.end_ns)]:
                kept.append(record)
                continue
            for start, end in outside(still, record.start_ns, record.end_ns):
                filled = replace(record, start_ns=start, end_ns=end, state="filled", reason="")
                kept.append(filled)
                changes.append(filled)
            kept += [replace(record, start_ns=start, end_ns=end) for start, end in still]
        known = sorted((r.start_ns, r.end_ns) for r in kept if r.state != "filled")
        for start, end in spans:
            for a, b in outside(known, start, end):
                opened = GapRecord(symbol, a, b, due_ns=now_ns)
                kept.append(opened)
                changes.append(opened)
        return kept

    def _put(self, symbol: str, first: int, tail: list[GapRecord]) -> None:
        """Keep these in the place of a symbol's records from the ``first`` on, in order."""
        records = self._records.setdefault(symbol, [])
        # The last of those before may be one with the first of these.
        begin = max(first - 1, 0)
        records[begin:] = _merged(records[begin:first] + tail)
        if not records:
            self._forget(symbol)
            return
        settled = min(begin, self._settled.get(symbol, 0))
        while settled < len(records) and records[settled].state not in PENDING:
            settled += 1
        self._settled[symbol] = settled
        if settled < len(records):
            self._pending.add(symbol)
        else:
            self._pending.discard(symbol)

    def _tidy(self, symbol: str) -> None:
        """Bring the records of a symbol of which something was pending in order."""
        if symbol in self._records:
            first = self._settled[symbol]
            self._put(symbol, first, self._records[symbol][first:])

    def _forget(self, symbol: str) -> None:
        self._records.pop(symbol, None)
        self._settled.pop(symbol, None)
        self._pending.discard(symbol)

    def _awaited(self, symbol: str) -> Iterator[tuple[int, GapRecord]]:
        """Give those of a symbol's records that are open or requested, with their places."""
        first = self._settled.get(symbol, 0)
        for place, record in enumerate(self._records.get(symbol, [])[first:], first):
            if record.state in PENDING:
                yield place, record

    def drop(self, symbol: str, start_ns: int, end_ns: int, due_ns: int, reason: str) -> None:
        """Say that bars within ``[start_ns, end_ns)`` came and were dropped: they are asked for, once they are due."""
        record = GapRecord(symbol, start_ns, end_ns, due_ns=due_ns, reason=reason, dropped=True)
        with self._guard:
            records = self._records.get(symbol, [])
            place = bisect_right(records, (start_ns, end_ns), key=_where)
            self._put(symbol, place, [record, *records[place:]])
        self._tell([record])

    def ask(self, now_ns: int) -> list[GapRecord]:
        """Give what is due, which counts as asked for."""
        asked = []
        with self._guard:
            for symbol in sorted(self._pending):
                for place, record in self._awaited(symbol):
                    if record.state == "open" and record.due_ns <= now_ns:
                        now = record.become("requested", record.tries + 1, record.due_ns, record.reason)
                        self._records[symbol][place] = now
                        asked.append(now)
        self._tell(asked)
        return asked

    def answered(self, asked: Iterable[GapRecord], now_ns: int, *, vouched: bool, reason: str = "") -> None:
        """Close what was asked for: what is missing still is empty if the source vouches, or else is asked for again.

        Call `note` before, so that what came is known.

        Parameters
        ----------
        asked
            What `ask` gave.
        vouched
            Whether the source has answered, and says that there is no more.
        reason
            Why it has not answered.
        """
        changes = []
        spans: dict[str, list[Span]] = {}
        for record in asked:
            spans.setdefault(record.symbol, []).append((record.start_ns, record.end_ns))
        with self._guard:
            for symbol, mine in spans.items():
                for place, record in self._awaited(symbol):
                    if record.state != "requested" or not overlap(mine, record.start_ns, record.end_ns):
                        continue
                    if record.dropped and not reason:
                        state: GapState = "filled"
                        # What is missing there is known no more: it is to be noted anew.
                        self._missing.pop(symbol, None)
                    elif vouched:
                        state = "verified_empty"
                    else:
                        state = "open" if record.tries < self._tries else "failed"
                    why = "" if vouched else reason or "the source has no bars there, and does not vouch for it"
                    now = record.become(state, record.tries, now_ns + self._wait_ns, why)
                    self._records[symbol][place] = now
                    changes.append(now)
                self._tidy(symbol)
        self._tell(changes)

    def give_up(self, reason: str) -> None:
        """Let all that is open or requested fail: it cannot be put in its place any more."""
        changes = []
        with self._guard:
            for symbol in sorted(self._pending):
                for place, record in self._awaited(symbol):
                    now = record.become("failed", record.tries, record.due_ns, reason)
                    self._records[symbol][place] = now
                    changes.append(now)
                self._tidy(symbol)
        self._tell(changes)

    def forget_before(self, ts_ns: int) -> None:
        """Let go of gaps that ended by then and of which nothing more is to become; `counts` counts them on."""
        with self._guard:
            for symbol in list(self._records):
                records, settled = self._records[symbol], self._settled[symbol]
                gone = bisect_right(records, ts_ns, hi=settled, key=attrgetter("end_ns"))
                self._past.update(record.state for record in records[:gone])
                if gone == len(records):
                    self._forget(symbol)
                else:
                    del records[:gone]
                    self._settled[symbol] = settled - gone

    def next_due(self) -> int | None:
        """Give when the next gap is to be asked for; None if none is open."""
        with self._guard:
            pending = (record for symbol in self._pending for _, record in self._awaited(symbol))
            return min((record.due_ns for record in pending if record.state == "open"), default=None)

    def is_settled(self) -> bool:
        """Whether nothing is open or requested."""
        return not self._pending

    def counts(self) -> dict[str, int]:
        """Count the gaps by state."""
        with self._guard:
            counts = self._past + Counter(record.state for records in self._records.values() for record in records)
        return {state: counts[state] for state in get_args(GapState)}

    def records(self, symbol: str | None = None, state: GapState | None = None) -> list[GapRecord]:
        """Give what is known, by symbol and time: of all symbols or one, in all states or one."""
        with self._guard:
            names = sorted(self._records) if symbol is None else [symbol.upper()]
            every = [record for name in names for record in self._records.get(name, ())]
        return [record for record in every if state is None or record.state == state]

    def verified(self, symbol: str) -> list[Span]:
        """Give the stretches of a symbol in which nothing was traded, in order."""
        return [(r.start_ns, r.end_ns) for r in self.records(symbol, "verified_empty")]

    def size(self) -> int:
        """Give how many gaps are kept."""
        with self._guard:
            return sum(map(len, self._records.values()))

    def __iter__(self) -> Iterator[GapRecord]:
        return iter(self.records())

    def forget(self, symbol: str) -> None:
        """Drop everything about a symbol that was removed."""
        with self._guard:
            self._missing.pop(symbol, None)
            self._forget(symbol)

    def _tell(self, changes: Iterable[GapRecord]) -> None:
        if self._changed is not None:
            for record in changes:
                self._changed(record)


def _common(one: list[Span], other: list[Span]) -> int:
    """Give how many of the first stretches two lists have in common."""
    low, high = 0, min(len(one), len(other))
    # What is new is at the end, most of the time.
    if one[:high] == other[:high]:
        return high
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _where(record: GapRecord) -> Span:
    return record.start_ns, record.end_ns


def _merged(records: Iterable[GapRecord]) -> list[GapRecord]:
    """Give records in order; neighbours of which nothing more is to become are one."""
    merged: list[GapRecord] = []
    for record in sorted(records, key=_where):
        last = merged[-1] if merged else None
        done = record.state not in PENDING
        if last is not None and done and (last.state, last.end_ns) == (record.state, record.start_ns):
            tries = max(last.tries, record.tries)
            merged[-1] = replace(record, start_ns=last.start_ns, tries=tries, dropped=last.dropped and record.dropped)
        else:
            merged.append(record)
    return merged
