"""Who is in the population, who of them answered, and who has no weight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from credbenefits import _validation as validate
from credbenefits.errors import InputError
from credbenefits.panel.links import links_of
from credbenefits.panel.waves import require_wave
from credbenefits.weighting.record import Choice, Choices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import BoolArray, FloatArray, IntArray
    from credbenefits.panel.panel import Panel
    from credbenefits.weighting.reading.earlier import Earlier
    from credbenefits.weighting.reading.eligibility import Eligibility
    from credbenefits.weighting.recipe import Recipe

#: Why people who answered have no weight.
NOT_THERE, NOT_ELIGIBLE, NO_WEIGHT = "not in the population wave", "not eligible", "no weight before"


@dataclass(frozen=True, slots=True)
class Standing:
    """Who stands where: the people to weight for, and everybody who answered and gets no weight.

    `rows` are the places, among everybody in the population wave, of the people who are kept: eligible, with
    a weight before. `people` are their ids, `answered` says which of them answered all the `waves`, and
    `base` is the weight that they come with, if any. `left_out` are the ids of the people who answered all
    waves and have no weight, by reason. `unweighted` are people with a row in all of the waves who have no
    weight, whatever the reason.
    """

    waves: tuple[str, ...]
    to: str
    rows: IntArray
    people: IntArray
    answered: BoolArray
    base: FloatArray | None
    before: Recipe | None
    place: IntArray | None
    left_out: dict[str, IntArray]
    unweighted: IntArray


def check_waves(panel: Panel, wave: str | Sequence[str], to: str) -> tuple[tuple[str, ...], str]:
    """Return the waves whose respondents are weighted, and the wave of the population, checked."""
    waves = tuple(require_wave(name, panel.wave_names, "wave") for name in validate.wave_names("wave", wave))
    if not waves:
        raise InputError("wave", allowed="at least one wave", value=wave, fix="Name the wave to weight.")
    population = require_wave(to, panel.wave_names, "to")
    if population in waves:
        raise InputError(
            "to",
            allowed="another wave than `wave`",
            value=to,
            fix="Name the wave whose people are the population.",
        )
    return waves, population


def who_stands_where(
    panel: Panel,
    waves: tuple[str, ...],
    to: str,
    *,
    eligibility: Eligibility | None,
    earlier: Earlier | None,
) -> Standing:
    """Tell who is kept of everybody in the wave `to`, who of them answered, and who gets no weight."""
    respondents = answered_all(panel, waves)
    everybody = panel.people_in(to, status="everybody")
    answered = np.isin(everybody, respondents)
    outside = np.zeros(everybody.size, dtype=bool) if eligibility is None else eligibility.not_eligible
    weightless = np.zeros(everybody.size, dtype=bool) if earlier is None else earlier.weight == 0
    keep = ~outside & ~weightless
    left_out = {
        NOT_THERE: _without(respondents, everybody),
        NOT_ELIGIBLE: everybody[answered & outside],
        NO_WEIGHT: everybody[answered & ~outside & weightless],
    }
    _refuse_none_or_all(answered[keep], waves, to, given=keep.size)
    in_all = everybody
    for wave in waves:
        in_all = in_all[np.isin(in_all, panel.people_in(wave, status="everybody"))]
    rows = np.flatnonzero(keep)
    made_before = earlier is not None and earlier.recipe is not None
    return Standing(
        waves,
        to,
        rows,
        everybody[rows],
        answered[rows],
        None if earlier is None or made_before else earlier.weight[rows],
        earlier.recipe if earlier is not None else None,
        earlier.place[rows] if earlier is not None and earlier.place is not None and made_before else None,
        {why: people for why, people in left_out.items() if people.size},
        _without(in_all, everybody[keep & answered]),
    )


def _without(people: IntArray, others: IntArray) -> IntArray:
    """Return the people who are not among others, sorted; nobody is there twice."""
    return np.sort(people[~np.isin(people, others)])


def answered_all(panel: Panel, waves: Sequence[str]) -> IntArray:
    """Return the ids of the people who answered all of some waves, in the order of the rows of the first."""
    result = panel.people_in(waves[0])
    for wave in waves[1:]:
        result = result[np.isin(result, panel.people_in(wave))]
    return result


def _refuse_none_or_all(answered: BoolArray, waves: tuple[str, ...], to: str, *, given: int) -> None:
    """Refuse a population of which nobody or everybody answered."""
    n = int(answered.sum())
    if 0 < n < answered.size:
        return
    who = f"{answered.size:,} people in {to!r}"
    if answered.size < given:
        who += " who are eligible and have a weight before"
    several = len(waves) > 1
    raise InputError(
        "wave",
        allowed=f"{'waves' if several else 'a wave'} that some but not all of the {who} answered",
        received=f"{validate.listing(waves)}, answered by {n:,} of them",
        fix="Check the linking (panel.ledger)."
        if not n
        else "Take weights of an earlier step, in which people who did not answer have a weight too, or ask "
        "eligible= of everybody."
        if answered.size < given
        else "No weights are needed; if the file holds silent people too, say link_waves(answered=...).",
    )


def doubt(panel: Panel, respondents: IntArray, waves: tuple[str, str]) -> FloatArray:
    """Return 1 - match probability of each respondent's link."""
    if panel.method == "exact":
        return np.zeros(respondents.size)
    probability, _ = links_of(panel.as_pandas("links"), respondents, waves, others=len(panel.wave_names) > 2)
    return 1.0 - probability


def choices(panel: Panel, standing: Standing) -> Choices | None:
    """Count who answered all waves, and all but each; None where there is one wave only."""
    waves = standing.waves
    if len(waves) == 1:
        return None
    there = {wave: np.isin(standing.people, panel.people_in(wave)) for wave in waves}
    rows = [Choice("", waves, int(standing.answered.sum()))]
    for without in waves:
        others = tuple(wave for wave in waves if wave != without)
        n = int(np.logical_and.reduce([there[wave] for wave in others]).sum())
        rows.append(Choice(without, others, n))
    return Choices(tuple(rows), frame_kind=panel.frame_kind)


@dataclass(frozen=True, slots=True)
class Lost:
    """How many people have a weight now, and how many would by a single step from the wave `root`."""

    single: int
    now: int
    root: str


def lost_by_chain(panel: Panel, standing: Standing, root: str) -> Lost:
    """Count who would have a weight if there were a single step from the wave that a chain starts from."""
    there = np.isin(answered_all(panel, standing.waves), panel.people_in(root, status="everybody")).sum()
    ineligible = standing.left_out.get(NOT_ELIGIBLE)
    outside = 0 if ineligible is None else ineligible.size
    return Lost(int(there) - outside, int(standing.answered.sum()), root)
