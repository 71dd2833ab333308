"""Intervals for many shares at once, and the refusals of methods that are not valid for the data."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from credbenefits.counts.coding.groups import where_words
from credbenefits.errors import MethodError
from credbenefits.estimators.core.source import base_words
from credbenefits.numerics.proportion.design import design_interval
from credbenefits.numerics.proportion.interval import proportion_interval
from credbenefits.numerics.proportion.methods import METHODS
from credbenefits.numerics.proportion.multinomial import multinomial_intervals

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray
    from credbenefits.estimators.core.task import Task
    from credbenefits.estimators.core.variance import Shares


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits and standard errors: arrays of shape (shares, groups)."""

    std_error: FloatArray
    low: FloatArray
    high: FloatArray


def refuse_method(task: Task) -> None:
    """Refuse methods that do not take this variance, or not these questions."""
    method, can = task.method, METHODS[task.method]
    if can.from_tables:
        loose = [each.label for each in task.answers if not each.exclusive]
        if loose:
            raise MethodError(
                "method",
                allowed=f"{method!r} for questions of which everybody gave one answer (each_level=True)",
                received=f"{loose[0]!r}",
                fix="Use method='wilson', or ask for every level: Item('column', each_level=True).",
            )
    if can.from_replicates and not can.draws_units and task.design.has_any:
        raise MethodError(
            "method",
            allowed="'bootstrap', 'bootstrap_basic' or 'bootstrap_bca' with a design",
            received=f"{method!r}, whose errors within replicates know no strata",
            fix="Use method='bootstrap_bca'.",
        )
    if can.from_replicates and task.variance not in {"kish", "bootstrap"}:
        raise MethodError(
            "method",
            allowed="a bootstrap interval with variance='bootstrap'",
            received=f"{method!r} with variance={task.variance!r}",
            fix="Leave variance= out, or use method='wilson'.",
        )
    if task.variance == "kish" or can.from_replicates or can.from_variance:
        return
    able = [repr(each.name) for each in METHODS.values() if each.from_variance or each.from_replicates]
    raise MethodError(
        "method",
        allowed=f"one of {', '.join(able)} with variance={task.variance!r}",
        received=f"{method!r}",
        fix="It knows no design: use method='wilson' or 'korn_graubard'.",
    )


def refuse_edges(task: Task, shares: Shares) -> None:
    """Refuse methods that have no interval where nobody or everybody said yes."""
    method, can = task.method, METHODS[task.method]
    able = can.edge if task.variance == "kish" else can.edge_from_variance
    if able or not shares.edge.any():
        return
    k, g = (int(i) for i in np.argwhere(shares.edge)[0])
    where = where_words(task.source.by, task.groups.labels[g])
    raise MethodError(
        "method",
        allowed="'wilson' where nobody or everybody says yes",
        received=f"{method!r} for {task.answers[k].column!r}, where {int(shares.count[k, g])} of "
        f"{int(shares.nobs[k, g]):,} {base_words(task.source, where)} do",
        fix="That interval would have no width, or none at all: use method='wilson'.",
    )


def limits(task: Task, shares: Shares) -> Limits:
    """Make the intervals that follow from shares, effective sizes and degrees of freedom."""
    std_error, level = np.sqrt(shares.variance), task.level
    if task.variance != "kish":
        low, high = design_interval(
            shares.share,
            shares.variance,
            shares.nobs,
            shares.df,
            n_kish=shares.n_kish,
            units=shares.units,
            correction=shares.correction,
            method=task.method,  # type: ignore[arg-type]
            confidence_level=level,
        )
        return Limits(std_error, low, high)
    base = np.nan_to_num(shares.n_kish)  # a group without answers: 0 of 0, which has no limits
    if not task.source.weighted:
        yes = shares.count.astype(np.float64)  # a share times its base need not be whole in floats
    else:
        yes = np.minimum(np.nan_to_num(shares.share) * base, base)
    can = METHODS[task.method]
    if can.from_tables:
        return _simultaneous(task, std_error, yes)
    name = can.without_design or can.name
    low, high = proportion_interval(yes, base, method=name, confidence_level=level)  # type: ignore[arg-type]
    return Limits(std_error, low, high)


def _simultaneous(task: Task, std_error: FloatArray, yes: FloatArray) -> Limits:
    """Make intervals that hold together for all answers to a question, group by group."""
    low, high = np.empty_like(yes), np.empty_like(yes)
    start = 0
    for _, same in groupby(task.answers, key=lambda each: each.column):
        stop = start + len(list(same))
        if stop - start < 2:
            raise MethodError(
                "method",
                allowed=f"{task.method!r} for questions with at least two answers",
                received=f"{task.answers[start].column!r}, of which there is one",
                fix="Use method='wilson'.",
            )
        made = multinomial_intervals(
            yes[start:stop].T,
            method=task.method,  # type: ignore[arg-type]
            confidence_level=task.level,
        )
        low[start:stop], high[start:stop] = made.low.T, made.high.T
        lost = np.isnan(low[start:stop]).any(axis=0) & (yes[start:stop].sum(axis=0) > 0)
        if lost.any():
            where = where_words(task.source.by, task.groups.labels[int(np.flatnonzero(lost)[0])])
            raise MethodError(
                "method",
                allowed="'goodman' where (nearly) all give one answer",
                received=f"{task.method!r} for {task.answers[start].column!r} of the "
                f"{base_words(task.source, where)}",
                fix="It has no limits there: use method='goodman'.",
            )
        start = stop
    return Limits(std_error, low, high)
