"""The influence of people on weighted estimates, against recipes that are run again with a little more of them."""

from dataclasses import replace

import numpy as np
import pytest

from credbenefits.weighting.covariates import Covariate
from credbenefits.weighting.recipe import Draw, Recipe, Sample
from credbenefits.weighting.steps.calibration import Calibrate, Margin
from credbenefits.weighting.steps.cap import Cap, quantile_changes
from credbenefits.weighting.steps.classes import Classes
from credbenefits.weighting.steps.crossed import CrossedCells
from credbenefits.weighting.steps.propensity import Propensity
from credbenefits.weighting.steps.rescale import Rescale
from credbenefits.weighting.steps.totals import CalibrateCovariates, MeetTotals
from credbenefits.weighting.steps.trim import Trim


def covariate(name, codes):
    return Covariate.of(name, codes, tuple("abcde"[: codes.max() + 1]), ordered=False)


def number(name, values):
    """A number that enters the model as it is: a level for each of its different values."""
    numbers, codes = np.unique(values, return_inverse=True)
    levels = tuple(map(str, numbers))
    return replace(Covariate.of(name, codes, levels, ordered=True), basis=numbers[:, None].astype(float))


def sample(rng, n, base=None, *, numbers=False):
    codes = [rng.integers(0, k, n) for k in (2, 3)]
    answered = rng.random(n) < 0.3 + 0.2 * codes[0] + 0.1 * codes[1]
    made = [covariate(name, each) for name, each in zip("xy", codes, strict=True)]
    if numbers:
        made.append(number("z", rng.integers(0, 9, n)))
    return Sample(tuple(made), answered, base, tuple(made))


def shares(weights, y):
    """Two shares of weighted people: weights (replicates, respondents), answers (respondents, 2)."""
    return (weights @ y) / weights.sum(axis=1, keepdims=True)


def numeric(recipe, y, step=1e-5):
    """How the shares change with the copies of each person: the recipe run again, one person at a time."""
    n = recipe.n_people
    more, less = (shares(recipe.replicate(1.0 + sign * step * np.eye(n)), y) for sign in (1, -1))
    return (more - less).T / (2 * step)


def analytic(recipe, y):
    weight = recipe.replicate(np.ones((1, recipe.n_people)))
    gradient = (y - shares(weight, y)).T / weight.sum()
    return recipe.influence(gradient)


#: Margins of the sample: x known, y that of everybody, and the number that stands for each level of y.
KNOWN = Margin(0, np.array([700.0, 800.0]))
OWN = Margin(1)
NUMBERS = Margin(1, numbers=np.array([1.0, 2.0, 4.0]))
#: The cells of x and y in classes, whatever z is.
CELLS = tuple(
    tuple((x, y, *z) for x, y in pairs for z in [(), *((k,) for k in range(9))])
    for pairs in (((0, 0), (0, 1)), ((0, 2), (1, 2)), ((1, 0), (1, 1)))
)
RECIPES = {
    "propensity": (Propensity(),),
    "propensity with a ridge penalty": (Propensity(2.0), Rescale()),
    "rescale": (Rescale(),),
    "propensity classes": (Classes((0.3, 0.7)), Rescale()),
    "propensity classes after propensities": (Propensity(1.0), Classes((0.25, 0.5, 0.75), 1.0)),
    "crossed cells": (CrossedCells(CELLS),),
    "crossed cells after propensities, rescaled": (Propensity(1.0), CrossedCells(CELLS), Rescale()),
    "propensity, rescaled": (Propensity(), Cap(None), Rescale()),
    "propensity, capped far above": (Propensity(), Cap(1e6), Rescale()),
    "raked to known totals": (Calibrate((KNOWN,)),),
    "raked to everybody": (Calibrate((Margin(0), OWN)),),
    "propensity, raked to both": (Propensity(), Calibrate((OWN, Margin(0)))),
    "linear, of numbers alone": (Propensity(), Calibrate((NUMBERS,), "linear")),
    "linear, of numbers too": (Rescale(), Calibrate((NUMBERS, Margin(0)), "linear")),
    "logit within bounds": (Calibrate((Margin(0), OWN), "logit", (0.3, 3.0)),),
    "logit within bounds of the weights before": (
        Propensity(),
        Calibrate((Margin(0), OWN), "logit", (0.2, 4.0), scaled=False),
    ),
    "propensity, raked, trimmed far above": (
        Propensity(),
        MeetTotals((OWN,)),
        Trim(Cap(1e6), MeetTotals((OWN,))),
    ),
    "raked within wide bounds": (Calibrate((Margin(0), NUMBERS), "raking", (0.01, 50.0)),),
}


@pytest.mark.parametrize("steps", RECIPES.values(), ids=RECIPES)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("numbers", [False, True])
def test_influence_is_the_derivative_of_the_recipe(steps, weighted, numbers):
    rng = np.random.default_rng(3)
    people = sample(rng, 150, rng.uniform(0.5, 2.0, 150) if weighted else None, numbers=numbers)
    y = (rng.random((people.answered.sum(), 2)) < 0.4).astype(float)
    recipe = Recipe(people, steps)
    np.testing.assert_allclose(analytic(recipe, y), numeric(recipe, y), atol=1e-9)


@pytest.mark.parametrize("steps", RECIPES.values(), ids=RECIPES)
def test_influence_goes_back_through_a_chain(steps):
    rng = np.random.default_rng(4)
    first = Recipe(sample(rng, 300), (Propensity(), Rescale()))
    place = np.sort(rng.permutation(first.sample.answered.sum())[:120])
    second = Recipe(sample(rng, 120), steps, first, place)
    y = (rng.random((second.sample.answered.sum(), 2)) < 0.4).astype(float)
    np.testing.assert_allclose(analytic(second, y), numeric(second, y), atol=1e-9)


def smooth_quantile(values, copies, part):
    """The mean of the quantiles within a standard error of the rank, of values that have copies."""
    n = (copies > 0).sum()
    reach = np.sqrt(part * (1 - part) / n)
    low, high = max(part - reach, 0.0), min(part + reach, 1.0)
    order = np.argsort(values)
    up_to = np.cumsum(copies[order]) / copies.sum()
    below = up_to - copies[order] / copies.sum()
    return np.maximum(np.minimum(up_to, high) - np.maximum(below, low), 0) @ values[order] / (high - low)


class Smooth(Cap):
    """A cap whose limit is the smooth quantile itself, so that derivatives of it can be exact."""

    def limit(self, sample, weight, draw):
        part = 0.5 if self.percentile is None else self.percentile / 100
        copies = draw.times[:, sample.answered]
        made = [smooth_quantile(*each, part) for each in zip(weight, copies, strict=True)]
        return (self.times_median or 1.0) * np.array(made)


@pytest.mark.parametrize("cap", [Smooth(1.7), Smooth(None, 92.0)])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("again", [None, Calibrate((Margin(0),))], ids=["capped", "trimmed"])
def test_influence_goes_back_through_the_limit_of_a_cap(cap, weighted, again):
    # Base weights make all weights different, which numeric derivatives of quantiles need.
    rng = np.random.default_rng(8)
    people = sample(rng, 200, rng.uniform(0.9, 1.1 + weighted, 200))
    steps = (cap, Rescale()) if again is None else (again, Trim(cap, again))
    recipe = Recipe(people, (Propensity(), *steps))
    ones = np.ones((1, 200))
    free = Recipe(people, (Propensity(),) if again is None else (Propensity(), again)).replicate(ones)
    assert 2 < (free > cap.limit(people, free, Draw(ones, ones))).sum() < 40
    y = (rng.random((people.answered.sum(), 2)) < 0.4).astype(float)
    made = analytic(recipe, y)
    np.testing.assert_allclose(made, numeric(recipe, y), atol=2e-7)
    # A file in which everybody is twice has the same shares.
    np.testing.assert_allclose(made.sum(axis=1), 0, atol=1e-9)


@pytest.mark.parametrize("part", [0.5, 0.8, 0.95, 0.995])
def test_a_quantile_changes_as_its_values_and_their_copies_do(part):
    rng = np.random.default_rng(5)
    values, h = rng.exponential(size=90), 1e-6
    of_values, of_copies = quantile_changes(values, part)
    for i in range(0, 90, 7):
        one = np.eye(90)[i]
        more, less = (smooth_quantile(values + h * sign * one, np.ones(90), part) for sign in (1, -1))
        assert of_values[i] == pytest.approx((more - less) / (2 * h), abs=1e-7)
        more, less = (smooth_quantile(values, np.ones(90) + h * sign * one, part) for sign in (1, -1))
        assert of_copies[i] == pytest.approx((more - less) / (2 * h), abs=1e-7)
    assert of_values.sum() == pytest.approx(1)
    assert of_copies.sum() == pytest.approx(0, abs=1e-12)


def test_a_median_within_people_of_one_weight_stays_there_whoever_is_copied():
    values = np.repeat([1.0, 2.0, 5.0], [10, 80, 10])
    of_values, of_copies = quantile_changes(values, 0.5)
    np.testing.assert_allclose(of_values, np.repeat([0, 1 / 80, 0], [10, 80, 10]))
    assert not of_copies.any()


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("margins", "distance", "bounds"),
    [
        ((OWN,), "raking", None),
        ((Margin(0), OWN), "raking", None),
        ((Margin(0), OWN), "linear", None),
        ((Margin(0), OWN), "logit", (0.1, 6.0)),
        ((OWN, Margin(2, numbers=np.array([1.0, 2.0, 5.0]))), "raking", None),
    ],
)
def test_others_of_a_margin_stand_for_a_level_of_which_nobody_answered(margins, distance, bounds, weighted):
    # They share its total: everybody there moves the totals of all the others.
    rng = np.random.default_rng(6)
    codes = [rng.integers(0, k, 160) for k in (2, 4, 3)]
    answered = (rng.random(160) < 0.5) & (codes[1] != 2)
    made = tuple(covariate(name, each) for name, each in zip("xyz", codes, strict=True))
    people = Sample(made, answered, rng.uniform(0.5, 2.0, 160) if weighted else None, made)
    recipe = Recipe(people, (CalibrateCovariates(margins, distance, bounds),))
    y = (rng.random((answered.sum(), 2)) < 0.4).astype(float)
    np.testing.assert_allclose(analytic(recipe, y), numeric(recipe, y), atol=1e-9)
