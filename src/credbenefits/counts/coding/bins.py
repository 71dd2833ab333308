"""Bins of a column of numbers as codes: which one the number of each row lies in."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits.counts.coding.cuts import MOST_NUMBERS, cut, edge_labels, numbers_of
from credbenefits.counts.coding.questions import axis_of
from credbenefits.errors import InputError
from credbenefits.frames.answers import BLANK, as_numbers
from credbenefits.questions.spelling import canonical

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from credbenefits.counts.tally import Axis
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.frames.columns import Categories
    from credbenefits.questions.item import Item


class Binned(NamedTuple):
    """A column of numbers that was cut: its numbers alone, and the bin of each level of the whole column."""

    whole: Categories
    numbers: Categories
    at: NDArray[np.int16]
    edges: tuple[float, ...]
    notes: tuple[str, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """What the bins are called."""
        return edge_labels(self.edges)

    @property
    def codes(self) -> NDArray[np.int16]:
        """The bin of every row; below 0 where there is no number."""
        return self.at[self.whole.codes]

    def axis(self, question: Item) -> Axis:
        """Return how each number was written, and which bin it is in."""
        labels, read = self.labels, (self.whole, self.numbers)
        axis = axis_of(read, self.at, self.whole.column, labels, question=question)
        edges = tuple(map(float, self.edges))
        return replace(axis, order=labels, closed=False, notes=self.notes, edges=edges)


def code_bins(
    frame: NarwhalsFrame,
    columns: tuple[Categories, Categories],
    *,
    wanted: int | tuple[float, ...] | None,
    groups: int,
) -> Binned | None:
    """Return a column's bins; None where the column is not cut.

    `columns` are the column whole, and without what is declared as no answer. Without something `wanted`, a
    column is cut into so many groups if it has many different numbers, as a covariate is. Bins are
    called by their edges alone, so that parts of a file call them alike.
    """
    raw, part = columns
    found = numbers_of(frame, part, "by", wanted=wanted is not None)
    if found is None and isinstance(
        wanted, tuple
    ):  # nobody has a number here, but in another part of the file
        found = [], np.zeros(0, dtype=np.int64)
    if found is None or (wanted is None and len(part.levels) <= MOST_NUMBERS):
        return None
    numbers, place = found
    notes = [as_numbers(part.column)] if any(isinstance(v, str) for v in part.levels[:1]) else []
    if isinstance(wanted, tuple):
        edges = wanted
    else:
        made = cut(numbers, part.sizes()[np.argsort(place)], wanted or groups)
        edges = made.edges
        notes.append(f"{part.column}: {made.words}")
    if not edges:
        raise InputError(
            "bins",
            allowed="columns of at least two different numbers",
            received=f"{part.column!r}, where everybody has {part.labels[0]}",
            fix="Leave it out of bins=.",
        )
    bin_of = [bisect_right(edges, numbers[i]) for i in place.tolist()]
    if part is not raw:  # codes that are no answer are levels of the whole column
        by_level = dict(zip(map(canonical, part.levels), bin_of, strict=True))
        bin_of = [by_level.get(canonical(v), BLANK) for v in raw.levels]
    return Binned(raw, part, np.array([*bin_of, BLANK], dtype=np.int16), edges, tuple(notes))
