"""Sums over cells: all that an estimate needs to know about the rows. Partial sums add up."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from credbenefits.frames.items import UNANSWERED, YES

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class CellSums:
    """Sums per group: people who said yes, who answered, who did not; and the answerers' weights.

    Counting two parts of a file and adding gives the count of the whole.
    """

    count: FloatArray
    nobs: FloatArray
    unanswered: FloatArray
    weight_yes: FloatArray
    weight: FloatArray
    weight_squared: FloatArray

    def __add__(self, other: CellSums) -> CellSums:
        return CellSums(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


def count_cells(status: IntArray, group: IntArray, n_groups: int, weight: FloatArray | None) -> CellSums:
    """Add up one item's answers per group; rows of group -1 and of weight 0 do not take part."""
    w = np.ones(status.size) if weight is None else weight
    inside = (group >= 0) & (w > 0)
    answered = inside & (status != UNANSWERED)
    yes = inside & (status == YES)

    def add(rows: np.ndarray, what: FloatArray | None = None) -> FloatArray:
        weights = None if what is None else what[rows]
        return np.bincount(group[rows], weights=weights, minlength=n_groups).astype(np.float64)

    return CellSums(
        count=add(yes),
        nobs=add(answered),
        unanswered=add(inside & (status == UNANSWERED)),
        weight_yes=add(yes, w),
        weight=add(answered, w),
        weight_squared=add(answered, w**2),
    )


def weight_classes(
    status: IntArray, weight: FloatArray | None, rows: np.ndarray
) -> tuple[FloatArray, FloatArray, IntArray]:
    """Group answerers who share answer and weight: (yes, weight, how many people)."""
    w = np.ones(status.size) if weight is None else weight
    chosen = rows & (status != UNANSWERED) & (w > 0)
    pairs = np.column_stack([(status[chosen] == YES).astype(np.float64), w[chosen]])
    distinct, people = np.unique(pairs, axis=0, return_counts=True)
    return distinct[:, 0], distinct[:, 1], people.astype(np.int64)
