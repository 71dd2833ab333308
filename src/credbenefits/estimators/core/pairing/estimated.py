"""One table of transitions, from counted pairs to the result."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np

from credbenefits.counts.coding.groups import where_words
from credbenefits.estimators.core.flags import Response
from credbenefits.estimators.core.notes import design_notes, left_out, misfits, readings, replicate_notes
from credbenefits.estimators.core.pairing.columns import make_columns
from credbenefits.estimators.core.pairing.doubtful import SecondWave, corrected_numbers
from credbenefits.estimators.core.pairing.effect import ChangeEffects
from credbenefits.estimators.core.pairing.numbers import numbers_of
from credbenefits.estimators.core.pairing.plan import codes_of, make_plan, no_codes, reasons, shares_of
from credbenefits.estimators.core.refitting.effect import weighed_by
from credbenefits.frames.answers import NOT_ASKED
from credbenefits.results.transitions import TransitionsResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import IntArray
    from credbenefits.counts.by_codes import Sums
    from credbenefits.counts.coding.design import Design
    from credbenefits.counts.coding.pairs import Pairs
    from credbenefits.estimators.core.pairing.read import Both
    from credbenefits.estimators.core.pairing.rows import Links
    from credbenefits.estimators.core.pairing.source import PairedRows
    from credbenefits.estimators.core.task import Task


class Account(NamedTuple):
    """Linked pairs of the base: all, those who answered both waves, and the others by what is missing.

    Who was not asked in one of the waves is in `not_asked` alone.
    """

    linked: int
    both: int
    no_first: int
    no_second: int
    neither: int
    not_asked: int


def estimated(
    task: Task, both: Both, links: Links, *, notes: Sequence[str]
) -> tuple[TransitionsResult, list[Response]]:
    """Work out all numbers of the pairs: the result, and how many answered in each group."""
    rows, label = cast("PairedRows", task.source), both.question.label
    sums = rows.sums()
    given = np.zeros(len(both.levels), dtype=bool)
    given[sums.cells[(sums.cells >= 0).all(axis=1), 0]] = True
    plan = make_plan(given, both.levels, both.shown)
    by_rows = task.variance in {"bootstrap", "jackknife", "replicate_weights"}
    by_rows |= task.refit is not None
    codes = codes_of(rows.first, rows.second, sums.cells) if by_rows else no_codes()
    task = replace(task, answers=shares_of(plan, sums.cells, label, codes))
    numbers, estimates, drawn = numbers_of(task, plan)
    if rows.doubt is not None:
        drawing = _units(task)
        second = second_wave(both.pairs, drawing, len(both.levels))
        numbers = corrected_numbers(task, plan, estimates, sums=rows.sums(drawing), second=second)
    responses = _responses(task, label, sums)
    columns = make_columns(task, plan, numbers, waves=both.names, responses=responses)
    repeat = replicate_notes(task, estimates, drawn) if drawn is not None else ()
    said = *design_notes(task, estimates), *repeat, *left_out(rows)
    result = TransitionsResult(
        columns,
        label,
        both.levels,
        both.names,
        rows.people,
        *_account(sums),
        linkage_error="adjust" if links.adjust else "ignore",
        match_probability=links.match_probability,
        confidence_level=task.level,
        notes=(*links.notes, *misfits(columns["flags"]), *_read(both), *notes, *said, *_outside(rows)),
        by=rows.by,
        population=rows.population[0],
        population_size=rows.population[1],
        procedure=task.procedure,
        item=both.question.column,
        _weighed=weighed_by(rows, ChangeEffects(task, rows, plan, label)),
    )
    return result, responses


def _read(both: Both) -> list[str]:
    """Say how the answers of both waves were read."""
    waves = (both.first, both.second)
    return [*(f"{wave.name}: {note}" for wave in waves for note in readings(wave.answers)), *both.note]


def _units(task: Task) -> Design | None:
    """Return the design whose units sums are made of, if there are several."""
    design = task.design
    return design if task.variance == "linearized" and design.n_units > 1 else None


def second_wave(pairs: Pairs, design: Design | None, size: int) -> SecondWave:
    """Count everybody's answers in the second wave: of linked people by sampling unit, and of the others."""
    there = pairs.second >= 0
    unit, n_units = (
        (np.zeros(pairs.row.size, dtype=np.int64), 1)
        if design is None
        else (design.unit[pairs.row], design.n_units)
    )
    place = unit[there] * size + pairs.second[there]
    linked = np.bincount(place, minlength=n_units * size).reshape(n_units, size).astype(np.float64)
    return SecondWave(linked, pairs.second_wave - linked.sum(axis=0))


def _account(sums: Sums) -> Account:
    """Say where all linked pairs of the base went."""
    people, (one, two) = sums.people.sum(axis=(0, 1)), sums.cells.T
    asked = (sums.cells != NOT_ASKED).all(axis=1)
    parts = (
        np.ones(one.shape, dtype=bool),
        (one >= 0) & (two >= 0),
        (one < 0) & (two >= 0) & asked,
        (one >= 0) & (two < 0) & asked,
        (one < 0) & (two < 0) & asked,
        ~asked,
    )
    return Account(*(int(people[part].sum()) for part in parts))


def _responses(task: Task, label: str, sums: Sums) -> list[Response]:
    """Say of each group how many of those asked answered both waves."""
    people: IntArray = sums.people.sum(axis=0)
    both, reason = (sums.cells >= 0).all(axis=1), reasons(sums.cells)
    n, lost = people[:, both].sum(axis=1), people[:, ~both & (reason != NOT_ASKED)].sum(axis=1)
    where = [where_words(task.source.by, group) for group in task.groups.labels]
    return [
        Response(f"{label!r} in both waves" + (f" ({words})" if words else ""), int(k), int(m))
        for words, k, m in zip(where, n, lost, strict=True)
    ]


def _outside(rows: PairedRows) -> tuple[str, ...]:
    """Say how many linked people are known not to be in the base."""
    n = rows.outside
    if not n:
        return ()
    are = "is" if n == 1 else "are"
    return (
        f"{n:,} of the {int(rows.linked.sum()):,} people in both waves {are} not in the base “{rows.base}”",
    )
