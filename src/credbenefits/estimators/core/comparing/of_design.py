"""What a design says of the groups of a proportion: of each of them, and of any two together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits import _progress
from credbenefits.estimators.core.comparing.of_replicates import replicate_covariances
from credbenefits.estimators.core.groups import Groups
from credbenefits.estimators.core.notes import replicate_notes
from credbenefits.estimators.core.refitting.covariance import covariances
from credbenefits.estimators.core.replicates import draw_file, with_variance
from credbenefits.estimators.core.resample import draw
from credbenefits.estimators.core.variance import (
    counted_parts,
    estimates_of,
    joined,
    rules_of,
    with_stated_deff,
)
from credbenefits.numerics.design.estimands import means
from credbenefits.numerics.design.replicate_scale import replicate_covariance
from credbenefits.numerics.design.scores import covariance_clusters, covariance_rows, unit_totals
from credbenefits.numerics.design.two_stages import (
    Stages,
    covariance_two_stages,
    covariance_two_stages_rows,
)
from credbenefits.numerics.design.variance import covariance_jackknife
from credbenefits.numerics.groups.design import DesignGroup, DesignPair

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import BoolArray, FloatArray, IntArray
    from credbenefits.counts.coding.design import Design
    from credbenefits.counts.share_sums import ShareSums
    from credbenefits.counts.units import ReplicateScale
    from credbenefits.estimators.core.comparing.pairs import Pairs
    from credbenefits.estimators.core.resample import Drawn
    from credbenefits.estimators.core.task import Task
    from credbenefits.estimators.core.variance import Estimates

#: Kish's size at least this part of the answers says that their weights are equal, but for rounding.
_EQUAL = 1 - 1e-12


class Together(NamedTuple):
    """What a design says of the groups of all proportions.

    Arrays of `groups`, `n_effective` and `answers` have the shape (proportions, groups). `answers` is what
    the expected counts of a test are of: people, or the effective sizes where people are the units. The
    others have (proportions, groups, groups): covariances, and degrees of freedom and sampling units of any
    two groups together. `replicates` are those that were drawn, shape (replicates, proportions, groups).
    """

    groups: DesignGroup
    n_effective: FloatArray
    answers: FloatArray
    covariance: FloatArray
    df: FloatArray
    units: FloatArray
    replicates: FloatArray | None = None

    def pair(self, k: IntArray, one: IntArray, two: IntArray) -> DesignPair:
        """Return what is known of pairs of groups, each of the proportion `k`."""
        first, second = (DesignGroup(*(np.asarray(a)[k, g] for a in self.groups)) for g in (one, two))
        return DesignPair(
            first, second, self.covariance[k, one, two], self.df[k, one, two], self.units[k, one, two]
        )


def groups_together(task: Task, pairs: Pairs) -> tuple[Estimates, Together, tuple[str, ...]]:
    """Estimate all proportions under the design: the estimates, what groups have in common, and notes."""
    made: list[Together] = []
    estimated: list[Estimates] = []
    scale = task.resample.scale
    with _progress.showing("counting") as tell:
        for part in counted_parts(task):
            estimates = estimates_of(task, part)
            if scale is None:
                estimates = with_stated_deff(estimates, task.design.deff)
                made.append(_together(task, part, estimates))
            estimated.append(estimates)
            tell(part.at.stop, len(task.answers))
    estimates = joined(estimated)
    if task.variance == "bootstrap":
        return _of_draws(task, estimates, _joined(made))
    if scale is None:
        return estimates, _joined(made), ()
    estimates, together, drawn = _of_file(task, estimates, pairs, scale)
    return estimates, together, replicate_notes(task, estimates, drawn)


def _joined(made: Sequence[Together]) -> Together:
    """Put the proportions of all parts together."""
    if len(made) == 1:
        return made[0]
    groups, *others = zip(*(each[:-1] for each in made), strict=True)  # none has replicates yet
    group = DesignGroup(*(np.concatenate(each) for each in zip(*groups, strict=True)))
    return Together(group, *(np.concatenate(each) for each in others))


def _of_draws(
    task: Task, estimates: Estimates, together: Together
) -> tuple[Estimates, Together, tuple[str, ...]]:
    """Take variances and covariances from replicates that are drawn; the design has all else."""
    drawn = draw(task, estimates.proportion)
    equal = np.isinf(np.asarray(together.groups.units))
    made = with_stated_deff(with_variance(estimates, drawn), task.design.deff)
    covariance = replicate_covariances(drawn.values, made.proportion)
    by_people = task.design.clusters is None
    counted = replace(made, units=np.where(equal, np.inf, made.units))
    new = _of_estimates(counted, covariance, together.df, together.units, by_people=by_people)
    return made, new._replace(replicates=drawn.values), replicate_notes(task, made, drawn)


def _of_file(
    task: Task, estimates: Estimates, pairs: Pairs, scale: ReplicateScale
) -> tuple[Estimates, Together, Drawn]:
    """Take variances and covariances from the file's replicate weights: estimates, groups and replicates."""
    n, members = len(task.groups.labels), task.groups.members
    members = np.eye(n) if members is None else members
    one, two = np.tile(pairs.group, 2), np.append(pairs.reference, pairs.tested)
    # Each pair is a row of the table too: the degrees of freedom of both groups are those of their union.
    labels = (*task.groups.labels, *((str(a), str(b)) for a, b in zip(one, two, strict=True)))
    wide = Groups(labels, np.vstack([members, np.maximum(members[one], members[two])]))
    drawn = draw_file(replace(task, groups=wide), scale)
    assert drawn.df is not None  # so for replicates of the file
    df = np.full((len(drawn.df), n, n), np.nan)
    df[:, one, two] = df[:, two, one] = drawn.df[:, n:]
    drawn = replace(drawn, values=drawn.values[..., :n], df=drawn.df[:, :n])
    estimates = with_stated_deff(with_variance(estimates, drawn), task.design.deff)
    covariance = np.array(
        [
            replicate_covariance(drawn.values[:, k], proportion, drawn.scale, drawn.rscales)
            for k, proportion in enumerate(estimates.proportion)
        ]
    )
    together = _of_estimates(estimates, covariance, df, np.full(df.shape, np.inf), by_people=False)
    return estimates, together, drawn


def _together(task: Task, part: ShareSums, estimates: Estimates) -> Together:
    """Say what the units of the design tell of the groups of a part of the proportions."""
    design = task.design
    units, df = _units_together(design, part.people, task.groups)
    if design.clusters is None:
        # People are the units: where their weights are equal the variance follows from the proportion.
        equal = estimates.n_kish >= _EQUAL * estimates.nobs
        known = ~equal
        estimates = replace(estimates, units=np.where(equal, np.inf, estimates.units))
        units = np.where(known[:, :, None] | known[:, None, :], units, np.inf)
    if task.variance == "jackknife":  # it makes up for groups in few units by itself
        units = np.full(units.shape, np.inf)
    covariance = np.zeros(df.shape)
    if task.variance != "bootstrap":  # which has it from its replicates
        covariance = _covariances(task, part)
    return _of_estimates(estimates, covariance, df, units, by_people=design.clusters is None)


def _of_estimates(
    estimates: Estimates, covariance: FloatArray, df: FloatArray, units: FloatArray, *, by_people: bool
) -> Together:
    """Put what is known of each group beside what is known of each two."""
    e = estimates
    group = DesignGroup(e.proportion, e.variance, e.nobs, e.n_kish, e.units, e.correction)
    # Without degrees of freedom nothing is known of the variance.
    n_effective = np.where(e.df > 0, e.n_effective, np.nan)
    n_effective = np.where(e.nobs > 0, n_effective, 0.0)
    return Together(group, n_effective, n_effective if by_people else e.nobs, covariance, df, units)


def _covariances(task: Task, part: ShareSums) -> FloatArray:
    """Return the covariance matrix of the groups of each proportion."""
    if task.refit is not None:
        return covariances(task, task.refit, task.answers[part.at])
    return np.array([_covariance(task, part, k) for k in range(len(part.nobs))])


def _covariance(task: Task, part: ShareSums, k: int) -> FloatArray:
    """Return the covariance matrix of the groups' proportions: from their scores, or units left out."""
    design, groups = task.design, task.groups
    answered = groups.sums(part.people[:, k]) > 0
    rules, second = rules_of(design), design.second
    if task.variance == "jackknife":
        sums = groups.sums(part.weight_yes[:, k]), groups.sums(part.weight[:, k])
        return covariance_jackknife(*sums, design.stratum, answered=answered, **rules)
    cells, squares = (
        np.stack([base[:, k] - yes[:, k], yes[:, k]], axis=-1)
        for yes, base in ((part.weight_yes, part.weight), (part.weight2_yes, part.weight2))
    )
    gradient = _gradient(cells.sum(axis=0), groups)
    if second is not None:
        stages = Stages(design.stratum, second.drawn, second.sampling_fraction)
        if second.of_rows:
            return covariance_two_stages_rows(cells, squares, gradient, stages, answered=answered, **rules)
        totals = unit_totals(cells, gradient)
        return covariance_two_stages(totals, stages, psu=second.psu, answered=answered, **rules)
    if design.clusters is not None:
        totals = unit_totals(cells, gradient)
        return covariance_clusters(totals, design.stratum, answered=answered, **rules)
    return covariance_rows(cells, squares, gradient, design.drawn, answered=answered, **rules)


def _gradient(cells: FloatArray, groups: Groups) -> FloatArray:
    """Return the derivatives of the proportions of the table's rows by the sums of the groups they are of."""
    if groups.members is None:
        return means(cells, [0.0, 1.0]).gradient
    own = np.einsum("iic->ic", means(groups.members @ cells, [0.0, 1.0]).gradient)
    gradient: FloatArray = groups.members[:, :, None] * own[:, None, :]
    return gradient


def _units_together(design: Design, people: FloatArray, groups: Groups) -> tuple[FloatArray, FloatArray]:
    """Count the units with somebody of either group who answered, and those less their strata.

    Both have the shape (proportions, groups, groups).
    """
    present, second = groups.sums(people) > 0, design.second
    if second is not None and not second.of_rows:
        present = _anybody(present, second.psu)
    if design.clusters is None:
        n = groups.sums(people.sum(axis=0))
        units, strata = n[:, :, None] + n[:, None, :], present
        if groups.members is not None:  # people of both are counted once
            units -= (people.sum(axis=0)[:, None, :] * groups.members) @ groups.members.T
    else:
        units, strata = _in_either(present), _anybody(present, design.stratum)
    return units, units - _in_either(strata)


def _anybody(present: BoolArray, of: IntArray) -> BoolArray:
    """Tell of larger units whether somebody is there, from the units they are made of."""
    order = np.argsort(of, kind="stable")
    first = np.flatnonzero(np.diff(of[order], prepend=-1))
    there: BoolArray = np.logical_or.reduceat(present[order], first, axis=0)
    return there


def _in_either(present: BoolArray) -> FloatArray:
    """Count where somebody of either of two groups is, from the shape (units, proportions, groups)."""
    there = present.astype(np.float64).transpose(1, 2, 0)
    n = there.sum(axis=2)
    either: FloatArray = n[:, :, None] + n[:, None, :] - there @ there.transpose(0, 2, 1)
    return either
