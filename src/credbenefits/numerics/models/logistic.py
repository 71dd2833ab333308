"""Logistic regression on cells by Newton's method: maximum likelihood, or with a penalty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from credbenefits._progress import parts, silent
from credbenefits.numerics.models.designs import Design, as_design, independent_columns, kept

if TYPE_CHECKING:
    from credbenefits._typing import BoolArray, FloatArray, Progress

#: Beyond this a fitted probability is 0 or 1 to nine digits: the estimate is running away.
RUNAWAY = 20.0
#: What a step must promise to gain in log-likelihood, for people of mass 1.
_LEAST_GAIN = 1e-12


@dataclass(frozen=True, slots=True)
class LogisticFit:
    """Coefficients (0 for columns that repeat others) and the fitted values.

    `converged` is False when no finite solution was found; `fitted` then has no meaning. `information` is
    that of the columns that are `estimable`, with the penalty if there was one; `mass` is that of all cells.
    """

    coefficients: FloatArray
    information: FloatArray
    fitted: FloatArray
    estimable: BoolArray
    converged: bool
    n_iterations: int
    mass: float

    @property
    def covariance(self) -> FloatArray:
        """The inverse of the information; 0 for columns that repeat others, and without a solution."""
        covariance = np.zeros((self.estimable.size, self.estimable.size))
        if self.converged:
            covariance[np.ix_(self.estimable, self.estimable)] = np.linalg.inv(self.information)
        return covariance


def fit_logistic(
    design: FloatArray | Design,
    successes: FloatArray,
    trials: FloatArray,
    *,
    penalty: FloatArray | None = None,
    max_iterations: int = 50,
    tell: Progress = silent,
) -> LogisticFit:
    """Fit P(success) = expit(design @ b) to cells with `successes` of `trials`.

    Newton's method with step halving; ends when the gain in log-likelihood that the next step
    promises is below 1e-12, once masses are scaled so that the smallest cell has 1. That is no part of
    the whole, so that in a large study the little that a few people on their way to infinity still gain
    is not taken for convergence. Columns that are sums of earlier ones are left out.

    Parameters
    ----------
    design : array, shape (cells, columns), or Design
        The columns of the model.
    successes, trials : array, shape (cells,)
        Sums of weights in each cell. Their scale does not matter, but for that of the penalty.
    penalty : array, shape (columns, columns), optional
        The log-likelihood is lessened by b @ penalty @ b / 2, and no column is left out.

    Source: McCullagh & Nelder (1989), Generalized Linear Models, section 4.4.
    """
    looking, climbing = parts(tell, 10, 90)
    hill = _Hill(as_design(design), successes, trials, penalty)
    keep = np.ones(hill.design.shape[1], dtype=bool)
    if penalty is None:
        keep = independent_columns(hill.design, trials)
    looking(1, 1)
    b = np.where(keep, hill.design.start(successes, trials), 0.0)
    eta = hill.design.predictor(b)
    height, converged, step_count = hill.height(b, eta), False, 0
    while step_count < max_iterations and not converged:
        step_count += 1
        score, information = hill.slope(b, eta)
        step = np.zeros(keep.size)
        try:
            step[keep] = np.linalg.solve(kept(information, keep), score[keep])
        except np.linalg.LinAlgError:
            break
        converged = float(score @ step) < _LEAST_GAIN * hill.unit
        b, eta, height = hill.climb((b, eta, height), step)
        if np.abs(eta[trials > 0]).max(initial=0.0) > RUNAWAY:
            converged = False
            break
        climbing(step_count, step_count + 3)  # nobody knows how many are to come
    climbing(1, 1)
    information = kept(hill.slope(b, eta)[1], keep) if converged else np.zeros((0, 0))
    return LogisticFit(b, information, probability(eta), keep, converged, step_count, float(trials.sum()))


def probability(eta: FloatArray) -> FloatArray:
    """Return 1 / (1 + exp(-eta)): between two scalars of -700 and 700 it is exact and quick."""
    result: FloatArray = 1.0 / (1.0 + np.exp(-np.clip(eta, -700.0, 700.0)))
    return result


@dataclass(frozen=True, slots=True)
class _Hill:
    """The (penalised) log-likelihood of cells as a function of the coefficients."""

    design: Design
    successes: FloatArray
    trials: FloatArray
    penalty: FloatArray | None

    @property
    def unit(self) -> float:
        """The mass of the smallest cell that has any."""
        there = self.trials[self.trials > 0]
        return float(there.min()) if there.size else 1.0

    def height(self, b: FloatArray, eta: FloatArray) -> float:
        """Return the log-likelihood, less the penalty.

        All terms have one sign: the difference of two sums would lose the digits that judge the last steps.
        """
        failures = self.trials - self.successes
        low = np.log1p(np.exp(-np.abs(eta)))
        likely = -float(
            self.trials @ low + failures @ np.maximum(eta, 0.0) + self.successes @ np.maximum(-eta, 0.0)
        )
        return likely if self.penalty is None else likely - float(b @ self.penalty @ b) / 2.0

    def slope(self, b: FloatArray, eta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the score and the information."""
        p = probability(eta)
        score = self.design.sums(self.successes - self.trials * p)
        information = self.design.products(self.trials * p * (1.0 - p))
        if self.penalty is None:
            return score, information
        return score - self.penalty @ b, information + self.penalty

    def climb(
        self, here: tuple[FloatArray, FloatArray, float], step: FloatArray
    ) -> tuple[FloatArray, FloatArray, float]:
        """Take the Newton step, halved until the likelihood does not fall."""
        b, eta, height = here
        along, size = self.design.predictor(step), 1.0
        while size > 1e-6:
            there = b + size * step, eta + size * along
            value = self.height(*there)
            if value >= height - 1e-12 * abs(height):
                return *there, value
            size /= 2.0
        return here
