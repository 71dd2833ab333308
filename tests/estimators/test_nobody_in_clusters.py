"""Nobody or everybody said yes, in clusters: the interval counts clusters, not people."""

from __future__ import annotations

import math
import re

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import credbenefits as cb
from credbenefits import Item, ReplicateWeights, SelectAll
from credbenefits.errors import MethodError
from credbenefits.numerics.proportion.design import design_interval
from strategies import confidence_levels

BOTH = ["wilson", "korn_graubard"]


def wilson_high(size, df, level=0.95):
    t2 = stats.t.isf((1 - level) / 2, df) ** 2
    return t2 / (size + t2)


def ten_clusters():
    """10 clusters of 20 people: nobody says yes to `none`, everybody to `all`."""
    c = np.repeat(np.arange(10), 20)
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "c": c,
            "h": np.where(c < 6, "a", "b"),
            "none": 0,
            "all": 1,
            "some": (np.arange(200) % 7 == 0).astype(int),
            "w": rng.uniform(0.5, 2.0, 200),
            "g": np.where(c % 2 == 0, "even", "odd"),
        }
    )


def one(data, item="none", **options):
    (row,) = cb.proportions(data, item, **options).rows
    return row


# ---- by hand ------------------------------------------------------------------------------------------


def test_nobody_in_ten_clusters():
    result = cb.proportions(ten_clusters(), ["none", "all"], design=cb.SurveyDesign(clusters="c"))
    none, everybody = result.rows
    assert (none.conf_low, none.conf_high) == (0, pytest.approx(wilson_high(10, 9), rel=1e-12))
    assert round(none.conf_high, 2) == 0.34
    assert (none.n, none.n_effective, none.deff, none.df) == (200, 10, 20, 9)
    assert none.bound == pytest.approx(1 - 0.05**0.1, rel=1e-12)
    assert (everybody.conf_low, everybody.conf_high) == (pytest.approx(1 - none.conf_high), 1)
    assert everybody.bound == pytest.approx(1 - none.bound)
    assert {"none", "small_n_effective"} <= set(none.flags)
    assert "(one-sided, for n_effective 10.0)" in repr(result)
    assert "counts clusters with an answer (10), not people" in repr(result)
    assert "exact" not in repr(result)


@pytest.mark.parametrize("variance", ["linearized", "jackknife", "bootstrap"])
@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize("strata", [None, "h"])
def test_every_variance_and_method_counts_clusters(variance, weights, strata):
    options = {
        "design": cb.SurveyDesign(clusters="c", strata=strata),
        "weights": weights,
        "variance": variance,
        "bootstrap": cb.Bootstrap(n_resamples=100, rng=1),
    }
    for method in BOTH:
        row = one(ten_clusters(), method=method, **options)
        df = 8 if strata else 9
        high = wilson_high(10, df) if method == "wilson" else 1 - 0.025**0.1
        assert (row.n_effective, row.df) == (10, df)
        assert row.conf_high == pytest.approx(high, rel=1e-12)
    for method in ("logit", "arcsine", "wald"):
        with pytest.raises(MethodError, match="nobody or everybody"):
            one(ten_clusters(), method=method, **options)


@pytest.mark.parametrize("make", [lambda d: d, pl.from_pandas, pa.Table.from_pandas])
def test_every_kind_of_question_and_frame_counts_clusters(make):
    data = ten_clusters()
    data["t1"], data["t2"] = 0, 1
    frame = make(data)
    nobody = [
        one(frame, design=cb.SurveyDesign(clusters="c")),
        cb.proportions(frame, SelectAll(["t1", "t2"], "uses"), design=cb.SurveyDesign(clusters="c")).rows[0],
        one(frame, among="some", design=cb.SurveyDesign(clusters="c")),
        one(frame, among="some", share="joint", design=cb.SurveyDesign(clusters="c")),
    ]
    for row in nobody:
        assert (row.count, row.n_effective) == (0, 10)
        assert row.conf_high == pytest.approx(wilson_high(10, 9), rel=1e-12)
    # One cluster answers "z", so in the other group all say "x" and nobody says "z".
    data["level"] = np.where(data["c"] == 9, "z", "x")
    rows = cb.proportions(
        make(data), Item("level", each_level=True), by="g", design=cb.SurveyDesign(clusters="c")
    ).rows
    edges = {(r.level, r.group[0][1]): r for r in rows if r.count in {0, r.n}}
    assert set(edges) == {("x", "even"), ("z", "even")}
    assert edges["z", "even"].conf_high == pytest.approx(wilson_high(5, 4), rel=1e-12)
    assert edges["x", "even"].conf_low == pytest.approx(1 - wilson_high(5, 4), rel=1e-12)


def test_only_clusters_with_somebody_in_the_row_count():
    data = ten_clusters()
    data["none"] = data["none"].astype(float)
    data.loc[data["c"] < 2, "none"] = np.nan  # nobody of two clusters answered
    data.loc[data["c"] == 9, "w"] = 0.0  # and of one everybody has weight 0
    result = cb.proportions(
        data, "none", by="g", totals=True, weights="w", design=cb.SurveyDesign(clusters="c")
    )
    sizes = {row.group[0][1]: (row.n_effective, row.df) for row in result.rows}
    assert sizes == {"even": (4, 3), "odd": (3, 2), "(all)": (7, 6)}
    for row in result.rows:
        assert row.conf_high == pytest.approx(wilson_high(row.n_effective, row.df), rel=1e-12)
    assert "clusters with an answer (3 to 7)" in repr(result)


def test_never_above_the_people_or_kish_size():
    data = ten_clusters()
    data["w"] = np.where(np.arange(200) == 0, 1000.0, 1.0)  # one person is nearly all the weight
    row = one(data, weights="w", design=cb.SurveyDesign(clusters="c"))
    assert row.n_effective == pytest.approx(data["w"].sum() ** 2 / (data["w"] ** 2).sum(), rel=1e-12)
    assert row.n_effective < 2
    few = data.assign(c=np.arange(200))  # clusters of one are people
    assert one(few, design=cb.SurveyDesign(clusters="c")).n_effective == 200


def test_without_clusters_people_count():
    data = ten_clusters()
    kish = data["w"].sum() ** 2 / (data["w"] ** 2).sum()
    for weights, size in ((None, 200), ("w", kish)):
        for method in BOTH:
            row = one(data, design=cb.SurveyDesign(strata="h"), weights=weights, method=method)
            high = wilson_high(size, 198) if method == "wilson" else 1 - 0.025 ** (1 / size)
            assert row.n_effective == pytest.approx(size, rel=1e-12)
            assert row.conf_high == pytest.approx(high, rel=1e-10)


def test_a_finite_population_of_clusters():
    data = ten_clusters()
    row = one(data, design=cb.SurveyDesign(clusters="c", population_size=40))
    assert row.n_effective == pytest.approx(10 / (1 - 10 / 40), rel=1e-12)
    assert row.conf_high == pytest.approx(wilson_high(10 / 0.75, 9), rel=1e-12)
    # The smallest stratum's 1 / (1 - f): 6 of 12 in a, 4 of 5 in b.
    data["size"] = np.where(data["h"] == "a", 12, 5)
    options = {"design": cb.SurveyDesign(clusters="c", strata="h", population_size="size")}
    assert one(data, **options).n_effective == pytest.approx(10 * 2, rel=1e-12)
    # Of a stratum in which nobody is in the row nothing counts.
    rows = cb.proportions(data, "none", by="h", **options).rows
    assert [r.n_effective for r in rows] == pytest.approx([6 * 2, 4 * 5], rel=1e-12)


def test_people_of_a_finite_population():
    data = ten_clusters()
    for method in BOTH:
        row = one(data, design=cb.SurveyDesign(population_size=250), method=method)
        assert row.n_effective == pytest.approx(200 * 5, rel=1e-12)
        high = wilson_high(1000, 199) if method == "wilson" else 1 - 0.025 ** (1 / 1000)
        assert row.conf_high == pytest.approx(high, rel=1e-10)


@pytest.mark.parametrize("method", BOTH)
@pytest.mark.parametrize(("size", "clusters"), [(10, "c"), (200, None)])
@pytest.mark.parametrize("variance", ["linearized", "jackknife", "bootstrap"])
def test_a_census_with_no_yes_has_no_width(method, size, clusters, variance):
    result = cb.proportions(
        ten_clusters(),
        ["none", "all"],
        design=cb.SurveyDesign(clusters=clusters, population_size=size),
        method=method,
        variance=variance,
        bootstrap=cb.Bootstrap(n_resamples=100, rng=1),
    )
    for row in result.rows:
        assert row.conf_low == row.conf_high == row.estimate == row.bound == (row.item == "all")
        assert (row.std_error, row.deff, row.n_effective) == (0, 0, math.inf)
    assert "ruled out" not in repr(result)
    assert "has no sampling error" in repr(result)


def test_replicate_weights_count_their_degrees_of_freedom_plus_1():
    data = ten_clusters()
    columns = [f"r{k}" for k in range(10)]
    for k, name in enumerate(columns):
        data[name] = np.where(data["c"] == k, 0.0, 10 / 9)
    for df, size in ((None, 10), (6, 7)):
        given_weights = ReplicateWeights(columns, "jk1", df=df)
        for method in BOTH:
            options = {
                "weights": "ones",
                "design": cb.SurveyDesign(replicate_weights=given_weights),
                "method": method,
            }
            row = one(data.assign(ones=1.0), **options)
            high = wilson_high(size, size - 1) if method == "wilson" else 1 - 0.025 ** (1 / size)
            assert (row.df, row.n_effective) == (size - 1, size)
            assert row.conf_high == pytest.approx(high, rel=1e-12)
    result = cb.proportions(
        data.assign(ones=1.0),
        "none",
        by="g",
        weights="ones",
        design=cb.SurveyDesign(replicate_weights=given_weights),
    )
    assert [r.n_effective for r in result.rows] == [r.df + 1 for r in result.rows] == [5, 5]
    assert "degrees of freedom of the replicate weights, plus 1 (5), not people" in repr(result)
    # Never above Kish's size.
    data["heavy"] = np.where(np.arange(200) == 0, 1000.0, 1.0)
    heavy = data.assign(**{name: data[name] * data["heavy"] for name in columns})
    assert (
        one(
            heavy, weights="heavy", design=cb.SurveyDesign(replicate_weights=ReplicateWeights(columns, "jk1"))
        ).n_effective
        < 2
    )


def test_only_plain_samples_have_exact_bounds():
    data = ten_clusters().assign(ones=1.0)
    assert "(one-sided, exact)" in repr(cb.proportions(data, "none"))
    for options in (
        {"weights": "w"},
        {"weights": "ones"},
        {"design": cb.SurveyDesign(clusters="c")},
        {"design": cb.SurveyDesign(strata="h")},
        {"design": cb.SurveyDesign(population_size=1000)},
        {"variance": "jackknife", "design": cb.SurveyDesign(strata="h"), "weights": "ones"},
    ):
        text = repr(cb.proportions(data, ["none", "all"], **options))
        assert "exact" not in text
        assert len(re.findall(r"\(one-sided, for n_effective [\d.,]+\)", text)) == 2


# ---- properties ---------------------------------------------------------------------------------------


def values(row):
    names = (
        "estimate",
        "std_error",
        "conf_low",
        "conf_high",
        "n_effective",
        "deff",
        "df",
        "bound",
        "n",
        "count",
    )
    return [getattr(row, name) for name in names]


@settings(deadline=None)
@given(
    st.integers(0, 10_000),
    st.sampled_from(BOTH),
    st.sampled_from(["linearized", "jackknife"]),
    st.sampled_from([None, "h"]),
    st.sampled_from([None, "w"]),
    st.booleans(),
)
def test_a_row_does_not_change_with_its_neighbours(seed, method, variance, strata, weights, finite):
    rng = np.random.default_rng(seed)
    data = ten_clusters()
    for name, share in (("y", 0.02), ("z", 0.5)):
        data[name] = (rng.random(200) < share * (rng.random(10) < 0.5)[data["c"]]).astype(float)
        data.loc[rng.permutation(200)[:20], name] = np.nan
    data["g"] = rng.choice(["p", "q"], 200)
    options = {
        "method": method,
        "variance": variance,
        "design": cb.SurveyDesign(strata=strata, clusters="c", population_size="size" if finite else None),
        "weights": weights,
    }
    data["size"] = np.where(data["h"] == "a", 9, 7) if strata else 30
    together = cb.proportions(data, ["z", "y", "none"], by="g", totals=True, **options)
    alone = cb.proportions(data, "y", by="g", totals=True, **options)
    # Another group's answers are another matter, and so are other items.
    other = data.assign(y=data["y"].where(data["g"] == "p", rng.integers(0, 2, 200)))
    changed = cb.proportions(other, ["y", "all"], by="g", **options)
    rows = {row.group[0][1]: values(row) for row in together.rows if row.item == "y"}
    for row in alone.rows:
        np.testing.assert_allclose(values(row), rows[row.group[0][1]], rtol=1e-12)
    np.testing.assert_allclose(values(changed.rows[0]), rows["p"], rtol=1e-12)


@given(st.integers(2, 5_000), confidence_levels, st.sampled_from(BOTH))
def test_alike_people_miss_at_most_half_of_the_error(units, level, method):
    # People of a unit answer alike, so nobody says yes with probability (1 - p)^units. The worst share is that
    # just above the upper limit.
    high = design_interval(
        0.0, 0.0, 20 * units, units - 1, n_kish=20 * units, units=units, method=method, confidence_level=level
    ).high
    if method == "korn_graubard" or level >= 0.95:  # below, Wilson's is short at 0 with or without clusters
        assert (1 - high) ** units <= (1 - level) / 2 * (1 + 1e-9)


# ---- simulation ---------------------------------------------------------------------------------------


def chances(rng, shape, share, rho):
    """Draw the chance of a yes for each cluster (rows) of each sample (columns)."""
    if rho == 0:
        return np.full(shape, share)
    if rho == 1:
        return (rng.random(shape) < share).astype(float)
    return rng.beta(share * (1 / rho - 1), (1 - share) * (1 / rho - 1), shape)


def simulated(rng, stratum, sizes, share, rho):
    """Draw samples as columns: 2,000 of them, of clusters in strata whose people resemble each other."""
    draws = 2_000
    chance = chances(rng, (len(sizes), draws), share, rho)
    c = np.repeat(np.arange(len(sizes)), sizes)
    yes = (rng.random((c.size, draws)) < chance[c]).astype(np.int8)
    nobody = ~yes.any(axis=0)
    data = pd.DataFrame(yes[:, nobody], columns=[f"s{k}" for k in range(nobody.sum())])
    return data.assign(c=c, h=np.asarray(stratum)[c], w=rng.gamma(2.0, size=c.size) + 0.1), draws


CLUSTERS = cb.SurveyDesign(clusters="c")
SAMPLES = {
    "10 of 20": ([0] * 10, [20] * 10, {"design": CLUSTERS}),
    "30 of 10, weights": ([0] * 30, [10] * 30, {"design": CLUSTERS, "weights": "w"}),
    "4 strata of 3, unequal": (
        [0, 1, 2, 3] * 3,
        [5, 10, 40, 20] * 3,
        {"design": cb.SurveyDesign(strata="h", clusters="c"), "weights": "w"},
    ),
    "5 of 8": ([0] * 5, [8] * 5, {"design": CLUSTERS}),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("rho", [0, 0.05, 0.3, 1])
@pytest.mark.parametrize("share", [0.01, 0.03, 0.1, 0.2, 0.3])
def test_samples_without_a_yes_that_miss_the_share(name, rho, share):
    """Of all samples (2,000; seed 9), those with no yes whose interval ends below the share: at most 2.5%."""
    stratum, sizes, options = SAMPLES[name]
    data, draws = simulated(np.random.default_rng(9), stratum, sizes, share, rho)
    items = [column for column in data.columns if column.startswith("s")]
    if not items:
        return
    for method in BOTH:
        rows = cb.proportions(data, items, method=method, **options).rows
        assert sum(row.conf_high < share for row in rows) <= 0.025 * draws


#: Samples without a yes that are looked at for each kind of share; the others count as these do.
LOOKED_AT = 400


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("rho", [0, 0.05, 0.3, 1])
@pytest.mark.parametrize("share", [0.03, 0.1, 0.3])
def test_levels_that_nobody_chose_miss_the_share_as_seldom(name, rho, share):
    """One of three answers, chosen by nobody (2,000 samples; seed 10): at most 2.5% of all samples miss it."""
    stratum, sizes, options = SAMPLES[name]
    rng = np.random.default_rng(10)
    data, draws = simulated(rng, stratum, sizes, share, rho)
    nobody = [column for column in data.columns if column.startswith("s")]
    items = nobody[:LOOKED_AT]
    if not items:
        return
    data[items] = rng.integers(1, 3, (len(data), len(items)))  # everybody chose another answer
    asked = [Item(column, each_level=True, levels=[1, 2, 3]) for column in items]
    for method in BOTH:
        rows = cb.proportions(data, asked, method=method, **options).rows
        high = [row.conf_high for row in rows if row.level == "3"]
        assert len(high) == len(items)
        assert np.mean(np.array(high) < share) * len(nobody) <= 0.025 * draws


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("rho", [0, 0.05, 0.3, 1])
@pytest.mark.parametrize("share", [0.03, 0.1, 0.3])
@pytest.mark.parametrize("kind", ["conditional", "joint"])
def test_shares_of_a_subset_in_which_nobody_says_yes_miss_as_seldom(kind, name, rho, share):
    """Six in ten belong to the subset, in clusters too (2,000 samples; seed 11): at most 2.5% of all miss."""
    stratum, sizes, options = SAMPLES[name]
    rng, draws = np.random.default_rng(11), 2_000
    c = np.repeat(np.arange(len(sizes)), sizes)
    shape = (len(sizes), draws)
    member = rng.random((c.size, draws)) < chances(rng, shape, 0.6, rho)[c]
    yes = member & (rng.random((c.size, draws)) < chances(rng, shape, share, rho)[c])
    units = np.array([np.bincount(c, m, len(sizes)) > 0 for m in member.T]).sum(axis=1)
    nobody = np.flatnonzero(~yes.any(axis=0) & (units > 1))  # of one cluster no interval is made
    true = share if kind == "conditional" else 0.6 * share
    data = pd.DataFrame({"c": c, "h": np.asarray(stratum)[c], "w": rng.gamma(2.0, size=c.size) + 0.1, "q": 0})
    for method in BOTH if nobody.size else ():
        high = [
            one(
                data.assign(a=member[:, k].astype(int)),
                "q",
                among="a",
                share=kind,
                method=method,
                **options,
            ).conf_high
            for k in nobody[:LOOKED_AT]
        ]
        assert np.mean(np.array(high) < true) * nobody.size <= 0.025 * draws


@pytest.mark.slow
def test_the_survey_of_the_fault():
    """10 clusters of 20 alike people, share .1, 400 surveys (seed 4): a third have no yes, and all hold 10%."""
    rng = np.random.default_rng(4)
    c = np.repeat(np.arange(10), 20)
    surveys = (rng.random((10, 400)) < 0.1)[c].astype(int)
    data = pd.DataFrame(surveys, columns=[f"s{k}" for k in range(400)]).assign(c=c)
    rows = [
        r
        for r in cb.proportions(data, list(data.columns[:-1]), design=cb.SurveyDesign(clusters="c")).rows
        if r.count == 0
    ]
    assert 100 < len(rows) < 180
    assert all(row.conf_high > 0.1 and row.bound > 0.1 for row in rows)
