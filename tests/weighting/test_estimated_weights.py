"""Weights from a model are estimates: which variances take them as known, and that results say so."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest

import credbenefits as cb

SAID = "the weights as known"


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
    result = cb.proportions(data, ["better", "promoted"], bootstrap=drawn, **options)
    return [note for note in result.notes if SAID in note]


TOLD = [
    {"variance": "bootstrap"},
    {"variance": "jackknife"},
    {"variance": "linearized"},
    {"variance": "linearized", "method": "logit", "by": "role"},
    {"design": cb.SurveyDesign(clusters="school")},
    {"design": cb.SurveyDesign(clusters="school"), "variance": "bootstrap", "method": "bootstrap_bca"},
    {"method": "bootstrap"},
    {"variance": "linearized", "among": "promoted"},
]


@pytest.mark.parametrize("options", TOLD)
def test_variances_that_take_estimated_weights_as_known_say_so_once(study, options):
    data, weights = study
    variance = options.get("variance", "bootstrap" if "method" in options else "linearized")
    assert said(data, weights=weights, **options) == [
        f"the {variance} variance takes the weights as known: that they were estimated, and would come out "
        "differently in another sample, is not included"
    ]


@pytest.mark.parametrize("options", TOLD)
def test_a_column_of_weights_and_no_weights_get_no_such_note(study, options):
    data, _ = study
    assert said(data, weights="weight", **options) == []
    assert said(data, **options) == []


def test_replicates_kept_beside_kishs_variance_say_it_of_themselves(study):
    data, weights = study
    (note,) = said(data, weights=weights, keep=True)
    assert note.startswith("the kept replicates take the weights as known")
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
    assert SAID in repr(result)
