"""The people of a call: who is weighted, to whom, and from which weights; and what must be said of that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from credbenefits import _validation as validate
from credbenefits.weighting.reading.alerts import choice_alerts, standing_alerts, unlinked_alerts
from credbenefits.weighting.reading.answering import choices, lost_by_chain, who_stands_where
from credbenefits.weighting.reading.earlier import read_earlier
from credbenefits.weighting.reading.eligibility import declared_eligibility, read_eligibility
from credbenefits.weighting.reading.unlinked import compare_unlinked
from credbenefits.weighting.record import Target
from credbenefits.weighting.weights import Weights

if TYPE_CHECKING:
    from credbenefits._typing import IntArray
    from credbenefits.panel.panel import Panel
    from credbenefits.results.weighing.alert import Alert
    from credbenefits.weighting.reading.answering import Standing
    from credbenefits.weighting.reading.eligibility import Eligible
    from credbenefits.weighting.reading.known import How
    from credbenefits.weighting.record import Choices, Unlinked


@dataclass(frozen=True, slots=True)
class Whole:
    """Who stands where, what each wave costs, and what is to be said of it.

    `before` says which weights people come with, and `everybody` are the people that a replicate is drawn
    from, in a chain those where it starts. `mass` is the weight of the whole population, and `narrowed` says
    that only eligible people are in it. `log` are lines for the table of steps, and `words` say what was done
    to the population and its weights.
    """

    standing: Standing
    choices: Choices | None
    before: str
    everybody: IntArray | None
    mass: float
    narrowed: bool
    unlinked: Unlinked | None
    log: tuple[str, ...]
    words: tuple[str, ...]
    alerts: tuple[Alert, ...]


def read_population(
    panel: Panel,
    waves: tuple[str, ...],
    to: str,
    how: How,
    *,
    eligible: Eligible | None,
    base_weights: Weights | str | None,
) -> Whole:
    """Read who is eligible, which weight people come with, and who of them answered."""
    earlier = lost = None
    log: list[str] = []
    words: list[str] = []
    if eligible is None:
        eligibility = declared_eligibility(panel, waves, to)
    else:
        eligibility = read_eligibility(panel, eligible, to, missing=how.missing, answers=how.answers)
    if eligibility is not None:
        log += eligibility.log
        words.append(f"people who are not eligible ({eligibility.label}) taken out")
    if base_weights is not None:
        earlier = read_earlier(panel, base_weights, to)
        log += earlier.log
        words.append(f"times weights before this step ({earlier.words})")
    standing = who_stands_where(panel, waves, to, eligibility=eligibility, earlier=earlier)
    root = _root(base_weights)
    if root in panel.wave_names and root != to:
        lost = lost_by_chain(panel, standing, root)
    made = choices(panel, standing)
    if made is not None:
        log.insert(0, made.words)
    unlinked = compare_unlinked(panel, standing, how.missing)
    alerts = standing_alerts(standing, eligibility, lost)
    alerts += [*choice_alerts(made), *unlinked_alerts(unlinked)]
    mass = float(standing.people.size if earlier is None else earlier.weight[standing.rows].sum())
    everybody: IntArray | None = standing.people
    if isinstance(base_weights, Weights) and standing.before is not None:
        everybody = base_weights.everybody
    return Whole(
        standing,
        made,
        "" if earlier is None else earlier.words,
        everybody,
        mass,
        eligibility is not None,
        unlinked,
        tuple(log),
        tuple(words),
        tuple(alerts),
    )


def _root(weights: Weights | str | None) -> str:
    """Return the wave whose people a chain of weights starts from; empty where there is none."""
    root = ""
    while isinstance(weights, Weights):
        root, weights = weights.to, weights.base
    return root


def target_of(whole: Whole, base_weights: Weights | str | None, population: str | None) -> Target:
    """Say whom the weighted people stand for."""
    standing = whole.standing
    size: int | None = standing.people.size
    words = f"people in “{standing.to}”"
    if isinstance(base_weights, Weights):
        words = base_weights.population
        size = None if base_weights.population_size is None else round(whole.mass)
    elif base_weights is not None:
        words, size = f"the people for whom “{base_weights}” weights “{standing.to}”", None
    if whole.narrowed:
        words += " who are eligible"
    if population is not None:
        words = validate.text("population", population)
    return Target(words, size, standing.waves, standing.to)
