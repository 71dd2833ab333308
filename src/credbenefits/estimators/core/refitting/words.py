"""What a result says of weights that were estimated: whether its variance counts that in, and how."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from credbenefits.errors import DataWarning
from credbenefits.estimators.core.source import Prepared

if TYPE_CHECKING:
    from credbenefits.counts.coding.weights import Estimated
    from credbenefits.estimators.core.task import Task

#: Of more replicates than this part without weights a reader is warned.
_MOST_FAILED = 0.05


def weight_notes(task: Task) -> list[str]:
    """Say whether the variance counts in that the weights were estimated, and how, or why not."""
    how, refit = task.variance, task.refit
    kept = task.resample.keep and how == "kish"
    if not task.source.weights_are_estimated or how == "replicate_weights" or (how == "kish" and not kept):
        return []
    one, it = ("the kept replicates", "") if kept else (f"the {how} variance", "s")
    if refit is None:
        return [
            f"{one} take{it} the weights as known: that they were estimated, and would come out differently "
            f"in another sample, is not included, because {_why_known(task)}"
        ]
    return [f"{one} count{it} in that the weights were estimated: {_how_counted(task, refit)}"]


def _how_counted(task: Task, refit: Estimated) -> str:
    """Say how everybody whom the weights were made of has a part in the variance."""
    n = refit.recipe.n_people
    if task.design.has_any:
        return _how_in_units(task, n)
    if task.variance == "linearized":
        return f"it adds up what each of all {n:,} people contributes, those who did not answer too"
    if task.variance == "jackknife":
        groups = refit.held["left out"].n_groups
        whom = "each" if groups == n else f"each of {groups:,} random groups"
        return f"they are made again without {whom} of all {n:,} people, those who did not answer too"
    return f"each replicate draws from all {n:,} people, those who did not answer too, and makes them again"


def _how_in_units(task: Task, n: int) -> str:
    """Say the same of the units of a design."""
    units = "units" if task.design.clusters is not None else "people by stratum"
    of_all = f"of all {n:,} people, those who did not answer too"
    if task.variance == "linearized":
        return f"it adds up what each of the design's {units} contributes, {of_all}"
    if task.variance == "jackknife":
        return f"they are made again without each of the design's {units}, {of_all}"
    return f"each replicate draws from the design's {units}, {of_all}, and makes them again"


def _why_known(task: Task) -> str:
    """Say why the weights are not made again."""
    if task.design.unknown:
        return task.design.unknown
    if not isinstance(task.source, Prepared):
        return "counts do not hold the people whom the weights were made of"
    return "the variance of numbers that are corrected for false links does not know it"


def failed_words(failed: int, n: int) -> str:
    """Say in how many of so many replicates there were no weights."""
    where = f"{failed:,} of {n:,} replicates ({failed / n:.1%})"
    return f"in {where} the weights could not be made again: those are left out"


def warn_of_failures(failed: int, n: int) -> None:
    """Warn where so many replicates are without weights that the others may not tell how estimates vary."""
    if failed > _MOST_FAILED * n:
        warnings.warn(
            f"{failed_words(failed, n)}; weights with fewer covariates can be made more often",
            DataWarning,
            stacklevel=6,
        )
