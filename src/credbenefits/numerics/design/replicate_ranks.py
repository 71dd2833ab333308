"""How many units a file's replicate weights know of: the rank of the weights of some people, group by group.

People whose weights go up and down together are one unit. Sums of products of weights tell the rank, and they
add up: over groups, and over parts of a file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg.lapack import dpstrf

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import BoolArray, FloatArray, IntArray


def products_of(weights: FloatArray) -> FloatArray:
    """Return the sums of products of the weights (people, R) of every two replicates, shape (R, R)."""
    result: FloatArray = weights.T @ weights
    return result


def rank_of(products: FloatArray) -> int:
    """Return the rank of the weights that have these sums of products.

    Examples
    --------
    Three people, of whom two are of one unit.

    >>> import numpy as np
    >>> rank_of(products_of(np.array([[1.0, 0.0, 2.0], [2.0, 0.0, 4.0], [1.0, 1.0, 1.0]])))
    2
    """
    if not products.any():
        return 0
    # Pivots are squares of what a QR decomposition has on its diagonal, where R's tolerance is 1e-5.
    return int(dpstrf(products, tol=1e-10 * products.trace())[2])


@dataclass(frozen=True)
class GroupedWeights:
    """Replicate weights of the people of each group: a list of arrays (people, R)."""

    groups: Sequence[FloatArray]
    products: FloatArray = field(init=False)
    ranks: Sequence[int] = field(init=False)
    _known: dict[tuple[int, bytes], FloatArray | None] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        made = [products_of(weights) for weights in self.groups]
        object.__setattr__(self, "products", np.array(made))
        object.__setattr__(self, "ranks", [rank_of(each) for each in made])

    def narrower(self, answered: Sequence[BoolArray]) -> dict[int, FloatArray]:
        """Return the products of those who answered, where their rank is below that of their whole group.

        `answered` tells of the people of each group whether they did.
        """
        made = {g: self._narrower(g, rows) for g, rows in enumerate(answered) if rows.size and not rows.all()}
        return {g: products for g, products in made.items() if products is not None}

    def _narrower(self, group: int, rows: BoolArray) -> FloatArray | None:
        # Answers to one question have one base.
        key = group, np.packbits(rows).tobytes()
        if key not in self._known:
            self._known[key] = self._looked_at(group, np.flatnonzero(rows))
        return self._known[key]

    def _looked_at(self, group: int, some: IntArray) -> FloatArray | None:
        weights, most = self.groups[group], self.ranks[group]
        # A few people mostly show that nothing is lost; only where they do not is everybody looked at.
        few = some[:: max(some.size // (2 * weights.shape[1]), 1)]
        products = products_of(weights[few])
        if rank_of(products) >= most:
            return None
        if few.size < some.size:
            products = products_of(weights[some])
        return products if rank_of(products) < most else None


def ranks_together(
    products: FloatArray, narrow: Sequence[Mapping[int, FloatArray]], members: FloatArray | None
) -> IntArray:
    """Return the rank of those who answered each question, in each row of a table: shape (questions, rows).

    Parameters
    ----------
    products : array, shape (G, R, R)
        Of all people of a group.
    narrow : list of mappings
        For each question the products of those who answered it, in the groups where their rank is lower.
    members : array, shape (rows, G), optional
        Which groups make up a row; by default each group is one.
    """
    rows = np.eye(len(products)) if members is None else members
    places = [np.flatnonzero(row).tolist() for row in rows]
    known: dict[tuple[int | tuple[int, ...], ...], int] = {}
    result = np.zeros((len(narrow), len(places)), dtype=np.int64)
    for k, less in enumerate(narrow):
        for row, groups in enumerate(places):
            key = (row, tuple(id(less.get(g)) for g in groups))
            if key not in known:
                total = np.zeros(products.shape[1:])
                for g in groups:
                    total += less.get(g, products[g])
                known[key] = rank_of(total)
            result[k, row] = known[key]
    return result
