"""Sums over cells: all that an estimate needs to know about the rows. Partial sums add up."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from credbenefits.frames.answers import MISSING_KINDS
from credbenefits.frames.answers import YES as SAID_YES

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray, IntArray
    from credbenefits.frames.answers import StatusArray

#: Columns of the sums, from the end: yes, no, and before them the kinds of missing answer that occur.
YES, NO = -1, -2
_KINDS = len(MISSING_KINDS)


@dataclass(frozen=True, slots=True)
class CellSums:
    """Sums per cell and kind of answer: people, their weights, and powers of the weights.

    Every array has the shape (cells, kinds of answer); kinds of missing answer that are before the
    first one found are left out. Counting two parts of a file and adding gives the count of the whole.
    """

    people: FloatArray
    weights: FloatArray
    squares: FloatArray
    cubes: FloatArray

    def __add__(self, other: CellSums) -> CellSums:
        k = max(self.people.shape[-1], other.people.shape[-1])
        pairs = [(getattr(self, f.name), getattr(other, f.name)) for f in fields(self)]
        return CellSums(*(_padded(one, k) + _padded(two, k) for one, two in pairs))

    @property
    def count(self) -> FloatArray:
        """People who said yes."""
        return self.people[..., YES]

    @property
    def nobs(self) -> FloatArray:
        """People who answered."""
        return self.people[..., NO] + self.people[..., YES]

    @property
    def anybody_missing(self) -> bool:
        """Whether somebody did not answer."""
        return bool(self.people.shape[-1] > 2)

    @property
    def missing(self) -> FloatArray:
        """People who did not answer, per kind of missing answer (the last axis)."""
        return _padded(self.people, _KINDS + 2)[..., :NO]

    @property
    def unanswered(self) -> FloatArray:
        """People who were asked and did not answer."""
        return np.asarray(self.missing[..., 1:].sum(axis=-1))

    @property
    def weight_yes(self) -> FloatArray:
        """Weight of those who said yes."""
        return self.weights[..., YES]

    @property
    def weight(self) -> FloatArray:
        """Weight of those who answered."""
        return self.weights[..., NO] + self.weights[..., YES]

    @property
    def weight_squared_yes(self) -> FloatArray:
        """Sum of squared weights of those who said yes."""
        return self.squares[..., YES]

    @property
    def weight_squared(self) -> FloatArray:
        """Sum of squared weights of those who answered."""
        return self.squares[..., NO] + self.squares[..., YES]


@dataclass(frozen=True)
class Counter:
    """Rows sorted into cells once, to count the answers to many items.

    Rows of cell -1 and of weight 0 take no part.
    """

    cell: IntArray
    n_cells: int
    weight: FloatArray | None = None

    @cached_property
    def rows(self) -> IntArray | slice:
        """The rows that take part; a slice where all do, which copies nothing."""
        inside = self.cell >= 0 if self.weight is None else (self.cell >= 0) & (self.weight > 0)
        return slice(None) if inside.all() else np.flatnonzero(inside)

    @cached_property
    def _cells(self) -> IntArray:
        return self.cell[self.rows]

    @cached_property
    def _pairs(self) -> IntArray:
        """Where each row's pair of columns starts, for the items that everybody answered."""
        return self._cells * 2

    @cached_property
    def _powers(self) -> tuple[FloatArray, ...]:
        if self.weight is None:
            return ()
        w = self.weight[self.rows]
        return w, w**2, w**3

    def count(self, status: StatusArray, *, powers: int = 3) -> CellSums:
        """Add up one item's answers per cell. Powers of the weights above `powers` are left out (0)."""
        here = status[self.rows]
        first = min(int(here.min(initial=0)), 0)
        columns = 2 - first
        if columns == 2:
            key = self._pairs + here
        else:
            key = self._cells * columns
            key += here
            key -= first
        size = self.n_cells * columns

        def add(weights: FloatArray | None = None) -> FloatArray:
            sums = np.bincount(key, weights=weights, minlength=size)
            return sums.astype(np.float64, copy=False).reshape(-1, columns)

        people = add()
        if self.weight is None:
            return CellSums(people, people, people, people)
        sums = [add(w) for w in self._powers[:powers]]
        return CellSums(people, *sums, *[np.zeros_like(people)] * (3 - powers))


def _padded(sums: FloatArray, columns: int) -> FloatArray:
    """Add columns of nobody before the first, up to so many."""
    more = columns - sums.shape[-1]
    return sums if not more else np.pad(sums, [(0, 0)] * (sums.ndim - 1) + [(more, 0)])


def weight_classes(status: StatusArray, weight: FloatArray, unit: IntArray) -> tuple[IntArray, ...]:
    """Group people who answered alike, weigh alike and are in the same unit.

    Returns unit, answer (1 yes, 0 no), place of one such person, and how many they are.
    """
    yes = status == SAID_YES
    code = 2 * unit + yes
    order = np.lexsort((weight, code))
    new = np.ones(order.size, dtype=bool)
    new[1:] = (np.diff(code[order]) != 0) | (np.diff(weight[order]) != 0)
    first = order[new]
    people = np.diff(np.append(np.flatnonzero(new), order.size))
    return unit[first], yes[first].astype(np.int64), first, people
