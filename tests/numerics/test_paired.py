"""Two proportions of the same people: intervals and McNemar's tests."""

from __future__ import annotations

import itertools
import json
import warnings
from fractions import Fraction
from math import comb, exp, log, sqrt
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from credbenefits._typing import (
    PairedDifferenceMethod,
    PairedOddsRatioMethod,
    PairedRatioMethod,
    PairedTestMethod,
)
from credbenefits.errors import InputError, MethodError
from credbenefits.numerics.pairs.paired import paired_interval, paired_test
from credbenefits.numerics.wilson import wilson
from strategies import confidence_levels

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "paired.json").read_text())
Z = 1.959963984540054
#: The options of each kind of comparison.
METHODS = {
    "difference": get_args(PairedDifferenceMethod),
    "ratio": get_args(PairedRatioMethod),
    "odds_ratio": get_args(PairedOddsRatioMethod),
}
ALL = [(comparison, method) for comparison, methods in METHODS.items() for method in methods]
#: Methods that hold the estimate at every level.
INCLUSIVE = [m for m in ALL if m not in {("difference", "bonett_price"), ("difference", "agresti_min")}]
EXACT = ("mcnemar_midp", "mcnemar_exact", "mcnemar_unconditional")

tables = st.tuples(*[st.integers(0, 400)] * 4).filter(any)
small_tables = st.tuples(*[st.integers(0, 40)] * 4).filter(any)
real_tables = st.tuples(*[st.just(0.0) | st.floats(1e-3, 1e9)] * 4).filter(any)


# The literature, the golden values and the helpers here have the first answer minus the second; the library
# has the second minus the first. So those who said yes once only change places on the way.


def literature_interval(e, f, g, h, **options):
    return paired_interval(e, g, f, h, **options)


def literature_test(e, f, g, h, **options):
    return paired_test(e, g, f, h, **options)


def limits(*counts, comparison="difference", method=None, level=0.95):
    low, high = literature_interval(*counts, comparison=comparison, method=method, confidence_level=level)
    return float(low), float(high)


def p_value(*counts, **options):
    return float(literature_test(*counts, **options).p_value)


def estimate(counts, comparison):
    e, f, g, h = counts
    above, below = {"difference": (f - g, e + f + g + h), "ratio": (e + f, e + g), "odds_ratio": (f, g)}[
        comparison
    ]
    return above / below if below else (np.inf if above else np.nan)


# ---- golden values ------------------------------------------------------------------------------------


@pytest.mark.parametrize("record", [pytest.param(r, id=r["id"]) for r in GOLDEN if "method" in r])
def test_intervals_agree_with_golden_values(record):
    found = limits(
        *record["inputs"], comparison=record["comparison"], method=record["method"], level=record["level"]
    )
    np.testing.assert_allclose(found, record["expected"], rtol=0, atol=record["tolerance"])


@pytest.mark.parametrize("record", [pytest.param(r, id=r["id"]) for r in GOLDEN if "test" in r])
def test_tests_agree_with_golden_values(record):
    result = literature_test(*record["inputs"], method=record["test"])
    for name, value in record["expected"].items():
        assert float(getattr(result, name)) == pytest.approx(value, rel=0, abs=record["tolerance"])


def test_every_listed_method_is_there():
    for comparison, methods in METHODS.items():
        for method in methods:
            low, high = limits(10, 4, 7, 12, comparison=comparison, method=method)
            assert low < high
        for method in {each for _, each in ALL} - set(methods):
            with pytest.raises(InputError, match="`method`"):
                limits(10, 4, 7, 12, comparison=comparison, method=method)


# ---- by hand ------------------------------------------------------------------------------------------


def test_differences_by_hand():
    # 10 people, 3 only the first time and 1 only the second: d = 0.2, f + g - (f - g)^2 / n = 3.6.
    half = Z * sqrt(3.6) / 10
    assert limits(4, 3, 1, 2, method="wald") == pytest.approx((0.2 - half, 0.2 + half))
    assert limits(4, 3, 1, 2, method="wald_cc") == pytest.approx((0.1 - half, 0.3 + half))
    # (|f - g| - 1)^2 = 1 in place of 4.
    half = Z * sqrt(4 - 1 / 10) / 10
    assert limits(4, 3, 1, 2, method="wald_cc_fagerland") == pytest.approx((0.2 - half, 0.2 + half))
    # 4 and 2 out of 12; 3.5 and 1.5 out of 12.
    half = Z * sqrt(6 - 4 / 12) / 12
    assert limits(4, 3, 1, 2, method="bonett_price") == pytest.approx((2 / 12 - half, 2 / 12 + half))
    half = Z * sqrt(5 - 4 / 12) / 12
    assert limits(4, 3, 1, 2, method="agresti_min") == pytest.approx((2 / 12 - half, 2 / 12 + half))


def test_newcombe_by_hand():
    # Where the answers are independent (eh = fg) it is the square-and-add of two independent samples.
    (low1, high1), (low2, high2) = wilson(10, 15, 0.95), wilson(9, 15, 0.95)
    p1, p2 = 10 / 15, 9 / 15
    expected = (p1 - p2 - np.hypot(p1 - low1, high2 - p2), p1 - p2 + np.hypot(high1 - p1, p2 - low2))
    for method in ("newcombe", "newcombe_m8"):
        assert limits(6, 4, 3, 2, method=method) == pytest.approx(expected)
    # All agree, half of them yes: phi is 1, and 1 - 27 / 27 for method 10 with n/2 = 27 off 27^2.
    assert limits(27, 0, 0, 27, method="newcombe_m8") == (0.0, 0.0)
    half = np.sqrt(2 * (1 - (27**2 - 27) / 27**2)) * (0.5 - float(wilson(27, 54, 0.95).low))
    assert limits(27, 0, 0, 27) == pytest.approx((-half, half))


def test_tango_by_hand_where_nobody_differs():
    # f = g = 0: the nuisance share is 0 and (n D)^2 = z^2 n D (1 - D), so D = z^2 / (n + z^2).
    for n in (1, 40, 10**12):
        bound = Z**2 / (n + Z**2)
        assert limits(n, 0, 0, 0, method="tango") == pytest.approx((-bound, bound), rel=1e-12)


def test_odds_ratios_by_hand():
    # Nobody only the second time: p^f = alpha / 2 gives the lower limit, with half the point p^f / 2.
    share = 0.025 ** (1 / 5)
    assert limits(0, 5, 0, 9, comparison="odds_ratio", method="clopper_pearson") == (
        pytest.approx(share / (1 - share)),
        np.inf,
    )
    share = 0.05 ** (1 / 5)
    assert limits(0, 5, 0, 9, comparison="odds_ratio", method="mid_p") == (
        pytest.approx(share / (1 - share)),
        np.inf,
    )
    (low, high), n = wilson(7, 19, 0.95), 19
    assert limits(3, 7, n - 7, 1, comparison="odds_ratio", method="wilson") == pytest.approx(
        (float(low / (1 - low)), float(high / (1 - high)))
    )
    half = Z * sqrt(1 / 7 + 1 / 12)
    assert limits(3, 7, 12, 1, comparison="odds_ratio", method="wald") == pytest.approx(
        (7 / 12 * exp(-half), 7 / 12 * exp(half))
    )


def test_mcnemar_by_hand():
    # 1 against 3: of 16 orders 1 + 4 have at most one, 4 exactly one.
    assert p_value(9, 1, 3, 2, method="mcnemar_exact") == pytest.approx(10 / 16)
    assert p_value(9, 1, 3, 2) == pytest.approx(6 / 16)
    assert p_value(9, 1, 3, 2, method="mcnemar_exact", alternative="less") == pytest.approx(5 / 16)
    assert p_value(9, 1, 3, 2, alternative="less") == pytest.approx(3 / 16)
    assert p_value(9, 1, 3, 2, method="mcnemar_exact", alternative="greater") == pytest.approx(15 / 16)
    assert paired_test(9, 1, 3, 2, method="mcnemar").statistic == pytest.approx(1.0)
    assert paired_test(9, 1, 3, 2, method="mcnemar_cc").statistic == pytest.approx(0.25)
    # One person who changed: Z is 1 or -1 with all of the chance of changing, which may be 1.
    assert p_value(0, 1, 0, 0, method="mcnemar_unconditional") == pytest.approx(1.0)
    assert p_value(0, 1, 0, 0, method="mcnemar_unconditional", alternative="greater") == pytest.approx(0.5)


def test_where_nobody_changed_nothing_is_known():
    for method in METHODS["odds_ratio"]:
        if method != "wald":
            assert limits(4, 0, 0, 5, comparison="odds_ratio", method=method) == (0.0, np.inf)
    for method in METHODS["ratio"]:
        if method != "wald":
            assert limits(0, 0, 0, 5, comparison="ratio", method=method) == (0.0, np.inf)
    expected = {"mcnemar_midp": 0.5}
    for method in get_args(PairedTestMethod):
        assert p_value(4, 0, 0, 5, method=method) == expected.get(method, 1.0)


# ---- brute force --------------------------------------------------------------------------------------


def every_table(n):
    return [t for t in itertools.product(range(n + 1), repeat=4) if sum(t) == n]


def restricted_difference_statistic(e, f, g, h, d):
    """Tango's statistic with its nuisance share found by maximising the likelihood numerically."""
    n = e + f + g + h
    floor, ceiling = max(0.0, -d), (1 - d) / 2  # q, and q + d, and their sum are shares

    def loss(q):
        return -sum(c * log(max(v, 1e-300)) for c, v in ((f, q + d), (g, q), (e + h, 1 - 2 * q - d)) if c)

    best = optimize.minimize_scalar(loss, bounds=(floor, ceiling), method="bounded", options={"xatol": 1e-13})
    q = min((floor, ceiling, float(best.x)), key=loss)
    return (f - g - n * d) / sqrt(max(n * (2 * q + d * (1 - d)), 1e-300))


@pytest.mark.parametrize(
    "counts", [(4, 9, 3, 16), (8, 3, 1, 2), (0, 5, 2, 0), (3, 1, 0, 4), (0, 4, 0, 1), (10, 0, 6, 1)]
)
def test_tango_inverts_the_score_test(counts):
    low, high = limits(*counts, method="tango")
    assert restricted_difference_statistic(*counts, low) == pytest.approx(Z, abs=1e-5)
    assert restricted_difference_statistic(*counts, high) == pytest.approx(-Z, abs=1e-5)
    # Everything between is accepted, everything outside is not.
    for d in np.linspace(-0.99, 0.99, 67):
        inside = abs(restricted_difference_statistic(*counts, d)) < Z
        assert inside == (low < d < high)


def restricted_ratio_statistic(e, f, g, h, ratio):
    """Tang's statistic from the multinomial likelihood with p1 = ratio p2, maximised numerically in two shares."""
    n = e + f + g + h

    def cells(v):
        # A share of all who said yes the second time, and among them the share of both.
        p2 = v[0] * min(1.0, 1.0 / ratio)
        both = p2 * (max(0.0, 1 + ratio - 1 / p2) + v[1] * (min(1.0, ratio) - max(0.0, 1 + ratio - 1 / p2)))
        return both, ratio * p2 - both, p2 - both, 1 - (1 + ratio) * p2 + both

    def loss(v):
        return -sum(c * log(max(s, 1e-12)) for c, s in zip((e, f, g, h), cells(v), strict=True))

    starts = itertools.product((0.1, 0.5, 0.9), repeat=2)
    options = {"xatol": 1e-11, "fatol": 1e-13, "maxiter": 4000}
    best = min(
        (
            optimize.minimize(loss, s, method="Nelder-Mead", bounds=[(1e-9, 1), (0, 1)], options=options)
            for s in starts
        ),
        key=lambda r: r.fun,
    )
    both, first_only, second_only, _ = cells(best.x)
    variance = first_only + ratio**2 * second_only + (1 - ratio) ** 2 * both
    return ((e + f) - ratio * (e + g)) / sqrt(n * variance)


@pytest.mark.parametrize("counts", [(4, 9, 3, 16), (8, 3, 1, 2), (2, 1, 5, 3)])
def test_tang_inverts_the_score_test(counts):
    low, high = limits(*counts, comparison="ratio", method="tang")
    assert restricted_ratio_statistic(*counts, low) == pytest.approx(Z, abs=1e-4)
    assert restricted_ratio_statistic(*counts, high) == pytest.approx(-Z, abs=1e-4)


def test_conditional_odds_ratios_invert_binomial_tests():
    for f, g in [*itertools.product(range(6), repeat=2), (17, 60), (300, 2)]:
        for method, part in (("clopper_pearson", 1.0), ("mid_p", 0.5)):
            low, high = limits(1, f, g, 1, comparison="odds_ratio", method=method)
            if f:
                tail = stats.binom.sf(f, f + g, low / (1 + low)) + part * stats.binom.pmf(
                    f, f + g, low / (1 + low)
                )
                assert tail == pytest.approx(0.025, rel=1e-9)
            if g:
                tail = stats.binom.cdf(f - 1, f + g, high / (1 + high)) + part * stats.binom.pmf(
                    f, f + g, high / (1 + high)
                )
                assert tail == pytest.approx(0.025, rel=1e-9)


def test_mover_ratio_solves_its_equation():
    # At the limit R the square-and-add limit of p1 - R p2 is 0.
    for e, f, g, h in ((4, 9, 3, 16), (8, 3, 1, 2), (20, 5, 9, 1)):
        n = e + f + g + h
        p1, p2 = (e + f) / n, (e + g) / n
        (low1, high1), (low2, high2) = wilson(e + f, n, 0.95), wilson(e + g, n, 0.95)
        phi = (e * h - f * g) / sqrt((e + f) * (g + h) * (e + g) * (f + h))
        low, high = limits(e, f, g, h, comparison="ratio", method="mover_wilson")
        a, b = p1 - low1, low * (high2 - p2)
        assert p1 - low * p2 == pytest.approx(sqrt(a * a - 2 * phi * a * b + b * b))
        a, b = high1 - p1, high * (p2 - low2)
        assert high * p2 - p1 == pytest.approx(sqrt(a * a - 2 * phi * a * b + b * b))


def test_mcnemar_tests_agree_with_enumeration():
    f, g = (v.ravel() for v in np.meshgrid(np.arange(26), np.arange(26)))
    exact, mid = [], []
    for a, b in zip(f.tolist(), g.tolist(), strict=True):
        ways = [comb(a + b, k) for k in range(a + b + 1)]
        smaller = min(sum(ways[a:]), sum(ways[: a + 1]))
        exact.append(float(min(Fraction(1), Fraction(2 * smaller, 2 ** (a + b)))))
        point = Fraction(ways[a], 2 ** (a + b))
        mid.append(float(1 - point / 2 if a == b else Fraction(2 * smaller, 2 ** (a + b)) - point))
    np.testing.assert_allclose(paired_test(3, f, g, 4, method="mcnemar_exact").p_value, exact, rtol=1e-12)
    np.testing.assert_allclose(paired_test(3, f, g, 4).p_value, mid, rtol=1e-11)


def check_unconditional_against_brute_force(n, side):
    """Every split of n people, the trinomial summed term by term over a dense grid of chances of changing."""
    sign = {"two-sided": lambda f, g: abs(f - g), "greater": lambda f, g: f - g, "less": lambda f, g: g - f}[
        side
    ]

    def statistic(f, g):
        d = sign(f, g)
        return Fraction(d * abs(d), f + g) if f + g else Fraction(0)

    splits = [(f, g) for f in range(n + 1) for g in range(n + 1 - f)]
    answers = {}
    for level in {statistic(*s) for s in splits}:
        terms = np.zeros(n + 1)
        for f, g in splits:
            if statistic(f, g) >= level:
                terms[f + g] += comb(n, f + g) * comb(f + g, f) / 2 ** (f + g)
        low, high, k = 0.0, 1.0, np.arange(n + 1)
        for _ in range(3):
            pi = np.linspace(low, high, 2001)
            heights = (pi[:, None] ** k * (1 - pi[:, None]) ** (n - k)) @ terms
            best = int(heights.argmax())
            low, high = pi[max(best - 1, 0)], pi[min(best + 1, 2000)]
        answers[level] = heights.max()
    f, g = np.array(splits).T
    found = literature_test(0, f, g, n - f - g, method="mcnemar_unconditional", alternative=side).p_value
    np.testing.assert_allclose(found, [answers[statistic(*s)] for s in splits], rtol=1e-8)


@pytest.mark.parametrize("side", ["two-sided", "greater", "less"])
@pytest.mark.parametrize("n", [1, 2, 5, 12])
def test_unconditional_test_agrees_with_brute_force(n, side):
    check_unconditional_against_brute_force(n, side)


@pytest.mark.slow
@pytest.mark.parametrize("side", ["two-sided", "greater", "less"])
@pytest.mark.parametrize("n", [19, 25])
def test_unconditional_test_agrees_with_brute_force_up_to_25(n, side):
    check_unconditional_against_brute_force(n, side)


# ---- properties ---------------------------------------------------------------------------------------


@given(tables | real_tables, confidence_levels)
def test_limits_are_ordered_in_range_and_hold_the_estimate(counts, level):
    for comparison, method in ALL:
        low, high = limits(*counts, comparison=comparison, method=method, level=level)
        if method == "wald" and comparison != "difference" and np.isnan(low):
            e, f, g, _ = counts
            assert np.isnan(high)
            assert 0 in ((e + f, e + g) if comparison == "ratio" else (f, g))
            continue
        floor, ceiling = (-1.0, 1.0) if comparison == "difference" else (0.0, np.inf)
        assert floor <= low <= high <= ceiling
        value = estimate(counts, comparison)
        if (comparison, method) in INCLUSIVE and not np.isnan(value):
            assert low <= value * (1 + 1e-9 * np.sign(value)) + 1e-15
            assert high >= value * (1 - 1e-9 * np.sign(value)) - 1e-15


@given(tables | real_tables, confidence_levels)
@settings(max_examples=35)
def test_exchanging_the_answers_turns_the_interval_round(counts, level):
    e, f, g, h = counts
    for comparison, method in ALL:
        low, high = limits(e, f, g, h, comparison=comparison, method=method, level=level)
        other_low, other_high = limits(e, g, f, h, comparison=comparison, method=method, level=level)
        if comparison == "difference":
            assert (other_low, other_high) == pytest.approx((-high, -low), rel=1e-11, abs=1e-15)
        elif not np.isnan(low):
            # Limits of counts far below 1 may be too small to have an inverse.
            assert other_low * high == pytest.approx(1.0, rel=1e-9) or (other_low < 1e-290 and high > 1e290)
            assert other_high * low == pytest.approx(1.0, rel=1e-9) or (low < 1e-290 and other_high > 1e290)


@given(tables, confidence_levels)
@settings(max_examples=35)
def test_yes_and_no_may_be_exchanged_in_differences(counts, level):
    e, f, g, h = counts
    for method in METHODS["difference"]:
        low, high = limits(e, f, g, h, method=method, level=level)
        assert limits(h, g, f, e, method=method, level=level) == pytest.approx(
            (-high, -low), rel=1e-10, abs=1e-13
        )


@given(tables, st.floats(0.5, 0.98))
@settings(max_examples=35)
def test_a_higher_level_is_wider(counts, level):
    for comparison, method in ALL:
        low, high = limits(*counts, comparison=comparison, method=method, level=level)
        if not np.isnan(low):
            wider = limits(*counts, comparison=comparison, method=method, level=level + (1 - level) / 2)
            assert wider[0] <= low * (1 + 1e-12 * np.sign(low))
            assert wider[1] >= high * (1 - 1e-12 * np.sign(high))


@given(st.integers(0, 50), st.integers(0, 50), st.integers(1, 60))
@settings(max_examples=35)
def test_limits_rise_with_those_who_said_yes_only_the_first_time(e, h, discordant):
    f = np.arange(discordant + 1)
    # Not of the methods with a correlation, which changes with f; nor where the root of Fagerland's
    # correction jumps as |f - g| passes 1.
    for comparison, method in ALL:
        if method in {"newcombe", "newcombe_m8", "mover_wilson", "wald_cc_fagerland"}:
            continue
        low, high = literature_interval(e, f, discordant - f, h, comparison=comparison, method=method)
        known = ~np.isnan(low)
        for limit in (low[known & np.isfinite(low)], high[known & np.isfinite(high)]):
            assert np.all(np.diff(limit) >= -1e-9 * np.abs(limit[1:]) - 1e-12)


@given(st.lists(small_tables, min_size=1, max_size=5), confidence_levels)
@settings(max_examples=8)
def test_rows_together_are_as_good_as_one_by_one(rows, level):
    counts = np.array(rows).T
    for comparison, method in ALL:
        together = literature_interval(*counts, comparison=comparison, method=method, confidence_level=level)
        alone = [limits(*r, comparison=comparison, method=method, level=level) for r in rows]
        np.testing.assert_allclose(np.transpose(together), alone, rtol=1e-11, atol=1e-15)
    for method in get_args(PairedTestMethod):
        together = paired_test(*counts, method=method)
        alone = [paired_test(*r, method=method) for r in rows]
        np.testing.assert_allclose(together.p_value, [float(r.p_value) for r in alone], rtol=1e-11)
        np.testing.assert_allclose(together.statistic, [float(r.statistic) for r in alone], rtol=1e-11)


@given(small_tables)
@settings(max_examples=25)
def test_p_values_keep_their_order(counts):
    e, f, g, h = counts
    exact, mid = p_value(*counts, method="mcnemar_exact"), p_value(*counts)
    assert 0 <= mid <= exact <= 1
    assert (
        p_value(e, f, g, h, method="mcnemar") <= p_value(e, f, g, h, method="mcnemar_cc")
        or f == g
        or abs(f - g) < 1
    )
    for method in EXACT:
        assert p_value(e, g, f, h, method=method) == pytest.approx(p_value(*counts, method=method), rel=1e-10)
        greater = p_value(e, f, g, h, method=method, alternative="greater")
        assert p_value(e, g, f, h, method=method, alternative="less") == pytest.approx(greater, rel=1e-10)


@given(small_tables)
@settings(max_examples=25)
def test_the_two_sided_unconditional_tail_holds_the_one_sided_one(counts):
    e, f, g, h = counts
    two = p_value(e, f, g, h, method="mcnemar_unconditional")
    side = "greater" if f >= g else "less"
    assert (
        0
        <= p_value(e, f, g, h, method="mcnemar_unconditional", alternative=side)
        <= two * (1 + 1e-9)
        <= 1 + 1e-9
    )


def test_one_sided_exact_bounds_and_tests_agree():
    # The 95 % interval leaves out 1 just where a one-sided test of 2.5 % rejects.
    f, g = (v.ravel() for v in np.meshgrid(np.arange(30), np.arange(30)))
    for interval, test in (("clopper_pearson", "mcnemar_exact"), ("mid_p", "mcnemar_midp")):
        low, high = literature_interval(5, f, g, 5, comparison="odds_ratio", method=interval)
        greater = literature_test(5, f, g, 5, method=test, alternative="greater").p_value
        less = literature_test(5, f, g, 5, method=test, alternative="less").p_value
        assert np.array_equal(low > 1, greater < 0.025)
        assert np.array_equal(high < 1, less < 0.025)


# ---- edges --------------------------------------------------------------------------------------------


def test_extreme_tables_give_no_warning_and_finite_differences():
    huge = 10**12
    rows = [
        (0, 0, 0, 0),
        (1, 0, 0, 0),
        (0, 1, 0, 0),
        (0, 0, 1, 0),
        (0, 0, 0, 1),
        (huge, 0, 0, 0),
        (0, huge, 0, 0),
        (0, huge - 1, 1, 0),
        (1, 0, 0, huge),
        (huge // 2, 1, 0, huge // 2),
        (huge // 2, 10**6, 2 * 10**6, huge // 2),
        (0.3, 0.2, 1e-9, 0),
        (1e-9, 0, 0, 1e-9),
        (7.25, 1e-3, 2.5, 1e6),
    ]
    counts = np.array(rows, dtype=float).T
    with warnings.catch_warnings(), np.errstate(all="raise", under="ignore"):
        warnings.simplefilter("error")
        for (comparison, method), level in itertools.product(ALL, (0.01, 0.95, 1 - 1e-9)):
            low, high = paired_interval(*counts, comparison=comparison, method=method, confidence_level=level)
            assert np.isnan([low[0], high[0]]).all()
            if comparison == "difference":
                assert np.isfinite([low[1:], high[1:]]).all()
            known = ~np.isnan(low)
            assert np.all(low[known] <= high[known])
            assert method == "wald" or known[1:].all()
        whole = counts[:, :11]
        for method in get_args(PairedTestMethod):
            some = whole[:, whole.sum(axis=0) <= 10_000] if method == "mcnemar_unconditional" else whole
            p = paired_test(*some, method=method).p_value
            assert np.isnan(p[0])
            assert np.all((p[1:] >= 0) & (p[1:] <= 1))


def test_limits_of_huge_samples_keep_their_digits():
    n = 10**12
    # A share of 0 or 1 in either answer: square-and-add of limits of the order of z^2 / n.
    bound = Z**2 / n
    for counts in ((n, 0, 0, 0), (0, 0, 0, n)):
        assert limits(*counts) == pytest.approx((-bound, bound), rel=1e-9)
    assert limits(n, 0, 0, 0, comparison="ratio", method="mover_wilson") == pytest.approx(
        (1 - bound, 1 + bound), rel=1e-15
    )
    # All methods come to the same where there are many of each kind.
    wald = limits(2 * n, 4 * n, n, 3 * n, method="wald")
    for method in METHODS["difference"]:
        assert limits(2 * n, 4 * n, n, 3 * n, method=method) == pytest.approx(wald, rel=1e-9)
    wald = limits(2 * n, 4 * n, n, 3 * n, comparison="ratio", method="wald")
    for method in METHODS["ratio"]:
        assert limits(2 * n, 4 * n, n, 3 * n, comparison="ratio", method=method) == pytest.approx(
            wald, rel=1e-10
        )
    wald = limits(2 * n, 4 * n, n, 3 * n, comparison="odds_ratio", method="wald")
    for method in METHODS["odds_ratio"]:
        assert limits(2 * n, 4 * n, n, 3 * n, comparison="odds_ratio", method=method) == pytest.approx(
            wald, rel=1e-9
        )


def test_exact_tests_of_huge_samples():
    n = 10**12
    f, g = n // 2 + 600_000, n // 2 - 600_000
    for method, correction in (("mcnemar_exact", 1), ("mcnemar_midp", 0)):
        assert p_value(0, f, g, 0, method=method) == pytest.approx(
            2 * stats.norm.sf((f - g - correction) / sqrt(n)), rel=1e-8
        )


def test_shapes_are_broadcast_and_kept():
    for comparison, method in ALL:
        low, high = paired_interval([[1], [2]], [3, 4, 5], 6, 7, comparison=comparison, method=method)
        assert low.shape == high.shape == (2, 3)
        assert paired_interval([], [], [], [], comparison=comparison, method=method).low.shape == (0,)
    for method in get_args(PairedTestMethod):
        result = paired_test([[1], [2]], [3, 4, 5], 6, 7, method=method)
        assert result.statistic.shape == result.p_value.shape == (2, 3)


# ---- refusals -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ((1, -2, 3, 4), r"`first_only`: expected finite numbers from 0 to 2\*\*53; got -2\."),
        (
            (1, 2, [3, -1], 4),
            r"`second_only`: expected finite numbers from 0 to 2\*\*53; got -1 at position 1\.",
        ),
        ((float("nan"), 2, 3, 4), r"`both`: expected finite numbers from 0 to 2\*\*53; got nan\."),
        ((1, 2, 3, float("inf")), r"`neither`: expected finite numbers from 0 to 2\*\*53; got inf\."),
        (("a", 2, 3, 4), r"`both`: expected numbers; got 'a'\."),
        (([1, 2], [1, 2, 3], 3, 4), r"`first_only`: expected shapes that fit together"),
    ],
)
def test_wrong_counts_are_refused(counts, message):
    with pytest.raises(InputError, match=message):
        paired_interval(*counts)
    with pytest.raises(InputError, match=message):
        paired_test(*counts)


def test_wrong_methods_are_refused():
    with pytest.raises(
        MethodError, match=r"`comparison`: expected one of 'difference', 'ratio', 'odds_ratio'"
    ):
        paired_interval(1, 2, 3, 4, comparison="risk")
    with pytest.raises(
        MethodError,
        match=r"`method`: .*comparison='ratio': 'tang'.* got 'newcombe'\. .*comparison='difference'",
    ):
        paired_interval(1, 2, 3, 4, comparison="ratio", method="newcombe")
    with pytest.raises(MethodError, match=r"`method`: expected one of 'newcombe'"):
        paired_interval(1, 2, 3, 4, method=["newcombe"])
    with pytest.raises(InputError, match=r"`confidence_level`: .* write 0\.95"):
        paired_interval(1, 2, 3, 4, confidence_level=95)
    with pytest.raises(MethodError, match=r"`method`: .*Did you mean 'mcnemar_midp'"):
        paired_test(1, 2, 3, 4, method="mcnemar_mid")
    with pytest.raises(MethodError, match=r"`alternative`: .*Use method='mcnemar_midp'"):
        paired_test(1, 2, 3, 4, method="mcnemar", alternative="greater")
    with pytest.raises(MethodError, match=r"`method`: .*more than 10,000 people.*'mcnemar_midp'"):
        paired_test(10_000, 2, 3, 4, method="mcnemar_unconditional")
    for method in EXACT:
        with pytest.raises(
            MethodError, match=r"`method`: expected whole numbers in `first_only`.* use method='mcnemar' or"
        ):
            paired_test(1, 2.5, 3, 4, method=method)


# ---- coverage, by enumeration of every table of n people -------------------------------------------------


@pytest.mark.parametrize(
    ("comparison", "method", "mean", "least"),
    [
        ("difference", "newcombe", (0.955, 0.985), 0.92),
        ("difference", "tango", (0.94, 0.965), 0.92),
        ("difference", "bonett_price", (0.945, 0.985), 0.93),
        ("ratio", "tang", (0.94, 0.975), 0.90),
        ("ratio", "bonett_price", (0.94, 0.985), 0.90),
        ("odds_ratio", "mid_p", (0.95, 0.99), 0.94),
        ("odds_ratio", "clopper_pearson", (0.96, 1.0), 0.95),
        ("odds_ratio", "wilson", (0.94, 0.99), 0.90),
    ],
)
def test_intervals_cover_what_they_say(comparison, method, mean, least):
    n = 24
    counts = np.array(every_table(n))
    low, high = literature_interval(*counts.T, comparison=comparison, method=method)
    rng = np.random.default_rng(11)
    coverage = []
    for shares in rng.dirichlet([4.0, 1.5, 1.5, 4.0], size=60):
        e, f, g, _ = shares
        truth = {"difference": f - g, "ratio": (e + f) / (e + g), "odds_ratio": f / g}[comparison]
        chance = stats.multinomial.pmf(counts, n, shares)
        coverage.append(chance[(low <= truth) & (truth <= high)].sum())
    assert mean[0] < np.mean(coverage) <= mean[1]
    assert min(coverage) >= least
