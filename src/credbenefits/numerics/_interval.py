"""The pair of limits that every interval function returns."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import ndtri

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray


class Interval(NamedTuple):
    """Lower and upper limits, arrays of one shape."""

    low: FloatArray
    high: FloatArray


def two_sided_z(confidence_level: float) -> float:
    """Return the normal quantile that leaves (1 - level)/2 in either tail."""
    # The lower tail keeps its digits where 1 - tiny would not.
    return float(-ndtri((1.0 - confidence_level) / 2.0))


def as_pairs(count: object, nobs: object) -> tuple[FloatArray, FloatArray]:
    """Broadcast counts and bases to float arrays of one shape."""
    x, n = np.broadcast_arrays(np.asarray(count, dtype=np.float64), np.asarray(nobs, dtype=np.float64))
    return x, n


def shares(count: FloatArray, nobs: FloatArray) -> FloatArray:
    """Return count / nobs; NaN where nobs is 0."""
    p: FloatArray = np.divide(count, nobs, out=np.full(count.shape, np.nan), where=nobs > 0)
    return p
