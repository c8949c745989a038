"""A complete example with every section, and the JSON schema."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from openbell.config.session import SessionConfig
from openbell.errors import ConfigError, ConfigProblem

if TYPE_CHECKING:
    from pathlib import Path


def schema() -> dict[str, Any]:
    """Give the JSON schema of a config."""
    return SessionConfig.model_json_schema()


def _complete() -> dict[str, Any]:
    """Give every key, with its default where it has one; the source invents its bars, so that it runs as it stands."""
    config = SessionConfig(
        name="example",
        backtest={"start": "2024-11-27", "end": "2024-12-02", "speed": 0},
        source={"kind": "simulator", "seed": 1, "symbols": ["AAPL", "MSFT", "SPY"], "interval": "1m"},
        session_data_config={
            "symbols": ["AAPL", "SPY"],
            "streams": ["1m", "5m", "15m", "1d"],
            "historical": {"trailing_days": 2, "intervals": ["1m", "1d"]},
            "indicators": {
                "session": [
                    {"name": "sma", "period": 20, "interval": "5m"},
                    {"name": "macd", "interval": "5m", "params": {"fast": 12, "slow": 26, "signal": 9}},
                    {"name": "bbands", "interval": "5m", "params": {"period": 20, "width": 2}},
                    {"name": "rsi", "period": 14, "interval": "1m"},
                    {"name": "vwap", "interval": "1m"},
                ],
                "historical": [{"name": "sma", "period": 2, "interval": "1d"}],
            },
            "scanners": [
                {
                    "name": "strong",
                    "filter": "last > sma_20_5m AND rsi_14_1m > 60",
                    "rank": "rsi_14_1m desc",
                    "limit": 10,
                    "regular_session": [{"start": "open+30m", "end": "close-10m", "interval": "30m"}],
                }
            ],
        },
        report="example-report.html",
    )
    return config.to_dict()


def example(file_format: str = "json") -> str:
    """Give a complete config as the text of a file.

    Parameters
    ----------
    file_format
        ``json``, ``toml`` or ``yaml``.
    """
    data = _complete()
    if file_format == "json":
        return json.dumps(data, indent=2) + "\n"
    if file_format == "yaml":
        import yaml

        return yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
    if file_format == "toml":
        return _toml(data)
    raise ConfigError([ConfigProblem("format", f"{file_format!r} is not a known format; use json, toml or yaml")])


def write_example(path: Path, file_format: str = "json") -> None:
    """Write `example` to a file, which must not exist yet.

    Raises
    ------
    FileExistsError
        If it does.
    """
    with path.open("x", encoding="utf-8") as file:
        file.write(example(file_format))


def _toml(table: dict[str, Any], prefix: str = "") -> str:
    """Write a table: plain keys first, then its tables. TOML has no null: a key without a value is left out."""
    lines = [
        f"{key} = {_toml_value(value)}"
        for key, value in table.items()
        if value is not None and not isinstance(value, dict)
    ]
    for key, value in table.items():
        if isinstance(value, dict):
            name = f"{prefix}{key}"
            lines += ["", f"[{name}]", _toml(value, f"{name}.").rstrip("\n")]
    return "\n".join(lines) + "\n"


def _toml_value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {_toml_value(v)}" for k, v in value.items() if v is not None) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_toml_value(item) for item in value) + "]"
    return json.dumps(value)  # strings, numbers and booleans are written alike
