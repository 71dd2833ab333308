"""Contact, then cooperation, with base weights: R's glm and survey; tests/golden/r/chains.R, METHODS 4.1."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "chains.json").read_text())
KNOWN, EXACT = ["region", "age"], 1e-8


@pytest.fixture(scope="module")
def panel():
    people = pd.DataFrame(GOLDEN["people"])
    reached, agreed = people[people["contacted"]], people[people["cooperated"]]
    waves = {
        "sample": people[["id", "region", "age", "base"]],
        "contact": reached[["id", "phone"]],
        "interview": agreed[["id", "yes"]],
    }
    return cb.link_waves(waves, on="id")


@pytest.fixture(scope="module")
def contact(panel):
    return cb.attrition_weights(panel, KNOWN, wave="contact", to="sample", base_weights="base", trim=None)


@pytest.fixture(scope="module")
def chain(panel, contact):
    covariates = {"sample": KNOWN, "contact": "phone"}
    return cb.attrition_weights(
        panel, covariates, wave="interview", to="contact", base_weights=contact, trim=None
    )


def by_id(panel, weights, wave):
    people = panel.wave(wave)
    return dict(zip(people["id"], weights.for_people(people["person"].to_numpy()), strict=True))


@pytest.mark.parametrize(
    ("step", "wave", "column"), [("first", "contact", "w1"), ("second", "interview", "w2")]
)
def test_weights_of_each_step_are_those_of_glm(panel, contact, chain, step, wave, column):
    made = by_id(panel, contact if step == "first" else chain, wave)
    wanted = GOLDEN[step]
    assert list(made) == wanted["id"]
    np.testing.assert_allclose(list(made.values()), wanted[column], rtol=EXACT)
    assert sum(made.values()) == pytest.approx(sum(GOLDEN["people"]["base"]), rel=1e-12)


@pytest.fixture(scope="module")
def answers(panel):
    return panel.wave("interview", carry={"sample": "age"})


def test_the_share_is_that_of_survey_with_either_variance(answers, chain):
    data = answers.assign(w=chain.for_people(answers["person"].to_numpy()))
    for weights, variance in ((chain, "estimated"), ("w", "known")):
        [row] = cb.proportions(data, cb.Item("yes", yes=1), weights=weights, variance="linearized").rows
        assert row.estimate == pytest.approx(GOLDEN["share"], rel=EXACT)
        assert row.std_error == pytest.approx(GOLDEN[f"se_{variance}"], rel=EXACT)


def test_shares_of_groups_are_those_of_survey(answers, chain):
    found = cb.proportions(
        answers, cb.Item("yes", yes=1), by="age_sample", weights=chain, variance="linearized"
    )
    rows = {dict(row.group)["age_sample"]: row for row in found.rows}
    assert set(rows) == set(GOLDEN["by_age"]["age"])
    for age, share, se in zip(*(GOLDEN["by_age"][k] for k in ("age", "share", "se_estimated")), strict=True):
        assert rows[age].estimate == pytest.approx(share, rel=EXACT)
        assert rows[age].std_error == pytest.approx(se, rel=EXACT)
