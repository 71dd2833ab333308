"""The method of weights: what is fitted to whom, by a written rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits import _validation as validate
from credbenefits.errors import MethodError
from credbenefits.weighting.alerts import PER_PARAMETER
from credbenefits.weighting.covariates import MOST_CELLS, pool_extremes
from credbenefits.weighting.recipe import Draw
from credbenefits.weighting.steps.calibration import Margin
from credbenefits.weighting.steps.cells import weighed
from credbenefits.weighting.steps.classes import Classes, People, cut_classes
from credbenefits.weighting.steps.crossed import CrossedCells, join_cells, sums_of
from credbenefits.weighting.steps.propensity import Propensity
from credbenefits.weighting.steps.response import RIDGE
from credbenefits.weighting.steps.totals import CalibrateCovariates

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray, WeightMethod
    from credbenefits.weighting.covariates import Covariate
    from credbenefits.weighting.recipe import Sample, Step

#: Respondents from which on "auto" weights at all, from which on it fits a propensity to each, and above
#: which it needs no penalty.
LEAST, FEW, MANY = 30, 80, 200


class Chosen(NamedTuple):
    """The steps that make weights of base weights, and what was chosen and why."""

    steps: tuple[Step, ...]
    log: tuple[str, ...] = ()


def choose(method: WeightMethod, sample: Sample, base: FloatArray | None = None) -> Chosen:
    """Choose the steps of a method for these people; what is chosen is the same in all replicates.

    `base` are the weights that everybody comes with where another recipe made them; else the sample has them.
    """
    if base is None:
        base = np.ones(sample.answered.size) if sample.base is None else sample.base
    n = int((sample.answered & (base > 0)).sum())
    once = Draw(np.ones((1, base.size)), base[None])
    if method == "calibration":
        return _calibration(sample, base)
    if method == "cells":
        return _cells(sample, base[None, sample.answered], once)
    if method == "auto":
        method, log = _by_rule(n)
        always = FEW <= n <= MANY
    else:
        log, always = (), False
    ridge, why = _ridge(sample, base, n, always=always)
    if method == "classes":
        cuts, joined = cut_classes(People.of(sample, base[None, sample.answered], once, ridge))
        return Chosen((Classes(cuts, ridge),), (*log, *why, *joined))
    return Chosen((Propensity(ridge),), (*log, *why))


def _by_rule(n: int) -> tuple[WeightMethod, tuple[str, ...]]:
    """Choose the method by the number of respondents."""
    if n < LEAST:
        raise MethodError(
            "method",
            allowed=f"at least {LEAST} respondents for 'auto'",
            received=f"{n} respondents",
            fix="So few cannot stand for the others. Report unweighted estimates of these people, with how "
            "they differ from everybody (nonresponse_bias) and how far the others could move them; to weight "
            "all the same, name a method.",
        )
    if n < FEW:
        return "classes", (f"auto: propensity classes, for {n} respondents ({LEAST} to {FEW - 1})",)
    if n <= MANY:
        return "logit", (f"auto: logit with a ridge penalty, for {n} respondents ({FEW} to {MANY})",)
    return "logit", (f"auto: logit, for {n} respondents (more than {MANY})",)


def _ridge(sample: Sample, base: FloatArray, n: int, *, always: bool) -> tuple[float, tuple[str, ...]]:
    """Return the penalty of the response model, and why there is one.

    One covariate alone needs none for its size: each level has the rate of its own people.
    """
    pooled = [_pooled(each, sample, base) for each in sample.covariates]
    columns = [each.n_columns for each in pooled if each.n_columns]
    k = 1 + sum(columns)
    few = len(columns) > 1 and n < PER_PARAMETER * k
    if not (few or always):
        return 0.0, ()
    each = f"{n} respondents for {k} parameters"
    why = f"{each}, fewer than {PER_PARAMETER} for each" if few else each
    return RIDGE, (f"ridge penalty {RIDGE:g}: {why}",)


def _pooled(covariate: Covariate, sample: Sample, base: FloatArray) -> Covariate:
    if sample.base is not None:
        covariate = weighed(covariate, covariate.codes, base)
    return pool_extremes(covariate, sample.answered)


def _cells(sample: Sample, weight: FloatArray, once: Draw) -> Chosen:
    """Cross all covariates, and join small cells."""
    uncut = [covariate.name for covariate in sample.covariates if covariate.basis is not None]
    if uncut:
        raise MethodError(
            "numbers",
            allowed="no numbers that are not in groups, for method='cells'",
            received=validate.listing(uncut),
            fix="Leave them out of numbers=, so that they are cut into groups (bins=).",
        )
    sums = sums_of(sample, weight, once)
    if sums.cells.n > MOST_CELLS:
        raise MethodError(
            "method",
            allowed=f"covariates with at most {MOST_CELLS:,} different answers together, for 'cells'",
            received=f"{sums.cells.n:,}",
            fix="Name fewer covariates or group their answers; or use method='classes'.",
        )
    classes, joined = join_cells(sums)
    return Chosen((CrossedCells(classes),), joined)


def _calibration(sample: Sample, base: FloatArray) -> Chosen:
    """Calibrate to everybody's totals of each covariate."""
    margins: list[Margin] = []
    log: list[str] = []
    for place, covariate in enumerate(sample.covariates):
        if covariate.basis is not None:
            margins += [Margin(place, numbers=column) for column in covariate.basis.T]
            continue
        if len(covariate.levels) == 1:
            continue
        margins.append(Margin(place))
        everybody, mine = (
            np.bincount(covariate.codes, weights=base * who, minlength=len(covariate.levels))
            for who in (np.ones(base.size), sample.answered)
        )
        gone = np.flatnonzero((mine == 0) & (everybody > 0))
        names = ", ".join(repr(covariate.levels[i]) for i in gone)
        if names:
            log.append(f"{covariate.name}: nobody answered at {names}; the other levels take their total")
    return Chosen((CalibrateCovariates(tuple(margins)),) if margins else (), tuple(log))
