"""Counting rows of small codes: the answers of an eager frame, one pass for each sum."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from credbenefits.counts.tally import refuse_too_large

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from credbenefits._typing import BoolArray, FloatArray, IntArray

#: Rows that are worked on at once.
_BLOCK = 1 << 15
#: Codes of a crossing beyond which they are numbered anew, before they leave the range of whole numbers.
_MOST_CODES = 2**62
#: Codes that are looked up rather than sorted, however few the rows.
_MOST_FLAGS = 1 << 20


class Sums(NamedTuple):
    """Cells, sorted, and the sums of a :class:`credbenefits.counts.tally.Tally` over them."""

    cells: IntArray
    people: IntArray
    weight: FloatArray
    weight2: FloatArray
    extra: Mapping[str, FloatArray] = MappingProxyType({})


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
    lines : array of int, shape (rows,), optional
        How many people each row stands for, where they were grouped before; `weight` is the sum of theirs
        then, and `square` that of the squares.
    doubt : array, shape (rows,), optional
        Of linked pairs 1 - match probability. With it `count` adds up the `extra` of a tally too.
    """

    unit: IntArray | None
    group: IntArray
    n_units: int
    n_groups: int
    weight: FloatArray | None = None
    lines: IntArray | None = None
    square: FloatArray | None = None
    doubt: FloatArray | None = None

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
    def _starts(self) -> dict[tuple[int, int], IntArray]:
        return {}

    def _start(self, lowest: int, columns: int) -> IntArray:
        """Return where the cell of code 0 is for each row; most questions of a call have the same."""
        if (lowest, columns) not in self._starts:
            self._starts.clear()
            self._starts[lowest, columns] = self._place * columns - lowest
        return self._starts[lowest, columns]

    @cached_property
    def _weight(self) -> FloatArray | None:
        return None if self.weight is None else self.weight[self.rows]

    @cached_property
    def _weight2(self) -> FloatArray | None:
        if self.square is not None:
            return self.square[self.rows]
        return None if self._weight is None else self._weight**2

    @cached_property
    def _people(self) -> IntArray | None:
        return None if self.lines is None else self.lines[self.rows]

    def table(self, codes: NDArray[np.integer], lowest: int, columns: int, *, squares: bool = True) -> Sums:
        """Add up the rows by code, from the lowest on in so many columns, whether anybody has them or not.

        Parameters
        ----------
        codes : array of int, shape (rows,)
            Of each row, from `lowest`, which is at most 0, to below `lowest` + `columns`.
        squares : bool
            Whether to add up the squares of the weights too; they are 0 otherwise. The variance of clusters
            needs none.

        Returns
        -------
        Sums
            Over the codes; without weights the sums of weights are those of people.
        """
        return self._table(codes[self.rows], lowest, columns, squares=squares)

    def _table(self, here: NDArray[np.integer], lowest: int, columns: int, *, squares: bool) -> Sums:
        """Add up the rows that take part."""
        shape = self.n_units, self.n_groups, columns
        refuse_too_large(shape, "by")
        key, size = self._start(lowest, columns) + here, prod(shape)

        def add(weights: FloatArray | IntArray | None = None) -> NDArray[Any]:
            # Without any row it is whole numbers even with weights.
            return np.bincount(key, weights=weights, minlength=size).reshape(shape)

        people = add(self._people).astype(np.int64, copy=False)
        cells = np.arange(lowest, lowest + columns)[:, None]
        if self._weight is None:
            weight = weight2 = people.astype(np.float64)
        else:
            weight = add(self._weight).astype(np.float64, copy=False)
            weight2 = add(self._weight2).astype(np.float64, copy=False) if squares else np.zeros(shape)
        return Sums(cells, people, weight, weight2)

    def count(self, codes: Sequence[NDArray[np.integer]]) -> Sums:
        """Add up the rows by the codes of their answers, in the cells that occur.

        Parameters
        ----------
        codes : list of array of int, each of shape (rows,)
            On each axis the place of the row's answer, or -5 to -1 for a kind of no answer.

        Returns
        -------
        Sums
            With the shapes of a tally.
        """
        here, first, cells = _one_code(
            [np.asarray(each)[self.rows] for each in codes], self.n_units * self.n_groups
        )
        made = self._table(here, first, len(cells), squares=True)
        occurs = _occur(made.people)
        kept = slice(None) if occurs.all() else occurs
        return Sums(
            cells[kept],
            made.people[..., kept],
            made.weight[..., kept],
            made.weight2[..., kept],
            {name: array[..., kept] for name, array in self._extra(here, first, len(cells)).items()},
        )

    def _extra(self, here: NDArray[np.integer], lowest: int, columns: int) -> dict[str, FloatArray]:
        """Add up the doubt about links, by the names that a tally has for the sums."""
        if self.doubt is None:
            return {}
        doubt = self.doubt[self.rows]
        w = np.ones(doubt.shape) if self._weight is None else self._weight
        key, shape = self._start(lowest, columns) + here, (self.n_units, self.n_groups, columns)
        parts = {"wd": w * doubt, "w2d": w**2 * doubt, "w2d2": (w * doubt) ** 2}
        return {
            name: np.bincount(key, weights=part, minlength=prod(shape)).reshape(shape).astype(np.float64)
            for name, part in parts.items()
        }


def _occur(people: IntArray) -> BoolArray:
    """Return which cells somebody is in, of sums of the shape (units, groups, cells)."""
    flat = people.reshape(-1, people.shape[-1])
    if flat.shape[1] > 16 or flat.shape[0] < 64:
        result: BoolArray = np.any(flat, axis=0)
        return result
    # Column by column, which is many times faster where there are few.
    return np.array([column.any() for column in flat.T])


class Crossing(NamedTuple):
    """The cells of a crossing that somebody is in, sorted, and the place among them of every row."""

    cells: IntArray  # (cells, axes)
    place: IntArray  # (rows,)


def crossed(codes: Sequence[NDArray[np.integer]]) -> Crossing:
    """Cross the codes of the same rows: each of shape (rows,), from -5 as in :meth:`ByCodes.count`."""
    mixed, lowest, widths = _mixed(codes)
    size = prod(widths)
    if size > max(4 * mixed.size, _MOST_FLAGS):
        _, first_row, place = np.unique(mixed, return_index=True, return_inverse=True)
        cells = np.stack([here[first_row].astype(np.int64) for here in codes], axis=1)
        return Crossing(cells, place.reshape(-1))
    occurs = np.zeros(size, dtype=bool)
    occurs[mixed] = True
    places, number = np.unravel_index(np.flatnonzero(occurs), widths), np.cumsum(occurs) - 1
    for start in range(0, mixed.size, _BLOCK):  # in its place, without another array of the size of the file
        some = slice(start, start + _BLOCK)
        mixed[some] = number[mixed[some]]
    return Crossing(np.stack(places, axis=1) + np.array(lowest), mixed)


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
    mixed, lowest, widths = _mixed(codes)
    # Where the crossing is not much larger than the file, it need not be sorted to find what occurs.
    if prod(widths) * n_places <= 4 * codes[0].size + 1_000:
        places = np.unravel_index(np.arange(prod(widths)), widths)
        return mixed, 0, np.stack(places, axis=1) + np.array(lowest)
    _, first_row, place = np.unique(mixed, return_index=True, return_inverse=True)
    result = place.reshape(-1)
    return result, 0, np.stack([here[first_row].astype(np.int64) for here in codes], axis=1)


def _mixed(codes: Sequence[NDArray[np.integer]]) -> tuple[IntArray, list[int], list[int]]:
    """Return one code for each row, and the lowest code and the number of codes of each axis.

    The rows' codes come in the order of the axes, the first foremost.
    """
    lowest = [min(int(here.min(initial=0)), 0) for here in codes]
    widths = [max(int(here.max(initial=0)), 0) + 1 - low for here, low in zip(codes, lowest, strict=True)]
    if prod(widths) > _MOST_CODES:
        return _mixed_anew(codes, lowest, widths), lowest, widths
    mixed: IntArray = np.empty(codes[0].shape, dtype=np.int64)
    short = prod(widths) < np.iinfo(np.int16).max
    kind: type[np.signedinteger[Any]] = np.int16 if short else np.int64
    # Block by block, which stays in the processor's cache, and in numbers that are no longer than they need.
    for start in range(0, mixed.size, _BLOCK):
        some = slice(start, start + _BLOCK)
        block = np.zeros(mixed[some].size, dtype=kind)
        for here, low, width in zip(codes, lowest, widths, strict=True):
            block *= width
            block += here[some].astype(kind, copy=False)
            if low:
                block -= low
        mixed[some] = block
    return mixed, lowest, widths


def _mixed_anew(
    codes: Sequence[NDArray[np.integer]], lowest: Sequence[int], widths: Sequence[int]
) -> IntArray:
    """Return one code for each row, numbered anew where they would leave the range of whole numbers."""
    mixed: IntArray = np.zeros(codes[0].shape, dtype=np.int64)
    size = 1
    for here, low, width in zip(codes, lowest, widths, strict=True):
        if size * width > _MOST_CODES:
            mixed = np.unique(mixed, return_inverse=True)[1].reshape(-1).astype(np.int64)
            size = int(mixed.max(initial=0)) + 1
        mixed *= width
        mixed += here
        mixed -= low
        size *= width
    return mixed
