"""Calibration: weights of rows or people that add up to totals known of the population."""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from credbenefits import _typing as t
from credbenefits import _validation as check
from credbenefits.counts.coding.weights import all_zero, read_weights
from credbenefits.errors import InputError
from credbenefits.frames.boundary import kind_of, read
from credbenefits.frames.people import people_of
from credbenefits.questions.item import answers_of_call
from credbenefits.weighting.alerts import StepLog, calibration_alerts, scale_alerts
from credbenefits.weighting.balance import compare_with_totals
from credbenefits.weighting.recipe import Recipe, Sample
from credbenefits.weighting.record import Target
from credbenefits.weighting.steps.calibration import Calibrate, MarginCells
from credbenefits.weighting.totals.known import check_totals, complete, plain_totals, read_totals
from credbenefits.weighting.totals.refusals import NO_RATIO, refuse
from credbenefits.weighting.uses.everybody import EverybodyRows
from credbenefits.weighting.uses.rows import negative_weights
from credbenefits.weighting.weights import Weights, rows_of_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import FloatArray, IntArray, IntoDataFrame, Totals, Values
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.results.weighing.alert import Alert
    from credbenefits.weighting.covariates import Covariate
    from credbenefits.weighting.record import Steps
    from credbenefits.weighting.totals.known import Columns, Known


def calibrate(
    data: IntoDataFrame,
    totals: Totals,
    *,
    weights: str | Weights | None = None,
    distance: t.CalibrationDistance = "raking",
    bounds: tuple[float, float] | None = None,
    population: str | None = None,
    missing: Values = (),
    answers: Values = (),
) -> Weights:
    """Weight rows or people so that they add up to totals known of the population.

    Of all weights that do, these are nearest to the given ones. ``raking`` is what iterative proportional
    fitting gives: weights stay above 0. ``linear`` is generalised regression (GREG), which can make them
    negative unless `bounds` forbid it. ``logit`` keeps the ratio of new to given weight within `bounds`
    smoothly. All are met exactly and by one solver.

    Parameters
    ----------
    data : data frame
        The respondents, one row each. Rows of :meth:`credbenefits.Panel.wave`, which have ``person``, make
        weights on people, other rows weights on rows.
    totals : mapping
        For each column ``{level: total}``, or one number for a column of numbers: the sum of the numbers in
        the population. ``{"sex": {"f": 5_100, "m": 4_900}, "income": 4.2e8}``. Levels of every column add up
        to the same number of people; shares or percents will do, if all of them are, and an alert says that
        weights have their scale. Rows without an answer need a total too, that of ``"(missing)"``.
    weights : str or Weights, optional
        The given weights: a column, or weights made before. Rows of weight 0 keep it and take no part.
        Without them all rows begin with the same weight.
    distance : {"raking", "linear", "logit"}
        What nearest means.
    bounds : (float, float), optional
        Lowest and highest ratio of new to given weight; without `weights` to the average weight. Needed for
        ``logit``.
    population : str, optional
        Whom the weighted rows stand for, in words ("adults in Ohio").
    missing : value or list of values
        Codes that mean no answer.
    answers : value or list of values
        Levels that look like no answer and are answers all the same, as those with a total are.

    Returns
    -------
    Weights
        ``weight`` is in the order of the rows and on the scale of the totals. ``balance`` compares the levels
        with their totals before and after, ``replicate`` calibrates every replicate to the same totals.

    Raises
    ------
    InputError
        Where no such weights exist, with the reason: levels without a total or that nobody has, totals of 0
        or that contradict each other, bounds that are too narrow (with the nearest that are not). Also for
        unknown columns, undeclared missing codes, and rows without an answer.

    Notes
    -----
    Weights w = d F(x b) minimise sum d G(w / d) subject to sum w x = totals, with given weights d and F the
    inverse of the slope of G: exp(u), 1 + u, or a logistic curve between the bounds. Totals are met to a part
    in 10^10. Totals that follow from others are no matter.

    References
    ----------
    Deville & Sarndal (1992), JASA 87:376; Deming & Stephan (1940), Annals of Mathematical Statistics 11:427.

    Examples
    --------
    >>> import pandas as pd, credbenefits as cb
    >>> data = pd.DataFrame({
    ...     "sex": ["f"] * 50 + ["m"] * 50,
    ...     "age": ["young"] * 20 + ["old"] * 30 + ["young"] * 10 + ["old"] * 40,
    ... })
    >>> totals = {"sex": {"f": 40, "m": 60}, "age": {"young": 55, "old": 45}}
    >>> weights = cb.calibrate(data, totals, population="customers")
    >>> data.assign(weight=weights.weight).groupby(["sex", "age"])["weight"].sum().round(2).tolist()
    [12.36, 27.64, 32.64, 27.36]
    """
    check.choice("distance", distance, t.CalibrationDistance)
    within = check_bounds(bounds, distance)
    known = check_totals(totals)
    whom = "people" if population is None else check.text("population", population)
    gone = check.values("missing", missing)
    named = answers_of_call(answers, gone)
    frame = read(data)
    kind = kind_of(frame)
    columns = read_totals(frame, known, missing=gone, answers=named)
    ids, given = people_of(frame, needed=False), _given(frame, weights)
    made = _calibrated(columns, given, Calibrate(columns.margins, distance, within, scaled=weights is None))
    steps, alerts = _told(columns, given, made, kind)
    recipe: dict[str, object] = {"totals": plain_totals(known), "weights": _plain_weights(weights)}
    recipe |= {"distance": distance, "bounds": within, "population": population}
    recipe |= {"missing": gone, "answers": named}
    return Weights(
        made.weight,
        ids,
        Target(whom, _size(made.everybody, int(np.count_nonzero(given)))),
        _words(known, distance),
        None,
        steps,
        replace(compare_with_totals(made.parts, whom), frame_kind=kind),
        alerts,
        recipe,
        _everybody(weights, ids),
        _recipe(made, given, weights, ids),
        _rows_of_all=_rows_of_all(weights, frame),
        frame_kind=kind,
    )


def check_bounds(bounds: object, distance: str) -> tuple[float, float] | None:
    """Check the lowest and the highest ratio of new to given weight."""
    if bounds is None and distance != "logit":
        return None
    pair = bounds if isinstance(bounds, tuple | list) and len(bounds) == 2 else ()
    real = [float(b) for b in pair if isinstance(b, numbers.Real) and not isinstance(b, bool)]
    finite = distance != "logit" or all(map(math.isfinite, real))
    if len(real) == 2 and 0.0 <= real[0] < real[1] and finite:
        return real[0], real[1]
    raise InputError(
        "bounds",
        allowed="two ratios of new to given weight with 0 <= lowest < highest",
        value=bounds,
        fix="For example bounds=(0.3, 3)."
        if bounds is not None
        else "This distance needs them: bounds=(0.3, 3).",
    )


# ---- how it is done ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Made:
    """The new weights, what they were made of, and the sums at each level of total, given and new weights."""

    weight: FloatArray
    sample: Sample
    step: Calibrate
    ratio: FloatArray
    parts: list[tuple[Covariate, FloatArray, FloatArray, FloatArray]]
    everybody: float


def _given(frame: NarwhalsFrame, weights: str | Weights | None) -> FloatArray:
    """Return the weight of each row; 1 where none are given."""
    if weights is None:
        return np.ones(len(frame))
    weight = read_weights(frame, weights).weight
    assert weight is not None
    lowest, highest = weight.min(), weight.max()
    if lowest == highest == 0.0:
        raise all_zero(f"column {weights!r}" if isinstance(weights, str) else "weights")
    if lowest < 0.0:
        raise negative_weights()
    return weight


def _calibrated(columns: Columns, given: FloatArray, step: Calibrate) -> _Made:
    """Return the weights, or say why there are none."""
    sample = Sample((), np.ones(given.size, dtype=bool), given, columns.covariates)
    cells = MarginCells.of(sample.calibrated, step.margins)
    mass = cells.added(given[None], sample)
    before = cells.at_levels(mass[0])
    step = replace(step, margins=complete(columns, before))
    cells = cells.with_margins(step.margins)
    totals = cells.given[None]
    factor, made = step.solve(cells, mass, totals)
    usual = float(cells.everybody(totals)[0] / (mass[0].sum() * factor[0])) if cells.has_everybody else 1.0
    there = mass[0] > 0
    if not made.met[0] or (step.distance == "raking" and made.ratio[0, there].min() < NO_RATIO * usual):
        raise refuse(step, cells, columns.covariates, (mass[0] * factor[0], totals[0]))
    ratio = made.ratio[0] * factor[0]
    after = cells.at_levels(mass[0] * ratio)
    parts = [
        (covariate, margin.totals, old, new)
        for covariate, margin, old, new in zip(columns.covariates, step.margins, before, after, strict=True)
        if margin.numbers is None and margin.totals is not None
    ]
    everybody = float(cells.everybody(totals)[0]) if cells.has_everybody else 0.0
    weight = ratio[cells.cell]
    weight *= given
    return _Made(weight, sample, step, ratio[there], parts, everybody)


def _recipe(made: _Made, given: FloatArray, weights: str | Weights | None, ids: IntArray | None) -> Recipe:
    """Return what makes the weights again, from where given weights were made if they were."""
    run = Recipe(made.sample, (made.step,))
    before = _made_before(weights)
    if before is None:
        return run
    place = np.arange(given.size)
    if before.ids is not None:
        assert ids is not None
        order = np.argsort(before.ids)
        place = order[np.searchsorted(before.ids[order], ids)]
    return replace(run, sample=replace(made.sample, base=None), before=before._run, place=place)


def _told(
    columns: Columns, given: FloatArray, made: _Made, kind: t.FrameKind
) -> tuple[Steps, tuple[Alert, ...]]:
    """Say what the weights cost, step by step, and what a reader must know."""
    log, there = StepLog(), slice(None) if given.all() else given > 0
    log.add("given weights", given[there])
    for note in columns.notes:
        log.repeat(note)
    spread = log.add(made.step.label, made.weight[there])
    weight = made.weight[there]
    alerts = [*scale_alerts(made.everybody, spread.n), *calibration_alerts(weight, spread, made.ratio)]
    return log.steps(kind), tuple(alerts)


def _words(known: Sequence[Known], distance: str) -> str:
    return f"calibrated to totals of {check.listing(each.column for each in known)} ({distance})"


def _size(everybody: float, n: int) -> int | None:
    """Return how many people totals are of, unless they are shares or percents."""
    return None if everybody == 0 or scale_alerts(everybody, n) else round(everybody)


def _everybody(weights: str | Weights | None, ids: IntArray | None) -> IntArray | None:
    before = _made_before(weights)
    return ids if before is None else before.everybody


def _rows_of_all(weights: str | Weights | None, frame: NarwhalsFrame) -> EverybodyRows | None:
    """Return where all that is known of everybody stands."""
    before = _made_before(weights)
    return EverybodyRows(frame) if before is None else rows_of_all(before)


def _made_before(weights: str | Weights | None) -> Weights | None:
    """Return given weights that a recipe made; those of a column are known, of the rows that are here."""
    return weights if isinstance(weights, Weights) and weights._run is not None else None


def _plain_weights(weights: str | Weights | None) -> object:
    return weights.recipe if isinstance(weights, Weights) else weights
