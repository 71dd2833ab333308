"""Designs at the table: strata, clusters, finite populations and weights through `proportions`."""

from __future__ import annotations

import json
import math
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import credbenefits as cb
from credbenefits import Item
from credbenefits.errors import DataWarning, InputError, MethodError

FOLDER = Path(__file__).parents[1] / "golden"
API = json.loads((FOLDER / "design.json").read_text())
MADE_UP = json.loads((FOLDER / "design_r.json").read_text())
ELS = json.loads((FOLDER / "els2002.json").read_text())
LONELY = ["certainty", "adjust", "average"]


def one(data, item="y", **options):
    (row,) = cb.proportions(data, item, **options).rows
    return row


def sample(seed=1, n=60):
    """Rows with an answer, a group, a weight, two strata and clusters that are numbered anew in each."""
    rng = np.random.default_rng(seed)
    stratum = np.where(np.arange(n) < n // 2, "north", "south")
    return pd.DataFrame(
        {
            "y": rng.integers(0, 2, n),
            "g": rng.choice(["a", "b"], n),
            "w": rng.gamma(2.0, size=n).round(3) + 0.1,
            "h": stratum,
            "c": np.arange(n) % 6,
            "row": np.arange(n),
        }
    )


def numbers(result):
    names = ["estimate", "std_error", "conf_low", "conf_high", "n_effective", "df"]
    return result.to_frame()[names].to_numpy(float)


# ---- a real survey ------------------------------------------------------------------------------------


@pytest.mark.shared
def test_els_2002_as_r_has_it(shared):
    data = pd.read_csv(shared / "data" / "els2002_plans.csv.gz")
    plans = Item("f1psepln", yes=5, no=[1, 2, 3, 4, 6])
    design = {"weights": "f1pnlwt", "design": cb.SurveyDesign(strata="strat_id", clusters="psu")}
    whole, *sexes = ELS["domains"]
    for by, expected in ((None, [whole]), ("bysex", sexes)):
        for method, name in (
            ("logit", "logit"),
            ("korn_graubard", "beta"),
            ("arcsine", "asin"),
            ("wald", "mean"),
        ):
            rows = cb.proportions(data, plans, by=by, method=method, **design).rows
            for row, record in zip(rows, expected, strict=True):
                assert (row.n, row.df) == (record["n"], record["df"])
                # Weights in the file are rounded as R read them: all digits but the last few agree.
                assert row.estimate == pytest.approx(record["share"], rel=1e-12)
                assert row.std_error == pytest.approx(record["se"], rel=1e-10)
                assert (row.conf_low, row.conf_high) == pytest.approx(record["limits"][name], rel=2e-8)
        rows = cb.proportions(data, plans, by=by, variance="jackknife", **design).rows
        assert [r.std_error for r in rows] == pytest.approx([d["jackknife_se"] for d in expected], rel=1e-9)
    assert [round(d["share"], 4) for d in ELS["domains"]] == [0.5875, 0.5515, 0.6327]


# ---- R's survey package -------------------------------------------------------------------------------

DESIGNS = {
    "dclus1": ("apiclus1", {"clusters": "dnum"}),
    "dstrat": ("apistrat", {"strata": "stype"}),
    "srs": ("apisrs", {}),
}


def golden(prefix):
    return [pytest.param(r, id=r["id"]) for r in API["records"] if r["id"].startswith(prefix)]


@pytest.mark.parametrize(
    "record", [p for p in golden("S5.svymean") if isinstance(p.values[0]["expected"], dict)]
)
def test_api_samples_agree_with_svymean(record):
    name, _, finite = record["id"].rsplit(".", 1)[1].partition("_")
    rows, design = DESIGNS[name]
    column = record["inputs"]["variable"].split("==")[0].replace(".", "")
    size = None if finite == "nofpc" else "fpc"
    row = one(
        pd.DataFrame(API["data"][rows]),
        column,
        weights="pw",
        variance="linearized",
        design=cb.SurveyDesign(population_size=size, **design),
    )
    expected, tolerance = record["expected"], record["tolerance"]
    assert (row.n, row.df) == (expected["n"], expected["degf"])
    assert row.estimate == pytest.approx(expected["p"], abs=tolerance)
    assert row.std_error == pytest.approx(expected["se"], abs=tolerance)
    # Cut to n without the finite population correction, and corrected then.
    plain = one(
        pd.DataFrame(API["data"][rows]),
        column,
        weights="pw",
        variance="linearized",
        design=cb.SurveyDesign(**design),
    )
    size = min(row.estimate * (1 - row.estimate) / plain.std_error**2, row.n)
    assert row.n_effective == pytest.approx(size * (plain.std_error / row.std_error) ** 2, rel=1e-12)
    if size < row.n:
        assert row.n_effective == pytest.approx(
            expected["p"] * (1 - expected["p"]) / expected["se"] ** 2, rel=1e-6
        )


@pytest.mark.parametrize("record", [p for p in golden("S5.svyby") if "schwide" in p.values[0]["id"]])
def test_api_domains_agree_with_svyby(record):
    rows, design = DESIGNS["dstrat" if record["id"].endswith("dstrat") else "dclus1"]
    result = cb.proportions(
        pd.DataFrame(API["data"][rows]),
        "schwide",
        by="stype",
        weights="pw",
        design=cb.SurveyDesign(population_size="fpc", **design),
    )
    expected = record["expected"]
    assert [r.group[0][1] for r in result.rows] == expected["levels"]
    errors = expected["se"] if "se" in expected else np.sqrt(np.diag(expected["vcov"]))
    np.testing.assert_allclose([r.estimate for r in result.rows], expected["mean"], atol=1e-12)
    np.testing.assert_allclose([r.std_error for r in result.rows], errors, atol=record["tolerance"])


@pytest.mark.parametrize(
    "record", MADE_UP["records"], ids=lambda r: f"{r['lonely_psu']}-{r['finite']}-{r['domain']}"
)
def test_a_small_design_agrees_with_r(record):
    people, rule = pd.DataFrame(MADE_UP["people"]), record["lonely_psu"]
    if rule == "fail":
        people = people[people["stratum"].isin([1, 2, 4])]
    options = {
        "weights": "weight",
        "design": cb.SurveyDesign(
            strata="stratum",
            clusters="psu",
            lonely_psu="error" if rule == "fail" else rule,
            population_size="population" if record["finite"] else None,
        ),
    }
    domain = record["domain"]
    result = cb.proportions(people, "yes", by="domain", totals=True, **options)
    row = next(r for r in result.rows if r.group[0][1] == ("(all)" if domain == "all" else domain))
    if domain == "all":
        # Totals are over people in a group, which is everybody here.
        assert row.n == one(people, "yes", **options).n
    assert row.estimate == pytest.approx(record["share"], rel=1e-13)
    assert row.std_error**2 == pytest.approx(record["variance"], rel=1e-12)
    assert row.df == record["df"]


def test_a_lonely_unit_is_refused_or_ruled_on():
    data = sample().assign(h=lambda d: d["h"].where(d["row"] > 0, "alone"))
    for more in (
        {},
        {"design": cb.SurveyDesign(strata="h", clusters="row")},
        {"variance": "jackknife"},
        {"variance": "bootstrap", "bootstrap": cb.Bootstrap(rng=1)},
    ):
        with pytest.raises(MethodError, match=r"`design\.lonely_psu`"):
            one(data, weights="w", **({"design": cb.SurveyDesign(strata="h")} | more))
    errors = [
        one(data, design=cb.SurveyDesign(strata="h", lonely_psu=rule), weights="w").std_error
        for rule in LONELY
    ]
    assert errors[0] < min(errors[1:])
    # A stratum that was drawn in full may hold one person: it has nothing to vary.
    data["size"] = np.where(data["h"] == "alone", 1, 1000)
    design = cb.SurveyDesign(strata="h", population_size="size")
    census = {"design": design, "weights": "w"}
    certain = one(data, design=replace(design, lonely_psu="certainty"), weights="w")
    assert repr(one(data, **census)) == repr(certain)  # NaN equals itself there
    drawn = one(data, variance="bootstrap", bootstrap=cb.Bootstrap(n_resamples=4000, rng=3), **census)
    assert drawn.std_error == pytest.approx(certain.std_error, rel=5 / math.sqrt(2 * 4000) + 0.02)


@pytest.mark.parametrize(
    ("resampling", "design"),
    [
        ("rao_wu", {"strata": "h"}),
        ("stratified", {"strata": "h"}),
        ("cluster", {"strata": "h", "clusters": "c"}),
    ],
)
@pytest.mark.parametrize("rule", ["error", "adjust", "average"])
def test_no_bootstrap_takes_a_lonely_unit_as_certain_unasked(resampling, design, rule):
    data = sample().assign(h=lambda d: d["h"].where(d["row"] > 0, "alone"))
    drawn = {"bootstrap": cb.Bootstrap(kind=resampling, rng=1), "method": "bootstrap"}
    with pytest.raises(MethodError, match=r"`design\.lonely_psu`"):
        one(data, design=cb.SurveyDesign(lonely_psu=rule, **design), **drawn)
    assert one(data, design=cb.SurveyDesign(lonely_psu="certainty", **design), **drawn).n == 60


# ---- by hand and by brute force -----------------------------------------------------------------------


def test_linearized_for_weights_alone():
    data = sample()
    y, w, n = data["y"], data["w"], len(data)
    p = np.average(y, weights=w)
    z = w * (y - p) / w.sum()
    row = one(data, weights="w", variance="linearized")
    assert row.std_error == pytest.approx(math.sqrt(n / (n - 1) * (z**2).sum()), rel=1e-12)
    assert row.df == n - 1
    # A domain is not a smaller sample: people outside it are units without a part in it.
    first = data["g"] == "a"
    p = np.average(y[first], weights=w[first])
    z = (w * (y - p) * first) / w[first].sum()
    row = cb.proportions(data, "y", by="g", weights="w", variance="linearized").rows[0]
    assert row.std_error == pytest.approx(math.sqrt(n / (n - 1) * (z**2).sum()), rel=1e-12)
    assert row.df == first.sum() - 1


@pytest.mark.parametrize("strata", [None, "h"])
@pytest.mark.parametrize("weights", [None, "w"])
def test_the_jackknife_of_rows_is_leaving_them_out(strata, weights):
    data = sample(2, 24).assign(w=lambda d: d["w"].round())  # alike people too
    data.loc[data.index % 7 == 0, "y"] = np.nan
    w = data["w"].clip(lower=1).to_numpy() if weights else np.ones(24)
    data["w"] = w
    stratum = pd.factorize(data[strata])[0] if strata else np.zeros(24, int)
    result = cb.proportions(
        data,
        "y",
        by="g",
        totals=True,
        design=cb.SurveyDesign(strata=strata),
        weights=weights,
        variance="jackknife",
    )
    y, known = data["y"].fillna(0).to_numpy(), data["y"].notna().to_numpy()
    for row in result.rows:
        inside = known & (True if row.group[0][1] == "(all)" else (data["g"] == row.group[0][1]).to_numpy())
        p, variance = (w * y * inside).sum() / (w * inside).sum(), 0.0
        for i in range(24):
            same = stratum == stratum[i]
            left = np.where(same, w * same.sum() / (same.sum() - 1), w) * inside
            left[i] = 0
            n = same.sum()
            variance += (n - 1) / n * ((left * y).sum() / left.sum() - p) ** 2
        assert row.std_error == pytest.approx(math.sqrt(variance), rel=1e-10)


@pytest.mark.parametrize("variance", ["linearized", "jackknife"])
@pytest.mark.parametrize("strata", [None, "h"])
def test_clusters_of_one_are_rows(variance, strata):
    data = sample(4)
    options = {"by": "g", "totals": True, "weights": "w", "variance": variance}
    np.testing.assert_allclose(
        numbers(cb.proportions(data, "y", design=cb.SurveyDesign(strata=strata, clusters="row"), **options)),
        numbers(cb.proportions(data, "y", design=cb.SurveyDesign(strata=strata), **options)),
        rtol=1e-10,
    )


def test_limits_use_the_degrees_of_freedom_once():
    data = sample(5, 90)
    data["y"] = (data["c"] + data["row"] // 30) % 4 < 2
    data.loc[::4, "y"] = True
    options = {"design": cb.SurveyDesign(strata="h", clusters="c"), "weights": "w"}
    row = one(data, **options)
    p, v, t = row.estimate, row.std_error**2, stats.t.ppf(0.975, row.df)
    assert row.df == 10
    assert row.n_effective == pytest.approx(min(p * (1 - p) / v, row.n), rel=1e-12)  # no t in it
    n = row.n_effective
    centre, half = (p + t**2 / (2 * n)), t * math.sqrt(p * (1 - p) / n + t**2 / (4 * n * n))
    assert (row.conf_low, row.conf_high) == pytest.approx(
        ((centre - half) / (1 + t**2 / n), (centre + half) / (1 + t**2 / n)), rel=1e-12
    )
    beta = one(data, method="korn_graubard", **options)
    size = min(p * (1 - p) / v * (stats.t.ppf(0.975, row.n - 1) / t) ** 2, row.n)
    x = p * size
    assert (beta.conf_low, beta.conf_high) == pytest.approx(
        (stats.beta.ppf(0.025, x, size - x + 1), stats.beta.ppf(0.975, x + 1, size - x)), rel=1e-10
    )
    logit = one(data, method="logit", **options)
    half = t * math.sqrt(v) / (p * (1 - p))
    assert stats.logistic.ppf([logit.conf_low, logit.conf_high]) == pytest.approx(
        [math.log(p / (1 - p)) - half, math.log(p / (1 - p)) + half], rel=1e-10
    )


# ---- nothing is certain -------------------------------------------------------------------------------


@pytest.mark.parametrize("variance", ["linearized", "jackknife", "bootstrap"])
@pytest.mark.parametrize("yes", ["y", "all"])
def test_no_degrees_of_freedom_are_never_certainty(variance, yes):
    data = sample().assign(place=lambda d: np.where(d["c"] == 0, "one", "rest"), all=1)
    data.loc[data["c"] == 1, "all"] = 0
    result = cb.proportions(
        data,
        yes,
        by="place",
        design=cb.SurveyDesign(clusters="c"),
        weights="w",
        variance=variance,
        bootstrap=cb.Bootstrap(rng=1),
    )
    one_unit, rest = result.rows
    assert one_unit.df == 0
    assert "no_df" in one_unit.flags
    assert 0 < one_unit.estimate <= 1
    unknown = ("std_error", "conf_low", "conf_high", "n_effective", "deff", "bound")
    assert all(math.isnan(getattr(one_unit, name)) for name in unknown)
    assert "nan" not in repr(result)
    assert any(n.startswith("a share without degrees of freedom has no interval") for n in result.notes)
    assert rest.conf_low < rest.estimate < rest.conf_high


@pytest.mark.parametrize("variance", ["kish", "linearized", "jackknife", "bootstrap"])
@pytest.mark.parametrize(
    "design",
    [
        {},
        {"design": cb.SurveyDesign(strata="h")},
        {"design": cb.SurveyDesign(clusters="c")},
        {"design": cb.SurveyDesign(strata="h", clusters="c")},
    ],
)
def test_edges_keep_a_width(variance, design):
    if variance == "kish" and design:
        pytest.skip("kish knows no design")
    data = sample().assign(none=0, all=1)
    for method in ("wilson", "korn_graubard"):
        result = cb.proportions(
            data,
            ["y", "none", "all"],
            by="g",
            totals=True,
            weights="w",
            method=method,
            variance=variance,
            bootstrap=cb.Bootstrap(rng=1),
            **design,
        )
        for row in result.rows:
            assert 0 < row.conf_high - row.conf_low < 1
            assert 1 <= row.n_effective <= row.n
            if row.count in {0, row.n}:
                assert math.isnan(row.std_error)
                assert 0 < row.bound < 1
                # The bound is exact only for the size that it is made for.
                assert f"{row.n_effective:,.1f}" in repr(result)
        for method_refused in ("logit", "wald", "bootstrap"):
            with pytest.raises(MethodError, match="nobody or everybody"):
                cb.proportions(
                    data,
                    ["y", "all"],
                    weights="w",
                    method=method_refused,
                    bootstrap=cb.Bootstrap(rng=1),
                    **design,
                )


@given(
    st.integers(0, 50),
    st.sampled_from([1e-30, 3.0, 1e30]),
    st.sampled_from(
        [
            {},
            {"design": cb.SurveyDesign(strata="h")},
            {"design": cb.SurveyDesign(clusters="c")},
            {"design": cb.SurveyDesign(strata="h", clusters="c")},
        ]
    ),
    st.sampled_from(["linearized", "jackknife", "kish"]),
)
def test_the_scale_of_weights_and_the_order_of_rows_are_nothing(seed, scale, design, variance):
    if variance == "kish":
        design = {}
    data = sample(seed, 40)
    options = {"by": "g", "totals": True, "weights": "w", "variance": variance, **design}
    before = numbers(cb.proportions(data, "y", **options))
    other = data.assign(w=data["w"] * scale).sample(frac=1, random_state=seed)
    np.testing.assert_allclose(numbers(cb.proportions(other, "y", **options)), before, rtol=1e-9, atol=1e-12)
    names = {"north": "z", "south": "a"}
    other = data.assign(h=data["h"].map(names), c=5 - data["c"], w=data["w"] / scale)
    np.testing.assert_allclose(numbers(cb.proportions(other, "y", **options)), before, rtol=1e-9, atol=1e-12)


@given(st.integers(0, 50), st.sampled_from(["wilson", "korn_graubard", "arcsine", "wald", "logit"]))
def test_yes_and_no_mirror_each_other(seed, method):
    data = sample(seed, 50)
    options = {"weights": "w", "design": cb.SurveyDesign(strata="h", clusters="c"), "method": method}
    yes, no = one(data, **options), one(data.assign(y=1 - data["y"]), **options)
    assert yes.std_error == pytest.approx(no.std_error, rel=1e-9)
    assert yes.n_effective == pytest.approx(no.n_effective, rel=1e-9)
    assert (yes.conf_low, yes.conf_high) == pytest.approx((1 - no.conf_high, 1 - no.conf_low), abs=1e-9)


@given(st.integers(0, 60))
def test_every_row_is_accounted_for(seed):
    rng = np.random.default_rng(seed)
    data = sample(seed, 40).astype({"y": object, "g": object})
    data.loc[rng.random(40) < 0.1, "y"] = None
    data.loc[rng.random(40) < 0.1, "g"] = None
    data.loc[rng.random(40) < 0.1, "w"] = 0.0
    data["s"] = pd.Series(rng.choice(["yes", "yes", "yes", "no", ""], 40), dtype=object)
    before = data.copy(deep=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)  # few answers are the matter of another test
        result = cb.proportions(
            data, "y", by="g", among="s", weights="w", design=cb.SurveyDesign(strata="h", clusters="c")
        )
    pd.testing.assert_frame_equal(data, before)
    (account,) = result.account
    parts = [getattr(account, name) for name in account.__dataclass_fields__ if name not in {"item", "rows"}]
    assert sum(parts) == account.rows == 40
    assert sum(r.n for r in result.rows) == account.answered
    assert sum(r.n_missing for r in result.rows) == account.unanswered


def test_sizes_count_units_and_are_checked():
    data = sample()
    finite = one(data, design=cb.SurveyDesign(clusters="c", population_size=12))
    assert finite.std_error == pytest.approx(
        one(data, design=cb.SurveyDesign(clusters="c")).std_error * math.sqrt(0.5), rel=1e-12
    )
    with pytest.raises(InputError, match=r"`design\.population_size`: .*5 where 6 were drawn"):
        one(data, design=cb.SurveyDesign(clusters="c", population_size=5))
    with pytest.raises(InputError, match=r"`design\.population_size`: .*one number for 2 strata"):
        one(data, design=cb.SurveyDesign(strata="h", population_size=500))
    with pytest.raises(InputError, match=r"`design\.population_size`: .*varies or is missing"):
        one(data.assign(size=data["row"] + 100), design=cb.SurveyDesign(strata="h", population_size="size"))
    with pytest.raises(InputError, match=r"`design\.clusters`: .*missing in 1 rows"):
        one(data.assign(c=data["c"].where(data["row"] > 0)), design=cb.SurveyDesign(clusters="c"))
