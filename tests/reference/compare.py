"""How indicator values are compared: relative 1e-9 with a floor of 1 % of the median magnitude, first index exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def assert_same(got: NDArray[np.float64], want: NDArray[np.float64], what: str, *, start: int | None = None) -> None:
    """Compare from the first value of ``want`` on; ``start`` is where that must be."""
    first = int(np.argmax(~np.isnan(want)))
    assert not np.isnan(want).all(), f"{what}: the reference has no value"
    if start is not None:
        assert first == start, f"{what}: the reference starts at {first}"
    np.testing.assert_array_equal(np.isnan(got), np.isnan(want), err_msg=f"{what}: values where the reference has none")
    got, want = got[first:], want[first:]
    got, want = got[~np.isnan(want)], want[~np.isnan(want)]
    # Zeros say nothing about how large the others are.
    size = np.abs(want[want != 0.0])
    scale = np.maximum(np.abs(want), 0.01 * np.median(size) if len(size) else 0.0)
    error = np.abs(got - want) / np.where(scale == 0.0, 1.0, scale)
    assert error.max() <= 1e-9, f"{what}: off by {error.max():.3g} at {int(error.argmax()) + first}"
