"""Two stages of finite populations, stated design effects, and what a design says of itself."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import credbenefits as cb
from credbenefits import SurveyDesign
from credbenefits.errors import MethodError
from credbenefits.numerics.design.two_stages import Stages, two_stages, two_stages_rows
from credbenefits.numerics.design.variance import taylor_clusters

R = json.loads((Path(__file__).parents[1] / "golden" / "two_stages.json").read_text())
LONELY = ["certainty", "adjust", "average"]


def one(data, item="y", **options):
    (row,) = cb.proportions(data, item, **options).rows
    return row


def row_of(result, by, group):
    return next(r for r in result.rows if not by or dict(r.group)[by] == group)


# ---- R's survey package -------------------------------------------------------------------------------


def apiclus2():
    data = pd.DataFrame(R["apiclus2"])
    drawn = data.groupby("dnum")["snum"].transform("nunique")
    return data.assign(implied=data["fpc1"] / data["dnum"].nunique() * data["fpc2"] / drawn)


@pytest.mark.parametrize("make", [lambda d: d, pl.from_pandas], ids=["pandas", "polars"])
@pytest.mark.parametrize(
    "record", R["records"], ids=lambda r: f"{r['design']}-{r['variable']}-{r['group'] or 'all'}"
)
def test_apiclus2_agrees_with_svymean_and_svyby(record, make):
    weights = {"both": "implied", "weighted": "pw", "uneven": "api99", "first": "pw"}[record["design"]]
    sizes = "fpc1" if record["design"] == "first" else ["fpc1", "fpc2"]
    result = cb.proportions(
        make(apiclus2()),
        record["variable"],
        by=record["by"] or None,
        weights=weights,
        design=SurveyDesign(clusters=["dnum", "snum"], population_size=sizes),
    )
    row = row_of(result, record["by"], record["group"])
    assert row.estimate == pytest.approx(record["share"], rel=1e-12)
    if 0 < row.count < row.n:
        assert row.std_error == pytest.approx(record["se"], rel=1e-10)
    else:
        assert record["se"] < 1e-12
    assert row.df == record["df"]


@pytest.mark.parametrize("record", R["stratified"], ids=lambda r: f"{r['lonely_psu']}-{r['group'] or 'all'}")
def test_a_stratified_design_of_two_stages_agrees_with_r(record):
    """Districts of one school, a stratum and several districts drawn in full; numbers start anew in each."""
    design = SurveyDesign("h", ["i", "j"], ["n1", "n2"], lonely_psu=record["lonely_psu"])
    result = cb.proportions(
        pd.DataFrame(R["people"]), "yes", by=record["by"] or None, weights="weight", design=design
    )
    row = row_of(result, record["by"], record["group"])
    assert row.estimate == pytest.approx(record["share"], rel=1e-12)
    assert row.std_error == pytest.approx(record["se"], rel=1e-10)
    assert row.df == record["df"]


# ---- by hand and by brute force -----------------------------------------------------------------------


def test_by_hand():
    """4 of 8 clusters, 2 of 4 people in each: yes 2, 1, 1, 0.

    Scores over the sum of weights, 8: cluster totals 1/8, 0, 0, -1/8 give 4/3 x 2/64 between clusters. Within
    the two that differ each deviates by 1/16: 2 x 2/256 in each.
    """
    data = pd.DataFrame(
        {"y": [1, 1, 1, 0, 0, 1, 0, 0], "c": np.repeat(range(4), 2), "id": range(8), "N": 8, "M": 4}
    )
    row = one(data, design=SurveyDesign(clusters=["c", "id"], population_size=["N", "M"]))
    between, within = 4 / 3 * 2 / 64, 2 * 2 * 2 / 256
    assert row.estimate == 0.5
    assert row.std_error**2 == pytest.approx(between / 2 + within / 2 / 2, rel=1e-14)
    assert row.df == 3


def drawn(seed, *, alone=False):
    """Three strata of two to four PSUs of two to four units of one to three people."""
    rng = np.random.default_rng(seed)
    rows = [
        (h, i, j, rng.integers(0, 2), rng.gamma(2.0) + 0.1, rng.integers(0, 2))
        for h in range(3)
        for i in range(rng.integers(2, 5))
        for j in range(rng.integers(1 if alone else 2, 5))
        for _ in range(rng.integers(1, 4))
    ]
    data = pd.DataFrame(rows, columns=["h", "i", "j", "y", "w", "d"]).astype({"y": float})
    drawn_1 = data.groupby("h")["i"].transform("nunique")
    drawn_2 = data.groupby(["h", "i"])["j"].transform("nunique")
    return data.assign(
        N=drawn_1 * rng.integers(1, 4, 3)[data["h"]],
        M=drawn_2 + rng.integers(0, 5, 16)[4 * data["h"] + data["i"]],
    )


def by_brute_force(data):
    """The two sums as they are written in Särndal, Swensson and Wretman, with loops."""
    inside = data["d"] == 1
    w = data["w"].where(inside, 0.0)
    p = (w * data["y"]).sum() / w.sum()
    z = (w * (data["y"] - p) / w.sum()).rename("z")
    total = 0.0
    for _, of_h in data.assign(z=z).groupby("h"):
        psus = of_h.groupby("i")["z"].sum()
        n, f = len(psus), len(psus) / of_h["N"].iloc[0]
        total += (1 - f) * n / (n - 1) * ((psus - psus.mean()) ** 2).sum()
        for _, of_i in of_h.groupby("i"):
            units = of_i.groupby("j")["z"].sum()
            m, g = len(units), len(units) / of_i["M"].iloc[0]
            total += f * (1 - g) * m / (m - 1) * ((units - units.mean()) ** 2).sum()
    return p, total


TWO = SurveyDesign("h", ["i", "j"], ["N", "M"])


@given(st.integers(0, 10_000))
def test_domains_by_brute_force(seed):
    data = drawn(seed)
    data.loc[0, "d"], data.loc[0, "y"], data.loc[1, "d"], data.loc[1, "y"] = 1, 1.0, 1, 0.0
    result = cb.proportions(data, "y", by="d", weights="w", design=TWO)
    row = row_of(result, "d", "1")
    p, variance = by_brute_force(data)
    assert row.estimate == pytest.approx(p, rel=1e-12)
    assert row.std_error**2 == pytest.approx(variance, rel=1e-9, abs=1e-15)


@pytest.mark.once
@given(st.integers(0, 10_000))
def test_people_as_units_are_counted_without_their_rows(seed):
    data = drawn(seed).groupby(["h", "i", "j"], as_index=False).first().drop(columns="M")
    data["M"] = data.groupby(["h", "i"])["j"].transform("nunique") + 2
    data["id"] = np.arange(len(data))
    twice = pd.concat([data, data.iloc[:0]])
    named = [
        cb.proportions(
            twice, "y", by="d", totals=True, weights="w", design=SurveyDesign("h", ["i", unit], ["N", "M"])
        )
        for unit in ("j", "id")
    ]
    # A person out of the domain beside each keeps the units from being rows.
    beside = pd.concat([data, data.assign(d=2, w=0.0)])
    named.append(cb.proportions(beside, "y", by="d", totals=True, weights="w", design=TWO))
    numbers = [
        [(r.estimate, r.std_error, r.df, r.n_effective) for r in result.rows if r.group[0][1] != "2"]
        for result in named
    ]
    np.testing.assert_allclose(numbers[0], numbers[1], rtol=1e-12)
    np.testing.assert_allclose(numbers[2], numbers[1], rtol=1e-8)


def sums(data):
    """Sums per unit of the second stage, its PSU, and what the PSUs are."""
    units = data.assign(wy=data["w"] * data["y"], one=1).groupby(["h", "i", "j"])[["wy", "w", "one"]].sum()
    psu = pd.factorize(pd.MultiIndex.from_arrays([units.index.get_level_values(k) for k in (0, 1)]))[0]
    first = data.groupby(["h", "i"])[["N", "M"]].first()
    stratum = first.index.get_level_values(0).to_numpy()
    n = np.bincount(stratum)
    fraction = n / first.groupby("h")["N"].first().to_numpy()
    m = np.bincount(psu)
    return units.to_numpy().T, psu, Stages(stratum, m, m / first["M"].to_numpy()), fraction


@given(st.integers(0, 10_000), st.sampled_from(LONELY))
def test_the_ends_of_both_fractions_are_designs_of_one_stage(seed, rule):
    columns, psu, stages, fraction = sums(drawn(seed, alone=True))
    psus = [np.bincount(psu, c) for c in columns]

    def variance(f1, f2):
        told = stages._replace(sampling_fraction=f2)
        made = two_stages(*columns, told, psu=psu, sampling_fraction=f1, lonely_psu=rule)
        assert 0 <= made.correction <= 1
        return float(made.variance)

    all_of_them = np.ones(len(stages.drawn))
    first = taylor_clusters(*psus, stages.stratum, sampling_fraction=fraction, lonely_psu=rule)
    assert variance(fraction, all_of_them) == pytest.approx(float(first.variance), rel=1e-10)
    # Out of a population without end the second stage adds nothing.
    endless = taylor_clusters(*psus, stages.stratum, lonely_psu=rule)
    assert variance(None, stages.sampling_fraction) == pytest.approx(float(endless.variance), rel=1e-10)
    # Where all PSUs were drawn, they are strata.
    strata = taylor_clusters(*columns, psu, sampling_fraction=stages.sampling_fraction, lonely_psu=rule)
    assert variance(np.ones(3), stages.sampling_fraction) == pytest.approx(float(strata.variance), rel=1e-9)
    # More of either stage is never a larger variance of the same numbers.
    assert variance(fraction, all_of_them) <= variance(fraction, stages.sampling_fraction) * (1 + 1e-12)


def test_rows_and_units_take_the_same_lonely_units():
    stages = Stages([0, 0], [1, 3], [0.5, 0.5])
    yes, psu = np.array([1.0, 1.0, 0.0, 0.0]), np.array([0, 1, 1, 1])
    totals = [np.bincount(psu, a) for a in (yes, np.ones(4), np.ones(4))]
    for rule in LONELY:
        options = {"sampling_fraction": [0.5], "lonely_psu": rule}
        units = two_stages(yes, np.ones(4), np.ones(4), stages, psu=psu, **options)
        rows = two_stages_rows(
            *totals, stages, weight_squared_yes=totals[0], weight_squared=totals[1], **options
        )
        assert float(rows.variance) == pytest.approx(float(units.variance), rel=1e-12)
    with pytest.raises(MethodError, match="'error', with 1 such of 2"):
        two_stages(yes, np.ones(4), np.ones(4), stages, psu=psu, sampling_fraction=[0.5])
    # Nothing is asked of it where nothing is added.
    assert two_stages(yes, np.ones(4), np.ones(4), stages, psu=psu, sampling_fraction=[0.0]).variance > 0


def test_alike_clusters_of_unlike_people_are_not_certain():
    """Between clusters nothing differs, so that the first stage's variance is 0; within them it is not."""
    data = pd.DataFrame({"y": [1, 0] * 4, "c": np.repeat(range(4), 2), "id": range(8), "N": 8, "M": 4})
    row = one(data, design=SurveyDesign(clusters=["c", "id"], population_size=["N", "M"]))
    assert row.std_error > 0
    assert row.n_effective == pytest.approx(min(8, 0.25 / row.std_error**2))


# ---- where nobody says yes ----------------------------------------------------------------------------


def nobody(clusters=10, size=20):
    return pd.DataFrame(
        {
            "y": 0,
            "c": np.repeat(np.arange(clusters), size),
            "id": np.arange(clusters * size),
            "w": 1.0,
            "N": 2 * clusters,
            "M": 2 * size,
            "all": clusters,
            "every": size,
        }
    )


def test_nobody_in_clusters_of_which_a_part_was_asked():
    """10 clusters over 1 - 1/2 x 1/2; where all clusters were drawn, over 1 - 1/2: not without end."""
    for size, left in (("N", 3 / 4), ("all", 1 / 2)):
        row = one(nobody(), design=SurveyDesign(clusters=["c", "id"], population_size=[size, "M"]))
        assert row.n_effective == pytest.approx(10 / left)
        assert 0 < row.conf_high < 1
    census = one(nobody(), design=SurveyDesign(clusters=["c", "id"], population_size=["all", "every"]))
    assert (census.conf_low, census.conf_high, census.n_effective) == (0, 0, math.inf)


@pytest.mark.parametrize("variance", ["linearized", "jackknife", "bootstrap"])
def test_the_stated_design_effect_counts_people_where_nobody_says_yes(variance):
    data = nobody().assign(some=np.arange(200) % 7 == 0, w=np.where(np.arange(200) % 2, 1.0, 3.0))
    kish = 200 * 0.8  # (1 + 3)^2 / (1 + 9) / 2
    options = {"variance": variance, "bootstrap": cb.Bootstrap(n_resamples=100, rng=1)}
    for weights, n in ((None, 200), ("w", kish)):
        design = SurveyDesign(clusters="c", deff=2.5)
        result = cb.proportions(data, ["y", "some"], weights=weights, design=design, **options)
        plain = cb.proportions(
            data, ["y", "some"], weights=weights, design=SurveyDesign(clusters="c"), **options
        )
        row = result.rows[0]
        assert row.n_effective == pytest.approx(n / 2.5)
        assert row.deff == pytest.approx(200 / (n / 2.5))
        assert row.bound == pytest.approx(1 - 0.05 ** (2.5 / n))
        assert row.conf_high < plain.rows[0].conf_high
        assert repr(result.rows[1]) == repr(plain.rows[1])  # no other share uses it
        (note,) = [n for n in result.notes if "stated design effect of 2.5" in n]
        assert "counts clusters" not in note


def test_a_stated_design_effect_goes_with_replicate_weights_and_population_sizes():
    data = nobody()
    for k in range(10):
        data[f"r{k}"] = np.where(data["c"] == k, 0.0, 10 / 9)
    given_weights = cb.ReplicateWeights([f"r{k}" for k in range(10)], "jk1")
    assert (
        one(data, weights="w", design=SurveyDesign(replicate_weights=given_weights, deff=4)).n_effective == 50
    )
    assert one(data, design=SurveyDesign(clusters="c", population_size=20, deff=4)).n_effective == 100
    both = SurveyDesign(clusters=["c", "id"], population_size=["N", "M"], deff=1)
    assert one(data, design=both).n_effective == pytest.approx(200 / 0.75)
    assert one(data, design=SurveyDesign(strata="c", deff=2)).n_effective == 100


# ---- what is crossed, said and refused ----------------------------------------------------------------


def test_crossed_strata_are_the_strata_of_one_column():
    data = drawn(3).assign(a=lambda d: d["h"] % 2, b=lambda d: d["h"] // 2)
    crossed = cb.proportions(data, "y", weights="w", design=SurveyDesign(strata=["a", "b"], clusters="i"))
    single = cb.proportions(data, "y", weights="w", design=SurveyDesign(strata="h", clusters="i"))
    assert repr(crossed.rows) == repr(single.rows)
    assert any(note.startswith("design: 3 strata (a x b), ") for note in crossed.notes)


def test_the_note_says_which_stages_the_variance_is_of():
    data = nobody()
    ends = {
        "N": "200 units of the second stage (id) within them, finite population correction, variance of the "
        "first stage (ultimate clusters)",
        (
            "N",
            "M",
        ): "200 units of the second stage (id) within them, finite population correction at both stages",
        None: "200 units of the second stage (id) within them, variance of the first stage (ultimate clusters)",
    }
    for size, words in ends.items():
        result = cb.proportions(data, "y", design=SurveyDesign(clusters=["c", "id"], population_size=size))
        assert f"design: 10 clusters (c), {words}" in result.notes


def test_ultimate_clusters_are_the_first_stage_alone():
    data = drawn(5)
    for variance in ("linearized", "jackknife", "bootstrap"):
        options = {
            "weights": "w",
            "variance": variance,
            "bootstrap": cb.Bootstrap(n_resamples=100, rng=1, keep=True),
        }
        two = cb.proportions(data, "y", design=SurveyDesign("h", ["i", "j"], "N"), **options)
        first = cb.proportions(data, "y", design=SurveyDesign("h", "i", "N"), **options)
        assert repr(two.rows) == repr(first.rows)


SENTENCES = {
    "People drawn one by one.": SurveyDesign(),
    "People drawn one by one, with a finite population correction (900).": SurveyDesign(population_size=900),
    "People drawn one by one within strata (region x type).": SurveyDesign(["region", "type"]),
    "Clusters (school) drawn; strata with one unit: lonely_psu='adjust'.": SurveyDesign(
        clusters=["school"], lonely_psu="adjust"
    ),
    "Clusters (c) drawn within strata (h), and units of the second stage (s) within them; the variance is that of "
    "the first stage (ultimate clusters).": SurveyDesign("h", ["c", "s"]),
    "Clusters (c) drawn, and units of the second stage (s) within them, with a finite population correction of the "
    "first stage (N); the variance is that of the first stage (ultimate clusters).": SurveyDesign(
        clusters=["c", "s"], population_size="N"
    ),
    "Clusters (c) drawn within strata (h), and units of the second stage (s) within them, with finite population "
    "corrections of both stages (N, M); where nobody or everybody says yes, the design effect is taken to be 2.": SurveyDesign(
        "h", ["c", "s"], ["N", "M"], deff=2
    ),
    "80 replicate weights of the file (fay) hold the design.": SurveyDesign(
        replicate_weights=cb.ReplicateWeights([f"r{k}" for k in range(80)], "fay", fay_coefficient=0.5)
    ),
}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_design_is_printed_as_a_sentence(sentence):
    assert str(SENTENCES[sentence]) == sentence


def test_a_design_that_is_wrong_can_be_printed_all_the_same():
    wrong = SurveyDesign(3, ["a", "b", "c"], [None], "x", "y", ["r0"])  # type: ignore[arg-type]
    assert str(wrong).startswith("Clusters (a) drawn within strata (3)")


def test_a_design_cannot_be_changed_and_compares_by_content():
    columns = ["a", "b"]
    design = SurveyDesign(columns)
    columns.append("c")
    assert design.strata == ("a", "b")
    assert design == SurveyDesign(["a", "b"])
    with pytest.raises(AttributeError):
        design.strata = "c"
    with pytest.raises(AttributeError):
        cb.Bootstrap().rng = 3


@pytest.mark.parametrize(
    "name",
    [
        "strata",
        "clusters",
        "population_size",
        "lonely_psu",
        "replicate_weights",
        "resampling",
        "n_resamples",
        "batch",
        "keep_replicates",
        "rng",
        "progress",
        "allow_long",
    ],
)
def test_arguments_that_design_and_bootstrap_replace_are_gone(name):
    with pytest.raises(TypeError, match=name):
        cb.proportions(nobody(), "y", **{name: None})


def test_a_bootstrap_that_draws_nothing_is_told():
    for options in ({}, {"weights": "w"}, {"design": SurveyDesign(clusters="c")}):
        result = cb.proportions(nobody(), "y", bootstrap=cb.Bootstrap(rng=1), **options)
        assert result.notes[-1].startswith("bootstrap= has no effect here")
        assert not any("no effect" in note for note in cb.proportions(nobody(), "y", **options).notes)


# ---- simulations --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_coverage_where_most_clusters_were_drawn():
    """30 of 40 clusters, 10 of 40 people in each, correlated at .1 within clusters; 2,000 samples, seed 11.

    Ultimate clusters with the first stage's correction alone take everybody in a cluster as asked.
    """
    rng = np.random.default_rng(11)
    chance = rng.beta(0.3 * 9, 0.7 * 9, 40)
    people = rng.random((40, 40)) < chance[:, None]
    truth = people.mean()
    base = pd.DataFrame({"c": np.repeat(np.arange(30), 10), "id": np.arange(300), "N": 40, "M": 40})
    both = SurveyDesign(clusters=["c", "id"], population_size=["N", "M"])
    first = SurveyDesign(clusters="c", population_size="N")
    held = np.zeros(2)
    errors, estimates = [], []
    for _ in range(2_000):
        clusters = rng.permutation(40)[:30]
        y = np.concatenate([rng.permutation(people[c])[:10] for c in clusters]).astype(int)
        rows = [one(base.assign(y=y), design=design) for design in (both, first)]
        held += [row.conf_low <= truth <= row.conf_high for row in rows]
        errors.append(rows[0].std_error ** 2)
        estimates.append(rows[0].estimate)
    # Five standard errors of 2,000 samples' variance are 16%; of their coverage at .95, 2.4 points.
    assert np.mean(errors) == pytest.approx(np.var(estimates), rel=0.16)
    assert held[0] / 2_000 == pytest.approx(0.95, abs=0.024)
    assert held[1] / 2_000 < 0.9


@pytest.mark.slow
def test_coverage_of_a_stated_design_effect_where_nobody_says_yes():
    """20 clusters of 10, correlation .05 (design effect 1.45): the share of samples with nobody, and too short.

    True shares from .002 to .05, 20,000 samples each, seed 12: at most 2.5% and five standard errors.
    """
    rng = np.random.default_rng(12)
    data = nobody(20, 10)
    high = one(data, design=SurveyDesign(clusters="c", deff=1.45)).conf_high
    assert high < one(data, design=SurveyDesign(clusters="c")).conf_high
    for p in (0.002, 0.005, 0.01, 0.02, 0.03, 0.05):
        chance = rng.beta(p * 19, (1 - p) * 19, (20_000, 20))
        none = (rng.binomial(10, chance).sum(axis=1) == 0).mean()
        if high < p:
            assert none < 0.025 + 5 * math.sqrt(0.025 * 0.975 / 20_000)
