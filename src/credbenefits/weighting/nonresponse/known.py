"""Outcomes that are recorded for everybody: how far respondents, weighted or not, are from the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from credbenefits.numerics.proportion.design import design_interval, effective_size
from credbenefits.numerics.response.truth import (
    AgainstTruth,
    designed_mean_against_truth,
    mean_against_truth,
    share_against_truth,
)
from credbenefits.results.bias.tables import MEAN, KnownBias, KnownOutcomes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import BoolArray, FloatArray, Measure
    from credbenefits.weighting.nonresponse.people import Everybody
    from credbenefits.weighting.nonresponse.questions import Outcome


def against_truth(outcomes: Sequence[Outcome], people: Everybody) -> KnownOutcomes:
    """Compare respondents, in each way to weight them, with what is recorded for everybody."""
    rows: list[KnownBias] = []
    for outcome in outcomes:
        for name, weight in people.sets.items():
            if outcome.values is not None:
                rows += _of_mean(outcome, people, name, weight)
            else:
                rows += _of_shares(outcome, people, name, weight)
    return KnownOutcomes(tuple(rows))


def _of_mean(outcome: Outcome, people: Everybody, name: str, weight: FloatArray) -> list[KnownBias]:
    assert outcome.values is not None
    there = ~np.isnan(outcome.values)
    truth = float(people.base[there] @ outcome.values[there] / people.base[there].sum())
    mine = there[people.answered]
    values = outcome.values[people.answered][mine]
    made = mean_against_truth(values, weight[mine], truth, confidence_level=people.confidence_level)
    n = int((weight[mine] > 0).sum())
    if people.sampling is not None and name == people.first and n > 1:
        made = _designed_mean(outcome.values, people, there & people.answered, truth)
    return [_row((outcome.label, MEAN, name), "mean", (int(there.sum()), truth, n), made)]


def _of_shares(outcome: Outcome, people: Everybody, name: str, weight: FloatArray) -> list[KnownBias]:
    there = outcome.codes >= 0
    mine = there & people.answered
    w, codes = weight[there[people.answered]], outcome.codes[mine]
    total, n = float(people.base[there].sum()), int((w > 0).sum())
    rows = []
    for level in outcome.shown:
        yes = outcome.codes == level
        truth = float(people.base[yes].sum()) / total
        made = share_against_truth(
            w[codes == level].sum(), w.sum(), (w**2).sum(), truth, confidence_level=people.confidence_level
        )
        if people.sampling is not None and name == people.first and n:
            made = _designed(made, people, (yes, mine), truth)
        called = outcome.label, outcome.levels[level], name
        rows.append(_row(called, "share", (int(there.sum()), truth, n), made))
    return rows


def _designed_mean(values: FloatArray, people: Everybody, mine: BoolArray, truth: float) -> AgainstTruth:
    """Return the interval of a mean that knows how people were drawn, for respondents with base weights."""
    assert people.sampling is not None
    base = people.base * mine / (people.base @ mine)
    mean = float(base @ np.where(mine, values, 0.0))
    off = np.where(mine, values - mean, 0.0)
    n, df = int(mine.sum()), people.sampling.df(mine)
    variance = float(people.sampling.covariance((base * off)[:, None])[0, 0])
    spread = float(base @ off**2) * n / (n - 1.0)
    level = people.confidence_level
    return designed_mean_against_truth(mean, (variance, spread), truth, df=df, confidence_level=level)


def _designed(
    made: AgainstTruth, people: Everybody, sides: tuple[BoolArray, BoolArray], truth: float
) -> AgainstTruth:
    """Return the interval that knows how people were drawn, for respondents as they were drawn."""
    assert people.sampling is not None
    yes, mine = sides
    p, base = float(made.estimate), people.base * mine
    scores = base * (yes - p) / base.sum()
    variance = float(people.sampling.covariance(scores[:, None])[0, 0])
    n, df = int(mine.sum()), people.sampling.df(mine)
    kish, units = made.n_effective, np.unique(people.sampling.unit[mine]).size
    low, high = design_interval(
        p,
        variance,
        n,
        df,
        n_kish=kish,
        units=units,
        method="wilson",
        confidence_level=people.confidence_level,
    )
    size = effective_size(p, variance, n, kish, units=units)
    return AgainstTruth(made.estimate, low, high, size, np.asarray((truth < low) | (truth > high)))


def _row(
    called: tuple[str, str, str], measure: Measure, of: tuple[int, float, int], made: AgainstTruth
) -> KnownBias:
    n_everybody, truth, n = of
    estimate = float(made.estimate)
    return KnownBias(
        *called,
        measure,
        n_everybody,
        truth,
        n,
        float(made.n_effective),
        estimate,
        float(made.low),
        float(made.high),
        estimate - truth,
        bool(made.misses),
    )
