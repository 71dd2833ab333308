"""Which variables predict who answers, and which the outcome among those who answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from credbenefits.results.bias.tables import Predictor, Predictors
from credbenefits.weighting.nonresponse.levels import v_to_difference

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import Evidence, IntArray
    from credbenefits.numerics.response.association import Association
    from credbenefits.weighting.nonresponse.people import Everybody
    from credbenefits.weighting.nonresponse.questions import Outcome
    from credbenefits.weighting.nonresponse.variables import Variable

#: A standardised difference, or Cramer's V, that is surely below this does not matter.
NEGLIGIBLE = 0.1


def predict(
    variables: Sequence[Variable],
    outcomes: Sequence[Outcome],
    people: Everybody,
    *,
    tested: Mapping[str, Association],
    rows: IntArray,
) -> Predictors:
    """Say of each variable whether it predicts who answers, and each outcome.

    `rows` has the row of everybody in the wave of the outcomes, -1 for those who did not answer it.
    """
    scale = v_to_difference(people.rate)
    alpha = 1.0 - people.confidence_level
    made = []
    for outcome in outcomes:
        codes = np.append(outcome.codes, -1)[rows]
        inside = (codes >= 0) & people.answered
        for each in variables:
            response, levels = tested[each.name], (len(each.levels), len(outcome.levels))
            found = people.associated(each.codes, codes, levels, inside)
            answers = _evidence(response.p_value, response.v_high * scale, alpha, one_level=levels[0] < 2)
            says = _evidence(found.p_value, found.v_high, alpha, one_level=levels[0] < 2)
            made.append(
                Predictor(
                    each.name,
                    outcome.label,
                    response.v * scale,
                    response.v_high * scale,
                    response.p_value,
                    found.n,
                    found.v,
                    found.v_high,
                    found.p_value,
                    answers,
                    says,
                    _both(answers, says),
                )
            )
    return Predictors(tuple(made))


def _evidence(p_value: float, high: float, alpha: float, *, one_level: bool) -> Evidence:
    """Say whether something predicts: it does not where it has one level, or surely hardly does."""
    if one_level or high < NEGLIGIBLE:
        return "no"
    return "yes" if p_value < alpha else "cannot tell"


def _both(first: Evidence, second: Evidence) -> Evidence:
    if "no" in {first, second}:
        return "no"
    return "yes" if first == second == "yes" else "cannot tell"
