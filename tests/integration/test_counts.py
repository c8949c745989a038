"""What work costs, in instructions: it is in proportion to bars and symbols."""

from __future__ import annotations

import json

import pytest
from benches import counts

WHY = counts.missing()


@pytest.mark.slow
@pytest.mark.skipif(WHY is not None, reason=f"instructions cannot be counted: {WHY}")
def test_costs_grow_as_bars_and_symbols_do() -> None:
    found = counts.counts()
    assert set(found) == set(json.loads(counts.KNOWN.read_text()))
    steep = {case: count.growth for case, count in found.items() if count.growth > counts.STEEPER}
    assert not steep
    # Bars cost something, or nothing was counted.
    least = {"instructions": 100, "lines": 5}
    assert all(count.each > least[counts.CASES[name].counted] for name, count in found.items())
