"""Rows of tables in the order of time: by counting minutes where they are few, by comparing where they are many."""

from __future__ import annotations

import numpy as np
import pytest

import openbell as ob

MINUTE = 60_000_000_000
START = 1_732_545_000_000_000_000


@pytest.mark.parametrize("step", [1, 300], ids=["days", "months"])
@pytest.mark.parametrize("by", ["symbol", "time", "nothing"])
@pytest.mark.parametrize("kind", ["numbers", "texts"])
def test_history_is_the_same_however_rows_stand(step: int, by: str, kind: str) -> None:
    # Months are more minutes than are counted.
    minutes = START + np.arange(400, dtype=np.int64) * step * MINUTE
    names = np.array(["B", "A", "C"])
    ts, symbol = np.tile(minutes, 3), np.repeat(names, len(minutes))
    order = {
        "symbol": np.arange(len(ts)),
        "time": np.argsort(ts, kind="stable"),
        "nothing": np.random.default_rng(1).permutation(len(ts)),
    }[by]
    ts, symbol = ts[order], symbol[order]
    close = np.arange(len(ts), dtype=np.float64) + 1.0
    told = ts if kind == "numbers" else np.datetime_as_string(ts.astype("datetime64[ns]"), unit="s")
    frame = {"symbol": symbol, "ts": told.astype(str) if kind == "texts" else told}
    prices = dict.fromkeys(("open", "high", "low", "close"), close)
    options = {"unit": "ns"} if kind == "numbers" else {}
    source = ob.FrameSource({**frame, **prices, "volume": close}, **options)
    assert source.symbols() == ("A", "B", "C")
    assert source.span() == (int(minutes[0]), int(minutes[-1]))
    first, last = int(minutes[50]), int(minutes[350])
    found = source.history(None, first, last)
    # In the table's order, all of that time and none besides.
    wanted = (ts >= first) & (ts < last)
    assert np.array_equal(found.ts, ts[wanted])
    assert np.array_equal(found.close, close[wanted])
    assert [found.names[i] for i in found.symbol] == symbol[wanted].tolist()
