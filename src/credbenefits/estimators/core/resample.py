"""Replicates of all proportions at once: what is drawn again, and the proportions of each draw."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from credbenefits import _progress
from credbenefits.estimators.core.design import resampling_kind
from credbenefits.estimators.core.refitting.drawn import Refitted
from credbenefits.estimators.core.refitting.words import warn_of_failures
from credbenefits.estimators.core.refusals import refuse_long
from credbenefits.numerics.proportion.methods import METHODS
from credbenefits.numerics.resampling.intervals import strata_acceleration
from credbenefits.numerics.resampling.multipliers import (
    Multipliers,
    multipliers,
)
from credbenefits.numerics.resampling.replicated import UnitSums, replicate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from credbenefits._typing import FloatArray, IntArray, Progress
    from credbenefits.counts.rows import Rows
    from credbenefits.estimators.core.groups import Groups
    from credbenefits.estimators.core.task import Task
    from credbenefits.frames.answers import Answers
    from credbenefits.numerics.resampling.replicated import Resampled

#: Most sums of units held at once, over all proportions; more proportions are done in turns.
_MOST_TOTALS = 8_000_000


@dataclass(frozen=True, slots=True)
class Drawn:
    """Replicates of proportions: shape (replicates, proportions, groups), with what their variance needs.

    `errors` are standard errors within each replicate, and `std_error` those of the estimates by the same
    formula. `acceleration` is BCa's. In `failed` replicates no weights could be made again. `df`, per
    proportion and group, is there where the replicates came with the file.
    """

    values: FloatArray
    errors: FloatArray | None
    kind: str
    scale: float
    rscales: FloatArray
    df: FloatArray | None
    std_error: FloatArray | None = None
    acceleration: FloatArray | None = None
    failed: int = 0


def _ticker(tell: Progress, total: int) -> Callable[[int], None]:
    done = 0

    def tick(more: int) -> None:
        nonlocal done
        done += more
        tell(done, total)

    return tick


# ---- the bootstrap -----------------------------------------------------------------------------------------


def draw(task: Task, proportion: FloatArray) -> Drawn:
    """Draw the replicates, which all proportions have in common, and what their interval needs.

    `proportion` are the estimates, shape (proportions, groups).
    """
    resample, turns = task.resample, _turns(task)
    n_proportions = len(task.answers) * len(task.groups.labels)
    refuse_long(resample, turns=len(turns), n_units=_n_units(task), n_proportions=n_proportions)
    # Every turn draws the same replicates. The caller's function is told of the first turn, a bar shows all.
    total = resample.n_resamples * (len(turns) if resample.progress is None else 1)
    made = []
    with _progress.showing("replicates", resample.progress) as tell:
        tick = _ticker(tell, total)
        for turn in turns:
            rng = resample.rng if turn == turns[-1] else copy.deepcopy(resample.rng)
            reported = None if turn.start and resample.progress is not None else tick
            made.append(_drawn(task, turn, proportion[turn], rng=rng, tick=reported))
    warn_of_failures(made[0].failed, resample.n_resamples)
    return made[0] if len(made) == 1 else _joined(made)


def _turns(task: Task) -> list[slice]:
    """Return which proportions are worked on together: sums of many units are large, people need no sums."""
    n = len(task.answers)
    if task.design.clusters is None or task.refit is not None:
        return [slice(0, n)]
    step = max(1, _MOST_TOTALS // (task.design.n_units * len(task.groups.labels)))
    return [slice(start, start + step) for start in range(0, n, step)]


def _n_units(task: Task) -> int:
    """Count what is drawn again: units, everybody in the sample, or those who take part."""
    if task.drawing.clusters is not None:
        return task.drawing.n_units
    if task.refit is not None:
        return task.refit.recipe.n_people
    prepared = task.prepared
    return prepared.group.size if task.design.has_any else int(prepared.taking_part.sum())


def _drawn(
    task: Task,
    turn: slice,
    proportion: FloatArray,
    *,
    rng: np.random.Generator,
    tick: Callable[[int], None] | None,
) -> Drawn:
    """Draw the replicates of some proportions."""
    interval, answers = METHODS[task.method].from_replicates, task.answers[turn]
    resampled: Resampled
    stratum: IntArray | None
    if task.refit is not None:
        resampled = Refitted.of(task, task.refit, answers)
        stratum = resampled.stratum
    elif task.design.clusters is not None:
        resampled, stratum = _unit_sums(task, answers), task.design.stratum
    else:
        rows = task.rows(answers)
        resampled, stratum = People(rows, task.groups), rows.unit
    values, errors = replicate(
        _batches(task, stratum, resampled.n_units, rng),
        resampled,
        with_errors=interval == "studentized",
        tick=tick,
    )
    once = Multipliers(np.ones((1, resampled.n_units), dtype=np.uint8))
    _, own = replicate([once], resampled, with_errors=True) if errors is not None else (None, None)
    return Drawn(
        values,
        errors,
        f"bootstrap, {resampling_kind(task.drawing, task.resample)}",
        1.0 / len(values),
        np.ones(len(values)),
        None,
        std_error=None if own is None else own[0],
        acceleration=resampled.acceleration(proportion) if interval == "bca" else None,
        failed=resampled.failed if isinstance(resampled, Refitted) else 0,
    )


def _joined(turns: Sequence[Drawn]) -> Drawn:
    """Put the proportions of all turns side by side."""

    def beside(name: str, axis: int) -> FloatArray | None:
        each = [getattr(turn, name) for turn in turns]
        return None if each[0] is None else np.concatenate(each, axis=axis)

    return replace(
        turns[0],
        values=np.concatenate([turn.values for turn in turns], axis=1),
        errors=beside("errors", 1),
        std_error=beside("std_error", 0),
        acceleration=beside("acceleration", 0),
    )


def _batches(
    task: Task, stratum: IntArray | None, n_units: int, rng: np.random.Generator
) -> Iterable[Multipliers]:
    design, resample = task.drawing, task.resample
    fraction = design.sampling_fraction
    return multipliers(
        resampling_kind(design, resample),
        n_units,
        stratum=None if design.strata is None else stratum,
        sampling_fraction=0.0 if fraction is None else fraction if design.strata else float(fraction[0]),
        keep_lonely=True,  # what is alone in its stratum was refused already, or is declared certain
        n_resamples=resample.n_resamples,
        rng=rng,
        batch=resample.batch,
    )


# ---- what is drawn again -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class People:
    """People who are drawn one by one, added up to the rows of the table."""

    rows: Rows
    groups: Groups

    @property
    def n_units(self) -> int:
        """How many people there are."""
        return self.rows.n_people

    def sums(self, multipliers: Multipliers) -> tuple[FloatArray, FloatArray]:
        """Return sum(m w y) and sum(m w) of each replicate."""
        yes, base = self.rows.sums(multipliers)
        return self.groups.sums(yes), self.groups.sums(base)

    def squares(self, multipliers: Multipliers, proportion: FloatArray) -> FloatArray:
        """Return sum(m w^2 (y - p)^2) of each replicate."""
        yes, base = self.rows.sums(multipliers, power=2)
        yes, base = self.groups.sums(yes), self.groups.sums(base)
        return yes - 2.0 * proportion * yes + proportion**2 * base

    def acceleration(self, proportion: FloatArray) -> FloatArray:
        """Return the acceleration of each proportion, within strata."""
        sums, squares, cubes = (self._moments(power) for power in (1, 2, 3))
        return strata_acceleration(
            proportion, people=self.rows.people_of_units, sums=sums, squares=squares, cubes=cubes
        )

    def _moments(self, power: int) -> tuple[FloatArray, FloatArray]:
        yes, no = self.rows.moments(power)
        return self.groups.sums(yes), self.groups.sums(no)


def _unit_sums(task: Task, answers: Sequence[Answers]) -> UnitSums:
    """Add people up to the units that are drawn."""
    parts = list(task.source.parts(answers, task.design, squares=False))

    def joined(sums: Sequence[FloatArray]) -> FloatArray:
        return task.groups.sums(np.concatenate(sums, axis=1))

    # Where everybody answered everything, all proportions of a group have one base.
    same = not any(part.missing.any() for part in parts)
    base = joined([parts[0].weight[:, :1]] if same else [part.weight for part in parts])
    return UnitSums(joined([part.weight_yes for part in parts]), base, task.design.stratum)
