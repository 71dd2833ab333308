"""The numbers of pairs that doubtful links made: corrected for those that join two different people."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits.estimators.core.intervals import limits
from credbenefits.estimators.core.pairing.numbers import Numbers, newcombe_of_design
from credbenefits.estimators.core.variance import rules_of
from credbenefits.numerics.design.scores import layout_of, squares_left, strata_of
from credbenefits.numerics.interval import Interval
from credbenefits.numerics.pairs.linkage_error import (
    Corrected,
    LinkedCells,
    corrected,
    corrected_wilson,
    moved,
)
from credbenefits.numerics.pairs.paired import paired_interval

if TYPE_CHECKING:
    from credbenefits._typing import BoolArray, FloatArray, IntArray
    from credbenefits.counts.by_codes import Sums
    from credbenefits.counts.coding.design import Design
    from credbenefits.estimators.core.pairing.plan import Plan
    from credbenefits.estimators.core.task import Task
    from credbenefits.estimators.core.variance import Estimates
    from credbenefits.numerics.pairs.linkage_error import Spread


class SecondWave(NamedTuple):
    """Everybody's answers in the second wave: of linked people by unit (units, levels), and of the others."""

    linked: FloatArray
    others: FloatArray


def corrected_numbers(
    task: Task, plan: Plan, estimates: Estimates, *, sums: Sums, second: SecondWave
) -> Numbers:
    """Correct all numbers, given those of the pairs as they are."""
    size = plan.bases.shape[1]
    made = []
    for g in range(sums.people.shape[1]):
        cells = cells_of(sums, g, size, second)
        there: BoolArray = plan.bases @ cells.people.sum(axis=(0, 2)) > 0
        made.append(_corrected(task, plan, cells, there))
    result = Corrected(*(np.stack(each, axis=1) for each in zip(*made, strict=True)))
    n = plan.n_shares
    low, high = (
        _limits_of_size(task, plan, result, sums)
        if task.variance == "kish"
        else _limits_of_design(task, plan, estimates, result)
    )
    moves = np.concatenate([estimates.count[:n], _net(plan, estimates.count)])
    kept = np.concatenate([np.arange(n), np.arange(len(estimates.df))[plan.first_wave]])
    df, kinds = estimates.df[kept], estimates.missing[kept]
    unknown = df <= 0
    certain = result.n_effective * result.rate**2  # as many certain pairs would be as precise
    return Numbers(
        result.estimate,
        np.where(unknown, np.nan, result.std_error),
        low,
        high,
        moves,
        result.nobs,
        result.observed,
        np.where(unknown, np.nan, certain),
        df,
        kinds,
    )


def cells_of(sums: Sums, group: int, size: int, second: SecondWave) -> LinkedCells:
    """Return the pairs of a group by unit and both answers, whether anybody gave them or not."""
    both = (sums.cells >= 0).all(axis=1)
    one, two = sums.cells[both].T

    def of(array: FloatArray | IntArray) -> FloatArray:
        made = np.zeros((len(array), size, size))
        made[:, one, two] = array[:, group][:, both]
        return made

    parts: list[FloatArray | IntArray] = [sums.people, sums.weight, sums.weight2]
    parts += [sums.extra[name] for name in ("wd", "w2d", "w2d2")]
    people, weight, weight2, wd, w2d, w2d2 = map(of, parts)
    return LinkedCells(people, weight, weight2, wd, w2d, w2d2, second.linked, second.others)


def _corrected(task: Task, plan: Plan, cells: LinkedCells, there: BoolArray) -> Corrected:
    """Correct the numbers of a group; NaN where it has nobody in the base."""
    made = corrected(cells, plan.scores[there], plan.bases[there], _spread(task))
    columns = []
    for name, column in made._asdict().items():
        whole = np.full(there.size, 0.0 if name in {"nobs", "n_effective"} else np.nan)
        whole[there] = column
        columns.append(whole)
    return Corrected(*columns)


def _net(plan: Plan, count: FloatArray) -> FloatArray:
    made: FloatArray = count[plan.second_wave] - count[plan.first_wave]
    return made


# ---- the variance --------------------------------------------------------------------------------------


def _spread(task: Task) -> Spread | None:
    """Return what makes a variance of the parts of units; None where people are drawn one by one."""
    if task.variance == "kish":
        return None
    return partial(_of_clusters if task.design.clusters is not None else _of_rows, design=task.design)


def _of_clusters(totals: FloatArray, squares: FloatArray, *, design: Design) -> FloatArray:
    """Variance of sums from the totals of clusters."""
    del squares
    rules = rules_of(design)
    layout = layout_of(design.stratum, rules["sampling_fraction"], rules["lonely_psu"])
    made: FloatArray = layout.weights() @ layout.deviations(totals) ** 2
    return made


def _of_rows(totals: FloatArray, squares: FloatArray, *, design: Design) -> FloatArray:
    """Variance of sums of people who were drawn one by one in strata, or without any."""
    rules, drawn = rules_of(design), design.drawn.astype(np.float64)
    strata = strata_of(drawn, rules["sampling_fraction"], rules["lonely_psu"])
    made: FloatArray = (strata.factor * strata.left) @ squares_left(squares, totals, drawn)
    return made


# ---- intervals -----------------------------------------------------------------------------------------


def _limits_of_size(task: Task, plan: Plan, result: Corrected, sums: Sums) -> tuple[FloatArray, FloatArray]:
    """Wilson's and Newcombe's limits on effective sizes, corrected as the estimates were."""
    n = plan.n_shares
    shares, changes = (Corrected(*(part[at] for part in result)) for at in (slice(n), slice(n, None)))
    made = corrected_wilson(shares, task.level), _newcombe(task, plan, changes, sums)
    low, high = (np.concatenate(pair) for pair in zip(*made, strict=True))
    return low, high


def _newcombe(task: Task, plan: Plan, result: Corrected, sums: Sums) -> Interval:
    """Newcombe's interval of second less first, on effective counts, corrected as the change was."""
    people, (one, two) = sums.people.sum(axis=0), sums.cells.T
    known = (sums.cells >= 0).all(axis=1)
    counts = []
    for level in range(plan.n_net):
        first, second = one == level, two == level
        parts = (first & second, first & ~second, ~first & second, ~first & ~second)
        counts.append([people[:, part & known].sum(axis=1) for part in parts])
    scale = np.divide(result.n_effective, result.nobs, out=np.zeros(result.nobs.shape), where=result.nobs > 0)
    table = (np.array([row[k] for row in counts]) * scale for k in range(4))
    return moved(paired_interval(*table, confidence_level=task.level), result, least=-1.0)


def _limits_of_design(
    task: Task, plan: Plan, estimates: Estimates, result: Corrected
) -> tuple[FloatArray, FloatArray]:
    """Limits of the pairs as they are, from the corrected numbers' variance, and then corrected."""
    n = plan.n_shares
    # The variance of what was observed that would make the corrected one; 0 where all pairs are alike.
    seen = np.nan_to_num(result.std_error * result.rate) ** 2
    seen[np.isnan(result.observed)] = np.nan
    hidden = estimates.variance[n:]
    e = replace(estimates, variance=np.concatenate([seen[:n], hidden]))
    shares = limits(task, e)
    low, high = newcombe_of_design(plan, e, seen[n:], task.level)
    parts = [Corrected(*(part[at] for part in result)) for at in (slice(n), slice(n, None))]
    made = (
        moved(Interval(shares.low[:n], shares.high[:n]), parts[0], least=0.0),
        moved(Interval(low, high), parts[1], least=-1.0),
    )
    low, high = (np.concatenate(pair) for pair in zip(*made, strict=True))
    return low, high
