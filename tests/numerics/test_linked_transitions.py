"""What the same people answered, corrected for wrong links: from a table of pairs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import credbenefits as cb
from credbenefits.errors import InputError
from credbenefits.stats import linked_transitions, proportion_interval
from linked_cells import pair_by_pair
from strategies import confidence_levels

PAIRS, EVERYBODY = [[4, 1], [2, 3]], [10, 10]


@st.composite
def tables(draw, size=3):
    """Draw a table of pairs with somebody in it, and the second wave."""
    counts = st.lists(st.integers(0, 5), min_size=size, max_size=size)
    pairs = np.array([draw(counts) for _ in range(size)])
    pairs[0, 0] += 1
    return pairs, pairs.sum(axis=0) + np.array(draw(counts))


def test_by_hand():
    # 2 from no to yes, less 5 x 0.1 x 10/20 that wrong links add, of 10 x 0.9 pairs.
    found = linked_transitions(PAIRS, EVERYBODY, match_probability=0.9)
    assert found.estimate[1, 0] == pytest.approx((2 - 0.25) / 9)
    assert found.observed.tolist() == [[0.4, 0.1], [0.2, 0.3]]
    of_first = linked_transitions(PAIRS, EVERYBODY, match_probability=0.9, share="conditional")
    assert of_first.estimate[1, 0] == pytest.approx((2 - 0.25) / 4.5)
    assert of_first.observed.tolist() == [[0.8, 0.2], [0.4, 0.6]]


@given(tables(), st.floats(0.3, 1.0), st.sampled_from(["joint", "conditional"]))
def test_each_cell_is_that_of_its_definition_person_by_person(made, probability, share):
    pairs, everybody = made
    first, second = (np.repeat(axis.ravel(), pairs.ravel()) for axis in np.indices(pairs.shape))
    others = np.repeat(np.arange(3), everybody - pairs.sum(axis=0))
    people = np.concatenate([second, others])
    found = linked_transitions(pairs, everybody, match_probability=probability, share=share)
    for a, b in np.ndindex(3, 3):
        base = np.ones(3) if share == "joint" else np.eye(3)[a]
        if not base @ pairs.sum(axis=1):
            assert np.isnan(found.estimate[a, b])
            continue
        score = np.zeros((3, 3))
        score[a, b] = 1.0
        estimate, error = pair_by_pair(first, second, [probability] * len(first), people, score, base)
        assert found.estimate[a, b] == pytest.approx(estimate, abs=1e-12)
        if not np.isnan(found.std_error[a, b]):  # NaN where all are of the kind, or none
            assert found.std_error[a, b] == pytest.approx(error, abs=1e-12)


@given(tables(), confidence_levels)
def test_certain_links_leave_the_proportions_and_wilson_s_limits(made, level):
    pairs, everybody = made
    found = linked_transitions(pairs, everybody, match_probability=1.0, confidence_level=level)
    np.testing.assert_allclose(found.estimate, pairs / pairs.sum(), atol=1e-12)
    low, high = proportion_interval(pairs, pairs.sum(), confidence_level=level)
    np.testing.assert_allclose(found.low, low, atol=1e-9)
    np.testing.assert_allclose(found.high, high, atol=1e-9)


@given(tables(), st.floats(0.05, 1.0))
def test_estimates_of_a_base_add_up_to_1(made, probability):
    joint = linked_transitions(*made, match_probability=probability)
    assert joint.estimate.sum() == pytest.approx(1.0, abs=1e-9)
    rows = linked_transitions(*made, match_probability=probability, share="conditional").estimate.sum(axis=1)
    np.testing.assert_allclose(rows[~np.isnan(rows)], 1.0, atol=1e-9)


@given(tables(), st.floats(0.05, 1.0))
def test_one_probability_is_that_of_every_cell(made, probability):
    everywhere = np.full((3, 3), probability)
    one = linked_transitions(*made, match_probability=probability)
    assert one == linked_transitions(*made, match_probability=everywhere)


def test_it_says_what_transitions_says_of_a_panel():
    # Codes of five elements, so that every link has a probability; then the same from the table of answers.
    rng = np.random.default_rng(5)
    n, elements = 400, ["a", "b", "c", "d", "e"]
    codes = rng.integers(0, 12, (n, 5))
    before = pd.DataFrame(codes, columns=elements).assign(job=rng.choice(["no", "yes"], n))
    after = pd.DataFrame(codes, columns=elements).assign(job=rng.choice(["no", "yes"], n))
    panel = cb.link_waves({"before": before, "after": after}, on=elements, method="code", threshold=0.5)
    result = cb.transitions(panel, cb.Item("job", yes="yes", no="no"), linkage_error="adjust")
    both = panel.wave("after", carry={"before": ["job"]})
    levels = ["yes", "no"]
    given_pairs = both.groupby(["job_before", "job"])
    sums = given_pairs["match_probability"].agg(["size", "mean"])
    pairs = np.array([[sums["size"].get((a, b), 0) for b in levels] for a in levels])
    mean = np.array([[sums["mean"].get((a, b), 1.0) for b in levels] for a in levels])
    everybody = [(after["job"] == level).sum() for level in levels]
    found = linked_transitions(pairs, everybody, match_probability=mean)
    rose = result.rose
    assert found.estimate[1, 0] == pytest.approx(rose.estimate, abs=1e-12)
    assert found.std_error[1, 0] == pytest.approx(rose.std_error, rel=1e-3)  # probabilities differ in a cell
    assert (found.low[1, 0], found.high[1, 0]) == pytest.approx((rose.conf_low, rose.conf_high), rel=1e-3)


@pytest.mark.parametrize(
    ("given_now", "argument"),
    [
        ({"pairs": [[4, 1, 0], [2, 3, 0]]}, "pairs"),
        ({"pairs": [4, 1]}, "pairs"),
        ({"pairs": [[4]], "second": [10]}, "pairs"),
        ({"pairs": [[0, 0], [0, 0]]}, "pairs"),
        ({"pairs": [[4, -1], [2, 3]]}, "pairs"),
        ({"pairs": [[4, np.nan], [2, 3]]}, "pairs"),
        ({"pairs": [[True, False], [True, True]]}, "pairs"),
        ({"second": [5, 10]}, "second"),
        ({"second": [10, 10, 10]}, "pairs"),
        ({"second": ["a", "b"]}, "second"),
        ({"match_probability": 0.0}, "match_probability"),
        ({"match_probability": 98}, "match_probability"),
        ({"match_probability": np.nan}, "match_probability"),
        ({"match_probability": [0.9, 0.8]}, "match_probability"),
        ({"match_probability": "high"}, "match_probability"),
        ({"share": "row"}, "share"),
        ({"confidence_level": 95}, "confidence_level"),
    ],
)
def test_what_cannot_be_used_is_refused(given_now, argument):
    arguments = {"pairs": PAIRS, "second": EVERYBODY, "match_probability": 0.9} | given_now
    pairs, second = arguments.pop("pairs"), arguments.pop("second")
    with pytest.raises((InputError, cb.errors.MethodError)) as caught:
        linked_transitions(pairs, second, **arguments)
    assert caught.value.argument == argument


def test_inputs_stay_as_they_are_and_the_result_is_read_only():
    pairs, everybody = np.array(PAIRS), np.array(EVERYBODY)
    found = linked_transitions(pairs, everybody, match_probability=0.9)
    assert pairs.tolist() == PAIRS
    assert everybody.tolist() == EVERYBODY
    with pytest.raises(ValueError, match="read-only"):
        found.estimate[0, 0] = 0.5
