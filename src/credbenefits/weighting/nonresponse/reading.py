"""All that a report on nonresponse bias is made of, read from the waves of a panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from credbenefits import _validation as check
from credbenefits.counts.coding.cuts import BinRule
from credbenefits.counts.sampling import SurveyDesign, several
from credbenefits.errors import InputError
from credbenefits.frames.answers import columns_of
from credbenefits.frames.boundary import read, take
from credbenefits.panel.waves import require_wave
from credbenefits.questions.item import Item, Question
from credbenefits.weighting.nonresponse.groups import read_compared
from credbenefits.weighting.nonresponse.people import read_people
from credbenefits.weighting.nonresponse.questions import listed, read_known, read_outcomes
from credbenefits.weighting.nonresponse.variables import named_columns, read_all, read_named
from credbenefits.weighting.reading.known import How as ReadAs
from credbenefits.weighting.reading.population import read_population
from credbenefits.weighting.reading.terms import by_wave

if TYPE_CHECKING:
    from credbenefits._typing import IntArray
    from credbenefits.panel.panel import Panel
    from credbenefits.questions.item import Asked
    from credbenefits.weighting.nonresponse.people import Everybody
    from credbenefits.weighting.nonresponse.questions import Outcome
    from credbenefits.weighting.nonresponse.variables import How, Variable
    from credbenefits.weighting.reading.eligibility import Eligible
    from credbenefits.weighting.reading.population import Whole
    from credbenefits.weighting.weights import Weights


#: What is recorded for everybody: questions about the wave `to`, or about other waves, which are named.
Recorded: TypeAlias = Question | Sequence[Question] | Mapping[str, Question | Sequence[Question]]


@dataclass(frozen=True, slots=True)
class Asks:
    """What a report is asked for, as the call has it."""

    waves: tuple[str, ...]
    to: str
    variables: Any
    outcome: Any
    known: Any
    by: Any
    weights: Any
    base_weights: Weights | str | None
    eligible: Eligible | None
    design: SurveyDesign | None
    confidence_level: float


@dataclass(frozen=True, slots=True)
class Material:
    """What was read: everybody, what is known of them, and what respondents said.

    `rows` has the row of everybody in the wave that was answered, -1 for those who did not; `group` the group
    of everybody, below 0 for none.
    """

    whole: Whole
    people: Everybody
    variables: list[Variable]
    outcomes: list[Outcome]
    rows: IntArray
    known: list[Outcome]
    group: IntArray
    group_names: tuple[str, ...]
    notes: list[str]


def read_material(panel: Panel, asks: Asks, how: How) -> Material:
    """Read all that the report needs."""
    reading = ReadAs(BinRule(0, {}), how.missing, how.answers, how.allow_identifier)
    whole = read_population(
        panel, asks.waves, asks.to, reading, eligible=asks.eligible, base_weights=asks.base_weights
    )
    standing = whole.standing
    named = named_columns(panel, asks.variables, asks.waves, asks.to, keys_too=how.allow_identifier)
    known, fetched = _known(panel, asks.known, asks.waves, asks.to)
    carry: dict[str, list[str]] = {}
    for source, columns in [*(named or {}).items(), *fetched.items()]:
        if source != asks.to:
            carry[source] = list(dict.fromkeys([*carry.get(source, []), *columns]))
    everybody = read(panel.wave(asks.to, carry=carry, status="everybody"))
    people = read_people(
        everybody,
        standing,
        weights=asks.weights,
        base_weights=asks.base_weights,
        design=asks.design,
        confidence_level=asks.confidence_level,
    )
    frame, keys = take(everybody, standing.rows), panel.key_columns[asks.to]
    notes: list[str] = []
    if named is None:
        aside = dict.fromkeys([k for k in keys if isinstance(k, str)], "people are linked on it") | _used(
            asks
        )
        aside |= {c: "recorded for everybody" for one in known for c in _columns(one)}
        variables, notes = read_all(frame, aside, how)
    else:
        variables = read_named(frame, named, asks.to, how)
    notes += [each.covariate.note for each in variables if each.covariate.note]
    found = read_known(frame, known, how, keys)
    group, names, said = read_compared(frame, asks.by, how, keys)
    outcomes, places = _outcomes(panel, asks, how, people)
    notes += [note for each in (*outcomes, *found) for note in each.notes]
    notes += whole.log
    notes = list(dict.fromkeys([*notes, *said]))
    return Material(whole, people, variables, outcomes, places, found, group, names, notes)


def _outcomes(panel: Panel, asks: Asks, how: How, people: Everybody) -> tuple[list[Outcome], IntArray]:
    """Read what respondents said, and the row of everybody in their wave."""
    asked = listed(asks.outcome, "outcome")
    if not asked:
        return [], np.full(people.people.size, -1)
    wave = asks.waves[-1]
    frame, there = read(panel.wave(wave)), panel.people_in(wave)
    order = np.argsort(there)
    place = order[np.minimum(np.searchsorted(there[order], people.people), there.size - 1)]
    rows = np.where(there[place] == people.people, place, -1)
    return read_outcomes(frame, asked, "outcome", how=how, keys=panel.key_columns[wave]), rows


def _known(
    panel: Panel,
    known: Any,  # noqa: ANN401 - as the call has it
    waves: tuple[str, ...],
    to: str,
) -> tuple[list[str | Asked], dict[str, list[str]]]:
    """Return what is recorded for everybody, by its name in the frame, and the columns of each wave."""
    given = by_wave(known, "known", to)
    asked: list[str | Asked] = []
    fetched: dict[str, list[str]] = {}
    for name, each in given.items():
        source = require_wave(name, panel.wave_names, "known")
        if source in waves:
            raise InputError(
                "known",
                allowed=f"what is recorded for everybody in {to!r}",
                received=f"columns of {source!r}, known for its respondents only",
                fix="Name what respondents said in outcome=.",
            )
        there = panel.columns_of(source)
        for one in listed(each, "known"):
            for column in _columns(one):
                check.column("known", column, there, f"wave {source!r}")
            fetched.setdefault(source, []).extend(_columns(one))
            asked.append(one if source == to else _carried(one, source))
    return asked, fetched


def _carried(one: str | Asked, source: str) -> str | Asked:
    """Return a question with the name that its column has when it is carried from another wave."""
    if isinstance(one, str):
        return f"{one}_{source}"
    if isinstance(one, Item):
        return replace(one, column=f"{one.column}_{source}")
    raise InputError(
        "known",
        allowed="columns and Items of another wave",
        received=type(one).__name__,
        fix="Ask one column at a time.",
    )


def _columns(one: str | Asked) -> tuple[str, ...]:
    return (one,) if isinstance(one, str) else columns_of(one)


def _used(asks: Asks) -> dict[str, str]:
    """Return the columns that weights and the design are read from."""
    design = asks.design if isinstance(asks.design, SurveyDesign) else SurveyDesign()
    used = [
        asks.base_weights if isinstance(asks.base_weights, str) else None,
        *several(design.strata),
        *several(design.clusters),
    ]
    used += several(design.population_size)
    return {name: "of the weights or the design" for name in used if isinstance(name, str)}
