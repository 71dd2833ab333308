"""The group of every row, and what the whole columns tell of the groups."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits import _validation as check
from credbenefits.errors import InputError
from credbenefits.frames.boundary import require
from credbenefits.frames.columns import combine, encode, refuse_too_many
from credbenefits.frames.doubts import refuse_undeclared
from credbenefits.frames.identifiers import refuse_identifier
from credbenefits.frames.separators import refuse_several
from credbenefits.questions.spelling import label
from credbenefits.results.base import ALL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import IntArray, Value
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.frames.columns import Categories

#: Up to so many crossings of groups, those that nobody is in are named.
_MOST_NAMED = 1_000


class Grouped(NamedTuple):
    """Groups of rows (-1 where there is none) and their labels; each column whole, and its groups alone."""

    group: IntArray
    labels: tuple[tuple[str, ...], ...]
    columns: tuple[Categories, ...]
    parts: tuple[Categories, ...]


def read_groups(frame: NarwhalsFrame, by: tuple[str, ...], missing: Sequence[Value]) -> Grouped:
    """Cross the columns of the groups; without any, all rows are one group."""
    if not by:
        return Grouped(np.zeros(len(frame), dtype=np.int64), ((),), (), ())
    require(frame, by, "by")
    columns = tuple(encode(frame, name, "by") for name in by)
    parts = tuple(column.without(missing) for column in columns)
    return Grouped(*combine(parts), columns, parts)


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


def _nobody_in(part: Categories) -> str:
    """Name the groups that the column's type declares and nobody is in."""
    empty = part.unused
    return f"{part.column}: nobody is in {check.listing(map(label, empty))}" if empty else ""
