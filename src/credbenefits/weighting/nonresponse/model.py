"""The model of answering: how much propensities vary, and by which variables."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from credbenefits.counts.by_codes import crossed
from credbenefits.errors import SeparationError
from credbenefits.numerics.models.logistic import fit_logistic
from credbenefits.numerics.response.indicator import Partial, RIndicator, partial_indicators, r_indicator
from credbenefits.results.base import ALL
from credbenefits.results.bias.tables import PartialIndicator, Partials, ResponseIndicator
from credbenefits.weighting.covariates import design_cells, pool_extremes
from credbenefits.weighting.nonresponse import words
from credbenefits.weighting.record import effective_size
from credbenefits.weighting.steps.response import RIDGE, Model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import FloatArray
    from credbenefits.numerics.models.logistic import LogisticFit
    from credbenefits.weighting.covariates import Design
    from credbenefits.weighting.nonresponse.people import Everybody
    from credbenefits.weighting.nonresponse.variables import Variable


@dataclass(frozen=True, slots=True)
class Fitted:
    """Propensities of everybody, with what they were estimated from, and notes on it."""

    propensity: FloatArray
    design: Design
    covariance: FloatArray
    n_parameters: int
    notes: list[str]


def fit(variables: Sequence[Variable], people: Everybody) -> Fitted | str:
    """Fit a logistic regression on the main effects of all variables; return why, where there is none."""
    read = [each.covariate for each in variables if len(each.levels) > 1]
    if not read:
        return "no variable has two levels"
    times = None if people.sampling is None else people.base
    final = [pool_extremes(each, people.answered) for each in read]
    design = design_cells(final, people.answered, times=times)
    silent = (~people.answered).astype(np.float64)
    no = np.bincount(design.cell, silent if times is None else times * silent).astype(np.float64)
    model = Model(final, design.margins, 0.0)
    try:
        model.refuse_parted(no, design.successes)
    except SeparationError:
        return "the variables tell those who answered exactly apart from those who did not"
    fitted, penalty = fit_logistic(design.margins, design.successes, design.trials), None
    if not fitted.converged:
        penalty = model.penalty(RIDGE * design.trials.sum() / people.answered.size)
        fitted = fit_logistic(design.margins, design.successes, design.trials, penalty=penalty)
    if not fitted.converged:
        return "the model of answering has no finite solution"
    n = int(fitted.estimable.sum())
    if n == 1:
        return "at every level of every variable nobody or everybody answered, or all levels have one rate"
    said = words.of_pooling(zip(read, final, strict=True))
    said += [] if penalty is None else [words.RIDGE]
    said += words.of_parameters(n, int(people.answered.sum()))
    covariance = fitted.covariance if people.sampling is None else _robust(people, design, fitted)
    return Fitted(fitted.fitted[design.cell], design, covariance, n, said)


def _robust(people: Everybody, design: Design, fitted: LogisticFit) -> FloatArray:
    """Return the covariance of the coefficients under weights and a design.

    Source: Binder (1983), International Statistical Review 51:279.
    """
    assert people.sampling is not None
    off = people.base * (people.answered - fitted.fitted[design.cell])
    scores = off[:, None] * design.matrix[design.cell]
    result: FloatArray = fitted.covariance @ people.sampling.covariance(scores) @ fitted.covariance
    return result


def indicator(fitted: Fitted | str, people: Everybody) -> tuple[ResponseIndicator, float]:
    """Return the indicator of the response, and what bias adjustment multiplies partials by."""
    rate = people.rate
    least = 1.0 - 2.0 * math.sqrt(rate * (1.0 - rate))
    if isinstance(fitted, str):
        nan = math.nan
        return ResponseIndicator(rate, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, least, 0, nan), nan
    made = _r(fitted, people)
    low, high = made.cv_limits(people.confidence_level)
    weight = people.base[people.answered] / fitted.propensity[people.answered]
    return (
        ResponseIndicator(
            response_rate=rate,
            cv=made.cv_adjusted,
            cv_std_error=made.cv_std_error,
            cv_low=low,
            cv_high=high,
            max_bias=made.max_bias(),
            max_bias_high=high / 2.0,
            r=made.r_adjusted,
            std_error=made.std_error,
            r_unadjusted=made.r,
            cv_unadjusted=made.cv,
            least_r=least,
            n_parameters=fitted.n_parameters,
            n_effective=effective_size(weight),
        ),
        made.factor,
    )


def _r(fitted: Fitted, people: Everybody) -> RIndicator:
    design = fitted.design
    first = np.zeros(design.trials.size, dtype=np.int64)
    first[design.cell] = np.arange(design.cell.size)
    rho = fitted.propensity[first]
    variance = 0.0
    if people.sampling is not None:
        p, total = fitted.propensity, people.base.sum()
        squares = (p - people.base @ p / total) ** 2
        score = people.base * (squares - people.base @ squares / total) / total
        variance = float(people.sampling.covariance(score[:, None])[0, 0])
    return r_indicator(
        rho,
        design.matrix,
        fitted.covariance,
        weight=design.trials,
        n=people.answered.size,
        sampling_variance=variance,
    )


def partials(
    variables: Sequence[Variable], fitted: Fitted | str, people: Everybody, factor: float
) -> tuple[Partials, list[str]]:
    """Return the partial indicators of every variable and level, and a note where cells are small."""
    used = [each for each in variables if len(each.levels) > 1]
    if isinstance(fitted, str):
        return Partials(()), []
    cells, place = crossed([each.codes for each in used])
    first = np.zeros(len(cells), dtype=np.int64)
    first[place] = np.arange(place.size)
    weight = np.bincount(place, weights=people.base)
    codes = [cells[:, axis] for axis in range(len(used))]
    made = partial_indicators(fitted.propensity[first], codes, weight)
    rows = [
        row for each, one in zip(used, made, strict=True) for row in _rows(each, one, factor, people.rate)
    ]
    to_a_cell = place.size / max(one.n_groups for one in made)
    return Partials(tuple(rows)), words.of_partials(to_a_cell)


def _rows(variable: Variable, made: Partial, factor: float, rate: float) -> list[PartialIndicator]:
    def row(level: str, unconditional: float, conditional: float) -> PartialIndicator:
        both = unconditional * factor, conditional * factor
        return PartialIndicator(
            variable.name, level, unconditional, conditional, *both, both[0] / rate, both[1] / rate
        )

    pairs = zip(made.of_levels.tolist(), made.conditional_of_levels.tolist(), strict=False)
    return [
        row(ALL, made.unconditional, made.conditional),
        *(row(level, *pair) for level, pair in zip(variable.levels, pairs, strict=False)),
    ]


def notes(fitted: Fitted | str, indicator: ResponseIndicator, confidence_level: float) -> list[str]:
    """Say what the indicator says and how the model was made, or why there is none."""
    if isinstance(fitted, str):
        return [f"no indicator of the response: {fitted}"]
    return [*words.of_indicator(indicator, confidence_level), *fitted.notes]
