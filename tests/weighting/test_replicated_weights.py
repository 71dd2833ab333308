"""`Weights.replicate`: the recipe is run again for replicates of the people, all of them at once."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

import credbenefits as cb
from credbenefits.errors import InputError, SeparationError
from credbenefits.weighting.recipe import Recipe
from credbenefits.weighting.steps.cap import median_of_copies
from credbenefits.weighting.weights import recipe_of


def people(n, seed, *, rare=0.05):
    rng = np.random.default_rng(seed)
    shares = np.array([0.5, 0.3, 0.2 - rare, rare])
    frame = pd.DataFrame(
        {
            "id": [f"p{i}" for i in range(n)],
            "sex": rng.choice(["f", "m"], n),
            "school": rng.choice([*"abcd"], n, p=shares),
            "age": rng.integers(18, 70, n),
            "grade": pd.Categorical(
                rng.choice(["low", "mid", "high", None], n), ["low", "mid", "high"], ordered=True
            ),
        }
    )
    lean = 0.3 + 0.2 * (frame.sex == "f") + 0.15 * (frame.school == "a") - 0.004 * (frame.age - 40)
    return frame.assign(answered=rng.random(n) < lean)


COVARIATES = ["sex", "school", "age", "grade"]


def weigh(frame, **options):
    some = frame.loc[frame.answered, ["id"]].assign(job=1)
    panel = cb.link_waves({"all": frame.drop(columns="answered"), "some": some}, on="id")
    ages = [*range(18, 70)]  # a true 66 or 55 looks like a code for no answer
    options = {"covariates": COVARIATES, "wave": "some", "to": "all", "answers": ages} | options
    return cb.attrition_weights(panel, **options), panel


def by_repeating(frame, weights, times, **options):
    """Weight a file in which everybody is repeated so often; the sum over the copies of each respondent."""
    copies = frame.loc[frame.index.repeat(times)].reset_index(drop=True)
    who = copies.id
    copies["id"] = [f"{i}_{name}" for i, name in enumerate(who)]
    made, panel = weigh(copies, bins=dict(weights.recipe["bins"]), **options)
    # What the rules chose for the people as they are holds for replicates too: the steps are the same.
    same = Recipe(recipe_of(made).sample, recipe_of(weights).steps)
    made = pd.DataFrame({"person": made.ids, "weight": same.replicate(np.ones((1, len(copies))))[0]})
    of_row = panel.wave("all")[["person", "id"]].merge(made, on="person")
    total = of_row.weight.groupby(of_row.id.str.partition("_")[2]).sum()
    return total.reindex(frame.id[frame.answered], fill_value=0.0).to_numpy()


def in_order_of_the_file(frame, panel, weights):
    """Places of `everybody`, and of `ids`, in the order of the rows of the file."""
    person = panel.wave("all").set_index("id").person
    at = pd.Series(range(weights.everybody.size), weights.everybody)
    mine = pd.Series(range(weights.n), weights.ids)
    return at[person[frame.id]].to_numpy(), mine[person[frame.id[frame.answered]]].to_numpy()


def replicated(frame, panel, weights, times):
    at, mine = in_order_of_the_file(frame, panel, weights)
    ordered = np.empty(times.shape, dtype=float)
    ordered[:, at] = times
    return weights.replicate(ordered)[:, mine]


@pytest.mark.parametrize("trim", [None, 1.5, 3.0])
@pytest.mark.parametrize("covariates", [["sex"], ["sex", "school"], COVARIATES])
def test_multipliers_of_one_give_the_weights_back(covariates, trim):
    weights, _ = weigh(people(400, 1), covariates=covariates, trim=trim)
    made = weights.replicate(np.ones((3, 400)))
    assert made.shape == (3, weights.n)
    assert np.abs(made / weights.weight - 1).max() < 1e-12


@pytest.mark.parametrize("trim", [None, 1.2, 3.0])
def test_whole_multipliers_are_a_file_in_which_people_are_repeated(trim):
    frame = people(150, 2)
    weights, panel = weigh(frame, trim=trim)
    times = np.random.default_rng(3).multinomial(150, np.full(150, 1 / 150), 12)
    made = replicated(frame, panel, weights, times)
    for row, each in zip(made, times, strict=True):
        np.testing.assert_allclose(row, by_repeating(frame, weights, each, trim=trim), rtol=1e-9)
    assert made.sum(axis=1) == pytest.approx(150)


@pytest.mark.once
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(12, 60), st.sampled_from([None, 1.1, 2.0, 3.0]), st.booleans())
@example(1, 12, None, True)
def test_rare_levels_are_pooled_again_in_each_replicate(seed, n, trim, every):
    frame = people(n, seed, rare=0.1)
    assume(0 < frame.answered.sum() < n)
    names = COVARIATES if every else ["school", "grade"]
    try:
        weights, panel = weigh(frame, covariates=names, trim=trim)
    except SeparationError:
        assume(False)
    times = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), 4)
    drawn = times[:, frame.answered].sum(axis=1)
    times = times[(drawn > 0) & (drawn < n)]
    assume(len(times))
    try:  # people who are told exactly apart are refused, replicates of others are not
        expected = [by_repeating(frame, weights, each, covariates=names, trim=trim) for each in times]
    except SeparationError:
        assert np.isfinite(replicated(frame, panel, weights, times)).all()
        return
    np.testing.assert_allclose(replicated(frame, panel, weights, times), expected, rtol=1e-7)


def test_fractions_are_fewer_of_each_and_the_scale_does_not_matter():
    frame = people(200, 4)
    weights, panel = weigh(frame)
    times = np.random.default_rng(5).exponential(size=(6, 200))
    made = replicated(frame, panel, weights, times)
    assert made.sum(axis=1) == pytest.approx(times.sum(axis=1))
    np.testing.assert_allclose(replicated(frame, panel, weights, 7.5 * times), 7.5 * made, rtol=1e-9)
    whole = np.random.default_rng(6).integers(0, 3, (2, 200))
    np.testing.assert_allclose(
        replicated(frame, panel, weights, whole / 4) * 4, replicated(frame, panel, weights, whole), rtol=1e-9
    )


def test_replicates_do_not_depend_on_those_beside_them():
    frame = people(120, 7)
    weights, _ = weigh(frame)
    times = np.random.default_rng(8).multinomial(120, np.full(120, 1 / 120), 30).astype(float)
    together = weights.replicate(times)
    alone = np.concatenate([weights.replicate(each[None]) for each in times])
    np.testing.assert_allclose(together, alone, rtol=1e-12)
    assert weights.replicate(np.zeros((0, 120))).shape == (0, weights.n)
    again = pickle.loads(pickle.dumps(weights))
    assert again == weights
    assert np.array_equal(again.replicate(times), together)


def test_by_hand():
    # Women: 4, of whom 1 and 1 copy of her answered; men: 4, of whom 2 answered.
    frame = pd.DataFrame(
        {
            "id": [*"abcdefgh"],
            "sex": [*"ffffmmmm"],
            "answered": [True, *[False] * 3, True, True, False, False],
        }
    )
    weights, panel = weigh(frame, covariates="sex", trim=None)
    assert weights.weight == pytest.approx([4, 2, 2])
    made = replicated(
        frame,
        panel,
        weights,
        np.array([[2, 1, 1, 1, 1, 1, 1, 1], [1, 0, 0, 1, 3, 1, 0, 0], [0, 1, 1, 1, 1, 1, 1, 1]]),
    )
    assert made[0] == pytest.approx([5, 2, 2])  # 5 women are stood for by 2 copies of one
    # No man of the second replicate did not answer: men are pooled with women, and 6 are 5/6 of those who answered.
    assert made[1] == pytest.approx([6 / 5, 18 / 5, 6 / 5])
    # No woman of the third answered: 7 people are stood for by two men.
    assert made[2] == pytest.approx([0, 3.5, 3.5])


def test_replicates_with_nobody_and_with_nobody_silent():
    frame = people(80, 9)
    weights, panel = weigh(frame)
    answered = frame.answered.to_numpy()
    nobody, all_of_them = np.where(answered, 0.0, 1.0), np.where(answered, 2.0, 0.0)
    made = replicated(frame, panel, weights, np.array([nobody, all_of_them, np.ones(80)]))
    assert not made[0].any()
    assert (made[1] == 2.0).all()
    _, mine = in_order_of_the_file(frame, panel, weights)
    np.testing.assert_allclose(made[2], weights.weight[mine], rtol=1e-12)


def test_one_respondent():
    frame = people(40, 10).assign(answered=lambda d: d.index == 7)
    weights, panel = weigh(frame)
    assert weights.weight.tolist() == [40.0]
    times = np.ones((2, 40))
    times[1, 7], times[1, 0] = 3, 0
    assert replicated(frame, panel, weights, times)[:, 0] == pytest.approx([40, 41])


@pytest.mark.parametrize(
    "given_",
    [np.ones(400), np.ones((2, 399)), -np.ones((1, 400)), np.full((1, 400), np.nan), "ones", None],
)
def test_other_multipliers_are_refused(given_):
    weights, _ = weigh(people(400, 1))
    with pytest.raises(InputError, match="`multipliers`"):
        weights.replicate(given_)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([1.0, 1.5, 2.0, 7.0]), st.integers(0, 3)), min_size=1, max_size=9))
def test_the_median_of_copies_is_that_of_the_values_written_out(listed):
    values, copies = (np.array(each, dtype=float) for each in zip(*listed, strict=True))
    (made,) = median_of_copies(values[None], copies[None])
    written = np.repeat(values, copies.astype(int))
    assert made == (np.median(written) if written.size else np.inf)
