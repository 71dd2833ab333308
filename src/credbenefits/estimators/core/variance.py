"""Proportions of all items and groups at once, and their variances: arrays (proportions, groups)."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from credbenefits import _progress
from credbenefits.errors import MethodError
from credbenefits.estimators.core.refitting import covariance
from credbenefits.numerics.design.two_stages import Stages, two_stages, two_stages_rows
from credbenefits.numerics.design.variance import DesignVariance, jackknife, taylor_clusters, taylor_rows
from credbenefits.numerics.proportion.design import effective_size
from credbenefits.numerics.wilson import kish

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from credbenefits._typing import BoolArray, FloatArray, IntArray, LonelyPsu
    from credbenefits.counts.coding.design import Design
    from credbenefits.counts.rows import Cases
    from credbenefits.counts.share_sums import ShareSums
    from credbenefits.estimators.core.task import Task
    from credbenefits.frames.answers import Answers


@dataclass(frozen=True, slots=True)
class Estimates:
    """Arrays of shape (proportions, groups); `missing` has the kinds of no answer as its last axis.

    `count`, `nobs` and `missing` are people; so are `unanswered` (proportions, kinds of no answer) and
    `answered` (proportions,) over all groups. `variance` is NaN where nothing is known of it, and `df`
    where there is no design. `units` are primary sampling units with somebody who answered (people,
    where there are no clusters), and `correction` is what the finite population correction multiplies
    the variance by. `weight` is that of those who answered.
    """

    count: FloatArray
    nobs: FloatArray
    missing: FloatArray
    proportion: FloatArray
    n_kish: FloatArray
    variance: FloatArray
    df: FloatArray
    units: FloatArray
    correction: FloatArray
    unanswered: FloatArray
    answered: FloatArray
    weight: FloatArray

    @property
    def edge(self) -> BoolArray:
        """Where nobody or everybody said yes."""
        at: BoolArray = (self.nobs > 0) & ((self.count == 0) | (self.count == self.nobs))
        return at

    @property
    def n_effective(self) -> FloatArray:
        """People of a simple random sample that would tell as much."""
        size = effective_size(
            self.proportion,
            self.variance,
            self.nobs,
            self.n_kish,
            units=self.units,
            correction=self.correction,
        )
        return np.where(np.isnan(self.df), self.n_kish, size)


def rules_of(design: Design) -> Rules:
    """Return what the design says beside the sums."""
    return Rules(sampling_fraction=design.sampling_fraction, lonely_psu=design.lonely_psu)


def with_stated_deff(estimates: Estimates, deff: float | None) -> Estimates:
    """Count people over the stated design effect where nobody or everybody said yes, instead of units."""
    if deff is None:
        return estimates
    return replace(estimates, units=np.where(estimates.edge, estimates.n_kish / deff, estimates.units))


class Rules(TypedDict):
    """What the design says beside the sums."""

    sampling_fraction: FloatArray | None
    lonely_psu: LonelyPsu


def estimate(task: Task) -> Estimates:
    """Estimate the proportions with the variance that follows from the weights and the design.

    Replicates, if any, replace that variance later; the design's degrees of freedom stay.
    """
    made = []
    with _progress.showing("counting", _progress.silent if task.resample.progress else None) as tell:
        for part in counted_parts(task):
            made.append(estimates_of(task, part))
            tell(part.at.stop, len(task.answers))
    return joined(made)


def counted_parts(task: Task) -> Iterator[ShareSums]:
    """Add up what the variance needs, a few proportions at a time."""
    design, of_design = task.design.counted, _is_of_design(task)
    # Sums per unit need no squares of weights; where these are needed after all, they are few.
    of_rows = design.clusters is None or (design.second is not None and design.second.of_rows)
    return task.source.parts(
        task.answers,
        design if of_design and design.n_units > 1 else None,
        squares=of_rows or not of_design,
    )


def joined(made: Sequence[Estimates]) -> Estimates:
    """Put the estimates of all parts together."""
    if len(made) == 1:
        return made[0]
    return Estimates(*(np.concatenate([getattr(p, f.name) for p in made]) for f in fields(Estimates)))


def _is_of_design(task: Task) -> bool:
    """Tell whether the variance is found from the sums of the design's units."""
    how = task.variance
    return how in {"linearized", "jackknife"} or (how == "bootstrap" and task.design.has_any)


def estimates_of(task: Task, part: ShareSums) -> Estimates:
    """Estimate the proportions of a part."""
    sums = part.grouped(task.groups.sums)
    made = _variance(task, task.answers[part.at], sums) if _is_of_design(task) else None
    count, nobs, weight = sums.count, sums.nobs, sums.weight.sum(axis=0)
    proportion = np.divide(
        sums.weight_yes.sum(axis=0), weight, out=np.full(weight.shape, np.nan), where=weight > 0
    )
    squares = sums.weight2.sum(axis=0)
    if made is not None:
        edges = ((count == 0) | (count == nobs)).any(axis=1) & ~squares.any(axis=1)
        squares[edges] = _squares(task, part.at, edges)  # only there is Kish's size of any use
    # Equal weights give n but for the last digit, which must not lift it above n.
    n_kish = np.minimum(kish(weight, squares), nobs)
    return Estimates(
        count=count,
        nobs=nobs,
        missing=sums.missing,
        proportion=np.clip(proportion, 0.0, 1.0),
        n_kish=n_kish,
        variance=proportion * (1.0 - proportion) / n_kish if made is None else made.variance,
        df=np.full(proportion.shape, np.nan) if made is None else made.df.astype(np.float64),
        units=nobs if made is None else made.units.astype(np.float64),
        correction=np.ones(proportion.shape) if made is None else made.correction,
        unanswered=part.missing.sum(axis=1),
        answered=part.nobs.sum(axis=1),
        weight=weight,
    )


def _squares(task: Task, at: slice, wanted: BoolArray) -> FloatArray:
    """Return the sums of squared weights of some proportions of a part."""
    some = [each for each, asked in zip(task.answers[at], wanted, strict=True) if asked]
    sums = [part.grouped(task.groups.sums).weight2[0] for part in task.source.parts(some)]
    return np.concatenate(sums) if sums else np.zeros((0, len(task.groups.labels)))


def _variance(task: Task, answers: Sequence[Answers], counted: ShareSums) -> DesignVariance:
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


def _of_design(task: Task, answers: Sequence[Answers], counted: ShareSums) -> DesignVariance:
    design = task.design
    if task.refit is not None:
        return covariance.variance(task, task.refit, answers, counted)
    rules = rules_of(design)
    second = design.second
    if second is not None:
        sums = (counted.weight_yes, counted.weight, counted.people)
        stages = Stages(design.stratum, second.drawn, second.sampling_fraction)
        if second.of_rows:
            return two_stages_rows(
                *sums,
                stages,
                weight_squared_yes=counted.weight2_yes,
                weight_squared=counted.weight2,
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
            weight_squared_yes=counted.weight2_yes,
            weight_squared=counted.weight2,
            **rules,
        )
    return _jackknife_of_people(task, answers, rules)


def _jackknife_of_people(task: Task, answers: Sequence[Answers], rules: Rules) -> DesignVariance:
    """Leave out one person at a time; people alike in stratum, group, answer and weight are one case."""
    rows, members = task.rows(answers), task.groups.members
    inside = np.eye(rows.n_groups, dtype=bool) if members is None else members > 0
    made = []
    for question in range(len(answers)):
        cases = rows.cases(question)
        made += [_leave_out(cases, of_group[cases.group], task.design.drawn, rules) for of_group in inside]
    shape = len(answers), len(inside)
    return DesignVariance(
        *(np.array([getattr(m, f.name) for m in made]).reshape(shape) for f in fields(DesignVariance))
    )


def _leave_out(cases: Cases, inside: BoolArray, drawn: IntArray, rules: Rules) -> DesignVariance:
    """Leave out the people of a group in turn, and everybody else who was drawn, of whom none is in it."""
    stratum, people = cases.unit[inside], cases.people[inside]
    others = drawn - np.bincount(stratum, weights=people, minlength=drawn.size)
    strata = np.flatnonzero(others > 0)
    weight = np.append(cases.weight[inside], np.zeros(strata.size))
    return jackknife(
        weight * np.append(cases.yes[inside], np.zeros(strata.size)),
        weight,
        weight > 0,
        np.append(stratum, strata),
        times=np.append(people, others[strata]),
        **rules,
    )
