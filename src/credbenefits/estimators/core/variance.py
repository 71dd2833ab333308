"""Shares of all items and groups at once, with their variances: arrays of shape (shares, groups)."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from credbenefits import _progress
from credbenefits.counts.cells import weight_classes
from credbenefits.errors import MethodError
from credbenefits.frames.answers import MISSING_KINDS, NO
from credbenefits.numerics.design.two_stages import Stages, two_stages, two_stages_rows
from credbenefits.numerics.design.variance import DesignVariance, jackknife, taylor_clusters, taylor_rows
from credbenefits.numerics.proportion.design import effective_size
from credbenefits.numerics.wilson import kish

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import BoolArray, FloatArray, LonelyPsu
    from credbenefits.counts.cells import CellSums
    from credbenefits.estimators.core.groups import Groups
    from credbenefits.estimators.core.task import Task
    from credbenefits.frames.answers import Answers

#: Cells worked on at once, over all items: what stays in the processor's cache.
_MOST_CELLS = 32_768


@dataclass(frozen=True, slots=True)
class Shares:
    """Arrays of shape (shares, groups); `missing` has the kinds of no answer as its last axis.

    `count`, `nobs` and `missing` are people; so are `unanswered` (shares, kinds of no answer) and
    `answered` (shares,) over all groups. `variance` is NaN where nothing is known of it, and `df`
    where there is no design. `units` are primary sampling units with somebody who answered (people,
    where there are no clusters), and `correction` is what the finite population correction multiplies
    the variance by.
    """

    count: FloatArray
    nobs: FloatArray
    missing: FloatArray
    share: FloatArray
    n_kish: FloatArray
    variance: FloatArray
    df: FloatArray
    units: FloatArray
    correction: FloatArray
    unanswered: FloatArray
    answered: FloatArray

    @property
    def edge(self) -> BoolArray:
        """Where nobody or everybody said yes."""
        at: BoolArray = (self.nobs > 0) & ((self.count == 0) | (self.count == self.nobs))
        return at

    @property
    def n_effective(self) -> FloatArray:
        """People of a simple random sample that would tell as much."""
        size = effective_size(
            self.share, self.variance, self.nobs, self.n_kish, units=self.units, correction=self.correction
        )
        return np.where(np.isnan(self.df), self.n_kish, size)


def with_stated_deff(shares: Shares, deff: float | None) -> Shares:
    """Count people over the stated design effect where nobody or everybody said yes, instead of units."""
    if deff is None:
        return shares
    return replace(shares, units=np.where(shares.edge, shares.n_kish / deff, shares.units))


class _Rules(TypedDict):
    """What the design says beside the sums."""

    sampling_fraction: FloatArray | None
    lonely_psu: LonelyPsu


@dataclass(frozen=True, slots=True)
class Counted:
    """Sums of the answers to some items: arrays of shape (units, shares, groups)."""

    people: FloatArray
    weight_yes: FloatArray
    weight: FloatArray
    weight_squared_yes: FloatArray
    weight_squared: FloatArray


def estimate(task: Task) -> Shares:
    """Estimate the shares with the variance that follows from the weights and the design.

    Replicates, if any, replace that variance later; the design's degrees of freedom stay.
    """
    how, design = task.variance, task.design.counted
    of_design = how in {"linearized", "jackknife"} or (how == "bootstrap" and design.has_any)
    units = design.n_units if of_design else 1
    step = max(1, _MOST_CELLS // (units * len(task.source.group_labels)))
    count = task.source.counting(design if units > 1 else None)
    # Sums per unit need no squares of weights; where these are needed after all, they are few.
    of_rows = design.clusters is None or (design.second is not None and design.second.of_rows)
    powers = 1 if of_design and not of_rows else 2
    parts = []
    with _progress.showing("counting", _progress.silent if task.resample.progress else None) as tell:
        for start in range(0, len(task.answers), step):
            some = task.answers[start : start + step]
            sums = [count(each, powers) for each in some]
            counted = _counted(sums, units, task.groups, powers=powers)
            made = _variance(task, some, counted) if of_design else None
            parts.append(_shares(task, some, sums, counted=counted, made=made))
            tell(start + len(some), len(task.answers))
    if len(parts) == 1:
        return parts[0]
    return Shares(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Shares)))


def _counted(sums: Sequence[CellSums], units: int, groups: Groups, *, powers: int) -> Counted:
    def stack(name: str) -> FloatArray:
        cells = [getattr(s, name).reshape(units, -1) for s in sums]
        return groups.sums(np.stack(cells, axis=1))

    none = np.zeros((units, 1, 1))
    return Counted(
        people=stack("nobs"),
        weight_yes=stack("weight_yes"),
        weight=stack("weight"),
        weight_squared_yes=stack("weight_squared_yes") if powers > 1 else none,
        weight_squared=stack("weight_squared") if powers > 1 else none,
    )


def _shares(
    task: Task,
    answers: Sequence[Answers],
    sums: Sequence[CellSums],
    *,
    counted: Counted,
    made: DesignVariance | None,
) -> Shares:
    units, groups = len(counted.people), task.groups

    count = groups.sums(np.array([s.count.reshape(units, -1).sum(axis=0) for s in sums]))
    nobs, weight = counted.people.sum(axis=0), counted.weight.sum(axis=0)
    missing = _missing(sums, units)
    share = np.divide(
        counted.weight_yes.sum(axis=0), weight, out=np.full(weight.shape, np.nan), where=weight > 0
    )
    squares = np.zeros(weight.shape) + counted.weight_squared.sum(axis=0)
    edges = (
        ((count == 0) | (count == nobs)).any(axis=1) if made is not None else np.zeros(len(sums), dtype=bool)
    )
    for k in np.flatnonzero(edges & ~squares.any(axis=1)):  # only there is Kish's size of any use
        squares[k] = groups.sums(task.source.counting()(answers[int(k)], 2).weight_squared)
    # Equal weights give n but for the last digit, which must not lift it above n.
    n_kish = np.minimum(kish(weight, squares), nobs)
    return Shares(
        count=count,
        nobs=nobs,
        missing=groups.sums(missing.swapaxes(1, 2)).swapaxes(1, 2),
        share=np.clip(share, 0.0, 1.0),
        n_kish=n_kish,
        variance=share * (1.0 - share) / n_kish if made is None else made.variance,
        df=np.full(share.shape, np.nan) if made is None else made.df.astype(np.float64),
        units=nobs if made is None else made.units.astype(np.float64),
        correction=np.ones(share.shape) if made is None else made.correction,
        unanswered=missing.sum(axis=1),
        answered=np.array([s.nobs.sum() for s in sums]),
    )


def _missing(sums: Sequence[CellSums], units: int) -> FloatArray:
    """Add the units up: people of each group by kind of no answer."""
    missing = np.zeros((len(sums), len(sums[0].people) // units, len(MISSING_KINDS)))
    for k, some in enumerate(sums):
        if some.anybody_missing:
            missing[k] = some.missing.reshape(units, -1, len(MISSING_KINDS)).sum(axis=0)
    return missing


def _variance(task: Task, answers: Sequence[Answers], counted: Counted) -> DesignVariance:
    """Return the variance under the design; where a unit is alone in its stratum, say what may be done."""
    try:
        return _of_design(task, answers, counted)
    except MethodError as error:
        if error.argument != "lonely_psu":
            raise
        raise MethodError(
            "design.lonely_psu",
            allowed=error.allowed,
            received=f"{error.received}",
            fix="One unit says nothing of how units vary. Join what it stands alone in with something alike, "
            "or use SurveyDesign(lonely_psu='adjust'), which errs on the side of caution.",
        ) from None


def _of_design(task: Task, answers: Sequence[Answers], counted: Counted) -> DesignVariance:
    design = task.design
    rules = _Rules(sampling_fraction=design.sampling_fraction, lonely_psu=design.lonely_psu)
    second = design.second
    if second is not None:
        sums = (counted.weight_yes, counted.weight, counted.people)
        stages = Stages(design.stratum, second.drawn, second.sampling_fraction)
        if second.of_rows:
            return two_stages_rows(
                *sums,
                stages,
                weight_squared_yes=counted.weight_squared_yes,
                weight_squared=counted.weight_squared,
                **rules,
            )
        return two_stages(*sums, stages, psu=second.psu, **rules)
    if design.clusters is not None:
        method = jackknife if task.variance == "jackknife" else taylor_clusters
        return method(counted.weight_yes, counted.weight, counted.people, design.stratum, **rules)
    if task.variance != "jackknife":
        return taylor_rows(
            counted.weight_yes,
            counted.weight,
            counted.people,
            design.drawn,
            weight_squared_yes=counted.weight_squared_yes,
            weight_squared=counted.weight_squared,
            **rules,
        )
    made = [_jackknife_of_rows(task, each, rules) for each in answers]
    return DesignVariance(*(np.stack([getattr(m, f.name) for m in made]) for f in fields(DesignVariance)))


def _jackknife_of_rows(task: Task, answers: Answers, rules: _Rules) -> DesignVariance:
    """Leave out one person at a time; people alike in stratum, group, answer and weight are one case."""
    prepared, design = task.prepared, task.design
    n_groups = len(prepared.group_labels)
    rows = np.flatnonzero(prepared.taking_part & (answers.status >= NO))
    w = np.ones(rows.size) if prepared.weight is None else prepared.weight[rows]
    cell = design.unit[rows] * n_groups + prepared.group[rows]
    unit, yes, first, people = weight_classes(answers.status[rows], w, cell)
    stratum, group = np.divmod(unit, n_groups)
    # Everybody else of a stratum is out of the domain, and left out in turn too.
    others = design.drawn - np.bincount(stratum, weights=people, minlength=design.drawn.size)
    none = np.zeros(others.size)
    classes = np.zeros((unit.size + others.size, n_groups))
    classes[np.arange(unit.size), group] = 1.0
    times = np.append(people, others)
    some = times > 0
    in_domain = task.groups.sums(classes)[some]
    weight = np.append(w[first], none)[some, None] * in_domain
    of_stratum = np.append(stratum, np.arange(others.size))[some]
    weight_yes = weight * np.append(yes, none)[some, None]
    return jackknife(weight_yes, weight, in_domain, of_stratum, times=times[some], **rules)
