"""Weights against attrition of the Muscatine children (geepack): R's estimates, chains and waves in between."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb

pytestmark = pytest.mark.shared

OBESE = cb.Item("obese", yes=1)
KNOWN = ["gender", "base_age"]


@pytest.fixture(scope="module")
def panel(shared):
    """Everybody, and the children seen at each of three occasions."""
    data = pd.read_csv(shared / "data" / "muscatine.csv.gz")
    seen = data[data["numobese"].notna()].rename(columns={"numobese": "obese"})
    waves = {"all": data.drop_duplicates("id")[["id", *KNOWN]]}
    for k in (1, 2, 3):
        waves[f"o{k}"] = seen.loc[seen["occasion"] == k, ["id", "obese"]]
    return cb.link_waves(waves, on="id")


def share(panel, weights):
    return cb.proportions(panel.wave("o3", also_in=weights.to), OBESE, weights=weights).rows[0].estimate


@pytest.mark.parametrize(
    ("numbers", "estimate", "total"),
    [
        # R 4.2.2, survey 4.5: svymean with 1/fitted of glm(r3 ~ gender + base_age + o1), gold 6 and 10.
        ({"base_age": "linear"}, 0.220895427645922, 3330.57721084932),
        (None, 0.221851782365489, 3342.47999536223),  # the same with factor(base_age)
    ],
)
def test_occasion_3_of_those_seen_at_1_is_that_of_r(panel, numbers, estimate, total):
    weights = cb.attrition_weights(
        panel, {"all": KNOWN, "o1": "obese"}, wave="o3", to="o1", trim=None, numbers=numbers
    )
    assert weights.n == 1954
    assert share(panel, weights) == pytest.approx(estimate, abs=1e-9)
    assert weights.steps["1 / propensity"].rows[0].sum == pytest.approx(total, rel=1e-9)


def by_hand(panel):
    """Return the share at occasion 3 and its error from propensities that are estimated, by the formula alone.

    Newton's steps for glm(seen ~ gender + base_age + o1), then the influence of each of the N children on the
    weighted share (Kim & Kim 2007; Beaumont 2005): N / (N - 1) times the sum of squares over all of them.
    """
    first = panel.wave("o1", also_in="all", carry={"all": KNOWN}).set_index("person")
    third = panel.wave("o3").set_index("person")["obese"].reindex(first.index)
    seen, y = third.notna().to_numpy(), third.fillna(0).to_numpy(float)
    gender = pd.factorize(first["gender_all"])[0]
    x = np.column_stack([np.ones(len(y)), gender, first["base_age_all"], first["obese"]]).astype(float)
    b = np.zeros(4)
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ b))
        b += np.linalg.solve(x.T @ (x * (p * (1 - p))[:, None]), x.T @ (seen - p))
    total = (seen / p).sum()
    share = (seen * y / p).sum() / total
    apart = seen * (y - share) / p
    slope = np.linalg.solve(x.T @ (x * (p * (1 - p))[:, None]), x.T @ (apart * (1 - p)))
    influence = (apart - (seen - p) * (x @ slope)) / total
    n = len(y)
    return share, np.sqrt(n / (n - 1) * (influence**2).sum())


def test_the_error_at_occasion_3_knows_that_propensities_are_estimated(panel):
    """As known .00966 (R 4.2.2, survey 4.5: svymean, gold 6); estimated .00910, by hand."""
    weights = cb.attrition_weights(
        panel,
        {"all": KNOWN, "o1": "obese"},
        wave="o3",
        to="o1",
        trim=None,
        numbers={"base_age": "linear"},
    )
    data = panel.wave("o3", also_in="o1").merge(weights.values, on="person")
    estimated = cb.proportions(data, OBESE, weights=weights, variance="linearized").rows[0]
    known = cb.proportions(data, OBESE, weights="weight", variance="linearized").rows[0]
    assert estimated.n == known.n == 1954
    assert estimated.estimate == pytest.approx(known.estimate, abs=1e-12)
    assert known.std_error == pytest.approx(0.00965772866223038, abs=1e-12)
    assert (estimated.estimate, estimated.std_error) == pytest.approx(by_hand(panel), abs=1e-12)
    assert (round(estimated.std_error, 5), round(known.std_error, 5)) == (0.0091, 0.00966)


def test_returners_have_a_weight_in_a_single_step_and_none_in_a_chain(panel):
    first = cb.attrition_weights(panel, KNOWN, wave="o1", to="all", trim=None)
    second = cb.attrition_weights(
        panel, {"all": KNOWN, "o1": "obese"}, wave="o2", to="o1", trim=None, base_weights=first
    )
    third = cb.attrition_weights(
        panel, {"all": KNOWN, "o2": "obese"}, wave="o3", to="o2", trim=None, base_weights=second
    )
    single = cb.attrition_weights(panel, KNOWN, wave="o3", to="all", trim=None)
    # Of 3,099 seen at occasion 3, 1,770 were seen at each before (gold 10, patterns).
    assert (third.n, single.n) == (1770, 3099)
    for weights in (first, second, third, single):
        assert weights.weight.sum() == pytest.approx(4856)
        assert (weights.weight > 0).all()
    (lost,) = [alert for alert in third.alerts if alert.code == "chain_loses_people"]
    assert lost.value == 3099 - 1770
    assert abs(share(panel, third) - share(panel, single)) < 0.002
    np.testing.assert_allclose(third.replicate(np.ones((1, 4856)))[0], third.weight, rtol=1e-9)


def test_what_each_occasion_costs(panel):
    weights = cb.attrition_weights(panel, KNOWN, wave=["o1", "o2", "o3"], to="all")
    assert [row.n for row in weights.choices] == [1770, 2415, 1954, 2401]
    assert [a.value for a in weights.alerts if a.code == "wave_costs_people"] == [645, 631]
