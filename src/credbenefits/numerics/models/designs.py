"""Designs of models on cells: what fitting needs of them, without a matrix where categories do."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import isqrt
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from credbenefits._typing import BoolArray, FloatArray, IntArray

#: A column whose square is left to less than this part by the columns before it is a sum of them.
_SUM_OF_OTHERS = 1e-11
#: Levels that terms joined into one may have, however few the cells.
_LEAST_JOINED = 64
#: Pairs of levels of two terms that are counted in a table, however few the cells.
_MOST_PAIRS = 1 << 16


class Design(Protocol):
    """Columns of a model, with a row for each cell."""

    @property
    def shape(self) -> tuple[int, int]:
        """Cells and columns."""
        ...

    def predictor(self, coefficients: FloatArray) -> FloatArray:
        """Return the linear predictor of each cell."""
        ...

    def sums(self, values: FloatArray) -> FloatArray:
        """Add up values of the cells for each column, times the column: shape (columns,)."""
        ...

    def products(self, weight: FloatArray) -> FloatArray:
        """Add up the weighted products of all pairs of columns: shape (columns, columns)."""
        ...

    def start(self, successes: FloatArray, trials: FloatArray) -> FloatArray:
        """Return coefficients to begin with."""
        ...

    def rows(self, some: slice | IntArray) -> FloatArray:
        """Return the columns of some cells as a matrix."""
        ...


@dataclass(frozen=True, slots=True)
class Matrix:
    """A design given as numbers, shape (cells, columns)."""

    matrix: FloatArray

    @property
    def shape(self) -> tuple[int, int]:
        """Cells and columns."""
        return self.matrix.shape[0], self.matrix.shape[1]

    def predictor(self, coefficients: FloatArray) -> FloatArray:
        """Return the linear predictor of each cell."""
        return self.matrix @ coefficients

    def sums(self, values: FloatArray) -> FloatArray:
        """Add up values of the cells for each column, times the column."""
        return values @ self.matrix

    def products(self, weight: FloatArray) -> FloatArray:
        """Add up the weighted products of all pairs of columns."""
        result: FloatArray = (self.matrix.T * weight) @ self.matrix
        return result

    def start(self, successes: FloatArray, trials: FloatArray) -> FloatArray:
        """Return coefficients to begin with: 0, since nothing is known of the columns."""
        return np.zeros(self.matrix.shape[1])

    def rows(self, some: slice | IntArray) -> FloatArray:
        """Return the columns of some cells as a matrix."""
        return self.matrix[some]


class Term(NamedTuple):
    """A part of a predictor: the level of each cell, and the columns' values at each level."""

    codes: IntArray
    columns: FloatArray


@dataclass(frozen=True)
class Margins:
    """An intercept and terms whose columns depend on the level of a cell only.

    Terms of few levels are joined into one, whose levels are their combinations. So the sums over pairs of
    columns need one pass over the cells for each pair of joined terms, and no matrix of cells by columns.
    """

    terms: tuple[Term, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Cells and columns."""
        return self.terms[0].codes.size, 1 + sum(term.columns.shape[1] for term in self.terms)

    @cached_property
    def _joined(self) -> list[Term]:
        most = max(_LEAST_JOINED, isqrt(4 * self.shape[0]))
        made: list[Term] = []
        for term in self.terms:
            if made and len(made[-1].columns) * len(term.columns) <= most:
                made[-1] = _join(made[-1], term)
            else:
                made.append(term)
        ones = np.ones((len(made[0].columns), 1))
        made[0] = Term(made[0].codes, np.hstack([ones, made[0].columns]))
        return made

    def _places(self) -> Iterator[tuple[Term, slice]]:
        start = 0
        for term in self._joined:
            yield term, slice(start, start := start + term.columns.shape[1])

    def predictor(self, coefficients: FloatArray) -> FloatArray:
        """Return the linear predictor of each cell."""
        result: FloatArray = np.zeros(self.shape[0])
        for term, place in self._places():
            result += (term.columns @ coefficients[place])[term.codes]
        return result

    def sums(self, values: FloatArray) -> FloatArray:
        """Add up values of the cells for each column, times the column."""
        parts = [_by_level(term, values) @ term.columns for term in self._joined]
        return np.concatenate(parts)

    def products(self, weight: FloatArray) -> FloatArray:
        """Add up the weighted products of all pairs of columns."""
        k = self.shape[1]
        result: FloatArray = np.zeros((k, k))
        places = list(self._places())
        for i, (one, at) in enumerate(places):
            result[at, at] = (one.columns.T * _by_level(one, weight)) @ one.columns
            for other, there in places[i + 1 :]:
                result[at, there] = self._crossed(one, other, weight)
                result[there, at] = result[at, there].T
        return result

    def _crossed(self, one: Term, other: Term, weight: FloatArray) -> FloatArray:
        """Add up the weighted products of the columns of two terms."""
        shape = len(one.columns), len(other.columns)
        if shape[0] * shape[1] > max(_MOST_PAIRS, 4 * weight.size):  # many different numbers
            parts = [_by_level(one, weight * column[other.codes]) for column in other.columns.T]
            return one.columns.T @ np.column_stack(parts)
        key = one.codes * shape[1] + other.codes
        table = np.bincount(key, weights=weight, minlength=shape[0] * shape[1]).reshape(shape)
        result: FloatArray = one.columns.T @ table @ other.columns
        return result

    def start(self, successes: FloatArray, trials: FloatArray) -> FloatArray:
        """Return coefficients to begin with: those of each term alone, as near as levels give them."""
        mass, yes = trials.sum(), successes.sum()
        if not 0 < yes < mass:
            return np.zeros(self.shape[1])
        usual, person = np.log(yes / (mass - yes)), trials[trials > 0].min()
        intercept, parts = usual, []
        for term in self.terms:
            n, here = _by_level(term, trials), _by_level(term, successes)
            # As if there were one person more at each level, so that all answers are possible.
            apart = (
                np.log(here + person * yes / mass) - np.log(n - here + person * (1.0 - yes / mass)) - usual
            )
            columns = np.hstack([np.ones((len(n), 1)), term.columns])
            fit = np.linalg.lstsq(columns * np.sqrt(n)[:, None], apart * np.sqrt(n), rcond=None)[0]
            intercept += fit[0]
            parts.append(fit[1:])
        return np.concatenate([[intercept], *parts])

    def rows(self, some: slice | IntArray) -> FloatArray:
        """Return the columns of some cells as a matrix."""
        return np.hstack([term.columns[term.codes[some]] for term in self._joined])


def _by_level(term: Term, values: FloatArray) -> FloatArray:
    made = np.bincount(term.codes, weights=values, minlength=len(term.columns))
    return np.asarray(made, dtype=np.float64)


def _join(one: Term, other: Term) -> Term:
    """Return both terms as one: its levels are the combinations of theirs."""
    n, m = len(one.columns), len(other.columns)
    columns = np.hstack([np.repeat(one.columns, m, axis=0), np.tile(other.columns, (n, 1))])
    return Term(one.codes * m + other.codes, columns)


def contrasts(n_levels: int, without: int) -> FloatArray:
    """Return an indicator of each level but one: shape (levels, levels - 1)."""
    return np.delete(np.eye(n_levels), without, axis=1)


def independent_columns(design: Design, trials: FloatArray) -> BoolArray:
    """Mark columns to keep: a later column that is a sum of earlier ones among real cells is left out."""
    products = design.products((trials > 0).astype(np.float64))
    size = np.sqrt(np.diagonal(products))
    keep = size > 0
    size = np.where(keep, size, 1.0)
    left = products / (size[:, None] * size)
    # Cholesky's method, column by column: what is left of each once those before it are taken out.
    for j in range(keep.size):
        keep[j] &= bool(left[j, j] > _SUM_OF_OTHERS)
        if keep[j]:
            row = left[j] / np.sqrt(left[j, j])
            left = left - np.outer(row, row)
    return keep


def as_design(given: FloatArray | Design) -> Design:
    """Return a matrix as a design, and a design as it is."""
    return Matrix(given) if isinstance(given, np.ndarray) else given


def kept(matrix: FloatArray, keep: BoolArray) -> FloatArray:
    """Return the rows and columns of a square matrix that are kept."""
    result: FloatArray = matrix[np.ix_(keep, keep)]
    return result
