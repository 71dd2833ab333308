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
