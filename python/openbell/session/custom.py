"""Indicators of one's own in a session: their objects take the bars that the engine logs, and it gets their values."""

from __future__ import annotations

import copy
import logging
import math
import threading
import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from openbell._core import Bar
from openbell.indicators.catalogue import indicator_info
from openbell.indicators.custom import make

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openbell._core import SessionCore

logger = logging.getLogger(__name__)


class CustomStates:
    """The objects of a session's custom indicators; it calls `catch_up` after each change of their bars."""

    def __init__(self, session: SessionCore) -> None:
        # The engine keeps this as long as itself.
        self._session = weakref.ref(session)
        # By symbol and key.
        self._states: dict[str, dict[str, _State]] = {}
        self._guard = threading.RLock()

    def catch_up(self) -> None:
        """Give the objects what has happened, and the engine their values."""
        session = self._session()
        if session is None:
            return
        # Of two threads that write, the second's entries come after the first's.
        with self._guard:
            logs, is_news = session.take_custom_logs()
            for symbol, interval, indicators, entries in logs:
                states = self._states.setdefault(symbol, {})
                for key, name, params in indicators:
                    state = states.get(key)
                    if state is None:
                        state = states[key] = _State(f"{symbol} {key}", name, params)
                    session.put_custom(symbol, interval, key, state.take(entries), is_news)

    def forming(self, symbol: str, key: str, bar: Bar) -> list[float]:
        """Give the values that one would have if a bar closed now."""
        return self._states[symbol.upper()][key].peek(bar)

    def forget(self, symbol: str) -> None:
        """Let go of a symbol's objects."""
        self._states.pop(symbol, None)

    @property
    def errors(self) -> dict[tuple[str, str], str]:
        """Why some have no values, by symbol and key."""
        return {
            (symbol, key): state.error
            for symbol, states in list(self._states.items())
            for key, state in list(states.items())
            if state.error is not None
        }


class _State:
    """One object, and copies of it to go back to."""

    def __init__(self, label: str, name: str, params: Mapping[str, float]) -> None:
        self._label, self._name, self._params = label, name, params
        self._outputs = indicator_info(name).outputs
        self._nothing = [math.nan] * len(self._outputs)
        self._renew()

    def _renew(self) -> None:
        self._object: Any = make(self._name, self._params)
        self._values = self._nothing
        self.error: str | None = None
        # How many bars of the session were seen, the object then, its values, and why it had none.
        self._marks: list[tuple[int, Any, list[float], str | None]] = []

    def take(self, entries: Sequence[Bar | tuple[str, int]]) -> list[float]:
        for entry in entries:
            try:
                self._take(entry)
            except Exception as error:
                logger.exception("%s has no value from now on: it failed at %s", self._label, entry)
                self._values, self.error = self._nothing, f"{type(error).__name__}: {error}"
                self._object = None
        return self._values

    def _take(self, entry: Bar | tuple[str, int]) -> None:
        if isinstance(entry, Bar):
            if self.error is None:
                self._values = self._read(self._object.update(entry))
            return
        what, count = entry
        if what == "back":
            while self._marks[-1][0] > count:
                self._marks.pop()
            _, kept, self._values, self.error = self._marks[-1]
            self._object = _copy(kept)
            return
        if what == "new":
            self._renew()
        elif what == "begin":
            self._marks.clear()
        # What cannot be copied is marked as failed: there must be a mark for each that the engine makes.
        self._marks.append((count, None, self._nothing, "it could not be copied"))
        self._marks[-1] = (count, _copy(self._object), self._values, self.error)

    def peek(self, bar: Bar) -> list[float]:
        """Give what a bar would make of it; if that fails, nothing has changed."""
        if self.error is None:
            try:
                return self._read(_copy(self._object).update(bar))
            except Exception:
                logger.exception("%s has no forming value: it failed at %s", self._label, bar)
        return self._nothing

    def _read(self, value: object) -> list[float]:
        """Give what an update gave as one number an output."""
        if value is None:
            return self._nothing
        if isinstance(value, Mapping):
            if unknown := [key for key in value if key not in self._outputs]:
                raise ValueError(f"update gave {unknown}: outputs are {', '.join(self._outputs)}")
            given = [value.get(output) for output in self._outputs]
        else:
            given = list(value) if isinstance(value, tuple | list) else [value]
        if len(given) != len(self._outputs):
            raise ValueError(f"update gave {len(given)} values: outputs are {', '.join(self._outputs)}")
        numbers = [math.nan if one is None else float(one) for one in given]
        if any(math.isinf(number) for number in numbers):
            raise ValueError(f"update gave {value!r}: values are finite numbers or None")
        return numbers


def _copy(made: Any) -> Any:
    return made.copy() if hasattr(made, "copy") else copy.deepcopy(made)
