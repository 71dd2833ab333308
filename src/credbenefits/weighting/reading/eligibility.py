"""Who is still in the population: the answer to a question that is known for everybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from credbenefits import _validation as validate
from credbenefits.counts.coding.questions import code_item
from credbenefits.errors import InputError
from credbenefits.frames.answers import NO, YES, read_answers, require_columns
from credbenefits.frames.boundary import read
from credbenefits.panel.waves import require_wave
from credbenefits.questions.item import Item, ItemLike, Joined, as_items
from credbenefits.results.base import many

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import BoolArray, IntArray, Value
    from credbenefits.panel.panel import Panel

#: A question about the wave `to`, or about another wave, which is named.
Eligible: TypeAlias = ItemLike | Mapping[str, ItemLike]

#: Answers that mean "not eligible" which are named one by one.
_MOST_NAMED = 6


class Eligibility(NamedTuple):
    """Who of everybody in `to` is known not to be eligible, of whom it is not known, and that in words."""

    not_eligible: BoolArray
    unknown: BoolArray
    label: str
    log: tuple[str, ...]


def read_eligibility(
    panel: Panel,
    eligible: Eligible,
    to: str,
    *,
    missing: Sequence[Value],
    answers: Sequence[Value],
) -> Eligibility:
    """Read who of everybody in the wave `to` is still in the population.

    Whoever has no answer, or is not in the wave that has it, counts as eligible: nobody is taken out without
    evidence.
    """
    wave, item = _question(panel, eligible, to, answers)
    frame, people = read(panel.wave(wave, status="everybody")), panel.people_in(wave, status="everybody")
    require_columns(frame, [item], "eligible")
    for leaf in item.leaves if isinstance(item, Joined) else (item,):
        read_answers(frame, leaf, "eligible", missing)  # raises the doubts about a column
    axis, codes, made = code_item(frame, item, "eligible", missing)
    everybody = panel.people_in(to, status="everybody")
    status = np.full(everybody.size, -1, dtype=np.int64)
    there, place = _places(people, everybody)
    status[there] = np.where(codes >= 0, codes, -1)[place]
    outside, unknown = status == NO, status < 0
    if not (status == YES).any():
        raise InputError(
            "eligible",
            allowed=f"answers that say who of the {everybody.size:,} people in {to!r} still belong to it",
            received=f"{item.label!r}, to which nobody says yes",
            fix="Name the answers that mean it: Item('column', yes=[...]).",
        )
    log = [_taken_out(item.label, axis.read, int(outside.sum()), f"{everybody.size:,} people in “{to}”")]
    if unknown.any():
        n = int(unknown.sum())
        log.append(f"{item.label}: not known of {many(n, 'person', 'people')}, who count as eligible")
    unheard = [word for each in made for word in each.unheard]
    if unheard:
        log.append(f"{item.label}: nobody has {validate.listing(unheard)}")
    return Eligibility(outside, unknown, item.label, tuple(log))


def declared_eligibility(panel: Panel, waves: Sequence[str], to: str) -> Eligibility | None:
    """Read who of everybody in `to` was ineligible in it or in the waves that are weighted.

    That is known where `link_waves` was told how everybody ended; None where nobody was.
    """
    everybody = panel.people_in(to, status="everybody")
    outside, log = np.zeros(everybody.size, dtype=bool), []
    for wave in dict.fromkeys((to, *waves)):
        if wave in panel.status:
            there = np.isin(everybody, panel.people_in(wave, status="ineligible"))
            outside |= there
            if there.any():
                of = f"{everybody.size:,} people in “{to}”"
                log.append(f"status of “{wave}”: {int(there.sum()):,} of {of} are ineligible and taken out")
    if not outside.any():
        return None
    return Eligibility(outside, np.zeros_like(outside), "status", tuple(log))


def _question(
    panel: Panel, eligible: Eligible, to: str, answers: Sequence[Value]
) -> tuple[str, Item | Joined]:
    """Return the wave that a question is about, and the question."""
    wave, asked = to, eligible
    if isinstance(eligible, Mapping):
        if len(eligible) != 1:
            raise InputError(
                "eligible",
                allowed="a question, or one wave with its question",
                received=f"{many(len(eligible), 'wave', 'waves')}",
                fix="For example: eligible={'register': Item('status', yes=['active'])}.",
            )
        ((wave, asked),) = eligible.items()
        wave = require_wave(wave, panel.wave_names, "eligible")
    items = as_items("eligible", asked, answers)  # type: ignore[arg-type] # whatever it is, it is checked
    if len(items) != 1:
        raise InputError(
            "eligible",
            allowed="one question",
            received=f"{many(len(items), 'question', 'questions')}",
            fix="Join several: all_of(...) or any_of(...).",
        )
    return wave, items[0]


def _places(known: IntArray, wanted: IntArray) -> tuple[BoolArray, IntArray]:
    """Return who of those wanted is known, and at which place."""
    order = np.argsort(known, kind="stable")
    place = order[np.minimum(np.searchsorted(known[order], wanted), known.size - 1)]
    there = known[place] == wanted
    return there, place[there]


def _taken_out(label: str, answers: Sequence[tuple[str, int, int]], n: int, of: str) -> str:
    """Say how many are taken out, and by which answers."""
    if not n:
        return f"{label}: all {of} are eligible"
    said = sorted(((k, words.strip()) for words, code, k in answers if code == NO and words), reverse=True)
    named = ", ".join(f"{words} {k:,}" for k, words in said[:_MOST_NAMED])
    more = f" and {len(said) - _MOST_NAMED} other answers" if len(said) > _MOST_NAMED else ""
    by = f" ({named}{more})" if named else ""
    return f"{label}: {n:,} of {of} are not eligible and taken out{by}"
