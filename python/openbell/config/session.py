"""The config as a whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    PlainSerializer,
    PrivateAttr,
    ValidationError,
    field_validator,
    model_validator,
)

from openbell.clock.exchange import unknown_exchange
from openbell.config.fields import Section, frozen, several, thawed
from openbell.config.problems import from_validation
from openbell.config.sections import BacktestConfig, LiveConfig, SessionDataConfig
from openbell.config.source import SourceConfig
from openbell.errors import ConfigError, ConfigProblem

if TYPE_CHECKING:
    import datetime as dt

Exchanges = Annotated[
    Mapping[str, tuple[str, ...]],
    AfterValidator(frozen),
    PlainSerializer(thawed, return_type=dict[str, list[str]]),
]


class SessionConfig(Section):
    """The template of a run: immutable, all the way down.

    Build it from keyword arguments or nested mappings, or read it with `load`. Everything that is wrong is reported at
    once, each with its path. ``threads`` is how many take part in large changes; the session is the same for any
    number.

    Raises
    ------
    ConfigError
        With ``problems``.

    Examples
    --------
    >>> config = SessionConfig(
    ...     backtest={"start": "2024-11-25", "end": "2024-11-26"},
    ...     source={"kind": "simulator", "symbols": 2},
    ...     session_data_config={"symbols": "*", "streams": ["1m", "5m"]},
    ... )
    >>> config.session_data_config.streams
    (Interval('1m'), Interval('5m'))
    """

    name: str = "session"
    mode: Literal["backtest", "live"] = "backtest"
    exchange: str = "XNYS"
    exchanges: Exchanges = Field(default={}, validate_default=True)
    backtest: BacktestConfig | None = None
    live: LiveConfig | None = None
    # A frame is handed to the coordinator.
    source: SourceConfig = Field(examples=[{"kind": "csv", "path": "bars.csv.gz"}, {"kind": "frame"}])
    session_data_config: SessionDataConfig = Field(examples=[{"symbols": ["AAPL"], "streams": ["1m", "5m"]}])
    journal: str | None = None
    report: str | None = None
    threads: int = Field(default=1, ge=1, le=1024)

    _base_dir: Path = PrivateAttr(default_factory=Path.cwd)

    def __init__(self, **data: Any) -> None:
        try:
            super().__init__(**data)
        except ValidationError as error:
            raise ConfigError(from_validation(error, type(self))) from None

    @field_validator("exchange")
    @classmethod
    def _known_exchange(cls, name: str) -> str:
        if wrong := unknown_exchange(name):
            raise ValueError(wrong)
        return name

    @field_validator("exchanges")
    @classmethod
    def _known_exchanges(cls, exchanges: Exchanges) -> Exchanges:
        if problems := [ConfigProblem(name, wrong) for name in exchanges if (wrong := unknown_exchange(name))]:
            raise several(problems)
        return exchanges

    @model_validator(mode="after")
    def _window(self) -> Self:
        if self.mode == "backtest" and self.backtest is None:
            raise several([ConfigProblem("backtest", 'a backtest needs {"start": "2024-01-02", "end": "2024-01-05"}')])
        return self

    @property
    def base_dir(self) -> Path:
        """The folder to which paths in the config are relative: that of its file."""
        return self._base_dir

    def resolve(self, path: str) -> Path:
        """Give the absolute form of a path that stands in the config."""
        return (self._base_dir / Path(path).expanduser()).resolve()

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a config from a ``.json``, ``.toml``, ``.yaml`` or ``.yml`` file.

        Raises
        ------
        ConfigError
            If the file cannot be read or parsed, or with all that is wrong in it.
        """
        path = Path(path)
        data = _read(path)
        if not isinstance(data, dict):
            raise ConfigError([ConfigProblem("config", "the file must hold one table of keys")], str(path))
        try:
            config = cls(**data)
        except ConfigError as error:
            raise ConfigError(error.problems, str(path)) from None
        config._base_dir = path.resolve().parent
        return config

    def with_speed(self, speed: float) -> Self:
        """Give the same config with another speed of its backtest."""
        if self.backtest is None:
            return self
        backtest = BacktestConfig(start=self.backtest.start, end=self.backtest.end, speed=speed)
        return self.model_copy(update={"backtest": backtest})

    def as_replay(self, *, speed: float, start: dt.date | None = None, end: dt.date | None = None) -> Self:
        """Give a live config that plays this backtest's source as if its bars came now.

        Parameters
        ----------
        speed
            1 is real time within a session, 60 a minute a second, 0 as fast as the run takes it.
        start, end
            The sessions, both included; the backtest's if not given.

        Raises
        ------
        ConfigError
            If there is no window, or the source cannot be played.
        """
        first = start or (self.backtest.start if self.backtest else None)
        last = end or start or (self.backtest.end if self.backtest else None)
        if first is None or last is None:
            raise ConfigError([ConfigProblem("backtest", "say which sessions are played: it names none")])
        plain = self.to_dict()
        window = {"start": first.isoformat(), "end": last.isoformat(), "speed": speed}
        source = plain["source"] if plain["source"]["kind"] != "replay" else plain["source"]["source"]
        return self.with_changes(
            {**plain, "mode": "live", "backtest": None, "source": {"kind": "replay", "source": source, **window}}
        )

    def with_changes(self, plain: Mapping[str, Any]) -> Self:
        """Give the config that ``plain`` says, with paths relative to the same folder.

        Raises
        ------
        ConfigError
            With all that is wrong.
        """
        config = type(self)(**plain)
        config._base_dir = self._base_dir  # noqa: SLF001  # its own class
        return config

    def to_dict(self) -> dict[str, Any]:
        """Give the config as JSON would hold it."""
        return self.model_dump(mode="json")


def _read(path: Path) -> Any:
    def wrong(message: str) -> ConfigError:
        return ConfigError([ConfigProblem("file", message)], str(path))

    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise wrong("there is no such file; `openbell config init` writes one") from None
    except (OSError, UnicodeDecodeError) as error:
        raise wrong(f"it cannot be read: {error}") from None
    suffix = path.suffix.lower()
    try:
        if suffix == ".json":
            return json.loads(text)
        if suffix == ".toml":
            import tomllib

            return tomllib.loads(text)
        if suffix in {".yaml", ".yml"}:
            import yaml

            return yaml.safe_load(text)
    except ValueError as error:  # what json and tomllib raise
        raise wrong(f"it is not valid {suffix[1:].upper()}: {error}") from None
    except Exception as error:
        if type(error).__module__.startswith("yaml"):
            raise wrong(f"it is not valid YAML: {error}") from None
        raise
    raise wrong(f"{suffix or 'no suffix'!r} is not a known format; use .json, .toml or .yaml")
