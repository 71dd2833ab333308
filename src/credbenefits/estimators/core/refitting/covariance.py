"""Covariances of proportions that know that the weights were estimated."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from credbenefits.estimators.core.refitting.drawing import added_by_unit
from credbenefits.estimators.core.refitting.influence import influences
from credbenefits.estimators.core.refitting.left_out import left_out_values
from credbenefits.numerics.design.scores import covariance_clusters, without_rounding
from credbenefits.numerics.design.two_stages import Stages, covariance_two_stages
from credbenefits.numerics.design.variance import DesignVariance
from credbenefits.numerics.resampling.recipes import left_out_covariance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import BoolArray, FloatArray, IntArray
    from credbenefits.counts.coding.design import Design
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
    if task.design.has_any:
        units, df = units_and_df(task.design, counted.people)
        return DesignVariance(p, known, df, units, _correction(task, refit, answers, counted.people > 0))
    units = nobs.astype(np.int64)
    return DesignVariance(p, known, units - (units > 0), units, np.ones(p.shape))


def units_and_df(design: Design, people: FloatArray) -> tuple[IntArray, IntArray]:
    """Count units with somebody who answered, and take from them their strata; people (units, ...)."""
    present = people > 0
    if design.second is not None and not design.second.of_rows:
        present = _somebody(present, design.second.psu)
    if design.clusters is None:
        units = people.sum(axis=0).astype(np.int64)
        return units, units - present.sum(axis=0)
    units = present.sum(axis=0)
    return units, units - _somebody(present, design.stratum).sum(axis=0)


def _somebody(present: BoolArray, of: IntArray) -> BoolArray:
    """Tell of larger units whether somebody is there."""
    made = np.zeros((int(of.max()) + 1, *present.shape[1:]), dtype=bool)
    np.logical_or.at(made, of, present)
    return made


def _correction(task: Task, refit: Estimated, answers: Sequence[Answers], present: BoolArray) -> FloatArray:
    """Return what the finite population correction multiplies variances by; (proportions, rows)."""
    fraction = task.drawing.sampling_fraction
    shape = present.shape[1:]
    if fraction is None:
        return np.ones(shape)
    whole = replace(task.drawing, population=None, second=None)
    corrected, without = (
        np.einsum("kgg->kg", _covariances(task, refit, answers, design)) for design in (task.drawing, whole)
    )
    largest = np.full(shape, float((1.0 - fraction).max()))
    made: FloatArray = np.divide(corrected, without, out=largest, where=without > 0)
    return made


def covariances(task: Task, refit: Estimated, answers: Sequence[Answers]) -> FloatArray:
    r"""Return the covariances of the table's rows, for each proportion: (proportions, rows, rows).

    Notes
    -----
    Linearized they are :math:`N / (N - 1) \sum_i I_i I_i'` over all N people whom the weights were made of,
    with :math:`I_i` how the proportions change with the copies of person i: the factor is that of any sample
    of N people. Influences add up to 0, as a file in which everybody is twice has the same proportions. Under
    a design they are added up by unit, and the variance is that of the units' totals.
    """
    key = tuple(id(each) for each in answers)
    if key not in refit.covariances:
        refit.covariances[key] = _covariances(task, refit, answers, task.drawing)
    return refit.covariances[key]


def _covariances(task: Task, refit: Estimated, answers: Sequence[Answers], design: Design) -> FloatArray:
    if task.variance == "jackknife":
        values, proportion, scale = left_out_values(task, refit, answers)
        each = zip(values.transpose(1, 0, 2), proportion, strict=True)
        return np.array([left_out_covariance(v, p, scale) for v, p in each])
    made = [of_influences(each, design) for each in influences(task, refit, answers)]
    return np.concatenate(made)


def of_influences(influence: FloatArray, design: Design) -> FloatArray:
    """Return the covariances of estimates from what each person adds: (..., estimates, people)."""
    if not design.has_any:
        n = influence.shape[-1]
        made: FloatArray = influence @ np.swapaxes(influence, -1, -2) * (n / (n - 1.0))
        return made
    by_unit = added_by_unit(influence, design)
    return np.array([_of_totals(each.T, design) for each in by_unit])


def _of_totals(totals: FloatArray, design: Design) -> FloatArray:
    """Return the covariance matrix of estimates from the totals of units: (units, estimates)."""
    fraction, rule, second = design.sampling_fraction, design.lonely_psu, design.second
    if second is not None:
        stages = Stages(design.stratum, second.drawn, second.sampling_fraction)
        psu = design.unit if second.of_rows else second.psu
        return covariance_two_stages(totals, stages, psu=psu, sampling_fraction=fraction, lonely_psu=rule)
    stratum = design.unit if design.clusters is None else design.stratum
    return covariance_clusters(totals, stratum, sampling_fraction=fraction, lonely_psu=rule)
