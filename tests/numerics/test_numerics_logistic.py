"""The response model: against closed forms, statsmodels, R, and a linear programme for separation."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.special import expit

from credbenefits.numerics.models.logistic import fit_logistic


def standard_errors(fit):
    return np.sqrt(np.diag(fit.covariance))


def random_cells(rng, *, most=1_000.0, spread=1.0):
    """Draw a design of 0/1 columns (some may repeat others) with binomial answers."""
    k, n_cells = rng.integers(1, 6), rng.integers(3, 30)
    design = np.column_stack([np.ones(n_cells), *(rng.integers(0, 2, n_cells) for _ in range(k))]).astype(
        float
    )
    trials = np.ceil(rng.exponential(most, n_cells)) * (rng.random(n_cells) < 0.95)
    chance = expit(design @ rng.normal(0, spread, k + 1))
    return design, rng.binomial(trials.astype(int), chance).astype(float), trials


def separated(design, successes, trials):
    """Tell by a linear programme whether some direction parts successes from failures.

    There is one if a nonzero combination of columns is >= 0 wherever somebody succeeded and <= 0
    wherever somebody failed: the likelihood then rises for ever (Albert & Anderson 1984).
    """
    sides = np.vstack([-design[successes > 0], design[successes < trials]])
    if not sides.size:
        return False
    found = linprog(
        sides.sum(axis=0), A_ub=sides, b_ub=np.zeros(len(sides)), bounds=[(-1, 1)] * design.shape[1]
    )
    return -found.fun > 1e-7


# ---- by hand -----------------------------------------------------------------------------------


def test_one_binary_covariate_has_a_closed_form():
    # 30 of 100 against 60 of 80: logit .3, log odds ratio, and 1/cells for the variances.
    fit = fit_logistic(np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([30.0, 60.0]), np.array([100.0, 80.0]))
    assert fit.converged
    np.testing.assert_allclose(
        fit.coefficients, [np.log(30 / 70), np.log(60 / 20) - np.log(30 / 70)], rtol=1e-12
    )
    np.testing.assert_allclose(
        standard_errors(fit),
        [np.sqrt(1 / 30 + 1 / 70), np.sqrt(1 / 30 + 1 / 70 + 1 / 60 + 1 / 20)],
        rtol=1e-12,
    )
    np.testing.assert_allclose(fit.fitted, [0.3, 0.75], rtol=1e-12)


@example([(463_033, 1)])  # the last steps were not taken: the likelihood had lost the digits that judge them
@example([(1, 999_983), (10**6, 1)])
@given(st.lists(st.tuples(st.integers(1, 10**6), st.integers(1, 10**6)), min_size=1, max_size=8))
def test_a_saturated_model_fits_every_cell(cells):
    successes, failures = np.array(cells, dtype=float).T
    design = np.column_stack([np.ones(len(cells)), np.eye(len(cells))[:, 1:]])
    fit = fit_logistic(design, successes, successes + failures)
    assert fit.converged
    np.testing.assert_allclose(fit.fitted, successes / (successes + failures), rtol=1e-7)


def test_all_trials_in_one_cell():
    fit = fit_logistic(np.ones((1, 1)), np.array([3.0]), np.array([12.0]))
    assert fit.converged
    assert fit.coefficients[0] == pytest.approx(np.log(3 / 9), rel=1e-12)
    assert standard_errors(fit)[0] == pytest.approx(np.sqrt(1 / 3 + 1 / 9), rel=1e-10)


def test_cells_without_trials_say_nothing():
    design = np.array([[1.0, 0, 0], [1, 1, 0], [1, 0, 1]])
    fit = fit_logistic(design, np.array([3.0, 5, 0]), np.array([10.0, 12, 0]))
    assert fit.estimable.tolist() == [True, True, False]
    without = fit_logistic(design[:2, :2], np.array([3.0, 5]), np.array([10.0, 12]))
    np.testing.assert_allclose(fit.coefficients[:2], without.coefficients, rtol=1e-12)
    assert fit.coefficients[2] == 0


# ---- against statsmodels and R ----------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(25))
def test_estimates_are_those_of_statsmodels(seed):
    rng = np.random.default_rng(seed)
    design, successes, trials = random_cells(rng, most=10 ** rng.uniform(1, 5))
    fit = fit_logistic(design, successes, trials)
    if not fit.converged:
        assert separated(design[:, fit.estimable], successes, trials)
        return
    x, real = design[:, fit.estimable], trials > 0
    answers = np.column_stack([successes, trials - successes])[real]
    theirs = sm.GLM(answers, x[real], family=sm.families.Binomial()).fit(tol=1e-14, maxiter=200)
    np.testing.assert_allclose(fit.coefficients[fit.estimable], theirs.params, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(standard_errors(fit)[fit.estimable], theirs.bse, rtol=1e-8)
    np.testing.assert_allclose(fit.fitted[real], theirs.fittedvalues, rtol=1e-8)


def test_cells_give_what_rows_give():
    # Frequency weights, and single people: three ways to say the same.
    rng = np.random.default_rng(77)
    x = rng.integers(0, 3, size=(400, 2))
    rows = np.column_stack([np.ones(400), x[:, 0] == 1, x[:, 0] == 2, x[:, 1] == 1, x[:, 1] == 2]).astype(
        float
    )
    y = (rng.random(400) < expit(rows @ [-0.4, 0.8, -0.5, 0.3, 1.1])).astype(float)
    cells, cell = np.unique(rows, axis=0, return_inverse=True)
    fit = fit_logistic(cells, np.bincount(cell, y), np.bincount(cell).astype(float))
    by_row = fit_logistic(rows, y, np.ones(400))
    theirs = sm.GLM(y, rows, family=sm.families.Binomial()).fit(tol=1e-14)
    for coefficients, errors in (
        (by_row.coefficients, standard_errors(by_row)),
        (theirs.params, theirs.bse),
    ):
        np.testing.assert_allclose(fit.coefficients, coefficients, rtol=1e-8)
        np.testing.assert_allclose(standard_errors(fit), errors, rtol=1e-8)


@pytest.mark.shared
def test_estimates_are_those_of_r(shared):
    # R glm on geepack::muscatine: who of those seen at occasion 1 was seen at occasion 3.
    record = next(
        r
        for r in json.loads((shared / "gold" / "gold.json").read_text())["records"]
        if r["id"] == "S10.attr.model"
    )
    children = pd.read_csv(shared / "data" / "muscatine.csv.gz")
    seen = children.pivot(index="id", columns="occasion", values="numobese")
    first = children.drop_duplicates("id").set_index("id").loc[seen.index]
    there = seen[1].notna()
    design = np.column_stack(
        [np.ones(there.sum()), first["gender"][there] == "F", first["base_age"][there], seen[1][there]]
    ).astype(float)
    cells, cell = np.unique(design, axis=0, return_inverse=True)
    fit = fit_logistic(cells, np.bincount(cell, seen[3][there].notna()), np.bincount(cell).astype(float))
    expected, tolerance = record["expected"], record["tolerance"]
    assert (len(design), int(seen[3][there].notna().sum())) == (expected["n"], expected["responders"])
    np.testing.assert_allclose(fit.coefficients, expected["coef"], rtol=0, atol=tolerance)
    np.testing.assert_allclose(standard_errors(fit), expected["se"], rtol=0, atol=tolerance)


# ---- properties --------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(60))
def test_converges_exactly_where_a_finite_solution_exists(seed):
    rng = np.random.default_rng(1000 + seed)
    design, successes, trials = random_cells(rng, most=10 ** rng.uniform(0, 6), spread=2.5)
    fit = fit_logistic(design, successes, trials)
    assert fit.converged != separated(design[:, fit.estimable], successes, trials)
    for part in (fit.coefficients, fit.covariance, fit.fitted):
        assert np.isfinite(part).all()
    if fit.converged:
        # the likelihood equations: in every column, as many successes as expected
        expected = design.T @ (trials * fit.fitted)
        np.testing.assert_allclose(design.T @ successes, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("size", [1e2, 1e4, 1e5, 1e6, 1e7, 1e9])
@pytest.mark.parametrize("few", [1, 5, 50])
def test_separation_of_a_few_is_seen_however_many_the_others(size, few):
    # Nobody of the few answered: their coefficient runs away, though it hardly moves the likelihood.
    design = np.array([[1.0, 0.0], [1.0, 1.0]])
    for successes in (0.0, float(few)):
        fit = fit_logistic(design, np.array([size / 4, successes]), np.array([size, few]))
        assert not fit.converged
        assert np.isfinite(fit.coefficients).all()


def test_separation_by_covariates_together_is_seen():
    # Each level of each covariate has respondents and others; jointly they part them.
    design = np.array([[1.0, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1]])
    trials = np.array([20.0, 10, 10, 10])
    assert not fit_logistic(design, np.array([10.0, 0, 10, 5]), trials).converged
    assert fit_logistic(design, np.array([10.0, 1, 9, 5]), trials).converged


@pytest.mark.parametrize("answered", [0.0, 12.0])
def test_nobody_or_everybody_has_no_finite_solution(answered):
    assert not fit_logistic(np.ones((1, 1)), np.array([answered]), np.array([12.0])).converged


@pytest.mark.parametrize("seed", range(10))
def test_columns_that_repeat_others_are_left_out(seed):
    rng = np.random.default_rng(seed)
    design, successes, trials = random_cells(rng, most=200.0)
    trials += 2  # answers of both kinds in every cell: no separation
    successes += 1
    base = fit_logistic(design, successes, trials)
    k = int(base.estimable.sum())
    repeated = np.column_stack([design, design[:, :1], design.sum(axis=1), 3 * design[:, -1] - design[:, 0]])
    more = fit_logistic(repeated, successes, trials)
    assert more.estimable.sum() == k
    assert not more.estimable[design.shape[1] :].any()
    assert (more.coefficients[~more.estimable] == 0).all()
    np.testing.assert_allclose(more.fitted, base.fitted, rtol=1e-10)
    # whichever columns are kept: the same with the columns the other way round
    turned = fit_logistic(repeated[:, ::-1], successes, trials)
    assert turned.estimable.sum() == k
    np.testing.assert_allclose(turned.fitted, base.fitted, rtol=1e-8)


@pytest.mark.parametrize("seed", range(10))
def test_splitting_and_shuffling_cells_changes_nothing(seed):
    rng = np.random.default_rng(seed)
    design, successes, trials = random_cells(rng, most=200.0)
    trials += 4
    successes += 2
    fit = fit_logistic(design, successes, trials)
    part = rng.integers(0, 3, trials.size)  # people of a cell who are counted apart
    some = np.minimum(part, successes)
    order = rng.permutation(2 * trials.size)
    halves = fit_logistic(
        np.vstack([design, design])[order],
        np.concatenate([some, successes - some])[order],
        np.concatenate([part.astype(float), trials - part])[order],
    )
    np.testing.assert_allclose(halves.coefficients, fit.coefficients, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(standard_errors(halves), standard_errors(fit), rtol=1e-8)


def test_many_times_the_people_give_the_same_estimate_with_smaller_errors():
    design = np.array([[1.0, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1]])
    successes, trials = np.array([10.0, 4, 9, 5]), np.array([40.0, 10, 12, 10])
    one = fit_logistic(design, successes, trials)
    many = fit_logistic(design, 1e6 * successes, 1e6 * trials)
    assert many.converged
    np.testing.assert_allclose(many.coefficients, one.coefficients, rtol=1e-9)
    np.testing.assert_allclose(standard_errors(many), standard_errors(one) / 1e3, rtol=1e-8)


@pytest.mark.slow
def test_true_coefficients_are_recovered():
    # Parameter recovery: standardised errors of 2,000 fits have the moments of a normal law.
    rng = np.random.default_rng(5)
    design = np.array([[1.0, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1]])
    truth, trials = np.array([-2.0, 0.7, 1.2]), np.array([900.0, 700, 500, 300])
    errors = []
    for _ in range(2_000):
        fit = fit_logistic(
            design, rng.binomial(trials.astype(int), expit(design @ truth)).astype(float), trials
        )
        errors.append((fit.coefficients - truth) / standard_errors(fit))
    assert np.abs(np.mean(errors, axis=0)).max() < 0.1
    assert np.abs(np.std(errors, axis=0) - 1).max() < 0.06
