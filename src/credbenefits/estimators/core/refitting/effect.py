"""What weights change in proportions of the same people, computed when somebody asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from credbenefits.errors import MethodError
from credbenefits.estimators.core.refitting.influence import influences, people_of_table
from credbenefits.estimators.core.source import Prepared
from credbenefits.numerics.design.scores import ROUNDING
from credbenefits.results.weighing.weighed import Moves, Weighed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from credbenefits._typing import FloatArray
    from credbenefits.counts.coding.weights import Estimated
    from credbenefits.estimators.core.task import Task

_FIX = "Make the results of the data frame, with these weights and without a design."


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Effects:
    """Holds one call of :func:`credbenefits.proportions`, to say what its weights change."""

    task: Task

    def __call__(self, untrimmed: FloatArray | None) -> Moves:
        """Return the variances of weighted less unweighted proportions; see :class:`Moves`.

        `untrimmed` are the weights of all respondents without trimming, where they were trimmed.
        """
        task = self.task
        if task.design.has_any or task.resample.scale is not None:
            raise _refused("with a design", "the difference knows no strata, clusters or replicate weights")
        if not task.source.weights_are_estimated:
            return Moves(_of_known(task).ravel())
        if task.refit is None:
            raise _refused("made of counts", "counts hold no people, and these weights are estimated")
        moved = np.concatenate(list(_of_estimated(task, task.refit))).ravel()
        if untrimmed is None:
            return Moves(moved)
        _, size = _with_weights(task, task.refit, task.refit.weight)
        share, size_untrimmed = _with_weights(task, task.refit, untrimmed)
        return Moves(moved, share.ravel(), size.ravel(), size_untrimmed.ravel())


def weighed_by(task: Task) -> Weighed | None:
    """Return which weights a result is made with, where the weights say who they are; None in a column."""
    source = task.source
    if isinstance(source, Prepared) and source.weighting.mark:
        return Weighed(source.weighting.mark, source.weighting.forbidden, Effects(task))
    counted = not isinstance(source, Prepared) and source.weighted and source.population[0]
    return Weighed("", ask=Effects(task)) if counted else None


def _of_estimated(task: Task, refit: Estimated) -> Iterator[FloatArray]:
    """Return N / (N - 1) times the squared influences on the difference, a few proportions at a time."""
    people, n = people_of_table(task, refit), refit.recipe.n_people
    alike = people._replace(weight=np.ones(people.weight.size))
    start = 0
    for weighted in influences(task, refit, task.answers):
        some = task.answers[start : start + len(weighted)]
        start += len(weighted)
        plain = np.array([alike.gradient(each.status) for each in some])
        weighted[..., refit.person] -= plain
        made = np.einsum("krn,krn->kr", weighted, weighted)
        # Where weights change nothing, the two influences are equal but for rounding.
        size = np.einsum("krn,krn->kr", plain, plain)
        yield np.where(made > ROUNDING * size, made, 0.0) * (n / (n - 1.0))


def _of_known(task: Task) -> FloatArray:
    r"""Return n / (n - 1) times the sum of (w_i (y_i - p) / W - (y_i - u) / n)^2, from sums of weights."""
    made = []
    for part in task.source.parts(task.answers):
        sums = part.grouped(task.groups.sums)
        yes, whole = sums.weight_yes.sum(axis=0), sums.weight.sum(axis=0)
        squares_yes, squares = sums.weight2_yes.sum(axis=0), sums.weight2.sum(axis=0)
        count, n = sums.count, np.where(sums.nobs > 0, sums.nobs, np.nan)
        total = np.where(whole > 0, whole, np.nan)
        p, u = yes / total, count / n
        of_yes = (1 - p) ** 2 * squares_yes / total**2 - 2 * (1 - p) * (1 - u) * yes / (total * n)
        of_no = p**2 * (squares - squares_yes) / total**2 - 2 * p * u * (whole - yes) / (total * n)
        found = of_yes + (1 - u) ** 2 * count / n**2 + of_no + u**2 * (n - count) / n**2
        known = np.where(found > ROUNDING * u * (1 - u) / n, found, 0.0)
        made.append(np.where(np.isnan(found), np.nan, known * n / np.maximum(n - 1.0, 1.0)))
    return np.concatenate(made)


def _with_weights(task: Task, refit: Estimated, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the proportions with other weights of the respondents, and Kish's sizes."""
    people = people_of_table(task, refit)
    people = people._replace(weight=weight[people.place])
    made = [people.estimate(each.status) for each in task.answers]
    return np.array([share for share, _ in made]), np.array([size for _, size in made])


def _refused(how: str, why: str) -> MethodError:
    return MethodError(
        "results",
        allowed="results of which each person is known, drawn one by one",
        received=f"results {how}: {why}",
        fix=_FIX,
    )
