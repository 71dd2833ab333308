"""Groups of a table: what is doubtful about them, those that occur and, on request, totals over them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from credbenefits.counts.coding.groups import GroupColumn, counted_groups, refuse_doubtful_groups
from credbenefits.errors import InputError
from credbenefits.estimators.core.of_counts.read import categories_of, read_item_again
from credbenefits.frames.doubts import refuse_undeclared
from credbenefits.frames.identifiers import refuse_identifier
from credbenefits.questions.item import Item, Joined
from credbenefits.questions.select_all import SelectAll
from credbenefits.results.base import ALL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import FloatArray, Value
    from credbenefits.counts.tally import Axis
    from credbenefits.frames.columns import Categories


def refuse_doubts(
    columns: Sequence[GroupColumn], *, answers: Sequence[Value], allow_identifier: bool
) -> list[str]:
    """Refuse what the whole columns show to be no groups; return how questions were read."""
    notes = []
    for column in columns:
        if column.binned is not None:
            numbers, said = column.binned.numbers, column.binned.notes
            notes += _refuse_doubtful_bins(numbers, said, answers=answers, allow_identifier=allow_identifier)
        elif column.coded is not None and column.coded.edges:
            numbers, said = categories_of(column.coded), column.coded.notes
            notes += _refuse_doubtful_bins(numbers, said, answers=answers, allow_identifier=allow_identifier)
        elif column.coded is None:
            refuse_doubtful_groups([column.part], answers=answers, allow_identifier=allow_identifier)
        elif not isinstance(asked := column.coded.asked, SelectAll):  # which makes no groups
            made = read_item_again(column.coded, asked, "by", allow_identifier=allow_identifier)
            notes += [note for each in made[:1] for note in each.notes]
    return notes


def _refuse_doubtful_bins(
    numbers: Categories, notes: Sequence[str], *, answers: Sequence[Value], allow_identifier: bool
) -> list[str]:
    """Refuse numbers that identify people, and undeclared missing codes among them; return the notes."""
    refuse_identifier(numbers, "by", allowed=allow_identifier, measured=True)
    refuse_undeclared(numbers, "by", answers=answers)
    return [note for note in (numbers.note, *notes) if note]


def group_column(axis: Axis) -> GroupColumn:
    """Make of an axis of groups what its rows would make."""
    item = axis.asked
    if axis.edges or isinstance(item, Joined):
        return GroupColumn(counted_groups(axis), coded=axis)
    if item is None or (
        axis.label == axis.column and item == Item(axis.column, each_level=True, answers=item.answers)
    ):
        return GroupColumn(categories_of(axis))
    return GroupColumn(counted_groups(axis), coded=axis)


@dataclass(frozen=True, slots=True)
class Groups:
    """Rows of the table: their labels, and which of the groups that occur make up each.

    `members` has the shape (rows of the table, groups); None where they are the groups as they are.
    """

    labels: tuple[tuple[str, ...], ...]
    members: FloatArray | None

    def sums(self, cells: FloatArray) -> FloatArray:
        """Add the groups, on the last axis, up to the rows of the table."""
        return cells if self.members is None else cells @ self.members.T


def with_totals(labels: Sequence[tuple[str, ...]], *, totals: bool) -> Groups:
    """Add subtotals over every subset of the crossed columns, and the grand total."""
    if not totals or labels == ((),):
        return Groups(tuple(labels), None)
    taken = [v for label in labels for v in label if v == ALL]
    if taken:
        raise InputError(
            "totals",
            allowed=f"groups of which none is called {ALL!r}",
            received=f"one that is, in {len(taken):,} groups",
            fix="Rename it in the data, or leave totals= out.",
        )
    kept = sorted(product((True, False), repeat=len(labels[0])), reverse=True)
    result: dict[tuple[str, ...], list[int]] = {}
    for keep in kept:
        for place, label in enumerate(labels):
            name = tuple(v if k else ALL for v, k in zip(label, keep, strict=True))
            result.setdefault(name, []).append(place)
    members = np.zeros((len(result), len(labels)))
    for row, places in enumerate(result.values()):
        members[row, places] = 1.0
    return Groups(tuple(result), members)
