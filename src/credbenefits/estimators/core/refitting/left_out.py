"""Proportions without each person in turn, whose weights are made again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credbenefits.estimators.core.refitting.drawn import Refitted
from credbenefits.estimators.core.refitting.words import warn_of_failures
from credbenefits.numerics.resampling.recipes import leave_out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import FloatArray
    from credbenefits.counts.coding.weights import Estimated
    from credbenefits.estimators.core.task import Task
    from credbenefits.frames.answers import Answers


def left_out_values(
    task: Task, refit: Estimated, answers: Sequence[Answers]
) -> tuple[FloatArray, FloatArray, float]:
    """Return proportions without each person, or group of people, those of everybody, and the factor.

    The first have the shape (replicates, proportions, rows of the table).
    """
    if "left out" not in refit.held:
        refit.held["left out"] = found = leave_out(refit.recipe)
        warn_of_failures(found.failed, found.n_groups)
    made, people = refit.held["left out"], Refitted.of(task, refit, answers)
    values = people.proportions(made.weights)
    return values, people.proportions(refit.weight[None])[0], made.scale
