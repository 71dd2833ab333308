"""Replicate weights of the file for the people who are counted, group by group."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from credbenefits.counts.replicate_weights import read_replicate_weights, refuse_no_weight
from credbenefits.counts.tally import BASES, refuse_too_large
from credbenefits.numerics.design.replicate_ranks import GroupedWeights
from credbenefits.numerics.design.replicate_scale import without_cancelled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from credbenefits._typing import BoolArray, FloatArray, IntArray
    from credbenefits.counts.coding.coded import Coded
    from credbenefits.counts.replicate_weights import ReplicateWeights
    from credbenefits.frames.boundary import NarwhalsFrame


@dataclass(frozen=True)
class FileWeights:
    """Replicate weights (R, rows), and the groups of the rows that take part; -1 for those that do not."""

    weights: FloatArray
    group: IntArray
    n_groups: int

    @cached_property
    def negative(self) -> bool:
        """Whether some weights are negative, and may cancel others."""
        return bool(self.weights.min(initial=0.0) < 0)

    @cached_property
    def rows(self) -> list[IntArray]:
        """The rows of each group."""
        order = np.argsort(self.group, kind="stable")
        ends = np.searchsorted(self.group[order], np.arange(self.n_groups + 1))
        return [order[start:end] for start, end in pairwise(ends.tolist())]

    @cached_property
    def grouped(self) -> GroupedWeights:
        """The weights of each group's people."""
        return GroupedWeights([np.ascontiguousarray(self.weights[:, rows].T) for rows in self.rows])

    @property
    def products(self) -> FloatArray:
        """Sums of products of every two replicate weights over each group's people, shape (G, R, R)."""
        r = len(self.weights)
        return self.grouped.products.reshape(self.n_groups, r, r)

    def sums(self, codes: NDArray[np.integer], cells: IntArray) -> FloatArray:
        """Return the sums over the people of each group who have the code of each cell: (R, G, cells)."""
        result = np.zeros((len(self.weights), self.n_groups, cells.size))
        for g, (rows, weights) in enumerate(zip(self.rows, self.grouped.groups, strict=True)):
            there = (codes[rows][:, None] == cells).astype(np.float64)
            made = weights.T @ there
            if self.negative:
                made = without_cancelled(made, np.abs(weights).T @ there)
            result[:, g] = made
        return result

    def narrow_where(self, answered: NDArray[np.bool_]) -> dict[int, FloatArray]:
        """Return the products of those who answered in the groups where their rank is lower."""
        return self.grouped.narrower([answered[rows] for rows in self.rows])

    def narrow(self, coded: Coded) -> dict[tuple[str, int], FloatArray]:
        """Return the products of those who answered a question, by whom they are of and group."""
        said = coded.codes >= 0
        undecided: BoolArray = np.isin(coded.codes, coded.undecided)
        bases = dict(zip(BASES, (said & ~undecided, said), strict=True))
        return {
            (kind, g): products
            for kind, answered in bases.items()
            for g, products in self.narrow_where(answered).items()
        }


def read_file_weights(
    frame: NarwhalsFrame,
    given: ReplicateWeights | None,
    group: IntArray,
    n_groups: int,
    *,
    weight: FloatArray | None,
    exponent: int,
) -> FileWeights | None:
    """Read the replicate weights, if there are any, divided by 2 to the power that the weights are."""
    if given is None:
        return None
    refuse_no_weight(weighted=weight is not None)
    r = len(given.columns)
    refuse_too_large((n_groups, r, r), "by", "products of two replicate weights")
    inside = group if weight is None else np.where(weight > 0, group, -1)
    return FileWeights(np.ldexp(read_replicate_weights(frame, given), -exponent), inside, n_groups)
