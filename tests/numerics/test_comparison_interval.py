"""Intervals for the difference, the ratio and the odds ratio of two independent proportions."""

from __future__ import annotations

import importlib.util
import json
import math
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri, xlogy
from scipy.stats import binom

from credbenefits import _typing
from credbenefits.errors import InputError, MethodError
from credbenefits.numerics.groups import _conditional
from credbenefits.numerics.groups.interval import comparison_interval
from credbenefits.numerics.wilson import wilson
from strategies import confidence_levels, counts, golden, real_counts

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "comparison_interval.json").read_text())
METHODS = {
    "difference": get_args(_typing.DifferenceIntervalMethod),
    "ratio": get_args(_typing.RatioIntervalMethod),
    "odds_ratio": get_args(_typing.OddsRatioIntervalMethod),
}
ALL = [(kind, method) for kind, methods in METHODS.items() for method in methods]
CORNFIELD = [("odds_ratio", "cornfield_exact"), ("odds_ratio", "cornfield_midp")]
REAL = [pair for pair in ALL if pair not in CORNFIELD]
SCORE = [
    ("difference", "mee"),
    ("difference", "miettinen_nurminen"),
    ("ratio", "koopman"),
    ("ratio", "miettinen_nurminen"),
    ("odds_ratio", "miettinen_nurminen"),
]
#: Methods that centre somewhere else than on the estimate may miss it.
SHIFTED = [("difference", "agresti_caffo"), ("odds_ratio", "gart")]
#: Methods whose limits never fall when the first count rises; the others jump at zero cells.
MONOTONE = [
    *[("difference", m) for m in ("newcombe", "newcombe_cc", "likelihood")],
    *SCORE,
    ("ratio", "mover_wilson"),
    *CORNFIELD,
]
Z = float(ndtri(0.975))

tables = st.tuples(counts, counts).map(lambda t: (*t[0], *t[1]))
real_tables = st.tuples(real_counts, real_counts).map(lambda t: (*t[0], *t[1]))
small_counts = st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
small_tables = st.tuples(small_counts, small_counts).map(lambda t: (*t[0], *t[1]))
few = settings(max_examples=20)


def by_kind(pairs):
    return pytest.mark.parametrize(("kind", "method"), [pytest.param(*p, id="-".join(p)) for p in pairs])


def interval(kind, method, table, level=0.95, **options):
    return comparison_interval(*table, comparison=kind, method=method, confidence_level=level, **options)


def estimate(kind, table):
    x1, n1, x2, n2 = (np.asarray(v, dtype=float) for v in table)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if kind == "difference":
            return x1 / n1 - x2 / n2
        if kind == "ratio":
            return (x1 / n1) / (x2 / n2)
        return (x1 / (n1 - x1)) / (x2 / (n2 - x2))


def lowered(limit):
    """A little less, to make room for rounding."""
    return limit * (1 - 1e-14 * np.sign(limit)) - 1e-15


def turned(kind, limits):
    low, high = (np.asarray(v) for v in limits)
    if kind == "difference":
        return -high, -low
    with np.errstate(divide="ignore"):
        return 1.0 / high, 1.0 / low


def all_tables(*sizes):
    """All pairs of counts for the sizes, flat."""
    parts = []
    for n1 in sizes:
        for n2 in sizes:
            a, b = (v.ravel() for v in np.meshgrid(np.arange(n1 + 1), np.arange(n2 + 1), indexing="ij"))
            parts.append(np.stack([a, np.full(a.shape, n1), b, np.full(a.shape, n2)]))
    return np.concatenate(parts, axis=1)


# ---- values -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("record", [pytest.param(r, id=r["id"]) for r in GOLDEN])
def test_agrees_with_golden_values(record):
    inputs = record["inputs"]
    table = [inputs[name] + inputs.get("add", 0.0) for name in ("x1", "n1", "x2", "n2")]
    limits = interval(record["comparison"], record["method"], table, inputs["level"])
    np.testing.assert_allclose(limits, record["expected"], rtol=0, atol=record["tolerance"])


@pytest.mark.parametrize("record", golden("newcombe"))
def test_newcombe_agrees_with_golden_values(record):
    table = [record["inputs"][name] for name in ("x1", "n1", "x2", "n2")]
    limits = interval("difference", "newcombe", table, record["inputs"]["level"])
    np.testing.assert_allclose(limits, record["expected"], rtol=0, atol=record["tolerance"])


def test_newcombe_by_hand():
    # 5/10 against 5/10: both Wilson intervals are .5 -+ h, so the limits are -+ sqrt(2) h.
    half = Z / (10 + Z * Z) * (10 / 4 + Z * Z / 4) ** 0.5
    limits = interval("difference", "newcombe", (5, 10, 5, 10))
    np.testing.assert_allclose(limits, (-half * 2**0.5, half * 2**0.5), rtol=1e-14)


def test_wald_family_by_hand():
    # 5/10 against 5/10: variance .05; variances over n - 1 give .5/9; after one more of either 6/12, .5/12.
    table = (5, 10, 5, 10)
    expected = {
        "wald": Z * 0.05**0.5,
        "wald_cc": Z * 0.05**0.5 + 0.1,
        "hauck_anderson": Z * (0.5 / 9) ** 0.5 + 0.05,
        "agresti_caffo": Z * (0.5 / 12) ** 0.5,
    }
    for method, half in expected.items():
        np.testing.assert_allclose(interval("difference", method, table), (-half, half), rtol=1e-14)


def test_log_methods_by_hand():
    # 2/4 against 1/3: ratio 1.5, variance 1/2 - 1/4 + 1 - 1/3; odds ratio 2, variance 1/2 + 1/2 + 1 + 1/2.
    table = (2, 4, 1, 3)
    half = Z * (11 / 12) ** 0.5
    np.testing.assert_allclose(
        interval("ratio", "katz", table), (1.5 * math.exp(-half), 1.5 * math.exp(half))
    )
    half = Z * 2.5**0.5
    np.testing.assert_allclose(
        interval("odds_ratio", "woolf", table), (2 * math.exp(-half), 2 * math.exp(half))
    )
    half = Z * (1 / 2.5 + 1 / 2.5 + 1 / 1.5 + 1 / 2.5) ** 0.5
    centre = (2.5 / 2.5) / (1.5 / 2.5)
    expected = centre * math.exp(-half), centre * math.exp(half)
    np.testing.assert_allclose(interval("odds_ratio", "gart", table), expected)


@pytest.mark.parametrize(("n1", "n2"), [(10, 20), (1, 1), (7, 10**12)])
def test_nobody_in_either_group_by_hand(n1, n2):
    # Below 0 only the second share can move, above only the first: one-sample limits.
    table = (0, n1, 0, n2)
    z2 = Z * Z
    expected = -z2 / (n2 + z2), z2 / (n1 + z2)
    np.testing.assert_allclose(interval("difference", "mee", table), expected, rtol=1e-12)
    expected = math.expm1(-z2 / (2 * n2)), -math.expm1(-z2 / (2 * n1))
    np.testing.assert_allclose(interval("difference", "likelihood", table), expected, rtol=1e-12)
    for kind, method in ALL:
        if kind != "difference" and method != "gart":
            assert interval(kind, method, table) == (0.0, np.inf)


def test_everybody_in_both_groups_by_hand():
    # Below 1 only the first share can move: Wilson's limit.
    expected = 10 / (10 + Z * Z), (20 + Z * Z) / 20
    np.testing.assert_allclose(interval("ratio", "koopman", (10, 10, 20, 20)), expected, rtol=1e-14)


def test_koopman_by_hand_where_the_second_count_is_zero():
    # n1 of n1 against 0 of n2: the multiplier is z^2, so p2 = z^2 / (n2 + z^2) and p1 = 1.
    low, high = interval("ratio", "koopman", (10**12, 10**12, 0, 10**12))
    assert low == pytest.approx((10**12 + Z * Z) / (Z * Z), rel=1e-14)
    assert high == np.inf


def test_cornfield_by_hand_where_two_tables_are_possible():
    # 1/1 against 0/1: P(X = 1) = psi / (1 + psi).
    assert interval("odds_ratio", "cornfield_exact", (1, 1, 0, 1)).low == pytest.approx(1 / 39, rel=1e-14)
    assert interval("odds_ratio", "cornfield_midp", (1, 1, 0, 1)).low == pytest.approx(1 / 19, rel=1e-14)
    assert interval("odds_ratio", "cornfield_midp", (1, 1, 0, 1)).high == np.inf


def test_mover_by_hand_where_the_first_estimate_is_zero():
    # (0 - u1)^2 = R^2 (p2^2 - (p2 - l2)^2) for shares, the same for odds.
    table = (0, 10, 6, 20)
    (_, u1), (l2, _) = wilson(0, 10, 0.95), wilson(6, 20, 0.95)
    upper = u1 / (l2 * (0.6 - l2)) ** 0.5
    np.testing.assert_allclose(interval("ratio", "mover_wilson", table), (0, upper))
    o1, o2 = u1 / (1 - u1), l2 / (1 - l2)
    upper = o1 / (o2 * (2 * 6 / 14 - o2)) ** 0.5
    np.testing.assert_allclose(interval("odds_ratio", "mover_wilson", table), (0, upper))


@pytest.mark.parametrize("method", ["haldane", "jeffreys_perks"])
def test_beals_limits_solve_beals_equation(method):
    x1, n1, x2, n2 = all_tables(1, 4, 9, 20)
    d, z2 = x1 / n1 - x2 / n2, Z * Z
    u, v = (1 / n1 + 1 / n2) / 4, (1 / n1 - 1 / n2) / 4
    psi = (
        (x1 / n1 + x2 / n2) / 2
        if method == "haldane"
        else ((x1 + 0.5) / (n1 + 1) + (x2 + 0.5) / (n2 + 1)) / 2
    )
    for theta in interval("difference", method, (x1, n1, x2, n2)):
        right = z2 * (u * (4 * psi * (1 - psi) - theta**2) + 2 * v * (1 - 2 * psi) * theta)
        cut = np.abs(theta) == 1
        np.testing.assert_allclose(((theta - d) ** 2)[~cut], right[~cut], rtol=0, atol=1e-14)
        assert ((theta - d) ** 2 <= right + 1e-14)[cut].all()


@pytest.mark.parametrize("n", [10, 80])
def test_adjusted_katz_is_katz_of_adjusted_counts(n):
    low, high = interval("ratio", "katz", (0.5, n + 0.5, 3.5, n + 0.5))
    assert 0 < low < 1 / 7 < high < np.inf


# ---- the exact limits against plain enumeration -----------------------------------------------------


def tail(table, psi, *, observed):
    """P(X > x) and the given share of P(X = x), in plain Python."""
    x1, n1, x2, n2 = (int(v) for v in table)
    m = x1 + x2
    weights = {
        k: math.comb(n1, k) * math.comb(n2, m - k) * psi**k for k in range(max(0, m - n2), min(n1, m) + 1)
    }
    upper = math.fsum(w for k, w in weights.items() if k > x1) + observed * weights[x1]
    return upper / math.fsum(weights.values())


def check_tails(method, found, share, level):
    low, high = interval("odds_ratio", method, found, level)
    alpha = (1 - level) / 2
    for table, lower, upper in zip(found.T, low, high, strict=True):
        x1, n1, x2, n2 = table
        if x1 == 0 or x2 == n2:
            assert lower == 0.0
        else:
            assert tail(table, lower, observed=share) == pytest.approx(alpha, rel=1e-11)
        if x2 == 0 or x1 == n1:
            assert upper == np.inf
        else:
            assert 1 - tail(table, upper, observed=1 - share) == pytest.approx(alpha, rel=1e-10)


@pytest.mark.parametrize(("method", "share"), [("cornfield_exact", 1.0), ("cornfield_midp", 0.5)])
@pytest.mark.parametrize("level", [0.5, 0.95])
def test_cornfield_tails_by_enumeration(method, share, level):
    check_tails(method, all_tables(1, 2, 3, 8, 25), share, level)


@pytest.mark.slow
@pytest.mark.parametrize(("method", "share"), [("cornfield_exact", 1.0), ("cornfield_midp", 0.5)])
def test_cornfield_tails_by_enumeration_of_every_table_up_to_25(method, share):
    check_tails(method, all_tables(*range(1, 26)), share, 0.95)


@by_kind(CORNFIELD)
@pytest.mark.parametrize("level", [0.5, 0.95, 1 - 1e-9])
def test_cornfield_by_integrals_equals_cornfield_by_sums(kind, method, level, monkeypatch):
    n1 = np.linspace(30_000, 90_000, 24).astype(int)
    found = (n1 // 3, n1, n1 // 5, np.roll(n1, 5))
    # The size of the table decides between them: both ways for one table need the limit moved.
    monkeypatch.setattr(_conditional, "_LARGEST_SUM", 0.0)
    integrals = interval(kind, method, found, level)
    monkeypatch.setattr(_conditional, "_LARGEST_SUM", np.inf)
    np.testing.assert_allclose(integrals, interval(kind, method, found, level), rtol=2e-13)


# ---- the score limits against restricted estimates found another way --------------------------------


def restricted(kind, value, table):
    """Maximise the likelihood under the restriction by bisecting its derivative in p2."""
    x1, n1, x2, n2 = table
    if kind == "difference":
        low, high = np.maximum(0.0, -value), np.minimum(1.0, 1.0 - value)
    elif kind == "ratio":
        low, high = np.zeros(value.shape), np.minimum(1.0, 1.0 / value)
    else:
        low, high = np.zeros(value.shape), np.ones(value.shape)

    def first(p2):
        if kind == "difference":
            return p2 + value, np.ones(p2.shape)
        if kind == "ratio":
            return value * p2, value
        return value * p2 / (1 - p2 + value * p2), value / (1 - p2 + value * p2) ** 2

    with np.errstate(divide="ignore", invalid="ignore"):
        for _ in range(200):
            p2 = (low + high) / 2
            p1, slope = first(p2)
            p1 = np.clip(p1, 0, 1)
            # A term with no count has no derivative, not 0 / 0.
            parts = [
                np.where(x > 0, x / p, 0.0) - np.where(n - x > 0, (n - x) / (1 - p), 0.0)
                for x, n, p in ((x1, n1, p1), (x2, n2, p2))
            ]
            rising = parts[0] * slope + parts[1] > 0
            low, high = np.where(rising, p2, low), np.where(rising, high, p2)
    return np.clip(first(p2)[0], 0, 1), p2


def score_statistic(kind, value, table):
    x1, n1, x2, n2 = table
    p1, p2 = restricted(kind, value, table)
    v1, v2 = p1 * (1 - p1) / n1, p2 * (1 - p2) / n2
    with np.errstate(divide="ignore", invalid="ignore"):
        if kind == "difference":
            return (x1 / n1 - x2 / n2 - value) ** 2 / (v1 + v2)
        if kind == "ratio":
            return (x1 / n1 - value * x2 / n2) ** 2 / (v1 + value**2 * v2)
        information = 1 / (n1**2 * v1) + 1 / (n2**2 * v2)
        return np.where(v1 > 0, (x1 - n1 * p1) ** 2 * information, np.nan)


def factor(method, table):
    total = table[1] + table[3]
    return 1.0 if method in ("mee", "koopman", "likelihood") else total / (total - 1)


@by_kind(SCORE)
@pytest.mark.parametrize("level", [0.5, 0.95, 0.999])
def test_score_limits_have_the_statistic_they_should(kind, method, level):
    found = all_tables(1, 2, 3, 5, 12, 25).astype(float)
    target = ndtri((1 + level) / 2) ** 2 * factor(method, found)
    for end, limit in zip((-1.0, 1.0), interval(kind, method, found, level), strict=True):
        inside = np.abs(limit) < 1 if kind == "difference" else (limit > 0) & np.isfinite(limit)
        some = found[:, inside]
        statistic = score_statistic(kind, limit[inside], some)
        np.testing.assert_allclose(statistic, target[inside] if np.ndim(target) else target, rtol=1e-6)
        # Elsewhere the limit is the end of the scale, which the estimate has reached.
        scale = end if kind == "difference" else (0.0 if end < 0 else np.inf)
        assert (limit[~inside] == scale).all()
        x1, n1, x2, n2 = found[:, ~inside]
        reached = {
            "difference": (x1 == (n1 if end > 0 else 0)) & (x2 == (0 if end > 0 else n2)),
            "ratio": (x1 == 0) if end < 0 else (x2 == 0),
            "odds_ratio": (x1 == 0) | (x2 == n2) if end < 0 else (x2 == 0) | (x1 == n1),
        }[kind]
        assert reached.all()


@by_kind([*SCORE, ("difference", "likelihood")])
def test_intervals_hold_what_the_test_accepts_and_nothing_else(kind, method):
    found = all_tables(1, 3, 8, 20).astype(float)
    low, high = interval(kind, method, found)
    rng = np.random.default_rng(7)
    for _ in range(12):
        theta = rng.uniform(-0.999, 0.999, low.size)
        value = theta if kind == "difference" else np.exp(6 * theta)
        if method == "likelihood":
            p1, p2 = restricted(kind, value, found)
            x1, n1, x2, n2 = found
            full = log_likelihood(x1, n1, x1 / n1) + log_likelihood(x2, n2, x2 / n2)
            statistic = 2 * (full - log_likelihood(x1, n1, p1) - log_likelihood(x2, n2, p2))
        else:
            statistic = score_statistic(kind, value, found)
        accepted = ~(statistic > Z * Z * factor(method, found))  # 0 / 0 is no evidence against
        near = np.minimum(np.abs(value - low), np.abs(value - high)) < 1e-8
        np.testing.assert_array_equal(((low <= value) & (value <= high))[~near], accepted[~near])


def log_likelihood(x, n, p):
    return xlogy(x, p) + xlogy(n - x, 1 - p)


def test_likelihood_limits_have_the_deviance_they_should():
    found = all_tables(1, 2, 5, 12, 25).astype(float)
    x1, n1, x2, n2 = found
    full = log_likelihood(x1, n1, x1 / n1) + log_likelihood(x2, n2, x2 / n2)
    for limit in interval("difference", "likelihood", found):
        inside = np.abs(limit) < 1
        p1, p2 = restricted("difference", limit, found)
        deviance = 2 * (full - log_likelihood(x1, n1, p1) - log_likelihood(x2, n2, p2))
        np.testing.assert_allclose(deviance[inside], Z * Z, rtol=1e-8)


# ---- properties -------------------------------------------------------------------------------------


def check_ends(kind, method, table, level):
    low, high = interval(kind, method, table, level)
    n1, n2 = table[1], table[3]
    if {"hauck_anderson": min(n1, n2) <= 1, "miettinen_nurminen": n1 + n2 <= 1}.get(method, False):
        assert np.isnan([low, high]).all()
    else:
        assert low <= high
        assert (-1 <= low <= high <= 1) if kind == "difference" else low >= 0
        if (kind, method) not in SHIFTED:
            value = estimate(kind, table)
            assert not lowered(low) > value
            assert not lowered(-high) > -value


@by_kind(REAL)
@given(table=real_tables, level=confidence_levels)
@few
def test_limits_are_ordered_in_range_and_hold_the_estimate(kind, method, table, level):
    check_ends(kind, method, table, level)


@given(counts, st.integers(1, 10**12), confidence_levels)
def test_newcombe_against_nobody_is_wilsons_pushed_down_by_what_the_zero_may_hide(case, n0, level):
    # x2 = 0: p2 = l2 = 0, so U = u1, and L lies between l1 - u2 and l1.
    low, high = interval("difference", "newcombe", (*case, 0, n0), level)
    wilson_low, wilson_high = wilson(*case, level)
    hidden = wilson(0, n0, level).high
    assert high == pytest.approx(float(wilson_high), abs=1e-15)
    assert wilson_low - hidden - 1e-15 <= low <= wilson_low + 1e-15


@by_kind(CORNFIELD)
@given(table=tables, level=confidence_levels)
@few
def test_cornfield_limits_are_ordered_in_range_and_hold_the_estimate(kind, method, table, level):
    check_ends(kind, method, table, level)


@by_kind(ALL)
@given(table=small_tables, level=confidence_levels)
@few
def test_swapping_the_groups_turns_the_interval_round(kind, method, table, level):
    swapped = interval(kind, method, (*table[2:], *table[:2]), level)
    np.testing.assert_allclose(interval(kind, method, table, level), turned(kind, swapped), rtol=1e-14)


@by_kind([p for p in ALL if p[0] != "ratio" and p != ("odds_ratio", "mover_wilson")])
@given(table=small_tables, level=confidence_levels)
@few
def test_complements_turn_the_interval_round(kind, method, table, level):
    x1, n1, x2, n2 = table
    other = interval(kind, method, (n1 - x1, n1, n2 - x2, n2), level)
    found = interval(kind, method, table, level)
    np.testing.assert_allclose(found, turned(kind, other), rtol=1e-11, atol=2e-15)


@by_kind(MONOTONE)
@given(n1=st.integers(1, 60), two=small_counts, level=confidence_levels)
@few
def test_limits_do_not_fall_when_the_first_count_rises(kind, method, n1, two, level):
    low, high = interval(kind, method, (np.arange(n1 + 1), n1, *two), level)
    for limits in (low, high):
        assert (limits[1:] >= lowered(limits[:-1])).all()


@by_kind(ALL)
@given(table=small_tables, level=st.floats(0.55, 0.999))
@few
def test_one_sided_bounds_are_limits_at_twice_the_error(kind, method, table, level):
    low, high = interval(kind, method, table, 2 * level - 1)
    ends = (-1.0, 1.0) if kind == "difference" else (0.0, np.inf)
    ends = tuple(np.nan if np.isnan(low) else end for end in ends)
    bounds = interval(kind, method, table, level, alternative="greater")
    np.testing.assert_allclose(bounds, (low, ends[1]), rtol=1e-13, atol=1e-15)
    bounds = interval(kind, method, table, level, alternative="less")
    np.testing.assert_allclose(bounds, (ends[0], high), rtol=1e-13, atol=1e-15)


@by_kind(ALL)
@given(table=small_tables, level=st.floats(0.3, 0.99))
@few
def test_a_higher_level_gives_a_wider_interval(kind, method, table, level):
    low, high = interval(kind, method, table, level)
    wide_low, wide_high = interval(kind, method, table, level + 0.6 * (1 - level))
    assert not lowered(wide_low) > low
    assert not lowered(-wide_high) > -high


@by_kind(ALL)
def test_arrays_give_what_single_tables_give(kind, method):
    rng = np.random.default_rng(3)
    n1, n2 = rng.integers(1, 400, 60), rng.integers(1, 400, 60)
    n1[:5], n2[:5] = 1, (1, 2, 10**6, 10**12, 3)
    x1, x2 = (n1 * rng.random(60)).astype(int), (n2 * rng.random(60)).astype(int)
    x1[5:9], x2[7:11], x1[20:24], x2[22:26] = 0, 0, n1[20:24], n2[22:26]
    low, high = interval(kind, method, (x1, n1, x2, n2))
    assert low.shape == high.shape == (60,)
    for i, table in enumerate(zip(x1, n1, x2, n2, strict=True)):
        np.testing.assert_allclose((low[i], high[i]), interval(kind, method, table), rtol=1e-13)
    square = interval(kind, method, (x1[:6, None], n1[:6, None], x2[:4], n2[:4]))
    assert square.low.shape == (6, 4)
    np.testing.assert_allclose(square.low[2, 3], interval(kind, method, (x1[2], n1[2], x2[3], n2[3])).low)


def test_single_tables_give_numbers_and_nothing_gives_nothing():
    low, high = comparison_interval(5, 10, 3, 10)
    assert isinstance(low, float)
    assert isinstance(high, float)
    assert comparison_interval([], [], 1, 2, comparison="odds_ratio", method="cornfield_midp").low.shape == (
        0,
    )
    assert comparison_interval([], [], 1, 2, method="mee").low.shape == (0,)


def test_defaults():
    found = (7, 34, 1, 34)
    assert comparison_interval(*found) == interval("difference", "newcombe", found)
    assert comparison_interval(*found, comparison="ratio") == interval("ratio", "koopman", found)
    wanted = interval("odds_ratio", "miettinen_nurminen", found)
    assert comparison_interval(*found, comparison="odds_ratio") == wanted


# ---- extremes ---------------------------------------------------------------------------------------

HUGE = 10**12
BORDER = np.array(
    [
        (a, n1, b, n2)
        for n1 in (1, 2, 10, HUGE)
        for n2 in (1, 3, 10, HUGE)
        for a in {0, 1, n1 - 1, n1}
        for b in {0, 1, n2 - 1, n2}
    ]
).T


@by_kind(ALL)
@pytest.mark.parametrize("level", [1e-6, 0.95, 1 - 1e-12])
def test_tables_at_the_border_have_ordered_limits(kind, method, level):
    low, high = interval(kind, method, BORDER, level)
    fine = (BORDER[1] > 1) & (BORDER[3] > 1) if method == "hauck_anderson" else np.ones(low.shape, dtype=bool)
    assert (low[fine] <= high[fine]).all()
    assert np.isnan(low[~fine]).all()
    assert np.isnan(high[~fine]).all()
    assert ((low >= -1) & (high <= 1))[fine].all() if kind == "difference" else (low[fine] >= 0).all()
    value = estimate(kind, BORDER)
    # At a level of nearly 0 mid-P shrinks to a median-unbiased estimate.
    if (kind, method) not in SHIFTED and (method != "cornfield_midp" or level > 0.5):
        assert not (lowered(low) > value)[fine].any()
        assert not (lowered(-high) > -value)[fine].any()


@by_kind(ALL)
def test_huge_samples_agree_with_walds_limits(kind, method):
    x1, x2 = HUGE // 2, HUGE // 2 + 10**6
    low, high = interval(kind, method, (x1, HUGE, x2, HUGE))
    # A logarithm doubles the error of p = 1/2, log odds double it again.
    half = Z * math.sqrt(0.5 / HUGE) * {"difference": 1, "ratio": 2, "odds_ratio": 4}[kind]
    centre = estimate(kind, (x1, HUGE, x2, HUGE))
    if kind != "difference":
        centre, low, high = math.log(centre), math.log(low), math.log(high)
    # Corrections for continuity move the limits by some 1 / n, curvature by some half^2.
    assert low == pytest.approx(centre - half, abs=3e-11)
    assert high == pytest.approx(centre + half, abs=3e-11)
    assert high - low == pytest.approx(2 * half, rel=1e-5)


@pytest.mark.parametrize("method", ["mee", "newcombe", "miettinen_nurminen"])
def test_against_a_huge_group_only_the_small_one_matters(method):
    for x in (0, 1, 4, 7):
        low, high = interval("difference", method, (x, 7, 0, HUGE))
        np.testing.assert_allclose((low, high), wilson(x, 7, 0.95), rtol=0, atol=1e-11)


@by_kind([p for p in ALL if p[1] not in {"wald", "hauck_anderson", "katz", "woolf", "gart", "haldane"}])
def test_rare_answers_among_very_many_keep_their_digits(kind, method):
    # 3 of n against 8 of n: for large n the limits of the difference shrink as 1/n and ratios stand still.
    low, high = interval(kind, method, (3, 10**9, 8, 10**9))
    far_low, far_high = interval(kind, method, (3, HUGE, 8, HUGE))
    scale = 1000.0 if kind == "difference" else 1.0
    np.testing.assert_allclose(
        (scale * far_low, scale * far_high), (low, high), rtol=1e-6 if scale == 1 else 2e-4
    )


@by_kind(ALL)
def test_empty_groups_give_nan(kind, method):
    table = ([0, 5, 0, 5], [0, 10, 0, 10], [3, 0, 0, 3], [9, 0, 0, 9])
    for alternative in ("two-sided", "greater", "less"):
        low, high = interval(kind, method, table, alternative=alternative)
        assert np.isnan(low[:3]).all()
        assert np.isnan(high[:3]).all()
        assert low[3] < high[3]


def test_debris_of_rounding_counts_as_nothing():
    for kind, method in REAL:
        low, high = interval(kind, method, (5e-324, 10.0, 1e-60, 30.0))
        np.testing.assert_array_equal((low, high), interval(kind, method, (0, 10, 0, 30)))


def test_what_the_documentation_says_of_methods_without_width():
    assert interval("difference", "wald", (0, 10, 0, 20)) == (0.0, 0.0)
    assert interval("difference", "haldane", (0, 10, 0, 10)) == (0.0, 0.0)
    assert interval("ratio", "katz", (10, 10, 20, 20)) == (1.0, 1.0)
    for table in ((0, 10, 3, 10), (10, 10, 3, 10), (3, 10, 0, 10), (3, 10, 10, 10)):
        assert interval("odds_ratio", "woolf", table) == (0.0, np.inf)
    for table in ((10, 10, 0, 20), (0, 20, 10, 10)):
        assert interval("odds_ratio", "mover_wilson", table) == (0.0, np.inf)


# ---- refusals ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "argument"),
    [
        ((12, 10, 3, 10), "count1"),
        ((2, 10, 11, 10), "count2"),
        ((-1, 10, 3, 10), "count1"),
        ((2, 10, np.nan, 10), "count2"),
        ((2, np.inf, 3, 10), "nobs1"),
        ((2, 10, 3, np.nan), "nobs2"),
        (("two", 10, 3, 10), "count1"),
        ((2, 10, None, 10), "count2"),
        (([1, 2, 13], 10, 3, 10), "count1"),
        (([1, 2], 10, [1, 2, 3], 10), "count2"),
        (([1, 2], [10, 10, 10], 1, 10), "count1"),
    ],
)
def test_impossible_counts_are_refused(table, argument):
    with pytest.raises(InputError) as caught:
        comparison_interval(*table)
    assert caught.value.argument == argument
    assert f"`{argument}`: expected" in str(caught.value)


@pytest.mark.parametrize("level", [0, 1, 95, "high", np.nan])
def test_impossible_levels_are_refused(level):
    with pytest.raises(InputError, match="confidence_level"):
        comparison_interval(1, 2, 1, 2, confidence_level=level)


def test_one_sided_levels_up_to_a_half_are_refused():
    with pytest.raises(InputError, match=r"above 0\.5"):
        comparison_interval(1, 2, 1, 2, confidence_level=0.5, alternative="less")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "koopman"}, "'koopman' is for comparison='ratio'"),
        ({"comparison": "ratio", "method": "newcombe"}, "'newcombe' is for comparison='difference'"),
        ({"method": "newcomb"}, "Did you mean"),
        ({"comparison": "risk_ratio"}, "'ratio'"),
        ({"alternative": "two_sided"}, "two-sided"),
        ({"method": ["newcombe"]}, "expected one of"),
    ],
)
def test_unknown_options_are_refused(options, message):
    with pytest.raises(MethodError, match=message):
        comparison_interval(1, 2, 1, 2, **options)


@by_kind(CORNFIELD)
def test_cornfield_needs_whole_counts(kind, method):
    with pytest.raises(MethodError, match=r"count2.*miettinen_nurminen"):
        interval(kind, method, (2, 10, 2.5, 10))
    assert interval(kind, method, (2.0, 10.0, 3.0, 10)) == interval(kind, method, (2, 10, 3, 10))


# ---- the coverage benchmark -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def benchmark_module():
    path = Path(__file__).resolve().parents[2] / "benchmarks" / "coverage_difference.py"
    if not path.exists():
        pytest.skip("the benchmarks are not here")
    spec = importlib.util.spec_from_file_location("coverage_difference", path)
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(__import__("sys").modules, spec.name, module)
        spec.loader.exec_module(module)
        yield module


def test_coverage_by_plain_enumeration(benchmark_module):
    n1, n2, shares1, shares2 = 4, 6, [0.1, 0.5], [0.0, 0.3, 0.7]
    for method in benchmark_module.METHODS:
        found = benchmark_module.coverage(n1, n2, shares1, shares2, method=method)
        assert found.coverage.shape == found.width.shape == (2, 3)
        for i, p1 in enumerate(shares1):
            for j, p2 in enumerate(shares2):
                held = width = 0.0
                for a in range(n1 + 1):
                    for b in range(n2 + 1):
                        low, high = interval("difference", method, (a, n1, b, n2))
                        chance = binom.pmf(a, n1, p1) * binom.pmf(b, n2, p2)
                        held += chance * (low <= p1 - p2 <= high)
                        width += chance * (high - low)
                assert found.coverage[i, j] == pytest.approx(held, rel=1e-12)
                assert found.width[i, j] == pytest.approx(width, rel=1e-12)


def test_coverage_is_about_what_it_should_be(benchmark_module, monkeypatch):
    monkeypatch.setattr(benchmark_module, "MOST", 1_000_000)  # more than one block
    shares = benchmark_module.grid(20)
    for method in benchmark_module.METHODS:
        found = benchmark_module.coverage(15, 25, shares, shares, method=method)
        assert 0.945 < found.coverage.mean() < 0.97
        assert found.coverage.min() > 0.9
    written = benchmark_module.table([(5, 8)], steps=5, confidence_level=0.9)
    assert written.count("\n") == 1 + len(benchmark_module.METHODS)
