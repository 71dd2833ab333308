"""The bootstrap on cells, against laws that are known exactly."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from credbenefits.numerics import bootstrap

#: Three people in a thousand: no more are alike than chance explains (Dvoretzky-Kiefer-Wolfowitz bound).
SURPRISE = 1e-3


def furthest_apart(estimates, values, chances):
    """Largest distance between the distribution of the estimates and an exact discrete law."""
    order = np.argsort(values)
    values, cumulated = np.asarray(values)[order], np.cumsum(np.asarray(chances)[order])
    # a hair above each value, so that rounding of the values does not matter
    seen = np.searchsorted(np.sort(estimates), values + 1e-9, side="right") / estimates.size
    return np.abs(seen - cumulated).max()


def allowed(n_resamples):
    return np.sqrt(np.log(2 / SURPRISE) / (2 * n_resamples))


def cells(yes, weight, people):
    return np.array(yes, dtype=float), np.array(weight, dtype=float), np.array(people)


@pytest.mark.parametrize(("x", "n"), [(12, 33), (1, 20), (40, 100)])
def test_unweighted_replicates_follow_the_binomial_law(x, n):
    estimates = bootstrap.replicates(*cells([1, 0], [1, 1], [x, n - x]), 20_000, rng=np.random.default_rng(x))
    k = np.arange(n + 1)
    assert furthest_apart(estimates, k / n, stats.binom.pmf(k, n, x / n)) < allowed(20_000)
    low, high = bootstrap.percentile(estimates, 0.95)
    # limits lie among the exact quantiles of levels that close to 2.5 % and 97.5 %
    error = allowed(20_000)
    for limit, level in ((low, 0.025), (high, 0.975)):
        assert stats.binom.ppf(max(level - error, 0), n, x / n) / n <= limit + 1e-12
        assert limit - 1e-12 <= stats.binom.ppf(min(level + error, 1), n, x / n) / n


def test_weighted_replicates_follow_the_law_of_all_resamples():
    # Brute force: all 4^4 equally likely samples of four people with three different weights.
    yes, weight = np.array([1.0, 0.0, 1.0, 1.0]), np.array([2.0, 3.0, 10.0, 2.0])
    samples = np.array(list(product(range(4), repeat=4)))
    exact = (yes * weight)[samples].sum(axis=1) / weight[samples].sum(axis=1)
    values, times = np.unique(exact.round(12), return_counts=True)
    in_cells = cells([1, 0, 1], [2, 3, 10], [2, 1, 1])  # the first and the last person share a cell
    estimates = bootstrap.replicates(*in_cells, 40_000, rng=np.random.default_rng(8))
    assert furthest_apart(estimates, values, times / len(samples)) < allowed(40_000)


def test_spread_of_weighted_replicates_is_the_linearised_standard_error():
    people = np.array([60, 90, 200, 250])
    yes, weight = np.array([1.0, 0.0, 1.0, 0.0]), np.array([4.0, 4.0, 1.0, 1.0])
    p = (people * yes * weight).sum() / (people * weight).sum()
    linearised = np.sqrt((people * weight**2 * (yes - p) ** 2).sum()) / (people * weight).sum()
    estimates = bootstrap.replicates(yes, weight, people, 20_000, rng=np.random.default_rng(3))
    assert estimates.std() == pytest.approx(linearised, rel=0.02)
    assert estimates.mean() == pytest.approx(p, abs=5 * linearised / np.sqrt(20_000) + 1e-3)


def test_one_seed_gives_one_result():
    study = cells([1, 1, 0], [1, 2, 1.5], [20, 10, 30])
    one, same, other = (
        bootstrap.replicates(*study, 500, rng=np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


@given(st.floats(1e-6, 1e6))
def test_the_scale_of_weights_changes_nothing(scale):
    yes, weight, people = cells([1, 1, 0], [1, 2, 1.5], [20, 10, 30])
    one = bootstrap.replicates(yes, weight, people, 200, rng=np.random.default_rng(5))
    other = bootstrap.replicates(yes, scale * weight, people, 200, rng=np.random.default_rng(5))
    np.testing.assert_allclose(other, one, rtol=1e-12)


@pytest.mark.parametrize("at_once", [1, 2, 7, 100, 3_000])
def test_the_size_of_batches_changes_nothing(monkeypatch, at_once):
    study = cells([1, 1, 0], [1, 2, 1.5], [20, 10, 30])
    whole = bootstrap.replicates(*study, 500, rng=np.random.default_rng(9))
    monkeypatch.setattr(bootstrap, "_DRAWS_AT_ONCE", at_once)
    np.testing.assert_array_equal(bootstrap.replicates(*study, 500, rng=np.random.default_rng(9)), whole)


@pytest.mark.parametrize("at_once", [2, 50, 4_000_000])
def test_ticks_add_up_to_the_resamples(monkeypatch, at_once):
    monkeypatch.setattr(bootstrap, "_DRAWS_AT_ONCE", at_once)
    ticks = []
    study = cells([1, 0], [1, 1], [3, 4])
    bootstrap.replicates(*study, 123, rng=np.random.default_rng(0), tick=ticks.append)
    assert sum(ticks) == 123
    assert min(ticks) > 0


def test_one_person_and_one_answer():
    one = bootstrap.replicates(*cells([1], [2.5], [1]), 50, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(one, np.ones(50))
    assert bootstrap.percentile(one, 0.95) == (1.0, 1.0)


def test_percentile_by_hand():
    low, high = bootstrap.percentile(np.arange(101.0)[::-1], 0.9)
    assert (low, high) == pytest.approx((5.0, 95.0))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=200), st.floats(0.05, 0.9))
def test_percentile_widens_with_the_level(estimates, level):
    low, high = bootstrap.percentile(np.array(estimates), level)
    wider_low, wider_high = bootstrap.percentile(np.array(estimates), level + 0.09)
    assert min(estimates) <= wider_low <= low + 1e-12
    assert low <= high + 1e-12
    assert high - 1e-12 <= wider_high <= max(estimates)
