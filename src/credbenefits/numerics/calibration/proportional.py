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
    there = (x.sums(mass[None])[0] > 0) & (totals > 0)
    ratios, result = np.ones(totals.size), np.ones(totals.size)
    ends = np.cumsum(x.levels).tolist()
    places = [slice(end - n, end) for n, end in zip(x.levels, ends, strict=True)]
    made, before, far = mass, math.inf, sys.float_info.max
    while _ENOUGH < far < before:
        for code, some, n in zip(x.codes, places, x.levels, strict=True):
            np.divide(totals[some], np.bincount(code, made, n), out=ratios[some], where=there[some])
            made = made * ratios[some][code]
        result *= ratios
        before, far = far / _NEARER, float(np.abs(ratios - 1.0).max())
    return np.log(result) if np.isfinite(result).all() and result.all() else np.zeros(totals.size)
