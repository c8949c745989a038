"""Bars before the session as a caller has them: looked at, in order, each once, none that the session has itself."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np

from openbell._core import Interval, check_bars
from openbell.errors import ColumnsError
from openbell.session.batch import BAR_FIELDS, bars_columns

if TYPE_CHECKING:
    from openbell.session.data import SessionData

logger = logging.getLogger(__name__)

SHOWN = 10


def history_columns(session: SessionData, symbol: str, interval: Interval, bars: Any) -> dict[str, Any]:
    """Give bars as the columns that indicators are warmed up with.

    They may stand in any order; of two of one time, the later stands. Left out are those from the session's own first
    bar on, which it has itself, and those in no session, which is logged.

    Parameters
    ----------
    session
        Whose symbol and calendar are meant.
    symbol, interval
        Whose bars they are.
    bars
        `Bars`, a mapping of columns, or a frame.

    Raises
    ------
    ColumnsError
        If a column is missing, a row is no bar (with its number and what is wrong with it), or none lies in a session.
    """
    columns = bars_columns(bars)
    ts, what = columns["ts"], f"{symbol.upper()} {interval}"
    _check(what, columns)
    order = np.argsort(ts, kind="stable")
    times = ts[order]
    latest = np.append(times[1:] != times[:-1], True)[: len(times)]
    own = session.get_bars(symbol, interval).ts[:1]
    before = times < own[0] if len(own) else np.full(len(times), True)
    manager = session.time_manager
    inside, _ = manager.calendar_arrays(*manager.bounds, announced=False).locate(times)
    if len(times) and not inside.any():
        opens = f"opens in a session of {manager.exchange}; ts is a bar's open"
        raise ColumnsError(f"{what}: none of {len(times)} bars {opens}")
    if outside := int((~inside).sum()):
        logger.warning("%s: %d of %d bars of history open in no session and are left out", what, outside, len(times))
    rows = order[latest & before & inside]
    return {name: None if values is None else values[rows] for name, values in columns.items()}


def _check(what: str, columns: dict[str, Any]) -> None:
    given = {name: columns[name] for name in BAR_FIELDS}
    rows, reasons = check_bars(**given)
    if len(rows):
        bad = zip(rows[:SHOWN].tolist(), reasons, strict=False)
        shown = "; ".join(f"row {row}, {np.datetime64(int(given['ts'][row]), 'ns')}: {reason}" for row, reason in bad)
        raise ColumnsError(f"{what}: {len(rows)} of {len(given['ts'])} bars of history are none: {shown}")
