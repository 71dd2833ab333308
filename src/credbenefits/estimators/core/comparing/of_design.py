"""What a design says of the groups of a proportion: of each of them, and of any two together."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits import _progress
from credbenefits.estimators.core.variance import (
    counted_parts,
    estimates_of,
    joined,
    rules_of,
    with_stated_deff,
)
from credbenefits.numerics.design.estimands import means
from credbenefits.numerics.design.scores import covariance_clusters, covariance_rows, unit_totals
from credbenefits.numerics.design.two_stages import (
    Stages,
    covariance_two_stages,
    covariance_two_stages_rows,
)
from credbenefits.numerics.groups.design import DesignGroup, DesignPair

if TYPE_CHECKING:
    from credbenefits._typing import BoolArray, FloatArray, IntArray
    from credbenefits.counts.coding.design import Design
    from credbenefits.counts.share_sums import OfGroups, ShareSums
    from credbenefits.estimators.core.task import Task
    from credbenefits.estimators.core.variance import Estimates

#: Kish's size at least this part of the answers says that their weights are equal, but for rounding.
_EQUAL = 1 - 1e-12


class Together(NamedTuple):
    """What a design says of the groups of one proportion.

    Arrays of `groups` and `n_effective` have the shape (groups,). The others have (groups, groups):
    covariances, and degrees of freedom and sampling units of any two groups together.
    """

    groups: DesignGroup
    n_effective: FloatArray
    covariance: FloatArray
    df: FloatArray
    units: FloatArray

    def pair(self, one: IntArray, two: IntArray) -> DesignPair:
        """Return what is known of pairs of groups."""
        first, second = (DesignGroup(*(np.asarray(a)[g] for a in self.groups)) for g in (one, two))
        return DesignPair(first, second, self.covariance[one, two], self.df[one, two], self.units[one, two])


def groups_together(task: Task) -> tuple[list[OfGroups], list[Together], Estimates]:
    """Estimate all proportions under the design: sums and groups of each, and the estimates of all."""
    sums: list[OfGroups] = []
    made: list[Together] = []
    estimated: list[Estimates] = []
    with _progress.showing("counting") as tell:
        for part in counted_parts(task):
            estimates = with_stated_deff(estimates_of(task, part), task.design.deff)
            sums += part.each()
            made += _together(task, part, estimates)
            estimated.append(estimates)
            tell(part.at.stop, len(task.answers))
    return sums, made, joined(estimated)


def _together(task: Task, part: ShareSums, estimates: Estimates) -> list[Together]:
    design = task.design
    units, df = _units_together(design, part.people)
    own = estimates.units
    if design.clusters is None:
        # People are the units: where their weights are equal the variance follows from the proportion.
        own = np.where(estimates.n_kish >= _EQUAL * estimates.nobs, np.inf, own)
        known = np.isfinite(own)
        units = np.where(known[:, :, None] | known[:, None, :], units, np.inf)
    # Without degrees of freedom nothing is known of the variance.
    n_effective = np.where(estimates.df > 0, estimates.n_effective, np.nan)
    made = []
    for k in range(len(own)):
        group = DesignGroup(
            estimates.proportion[k],
            estimates.variance[k],
            estimates.nobs[k],
            estimates.n_kish[k],
            own[k],
            estimates.correction[k],
        )
        covariance = _covariance(design, part, k)
        made.append(
            Together(group, np.where(estimates.nobs[k] > 0, n_effective[k], 0.0), covariance, df[k], units[k])
        )
    return made


def _covariance(design: Design, part: ShareSums, k: int) -> FloatArray:
    """Return the linearized covariance matrix of the groups' proportions, from their scores."""
    cells, squares = (
        np.stack([base[:, k] - yes[:, k], yes[:, k]], axis=-1)
        for yes, base in ((part.weight_yes, part.weight), (part.weight2_yes, part.weight2))
    )
    gradient = means(cells.sum(axis=0), [0.0, 1.0]).gradient
    answered, rules, second = part.people[:, k] > 0, rules_of(design), design.second
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


def _units_together(design: Design, people: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Count the units with somebody of either group who answered, and those less their strata.

    Both have the shape (proportions, groups, groups).
    """
    present, second = people > 0, design.second
    if second is not None and not second.of_rows:
        present = _anybody(present, second.psu)
    if design.clusters is None:
        n = people.sum(axis=0)
        units, strata = n[:, :, None] + n[:, None, :], present
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
