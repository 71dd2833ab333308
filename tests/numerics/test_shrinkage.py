"""Rates of groups drawn towards all: METHODS' numbers, and the likelihood by brute force with SciPy's beta-binomial."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import betabinom

from credbenefits.numerics.response.shrinkage import fitted_beta, shrunken_rates

X, N = np.array([18, 3, 12, 2, 25, 5.0]), np.array([30, 20, 40, 12, 45, 25.0])


def likelihood(a, b, x, n):
    return betabinom.logpmf(x, n, a, b).sum()


def test_the_fit_of_methods():
    assert fitted_beta(X, N) == pytest.approx((3.0354077, 5.7935246), rel=2e-6)
    expected = (0.541746, 0.209352, 0.307920, 0.241751, 0.520824, 0.237531)
    assert shrunken_rates(X, N) == pytest.approx(expected, abs=1e-6)


def test_groups_that_differ_by_chance_alone_have_one_rate():
    x, n = np.array([12, 5, 9, 4, 3]), np.array([30, 22, 25, 14, 9])
    assert fitted_beta(x.astype(float), n.astype(float)) is None
    assert shrunken_rates(x, n) == pytest.approx([0.33] * 5)


@pytest.mark.parametrize("seed", range(8))
def test_no_point_of_a_grid_is_more_likely(seed):
    rng = np.random.default_rng(seed)
    n = rng.integers(5, 120, 7).astype(float)
    x = rng.binomial(n.astype(int), rng.beta(2, 5 + seed, 7)).astype(float)
    made = fitted_beta(x, n)
    grid = max(
        likelihood(m * weight, (1 - m) * weight, x, n)
        for m in np.linspace(0.02, 0.98, 49)
        for weight in np.geomspace(0.1, 1e6, 60)
    )
    best = (
        likelihood(*made, x, n)
        if made
        else likelihood(x.sum() / n.sum() * 1e9, (1 - x.sum() / n.sum()) * 1e9, x, n)
    )
    assert best >= grid - 1e-6


@pytest.mark.parametrize(
    ("x", "n", "expected"),
    [
        ([0, 0], [10, 20], [0, 0]),
        ([10, 20], [10, 20], [1, 1]),
        ([3], [10], [0.3]),
        ([3, 0], [10, 0], [0.3, 0.3]),
        ([0, 20], [20, 20], [0, 1]),
    ],
)
def test_ends(x, n, expected):
    assert shrunken_rates(x, n) == pytest.approx(expected, abs=1e-6)


def test_nobody_at_all():
    assert np.isnan(shrunken_rates([0, 0], [0, 0])).all()


def test_a_drawn_rate_is_between_its_own_and_that_of_the_fit():
    a, b = fitted_beta(X, N)
    drawn, own = shrunken_rates(X, N), X / N
    assert ((np.minimum(own, a / (a + b)) <= drawn) & (drawn <= np.maximum(own, a / (a + b)))).all()
