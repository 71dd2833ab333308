"""People whose status says that they left the population are not in the base of weights."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb

STATUS = {"column": "how", "values": {"yes": "complete", "died": "ineligible", "none": "no_contact"}}


@pytest.fixture
def frames():
    rng = np.random.default_rng(3)
    n = 200
    start = pd.DataFrame(
        {"id": range(n), "age": rng.choice(["young", "old"], n), "job": rng.choice(["a", "b"], n)}
    )
    end = pd.DataFrame({"id": range(n), "how": rng.choice(["yes", "died", "none"], n, p=[0.5, 0.1, 0.4])})
    end["job"] = np.where(end["how"] == "yes", "a", None)
    return {"start": start, "end": end}


def test_the_status_is_what_a_question_would_say(frames):
    declared = cb.link_waves(frames, on="id", status={"end": STATUS})
    answered = cb.link_waves(frames, on="id", answered={"end": "job"})
    weights = cb.attrition_weights(declared, ["age"], wave="end", to="start")
    item = cb.Item("how", yes=["yes", "none"], no="died", answers="none")
    asked = cb.attrition_weights(answered, ["age"], wave="end", to="start", eligible={"end": item})
    assert weights.population_size == asked.population_size == (frames["end"]["how"] != "died").sum()
    assert np.allclose(weights.weight, asked.weight)
    died = int((frames["end"]["how"] == "died").sum())
    assert f"status of “end”: {died} of 200 people in “start” are ineligible and taken out" in str(
        weights.steps
    )
    assert "who are eligible" in weights.population


def test_a_question_goes_before_the_status(frames):
    panel = cb.link_waves(frames, on="id", status={"end": STATUS})
    everybody = cb.Item("job", yes=["a", "b"])
    weights = cb.attrition_weights(panel, ["age"], wave="end", to="start", eligible={"start": everybody})
    assert weights.population_size == 200


def test_nobody_is_taken_out_without_a_status(frames):
    panel = cb.link_waves(frames, on="id", answered={"end": "job"})
    weights = cb.attrition_weights(panel, ["age"], wave="end", to="start")
    assert weights.population_size == 200
    assert weights.population == "people in “start”"


def test_a_bias_report_takes_them_out_too(frames):
    panel = cb.link_waves(frames, on="id", status={"end": STATUS})
    report = cb.nonresponse_bias(panel, wave="end", to="start", variables=["age"])
    assert report.n_everybody == (frames["end"]["how"] != "died").sum()
