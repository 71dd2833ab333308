"""Methods of weighting: the ridge penalty, propensity classes, calibration, and the rule that chooses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit

import credbenefits as cb
from credbenefits.errors import InputError, MethodError, SeparationError
from credbenefits.weighting.covariates import Covariate
from credbenefits.weighting.method import choose
from credbenefits.weighting.recipe import Draw, Recipe, Sample
from credbenefits.weighting.steps.cells import Cells
from credbenefits.weighting.steps.classes import Classes, People, cut_classes
from credbenefits.weighting.steps.propensity import Propensity
from credbenefits.weighting.steps.rescale import Rescale
from credbenefits.weighting.steps.response import Masses
from credbenefits.weighting.weights import recipe_of


def panel_of(cells, names=("a", "b")):
    """A panel from {levels: (people, respondents)}."""
    rows = [
        (*(levels if isinstance(levels, tuple) else (levels,)), i < m)
        for levels, (n, m) in cells.items()
        for i in range(n)
    ]
    frame = pd.DataFrame(rows, columns=[*names[: len(rows[0]) - 1], "answered"])
    frame["id"] = [f"p{i}" for i in range(len(frame))]
    wave = frame.loc[frame.answered, ["id"]].assign(q="yes")
    return cb.link_waves({"all": frame.drop(columns="answered"), "some": wave}, on="id")


def weigh(panel, covariates="a", **options):
    return cb.attrition_weights(panel, covariates, wave="some", to="all", **options)


def told(weights):
    return [step.step for step in weights.steps]


def sample_of(rng, n, levels=(2, 3, 4), base=None, rate=0.3):
    codes = [rng.integers(0, k, n) for k in levels]
    effect = sum(0.4 * (each - each.mean()) for each in codes)
    answered = rng.random(n) < expit(np.log(rate / (1 - rate)) + effect)
    made = tuple(
        Covariate.of(name, each, tuple("abcdefg"[:k]), ordered=False)
        for name, each, k in zip("xyzw", codes, levels, strict=False)
    )
    return Sample(made, answered, base)


def propensities(sample, ridge=0.0):
    """Everybody's probability of answering."""
    cells = Cells.of(sample)
    made, _ = Masses.as_they_are(cells, sample).once(ridge)
    return made.propensity[cells.cell]


def weights_of(sample, *steps):
    return Recipe(sample, steps).replicate(np.ones((1, sample.answered.size)))[0]


# ---- the ridge penalty --------------------------------------------------------------------------------------


def by_brute_force(sample, ridge, base):
    """The penalised model with an indicator of every level: no level is the reference."""
    x = np.column_stack([each.codes[:, None] == np.arange(len(each.levels)) for each in sample.covariates])
    x = np.column_stack([np.ones(len(x)), x]).astype(float)
    mass = base / base.mean()
    free = np.r_[0.0, np.ones(x.shape[1] - 1)]

    def loss(b):
        eta = x @ b
        return mass @ (np.logaddexp(0, eta) - sample.answered * eta) + ridge / 2 * (free * b) @ b

    def slope(b):
        return x.T @ (mass * (expit(x @ b) - sample.answered)) + ridge * free * b

    found = minimize(loss, np.zeros(x.shape[1]), jac=slope, method="BFGS", options={"gtol": 1e-9})
    return expit(x @ found.x)


@pytest.mark.parametrize("ridge", [0.3, 1.0, 5.0])
def test_the_penalty_is_on_every_level_about_the_mean_of_its_covariate(ridge):
    rng = np.random.default_rng(1)
    base = rng.uniform(0.2, 4.0, 300)
    sample = sample_of(rng, 300, base=base)
    p = propensities(sample, ridge)
    np.testing.assert_allclose(p, by_brute_force(sample, ridge, base), atol=1e-7)
    # The intercept is free: as many are expected to answer as did.
    assert base @ p == pytest.approx(base @ sample.answered, rel=1e-10)


def test_by_hand_one_covariate_of_two_levels():
    # 10 of 100 and 30 of 100: the score of each level is its answers less those expected, less its log-odds.
    codes = np.repeat([0, 1], 100)
    answered = np.r_[np.arange(100) < 10, np.arange(100) < 30]
    sample = Sample((Covariate.of("x", codes, ("a", "b"), ordered=False),), answered)
    p = propensities(sample, 1.0)[[0, -1]]
    b = np.diff(np.log(p / (1 - p)))[0] / 2  # the levels are at -b and b about their mean
    assert 10 - 100 * p[0] == pytest.approx(-b, rel=1e-9)
    assert 30 - 100 * p[1] == pytest.approx(b, rel=1e-9)


def test_few_respondents_for_each_parameter_bring_a_penalty_and_the_steps_say_so():
    cells = {(a, b): (40, 4) for a in "xyz" for b in "uvw"}
    panel = panel_of(cells)
    weights = weigh(panel, ["a", "b"], trim=None)
    assert "ridge penalty 1: 36 respondents for 5 parameters, fewer than 10 for each" in told(weights)
    assert recipe_of(weights).words.startswith("1/p from a logistic regression with a ridge penalty")
    assert "many_parameters" in [alert.code for alert in weights.alerts]
    enough = weigh(panel_of({(a, b): (60, 6) for a in "xyz" for b in "uvw"}), ["a", "b"])
    assert not any("ridge" in step for step in told(enough))


def test_a_model_that_is_fine_has_no_penalty():
    sample = sample_of(np.random.default_rng(2), 2_000)
    assert choose("logit", sample).steps == (Propensity(),)
    assert choose("logit", sample).log == ()


def test_covariates_that_tell_exactly_who_answered_are_refused():
    # Who has two of three answered: each level of each covariate has people of both kinds.
    cells = {(a, b, c): (9, 9 * (a + b + c >= 2)) for a in range(2) for b in range(2) for c in range(2)}
    panel = panel_of(cells, ["a", "b", "c"])
    with pytest.raises(SeparationError, match="exactly apart"):
        weigh(panel, ["a", "b", "c"])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(1e-6, 1e6), st.sampled_from([0.0, 1.0]))
def test_propensities_do_not_depend_on_scale_order_labels_or_copies(seed, scale, ridge):
    rng = np.random.default_rng(seed)
    base = rng.uniform(0.2, 3.0, 240)
    base[rng.random(240) < 0.1] = 0.0
    sample = sample_of(rng, 240, base=base)
    p = propensities(sample, ridge)
    there = base > 0

    def agrees(other, order=slice(None)):
        np.testing.assert_allclose(propensities(other, ridge)[order][there], p[there], rtol=1e-8)

    agrees(replace(sample, base=scale * base))
    order = rng.permutation(240)
    moved = tuple(replace(each, codes=each.codes[order]) for each in sample.covariates[::-1])
    agrees(Sample(moved, sample.answered[order], base[order]), np.argsort(order))
    renamed = []
    for each in sample.covariates:
        place = rng.permutation(len(each.levels))
        renamed.append(Covariate.of(each.name, place[each.codes], each.levels, ordered=False))
    agrees(Sample(tuple(renamed), sample.answered, base))
    # Those of base weight 0 take no part, whoever they are.
    strangers = sample.answered.copy()
    strangers[~there] = ~strangers[~there]
    agrees(Sample(sample.covariates, strangers, base))
    if not ridge:  # twice the people are twice the evidence against a penalty
        twice = tuple(replace(each, codes=np.tile(each.codes, 2)) for each in sample.covariates)
        agrees(Sample(twice, np.tile(sample.answered, 2), np.tile(base, 2)), slice(0, 240))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_splitting_a_level_at_random_changes_only_what_it_must(seed):
    rng = np.random.default_rng(seed)
    sample = sample_of(rng, 4_000, levels=(2, 3))
    first, second = sample.covariates
    split = np.where((second.codes == 0) & (rng.random(4_000) < 0.5), 3, second.codes)
    halves = Sample((first, Covariate.of("y", split, tuple("abcd"), ordered=False)), sample.answered)
    before, after = propensities(sample), propensities(halves)
    # The other levels keep their margins; the two halves together answer as the level did.
    for code in (1, 2):
        some = second.codes == code
        assert after[some].sum() == pytest.approx(before[some].sum(), rel=1e-9)
    assert after[second.codes == 0].sum() == pytest.approx(before[second.codes == 0].sum(), rel=1e-9)
    # A level of 1,000 people or so, halved: chance moves their log-odds by 0.15 or so.
    moved = np.log(after / (1 - after)) - np.log(before / (1 - before))
    assert np.abs(moved).max() < 0.7
    assert np.abs(moved[second.codes != 0]).max() < 0.05


@pytest.mark.parametrize("ridge", [0.0, 1.0])
def test_replicates_are_files_in_which_people_are_repeated(ridge):
    rng = np.random.default_rng(5)
    base = rng.uniform(0.5, 2.0, 400)
    sample = sample_of(rng, 400, base=base)
    steps = (Propensity(ridge), Rescale())
    times = rng.multinomial(400, np.full(400, 1 / 400), 10)
    made = Recipe(sample, steps).replicate(times.astype(float))
    for row, each in zip(made, times, strict=True):
        copies = np.repeat(np.arange(400), each)
        file = Sample(
            tuple(replace(c, codes=c.codes[copies]) for c in sample.covariates),
            sample.answered[copies],
            base[copies],
        )
        of_file = weights_of(file, *steps)
        people = np.zeros(400)
        np.add.at(people, copies[sample.answered[copies]], of_file)
        np.testing.assert_allclose(row, people[sample.answered], rtol=1e-8)


# ---- published and worked values ------------------------------------------------------------------------------

AGES = {"young": (900, 25, 12), "mid": (900, 40, 12), "old": (500, 35, 9)}


def of_ages():
    codes = np.repeat(range(3), [n for n, _, _ in AGES.values()])
    answered = np.concatenate([np.arange(n) < m for n, m, _ in AGES.values()])
    yes = np.concatenate([np.arange(m) < y for _, m, y in AGES.values()]).astype(float)
    return Sample((Covariate.of("age", codes, tuple(AGES), ordered=False),), answered), yes


@pytest.mark.parametrize("step", [Propensity(), Classes((0.2, 0.4, 0.6, 0.8))], ids=["logit", "classes"])
def test_three_ages_as_worked_by_hand(step):
    # Factors 36, 22.5 and 14.2857; a share of .361118, whose conditional standard error is .050897.
    sample, yes = of_ages()
    weight = weights_of(sample, step)
    np.testing.assert_allclose(np.unique(weight.round(9)), [100 / 7, 22.5, 36.0], rtol=1e-9)
    share = weight @ yes / weight.sum()
    assert share == pytest.approx(0.361118, abs=5e-7)
    influence = Recipe(sample, (step,)).influence(((yes - share) / weight.sum())[None])[0]
    n, m, y = np.array(list(AGES.values()), dtype=float).T
    conditional = ((n / n.sum()) ** 2 * (y / m) * (1 - y / m) / m).sum()
    assert np.sqrt(conditional) == pytest.approx(0.050897, abs=5e-7)
    between = (n * (y / m - share) ** 2).sum() / n.sum() ** 2
    assert influence @ influence == pytest.approx(conditional + between, rel=1e-9)


@pytest.mark.parametrize("step", [Propensity(), Classes((0.3,))], ids=["logit", "classes"])
def test_the_standard_error_of_a_saturated_model_is_that_of_augmented_weighting(step):
    # 600 and 400 people, 30 and 40 answered, 12 and 10 of them yes: .34, standard error .0602942783.
    codes = np.repeat([0, 1], [600, 400])
    answered = np.r_[np.arange(600) < 30, np.arange(400) < 40]
    yes = np.r_[np.arange(30) < 12, np.arange(40) < 10].astype(float)
    sample = Sample((Covariate.of("x", codes, ("a", "b"), ordered=False),), answered)
    weight = weights_of(sample, step)
    share = weight @ yes / weight.sum()
    assert share == pytest.approx(0.34, rel=1e-12)
    influence = Recipe(sample, (step,)).influence(((yes - share) / weight.sum())[None])[0]
    assert np.sqrt(influence @ influence) == pytest.approx(0.0602942783, abs=5e-11)


# ---- propensity classes ----------------------------------------------------------------------------------------


def classes_of(sample, ridge=0.0):
    base = np.ones(sample.answered.size) if sample.base is None else sample.base
    once = Draw(np.ones((1, base.size)), base[None])
    people = People.of(sample, base[None, sample.answered], once, ridge)
    return people, *cut_classes(people)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(100, 1_500))
def test_each_class_has_twenty_respondents_and_no_large_factor(seed, n):
    rng = np.random.default_rng(seed)
    sample = sample_of(rng, n, rate=0.15)
    m = int(sample.answered.sum())
    people, cuts, _ = classes_of(sample, ridge=1.0)
    which = people.classes(0, cuts)
    sizes = np.bincount(which, weights=people.copies[0])
    factors = people.factors(0, which)
    assert len(cuts) + 1 <= max(1, min(5, m // 20))
    if cuts:
        assert sizes.min() >= 20
        assert factors.max() <= 2.5 * np.median(factors)
    # Whole weights: the respondents of a class stand for everybody in it.
    weight = weights_of(sample, Classes(cuts, 1.0))
    assert weight.sum() == pytest.approx(n, rel=1e-12)
    mine = which[people.cells.cell]
    for each in range(factors.size):
        assert weight[mine[sample.answered] == each].sum() == pytest.approx((mine == each).sum(), rel=1e-9)


def test_joined_classes_are_told():
    # 60 respondents make three classes, cut after 20 and 40 of them: ties leave 10 for the last.
    panel = panel_of({"young": (1_000, 25), "mid": (900, 25), "old": (100, 10)})
    weights = weigh(panel, method="classes", trim=None)
    words = "propensity classes 2 (25 respondents) and 3 (10) joined: fewer than 20 respondents"
    assert words in told(weights)
    assert np.unique(weights.weight.round(9)) == pytest.approx([1_000 / 35, 40.0])


def test_a_class_with_a_large_factor_is_joined():
    panel = panel_of({"young": (9_000, 25), "mid": (900, 25), "old": (800, 50)})
    weights = weigh(panel, method="classes", trim=None)
    words = "propensity classes 1 (25 respondents) and 2 (25) joined: a factor above 2.5 times the median"
    assert words in told(weights)
    assert np.unique(weights.weight.round(9)) == pytest.approx([16.0, 198.0])


def test_one_class_is_told():
    weights = weigh(panel_of({"young": (900, 15), "old": (500, 20)}), method="classes", trim=None)
    assert "one class of 35 respondents: all have the same factor" in told(weights)
    assert np.ptp(weights.weight) == pytest.approx(0.0, abs=1e-9)


def test_replicates_of_classes_are_files_in_which_people_are_repeated():
    rng = np.random.default_rng(6)
    sample = sample_of(rng, 500)
    steps = (Classes((0.2, 0.5, 0.8)), Rescale())
    times = rng.multinomial(500, np.full(500, 1 / 500), 8)
    made = Recipe(sample, steps).replicate(times.astype(float))
    for row, each in zip(made, times, strict=True):
        copies = np.repeat(np.arange(500), each)
        covariates = tuple(replace(c, codes=c.codes[copies]) for c in sample.covariates)
        of_file = weights_of(Sample(covariates, sample.answered[copies]), *steps)
        people = np.zeros(500)
        np.add.at(people, copies[sample.answered[copies]], of_file)
        np.testing.assert_allclose(row, people[sample.answered], rtol=1e-8)


# ---- calibration ----------------------------------------------------------------------------------------------


def test_calibration_gives_everybodys_totals_of_each_covariate():
    cells = {("x", "u"): (400, 30), ("x", "v"): (300, 60), ("y", "u"): (200, 25), ("y", "v"): (500, 40)}
    weights = weigh(panel_of(cells), ["a", "b"], method="calibration", trim=None)
    for row in weights.balance.rows:
        assert row.weighted == pytest.approx(row.population, abs=1e-10)
    assert weights.weight.sum() == pytest.approx(1_400, rel=1e-12)
    assert weights.recipe["method"] == "calibration"


def test_calibration_says_where_nobody_answered():
    weights = weigh(panel_of({"x": (50, 20), "y": (40, 20), "z": (10, 0)}), method="calibration", trim=None)
    assert "a: nobody answered at 'z'; the other levels take their total" in told(weights)
    assert weights.weight.sum() == pytest.approx(100)


# ---- the rule -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n", "step", "words"),
    [
        (30, Classes, "auto: propensity classes, for 30 respondents (30 to 79)"),
        (79, Classes, "auto: propensity classes, for 79 respondents (30 to 79)"),
        (80, Propensity(1.0), "auto: logit with a ridge penalty, for 80 respondents (80 to 200)"),
        (200, Propensity(1.0), "auto: logit with a ridge penalty, for 200 respondents (80 to 200)"),
        (201, Propensity(), "auto: logit, for 201 respondents (more than 200)"),
    ],
)
def test_auto_goes_by_the_number_of_respondents(n, step, words):
    panel = panel_of({"x": (900, n // 2), "y": (700, n - n // 2)})
    weights = weigh(panel, method="auto")
    assert words in told(weights)
    assert weights.recipe["method"] == "auto"
    (first, *_) = recipe_of(weights).steps
    assert first == step or isinstance(first, step)


def test_auto_refuses_fewer_than_thirty_and_says_what_to_do():
    panel = panel_of({"x": (900, 15), "y": (700, 14)})
    with pytest.raises(MethodError, match="at least 30 respondents for 'auto'; got 29") as told_:
        weigh(panel, method="auto")
    assert "Report unweighted estimates" in str(told_.value)
    assert weigh(panel, method="logit").n == 29


def test_calibration_that_cannot_meet_the_totals_says_which():
    # Nobody at both y and s answered, though they are 60: those at y are 80, and those at t 40.
    cells = {("x", "s"): (10, 10), ("x", "t"): (10, 10), ("y", "s"): (60, 0), ("y", "t"): (20, 10)}
    rows = [(a, b, k < m) for (a, b), (n, m) in cells.items() for k in range(n)]
    frame = pd.DataFrame(rows, columns=["a", "b", "answered"]).reset_index(names="id")
    panel = cb.link_waves(
        {"all": frame[["id", "a", "b"]], "some": frame.loc[frame.answered, ["id"]]}, on="id"
    )
    with pytest.raises(
        InputError, match=r"`covariates`.*no such weights meet, those of 'a' = 'y', 'b' = 's'"
    ):
        weigh(panel, ["a", "b"], method="calibration")
