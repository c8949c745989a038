"""What can be asked of a running session."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from openbell._core import Interval
from openbell.errors import OpenbellError, RemoteError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable

    from openbell.coordinator import SessionCoordinator

OWNER = "remote"
MAX_BARS = 10_000
TIMEOUT_S = 60.0


class Arguments(BaseModel):
    """Of a command that has none."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class OfSymbol(Arguments):
    """Of a command about one symbol."""

    symbol: str = Field(max_length=64)


class Add(OfSymbol):
    """Of ``symbol.add``."""

    streams: tuple[str, ...] | None = Field(default=None, max_length=64)
    wait: bool = True


class Remove(OfSymbol):
    """Of ``symbol.remove``."""

    immediate: bool = False


class Lock(OfSymbol):
    """Of ``symbol.lock`` and ``symbol.unlock``."""

    reason: str | None = Field(default=None, max_length=256)


class AddIndicator(OfSymbol):
    """Of ``indicator.add``."""

    indicator: str = Field(max_length=64)
    interval: str
    period: int | None = None
    params: dict[str, float] = Field(default={}, max_length=64)
    source: str | None = None
    against: str | None = None
    wait: bool = True


class OfBars(OfSymbol):
    """Of ``bars``."""

    interval: str
    n: int = Field(default=10, ge=1, le=MAX_BARS)


def _status(run: SessionCoordinator, _: Arguments) -> dict[str, Any]:
    return dataclasses.asdict(run.status())


def _list(run: SessionCoordinator, _: Arguments) -> list[dict[str, Any]]:
    return [dataclasses.asdict(status) for status in run.symbols()]


def _add(run: SessionCoordinator, args: Add) -> dict[str, Any]:
    # The run itself waits for nobody: one that stands still serves requests too.
    if not run.add_symbol(args.symbol, args.streams, blocking=args.wait):
        why = "it is there already, on its way, or the source has no bars of it"
        raise RemoteError(f"{args.symbol} is not added: {why}")
    return {"symbol": args.symbol.upper(), "usable": args.wait}


def _remove(run: SessionCoordinator, args: Remove) -> dict[str, Any]:
    if not run.remove_symbol(args.symbol, immediate=args.immediate):
        raise RemoteError(f"{args.symbol} is not removed: it is locked or unknown")
    return {"symbol": args.symbol.upper(), "removed": args.immediate}


def _lock(run: SessionCoordinator, args: Lock) -> dict[str, Any]:
    if not run.session_data.lock_symbol(args.symbol, args.reason or OWNER):
        raise RemoteError(f"{args.symbol} is not locked: it is unknown, or is so already for that reason")
    return _locks(run, args)


def _unlock(run: SessionCoordinator, args: Lock) -> dict[str, Any]:
    if not run.session_data.unlock_symbol(args.symbol, args.reason):
        raise RemoteError(f"{args.symbol} is not unlocked: it is not locked{' for that reason' if args.reason else ''}")
    return _locks(run, args)


def _locks(run: SessionCoordinator, args: OfSymbol) -> dict[str, Any]:
    return {"symbol": args.symbol.upper(), "locks": sorted(run.session_data.get_symbol_locks(args.symbol))}


def _add_indicator(run: SessionCoordinator, args: AddIndicator) -> dict[str, Any]:
    from openbell.indicators import IndicatorConfig

    wanted = IndicatorConfig(
        args.indicator,
        period=args.period,
        interval=args.interval,
        params=args.params,
        source=args.source,
        against=args.against,
    )
    key = wanted.make_key()
    if not run.session_data.add_indicator(args.symbol, wanted, owner=OWNER):
        raise RemoteError(f"{args.symbol} has {key} already, or it is on its way")
    if args.wait and not run.session_data.wait_ready(args.symbol, key, timeout=TIMEOUT_S):
        raise RemoteError(f"{args.symbol} {key} could not be had: the log of the session says why")
    return {"symbol": args.symbol.upper(), "key": key, "provided": args.wait}


def _show_indicators(run: SessionCoordinator, args: OfSymbol) -> list[dict[str, Any]]:
    _known(run, args.symbol)
    found = run.session_data.get_all_indicators(args.symbol)
    return [
        {"key": key, "type": data.type, "valid": data.valid, "values": data.values, "last_updated": data.last_updated}
        for key, data in sorted(found.items())
    ]


def _bars(run: SessionCoordinator, args: OfBars) -> list[dict[str, Any]]:
    interval = Interval(args.interval)
    has = _known(run, args.symbol)
    if interval not in has:
        raise RemoteError(f"{args.symbol} has no bars of {interval}, but of {', '.join(map(str, has))}")
    names = ("ts", "open", "high", "low", "close", "volume", "vwap", "trade_count")
    bars = run.session_data.get_bars(args.symbol, interval, args.n)
    return [{name: getattr(bar, name) for name in names} for bar in bars]


def _known(run: SessionCoordinator, symbol: str) -> list[Interval]:
    intervals = run.session_data.intervals(symbol)
    if not intervals:
        near = nearest(symbol.upper(), run.session_data.symbol_names())
        raise RemoteError(f"{symbol} is not in this session{f'; did you mean {near}?' if near else ''}")
    return intervals


def _pause(run: SessionCoordinator, args: Arguments) -> dict[str, Any]:
    run.pause()
    return _status(run, args)


def _resume(run: SessionCoordinator, args: Arguments) -> dict[str, Any]:
    run.resume()
    return _status(run, args)


class Handler(Protocol):
    """What serves a command."""

    def __call__(self, run: SessionCoordinator, args: Any, /) -> Any:
        """Serve it; what it gives goes over the socket."""


COMMANDS: dict[str, tuple[type[Arguments], Handler]] = {
    "status": (Arguments, _status),
    "symbol.list": (Arguments, _list),
    "symbol.add": (Add, _add),
    "symbol.remove": (Remove, _remove),
    "symbol.lock": (Lock, _lock),
    "symbol.unlock": (Lock, _unlock),
    "indicator.add": (AddIndicator, _add_indicator),
    "indicator.show": (OfSymbol, _show_indicators),
    "bars": (OfBars, _bars),
    "pause": (Arguments, _pause),
    "resume": (Arguments, _resume),
}


def answer(run: SessionCoordinator, message: dict[str, Any]) -> dict[str, Any]:
    """Serve one message; whatever is wrong with it is said in the reply."""
    try:
        return {"ok": True, "result": _serve(run, message)}
    except (OpenbellError, ValueError, RuntimeError) as error:
        return {"ok": False, "error": str(error)}


def _serve(run: SessionCoordinator, message: dict[str, Any]) -> Any:
    command, given = message.get("command"), message.get("args", {})
    if not isinstance(command, str) or command not in COMMANDS:
        raise RemoteError(f"unknown command {command!r:.80}; there are {', '.join(COMMANDS)}")
    model, handler = COMMANDS[command]
    try:
        args = model.model_validate(given)
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, p['loc'])) or 'args'}: {p['msg']}" for p in error.errors()]
        raise RemoteError(f"{command}: {'; '.join(problems)}") from None
    call: Callable[..., Any] = handler
    return call(run, args)
