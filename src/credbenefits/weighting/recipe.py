"""The recipe of weights: steps that can be run again for replicates of the people they were made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from credbenefits._frozen import Frozen
from credbenefits.errors import InputError

if TYPE_CHECKING:
    from credbenefits._typing import BoolArray, FloatArray
    from credbenefits.weighting.covariates import Covariate

#: Multipliers that are worked on at once.
_AT_ONCE = 1 << 22


@dataclass(frozen=True, slots=True, eq=False)
class Sample(Frozen):
    """Everybody in the population: what is known about them, before levels are pooled, and who answered.

    `answered` has the shape (people,), and so have the codes of each covariate.
    """

    covariates: tuple[Covariate, ...]
    answered: BoolArray


class Step(Protocol):
    """One step of a recipe: weights go in, weights come out."""

    @property
    def label(self) -> str:
        """What the step is called in the table of steps; empty where it changes nothing."""
        ...

    @property
    def words(self) -> str:
        """What the step does, as part of a sentence; empty where that goes without saying."""
        ...

    def run(self, sample: Sample, weight: FloatArray, times: FloatArray) -> FloatArray:
        """Return the weights after the step, of all replicates at once.

        Parameters
        ----------
        sample : Sample
            Everybody in the population.
        weight : array, shape (replicates, respondents)
            The weights so far of each of those who answered: for one copy of that person.
        times : array, shape (replicates, people)
            How many copies of everybody there are in the replicate.

        Returns
        -------
        array, shape (replicates, respondents)
        """
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Recipe(Frozen):
    """What was done to whom: the sample, and the steps in order. It starts from weights of 1."""

    sample: Sample
    steps: tuple[Step, ...]

    @property
    def words(self) -> str:
        """What the steps do, in words."""
        return ", ".join(step.words for step in self.steps if step.words)

    def replicate(self, multipliers: FloatArray) -> FloatArray:
        """Run the steps again for each replicate, as :meth:`credbenefits.Weights.replicate` says."""
        n_people = self.sample.answered.size
        at_once = max(1, _AT_ONCE // n_people)
        starts = range(0, len(multipliers), at_once)
        made = [self._run(multipliers[start : start + at_once]) for start in starts]
        return np.concatenate(made) if made else np.zeros((0, int(self.sample.answered.sum())))

    def _run(self, times: FloatArray) -> FloatArray:
        mine = times[:, self.sample.answered]
        weight: FloatArray = np.ones(mine.shape)
        for step in self.steps:
            weight = step.run(self.sample, weight, times)
        return weight * mine


def check_multipliers(multipliers: object, n_people: int) -> FloatArray:
    """Return multipliers as an array of the shape (replicates, people), or refuse them."""
    try:
        made = np.asarray(multipliers, dtype=np.float64)
    except (TypeError, ValueError):
        made = np.zeros(0)
    if made.ndim != 2 or made.shape[1:] != (n_people,):
        raise InputError(
            "multipliers",
            allowed=f"a row of {n_people:,} numbers for each replicate, one for each person of `everybody`",
            received=f"an array of the shape {made.shape}" if made.size else type(multipliers).__name__,
            fix="For one replicate: multipliers[None, :].",
        )
    if not (np.isfinite(made) & (made >= 0)).all():
        raise InputError(
            "multipliers",
            allowed="finite numbers of at least 0",
            received="others",
            fix="Say how often each person is in the replicate; 0 for those who are not.",
        )
    return made


def plain(value: Any) -> Any:  # noqa: ANN401 - whatever a recipe holds
    """Return a recipe as JSON takes it: lists, mappings and text. Days become text."""
    if isinstance(value, Mapping):
        return {name: plain(held) for name, held in value.items()}
    if isinstance(value, tuple | list):
        return [plain(held) for held in value]
    if isinstance(value, np.generic):
        return value.item()
    return value.isoformat() if isinstance(value, date) else value
