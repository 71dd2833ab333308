"""Reading how the people of a wave ended: counts by group, by disposition, and by day or reminder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits import _validation as check
from credbenefits.counts.coding.groups import (
    group_notes,
    read_groups,
    refuse_doubtful_groups,
    refuse_no_groups,
)
from credbenefits.errors import InputError
from credbenefits.frames.boundary import floats, read
from credbenefits.frames.columns import encode
from credbenefits.frames.identifiers import refuse_keys
from credbenefits.numerics.response.rates import DISPOSITIONS
from credbenefits.panel.dispositions import RESPONDENTS
from credbenefits.panel.waves import require_wave
from credbenefits.questions.groups import as_groups, group_names
from credbenefits.questions.spelling import as_number, canonical, is_day, label
from credbenefits.results.base import many
from credbenefits.weighting.weights import Weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import BoolArray, FloatArray, Frame, IntArray, Value
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.panel.panel import Panel
    from credbenefits.questions.item import ItemLike

#: Columns of the result, which a column of groups cannot be called.
_TAKEN = (
    "wave",
    "effort",
    "rate",
    "estimate",
    "conf_low",
    "conf_high",
    "count",
    "n",
    "definition",
    "numerator",
    "base",
)
_K = len(DISPOSITIONS)


class Asks(NamedTuple):
    """What is asked for: groups and the waves whose columns make them, effort, weights, and how to read."""

    by: tuple[ItemLike, ...]
    carry: dict[str, list[str]]
    effort: str | None
    weights: Weights | str | None
    missing: tuple[Value, ...]
    answers: tuple[Value, ...]
    allow_identifier: bool


class Sums(NamedTuple):
    """People by disposition on the last axis: how many, the sums of their weights and of the squares."""

    people: FloatArray
    weight: FloatArray
    squares: FloatArray

    def up_to(self, place: int) -> Sums:
        """Return the sums at a place of the second axis."""
        return Sums(self.people[:, place], self.weight[:, place], self.squares[:, place])


class Counted(NamedTuple):
    """A wave: its groups and their sums, of shape (groups, dispositions).

    `levels` are the days or reminders in order, and `up_to` the sums of everybody who answered up to each, of
    shape (groups, levels, dispositions); None where no effort is asked for.
    """

    wave: str
    labels: tuple[tuple[str, ...], ...]
    sums: Sums
    levels: tuple[str, ...]
    up_to: Sums | None
    notes: tuple[str, ...]


def groups_asked(
    panel: Panel, by: object, answers: Sequence[Value]
) -> tuple[tuple[ItemLike, ...], dict[str, list[str]]]:
    """Return what makes groups, and the columns of other waves that do; `by` is checked."""
    carry: dict[str, list[str]] = {}
    if isinstance(by, Mapping):
        names: list[str] = []
        for wave, columns in check.by_wave("by", by, example="{'start': ['age']}").items():
            require_wave(wave, panel.wave_names, "by")
            wanted = check.names("by", columns)
            for column in wanted:
                check.column("by", column, panel.columns_of(wave), f"wave {wave!r}")
            carry[wave] = list(wanted)
            names += [f"{column}_{wave}" for column in wanted]
        by = names
    entries = as_groups(by, answers)
    taken = [name for name in group_names(entries) if name in _TAKEN]
    if taken:
        raise InputError(
            "by",
            allowed="columns whose names the result has not",
            received=check.listing(taken),
            fix="Rename the column in its wave.",
        )
    return entries, carry


def read_wave(panel: Panel, wave: str, asks: Asks) -> Counted:
    """Count everybody in a wave by disposition."""
    frame = read(_rows_of(panel, wave, asks), "panel", allow_empty=True)
    grouped = read_groups(frame, asks.by, asks.missing)
    whole = [column.part for column in grouped.columns if column.coded is None]
    refuse_doubtful_groups(whole, answers=asks.answers, allow_identifier=asks.allow_identifier)
    names = group_names(asks.by)
    if asks.by:
        refuse_no_groups(names, grouped.labels)
    notes, inside = group_notes(grouped.parts, grouped.labels), grouped.group >= 0
    if outside := int((~inside).sum()):
        have = many(outside, "person has", "people have")
        notes.append(f"{have} no value in {' or '.join(names)}: in no group")
    codes, weight = panel.status[wave].astype(np.int64), _weight_of(panel, frame, wave, asks.weights)
    n = len(grouped.labels)
    sums = _sums((grouped.group * _K + codes)[inside], weight[inside], (n, _K))
    if asks.effort is None:
        return Counted(wave, grouped.labels, sums, (), None, tuple(notes))
    there = inside & (codes < len(RESPONDENTS))
    place, levels = _effort(frame, asks.effort, wave, there)
    if without := int((there & (place < 0)).sum()):
        notes.append(
            f"{many(without, 'person', 'people')} of “{wave}” answered without a value in {asks.effort!r}: "
            "in the base of each rate, and counted at none"
        )
    if not levels:
        notes.append(f"Nobody in “{wave}” answered with a value in {asks.effort!r}: no rate over time")
    keep = there & (place >= 0)
    cell = (grouped.group[keep] * max(len(levels), 1) + place[keep]) * _K + codes[keep]
    found = _sums(cell, weight[keep], (n, len(levels), _K))
    up_to = Sums(_running(found.people), _running(found.weight), _running(found.squares))
    return Counted(wave, grouped.labels, sums, levels, up_to, tuple(notes))


def _running(sums: FloatArray) -> FloatArray:
    """Add up over the levels."""
    result: FloatArray = np.cumsum(sums, axis=1)
    return result


def _rows_of(panel: Panel, wave: str, asks: Asks) -> Frame:
    """Return the rows of everybody in a wave, with the columns of other waves that make groups."""
    if wave in asks.carry:
        raise InputError(
            "by",
            allowed="columns of other waves under the name of a wave",
            received=f"{check.listing(asks.carry[wave])} of {wave!r} itself",
            fix="Give columns of the wave itself without its name.",
        )
    if not asks.allow_identifier:
        columns = [each for each in asks.by if isinstance(each, str)]
        refuse_keys("by", columns, panel.key_columns[wave])
    return panel.wave(wave, status="everybody", carry=asks.carry or None)


def _sums(cell: IntArray, weight: FloatArray, shape: tuple[int, ...]) -> Sums:
    size = int(np.prod(shape))

    def added(values: FloatArray) -> FloatArray:
        made = np.bincount(cell, weights=values, minlength=size)
        return np.asarray(made, dtype=np.float64).reshape(shape)

    return Sums(added(np.ones(weight.size)), added(weight), added(weight**2))


def _weight_of(panel: Panel, frame: NarwhalsFrame, wave: str, weights: object) -> FloatArray:
    """Return the weight of everybody in a wave, who must all have one."""
    if weights is None:
        return np.ones(len(frame))
    if isinstance(weights, Weights):
        found, name = weights.for_people(panel.people_in(wave, status="everybody")), "these weights"
    else:
        name = check.column("weights", weights, frame.columns, f"wave {wave!r}")
        found = floats(frame, name, "weights")
    bad = int((~np.isfinite(found) | (found < 0)).sum())
    if bad or not found.any():
        raise InputError(
            "weights",
            allowed=f"a weight of at least 0 for everybody in {wave!r}, whether they answered or not",
            received=f"{name!r} without one for {many(bad, 'person', 'people')}"
            if bad
            else f"{name!r}, all 0",
            fix="Take the weights that people were drawn with; weights of respondents have no base.",
        )
    return found


def _effort(
    frame: NarwhalsFrame, column: str, wave: str, rows: BoolArray
) -> tuple[IntArray, tuple[str, ...]]:
    """Return the place of each row's day or reminder, in order, and what these are called."""
    check.column("effort", column, frame.columns, f"wave {wave!r}")
    read_as = encode(frame, column, "effort")
    keys = [canonical(level) for level in read_as.levels]
    used = np.bincount(read_as.codes[rows & (read_as.codes >= 0)], minlength=len(keys)) > 0
    there = [key for key, some in zip(keys, used.tolist(), strict=True) if some]
    numbers = {key: as_number(key) for key in there}
    if all(number is not None for number in numbers.values()):
        order = sorted(set(there), key=lambda key: float(numbers[key] or 0))
    elif all(is_day(level) for level, some in zip(read_as.levels, used.tolist(), strict=True) if some):
        order = sorted(set(there))
    elif read_as.declared:
        known = [canonical(level) for level in read_as.declared]
        order = sorted(set(there), key=known.index)
    else:
        raise InputError(
            "effort",
            allowed=f"numbers, days (2024-05-31) or ordered categories in the column {column!r}",
            received=check.listing(there[:5]),
            fix="Number the reminders, or give the column an order of its categories.",
        )
    places = {key: k for k, key in enumerate(order)}
    place = np.array([*(places.get(key, -1) for key in keys), -1], dtype=np.int64)[read_as.codes]
    words = {key: label(level) for key, level in zip(keys, read_as.levels, strict=True)}
    return place, tuple(key if is_day(key) else words[key] for key in order)
