"""Estimates as functions of sums, and their gradients beside numerical derivatives and rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import credbenefits as cb
from credbenefits.numerics.design.estimands import differences, means
from credbenefits.numerics.design.scores import covariance_clusters, unit_totals

NO_ANSWER = float("nan")


def derivative(f, w, h=1e-6):
    """Derivatives of f by every sum, from both sides."""
    made = np.empty((*f(w).shape, *w.shape))
    for place in np.ndindex(w.shape):
        step = np.zeros(w.shape)
        step[place] = h
        made[(slice(None), *place)] = (f(w + step) - f(w - step)) / (2 * h)
    return made


sums = st.lists(st.lists(st.floats(0.5, 50.0), min_size=4, max_size=4), min_size=2, max_size=3).map(np.array)
scores = st.sampled_from(
    [[NO_ANSWER, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 1.0], [1.0, 2.0, 3.0, 5.0], [NO_ANSWER, 1.0, -2.0, 4.5]]
)


@given(sums, scores)
def test_gradients_are_derivatives(w, y):
    made = means(w, y)
    np.testing.assert_allclose(made.gradient, derivative(lambda v: means(v, y).value, w), atol=1e-7)
    pairs = [(0, 1), (1, 0), (0, len(w) - 1)]
    less = differences(made, pairs)
    np.testing.assert_allclose(less.value, [made.value[a] - made.value[b] for a, b in pairs], rtol=1e-15)
    by_hand = derivative(lambda v: differences(means(v, y), pairs).value, w)
    np.testing.assert_allclose(less.gradient, by_hand, atol=1e-7)


@given(sums, scores, st.floats(0.1, 10.0))
def test_doubling_all_weights_changes_nothing(w, y, by):
    made, more = means(w, y), means(by * w, y)
    np.testing.assert_allclose(more.value, made.value, rtol=1e-12)
    np.testing.assert_allclose((made.gradient * w).sum(axis=(1, 2)), 0.0, atol=1e-12)  # so scores add up to 0


def test_a_group_of_nobody_has_no_value_and_no_gradient():
    made = means([[5.0, 0.0, 0.0], [0.0, 1.0, 3.0]], [NO_ANSWER, 0.0, 1.0])
    assert np.isnan(made.value[0])
    assert made.value[1] == 0.75
    assert not made.gradient[0].any()
    assert np.isnan(differences(made, [(0, 1)]).value[0])


@pytest.mark.parametrize("weights", [None, "w"])
def test_two_groups_in_the_same_clusters_differ_as_the_jackknife_of_clusters_says(weights):
    # Both groups are in every cluster: their shares go together, and the difference is told better than
    # two independent groups would tell it. Leaving out cluster by cluster says the same to first order.
    rng = np.random.default_rng(11)
    n, clusters = 4_000, 40
    psu, group, w = rng.integers(0, clusters, n), rng.integers(0, 2, n), rng.gamma(4.0, 0.25, n)
    level = np.clip(0.4 + 0.15 * rng.standard_normal(clusters), 0.05, 0.95)
    yes = (rng.random(n) < level[psu]).astype(int)
    weight = np.ones(n) if weights is None else w
    cells = np.zeros((clusters, 2, 2))
    np.add.at(cells, (psu, group, yes), weight)
    estimates = means(cells.sum(axis=0), [0.0, 1.0])
    less = differences(estimates, [(0, 1)])
    covariance = covariance_clusters(unit_totals(cells, estimates.gradient), np.zeros(clusters, dtype=int))
    variance = covariance_clusters(unit_totals(cells, less.gradient), np.zeros(clusters, dtype=int))
    without = np.array(
        [
            differences(means(cells.sum(axis=0) - cells[u], [0.0, 1.0]), [(0, 1)]).value[0]
            for u in range(clusters)
        ]
    )
    jackknife = (clusters - 1) / clusters * ((without - less.value[0]) ** 2).sum()
    assert variance[0, 0] == pytest.approx(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    assert variance[0, 0] == pytest.approx(jackknife, rel=0.01)
    assert covariance[0, 1] > 0.5 * np.sqrt(covariance[0, 0] * covariance[1, 1])
    # The diagonal is what proportions() reports.
    data = {"yes": yes, "g": group.astype(str), "psu": psu, "w": w}
    rows = cb.proportions(
        pd.DataFrame(data), "yes", by="g", weights=weights, design=cb.SurveyDesign(clusters="psu")
    ).rows
    assert [r.std_error**2 for r in rows] == pytest.approx(np.diag(covariance).tolist(), rel=1e-12)
