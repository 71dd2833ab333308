"""Groups compared under a design: R's survey package, by hand, from counts, and how often a true null is rejected."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

import credbenefits as cb
from credbenefits.errors import InputError, MethodError
from credbenefits.numerics.groups.design import (
    DesignGroup,
    DesignPair,
    degrees_of_freedom,
    newcombe,
    score_test,
)

KINDS = ["difference", "ratio", "odds_ratio"]

# ---- R ------------------------------------------------------------------------------------------------------

#: R 4.2.2, survey 4.1-1: tests/golden/r/group_contrasts.R.
R = json.loads((Path(__file__).parents[1] / "golden" / "group_contrasts.json").read_text())
API = [r for r in R["records"] if r["design"] != "els2002"]
ELS = [r for r in R["records"] if r["design"] == "els2002"]
DESIGNS = {
    "apistrat": cb.SurveyDesign(strata="stype", population_size="fpc"),
    "apiclus1": cb.SurveyDesign(clusters="dnum", population_size="fpc"),
    "apiclus2": cb.SurveyDesign(clusters=["dnum", "snum"], population_size=["fpc1", "fpc2"]),
}


def check_record(record, make):
    """Every contrast that R has: estimates and standard errors to 1e-9, degrees of freedom at most R's."""
    for kind in KINDS:
        expected = {tuple(pair["groups"]): pair for pair in record["pairs"] if kind in pair}
        made = {(row.group, row.reference): row for row in make(kind).rows}
        for (a, b), pair in expected.items():
            row = made[a, b] if (a, b) in made else made[b, a]
            turned = row.group != a
            estimate, error = pair[kind]["estimate"], pair[kind]["se"]
            if turned and kind == "difference":
                estimate = -estimate
            elif turned:
                estimate, error = 1 / estimate, error / estimate**2
            assert row.estimate == pytest.approx(estimate, rel=1e-9, abs=1e-12)
            if not np.isnan(row.std_error):
                assert row.std_error == pytest.approx(error, rel=1e-9)
            else:
                assert {row.estimate_group, row.estimate_reference} & {0.0, 1.0}
            assert 0 < row.df <= pair["union_df"]
            assert row.conf_low < row.estimate < row.conf_high


@pytest.mark.parametrize("record", API, ids=lambda r: f"{r['design']}-{r['variable']}-{r['by']}")
def test_api_data_give_what_r_gives(record):
    rows = pd.DataFrame(R["api"][record["design"]])

    def make(kind):
        return cb.compare_groups(
            rows,
            record["variable"],
            by=record["by"],
            weights="pw",
            design=DESIGNS[record["design"]],
            comparison=kind,
        )

    check_record(record, make)


@pytest.mark.shared
@pytest.mark.parametrize("record", ELS, ids=lambda r: r["by"])
def test_els2002_gives_what_r_gives(record, shared):
    rows = pd.read_csv(shared / "data" / "els2002_plans.csv.gz")
    rows["sex"] = rows["bysex"].map({1: "male", 2: "female"})
    rows["parents"] = rows["bypared"].map(lambda v: "degree" if v >= 6 else "none", na_action="ignore")
    rows["four"] = (rows["f1psepln"] == 5).astype(float).where(rows["f1psepln"].notna())

    def make(kind):
        return cb.compare_groups(
            rows,
            "four",
            by=record["by"],
            weights="f1pnlwt",
            design=cb.SurveyDesign(strata="strat_id", clusters="psu"),
            comparison=kind,
            answers="none",
        )

    check_record(record, make)
    (row,), (pair,) = make("difference").rows, record["pairs"]
    assert row.df == pair["union_df"]  # both groups are in (nearly) all schools
    assert row.p_value == pytest.approx(pair["svyttest"]["p"], rel=0.2)


# ---- by hand ------------------------------------------------------------------------------------------------


def whole_clusters():
    """Six schools of 10 people in two groups: of whole schools (role), and within schools (sex)."""
    yes = [3, 5, 7, 6, 8, 9]
    return pd.DataFrame(
        {
            "school": np.repeat(list("abcdef"), 10),
            "role": np.repeat(["x", "y"], 30),
            "sex": ["f", "m"] * 30,
            "job": np.concatenate([[1] * k + [0] * (10 - k) for k in yes]),
            "w": 1.0 + np.arange(60) % 3,
        }
    )


SCHOOLS = cb.SurveyDesign(clusters="school")


def test_whole_clusters_by_hand():
    (row,) = cb.compare_groups(whole_clusters(), "job", by="role", reference="x", design=SCHOOLS).rows
    # z of a school is its sum of y - p over the 30 people of its group.
    z = [np.array([-2, 0, 2]) / 30, (np.array([6, 8, 9]) - 23 / 3) / 30]
    variance = [6 / 5 * (each**2).sum() for each in z]
    assert row.estimate == pytest.approx(23 / 30 - 0.5)
    assert row.std_error == pytest.approx(np.sqrt(sum(variance)), rel=1e-12)
    two, one = (DesignGroup(p, v, 30, 30, 3) for p, v in zip((0.5, 23 / 30), variance, strict=True))
    pair = DesignPair(one, two, 0.0, 5, 6)
    assert (row.conf_low, row.conf_high) == pytest.approx(tuple(newcombe(pair)), rel=1e-12)
    assert row.df == pytest.approx(float(degrees_of_freedom(pair)), rel=1e-12)
    assert row.df < 5
    assert row.p_value == pytest.approx(float(score_test(pair).p_value), rel=1e-12)
    assert row.test == "score"


def test_groups_within_clusters_covary():
    data = whole_clusters()
    (row,) = cb.compare_groups(data, "job", by="sex", reference="m", design=SCHOOLS, weights="w").rows
    total = data.groupby("sex")["w"].sum()
    p = data["w"].mul(data["job"]).groupby(data["sex"]).sum() / total
    z = data["w"] * (data["job"] - data["sex"].map(p)) / data["sex"].map(total)
    z = z.where(data["sex"] == "f", -z).groupby(data["school"]).sum()
    assert row.std_error == pytest.approx(np.sqrt(6 / 5 * (z**2).sum()), rel=1e-12)
    assert row.df == 5


def test_strata_of_people_by_hand():
    data = whole_clusters()
    (row,) = cb.compare_groups(
        data, "job", by="sex", reference="m", design=cb.SurveyDesign(strata="school")
    ).rows
    p = data.groupby("sex")["job"].mean()
    z = (data["job"] - data["sex"].map(p)) / 30 * data["sex"].map({"f": 1, "m": -1})
    spread = sum(10 / 9 * ((each - each.mean()) ** 2).sum() for _, each in z.groupby(data["school"]))
    assert row.std_error == pytest.approx(np.sqrt(spread), rel=1e-12)
    assert row.df == 54


@pytest.mark.parametrize("kind", KINDS)
def test_std_error_without_a_design_is_that_of_both_sizes(kind):
    data = whole_clusters()
    for weights in (None, "w"):
        (row,) = cb.compare_groups(
            data, "job", by="role", reference="x", weights=weights, comparison=kind
        ).rows
        p, q = row.estimate_group, row.estimate_reference
        v, w = p * (1 - p) / row.n_effective, q * (1 - q) / row.n_effective_reference
        error = {
            "difference": np.sqrt(v + w),
            "ratio": row.estimate * np.sqrt(v / p**2 + w / q**2),
            "odds_ratio": row.estimate * np.sqrt(v / (p * (1 - p)) ** 2 + w / (q * (1 - q)) ** 2),
        }[kind]
        assert row.std_error == pytest.approx(error, rel=1e-12)
        assert np.isnan(row.df)


@pytest.mark.parametrize("by", ["sex", "role"])
@pytest.mark.parametrize("fraction", [None, 24])
def test_the_jackknife_leaves_out_one_cluster_at_a_time(by, fraction):
    data = whole_clusters()
    a, b = sorted(data[by].unique())
    design = cb.SurveyDesign(clusters="school", population_size=fraction)
    (row,) = cb.compare_groups(
        data, "job", by=by, reference=a, weights="w", design=design, variance="jackknife"
    ).rows

    def difference(part):
        total = (part["w"] * part["job"]).groupby(part[by]).sum() / part.groupby(part[by])["w"].sum()
        return total[b] - total[a]

    left = np.array([difference(data[data["school"] != school]) for school in "abcdef"])
    variance = 5 / 6 * ((left - difference(data)) ** 2).sum() * (1 if fraction is None else 1 - 6 / 24)
    assert row.std_error == pytest.approx(np.sqrt(variance), rel=1e-12)
    assert row.df == 5 if by == "sex" else row.df <= 5


@pytest.mark.parametrize("by", ["sex", "role"])
def test_replicate_weights_that_leave_out_clusters_are_the_jackknife(by):
    data = whole_clusters()
    for school in "abcdef":
        data[f"rep_{school}"] = data["w"] * np.where(data["school"] == school, 0.0, 6 / 5)
    file = cb.ReplicateWeights([f"rep_{school}" for school in "abcdef"], "jk1")
    how = {"by": by, "weights": "w"}
    design = cb.SurveyDesign(replicate_weights=file)
    (row,) = cb.compare_groups(data, "job", design=design, **how).rows
    (jack,) = cb.compare_groups(data, "job", design=SCHOOLS, variance="jackknife", **how).rows
    assert row.std_error == pytest.approx(jack.std_error, rel=1e-12)
    assert row.df == pytest.approx(jack.df, rel=1e-9)
    assert (row.conf_low, row.conf_high) == pytest.approx((jack.conf_low, jack.conf_high), rel=1e-9)
    assert row.p_value == pytest.approx(jack.p_value, rel=1e-9, nan_ok=True)
    same(
        cb.compare_groups(cb.count(data, "job", design=design, **how)),
        cb.compare_groups(data, "job", design=design, **how),
    )
    with pytest.raises(InputError, match="full sample's weight"):
        cb.compare_groups(data, "job", by=by, design=design)


# ---- what has no interval -----------------------------------------------------------------------------------


def test_a_group_in_one_cluster_has_no_degrees_of_freedom():
    data = whole_clusters()
    data["one"] = np.where(data["school"] == "a", "alone", "others")
    (row,) = cb.compare_groups(data, "job", by="one", reference="others", design=SCHOOLS).rows
    assert "no_df" in row.flags
    assert "too_few_to_test" not in row.flags
    assert row.test == "none"
    assert np.isnan([row.std_error, row.conf_low, row.conf_high, row.p_value, row.df]).all()
    assert row.estimate == pytest.approx(0.3 - 0.7)
    page = cb.brief(cb.compare_groups(data, "job", by="one", design=SCHOOLS), title="Schools").to_markdown()
    assert "too few units to test" in page
    assert "(no interval)" in page
    assert "nan" not in page.lower()


def test_nobody_and_everybody():
    data = whole_clusters().assign(job=lambda d: (d["role"] == "x").astype(int))
    (row,) = cb.compare_groups(data, "job", by="role", reference="y", design=SCHOOLS).rows
    assert row.estimate == 1.0
    assert np.isnan(row.std_error)
    assert row.conf_low < 1.0 == row.conf_high
    assert row.n_effective == row.n_effective_reference == 3
    for kind in ("ratio", "odds_ratio"):
        (row,) = cb.compare_groups(
            data, "job", by="role", reference="y", design=SCHOOLS, comparison=kind
        ).rows
        assert (row.conf_low, row.conf_high) == (0.0, np.inf)
        assert np.isinf(row.estimate)


def test_groups_that_always_differ_alike_have_no_interval():
    # Two schools; in each of them 2 more of 10 women than of 10 men: the difference does not vary.
    data = pd.DataFrame(
        {
            "school": np.repeat(["a", "b"], 20),
            "sex": ["f"] * 10 + ["m"] * 10 + ["f"] * 10 + ["m"] * 10,
            "job": [1] * 6 + [0] * 4 + [1] * 4 + [0] * 6 + [1] * 8 + [0] * 2 + [1] * 6 + [0] * 4,
        }
    )
    (row,) = cb.compare_groups(data, "job", by="sex", design=SCHOOLS).rows
    assert np.isnan(row.p_value)
    assert row.test == "none"


def test_a_population_drawn_in_full_has_no_error():
    (row,) = cb.compare_groups(
        whole_clusters(),
        "job",
        by="sex",
        design=cb.SurveyDesign(clusters="school", population_size=6),
    ).rows
    assert row.std_error == 0
    assert row.conf_low == row.conf_high == row.estimate


# ---- refusals -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "method"),
    [("difference", "miettinen_nurminen"), ("ratio", "koopman"), ("odds_ratio", "cornfield_exact")],
)
def test_methods_that_know_no_design_are_refused_by_name(kind, method):
    with pytest.raises(MethodError, match=f"got '{method}'") as error:
        cb.compare_groups(whole_clusters(), "job", by="role", design=SCHOOLS, comparison=kind, method=method)
    assert "linearized" in str(error.value)


def test_other_variances_are_refused_by_name():
    data = whole_clusters()
    # "bootstrap" was refused until groups could be drawn together: tests of it are in test_compare_bootstrap.py.
    with pytest.raises(MethodError, match="'kish'"):
        cb.compare_groups(data, "job", by="role", design=SCHOOLS, variance="kish")
    with pytest.raises(MethodError, match="'jackknife'"):
        cb.compare_groups(data, "job", by="role", weights="w", variance="jackknife")
    with pytest.raises(MethodError, match="'jackknife'"):
        cb.compare_groups(survey(), "job", by="role", **SAMPLES["two stages"], variance="jackknife")
    data["stratum"] = np.where(data["school"] == "a", "alone", "others")
    alone = cb.SurveyDesign("stratum", "school")
    with pytest.raises(MethodError, match=r"design\.lonely_psu"):
        cb.compare_groups(data, "job", by="sex", design=alone)
    for rule in ("certainty", "adjust", "average"):
        design = cb.SurveyDesign("stratum", "school", lonely_psu=rule)
        (row,) = cb.compare_groups(data, "job", by="sex", design=design).rows
        assert row.std_error > 0


def test_wald_without_width_names_newcombe():
    data = whole_clusters().assign(job=lambda d: (d["role"] == "x").astype(int))
    with pytest.raises(MethodError, match="Use method='newcombe'"):
        cb.compare_groups(data, "job", by="role", design=SCHOOLS, method="wald")


# ---- counts -------------------------------------------------------------------------------------------------


def survey(n=400, seed=5):
    rng = np.random.default_rng(seed)
    school = rng.integers(0, 24, n)
    return pd.DataFrame(
        {
            "district": school // 6,
            "school": school,
            "room": school * 3 + rng.integers(0, 3, n),
            "schools": 12,
            "rooms": 9,
            "people": 5_000,
            "role": rng.choice(["a", "b", "c"], n),
            "region": rng.choice(["north", "south"], n),
            "job": rng.choice([0, 1, None], n, p=[0.5, 0.4, 0.1]),
            "rate": rng.choice(["low", "mid", "high"], n),
            "w": rng.uniform(0.5, 2.0, n),
        }
    )


ITEMS = ["job", cb.Item("rate", each_level=True)]
SAMPLES = {
    "plain": {},
    "weights": {"weights": "w"},
    "strata": {"weights": "w", "design": cb.SurveyDesign(strata="district", population_size="people")},
    "clusters": {"weights": "w", "design": cb.SurveyDesign("district", "school")},
    "two stages": {
        "design": cb.SurveyDesign("district", ["school", "room"], ["schools", "rooms"]),
        "weights": "w",
    },
}


def same(one, two):
    assert one.notes == two.notes
    a, b = one.to_frame(), two.to_frame()
    for name in a.columns:
        if a[name].dtype == float:
            np.testing.assert_allclose(a[name], b[name], rtol=1e-9, atol=1e-12, err_msg=name)
        else:
            assert a[name].tolist() == b[name].tolist(), name


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sample", SAMPLES)
def test_counts_give_what_rows_give(sample, kind):
    data, how = survey(), {"comparison": kind, "adjust": "bonferroni"}
    rows = cb.compare_groups(data, ITEMS, by="role", **SAMPLES[sample], **how)
    counts = cb.count(data[::2], ITEMS, by="role", **SAMPLES[sample]) + cb.count(
        data[1::2], ITEMS, by="role", **SAMPLES[sample]
    )
    same(rows, cb.compare_groups(counts, **how))


def test_counts_of_more_groups_are_added_up():
    data, how = survey(), SAMPLES["clusters"]
    counts = cb.count(data, ITEMS, by=["role", "region"], **how)
    rows = cb.compare_groups(data, "job", by="region", **how)
    same(rows, cb.compare_groups(counts, "job", by="region"))
    # All groups of the counts are crossed, as proportions does, since a comparison has groups of several columns.
    same(cb.compare_groups(data, "job", by=["role", "region"], **how), cb.compare_groups(counts, "job"))


@pytest.mark.parametrize(
    "given",
    [
        {"among": "job"},
        {"weights": "w"},
        {"design": SCHOOLS},
        {"missing": 9},
        {"answers": 9},
        {"people": "teachers"},
    ],
    ids=lambda g: next(iter(g)),
)
def test_what_counts_hold_is_refused(given):
    counts = cb.count(survey(), "job", by="role")
    with pytest.raises(InputError, match=f"`{next(iter(given))}`"):
        cb.compare_groups(counts, **given)


def test_a_reference_that_counts_do_not_have():
    counts = cb.count(survey(), "job", by="role")
    with pytest.raises(InputError, match="a group of 'role'"):
        cb.compare_groups(counts, reference="d")
    assert cb.compare_groups(counts, reference="b").n_comparisons == 2


def test_counts_without_units_are_compared_by_effective_sizes():
    data = survey()
    counts = cb.count(data, "job", by="role", **SAMPLES["clusters"]).without_units()
    made = cb.compare_groups(counts)
    assert made.variance == "kish"
    same(cb.compare_groups(data, "job", by="role", weights="w"), made)
    with pytest.raises(MethodError, match="`variance`"):
        cb.compare_groups(counts, variance="linearized")


@pytest.mark.parametrize("sample", SAMPLES)
def test_other_frames_and_other_orders_give_the_same(sample):
    data = survey()
    rows = cb.compare_groups(data, "job", by="role", **SAMPLES[sample])
    made = cb.compare_groups(
        pl.from_pandas(data.sample(frac=1, random_state=2)), "job", by="role", **SAMPLES[sample]
    )
    assert isinstance(made.to_frame(), pl.DataFrame)
    for row, other in zip(rows, made, strict=True):
        assert row.std_error == pytest.approx(other.std_error, rel=1e-10)
        assert row.p_value == pytest.approx(other.p_value, rel=1e-8)


# ---- simulation ---------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_groups_of_whole_clusters_are_told_apart_as_often_as_the_level_says():
    """40 clusters of 20 people, a cluster effect of 1 on the logit, two groups of 20 clusters, no difference.

    Seed 12: 4.9% of 1,000 samples are rejected at 5% with the design and 37.2% without it, and 95.1% of the
    intervals hold 0.
    """
    rng = np.random.default_rng(12)
    cluster = np.repeat(np.arange(40), 20)
    group = np.where(cluster < 20, "a", "b")
    rejected = held = alone = 0
    for _ in range(1_000):
        p = 1 / (1 + np.exp(-rng.normal(0.0, 1.0, 40)))
        yes = (rng.random(800) < p[cluster]).astype(int)
        data = pd.DataFrame({"cluster": cluster, "group": group, "yes": yes})
        (row,) = cb.compare_groups(data, "yes", by="group", design=cb.SurveyDesign(clusters="cluster")).rows
        rejected += row.p_value < 0.05
        held += row.conf_low <= 0 <= row.conf_high
        alone += cb.compare_groups(data, "yes", by="group").rows[0].p_value < 0.05
    assert 40 <= rejected <= 65, rejected
    assert 935 <= held <= 960, held
    assert alone > 300, alone


def _true_difference(logit, shift):
    """The difference of two proportions whose logits differ by `shift`, over clusters of standard deviation 1."""
    x, w = np.polynomial.hermite_e.hermegauss(80)
    one, two = (1 / (1 + np.exp(-(base + x))) for base in (logit, logit - shift))
    return ((one - two) * w).sum() / np.sqrt(2 * np.pi)


@pytest.mark.slow
@pytest.mark.parametrize("whole", [True, False], ids=["groups of whole clusters", "groups within clusters"])
@pytest.mark.parametrize("n_clusters", [20, 40, 60])
def test_weighted_differences_of_clusters_are_covered(n_clusters, whole):
    """20 people a cluster, a cluster effect of 1 on the logit, weights that vary (coefficient of variation .53).

    Seed 12, 1,000 samples each, groups of whole clusters: .942, .953, .943 of the intervals hold the difference
    with 20, 40 and 60 clusters; groups within clusters: .945, .950, .954.
    """
    rng, true, held = np.random.default_rng(12), _true_difference(0.5, 1.0), 0
    cluster = np.repeat(np.arange(n_clusters), 20)
    for _ in range(1_000):
        second = cluster % 2 if whole else rng.integers(0, 2, cluster.size)
        p = 1 / (1 + np.exp(-(0.5 - second + rng.normal(size=n_clusters)[cluster])))
        yes = (rng.random(cluster.size) < p).astype(int)
        weight = rng.lognormal(0, 0.5, cluster.size)
        data = pd.DataFrame({"cluster": cluster, "g": np.where(second, "b", "a"), "yes": yes, "w": weight})
        design = cb.SurveyDesign(clusters="cluster")
        (row,) = cb.compare_groups(data, "yes", by="g", reference="b", weights="w", design=design).rows
        held += row.conf_low <= true <= row.conf_high
    assert 935 <= held <= 965, held
