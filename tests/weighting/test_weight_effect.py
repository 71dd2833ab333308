"""What weights change in estimates: against brute force, and the rule of the verdict."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import stats as scipy_stats

import credbenefits as cb
from credbenefits.errors import InputError, MethodError
from credbenefits.weighting.uses.effect import untrimmed_weight, verdict_of

N = 240


def waves(seed=3, n=N, rate=0.45):
    """People who differ in answering and in what they say, by two variables."""
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, 3, n), rng.integers(0, 2, n)
    answered = rng.random(n) < rate * np.exp(0.5 * (a - 1) + 0.4 * b) / 1.3
    job = rng.random(n) < 1 / (1 + np.exp(0.6 - 1.1 * (a - 1)))
    base = pd.DataFrame({"id": range(n), "a": np.array(list("xyz"))[a], "b": np.array(list("uv"))[b]})
    later = pd.DataFrame({"id": range(n), "job": np.where(job, "yes", "no"), "g": np.array(list("pq"))[b]})
    later["rare"] = np.where(rng.random(n) < 0.1, "yes", "no")
    later["none"] = "no"
    later["gaps"] = np.where(rng.random(n) < 0.2, None, later["job"])
    return {"base": base, "later": later[answered].reset_index(drop=True)}


@pytest.fixture(scope="module")
def panel():
    return cb.link_waves(waves(), on="id")


@pytest.fixture(scope="module")
def weights(panel):
    return cb.attrition_weights(panel, ["a", "b"], wave="later", to="base", population="everybody")


@pytest.fixture(scope="module")
def data(panel):
    return panel.wave("later", also_in="base")


ITEMS = [cb.Item(name, yes="yes") for name in ("job", "rare", "gaps")]


def differences(weight, times, y, inside):
    """Weighted less unweighted proportions of replicates, by hand."""
    asked = inside & ~np.isnan(y)
    w, t, said = weight[:, asked], times[:, asked], y[asked]
    return (w @ said) / w.sum(1) - (t @ said) / t.sum(1)


def coded(data, item):
    return data[item.column].map({"yes": 1.0, "no": 0.0}).to_numpy(dtype=float)


@pytest.mark.parametrize("covariates", [["a"], ["a", "b"]])
def test_the_variance_is_that_of_the_recipe_run_again(panel, data, covariates):
    """Numeric derivatives by the copies of each person, the weights made again: what influences must be.

    Without a cap: its limit is a quantile, which has no numeric derivative.
    """
    weights = cb.attrition_weights(panel, covariates, wave="later", to="base", trim=None)
    result = cb.proportions(data, ITEMS, by="g", weights=weights)
    made = weights.effect(result)
    person = np.searchsorted(weights.everybody, weights.ids)
    place = np.searchsorted(weights.ids, data["person"].to_numpy())
    h = 1e-5
    ones = np.ones((N, N))
    up, down = ones + h * np.eye(N), ones - h * np.eye(N)
    w_up, w_down = (weights.replicate(times)[:, place] for times in (up, down))
    for row in made.rows:
        item = next(item for item in ITEMS if item.label == row.label)
        inside = (data["g"] == dict(row.group)["g"]).to_numpy()
        y = coded(data, item)
        of_up = differences(w_up, up[:, person][:, place], y, inside)
        of_down = differences(w_down, down[:, person][:, place], y, inside)
        influence = (of_up - of_down) / (2 * h)
        expected = np.sqrt(N / (N - 1) * (influence**2).sum())
        assert row.std_error == pytest.approx(expected, rel=1e-5)
        assert row.difference == pytest.approx(row.weighted - row.unweighted, abs=1e-15)
        reach = scipy_stats.t.ppf(0.975, row.n_effective - 1) * expected
        assert (row.conf_low, row.conf_high) == pytest.approx(
            (row.difference - reach, row.difference + reach), rel=1e-5
        )


def test_known_weights_have_the_linearised_variance(data):
    rng = np.random.default_rng(8)
    rows = data.drop(columns="person").assign(w=rng.exponential(size=len(data)))
    weights = cb.Weights.from_column(rows, "w", population="adults")
    counts = cb.count(rows, ITEMS, by="g", weights=weights)
    of_rows = weights.effect(cb.proportions(rows, ITEMS, by="g", totals=True, weights=weights))
    of_counts = weights.effect(cb.proportions(counts, totals=True))
    assert of_counts.to_frame().equals(of_rows.to_frame()) or np.allclose(
        of_counts.to_frame()["std_error"], of_rows.to_frame()["std_error"], rtol=1e-9
    )
    for row in of_rows.rows:
        item = next(item for item in ITEMS if item.label == row.label)
        group = dict(row.group)["g"]
        y = coded(rows, item)
        inside = ~np.isnan(y) & ((rows["g"] == group).to_numpy() | (group == "(all)"))
        w, y = rows["w"].to_numpy()[inside], y[inside]
        z = w * (y - row.weighted) / w.sum() - (y - row.unweighted) / y.size
        assert row.std_error == pytest.approx(np.sqrt(y.size / (y.size - 1) * (z**2).sum()), rel=1e-9)
    assert any("taken as known" in note for note in of_rows.notes)


def test_calibrated_weights_know_what_they_are_calibrated_to():
    """Cells of known size: the influence of post-stratification, by hand."""
    rng = np.random.default_rng(5)
    n = 90
    rows = pd.DataFrame({"a": rng.choice(list("xy"), n, p=[0.3, 0.7])})
    rows["job"] = np.where(rng.random(n) < np.where(rows["a"] == "x", 0.8, 0.3), "yes", "no")
    weights = cb.calibrate(rows, {"a": {"x": 50, "y": 50}})
    (row,) = weights.effect(cb.proportions(rows, "job", weights=weights)).rows
    y = (rows["job"] == "yes").to_numpy(dtype=float)
    residual = y - pd.Series(y).groupby(rows["a"]).transform("mean").to_numpy()
    z = weights.weight * residual / weights.weight.sum() - (y - y.mean()) / n
    assert row.std_error == pytest.approx(np.sqrt(n / (n - 1) * (z**2).sum()), rel=1e-6)


def test_the_rule_of_the_verdict():
    assert verdict_of(0.01, 0.2, 0.1) == "moved"
    assert verdict_of(-0.2, -0.01, 0.1) == "moved"
    assert verdict_of(-0.05, 0.09, 0.1) == "not moved"
    assert verdict_of(-0.05, 0.11, 0.1) == "cannot tell"
    assert verdict_of(np.nan, np.nan, 0.1) == "cannot tell"


def test_nobody_and_everybody_tell_nothing(data, weights):
    items = [cb.Item("none", yes="yes", label="nobody"), cb.Item("none", yes="no", label="everybody")]
    made = weights.effect(cb.proportions(data, items, weights=weights))
    for row in made.rows:
        assert row.difference == 0.0
        assert np.isnan(row.std_error)
        assert np.isnan(row.conf_low)
        assert row.verdict == "cannot tell"
    assert any("nobody or everybody" in note for note in made.notes)


def test_equal_weights_move_nothing():
    base = pd.DataFrame({"id": range(60), "a": ["x", "y"] * 30})
    later = base[["id"]].iloc[:40].assign(job=["yes", "no", "no", "yes"] * 10)
    panel = cb.link_waves({"base": base, "later": later}, on="id")
    weights = cb.attrition_weights(panel, "a", wave="later", to="base")
    result = cb.proportions(panel.wave("later", also_in="base"), "job", weights=weights)
    (row,) = weights.effect(result).rows
    assert row.difference == pytest.approx(0.0, abs=1e-12)
    assert row.verdict == "not moved"


def test_rows_that_were_picked_are_the_same_rows(data, weights):
    result = cb.proportions(data, ITEMS, by="g", weights=weights)
    whole, part = weights.effect(result), weights.effect([result["gaps"], result["job"]])
    assert part["gaps"].rows == whole["gaps"].rows
    assert part["job"].rows == whole["job"].rows


def test_trimming_is_shown_with_what_it_saves(panel, data):
    capped = cb.attrition_weights(panel, ["a", "b"], wave="later", to="base", trim=1.2)
    free = cb.attrition_weights(panel, ["a", "b"], wave="later", to="base", trim=None)
    made = capped.effect(cb.proportions(data, ITEMS, by="g", weights=capped))
    without = cb.proportions(data, ITEMS, by="g", weights=free)
    np.testing.assert_allclose(untrimmed_weight(capped._run), free.weight, rtol=1e-12)
    with_cap = cb.proportions(data, ITEMS, by="g", weights=capped)
    for row, plain, trimmed in zip(made.rows, without.rows, with_cap.rows, strict=True):
        assert row.untrimmed == pytest.approx(plain.estimate, rel=1e-12)
        assert row.trim_shift == pytest.approx(trimmed.estimate - plain.estimate, abs=1e-12)
        assert row.variance_saved == pytest.approx(1 - plain.n_effective / trimmed.n_effective, abs=1e-12)
    assert made.rows[0].variance_saved > 0
    assert np.isnan(free.effect(without).rows[0].trim_shift)


@pytest.mark.parametrize("method", ["wilson", "korn_graubard"])
@pytest.mark.parametrize("variance", ["kish", "linearized", "jackknife"])
def test_it_does_not_depend_on_the_interval_of_the_result(data, weights, method, variance):
    first = weights.effect(cb.proportions(data, ITEMS, weights=weights))
    other = weights.effect(cb.proportions(data, ITEMS, weights=weights, method=method, variance=variance))
    assert [row.std_error for row in other.rows] == pytest.approx([row.std_error for row in first.rows])


def test_other_results_are_refused(panel, data, weights):
    with_mine = cb.proportions(data, "job", weights=weights)
    others = cb.attrition_weights(panel, "a", wave="later", to="base", population="everybody")
    columns = cb.proportions(data.assign(w=1.5), "job", weights="w")
    for wrong in (
        cb.proportions(data, "job", weights=others),
        cb.proportions(data, "job"),
        columns,
        cb.compare_groups(data, "job", by="g", weights=others),
        cb.compare_groups(data, "job", by="g"),
        cb.transitions(twice(panel), cb.Item("a", yes="x")),
        panel.flow(),
        [],
        "job",
        pickle.loads(pickle.dumps(with_mine)),
        [with_mine, cb.proportions(data, "job", weights=weights, confidence_level=0.9)],
    ):
        with pytest.raises(InputError, match="`results`"):
            weights.effect(wrong)
    with pytest.raises(InputError, match="got none"):
        weights.effect()


def twice(panel):
    """A panel in which everybody is asked twice."""
    base = panel.wave("base").drop(columns="person")
    return cb.link_waves({"one": base, "two": base}, on="id")


def test_designs_and_counts_of_estimated_weights_are_refused(data, weights):
    design = cb.SurveyDesign(strata="g")
    with pytest.raises(MethodError, match=r"`design`.*wave 'base' has no column 'g'"):
        weights.effect(cb.proportions(data, "job", weights=weights, design=design))
    with pytest.raises(MethodError, match="counts hold no people"):
        weights.effect(cb.proportions(cb.count(data, "job", weights=weights)))


def test_what_is_saved_holds_no_people(data, weights):
    result = cb.proportions(data, "job", weights=weights)
    assert b"Prepared" not in pickle.dumps(result)
    assert result == pickle.loads(pickle.dumps(result))


def test_it_prints_shows_and_draws(data, weights):
    made = weights.effect(cb.proportions(data, ITEMS, by="g", weights=weights))
    assert "not moved" in repr(made) or "cannot tell" in repr(made) or "moved" in repr(made)
    assert made._repr_html_().startswith("<table")
    assert list(made.to_frame().columns[:4]) == ["item", "label", "level", "g"]
    pytest.importorskip("matplotlib")
    assert "weighted less unweighted" in made.plot().get_xlabel()


# ---- what a brief makes of it ------------------------------------------------------------------------------


def page(*results):
    top, _, rest = cb.brief(*results, title="t", figures=False).to_markdown().partition("## Appendix")
    return top, rest


def moved_share():
    """A share that weighting moves far: by what people are, and who answered."""
    base = pd.DataFrame({"id": range(400), "a": ["x"] * 200 + ["y"] * 200})
    later = base.iloc[[*range(120), *range(200, 240)]].drop(columns="a")
    later["job"] = (["yes"] * 108 + ["no"] * 12) + (["yes"] * 8 + ["no"] * 32)
    later["same"] = ["yes", "no"] * 80
    panel = cb.link_waves({"base": base, "later": later}, on="id")
    weights = cb.attrition_weights(panel, "a", wave="later", to="base", population="all members")
    return panel.wave("later", also_in="base"), weights


def test_a_brief_puts_unmoved_shares_unweighted_at_the_top():
    data, weights = moved_share()
    items = ["job", "same"]
    plain, weighted = cb.proportions(data, items), cb.proportions(data, items, weights=weights)
    made = weights.effect(weighted)
    assert [row.verdict for row in made.rows] == ["moved", "not moved"]
    top, rest = page(plain, weighted, made)
    assert "would report job" in top
    assert "would report same" not in top
    assert "Not among these findings: “same” for all members, because weighting moves it by nothing" in top
    assert "would report same" in rest
    assert "moved nothing beyond chance" in rest
    both, _ = page(plain, weighted)
    assert "would report same" in both
    alone, _ = page(weighted, made)
    assert "would report same" in alone


def test_a_finding_of_several_shares_stays_unweighted_only_if_all_of_them_do():
    data, weights = moved_share()
    data["g"] = ["p", "q"] * 80
    plain, weighted = (cb.proportions(data, ["job", "same"], by="g", weights=w) for w in (None, weights))
    top, _ = page(plain, weighted, weights.effect(weighted))
    verdicts = {(row.label, row.group[0][1]): row.verdict for row in weights.effect(weighted).rows}
    for label in ("job", "same"):
        unmoved = all(verdicts[label, group] == "not moved" for group in "pq")
        assert (f"“{label}” for all members" in top) == unmoved


@pytest.mark.parametrize("given", ["result", "weights", "effect"])
def test_a_missed_truth_keeps_weighted_numbers_from_the_top(given):
    rng = np.random.default_rng(1)
    base = pd.DataFrame({"id": range(600), "a": ["x", "y"] * 300, "done": np.repeat(["yes", "no"], 300)})
    later = base[["id"]].iloc[[*range(150), *range(300, 330)]].assign(job=rng.choice(["yes", "no"], 180))
    panel = cb.link_waves({"base": base, "later": later}, on="id")
    weights = cb.attrition_weights(
        panel, "a", wave="later", to="base", check="done", population="all members"
    )
    (alert,) = [each for each in weights.alerts if each.code == "known_truth_missed"]
    assert abs(alert.value) == pytest.approx(150 / 180 - 0.5, abs=0.01)
    result = cb.proportions(panel.wave("later", also_in="base"), "job", weights=weights)
    plain = cb.proportions(panel.wave("later", also_in="base"), "job")
    also = {"result": [], "weights": [weights], "effect": [weights.effect(result)]}[given]
    top, rest = page(plain, result, *also)
    assert "would report job" not in top
    assert "“job” for all members, because done = " in top
    assert "would report job" in rest


def test_a_truth_that_is_met_is_no_alert():
    base = pd.DataFrame({"id": range(600), "a": ["x", "y"] * 300, "done": np.repeat(["yes", "no"], 300)})
    later = base[["id"]].iloc[[*range(90), *range(300, 395)]].assign(job="yes")
    panel = cb.link_waves({"base": base, "later": later}, on="id")
    weights = cb.attrition_weights(panel, "a", wave="later", to="base", check="done")
    assert "known_truth_missed" not in {alert.code for alert in weights.alerts}


# ---- how often the verdict errs ----------------------------------------------------------------------------


def study(rng, n_answers, *, related):
    """1,000 people; what they say goes with a and b, and who answers too, if it is `related`."""
    a, b = rng.integers(0, 3, 1_000), rng.integers(0, 2, 1_000)
    chance = np.exp(0.9 * (a - 1) + 0.8 * (b - 0.5)) if related else np.ones(1_000)
    answered = rng.random(1_000) < np.minimum(n_answers / 1_000 * chance / chance.mean(), 0.95)
    yes = rng.random(1_000) < 1 / (1 + np.exp(0.6 - 1.2 * (a - 1) - (b - 0.5)))
    base = pd.DataFrame({"id": range(1_000), "a": np.array(list("xyz"))[a], "b": np.array(list("uv"))[b]})
    later = base.loc[answered, ["id"]].assign(job=np.where(yes, "yes", "no")[answered])
    panel = cb.link_waves({"base": base, "later": later}, on="id")
    weights = cb.attrition_weights(panel, ["a", "b"], wave="later", to="base")
    result = cb.proportions(panel.wave("later", also_in="base"), "job", weights=weights)
    return weights.effect(result).rows[0]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("n_answers", [40, 100, 300])
def test_the_verdict_errs_as_rarely_as_it_says(n_answers):
    # Seed 14. Answering at random: weighting changes nothing but chance imbalances. Related: 11 to 14 points.
    rng = np.random.default_rng([14, n_answers])
    nothing = [study(rng, n_answers, related=False) for _ in range(200)]
    moved = np.mean([row.verdict == "moved" for row in nothing])
    assert moved <= 0.05 + 2.6 * np.sqrt(0.05 * 0.95 / 200)
    truth = [study(rng, n_answers, related=True) for _ in range(100)]
    found = np.mean([row.verdict == "moved" for row in truth])
    missed = np.mean([row.verdict == "not moved" for row in truth])
    assert found >= {40: 0.35, 100: 0.9, 300: 0.98}[n_answers]
    assert missed <= {40: 0.25, 100: 0.02, 300: 0.0}[n_answers]
