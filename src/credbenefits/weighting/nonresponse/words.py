"""What a report on nonresponse bias notes, in words that say no more than its numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from credbenefits import _validation as check
from credbenefits.counts.tally import YES_NO
from credbenefits.results.base import level_words, many
from credbenefits.results.bias.tables import MEAN
from credbenefits.results.weighing.alert import Alert
from credbenefits.weighting.alerts import MISSED_REMEDY
from credbenefits.weighting.reading.answering import NOT_THERE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from credbenefits.panel.panel import Panel
    from credbenefits.results.bias.tables import (
        AttritionOfGroups,
        BiasVariables,
        KnownBias,
        KnownOutcomes,
        Predictor,
        Predictors,
        ResponseIndicator,
    )
    from credbenefits.weighting.covariates import Covariate
    from credbenefits.weighting.reading.answering import Standing

#: With fewer respondents to a coefficient than this the model fits chance.
_LEAST_TO_A_COEFFICIENT = 10
#: With fewer people to a cell of all other variables than this, hardly any are compared within cells.
_LEAST_TO_A_CELL = 10
#: Below this expected number of people in a cell a chi-squared test is rough.
_LEAST_EXPECTED = 5.0
#: Below this response rate NCES requires an analysis of nonresponse bias.
_NCES = 0.85
#: Names that a note lists one by one.
_MOST_NAMED = 12
#: A gain in the standard error that is not worth a word.
_NO_MORE = 0.005


def quoted(names: Iterable[str]) -> str:
    """Write names in quotes, saying how many were left out."""
    listed = list(names)
    more = len(listed) - _MOST_NAMED
    shown = ", ".join(f"“{name}”" for name in listed[:_MOST_NAMED])
    return f"{shown} and {more:,} more" if more > 0 else shown


def of_links(panel: Panel, standing: Standing) -> list[str]:
    """Say who answered and is not among everybody, and how sure the links are."""
    notes = []
    waves = " and ".join(f"“{wave}”" for wave in standing.waves)
    for why, people in standing.left_out.items():
        who = many(people.size, "person", "people")
        are = "is" if people.size == 1 else "are"
        if why == NOT_THERE:
            notes.append(
                f"{who} answered {waves} and {are} not found in “{standing.to}”: nothing is known about "
                "them here, and whoever of them was there counts as one who did not answer"
            )
        else:
            notes.append(f"{who} answered {waves} and {are} left out: {why}")
    if panel.link_summary().method != "exact":
        notes.append("links are in doubt: wrong and missed ones are not corrected for")
    return notes


def of_rate(rate: float) -> list[str]:
    """Say where so few answered that an analysis is required.

    Source: NCES Statistical Standards (2012), standard 4-4.
    """
    if rate >= _NCES:
        return []
    return [
        f"the response rate is {100 * rate:.1f}%. Below 85% the statistical standards of NCES (4-4) require "
        "a nonresponse bias analysis, such as this one"
    ]


def of_indicator(indicator: ResponseIndicator, confidence_level: float) -> list[str]:
    """Say what the indicator says, the coefficient of variation first."""
    limit = level_words(confidence_level)
    points, most = 100 * indicator.max_bias, 100 * indicator.max_bias_high
    notes = [
        f"the probability of answering varies by {indicator.cv:.2f} of its mean (coefficient of variation; "
        f"{limit} interval {indicator.cv_low:.2f} to {indicator.cv_high:.2f}). So far as these variables "
        f"tell who answers, a share of one half is off by {points:.0f} points at most, or {most:.0f} at the "
        "upper limit; what they do not tell can add to it"
    ]
    if indicator.least_r > 0:
        notes.append(
            f"at a response rate of {100 * indicator.response_rate:.1f}% the R-indicator ({indicator.r:.3f}) "
            f"cannot be below {indicator.least_r:.3f}: go by the coefficient of variation"
        )
    return notes


#: What is said where the model of answering has no finite solution without a penalty.
RIDGE = (
    "levels of several variables together hold only people who answered, or only people who did not: the "
    "model of answering has a small ridge penalty, as that of weights has then"
)


def of_pooling(both: Iterable[tuple[Covariate, Covariate]]) -> list[str]:
    """Say which levels of a variable were taken together for the model."""
    notes = []
    for read, final in both:
        pairs = zip(final.levels, final.members, strict=True)
        if joined := [name for name, members in pairs if len(members) > 1]:
            notes.append(
                f"{read.name}: {check.listing(joined)} taken together in the model of answering, since "
                "nobody or everybody at one of these levels answered"
            )
    return notes


def of_parameters(n: int, respondents: int) -> list[str]:
    """Say where the model has many coefficients for its respondents."""
    if respondents >= _LEAST_TO_A_COEFFICIENT * n:
        return []
    return [
        f"the model of answering has {many(n, 'coefficient', 'coefficients')} for "
        f"{many(respondents, 'respondent', 'respondents')}: it fits chance too, and the adjustment takes "
        "that out only in part. Name fewer variables"
    ]


def of_partials(to_a_cell: float) -> list[str]:
    """Say where the conditional partial indicators compare few people."""
    if to_a_cell >= _LEAST_TO_A_CELL:
        return []
    return [
        f"conditional partials compare groups of {to_a_cell:.1f} people on average, who are alike in all "
        "other variables: so small that the numbers are too low. With fewer variables they say more"
    ]


def of_predictors(predictors: Predictors, *, n_effective: float, n: int) -> list[str]:
    """Say what weighting on the variables can do for each outcome, and what it costs."""
    by_outcome: dict[str, list[Predictor]] = {}
    for row in predictors.rows:
        by_outcome.setdefault(row.outcome, []).append(row)
    cost = _cost(n_effective, n)
    return [f"“{outcome}”: {_what_weighting_does(rows, cost)}" for outcome, rows in by_outcome.items()]


def _what_weighting_does(rows: list[Predictor], cost: str) -> str:
    corrects = [row.variable for row in rows if row.corrects == "yes"]
    if corrects:
        them = "it predicts" if len(corrects) == 1 else "they predict"
        return (
            f"weighting on {quoted(corrects)} can correct bias, since {them} both who answers and the outcome"
        )
    useless = [row for row in rows if row.predicts_response == "yes"]
    if not useless:
        return (
            "no variable is shown to predict both who answers and the outcome, so there is nothing that "
            "weighting on them is shown to correct"
        )
    raises = (
        "is likely to raise" if all(row.predicts_outcome == "no" for row in useless) else "may only raise"
    )
    them = "predicts" if len(useless) == 1 else "predict"
    return (
        f"{quoted(row.variable for row in useless)} {them} who answers, and none of the variables "
        f"that do so is shown to predict the outcome: weighting on them {raises} the error of the "
        f"estimate{cost}, and corrects nothing that is shown to be there"
    )


def _cost(n_effective: float, n: int) -> str:
    """Say how much larger the standard error gets with weights of 1 over the propensity."""
    more = math.sqrt(n / n_effective) - 1.0 if n_effective > 0 else math.nan
    return f" (its standard error by about {100 * more:.0f}%, untrimmed)" if more >= _NO_MORE else ""


def of_known(known: KnownOutcomes, first: str, confidence_level: float) -> list[str]:
    """Say which estimates before weighting, the `first` set, miss the truth that is known."""
    return [
        f"“{known_words(row)}” is known for everybody, and the {level_words(confidence_level)} interval of "
        f"the respondents ({first}) does not hold the truth. Estimates of what goes with it are off too"
        for row in known.rows
        if row.misses_truth and row.weights == first
    ]


def truth_alerts(known: KnownOutcomes, first: str, confidence_level: float) -> tuple[Alert, ...]:
    """Tell which weights miss a truth that is known: of each outcome what they miss by most."""
    worst: dict[tuple[str, str], KnownBias] = {}
    for row in known.rows:
        if row.misses_truth and row.weights != first:
            found = worst.setdefault((row.outcome, row.weights), row)
            if abs(row.difference) > abs(found.difference):
                worst[row.outcome, row.weights] = row
    return tuple(
        Alert("known_truth_missed", _missed(row, confidence_level), row.difference, MISSED_REMEDY)
        for row in worst.values()
    )


def _missed(row: KnownBias, confidence_level: float) -> str:
    mean = row.measure == "mean"
    of = "on average for" if mean else "of"
    truth, estimate, low, high = (
        f"{value:.4g}" if mean else f"{value:.1%}"
        for value in (row.truth, row.estimate, row.conf_low, row.conf_high)
    )
    return (
        f"{known_words(row)}: {truth} {of} everybody, which is known, but {estimate} "
        f"{of} respondents with the weights “{row.weights}” ({level_words(confidence_level)} "
        f"interval {low} to {high})."
    )


def known_words(row: KnownBias) -> str:
    """Name a known outcome: by itself, or with the answer that is counted."""
    return row.outcome if row.level in {MEAN, YES_NO[1]} else f"{row.outcome}: {row.level}"


def of_groups(attrition: AttritionOfGroups) -> list[str]:
    """Say whether the attrition of groups that are compared is low."""
    return [
        f"{row.group} against {row.other}: attrition of {100 * row.overall:.0f}% overall, "
        f"{100 * abs(row.differential):.1f} points apart, is {row.cautious} by the cautious boundary and "
        f"{row.optimistic} by the optimistic one"
        for row in attrition.rows
    ]


def of_tests(variables: BiasVariables) -> list[str]:
    """Say which tests have few people in a cell."""
    rough = [row.variable for row in variables.rows if row.least_expected < _LEAST_EXPECTED]
    few = "fewer than 5 people are expected in a cell, so p-values are rough"
    return [f"{few}: {quoted(rough)}"] if rough else []
