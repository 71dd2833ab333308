"""How everybody, respondents or not, moves proportions whose weights were estimated."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits.frames.answers import NO, YES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from credbenefits._typing import BoolArray, FloatArray, IntArray
    from credbenefits.counts.coding.weights import Estimated
    from credbenefits.estimators.core.task import Task
    from credbenefits.frames.answers import Answers, StatusArray

#: Most influences of people held at once; more proportions are done in turns.
_AT_ONCE = 1 << 23


def influences(task: Task, refit: Estimated, answers: Sequence[Answers]) -> Iterator[FloatArray]:
    """Return what each person adds to proportions, a few of these at a time: (proportions, rows, people)."""
    people = people_of_table(task, refit)
    n_rows = len(people.inside)
    step = max(1, _AT_ONCE // (n_rows * refit.recipe.n_people))
    for start in range(0, len(answers), step):
        status = [each.status for each in answers[start : start + step]]
        gradient = np.concatenate([people.gradient(each) for each in status])
        yield refit.recipe.influence(gradient).reshape(len(status), n_rows, -1)


class People(NamedTuple):
    """The people of the table: their rows in the file, who they are among the respondents, their weights.

    `inside` says which rows of the table they are in, shape (rows of the table, people). There are
    `n_respondents`, in the table or not. Where weights are known the respondents are the rows of the file.
    """

    row: IntArray
    place: IntArray
    weight: FloatArray
    inside: BoolArray
    n_respondents: int

    def gradient(self, status: StatusArray) -> FloatArray:
        """Return how the proportions of one question change with weights: (rows, respondents)."""
        code = status[self.row]
        yes, base = code == YES, self.inside & (code >= NO)
        total = base @ self.weight
        there = np.maximum(total, np.finfo(np.float64).tiny)[:, None]
        p = ((base & yes) @ self.weight)[:, None] / there
        made = np.zeros((len(base), self.n_respondents))
        made[:, self.place] = base * (yes - p) / there
        return made

    def estimate(self, status: StatusArray) -> tuple[FloatArray, FloatArray]:
        """Return the proportions of one question, and Kish's sizes, of the rows of the table."""
        code = status[self.row]
        base = self.inside & (code >= NO)
        total = base @ self.weight
        there = np.where(total > 0, total, np.nan)
        return (base & (code == YES)) @ self.weight / there, total**2 / (base @ self.weight**2 + (total == 0))


def people_of_table(task: Task, refit: Estimated | None) -> People:
    """Return the people of the table; without `refit` their weights are known."""
    prepared, members = task.prepared, task.groups.members
    row = np.flatnonzero(prepared.taking_part)
    group = prepared.group[row]
    if members is None:
        members = np.eye(len(prepared.group_labels))
    inside = members[:, group] > 0
    if refit is None:
        assert prepared.weight is not None
        return People(row, row, prepared.weight[row], inside, prepared.weight.size)
    place = refit.place[row]
    return People(row, place, refit.weight[place], inside, refit.weight.size)
