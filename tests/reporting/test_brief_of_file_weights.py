"""A brief with weights that came with the file says whom they are for, and what was not checked."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb
from credbenefits import Weights


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(1)
    return pd.DataFrame({"job": rng.choice(["yes", "no"], 200), "w": rng.uniform(1, 3, 200)})


def text(data, *, size, given=True):
    weights = Weights.from_column(data, "w", population="adults in Ohio", population_size=size)
    result = cb.proportions(data, cb.Item("job", label="a better job"), weights=weights)
    return result, weights, cb.brief(result, *[weights] * given, title="Study").to_markdown()


def test_without_a_size_no_number_of_people_is_claimed(data):
    result, weights, made = text(data, size=None)
    row = result.rows[0]
    assert repr(result).startswith("Proportions of respondents, weighted to adults in Ohio (95% intervals)")
    assert f"**{100 * row.estimate:.1f}%** of the adults in Ohio would report a better job" in made
    assert f"({100 * row.estimate_unweighted:.1f}% unweighted: {row.count} of 200 with a weight" in made
    assert "Estimates for all adults in Ohio, beside the unweighted shares of the same people" in made
    assert (
        f"**Weights for adults in Ohio.** 200 people stand for them. The effective sample is {weights.n_effective:.0f} "
        f"of 200 (design effect {weights.deff:.2f}). The weights were taken as they stand in the column “w”: how they "
        "were made, and whom they stand for, was not checked here." in made
    )
    assert "Weights for adults in Ohio: as they stand in the column “w”." in made
    assert "**Who answered:** 200 respondents with a weight." in made
    assert "of the 0" not in made
    assert "all 0" not in made


def test_with_a_size_it_is_printed_and_there_is_no_balance(data):
    result, _, made = text(data, size=9_000_000)
    assert "weighted to 9,000,000 adults in Ohio" in repr(result)
    assert "of the 9,000,000 adults in Ohio would report a better job" in made
    assert "**Weights for 9,000,000 adults in Ohio.** 200 people stand for them." in made
    assert "against the population" not in made
    assert "could not be linked" not in made


def test_the_figure_of_a_balance_is_that_of_weights_that_have_one(data):
    weights = Weights.from_column(data, "w", population="adults in Ohio")
    frame = data.assign(id=range(200), side=["a", "b"] * 100)
    panel = cb.link_waves({"start": frame[["id", "side"]], "end": frame[["id", "job"]].iloc[:90]}, on="id")
    against = cb.attrition_weights(panel, "side", wave="end", to="start", trim=None)
    result = cb.proportions(panel.wave("end"), "job", weights=against)
    made = cb.brief(result, against, weights, panel, title="Study")
    assert "figures/balance.svg" in made.files()
    assert (
        "Weights for 200 people in “start”: 1/p from a logistic regression, not capped." in made.to_markdown()
    )
    assert "figures/balance.svg" not in cb.brief(result, weights, title="Study").files()


def test_weights_to_known_totals_name_no_wave_and_say_that_totals_were_not_checked(data):
    frame = data.assign(side=["a", "b"] * 100)
    weights = cb.calibrate(frame, {"side": {"a": 600, "b": 400}}, population="adults in Ohio")
    result = cb.proportions(frame, "job", weights=weights)
    made = cb.brief(result, weights, title="Study", figures=False).to_markdown()
    assert "“”" not in made
    assert "200 people against all 1,000 adults in Ohio" in made
    assert (
        "200 people stand for them, weighted on side. The effective sample is 192 of 200 (design effect 1.04). The "
        "weights correct only what these variables explain, and the totals were taken as they were given: whose they "
        "are was not checked here." in made
    )


def test_a_base_says_that_people_of_weight_0_take_no_part():
    weight = [0.0] * 10 + [1.0, 2.0] * 20
    data = pd.DataFrame({"job": ["yes", "no"] * 25, "sex": ["f"] * 25 + ["m"] * 25, "w": weight})
    everybody = cb.proportions(data, cb.Item("job", yes="yes"), weights="w")
    page = cb.brief(everybody, title="t", figures=False).to_markdown()
    assert "50 respondents → 40 with a weight → 20 reported job" in page
    by_sex = cb.proportions(data, cb.Item("job", yes="yes"), by="sex", weights="w")
    page = cb.brief(by_sex, title="t", figures=False).to_markdown()
    assert "50 respondents → 15 with sex = f and a weight → 8 reported job" in page
    assert "with  →" not in page
