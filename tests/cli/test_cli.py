"""The command line, as it is run: exit codes, messages, files."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import openbell as ob

if TYPE_CHECKING:
    from pathlib import Path

STRATEGY = """
import openbell as ob

class ReadsEverything(ob.Strategy):
    def on_start(self, session):
        assert session.config is not None
        indicators = session.config.session_data_config.indicators
        self.keys = [i.make_key() for i in (*indicators.session, *indicators.historical)]

    def on_session_end(self, session):
        for symbol in sorted(session.get_config_symbols()):
            for key in self.keys:
                data = session.get_indicator(symbol, key)
                assert data is not None and data.valid, key
                assert session.get_indicator_value(symbol, key) == data.current_value
                for name, value in data.values.items():
                    assert value is not None
                    assert session.get_indicator_value(symbol, key, name) == value
"""


def openbell(*args: str, cwd: Path | None = None, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "openbell", *args],
        capture_output=True, text=True, check=False, cwd=cwd, env={**os.environ, "NO_COLOR": "1", "COLUMNS": "160"},
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def test_the_example_runs_with_a_strategy_that_reads_every_indicator(tmp_path: Path) -> None:
    done = openbell("config", "init", cwd=tmp_path)
    assert "openbell run session.json" in done.stdout
    checked = openbell("config", "check", "session.json", cwd=tmp_path).stdout
    assert "right: backtest on XNYS, 2 symbols, 1m, 5m, 15m, 1d" in checked
    (tmp_path / "reads.py").write_text(STRATEGY)
    done = openbell("run", "session.json", "--strategy", "reads.py:ReadsEverything", cwd=tmp_path)
    assert "callbacks" in done.stdout
    assert ", of which 0 raised" in done.stdout
    assert (tmp_path / "example-report.html").read_text().startswith("<!doctype html>")
    assert "8 of 8" not in done.stdout
    assert "12 of 12" in done.stdout


@pytest.mark.parametrize("file", ["session.toml", "session.yaml"])
def test_other_formats_run_as_well(tmp_path: Path, file: str) -> None:
    openbell("config", "init", file, cwd=tmp_path)
    summary = json.loads(openbell("run", file, "--json", cwd=tmp_path).stdout)
    assert summary["totals"]["indicators_ready"] == 12


def test_init_does_not_overwrite(tmp_path: Path) -> None:
    openbell("config", "init", "a.json", cwd=tmp_path)
    done = openbell("config", "init", "a.json", cwd=tmp_path, code=1)
    assert done.stderr == "error: a.json is there already; --force replaces it\n"
    openbell("config", "init", "a.json", "--force", cwd=tmp_path)
    assert "known format" in openbell("config", "init", "a.ini", cwd=tmp_path, code=1).stderr


def test_the_demo(tmp_path: Path) -> None:
    done = openbell("demo", cwd=tmp_path)
    assert "64,592 of 1m" in done.stdout
    assert "report: openbell-report.html" in done.stdout
    assert done.stderr == "", "no progress bar where there is no terminal"
    assert (tmp_path / "openbell-report.html").stat().st_size > 20_000
    summary = json.loads(openbell("demo", "--json", "--report", "r.html", cwd=tmp_path).stdout)
    assert summary["totals"]["bars"] == 64_592


def test_where_a_report_goes_is_made_or_refused_before_the_run(tmp_path: Path) -> None:
    plain = {
        "backtest": {"start": "2024-11-26", "end": "2024-11-26"},
        "source": {"kind": "simulator", "symbols": 1},
        "session_data_config": {"symbols": "*"},
        "report": "made/for/it.html",
    }
    (tmp_path / "a.json").write_text(json.dumps(plain))
    done = openbell("run", "a.json", "--report", "as/well.html", cwd=tmp_path)
    assert "report: as/well.html" in done.stdout
    assert all((tmp_path / page).stat().st_size > 5_000 for page in ("made/for/it.html", "as/well.html"))
    (tmp_path / "file").write_text("")
    assert "file cannot be made" in openbell("run", "a.json", "--report", "file/it.html", cwd=tmp_path, code=1).stderr
    for report, problem in (("file/it.html", "file cannot be made"), ("made", "made is a folder; name a file in it")):
        (tmp_path / "b.json").write_text(json.dumps({**plain, "report": report}))
        refused = openbell("run", "b.json", cwd=tmp_path, code=1).stderr
        assert "config: 1 problem\n  report: " in refused
        assert problem in refused


def test_a_wrong_config_says_everything_at_once(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text(
        '{"exchange": "XNYSE", "sorce": {}, "session_data_config": {"symbols": "*", "streams": ["5x"]}}'
    )
    for args in (("run", "bad.json"), ("config", "check", "bad.json")):
        done = openbell(*args, cwd=tmp_path, code=1)
        assert done.stdout == ""
        assert done.stderr.startswith("error: bad.json: ")
        assert "exchange: unknown exchange 'XNYSE'; did you mean 'XNYS'?" in done.stderr
        assert "sorce: unknown key; did you mean 'source'?" in done.stderr
        assert "session_data_config.streams[0]" in done.stderr
    found = json.loads(openbell("config", "check", "bad.json", "--json", cwd=tmp_path, code=1).stdout)
    assert not found["valid"]
    assert {p["path"] for p in found["problems"]} >= {"exchange", "sorce", "source"}


def test_failures_are_one_message(tmp_path: Path) -> None:
    assert "there is no such file" in openbell("run", "none.json", cwd=tmp_path, code=1).stderr
    openbell("config", "init", "a.json", cwd=tmp_path)
    assert "names no strategy" in openbell("run", "a.json", "--strategy", "x", cwd=tmp_path, code=1).stderr
    assert "did you mean 'sma'" in openbell("indicators", "smaa", code=1).stderr
    assert "neither CSV nor Parquet" in openbell("data", "check", __file__, code=1).stderr


def test_usage_errors_exit_with_2(tmp_path: Path) -> None:
    for args in (("run",), ("run", "a.json", "--spede", "1"), ("nothing",), ("run", "a.json", "--speed", "-1")):
        openbell(*args, cwd=tmp_path, code=2)
    assert "is not of the form ts=ts_utc" in openbell("data", "check", "a.csv", "--column", "ts", code=2).stderr


def test_the_catalogue() -> None:
    table = openbell("indicators").stdout
    for info in ob.list_indicators():
        assert info.name in table
    assert "whole number from 2 to 100000, 26 if not given" in openbell("indicators", "macd").stdout
    assert json.loads(openbell("indicators", "macd", "--json").stdout)["outputs"] == ["macd", "signal", "histogram"]
    assert len(json.loads(openbell("indicators", "--json").stdout)) == len(ob.list_indicators())


def test_schema_and_version() -> None:
    assert "session_data_config" in json.loads(openbell("config", "schema").stdout)["properties"]
    assert openbell("--version").stdout.strip() == f"openbell {ob.__version__}"
    assert "Usage" in openbell("--help").stdout


def test_data_check_names_what_is_wrong(tmp_path: Path) -> None:
    rows = "symbol,ts,open,high,low,close,volume\n"
    good = [f"A,2024-11-25T14:{30 + i}:00Z,1,2,1,2,5\n" for i in range(10)]
    (tmp_path / "good.csv").write_text(rows + "".join(good))
    found = json.loads(openbell("data", "check", "good.csv", "--json", cwd=tmp_path).stdout)
    assert (found["rows"], found["symbols"], found["interval"], found["refused"]) == (10, 1, "1m", {})
    assert (found["sessions"], found["missing"]) == (1, 380)
    bad = [
        good[3],
        good[1],
        good[1],
        good[1].replace("2,5", "2,6"),
        "A,2024-11-25T23:00:00Z,1,1,1,1,1\n",
        "A,x,1,1,1,1,1\n",
    ]
    (tmp_path / "bad.csv").write_text(rows + "".join(bad))
    found = json.loads(openbell("data", "check", "bad.csv", "--interval", "1m", "--json", cwd=tmp_path, code=1).stdout)
    figures = {name: found[name] for name in ("identical", "differing", "out_of_order", "outside_session", "refused")}
    assert figures == {
        "identical": 1, "differing": 1, "out_of_order": 3, "outside_session": 1, "refused": {"time cannot be read": 1},
    }  # fmt: skip
    text = openbell("data", "check", "bad.csv", "--interval", "1m", cwd=tmp_path, code=1).stdout
    assert "bad.csv:7: A x: time cannot be read" in text
    assert "no column 'close'" in openbell("data", "check", "c.csv", cwd=_cut(tmp_path), code=1).stderr


def _cut(folder: Path) -> Path:
    (folder / "c.csv").write_text("symbol,ts,open,high,low,volume\n")
    return folder


def test_ctrl_c_ends_cleanly(tmp_path: Path) -> None:
    config = json.loads(openbell("config", "schema").stdout)
    assert config
    openbell("config", "init", "slow.json", cwd=tmp_path)
    (tmp_path / "tells.py").write_text(
        "import openbell as ob\n"
        "class Tells(ob.Strategy):\n"
        "    def on_session_start(self, session): print('started', flush=True)\n"
        "    def on_stop(self, session): print('stopped', flush=True)\n"
    )
    command = [sys.executable, "-m", "openbell", "run", "slow.json", "--speed", "1", "--strategy", "tells.py:Tells"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=30)
    assert process.returncode == 130, stderr
    assert stdout == "stopped\n"
    assert stderr == "interrupted: the run was stopped\n"


def test_ctrl_c_ends_a_replay_with_what_there_is(tmp_path: Path) -> None:
    openbell("config", "init", "live.json", cwd=tmp_path)
    (tmp_path / "tells.py").write_text(
        "import openbell as ob\n"
        "class Tells(ob.Strategy):\n"
        "    def on_bar(self, session, bar): print('bar', flush=True)\n"
        "    def on_stop(self, session): print('stopped', flush=True)\n"
    )
    command = [
        sys.executable,
        "-m",
        "openbell",
        "replay",
        "live.json",
        "--speed",
        "600",
        "--strategy",
        "tells.py:Tells",
    ]
    command += ["--report", "part.html"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(30)] == ["bar\n"] * 30
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=30)
    assert process.returncode == 0, stderr
    after = stdout.partition("stopped\n")[2]
    (bars,) = re.findall(r"│ bars +│ ([\d,]+) of 1m", after)
    assert int(bars.replace(",", "")) > 0, stdout
    assert "sessions         │ 1 (" in after
    assert (tmp_path / "part.html").exists()
