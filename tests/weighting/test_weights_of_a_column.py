"""Weights that came with the file: in words whom they are for, on rows or on people, and what they cost."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import credbenefits as cb
from credbenefits import SurveyDesign, Weights
from credbenefits.errors import DataWarning, InputError, MethodError

KINDS = {
    "pandas": lambda d: d,
    "nullable": lambda d: d.convert_dtypes(),
    "polars": pl.from_pandas,
    "pyarrow": lambda d: pa.Table.from_pandas(d, preserve_index=False),
}
each_kind = pytest.mark.parametrize("kind", KINDS)


def people(n=120, seed=1):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "job": rng.choice(["yes", "no"], n),
            "role": rng.choice(["teacher", "student"], n),
            "school": rng.integers(0, 12, n),
            "w": np.round(rng.uniform(0.5, 4, n), 2) * (rng.random(n) < 0.9),
        }
    )


def of(data, column="w", **options):
    return Weights.from_column(data, column, **{"population": "adults in Ohio"} | options)


@pytest.fixture(scope="module")
def panel():
    data = people().assign(id=[f"p{i}" for i in range(120)])
    return cb.link_waves({"start": data[["id", "w"]], "end": data[["id", "job", "w"]].iloc[:70]}, on="id")


@each_kind
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"by": "role"},
        {"by": "role", "among": cb.Item("school", yes=[*range(9)])},
        {"design": SurveyDesign(clusters="school")},
        {"by": "role", "variance": "bootstrap", "bootstrap": cb.Bootstrap(n_resamples=100, rng=1)},
        {"variance": "jackknife"},
    ],
)
def test_estimates_are_those_of_the_bare_column(kind, options):
    data = KINDS[kind](people())
    named, bare = (cb.proportions(data, "job", weights=w, **options) for w in (of(data), "w"))
    assert named.columns == bare.columns
    assert (named.population, named.population_size, named.notes) == ("adults in Ohio", 0, bare.notes)


@each_kind
def test_counts_and_comparisons_take_them(kind):
    data = KINDS[kind](people())
    weights = of(data, population_size=9_000_000)
    counts, bare = (cb.count(data, "job", by="role", weights=w) for w in (weights, "w"))
    assert cb.proportions(counts).columns == cb.proportions(bare).columns
    assert cb.proportions(counts).population_size == counts.population_size == 9_000_000
    assert "weighted to 9,000,000 adults in Ohio" in repr(counts)
    one, two = (cb.compare_groups(data, "job", by="role", weights=w) for w in (weights, "w"))
    assert one.rows == two.rows


def test_parts_with_weights_for_the_same_population_add_up():
    data = people()
    parts = [data.iloc[:50], data.iloc[50:]]
    whole = cb.count(data, "job", weights=of(data))
    both = cb.proportions(sum(cb.count(p, "job", weights=of(p)) for p in parts))
    assert repr(both) == repr(cb.proportions(whole))
    assert both.population == "adults in Ohio"
    other = cb.count(parts[1], "job", weights=of(parts[1], population="adults in Iowa"))
    with pytest.raises(InputError, match="the same weights="):
        cb.count(parts[0], "job", weights=of(parts[0])) + other


@each_kind
def test_weights_on_rows_are_for_these_rows_in_this_order_only(kind):
    make, data = KINDS[kind], people()
    weights = of(make(data))
    assert (weights.ids, weights.everybody, weights.base) == (None, None, "w")
    for other, words in [
        (data.iloc[:60], "60 rows"),
        (data.iloc[::-1], "120 rows with other weights, or in another order"),
        (data.drop(columns="w"), "120 rows without that column"),
        (data.assign(w=1.0), "120 rows with other weights, or in another order"),
    ]:
        for use in (cb.proportions, cb.count):
            with pytest.raises(InputError, match=rf"`weights`: .* got {words}"):
                use(make(other.reset_index(drop=True)), "job", weights=weights)
    equal = data.assign(w=2.0)  # here the order tells nothing, and changes nothing
    there = cb.proportions(equal.iloc[::-1], "job", weights=of(equal)).rows[0]
    assert there.estimate == pytest.approx((data.job == "yes").mean())


def test_weights_of_a_panels_rows_are_on_people(panel):
    weights = of(panel.wave("end"))
    assert np.array_equal(weights.ids, panel.wave("end").person)
    assert weights.values.columns.tolist() == ["person", "weight"]
    shuffled = panel.wave("end").sample(frac=1, random_state=1).drop(columns="w")
    expected = cb.proportions(panel.wave("end"), "job", weights="w").rows[0]
    found = cb.proportions(shuffled, "job", weights=weights).rows[0]
    assert found.estimate == pytest.approx(expected.estimate, abs=1e-14)
    with pytest.raises(InputError, match=r"50 of 120 people without a weight\. Make the weights of a frame"):
        cb.proportions(panel.wave("start").assign(job=1), "job", weights=weights)


def test_people_who_are_left_out_are_told_of_and_those_of_weight_0_are_not(panel):
    data = panel.wave("end")
    weights, positive = of(data, population_size=5_000), data[data.w > 0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert cb.proportions(positive, "job", weights=weights).population == "adults in Ohio"
        assert cb.count(positive, "job", weights=weights).population == "adults in Ohio"
    n = len(positive)
    words = f"3 of the {n} weighted people are not in the data, so the rest do not stand for all 5,000 adults in Ohio"
    with pytest.warns(DataWarning, match=words):
        result = cb.proportions(positive.iloc[3:], "job", weights=weights)
    assert (result.population, result.population_size) == ("", 0)
    with pytest.warns(DataWarning, match=words):
        counts = cb.count(positive.iloc[3:], "job", weights=weights)
    same = cb.proportions(counts)
    assert (same.columns, same.population) == (result.columns, result.population)
    assert "weighted to" not in repr(counts)


def test_weights_on_rows_know_no_people():
    with pytest.raises(InputError, match=r"weights on people; got weights on the rows .*panel\.wave"):
        of(people()).for_people(np.array([1]))


def test_what_they_cost_is_told_as_of_all_weights():
    data = people()
    weights = of(data, population_size=9_000)
    w = data.w[data.w > 0].to_numpy()
    assert weights.n == len(w) < 120
    assert weights.n_effective == pytest.approx(w.sum() ** 2 / (w**2).sum(), rel=1e-14)
    assert weights.deff == pytest.approx(len(w) / weights.n_effective)
    (step,) = weights.steps
    assert (step.step, step.n, step.sum) == ("column “w”", len(w), pytest.approx(w.sum()))
    assert weights.steps.to_frame()["step"].tolist() == ["column “w”"]
    assert (weights.population, weights.population_size, weights.wave, weights.to) == (
        "adults in Ohio",
        9_000,
        "",
        "",
    )
    assert repr(weights).startswith(
        f"Weights of {len(w)} people, standing for 9,000 adults in Ohio; n_effective"
    )
    assert repr(of(data)).startswith(f"Weights of {len(w)} people, standing for adults in Ohio; n_effective")
    assert weights.values.columns.tolist() == ["weight"]
    with pytest.raises(MethodError, match="which come without a balance"):
        weights.plot()


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ([1.0], ["few_respondents", "small_n_effective"]),
        ([0.0, 2.0], ["few_respondents", "small_n_effective"]),
        ([3.0] * 40, []),
        ([1.0] * 40 + [100.0], ["small_n_effective", "costly_weights", "dominant_respondent"]),
    ],
)
def test_alerts(values, codes):
    weights = of(pd.DataFrame({"a": 1, "w": values}))
    assert [alert.code for alert in weights.alerts] == codes
    assert "covariates" not in repr(weights)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.just(0.0) | st.floats(1e-150, 1e150), min_size=1, max_size=30))
def test_any_weights_that_are_not_all_0_have_an_effective_size(values):
    data = pd.DataFrame({"a": 1, "w": values})
    if not any(values):
        with pytest.raises(InputError, match="all 0"):
            of(data)
        return
    weights = of(data)
    assert 1 - 1e-12 <= weights.n_effective <= weights.n * (1 + 1e-12)


@pytest.mark.parametrize(
    ("column", "options", "words"),
    [
        ("x", {}, "`column`: .*a column of the data"),
        (3, {}, "`column`"),
        ("bad", {}, "`weights`: .*negative, missing or infinite"),
        ("job", {}, "`weights`"),
        ("w", {"population": " "}, "`population`"),
        ("w", {"population": 3}, "`population`"),
        ("w", {"population_size": 0}, "`population_size`"),
        ("w", {"population_size": 2.5}, "`population_size`"),
        ("w", {"population_size": True}, "`population_size`"),
    ],
)
def test_bad_input(column, options, words):
    with pytest.raises(InputError, match=words):
        of(people().assign(bad=-1.0), column, **options)


def test_a_person_in_two_rows_is_refused(panel):
    rows = panel.wave("end")
    with pytest.raises(InputError, match="each person once"):
        of(pd.concat([rows, rows.iloc[:1]]))


def test_the_recipe_is_data_that_makes_the_same_weights(panel):
    data = people()
    weights = of(data, population_size=9_000)
    assert dict(weights.recipe) == {"column": "w", "population": "adults in Ohio", "population_size": 9_000}
    assert Weights.from_column(data, **json.loads(weights.to_json())["recipe"]) == weights
    made = cb.attrition_weights(
        panel, "w", wave="end", to="start", bins={"w": [1, 2.5]}, missing=[-9, "x"], trim=None
    )
    recipe = json.loads(made.to_json())["recipe"]
    assert recipe == json.loads(json.dumps(recipe))
    again = cb.attrition_weights(panel, **recipe)
    assert again == made
    assert recipe["bins"] == {"w": [1.0, 2.5]}


def test_known_weights_are_multiplied_only(panel):
    for weights in (of(people()), of(panel.wave("end"))):
        times = np.random.default_rng(1).exponential(size=(3, weights.weight.size))
        assert np.array_equal(weights.replicate(times), times * weights.weight)
        with pytest.raises(InputError, match="`multipliers`"):
            weights.replicate(times[:, 1:])


def test_the_note_that_weights_were_estimated_is_not_said_of_them(panel):
    data = panel.wave("end")
    for given_ in (data, data.drop(columns="person")):
        result = cb.proportions(given_, "job", weights=of(given_), variance="linearized")
        assert not any("as known" in note for note in result.notes)


def test_transitions_take_those_on_people_and_say_why_not_those_on_rows(panel):
    both = cb.link_waves(
        {
            "start": people().assign(id=range(120))[["id", "job", "w"]],
            "end": people(seed=2).assign(id=range(120))[["id", "job"]].iloc[:70],
        },
        on="id",
    )
    weights = of(both.wave("start"))
    with pytest.warns(DataWarning, match="weighted people are not in the data"):
        rest = cb.transitions(both, "job", weights=weights)
    assert rest.population == ""
    weights = of(both.wave("start", also_in="end"))
    named, bare = (cb.transitions(both, "job", weights=w) for w in (weights, {"start": "w"}))
    assert named.columns == bare.columns
    assert "weighted to adults in Ohio" in repr(named)
    with pytest.raises(InputError, match=r"`weights`: .*got 70 rows\..*Weights\.from_column\(panel\.wave"):
        cb.transitions(both, "job", weights=of(people()))
    with pytest.raises(InputError, match="people without a weight"):
        cb.transitions(both, "job", weights=of(panel.wave("start")))
