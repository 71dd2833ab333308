"""Counting rows of small codes: the answers of an eager frame, one pass for each sum."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits.frames.answers import MISSING_KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from credbenefits._typing import BoolArray, FloatArray, IntArray


class Sums(NamedTuple):
    """The cells that occur, sorted, and the sums of a :class:`credbenefits.counts.tally.Tally` over them."""

    cells: IntArray
    people: IntArray
    weight: FloatArray
    weight2: FloatArray
    replicate: FloatArray | None


@dataclass(frozen=True)
class ByCodes:
    """Rows sorted into units and groups once, to count the answers to many questions.

    Attributes
    ----------
    unit, group : array of int, shape (rows,)
        Sampling unit and group of each row; rows of -1 take no part. `unit` may be None: all are one unit.
    n_units, n_groups : int
        How many there are.
    weight : array, shape (rows,), optional
        Weights; rows of weight 0 take no part.
    replicate : array, shape (R, rows), optional
        Replicate weights of the file, which may be negative.
    """

    unit: IntArray | None
    group: IntArray
    n_units: int
    n_groups: int
    weight: FloatArray | None = None
    replicate: FloatArray | None = None

    @cached_property
    def rows(self) -> IntArray | slice:
        """The rows that take part; a slice where all do, which copies nothing."""
        inside = self.group >= 0
        if self.unit is not None:
            inside = inside & (self.unit >= 0)
        if self.weight is not None:
            inside = inside & (self.weight > 0)
        return slice(None) if inside.all() else np.flatnonzero(inside)

    @cached_property
    def _place(self) -> IntArray:
        if self.unit is None:
            return self.group[self.rows]
        return self.unit[self.rows] * self.n_groups + self.group[self.rows]

    @cached_property
    def _pairs(self) -> IntArray:
        """Where each row's pair of columns starts, for the questions with two answers, which are many."""
        return self._place * 2

    @cached_property
    def _powers(self) -> tuple[FloatArray, ...]:
        if self.weight is None:
            return ()
        w = self.weight[self.rows]
        return w, w**2

    @cached_property
    def _replicates(self) -> list[FloatArray]:
        return [] if self.replicate is None else [w[self.rows] for w in self.replicate]

    def count(self, codes: Sequence[NDArray[np.integer]], *, squares: bool = True) -> Sums:
        """Add up the rows by the codes of their answers.

        Parameters
        ----------
        codes : list of array of int, each of shape (rows,)
            On each axis the place of the row's answer, or -5 to -1 for a kind of no answer.

        squares : bool
            Whether to add up the squares of the weights too; they are 0 otherwise. The variance of clusters
            needs none.

        Returns
        -------
        Sums
            With the shapes of a tally; without weights the sums of weights are those of people.
        """
        here, first, cells = _one_code(
            [np.asarray(each)[self.rows] for each in codes], self.n_units * self.n_groups
        )
        columns = len(cells)
        if columns == 2:
            key = self._pairs + here
        else:
            key = self._place * columns
            key += here
            key -= first
        shape = self.n_units, self.n_groups, columns
        size = self.n_units * self.n_groups * columns
        people = np.bincount(key, minlength=size).reshape(shape)
        occurs = _occur(people)
        kept = slice(None) if occurs.all() else occurs

        def add(weights: FloatArray) -> FloatArray:
            sums = np.bincount(key, weights=weights, minlength=size).astype(np.float64, copy=False)
            return sums.reshape(shape)[..., kept]

        people = people[..., kept].astype(np.int64, copy=False)
        if self.weight is None:
            weight = weight2 = people.astype(np.float64)
        else:
            w, w2 = self._powers
            weight = add(w)
            weight2 = add(w2) if squares else np.zeros_like(weight)
        replicate = None
        if self.replicate is not None:
            made = [add(w).sum(axis=0) for w in self._replicates]
            replicate = np.array(made).reshape(len(made), self.n_groups, people.shape[-1])
        return Sums(cells[kept], people, weight, weight2, replicate)


def _occur(people: IntArray) -> BoolArray:
    """Return which cells somebody is in, of sums of the shape (units, groups, cells)."""
    flat = people.reshape(-1, people.shape[-1])
    if flat.shape[1] > 16 or flat.shape[0] < 64:
        result: BoolArray = np.any(flat, axis=0)
        return result
    # Column by column, which is many times faster where there are few.
    return np.array([column.any() for column in flat.T])


def _one_code(
    codes: Sequence[NDArray[np.integer]], n_places: int
) -> tuple[NDArray[np.integer], int, IntArray]:
    """Return one code for each row, the first code, and the cell of every code, shape (codes, axes).

    There are `n_places` units times groups, and sums for each of them.
    """
    if len(codes) == 1:
        here = codes[0]
        first = min(int(here.min(initial=0)), 0)
        last = max(int(here.max(initial=0)), 1)
        return here, first, np.arange(first, last + 1)[:, None]
    kinds = len(MISSING_KINDS)
    widths = [kinds + 1 + max(int(here.max(initial=0)), 0) for here in codes]
    # Where the crossing is not much larger than the file, it need not be sorted to find what occurs.
    dense = prod(widths) * n_places <= 4 * codes[0].size + 1_000
    mixed: IntArray = np.zeros(codes[0].shape, dtype=np.int64)
    for here, width in zip(codes, widths, strict=True):
        if not dense:
            mixed = np.unique(mixed, return_inverse=True)[1].reshape(-1).astype(np.int64)
        mixed = mixed * width + (here.astype(np.int64) + kinds)
    if dense:
        places = np.unravel_index(np.arange(prod(widths)), widths)
        return mixed, 0, np.stack(places, axis=1) - kinds
    _, first_row, place = np.unique(mixed, return_index=True, return_inverse=True)
    result = place.reshape(-1)
    return result, 0, np.stack([here[first_row].astype(np.int64) for here in codes], axis=1)
