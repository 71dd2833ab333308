"""Groups of a table: those that occur and, on request, totals over them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from credbenefits.errors import InputError
from credbenefits.results.base import ALL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import FloatArray


@dataclass(frozen=True, slots=True)
class Groups:
    """Rows of the table: their labels, and which of the groups that occur make up each.

    `members` has the shape (rows of the table, groups); None where they are the groups as they are.
    """

    labels: tuple[tuple[str, ...], ...]
    members: FloatArray | None

    def sums(self, cells: FloatArray) -> FloatArray:
        """Add the groups, on the last axis, up to the rows of the table."""
        return cells if self.members is None else cells @ self.members.T


def with_totals(labels: Sequence[tuple[str, ...]], *, totals: bool) -> Groups:
    """Add subtotals over every subset of the crossed columns, and the grand total."""
    if not totals or labels == ((),):
        return Groups(tuple(labels), None)
    taken = [v for label in labels for v in label if v == ALL]
    if taken:
        raise InputError(
            "totals",
            allowed=f"groups of which none is called {ALL!r}",
            received=f"one that is, in {len(taken):,} groups",
            fix="Rename it in the data, or leave totals= out.",
        )
    kept = sorted(product((True, False), repeat=len(labels[0])), reverse=True)
    result: dict[tuple[str, ...], list[int]] = {}
    for keep in kept:
        for place, label in enumerate(labels):
            name = tuple(v if k else ALL for v, k in zip(label, keep, strict=True))
            result.setdefault(name, []).append(place)
    members = np.zeros((len(result), len(labels)))
    for row, places in enumerate(result.values()):
        members[row, places] = 1.0
    return Groups(tuple(result), members)
