"""How scanners are run: times, promotion, shares, failures, overruns, and what is counted."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any, ClassVar

import polars as pl
import pytest
from tests.scanners.independent import NEW_YORK

import openbell as ob
from openbell.errors import ConfigError, NotRunningError
from openbell.scanners import BaseScanner, ScanContext, ScanResult
from openbell.session.events import ScanCompleted

if TYPE_CHECKING:
    from pathlib import Path

HERE = __name__
EVERY = [{"start": "open+30m", "end": "close", "interval": "1h"}]


def config(*scanners: dict[str, Any], **session: Any) -> ob.SessionConfig:
    return ob.SessionConfig(
        backtest={"start": "2024-11-27", "end": "2024-11-29"},
        source={"kind": "simulator", "symbols": 30, "seed": 4},
        session_data_config={
            "symbols": ["SIM001", "SIM002"],
            "streams": ["1m", "5m"],
            "historical": {"trailing_days": 1},
            "scanners": [{"regular_session": EVERY, **scanner} for scanner in scanners],
            **session,
        },
    )


def at(time_ns: int) -> str:
    return dt.datetime.fromtimestamp(time_ns / 1e9, NEW_YORK).strftime("%d %H:%M")


class Noted(BaseScanner):
    """Notes what happens to it."""

    calls: ClassVar[list[tuple[str, str, int, int]]] = []

    def note(self, what: str, context: ScanContext) -> None:
        self.calls.append((what, context.time.strftime("%d %H:%M"), context.expected, context.arrived))

    def setup(self, context: ScanContext) -> bool:
        self.note("setup", context)
        assert context.mode == "backtest"
        assert context.owner == "scanner:noted"
        for symbol in context.universe:
            context.add_indicator(symbol, "sma", {"period": 2, "interval": "1d"})
        return context.time.day != 29 or not self.config.get("only_first")

    def scan(self, context: ScanContext) -> ScanResult:
        self.note("scan", context)
        assert context.config["limit"] == 3
        frame = context.snapshot(["sma_2_1d", "close"])
        assert frame.now_ns == context.now_ns
        assert not pl.DataFrame(frame)["sma_2_1d"].is_nan().any()
        return ScanResult(context.universe[:3], {context.universe[0]: "first"})

    def teardown(self, context: ScanContext) -> None:
        self.note("teardown", context)
        super().teardown(context)


def noted(**more: Any) -> dict[str, Any]:
    Noted.calls.clear()
    names = [f"SIM{i:03}" for i in range(1, 11)]
    return {"module": f"{HERE}:Noted", "name": "noted", "universe": names, "config": {"limit": 3}} | more


def test_the_day_of_a_scanner() -> None:
    heard: list[Any] = []

    class Hears(ob.Strategy):
        def on_scan(self, session: ob.SessionData, result: ScanResult) -> None:
            heard.append((result.scanner, at(result.time_ns), list(result.symbols), result.expected, result.arrived))

    run = ob.SessionCoordinator(config(noted()), strategy=Hears())
    events: list[ScanCompleted] = []
    run.session_data.subscribe("scan_completed", events.append)
    result = run.run()
    times = [f"27 {h}:00" for h in range(10, 17)] + [f"29 {h}:00" for h in range(10, 14)]
    assert [(what, when) for what, when, *_ in Noted.calls] == [
        ("setup", "27 09:30"),
        *(("scan", time) for time in times[:7]),
        ("teardown", "27 16:00"),
        ("setup", "29 09:30"),
        *(("scan", time) for time in times[7:]),
        ("teardown", "29 13:00"),
    ]
    assert all(8 <= arrived <= expected == 10 for what, _, expected, arrived in Noted.calls if what == "scan")
    assert [entry[1] for entry in heard] == times
    assert heard[0][2] == ["SIM001", "SIM002", "SIM003"]
    assert len(events) == 11
    hits = run.scanners.hits()
    assert len(hits) == 33
    assert [(h.rank, h.symbol, h.metadata) for h in hits[:2]] == [(1, "SIM001", "first"), (2, "SIM002", None)]
    assert len(run.scanners.hits(symbol="sim002")) == len(run.scanners.hits("noted", "SIM002")) == 11
    assert run.scanners.hits("other") == []
    assert result.session_data.get_all_symbols() == {"SIM001", "SIM002"}
    assert result.session_data.wishes.counts()["owned"] == 0
    assert (result.summary.scanners[0].runs, result.summary.scanners[0].hits, len(result.summary.hits)) == (11, 33, 33)
    assert result.summary.callback_errors == 0


def test_the_report_has_the_hits(tmp_path: Path) -> None:
    result = ob.SessionCoordinator(config(noted())).run()
    result.to_html(tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert "<h2>Scanners</h2>" in page
    assert "<h2>Hits</h2>" in page
    assert "noted" in page
    json.dumps(result.summary.to_dict(), default=str)


def test_promotion_locks_and_what_others_need_stays() -> None:
    scanner = noted(promote=True, lock=True)
    other = {"name": "other", "filter": "close > 0 AND sma_2_1d > 0", "universe": ["SIM009", "SIM010"], "limit": 1}
    kept: list[frozenset[str]] = []

    class Looks(ob.Strategy):
        def on_session_end(self, session: ob.SessionData) -> None:
            kept.append(session.get_all_symbols())

    run = ob.SessionCoordinator(config(scanner, other), strategy=Looks())
    session = run.run().session_data
    assert session.get_config_symbols() == {"SIM001", "SIM002", "SIM003"}
    assert session.get_symbol_locks("SIM003") == {"scanner:noted"}
    assert session.get_indicator("SIM003", "sma_2_1d") is not None, "locked: it stays as it is"
    assert kept[0] == {f"SIM{i:03}" for i in range(1, 11)}
    assert session.get_all_symbols() == {"SIM001", "SIM002", "SIM003"}


def test_times_relative_to_the_session_and_before_it() -> None:
    scanner = noted(pre_session=True, regular_session=[{"start": "close-10m", "end": "close-5m", "interval": "5m"}])
    ob.SessionCoordinator(config(scanner)).run()
    scans = [when for what, when, *_ in Noted.calls if what == "scan"]
    assert scans == ["27 09:30", "27 15:50", "27 15:55", "29 09:30", "29 12:50", "29 12:55"]


def test_a_setup_that_says_no() -> None:
    run = ob.SessionCoordinator(config(noted(config={"limit": 3, "only_first": True})))
    run.run()
    (stats,) = run.scanners.stats
    assert (stats.runs, stats.skipped, stats.disabled) == (7, 4, "setup said no")


class Raises(BaseScanner):
    def setup(self, context: ScanContext) -> bool:
        if self.config["where"] == "setup":
            raise RuntimeError("no luck")
        return True

    def scan(self, context: ScanContext) -> ScanResult:
        if self.config["where"] == "kind":
            return ["SIM001"]  # type: ignore[return-value]
        raise RuntimeError("no luck")


@pytest.mark.parametrize(
    ("where", "errors", "problem"),
    [
        ("setup", 2, "setup: RuntimeError: no luck"),
        ("scan", 11, "scan: RuntimeError: no luck"),
        ("kind", 11, "scan gave a list, not a ScanResult"),
    ],
)
def test_one_that_raises_harms_nobody(where: str, errors: int, problem: str) -> None:
    bad = {"module": f"{HERE}.Raises", "name": "bad", "config": {"where": where}}
    run = ob.SessionCoordinator(config(bad, noted()))
    assert run.run().completed
    stats, good = run.scanners.stats
    assert (stats.errors, stats.last_error) == (errors, problem)
    assert (good.runs, good.errors) == (11, 0)


class Endless(BaseScanner):
    release = threading.Event()
    after: ClassVar[list[str]] = []

    def scan(self, context: ScanContext) -> ScanResult:
        context.add_indicator("SIM009", "sma", {"interval": "5m"})
        self.release.wait(30)
        try:
            context.add_symbol("SIM010")
        except NotRunningError as error:
            self.after.append(str(error))
        return ScanResult(["SIM001"])


def test_one_that_does_not_end_is_left_behind() -> None:
    Endless.release.clear()
    slow = {"module": f"{HERE}:Endless", "name": "slow", "time_limit_seconds": 0.2}
    run = ob.SessionCoordinator(config(slow, noted()))
    result = run.run()
    stats, good = run.scanners.stats
    assert (stats.overruns, stats.runs, stats.skipped, stats.hits) == (1, 1, 10, 0)
    assert stats.disabled == "scan took longer than 0.2 s"
    assert good.runs == 11
    assert result.session_data.get_all_symbols() == {"SIM001", "SIM002"}, "what it had asked for is gone too"
    Endless.release.set()
    for thread in threading.enumerate():
        if thread.name == "openbell-scan-slow":
            thread.join(10)
    assert Endless.after == ["slow has overrun its time: what it asks for is not done any more"]


class Greedy(BaseScanner):
    """Asks for, removes and locks symbols while it scans."""

    def scan(self, context: ScanContext) -> ScanResult:
        session = context.session_data
        assert context.add_symbol("SIM005") == ("SIM005" not in session.get_config_symbols())
        there = "SIM002" in session.get_all_symbols()
        assert session.remove_symbol("SIM002") == there
        session.add_session_bars("SIM006", "15m", owner=context.owner)
        waited = session.wait_ready("SIM006", "bars_15m", timeout=5)
        assert waited == ("SIM006" in session.get_all_symbols()), "it never waits for the run that waits for it"
        assert not context.session_data.coordinator.remove_symbol("SIM020", immediate=True)
        return ScanResult(["SIM005"])


def test_one_that_changes_the_session_while_it_scans() -> None:
    run = ob.SessionCoordinator(config({"module": f"{HERE}:Greedy", "name": "greedy"}))
    session = run.run().session_data
    (stats,) = run.scanners.stats
    assert (stats.errors, stats.runs) == (0, 11), stats.last_error
    assert session.get_config_symbols() == {"SIM001", "SIM005"}


def test_no_scan_while_the_session_lags() -> None:
    class Lags(ob.Strategy):
        intervals = ("5m",)

        def on_bar(self, session: ob.SessionData, bar: ob.Bar) -> None:
            assert session.now is not None
            if (session.now.day, session.now.hour) == (27, 11):
                session.note_lag("queue", 500.0)
            if (session.now.day, session.now.hour) == (27, 14):
                session.note_lag("queue", 0.0)

    def caught_up(_: object) -> None:
        now = run.session_data.now
        assert now is not None
        if (now.day, now.hour) == (27, 14):
            run.session_data.note_lag("queue", 0.0)

    run = ob.SessionCoordinator(config(noted()), strategy=Lags())
    run.session_data.subscribe("bar_closed", caught_up, symbols=["SIM001"])
    run.run()
    (stats,) = run.scanners.stats
    assert (stats.runs, stats.skipped) == (8, 3)


def test_filters_ranks_and_attributes() -> None:
    wanted = {
        "name": "cheap tech",
        "filter": "sector = 'tech' AND last < prev_close AND shares * last > 1000",
        "rank": "shares asc",
        "limit": 4,
        "universe": "*",
    }
    names = [f"SIM{i:03}" for i in range(1, 31)]
    attributes: dict[str, dict[str, Any]] = {
        "sector": {name: "tech" if i % 2 else "oil" for i, name in enumerate(names)},
        "shares": {name: float(100 - i) for i, name in enumerate(names[:-3])},
    }
    run = ob.SessionCoordinator(config(wanted), attributes=attributes)
    seen: list[dict[str, Any]] = []

    def look(event: ScanCompleted) -> None:
        frame = run.session_data.snapshot(["sector", "shares", "last", "prev_close"])
        rows = pl.DataFrame(frame).filter(
            pl.col("sector") == "tech",
            pl.col("last") < pl.col("prev_close"),
            (pl.col("shares") * pl.col("last") > 1000) & pl.col("shares").is_not_nan(),
        )
        assert list(event.result.symbols) == rows.sort("shares")["symbol"].to_list()[:4]
        seen.append(event.result.metadata)

    run.session_data.subscribe(ScanCompleted, look)
    assert run.run().completed
    assert len(seen) == 11
    first = next(iter(seen[0].values()))
    assert first.keys() == {"sector", "last", "prev_close", "shares"}


@pytest.mark.parametrize(
    ("scanner", "why"),
    [
        ({"filter": "clsoe > 1"}, "unknown column 'clsoe'; did you mean 'close'"),
        ({"filter": "smaa_20_1d > 1"}, "unknown column 'smaa_20_1d'"),
        ({"filter": "close >"}, "is not an expression"),
        ({"filter": "__import__('os').system('true')"}, "is not an expression|unknown column"),
        ({"filter": "close > (SELECT 1)"}, "is not an expression|does not work"),
        ({"filter": "close * 2"}, "gives Float64, but a filter says yes or no"),
        ({"filter": "close > 'high'"}, "does not work|is not an expression"),
        ({"filter": "close > 1", "rank": "rvoll"}, "unknown column 'rvoll'; did you mean 'rvol'"),
        ({"filter": "close > " + "1 + " * 5000 + "1"}, "longer than 10,000"),
        ({"module": "gapp"}, "there is no scanner 'gapp'; did you mean 'gap'"),
        ({"module": "openbell.nothing.There"}, "No module named 'openbell.nothing'"),
        ({"module": "openbell.scanners.base.Nope"}, "has no 'Nope'"),
        ({"module": "openbell.scanners.base.ScanResult"}, "is no scanner"),
        ({"module": "gap", "config": {"min_pct": -1}}, "min_pct: Input should be greater than 0"),
        ({"module": "gap", "config": {"pct": 1}}, "pct: Extra inputs are not permitted"),
        ({"module": "ma_cross", "config": {"fast": 30}}, "fast = 30 must be less than slow = 20"),
        ({"module": "gap", "universe": "nowhere.txt"}, "nowhere.txt cannot be read"),
    ],
)
def test_what_is_wrong_is_said_before_anything_starts(scanner: dict[str, Any], why: str) -> None:
    with pytest.raises(ConfigError, match=why) as caught:
        ob.SessionCoordinator(config({"name": "bad", **scanner}))
    assert caught.value.problems[0].path == "session_data_config.scanners[0]"


@pytest.mark.parametrize(
    ("scanner", "path"),
    [
        ({"filter": "close > 1", "regular_session": []}, "regular_session"),
        ({"filter": "close > 1", "module": "gap"}, "module"),
        ({"module": "gap", "limit": 3}, "rank"),
        ({"module": "gap", "regular_session": [{"start": "opening", "interval": "5m"}]}, "start"),
        ({"module": "gap", "regular_session": [{"start": "open+5x", "interval": "5m"}]}, "start"),
        ({"module": "gap", "universe": ["A B"]}, "universe"),
    ],
)
def test_what_is_wrong_in_the_config(scanner: dict[str, Any], path: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config({"name": "bad", **scanner})
    assert any(path in problem.path for problem in caught.value.problems), caught.value


def test_two_of_one_name() -> None:
    with pytest.raises(ConfigError, match="give each a name of its own"):
        config({"module": "gap"}, {"module": "gap"})


def test_a_universe_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "universe.csv"
    path.write_text("\ufeffsymbol,name\nSIM003,Three\n\n# a comment\nsim004 # four\nNOBODY\nSIM003\n", encoding="utf-8")
    run = ob.SessionCoordinator(config({"name": "it", "filter": "close > 0", "universe": str(path)}))
    run.run()
    assert {hit.symbol for hit in run.scanners.hits()} == {"SIM003", "SIM004"}
    (stats,) = run.scanners.stats
    assert (stats.universe, stats.left_out) == (2, ("NOBODY",))
    path.write_text("SIM003\n<html>\n\x00\x01\nÄPFEL AG\n" + "".join(f"bad line {i}\n" for i in range(9)) + "SIM005\n")
    with pytest.raises(ConfigError, match=r"line 2: '<html>'.*and 7 more; mend them, or say") as caught:
        ob.SessionCoordinator(config({"name": "it", "filter": "close > 0", "universe": str(path)}))
    assert "line 4: 'ÄPFEL AG'" in str(caught.value)
    lenient = {"file": str(path), "on_bad": "skip"}
    run = ob.SessionCoordinator(config({"name": "it", "filter": "close > 0", "universe": lenient}))
    run.run()
    assert {hit.symbol for hit in run.scanners.hits()} == {"SIM003", "SIM005"}
    (stats,) = run.scanners.stats
    assert (stats.universe, len(stats.left_out), stats.left_out[0]) == (2, 12, "line 2: '<html>'")
    path.write_bytes(b"\xff\xfe\x00rubbish\xff")
    with pytest.raises(ConfigError, match="cannot be read"):
        ob.SessionCoordinator(config({"name": "it", "filter": "close > 0", "universe": str(path)}))


def test_a_universe_of_what_is_liquid() -> None:
    everything = ob.SessionCoordinator(config({"name": "it", "filter": "close > 0", "universe": "*"}))
    columns = everything.data_manager.load_session(None, dt.date(2024, 11, 26))
    frame = pl.DataFrame({"symbol": columns.symbol, "close": columns.close, "volume": columns.volume})
    rows = frame.group_by("symbol").agg(
        pl.col("close").last(), (pl.col("close") * pl.col("volume")).sum().alias("value")
    )
    bounds = {"min_price": rows["close"].median(), "min_dollar_volume": rows["value"].quantile(0.3)}
    good = rows.filter(pl.col("close") >= bounds["min_price"], pl.col("value") >= bounds["min_dollar_volume"])
    want = {columns.names[i] for i in good["symbol"].to_list()}
    run = ob.SessionCoordinator(config({"name": "it", "filter": "close > 0", "universe": bounds}))
    result = run.run()
    assert {hit.symbol for hit in run.scanners.hits()} == want
    assert 0 < len(want) < 20
    (stats,) = run.scanners.stats
    assert set(stats.left_out) == set(columns.names) - want
    (summary,) = result.summary.scanners
    assert (summary.universe, summary.left_out) == (len(want), len(columns.names) - len(want))


def cli(*args: str, cwd: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "NO_COLOR": "1", "COLUMNS": "160"}
    command = [sys.executable, "-m", "openbell", *args]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ, cwd=cwd, timeout=60)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def test_one_scan_from_the_command_line(tmp_path: Path) -> None:
    scanners = [
        {"name": "cheap", "filter": "close < prev_close", "rank": "change_pct asc", "limit": 3, "universe": "*"},
        {"name": "movers", "module": "movers", "config": {"limit": 2}, "universe": "*", "promote": True},
    ]
    (tmp_path / "session.json").write_text(json.dumps(config(*scanners).to_dict()))
    out = cli("scan", "session.json", "--at", "10:00", cwd=tmp_path).stdout
    assert "2024-11-29 10:00:00" in out
    assert "cheap" in out
    assert "movers" in out
    relative = ("--at", "open+30m", "--date", "2024-11-27", "--json")
    plain = json.loads(cli("scan", "session.json", *relative, cwd=tmp_path).stdout)
    assert [s["runs"] for s in plain["scanners"]] == [1, 1]
    ranks = [(h["scanner"], h["rank"]) for h in plain["hits"]]
    assert ranks == [("cheap", 1), ("cheap", 2), ("cheap", 3), ("movers", 1), ("movers", 2)]
    assert plain["hits"][0]["time"] == "2024-11-27T10:00:00-05:00"
    # What one scan finds is what the run finds at that time.
    run = ob.SessionCoordinator(config(*scanners))
    run.run()
    same = [h.symbol for h in run.scanners.hits() if at(h.time_ns) == "27 10:00"]
    assert [h["symbol"] for h in plain["hits"]] == same
    table = cli("scan", "session.json", "--at", "10:00", "--csv", "--scanner", "movers", cwd=tmp_path).stdout
    assert table.splitlines()[0] == "time,scanner,rank,symbol,metadata"
    assert len(table.splitlines()) == 3
    for wrong, why in {
        ("--at", "18:00"): "no scan at 18:00",
        ("--at", "noon"): "is not a time",
        ("--at", "10:00", "--scanner", "nix"): "there is no nix",
    }.items():
        assert why in cli("scan", "session.json", *wrong, cwd=tmp_path, code=1).stderr
