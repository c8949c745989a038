"""The figures of a run, for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.table import Table

    from openbell.report.summary import LiveSummary, RunSummary


def percent(value: float | None) -> str:
    """Write a percentage; one that is short of 100 never reads as 100."""
    if value is None:
        return "none"
    return f"{value:.1f} %" if value in {0.0, 100.0} or value < 99.95 else "99.9 %"


def overview(summary: RunSummary) -> list[tuple[str, str]]:
    """Give the headline figures, a label and a value each."""
    sessions = [s.date.isoformat() for s in summary.sessions]
    longer = ", ".join(i for i in summary.intervals if i != summary.base_interval) or "none"
    rows = [
        ("sessions", f"{len(sessions)} ({sessions[0]} to {sessions[-1]})" if sessions else "none"),
        ("history", f"{summary.history_sessions} sessions, {summary.history_bars:,} bars"),
        ("symbols", f"{len(summary.symbols):,}"),
        ("bars", f"{summary.bars:,} of {summary.base_interval}"),
        ("derived bars", f"{summary.derived_bars:,} of {longer}"),
        ("indicators ready", f"{summary.indicators_ready:,} of {summary.indicators:,}"),
        ("quality", percent(summary.quality_percent)),
        ("gaps", f"{summary.gaps:,} ({summary.missing_bars:,} bars)"),
        ("refused rows", _by_kind(summary.refused, summary.refused_by_reason.items())),
    ]
    names = {
        "identical": "repeated",
        "corrected": "corrected",
        "inserted": "late",
        "too_old": "too old",
        "outside_session": "outside the session",
    }
    others = [(names[kind], n) for kind, n in summary.counts.items() if kind in names and n]
    rows.append(("other rows", _by_kind(sum(n for _, n in others), others)))
    if summary.skipped_symbols:
        rows.append(("skipped symbols", ", ".join(sorted(summary.skipped_symbols))))
    if summary.callbacks:
        rows.append(("callbacks", f"{summary.callbacks:,}, of which {summary.callback_errors:,} raised"))
    if summary.live is not None:
        rows += feed_rows(summary.live)
    rows.append(("speed", f"{summary.bars_per_second:,.0f} bars a second ({summary.elapsed_s:.2f} s)"))
    return rows


def feed_rows(live: LiveSummary) -> list[tuple[str, str]]:
    """Give how the feed of a live run did."""
    gaps = [(state.replace("_", " "), n) for state, n in live.gaps.items() if n]
    rows = [
        ("feed", f"{live.feed}: {live.connections:,} connections, {live.reconnects:,} times made again"),
        ("gaps in the feed", _by_kind(sum(n for _, n in gaps), gaps)),
        ("queue", f"at most {live.queue_seconds:.1f} s behind, {live.dropped:,} rows dropped"),
    ]
    if live.strangers:
        rows.append(("strangers", f"{live.strangers:,} bars of symbols that were not asked for"))
    return rows


def _by_kind(total: int, kinds: Iterable[tuple[str, int]]) -> str:
    listed = ", ".join(f"{n:,} {kind}" for kind, n in kinds)
    return f"{total:,} ({listed})" if total else "0"


def summary_tables(summary: RunSummary, top: int = 20) -> list[Table]:
    """Give the run, its sessions and its ``top`` symbols by number of bars as tables of rich."""
    from rich.markup import escape
    from rich.table import Table

    title = escape(f"{summary.name}: {summary.mode} on {summary.exchange}")
    head = Table(title=title, show_header=False, title_justify="left")
    head.add_column(style="bold")
    head.add_column()
    for label, value in overview(summary):
        head.add_row(label, escape(value))

    sessions = Table(title="sessions", title_justify="left")
    for name in ("date", "bars", "derived", "quality"):
        sessions.add_column(name, justify="left" if name == "date" else "right")
    for session in summary.sessions:
        date = session.date.isoformat() + (" (early close)" if session.early_close else "")
        sessions.add_row(date, f"{session.bars:,}", f"{session.derived_bars:,}", percent(session.quality_percent))

    shown = sorted(summary.symbols, key=lambda s: (-s.bars, s.symbol))[:top]
    of = f" (first {len(shown)} of {len(summary.symbols)} by bars)" if len(shown) < len(summary.symbols) else ""
    symbols = Table(title=f"symbols{of}", title_justify="left")
    for name in ("symbol", "bars", "derived", "ready", "quality", "gaps", "missing", "refused"):
        symbols.add_column(name, justify="left" if name == "symbol" else "right")
    for s in shown:
        symbols.add_row(
            escape(s.symbol),
            f"{s.bars:,}",
            f"{s.derived_bars:,}",
            f"{s.indicators_ready}/{s.indicators}",
            percent(s.quality_percent),
            f"{s.gaps:,}",
            f"{s.missing_bars:,}",
            f"{s.refused:,}",
        )
    return [head, sessions, symbols, *_scans(summary, top)]


def _scans(summary: RunSummary, top: int) -> list[Table]:
    from rich.markup import escape
    from rich.table import Table

    if not summary.scanners:
        return []
    scanners = Table(title="scanners", title_justify="left")
    for name in SCANNER_HEADS:
        scanners.add_column(name, justify="left" if name in {"scanner", "problem"} else "right")
    for row in scanner_rows(summary):
        scanners.add_row(*map(escape, row))
    shown = summary.hits[-top:]
    of = f" (last {len(shown)} of {len(summary.hits):,})" if len(shown) < len(summary.hits) else ""
    hits = Table(title=f"hits{of}", title_justify="left")
    for name in HIT_HEADS:
        hits.add_column(name, justify="right" if name == "rank" else "left")
    for row in hit_rows(summary, len(shown)):
        hits.add_row(*map(escape, row))
    return [scanners, hits]


SCANNER_HEADS = (
    "scanner", "symbols", "left out", "scans", "hits", "raised", "overran", "skipped", "ms a scan", "problem",
)  # fmt: skip
HIT_HEADS = ("time", "scanner", "rank", "symbol", "why")


def scanner_rows(summary: RunSummary) -> list[tuple[str, ...]]:
    """Give one row a scanner."""
    return [
        (
            s.name,
            *(f"{n:,}" for n in (s.universe, s.left_out, s.runs, s.hits, s.errors, s.overruns, s.skipped)),
            f"{s.seconds / s.runs * 1e3:.2f}" if s.runs else "",
            s.problem or "",
        )
        for s in summary.scanners
    ]


def hit_rows(summary: RunSummary, last: int) -> list[tuple[str, ...]]:
    """Give one row a hit, of the last so many."""
    import datetime as dt
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(summary.timezone)
    return [
        (
            dt.datetime.fromtimestamp(hit.time_ns / 1e9, zone).strftime("%Y-%m-%d %H:%M:%S"),
            hit.scanner,
            str(hit.rank),
            hit.symbol,
            said(hit.metadata),
        )
        for hit in summary.hits[len(summary.hits) - last :]
    ]


def said(metadata: object) -> str:
    """Write what a scanner said of a hit on one line."""
    if isinstance(metadata, dict):
        return ", ".join(f"{k} {v:.6g}" if isinstance(v, float) else f"{k} {v}" for k, v in metadata.items())
    return "" if metadata is None else str(metadata)
