"""Differences of two independent proportions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from credbenefits.numerics.difference import newcombe, score_p_value
from credbenefits.numerics.proportion import wilson
from strategies import confidence_levels, counts, golden, real_counts


def samples(inputs):
    return tuple(inputs[name] for name in ("x1", "n1", "x2", "n2"))


@pytest.mark.parametrize("record", golden("newcombe"))
def test_newcombe_agrees_with_golden_values(record):
    limits = newcombe(*samples(record["inputs"]), confidence_level=record["inputs"]["level"])
    np.testing.assert_allclose(limits, record["expected"], rtol=0, atol=record["tolerance"])


@pytest.mark.parametrize("record", golden("score_test"))
def test_score_test_agrees_with_golden_values(record):
    p_value = float(score_p_value(*samples(record["inputs"])))
    assert p_value == pytest.approx(record["expected"]["p"], rel=0, abs=record["tolerance"])


@pytest.mark.parametrize("record", golden("adjust"))
@pytest.mark.parametrize("method", ["holm", "fdr_bh"])
def test_adjustment_that_comparisons_use_agrees_with_golden_values(record, method):
    adjusted = multipletests(record["inputs"]["p"], method=method)[1]
    np.testing.assert_allclose(adjusted, record["expected"][method], rtol=0, atol=record["tolerance"])


def test_newcombe_by_hand():
    # 5/10 against 5/10: both Wilson intervals are .5 -+ h, so the limits are -+ sqrt(2) h.
    low, high = wilson(5, 10, 0.95)
    half = float(high - 0.5)
    np.testing.assert_allclose(newcombe(5, 10, 5, 10, confidence_level=0.95), (-half * 2**0.5, half * 2**0.5))
    assert low == pytest.approx(0.5 - half)


@given(real_counts, real_counts, confidence_levels)
def test_swapping_the_groups_turns_the_interval_round(one, two, level):
    low, high = newcombe(*one, *two, confidence_level=level)
    other_low, other_high = newcombe(*two, *one, confidence_level=level)
    assert (other_low, other_high) == (-high, -low)


@given(counts, counts, confidence_levels)
def test_complements_turn_the_interval_round(one, two, level):
    (x1, n1), (x2, n2) = one, two
    low, high = newcombe(x1, n1, x2, n2, confidence_level=level)
    other = newcombe(n1 - x1, n1, n2 - x2, n2, confidence_level=level)
    np.testing.assert_allclose(other, (-high, -low), rtol=0, atol=1e-14)


@given(real_counts, real_counts, confidence_levels)
def test_newcombe_holds_the_difference_and_stays_in_range(one, two, level):
    low, high = newcombe(*one, *two, confidence_level=level)
    d = one[0] / one[1] - two[0] / two[1]
    assert -1.0 <= low <= d <= high <= 1.0
    wider_low, wider_high = newcombe(*one, *two, confidence_level=level + (1 - level) / 2)
    assert wider_low <= low
    assert wider_high >= high


@given(counts, st.integers(1, 10**12), confidence_levels)
def test_against_a_share_of_zero_the_interval_is_wilsons_pushed_down_by_what_the_zero_may_hide(
    case, n0, level
):
    # x2 = 0: p2 = l2 = 0, so U = u1, and L lies between l1 - u2 and l1.
    x, n = case
    low, high = newcombe(x, n, 0, n0, confidence_level=level)
    wilson_low, wilson_high = wilson(x, n, level)
    hidden = wilson(0, n0, level).high
    assert high == pytest.approx(float(wilson_high), abs=1e-15)
    assert wilson_low - hidden - 1e-15 <= low <= wilson_low + 1e-15


@given(counts, counts)
def test_score_p_value_is_that_of_pearsons_chi_squared(one, two):
    (x1, n1), (x2, n2) = one, two
    p_value = float(score_p_value(x1, n1, x2, n2))
    assert 0.0 <= p_value <= 1.0
    assert p_value == float(score_p_value(x2, n2, x1, n1))
    if 0 < x1 + x2 < n1 + n2:
        table = [[x1, n1 - x1], [x2, n2 - x2]]
        expected = stats.chi2_contingency(table, correction=False).pvalue
        assert p_value == pytest.approx(expected, rel=1e-7, abs=1e-300)
    else:
        assert p_value == 1.0


@given(counts, st.integers(1, 50))
def test_equal_shares_have_the_p_value_one(case, factor):
    x, n = case
    assert score_p_value(x, n, factor * x, factor * n) == 1.0


def test_very_small_p_values_do_not_run_into_zero():
    # |z| = 20: twice the normal tail, far below what 1 - cdf can tell from nothing.
    p_value = float(score_p_value(300, 400, 100, 400))
    z = 0.5 / np.sqrt(0.25 * (2 / 400))
    assert p_value == pytest.approx(2 * stats.norm.sf(z), rel=1e-12)
    assert 0 < p_value < 1e-40


def test_differences_are_vectorised_and_silent_where_a_group_is_empty():
    x1, n1, x2, n2 = np.array([5, 0, 3]), np.array([10, 0, 4]), np.array([2, 1, 0]), np.array([9, 2, 0])
    low, high = newcombe(x1, n1, x2, n2, confidence_level=0.9)
    p_value = score_p_value(x1, n1, x2, n2)
    assert np.isnan([low[1], high[1], p_value[1], low[2], high[2], p_value[2]]).all()
    assert (low[0], high[0]) == newcombe(5, 10, 2, 9, confidence_level=0.9)
    assert p_value[0] == score_p_value(5, 10, 2, 9)
    assert newcombe(x1[:, None], 10, np.array([1, 2]), 9, confidence_level=0.9).low.shape == (3, 2)


@pytest.mark.parametrize(("n1", "n2"), [(15, 25), (30, 30)])
def test_newcombe_covers_what_it_says_on_average(n1, n2):
    # By enumeration of all pairs of counts, over a grid of pairs of shares.
    a, b = np.arange(n1 + 1), np.arange(n2 + 1)
    low, high = newcombe(a[:, None], n1, b, n2, confidence_level=0.95)
    coverage = [
        (
            np.outer(stats.binom.pmf(a, n1, p1), stats.binom.pmf(b, n2, p2))[
                (low <= p1 - p2) & (p1 - p2 <= high)
            ]
        ).sum()
        for p1 in np.linspace(0.05, 0.95, 19)
        for p2 in np.linspace(0.05, 0.95, 19)
    ]
    assert 0.945 < np.mean(coverage) < 0.97
    assert min(coverage) > 0.9


@pytest.mark.parametrize(("n1", "n2", "share"), [(60, 80, 0.3), (200, 50, 0.5)])
def test_score_test_rejects_as_often_as_it_says(n1, n2, share):
    # By enumeration: the size of the 5 % test where both groups are alike.
    a, b = np.arange(n1 + 1), np.arange(n2 + 1)
    rejected = score_p_value(a[:, None], n1, b, n2) < 0.05
    size = np.outer(stats.binom.pmf(a, n1, share), stats.binom.pmf(b, n2, share))[rejected].sum()
    assert size == pytest.approx(0.05, abs=0.01)
