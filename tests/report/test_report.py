from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

import openbell as ob
from openbell.demo import config_path
from openbell.errors import NoDataError
from openbell.report import render_html, summary_tables

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def result() -> ob.RunResult:
    return ob.SessionCoordinator(ob.SessionConfig.load(config_path())).run()


class Checker(HTMLParser):
    """Every element is closed, and nothing is loaded from elsewhere."""

    VOID = ("meta", "path", "rect")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: dict[str, int] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] = self.tags.get(tag, 0) + 1
        assert tag not in {"script", "link", "img", "iframe"}
        assert not {name for name, _ in attrs} & {"src", "href", "onclick"}
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] = self.tags.get(tag, 0) + 1

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def check(page: str) -> dict[str, int]:
    checker = Checker()
    checker.feed(page)
    assert checker.open == []
    return checker.tags


def test_the_page_is_whole_and_needs_nothing(result: ob.RunResult, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    result.to_html(path)
    page = path.read_text(encoding="utf-8")
    tags = check(page)
    assert tags["svg"] == 1
    assert tags["table"] == 4, "sessions, symbols, scanners, hits"
    assert page.count('<g class="') == 78, "one candle for each five-minute bar"
    assert "http" not in page
    assert "nan" not in page.lower().replace("finance", "")
    for key in (
        "rsi_14_5m",
        "bbands_20_2_5m.upper",
        "2024-11-29 (early close)",
        "SIM050",
        "strong and busy",
        "breakout",
    ):
        assert key in page


def test_charts_of_every_size(result: ob.RunResult) -> None:
    for interval, bars in (("1m", 390), ("15m", 26), ("1h", 7), ("1d", 1)):
        chart = result.chart("SIM005", interval)
        assert len(chart.ts_ns) == bars
        page = render_html(result.summary, chart)
        check(page)
        numbers = [float(x) for x in re.findall(r'[ "M]y?=?"?(-?\d+\.\d)', page)]
        assert numbers
        assert max(numbers) < 2_000
    assert set(result.chart("SIM005", "1m").overlays) == {"vwap_1m", "session_high_1m", "session_low_1m"}
    assert set(result.chart("SIM005", "15m").panes) == {"stoch_14_3_3_15m"}
    with pytest.raises(NoDataError, match="SIM005 has no 30m bars"):
        result.chart("SIM005", "30m")


def test_names_are_escaped(result: ob.RunResult) -> None:
    import dataclasses

    summary = dataclasses.replace(
        result.summary, name="<b>&", skipped_symbols={"X": "<script>"}, warnings=("A.on_bar: <img>",)
    )
    page = render_html(summary, None)
    check(page)
    assert "&lt;b&gt;&amp;" in page
    assert "&lt;script&gt;" in page


def test_the_table_of_the_terminal(result: ob.RunResult) -> None:
    console = Console(file=StringIO(), width=120)
    for table in summary_tables(result.summary, top=3):
        console.print(table)
    text = console.file.getvalue()  # type: ignore[attr-defined]  # it is a StringIO
    assert "64,592 of 1m" in text
    assert "650 of 650" in text
    assert "first 3 of 50 by bars" in text
    assert "2024-11-29 (early close)" in text


def test_however_many_symbols_there_are_a_summary_is_one_line(result: ob.RunResult) -> None:
    summary = result.summary
    assert repr(summary) == (
        f"RunSummary('{summary.name}', backtest, {len(summary.symbols)} symbols, {len(summary.sessions)} sessions, "
        f"{summary.bars:,} bars, quality {summary.quality_percent:.1f} %, {summary.refused} refused, 0 warnings)"
    )
    assert repr(summary) in repr(result)


def test_the_summary_is_json(result: ob.RunResult) -> None:
    data = json.loads(json.dumps(result.summary.to_dict()))
    assert data["totals"]["bars"] == sum(s["bars"] for s in data["symbols"]) == sum(s["bars"] for s in data["sessions"])
    assert data["totals"]["derived_bars"] == sum(s["derived_bars"] for s in data["sessions"])
    assert data["totals"]["missing_bars"] == sum(s["expected_bars"] - s["bars"] for s in data["symbols"])
