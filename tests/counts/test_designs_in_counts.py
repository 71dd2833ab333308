"""Two stages and a file's replicate weights in counts: parts add up to what the rows give."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import credbenefits as cb
from credbenefits import Bootstrap, Item, ReplicateWeights, SelectAll, SurveyDesign
from credbenefits.counts.count import count
from credbenefits.counts.counts import Counts
from credbenefits.errors import DataWarning, InputError, MethodError

pytestmark = pytest.mark.filterwarnings("ignore:.*who were asked answered:credbenefits.errors.DataWarning")

R = json.loads((Path(__file__).parents[1] / "golden" / "two_stages.json").read_text())
#: Parts into which rows are split at random before they are counted.
PARTS = [1, 3]


def in_parts(data, items, parts, **how):
    """The sum of the counts of so many parts."""
    place = np.random.default_rng(8).permutation(len(data)) % parts
    return sum(count(data[place == k], items, **how) for k in range(parts))


def row_of(result, by, group):
    return next(r for r in result.rows if not by or dict(r.group)[by] == group)


def sent(counts):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        return Counts.from_json(counts.to_json())


def alike(one, two):
    """Whether two results say the same, numbers to 1e-12."""
    assert repr(one) == repr(two)
    for name in ("estimate", "std_error", "conf_low", "conf_high", "n_effective"):
        np.testing.assert_allclose(one.to_frame()[name], two.to_frame()[name], rtol=1e-12, atol=1e-14)
    assert list(one.to_frame()["df"]) == list(two.to_frame()["df"])


# ---- two stages -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("parts", PARTS)
@pytest.mark.parametrize(
    "record", R["records"], ids=lambda r: f"{r['design']}-{r['variable']}-{r['group'] or 'all'}"
)
def test_apiclus2_agrees_with_r(record, parts):
    """R 4.2, survey 4.1-1: svydesign(id=~dnum+snum, fpc=~fpc1+fpc2), tests/golden/r/two_stages.R."""
    data = pd.DataFrame(R["apiclus2"])
    drawn = data.groupby("dnum")["snum"].transform("nunique")
    data = data.assign(implied=data["fpc1"] / data["dnum"].nunique() * data["fpc2"] / drawn)
    weights = {"both": "implied", "weighted": "pw", "uneven": "api99", "first": "pw"}[record["design"]]
    sizes = "fpc1" if record["design"] == "first" else ["fpc1", "fpc2"]
    design = SurveyDesign(clusters=["dnum", "snum"], population_size=sizes)
    counts = in_parts(
        data, record["variable"], parts, by=record["by"] or None, weights=weights, design=design
    )
    row = row_of(cb.proportions(sent(counts)), record["by"], record["group"])
    assert row.estimate == pytest.approx(record["share"], rel=1e-12)
    if 0 < row.count < row.n:
        assert row.std_error == pytest.approx(record["se"], rel=1e-10)
    assert row.df == record["df"]


@pytest.mark.parametrize("parts", PARTS)
@pytest.mark.parametrize("record", R["stratified"], ids=lambda r: f"{r['lonely_psu']}-{r['group'] or 'all'}")
def test_a_stratified_design_of_two_stages_agrees_with_r(record, parts):
    design = SurveyDesign("h", ["i", "j"], ["n1", "n2"], lonely_psu=record["lonely_psu"])
    people = pd.DataFrame(R["people"])
    counts = in_parts(people, "yes", parts, by=record["by"] or None, weights="weight", design=design)
    row = row_of(cb.proportions(counts), record["by"], record["group"])
    assert row.estimate == pytest.approx(record["share"], rel=1e-12)
    assert row.std_error == pytest.approx(record["se"], rel=1e-10)
    assert row.df == record["df"]


def pupils(seed=4):
    """Two strata, one with a school alone; classes in schools; a few pupils and a school with nobody asked."""
    rng = np.random.default_rng(seed)
    rows = [
        (
            h,
            f"{h}{i}",
            j,
            ["yes", "no"][rng.integers(2)],
            ["x", "y", None][rng.integers(3)],
            rng.integers(1, 9),
        )
        for h, schools in (("north", 4), ("south", 1))
        for i in range(schools)
        for j in range(3)
        for _ in range(4)
    ]
    data = pd.DataFrame(rows, columns=["stratum", "school", "class", "job", "site", "quarters"])
    data.loc[data["school"] == "north3", "job"] = None
    return data.assign(weight=data["quarters"] / 4, n_schools=9, n_classes=5)


LONELY = ["certainty", "adjust", "average"]
STAGES = {
    "both": (["school", "class"], ["n_schools", "n_classes"], None),
    "first": (["school", "class"], "n_schools", None),
    "neither": (["school", "class"], None, None),
    "jackknife": ("school", None, "jackknife"),
    "jackknife, finite": ("school", "n_schools", "jackknife"),
    "jackknife, two stages named": (["school", "class"], "n_schools", "jackknife"),
}


@pytest.mark.parametrize("parts", PARTS)
@pytest.mark.parametrize("lonely", LONELY)
@pytest.mark.parametrize("said", STAGES)
def test_strata_lonely_units_and_sizes_go_through_counts(said, lonely, parts):
    clusters, sizes, variance = STAGES[said]
    design = SurveyDesign("stratum", clusters, sizes, lonely_psu=lonely)
    how = {"by": "site", "weights": "weight", "design": design}
    expected = cb.proportions(pupils(), "job", variance=variance, totals=True, **how)
    counts = in_parts(pupils(), "job", parts, **how)
    alike(expected, cb.proportions(sent(counts), variance=variance, totals=True))


def test_a_unit_with_nobody_in_a_group_counts():
    counts = in_parts(pupils(), "job", 3, design=SurveyDesign("stratum", ["school", "class"]))
    assert len(counts.units.names) == 15
    assert counts.units.columns == ("stratum", "school", "class")
    assert counts.units.inner_drawn.tolist() == [3] * 5


@pytest.mark.parametrize("column", ["n_schools", "n_classes"])
def test_sizes_of_both_stages_must_agree(column):
    design = SurveyDesign("stratum", ["school", "class"], ["n_schools", "n_classes"])
    one, other = pupils()[:30], pupils()[20:].assign(**{column: 20})
    with pytest.raises(InputError, match="same population sizes") as problem:
        count(one, "job", design=design) + count(other, "job", design=design)
    assert problem.value.argument == "population_size"


def test_one_part_with_sizes_and_one_without_are_refused():
    with_sizes = SurveyDesign("stratum", ["school", "class"], ["n_schools", "n_classes"])
    without = SurveyDesign("stratum", ["school", "class"], ["n_schools"])
    with pytest.raises(InputError, match="same population sizes"):
        count(pupils(), "job", design=with_sizes) + count(pupils(), "job", design=without)


def test_more_units_than_there_are_in_a_first_stage_unit_are_refused():
    design = SurveyDesign("stratum", ["school", "class"], ["n_schools", "n_classes"], lonely_psu="adjust")
    some = pupils().assign(n_classes=4)
    more = some.assign(**{"class": some["class"] + 3})
    with pytest.raises(InputError, match="fewer than were drawn"):
        count(some, "job", design=design) + count(more, "job", design=design)


# ---- spelling -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("parts", PARTS)
def test_a_school_spelled_in_two_ways_is_noted_as_of_rows(parts):
    data = pupils()
    data.loc[[3, 7], "school"] = ["North0", " north0"]
    data.loc[[50], "stratum"] = "South"
    design = SurveyDesign(["stratum", "site"], "school", lonely_psu="adjust")
    data["site"] = data["site"].fillna("X")
    expected = cb.proportions(data, "job", design=design)
    assert "'North0' (2 rows) read as 'north0'" in repr(expected).replace('"', "'")
    counts = in_parts(data, "job", parts, design=design)
    assert repr(cb.proportions(sent(counts))) == repr(expected)


@pytest.mark.parametrize(
    "design", [SurveyDesign("stratum", "school"), SurveyDesign(["stratum", "site"], "school")]
)
def test_units_are_called_as_most_rows_spell_them(design):
    data = pupils()
    data["site"] = data["site"].fillna("x")
    data.loc[data.index[:2], ["school", "stratum", "site"]] = "NORTH0", "North", "X"
    whole = count(data, "job", weights="weight", design=design)
    assert (
        sum(
            [count(data[:2], "job", weights="weight", design=design)]
            + [
                count(data[k : k + 20], "job", weights="weight", design=design)
                for k in range(2, len(data), 20)
            ]
        )
        == whole
    )


# ---- replicate weights of the file ----------------------------------------------------------------------

FILE = SurveyDesign(replicate_weights=ReplicateWeights([f"rep{k}" for k in range(5)], "jk1"))


def survey(seed=2, n=60):
    """Five units, each left out once; `rare` is answered in two of them, and `boxes` by some."""
    rng = np.random.default_rng(seed)
    unit = rng.integers(0, 5, n)
    data = pd.DataFrame(
        {
            "job": rng.choice(["yes", "no", None], n),
            "rare": np.where(unit < 2, rng.choice(["yes", "no"], n), None),
            "site": rng.choice(["x", "y", None], n),
            "role": rng.choice(["a", "b"], n),
            "box_a": rng.integers(0, 2, n),
            "box_b": np.where(unit < 3, rng.integers(0, 2, n), 0),
            "weight": rng.integers(1, 9, n) / 4,
        }
    )
    data.loc[unit >= 3, "box_a"] = 0
    factors = {f"rep{k}": data["weight"] * 1.25 * (unit != k) for k in range(5)}
    return data.assign(**factors)


QUESTIONS = ["job", "rare", SelectAll(["box_a", "box_b"])]


@pytest.mark.parametrize("parts", [1, 3, 20])
@pytest.mark.parametrize("totals", [False, True])
@pytest.mark.parametrize("by", [None, "site", ["site", "role"]])
def test_replicate_weights_through_counts_are_those_of_rows(by, totals, parts):
    how = {"by": by, "weights": "weight", "design": FILE}
    expected = cb.proportions(survey(), QUESTIONS, totals=totals, **how)
    assert expected.to_frame()["df"].nunique() > 1  # some answered in fewer units than others
    alike(expected, cb.proportions(sent(in_parts(survey(), QUESTIONS, parts, **how)), totals=totals))


def test_groups_that_are_added_up_keep_their_degrees_of_freedom():
    whole = survey().dropna(subset="site")
    counts = in_parts(whole, QUESTIONS, 3, by=["site", "role"], weights="weight", design=FILE)
    alike(
        cb.proportions(whole, QUESTIONS, by="role", weights="weight", design=FILE),
        cb.proportions(counts, by="role"),
    )
    alike(cb.proportions(whole, QUESTIONS, weights="weight", design=FILE), cb.proportions(counts, by=()))


def test_parts_in_which_few_units_answered_know_more_units_together():
    """Each part's answers are of two units of its own: 1 degree of freedom there, 3 together."""
    data = survey()
    unit = np.argmin(data[[f"rep{k}" for k in range(5)]].to_numpy(), axis=1)
    data["job"] = np.where(unit < 4, data["job"].fillna("no"), None)
    parts = [data[unit == 4], data[(unit < 2) | (unit == 4)], data[(unit == 2) | (unit == 3)]]
    counted = [count(part, "job", weights="weight", design=FILE) for part in parts]
    assert [cb.proportions(part).rows[0].df for part in counted[1:]] == [1, 1]
    assert cb.proportions(counted[1] + counted[2]).rows[0].df == 3
    assert counted[1].tallies[0].narrow.keys() == {("answered", 0), ("answered or undecided", 0)}
    full = count(data.fillna({"job": "no"}), "job", weights="weight", design=FILE)
    assert not full.tallies[0].narrow  # all is said by the group
    assert not (full + counted[1]).tallies[0].narrow
    assert cb.proportions(full + counted[1]).rows[0].df == 4


def test_stated_degrees_of_freedom_are_the_most_there_are():
    stated = SurveyDesign(replicate_weights=ReplicateWeights([f"rep{k}" for k in range(5)], "jk1", df=3))
    counts = in_parts(survey(), ["job", "rare"], 3, weights="weight", design=stated)
    assert [row.df for row in cb.proportions(counts).rows] == [3, 1]


def test_counts_without_products_need_stated_degrees_of_freedom():
    counts = count(survey(), "job", weights="weight", design=FILE)
    less = replace(counts, products=None)
    with pytest.raises(MethodError, match="df="):
        cb.proportions(less)
    stated = replace(less, replicates=replace(less.replicates, df=2.0))
    assert cb.proportions(stated).rows[0].df == 2
    assert (stated + stated).products is None


def test_negative_weights_that_cancel_in_parts_cancel_in_the_sum():
    """In the first replicate the weights of those who answered add up to 0, but for rounding."""
    data = pd.DataFrame({"job": ["yes", "no", "yes"] * 2, "weight": 1.0})
    data["rep0"] = [0.1, 0.2, -0.3, 0.3, -0.1, -0.2]
    data["rep1"] = data["rep2"] = [1.0, 2, 1, 1, 1, 1]
    design = SurveyDesign(replicate_weights=ReplicateWeights(["rep0", "rep1", "rep2"], "sdr"))
    (expected,) = cb.proportions(data, "job", weights="weight", design=design).rows
    assert np.isnan(expected.std_error)
    for cut in range(1, 6):
        parts = [count(part, "job", weights="weight", design=design) for part in (data[:cut], data[cut:])]
        (row,) = cb.proportions(sum(parts)).rows
        assert (row.estimate, row.flags) == (expected.estimate, expected.flags)
        assert np.isnan(row.std_error)


def test_kept_replicates_need_no_rows():
    how = {"by": "site", "weights": "weight", "design": FILE}
    expected = cb.proportions(survey(), "job", bootstrap=Bootstrap(keep=True), **how)
    now = cb.proportions(in_parts(survey(), "job", 3, **how), bootstrap=Bootstrap(keep=True))
    np.testing.assert_allclose(now.replicates.values, expected.replicates.values, rtol=1e-12)
    np.testing.assert_array_equal(now.replicates.df, expected.replicates.df)


@pytest.mark.parametrize(
    "asked",
    [
        {"variance": "linearized"},
        {"variance": "bootstrap"},
        {"variance": "jackknife"},
        {"method": "bootstrap_bca"},
    ],
)
def test_what_replicate_weights_cannot_give_is_refused_as_of_rows(asked):
    counts = count(survey(), "job", weights="weight", design=FILE)
    with pytest.raises(MethodError) as of_rows:
        cb.proportions(survey(), "job", weights="weight", design=FILE, **asked)
    with pytest.raises(MethodError) as of_counts:
        cb.proportions(counts, **asked)
    assert str(of_counts.value) == str(of_rows.value)


def test_replicate_weights_without_the_weight_are_refused_at_once():
    with pytest.raises(InputError, match="full sample's weight") as problem:
        count(survey(), "job", design=FILE)
    assert problem.value.argument == "weights"


def test_weights_beyond_the_range_of_squares_keep_their_ranks():
    data = survey()
    names = ["weight", *(f"rep{k}" for k in range(5))]
    large = data.assign(**{name: data[name] * 2.0**400 for name in names})
    how = {"by": "site", "weights": "weight", "design": FILE}
    expected = cb.proportions(in_parts(data, ["job", "rare"], 3, **how))
    now = cb.proportions(in_parts(large, ["job", "rare"], 3, **how))
    assert list(now.to_frame()["df"]) == list(expected.to_frame()["df"])
    np.testing.assert_allclose(now.to_frame()["std_error"], expected.to_frame()["std_error"], rtol=1e-12)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 1000))
def test_order_of_rows_and_kind_of_frame_change_nothing(seed):
    data = survey(seed)
    items = ["job", Item("rare", each_level=True)]
    how = {"by": "site", "weights": "weight", "design": FILE}
    whole = count(data, items, **how)
    mixed = data.sample(frac=1.0, random_state=seed)
    for other in (mixed, pl.from_pandas(mixed)):
        now = count(other, items, **how)
        assert now.groups == whole.groups
        np.testing.assert_array_equal(now.products, whole.products)  # quarters: exact
        for one, two in zip(now.tallies, whole.tallies, strict=True):
            assert one == two


@pytest.mark.parametrize(
    "change",
    [
        lambda labels: labels["products"][0].pop(),
        lambda labels: labels["questions"][1]["narrow"].append(["answered", 7, labels["products"][0]]),
        lambda labels: labels["questions"][1]["narrow"].append(["nobody", 0, labels["products"][0]]),
        lambda labels: labels["questions"][1]["narrow"].append(["answered", 0]),
        lambda labels: labels["questions"][1]["ungrouped"].append(0),
        lambda labels: labels.update(products=labels["products"] * 2),
    ],
)
def test_a_foreign_file_with_other_products_is_refused(change):
    counts = count(survey(), ["job", "rare"], weights="weight", design=FILE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        data = json.loads(counts.to_json())
    change(data["labels"])
    with pytest.raises(InputError):
        Counts.from_json(json.dumps(data))


# ---- who answered without a group -----------------------------------------------------------------------


@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_people_without_a_group_tell_whether_an_item_was_answered_at_all(weight):
    data = pd.DataFrame(
        {
            "job": [None, None, "yes"],
            "other": ["yes", "no", "yes"],
            "site": ["x", "y", None],
            "weight": [1.0, 1.0, weight],
        }
    )
    how = {"by": "site", "weights": "weight"}
    counts = sent(in_parts(data, ["job", "other"], 2, **how))
    if weight == 0:
        with pytest.raises(InputError, match="unanswered by all 2") as of_rows:
            cb.proportions(data, ["job", "other"], **how)
        with pytest.raises(InputError) as of_counts:
            cb.proportions(counts)
        assert str(of_counts.value) == str(of_rows.value)
    else:
        flags = [row.flags for row in cb.proportions(counts).rows]
        assert flags == [row.flags for row in cb.proportions(data, ["job", "other"], **how).rows]
        assert "no_answers" in flags[0]


# ---- names of crossed strata ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "names",
    [
        [("a x b", "c"), ("a", "b x c")],
        [("a X b", "c"), ("a", "b x c")],
        [("a x", "b"), ("a", "x b")],
        [("a \\x b", "c"), ("a x b", "c"), ("a", "b x c")],
        [("x", "x"), ("x x", "x"), ("x", "x x")],
    ],
)
@pytest.mark.parametrize("clusters", [None, "cluster"])
def test_strata_are_told_apart_whatever_their_columns_say(names, clusters):
    rng = np.random.default_rng(5)
    data = pd.DataFrame([names[k % len(names)] for k in range(60)], columns=["one", "two"])
    data = data.assign(job=rng.integers(0, 2, 60), cluster=np.arange(60) // 5)
    design = SurveyDesign(strata=["one", "two"], clusters=clusters)
    of_rows = cb.proportions(data, "job", design=design)
    whole = count(data, "job", design=design)
    parts = in_parts(data, "job", 3, design=design)
    assert parts == whole
    for made in (whole, parts, sent(parts)):
        alike(cb.proportions(made), of_rows)
    assert Counts.from_frame(parts.to_frame(), like=parts) == parts


def test_crossed_strata_are_united_by_the_names_in_each_column():
    data = pd.DataFrame({"one": ["1", "2"] * 20, "two": ["b", "c"] * 20, "job": [1, 0, 0, 1, 1] * 8})
    other = data.assign(one=data["one"] + ".0", two=data["two"].str.upper() + " ")
    design = SurveyDesign(strata=["one", "two"])
    both = count(data, "job", design=design) + count(other, "job", design=design)
    alike(cb.proportions(both), cb.proportions(pd.concat([data, other]), "job", design=design))
    assert both.units.drawn.tolist() == [40, 40]
