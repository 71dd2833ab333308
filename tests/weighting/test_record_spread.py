"""How unequal weights are: found without sorting them, and the same as by sorting."""

from __future__ import annotations

import numpy as np
import pytest

from credbenefits.weighting.record import effective_size, spread_of


@pytest.mark.parametrize("scale", [1.0, 1e-200, 1e200])
@pytest.mark.parametrize("n", [1, 2, 5, 9, 10, 15, 16, 17, 18, 100, 101])
def test_spread_is_that_of_sorted_weights(n, scale):
    weight = np.random.default_rng(n).gamma(1.0, 1.0, n).round(1) + 0.1
    made, ordered = spread_of(weight * scale), np.sort(weight)[::-1]
    assert made.n == n
    assert made.sum == pytest.approx(weight.sum() * scale)
    assert made.cv == pytest.approx(weight.std() / weight.mean(), abs=1e-14)
    assert made.n_effective == pytest.approx(weight.sum() ** 2 / (weight**2).sum())
    assert made.max_to_median == pytest.approx(ordered[0] / np.median(weight))
    assert made.top_share == pytest.approx(ordered[0] / weight.sum())
    assert made.top5_share == pytest.approx(ordered[:5].sum() / weight.sum())
    assert effective_size(weight * scale) == made.n_effective


def test_equal_weights_cost_nothing():
    made = spread_of(np.full(1_000, 3.0))
    assert (made.cv, made.n_effective, made.max_to_median) == (0.0, 1_000.0, 1.0)


def test_weights_are_left_in_their_order():
    weight = np.arange(100.0, 0.0, -1.0)
    spread_of(weight)
    assert weight.tolist() == list(range(100, 0, -1))
