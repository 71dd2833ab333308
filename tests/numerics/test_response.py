"""Numbers of nonresponse: by hand, against R, against the formulas of RISQ, and by their properties."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, ncx2

from credbenefits.errors import MethodError
from credbenefits.numerics.design.scores import covariance_clusters
from credbenefits.numerics.models.logistic import fit_logistic
from credbenefits.numerics.response.association import association, noncentrality_limits
from credbenefits.numerics.response.attrition import attrition_boundary, is_low, overall_and_differential
from credbenefits.numerics.response.differences import cox_index, hedges_g, standardised_difference
from credbenefits.numerics.response.indicator import partial_indicators, r_indicator
from credbenefits.numerics.response.truth import mean_against_truth, share_against_truth

GOLDEN = json.loads((Path(__file__).resolve().parents[1] / "golden" / "response.json").read_text())


def dummies(*codes, weight=None):
    """The design matrix of main effects."""
    columns = [np.ones(len(codes[0]))]
    for code in codes:
        columns += [(code == k).astype(float) for k in range(1, int(code.max()) + 1)]
    return np.column_stack(columns)


def fitted(answered, codes, n=None):
    """A logistic regression on people, or on cells of n people."""
    x = dummies(*codes)
    n = np.ones(len(x)) if n is None else n
    return x, fit_logistic(x, answered * n, n)


# ---- R-indicators ------------------------------------------------------------------------------------------


def risq_example():
    """400 cases that were made up without chance; values by the R code of RISQ on them."""
    i = np.arange(400)
    a, b = i % 4, np.where(i % 10 < 4, 0, 1)
    rate = np.array([0.2, 0.3, 0.4, 0.6])[a] * np.where(b == 0, 1.0, 0.7)
    return a, b, ((37 * i) % 100) / 100 < rate


def test_indicator_and_partials_of_the_code_of_risq():
    a, b, answered = risq_example()
    x, fit = fitted(answered, (a, b))
    made = r_indicator(fit.fitted, x, fit.covariance)
    assert made.mean == pytest.approx(0.31, abs=1e-12)
    assert made.r_adjusted == pytest.approx(0.7535578, abs=5e-8)
    assert made.r == pytest.approx(0.7339797, abs=5e-8)
    assert made.cv == pytest.approx(0.429065, abs=5e-7)
    of_a, of_b = partial_indicators(fit.fitted, [a, b])
    unadjusted = [of_a.unconditional, of_b.unconditional, of_a.conditional, of_b.conditional]
    assert unadjusted == pytest.approx([0.1212436, 0.0530723, 0.1217818, 0.0542906], abs=5e-8)
    adjusted = [made.factor * each for each in unadjusted]
    assert adjusted == pytest.approx([0.1123205, 0.0491664, 0.1128191, 0.0502950], abs=5e-8)
    assert of_a.of_levels == pytest.approx([-0.075, -0.035, 0.025, 0.085], abs=1e-9)


def test_indicator_and_partials_of_r():
    """RISQ's formulas on R's glm (golden/r/response.R), to 1e-9: two optimisers end at about that distance."""
    a, b, c = (np.array(GOLDEN[name]) for name in "abc")
    x, fit = fitted(b, (a, c))
    made, expected = r_indicator(fit.fitted, x, fit.covariance), GOLDEN["risq"]
    for name, value in expected.items():
        assert getattr(made, name) == pytest.approx(value, rel=1e-9), name
    for one, name in zip(partial_indicators(fit.fitted, [a, c]), "ac", strict=True):
        assert one.of_levels == pytest.approx(GOLDEN["partials"][name]["unconditional"], abs=1e-9)
        assert one.conditional_of_levels == pytest.approx(GOLDEN["partials"][name]["conditional"], abs=1e-9)


@pytest.mark.shared
@pytest.mark.parametrize("of", ["all", "cohort1"])
def test_indicator_of_the_collected_values(shared, of):
    """Muscatine, with formulas of RISQ 2.1 in R: the standard error too."""
    gold = json.loads((shared / "gold" / "gold.json").read_text())
    expected = {r["id"]: r["expected"] for r in gold["records"]}
    rows = [r for r in gold["datasets"]["muscatine_grouped"]["rows"] if of == "all" or r[2] is not None]
    names = {"gender": 0, "base_ageF": 1} | ({"o1F": 2} if of == "cohort1" else {})
    codes = [np.unique([str(r[k]) for r in rows], return_inverse=True)[1] for k in names.values()]
    answered, n = np.array([r[4] is not None for r in rows], float), np.array([r[5] for r in rows], float)
    x, fit = fitted(answered, codes, n)
    made, values = r_indicator(fit.fitted, x, fit.covariance, weight=n), expected[f"S6.risq.{of}"]
    ours = {
        "mean": made.mean,
        "S": made.spread,
        "R_unadj": made.r,
        "bias": made.bias,
        "factor": made.factor**2,
    }
    ours |= {"R_adj": made.r_adjusted, "SE": made.std_error, "CV_unadj": made.cv, "CV_adj": made.cv_adjusted}
    assert ours == pytest.approx({name: values[name] for name in ours}, rel=1e-9)
    if of == "cohort1":
        for name, one in zip(names, partial_indicators(fit.fitted, codes, n), strict=True):
            partial = expected["S6.risq.cohort1.partials"][name]
            assert one.unconditional * made.factor == pytest.approx(partial["Pu_adj"], rel=1e-8)
            assert one.conditional * made.factor == pytest.approx(partial["Pc_adj"], rel=1e-8)
            assert one.of_levels == pytest.approx(partial["Pu_cat"], abs=1e-9)
            assert one.conditional_of_levels == pytest.approx(partial["Pc_cat"], abs=1e-9)


@pytest.mark.shared
def test_partials_of_the_collected_values(shared):
    """The 200 schools of apisrs, each counted once, with formulas of RISQ 2.1 in R."""
    gold = json.loads((shared / "gold" / "gold.json").read_text())
    [partial] = [r["expected"] for r in gold["records"] if r["id"] == "S6.risq.apisrs.partials"]
    data = gold["datasets"]["apisrs"]
    answered = np.array([v in {"Yes", 1} for v in data["schwide"]], float)
    codes = [np.unique(data["stype"], return_inverse=True)[1], (np.array(data["meals"]) > 50).astype(int)]
    x, fit = fitted(answered, codes)
    made = r_indicator(fit.fitted, x, fit.covariance)
    for one, name in zip(partial_indicators(fit.fitted, codes), ("stype", "meals50"), strict=True):
        assert one.of_levels == pytest.approx(partial[name]["Pu_cat"], abs=1e-9)
        assert one.unconditional * made.factor == pytest.approx(partial[name]["Pu_adj"], rel=1e-6)


def test_a_sample_of_a_finite_population_varies_more():
    """By hand: (1 + 1/n - 1/N) S^2 - bias, with S^2 over N - 1; the weights are those of 30 people each."""
    a, b, answered = risq_example()
    x, fit = fitted(answered, (a, b))
    whole = r_indicator(fit.fitted, x, fit.covariance)
    made = r_indicator(
        fit.fitted, x, fit.covariance, weight=np.full(400, 30.0), n=400, sampling_variance=1e-4
    )
    s2 = ((fit.fitted - 0.31) ** 2).sum() * 30 / 11_999
    assert made.spread == pytest.approx(math.sqrt(s2), rel=1e-12)
    adjusted = (1 + 1 / 400 - 1 / 12_000) * s2 - whole.bias
    assert made.r_adjusted == pytest.approx(1 - 2 * math.sqrt(adjusted), rel=1e-12)
    population = s2 * 11_999 / 12_000
    assert made.std_error**2 == pytest.approx(whole.std_error**2 + 1e-4 / population, rel=1e-9)


def test_cells_of_people_are_these_people():
    a, b, answered = risq_example()
    x, fit = fitted(answered, (a, b))
    cells, place, n = np.unique(a * 2 + b, return_inverse=True, return_counts=True)
    first = np.array([np.flatnonzero(place == k)[0] for k in range(len(cells))])
    one = r_indicator(fit.fitted, x, fit.covariance)
    other = r_indicator(fit.fitted[first], x[first], fit.covariance, weight=n)
    for name in ("n", "mean", "spread", "bias", "r_adjusted", "std_error", "cv_std_error"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-10), name
    codes = [(a, b), (a[first], b[first])]
    for left, right in zip(
        partial_indicators(fit.fitted, codes[0]),
        partial_indicators(fit.fitted[first], codes[1], n),
        strict=True,
    ):
        assert left.of_levels == pytest.approx(right.of_levels, abs=1e-12)
        assert left.conditional_of_levels == pytest.approx(right.conditional_of_levels, abs=1e-12)


def test_without_variation_r_is_one_and_its_error_is_not_defined():
    made = r_indicator(np.full(4, 0.25), np.ones((4, 1)), [[0.1]])
    assert (made.r, made.cv, made.factor) == (1.0, 0.0, 0.0)
    assert math.isnan(made.std_error)
    assert math.isnan(made.cv_std_error)
    assert math.isnan(made.cv_limits(0.95)[1])  # one propensity for all is no model
    assert math.isnan(r_indicator([0.5], [[1.0]], [[1.0]]).r)


def test_less_variation_than_chance_makes_has_an_upper_limit_all_the_same():
    x = np.array([[1.0, 0.0], [1.0, 1.0]])
    fit = fit_logistic(x, np.array([10.0, 10.0]), np.array([30.0, 30.0]))
    low, high = r_indicator(fit.fitted, x, fit.covariance, weight=[30, 30]).cv_limits(0.95)
    assert (low, high > 0.3) == (0.0, True)


@pytest.mark.slow
def test_the_standard_errors_are_those_of_repeated_samples():
    """1,000 responses of 1,500 people (seed 20261127): mean and spread of CV and R against what is estimated."""
    rng = np.random.default_rng(20261127)
    a, b = rng.integers(0, 4, 1500), rng.integers(0, 3, 1500)
    p = 1 / (1 + np.exp(-(-1.2 + 0.5 * (a == 1) - 0.6 * (a == 2) + 0.7 * (b == 1))))
    cells, place = np.unique(a * 3 + b, return_inverse=True)
    n = np.bincount(place).astype(float)
    x = dummies(cells // 3, cells % 3)
    made = []
    for _ in range(1000):
        yes = np.bincount(place, weights=rng.random(1500) < p)
        fit = fit_logistic(x, yes, n)
        made.append(r_indicator(fit.fitted, x, fit.covariance, weight=n))
    cv, r = (np.array([getattr(one, name) for one in made]) for name in ("cv_adjusted", "r_adjusted"))
    assert cv.mean() == pytest.approx(p.std() / p.mean(), abs=0.01)
    assert cv.std() == pytest.approx(np.mean([one.cv_std_error for one in made]), rel=0.08)
    assert r.std() == pytest.approx(np.mean([one.std_error for one in made]), rel=0.08)


@pytest.mark.slow
@pytest.mark.parametrize("effect", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("constant", [-1.0, -2.5])
def test_the_limits_of_the_coefficient_of_variation_cover(effect, constant):
    """1,000 responses of 2,000 people (seed 20261128): each limit holds in 97.5%, give or take 1.5."""
    rng = np.random.default_rng(20261128)
    a, b = rng.integers(0, 4, 2000), rng.integers(0, 3, 2000)
    p = 1 / (1 + np.exp(-(constant + effect * (1.0 * (a == 1) - (a == 2) + 0.5 * (b == 1)))))
    cells, place = np.unique(a * 3 + b, return_inverse=True)
    n, x = np.bincount(place).astype(float), dummies(cells // 3, cells % 3)
    above = below = 0
    for _ in range(1000):
        fit = fit_logistic(x, np.bincount(place, weights=rng.random(2000) < p), n)
        low, high = r_indicator(fit.fitted, x, fit.covariance, weight=n).cv_limits(0.95)
        above += high >= p.std() / p.mean()
        below += low <= p.std() / p.mean()
    assert above / 1000 >= 0.96
    assert effect < 0.5 or above / 1000 <= 0.99  # little variation is told from none with caution
    assert below / 1000 >= 0.96


# ---- tests and association ---------------------------------------------------------------------------------


def cell_covariance(first, second, weight, unit, stratum, fraction, inside):
    """Covariance of the proportions of cells, from one score per person."""
    shape = first.max() + 1, second.max() + 1
    at = (first * shape[1] + second)[:, None] == np.arange(shape[0] * shape[1])
    w = weight * inside
    p = (w @ at) / w.sum()
    z = w[:, None] * (at - p) / w.sum()
    totals = np.stack([np.bincount(unit, weights=each) for each in z.T], axis=1)
    df = np.unique(unit[inside]).size - np.unique(stratum[unit[inside]]).size
    return p.reshape(shape) * w.sum(), covariance_clusters(totals, stratum, sampling_fraction=fraction), df


@pytest.mark.parametrize("name", ["weights", "strata", "clusters", "finite"])
@pytest.mark.parametrize("among", [False, True])
def test_rao_and_scott_of_r(name, among):
    """R's survey::svychisq(statistic = "F"), golden/r/response.R, to 1e-8."""
    a, b, w, strata, cluster = (np.array(GOLDEN[k]) for k in ("a", "b", "w", "stratum", "cluster"))
    rows = np.arange(a.size)
    unit = cluster if name in {"clusters", "finite"} else rows
    stratum = np.zeros(a.size, int) if name == "weights" else strata
    of_unit = stratum[np.unique(unit, return_index=True)[1]]
    sizes = np.array(GOLDEN["size"])[np.unique(strata, return_index=True)[1]]
    fraction = np.bincount(of_unit) / sizes if name == "finite" else None
    inside = rows % 3 != 0 if among else np.ones(a.size, bool)
    table, covariance, df = cell_covariance(a, b, w, unit, of_unit, fraction, inside)
    made = association(table, people=int(inside.sum()), covariance=covariance, design_df=df)
    expected = GOLDEN["rao_scott_among" if among else "rao_scott"][name]
    for key, value in expected.items():
        assert getattr(made, key) == pytest.approx(value, rel=1e-8), key


@given(st.lists(st.lists(st.integers(0, 40), min_size=3, max_size=3), min_size=2, max_size=4))
def test_without_a_design_it_is_pearsons_test(rows):
    table = np.array(rows)
    there = table[np.ix_(table.sum(axis=1) > 0, table.sum(axis=0) > 0)]
    made = association(table)
    if min(there.shape, default=0) < 2:
        assert math.isnan(made.p_value)
        assert made.n == table.sum()
        return
    expected = chi2_contingency(there, correction=False)
    assert made.statistic == pytest.approx(expected.statistic, abs=1e-9)
    assert made.p_value == pytest.approx(expected.pvalue, abs=1e-12)
    assert made.least_expected == pytest.approx(expected.expected_freq.min())
    assert 0 <= made.v_low <= made.v_high <= 1
    assert made.v <= 1 + 1e-12
    assert (made.v_low > 0) == (made.p_value < 0.05 - 1e-12) or made.p_value == pytest.approx(0.05, abs=1e-6)


def test_one_person_per_unit_is_nearly_pearsons_test():
    """With equal weights the design effects are n / (n - 1): Rao and Scott's statistic is Pearson's over df."""
    a, b = np.array(GOLDEN["a"]), np.array(GOLDEN["b"])
    rows, n = np.arange(a.size), a.size
    inside = np.ones(n, bool)
    table, covariance, df = cell_covariance(a, b, np.ones(n), rows, np.zeros(n, int), None, inside)
    plain = association(table)
    made = association(table, people=n, covariance=covariance, design_df=df)
    assert made.v == pytest.approx(plain.v)
    assert made.df == pytest.approx(plain.df, rel=0.01)
    assert made.statistic == pytest.approx(plain.statistic / plain.df, rel=0.03)
    assert made.v_by_chance == pytest.approx(plain.v_by_chance, rel=0.03)


@pytest.mark.parametrize(("statistic", "df"), [(3.0, 1), (1.2e4, 5), (25.0, 4), (400.0, 9), (1e5, 3)])
def test_limits_of_the_noncentrality_are_those_of_scipy(statistic, df):
    low, high = noncentrality_limits(statistic, df, 0.95)
    assert low < statistic < high + df
    near = 1e-8 if statistic < 1e4 else 2e-3  # beyond that the root is taken as normal
    assert ncx2.cdf(statistic, df, high) == pytest.approx(0.05, abs=near)
    if low:
        assert ncx2.cdf(statistic, df, low) == pytest.approx(0.95, abs=near)


def test_a_variance_that_is_rounding_makes_no_test():
    made = association([[30, 20], [20, 30]], people=100, covariance=1e-20 * np.eye(4), design_df=9)
    assert (made.v, math.isnan(made.p_value), math.isnan(made.v_high)) == (pytest.approx(0.2), True, True)


# ---- differences -------------------------------------------------------------------------------------------


@given(st.lists(st.integers(1, 60), min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_the_difference_of_a_variable_is_a_mahalanobis_distance(sizes, random):
    """By brute force: the covariance matrix of everybody, without its last level."""
    n = np.array(sizes, float)
    answered = np.array([random.randint(0, s) for s in sizes], float)
    answered[0] += answered.sum() == 0
    whole, part = n / n.sum(), answered / answered.sum()
    off, spread = (part - whole)[:-1], (np.diag(whole) - np.outer(whole, whole))[:-1, :-1]
    expected = math.sqrt(max(off @ np.linalg.solve(spread, off), 0.0))
    made = float(standardised_difference(part, whole))
    assert made == pytest.approx(expected, abs=1e-9)
    rates = answered / n  # and so it is the variation of the response rates
    mean = whole @ rates
    assert made == pytest.approx(math.sqrt(whole @ (rates - mean) ** 2) / mean, abs=1e-9)
    if answered.sum() < n.sum():
        tested = association(np.stack([answered, n - answered], axis=1))
        assert tested.v * math.sqrt((1 - mean) / mean) == pytest.approx(made, abs=1e-9)


def test_effect_sizes_of_groups():
    """Values of baselinr: g .8 of (5, 6, 7) and (4, 5, 6), Cox .840178 of 2/3 and 1/3, .672143 corrected."""
    assert float(hedges_g((6, 5), (1, 1), (3, 3))) == pytest.approx(0.8)
    assert float(cox_index((2 / 3, 1 / 3), (3, 3))) == pytest.approx(0.672143, abs=5e-7)
    assert float(cox_index((2 / 3, 1 / 3), (3e9, 3e9))) == pytest.approx(0.840178, abs=5e-7)
    assert np.isnan(cox_index((1.0, 0.5), (10, 10)))
    assert np.isnan(hedges_g((1, 1), (0, 0), (5, 5)))
    assert np.isnan(hedges_g((1, 2), (math.nan, math.nan), (1, 1)))
    assert float(hedges_g((3, 2), (math.nan, 1.0), (1, 5))) == pytest.approx(1 - 3 / 15)


# ---- the attrition standard --------------------------------------------------------------------------------


def test_the_boundary_is_the_printed_table():
    tens = np.arange(0, 60, 5) / 100
    cautious = [5.7, 6.1, 6.3, 5.9, 5.4, 4.8, 4.1, 3.3, 2.6, 1.8, 1.0, 0.3]
    assert attrition_boundary(tens) == pytest.approx(np.array(cautious) / 100)
    assert attrition_boundary(0.57) == 0.0
    assert np.isnan(attrition_boundary([0.58, 0.957, 1.0])).all()
    optimistic = attrition_boundary([0.0, 0.30, 0.60, 0.65], "optimistic")
    assert optimistic == pytest.approx([0.10, 0.082, 0.014, 0.003])
    assert np.isnan(attrition_boundary(0.66, "optimistic"))
    with pytest.raises(MethodError, match="boundary"):
        attrition_boundary(0.1, "lenient")


def test_overall_attrition_is_rounded_to_whole_percents():
    """At 12.5% the row of 13% holds, and below it that of 12%."""
    assert attrition_boundary([0.12499, 0.125, 0.13499]) == pytest.approx([0.062, 0.061, 0.061])
    assert attrition_boundary(0.285) == attrition_boundary(0.29)


def test_attrition_that_is_low_and_high():
    """Examples of the What Works Clearinghouse: 8% and 3 points; 30% and 6 points; 2,300 of whom 100 are left."""
    for overall, apart, expected in [(0.08, 0.03, (True, True)), (0.30, 0.06, (False, True))]:
        low = tuple(bool(is_low(apart, attrition_boundary(overall, w))) for w in ("cautious", "optimistic"))
        assert low == expected
    overall, apart = overall_and_differential([1150, 1150], [50, 50])
    assert float(overall) == pytest.approx(0.9565, abs=1e-4)
    assert not is_low(apart, attrition_boundary(overall, "optimistic"))


# ---- the truth ---------------------------------------------------------------------------------------------


def test_shares_and_means_against_the_truth():
    made = share_against_truth([30, 30], [100, 100], [100, 400], [0.42, 0.42])
    assert made.n_effective == pytest.approx([100, 25])
    assert made.misses.tolist() == [True, False]  # Wilson: .219 to .396 of 100, .144 to .522 of 25
    nobody = share_against_truth(0.0, 0.0, 0.0, 0.5)
    assert np.isnan(nobody.estimate)
    assert not nobody.misses
    values = np.array([1.0, 2.0, 3.0, 4.0])
    mean = mean_against_truth(values, np.ones(4), 2.0)
    half = 3.182446 * np.std(values, ddof=1) / 2
    assert (float(mean.low), float(mean.high)) == pytest.approx((2.5 - half, 2.5 + half), abs=1e-6)
    assert not mean.misses
    one = mean_against_truth(values[:1], np.ones(1), 2.0)
    assert np.isnan(one.low)
    assert not one.misses
