"""What people of a cell add to each total: 1 to the total of each of their levels, and their numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import FloatArray, IntArray


@dataclass(frozen=True)
class Constraints:
    """The matrix x of cells by totals: its columns are the levels of all margins, in order, then the numbers.

    Sums go by the codes of the margins, several times as fast as products of matrices.

    Attributes
    ----------
    codes : list of array of int, each of shape (cells,)
        For each margin the level of every cell, from 0.
    levels : list of int
        How many levels each margin has.
    numbers : array, shape (cells, numbers)
        What one person of each cell has of each number.
    """

    codes: Sequence[IntArray]
    levels: Sequence[int]
    numbers: FloatArray

    @property
    def n_columns(self) -> int:
        """How many totals there are."""
        return sum(self.levels) + int(self.numbers.shape[1])

    @cached_property
    def matrix(self) -> FloatArray:
        """The matrix x, shape (cells, columns)."""
        of_levels = [each[:, None] == np.arange(n) for each, n in zip(self.codes, self.levels, strict=True)]
        return np.concatenate([*of_levels, self.numbers], axis=1).astype(np.float64)

    def times(self, b: FloatArray) -> FloatArray:
        """Return x b of each cell, (replicates, columns) to (replicates, cells)."""
        first = sum(self.levels)
        if not self.numbers.shape[1]:
            return self._levels.spread(b)
        of_numbers: FloatArray = b[:, first:] @ self.numbers.T
        return of_numbers + self._levels.spread(b[:, :first]) if self.codes else of_numbers

    def sums(self, values: FloatArray) -> FloatArray:
        """Add up values of cells for each total, (replicates, cells) to (replicates, columns)."""
        return np.concatenate([self._levels.sums(values), values @ self.numbers], axis=1)

    def absolute_sums(self, values: FloatArray) -> FloatArray:
        """Add up values of at least 0 for the absolute value of x, as `sums` does for x."""
        return Constraints(self.codes, self.levels, np.abs(self.numbers)).sums(values)

    def diagonal(self, weight: FloatArray) -> FloatArray:
        """Return the diagonal of `squares`, (replicates, columns)."""
        return Constraints(self.codes, self.levels, self.numbers**2).sums(weight)

    def squares(self, weight: FloatArray) -> FloatArray:
        """Return x' W x for each row of weights of cells: (replicates, columns, columns)."""
        first, n = sum(self.levels), len(weight)
        made = np.zeros((n, self.n_columns, self.n_columns))
        # Nobody is at two levels of one margin, and of two margins there is a table.
        made[:, np.arange(first), np.arange(first)] = self._levels.sums(weight)
        tables, start = self._tables.sums(weight), 0
        for a, b in combinations(self._columns, 2):
            height, width = a.stop - a.start, b.stop - b.start
            table = tables[:, start : start + height * width].reshape(n, height, width)
            made[:, a, b], made[:, b, a] = table, table.transpose(0, 2, 1)
            start += height * width
        for j, number in enumerate(self.numbers.T, first):
            made[:, j] = made[:, :, j] = self.sums(weight * number)
        return made

    @cached_property
    def _columns(self) -> list[slice]:
        """The columns of each margin."""
        ends = np.cumsum(self.levels).tolist()
        return [slice(end - n, end) for end, n in zip(ends, self.levels, strict=True)]

    @cached_property
    def _levels(self) -> _Places:
        return _Places(self.codes, self.levels)

    @cached_property
    def _tables(self) -> _Places:
        pairs = list(combinations(zip(self.codes, self.levels, strict=True), 2))
        return _Places([i * width + j for (i, _), (j, width) in pairs], [n * m for (_, n), (_, m) in pairs])


@dataclass(frozen=True)
class _Places:
    """Several ways to put cells into places: where each cell is, and how many places the way has."""

    places: Sequence[IntArray]
    sizes: Sequence[int]

    def sums(self, values: FloatArray) -> FloatArray:
        """Add up values of cells by place, (replicates, cells) to (replicates, places of all ways)."""
        if not self.places:
            return np.zeros((len(values), 0))
        if len(values) > 1:
            return np.asarray((self._cells @ values.T).T)
        made = [np.bincount(p, values[0], n) for p, n in zip(self.places, self.sizes, strict=True)]
        return np.asarray(np.concatenate(made)[None], dtype=np.float64)

    def spread(self, b: FloatArray) -> FloatArray:
        """Add up for each cell what its places have: `sums` the other way round."""
        if len(b) > 1:
            return np.asarray((self._cells.T @ b.T).T)
        made, start = np.zeros(self.places[0].size), 0
        for place, n in zip(self.places, self.sizes, strict=True):
            made += b[0, start : start + n][place]
            start += n
        return made[None]

    @cached_property
    def _cells(self) -> Any:  # noqa: ANN401 - SciPy's arrays have no type of their own that all versions know
        """A matrix with a row for each place and a 1 for each cell there."""
        starts = np.cumsum([0, *self.sizes])
        rows = np.concatenate([place + start for place, start in zip(self.places, starts[:-1], strict=True)])
        n = self.places[0].size
        cells = np.tile(np.arange(n), len(self.places))
        return csr_array((np.ones(rows.size), (rows, cells)), shape=(int(starts[-1]), n))
