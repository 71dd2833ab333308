"""Intervals for many proportions at once."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from credbenefits.estimators.core.refusals import refuse_lost_together, refuse_one_answer
from credbenefits.numerics.proportion.design import design_interval
from credbenefits.numerics.proportion.interval import proportion_interval
from credbenefits.numerics.proportion.methods import METHODS
from credbenefits.numerics.proportion.multinomial import multinomial_intervals

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray
    from credbenefits.estimators.core.task import Task
    from credbenefits.estimators.core.variance import Estimates


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits and standard errors: arrays of shape (proportions, groups)."""

    std_error: FloatArray
    low: FloatArray
    high: FloatArray


def limits(task: Task, estimates: Estimates) -> Limits:
    """Make the intervals that follow from proportions, effective sizes and degrees of freedom."""
    std_error, level = np.sqrt(estimates.variance), task.level
    if task.variance != "kish":
        low, high = design_interval(
            estimates.proportion,
            estimates.variance,
            estimates.nobs,
            estimates.df,
            n_kish=estimates.n_kish,
            units=estimates.units,
            correction=estimates.correction,
            method=task.method,  # type: ignore[arg-type]
            confidence_level=level,
        )
        return Limits(std_error, low, high)
    base = np.nan_to_num(estimates.n_kish)  # a group without answers: 0 of 0, which has no limits
    if not task.source.weighted:
        yes = estimates.count.astype(np.float64)  # a proportion times its base need not be whole in floats
    else:
        yes = np.minimum(np.nan_to_num(estimates.proportion) * base, base)
    can = METHODS[task.method]
    if can.from_tables:
        return _simultaneous(task, std_error, yes)
    name = can.without_design or can.name
    low, high = proportion_interval(yes, base, method=name, confidence_level=level)  # type: ignore[call-overload]
    return Limits(std_error, low, high)


def _simultaneous(task: Task, std_error: FloatArray, yes: FloatArray) -> Limits:
    """Make intervals that hold together for all answers to a question, group by group."""
    low, high = np.empty_like(yes), np.empty_like(yes)
    start = 0
    for _, same in groupby(task.answers, key=lambda each: each.column):
        stop = start + len(list(same))
        if stop - start < 2:
            refuse_one_answer(task.method, task.answers[start].column)
        made = multinomial_intervals(
            yes[start:stop].T,
            method=task.method,  # type: ignore[arg-type]
            confidence_level=task.level,
        )
        low[start:stop], high[start:stop] = made.low.T, made.high.T
        lost = np.isnan(low[start:stop]).any(axis=0) & (yes[start:stop].sum(axis=0) > 0)
        if lost.any():
            refuse_lost_together(task, task.answers[start].column, int(np.flatnonzero(lost)[0]))
        start = stop
    return Limits(std_error, low, high)
