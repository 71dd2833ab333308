"""Weights on people: values, what was done to them, what they cost and what they did not correct."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from credbenefits._frozen import Content
from credbenefits.errors import InputError
from credbenefits.frames.boundary import PERSON
from credbenefits.frames.people import refuse_repeated
from credbenefits.numerics.wilson import kish
from credbenefits.results.base import TableResult

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import Axes, FloatArray, Frame, IntArray
    from credbenefits.results.tables import BalanceResult, Table


@dataclass(frozen=True, slots=True, eq=False)
class Alert(Content):
    """Something about the weights that a reader must know: a code, what was found, what to do."""

    code: str
    text: str
    remedy: str


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Weights(TableResult):
    """Weights of respondents, from :func:`credbenefits.attrition_weights`.

    Attributes
    ----------
    population : str
        Whom the weighted respondents stand for, in words.
    population_size : int
        How many they are: the sum of the weights.
    wave, to : str
        Wave of the respondents, and wave that is the population.
    steps : Table
        How numbers were cut, and the weights after each step: respondents, sum, variation,
        n_effective, largest to median.
    balance : BalanceResult
        Respondents against the population, before and after weighting.
    alerts : tuple of Alert
        What a reader must know.
    recipe : mapping
        Everything needed to make the same weights again.
    """

    population: str
    population_size: int
    wave: str
    to: str
    steps: Table
    balance: BalanceResult
    alerts: tuple[Alert, ...]
    recipe: Mapping[str, Any]
    _people: IntArray
    _weight: FloatArray

    @property
    def values(self) -> Frame:
        """One row per respondent: ``person`` and ``weight`` (they add up to the population).

        A data frame of the panel's kind.
        """
        return TableResult.to_frame(self)

    def _frame_columns(self) -> dict[str, IntArray | FloatArray]:
        return {PERSON: self._people, "weight": self._weight}

    @property
    def n(self) -> int:
        """Respondents who have a weight."""
        return int(self._people.size)

    @property
    def n_effective(self) -> float:
        """Kish's effective sample size, (sum w)^2 / sum w^2."""
        return float(kish(self._weight.sum(), (self._weight**2).sum()))

    @property
    def deff(self) -> float:
        """Kish's design effect, n / n_effective."""
        return self.n / self.n_effective

    def for_people(self, people: IntArray) -> FloatArray:
        """Return the weights of these people, in their order.

        Raises
        ------
        InputError
            If an id repeats, or has no weight here: somebody outside the population, or a
            person of another panel.
        """
        refuse_repeated(people)
        order = np.argsort(self._people)
        place = np.minimum(np.searchsorted(self._people[order], people), self.n - 1)
        result = self._people[order][place] == people
        if not result.all():
            none = not result.any()
            raise InputError(
                "weights",
                allowed=f"weights for every person in the data (these cover {self.n:,})",
                received=f"{int((~result).sum()):,} of {people.size:,} people without a weight",
                fix="These weights were made for another panel: make them again for this one."
                if none
                else f"Only people in both waves have one: use "
                f"panel.wave({self.wave!r}, also_in={self.to!r}).",
            )
        return self._weight[order][place]

    def _title(self) -> str:
        return (
            f"Weights of {self.n:,} people who answered {self.wave}, standing for {self.population_size:,} "
            f"{self.population}; n_effective {self.n_effective:.1f}, deff {self.deff:.2f}"
        )

    def _columns(self) -> dict[str, list[Any]]:
        return self.steps._columns()

    def _notes(self) -> Sequence[str]:
        return tuple(f"{a.code}: {a.text} {a.remedy}" for a in self.alerts)

    def to_frame(self) -> Frame:
        """Return the weights, as ``values`` does."""
        return self.values

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the balance before and after weighting; returns the matplotlib Axes.

        Without `ax` the axes are new, as in ``ProportionsResult.plot``.
        """
        return self.balance.plot(ax=ax)
