"""`Weights.replicate_weights`: columns to give away, from which come the variances of the recipe run again."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pandas as pd
import polars as pl
import pytest

import credbenefits as cb
from credbenefits.errors import DataWarning, InputError, SeparationError

N = 120


def waves(frame=pd.DataFrame):
    rng = np.random.default_rng(12)
    everybody = pd.DataFrame(
        {"id": [f"p{i}" for i in range(N)], "sex": rng.choice(["f", "m"], N), "age": rng.choice([*"abc"], N)}
    )
    some = everybody.loc[rng.random(N) < 0.4 + 0.2 * (everybody.sex == "f"), ["id"]]
    some = some.assign(job=rng.integers(0, 2, len(some)), role=rng.choice(["x", "y"], len(some)))
    both = {"all": everybody, "some": some}
    return {name: frame(each) for name, each in both.items()} if frame is not pd.DataFrame else both


@pytest.fixture(scope="module")
def study():
    panel = cb.link_waves(waves(), on="id")
    weights = cb.attrition_weights(panel, ["sex", "age"], wave="some", to="all")
    return panel.wave("some"), weights


def by_file(data, made, estimator=cb.proportions, **asked):
    design = cb.SurveyDesign(replicate_weights=made.spec)
    return estimator(data.merge(made.values, on="person"), "job", weights="weight", design=design, **asked)


def errors(result):
    return [row.std_error for row in result.rows]


@pytest.mark.parametrize(
    ("estimator", "asked"),
    [(cb.proportions, {}), (cb.proportions, {"by": "role"}), (cb.compare_groups, {"by": "role"})],
)
def test_variances_are_those_of_the_bootstrap_and_the_jackknife(study, estimator, asked):
    data, weights = study
    made = weights.replicate_weights("bootstrap", n_replicates=150, rng=3)
    drawn = cb.Bootstrap(n_resamples=150, rng=3)
    result = estimator(data, "job", weights=weights, variance="bootstrap", bootstrap=drawn, **asked)
    np.testing.assert_allclose(errors(by_file(data, made, estimator, **asked)), errors(result), rtol=1e-10)
    made = weights.replicate_weights("jackknife")
    result = estimator(data, "job", weights=weights, variance="jackknife", **asked)
    np.testing.assert_allclose(errors(by_file(data, made, estimator, **asked)), errors(result), rtol=1e-10)


def test_columns_are_weights_of_people_and_no_identifiers(study):
    _, weights = study
    made = weights.replicate_weights(n_replicates=5, rng=1)
    assert [*made.values.columns] == ["person", "weight", "w_1", "w_2", "w_3", "w_4", "w_5"]
    assert made.values["person"].tolist() == weights.ids.tolist()
    assert made.values["weight"].tolist() == weights.weight.tolist()
    assert made.spec == cb.ReplicateWeights([f"w_{k}" for k in range(1, 6)], "bootstrap")
    assert made.values[list(made.spec.columns)].sum().to_numpy() == pytest.approx(N)
    assert weights.replicate_weights(n_replicates=5, rng=1).values.equals(made.values)
    assert not weights.replicate_weights(n_replicates=5, rng=2).values.equals(made.values)
    assert weights.replicate_weights(rng=1).values.shape == (weights.n, 502)


def test_groups_of_the_jackknife(study):
    data, weights = study
    made = weights.replicate_weights("jackknife", n_replicates=40)
    again = weights.replicate_weights("jackknife", n_replicates=40)
    assert made.values.equals(again.values)
    assert made.spec.kind == "jk1"
    assert len(made.spec.columns) == 40
    gone = (made.values[list(made.spec.columns)] == 0).to_numpy()
    assert (gone.sum(axis=1) == 1).all()  # each respondent is left out once
    (error,), (of_each,) = (
        errors(by_file(data, made)),
        errors(by_file(data, weights.replicate_weights("jackknife"))),
    )
    assert error == pytest.approx(of_each, rel=0.35)
    assert weights.replicate_weights("jackknife").values.shape == (weights.n, N + 2)


def test_frames_are_of_the_callers_kind():
    panel = cb.link_waves(waves(pl.from_pandas), on="id")
    weights = cb.attrition_weights(panel, "sex", wave="some", to="all")
    made = weights.replicate_weights(n_replicates=20, rng=1)
    assert isinstance(made.values, pl.DataFrame)
    data = panel.wave("some").join(made.values, on="person")
    design = cb.SurveyDesign(replicate_weights=made.spec)
    assert cb.proportions(data, "job", weights="weight", design=design).rows[0].std_error > 0


def test_weights_of_a_column_are_known_and_only_multiplied():
    data = pd.DataFrame({"job": [1, 0, 1, 1, 0, 0, 1, 0], "w": [1.0, 2, 1, 3, 1, 2, 2, 1]})
    weights = cb.Weights.from_column(data, "w", population="adults")
    made = weights.replicate_weights("jackknife")
    assert [*made.values.columns] == ["weight", *made.spec.columns]
    rows = made.values[list(made.spec.columns)].to_numpy()
    assert rows == pytest.approx((1 - np.eye(8)) * 8 / 7 * data["w"].to_numpy()[:, None])
    result = cb.proportions(data, "job", weights="w", variance="jackknife").rows[0]
    design = cb.SurveyDesign(replicate_weights=made.spec)
    file = cb.proportions(
        pd.concat([data, made.values], axis=1), "job", weights="weight", design=design
    ).rows[0]
    assert file.std_error == pytest.approx(result.std_error, rel=1e-10)


class Fails:
    """A recipe that makes no weights for replicates in which the first person is missing."""

    def __init__(self, recipe):
        self.recipe, self.n_people, self.influence = recipe, recipe.n_people, recipe.influence

    def replicate(self, times):
        if (times[:, 0] == 0).any():
            raise SeparationError("covariates", allowed="others", received="these", fix="Drop one.")
        return self.recipe.replicate(times)


@pytest.mark.parametrize("kind", ["bootstrap", "jackknife"])
def test_replicates_without_weights_are_left_out_and_said(study, kind):
    data, weights = study
    failing = replace(weights, _run=Fails(weights._run))
    drawn = {"n_replicates": 100, "rng": 7} if kind == "bootstrap" else {}
    with pytest.warns(DataWarning, match="could not be made again"):
        made = failing.replicate_weights(kind, **drawn)
    assert len(made.spec.columns) < (100 if kind == "bootstrap" else N)
    bootstrap = cb.Bootstrap(n_resamples=100, rng=7) if kind == "bootstrap" else None
    with pytest.warns(DataWarning) if kind == "bootstrap" else nullcontext():
        result = cb.proportions(data, "job", weights=failing, variance=kind, bootstrap=bootstrap)
    assert errors(by_file(data, made)) == pytest.approx(errors(result), rel=1e-10)


@pytest.mark.parametrize(
    "given",
    [
        {"kind": "brr"},
        {"n_replicates": 1},
        {"n_replicates": 2.5},
        {"kind": "jackknife", "n_replicates": N + 1},
        {"kind": "jackknife", "rng": 1},
        {"rng": "seed"},
    ],
)
def test_what_is_refused(study, given):
    with pytest.raises(InputError):
        study[1].replicate_weights(**given)
