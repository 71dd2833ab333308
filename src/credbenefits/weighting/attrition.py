"""Weights against attrition: who answered, given what was known about everybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from credbenefits import _typing as t
from credbenefits import _validation as validate
from credbenefits.errors import InputError, SeparationError
from credbenefits.frames.boundary import read
from credbenefits.frames.categories import encode, refuse_missing_codes, refuse_too_many
from credbenefits.numerics.logistic import fit_logistic
from credbenefits.panel.panel import Panel
from credbenefits.weighting.balance import compare_with_population
from credbenefits.weighting.covariates import Covariate, design_cells, pool_extremes, pool_level
from credbenefits.weighting.diagnostics import StepLog, find_alerts
from credbenefits.weighting.weights import Alert, Weights

if TYPE_CHECKING:
    from credbenefits._typing import BoolArray, FloatArray, Values

#: A coefficient of this size is on its way to infinity (an odds ratio of 3,000).
_RUNNING_AWAY = 8.0

Columns: TypeAlias = str | Sequence[str] | Mapping[str, str | Sequence[str]]


def attrition_weights(
    panel: Panel,
    covariates: Columns,
    *,
    wave: str,
    to: str,
    method: t.WeightMethod = "logit",
    trim: float | None = 3.0,
    check: Columns = (),
    missing: Values = (),
    population: str | None = None,
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
        waves. They are taken as categories; a missing answer is a category of its own. Choose
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
        mend. The strongest check there is: use any result known for all.
    missing : value or list of values
        Codes in covariates that mean no answer.
    population : str, optional
        The population in words ("completers"), as it should be printed.

    Returns
    -------
    Weights
        With ``values`` on ``person``, ``steps``, ``balance``, ``alerts`` and ``recipe``. People who
        answered `wave` but are not in `to` have no weight: nothing is known about them.

    Raises
    ------
    InputError
        For unknown waves or columns, undeclared missing codes, a wave where nobody or everybody
        of the population answered.
    SeparationError
        When covariates together tell respondents exactly apart, so that no finite weights exist.

    Notes
    -----
    Levels of a covariate where nobody (or everybody) answered, alone or together with levels of
    others, are pooled with the level of the nearest response rate, and an alert says so: weights
    cannot speak for people of whom nobody answered. Weighting mends only what the covariates explain.

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
    if not isinstance(panel, Panel):
        raise InputError("panel", allowed="a Panel made by link_waves()", received=type(panel).__name__,
                         fix="Link the waves first.")  # fmt: skip
    people, answered = _who_answered(panel, wave, to)
    known = {"covariates": _by_wave(panel, covariates, "covariates", wave=wave, to=to),
             "check": _by_wave(panel, check, "check", wave=wave, to=to)}  # fmt: skip
    if not any(known["covariates"].values()):
        raise InputError("covariates", allowed="at least one column", received=covariates,
                         fix="Name variables known for everybody.")  # fmt: skip
    model, held_out = _read(panel, to, known, missing=missing)
    pooled, alerts = _pooled(model, answered)
    propensity, pooled, more = _propensities(pooled, answered)
    log = StepLog()
    weight, capped = _steps(propensity[answered], people.size, cap, log)
    words = f"people in “{to}”" if population is None else validate.text("population", population)
    balance = compare_with_population(model, held_out, answered, weight, names=(wave, words))
    alerts += more
    alerts += find_alerts(
        weight, propensity, balance, n_parameters=_n_parameters(pooled), mended=capped or bool(alerts)
    )
    recipe = {"wave": wave, "to": to, "method": method, "trim": cap, "population": words,
              **known, "missing": validate.values("missing", missing)}  # fmt: skip
    return Weights(words, people.size, wave, to, log.table(), balance, tuple(alerts),
                   recipe, people[answered], weight)  # fmt: skip


def _who_answered(panel: Panel, wave: str, to: str) -> tuple[t.IntArray, BoolArray]:
    respondents = panel.people_in(wave, "wave")
    people = panel.people_in(to, "to")
    if wave == to:
        raise InputError("to", allowed="another wave than `wave`", received=to,
                         fix="Name the wave whose people are the population.")  # fmt: skip
    answered = np.isin(people, respondents)
    if not answered.any() or answered.all():
        raise InputError(
            "wave",
            allowed=f"a wave that some but not all of the {people.size:,} people in {to!r} answered",
            received=f"{wave!r}, answered by {int(answered.sum()):,} of them",
            fix="Check the linking (panel.ledger)." if not answered.any() else "No weights are needed.",
        )
    return people, answered


def _by_wave(panel: Panel, columns: Columns, argument: str, *, wave: str, to: str) -> dict[str, list[str]]:
    given = columns if isinstance(columns, Mapping) else {to: columns}
    for name, columns_there in given.items():
        known = panel.columns_of(name, argument)
        for column in validate.names(argument, columns_there):
            validate.column(argument, column, known, f"wave {name!r}")
        if name == wave:
            raise InputError(argument, allowed=f"variables known for everybody in {to!r}",
                             received=f"columns of {wave!r}, known for its respondents only",
                             fix=f"Take them from {to!r} or from a wave before it.")  # fmt: skip
    return {name: list(validate.names(argument, names)) for name, names in given.items()}


def _read(
    panel: Panel, to: str, wanted: dict[str, dict[str, list[str]]], *, missing: Values
) -> tuple[list[Covariate], list[Covariate]]:
    """Read model and held-out variables of everybody in the population wave."""
    both = {(w, c) for w, cs in wanted["covariates"].items() for c in cs} & {
        (w, c) for w, cs in wanted["check"].items() for c in cs
    }
    if both:
        raise InputError("check", allowed="variables that are not covariates",
                         received=validate.listing(sorted(c for _, c in both)),
                         fix="Hold them out of the model, or drop them from check=.")  # fmt: skip
    codes = validate.values("missing", missing)
    carry: dict[str, list[str]] = {}
    for columns in wanted.values():
        for source, names in columns.items():
            if source != to:
                carry.setdefault(source, []).extend(names)
    frame = read(panel.wave(to, carry=carry))
    found: dict[str, list[Covariate]] = {"covariates": [], "check": []}
    for argument, columns in wanted.items():
        for source, names in columns.items():
            for name in names:
                column = name if source == to else f"{name}_{source}"
                categories = encode(frame, column, argument).without(codes)
                refuse_too_many(categories, argument)
                refuse_missing_codes(categories, argument)
                found[argument].append(Covariate.from_categories(categories))
    return found["covariates"], found["check"]


def _pooled(model: list[Covariate], answered: BoolArray) -> tuple[list[Covariate], list[Alert]]:
    pooled, alerts = [], []
    for covariate in model:
        smaller, merged = pool_extremes(covariate, answered)
        pooled.append(smaller)
        alerts += [_pooling_alert(covariate, text) for text in merged]
    return pooled, alerts


def _pooling_alert(covariate: Covariate, text: str) -> Alert:
    return Alert("pooled_level", f"{covariate.name}: {text}.", "Weights cannot speak for that level alone.")


def _propensities(
    covariates: list[Covariate], answered: BoolArray
) -> tuple[FloatArray, list[Covariate], list[Alert]]:
    """Return everybody's probability of answering, and the covariates and poolings it took.

    Where levels of several covariates together hold only respondents or none, some coefficients
    run away. The smallest such level is pooled, and the model fitted again.
    """
    alerts: list[Alert] = []
    while True:
        design = design_cells(covariates)
        trials = np.bincount(design.cell).astype(np.float64)
        successes = np.bincount(design.cell[answered], minlength=trials.size).astype(np.float64)
        fit = fit_logistic(design.matrix, successes, trials)
        if fit.converged:
            return fit.fitted[design.cell], covariates, alerts
        running = [design.columns[j] for j in np.flatnonzero(np.abs(fit.coefficients) > _RUNNING_AWAY)]
        levels = [(c, i) for c, i in running if c >= 0 and len(covariates[c].levels) > 1]
        if not levels:
            raise SeparationError(
                "covariates",
                allowed="variables that do not tell respondents exactly apart",
                received=validate.listing(c.name for c in covariates),
                fix="Some combination of levels holds only respondents, or none: drop a covariate.",
            )
        which, level = min(levels, key=lambda pair: (covariates[pair[0]].sizes()[pair[1]], pair))
        smaller, text = pool_level(covariates[which], level, answered)
        alerts.append(_pooling_alert(covariates[which], text + ", to keep the model finite"))
        covariates = [*covariates[:which], smaller, *covariates[which + 1 :]]


def _n_parameters(covariates: list[Covariate]) -> int:
    return 1 + sum(len(c.levels) - 1 for c in covariates)


def _steps(
    propensity: FloatArray, population_size: int, cap: float | None, log: StepLog
) -> tuple[FloatArray, bool]:
    """Return the weights, and whether the cap changed any."""
    log.add("respondents", np.ones(propensity.size))
    weight: FloatArray = 1.0 / propensity
    log.add("1 / propensity", weight)
    capped = False
    if cap is not None:
        limit = cap * np.median(weight)
        capped = bool((weight > limit).any())
        weight = np.minimum(weight, limit)
        log.add(f"capped at {cap:g} x median", weight)
    weight = weight * (population_size / weight.sum())
    log.add("rescaled to population", weight)
    return weight, capped
