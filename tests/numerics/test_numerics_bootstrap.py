"""The bootstrap on cells, and intervals from replicates: against exact laws, R and properties."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats

from credbenefits.numerics.interval import has_width
from credbenefits.numerics.resampling import intervals as bootstrap
from credbenefits.numerics.resampling.multipliers import Multipliers, multipliers
from credbenefits.numerics.resampling.replicated import UnitSums, replicate
from strategies import confidence_levels

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "bootstrap.json").read_text())
DISTRIBUTION = next(r for r in GOLDEN["records"] if r["id"] == "S7.boot.law")
R = GOLDEN["r"]
EVERYWHERE = (-np.inf, np.inf)

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


def replicates(yes, weight, people, n_resamples, seed):
    """Shares of so many resamples; `people` says how many have each answer and weight."""
    w = np.repeat(np.array(weight, dtype=float), people)
    batches = multipliers("simple", len(w), n_resamples=n_resamples, rng=np.random.default_rng(seed))
    return replicate(batches, one_share(w, np.repeat(np.array(yes, dtype=float), people))).values[:, 0, 0]


def one_share(w, y):
    """Everybody is a unit of their own, and there is one share."""
    return UnitSums((w * y)[:, None, None], w[:, None, None], np.zeros(w.size, dtype=np.int64))


@pytest.mark.parametrize(("x", "n"), [(12, 33), (1, 20), (40, 100)])
def test_unweighted_replicates_follow_the_binomial_law(x, n):
    estimates = replicates([1, 0], [1, 1], [x, n - x], 20_000, x)
    k = np.arange(n + 1)
    assert furthest_apart(estimates, k / n, stats.binom.pmf(k, n, x / n)) < allowed(20_000)
    low, high = bootstrap.percentile(estimates, confidence_level=0.95)
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
    estimates = replicates([1, 0, 1], [2, 3, 10], [2, 1, 1], 40_000, 8)
    assert furthest_apart(estimates, values, times / len(samples)) < allowed(40_000)


def test_spread_of_weighted_replicates_is_the_linearised_standard_error():
    people = np.array([60, 90, 200, 250])
    yes, weight = np.array([1.0, 0.0, 1.0, 0.0]), np.array([4.0, 4.0, 1.0, 1.0])
    p = (people * yes * weight).sum() / (people * weight).sum()
    linearised = np.sqrt((people * weight**2 * (yes - p) ** 2).sum()) / (people * weight).sum()
    estimates = replicates(yes, weight, people, 20_000, 3)
    assert estimates.std() == pytest.approx(linearised, rel=0.02)
    assert estimates.mean() == pytest.approx(p, abs=5 * linearised / np.sqrt(20_000) + 1e-3)


def test_one_person_and_one_answer_have_no_interval():
    one = replicates([1], [2.5], [1], 50, 0)
    np.testing.assert_array_equal(one, np.ones(50))
    assert np.isnan(bootstrap.percentile(one, confidence_level=0.95)).all()


# ---- intervals by hand and against R ------------------------------------------------------------------


def test_percentile_by_hand():
    # 99 replicates, so 100 times the level counts them off: the 5th and the 95th.
    low, high = bootstrap.percentile(np.arange(1.0, 100.0)[::-1], confidence_level=0.9)
    assert (low, high) == pytest.approx((5.0, 95.0))


def test_percentile_between_replicates_by_hand():
    # 9 replicates: 0.15 of 10 lies between the first and the second, on the scale of normal quantiles.
    assert bootstrap.percentile(np.arange(9.0), confidence_level=0.85) == (
        0.0,
        8.0,
    )  # 0.75 of 10 is before the first
    low, _ = bootstrap.percentile(np.arange(9.0), confidence_level=0.7)
    z = stats.norm.ppf([0.15, 0.1, 0.2])
    assert low == pytest.approx((z[0] - z[1]) / (z[2] - z[1]))


def test_basic_and_studentized_by_hand():
    replicates = np.arange(1.0, 100.0) / 200.0
    low, high = bootstrap.basic(replicates, np.array(0.2), confidence_level=0.9)
    assert (low, high) == pytest.approx((0.0, 0.375))  # 0.4 - 0.475 is cut
    low, _ = bootstrap.basic(replicates, np.array(0.2), confidence_level=0.9, bounds=(-1, 1))
    assert low == pytest.approx(-0.075)
    made = bootstrap.studentized(
        replicates, np.full(99, 0.1), estimate=np.array(0.2), std_error=np.array(0.05), confidence_level=0.9
    )
    # quantiles of the ratio: (0.475 - 0.2) / 0.1 = 2.75 and (0.025 - 0.2) / 0.1 = -1.75
    assert made == pytest.approx((0.2 - 0.05 * 2.75, 0.2 + 0.05 * 1.75))


def test_intervals_of_given_replicates_are_those_of_r_boot():
    t, t0, level = (
        np.array(DISTRIBUTION["inputs"]["t"]),
        DISTRIBUTION["inputs"]["t0"],
        DISTRIBUTION["inputs"]["level"],
    )
    influence = np.array(
        DISTRIBUTION["inputs"]["L"]
    )  # by regression, so not quite centred, and boot leaves it so
    a = (influence**3).sum() / (6 * (influence**2).sum() ** 1.5)
    made = {
        "perc": bootstrap.percentile(t, confidence_level=level),
        "basic": bootstrap.basic(t, t0, confidence_level=level, bounds=EVERYWHERE),
        "bca": bootstrap.bca(t, t0, a, confidence_level=level),
    }
    for kind, limits in made.items():
        np.testing.assert_allclose(
            limits, DISTRIBUTION["expected"][kind][-2:], rtol=0, atol=DISTRIBUTION["tolerance"]
        )


def test_studentized_basic_and_percentile_are_those_of_r_boot():
    t, v = np.array(R["t"]), np.array(R["v"])
    stud = bootstrap.studentized(t, np.sqrt(v), estimate=0.31, std_error=0.08, confidence_level=0.9)
    np.testing.assert_allclose(stud, R["stud"], rtol=1e-10)
    np.testing.assert_allclose(bootstrap.basic(t, 0.31, confidence_level=0.9), R["basic"], rtol=1e-10)
    np.testing.assert_allclose(bootstrap.percentile(t, confidence_level=0.87), R["perc_87"], rtol=1e-10)


@pytest.mark.parametrize("id_", ["3_40", "15_148"])
def test_accelerations_of_an_unweighted_share(id_):
    record = next(r for r in GOLDEN["records"] if r["id"] == f"S7.bca_ideal.proportion.{id_}")
    x, n = record["inputs"]["x"], record["inputs"]["n"]
    counts = (np.float64(x), np.float64(n - x))
    by_sums = bootstrap.proportion_acceleration(x / n, squares=counts, cubes=counts)
    by_units = bootstrap.unit_acceleration(np.repeat([1 - x / n, -x / n], [x, n - x]))
    assert by_sums == pytest.approx(record["expected"]["accel"], abs=record["tolerance"])
    assert by_units == pytest.approx(record["expected"]["accel"], abs=record["tolerance"])


def test_long_runs_come_to_the_ideal_bca_interval():
    # 3 of 40, the ideal limits are 1 and 8 people; R's boot counts no ties and comes to 0 and 6.
    record = next(r for r in GOLDEN["records"] if r["id"] == "S7.bca_ideal.proportion.3_40")
    t = np.random.default_rng(6).binomial(40, 3 / 40, 200_000) / 40
    made = bootstrap.bca(t, np.array(3 / 40), np.array(record["expected"]["accel"]), confidence_level=0.95)
    np.testing.assert_allclose(made, record["expected"]["bca_ties_half"], atol=1e-12)


def test_acceleration_of_a_weighted_share_is_that_of_its_jackknife():
    # Influence values against the jackknife itself: they agree as n grows.
    rng = np.random.default_rng(11)
    w, y = rng.gamma(4, 0.25, 4_000), rng.random(4_000) < 0.2
    p = w[y].sum() / w.sum()
    a = bootstrap.proportion_acceleration(
        p, squares=((w[y] ** 2).sum(), (w[~y] ** 2).sum()), cubes=((w[y] ** 3).sum(), (w[~y] ** 3).sum())
    )
    assert a == pytest.approx(float(bootstrap.unit_acceleration(w * (y - p))), rel=1e-10)
    without = (w[y].sum() - w * y) / (w.sum() - w)
    d = without.mean() - without
    assert a == pytest.approx((d**3).sum() / (6 * (d**2).sum() ** 1.5), rel=5e-3)


def test_unit_acceleration_centres_within_strata():
    z = np.array([[1.0, 5.0], [3.0, 5.0], [5.0, 8.0], [10.0, 1.0], [20.0, 1.0], [0.0, 7.0]])
    code = np.array([0, 0, 0, 1, 1, 1])
    d = np.array([[-2, -1], [0, -1], [2, 2], [0, -2], [10, -2], [-10, 4]])
    expected = (d**3).sum(axis=0) / (6 * (d**2).sum(axis=0) ** 1.5)
    np.testing.assert_allclose(bootstrap.unit_acceleration(z, code), expected, rtol=1e-12, atol=1e-15)
    assert np.isnan(bootstrap.unit_acceleration(np.ones((3, 1)))).all()


def test_acceleration_within_strata_needs_sums_only():
    rng = np.random.default_rng(12)
    n, stratum, part = 300, rng.integers(0, 4, 300), rng.random(300) < 0.8
    w, y = np.where(part, rng.gamma(4, 0.25, n), 0.0), rng.random(n) < 0.3
    p = w[y].sum() / w.sum()

    def sums(power):
        return tuple(
            np.bincount(stratum, weights=np.where(side, w, 0.0) ** power)[:, None] for side in (y, ~y)
        )

    a = bootstrap.strata_acceleration(
        np.array([p]), people=np.bincount(stratum), sums=sums(1), squares=sums(2), cubes=sums(3)
    )
    np.testing.assert_allclose(a, bootstrap.unit_acceleration((w * (y - p))[:, None], stratum), rtol=1e-10)


def test_acceleration_is_unknown_where_nothing_varies_within_strata():
    # All of one stratum said yes, all of the other no: rounding must not pass for a difference.
    w, n = 0.1, np.array([30, 70])
    yes, no = np.array([[30.0], [0.0]]), np.array([[0.0], [70.0]])
    sums, squares, cubes = ((w**power * yes, w**power * no) for power in (1, 2, 3))
    a = bootstrap.strata_acceleration(np.array([0.3]), people=n, sums=sums, squares=squares, cubes=cubes)
    assert np.isnan(a).all()


# ---- where there is no law ----------------------------------------------------------------------------


def all_kinds(t, errors, estimate, level):
    """Every interval from the same replicates, with the acceleration of three in ten."""
    return {
        "percentile": bootstrap.percentile(t, confidence_level=level),
        "basic": bootstrap.basic(t, estimate, confidence_level=level),
        "studentized": bootstrap.studentized(
            t, errors, estimate=estimate, std_error=np.full_like(estimate, 0.1), confidence_level=level
        ),
        "bca": bootstrap.bca(t, estimate, np.full_like(estimate, 0.03), confidence_level=level),
    }


def test_replicates_that_do_not_exist_are_left_out():
    rng = np.random.default_rng(2)
    t, errors = rng.random((200, 3)), 0.05 + rng.random((200, 3)) / 20
    holes = t.copy()
    holes[::4, 1] = np.nan
    holes[:, 2] = np.nan
    estimate = np.full(3, 0.5)
    for kind, limits in all_kinds(holes, errors, estimate, 0.9).items():
        whole = all_kinds(t, errors, estimate, 0.9)[kind]
        kept = all_kinds(t[np.arange(200) % 4 > 0], errors[np.arange(200) % 4 > 0], estimate, 0.9)[kind]
        for limit, of_whole, of_kept in zip(limits, whole, kept, strict=True):
            assert (limit[0], limit[1]) == (of_whole[0], of_kept[1]), kind
            assert np.isnan(limit[2]), kind


def test_replicates_that_are_all_equal_have_no_interval():
    t = np.stack([np.full(50, 0.5), np.linspace(0, 1, 50)], axis=1)
    for kind, limits in all_kinds(t, np.full((50, 2), 0.1), np.full(2, 0.5), 0.9).items():
        assert np.isnan([limits.low[0], limits.high[0]]).all(), kind
        assert np.isfinite([limits.low[1], limits.high[1]]).all(), kind


def test_bca_has_no_levels_where_all_replicates_are_on_one_side():
    assert np.isnan(bootstrap.bca(np.linspace(0, 1, 50), 1.5, 0.01, confidence_level=0.9)).all()
    # 1 - a (z0 + z) below 0 at the upper tail only
    low, high = bootstrap.bca(np.linspace(0, 1, 51), np.array(0.5), np.array(0.7), confidence_level=0.95)
    assert np.isfinite(low)
    assert np.isnan(high)


def test_replicates_without_error_count_as_infinitely_far():
    # A tenth of the replicates are at 0 with no error: more than the tail, so the upper limit is at the bound.
    t = np.r_[np.zeros(10), np.linspace(0.1, 0.5, 90)]
    errors = np.r_[np.zeros(10), np.full(90, 0.1)]
    low, high = bootstrap.studentized(t, errors, estimate=0.3, std_error=0.1, confidence_level=0.9)
    assert 0 < low < 0.3
    assert high == 1.0
    # With none in the tail but the next one infinite, the limit is the outer one too.
    ratio = np.r_[-np.inf, np.linspace(-1, 1, 18)]
    assert bootstrap._Ordered(ratio).quantile(0.075) == -np.inf
    assert bootstrap._Ordered(-ratio).quantile(0.925) == np.inf


def test_ties_count_half_though_sums_are_rounded():
    # 0.1 + 0.2 and 0.3 are the same share
    t = np.array([0.1, 0.1 + 0.2, 0.3, 0.3, 0.9])
    assert bootstrap._Ordered(t).normal_rank(np.array(0.3)) == pytest.approx(
        stats.norm.ppf(2.5 / 5), abs=1e-12
    )


# ---- properties ---------------------------------------------------------------------------------------

seeds = st.integers(0, 2**32 - 1)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=200), st.floats(0.05, 0.9))
@example([0.0, 5.684341886080802e-14], 0.5)  # they never vary but for rounding
def test_percentile_widens_with_the_level(estimates, level):
    low, high = bootstrap.percentile(np.array(estimates), confidence_level=level)
    wider_low, wider_high = bootstrap.percentile(np.array(estimates), confidence_level=level + 0.09)
    if not has_width(np.array(min(estimates)), np.array(max(estimates))):
        assert np.isnan([low, high, wider_low, wider_high]).all()
        return
    assert min(estimates) <= wider_low <= low + 1e-12
    assert low <= high + 1e-12
    assert high - 1e-12 <= wider_high <= max(estimates)


def drawn(seed):
    """Replicates of five shares, few enough that they tie, with errors."""
    rng = np.random.default_rng(seed)
    p = rng.uniform(0.2, 0.8, 5)
    t = rng.binomial(25, p, (150, 5)) / 25
    return t, rng.uniform(0.05, 0.2, t.shape), rng.binomial(25, p) / 25


@given(seeds, confidence_levels)
def test_the_share_of_no_mirrors_the_share_of_yes(seed, level):
    t, errors, estimate = drawn(seed)
    yes, no = all_kinds(t, errors, estimate, level), all_kinds(1 - t, errors, 1 - estimate, level)
    no["bca"] = bootstrap.bca(1 - t, 1 - estimate, np.full(5, -0.03), confidence_level=level)
    for kind in yes:
        np.testing.assert_allclose(no[kind].low, 1 - yes[kind].high, atol=1e-9, err_msg=kind)
        np.testing.assert_allclose(no[kind].high, 1 - yes[kind].low, atol=1e-9, err_msg=kind)


@given(seeds, confidence_levels)
def test_the_order_of_replicates_changes_nothing(seed, level):
    t, errors, estimate = drawn(seed)
    order = np.random.default_rng(seed).permutation(len(t))
    one, other = all_kinds(t, errors, estimate, level), all_kinds(t[order], errors[order], estimate, level)
    for kind in one:
        np.testing.assert_array_equal(one[kind], other[kind])


@given(seeds, confidence_levels)
def test_columns_do_not_touch_one_another(seed, level):
    t, errors, estimate = drawn(seed)
    whole = all_kinds(t.reshape(150, 5, 1), errors.reshape(150, 5, 1), estimate.reshape(5, 1), level)
    alone = all_kinds(t[:, 2], errors[:, 2], estimate[2], level)
    for kind in whole:
        np.testing.assert_array_equal(np.array(whole[kind])[:, 2, 0], np.array(alone[kind]))


# ---- coverage -----------------------------------------------------------------------------------------


#: Measured in longer runs (1,500 studies of 599 resamples), less five standard errors of the run below.
LEAST_COVERAGE = {
    (30, 0.1): {"percentile": 0.85, "basic": 0.74, "bca": 0.92, "studentized": 0.97},
    (30, 0.3): {"percentile": 0.89, "basic": 0.85, "bca": 0.92, "studentized": 0.96},
    (100, 0.1): {"percentile": 0.89, "basic": 0.85, "bca": 0.91, "studentized": 0.95},
    (100, 0.3): {"percentile": 0.91, "basic": 0.89, "bca": 0.91, "studentized": 0.93},
}


@pytest.mark.slow
@pytest.mark.parametrize(("n", "p"), LEAST_COVERAGE)
def test_simulated_coverage_with_weights(n, p):
    rng = np.random.default_rng(n)
    held = {kind: [] for kind in LEAST_COVERAGE[n, p]}
    for _ in range(1_000):
        w, y = rng.gamma(4, 0.25, n), (rng.random(n) < p).astype(float)
        if y.min() == y.max():  # no law; the caller refuses
            continue
        units = one_share(w, y)
        drawn = multipliers("simple", n, n_resamples=399, rng=rng)
        t, errors = (each[..., 0] for each in replicate(drawn, units, with_errors=True))
        once = Multipliers(np.ones((1, n), dtype=np.uint8))
        estimate, error = (each[0, :, 0] for each in replicate([once], units, with_errors=True))
        a = bootstrap.unit_acceleration((w * (y - estimate))[:, None])
        made = {
            "percentile": bootstrap.percentile(t, confidence_level=0.95),
            "basic": bootstrap.basic(t, estimate, confidence_level=0.95),
            "bca": bootstrap.bca(t, estimate, a, confidence_level=0.95),
            "studentized": bootstrap.studentized(
                t, errors, estimate=estimate, std_error=error, confidence_level=0.95
            ),
        }
        for kind, (low, high) in made.items():
            held[kind].append(low[0] <= p <= high[0])
    coverage = {kind: np.mean(h) for kind, h in held.items()}
    assert all(coverage[kind] >= least for kind, least in LEAST_COVERAGE[n, p].items()), coverage
