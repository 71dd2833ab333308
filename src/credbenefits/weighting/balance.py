"""Balance: how respondents differ from the population, before and after weighting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from credbenefits.counts.by_codes import ByCodes
from credbenefits.results.tables import BalanceResult, BalanceRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import BoolArray, FloatArray
    from credbenefits.weighting.covariates import Covariate


def compare_with_population(
    model: list[Covariate],
    held_out: list[Covariate],
    answered: BoolArray,
    weight: FloatArray,
    *,
    names: tuple[str, str],
    base: FloatArray | None = None,
) -> BalanceResult:
    """Compare every level's proportion among respondents with its proportion in the whole population wave.

    `base` are the weights that everybody in it comes with: then both are weighted with these before.
    """
    group = answered.astype(np.int64)
    given, everybody = ByCodes(None, group, 1, 2, base), np.ones(answered.size)
    everybody[answered] = weight
    made = ByCodes(None, group, 1, 2, everybody)
    rows = [
        row
        for role, covariates in (("model", model), ("check", held_out))
        for covariate in covariates
        for row in _rows(covariate, role, given, made)
    ]
    wave, population = names
    return BalanceResult(tuple(rows), f"respondents to {wave}", population)


def _rows(covariate: Covariate, role: str, given: ByCodes, made: ByCodes) -> list[BalanceRow]:
    """Make the rows of a covariate; group 1 of the counters are those who answered."""
    n = len(covariate.levels)
    sums = made.table(covariate.codes, 0, n, squares=False)
    people, weight = sums.people[0], sums.weight[0, 1]
    if given.weight is not None:
        people = given.table(covariate.codes, 0, n, squares=False).weight[0]
    everybody = people.sum(axis=0) / people.sum()
    plain = people[1] / people[1].sum()
    weighted = weight / weight.sum()
    return _compared(covariate, role, (everybody, plain, weighted))


def compare_with_totals(
    parts: Sequence[tuple[Covariate, FloatArray, FloatArray, FloatArray]], population: str
) -> BalanceResult:
    """Compare the proportions of levels among given and new weights with those of their totals.

    Each part is a covariate, its totals, and the sums of given and of new weights, (levels,) each.
    """
    rows = []
    for covariate, total, old, new in parts:
        rows += _compared(covariate, "model", (total / total.sum(), old / old.sum(), new / new.sum()))
    return BalanceResult(tuple(rows), "the rows with their given weights", population)


def _compared(
    covariate: Covariate, role: str, proportions: tuple[FloatArray, FloatArray, FloatArray]
) -> list[BalanceRow]:
    """Make the rows of a covariate, of the proportions of everybody, of respondents, and of weighted ones."""
    everybody, plain, weighted = proportions
    spread = np.sqrt(everybody * (1.0 - everybody))
    result = []
    for i, level in enumerate(covariate.levels):
        before, after = float(plain[i] - everybody[i]), float(weighted[i] - everybody[i])
        scale = float(spread[i]) or float("inf")
        result.append(
            BalanceRow(
                covariate.name,
                level,
                role,
                float(everybody[i]),
                float(plain[i]),
                float(weighted[i]),
                before,
                after,
                before / scale,
                after / scale,
            )
        )
    return result
