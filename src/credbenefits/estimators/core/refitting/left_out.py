"""Proportions without each person in turn, whose weights are made again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from credbenefits.errors import MethodError
from credbenefits.estimators.core.refitting.drawn import Refitted
from credbenefits.estimators.core.refitting.words import warn_of_failures
from credbenefits.numerics.resampling.recipes import MOST_LEFT_OUT, leave_out, leave_out_units

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import FloatArray
    from credbenefits.counts.coding.weights import Estimated
    from credbenefits.estimators.core.task import Task
    from credbenefits.frames.answers import Answers
    from credbenefits.numerics.resampling.recipes import LeftOut


def left_out_values(
    task: Task, refit: Estimated, answers: Sequence[Answers]
) -> tuple[FloatArray, FloatArray, float | FloatArray]:
    """Return proportions without each person, or group of people, those of everybody, and the factor.

    The first have the shape (replicates, proportions, rows of the table).
    """
    if "left out" not in refit.held:
        refit.held["left out"] = found = _left_out(task, refit)
        warn_of_failures(found.failed, found.n_groups)
    made, people = refit.held["left out"], Refitted.of(task, refit, answers)
    values = people.proportions(made.weights)
    return values, people.proportions(refit.weight[None])[0], made.scale


def _left_out(task: Task, refit: Estimated) -> LeftOut:
    """Leave out people in turn, or the units of a design."""
    design = task.drawing
    if not design.has_any:
        return leave_out(refit.recipe)
    by_people = design.clusters is None
    n = refit.recipe.n_people
    if (n if by_people else design.n_units) > MOST_LEFT_OUT:
        raise MethodError(
            "variance",
            allowed=f"'jackknife' with up to {MOST_LEFT_OUT:,} units: weights are made again without each",
            received=f"{n if by_people else design.n_units:,}",
            fix="Use variance='linearized'.",
        )
    return leave_out_units(
        refit.recipe,
        np.arange(n) if by_people else design.unit,
        design.unit if by_people else design.stratum,
        sampling_fraction=design.sampling_fraction,
        lonely_psu=design.lonely_psu,
    )
