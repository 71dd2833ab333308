"""Logistic regression on cells by Newton's method: maximum likelihood, no penalty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import qr
from scipy.special import expit

from credbenefits._progress import parts, silent

if TYPE_CHECKING:
    from credbenefits._typing import BoolArray, FloatArray, Progress

#: Beyond this a fitted probability is 0 or 1 to nine digits: the estimate is running away.
_RUNAWAY = 20.0
#: Cells whose columns are looked at together.
_BLOCK = 1 << 14
#: Numbers that a block of replicates holds at once.
_MANY = 1 << 22
#: Smallest eigenvalue of a correlation matrix of columns that can be told apart.
_SINGULAR = 1e-9


@dataclass(frozen=True, slots=True)
class LogisticFit:
    """Coefficients (0 for columns that repeat others), their covariance, and the fitted values.

    `converged` is False when no finite solution was found; `fitted` then has no meaning.
    """

    coefficients: FloatArray
    covariance: FloatArray
    fitted: FloatArray
    estimable: BoolArray
    converged: bool
    n_iterations: int


def fit_logistic(
    design: FloatArray,
    successes: FloatArray,
    trials: FloatArray,
    *,
    max_iterations: int = 50,
    tell: Progress = silent,
) -> LogisticFit:
    """Fit P(success) = expit(design @ b) to cells with `successes` of `trials`.

    Newton's method with step halving; ends when the gain in log-likelihood that the next step
    promises is below 1e-12. That is an absolute size, so that in a large study the little that
    a few people on their way to infinity still gain is not taken for convergence. Columns that
    are sums of earlier ones are left out.

    Source: McCullagh & Nelder (1989), Generalized Linear Models, section 4.4.
    """
    looking, climbing = parts(tell, 50, 50)
    keep = _independent_columns(design, trials, looking)
    x = design[:, keep]
    b = np.zeros(x.shape[1])
    loglik = _loglik(x @ b, successes, trials)
    converged = False
    step_count = 0
    while step_count < max_iterations and not converged:
        step_count += 1
        p = expit(x @ b)
        score = x.T @ (successes - trials * p)
        information = (x.T * (trials * p * (1.0 - p))) @ x
        try:
            step: FloatArray = np.asarray(np.linalg.solve(information, score), dtype=np.float64)
        except np.linalg.LinAlgError:
            break
        converged = float(score @ step) < 1e-12
        b, loglik = _climb(x, b, step, loglik, cells=(successes, trials))
        if np.abs(x @ b).max(initial=0.0) > _RUNAWAY:
            converged = False
            break
        climbing(step_count, step_count + 3)  # nobody knows how many are to come
    climbing(1, 1)
    return _finished(x, b, keep, trials=trials, converged=converged, n_iterations=step_count)


def fit_logistic_many(
    design: FloatArray, successes: FloatArray, trials: FloatArray, *, max_iterations: int = 50
) -> tuple[FloatArray, BoolArray]:
    """Fit the same model to the cells of many replicates at once.

    Each replicate takes the steps that :func:`fit_logistic` takes.

    Parameters
    ----------
    design : array, shape (cells, columns)
        One for all replicates.
    successes, trials : array, shape (replicates, cells)
        Sums of weights in each cell.

    Returns
    -------
    tuple of array
        The fitted probabilities, of the shape (replicates, cells), and which replicates have a solution. Has
        one none, because it is infinite or because its cells leave columns that cannot be told apart, its
        probabilities mean nothing.
    """
    x = design[:, _independent_columns(design, trials.sum(axis=0), silent)]
    at_once = max(1, _MANY // max(x.size, 1))
    fitted, solved = np.full(trials.shape, np.nan), np.zeros(len(trials), dtype=bool)
    for start in range(0, len(trials), at_once):
        some = slice(start, start + at_once)
        fitted[some], solved[some] = _fit_block(x, successes[some], trials[some], max_iterations)
    return fitted, solved


def _fit_block(
    x: FloatArray, successes: FloatArray, trials: FloatArray, max_iterations: int
) -> tuple[FloatArray, BoolArray]:
    b = np.zeros((len(trials), x.shape[1]))
    solved = np.zeros(len(trials), dtype=bool)
    running = np.flatnonzero(_full_rank(x, trials))
    loglik = _logliks(b[running] @ x.T, successes[running], trials[running])
    for _ in range(max_iterations):
        s, n = successes[running], trials[running]
        p = expit(b[running] @ x.T)
        score = (s - n * p) @ x
        step = _solved(_informations(x, n * p * (1.0 - p)), score)
        converged = (score * step).sum(axis=1) < 1e-12
        b[running], loglik = _climb_many(x, b[running], step, loglik, cells=(s, n))
        away = np.where(n > 0, np.abs(b[running] @ x.T), 0.0).max(axis=1) > _RUNAWAY
        solved[running] = converged & ~away
        going = ~converged & ~away & np.isfinite(step).all(axis=1)
        running, loglik = running[going], loglik[going]
        if not running.size:
            break
    return expit(b @ x.T), solved


def _informations(x: FloatArray, weight: FloatArray) -> FloatArray:
    """Return the information of each replicate: (replicates, columns, columns)."""
    result: FloatArray = np.matmul(x.T * weight[:, None, :], x)
    return result


def _full_rank(x: FloatArray, trials: FloatArray) -> BoolArray:
    """Tell whose cells tell all columns apart."""
    information = _informations(x, trials)
    diagonal = np.diagonal(information, axis1=1, axis2=2)
    result: BoolArray = np.asarray((diagonal > 0).all(axis=1))
    scale = np.sqrt(diagonal[result])
    scaled = information[result] / (scale[:, :, None] * scale[:, None, :])
    result[result] = np.linalg.eigvalsh(scaled)[:, 0] > _SINGULAR
    return result


def _solved(information: FloatArray, score: FloatArray) -> FloatArray:
    """Solve for the Newton step of each replicate; NaN where there is none."""
    try:
        return np.asarray(np.linalg.solve(information, score[:, :, None])[:, :, 0], dtype=np.float64)
    except np.linalg.LinAlgError:
        if len(score) == 1:
            return np.full(score.shape, np.nan)
    return np.concatenate([_solved(information[i : i + 1], score[i : i + 1]) for i in range(len(score))])


def _climb_many(
    x: FloatArray,
    b: FloatArray,
    step: FloatArray,
    loglik: FloatArray,
    *,
    cells: tuple[FloatArray, FloatArray],
) -> tuple[FloatArray, FloatArray]:
    """Take each replicate's Newton step, halved until its likelihood does not fall."""
    b, loglik, size = b.copy(), loglik.copy(), 1.0
    left = np.arange(len(b))
    while size > 1e-6 and left.size:
        trial = b[left] + size * step[left]
        value = _logliks(trial @ x.T, cells[0][left], cells[1][left])
        good = value >= loglik[left] - 1e-12 * np.abs(loglik[left])
        b[left[good]], loglik[left[good]] = trial[good], value[good]
        left, size = left[~good], size / 2.0
    return b, loglik


def _logliks(eta: FloatArray, successes: FloatArray, trials: FloatArray) -> FloatArray:
    of_cells = successes * np.logaddexp(0.0, -eta) + (trials - successes) * np.logaddexp(0.0, eta)
    return -np.asarray(of_cells.sum(axis=1))


def _climb(
    x: FloatArray, b: FloatArray, step: FloatArray, loglik: float, *, cells: tuple[FloatArray, FloatArray]
) -> tuple[FloatArray, float]:
    """Take the Newton step, halved until the likelihood does not fall."""
    size = 1.0
    while size > 1e-6:
        trial = b + size * step
        value = _loglik(x @ trial, *cells)
        if value >= loglik - 1e-12 * abs(loglik):
            return trial, value
        size /= 2.0
    return b, loglik


def _loglik(eta: FloatArray, successes: FloatArray, trials: FloatArray) -> float:
    # All terms have one sign: the difference of two sums would lose the digits that judge the last steps.
    return -float(successes @ np.logaddexp(0.0, -eta) + (trials - successes) @ np.logaddexp(0.0, eta))


def _independent_columns(design: FloatArray, trials: FloatArray, tell: Progress) -> BoolArray:
    """Mark columns to keep: a later column that is a sum of earlier ones among real cells is left out."""
    # R has the columns' inner products in k x k numbers, so the search below does not touch the rows.
    r: FloatArray = np.zeros((0, design.shape[1]))
    for start in range(0, len(design), _BLOCK):
        block = slice(start, start + _BLOCK)
        x = np.vstack([r, design[block][trials[block] > 0]])
        if x.size:
            r = np.asarray(qr(x, mode="r")[0][: design.shape[1]], dtype=np.float64)
        tell(min(start + _BLOCK, len(design)), len(design))
    keep = np.zeros(design.shape[1], dtype=bool)
    return _new_directions(r, keep) if r.size else keep


def _new_directions(r: FloatArray, keep: BoolArray) -> BoolArray:
    scale = np.sqrt((r**2).sum(axis=0)).max(initial=0.0)
    basis: list[FloatArray] = []
    for j in range(r.shape[1]):
        rest = r[:, j].copy()
        for q in basis:
            rest -= (q @ rest) * q
        for q in basis:  # once more: one pass loses digits when columns are nearly parallel
            rest -= (q @ rest) * q
        length = float(np.linalg.norm(rest))
        if length > 1e-9 * max(scale, 1.0):
            basis.append(rest / length)
            keep[j] = True
    return keep


def _finished(
    x: FloatArray, b: FloatArray, keep: BoolArray, *, trials: FloatArray, converged: bool, n_iterations: int
) -> LogisticFit:
    fitted = expit(x @ b)
    coefficients = np.zeros(keep.size)
    coefficients[keep] = b
    covariance = np.zeros((keep.size, keep.size))
    if converged:
        information = (x.T * (trials * fitted * (1.0 - fitted))) @ x
        covariance[np.ix_(keep, keep)] = np.linalg.inv(information)
    return LogisticFit(coefficients, covariance, fitted, keep, converged, n_iterations)
