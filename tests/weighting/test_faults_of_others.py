"""Faults of other packages for weights, each of which would show here: what they do in silence is not done."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb
from credbenefits.errors import InputError


def study(n=400, seed=6):
    """People of classes of very different size, of whom some answer, by their class."""
    rng = np.random.default_rng(seed)
    level = np.repeat([*"abcdef"], [200, 120, 50, 14, 10, 6])
    base = pd.DataFrame({"id": range(n), "level": level, "sex": rng.choice(["f", "m"], n)})
    lean = {"a": 0.6, "b": 0.4, "c": 0.5, "d": 0.5, "e": 0.4, "f": 0.5}
    answered = rng.random(n) < base["level"].map(lean)
    answered[[350 + 14 + 10, 350 + 14 + 10 + 1]] = True, False
    later = base.loc[answered, ["id", "level"]].reset_index(drop=True)
    share = later["level"].map({"a": 0.95, "b": 0.05, "c": 0.5, "d": 0.9, "e": 0.1, "f": 0.5})
    later["job"] = np.where(rng.random(len(later)) < share, "yes", "no")
    return base, later.drop(columns="level")


@pytest.fixture(scope="module")
def panel():
    base, later = study()
    return cb.link_waves({"base": base, "later": later}, on="id")


@pytest.mark.parametrize("method", ["logit", "calibration"])
def test_small_categories_keep_a_class_of_their_own(panel, method):
    """A raking package lumps categories below a few percent; here each stands for its own people."""
    weights = cb.attrition_weights(panel, "level", wave="later", to="base", method=method, trim=None)
    data = panel.wave("later", carry={"base": "level"}).merge(weights.values, on="person")
    sums = data.groupby("level_base")["weight"].sum()
    assert sums.round(6).to_dict() == {"a": 200, "b": 120, "c": 50, "d": 14, "e": 10, "f": 6}
    assert "pooled_level" not in {alert.code for alert in weights.alerts}


def test_a_category_that_has_to_be_pooled_is_named():
    base, later = study()
    later = later[~later["id"].isin(base.loc[base["level"] == "f", "id"])]
    panel = cb.link_waves({"base": base, "later": later}, on="id")
    weights = cb.attrition_weights(panel, "level", wave="later", to="base")
    (alert,) = [alert for alert in weights.alerts if alert.code == "pooled_level"]
    assert "f" in alert.text


def test_labels_that_nothing_was_said_of_are_no_respondents():
    """A weighting package counts people as respondents whose label it does not know."""
    base, later = study()
    everybody = base[["id"]].merge(later, on="id", how="left")
    everybody["disp"] = np.where(everybody["job"].notna(), "Done", "No contact")
    everybody.loc[everybody.index[everybody["job"].isna()][:5], "disp"] = "Gone away"
    values = {"Done": "complete", "No contact": "no_contact"}
    waves = {"base": base, "later": everybody}
    with pytest.raises(InputError, match="'Gone away'"):
        cb.link_waves(waves, on="id", status={"later": {"column": "disp", "values": values}})
    values["Gone away"] = "no_contact"
    panel = cb.link_waves(waves, on="id", status={"later": {"column": "disp", "values": values}})
    weights = cb.attrition_weights(panel, "level", wave="later", to="base")
    assert weights.n == len(later)
    # Calibration knows totals of the labels in the data only, and says which it does not know.
    with pytest.raises(InputError, match="'c'"):
        cb.calibrate(base, {"level": dict.fromkeys("abdef", 50)})


@pytest.mark.parametrize("design", [None, cb.SurveyDesign(strata="half", clusters="unit")])
def test_variances_know_the_calibration(design):
    """Taylor variances of packages that take calibrated weights as given are up to 14% off."""
    base, _ = study()
    rng = np.random.default_rng(2)
    base["job"] = np.where(rng.random(len(base)) < np.where(base["level"] == "a", 0.85, 0.15), "yes", "no")
    base["unit"], base["half"] = rng.permutation(len(base)) // 10, "one"
    base["half"] = np.where(base["unit"] < 20, "one", "two")
    weights = cb.calibrate(base, {"level": {"a": 100, "b": 200, "c": 50, "d": 14, "e": 10, "f": 26}})
    row = cb.proportions(base, "job", weights=weights, design=design, variance="linearized").rows[0]
    left_out = cb.proportions(base, "job", weights=weights, design=design, variance="jackknife").rows[0]
    known = cb.proportions(
        base.assign(w=weights.weight), "job", weights="w", design=design, variance="linearized"
    ).rows[0]
    assert row.std_error == pytest.approx(left_out.std_error, rel=0.02)
    assert row.std_error < 0.85 * known.std_error


def test_the_bootstrap_makes_the_weights_again(panel):
    """A bootstrap that keeps the weights as they are does not know that they are estimated."""
    weights = cb.attrition_weights(panel, "level", wave="later", to="base", trim=None)
    data = panel.wave("later").merge(weights.values, on="person")
    drawn = cb.Bootstrap(n_resamples=1_000, rng=3)
    again, kept = (
        cb.proportions(data, "job", weights=given, variance="bootstrap", bootstrap=drawn).rows[0]
        for given in (weights, "weight")
    )
    linear = cb.proportions(data, "job", weights=weights, variance="linearized").rows[0]
    assert again.std_error == pytest.approx(linear.std_error, rel=0.08)
    assert kept.std_error > 1.05 * again.std_error


def test_one_silent_wave_is_no_reason_for_a_weight_of_0():
    """The longitudinal weight of a household panel is 0 from the first wave that somebody misses."""
    base, later = study()
    middle = base.iloc[::2][["id"]]
    panel = cb.link_waves({"base": base, "middle": middle, "later": later}, on="id")
    weights = cb.attrition_weights(panel, "level", wave="later", to="base", trim=None)
    assert weights.n == len(later)
    assert (weights.weight > 0).all()
    silent = later.loc[~later["id"].isin(middle["id"]), "id"]
    people = panel.wave("later").set_index("id").loc[silent, "person"].to_numpy()
    assert (weights.for_people(people) > 0).all()
    assert weights.weight.sum() == pytest.approx(len(base))
