"""Two groups under a design: by hand, from rows by brute force, against R's survey package, by their properties."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.special import expit, stdtrit
from scipy.stats import t as student

from credbenefits.errors import MethodError
from credbenefits.numerics.design.estimands import means
from credbenefits.numerics.design.scores import covariance_clusters, unit_totals
from credbenefits.numerics.groups.design import (
    DesignGroup,
    DesignPair,
    contrast,
    correlation,
    degrees_of_freedom,
    newcombe,
    score_test,
    wald,
)
from credbenefits.numerics.groups.interval import comparison_interval
from credbenefits.numerics.groups.significance import comparison_test
from credbenefits.numerics.proportion.design import design_interval

if TYPE_CHECKING:
    from credbenefits._typing import ContrastKind

#: R 4.2.2, survey 4.1-1: tests/golden/r/group_contrasts.R.
R = json.loads((Path(__file__).parents[1] / "golden" / "group_contrasts.json").read_text())
API = [r for r in R["records"] if r["design"] != "els2002"]
ELS = [r for r in R["records"] if r["design"] == "els2002"]
KINDS: list[ContrastKind] = ["difference", "ratio", "odds_ratio"]


def from_size(proportion, size, **other):
    """One group of so many people without a design, who are units of their own."""
    p = np.asarray(proportion, dtype=float)
    given = {"variance": p * (1 - p) / size, "nobs": size, "n_kish": size}
    return DesignGroup(p, **{**given, **other})


def pair_of(first, second, covariance=0.0, **other):
    return DesignPair(first, second, covariance, **{"df": 1e9, **other})


# ---- by hand ------------------------------------------------------------------------------------------


def test_the_correlation_is_0_without_a_variance_and_never_beyond_1():
    rho = correlation([4.0, 0.0, 0.0, 1.0, 1.0, np.nan], [9.0, 4.0, 0.0, 1.0, 1.0, 1.0], [3, 0, 0, 2, -2, 0])
    np.testing.assert_array_equal(rho, [0.5, 0, 0, 1, -1, np.nan])
    # Tiny variances do not vanish in their product.
    assert correlation(1e-200, 1e-200, 5e-201) == pytest.approx(0.5, rel=1e-12)


def test_without_a_design_they_are_newcombes_interval_and_pearsons_test():
    # Newcombe (1998), Statistics in Medicine 17:873, table II, rows a to c.
    pair = pair_of(
        from_size([56 / 70, 9 / 10, 6 / 7], [70, 10, 7]), from_size([48 / 80, 3 / 10, 2 / 7], [80, 10, 7])
    )
    low, high = newcombe(pair)
    np.testing.assert_allclose(low, [0.0524, 0.1705, 0.0582], atol=5e-5)
    np.testing.assert_allclose(high, [0.3339, 0.8090, 0.8062], atol=5e-5)
    tables = [56, 9, 6], [70, 10, 7], [48, 3, 2], [80, 10, 7]
    known = comparison_test(*tables, method="score")
    made = score_test(pair)
    np.testing.assert_allclose(made.statistic, known.statistic, rtol=1e-12)
    np.testing.assert_allclose(made.p_value, known.p_value, rtol=1e-6)  # 10^9 degrees of freedom for infinity
    for side in ("greater", "less"):
        known = comparison_test(*tables, method="score", alternative=side)
        np.testing.assert_allclose(score_test(pair, alternative=side).p_value, known.p_value, rtol=1e-6)


def test_walds_intervals_without_a_design_are_katzs_and_woolfs():
    pair = pair_of(from_size(56 / 70, 70), from_size(48 / 80, 80))
    for kind, method in zip(KINDS, ("wald", "katz", "woolf"), strict=True):
        expected = comparison_interval(56, 70, 48, 80, comparison=kind, method=method)
        np.testing.assert_allclose(wald(pair, kind), expected, rtol=1e-7)


def test_the_correlation_enters_both_limits_as_the_formula_says():
    one = DesignGroup(0.55, 0.0009, 400, 350, units=20)
    two = DesignGroup(0.45, 0.0012, 380, 340, units=20)
    (l1, u1), (l2, u2) = (
        design_interval(
            g.proportion,
            g.variance,
            g.nobs,
            19,
            n_kish=g.n_kish,
            units=20,
            method="wilson",
            confidence_level=0.9,
        )
        for g in (one, two)
    )
    rho = 0.0004 / np.sqrt(0.0009 * 0.0012)
    low, high = newcombe(pair_of(one, two, 0.0004, df=19, units=20), confidence_level=0.9)
    down, up, down2, up2 = 0.55 - l1, u1 - 0.55, 0.45 - l2, u2 - 0.45
    assert low == pytest.approx(0.1 - np.sqrt(down**2 + up2**2 - 2 * rho * down * up2), rel=1e-12)
    assert high == pytest.approx(0.1 + np.sqrt(up**2 + down2**2 - 2 * rho * up * down2), rel=1e-12)


def test_degrees_of_freedom_and_factors_by_hand():
    # 4 whole units against 16: f = (4/3) / (20/19) and (16/15) / (20/19).
    few, many = from_size(0.5, 40.0, units=4, nobs=80), from_size(0.5, 160.0, units=16, nobs=320)
    pair = pair_of(few, many, df=19, units=20)
    f1, f2 = (4 / 3) / (20 / 19), (16 / 15) / (20 / 19)
    a1, a2 = 0.25 * f1 / 40, 0.25 * f2 / 160
    df = (a1 + a2) ** 2 / (a1**2 / 3 + a2**2 / 15)
    assert degrees_of_freedom(pair) == pytest.approx(df, rel=1e-12)
    low, high = wald(pair)
    t = -stdtrit(df, 0.025)
    assert high == pytest.approx(t * np.sqrt(a1 + a2), rel=1e-12)
    assert low == -high
    # One stratum in which both groups are in all units; strata of two units, one of either group.
    everywhere, one_each = from_size(0.5, 40.0, units=20, nobs=80), from_size(0.5, 40.0, units=10, nobs=80)
    assert degrees_of_freedom(pair_of(everywhere, everywhere, df=19, units=20)) == 19
    assert degrees_of_freedom(pair_of(one_each, one_each, df=10, units=20)) == 10
    # The variance that is reported is the design's own.
    assert contrast(pair).std_error == pytest.approx(np.sqrt(0.25 / 40 + 0.25 / 160), rel=1e-12)


# ---- shares of 0 and 1 ---------------------------------------------------------------------------------


def test_nobody_against_everybody():
    """Twenty units of which all said yes against twenty of which nobody did are 20 of 20 against 0 of 20."""
    everybody = DesignGroup(1.0, 0.0, 400, 380, units=20)
    nobody = DesignGroup(0.0, 0.0, 400, 380, units=20)
    pair = pair_of(everybody, nobody, df=1e9)
    t, z = (-stdtrit(df, 0.025) for df in (38, 1e9))
    assert degrees_of_freedom(pair) == pytest.approx(38, rel=1e-12)
    low, high = newcombe(pair)
    reach = t**2 / (20 + t**2)  # Wilson's limit of 0 of 20
    assert (low, high) == (pytest.approx(1 - np.sqrt(2) * reach, rel=1e-12), 1.0)
    assert score_test(pair).statistic == pytest.approx(np.sqrt(40), rel=1e-12)
    # Wald's error is 0 and says nothing; so it is known to be none.
    for kind in KINDS:
        assert not contrast(pair, kind).known
    assert np.isnan(wald(pair)).all()
    assert wald(pair, "ratio") == (0, np.inf)
    assert z < t


def test_shares_that_are_equal_leave_nothing_to_test():
    everybody = DesignGroup(1.0, 0.0, 400, 380, units=20)
    result = score_test(pair_of(everybody, everybody, df=38))
    assert (result.statistic, result.p_value) == (0, 1)
    low, high = newcombe(pair_of(everybody, everybody, df=38))
    assert low == -high < 0


@pytest.mark.parametrize(
    ("first", "second", "ratio", "odds"),
    [
        (0.5, 0.0, np.inf, np.inf),
        (0.0, 0.5, 0.0, 0.0),
        (0.0, 0.0, np.nan, np.nan),
        (1.0, 1.0, 1.0, np.nan),
        (0.5, 1.0, 0.5, 0.0),
        (1.0, 0.5, 2.0, np.inf),
    ],
)
def test_a_ratio_without_a_standard_error_says_so(first, second, ratio, odds):
    pair = pair_of(*(from_size(p, 50.0) for p in (first, second)), df=98)
    for kind, expected in (("ratio", ratio), ("odds_ratio", odds)):
        made = contrast(pair, kind)
        np.testing.assert_array_equal(made.estimate, expected)
        assert not made.known
        assert wald(pair, kind) == (0, np.inf)
    # Newcombe's interval and the test always stand.
    assert np.isfinite(newcombe(pair)).all()
    assert 0 < score_test(pair).p_value <= 1


def test_no_degrees_of_freedom_give_no_limits_and_no_test():
    good = DesignGroup(0.5, 0.004, 200, 200, units=20)
    for bad in (
        good._replace(units=1),
        good._replace(units=0),
        good._replace(variance=np.nan),
        good._replace(proportion=np.nan),
    ):
        for pair in (pair_of(good, bad, 0.001, df=19), pair_of(bad, good, 0.001, df=19)):
            assert np.isnan(newcombe(pair)).all()
            assert all(np.isnan(wald(pair, kind)).all() for kind in KINDS)
            assert np.isnan([score_test(pair).statistic, score_test(pair).p_value]).all()
    assert np.isnan(newcombe(pair_of(good, good, 0.001, df=0))).all()


def test_where_all_was_drawn_the_difference_is_known():
    one = DesignGroup(0.4, 0.0, 30, 30, units=30, correction=0.0)
    pair = pair_of(one, one._replace(proportion=0.5), df=58)
    assert newcombe(pair) == wald(pair) == pytest.approx((-0.1, -0.1), abs=1e-15)
    assert contrast(pair).known
    assert score_test(pair).statistic == -np.inf
    assert score_test(pair).p_value == 0
    # Of one group alone: the other's variance remains.
    other = DesignGroup(0.5, 0.004, 60, 60, units=20)
    half = pair_of(one, other, df=48)
    assert degrees_of_freedom(half) == pytest.approx(19)
    assert newcombe(half).low < -0.1 < newcombe(half).high
    assert 0 < score_test(half).p_value < 1


def test_a_variance_that_vanishes_by_chance_is_no_proof():
    """With two units the correlation is 1 or -1: shares that differ can have a difference without variance."""
    one = DesignGroup(0.4, 0.01, 40, 40, units=2)
    pair = pair_of(one, one._replace(proportion=0.6), 0.01, df=1, units=2)
    assert np.isnan([score_test(pair).statistic, score_test(pair).p_value]).all()


def test_options_are_checked_and_arrays_broadcast():
    one = from_size(np.full((3, 1), 0.5), 50.0)
    pair = pair_of(one, from_size(np.full(2, 0.4), 60.0), np.zeros(2), df=108)
    assert (
        newcombe(pair).low.shape == wald(pair, "ratio").low.shape == score_test(pair).p_value.shape == (3, 2)
    )
    with pytest.raises(MethodError, match="comparison"):
        contrast(pair, "quotient")  # type: ignore[arg-type]
    with pytest.raises(MethodError, match="alternative"):
        score_test(pair, alternative="two")  # type: ignore[arg-type]


# ---- from rows, by brute force, and R ----------------------------------------------------------------------


def linearized(y, weight, group, groups):
    """Each row's part in each group's share: w (y - p) / sum of w, and 0 outside the group."""
    inside = [(group == g) for g in groups]
    shares = np.array([np.sum(weight * y * i) / np.sum(weight * i) for i in inside])
    parts = [weight * (y - p) * i / np.sum(weight * i) for p, i in zip(shares, inside, strict=True)]
    return shares, np.stack(parts, axis=1)


def between(sums, drawn_from):
    """Covariance of the total of units that were drawn from so many."""
    n = len(sums)
    if n == drawn_from:
        return 0.0
    apart = sums - sums.mean(axis=0)
    return (1 - n / drawn_from) * n / (n - 1) * apart.T @ apart


def brute_force(rows, parts, name):
    """Covariance of the shares, stratum by stratum and unit by unit."""
    frame = pd.DataFrame(parts)
    if name == "apistrat":
        return sum(between(frame[at].to_numpy(), rows["fpc"][at].iloc[0]) for at in by_value(rows["stype"]))
    if name == "els2002":
        strata = (frame[at].groupby(rows["psu"][at]).sum() for at in by_value(rows["strat_id"]))
        return sum(between(sums.to_numpy(), np.inf) for sums in strata)
    sizes = rows["fpc" if name == "apiclus1" else "fpc1"].iloc[0]
    districts = frame.groupby(rows["dnum"]).sum().to_numpy()
    total = between(districts, sizes)
    if name == "apiclus2":
        inner = (between(frame[at].to_numpy(), rows["fpc2"][at].iloc[0]) for at in by_value(rows["dnum"]))
        total = total + len(districts) / sizes * sum(inner)
    return total


def by_value(column):
    return [column == value for value in column.unique()]


def units_of(rows, name, inside):
    """Units with somebody inside, and their strata."""
    psu, strata = {
        "apistrat": (rows.index.to_series(), rows.get("stype")),
        "els2002": (rows.get("psu"), rows.get("strat_id")),
    }.get(name, (rows.get("dnum"), pd.Series(0, index=rows.index)))
    there = pd.DataFrame({"stratum": strata, "psu": psu})[inside].drop_duplicates()
    return len(there), len(there) - there["stratum"].nunique()


def check_record(record, rows, y, weight, group):
    """Shares, covariances, degrees of freedom and every contrast of one table of R's."""
    groups, name = record["groups"], record["design"]
    shares, parts = linearized(y, weight, group, groups)
    covariance = brute_force(rows, parts, name)
    scale = np.abs(record["covariance"]).max()
    np.testing.assert_allclose(shares, record["share"], rtol=0, atol=1e-12)
    np.testing.assert_allclose(covariance, record["covariance"], rtol=1e-10, atol=1e-10 * scale)
    made = []
    for k, value in enumerate(groups):
        inside = (group == value) & (weight > 0)
        units, df = units_of(rows, name, inside)
        assert df == record["df_of"][k]
        kish = weight[inside].sum() ** 2 / (weight[inside] ** 2).sum()
        made.append(DesignGroup(shares[k], covariance[k, k], inside.sum(), kish, units))
    for pair in record["pairs"]:
        i, j = (groups.index(g) for g in pair["groups"])
        units, df = units_of(rows, name, np.isin(group, pair["groups"]) & (weight > 0))
        assert df == pair["union_df"]
        check_pair(pair, DesignPair(made[i], made[j], covariance[i, j], df, units))


def check_pair(expected, pair):
    for kind in KINDS:
        made = contrast(pair, kind)
        if kind in expected:
            assert made.estimate == pytest.approx(expected[kind]["estimate"], rel=1e-10, abs=1e-12)
            assert made.std_error == pytest.approx(expected[kind]["se"], rel=1e-10, abs=1e-12)
        if f"log_{kind}" in expected:
            assert made.log_error == pytest.approx(expected[f"log_{kind}"]["se"], rel=1e-10)
    if "svyttest" not in expected:
        return
    test, made = expected["svyttest"], contrast(pair)
    statistic = made.estimate / made.std_error
    assert statistic == pytest.approx(test["t"], rel=1e-10)
    assert test["df"] == pair.df - 1
    assert 2 * student.sf(abs(statistic), test["df"]) == pytest.approx(test["p"], rel=1e-9)


@pytest.mark.parametrize("record", API, ids=lambda r: f"{r['design']}-{r['variable']}-{r['by']}")
def test_api_data_give_what_r_gives(record):
    rows = pd.DataFrame(R["api"][record["design"]])
    y, weight, group = (rows[c].to_numpy() for c in (record["variable"], "pw", record["by"]))
    check_record(record, rows, y, weight, group)


@pytest.mark.shared
@pytest.mark.parametrize("record", ELS, ids=lambda r: r["by"])
def test_els2002_gives_what_r_gives(record, shared):
    rows = pd.read_csv(shared / "data" / "els2002_plans.csv.gz")
    group = {
        "sex": rows["bysex"].map({1: "male", 2: "female"}),
        "parents": rows["bypared"].map(lambda v: "degree" if v >= 6 else "none", na_action="ignore"),
    }[record["by"]]
    inside = rows["f1psepln"].notna() & group.notna()
    weight = rows["f1pnlwt"].where(inside, 0.0).to_numpy()
    y = (rows["f1psepln"] == 5).to_numpy(dtype=float)
    check_record(record, rows, y, weight, group.to_numpy(dtype=object))


def test_large_samples_test_as_rao_and_scott_do():
    """R's svychisq estimates the same deff from the cells: in large samples the p-values meet."""
    for record in ELS:
        (pair,) = record["pairs"]
        i, j = (record["groups"].index(g) for g in pair["groups"])
        groups = (DesignGroup(record["share"][k], record["covariance"][k][k], 1e9, 1e9) for k in (i, j))
        made = score_test(DesignPair(*groups, record["covariance"][i][j], record["df"]))
        assert made.statistic**2 == pytest.approx(pair["svychisq"]["F"]["statistic"], rel=0.03)


# ---- properties -------------------------------------------------------------------------------------------


@st.composite
def groups_of(draw):
    units = draw(st.integers(2, 60))
    nobs = units * draw(st.integers(1, 30))
    proportion = draw(st.integers(0, nobs)) / nobs
    variance = proportion * (1 - proportion) / nobs * draw(st.floats(0.2, 20))
    return DesignGroup(proportion, variance, nobs, nobs * draw(st.floats(0.3, 1)), units)


@st.composite
def pairs_of(draw):
    one, two = draw(groups_of()), draw(groups_of())
    covariance = draw(st.floats(-1, 1)) * np.sqrt(one.variance) * np.sqrt(two.variance)
    units = draw(st.integers(max(one.units, two.units), one.units + two.units))
    return DesignPair(one, two, covariance, units - 1, units)


ALIKE = DesignGroup(1 / 270, 1.3666615861403242e-05, 270, 270.0, 15, 1.0)


@given(pairs_of())
@example(DesignPair(ALIKE, ALIKE, ALIKE.variance, 14, 15))  # the same clusters: no variance, so no interval
def test_limits_hold_the_difference_and_groups_can_be_exchanged(pair):
    turned = pair._replace(first=pair.second, second=pair.first)
    d = pair.first.proportion - pair.second.proportion
    low, high = newcombe(pair)
    spread = pair.first.variance + pair.second.variance
    never_varies = spread > 0 and spread - 2 * pair.covariance <= 1e-13 * spread
    if never_varies:
        assert np.isnan([low, high]).all()
    else:
        assert -1 <= low <= d <= high <= 1
    np.testing.assert_allclose(newcombe(turned), (-high, -low), rtol=0, atol=1e-12)
    df = degrees_of_freedom(pair)
    least = min(pair.first.units, pair.second.units) - 1
    assert least - 1e-9 <= df <= pair.df
    result, other = score_test(pair), score_test(turned)
    np.testing.assert_allclose(result.statistic, -other.statistic, rtol=1e-9)
    for kind in KINDS:
        low, high = wald(pair, kind)
        if not np.isnan(low):
            estimate = contrast(pair, kind).estimate
            assert low <= high
            assert np.isnan(estimate) or low <= estimate <= high
        else:
            assert kind == "difference" or never_varies
            assert not contrast(pair, kind).known


@given(pairs_of(), st.floats(0.5, 0.98))
def test_a_higher_level_never_narrows_an_interval_without_a_positive_correlation(pair, level):
    # Not so where the correlation is above 0 and t^2 above an effective size: see the notes of newcombe().
    pair = pair._replace(covariance=-abs(pair.covariance))
    low, high = newcombe(pair, confidence_level=level)
    wide_low, wide_high = newcombe(pair, confidence_level=0.99)
    assert wide_low <= low + 1e-12
    assert high <= wide_high + 1e-12


@given(pairs_of())
def test_both_answers_are_alike(pair):
    """Counting no in place of yes turns the difference round."""
    no = pair._replace(
        first=pair.first._replace(proportion=1 - pair.first.proportion),
        second=pair.second._replace(proportion=1 - pair.second.proportion),
    )
    low, high = newcombe(pair)
    np.testing.assert_allclose(newcombe(no), (-high, -low), rtol=0, atol=1e-9)
    p_values = score_test(pair).p_value, score_test(no).p_value
    np.testing.assert_allclose(*p_values, rtol=1e-6, atol=1e-12)


# ---- simulated ----------------------------------------------------------------------------------------------

#: On the logit: the standard deviation between clusters, whose mean is that of a share of 1/2.
SPREAD = 1.0


def drawn(rng, clusters, *, first, effect=0.0, weighted=False, centre=0.0, samples=4_000):
    """Samples of clusters of 20 people, those of the first group marked: whole clusters or a share of everyone."""
    shape = (samples, clusters, 20)
    if first >= 1:
        group = np.broadcast_to(np.arange(clusters)[:, None] < first, shape)
    else:
        group = rng.random(shape) < first
    level = rng.normal(centre, SPREAD, shape[:2])[..., None]
    yes = rng.random(shape) < expit(level + effect * group)
    weight = rng.lognormal(0, 0.5, shape) if weighted else np.ones(shape)
    return group, yes, weight


def pair_from(group, yes, weight):
    """The pair that each sample's clusters give, one stratum, linearized."""
    parts, made = [], []
    for inside in (group, ~group):
        w, n = weight * inside, inside.sum(axis=2)
        total, units = w.sum(axis=(1, 2)), (n > 0).sum(axis=1)
        proportion = (w * yes).sum(axis=(1, 2)) / total
        z = ((w * yes).sum(axis=2) - proportion[:, None] * w.sum(axis=2)) / total[:, None]
        parts.append(z - z.mean(axis=1, keepdims=True))
        kish = total**2 / (w**2).sum(axis=(1, 2))
        made.append(DesignGroup(proportion, np.nan, n.sum(axis=1), kish, units))
    clusters = group.shape[1]
    times = clusters / (clusters - 1)
    one, two = (g._replace(variance=times * (z**2).sum(axis=1)) for g, z in zip(made, parts, strict=True))
    return DesignPair(one, two, times * (parts[0] * parts[1]).sum(axis=1), clusters - 1, clusters)


def truth(effect, centre=0.0):
    """Both shares in the population of clusters."""
    level = centre + SPREAD * np.linspace(-8, 8, 4_001)
    density = np.exp(-0.5 * ((level - centre) / SPREAD) ** 2)
    return tuple((expit(level + shift) * density).sum() / density.sum() for shift in (effect, 0.0))


def covered(interval, value):
    return np.mean((interval.low <= value) & (value <= interval.high))


def simulated(clusters, first, weighted, centre=0.0):
    """Samples without a difference, and with one; and that difference, ratio and odds ratio."""
    rng = np.random.default_rng(12)
    whole = {"half": clusters // 2, "fifth": clusters // 5}
    how = {"first": whole.get(first, first), "weighted": weighted, "centre": centre}
    null = pair_from(*drawn(rng, clusters, **how))
    p1, p2 = truth(0.7, centre)
    values = dict(zip(KINDS, (p1 - p2, p1 / p2, p1 * (1 - p2) / (p2 * (1 - p1))), strict=True))
    return null, pair_from(*drawn(rng, clusters, **how, effect=0.7)), values


#: Part of the people, who live within all clusters; or part of the clusters.
FIRST = [0.5, 0.2, "half", "fifth"]


@pytest.mark.slow
@pytest.mark.parametrize("weighted", [False, True], ids=["equal", "weighted"])
@pytest.mark.parametrize("clusters", [20, 40, 60])
@pytest.mark.parametrize("first", FIRST)
def test_level_and_coverage_under_clusters(clusters, first, weighted):
    """Seed 12; 4,000 samples with shares of a half and without a difference, 4,000 with an odds ratio of 2."""
    null, pair, values = simulated(clusters, first, weighted)
    assert 0.04 <= np.mean(score_test(null).p_value < 0.05) <= 0.065
    assert 0.935 <= covered(newcombe(null), 0.0) <= 0.965
    assert 0.935 <= covered(newcombe(pair), values["difference"]) <= 0.965
    for kind in KINDS[1:]:
        assert 0.93 <= covered(wald(pair, kind), values[kind]) <= 0.965
    if first == "half":
        # As if people were drawn one by one, the test finds a difference in every third sample.
        alone = (from_size(g.proportion, g.n_kish) for g in (null.first, null.second))
        assert np.mean(score_test(pair_of(*alone)).p_value < 0.05) > 0.25


@pytest.mark.slow
@pytest.mark.parametrize("clusters", [20, 40])
@pytest.mark.parametrize("first", FIRST)
def test_level_and_coverage_of_rare_answers(clusters, first):
    """Seed 12; shares of 0.11 and 0.19. With 4 whole clusters of 20 the test is cautious."""
    null, pair, values = simulated(clusters, first, weighted=False, centre=-2.5)
    assert 0.025 <= np.mean(score_test(null).p_value < 0.05) <= 0.065
    assert 0.93 <= covered(newcombe(null), 0.0) <= 0.975
    assert 0.93 <= covered(newcombe(pair), values["difference"]) <= 0.965
    for kind in KINDS[1:]:
        assert 0.93 <= covered(wald(pair, kind), values[kind]) <= 0.965


# ---- variances of 0, up to rounding ------------------------------------------------------------------------


@pytest.mark.parametrize("off", [0.0, 1e-17, -1e-17, 2e-16])
@pytest.mark.parametrize("p", [0.5, 0.2])
def test_groups_that_vary_alike_have_no_interval_of_their_difference(p, off):
    # Both go up and down together, so that v1 + v2 - 2 c is 0 but for the last digits. What width Newcombe's
    # formula leaves there is 1e-8 of rounding (p = .5), or that Wilson's limits are not symmetric.
    group = DesignGroup(p, 0.004, 100, 100, units=7)
    pair = DesignPair(group, group._replace(proportion=p + 0.1), 0.004 * (1 + off), df=6, units=7)
    for made in (newcombe(pair), wald(pair)):
        assert np.isnan(made.low)
        assert np.isnan(made.high)
    made = contrast(pair)
    assert not made.known
    assert not np.signbit(made.std_error)
    assert np.isnan(score_test(pair).p_value)
    # A difference of 0 is no evidence against equality, in whatever last digit it is one.
    same = pair._replace(second=group._replace(proportion=p + 1e-17))
    assert float(score_test(same).p_value) == 1.0


def test_groups_that_vary_nearly_alike_have_an_interval():
    group = DesignGroup(0.5, 0.004, 100, 100, units=7)
    made = newcombe(DesignPair(group, group, 0.004 * (1 - 1e-9), df=6, units=7))
    assert 1e-6 < made.high - made.low < 1e-4


def test_a_ratio_that_is_the_same_everywhere_has_no_interval_and_one_of_a_silent_group_has_all():
    # p1 = 2 p2 in every unit: v1 = 4 v2 and c = 2 v2.
    pair = DesignPair(DesignGroup(0.6, 0.004, 99, 99), DesignGroup(0.3, 0.001, 99, 99), 0.002, df=6)
    made = wald(pair, "ratio")
    assert np.isnan(made.low)
    assert np.isnan(made.high)
    assert wald(pair).low < 0.3 < wald(pair).high
    silent = pair._replace(second=DesignGroup(0.3, 0.0, 99, 99), covariance=0.0)
    assert tuple(wald(silent, "ratio")) == (0.0, np.inf)


def test_both_groups_drawn_in_full_have_the_difference_for_limits():
    full = DesignGroup(0.5, 0.0, 100, 100, correction=0.0)
    made = newcombe(DesignPair(full, full._replace(proportion=0.4), 0.0, df=6))
    assert float(made.low) == float(made.high) == pytest.approx(0.1)


@pytest.mark.parametrize("n_units", [7, 400, 20_000])
def test_rounding_of_units_that_are_alike_stays_within_the_bound(n_units):
    # The same shares in both groups of every unit, from weights that are added up in two orders.
    rng = np.random.default_rng(20261127)
    share = rng.uniform(0.1, 0.9, n_units)
    w = rng.lognormal(size=n_units) / 3.0
    one, two = (np.stack([w * (1 - share), w * share], axis=-1) / part for part in (1.0, 7.0))
    cells = np.stack([one, two], axis=1)
    order = rng.permutation(n_units)
    sums = np.stack([cells[:, 0].sum(axis=0), cells[order, 1].sum(axis=0)])
    z = unit_totals(cells, means(sums, [0.0, 1.0]).gradient)
    (v1, c), (_, v2) = covariance_clusters(z, np.zeros(n_units, dtype=int))
    assert abs(v1 + v2 - 2 * c) < 1e-14 * (v1 + v2)
