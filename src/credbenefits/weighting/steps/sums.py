"""People added up by cell, and the factors of classes: one for all people of a class together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from credbenefits.weighting.recipe import Gradients

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray, IntArray
    from credbenefits.weighting.recipe import Draw, Sample
    from credbenefits.weighting.steps.cells import Cells

#: Respondents that a class needs.
LEAST_RESPONDENTS = 20
#: The largest factor of a class, as a multiple of the median of all.
LARGEST_FACTOR = 2.5
#: Digits of rates and factors that are compared: what differs by less is the same.
DIGITS = 9


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """The people of replicates by cell, all of the shape (replicates, cells).

    `mass` is the weight of everybody, `copies` are the respondents and `weight` is what they weigh together.
    """

    cells: Cells
    mass: FloatArray
    copies: FloatArray
    weight: FloatArray

    def factors(self, place: int, which: IntArray) -> FloatArray:
        """Return the factor of each class: the weight of everybody over that of those who answered.

        `which` is the class of each cell. Where nobody in a class answered, the others take its weight, in
        proportion to theirs.
        """
        n = int(which.max(initial=0)) + 1
        mass = np.bincount(which, weights=self.mass[place], minlength=n)
        there = np.bincount(which, weights=self.weight[place], minlength=n)
        result: FloatArray = np.divide(mass, there, out=np.zeros(n), where=there > 0)
        kept = mass[there > 0].sum()
        return result * (mass.sum() / kept) if kept < mass.sum() and kept > 0 else result

    def backward(
        self, sample: Sample, weight: FloatArray, draw: Draw, gradient: FloatArray, *, which: IntArray
    ) -> Gradients:
        """Take gradients back through the factors of classes that are fixed.

        See :meth:`credbenefits.weighting.recipe.Step.backward`.
        """
        factor, everybody = self.factors(0, which), which[self.cells.cell]
        mine, copies = everybody[sample.answered], draw.times[0, sample.answered]
        # What the estimates change with the logarithm of each class's factor.
        member = (mine[:, None] == np.arange(factor.size)) * 1.0
        of_factor = (gradient * weight[0] * factor[mine]) @ member
        mass = np.bincount(which, weights=self.mass[0], minlength=factor.size)
        there = np.bincount(which, weights=self.weight[0], minlength=factor.size)
        each, own = np.maximum(mass, np.finfo(float).tiny), np.maximum(there, np.finfo(float).tiny)
        to_mass, to_own = (of_factor / each)[:, everybody], (of_factor / own)[:, mine]
        to_times = to_mass * draw.base[0]
        to_times[:, sample.answered] -= to_own * weight[0]
        return Gradients(gradient * factor[mine] - to_own * copies, to_times, to_mass * draw.times[0])


def respondents_by_cell(
    cells: Cells, sample: Sample, weight: FloatArray, draw: Draw
) -> tuple[FloatArray, FloatArray]:
    """Return how many answered in each cell, and what they weigh together: (replicates, cells) each."""
    mine, times = cells.cell[sample.answered], draw.times[:, sample.answered]
    there = times * (draw.base[:, sample.answered] > 0)
    copies, together = (
        np.array([np.bincount(mine, weights=row, minlength=cells.n) for row in rows], dtype=np.float64)
        for rows in (there, weight * times)
    )
    return copies, together


def unfit(respondents: FloatArray, factor: FloatArray) -> tuple[int, str] | None:
    """Return the class that most needs to be joined with another, and why; None if none does."""
    if respondents.size == 1:
        return None
    if respondents.min() < LEAST_RESPONDENTS:
        return int(respondents.argmin()), f"fewer than {LEAST_RESPONDENTS} respondents"
    ratio = np.round(factor / np.median(factor), DIGITS)
    if ratio.max() > LARGEST_FACTOR:
        return int(ratio.argmax()), f"a factor above {LARGEST_FACTOR:g} times the median"
    return None
