"""Respondents against everybody: each variable, each of its levels, and the means of numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from credbenefits.numerics.response.differences import standardised_difference
from credbenefits.results.bias.tables import MEAN, BiasLevels, BiasVariables, LevelBias, VariableBias
from credbenefits.weighting.nonresponse.people import sums_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import FloatArray
    from credbenefits.numerics.response.association import Association
    from credbenefits.weighting.nonresponse.people import Everybody
    from credbenefits.weighting.nonresponse.variables import Variable


def tests(variables: Sequence[Variable], people: Everybody) -> dict[str, Association]:
    """Test every variable against who answered."""
    answered = people.answered.astype(np.int64)
    return {each.name: people.associated(each.codes, answered, (len(each.levels), 2)) for each in variables}


def compare(
    variables: Sequence[Variable], people: Everybody, tested: Mapping[str, Association]
) -> tuple[BiasVariables, BiasLevels]:
    """Compare the respondents, in each way to weight them, with everybody."""
    of_variables: list[VariableBias] = []
    of_levels: list[LevelBias] = []
    for each in variables:
        shares = _Shares(each, people)
        for name, weight in people.sets.items():
            made = shares.of(weight)
            of_levels += shares.rows(name, made, weight)
            test = tested[each.name] if name == people.first else None
            of_variables.append(_row(each, name, (made, shares.everybody), test, rate=people.rate))
    return BiasVariables(tuple(of_variables)), BiasLevels(tuple(of_levels))


class _Shares:
    """The shares of everybody at the levels of a variable."""

    def __init__(self, variable: Variable, people: Everybody) -> None:
        self.variable, self.people = variable, people
        self.n_levels = len(variable.levels)
        self.mine = variable.codes[people.answered]
        mass = people.sizes(variable.codes, self.n_levels)
        self.everybody = mass / mass.sum()
        self.n = np.bincount(variable.codes, minlength=self.n_levels)
        self.n_mine = np.bincount(self.mine, minlength=self.n_levels)
        base = np.bincount(self.mine, weights=people.base[people.answered], minlength=self.n_levels)
        self.rate = np.divide(base, mass, out=np.full(self.n_levels, np.nan), where=mass > 0)

    def of(self, weight: FloatArray) -> FloatArray:
        """Return the shares of the respondents with these weights."""
        mass = sums_of(self.mine, weight, self.n_levels)
        return np.asarray(mass / mass.sum())

    def rows(self, name: str, made: FloatArray, weight: FloatArray) -> list[LevelBias]:
        """Return a row for each level and, where there are numbers, one of their means."""
        result = []
        for i, level in enumerate(self.variable.levels):
            whole, mine = float(self.everybody[i]), float(made[i])
            counts = int(self.n[i]), int(self.n_mine[i]), float(self.rate[i])
            spread = math.sqrt(whole * (1.0 - whole))
            row = *counts, whole, mine, *_differences(mine, whole, spread)
            result.append(LevelBias(self.variable.name, level, name, "share", *row))
        mean = self._mean(name, weight)
        return result if mean is None else [*result, mean]

    def _mean(self, name: str, weight: FloatArray) -> LevelBias | None:
        values, people = self.variable.numbers, self.people
        if values is None:
            return None
        there = ~np.isnan(values)
        base, mine = people.base * there, weight * there[people.answered]
        if not base.any() or not mine.any():
            return None
        known = np.where(there, values, 0.0)
        whole = float(base @ known / base.sum())
        spread = math.sqrt(float(base @ np.where(there, values - whole, 0.0) ** 2 / base.sum()))
        part = float(mine @ known[people.answered] / mine.sum())
        n, n_mine = int(there.sum()), int(there[people.answered].sum())
        rate = float((base * people.answered).sum() / base.sum())
        row = n, n_mine, rate, whole, part, *_differences(part, whole, spread)
        return LevelBias(self.variable.name, MEAN, name, "mean", *row)


def _differences(part: float, whole: float, spread: float) -> tuple[float, float, float]:
    """Return the difference, the standardised one and the relative one."""
    difference = part - whole
    return (
        difference,
        difference / spread if spread > 0 else math.nan,
        difference / whole if whole else math.nan,
    )


def _row(
    variable: Variable,
    name: str,
    shares: tuple[FloatArray, FloatArray],
    test: Association | None,
    *,
    rate: float,
) -> VariableBias:
    made, everybody = shares
    off = made - everybody
    # Of levels that are equally far off, as two levels are, the first that has too many.
    worst = min(range(off.size), key=lambda i: (-round(abs(float(off[i])), 12), off[i] < 0))
    by_chance, tested = math.nan, (math.nan,) * 5
    if test is not None:
        by_chance = test.v_by_chance * v_to_difference(rate)
        tested = test.statistic, test.df, test.df2, test.p_value, test.least_expected
    return VariableBias(
        variable.name,
        name,
        len(variable.levels),
        float(standardised_difference(made, everybody)),
        by_chance,
        float(off[worst]),
        variable.levels[worst],
        *tested,
    )


def v_to_difference(rate: float) -> float:
    """Return what Cramer's V with who answered is multiplied by, to be the standardised difference."""
    return math.sqrt((1.0 - rate) / rate)
