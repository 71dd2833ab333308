"""Iterative proportional fitting: one margin after another is given its totals, until all have them."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray
    from credbenefits.numerics.calibration.constraints import Constraints

#: Rounds go on while each comes so many times nearer: otherwise steps of Newton's method are faster.
_NEARER = 8.0
#: Totals of which each is met to this, relative to it, are met.
_ENOUGH = 1e-13


def fit_margins(x: Constraints, mass: FloatArray, totals: FloatArray) -> FloatArray:
    """Return the logarithm of the factor of each level, as near to the totals of all as rounds quickly come.

    Where margins hardly depend on each other few rounds do, each of which costs a fifth of a step of Newton's
    method.

    Parameters
    ----------
    x : Constraints
        Which levels each cell has; there are no numbers.
    mass : array, shape (cells,)
        The weights of each cell together, at least 0.
    totals : array, shape (columns,)
        What weights are to add up to. Levels where one of the two is 0 keep the factor 1.

    Notes
    -----
    Source: Deming & Stephan (1940), Annals of Mathematical Statistics 11:427.
    """
    ends = np.cumsum(x.levels)[:-1]
    aims = np.split(totals, ends)
    factors = [np.ones(n) for n in x.levels]
    made, before, far = mass, math.inf, sys.float_info.max
    while _ENOUGH < far < before:
        before, far = far / _NEARER, 0.0
        for code, aim, factor in zip(x.codes, aims, factors, strict=True):
            sums = np.bincount(code, made, aim.size)
            ratio = np.divide(aim, sums, out=np.ones(aim.size), where=(sums > 0) & (aim > 0))
            far = max(far, float(np.abs(ratio - 1.0).max()))
            np.multiply(factor, ratio, out=factor)
            made = made * ratio[code]
    result = np.concatenate(factors)
    return np.log(result) if np.isfinite(result).all() and result.all() else np.zeros(totals.size)
