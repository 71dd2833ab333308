"""The same logistic regression for many replicates of the cells at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from credbenefits.numerics.models.designs import Design, as_design, kept
from credbenefits.numerics.models.logistic import RUNAWAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from credbenefits._typing import BoolArray, FloatArray, IntArray
    from credbenefits.numerics.models.logistic import LogisticFit

#: Cells, and numbers of replicates times cells, that are worked on at once, so that they stay in the cache.
_CELLS, _AT_ONCE = 1 << 11, 1 << 18
#: Numbers of a design that are kept as a matrix.
_MOST_KEPT = 1 << 22
#: What the last step promises to gain, as a part of the mass of a cell.
_LEAST_GAIN = 1e-24
#: Information on a column in a replicate, at least, as a part of what its mass lets expect.
_LEAST_RATIO = 0.05
#: No coefficient changes by more in a step.
_LONGEST = 2.0
_ROUNDING = float(np.finfo(np.float64).eps)


def fit_logistic_many(
    design: FloatArray | Design,
    successes: FloatArray,
    trials: FloatArray,
    *,
    near: LogisticFit,
    penalty: FloatArray | None = None,
    max_iterations: int = 40,
) -> tuple[FloatArray, BoolArray]:
    """Fit the same model to the cells of many replicates at once.

    A quasi-Newton method (BFGS) from a solution `near` by, with its information to begin with: two products
    with the design an iteration, whatever the number of columns.

    Parameters
    ----------
    design : array, shape (cells, columns), or Design
        One for all replicates.
    successes, trials : array, shape (replicates, cells)
        Sums of weights in each cell.
    near : LogisticFit
        Of the same design, with a solution: that of the people the replicates are made of.
    penalty : array, shape (columns, columns), optional
        As :func:`~credbenefits.numerics.models.logistic.fit_logistic` takes it.

    Returns
    -------
    tuple of array
        The coefficients, of the shape (replicates, columns), and which replicates have a solution. Has one
        none, or none that was found, its coefficients mean nothing.

    Source: Nocedal & Wright (2006), Numerical Optimization, section 6.1.
    """
    keep = near.estimable
    kept_penalty = None if penalty is None else kept(penalty, keep)
    climb = _Climb(as_design(design), successes, trials, keep, kept_penalty)
    b = np.repeat(near.coefficients[None, near.estimable], len(trials), axis=0)
    b, done = _bfgs(climb, b, climb.inverses(near), max_iterations)
    result = np.zeros((len(trials), keep.size))
    result[:, keep] = b
    # No predictor is further away than all coefficients together; where they are, look at each cell.
    doubtful = np.flatnonzero(done & (np.abs(b).sum(axis=1) > RUNAWAY))
    done[doubtful] = climb.furthest(b[doubtful], doubtful) < RUNAWAY
    return result, done


def _bfgs(
    climb: _Climb, b: FloatArray, inverse: FloatArray, max_iterations: int
) -> tuple[FloatArray, BoolArray]:
    """Climb from b until the next step promises nothing: the coefficients, and who got there."""
    done = np.zeros(len(b), dtype=bool)
    mass = climb.trials.sum(axis=1)
    unit = mass / max(climb.trials.shape[1], 1)
    # The rounding of the score is that of sums of the whole mass.
    least = unit * (_LEAST_GAIN + (4.0 * _ROUNDING * mass / np.where(unit > 0, unit, 1.0)) ** 2)
    running = np.flatnonzero(mass > 0)
    inverse, score = inverse[running], climb.scores(b[running], running)
    for _ in range(max_iterations):
        step = np.matmul(inverse, score[:, :, None])[:, :, 0]
        gain = (score * step).sum(axis=1)
        longest = np.abs(step).max(axis=1, initial=0.0)
        step *= np.minimum(1.0, _LONGEST / np.maximum(longest, _LONGEST))[:, None]
        b[running] += step
        arrived = gain <= least[running]
        done[running] = arrived
        going = ~arrived & np.isfinite(gain)
        running, inverse, step = running[going], inverse[going], step[going]
        if not running.size:
            break
        new = climb.scores(b[running], running)
        _update(inverse, step, score[going] - new)
        score = new
    return b, done


def _update(inverse: FloatArray, step: FloatArray, change: FloatArray) -> None:
    """Bring the inverse informations up to date (BFGS), where the score fell along the step."""
    along = (step * change).sum(axis=1)
    rho = np.divide(1.0, along, out=np.zeros(along.shape), where=along > 0)
    image = np.matmul(inverse, change[:, :, None])[:, :, 0]
    twice = (rho**2 * (change * image).sum(axis=1) + rho)[:, None] * step - 2.0 * rho[:, None] * image
    half = step[:, :, None] * (twice / 2.0)[:, None, :]
    inverse += half
    inverse += half.transpose(0, 2, 1)


@dataclass(frozen=True)
class _Climb:
    """The log-likelihoods of replicates of the same cells."""

    design: Design
    successes: FloatArray
    trials: FloatArray
    keep: BoolArray
    penalty: FloatArray | None

    @cached_property
    def _kept_blocks(self) -> list[tuple[slice, FloatArray]]:
        return list(self._made())

    @property
    def _blocks(self) -> Iterable[tuple[slice, FloatArray]]:
        """Some cells after others, with their columns: made anew each time where they are many numbers."""
        few = self.design.shape[0] * self.design.shape[1] <= _MOST_KEPT
        return self._kept_blocks if few else self._made()

    def _made(self) -> Iterator[tuple[slice, FloatArray]]:
        for start in range(0, self.trials.shape[1], _CELLS):
            some = slice(start, start + _CELLS)
            yield some, self.design.rows(some)[:, self.keep]

    @cached_property
    def _of_successes(self) -> FloatArray:
        """The sums of the columns over the successes of each replicate."""
        made = np.zeros((len(self.trials), int(self.keep.sum())))
        for some, x in self._blocks:
            made += self.successes[:, some] @ x
        return made

    def inverses(self, near: LogisticFit) -> FloatArray:
        """Return the inverse informations to begin with: that near by, for the people at each column here."""
        yes, mass = (
            np.sum([values[:, some] @ x**2 for some, x in self._blocks], axis=0)
            for values in (self.successes, self.trials)
        )
        here = yes * np.divide(mass - yes, mass, out=np.zeros(mass.shape), where=mass > 0)
        if self.penalty is not None:
            here = here + np.diagonal(self.penalty)
        ratio = here / np.diagonal(near.information)
        least = _LEAST_RATIO * self.trials.sum(axis=1) / near.mass
        scale = 1.0 / np.sqrt(np.maximum(ratio, np.where(least > 0, least, 1.0)[:, None]))
        result: FloatArray = np.linalg.inv(near.information) * scale[:, :, None] * scale[:, None, :]
        return result

    def scores(self, b: FloatArray, which: IntArray) -> FloatArray:
        """Return the score of each of some replicates."""
        result = self._of_successes[which]
        at_once = max(1, _AT_ONCE // min(_CELLS, self.trials.shape[1]))
        for some, x in self._blocks:
            for start in range(0, which.size, at_once):
                those = slice(start, start + at_once)
                work = self._work[: which[those].size * len(x)].reshape(-1, len(x))
                np.matmul(-b[those], x.T, out=work)
                with np.errstate(over="ignore"):  # against infinite odds the probability is 0
                    np.exp(work, out=work)
                work += 1.0
                mine = those if which.size == len(self.trials) else which[those]
                np.divide(self.trials[mine, some], work, out=work)
                result[those] -= work @ x
        return result if self.penalty is None else result - b @ self.penalty

    @cached_property
    def _work(self) -> FloatArray:
        """Memory to work in, which is taken once: asking for it anew costs as much as a product."""
        return np.empty(max(_AT_ONCE, min(_CELLS, self.trials.shape[1])))

    def furthest(self, b: FloatArray, which: IntArray) -> FloatArray:
        """Return the largest predictor, in size, of the cells that anybody is in, of some replicates each."""
        result: FloatArray = np.zeros(which.size)
        for some, x in self._blocks:
            size = np.where(self.trials[which, some] > 0, np.abs(b @ x.T), 0.0)
            result = np.maximum(result, size.max(axis=1))
        return result
