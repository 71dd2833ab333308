"""Intervals from replicate weights: the logit of R's survey, and weights of which some are negative."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import credbenefits as cb
from credbenefits import ReplicateWeights
from credbenefits.errors import InputError
from credbenefits.numerics.design.replicate_scale import replicate_proportions, replicate_variance
from credbenefits.numerics.proportion.design import design_interval

FOLDER = Path(__file__).parents[1] / "golden"
R = json.loads((FOLDER / "svyciprop.json").read_text())
API = json.loads((FOLDER / "design.json").read_text())["data"]["apiclus1"]
OURS = {"xlogit": "logit", "asin": "arcsine", "mean": "wald"}


def one(data, item="y", **options):
    (row,) = cb.proportions(data, item, **options).rows
    return row


# ---- the jackknife and the logit ------------------------------------------------------------------------


def jk1(record):
    """The replicate weights that R makes of apiclus1: leave out one district, weigh up the 14 others."""
    data = pd.DataFrame(API)
    names = []
    for k, district in enumerate(sorted(data["dnum"].unique())):
        names.append(f"r{k}")
        data[names[-1]] = np.where(data["dnum"] == district, 0.0, data["pw"] * 15 / 14)
    return data, ReplicateWeights(names, "jk1", scale=record["scale"])


@pytest.mark.parametrize("record", R["jk1"], ids=["with replacement", "finite"])
@pytest.mark.parametrize("theirs", OURS)
def test_jk1_is_that_of_r(record, theirs):
    data, weights = jk1(record)
    row = one(
        data, "schwide", weights="pw", design=cb.SurveyDesign(replicate_weights=weights), method=OURS[theirs]
    )
    assert row.df == record["df"]
    assert row.std_error == pytest.approx(record["se"], rel=1e-10)
    np.testing.assert_allclose((row.conf_low, row.conf_high), record["limits"][theirs], rtol=0, atol=1e-9)


@pytest.mark.parametrize("record", R["jk1"], ids=["with replacement", "finite"])
def test_the_logit_that_r_replicates_is_another(record):
    """R's method="logit" replicates the logit itself; ours has the delta method's error, as its "xlogit" has."""
    data, weights = jk1(record)
    row = one(
        data, "schwide", weights="pw", design=cb.SurveyDesign(replicate_weights=weights), method="logit"
    )
    theirs = record["limits"]["logit"]
    distance = np.abs(np.subtract((row.conf_low, row.conf_high), theirs))
    assert (distance > 1e-4).all()
    assert (distance < 2.5e-4).all()
    if record["finite"]:
        assert [round(x, 5) for x in (row.conf_low, row.conf_high)] == [0.82323, 0.91221]
        assert [round(x, 5) for x in theirs] == [0.82346, 0.91209]
    # That is all there is to it.
    values = cb.proportions(
        data,
        "schwide",
        weights="pw",
        design=cb.SurveyDesign(replicate_weights=weights),
        bootstrap=cb.Bootstrap(keep=True),
    ).replicates
    logits = stats.logistic.ppf(values.values)
    variance = replicate_variance(logits, stats.logistic.ppf(values.estimates), values.scale, values.rscales)
    half = stats.t.isf(0.025, 14) * np.sqrt(variance[0])
    found = stats.logistic.cdf(stats.logistic.ppf(row.estimate) + np.array([-half, half]))
    np.testing.assert_allclose(found, theirs, rtol=0, atol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("share", "units", "delta", "replicated"),
    [(0.1, 10, 0.947, 0.959), (0.3, 10, 0.951, 0.952), (0.1, 30, 0.947, 0.952)],
)
def test_which_logit_holds_the_share(share, units, delta, replicated):
    """JK1, units of 20 people with an intraclass correlation of .1: 20,000 samples (seed 6), so the half width of
    3 standard errors is .005. Where a replicate is 0 or 1 the replicated logit does not exist."""
    rng = np.random.default_rng(6)
    draws, size = 20_000, 20
    yes = rng.binomial(size, rng.beta(9 * share, 9 * (1 - share), (draws, units))).astype(float)
    total = yes.sum(axis=1, keepdims=True)
    replicates = ((total - yes) / ((units - 1) * size)).T
    p = total[:, 0] / (units * size)
    ok = ((replicates > 0) & (replicates < 1)).all(axis=0)
    replicates, p = replicates[:, ok], p[ok]
    scale, ones = (units - 1) / units, np.ones(units)
    variance = replicate_variance(replicates, p, scale, ones)
    low, high = design_interval(
        p, variance, size * units, units - 1, n_kish=size * units, method="logit", confidence_level=0.95
    )
    assert np.mean((low <= share) & (share <= high)) == pytest.approx(delta, abs=0.005)
    logit = stats.logistic.ppf
    half = stats.t.isf(0.025, units - 1) * np.sqrt(
        replicate_variance(logit(replicates), logit(p), scale, ones)
    )
    held = np.abs(logit(p) - logit(share)) <= half
    assert held.mean() == pytest.approx(replicated, abs=0.005)


# ---- negative weights -----------------------------------------------------------------------------------


def negative():
    """40 people with 80 replicate weights of successive differences, 524 of them negative."""
    given_data = R["negative"]
    weights = np.array(given_data["rep_w"])
    names = [f"r{k}" for k in range(80)]
    data = pd.DataFrame({"y": given_data["yes"], "w": given_data["w"], "g": given_data["domain"]})
    assert (weights < 0).sum() == 524
    return pd.concat([data, pd.DataFrame(weights, columns=names)], axis=1), ReplicateWeights(names, "sdr")


@pytest.mark.parametrize("make", [lambda d: d, pl.from_pandas])
def test_negative_replicate_weights_give_the_errors_of_r(make):
    data, weights = negative()
    options = {"weights": "w", "design": cb.SurveyDesign(replicate_weights=weights)}
    result = cb.proportions(
        make(data), "y", by="g", totals=True, bootstrap=cb.Bootstrap(keep=True), **options
    )
    records = {r["domain"].replace("all", "(all)"): r for r in R["negative"]["records"]}
    for row in result.rows:
        record = records[row.group[0][1]]
        assert row.estimate == pytest.approx(record["share"], rel=1e-12)
        assert row.std_error == pytest.approx(record["se"], rel=1e-9)
        assert 0 <= row.conf_low < row.estimate < row.conf_high <= 1
    # Shares outside 0 to 1 count as they are.
    shares = result.replicates.values[:, [r.group[0][1] for r in result.rows].index("b")]
    assert shares.min() < 0
    for method in ("logit", "arcsine", "wald", "korn_graubard"):
        for row in cb.proportions(data, "y", by="g", method=method, **options).rows:
            assert 0 <= row.conf_low < row.estimate < row.conf_high <= 1


@pytest.mark.parametrize("total", [-0.5, 0.0, 0.1 + 0.2 - 0.3])
def test_a_group_whose_weights_add_up_to_nothing_has_no_interval(total):
    data, weights = negative()
    b = np.flatnonzero(data["g"] == "b")
    data.loc[b, "r0"] = 0.0
    data.loc[b[:4], "r0"] = [0.1, 0.2, -0.3, 0.0] if 0 < total < 1e-9 else [0.3, 0.2, total - 0.5, 0.0]
    result = cb.proportions(
        data,
        "y",
        by="g",
        weights="w",
        design=cb.SurveyDesign(replicate_weights=weights),
        bootstrap=cb.Bootstrap(keep=True),
    )
    a, none = result.rows
    assert np.isnan([none.std_error, none.conf_low, none.conf_high, none.n_effective, none.bound]).all()
    assert "no_interval" in none.flags
    assert none.estimate == pytest.approx(R["negative"]["records"][2]["share"])
    assert "in up to 1 of 80 replicates the weights of the base add up to 0 or less" in repr(result)
    assert np.isnan(result.replicates.values[0, 1])
    assert 0 < a.conf_low < a.estimate < a.conf_high < 1
    # Nobody said yes there: still nothing is known.
    edge = cb.proportions(
        data.assign(y=0), "y", by="g", weights="w", design=cb.SurveyDesign(replicate_weights=weights)
    ).rows[1]
    assert np.isnan([edge.conf_high, edge.n_effective, edge.bound]).all()


def test_nobody_said_yes_with_negative_weights():
    data, weights = negative()
    for y in (0, 1):
        row = one(data.assign(y=y), weights="w", design=cb.SurveyDesign(replicate_weights=weights))
        assert row.df + 1 == row.n_effective or row.n_effective < row.df + 1  # Kish's size
        assert 0 < row.conf_high - row.conf_low < 1
        assert np.isnan(row.std_error)


def test_a_negative_weight_of_the_full_sample_is_refused():
    data, weights = negative()
    data.loc[3, "w"] = -1.0
    with pytest.raises(InputError, match=r"`weights`: .*negative"):
        one(data, weights="w", design=cb.SurveyDesign(replicate_weights=weights))
    data["w"], data["r1"] = 1.0, np.inf
    with pytest.raises(InputError, match=r"`design.replicate_weights`: .*40 missing or infinite"):
        one(data, weights="w", design=cb.SurveyDesign(replicate_weights=weights))


@settings(deadline=None)
@given(st.integers(0, 10_000), st.floats(0.0, 3.0))
def test_replicate_shares_by_brute_force(seed, spread):
    rng = np.random.default_rng(seed)
    weights = rng.normal(1.0, spread, (8, 12))
    yes, answered = rng.integers(0, 2, 12), rng.random(12) < 0.8
    made = replicate_proportions(weights @ (yes * answered), weights @ answered, np.abs(weights) @ answered)
    for w, share in zip(weights, made, strict=True):
        base = sum(x for x, a in zip(w, answered, strict=True) if a)
        if base > 1e-9:
            top = sum(x for x, a, y in zip(w, answered, yes, strict=True) if a and y)
            assert share == pytest.approx(top / base, rel=1e-6, abs=1e-9)
        elif base < -1e-9 or not answered.any():
            assert np.isnan(share)


# ---- units that answered --------------------------------------------------------------------------------

low_response = pytest.mark.filterwarnings("ignore:.*below 70%:credbenefits.errors.DataWarning")


def asked_in(clusters, **options):
    """Ten clusters of 20 people with JK1 weights, of which the first `clusters` answered."""
    cluster = np.repeat(np.arange(10), 20)
    data = pd.DataFrame({"c": cluster, "w": 1.0, "inside": (cluster < clusters) * 1, "a": "x"})
    answer = np.where(np.arange(200) % 20 < cluster + 1, 1.0, 0.0)
    data["some"] = np.where(cluster < clusters, answer, np.nan)
    data["none"] = np.where(cluster < clusters, 0.0, np.nan)
    data["three"] = np.where(cluster < clusters, np.array(["u", "v", "w"])[np.arange(200) % 3], None)
    columns = [f"r{k}" for k in range(10)]
    data = data.assign(**{c: np.where(cluster == k, 0.0, 10 / 9) for k, c in enumerate(columns)})
    return data, {
        "weights": "w",
        "design": cb.SurveyDesign(replicate_weights=ReplicateWeights(columns, "jk1", **options)),
    }


@low_response
@pytest.mark.parametrize("clusters", [1, 3, 9, 10])
@pytest.mark.parametrize("options", [{}, {"by": "a", "totals": True}], ids=["all", "totals"])
def test_degrees_of_freedom_are_of_those_who_answered_the_item(clusters, options):
    """An item asked in 3 of 10 clusters knows 2 degrees of freedom, as with variance="jackknife"."""
    data, file = asked_in(clusters)
    items = ["some", "none", cb.Item("three", each_level=True), "inside"]
    result = cb.proportions(data, items, bootstrap=cb.Bootstrap(keep=True), **file, **options)
    own = cb.proportions(data, items, design=cb.SurveyDesign(clusters="c"), variance="jackknife", **options)
    for row, other in zip(result.rows, own.rows, strict=True):
        assert row.df == other.df == (9 if row.item == "inside" else clusters - 1)
        if clusters > 1:
            for name in ("std_error", "conf_low", "conf_high", "n_effective", "bound"):
                assert getattr(row, name) == pytest.approx(getattr(other, name), rel=1e-9, nan_ok=True)
    assert result.replicates.df.tolist() == [row.df for row in result.rows]
    none = next(row for row in result.rows if row.item == "none")
    if clusters == 3:
        assert (none.n_effective, round(none.conf_high, 3)) == (3, 0.861)


@low_response
def test_degrees_of_freedom_that_were_given_are_never_exceeded():
    data, file = asked_in(3, df=5)
    rows = cb.proportions(data, ["none", "inside"], **file).rows
    assert [row.df for row in rows] == [2, 5]


@low_response
def test_units_are_found_where_a_few_people_of_each_answered():
    """Hidden among many: one person of each of 9 clusters and all of the first answered."""
    data, file = asked_in(10)
    data = pd.concat([data] * 40, ignore_index=True).sort_values("c", kind="stable", ignore_index=True)
    first = ~data["c"].duplicated()
    data["some"] = np.where(first | (data["c"] == 0), data["some"], np.nan)
    assert one(data, "some", **file).df == 9
