"""The attrition standard of the What Works Clearinghouse, for two groups that are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from credbenefits import _validation as check
from credbenefits._typing import AttritionBoundary

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from credbenefits._typing import BoolArray, FloatArray

# Highest differential attrition, in percentage points, at overall attrition of 0, 1, 2, ... percent.
_CAUTIOUS = (
    "5.7 5.8 5.9 5.9 6.0 6.1 6.2 6.3 6.3 6.3 6.3 6.2 6.2 6.1 6.0 5.9 5.9 5.8 5.7 5.5 5.4 5.3 5.2 5.1 "
    "4.9 4.8 4.7 4.5 4.4 4.3 4.1 4.0 3.8 3.6 3.5 3.3 3.2 3.1 2.9 2.8 2.6 2.5 2.3 2.1 2.0 1.8 1.6 1.5 "
    "1.3 1.2 1.0 0.9 0.7 0.6 0.4 0.3 0.2 0.0"
)
_OPTIMISTIC = (
    "10.0 10.1 10.2 10.3 10.4 10.5 10.7 10.8 10.9 10.9 10.9 10.9 10.9 10.8 10.8 10.7 10.6 10.5 10.3 "
    "10.2 10.0 9.9 9.7 9.5 9.4 9.2 9.0 8.8 8.6 8.4 8.2 8.0 7.8 7.6 7.4 7.2 7.0 6.7 6.5 6.3 6.0 5.8 "
    "5.6 5.3 5.1 4.9 4.6 4.4 4.2 3.9 3.7 3.5 3.2 3.0 2.8 2.6 2.3 2.1 1.9 1.6 1.4 1.1 0.9 0.7 0.5 0.3"
)
_TABLES = {
    "cautious": np.array(_CAUTIOUS.split(), dtype=np.float64),
    "optimistic": np.array(_OPTIMISTIC.split(), dtype=np.float64),
}


def overall_and_differential(n: ArrayLike, answered: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return the attrition of two groups together, and the difference of their attrition.

    Parameters
    ----------
    n, answered : array_like, shape (2, ...)
        People of each group, and those of them who answered.

    Returns
    -------
    tuple of array
        Overall attrition, and that of the first group minus that of the second; proportions.

    Examples
    --------
    >>> overall, differential = overall_and_differential([100, 100], [95, 89])
    >>> round(float(overall), 3), round(float(differential), 3)
    (0.08, -0.06)
    """
    size, there = np.asarray(n, dtype=np.float64), np.asarray(answered, dtype=np.float64)
    share = 1.0 - there / size
    return np.asarray(1.0 - there.sum(axis=0) / size.sum(axis=0)), np.asarray(share[0] - share[1])


def attrition_boundary(overall: ArrayLike, boundary: AttritionBoundary = "cautious") -> FloatArray:
    """Return the highest differential attrition that counts as low.

    Parameters
    ----------
    overall : array_like
        Overall attrition, a proportion. It is rounded to whole percents, halves up, as the table has them.
    boundary : {"cautious", "optimistic"}
        Which assumption about the outcomes of those who are lost.

    Returns
    -------
    ndarray
        Proportions; NaN where no differential is low, from an overall attrition of 58% (cautious) or 66%
        (optimistic) on.

    References
    ----------
    What Works Clearinghouse (2017), Standards Handbook, version 4.1, table II.1.

    Examples
    --------
    Of 8% overall, 6.3 points are allowed; of 30%, 4.1 or 8.2; of 96%, none.

    >>> attrition_boundary([0.08, 0.30, 0.96]).round(3).tolist()
    [0.063, 0.041, nan]
    >>> float(attrition_boundary(0.30, "optimistic").round(3))
    0.082
    """
    table = _TABLES[check.choice("boundary", boundary, AttritionBoundary)]
    # 0.125 is 12.5%: rounding must not hang on what comes of 100 * 0.285.
    percent = np.floor(np.round(100.0 * np.asarray(overall, dtype=np.float64), 9) + 0.5)
    inside = (percent >= 0) & (percent < table.size)
    place = np.where(inside, percent, 0).astype(np.int64)
    return np.where(inside, table[place] / 100.0, np.nan)


def is_low(differential: ArrayLike, boundary: ArrayLike) -> BoolArray:
    """Tell where the differential, whichever its sign, is not above the boundary; both are proportions.

    Examples
    --------
    >>> is_low([-0.063, 0.064, 0.0], [0.063, 0.063, float("nan")]).tolist()
    [True, False, False]
    """
    size = np.abs(np.asarray(differential, dtype=np.float64))
    return np.asarray(size <= np.asarray(boundary, dtype=np.float64) + 1e-12)
