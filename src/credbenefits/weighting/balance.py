"""Balance: how respondents differ from the population, before and after weighting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from credbenefits.results.tables import BalanceResult, BalanceRow

if TYPE_CHECKING:
    from credbenefits._typing import BoolArray, FloatArray
    from credbenefits.weighting.covariates import Covariate


def compare_with_population(
    model: list[Covariate],
    held_out: list[Covariate],
    answered: BoolArray,
    weight: FloatArray,
    *,
    names: tuple[str, str],
) -> BalanceResult:
    """Compare every level's proportion among respondents with its proportion in the whole population wave."""
    rows = []
    for role, covariates in (("model", model), ("check", held_out)):
        for covariate in covariates:
            rows += _rows(covariate, role, answered, weight)
    wave, population = names
    return BalanceResult(tuple(rows), f"respondents to {wave}", population)


def _rows(covariate: Covariate, role: str, answered: BoolArray, weight: FloatArray) -> list[BalanceRow]:
    size = len(covariate.levels)
    everybody = covariate.sizes() / covariate.codes.size
    mine = covariate.codes[answered]
    plain = np.bincount(mine, minlength=size) / mine.size
    weighted = np.bincount(mine, weights=weight, minlength=size) / weight.sum()
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
