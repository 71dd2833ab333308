"""Covariates of a response model: categories in which "missing" is one more level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from credbenefits._typing import BoolArray, FloatArray, IntArray
    from credbenefits.frames.categories import Categories

MISSING = "(missing)"


@dataclass(frozen=True, slots=True)
class Covariate:
    """A variable known for everybody in the population: a level per person, none missing."""

    name: str
    codes: IntArray
    levels: tuple[str, ...]

    @classmethod
    def from_categories(cls, categories: Categories) -> Covariate:
        """Give missing answers a level of their own, the last."""
        codes, levels = categories.codes, categories.labels
        if (codes < 0).any():
            codes = np.where(codes < 0, len(levels), codes)
            levels = (*levels, MISSING)
        return cls(categories.column, codes, levels)

    def sizes(self, rows: BoolArray | None = None) -> IntArray:
        """People at each level, among all or some."""
        codes = self.codes if rows is None else self.codes[rows]
        return np.bincount(codes, minlength=len(self.levels)).astype(np.int64)


def pool_extremes(covariate: Covariate, answered: BoolArray) -> tuple[Covariate, list[str]]:
    """Pool levels where nobody or everybody answered, whose coefficient would be infinite.

    Returns the smaller covariate and what was done, in words.
    """
    told = []
    while (level := _extreme_level(covariate, answered)) is not None:
        covariate, text = pool_level(covariate, level, answered)
        told.append(text)
    return covariate, told


def _extreme_level(covariate: Covariate, answered: BoolArray) -> int | None:
    people, yes = covariate.sizes(), covariate.sizes(answered)
    extreme = np.flatnonzero((yes == 0) | (yes == people))
    return int(extreme[0]) if extreme.size and people.size > 1 else None


def pool_level(covariate: Covariate, level: int, answered: BoolArray) -> tuple[Covariate, str]:
    """Pool one level with the level whose response rate is nearest to its own."""
    people, yes = covariate.sizes(), covariate.sizes(answered)
    rate = yes / people
    others = [i for i in range(rate.size) if i != level]
    target = min(others, key=lambda i: (abs(rate[i] - rate[level]), i))
    told = (
        f"level {covariate.levels[level]!r} ({people[level]:,} people, {yes[level]:,} respondents) "
        f"was pooled with {covariate.levels[target]!r}"
    )
    first, second = sorted((level, target))
    place = np.arange(rate.size)
    place[second] = first
    place[second + 1 :] -= 1
    levels = list(covariate.levels)
    levels[first] = f"{levels[target]} or {levels[level]}"
    del levels[second]
    return Covariate(covariate.name, place[covariate.codes], tuple(levels)), told


@dataclass(frozen=True, slots=True)
class Design:
    """Cells of crossed covariates: the cell of every person, and a design row per cell.

    `columns` says which covariate and level each design column stands for (-1, -1: intercept).
    """

    cell: IntArray
    matrix: FloatArray
    columns: tuple[tuple[int, int], ...]


def design_cells(covariates: list[Covariate]) -> Design:
    """Cross the covariates; the most frequent level of each is the one without an indicator."""
    n = covariates[0].codes.size
    cell = np.zeros(n, dtype=np.int64)
    for covariate in covariates:
        # Renumbered after every factor, so that many covariates cannot overflow the cell number.
        crossed = cell * len(covariate.levels) + covariate.codes
        cell = np.unique(crossed, return_inverse=True)[1].reshape(-1)
    first = np.unique(cell, return_index=True)[1]
    matrix = [np.ones(first.size)]
    columns = [(-1, -1)]
    for place, covariate in enumerate(covariates):
        of_cell = covariate.codes[first]
        usual = int(covariate.sizes().argmax())
        for level in range(len(covariate.levels)):
            if level != usual:
                matrix.append((of_cell == level).astype(np.float64))
                columns.append((place, level))
    return Design(cell, np.column_stack(matrix), tuple(columns))
