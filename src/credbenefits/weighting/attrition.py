"""Weights against attrition: who answered, given what was known about everybody."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from credbenefits import _progress
from credbenefits.counts.coding.cuts import GROUPS
from credbenefits.panel.panel import require_panel
from credbenefits.weighting.alerts import link_alerts, scale_alerts
from credbenefits.weighting.plan import check_settings, plan_steps
from credbenefits.weighting.reading.answering import check_waves, doubt
from credbenefits.weighting.reading.known import how_to_read, read_known, wanted_columns
from credbenefits.weighting.reading.margins import add_columns, asked_margins, read_margins
from credbenefits.weighting.reading.population import read_population, target_of
from credbenefits.weighting.reading.terms import asked_terms
from credbenefits.weighting.recipe import Recipe, Sample
from credbenefits.weighting.report import alerts_of, compare, run_steps
from credbenefits.weighting.uses.everybody import EverybodyRows
from credbenefits.weighting.weights import Weights, rows_of_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits import _typing as t
    from credbenefits._typing import Bins, NumberShapes, Totals, Values
    from credbenefits.panel.panel import Panel
    from credbenefits.results.weighing.alert import Alert
    from credbenefits.weighting.plan import Settings
    from credbenefits.weighting.reading.answering import Standing
    from credbenefits.weighting.reading.eligibility import Eligible
    from credbenefits.weighting.reading.known import Columns, Known
    from credbenefits.weighting.reading.margins import Margins
    from credbenefits.weighting.reading.population import Whole
    from credbenefits.weighting.reading.terms import Terms
    from credbenefits.weighting.report import Ran


def attrition_weights(
    panel: Panel,
    covariates: Terms,
    *,
    wave: str | Sequence[str],
    to: str,
    base_weights: Weights | str | None = None,
    eligible: Eligible | None = None,
    method: t.WeightMethod = "logit",
    trim: float | str | None = 4.0,
    calibrate_to: Columns | Totals | None = None,
    check: Columns = (),
    bins: Bins = GROUPS,
    numbers: NumberShapes | None = None,
    missing: Values = (),
    answers: Values = (),
    population: str | None = None,
    allow_identifier: bool = False,
) -> Weights:
    """Weight the people who answered a wave so that they stand for everybody in another.

    Each respondent gets 1/p, where p is the probability of answering that a logistic regression
    on the covariates gives to people like them. Weights are capped at `trim` times their median
    and rescaled to add up to the population, or calibrated to more (`calibrate_to`).

    Parameters
    ----------
    panel : Panel
        Linked waves.
    covariates : list of str or pairs, or mapping of wave to such a list
        Variables known for everybody in the wave `to`: its own columns, or columns of other
        waves. They are used as categories; a missing answer is a category of its own. Columns of
        numbers with more than 12 different values are cut into groups first (see `bins` and `numbers`).
        A pair of columns, ``("age", "sex")``, is crossed: each two of their categories are one of their own.
        It holds both columns, which need not be named by themselves. A column of another wave has that at the
        end of its name: ``("grade", "age_start")``.
        Choose variables that are related to the outcome, not only to answering.
    wave : str or list of str
        Wave whose respondents are weighted. Of several waves, people who answered all of them; ``choices``
        says how many more people would have a weight without each wave.
    to : str
        Wave whose people are the population; with `base_weights`, those who stand for it.
    base_weights : str or Weights, optional
        The weights that people in `to` come with: a column of that wave, or the weights of the step before.
        Whoever has none, or 0, is left out, and counted. See Notes.
    eligible : str, Item or question of items, or mapping of one wave to one of these, optional
        A question known for everybody in `to`, to which those say yes who still belong to the population:
        ``Item("status", yes=["active"])``. It is about the columns of `to`, or of the wave that is named. Who
        says no is taken out of the population, and has no weight. Who has no answer counts as eligible, for
        nobody is taken out without evidence. ``steps`` has their numbers. By default people are taken out
        who are ``"ineligible"`` in `to` or in `wave`, where `link_waves` was told their ``status``.
    method : {"logit", "classes", "cells", "calibration", "auto"}
        "logit": 1/p from a logistic regression with main effects. "classes": one factor for all people of
        much the same p. "cells": one for all people who are alike in all covariates; cells with fewer than 20
        respondents are joined with others. "calibration": weights that add up to everybody's totals of each
        covariate, nearest to those that people come with (raking). "auto" chooses by the number of
        respondents, and ``steps`` says what: classes for 30 to 79, "logit" with a ridge penalty for 80 to
        200, "logit" above.
    trim : float, str or None
        Cap, as a multiple of the median weight before capping (4; below 50), or as the percentile of the
        weights before it ("95%"); None for no cap. With `calibrate_to`, or a percentile, weights are capped
        and made to add up again until both hold; an alert says where both cannot. ``untrimmed`` are the
        weights without it.
    calibrate_to : list of str, mapping of wave to list of str, or mapping of column to totals, optional
        Columns known for everybody in `to`, on whose levels the weighted respondents are made to agree
        exactly with everybody, by raking, after 1/p. Cut as covariates are. Or known totals, as
        :func:`credbenefits.calibrate` takes them; weights have their scale then.
    check : list of str, or mapping of wave to list of str
        Variables known for everybody that stay out of the model, to see what weighting did not
        correct. The strongest check there is: use any result known for all. Cut as covariates are.
    bins : int, or mapping of column to int or to list of numbers
        Groups, of about equal size in the wave `to`, into which numbers are cut; or, for single
        columns, their number of groups or the numbers at which a new group begins:
        ``{"age": [25, 35, 50], "income": 4}``. A column named here is cut however few values it
        has. Columns of other waves go by the name they have there, or with the wave, "age_start".
    numbers : mapping of column to {"linear", "spline"} or to list of numbers, optional
        Covariates that enter the model as numbers, not in groups: ``{"age": "spline"}``. "linear" takes them
        as they are; "spline" is a natural cubic spline with four knots, at the 5th, 35th, 65th and 95th
        percentile of everybody in `to` (three parameters), and a list of at least three numbers one with
        these knots. Who has no number has the median, and an indicator of their own. ``balance`` shows the
        groups that `bins` makes all the same.
    missing : value or list of values
        Codes in covariates that mean no answer.
    answers : value or list of values
        Levels of covariates that look like no answer and are answers all the same. Undeclared, they raise.
    population : str, optional
        The population in words ("completers"), as it should be printed.
    allow_identifier : bool
        Take columns that identify people, which are refused otherwise: keys that people are linked on, and
        text (or days) of more than 30 different values of which over half belong to one person each.

    Returns
    -------
    Weights
        With ``values`` on ``person``, ``steps``, ``balance``, ``alerts`` and ``recipe``. People who
        answered `wave` but are not in `to` have no weight: nothing is known about them. ``left_out`` has
        them, and others without a weight, by reason. ``recipe`` holds the edges of what was cut, which
        `bins` takes again, and for `base_weights` that were made before their recipe.

    Raises
    ------
    InputError
        For unknown waves or columns, undeclared missing codes, infinite numbers, columns that identify
        people, columns of names with more than 200 levels, `bins` for a column that has no numbers, a wave
        where nobody or everybody of the population answered, weights before this step that are negative,
        infinite, all 0 or of another panel, and a question of eligibility to which nobody says yes.
    MethodError
        For "auto" with fewer than 30 respondents; for "cells" with `numbers` or more than 1,000 cells.
    SeparationError
        When covariates together tell respondents exactly apart, so that nobody can stand for the others.

    Notes
    -----
    Levels of a covariate where nobody (or everybody) answered are pooled with the level of the nearest
    response rate, and an alert says so: weights cannot speak for people of whom nobody answered. Where only
    levels of several covariates together hold nobody (or nobody else), or where several covariates leave
    fewer than 10 respondents for each parameter, the regression has a small ridge penalty, and ``steps`` say
    so; see "Methods" in the page on weights. Numbers, dates and ordered categories (pandas,
    polars Enum, Arrow) are pooled with the level below or above only; their missing answers, which have
    no place in the order, with any level. Weighting corrects only what the covariates explain.

    Groups of numbers are cut between the two values nearest to each quantile of everybody in `to`,
    unweighted. Values that many people share can leave fewer groups than asked for; ``steps`` says so.
    Text is never read as numbers. A covariate without information (one level, no answers, fewer than two
    people to a name) has no effect, and an alert says so.

    Weights before this step are multiplied by 1/p, and the people who come with them are weighted with them
    in the model, in ``balance`` and in the sum that the new weights are rescaled to. So chains are made of
    single steps: weight the people who completed to those who enrolled, then, with these as `base_weights`,
    those who answered to the people who completed. ``steps`` shows the earlier weights, the product, and this
    step alone. A chain weights only people who were there at each of its steps. Whoever was silent in
    between and came back has no weight, and an alert counts them. Where no answer of the wave in between is
    needed, use a single step, ``attrition_weights(panel, ..., wave="third", to="first")``: it weights
    everybody who answered the waves that are used, whatever they did in between.

    References
    ----------
    Little & Vartivarian (2005), Survey Methodology 31:161; Kish (1965), Survey Sampling, 11.7.
    Robins, Rotnitzky & Zhao (1995), JASA 90:106, for chains.

    Examples
    --------
    >>> import credbenefits as cb
    >>> panel = cb.link_waves(cb.load_credentials(), on=["learner_id", "email"])
    >>> weights = cb.attrition_weights(
    ...     panel, ["education", "employment"], wave="followup", to="completion",
    ...     population="completers",
    ... )
    >>> round(float(weights.values["weight"].sum())), weights.n
    (2288, 111)
    """
    require_panel(panel)
    settings = check_settings(method=method, trim=trim)
    waves, to = check_waves(panel, wave, to)
    asked = asked_terms(panel, covariates, to)
    last = asked_margins(panel, calibrate_to, waves=waves, to=to)
    wanted = add_columns(wanted_columns(panel, asked.columns, check, waves=waves, to=to), last)
    how = how_to_read(
        panel,
        wanted,
        to,
        bins=bins,
        missing=missing,
        answers=answers,
        allow_identifier=allow_identifier,
        asked=asked,
        numbers=numbers,
    )
    whole = read_population(panel, waves, to, how, eligible=eligible, base_weights=base_weights)
    target, standing, kind = target_of(whole, base_weights, population), whole.standing, panel.frame_kind
    with _progress.showing("weighting") as tell:
        reading, fitting = _progress.parts(tell, 100, 900)
        known = read_known(panel, to, wanted, how, rows=standing.rows, asked=asked, tell=reading)
        margins = read_margins(panel, last, known, how, standing=standing)
        run, ran = _run(whole, known, margins, settings=settings, kind=kind, tell=fitting)
    balance = compare(run, known, ran, names=(target.wave, target.words), kind=kind)
    alerts = [*alerts_of(known, ran, balance, standing.people.size), *whole.alerts]
    alerts += _false_links(panel, standing, ran) + _of_totals(last.everybody, standing, ran)
    recipe: dict[str, object] = {"wave": wave if isinstance(wave, str) else waves, "to": to}
    recipe |= {**settings.arguments, **_given(base_weights, eligible), "population": target.words}
    recipe |= {**wanted, **last.arguments, "covariates": asked.arguments, **how.recipe(known)}
    words = ", ".join(filter(None, (run.words, *whole.words)))
    respondents = standing.people[standing.answered]
    made = ran.weight, respondents, target, words, base_weights, ran.steps, balance, tuple(alerts), recipe
    result = Weights(*made, whole.everybody, run, frame_kind=kind)
    result = replace(result, choices=whole.choices, unlinked=whole.unlinked)
    rows: EverybodyRows | None = EverybodyRows(panel=panel, wave=to, people=whole.everybody)
    if isinstance(base_weights, Weights) and standing.before is not None:
        rows = rows_of_all(base_weights)
    return replace(result, left_out=standing.left_out, _unweighted=standing.unweighted, _rows_of_all=rows)


def _run(
    whole: Whole, known: Known, margins: Margins, *, settings: Settings, kind: t.FrameKind, tell: t.Progress
) -> tuple[Recipe, Ran]:
    """Plan the steps for everybody, and take them."""
    standing = whole.standing
    sample = Sample(tuple(known.terms), standing.answered, standing.base, margins.variables)
    recipe = Recipe(sample, (), standing.before, standing.place)
    base = recipe.draw(np.ones((1, recipe.n_people))).base[0]
    plan = plan_steps(settings, sample, base, margins.margins)
    recipe = replace(recipe, steps=plan.steps)
    words = (*whole.log, *known.reported, *margins.notes, *plan.log)
    return recipe, run_steps(recipe, words, kind, tell, before=whole.before)


def _given(base_weights: str | Weights | None, eligible: object) -> dict[str, object]:
    """Return the arguments about who is in the population that were given, as a recipe holds them."""
    before = base_weights.recipe if isinstance(base_weights, Weights) else base_weights
    given = {"base_weights": before, "eligible": eligible}
    return {name: value for name, value in given.items() if value is not None}


def _of_totals(everybody: float, standing: Standing, ran: Ran) -> list[Alert]:
    """Tell where known totals are of fewer or more than everybody in the population."""
    whole = standing.people.size if ran.base is None else float(ran.base.sum())
    return scale_alerts(everybody, ran.weight.size, whole)


def _false_links(panel: Panel, standing: Standing, ran: Ran) -> list[Alert]:
    """Tell of each wave how many of the respondents' links are expected to be false."""
    respondents, alerts = standing.people[standing.answered], []
    for wave in standing.waves:
        waves = wave, standing.to
        alerts += link_alerts(ran.weight, doubt(panel, respondents, waves), waves)
    return alerts
