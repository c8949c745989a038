"""A running session and those who talk to it: commands, refusals, rubbish, several at once, and nobody else."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pytest
from typer.main import get_command

import openbell as ob
from openbell.cli.app import app
from openbell.cli.attach import candidates, run_line
from openbell.errors import NoSessionError, RemoteError
from openbell.remote import Server, find_session, sessions
from openbell.remote.protocol import MAX_REQUEST
from openbell.remote.runtime import folder

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def runtime_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # The path of a socket is at most about 100 characters long.
    path = tmp_path_factory.mktemp("run")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(path))
    yield
    assert not list(path.glob("openbell/*.sock")), "a socket was left"


def config(name: str = "test", **more: Any) -> ob.SessionConfig:
    return ob.SessionConfig(
        name=name,
        backtest={"start": "2024-11-27", "end": "2024-11-27"},
        source={"kind": "simulator", "symbols": 20},
        session_data_config={
            "symbols": ["SIM001"],
            "streams": ["1m", "5m"],
            "indicators": {"session": [{"name": "sma", "period": 5, "interval": "5m"}]},
            "scanners": [
                {
                    "name": "strong",
                    "filter": "last > sma_5_5m",
                    "regular_session": [{"start": "10:00", "end": "10:00", "interval": "1m"}],
                }
            ],
        },
        **more,
    )


class StopsAt(ob.Strategy):
    """Pauses the run at eleven, and says that it did."""

    intervals = ("1m",)

    def __init__(self) -> None:
        self.there = threading.Event()

    def on_bar(self, session: ob.SessionData, bar: ob.Bar) -> None:
        assert session.now is not None
        if session.now.hour == 11 and not self.there.is_set():
            session.coordinator.pause()
            self.there.set()


class Listening:
    def __init__(self, name: str = "test") -> None:
        self.strategy = StopsAt()
        self.run = ob.SessionCoordinator(config(name), strategy=self.strategy)
        self.server = Server(self.run)

    def __enter__(self) -> Self:
        self.server.__enter__()
        self.run.start()
        assert self.strategy.there.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        if self.run.is_running:
            self.run.stop()
        self.server.__exit__()


def cli(*args: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "NO_COLOR": "1", "COLUMNS": "160"}
    command = [sys.executable, "-m", "openbell", *args]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ, timeout=60)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def test_every_command_changes_or_shows_the_session() -> None:
    with Listening() as listening:
        data, ask = listening.run.session_data, find_session(None).ask
        status = ask("status")
        assert (status["state"], status["symbols"], status["now"][11:16]) == ("paused", 1, "11:00")
        assert [(s["name"], s["runs"], s["last_error"]) for s in status["scanners"]] == [("strong", 1, None)]
        assert ask("symbol.add", symbol="sim002") == {"symbol": "SIM002", "usable": True}
        assert "SIM002" in data.get_config_symbols()
        assert ask("symbol.add", symbol="SIM003", streams=["15m"], wait=False)["usable"] is False
        assert ask("symbol.lock", symbol="SIM002", reason="open_position")["locks"] == ["open_position"]
        with pytest.raises(RemoteError, match="locked or unknown"):
            ask("symbol.remove", symbol="SIM002", immediate=True)
        assert ask("symbol.unlock", symbol="SIM002")["locks"] == []
        added = ask("indicator.add", symbol="SIM004", indicator="rsi", period=14, interval="15m")
        assert added == {"symbol": "SIM004", "key": "rsi_14_15m", "provided": True}
        rows = {row["symbol"]: row for row in ask("symbol.list")}
        assert rows.keys() == {"SIM001", "SIM002", "SIM003", "SIM004"}
        assert rows["SIM003"]["derived"] == ["5m", "15m"]
        assert [rows[name]["state"] for name in ("SIM001", "SIM004")] == ["active", "adhoc"]
        assert rows["SIM001"]["lag"]["silence"] == 0.0
        shown = ask("indicator.show", symbol="sim001")
        assert [(row["key"], row["valid"]) for row in shown] == [("sma_5_5m", True)]
        assert shown[0]["values"]["sma"] == data.get_indicator_value("SIM001", "sma_5_5m")
        bars = ask("bars", symbol="SIM001", interval="5m", n=3)
        assert [bar["close"] for bar in bars] == data.get_bars("SIM001", "5m", 3).close.tolist()
        assert ask("symbol.remove", symbol="SIM002", immediate=True)["removed"]
        assert "SIM002" not in data.get_all_symbols()
        assert ask("resume")["state"] == "running"
        result = listening.run.wait(30)
        assert result is not None
        assert len(data.get_bars("SIM003", "15m")) == 26


def test_what_is_wrong_is_answered() -> None:
    with Listening():
        ask = find_session("test").ask
        refused: list[tuple[str, dict[str, Any], str]] = [
            ("symbol.add", {"symbol": "NONE"}, "the source has no bars of it"),
            ("symbol.add", {"symbol": "no such"}, "is not a symbol"),
            ("symbol.add", {"symbol": "SIM002", "streams": ["5x"]}, "'5x'|\"5x\""),
            ("symbol.add", {}, "symbol.add: symbol: Field required"),
            ("symbol.add", {"symbol": "SIM002", "fast": True}, "fast: Extra inputs are not permitted"),
            ("symbol.remove", {"symbol": "SIM009"}, "locked or unknown"),
            ("symbol.lock", {"symbol": "SIM009"}, "unknown"),
            ("symbol.unlock", {"symbol": "SIM001"}, "not locked"),
            ("indicator.add", {"symbol": "SIM001", "indicator": "smaa", "interval": "5m"}, "did you mean 'sma'"),
            ("indicator.add", {"symbol": "SIM001", "indicator": "sma", "interval": "30s"}, "could not be had"),
            ("indicator.show", {"symbol": "SIM01"}, "did you mean SIM001"),
            ("bars", {"symbol": "SIM001", "interval": "30m"}, "has no bars of 30m, but of 1m, 5m"),
            ("bars", {"symbol": "SIM001", "interval": "5m", "n": 0}, "greater than or equal to 1"),
            ("stop", {}, "unknown command 'stop'"),
        ]
        for command, args, why in refused:
            with pytest.raises(RemoteError, match=why):
                ask(command, **args)
        assert ask("status")["symbols"] == 1
        with pytest.raises(RemoteError, match="longer than"):
            ask("symbol.add", symbol="A" * MAX_REQUEST)


RUBBISH = [
    (b"hello\n", "not JSON"),
    (b"[1, 2]\n", "not a JSON object, but a list"),
    (b'"symbol.list"\n', "not a JSON object, but a str"),
    (b'{"command": ["status"]}\n', "unknown command"),
    (b'{"command": "status", "args": 3}\n', "status: args: Input should be a valid dictionary"),
    (b'{"command": "status", "args": {"deep": ' + b"[" * 30_000 + b"\n", "not JSON"),
    (b"\xff\xfe\x00\n", "not JSON"),
    (b"\n", "not JSON"),
    (b"x" * (MAX_REQUEST + 10), "longer than 65,536 bytes"),
    (b'{"command": "status"', "not JSON"),
]


@pytest.mark.parametrize(("sent", "why"), RUBBISH, ids=range(len(RUBBISH)))
def test_rubbish_is_answered_and_harms_nobody(sent: bytes, why: str) -> None:
    with Listening() as listening:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.connect(str(listening.server.path))
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            reply = json.loads(connection.makefile("rb").readline())
        assert reply["ok"] is False
        assert why in reply["error"]
        assert find_session(None).ask("status")["state"] == "paused"


def test_one_connection_may_ask_often_and_too_many_are_told() -> None:
    with Listening() as listening:
        line = b'{"command": "status"}\n'
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.connect(str(listening.server.path))
            stream = connection.makefile("rb")
            for _ in range(20):
                connection.sendall(line)
                assert json.loads(stream.readline())["ok"]
            stream.close()
        idle = []
        for _ in range(20):
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(10)
            connection.connect(str(listening.server.path))
            idle.append(connection)
        last = idle[-1].makefile("rb")
        assert "16 connections already" in json.loads(last.readline())["error"]
        last.close()
        for connection in idle:
            connection.close()


def test_only_its_owner_can_open_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with Listening() as listening:
        path = listening.server.path
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        with monkeypatch.context() as other, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            other.setattr("openbell.remote.server.peer_uid", lambda _: os.getuid() + 1)
            connection.settimeout(10)
            connection.connect(str(path))
            assert connection.recv(100) == b"", "turned away without a word"
    folder_of_others = Path(os.environ["XDG_RUNTIME_DIR"]) / "openbell"
    folder_of_others.mkdir(exist_ok=True)
    folder_of_others.chmod(0o755)
    with pytest.raises(RemoteError, match="mode 0700"):
        folder()
    folder_of_others.chmod(0o700)


def test_no_session_and_several() -> None:
    with pytest.raises(NoSessionError, match="no active session: start one with openbell run CONFIG --listen"):
        find_session(None)
    stale = folder() / "dead-1.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(str(stale))
    with Listening("one"), Listening("two"):
        assert [s.name.split("-")[0] for s in sessions()] == ["one", "two"]
        assert not stale.exists(), "nobody listens on it"
        with pytest.raises(RemoteError, match="several sessions: say which with --session: one-"):
            find_session(None)
        assert find_session("tw").ask("status")["name"] == "two"
        with pytest.raises(NoSessionError, match=r"called three.*there are one-"):
            find_session("three")
        old = find_session("one")
    with pytest.raises(NoSessionError, match="has ended"):
        old.ask("status")


def test_the_commands_as_they_are_typed(tmp_path: Path) -> None:
    """A run in a process of its own, held from the start, changed from others, and let go."""
    path = tmp_path / "session.json"
    path.write_text(json.dumps(config().to_dict()))
    assert "no active session" in cli("symbol", "list", code=3).stderr
    assert "add --listen" in cli("run", str(path), "--paused", code=2).stderr
    command = [sys.executable, "-m", "openbell", "run", str(path), "--listen", "--paused", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert "listening as test-" in process.stderr.readline()
        assert "SIM002" in cli("symbol", "add", "SIM002", "--streams", "1m,15m").stdout
        assert "not added" in cli("symbol", "add", "NONE", code=1).stderr
        assert json.loads(cli("symbol", "add", "SIM003", "--no-wait", "--json").stdout)["usable"] is False
        assert "open_position" in cli("symbol", "lock", "SIM002", "--reason", "open_position").stdout
        assert "locked" in cli("symbol", "remove", "SIM002", code=1).stderr
        cli("symbol", "unlock", "SIM002")
        added = cli("indicator", "add", "SIM002", "macd", "--interval", "5m", "--param", "fast=8", "--session", "test")
        assert "macd_8_26_9_5m" in added.stdout
        assert "fast=8" in cli("indicator", "add", "SIM002", "macd", "--param", "fast", code=2).stderr
        listed = cli("symbol", "list").stdout
        assert all(word in listed for word in ("SIM001", "SIM002", "SIM003", "active", "15m"))
        assert "macd_8_26_9_5m" in cli("indicator", "show", "SIM002").stdout
        assert "paused" in (said := cli("status").stdout)
        assert "strong: 0 scans, 0 hits" in said
        assert json.loads(cli("bars", "SIM001", "1m", "-n", "2", "--json").stdout) == []
        assert "no bars of 30m" in cli("bars", "SIM001", "30m", code=1).stderr
        assert "paused" in cli("pause").stdout
        assert json.loads(cli("resume", "--json").stdout)["state"] in {"running", "ended"}
        out, _ = process.communicate(timeout=60)
        assert process.returncode == 0
    assert {s["symbol"] for s in json.loads(out)["symbols"]} == {"SIM001", "SIM002", "SIM003"}
    cli("status", code=3)


def test_the_prompt(capsys: pytest.CaptureFixture[str]) -> None:
    with Listening():
        target = find_session(None)

        def said(line: str) -> str:
            run_line(target, line, get_command(app))
            captured = capsys.readouterr()
            return captured.out + captured.err

        assert "SIM002, usable yes" in said("symbol add SIM002")
        assert "not added" in said("symbol add SIM002")
        assert "symbol remove SYMBOL" in said("help")
        assert "symbol remove SYMBOL" in said("buy AAPL")
        assert "No closing quotation" in said("symbol add 'AAPL")
        assert "error" in said("symbol frobnicate")
        assert said("   ") == ""
        assert "sma_5_5m" in said("indicator show SIM001")
        assert candidates(target, "") == sorted(candidates(target, ""))
        assert candidates(target, "sy") == ["symbol"]
        assert candidates(target, "symbol l") == ["list", "lock"]
        assert candidates(target, "symbol remove s") == ["SIM001", "SIM002"]
        assert candidates(target, "bars SIM001 ") == []
    with pytest.raises(NoSessionError):
        run_line(target, "status", get_command(app))


def test_attach_reads_lines_until_quit() -> None:
    """The whole prompt, on a terminal of its own."""
    import pty

    with Listening():
        leader, follower = pty.openpty()
        command = [sys.executable, "-m", "openbell", "attach"]
        environ = {**os.environ, "TERM": "dumb", "PROMPT_TOOLKIT_NO_CPR": "1", "NO_COLOR": "1"}
        with subprocess.Popen(command, stdin=follower, stdout=follower, stderr=follower, env=environ) as process:
            os.close(follower)
            for line in (b"symbol add SIM005\r", b"symbol list\r", b"quit\r"):
                os.write(leader, line)
            said = b""
            while True:
                try:
                    part = os.read(leader, 4096)
                except OSError:
                    break
                if not part:
                    break
                said += part
            assert process.wait(30) == 0
        os.close(leader)
        text = said.decode()
        assert "attached to test-" in text
        assert "SIM005, usable yes" in text
        assert "active" in text
        assert (folder() / "history").read_text().count("SIM005") == 1
