"""The figures of a run as one page that needs nothing from elsewhere."""

from __future__ import annotations

import os
from html import escape
from typing import TYPE_CHECKING

from openbell.report.svg import legend_names, render_chart
from openbell.report.tables import HIT_HEADS, SCANNER_HEADS, hit_rows, overview, percent, scanner_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from openbell.report.summary import CandleChart, RunSummary

MOST_HITS = 500
STYLE = """
:root { color-scheme: light dark; --ink: #1c2127; --soft: #66707c; --line: #e3e7eb; --page: #ffffff; --card: #f7f8fa;
  --up: #1f8a5b; --down: #c4453c; --c0: #2563b8; --c1: #b86b00; --c2: #7a4cc2; --c3: #0f8b94; --c4: #b03a7a;
  --c5: #6b7280; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --soft: #98a2ae; --line: #2b323a; --page: #14181d;
  --card: #1b2027; --up: #45b884; --down: #e57068; --c0: #6ea8f5; --c1: #e0a04a; --c2: #b394f0; --c3: #4fc3cc;
  --c4: #e07fb4; --c5: #a3acb7; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1080px; padding: 32px 20px 64px; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 24px; margin: 0 0 2px; } h2 { font-size: 17px; margin: 36px 0 10px; }
p.sub { margin: 0 0 20px; color: var(--soft); }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(230px, 1fr)); gap: 10px; margin: 0; }
dl div { background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: 9px 12px; }
dt { color: var(--soft); font-size: 12.5px; }
dd { margin: 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 14px; }
th, td { text-align: right; padding: 5px 10px; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 2px; }
thead th { color: var(--soft); font-weight: 600; }
tbody th { font-weight: 600; }
svg { width: 100%; height: auto; display: block; } svg text { fill: var(--soft); font-size: 11.5px; }
svg text.time { text-anchor: middle; } svg text.key { fill: var(--ink); font-weight: 600; }
.grid { stroke: var(--line); stroke-width: 1; fill: none; }
.up path { stroke: var(--up); } .up rect { fill: var(--up); } .down path { stroke: var(--down); }
.down rect { fill: var(--down); }
rect.v { opacity: .45; } .line { fill: none; stroke-width: 1.5; stroke-linejoin: round; }
.c0 { stroke: var(--c0); } .c1 { stroke: var(--c1); } .c2 { stroke: var(--c2); } .c3 { stroke: var(--c3); }
.c4 { stroke: var(--c4); } .c5 { stroke: var(--c5); }
ul.plain { margin: 0; padding-left: 20px; } footer { margin-top: 40px; color: var(--soft); font-size: 13px; }
"""


def page_problem(path: Path) -> str | None:
    """Say why no page can be written there, or make its folder; to be asked before a run, and not after hours of it."""
    folder = path.parent
    if path.is_dir():
        return f"{path} is a folder; name a file in it"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return f"{folder} cannot be made: {error.strerror}"
    return None if os.access(folder, os.W_OK) else f"{folder} cannot be written to"


def render_html(summary: RunSummary, chart: CandleChart | None) -> str:
    """Give the page: headline figures, a chart if there is one, sessions, symbols, and what went wrong.

    Parameters
    ----------
    summary
        The run.
    chart
        Bars of one symbol; None if there are none to show.

    Returns
    -------
    str
        A complete HTML document without scripts or anything that is loaded from elsewhere.
    """
    name = escape(summary.name)
    body = [
        f"<h1>{name}</h1>",
        f'<p class="sub">{escape(summary.mode)} on {escape(summary.exchange)}, {escape(summary.source)}</p>',
        _figures(overview(summary)),
    ]
    if chart is not None:
        shown = "; ".join(f"{pane}: {', '.join(outputs)}" for pane, outputs in legend_names(chart).items() if outputs)
        body += [
            f"<h2>{escape(chart.symbol)}, bars of {escape(chart.interval)}, last session</h2>",
            render_chart(chart),
            f'<p class="sub">Times are {escape(chart.timezone)}. {escape(shown)}</p>',
        ]
    body.append("<h2>Sessions</h2>")
    body.append(
        _table(
            ("date", "bars", "derived bars", "quality"),
            (
                (
                    s.date.isoformat() + (" (early close)" if s.early_close else ""),
                    f"{s.bars:,}",
                    f"{s.derived_bars:,}",
                    percent(s.quality_percent),
                )
                for s in summary.sessions
            ),
        )
    )
    body.append("<h2>Symbols</h2>")
    heads = (
        "symbol",
        "bars",
        "derived bars",
        "ready",
        "quality",
        "gaps",
        "missing",
        "corrected",
        "repeated",
        "late",
        "outside",
        "refused",
    )
    body.append(
        _table(
            heads,
            (
                (
                    s.symbol,
                    f"{s.bars:,}",
                    f"{s.derived_bars:,}",
                    f"{s.indicators_ready}/{s.indicators}",
                    percent(s.quality_percent),
                    *(
                        f"{n:,}"
                        for n in (
                            s.gaps,
                            s.missing_bars,
                            s.corrected,
                            s.duplicates,
                            s.late,
                            s.outside_session,
                            s.refused,
                        )
                    ),
                )
                for s in summary.symbols
            ),
        )
    )
    if summary.scanners:
        body += ["<h2>Scanners</h2>", _table(SCANNER_HEADS, scanner_rows(summary))]
    if summary.hits:
        last = min(len(summary.hits), MOST_HITS)
        of = f" (last {last} of {len(summary.hits):,})" if last < len(summary.hits) else ""
        body += [f"<h2>Hits{of}</h2>", _table(HIT_HEADS, hit_rows(summary, last))]
    body += _list("Skipped symbols", [f"{symbol}: {why}" for symbol, why in summary.skipped_symbols.items()])
    body += _list("What raised", list(summary.warnings))
    body.append(f"<footer>{summary.bars:,} bars in {summary.elapsed_s:.2f} s, by openbell.</footer>")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{name}</title><style>{STYLE}</style></head><body>\n" + "\n".join(body) + "\n</body></html>\n"
    )


def _figures(rows: Sequence[tuple[str, str]]) -> str:
    return "<dl>" + "".join(f"<div><dt>{escape(k)}</dt><dd>{escape(v)}</dd></div>" for k, v in rows) + "</dl>"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(h)}</th>' for h in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in rest)}</tr>'
        for first, *rest in rows
    )
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _list(title: str, items: Sequence[str]) -> list[str]:
    if not items:
        return []
    return [f"<h2>{escape(title)}</h2>", f'<ul class="plain">{"".join(f"<li>{escape(i)}</li>" for i in items)}</ul>']
