"""The group of every row, and what the whole columns tell of the groups."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from math import prod
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits import _validation as check
from credbenefits.counts.coding.binning import MOST_NUMBERS, check_group_bins
from credbenefits.counts.coding.bins import code_bins
from credbenefits.counts.coding.questions import code_item, group_axis
from credbenefits.errors import InputError
from credbenefits.frames.answers import require_columns
from credbenefits.frames.boundary import line_sizes, sizes_of
from credbenefits.frames.columns import Categories, combine, encode, refuse_too_many
from credbenefits.frames.doubts import refuse_undeclared
from credbenefits.frames.identifiers import refuse_identifier
from credbenefits.frames.separators import refuse_several
from credbenefits.questions.item import Item
from credbenefits.questions.spelling import label
from credbenefits.results.base import ALL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from credbenefits._typing import Bins, IntArray, Value
    from credbenefits.counts.coding.binning import BinRule
    from credbenefits.counts.tally import Axis
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.questions.item import ItemLike

#: Up to so many crossings of groups, those that nobody is in are named.
_MOST_NAMED = 1_000


class GroupColumn(NamedTuple):
    """What makes groups: their categories alone, and the column whole, or how it was coded."""

    part: Categories
    whole: Categories | None = None
    coded: Axis | None = None

    def axis(self, answers: Sequence[Value]) -> Axis:
        """Return the axis: how each value was written, and which group it was read as."""
        question = Item(self.part.column, each_level=True, answers=tuple(answers))
        if self.coded is not None:
            return replace(self.coded, asked=question) if self.coded.edges else self.coded
        assert self.whole is not None
        return group_axis(self.whole, self.part, question)


class Grouped(NamedTuple):
    """Groups of rows (-1 where there is none) and their labels, and what made them."""

    group: IntArray
    labels: tuple[tuple[str, ...], ...]
    columns: tuple[GroupColumn, ...]

    @property
    def parts(self) -> tuple[Categories, ...]:
        """The groups of each column."""
        return tuple(column.part for column in self.columns)


def read_groups(
    frame: NarwhalsFrame, by: Sequence[ItemLike], missing: Sequence[Value], bins: Bins | None = None
) -> Grouped:
    """Cross columns, bins of columns and questions; without any, all rows are one group."""
    rule = check_group_bins(bins, by)
    if not by:
        return Grouped(np.zeros(len(frame), dtype=np.int64), ((),), ())
    require_columns(frame, [Item(each) if isinstance(each, str) else each for each in by], "by")
    columns = tuple(_read(frame, each, missing, rule) for each in by)
    if rule.groups and not any(column.coded.edges for column in columns if column.coded is not None):
        names = [each for each in by if isinstance(each, str)]
        raise InputError(
            "bins",
            allowed=f"a column of by= with more than {MOST_NUMBERS} different numbers",
            received=f"{bins!r} beside {check.listing(names)}",
            fix=f"Name the column to cut, bins={{{names[0]!r}: {bins!r}}}, or leave bins= out.",
        )
    return Grouped(*combine([column.part for column in columns]), columns)


def _read(frame: NarwhalsFrame, entry: ItemLike, missing: Sequence[Value], rule: BinRule) -> GroupColumn:
    if not isinstance(entry, str):
        axis, codes, _ = code_item(frame, entry, "by", missing)
        return GroupColumn(groups_of(axis, codes, line_sizes(frame)), coded=axis)
    column = encode(frame, entry, "by")
    part, wanted = column.without(missing), rule.of(entry)
    made = None
    if wanted is not None or rule.groups:
        made = code_bins(frame, (column, part), wanted=wanted, groups=rule.groups)
    if made is None:
        return GroupColumn(part, column)
    axis, codes = made
    return GroupColumn(groups_of(axis, codes, line_sizes(frame)), coded=axis)


def groups_of(
    axis: Axis, codes: NDArray[np.integer] | None = None, lines: IntArray | None = None
) -> Categories:
    """Return the answers of an axis that somebody gave as groups: of rows, or of what was counted.

    `lines` says how many rows each of the codes stands for.
    """
    n = len(axis.answers)
    if codes is None:
        sizes = np.zeros(n, dtype=np.int64)
        for _, place, rows in axis.read:
            if place >= 0:
                sizes[place] += rows
        group, rows_of = np.array([-1]), np.append(sizes[sizes > 0], sum(r for _, p, r in axis.read if p < 0))
    else:
        each = sizes_of(codes, n, lines)
        sizes, rows_of = each[:-1], np.append(each[:-1][each[:-1] > 0], each[-1])
        group = np.append(np.cumsum(sizes > 0) - 1, -1)[np.maximum(codes, -1)]
    levels = tuple(axis.answers[i] for i in np.flatnonzero(sizes).tolist())
    return Categories(axis.label, group, levels, declared=axis.answers, rows=rows_of)


def refuse_doubtful_groups(
    parts: Sequence[Categories], *, answers: Sequence[Value], allow_identifier: bool
) -> None:
    """Refuse columns that hold several answers in one, identify people, or have undeclared missing codes."""
    for part in parts:
        refuse_several(part, "by")
        refuse_identifier(part, "by", allowed=allow_identifier)
        refuse_too_many(part, "by")
        refuse_undeclared(part, "by", answers=answers)


def refuse_no_groups(by: Sequence[str], labels: Sequence[tuple[str, ...]]) -> None:
    """Refuse columns of which all rows are missing."""
    if not labels:
        raise InputError(
            "by",
            allowed="a column with at least one group",
            received=check.listing(by),
            fix="All of its rows are missing.",
        )


def group_notes(parts: Sequence[Categories], labels: Sequence[tuple[str, ...]]) -> list[str]:
    """Say how groups were spelled, and which groups and crossings nobody is in."""
    if not parts:
        return []
    by = [part.column for part in parts]
    notes = [note for part in parts for note in (part.note, _nobody_in(part)) if note]
    crossings = prod(len(part.levels) for part in parts)
    if len(labels) < crossings <= _MOST_NAMED:
        there = set(labels)
        empty = [where_words(by, g) for g in product(*(part.labels for part in parts)) if g not in there]
        notes.append(f"nobody is in {check.listing(empty)}")
    elif len(labels) < crossings:
        notes.append(
            f"nobody is in {crossings - len(labels):,} of {crossings:,} crossings of {' and '.join(by)}"
        )
    return notes


def where_words(by: Sequence[str], group: Sequence[str]) -> str:
    """Say which group it is: "role = staff, site = north". Totals are left out."""
    return ", ".join(f"{c} = {v}" for c, v in zip(by, group, strict=True) if v != ALL)


def group_words(by: Sequence[str], labels: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Name groups: by their value, or, of several columns, "role = staff, site = north"."""
    if len(by) == 1:
        return tuple(value for (value,) in labels)
    return tuple(", ".join(f"{c} = {v}" for c, v in zip(by, group, strict=True)) for group in labels)


def _nobody_in(part: Categories) -> str:
    """Name the groups that the column's type declares and nobody is in."""
    empty = part.unused
    return f"{part.column}: nobody is in {check.listing(map(label, empty))}" if empty else ""
