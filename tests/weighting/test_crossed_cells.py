"""Crossed cells: one factor for people who are alike in all covariates, small cells joined with their like."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import credbenefits as cb
from credbenefits import Weights
from credbenefits.errors import MethodError
from credbenefits.weighting.covariates import Covariate
from credbenefits.weighting.method import choose
from credbenefits.weighting.recipe import Recipe, Sample
from credbenefits.weighting.steps.crossed import CrossedCells
from credbenefits.weighting.steps.rescale import Rescale
from credbenefits.weighting.weights import recipe_of


def panel_of(cells, names=("a", "b"), ordered=()):
    """A panel from {levels: (people, respondents)}; None is a missing answer."""
    rows = [(*levels, i < m) for levels, (n, m) in cells.items() for i in range(n)]
    frame = pd.DataFrame(rows, columns=[*names, "answered"])
    for name in ordered:
        levels = list(dict.fromkeys(v for v in frame[name].dropna()))
        frame[name] = pd.Categorical(frame[name], levels, ordered=True)
    frame["course"] = np.arange(len(frame)) % 2
    frame["id"] = [f"p{i}" for i in range(len(frame))]
    wave = frame.loc[frame.answered, ["id"]].assign(q="yes")
    return cb.link_waves({"all": frame.drop(columns="answered"), "some": wave}, on="id")


def weigh(panel, covariates=("a", "b"), **options):
    return cb.attrition_weights(
        panel, list(covariates), wave="some", to="all", method="cells", **{"trim": None, **options}
    )


def told(weights):
    return [step.step for step in weights.steps]


def joined(weights):
    return [words for words in told(weights) if words.startswith("cells joined")]


def test_by_hand_a_cell_has_the_factor_of_its_people():
    # 120 of 300, 20 of 100, 30 of 60, 50 of 100: factors 2.5, 5, 2 and 2.
    cells = {("x", "u"): (300, 120), ("x", "v"): (100, 20), ("y", "u"): (60, 30), ("y", "v"): (100, 50)}
    weights = weigh(panel_of(cells))
    assert sorted(set(weights.weight.round(9))) == [2.0, 2.5, 5.0]
    assert weights.weight.sum() == pytest.approx(560, rel=1e-12)
    assert "4 crossed cells" in told(weights)
    assert "weighted by 4 crossed cells" in weights.words
    for row in weights.balance:  # all of both, exactly
        assert row.weighted == pytest.approx(row.population, abs=1e-12)


def test_three_ages_as_worked_by_hand():
    # METHODS 4.2: factors 36, 22.5 and 14.2857; a share of .361118, whose conditional error is .050897.
    ages = {"young": (900, 25, 12), "mid": (900, 40, 12), "old": (500, 35, 9)}
    codes = np.repeat(range(3), [n for n, _, _ in ages.values()])
    answered = np.concatenate([np.arange(n) < m for n, m, _ in ages.values()])
    yes = np.concatenate([np.arange(m) < y for _, m, y in ages.values()]).astype(float)
    sample = Sample((Covariate.of("age", codes, tuple(ages), ordered=False),), answered)
    recipe = Recipe(sample, choose("cells", sample).steps)
    weight = recipe.replicate(np.ones((1, codes.size)))[0]
    np.testing.assert_allclose(np.unique(weight.round(9)), [100 / 7, 22.5, 36.0], rtol=1e-9)
    share = weight @ yes / weight.sum()
    assert share == pytest.approx(0.361118, abs=5e-7)
    fixed = 100 / 99 * ((weight * (yes - share) / weight.sum()) ** 2).sum()
    assert np.sqrt(fixed) == pytest.approx(0.052281, abs=5e-7)
    influence = recipe.influence(((yes - share) / weight.sum())[None])[0]
    n, m, y = np.array(list(ages.values()), dtype=float).T
    between = (n * (y / m - share) ** 2).sum() / n.sum() ** 2
    assert np.sqrt(influence @ influence - between) == pytest.approx(0.050897, abs=5e-7)


def test_a_small_cell_joins_the_nearest_rate_of_those_that_share_a_level():
    # (y, v) has 6 of 40: .15. Of its neighbours (x, v) has .2 and (y, u) has .5; (x, u), .15, is none.
    cells = {("x", "u"): (200, 30), ("x", "v"): (100, 20), ("y", "u"): (60, 30), ("y", "v"): (40, 6)}
    weights = weigh(panel_of(cells))
    assert joined(weights) == [
        "cells joined, with their respondents: 'x and v' (20), 'y and v' (6): fewer than 20 respondents"
    ]
    assert sorted(set(weights.weight.round(9))) == pytest.approx([2.0, 140 / 26, 200 / 30])
    assert "3 classes of crossed cells" in told(weights)


def test_levels_with_an_order_are_joined_with_the_one_beside_them():
    # "low" has the rate of "high", and is beside "mid".
    cells = {("low",): (50, 5), ("mid",): (60, 30), ("high",): (300, 30)}
    assert "'low' (5), 'mid' (30)" in joined(weigh(panel_of(cells, "a", "a"), "a"))[0]
    assert "'high' (30), 'low' (5)" in joined(weigh(panel_of(cells, "a"), "a"))[0]


def test_a_cell_that_nobody_is_in_stands_in_nobodys_way():
    # Nobody is at (mid, u): low and high are next to each other there.
    cells = {
        ("low", "u"): (50, 5),
        ("mid", "v"): (100, 20),
        ("high", "u"): (60, 30),
        ("high", "v"): (100, 40),
    }
    (words,) = joined(weigh(panel_of(cells, ordered="a")))
    assert "'low and u' (5), 'high and u' (30)" in words


def test_missing_answers_join_any_level_and_are_joined_by_none_that_has_another():
    cells = {("low",): (200, 40), ("mid",): (100, 30), ("high",): (100, 45), (None,): (40, 18)}
    assert "'high' (45), '(missing)' (18)" in joined(weigh(panel_of(cells, "a", "a"), "a"))[0]
    # "mid" has .15, nearer to the missing answers (.2) than to low (.4).
    cells = {("low",): (100, 40), ("mid",): (100, 15), ("high",): (100, 45), (None,): (100, 20)}
    assert "'low' (40), 'mid' (15)" in joined(weigh(panel_of(cells, "a", "a"), "a"))[0]
    # What it was joined with keeps its place in the order: "high" is not beside "low".
    cells = {("low",): (110, 22), ("mid",): (100, 60), ("high",): (90, 15), (None,): (10, 2)}
    words = joined(weigh(panel_of(cells, "a", "a"), "a"))
    assert words == [
        "cells joined, with their respondents: 'low' (22), '(missing)' (2): fewer than 20 respondents",
        "cells joined, with their respondents: 'mid' (60), 'high' (15): fewer than 20 respondents",
    ]


def test_cells_that_share_no_level_join_the_most_alike():
    cells = {("x", "u"): (100, 40), ("y", "v"): (20, 5)}
    assert len(joined(weigh(panel_of(cells)))) == 1


def test_a_large_factor_is_joined_too():
    cells = {("x", "u"): (3_000, 25), ("x", "v"): (500, 50), ("y", "u"): (2_000, 50), ("y", "v"): (2_000, 50)}
    assert joined(weigh(panel_of(cells))) == [
        "cells joined, with their respondents: 'x and u' (25), 'y and u' (50): a factor above 2.5 times the median"
    ]


def test_cells_of_whom_nobody_answered_are_an_alert():
    cells = {("x", "u"): (200, 40), ("x", "v"): (100, 30), ("y", "u"): (60, 30), ("y", "v"): (40, 0)}
    weights = weigh(panel_of(cells))
    (alert,) = [alert for alert in weights.alerts if alert.code == "pooled_level"]
    assert alert.value == 40
    assert alert.text == (
        "1 crossed cell holds nobody who answered: 'y and v' (40 people); respondents of other cells stand "
        "for 40 of 400 people there."
    )


def test_of_a_large_class_the_first_cells_are_named():
    cells = {(f"a{i:02}", f"b{j}"): (20, 1) for i in range(10) for j in range(5)}
    (words, one) = [words for words in told(weigh(panel_of(cells))) if "respondents:" in words]
    assert words.startswith("cells joined, with their respondents: 'a00 and b0' (1), 'a00 and b1' (1), ")
    assert words.endswith("'a04 and b3' (1) and 26 more: fewer than 20 respondents")
    assert one == "one class of 50 respondents: all have the same factor"


def test_few_respondents_leave_one_class_and_the_steps_say_so():
    weights = weigh(panel_of({("x", "u"): (100, 9), ("y", "v"): (80, 9)}))
    assert "one class of 18 respondents: all have the same factor" in told(weights)
    assert np.ptp(weights.weight) == pytest.approx(0.0, abs=1e-9)


def test_numbers_are_cut_into_groups_and_refused_otherwise():
    rng = np.random.default_rng(2)
    start = pd.DataFrame({"id": range(1_500), "age": rng.normal(40, 9, 1_500), "pay": rng.random(1_500)})
    start["sex"] = rng.choice(["f", "m"], 1_500)
    end = start.loc[rng.random(1_500) < 0.5, ["id"]].assign(q="yes")
    panel = cb.link_waves({"all": start, "some": end}, on="id")
    assert "10 crossed cells" in told(weigh(panel, ["age", "sex"]))
    assert "10 crossed cells" in told(weigh(panel, [("age", "sex")]))
    with pytest.raises(MethodError, match=r"`numbers`.*method='cells'; got 'age'"):
        weigh(panel, ["age", "sex"], numbers={"age": "linear"})
    with pytest.raises(MethodError, match="at most 1,000 different answers together"):
        weigh(panel, ["age", "pay"], bins=60)


def test_recipes_of_cells_are_saved_and_run_again():
    cells = {("x", "u"): (200, 40), ("x", "v"): (100, 30), ("y", "u"): (60, 30), ("y", "v"): (40, 6)}
    panel = panel_of(cells)
    made = weigh(panel, trim=3.0, calibrate_to="a")
    again = Weights.from_json(made.to_json(), panel)
    np.testing.assert_array_equal(again.weight, made.weight)
    assert again.alerts == made.alerts
    assert recipe_of(again).steps[0] == recipe_of(made).steps[0]
    answers = panel.wave("some", also_in="all")
    for variance in ("kish", "linearized", "jackknife"):
        rows = cb.proportions(answers, "q", weights=made, variance=variance).rows
        assert rows[0].estimate == 1.0


def drawn(seed, n=600):
    """A sample of two ordered covariates, one with missing answers, and one without an order."""
    rng = np.random.default_rng(seed)
    codes = [rng.integers(0, 4, n), rng.integers(0, 3, n), rng.integers(0, 3, n)]
    answered = rng.random(n) < 0.1 + 0.15 * codes[0] + 0.1 * codes[2]
    levels = [tuple("abcd"), tuple("uvw"), tuple("xyz")]
    codes[1][codes[1] == 2] = -1
    made = [
        Covariate.of(name, each, names if name != "m" else names[:2], ordered=name != "g")
        for name, each, names in zip("omg", codes, levels, strict=True)
    ]
    return Sample(tuple(made), answered, rng.uniform(0.2, 3.0, n))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(100, 1_500))
def test_classes_are_large_and_connected_and_their_respondents_stand_for_all(seed, n):
    sample = drawn(seed, n)
    (step,) = choose("cells", sample).steps
    codes = np.stack([each.codes for each in sample.covariates], axis=1)
    which = np.array(
        [next(k for k, c in enumerate(step.classes) if tuple(row) in c) for row in codes.tolist()]
    )
    assert sorted(sum(step.classes, ())) == sorted(set(map(tuple, codes.tolist())))
    weight = Recipe(sample, (step,)).replicate(np.ones((1, n)))[0]
    factor = weight / sample.base[sample.answered]
    for k in range(len(step.classes)):
        mine = which[sample.answered] == k
        assert np.ptp(factor[mine]) == pytest.approx(0.0, abs=1e-9)
        assert weight[mine].sum() == pytest.approx(sample.base[which == k].sum(), rel=1e-10)
    if len(step.classes) > 1:
        sizes = np.bincount(which[sample.answered])
        assert sizes.min() >= 20
        factors = [factor[which[sample.answered] == k][0] for k in range(len(step.classes))]
        assert max(factors) <= 2.5 * np.median(factors)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6))
def test_one_covariate_with_an_order_is_joined_in_runs(seed):
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 12, 400)
    answered = rng.random(400) < rng.uniform(0.1, 0.9, 12)[codes]
    sample = Sample((Covariate.of("x", codes, tuple("abcdefghijkl"), ordered=True),), answered)
    (step,) = choose("cells", sample).steps
    for members in step.classes:
        levels = [level for (level,) in members]
        assert levels == list(range(levels[0], levels[-1] + 1))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.floats(1e-6, 1e6))
def test_cells_do_not_depend_on_scale_order_of_rows_or_of_covariates(seed, scale):
    rng = np.random.default_rng(seed)
    sample = drawn(seed)
    weight = Recipe(sample, choose("cells", sample).steps).replicate(np.ones((1, 600)))[0]
    everybody = np.zeros(600)
    everybody[sample.answered] = weight
    order = rng.permutation(600)
    moved = tuple(replace(each, codes=each.codes[order]) for each in sample.covariates[::-1])
    other = Sample(moved, sample.answered[order], scale * sample.base[order])
    again = Recipe(other, choose("cells", other).steps).replicate(np.ones((1, 600)))[0]
    np.testing.assert_allclose(again / scale, everybody[order][other.answered], rtol=1e-9)


def test_replicates_are_files_in_which_people_are_repeated():
    rng = np.random.default_rng(6)
    sample = drawn(6)
    steps = (*choose("cells", sample).steps, Rescale())
    times = rng.multinomial(600, np.full(600, 1 / 600), 8)
    made = Recipe(sample, steps).replicate(times.astype(float))
    for row, each in zip(made, times, strict=True):
        copies = np.repeat(np.arange(600), each)
        covariates = tuple(replace(c, codes=c.codes[copies]) for c in sample.covariates)
        file = Sample(covariates, sample.answered[copies], sample.base[copies])
        of_file = Recipe(file, steps).replicate(np.ones((1, copies.size)))[0]
        people = np.zeros(600)
        np.add.at(people, copies[sample.answered[copies]], of_file)
        np.testing.assert_allclose(row, people[sample.answered], rtol=1e-9)


def test_where_nobody_of_a_class_is_in_a_replicate_the_others_take_its_people():
    codes = np.repeat([0, 1, 2], [60, 40, 50])
    answered = np.arange(150) % 2 == 0
    sample = Sample((Covariate.of("x", codes, tuple("abc"), ordered=False),), answered)
    recipe = Recipe(sample, (CrossedCells((((0,),), ((1,),), ((2,),))),))
    times = np.ones((1, 150))
    times[0, (codes == 1) & answered] = 0.0
    weight = recipe.replicate(times)[0]
    mine = codes[answered]
    assert weight.sum() == pytest.approx(60 + 20 + 50)
    assert weight[mine == 0].sum() / weight[mine == 2].sum() == pytest.approx(60 / 50)
