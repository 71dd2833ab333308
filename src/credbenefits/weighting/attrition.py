"""Weights against attrition: who answered, given what was known about everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credbenefits import _progress
from credbenefits import _validation as validate
from credbenefits.counts.coding.cuts import GROUPS
from credbenefits.panel.panel import require_panel
from credbenefits.weighting.alerts import link_alerts
from credbenefits.weighting.plan import check_wishes, plan_steps
from credbenefits.weighting.reading.answering import doubt, who_answered
from credbenefits.weighting.reading.known import how_to_read, read_known, wanted_columns
from credbenefits.weighting.recipe import Recipe, Sample
from credbenefits.weighting.record import Target
from credbenefits.weighting.report import alerts_of, compare, run_steps
from credbenefits.weighting.weights import Weights

if TYPE_CHECKING:
    from credbenefits import _typing as t
    from credbenefits._typing import Bins, Values
    from credbenefits.panel.panel import Panel
    from credbenefits.weighting.reading.known import Columns


def attrition_weights(
    panel: Panel,
    covariates: Columns,
    *,
    wave: str,
    to: str,
    method: t.WeightMethod = "logit",
    trim: float | None = 3.0,
    check: Columns = (),
    bins: Bins = GROUPS,
    missing: Values = (),
    answers: Values = (),
    population: str | None = None,
    allow_identifier: bool = False,
) -> Weights:
    """Weight the people who answered a wave so that they stand for everybody in another.

    Each respondent gets 1/p, where p is the probability of answering that a logistic regression
    on the covariates gives to people like them. Weights are capped at `trim` times their median
    and rescaled to add up to the population.

    Parameters
    ----------
    panel : Panel
        Linked waves.
    covariates : list of str, or mapping of wave to list of str
        Variables known for everybody in the wave `to`: its own columns, or columns of other
        waves. They are used as categories; a missing answer is a category of its own. Columns of
        numbers with more than 12 different values are cut into groups first (see `bins`). Choose
        variables that are related to the outcome, not only to answering.
    wave : str
        Wave whose respondents are weighted.
    to : str
        Wave whose people are the population.
    method : {"logit"}
        Maximum-likelihood logistic regression with main effects.
    trim : float or None
        Cap, as a multiple of the median weight before capping; None for no cap.
    check : list of str, or mapping of wave to list of str
        Variables known for everybody that stay out of the model, to see what weighting did not
        correct. The strongest check there is: use any result known for all. Cut as covariates are.
    bins : int, or mapping of column to int or to list of numbers
        Groups, of about equal size in the wave `to`, into which numbers are cut; or, for single
        columns, their number of groups or the numbers at which a new group begins:
        ``{"age": [25, 35, 50], "income": 4}``. A column named here is cut however few values it
        has. Columns of other waves go by the name they have there, or with the wave, "age_start".
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
        answered `wave` but are not in `to` have no weight: nothing is known about them. ``recipe``
        holds the edges of what was cut, which `bins` takes again.

    Raises
    ------
    InputError
        For unknown waves or columns, undeclared missing codes, infinite numbers, columns that identify
        people, columns of names with more than 200 levels, `bins` for a column that has no numbers, a wave
        where nobody or everybody of the population answered.
    SeparationError
        When covariates together tell respondents exactly apart, so that no finite weights exist.

    Notes
    -----
    Levels of a covariate where nobody (or everybody) answered, alone or together with levels of
    others, are pooled with the level of the nearest response rate, and an alert says so: weights
    cannot speak for people of whom nobody answered. Numbers, dates and ordered categories (pandas,
    polars Enum, Arrow) are pooled with the level below or above only; their missing answers, which have
    no place in the order, with any level. Weighting corrects only what the covariates explain.

    Groups of numbers are cut between the two values nearest to each quantile of everybody in `to`,
    unweighted. Values that many people share can leave fewer groups than asked for; ``steps`` says so.
    Text is never read as numbers. A covariate without information (one level, no answers, fewer than two
    people to a name) has no effect, and an alert says so.

    References
    ----------
    Little & Vartivarian (2005), Survey Methodology 31:161; Kish (1965), Survey Sampling, 11.7.

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
    wishes = check_wishes(method=method, trim=trim)
    people, answered = who_answered(panel, wave, to)
    wanted = wanted_columns(panel, covariates, check, wave=wave, to=to)
    how = how_to_read(
        panel,
        wanted,
        to,
        bins=bins,
        missing=missing,
        answers=answers,
        allow_identifier=allow_identifier,
    )
    words = f"people in “{to}”" if population is None else validate.text("population", population)
    kind = panel.frame_kind
    with _progress.showing("weighting") as tell:
        reading, fitting = _progress.parts(tell, 100, 900)
        known = read_known(panel, to, wanted, how, tell=reading)
        sample = Sample(tuple(known.model), answered)
        plan = plan_steps(wishes, sample)
        run = Recipe(sample, plan.steps)
        ran = run_steps(run, (*known.reported, *plan.log), kind, fitting)
    balance = compare(run, known, ran, names=(wave, words), kind=kind)
    alerts = alerts_of(known, ran, balance, people.size)
    alerts += link_alerts(ran.weight, doubt(panel, people[answered], (wave, to)), (wave, to))
    recipe: dict[str, object] = {"wave": wave, "to": to, **wishes.arguments, "population": words}
    recipe |= {**wanted, **how.recipe(known.cuts)}
    target = Target(words, people.size, wave, to)
    made = ran.weight, people[answered], target, run.words, None, ran.steps, balance, tuple(alerts), recipe
    return Weights(*made, people, run, frame_kind=kind)
