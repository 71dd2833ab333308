"""The response model of many replicates at once: each as fitted alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credbenefits.numerics.models.designs import Margins, Matrix, Term, contrasts
from credbenefits.numerics.models.logistic import fit_logistic, probability
from credbenefits.numerics.models.many import fit_logistic_many


def margins_of(codes, n_levels, without):
    columns = [contrasts(n, usual) for n, usual in zip(n_levels, without, strict=True)]
    return Margins(tuple(Term(*each) for each in zip(codes, columns, strict=True)))


def test_many_models_at_once_are_each_as_alone():
    rng = np.random.default_rng(11)
    design = np.column_stack([np.ones(30), rng.integers(0, 2, (30, 3)), np.zeros(30)])
    design[:, 4] = design[:, 1] + design[:, 2]  # told by the others
    trials = rng.integers(0, 6, (20, 30)).astype(float)
    yes = rng.binomial(trials.astype(int), 0.4).astype(float)
    near = fit_logistic(design, yes.sum(axis=0), trials.sum(axis=0))
    yes[3] = trials[3]  # has no finite solution
    yes[4], trials[4] = np.where(design[:, 1] > 0, 0.0, yes[4]), trials[4]  # nor has this
    # A column that only these cells cannot tell: one solution of many, whose probabilities are the same.
    trials[5], yes[5] = np.where(design[:, 3] > 0, 0.0, trials[5]), np.where(design[:, 3] > 0, 0.0, yes[5])
    b, solved = fit_logistic_many(design, yes, trials, near=near)
    fitted = probability(b @ design.T)
    for k in range(20):
        alone = fit_logistic(design, yes[k], trials[k])
        assert solved[k] == alone.converged
        if solved[k]:
            there = trials[k] > 0
            np.testing.assert_allclose(fitted[k][there], alone.fitted[there], rtol=1e-12)
    assert not solved[[3, 4]].any()
    assert solved.sum() >= 15


def resampled(rng, levels, n_people, n_replicates, rate):
    """Cells of people in categories, and how often each is drawn: (codes, yes, trials)."""
    codes = np.array([rng.integers(0, n, 8 * n_people) for n in levels])
    cells, cell = np.unique(codes, axis=1, return_inverse=True)
    cell = cell.reshape(-1)[:n_people]
    answered = rng.random(n_people) < rate
    times = rng.multinomial(n_people, np.full(n_people, 1 / n_people), n_replicates).astype(float)
    times[0] = 1.0
    yes = np.stack([np.bincount(cell, t * answered, cells.shape[1]) for t in times])
    return cells, yes, np.stack([np.bincount(cell, t, cells.shape[1]) for t in times])


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.05, 0.3, 0.6]), st.floats(1e-6, 1e6))
def test_replicates_solve_the_likelihood_equations_on_any_scale(seed, rate, scale):
    rng = np.random.default_rng(seed)
    levels = (2, 3, 4)
    cells, yes, trials = resampled(rng, levels, 600, 20, rate)
    design = margins_of(list(cells), levels, (0, 0, 0))
    near = fit_logistic(design, yes[0], trials[0])
    if not near.converged:
        return
    b, solved = fit_logistic_many(design, scale * yes, scale * trials, near=near)
    x = design.rows(slice(None))
    fitted = probability(b @ x.T)
    for k in np.flatnonzero(solved):
        np.testing.assert_allclose(x.T @ (trials[k] * fitted[k]), x.T @ yes[k], atol=1e-9)
    for k in range(20):
        alone = fit_logistic(design, yes[k], trials[k])
        assert solved[k] == alone.converged
        if alone.converged:
            there = trials[k] > 0
            np.testing.assert_allclose(fitted[k][there], alone.fitted[there], rtol=1e-10)


def test_replicates_do_not_depend_on_those_beside_them():
    cells, yes, trials = resampled(np.random.default_rng(1), (3, 4), 500, 40, 0.3)
    design = margins_of(list(cells), (3, 4), (1, 2))
    near = fit_logistic(design, yes[0], trials[0])
    together, _ = fit_logistic_many(design, yes, trials, near=near)
    alone, _ = fit_logistic_many(design, yes[7:8], trials[7:8], near=near)
    np.testing.assert_allclose(alone[0], together[7], rtol=1e-13)


# ---- designs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "levels", [(1,), (2,), (3, 1, 4), (2, 3, 4, 5, 5, 6, 7, 7), (150, 3, 90), (600, 500)]
)
def test_margins_are_their_matrix(levels):
    rng = np.random.default_rng(len(levels))
    codes = [rng.integers(0, n, 700) for n in levels]
    without = [n // 2 for n in levels]
    margins = margins_of(codes, levels, without)
    columns = [
        (each == level).astype(float)
        for each, n, usual in zip(codes, levels, without, strict=True)
        for level in range(n)
        if level != usual
    ]
    written = Matrix(np.column_stack([np.ones(700), *columns]))
    b, values = rng.normal(size=written.shape[1]), rng.random(700)
    assert margins.shape == written.shape
    assert (margins.rows(slice(None)) == written.matrix).all()
    np.testing.assert_allclose(margins.predictor(b), written.predictor(b), atol=1e-12)
    np.testing.assert_allclose(margins.sums(values), written.sums(values), rtol=1e-12)
    np.testing.assert_allclose(margins.products(values), written.products(values), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_a_model_of_margins_is_that_of_their_matrix(seed):
    rng = np.random.default_rng(seed)
    cells, yes, trials = resampled(rng, (3, 4, 5), 2_000, 1, 0.3)
    margins = margins_of(list(cells), (3, 4, 5), (0, 1, 2))
    one = fit_logistic(margins, yes[0], trials[0])
    other = fit_logistic(margins.rows(slice(None)), yes[0], trials[0])
    np.testing.assert_allclose(one.coefficients, other.coefficients, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(one.covariance, other.covariance, rtol=1e-9, atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.floats(1e-9, 1e9))
def test_the_scale_of_masses_changes_neither_the_model_nor_whether_there_is_one(seed, scale):
    rng = np.random.default_rng(seed)
    cells, yes, trials = resampled(rng, (2, 3), 25, 1, 0.3)
    weight = rng.uniform(0.2, 3.0, trials[0].size)
    design = margins_of(list(cells), (2, 3), (0, 0))
    one = fit_logistic(design, weight * yes[0], weight * trials[0])
    other = fit_logistic(design, scale * weight * yes[0], scale * weight * trials[0])
    assert one.converged == other.converged
    if one.converged:
        np.testing.assert_allclose(other.coefficients, one.coefficients, rtol=1e-9, atol=1e-11)
        np.testing.assert_allclose(scale * other.covariance, one.covariance, rtol=1e-8, atol=1e-11)
