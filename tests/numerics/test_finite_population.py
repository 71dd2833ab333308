"""Finite populations: the effective size is cut to the people first, and corrected then."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import credbenefits as cb
from credbenefits._typing import DesignMethod
from credbenefits.numerics.design.variance import jackknife, taylor_clusters, taylor_rows
from credbenefits.numerics.proportion.design import design_interval, effective_size
from credbenefits.numerics.wilson import wilson

DESIGN_METHODS = get_args(DesignMethod)
FOLDER = Path(__file__).parents[1] / "golden"
R = json.loads((FOLDER / "svyciprop.json").read_text())
API = json.loads((FOLDER / "design.json").read_text())["data"]
OURS = {
    "logit": "logit",
    "asin": "arcsine",
    "beta": "korn_graubard",
    "mean": "wald",
    "wilson": "wilson",
}
#: The column and the design of each sample in golden/r/svyciprop.R.
SAMPLES = {
    "apiclus1": ("apiclus1", "schwide", {"clusters": "dnum"}),
    "high": ("apiclus1", "high", {"clusters": "dnum"}),
    "apistrat": ("apistrat", "awards", {"strata": "stype"}),
    "apisrs": ("apisrs", "awards", {}),
}


def one(data, item="y", **options):
    (row,) = cb.proportions(data, item, **options).rows
    return row


def limits(row):
    return row.conf_low, row.conf_high


# ---- by hand ------------------------------------------------------------------------------------------


def drawn_from(size, method="wilson", variance="linearized"):
    """100 of 300 people said yes."""
    data = pd.DataFrame({"y": np.repeat([1, 0], [100, 200])})
    return one(
        data,
        design=cb.SurveyDesign(population_size=size),
        method=method,
        variance=variance,
        bootstrap=cb.Bootstrap(n_resamples=500, rng=1),
    )


@pytest.mark.parametrize("method", DESIGN_METHODS)
def test_300_of_310(method):
    row = drawn_from(310, method)
    assert [round(x, 3) for x in limits(row)] == [0.324, 0.343]
    assert row.n_effective == pytest.approx(299 * 31, rel=1e-12)  # p q / v without it is n - 1
    assert row.deff == pytest.approx(300 / (299 * 31), rel=1e-12)
    assert row.std_error == pytest.approx(math.sqrt(2 / 9 / 299 / 31), rel=1e-12)


def test_wilson_by_hand():
    t = stats.t.isf(0.025, 299)
    size = 299 * 31 / t**2 * stats.norm.isf(0.025) ** 2
    np.testing.assert_allclose(limits(drawn_from(310)), wilson(size / 3, size, 0.95), rtol=1e-12)


def test_cut_first_and_corrected_then():
    # Without the correction v is half of that of 100 people drawn one by one; half of the population was drawn.
    p, without = 0.4, 0.24 / 200
    assert effective_size(p, without / 2, 100, 90, correction=0.5) == pytest.approx(200, rel=1e-14)
    assert effective_size(p, without / 2, 400, 90, correction=0.5) == pytest.approx(400, rel=1e-14)
    assert effective_size(p, without, 400, 90) == pytest.approx(200, rel=1e-14)


def test_korn_graubard_cuts_after_its_ratio_and_corrects_then():
    for n in (183, 400):
        ratio = (stats.t.ppf(0.025, n - 1) / stats.t.ppf(0.025, 14)) ** 2
        size = min(260 * ratio, n) / 0.25
        x = 0.3 * size
        found = design_interval(
            0.3,
            0.21 / 260 * 0.25,
            n,
            14,
            n_kish=n,
            method="korn_graubard",
            confidence_level=0.95,
            correction=0.25,
        )
        expected = stats.beta.ppf(0.025, x, size - x + 1), stats.beta.ppf(0.975, x + 1, size - x)
        np.testing.assert_allclose(found, expected, rtol=1e-10)


@pytest.mark.parametrize("variance", ["linearized", "jackknife", "bootstrap"])
@pytest.mark.parametrize("method", [*DESIGN_METHODS, "bootstrap", "bootstrap_bca"])
def test_a_census_has_no_width(method, variance):
    if method.startswith("bootstrap") and variance != "bootstrap":
        pytest.skip("comes from replicates")
    row = drawn_from(300, method, variance)
    assert limits(row) == pytest.approx((1 / 3, 1 / 3), rel=1e-15)
    assert (row.std_error, row.n_effective, row.deff) == (0, math.inf, 0)
    assert "no_interval" not in row.flags


@pytest.mark.parametrize("method", DESIGN_METHODS)
def test_the_bootstrap_has_the_correction_of_the_linearized_variance(method):
    row, exact = drawn_from(310, method, "bootstrap"), drawn_from(310, method)
    # 500 replicates: the standard error is known to 1 / sqrt(1000).
    assert row.std_error == pytest.approx(exact.std_error, rel=0.12)
    assert row.conf_high - row.conf_low == pytest.approx(exact.conf_high - exact.conf_low, rel=0.12)
    assert 0.02 < row.deff < 0.05


def test_strata_drawn_in_full_are_no_census_of_the_others():
    # All that varies is in the stratum that was drawn in full: v is 0, but three people stand for 1,000.
    data = pd.DataFrame({"y": [1, 0, 1, 0, 0, 0, 0], "h": list("aaaabbb"), "size": [4] * 4 + [1000] * 3})
    row = one(data, design=cb.SurveyDesign(strata="h", population_size="size"))
    assert row.std_error == 0
    assert row.n_effective == pytest.approx(7 / (1 - 3 / 1000), rel=1e-12)  # as if nothing varied in 7 people
    assert row.conf_high - row.conf_low > 0.3
    assert (
        "no_interval"
        in one(data, design=cb.SurveyDesign(strata="h", population_size="size"), method="logit").flags
    )


@pytest.mark.parametrize(("drawn", "size", "miss"), [(30, 150, 0.023), (200, 400, 0.062), (200, 250, 0.2)])
def test_how_often_no_yes_misses_where_much_was_drawn(drawn, size, miss):
    # docs/designs.md says so. All people of a cluster answer alike, so counts are hypergeometric; the worst true
    # share is the next above the upper limit.
    row = one(
        pd.DataFrame({"y": np.zeros(drawn), "c": np.arange(drawn)}),
        design=cb.SurveyDesign(clusters="c", population_size=size),
    )
    least = math.floor(row.conf_high * size) + 1
    assert stats.hypergeom.pmf(0, size, least, drawn) == pytest.approx(miss, abs=5e-4)
    without = one(pd.DataFrame({"y": np.zeros(drawn)}), variance="linearized")
    least = math.floor(without.conf_high * size) + 1
    assert stats.hypergeom.pmf(0, size, least, drawn) < 0.025


# ---- R's survey package -------------------------------------------------------------------------------


def of_r(record):
    sample, item, design = SAMPLES[record["sample"]]
    data = pd.DataFrame(API[sample])
    data["high"] = (data["api00"] > 650).astype(int)
    size = record["size"]
    data["size"] = size[0] if isinstance(size, list) else data["stype"].map(size)
    domain = record["domain"]
    by = None if domain == "all" else "stype"

    def row(population_size="size", **more):
        drawn = cb.SurveyDesign(**design, population_size=population_size)
        rows = cb.proportions(data, item, by=by, weights="pw", design=drawn, **more).rows
        return next(r for r in rows if by is None or r.group[0][1] == domain)

    return row


def r_size(record, method):
    """R's effective size without the correction, beta's with its ratio of t quantiles."""
    size = record["share"] * (1 - record["share"]) / record["without"]
    if method == "beta":
        size *= (stats.t.ppf(0.025, record["n"] - 1) / stats.t.ppf(0.025, record["df"])) ** 2
    return size if method in {"beta", "wilson"} else 0.0


CASES = [
    pytest.param(record, method, id=f"{record['sample']}-{record['size']}-{record['domain']}-{method}")
    for record in R["finite"]
    for method in OURS
]
CENSUS = [c for c in CASES if c.values[0]["variance"] < 1e-20]
CUT = [c for c in CASES if c not in CENSUS and r_size(*c.values) > c.values[0]["n"]]


@pytest.mark.parametrize(("record", "method"), [c for c in CASES if c not in CUT and c not in CENSUS])
def test_limits_agree_with_r(record, method):
    row = of_r(record)(method=OURS[method])
    assert (row.n, row.df) == (record["n"], record["df"])
    assert row.std_error**2 == pytest.approx(record["variance"], rel=1e-9)
    np.testing.assert_allclose(limits(row), record["limits"][method], rtol=0, atol=1e-8)
    if r_size(record, "wilson") <= record["n"]:
        size = record["share"] * (1 - record["share"]) / record["variance"]
        assert row.n_effective == pytest.approx(size, rel=1e-8)


@pytest.mark.parametrize(("record", "method"), CUT)
def test_limits_are_wider_where_r_lets_the_size_exceed_the_people(record, method):
    row = of_r(record)(method=OURS[method])
    low, high = record["limits"][method]
    assert row.conf_low < low < high < row.conf_high
    if method == "wilson":
        left = record["variance"] / record["without"]
        assert row.n_effective == pytest.approx(record["n"] / left, rel=1e-9)


@pytest.mark.parametrize(("record", "method"), CENSUS)
def test_where_all_was_drawn_both_limits_are_the_share(record, method):
    row = of_r(record)(method=OURS[method])  # R's beta is .5 to .5 there
    assert limits(row) == (row.estimate, row.estimate)
    assert row.estimate == pytest.approx(record["share"], rel=1e-12)


def test_nearly_all_cases_of_r_are_compared():
    assert (len(CASES), len(CUT), len(CENSUS)) == (125, 16, 15)


@pytest.mark.parametrize("record", [r for r in R["finite"] if r["variance"] > 1e-20])
def test_the_correction_is_that_of_r(record):
    left = record["variance"] / record["without"]
    row = of_r(record)
    for variance in ("linearized", "jackknife"):
        finite, plain = row(variance=variance), row(variance=variance, population_size=None)
        got = (finite.std_error / plain.std_error) ** 2
        assert got == pytest.approx(left, rel=1e-8 if variance == "linearized" else 0.02)
        assert finite.n_effective * got == pytest.approx(plain.n_effective, rel=1e-8)


# ---- properties ---------------------------------------------------------------------------------------


@st.composite
def samples(draw):
    """Sums per unit in up to three strata, each with at least two units, and how many units there are."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    stratum = np.repeat(np.arange(3), rng.integers(2, 6, 3))
    people = rng.integers(0, 9, stratum.size) + (np.arange(stratum.size) == 0)
    yes = rng.binomial(people, draw(st.sampled_from([0.0, 0.1, 0.5, 1.0])))
    weight = rng.gamma(2.0, size=stratum.size) + 0.1
    drawn = np.bincount(stratum)
    more = draw(st.lists(st.floats(0.0, 50.0), min_size=3, max_size=3))
    return yes * weight, people * weight, people, stratum, drawn / (drawn * (1.0 + np.array(more)))


def sizes(sample, fraction, function=taylor_clusters):
    yes, weight, people, stratum, _ = sample
    made = function(yes, weight, people, stratum, sampling_fraction=fraction)
    n = people.sum()
    return float(
        effective_size(made.proportion, made.variance, n, n, units=made.units, correction=made.correction)
    ), made


@settings(deadline=None)
@given(samples(), st.sampled_from([taylor_clusters, jackknife]))
def test_the_size_falls_with_the_population_to_that_without_it(sample, function):
    fraction = sample[-1]
    without, plain = sizes(sample, None, function)
    found = [sizes(sample, fraction * k, function)[0] for k in (1.0, 0.8, 0.3, 1e-12)]
    if np.isnan(without):
        assert np.isnan(found).all()
        return
    for more, less in pairwise(found):
        assert more >= less * (1 - 1e-9)
    assert found[-1] == pytest.approx(without, rel=1e-9)
    # What it was before there was a correction.
    p, v, n = float(plain.proportion), float(plain.variance), int(sample[2].sum())
    old = min(int(plain.units), n) if p in {0, 1} else n if v == 0 else min(p * (1 - p) / v, n)
    assert without == old
    assert (plain.correction == 1).all()


@settings(deadline=None)
@given(samples())
def test_the_correction_is_the_variance_over_that_without(sample):
    fraction = sample[-1]
    for function in (taylor_clusters, jackknife):
        (_, plain), (_, made) = sizes(sample, None, function), sizes(sample, fraction, function)
        assert 0 <= made.correction <= 1
        if made.variance > 0:
            assert made.correction == pytest.approx(float(made.variance / plain.variance), rel=1e-9)
        assert made.units == (sample[2] > 0).sum()
    assert (sizes(sample, np.ones(3))[1].correction == 0).all()


@settings(deadline=None)
@given(samples())
def test_rows_have_the_correction_of_clusters_of_one(sample):
    *_, stratum, fraction = sample
    rng = np.random.default_rng(int(sample[2].sum()))
    yes, weight = rng.integers(0, 2, stratum.size), sample[1] + 0.1
    people = np.ones(stratum.size)
    clusters = taylor_clusters(yes * weight, weight, people, stratum, sampling_fraction=fraction)

    def total(values):
        return np.bincount(stratum, weights=values)

    rows = taylor_rows(
        total(yes * weight),
        total(weight),
        total(people),
        np.bincount(stratum),
        sampling_fraction=fraction,
        weight_squared_yes=total(yes * weight**2),
        weight_squared=total(weight**2),
    )
    for name in ("variance", "correction", "units", "df"):
        np.testing.assert_allclose(getattr(rows, name), getattr(clusters, name), rtol=1e-9)


@pytest.mark.parametrize("clusters", ["c", None], ids=["clusters", "people"])
def test_the_note_on_nobody_says_that_the_population_counts_too(clusters):
    """The size is 10 / (1 - 10 / 40) = 13.3 clusters: "counts clusters (10)" alone is not what was done."""
    data = pd.DataFrame({"c": np.repeat(np.arange(10), 2), "y": 0})
    size = 40 if clusters else 80
    made, plain = (
        cb.proportions(data, "y", design=cb.SurveyDesign(clusters=clusters, population_size=n))
        for n in (size, 10**15)
    )
    assert made.rows[0].n_effective == pytest.approx(4 / 3 * plain.rows[0].n_effective)
    assert "divided by the part of the population that was not drawn" in made.notes[-1]
    infinite = cb.proportions(data, "y", design=cb.SurveyDesign(clusters=clusters), variance="linearized")
    assert "population" not in infinite.notes[-1]
