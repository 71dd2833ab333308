"""Covariances of proportions that know that the weights were estimated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from credbenefits.estimators.core.refitting.influence import influences
from credbenefits.estimators.core.refitting.left_out import left_out_values
from credbenefits.numerics.design.scores import without_rounding
from credbenefits.numerics.design.variance import DesignVariance
from credbenefits.numerics.resampling.recipes import left_out_covariance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import FloatArray
    from credbenefits.counts.coding.weights import Estimated
    from credbenefits.counts.share_sums import ShareSums
    from credbenefits.estimators.core.task import Task
    from credbenefits.frames.answers import Answers


def variance(task: Task, refit: Estimated, answers: Sequence[Answers], counted: ShareSums) -> DesignVariance:
    """Return the variances of proportions, of the shape (proportions, rows of the table).

    Units and degrees of freedom are those of the people who answered: everybody counts in the variance,
    but only of these is it known how they vary.
    """
    made = np.einsum("kgg->kg", covariances(task, refit, answers))
    nobs, weight = counted.nobs, counted.weight.sum(axis=0)
    p = np.divide(counted.weight_yes.sum(axis=0), weight, out=np.full(weight.shape, np.nan), where=weight > 0)
    known = np.where(nobs > 0, without_rounding(made, p * (1.0 - p)), np.nan)
    units = nobs.astype(np.int64)
    return DesignVariance(p, known, units - (units > 0), units, np.ones(p.shape))


def covariances(task: Task, refit: Estimated, answers: Sequence[Answers]) -> FloatArray:
    r"""Return the covariances of the table's rows, for each proportion: (proportions, rows, rows).

    Notes
    -----
    Linearized they are :math:`N / (N - 1) \sum_i I_i I_i'` over all N people whom the weights were made of,
    with :math:`I_i` how the proportions change with the copies of person i: the factor is that of any sample
    of N people. Influences add up to 0, as a file in which everybody is twice has the same proportions.
    """
    key = tuple(id(each) for each in answers)
    if key not in refit.covariances:
        refit.covariances[key] = _covariances(task, refit, answers)
    return refit.covariances[key]


def _covariances(task: Task, refit: Estimated, answers: Sequence[Answers]) -> FloatArray:
    if task.variance == "jackknife":
        values, proportion, scale = left_out_values(task, refit, answers)
        each = zip(values.transpose(1, 0, 2), proportion, strict=True)
        return np.array([left_out_covariance(v, p, scale) for v, p in each])
    made = [influence @ influence.transpose(0, 2, 1) for influence in influences(task, refit, answers)]
    n = refit.recipe.n_people
    return np.concatenate(made) * (n / (n - 1.0))
