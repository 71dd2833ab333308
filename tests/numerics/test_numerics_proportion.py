"""Intervals of one proportion: by brute force, against published values, and by their properties."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from credbenefits.numerics.interval import two_sided_z
from credbenefits.numerics.wilson import kish, one_sided_bound, standard_error, wald, wilson
from strategies import confidence_levels, counts, golden, real_counts, weights


def count_of(inputs):
    return inputs["x"] if "x" in inputs else inputs["p"] * inputs["n"]


# ---- Wilson ----------------------------------------------------------------------------------


@pytest.mark.parametrize("record", golden("wilson"))
def test_wilson_agrees_with_golden_values(record):
    inputs = record["inputs"]
    limits = wilson(count_of(inputs), inputs["n"], inputs["level"])
    np.testing.assert_allclose(limits, record["expected"], rtol=0, atol=record["tolerance"])


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
@pytest.mark.parametrize("n", range(1, 13))
def test_wilson_holds_exactly_the_values_that_the_score_test_accepts(n, level):
    grid = np.linspace(0.0, 1.0, 20_001)
    z = stats.norm.ppf((1 + level) / 2)
    for x in range(n + 1):
        accepted = grid[(x / n - grid) ** 2 <= z**2 * grid * (1 - grid) / n]
        low, high = wilson(x, n, level)
        step = grid[1] + 1e-12
        assert accepted[0] - step <= low <= accepted[0] + 1e-12
        assert accepted[-1] - 1e-12 <= high <= accepted[-1] + step


def exact_wilson(x, n, z):
    """Return the two roots in 60 digits."""
    with localcontext() as context:
        context.prec = 60
        x, n, z2 = Decimal(x), Decimal(n), Decimal(z) ** 2
        middle, spread = 2 * x + z2, (z2 * (z2 + 4 * x * (n - x) / n)).sqrt()
        return float((middle - spread) / (2 * (n + z2))), float((middle + spread) / (2 * (n + z2)))


@pytest.mark.parametrize(
    ("x", "n"), [(1, 10**12), (3, 10**9), (999_999_999_999, 10**12), (5 * 10**11, 10**12), (1, 2), (7, 33)]
)
def test_wilson_keeps_its_digits_in_huge_samples(x, n):
    low, high = wilson(x, n, 0.95)
    exact_low, exact_high = exact_wilson(x, n, two_sided_z(0.95))
    assert low == pytest.approx(exact_low, rel=1e-13)
    assert 1 - high == pytest.approx(1 - exact_high, rel=1e-13, abs=2e-16)


def test_wilson_of_one_person():
    z2 = 1.959963984540054**2
    np.testing.assert_allclose(wilson(0, 1, 0.95), (0.0, z2 / (1 + z2)), rtol=1e-14)
    np.testing.assert_allclose(wilson(1, 1, 0.95), (1 / (1 + z2), 1.0), rtol=1e-14)


@given(real_counts, confidence_levels)
def test_wilson_is_ordered_and_stays_in_range(case, level):
    x, n = case
    low, high = wilson(x, n, level)
    p = x / n
    assert 0.0 <= low <= p + 1e-15
    assert p - 1e-15 <= high <= 1.0
    assert low < high


@given(st.floats(0.1, 1e12), confidence_levels)
def test_wilson_reaches_exactly_zero_and_one(n, level):
    assert wilson(0.0, n, level).low == 0.0
    assert wilson(n, n, level).high == 1.0


@given(counts, confidence_levels)
def test_wilson_of_the_complement_is_the_complement(case, level):
    x, n = case
    low, high = wilson(x, n, level)
    other_low, other_high = wilson(n - x, n, level)
    assert other_low == pytest.approx(1 - high, abs=4e-16)
    assert other_high == pytest.approx(1 - low, abs=4e-16)


@given(st.integers(1, 3_000), confidence_levels)
def test_wilson_limits_rise_with_the_count(n, level):
    low, high = wilson(np.arange(n + 1), n, level)
    assert (np.diff(low) > 0).all()
    assert (np.diff(high) > 0).all()


@given(counts, confidence_levels, st.floats(1.01, 1e4))
def test_wilson_narrows_with_the_sample_and_widens_with_the_level(case, level, factor):
    x, n = case
    low, high = wilson(x, n, level)
    more_low, more_high = wilson(factor * x, factor * n, level)
    assert more_low >= low - 1e-15
    assert more_high <= high + 1e-15
    wider_low, wider_high = wilson(x, n, level + (1 - level) / 2)
    assert wider_low <= low
    assert wider_high >= high


def test_intervals_are_nan_and_silent_where_nobody_answered():
    for interval in (wilson, wald):
        low, high = interval([0, 1], [0, 2], 0.95)
        assert np.isnan([low[0], high[0]]).all()
        assert not np.isnan([low[1], high[1]]).any()
    assert np.isnan(standard_error(0, 0))
    assert np.isnan(one_sided_bound(0, 0.95))
    assert np.isnan(kish(0.0, 0.0))


def test_intervals_broadcast():
    low, high = wilson(np.array([[1], [2], [3]]), np.array([4, 5]), 0.9)
    assert low.shape == high.shape == (3, 2)
    for i in range(3):
        for j in range(2):
            assert (low[i, j], high[i, j]) == wilson(i + 1, j + 4, 0.9)
    assert wilson(1, 4, 0.9).low.shape == ()


def binomial_coverage(interval, n, p):
    """Exact coverage: the chance of the counts whose interval holds p."""
    x = np.arange(n + 1)
    low, high = interval(x, n, 0.95)
    inside = (low[:, None] <= p) & (p <= high[:, None])
    return (stats.binom.pmf(x[:, None], n, p) * inside).sum(axis=0)


@pytest.mark.parametrize("n", [10, 33, 100])
def test_wilson_covers_what_it_says_on_average(n):
    # By enumeration, not simulation. Brown, Cai & DasGupta (2001): Wilson's mean coverage is at the level.
    coverage = binomial_coverage(wilson, n, np.linspace(0.001, 0.999, 999))
    assert 0.945 < coverage.mean() < 0.96
    assert binomial_coverage(wald, n, np.linspace(0.001, 0.999, 999)).mean() < coverage.mean()


# ---- Wald, standard error, one-sided bound ----------------------------------------------------------


@pytest.mark.parametrize("record", golden("wald"))
def test_wald_agrees_with_golden_values(record):
    inputs = record["inputs"]
    limits = wald(inputs["x"], inputs["n"], inputs["level"])
    np.testing.assert_allclose(limits, record["expected"], rtol=0, atol=record["tolerance"])


def test_standard_error_by_hand():
    assert standard_error(50, 100) == 0.05
    np.testing.assert_allclose(
        standard_error([0, 4, 20], [20, 20, 20]), [0.0, math.sqrt(0.2 * 0.8 / 20), 0.0]
    )


@given(real_counts, confidence_levels)
def test_wald_is_symmetric_about_the_share_unless_cut(case, level):
    x, n = case
    low, high = wald(x, n, level)
    assert 0.0 <= low <= high <= 1.0
    if low > 0 and high < 1:
        assert (low + high) / 2 == pytest.approx(x / n, rel=1e-9)
        assert high - low == pytest.approx(2 * two_sided_z(level) * float(standard_error(x, n)), rel=1e-9)


@given(st.integers(1, 100_000), confidence_levels)
def test_bound_is_where_nobody_saying_yes_has_the_chance_alpha(n, level):
    bound = float(one_sided_bound(n, level))
    assert 0 < bound < 1
    # the binomial tail P(X = 0) = (1 - b)^n
    assert stats.binom.pmf(0, n, bound) == pytest.approx(1 - level, rel=1e-8)
    assert bound == pytest.approx(stats.beta.ppf(level, 1, n), rel=1e-9)  # Clopper-Pearson, one-sided


def test_bound_by_hand():
    assert float(one_sided_bound(1, 0.95)) == pytest.approx(0.95, rel=1e-12)
    assert float(one_sided_bound(2, 0.75)) == pytest.approx(0.5, rel=1e-12)
    assert float(one_sided_bound(33, 0.95)) == pytest.approx(0.0868, abs=5e-5)  # by hand: 0/33 -> 8.7%
    assert float(one_sided_bound(1e9, 0.95)) * 1e9 == pytest.approx(
        -math.log(0.05), rel=1e-8
    )  # rule of three


# ---- Kish ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("record", golden("kish"))
def test_kish_agrees_with_golden_values(record):
    w, people = np.array(record["inputs"]["weights"]), np.array(record["inputs"]["people"])
    n_effective = float(kish((people * w).sum(), (people * w**2).sum()))
    expected = record["expected"]
    assert people.sum() == expected["n"]
    assert n_effective == pytest.approx(expected["n_eff"], rel=0, abs=record["tolerance"])
    assert people.sum() / n_effective == pytest.approx(expected["deff"], rel=0, abs=record["tolerance"])


def test_worked_example_of_weighted_follow_up():
    # by hand: yes 12, 12, 9 of 25, 40, 35 with weights 36, 22.5, 14.2857.
    w, people, yes = np.array([36, 22.5, 500 / 35]), np.array([25, 40, 35]), np.array([12, 12, 9])
    share = (w * yes).sum() / (w * people).sum()
    n_effective = kish((w * people).sum(), (w**2 * people).sum())
    assert share == pytest.approx(0.361118, abs=5e-7)
    assert float(n_effective) == pytest.approx(88.4721, abs=5e-5)
    np.testing.assert_allclose(wilson(share * n_effective, n_effective, 0.95), (0.2687, 0.4651), atol=5e-5)


@given(weights)
def test_kish_never_exceeds_the_people(w):
    n_effective = float(kish(w.sum(), (w**2).sum()))
    assert 1 - 1e-12 <= n_effective <= w.size * (1 + 1e-12)


@given(weights, st.floats(1e-6, 1e6))
def test_kish_does_not_depend_on_the_scale_of_weights(w, scale):
    one = float(kish(w.sum(), (w**2).sum()))
    other = float(kish((scale * w).sum(), ((scale * w) ** 2).sum()))
    assert other == pytest.approx(one, rel=1e-12)


@given(st.integers(1, 1_000), st.floats(1e-6, 1e6))
def test_kish_of_equal_weights_is_the_number_of_people(n, weight):
    w = np.full(n, weight)
    assert float(kish(w.sum(), (w**2).sum())) == pytest.approx(n, rel=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("related", [False, True])
def test_wilson_on_kish_covers(related):
    # Two kinds of people, the rarer answerers weighted up; `related`: they also say yes more often.
    rng = np.random.default_rng(20231)
    runs, level = 20_000, 0.95
    sizes, weight = np.array([70, 30]), np.array([10.0, 30.0])
    share = np.array([0.25, 0.45]) if related else np.array([0.3, 0.3])
    truth = float((sizes * weight * share).sum() / (sizes * weight).sum())
    yes = rng.binomial(sizes, share, size=(runs, 2))
    estimate = yes @ weight / (sizes @ weight)
    n_effective = float(kish(sizes @ weight, sizes @ weight**2))
    low, high = wilson(estimate * n_effective, n_effective, level)
    coverage = ((low <= truth) & (truth <= high)).mean()
    error = math.sqrt(level * (1 - level) / runs)  # of the simulation: 0.15 points
    assert coverage > level - 0.01 - 3 * error
    assert coverage < 0.985
