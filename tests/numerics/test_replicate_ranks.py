"""Ranks of replicate weights from sums of their products, against numpy's of the weights themselves."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from credbenefits.numerics.design.replicate_ranks import GroupedWeights, products_of, rank_of, ranks_together


def weights_of(rng, people, replicates, units):
    """Weights of people in units, each of which goes up and down together."""
    factors = rng.integers(-2, 4, (max(units, 1), replicates)).astype(float)
    return rng.gamma(3.0, size=(people, 1)) * factors[rng.integers(0, max(units, 1), people)]


@given(st.integers(0, 10_000))
def test_products_have_the_rank_of_the_weights(seed):
    rng = np.random.default_rng(seed)
    weights = weights_of(rng, rng.integers(0, 40), rng.integers(2, 9), rng.integers(1, 12))
    rank = 0 if not weights.size else np.linalg.matrix_rank(weights, tol=1e-8 * max(np.abs(weights).max(), 1))
    assert rank_of(products_of(weights)) == rank


@given(st.integers(0, 10_000))
def test_those_who_answered_in_groups_and_their_totals(seed):
    rng = np.random.default_rng(seed)
    r = rng.integers(2, 6)
    groups = [weights_of(rng, rng.integers(0, 60), r, rng.integers(1, 5)) for _ in range(3)]
    answered = [[rng.random(len(w)) < rng.choice([0.0, 0.05, 0.5, 1.0]) for w in groups] for _ in range(4)]
    members = np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1], [1, 1, 1]])
    of = GroupedWeights(groups)
    made = ranks_together(of.products, [of.narrower(each) for each in answered], members)
    for k, each in enumerate(answered):
        for row, which in enumerate(members):
            some = np.concatenate([w[a] for w, a, m in zip(groups, each, which, strict=True) if m])
            assert made[k, row] == rank_of(products_of(some))


def test_a_few_people_that_show_too_little_are_not_trusted():
    """One person in a thousand, at no place that a sample of them takes, is of another unit."""
    weights = np.ones((1000, 3)) @ np.diag([1.0, 2.0, 3.0])
    weights[501] = [1.0, 0.0, 0.0]
    answered = np.ones(1000, dtype=bool)
    answered[0] = False
    assert GroupedWeights([weights]).narrower([answered]) == {}
    answered[501] = False
    assert rank_of(GroupedWeights([weights]).narrower([answered])[0]) == 1
