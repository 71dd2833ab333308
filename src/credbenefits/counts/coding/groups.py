"""The group of every row, and what the whole columns tell of the groups."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits import _validation as check
from credbenefits.counts.coding.bins import Binned, code_bins
from credbenefits.counts.coding.cuts import MOST_NUMBERS, check_group_bins
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
    from credbenefits.counts.coding.cuts import BinRule
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
    binned: Binned | None = None

    def axis(self, answers: Sequence[Value]) -> Axis:
        """Return the axis: how each value was written, and which group it was read as."""
        question = Item(self.part.column, each_level=True, answers=tuple(answers))
        if self.coded is not None:
            return self.coded
        if self.binned is not None:
            return self.binned.axis(question)
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
    if rule.groups and not any(column.binned for column in columns):
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
        return GroupColumn(groups_of(axis.label, axis.answers, codes, line_sizes(frame)), coded=axis)
    column = encode(frame, entry, "by")
    part, wanted = column.without(missing), rule.of(entry)
    made = None
    if wanted is not None or rule.groups:
        made = code_bins(frame, (column, part), wanted=wanted, groups=rule.groups)
    if made is None:
        return GroupColumn(part, column)
    return GroupColumn(groups_of(entry, made.labels, made.codes, line_sizes(frame)), binned=made)


def groups_of(
    name: str, answers: tuple[str, ...], codes: NDArray[np.integer], lines: IntArray | None
) -> Categories:
    """Return the answers that somebody gave as groups of the rows, or of `lines` that stand for several."""
    sizes = sizes_of(codes, len(answers), lines)
    there = sizes[:-1] > 0
    group = np.append(np.cumsum(there) - 1, -1)[np.maximum(codes, -1)]
    rows = np.append(sizes[:-1][there], sizes[-1])
    levels = tuple(answers[i] for i in np.flatnonzero(there).tolist())
    return Categories(name, group, levels, declared=answers, rows=rows)


def counted_groups(axis: Axis) -> Categories:
    """Return the answers of an axis that somebody gave as groups, of which there are no rows."""
    places = np.array([place for _, place, _ in axis.read], dtype=np.int64)
    rows = np.array([n for _, _, n in axis.read], dtype=np.int64)
    return groups_of(axis.label, axis.answers, places, rows)


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
    """Refuse columns of which no row has a value in each."""
    if not labels:
        raise InputError(
            "by",
            allowed="at least one group",
            received=check.listing(by)
            + (", which no row has all of" if len(by) > 1 else ", missing in all rows"),
            fix="Check the missing codes" + (", or name fewer columns." if len(by) > 1 else "."),
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
