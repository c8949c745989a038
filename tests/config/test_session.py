"""What a config accepts, what it refuses and how it says so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from openbell._core import Interval
from openbell.config import CsvConfig, OtherSourceConfig, SessionConfig, SimulatorConfig, example, schema, write_example
from openbell.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

# The example of the issue that asked for it, word for word.
DOCUMENTED = """{
  "name": "us-universe", "mode": "backtest", "exchange": "XNYS",
  "backtest": {"start": "2019-12-30", "end": "2020-01-03", "speed": 0},
  "source": {"kind": "csv", "path": "yahoo_us_2019-12-26_2020-01-03.csv.gz", "interval": "1m",
             "columns": {"ts": "ts_utc"}, "on_bad": "skip"},
  "session_data_config": {
    "symbols": ["AAPL", "SPY"],
    "streams": ["1m", "5m", "15m", "1d"],
    "historical": {"trailing_days": 2, "intervals": ["1m", "1d"]},
    "indicators": {
      "session": [{"name": "sma", "type": "trend", "period": 20, "interval": "5m", "params": {}},
                  {"name": "macd", "type": "momentum", "interval": "5m",
                   "params": {"fast": 12, "slow": 26, "signal": 9}}],
      "historical": [{"name": "sma", "type": "trend", "period": 2, "interval": "1d"}]
    },
    "gap_filler": {"max_retries": 5, "retry_interval_seconds": 60},
    "streaming": {"catchup_threshold_seconds": 60, "queue_seconds": 300, "queue_policy": "block"},
    "scanners": []
  }
}"""


def minimal(**changes: Any) -> dict[str, Any]:
    return {
        "backtest": {"start": "2024-11-25", "end": "2024-11-26"},
        "source": {"kind": "simulator"},
        "session_data_config": {"symbols": ["A"]},
        **changes,
    }


def problems(data: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        SessionConfig(**data)
    return {problem.path: problem.message for problem in caught.value.problems}


def test_the_documented_config(tmp_path: Path) -> None:
    path = tmp_path / "session.json"
    path.write_text(DOCUMENTED)
    config = SessionConfig.load(path)
    session = config.session_data_config
    assert session.symbols == ("AAPL", "SPY")
    assert session.streams == tuple(Interval(i) for i in ("1m", "5m", "15m", "1d"))
    assert [i.make_key() for i in session.indicators.session] == ["sma_20_5m", "macd_12_26_9_5m"]
    assert [i.make_key() for i in session.indicators.historical] == ["sma_2_1d"]
    assert isinstance(config.source, CsvConfig)
    assert config.resolve(config.source.path) == tmp_path / "yahoo_us_2019-12-26_2020-01-03.csv.gz"


def test_the_defaults() -> None:
    config = SessionConfig(**minimal())
    session = config.session_data_config
    assert (config.mode, config.exchange, config.threads, config.journal, config.report) == (
        "backtest",
        "XNYS",
        1,
        None,
        None,
    )
    assert (session.historical.trailing_days, session.historical.intervals) == (0, ())
    assert (session.bars.capacity, session.bars.align, session.bars.extended_hours) == (5000, "session", False)
    assert (session.gap_filler.max_retries, session.gap_filler.retry_interval_seconds) == (5, 60)
    assert (session.streaming.catchup_threshold_seconds, session.streaming.lag_session_share) == (60, 0.5)
    assert (session.streaming.queue_policy, session.streaming.removal_timeout_seconds) == ("block", 10)
    assert session.streams == (Interval("1m"),)


def test_symbols_are_upper_cased_and_all_may_be_meant() -> None:
    assert SessionConfig(**minimal(session_data_config={"symbols": ["brk.b"]})).session_data_config.symbols == (
        "BRK.B",
    )
    assert SessionConfig(**minimal(session_data_config={"symbols": "*"})).session_data_config.symbols == "*"


@pytest.mark.parametrize("file_format", ["json", "toml", "yaml"])
def test_the_example_says_the_same_in_every_format(tmp_path: Path, file_format: str) -> None:
    path = tmp_path / f"session.{file_format}"
    write_example(path, file_format)
    config = SessionConfig.load(path)
    assert config.to_dict() == json.loads(example())
    with pytest.raises(FileExistsError):
        write_example(path, file_format)


def test_the_example_has_every_section() -> None:
    data = json.loads(example())
    assert set(data) == set(SessionConfig.model_fields)
    assert set(data["session_data_config"]) == set(schema()["$defs"]["SessionDataConfig"]["properties"])


def test_nothing_can_be_changed() -> None:
    config = SessionConfig(**json.loads(DOCUMENTED))
    with pytest.raises(ValidationError, match="frozen"):
        config.name = "other"
    with pytest.raises(ValidationError, match="frozen"):
        config.session_data_config.bars.capacity = 3
    assert isinstance(config.source, CsvConfig)
    with pytest.raises(TypeError):
        config.source.columns["ts"] = "time"  # type: ignore[index]  # read-only, and that is the point
    with pytest.raises(TypeError):
        config.session_data_config.indicators.session[0].params["period"] = 3  # type: ignore[index]
    assert hash(config.session_data_config.indicators.session)


def test_a_parameter_of_an_indicator_has_its_place() -> None:
    indicator = {"name": "macd", "fast": 10, "slw": 20, "interval": "5m"}
    where = "session_data_config.indicators.session[0]"
    assert problems(minimal(session_data_config={"symbols": ["A"], "indicators": {"session": [indicator]}})) == {
        f"{where}.fast": '\'fast\' is a parameter; write it as "params": {"fast": ...}',
        f"{where}.slw": "unknown key 'slw'; did you mean 'slow'?",
    }


def test_what_is_missing_is_named_with_an_example() -> None:
    with pytest.raises(ConfigError) as caught:
        SessionConfig(backtest={"start": "2024-11-25", "end": "2024-11-26"})
    assert str(caught.value) == (
        "config: 2 problems\n"
        '  source: it is missing; for example {"kind": "csv", "path": "bars.csv.gz"} or {"kind": "frame"}\n'
        '  session_data_config: it is missing; for example {"symbols": ["AAPL"], "streams": ["1m", "5m"]}'
    )


def test_everything_wrong_is_reported_at_once() -> None:
    found = problems(
        {
            "name": 3,
            "mode": "bcktest",
            "exchange": "XNYSE",
            "backtest": {"start": "2024-01-03", "end": "2024-01-02", "sped": 1},
            "source": {
                "kind": "csv",
                "path": "x.csv",
                "colums": {},
                "tz": "America/New_Yrok",
                "columns": {"price": "p"},
            },
            "session_data_config": {
                "symbols": ["a b", "A"],
                "streams": ["5x", "1m"],
                "bars": {"capacty": 3},
                "indicators": {
                    "session": [
                        {"name": "smaa", "interval": "5m"},
                        {"nam": "sma"},
                        {"name": "sma", "period": -1, "interval": "1m"},
                        {"name": "sma", "type": "volume", "interval": "1m"},
                    ]
                },
                "scanners": [{"name": "x"}],
            },
        }
    )
    assert set(found) == {
        "name",
        "mode",
        "exchange",
        "backtest.sped",
        "source.colums",
        "source.tz",
        "source.columns.price",
        "session_data_config.symbols[0]",
        "session_data_config.streams[0]",
        "session_data_config.bars.capacty",
        "session_data_config.indicators.session[0]",
        "session_data_config.indicators.session[1].nam",
        "session_data_config.indicators.session[1].name",
        "session_data_config.indicators.session[2]",
        "session_data_config.indicators.session[3]",
        "session_data_config.scanners[0].module",
        "session_data_config.scanners[0].regular_session",
    }
    assert "did you mean 'XNYS'" in found["exchange"]
    assert "did you mean 'speed'" in found["backtest.sped"]
    assert "did you mean 'columns'" in found["source.colums"]
    assert "did you mean 'America/New_York'" in found["source.tz"]
    assert "did you mean 'capacity'" in found["session_data_config.bars.capacty"]
    assert "did you mean 'sma'" in found["session_data_config.indicators.session[0]"]


@pytest.mark.parametrize(
    ("changes", "path", "message"),
    [
        ({"backtest": None}, "backtest", "needs"),
        ({"backtest": {"start": "2024-01-03", "end": "2024-01-02"}}, "backtest.end", "before start"),
        ({"sorce": {}}, "sorce", "did you mean 'source'"),
        ({"source": {"kind": "cvs"}}, "source.kind", "did you mean 'csv'"),
        ({"source": {}}, "source", "kind is missing"),
        ({"source": {"kind": "parquet"}}, "source.path", "missing"),
        ({"source": {"kind": "simulator", "symbols": 0}}, "source.symbols", "greater than or equal to 1"),
        ({"source": {"kind": "simulator", "interval": "1d"}}, "source.interval", "minutes or hours"),
        ({"exchanges": {"XLOND": ["*.L"]}}, "exchanges.XLOND", "did you mean 'XLON'"),
        ({"source": {"kind": "csv"}}, "source.path", 'it is missing; for example "bars.csv.gz"'),
        ({"source": {"kind": "alpaca", "fed": "sip"}}, "source.fed", "did you mean 'feed'"),
        (
            {"source": {"kind": "ccxt", "venue": "kraken", "zz": 1}},
            "source.zz",
            "known are delay_seconds, interval, kind",
        ),
        (
            {"source": {"kind": "replay", "source": {"kind": "csv", "path": "x"}, "start": "2024-11-25"}},
            "source.end",
            'it is missing; for example "2024-01-05"',
        ),
        (
            {"source": {"kind": "replay", "source": {"kind": "csv"}, "start": "2024-11-25", "end": "2024-11-25"}},
            "source.source.path",
            "it is missing",
        ),
        (
            {"session_data_config": {}},
            "session_data_config.symbols",
            'it is missing; for example ["AAPL", "MSFT"] or "*"',
        ),
        ({"session_data_config": 3}, "session_data_config", "it must be a section, of the keys symbols, streams"),
        (
            {"session_data_config": {"symbols": ["A"], "bars": [1]}},
            "session_data_config.bars",
            "it must be a section, of the keys capacity, align",
        ),
        (
            {"session_data_config": {"symbols": ["A"], "indicators": {"session": {"name": "sma"}}}},
            "session_data_config.indicators.session",
            "it must be a list",
        ),
        ({"session_data_config": {"symbols": "SPY"}}, "session_data_config.symbols", "'*'"),
        ({"session_data_config": {"symbols": []}}, "session_data_config.symbols", "at least one"),
        ({"session_data_config": {"symbols": ["A", "a"]}}, "session_data_config.symbols", "A stands 2 times"),
        (
            {"session_data_config": {"symbols": ["A"], "streams": ["1m", "60s"]}},
            "session_data_config.streams",
            "1m stands 2 times",
        ),
        (
            {
                "session_data_config": {
                    "symbols": ["A"],
                    "indicators": {"session": [{"name": "rsi", "interval": "1m"}] * 2},
                }
            },
            "session_data_config.indicators.session",
            "rsi_14_1m stands 2 times",
        ),
        (
            {
                "session_data_config": {
                    "symbols": ["A"],
                    "indicators": {key: [{"name": "rsi", "interval": "1d"}] for key in ("session", "historical")},
                }
            },
            "session_data_config.indicators.historical",
            "rsi_14_1d stands in session too",
        ),
    ],
)
def test_each_refusal_points_at_its_key(changes: dict[str, Any], path: str, message: str) -> None:
    found = problems(minimal(**changes))
    assert list(found) == [path]
    assert message in found[path]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("name", ["sma"], "['sma'] is not a text"),
        ("name", None, "None is not a text"),
        ("interval", 5, "5 is not a text"),
        ("type", {}, "{} is not a text"),
        ("source", 1.5, "1.5 is not a text"),
        ("expression", True, "True is not a text"),
        ("params", [1], "write parameters as"),
    ],
)
def test_what_an_indicator_says_in_no_text_is_named(key: str, value: object, message: str) -> None:
    wanted = {"name": "sma", "interval": "5m", key: value}
    found = problems(minimal(session_data_config={"symbols": ["A"], "indicators": {"session": [wanted]}}))
    assert list(found) == [f"session_data_config.indicators.session[0].{key}"]
    assert message in next(iter(found.values()))


def test_streams_that_are_no_texts_and_parameters_without_a_name() -> None:
    rsi = {"name": "rsi", "interval": "1m", "params": {1: 2}, "source": None}
    wanted = {"symbols": ["A"], "streams": [["1m"], {"5m": 1}, "1m"], "indicators": {"session": [rsi]}}
    found = problems(minimal(session_data_config=wanted))
    keys = ("streams[0]", "streams[1]", "indicators.session[0]")
    assert list(found) == [f"session_data_config.{key}" for key in keys]
    assert 'unknown parameter "1"' in found["session_data_config.indicators.session[0]"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.json", "{", "not valid JSON"),
        ("a.toml", "= 3", "not valid TOML"),
        ("a.yaml", "a: [", "not valid YAML"),
        ("a.json", "[]", "one table"),
        ("a.ini", "", "'.ini' is not a known format"),
    ],
)
def test_files_that_are_not_a_config(tmp_path: Path, name: str, text: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ConfigError, match=message) as caught:
        SessionConfig.load(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="config init"):
        SessionConfig.load(tmp_path / "none.json")


def test_sources_by_kind() -> None:
    assert isinstance(SessionConfig(**minimal()).source, SimulatorConfig)
    assert not isinstance(SessionConfig(**minimal()).source, OtherSourceConfig)
