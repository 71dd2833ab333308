"""Weights from a model are estimates: which variances count that in, which do not and why, and results say so."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest

import credbenefits as cb
from credbenefits.errors import MethodError

SAID = "the weights as known", "the weights were estimated"


@pytest.fixture(scope="module")
def study():
    rng = np.random.default_rng(3)
    n = 400
    everybody = pd.DataFrame({"id": [f"p{i}" for i in range(n)], "age": rng.integers(18, 70, n)})
    some = everybody.loc[rng.random(n) < 0.4, ["id"]].assign(
        better=lambda f: rng.integers(0, 2, len(f)),
        promoted=lambda f: rng.integers(0, 2, len(f)),
        role=lambda f: np.where(np.arange(len(f)) % 2, "x", "y"),
        school=lambda f: np.arange(len(f)) % 12,
    )
    panel = cb.link_waves({"all": everybody, "some": some}, on="id")
    weights = cb.attrition_weights(panel, "age", wave="some", to="all")
    data = panel.wave("some").merge(weights.values, on="person")
    for k in range(20):
        data[f"r{k}"] = data["weight"] * rng.uniform(0.5, 1.5, len(data))
    return data, weights


def said(data, *, keep=False, **options):
    drawn = cb.Bootstrap(rng=1, keep=keep)
    items = None if isinstance(data, cb.Counts) else ["better", "promoted"]
    result = cb.proportions(data, items, bootstrap=drawn, **options)
    return [note for note in result.notes if any(words in note for words in SAID)]


ESTIMATED = [
    {"variance": "bootstrap"},
    {"variance": "jackknife"},
    {"variance": "linearized"},
    {"variance": "linearized", "method": "logit", "by": "role"},
    {"method": "bootstrap"},
    {"variance": "linearized", "among": "promoted"},
]
KNOWN = [
    {"design": cb.SurveyDesign(clusters="school")},
    {"design": cb.SurveyDesign(strata="role"), "variance": "jackknife"},
    {"design": cb.SurveyDesign(clusters="school"), "variance": "bootstrap", "method": "bootstrap_bca"},
]
HOW = {
    "linearized": "it adds up what each of all 400 people contributes, those who did not answer too",
    "jackknife": "they are made again without each of all 400 people, those who did not answer too",
    "bootstrap": "each replicate draws from all 400 people, those who did not answer too, and makes them again",
}
UNKNOWN_DESIGN = (
    "because strata and clusters are known only of those who are in the data: wave 'all' has no column "
)


def variance_of(options):
    return options.get("variance", "bootstrap" if "method" in options else "linearized")


# These variances took the weights as known, and said that, before they ran the recipe of the weights again.
@pytest.mark.parametrize("options", ESTIMATED)
def test_variances_that_count_the_estimation_of_weights_in_say_how(study, options):
    data, weights = study
    how = variance_of(options)
    assert said(data, weights=weights, **options) == [
        f"the {how} variance counts in that the weights were estimated: {HOW[how]}"
    ]


@pytest.mark.parametrize("options", KNOWN)
def test_under_a_design_weights_are_taken_as_known_and_the_note_says_why(study, options):
    data, weights = study
    assert said(data, weights=weights, **options) == [
        f"the {variance_of(options)} variance takes the weights as known: that they were estimated, and would "
        f"come out differently in another sample, is not included, {UNKNOWN_DESIGN}"
        f"{(options['design'].clusters or options['design'].strata)!r}"
    ]


@pytest.mark.parametrize("options", ESTIMATED + KNOWN)
def test_a_column_of_weights_and_no_weights_get_no_such_note(study, options):
    data, _ = study
    assert said(data, weights="weight", **options) == []
    assert said(data, **options) == []


@pytest.mark.parametrize("variance", ["linearized", "jackknife", "bootstrap"])
def test_a_column_of_the_same_weights_takes_them_as_known(study, variance):
    data, weights = study
    drawn = cb.Bootstrap(rng=1)
    one, two = (
        cb.proportions(data, "better", weights=given, variance=variance, bootstrap=drawn).rows[0]
        for given in (weights, "weight")
    )
    assert one.estimate == pytest.approx(two.estimate, rel=1e-12)
    assert one.std_error != pytest.approx(two.std_error, rel=1e-3)


def test_counts_take_the_weights_as_known_and_say_why(study):
    data, weights = study
    counts = cb.count(data, ["better", "promoted"], weights=weights)
    (note,) = said(counts, variance="linearized")
    assert note.endswith(
        "is not included, because counts do not hold the people whom the weights were made of"
    )
    with pytest.raises(MethodError, match="counts"):
        cb.proportions(counts, variance="jackknife")


def test_comparisons_and_transitions_say_it_too(study):
    data, weights = study
    for variance, how in HOW.items():
        drawn = cb.Bootstrap(n_resamples=200, rng=1)
        result = cb.compare_groups(
            data, "better", by="role", weights=weights, variance=variance, bootstrap=drawn
        )
        assert f"the {variance} variance counts in that the weights were estimated: {how}" in result.notes
    design = cb.SurveyDesign(clusters="school")
    result = cb.compare_groups(data, "better", by="role", weights=weights, design=design)
    assert any(UNKNOWN_DESIGN in note for note in result.notes)


def test_replicates_kept_beside_kishs_variance_say_it_of_themselves(study):
    data, weights = study
    (note,) = said(data, weights=weights, keep=True)
    assert note == f"the kept replicates count in that the weights were estimated: {HOW['bootstrap']}"
    assert said(data, weights="weight", keep=True) == []
    assert len(said(data, weights=weights, keep=True, variance="bootstrap")) == 1


def test_kish_and_replicate_weights_that_came_with_the_file_say_nothing(study):
    data, weights = study
    assert said(data, weights=weights) == []
    assert said(data, weights=weights, by="role", method="korn_graubard") == []
    made = cb.ReplicateWeights([f"r{k}" for k in range(20)], "bootstrap")
    assert said(data, weights=weights, design=cb.SurveyDesign(replicate_weights=made)) == []
    assert said(data, weights=weights, design=cb.SurveyDesign(replicate_weights=made), keep=True) == []


def test_the_note_stays_where_some_of_the_weighted_people_are_not_in_the_data(study):
    data, weights = study
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert len(said(data.iloc[10:], weights=weights, variance="jackknife")) == 1
        assert said(data.iloc[10:], weights=weights) == []


def test_polars_frames_and_the_printed_result_have_the_note(study):
    data, weights = study
    result = cb.proportions(pl.from_pandas(data), "better", weights=weights, variance="linearized")
    assert HOW["linearized"] in repr(result)
