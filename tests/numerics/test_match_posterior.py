"""One-to-one match probabilities against all matchings, one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from credbenefits.numerics.matching.posterior import Exclusive, Pairs, prior_odds

#: Odds as they come: hopeless to certain, strong and weak.
odds_of_pairs = st.floats(-9, 9).map(lambda power: 10.0**power)


def by_enumeration(rows_a, rows_b, odds):
    """Probability of each pair: add up the chances of all matchings that hold it."""
    with_pair, total = np.zeros(len(odds)), 0.0

    def extend(at, taken_a, taken_b, chosen, chance):
        nonlocal total
        if at == len(odds):
            total += chance
            with_pair[chosen] += chance
            return
        extend(at + 1, taken_a, taken_b, chosen, chance)
        if rows_a[at] not in taken_a and rows_b[at] not in taken_b:
            extend(at + 1, taken_a | {rows_a[at]}, taken_b | {rows_b[at]}, [*chosen, at], chance * odds[at])

    extend(0, frozenset(), frozenset(), [], 1.0)
    return with_pair / total


def probability(pairs, odds):
    """By belief propagation; `pairs` in any order."""
    order = sorted(range(len(pairs)), key=lambda k: pairs[k])
    rows = np.array([pairs[k] for k in order])
    found = np.empty(len(pairs))
    graph = Pairs(rows[:, 0], rows[:, 1], rows[:, 0].max() + 1, rows[:, 1].max() + 1)
    found[order] = Exclusive(graph).probability(np.array(odds)[order])
    return found


@st.composite
def forests(draw):
    """Pairs that form no loop: each new row is tied to one that is there, or to a new one."""
    pairs, n_a, n_b = [(0, 0)], 1, 1
    for _ in range(draw(st.integers(0, 8))):
        kind = draw(st.sampled_from(["a", "b", "both"]))
        if kind == "a":
            pairs.append((n_a, draw(st.integers(0, n_b - 1))))
        elif kind == "b":
            pairs.append((draw(st.integers(0, n_a - 1)), n_b))
        else:
            pairs.append((n_a, n_b))
        n_a, n_b = n_a + (kind != "b"), n_b + (kind != "a")
    return pairs, draw(st.lists(odds_of_pairs, min_size=len(pairs), max_size=len(pairs)))


@given(forests())
def test_without_loops_it_is_exact(forest):
    pairs, odds = forest
    rows_a, rows_b = zip(*pairs, strict=True)
    # Weak pairs are worked out to the order of their squared odds, 1e-4 at most.
    np.testing.assert_allclose(probability(pairs, odds), by_enumeration(rows_a, rows_b, odds), atol=3e-4)


@given(forests())
def test_without_loops_and_weak_pairs_it_is_exact_to_its_tolerance(forest):
    pairs, odds = forest[0], np.maximum(forest[1], 0.021)
    rows_a, rows_b = zip(*pairs, strict=True)
    np.testing.assert_allclose(probability(pairs, odds), by_enumeration(rows_a, rows_b, odds), atol=3e-5)


#: Most that a probability is off in a dense block of nine pairs whose odds lie between 0.1 and 10 (the worst
#: of 3,000 such blocks drawn at random is off by 0.075).
LOOPY = 0.1


@given(st.lists(st.floats(-1, 1).map(lambda power: 10.0**power), min_size=9, max_size=9))
def test_with_every_loop_of_three_by_three_it_is_near(odds):
    pairs = [(i, j) for i in range(3) for j in range(3)]
    rows_a, rows_b = zip(*pairs, strict=True)
    exact = by_enumeration(rows_a, rows_b, odds)
    assert np.abs(probability(pairs, odds) - exact).max() < LOOPY


@pytest.mark.parametrize("odds", [0.02, 1.0, 100.0, 1e6, 1e12])
def test_two_doubles_on_either_side_share_alike(odds):
    # Two by two, all alike: Z = 1 + 4 w + 2 w^2, and a pair is in w + w^2 of it.
    found = probability([(0, 0), (0, 1), (1, 0), (1, 1)], [odds] * 4)
    np.testing.assert_allclose(found, found[0], atol=1e-5)
    assert abs(found[0] - (odds + odds**2) / (1 + 4 * odds + 2 * odds**2)) < 0.025


def test_three_candidates_for_one_person_by_hand():
    np.testing.assert_allclose(
        probability([(0, 0), (1, 0), (2, 0)], [3.0, 1.0, 5.0]), [0.3, 0.1, 0.5], atol=1e-6
    )


def test_huge_odds_do_not_drown_small_ones():
    # Row 0 of A has a certain and a weak candidate; row 1 of A competes for the certain one.
    pairs, odds = [(0, 0), (0, 1), (1, 0)], [1e20, 3.0, 1e20]
    rows_a, rows_b = zip(*pairs, strict=True)
    np.testing.assert_allclose(probability(pairs, odds), by_enumeration(rows_a, rows_b, odds), atol=1e-4)


@given(forests(), st.floats(0.5, 2.0))
def test_a_second_call_forgets_the_first(forest, factor):
    pairs, odds = forest
    order = sorted(range(len(pairs)), key=lambda k: pairs[k])
    rows, odds = np.array([pairs[k] for k in order]), np.array(odds)[order]
    graph = Pairs(rows[:, 0], rows[:, 1], rows[:, 0].max() + 1, rows[:, 1].max() + 1)
    twice = Exclusive(graph)
    twice.probability(odds * factor)
    np.testing.assert_allclose(twice.probability(odds), Exclusive(graph).probability(odds), atol=1e-3)


def test_prior_odds_put_the_expected_number_of_matches_there():
    # Three and four people, no evidence: matchings of size n count 3!4! / ((3-n)!(4-n)!n!).
    sizes = np.arange(4)
    ways = np.array([1, 12, 36, 24])
    odds = prior_odds(1.5, 3, 4)
    agreements = ways * odds**sizes
    assert abs(agreements @ sizes / agreements.sum() - 1.5) < 0.15
    assert prior_odds(3.0, 3, 4) == pytest.approx(3.0 / (0.5 * 1.0))
