"""What is estimated: a function f of the sums of weights by group and answer, and its gradient.

A variance under any design needs no more of an estimate than its gradient (see `scores`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from credbenefits._typing import FloatArray


class Estimates(NamedTuple):
    """Estimates, shape (estimates,), and their derivatives by every sum, shape (estimates, groups, cells)."""

    value: FloatArray
    gradient: FloatArray


def means(weight: ArrayLike, scores: ArrayLike) -> Estimates:
    """Estimate the mean of each group: sum of w y over sum of w. That of 1 and 0 is a proportion.

    Parameters
    ----------
    weight : array_like, shape (groups, cells)
        Sums of weights.
    scores : array_like, shape (cells,)
        The y of each cell: 1 for yes, 0 for no, and NaN for cells that are not in the base.

    Returns
    -------
    Estimates
        One per group; NaN, and without a gradient, where a group has nobody in the base.

    Examples
    --------
    Weights of 3 who say yes, 1 who says no, and 2 who did not answer:

    >>> made = means([[2.0, 1.0, 3.0]], [np.nan, 0.0, 1.0])
    >>> made.value.tolist(), made.gradient.tolist()
    ([0.75], [[[0.0, -0.1875, 0.0625]]])
    """
    w, y = np.asarray(weight, dtype=np.float64), np.asarray(scores, dtype=np.float64)
    base = ~np.isnan(y)
    total = w @ base
    value = np.divide(w @ np.where(base, y, 0.0), total, out=np.full(total.shape, np.nan), where=total > 0)
    by_cell = np.where(base, y - value[:, None], 0.0)
    own = np.divide(by_cell, total[:, None], out=np.zeros(w.shape), where=total[:, None] > 0)
    gradient = np.zeros((len(w), *w.shape))
    gradient[np.arange(len(w)), np.arange(len(w))] = own
    return Estimates(value, gradient)


def differences(estimates: Estimates, pairs: Sequence[tuple[int, int]]) -> Estimates:
    """Subtract: of each pair of places the first estimate less the second.

    Examples
    --------
    >>> two = means([[1.0, 3.0], [2.0, 2.0]], [0.0, 1.0])
    >>> made = differences(two, [(0, 1)])
    >>> made.value.tolist(), made.gradient.tolist()
    ([0.25], [[[-0.1875, 0.0625], [0.125, -0.125]]])
    """
    one, two = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    value, gradient = estimates
    return Estimates(value[one] - value[two], gradient[one] - gradient[two])
