"""Variances that a design leaves at 0, or at what rounding makes of 0: no certainty is made of chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb
from credbenefits.errors import MethodError

SCHOOLS = cb.SurveyDesign(clusters="school")
DRAWN = {"variance": "bootstrap", "bootstrap": cb.Bootstrap(n_resamples=100, rng=1)}
VARIANCES = [{"variance": "linearized"}, {"variance": "jackknife"}, DRAWN]


def schools(yes, *, more=0, weight=1.0):
    """Ten people of each role in every school, so many of whom say yes: `more` in the second role."""
    rows = [
        (school, role, "yes" if person < n + more * (role == "b") else "no", weight * (1 + 0.37 * school))
        for school, n in enumerate(yes)
        for role in "ab"
        for person in range(10)
    ]
    return pd.DataFrame(rows, columns=["school", "role", "job", "w"])


@pytest.mark.parametrize("weight", [1.0, 0.1, 1 / 3])
@pytest.mark.parametrize("yes", [[3, 7, 5, 4, 6, 2, 8], [1, 2, 3, 1, 2, 3, 1]], ids=["half", "few"])
@pytest.mark.parametrize("how", VARIANCES, ids=lambda how: how["variance"])
def test_a_difference_that_is_the_same_in_all_clusters_has_no_interval(how, yes, weight):
    for more in (0, 1):
        data = schools(yes, more=more, weight=weight)
        for weights in (None, "w"):
            (row,) = cb.compare_groups(
                data, "job", by="role", reference="a", design=SCHOOLS, weights=weights, **how
            ).rows
            assert row.estimate == pytest.approx(0.1 * more)
            assert np.isnan([row.std_error, row.conf_low, row.conf_high]).all()
            assert "no_interval" in row.flags
            assert np.isnan(row.p_value) == bool(more)
    for method in ("wald", "bootstrap") if how is DRAWN else ("wald",):
        with pytest.raises(MethodError, match=f"got '{method}', which has none"):
            cb.compare_groups(data, "job", by="role", design=SCHOOLS, method=method, **how)


@pytest.mark.parametrize("reference", ["rest", "overall"])
def test_so_it_is_against_the_rest_and_against_everybody(reference):
    data = schools([3, 7, 5, 4, 6, 2, 8], more=1, weight=0.1)
    for row in cb.compare_groups(
        data, "job", by="role", reference=reference, design=SCHOOLS, weights="w"
    ).rows:
        assert np.isnan([row.std_error, row.conf_low, row.conf_high]).all()
        assert "no_interval" in row.flags


def test_replicate_weights_of_a_file_say_the_same():
    data = schools([3, 7, 5, 4, 6, 2, 8], more=1, weight=0.1)
    rng = np.random.default_rng(5)
    for r in range(12):
        data[f"r{r}"] = data["w"] * rng.uniform(0.5, 1.5, 7)[data["school"]]
    of_file = cb.SurveyDesign(replicate_weights=cb.ReplicateWeights([f"r{r}" for r in range(12)], kind="jk1"))
    (row,) = cb.compare_groups(data, "job", by="role", design=of_file, weights="w").rows
    assert np.isnan([row.std_error, row.conf_low, row.conf_high]).all()
    kept = cb.proportions(
        data, "job", by="role", design=of_file, weights="w", bootstrap=cb.Bootstrap(keep=True)
    ).replicates
    apart = kept.difference({"role": "b"}, {"role": "a"})
    assert np.isnan([apart.conf_low, apart.conf_high]).all()


@pytest.mark.parametrize("how", VARIANCES, ids=lambda how: how["variance"])
@pytest.mark.parametrize(
    "design",
    [SCHOOLS, cb.SurveyDesign(clusters="school", population_size=30)],
    ids=["endless", "30 schools"],
)
def test_clusters_that_are_alike_have_a_variance_of_0_to_the_last_digit(how, design):
    # Three of ten in every school: without a design effect, the sample is one of people.
    data = schools([3] * 7, weight=0.1)
    of = {"design": design, "weights": "w", **how}
    (row,) = cb.proportions(data, "job", **of).rows
    assert row.std_error == 0
    assert row.deff == pytest.approx(1.0 if design is SCHOOLS else 1 - 7 / 30)
    assert 0.15 < row.conf_low < 0.3 < row.conf_high < 0.5
    for method in ("wald", "logit", "arcsine"):
        (row,) = cb.proportions(data, "job", method=method, **of).rows
        assert np.isnan([row.conf_low, row.conf_high]).all()
        assert "no_interval" in row.flags


def test_replicates_that_are_equal_but_for_rounding_leave_no_limits():
    data = schools([3] * 7, weight=0.1)
    for method in ("bootstrap", "bootstrap_basic", "bootstrap_bca"):
        with pytest.raises(MethodError, match="expected one that has limits"):
            cb.proportions(data, "job", design=SCHOOLS, weights="w", method=method, **DRAWN)
    kept = cb.proportions(
        schools([3, 7, 5, 4, 6, 2, 8], more=1, weight=0.1),
        "job",
        by="role",
        design=SCHOOLS,
        weights="w",
        variance="bootstrap",
        bootstrap=cb.Bootstrap(n_resamples=100, rng=1, keep=True),
    ).replicates
    apart = kept.difference({"role": "b"}, {"role": "a"})
    assert np.isnan([apart.conf_low, apart.conf_high]).all()


@pytest.mark.parametrize("how", VARIANCES, ids=lambda how: how["variance"])
@pytest.mark.parametrize("moving", [(), (0, 9), (9,)], ids=["nobody", "one up and one down", "one up"])
def test_a_net_change_that_is_the_same_in_all_clusters_has_no_interval(how, moving):
    waves = {
        wave: pd.DataFrame(
            {
                "id": range(70),
                "school": np.repeat(range(7), 10),
                "job": [
                    ("no", "yes")[(i < n) ^ (wave == "after" and i in moving)]
                    for n in (3, 7, 5, 4, 6, 2, 8)
                    for i in range(10)
                ],
            }
        )
        for wave in ("before", "after")
    }
    panel = cb.link_waves(waves, on="id")
    result = cb.transitions(panel, "job", design=SCHOOLS, **how)
    assert np.isnan([result.change.std_error, result.change.conf_low, result.change.conf_high]).all()
    assert "no_interval" in result.change.flags
    # Whoever stayed or moved is a share like any other.
    assert result.stayed.conf_low < result.stayed.estimate <= result.stayed.conf_high
    if how is DRAWN:
        drawn = cb.transitions(panel, "job", design=SCHOOLS, method="bootstrap", bootstrap=how["bootstrap"])
        assert "no_interval" in drawn.change.flags
