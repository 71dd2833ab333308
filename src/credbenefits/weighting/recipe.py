"""The recipe of weights: steps that can be run again for replicates of the people they were made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

import numpy as np

from credbenefits._frozen import Frozen
from credbenefits.errors import InputError

if TYPE_CHECKING:
    from credbenefits._typing import BoolArray, FloatArray, IntArray, Progress
    from credbenefits.results.weighing.alert import Alert
    from credbenefits.weighting.covariates import Covariate

#: Multipliers that are worked on at once.
_AT_ONCE = 1 << 22


@dataclass(frozen=True, slots=True, eq=False)
class Sample(Frozen):
    """Everybody in the population: what is known about them, before levels are pooled, and who answered.

    `answered` has the shape (people,), and so have the codes of each covariate and `base`: the weights that
    people come with, before the first step; 1 where none are given. `calibrated` are the variables whose
    totals weights are calibrated to.
    """

    covariates: tuple[Covariate, ...]
    answered: BoolArray
    base: FloatArray | None = None
    calibrated: tuple[Covariate, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Draw:
    """Replicates of everybody in the population: large arrays, which are passed on and not copied.

    ``times`` says how many copies of each person a replicate has, and ``base`` the weight that each of these
    copies comes with; both have the shape (replicates, people).
    """

    times: FloatArray
    base: FloatArray

    @property
    def mass(self) -> FloatArray:
        """How much each person counts in sums over the population: the weights of all copies together."""
        return self.times * self.base


class Gradients(NamedTuple):
    """How each of several estimates changes with what a step takes.

    ``weight`` is for the weight of one copy of each respondent before the step, of the shape
    (estimates, respondents); ``times`` for the copies of everybody and ``base`` for the weight that each copy
    comes with, both of the shape (estimates, people).
    """

    weight: FloatArray
    times: FloatArray
    base: FloatArray


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

    def run(self, sample: Sample, weight: FloatArray, draw: Draw) -> FloatArray:
        """Return the weights after the step, of all replicates at once.

        Parameters
        ----------
        sample : Sample
            Everybody in the population.
        weight : array, shape (replicates, respondents)
            The weights so far of each of those who answered: for one copy of that person.
        draw : Draw
            The replicates of everybody.

        Returns
        -------
        array, shape (replicates, respondents)
        """
        ...

    def backward(self, sample: Sample, weight: FloatArray, draw: Draw, gradient: FloatArray) -> Gradients:
        """Take gradients back through the step, so that variances know what the step estimated.

        Parameters
        ----------
        sample : Sample
            Everybody in the population.
        weight : array, shape (1, respondents)
            The weights before the step, as `run` took them.
        draw : Draw
            The people as they are: one replicate.
        gradient : array, shape (estimates, respondents)
            How each estimate changes with the weight that each respondent has after the step.

        Returns
        -------
        Gradients
            What the estimates change with, before the step.
        """
        ...


class Account(NamedTuple):
    """What a step did to the weights of the people as they are, and what there is to report of it.

    ``weight`` are the weights after the step, of the shape (respondents,), and ``propensity`` everybody's
    probability of answering, of the shape (people,), where the step estimates it, with so many parameters.
    ``log`` are lines for the table of steps; ``limited`` says that something keeps the weights from balancing
    what they should: a cap, or pooled levels.
    """

    weight: FloatArray
    propensity: FloatArray | None = None
    n_parameters: int = 0
    log: tuple[str, ...] = ()
    alerts: tuple[Alert, ...] = ()
    limited: bool = False


@runtime_checkable
class Reporting(Protocol):
    """A step that has more to report than its weights."""

    def report(self, sample: Sample, weight: FloatArray, draw: Draw, tell: Progress) -> Account:
        """Run the step for the people as they are: one replicate, `weight` of the shape (1, respondents)."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Recipe(Frozen):
    """What was done to whom: the sample, and the steps in order.

    It starts from the sample's own weights, or from those that another recipe, `before`, gives: `place` says
    which of the respondents of that recipe each person of the sample is.
    """

    sample: Sample
    steps: tuple[Step, ...]
    before: Recipe | None = None
    place: IntArray | None = None

    @property
    def words(self) -> str:
        """What the steps do, in words."""
        return ", ".join(step.words for step in self.steps if step.words)

    @property
    def n_people(self) -> int:
        """How many people a replicate is drawn from: everybody where the first recipe begins."""
        return self.sample.answered.size if self.before is None else self.before.n_people

    def replicate(self, multipliers: FloatArray) -> FloatArray:
        """Run the steps again for each replicate, as :meth:`credbenefits.Weights.replicate` says."""
        at_once = max(1, _AT_ONCE // max(self.n_people, 1))
        starts = range(0, len(multipliers), at_once)
        made = [self._times_copies(multipliers[start : start + at_once]) for start in starts]
        return np.concatenate(made) if made else np.zeros((0, int(self.sample.answered.sum())))

    def influence(self, gradient: FloatArray) -> FloatArray:
        """Return how estimates change with the number of copies of everybody, the recipe run again.

        The variance of an estimate is the sum of squares of these, over everybody in the population, those
        who did not answer too: it knows that the weights are estimated.

        Parameters
        ----------
        gradient : array, shape (estimates, respondents)
            How each estimate changes with the weight of each respondent, all copies together.

        Returns
        -------
        array, shape (estimates, people)
        """
        answered, draw = self.sample.answered, self.draw(np.ones((1, self.n_people)))
        weights = [draw.base[:, answered]]
        for step in self.steps:
            weights.append(step.run(self.sample, weights[-1], draw))
        mine: FloatArray = np.zeros((len(gradient), answered.size))
        mine[:, answered] = gradient * weights[-1]
        to_base = np.zeros(mine.shape)
        for step, weight in zip(reversed(self.steps), reversed(weights[:-1]), strict=True):
            gradient, to_times, of_step = step.backward(self.sample, weight, draw, gradient)
            mine += to_times
            to_base += of_step
        to_base[:, answered] += gradient
        if self.before is None:
            return mine
        before = np.zeros((len(gradient), int(self.before.sample.answered.sum())))
        # What the people of this sample do, they do as respondents of the recipe before.
        before[:, self.place] = to_base
        result = self.before.influence(before)
        result += self._of_first(mine - to_base * draw.base)
        return result

    def draw(self, times: FloatArray) -> Draw:
        """Return the replicates of the people of this sample, of copies of those of the first recipe."""
        if self.before is None:
            base = 1.0 if self.sample.base is None else self.sample.base
            return Draw(times, np.broadcast_to(base, times.shape))
        weight, copies = self.before._run(times)
        return Draw(copies[:, self.place], weight[:, self.place])

    def _of_first(self, values: FloatArray) -> FloatArray:
        """Put values of the people of this sample at their places among those of the first recipe."""
        before = self.before
        if before is None:
            return values
        whole = np.zeros((len(values), before.sample.answered.size))
        whole[:, np.flatnonzero(before.sample.answered)[self.place]] = values
        return before._of_first(whole)

    def _times_copies(self, times: FloatArray) -> FloatArray:
        weight, copies = self._run(times)
        return weight * copies

    def _run(self, times: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the weight of one copy of each respondent, and how many copies of them there are."""
        draw = self.draw(times)
        weight = draw.base[:, self.sample.answered]
        for step in self.steps:
            weight = step.run(self.sample, weight, draw)
        return weight, draw.times[:, self.sample.answered]


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
    if made.size and not (made.min() >= 0.0 and made.max() < np.inf):  # a missing one is neither
        raise InputError(
            "multipliers",
            allowed="finite numbers of at least 0",
            received="others",
            fix="Say how often each person is in the replicate; 0 for those who are not.",
        )
    return made
