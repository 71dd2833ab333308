"""The report of weights: the recipe run once, with its table of steps, balance and alerts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits import _progress
from credbenefits.weighting.alerts import StepLog, find_alerts, silence_alerts
from credbenefits.weighting.balance import compare_with_population
from credbenefits.weighting.recipe import Account, Reporting
from credbenefits.weighting.steps.rescale import Rescale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import FloatArray, FrameKind, Progress
    from credbenefits.results.tables import BalanceResult
    from credbenefits.results.weighing.alert import Alert
    from credbenefits.weighting.reading.known import Known
    from credbenefits.weighting.recipe import Recipe
    from credbenefits.weighting.record import Steps


class Ran(NamedTuple):
    """The weights of those who answered after the last step, how they looked after each, and its account.

    ``base`` are the weights that everybody comes with, if any. ``moved`` is by how much rescaling changed the
    sum of the weights, as a proportion of the population.
    """

    weight: FloatArray
    base: FloatArray | None
    moved: float
    steps: Steps
    accounts: tuple[Account, ...]


def run_steps(recipe: Recipe, log: Sequence[str], kind: FrameKind, tell: Progress, *, before: str) -> Ran:
    """Run a recipe for the people as they are.

    `log` are lines for the table of steps, before the first; `before` says which weights people come with.
    """
    sample, once = recipe.sample, recipe.draw(np.ones((1, recipe.n_people)))
    weight = base = once.base[0, sample.answered]
    moved = 0.0
    chained = recipe.before is not None or sample.base is not None
    table, accounts = StepLog(), []
    table.add("respondents", np.ones(base.size))
    for words in log:
        table.repeat(words)
    if chained:
        table.add(f"weights before this step: {before}", base)
    parts = _progress.parts(tell, *(800 if isinstance(step, Reporting) else 100 for step in recipe.steps))
    for step, told in zip(recipe.steps, parts, strict=True):
        if isinstance(step, Reporting):
            account = step.report(sample, weight[None], once, told)
        else:
            account = Account(step.run(sample, weight[None], once)[0])
        if isinstance(step, Rescale):
            moved = float(account.weight.sum() / weight.sum()) - 1.0
        weight = account.weight
        for words in account.log:
            table.repeat(words)
        if step.label:
            table.add(step.label, weight)
        accounts.append(account)
        told(1, 1)
    if chained:
        table.add("this step alone", weight / base)
    return Ran(weight, once.base[0] if chained else None, moved, table.steps(kind), tuple(accounts))


def compare(
    recipe: Recipe, known: Known, ran: Ran, *, names: tuple[str, str], kind: FrameKind
) -> BalanceResult:
    """Compare the respondents with the population, before and after weighting."""
    answered = recipe.sample.answered
    variables = known.model, known.held_out
    made = compare_with_population(*variables, answered, ran.weight, names=names, base=ran.base)
    return replace(made, frame_kind=kind)


def alerts_of(known: Known, ran: Ran, balance: BalanceResult, n_people: int) -> list[Alert]:
    """List what a reader must know of these weights."""
    result = silence_alerts(known.model, known.held_out)
    for account in ran.accounts:
        result += account.alerts
    propensity = next((a.propensity for a in ran.accounts if a.propensity is not None), None)
    return result + find_alerts(
        ran.weight,
        n_people,
        propensity,
        balance,
        moved=ran.moved,
        n_parameters=sum(a.n_parameters for a in ran.accounts),
        limited=any(a.limited for a in ran.accounts),
    )
