"""Tests of equality of two independent proportions."""

from __future__ import annotations

import itertools
import json
import warnings
from decimal import Decimal, getcontext
from fractions import Fraction
from math import comb, sqrt
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from credbenefits._typing import ComparisonTestMethod
from credbenefits.errors import InputError, MethodError
from credbenefits.numerics import hypergeometric
from credbenefits.numerics.groups.significance import comparison_test
from credbenefits.numerics.groups.unconditional import TwoGroups, supremum
from strategies import counts, golden, real_counts

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "comparison_test.json").read_text())
LARGE_SAMPLE = ("pearson", "pearson_cc", "score")
EXACT = tuple(m for m in get_args(ComparisonTestMethod) if m not in LARGE_SAMPLE)
FISHER = ("fisher", "fisher_midp", "fisher_midp_observed")
UNCONDITIONAL = ("barnard", "barnard_unpooled", "boschloo")
SIDES = ("two-sided", "greater", "less")

small_counts = st.integers(1, 25).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def p_value(*samples, **options):
    return float(comparison_test(*samples, **options).p_value)


# ---- golden values ------------------------------------------------------------------------------------


@pytest.mark.parametrize("record", golden("score_test"))
def test_pearson_agrees_with_golden_values(record):
    samples = (record["inputs"][name] for name in ("x1", "n1", "x2", "n2"))
    expected = pytest.approx(record["expected"]["p"], rel=0, abs=record["tolerance"])
    assert p_value(*samples) == expected


@pytest.mark.parametrize("record", [pytest.param(r, id=r["id"]) for r in GOLDEN])
def test_agrees_with_golden_values(record):
    result = comparison_test(*record["inputs"], method=record["method"], alternative=record["alternative"])
    for name, value in record["expected"].items():
        assert float(getattr(result, name)) == pytest.approx(value, rel=0, abs=record["tolerance"])
    assert result.method == record["method"]


# ---- by hand ------------------------------------------------------------------------------------------


def test_pearson_and_score_by_hand():
    # 3/4 against 1/4: pooled 1/2, so Z = (1/2) / sqrt(1/4 * 1/2) = sqrt 2 and chi-squared = 2.
    assert comparison_test(3, 4, 1, 4).statistic == pytest.approx(2.0)
    assert comparison_test(1, 4, 3, 4, method="score").statistic == pytest.approx(-sqrt(2.0))
    # Yates: every cell is 1 away from its expectation of 2; 1/2 is left: 4 * (1/4) / 2 = 1/2.
    assert comparison_test(3, 4, 1, 4, method="pearson_cc").statistic == pytest.approx(0.5)


def test_fisher_by_hand():
    # Tea: 4 of 8 cups. Tables have 1, 16, 36, 16, 1 chances in 70.
    assert p_value(3, 4, 1, 4, method="fisher") == pytest.approx(34 / 70)
    assert p_value(3, 4, 1, 4, method="fisher", alternative="greater") == pytest.approx(17 / 70)
    assert p_value(3, 4, 1, 4, method="fisher", alternative="less") == pytest.approx(69 / 70)
    assert p_value(3, 4, 1, 4, method="fisher_midp") == pytest.approx((34 - 32 / 2) / 70)
    assert p_value(3, 4, 1, 4, method="fisher_midp_observed") == pytest.approx((34 - 16 / 2) / 70)
    assert p_value(3, 4, 1, 4, method="fisher_midp", alternative="greater") == pytest.approx((17 - 8) / 70)
    assert comparison_test(3, 4, 1, 4, method="fisher").statistic == pytest.approx(16 / 70)


@pytest.mark.parametrize("method", UNCONDITIONAL)
def test_unconditional_tests_of_one_against_one_by_hand(method):
    # 1/1 against 0/1: only it and 0/1 against 1/1 are as extreme, with chance 2 pi (1 - pi), at most 1/2.
    # But Fisher's two-sided p-value is 1 for every table of two people.
    assert p_value(1, 1, 0, 1, method=method) == pytest.approx(
        1.0 if method == "boschloo" else 0.5, abs=1e-12
    )
    assert p_value(1, 1, 0, 1, method=method, alternative="greater") == pytest.approx(0.25, abs=1e-12)


# ---- brute force --------------------------------------------------------------------------------------


def fisher_by_fractions(x1, n1, x2, n2):
    """P-values of Fisher's test and its two mid-P versions, in whole numbers."""
    m = x1 + x2
    chances = {k: comb(n1, k) * comb(n2, m - k) for k in range(max(0, m - n2), min(n1, m) + 1)}
    total, mine = comb(n1 + n2, m), chances[x1]
    two_sided = sum(c for c in chances.values() if c <= mine)
    tied = sum(c for c in chances.values() if c == mine)
    greater = sum(c for k, c in chances.items() if k >= x1)
    return [
        float(Fraction(v, 2 * total))
        for v in (2 * two_sided, 2 * two_sided - tied, 2 * two_sided - mine, 2 * greater)
    ]


def every_table(most):
    return np.array(
        [
            (x1, n1, x2, n2)
            for n1, n2 in itertools.product(most, repeat=2)
            for x1 in range(n1 + 1)
            for x2 in range(n2 + 1)
        ]
    ).T


def check_fisher_against_enumeration(sizes):
    tables = every_table(sizes)
    found = [comparison_test(*tables, method=m).p_value for m in FISHER]
    found.append(comparison_test(*tables, method="fisher", alternative="greater").p_value)
    expected = np.array([fisher_by_fractions(*t) for t in tables.T.tolist()]).T
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_fisher_agrees_with_enumeration():
    check_fisher_against_enumeration(range(1, 11))
    check_fisher_against_enumeration([25, 13])


@pytest.mark.slow
def test_fisher_agrees_with_enumeration_up_to_25():
    check_fisher_against_enumeration(range(1, 26))


def statistics_by_fractions(n1, n2, method, side):
    """How extreme every table is, as numbers that compare exactly."""
    found = {}
    for a, b in itertools.product(range(n1 + 1), range(n2 + 1)):
        if method == "boschloo":
            m = a + b
            chances = {k: comb(n1, k) * comb(n2, m - k) for k in range(max(0, m - n2), min(n1, m) + 1)}
            keep = {
                "two-sided": lambda k, c=chances, a=a: c[k] <= c[a],
                "greater": lambda k, a=a: k >= a,
                "less": lambda k, a=a: k <= a,
            }[side]
            found[a, b] = -Fraction(sum(c for k, c in chances.items() if keep(k)), comb(n1 + n2, m))
            continue
        p1, p2, pooled = Fraction(a, n1), Fraction(b, n2), Fraction(a + b, n1 + n2)
        spread = {
            "barnard": pooled * (1 - pooled) * (Fraction(1, n1) + Fraction(1, n2)),
            "barnard_unpooled": p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2,
        }[method]
        z2 = Fraction(0) if p1 == p2 else (p1 - p2) ** 2 / spread if spread else Fraction(10**9)
        sign = {"two-sided": 1, "greater": 1 if p1 >= p2 else -1, "less": -1 if p1 > p2 else 1}[side]
        found[a, b] = sign * z2
    return found


def brute_force(n1, n2, method, side, grid=4001):
    """Maximise over a dense grid, then over a dense grid about the best point, twice: no cleverness."""
    value = statistics_by_fractions(n1, n2, method, side)
    a, b = (v.ravel() for v in np.meshgrid(np.arange(n1 + 1), np.arange(n2 + 1), indexing="ij"))
    ways = np.array(
        [comb(n1, i) * comb(n2, j) for i, j in zip(a.tolist(), b.tolist(), strict=True)], dtype=float
    )
    answers = {}
    for level in sorted(set(value.values())):
        inside = np.array([value[i, j] >= level for i, j in zip(a.tolist(), b.tolist(), strict=True)])
        # Chances by the number of yes: the polynomial in pi, term by term.
        terms = np.bincount((a + b)[inside], weights=ways[inside], minlength=n1 + n2 + 1)
        k = np.arange(n1 + n2 + 1)

        def height(pi, terms=terms, k=k):
            return (pi[:, None] ** k * (1 - pi[:, None]) ** (n1 + n2 - k)) @ terms

        low, high = 0.0, 1.0
        for _ in range(3):
            pi = np.linspace(low, high, grid)
            heights = height(pi)
            best = int(heights.argmax())
            low, high = pi[max(best - 1, 0)], pi[min(best + 1, grid - 1)]
        answers[level] = heights.max()
    return {table: answers[level] for table, level in value.items()}


def check_unconditional_against_brute_force(n1, n2, method, side):
    expected = brute_force(n1, n2, method, side)
    tables = np.array(list(expected)).T
    found = comparison_test(tables[0], n1, tables[1], n2, method=method, alternative=side).p_value
    np.testing.assert_allclose(found, list(expected.values()), rtol=0, atol=1e-8)
    np.testing.assert_allclose(found, list(expected.values()), rtol=1e-8)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("method", UNCONDITIONAL)
@pytest.mark.parametrize(("n1", "n2"), [(1, 1), (1, 5), (4, 4), (7, 3), (9, 10)])
def test_unconditional_tests_agree_with_brute_force(n1, n2, method, side):
    check_unconditional_against_brute_force(n1, n2, method, side)


@pytest.mark.slow
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("method", UNCONDITIONAL)
@pytest.mark.parametrize(("n1", "n2"), [(25, 25), (25, 24), (11, 25), (15, 15), (2, 25), (20, 8)])
def test_unconditional_tests_agree_with_brute_force_up_to_25(n1, n2, method, side):
    check_unconditional_against_brute_force(n1, n2, method, side)


@given(st.integers(1, 60), st.data())
@settings(max_examples=25)
def test_supremum_is_the_highest_point_of_any_mean(n, data):
    # Any q, not only those of tests: with jumps, plateaus and several maxima.
    q = np.array(
        data.draw(st.lists(st.floats(0, 1) | st.sampled_from([0.0, 1.0]), min_size=n + 1, max_size=n + 1))
    )
    k = np.arange(n + 1)
    ways = np.array([comb(n, i) for i in range(n + 1)], dtype=float) * q
    low, high = 0.0, 1.0
    for _ in range(3):
        pi = np.linspace(low, high, 6001)
        heights = (pi[:, None] ** k * (1 - pi[:, None]) ** (n - k)) @ ways
        best = int(heights.argmax())
        low, high = pi[max(best - 1, 0)], pi[min(best + 1, 6000)]
    assert float(supremum(q[None, :], n)[0]) == pytest.approx(heights.max(), rel=1e-8, abs=1e-12)


def test_many_tables_at_once_are_as_good_as_one_by_one():
    tables = TwoGroups(6, 9)
    extreme = np.abs(tables.z_pooled())
    first, second = (v.ravel() for v in np.meshgrid(np.arange(7), np.arange(10)))
    at_once = tables.p_values(extreme, first + second, first)
    alone = [
        tables.p_values(extreme, np.array([a + b]), np.array([a]))[0]
        for a, b in zip(first, second, strict=True)
    ]
    np.testing.assert_allclose(at_once, alone, rtol=1e-13)


# ---- the hypergeometric distribution ------------------------------------------------------------------


def log_factorial(n):
    """Log n! to forty digits, by Stirling's series."""
    getcontext().prec = 60
    x, pi = Decimal(n), Decimal("3.14159265358979323846264338327950288419716939937510582097494")
    if n < 2000:
        return sum((Decimal(i).ln() for i in range(2, n + 1)), Decimal(0))
    series = 1 / (12 * x) - 1 / (360 * x**3) + 1 / (1260 * x**5) - 1 / (1680 * x**7) + 1 / (1188 * x**9)
    return x * x.ln() - x + (2 * pi * x).ln() / 2 + series


@pytest.mark.parametrize(
    ("x", "n1", "n2", "m"),
    [
        (3, 10**12, 10**12, 5),
        (5 * 10**11 + 400_000, 10**12, 10**12, 10**12),
        (250_000, 10**6, 3 * 10**6, 10**6 - 37),
        (40, 10**12, 10**9, 10**4),
        (17, 40, 1000, 60),
    ],
)
def test_probability_of_a_table_keeps_its_digits(x, n1, n2, m):
    expected = (
        log_factorial(n1)
        + log_factorial(n2)
        + log_factorial(m)
        + log_factorial(n1 + n2 - m)
        - log_factorial(n1 + n2)
        - sum(log_factorial(c) for c in (x, n1 - x, m - x, n2 - m + x))
    )
    found = hypergeometric.log_pmf(*(np.array([float(v)]) for v in (x, n1, n2, m)))
    # Beyond 10^8 people the product of a count and a base is rounded, which moves the probability a little.
    tolerance = 1e-12 if n1 + n2 < 10**8 else 2e-9
    assert float(found[0]) == pytest.approx(float(expected), abs=tolerance * max(1, abs(float(expected))))


def test_added_and_integrated_tails_are_the_same():
    n1, n2, m = (np.full(6, v) for v in (9.0e7, 8.0e7, 8.5e7))
    sd = hypergeometric._deviation(n1, n2, m)
    assert sd[0] > 3_000
    x = np.floor(n1 * m / (n1 + n2) + sd * np.array([0.1, 1.0, 3.0, 8.0, 15.0, 30.0]))
    added = hypergeometric._added(x, n1, n2, m)
    np.testing.assert_allclose(hypergeometric._integrated(x, n1, n2, m), added, rtol=1e-11)


@given(counts, counts)
def test_fisher_agrees_with_scipy(one, two):
    (x1, n1), (x2, n2) = one, two
    table = [[x1, n1 - x1], [x2, n2 - x2]]
    for side in SIDES:
        expected = stats.fisher_exact(table, alternative=side).pvalue
        assert p_value(*one, *two, method="fisher", alternative=side) == pytest.approx(
            expected, rel=1e-6, abs=1e-300
        )


def test_ties_belong_to_the_tail():
    # Lost to rounding elsewhere: the mirror image of 9/10 v 3/10 is exactly as extreme.
    assert p_value(9, 10, 3, 10, method="barnard") == p_value(3, 10, 9, 10, method="barnard")
    assert p_value(9, 10, 3, 10, method="barnard") == pytest.approx(0.007955551147, abs=1e-11)
    for n in (7, 30, 101):
        for x in range(n // 2):
            mirrored = fisher_by_fractions(x, n, n - x, n)[0]
            assert p_value(x, n, n - x, n, method="fisher") == pytest.approx(mirrored, rel=1e-11)


# ---- properties ---------------------------------------------------------------------------------------


@given(small_counts, small_counts, st.sampled_from(get_args(ComparisonTestMethod)))
@settings(max_examples=35)
def test_groups_and_answers_may_be_exchanged(one, two, method):
    (x1, n1), (x2, n2) = one, two
    here = p_value(*one, *two, method=method)
    assert 0.0 <= here <= 1.0
    assert p_value(*two, *one, method=method) == pytest.approx(here, rel=1e-9)
    assert p_value(n1 - x1, n1, n2 - x2, n2, method=method) == pytest.approx(here, rel=1e-9)
    if method in {"pearson", "pearson_cc"}:
        return
    greater = p_value(*one, *two, method=method, alternative="greater")
    assert p_value(*two, *one, method=method, alternative="less") == pytest.approx(greater, rel=1e-9)
    assert p_value(n1 - x1, n1, n2 - x2, n2, method=method, alternative="less") == pytest.approx(
        greater, rel=1e-9
    )


@given(st.integers(1, 18), st.integers(1, 18), st.data(), st.sampled_from(("score", *EXACT)))
@settings(max_examples=35)
def test_one_sided_p_values_fall_with_the_first_count(n1, n2, data, method):
    x2 = data.draw(st.integers(0, n2))
    if method == "barnard_unpooled":
        # Its Z need not rise where a share of 0 or 1 takes the variance away; elsewhere the others do.
        return
    p = comparison_test(np.arange(n1 + 1), n1, x2, n2, method=method, alternative="greater").p_value
    assert np.all(np.diff(p) <= 1e-12)


@given(counts, counts)
@settings(max_examples=35)
def test_fisher_is_more_careful_than_its_mid_p_versions(one, two):
    fisher, mid, observed = (p_value(*one, *two, method=m) for m in FISHER)
    assert mid <= observed <= fisher
    half = float(comparison_test(*one, *two, method="fisher").statistic) / 2
    assert observed == pytest.approx(fisher - half, abs=1e-15)


@given(small_counts, small_counts)
@settings(max_examples=25)
def test_boschloo_is_never_above_fisher(one, two):
    for side in SIDES:
        boschloo = comparison_test(*one, *two, method="boschloo", alternative=side)
        fisher = p_value(*one, *two, method="fisher", alternative=side)
        assert float(boschloo.statistic) == pytest.approx(fisher, rel=1e-10)
        assert float(boschloo.p_value) <= fisher * (1 + 1e-10)


@given(counts, counts)
def test_pearson_agrees_with_scipy(one, two):
    (x1, n1), (x2, n2) = one, two
    found = p_value(*one, *two)
    assert found == p_value(*two, *one)
    if 0 < x1 + x2 < n1 + n2:
        expected = stats.chi2_contingency([[x1, n1 - x1], [x2, n2 - x2]], correction=False).pvalue
        assert found == pytest.approx(expected, rel=1e-7, abs=1e-300)
    else:
        assert found == 1.0


@given(counts, st.integers(1, 50))
def test_equal_shares_have_the_p_value_one(case, factor):
    x, n = case
    assert p_value(x, n, factor * x, factor * n) == 1.0


@pytest.mark.parametrize(("n1", "n2", "share"), [(60, 80, 0.3), (200, 50, 0.5)])
def test_pearson_rejects_as_often_as_it_says(n1, n2, share):
    # By enumeration: the size of the 5 % test where both groups are alike.
    a, b = np.arange(n1 + 1), np.arange(n2 + 1)
    rejected = comparison_test(a[:, None], n1, b, n2).p_value < 0.05
    size = np.outer(stats.binom.pmf(a, n1, share), stats.binom.pmf(b, n2, share))[rejected].sum()
    assert size == pytest.approx(0.05, abs=0.01)


@given(real_counts, real_counts)
def test_score_is_the_signed_root_of_pearson(one, two):
    pearson, score = comparison_test(*one, *two), comparison_test(*one, *two, method="score")
    assert float(score.statistic) ** 2 == pytest.approx(float(pearson.statistic), rel=1e-12)
    assert float(score.p_value) == float(pearson.p_value)
    greater = p_value(*one, *two, method="score", alternative="greater")
    less = p_value(*one, *two, method="score", alternative="less")
    assert greater + less == pytest.approx(1.0)
    assert 2 * min(greater, less) == pytest.approx(float(score.p_value), rel=1e-9, abs=1e-300)
    assert p_value(*one, *two, method="pearson_cc") >= float(pearson.p_value)


@given(st.lists(st.tuples(small_counts, small_counts), min_size=1, max_size=6), st.sampled_from(SIDES))
@settings(max_examples=6)
def test_pairs_together_are_as_good_as_one_by_one(pairs, side):
    x1, n1, x2, n2 = np.array([(*one, *two) for one, two in pairs]).T
    for method in get_args(ComparisonTestMethod):
        if side != "two-sided" and method in {"pearson", "pearson_cc"}:
            continue
        together = comparison_test(x1, n1, x2, n2, method=method, alternative=side)
        alone = [
            comparison_test(*v, method=method, alternative=side) for v in zip(x1, n1, x2, n2, strict=True)
        ]
        np.testing.assert_allclose(together.p_value, [float(r.p_value) for r in alone], rtol=1e-12)
        np.testing.assert_allclose(together.statistic, [float(r.statistic) for r in alone], rtol=1e-12)


def test_shapes_are_broadcast_and_kept():
    for method in get_args(ComparisonTestMethod):
        result = comparison_test(np.array([[1], [2]]), 5, [0, 1, 4], [6, 6, 7], method=method)
        assert result.statistic.shape == result.p_value.shape == (2, 3)
        assert comparison_test([], [], [], [], method=method).p_value.shape == (0,)


# ---- edges --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", get_args(ComparisonTestMethod))
def test_empty_groups_give_nan_and_no_warning(method):
    with warnings.catch_warnings(), np.errstate(all="raise", under="ignore"):
        warnings.simplefilter("error")
        result = comparison_test([0, 3, 0, 1], [0, 4, 0, 1], [1, 0, 0, 0], [2, 0, 0, 1], method=method)
    assert np.isnan(result.p_value[:3]).all()
    assert np.isnan(result.statistic[:3]).all()
    assert np.isfinite([result.p_value[3], result.statistic[3]]).all() or method == "barnard_unpooled"


@pytest.mark.parametrize("method", get_args(ComparisonTestMethod))
@pytest.mark.parametrize(("x1", "x2"), [(0, 0), (3, 5)])
def test_where_all_answer_alike_there_is_nothing_to_find(method, x1, x2):
    expected = 0.5 if "midp" in method else 1.0
    assert p_value(x1, 3, x2, 5, method=method) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("method", [*LARGE_SAMPLE, *FISHER])
def test_huge_groups(method):
    n = 10**12
    with warnings.catch_warnings(), np.errstate(all="raise", under="ignore"):
        warnings.simplefilter("error")
        # A few of very many: X is binomial(8, 1/2), so 2 (1 + 8) / 256 in its tails.
        rare = p_value(7, n, 1, n, method=method)
        # In the middle, 1.2 deviations out.
        half = n // 2
        middle = p_value(half + 600_000, n, half - 600_000, n, method=method)
        far = p_value(n, n, n - 1, n, method=method)
    binomial = {"fisher": 18 / 256, "fisher_midp": 10 / 256, "fisher_midp_observed": 14 / 256}
    expected = binomial.get(method, 2 * stats.norm.sf((6 - (method == "pearson_cc")) / sqrt(8)))
    assert rare == pytest.approx(expected, rel=1e-9)
    z = 1_200_000 / sqrt(n / 2)
    assert middle == pytest.approx(2 * stats.norm.sf(z), rel=1e-5)
    assert 0 < far <= 1


def test_very_small_p_values_do_not_run_into_zero():
    assert p_value(480, 500, 20, 500, method="fisher") == pytest.approx(
        fisher_by_fractions(480, 500, 20, 500)[0], rel=1e-11
    )
    assert 0 < p_value(480, 500, 20, 500, method="fisher") < 1e-200


def test_one_person_in_each_group():
    for method in EXACT:
        assert p_value(1, 1, 0, 1, method=method) == pytest.approx(
            {"fisher": 1.0, "boschloo": 1.0, "fisher_midp_observed": 0.75}.get(method, 0.5)
        )


def test_very_small_p_values_of_large_tables():
    # Fisher's p-values of most tables are below what numbers can hold; nothing overflows.
    assert 0 < p_value(200, 700, 330, 700, method="boschloo") < 1e-10


def test_large_tables():
    # The Z statistic by hand, and the chance of what is as extreme over a dense grid by SciPy's binomial.
    n, x1, x2 = 400, 140, 165
    found = p_value(x1, n, x2, n, method="barnard")
    a = np.arange(n + 1)
    m = a[:, None] + a
    spread = np.sqrt(np.maximum(m * (2 * n - m), 1))
    inside = np.abs(a[:, None] - a) / spread >= (x2 - x1) / np.sqrt(305 * 495) * (1 - 1e-12)
    grid = np.concatenate([np.linspace(2e-4, 0.02, 200), np.linspace(0.02, 0.5, 100)])
    heights = [chance @ inside @ chance for chance in (stats.binom.pmf(a, n, pi) for pi in grid)]
    assert max(heights) <= found * (1 + 1e-12)
    assert max(heights) == pytest.approx(found, rel=1e-3)


# ---- refusals -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        ((5, 4, 1, 4), r"`count1`: expected finite numbers from 0 to `nobs1`; got 5 of 4\."),
        (
            ([1, 2], [4, 4], [3, 9], [4, 4]),
            r"`count2`: expected finite numbers from 0 to `nobs2`; got 9 of 4 at position 1\.",
        ),
        ((-1, 4, 1, 4), r"`count1`: expected finite numbers from 0 to 2\*\*53; got -1\."),
        ((1, 4, 1, -4), r"`nobs2`: expected finite numbers from 0 to 2\*\*53; got -4\."),
        ((1, float("nan"), 1, 4), r"`nobs1`: expected finite numbers from 0 to 2\*\*53; got nan\."),
        ((1, 4, float("inf"), 4), r"`count2`: expected finite numbers from 0 to 2\*\*53; got inf\."),
        (("3", 4, 1, 4), r"`count1`: expected numbers; got '3'\."),
        ((None, 4, 1, 4), r"`count1`: expected"),
        (([1, 2], [3, 4], [1, 1, 1], 4), r"`count2`: expected shapes that fit together; got count1 \(2,\)"),
    ],
)
def test_wrong_counts_are_refused(samples, message):
    for method in get_args(ComparisonTestMethod):
        with pytest.raises(InputError, match=message):
            comparison_test(*samples, method=method)


def test_wrong_methods_are_refused():
    with pytest.raises(MethodError, match=r"`method`: .*Did you mean 'fisher'"):
        comparison_test(1, 2, 1, 2, method="fishers")
    with pytest.raises(MethodError, match=r"`alternative`: expected one of 'two-sided', 'greater', 'less'"):
        comparison_test(1, 2, 1, 2, method="score", alternative="larger")
    with pytest.raises(MethodError, match=r"`alternative`: .*Use method='score'"):
        comparison_test(1, 2, 1, 2, method="pearson", alternative="less")
    with pytest.raises(MethodError, match=r"`method`: .*more than 2,000 people.*'fisher_midp'"):
        comparison_test(1, 1000, 1, 1001, method="barnard")


@pytest.mark.parametrize("method", EXACT)
def test_exact_tests_refuse_numbers_that_are_not_whole(method):
    with pytest.raises(
        MethodError,
        match=r"`method`: expected whole numbers in `count1` with .*use method='pearson' or 'score'",
    ):
        comparison_test(1.5, 4, 1, 4, method=method)
