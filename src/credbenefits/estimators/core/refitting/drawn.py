"""Replicates in which the weights are made again: everybody is drawn again, those who did not answer too."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from credbenefits.counts.rows import Rows, in_order_of_groups
from credbenefits.estimators.core.refitting.drawing import added_by_unit
from credbenefits.estimators.core.refitting.influence import influences
from credbenefits.numerics.resampling.intervals import unit_acceleration
from credbenefits.numerics.resampling.recipes import made_again
from credbenefits.numerics.resampling.replicated import divided

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import FloatArray, IntArray
    from credbenefits.counts.coding.design import Design
    from credbenefits.counts.coding.weights import Estimated
    from credbenefits.estimators.core.task import Task
    from credbenefits.frames.answers import Answers
    from credbenefits.numerics.resampling.multipliers import Multipliers

#: Multipliers that are worked on at once.
_AT_ONCE = 1 << 22


@dataclass(frozen=True, slots=True)
class Weighed:
    """Weights of people, one replicate a row, where `Rows` take multipliers."""

    values: FloatArray

    def __len__(self) -> int:
        return len(self.values)

    def replicates(self, some: slice) -> Weighed:
        """Return those of some of the replicates."""
        return Weighed(self.values[some])

    def of(self, units: slice = slice(None)) -> FloatArray:
        """Return those of these people."""
        return self.values[:, units]


@dataclass(slots=True, eq=False)
class Refitted:
    """People whose weights are made again in each replicate of everybody.

    `rows` are those who are in the table, with the weight 1, and `place` says which respondent each is.
    `design` is that of everybody, whose units are drawn; people where it has none. `failed` counts
    the replicates in which no weights could be made, whose proportions are NaN.
    """

    task: Task
    answers: Sequence[Answers]
    refit: Estimated
    rows: Rows
    place: IntArray
    design: Design
    failed: int = 0

    @classmethod
    def of(cls, task: Task, refit: Estimated, answers: Sequence[Answers]) -> Refitted:
        """Take the people of a table."""
        prepared = task.prepared
        rows = replace(task.rows(answers), weight=np.ones(int(prepared.taking_part.sum())))
        group = np.where(prepared.taking_part, prepared.group, -1)
        order, _ = in_order_of_groups(group, len(prepared.group_labels), everybody=False)
        return cls(task, answers, refit, rows, refit.place[order], task.drawing)

    @property
    def n_units(self) -> int:
        """How many units, or people, are drawn from: everybody the weights were made of."""
        return self.refit.recipe.n_people if self.design.clusters is None else self.design.n_units

    @property
    def stratum(self) -> IntArray | None:
        """The stratum of each of them, if there are strata."""
        if self.design.strata is None:
            return None
        return self.design.unit if self.design.clusters is None else self.design.stratum

    def sums(self, multipliers: Multipliers) -> tuple[FloatArray, FloatArray]:
        """Return the sums of the new weights of those who said yes and who answered."""
        step = max(1, _AT_ONCE // self.refit.recipe.n_people)
        made = [
            self._added(self._weights(self._times(multipliers.replicates(slice(start, start + step)))))
            for start in range(0, len(multipliers), step)
        ]
        yes, base = (np.concatenate(each) for each in zip(*made, strict=True))
        return yes, base

    def squares(self, multipliers: Multipliers, proportion: FloatArray) -> FloatArray:
        """Return sum(m v^2 (y - p)^2) of each replicate, with v the new weight of one copy."""
        m = self._times(multipliers)
        copies = m[:, self.refit.person[self.place]]
        weight = self._weights(m)
        squares = np.divide(weight**2, copies, out=np.zeros(weight.shape), where=copies > 0)
        yes, base = self._added(squares)
        return yes - 2.0 * proportion * yes + proportion**2 * base

    def acceleration(self, proportion: FloatArray) -> FloatArray:
        """Return the acceleration of each proportion, from the influence of everybody's units on it."""
        del proportion
        made = (added_by_unit(each, self.design) for each in influences(self.task, self.refit, self.answers))
        return np.concatenate([unit_acceleration(np.moveaxis(each, 2, 0), self.stratum) for each in made])

    def proportions(self, weight: FloatArray) -> FloatArray:
        """Return the proportions that weights of the respondents make; weights (replicates, respondents)."""
        return divided(*self._added(weight[:, self.place]))

    def _times(self, multipliers: Multipliers) -> FloatArray:
        """Return how often each replicate has each person: as often as the person's unit."""
        m = multipliers.of()
        return m if self.design.clusters is None else m[:, self.design.unit]

    def _weights(self, m: FloatArray) -> FloatArray:
        made = made_again(self.refit.recipe, m)
        self.failed += int(np.isnan(made).any(axis=1).sum())
        return made[:, self.place]

    def _added(self, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
        yes, base = self.rows.sums(Weighed(weight))
        groups = self.task.groups
        return groups.sums(yes), groups.sums(base)
