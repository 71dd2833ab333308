"""Weights against attrition: who answered, given what was known about everybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from credbenefits import _progress
from credbenefits import _typing as t
from credbenefits import _validation as validate
from credbenefits.counts.coding.cuts import GROUPS, check_bins
from credbenefits.errors import InputError
from credbenefits.frames.boundary import read
from credbenefits.frames.identifiers import refuse_keys
from credbenefits.panel.links import links_of
from credbenefits.panel.panel import require_panel
from credbenefits.panel.waves import require_wave
from credbenefits.questions.item import answers_of_call
from credbenefits.weighting.alerts import StepLog, find_alerts, link_alerts, pooling_alerts, silence_alerts
from credbenefits.weighting.balance import compare_with_population
from credbenefits.weighting.covariates import Covariate, pool_extremes, read_covariate
from credbenefits.weighting.recipe import Recipe, Sample
from credbenefits.weighting.record import Target
from credbenefits.weighting.steps.cap import Cap
from credbenefits.weighting.steps.propensity import Propensity, fit_propensity
from credbenefits.weighting.steps.rescale import Rescale
from credbenefits.weighting.weights import Weights

if TYPE_CHECKING:
    from credbenefits._typing import Bins, BoolArray, FloatArray, Progress, Value, Values
    from credbenefits.counts.coding.cuts import BinRule, Cut
    from credbenefits.panel.panel import Panel
    from credbenefits.weighting.record import Steps

Columns: TypeAlias = str | Sequence[str] | Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, slots=True)
class _How:
    """How the columns of a call are read."""

    rule: BinRule
    missing: tuple[Value, ...]
    answers: tuple[Value, ...]
    allow_identifier: bool

    def recipe(self, cuts: Mapping[str, Cut]) -> dict[str, object]:
        """Return the arguments of the call that make the same numbers and answers again."""
        return {
            "bins": {name: cut.edges for name, cut in cuts.items()},
            "missing": self.missing,
            "answers": self.answers,
            "allow_identifier": self.allow_identifier,
        }


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known about everybody: variables of the model, held-out ones, and numbers that were cut."""

    model: list[Covariate]
    held_out: list[Covariate]
    cuts: dict[str, Cut]

    @property
    def reported(self) -> list[str]:
        """How variables were read and cut, where that is not plain."""
        notes = [c.note for c in (*self.model, *self.held_out) if c.note]
        return [*notes, *(f"{name} {cut.words}" for name, cut in self.cuts.items())]


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
    validate.choice("method", method, t.WeightMethod)
    fix = "For example 3 times the median: trim=3; or trim=None for no cap."
    cap = None if trim is None else validate.positive_number("trim", trim, least=1.0, fix=fix)
    require_panel(panel)
    validate.switches(allow_identifier=allow_identifier)
    people, answered = _who_answered(panel, wave, to)
    known = _wanted(panel, covariates, check, wave=wave, to=to)
    if not allow_identifier:
        _refuse_keys(panel, known)
    rule = check_bins(bins, _names(known, to))
    gone = validate.values("missing", missing)
    how = _How(rule, gone, answers_of_call(answers, gone), allow_identifier)
    kind = panel.frame_kind
    with _progress.showing("weighting") as tell:
        reading, fitting = _progress.parts(tell, 100, 900)
        result = _read(panel, to, known, how, tell=reading)
        pooled = [pool_extremes(covariate, answered) for covariate in result.model]
        propensity, final = fit_propensity(pooled, answered, fitting)
    run = Recipe(Sample(tuple(result.model), answered), (Propensity(), Cap(cap), Rescale()))
    weight, steps = _stepwise(run, propensity[answered], result.reported, kind)
    capped = cap is not None and max(step.max_to_median for step in steps) > cap
    words = f"people in “{to}”" if population is None else validate.text("population", population)
    balance = compare_with_population(result.model, result.held_out, answered, weight, names=(wave, words))
    merged = pooling_alerts(result.model, pooled, final, answered)
    limited, n_parameters = capped or bool(merged), _n_parameters(final)
    alerts = silence_alerts(result.model, result.held_out) + merged
    alerts += find_alerts(weight, propensity, balance, n_parameters=n_parameters, limited=limited)
    alerts += link_alerts(weight, _doubt(panel, people[answered], (wave, to)), (wave, to))
    recipe: dict[str, object] = {"wave": wave, "to": to, "method": method, "trim": cap, "population": words}
    recipe |= {**known, **how.recipe(result.cuts)}
    target, balance = Target(words, people.size, wave, to), replace(balance, frame_kind=kind)
    made = weight, people[answered], target, run.words, None, steps, balance, tuple(alerts), recipe
    return Weights(*made, people, run, frame_kind=kind)


def _doubt(panel: Panel, respondents: t.IntArray, waves: tuple[str, str]) -> FloatArray:
    """Return 1 - match probability of each respondent's link; exact links need not be listed for it."""
    if panel.method == "exact":
        return np.zeros(respondents.size)
    probability, _ = links_of(panel.as_pandas("links"), respondents, waves, others=len(panel.wave_names) > 2)
    return 1.0 - probability


def _who_answered(panel: Panel, wave: str, to: str) -> tuple[t.IntArray, BoolArray]:
    respondents = panel.people_in(wave)
    people = panel.people_in(require_wave(to, panel.wave_names, "to"), everybody=True)
    if wave == to:
        raise InputError(
            "to",
            allowed="another wave than `wave`",
            value=to,
            fix="Name the wave whose people are the population.",
        )
    answered = np.isin(people, respondents)
    if not answered.any() or answered.all():
        raise InputError(
            "wave",
            allowed=f"a wave that some but not all of the {people.size:,} people in {to!r} answered",
            received=f"{wave!r}, answered by {int(answered.sum()):,} of them",
            fix="Check the linking (panel.ledger)."
            if not answered.any()
            else "No weights are needed; if the file holds silent people too, say link_waves(answered=...).",
        )
    return people, answered


def _wanted(
    panel: Panel, covariates: Columns, held_out: Columns, *, wave: str, to: str
) -> dict[str, dict[str, list[str]]]:
    """Return the columns of each argument by their wave; there must be a covariate."""
    result = {
        "covariates": _by_wave(panel, covariates, "covariates", wave=wave, to=to),
        "check": _by_wave(panel, held_out, "check", wave=wave, to=to),
    }
    if not any(result["covariates"].values()):
        raise InputError(
            "covariates",
            allowed="at least one column",
            value=covariates,
            fix="Name variables known for everybody.",
        )
    return result


def _by_wave(panel: Panel, columns: Columns, argument: str, *, wave: str, to: str) -> dict[str, list[str]]:
    given = columns if isinstance(columns, Mapping) else {to: columns}
    for name, columns_there in given.items():
        known = panel.columns_of(require_wave(name, panel.wave_names, argument))
        for column in validate.names(argument, columns_there):
            validate.column(argument, column, known, f"wave {name!r}")
        if name == wave:
            raise InputError(
                argument,
                allowed=f"variables known for everybody in {to!r}",
                received=f"columns of {wave!r}, known for its respondents only",
                fix=f"Take them from {to!r} or from a wave before it.",
            )
    return {name: list(validate.names(argument, names)) for name, names in given.items()}


def _refuse_keys(panel: Panel, known: dict[str, dict[str, list[str]]]) -> None:
    """Refuse keys that people are linked on."""
    for argument, columns in known.items():
        for source, names in columns.items():
            refuse_keys(argument, names, panel.key_columns[source])


def _names(known: dict[str, dict[str, list[str]]], to: str) -> set[str]:
    """Names that columns may have in `bins`: their own, and with the wave that they are carried from."""
    both = [(w, c) for columns in known.values() for w, cs in columns.items() for c in cs]
    return {c for _, c in both} | {f"{c}_{w}" for w, c in both if w != to}


def _read(
    panel: Panel,
    to: str,
    wanted: dict[str, dict[str, list[str]]],
    how: _How,
    *,
    tell: Progress,
) -> _Known:
    """Read model and held-out variables of everybody in the population wave."""
    both = {(w, c) for w, cs in wanted["covariates"].items() for c in cs} & {
        (w, c) for w, cs in wanted["check"].items() for c in cs
    }
    if both:
        raise InputError(
            "check",
            allowed="variables that are not covariates",
            received=validate.listing(sorted(c for _, c in both)),
            fix="Hold them out of the model, or drop them from check=.",
        )
    carry: dict[str, list[str]] = {}
    for columns in wanted.values():
        for source, names in columns.items():
            if source != to:
                carry.setdefault(source, []).extend(names)
    frame = read(panel.wave(to, carry=carry, everybody=True))
    result: dict[str, list[Covariate]] = {"covariates": [], "check": []}
    cuts: dict[str, Cut] = {}
    all_of_them = [(a, w, c) for a, columns in wanted.items() for w, cs in columns.items() for c in cs]
    for done, (argument, source, name) in enumerate(all_of_them, 1):
        column = name if source == to else f"{name}_{source}"
        covariate, cut = read_covariate(
            frame,
            column,
            argument,
            missing=how.missing,
            answers=how.answers,
            rule=how.rule,
            given=name,
            allow_identifier=how.allow_identifier,
        )
        result[argument].append(covariate)
        if cut is not None:
            cuts[column] = cut
        tell(done, len(all_of_them))
    return _Known(result["covariates"], result["check"], cuts)


def _n_parameters(covariates: list[Covariate]) -> int:
    return 1 + sum(len(c.levels) - 1 for c in covariates)


def _stepwise(
    recipe: Recipe, propensity: FloatArray, reported: Sequence[str], kind: t.FrameKind
) -> tuple[FloatArray, Steps]:
    """Return the weights of those who answered after the last step, and how they looked after each."""
    sample, (first, *others), log = recipe.sample, recipe.steps, StepLog()
    log.add("respondents", np.ones(propensity.size))
    for words in reported:
        log.repeat(words)
    weight: FloatArray = 1.0 / propensity
    log.add(first.label, weight)
    once = recipe.draw(np.ones((1, recipe.n_people)))
    for step in others:
        weight = step.run(sample, weight[None], once)[0]
        if step.label:
            log.add(step.label, weight)
    return weight, log.steps(kind)
