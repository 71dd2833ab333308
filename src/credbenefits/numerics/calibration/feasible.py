"""What keeps weights from meeting totals, and how near they could come: asked only where they do not."""

from __future__ import annotations

from math import ceil, floor, isinf, log10
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array, hstack, identity, vstack

from credbenefits.numerics.calibration.solve import total_sizes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import FloatArray, IntArray
    from credbenefits.numerics.calibration.constraints import Constraints

#: Sums of numbers, a matrix, and what they are to be.
_Sums: TypeAlias = tuple[Any, Any]
_NO_SUMS: _Sums = (None, None)
#: From where to where a number goes.
_Span: TypeAlias = tuple[float | None, float | None]
#: A slack of this, relative to a total, is what the solver's rounding leaves.
_SLACK = 1e-7
#: Beside the average ratio, one that is above 0.
_ABOVE = 1e-6


def unreachable(x: Constraints, mass: FloatArray, totals: FloatArray) -> IntArray:
    """Return the columns whose totals no weights of at least 0 can meet with the rest; empty where they can.

    Parameters
    ----------
    x : Constraints
        What one person of each cell adds to each total.
    mass : array, shape (cells,)
        The given weights of each cell together, at least 0.
    totals : array, shape (columns,)
        What weights are to add up to.
    """
    parts, aims = _in_units(x, mass, totals)
    k = aims.size
    slack = identity(k, format="csr")
    cost = np.append(np.zeros(parts.shape[1]), np.ones(2 * k))
    made = _solved(cost, (hstack([parts, slack, -slack]), aims), [(0, None)] * cost.size)
    lacks = np.abs(made[-2 * k : -k] - made[-k:])
    return np.flatnonzero(lacks > _SLACK)


def never_above_zero(x: Constraints, mass: FloatArray, totals: FloatArray) -> IntArray:
    """Return the cells that have the weight 0 in all weights of at least 0 that meet the totals."""
    parts, aims = _in_units(x, mass, totals)
    there = np.flatnonzero(mass > 0)
    # A ratio is a part up to a hair above 0, which all can have together that can have it, and the rest.
    cost = np.append(np.full(there.size, -1.0), np.zeros(there.size))
    hair = _ABOVE * max(float(np.abs(totals).max()) / float(mass.sum()), 1e-300)
    span: list[_Span] = [*[(0, hair)] * there.size, *[(0, None)] * there.size]
    made = _solved(cost / hair, (hstack([parts, parts]), aims), span)
    return there[made[: there.size] < hair / 2]


def nearest_bounds(
    x: Constraints, mass: FloatArray, totals: FloatArray, bounds: tuple[float, float]
) -> tuple[float, float]:
    """Return the bounds nearest to those given within which weights can meet the totals.

    The lowest and the highest ratio are moved apart by as little in all as can be; then a hair more, to three
    digits, since no distance has all of its ratios at bounds.
    """
    parts, aims = _in_units(x, mass, totals)
    low, high = bounds
    n = parts.shape[1]
    eye, one, none = identity(n), csr_array(np.ones((n, 1))), csr_array((n, 1))
    # The ratios, then by how much the lowest is lower, and by how much the highest is higher.
    lower, higher = hstack([-eye, -one, none]), hstack([eye, none, -one])
    within: _Sums = vstack([lower, higher]), np.append(np.full(n, -low), np.full(n, high))
    if isinf(high):
        within = lower, np.full(n, -low)
    cost = np.append(np.zeros(n), [1.0, 1.0])
    equal = hstack([parts, csr_array((aims.size, 2))]), aims
    made = _solved(cost, equal, [*[(None, None)] * n, (0, low), (0, None)], within)
    return _rounded_out(low, high, made[-2:])


def _rounded_out(low: float, high: float, more: FloatArray) -> tuple[float, float]:
    """Move bounds apart, a hair more than by `more`, to numbers of few digits."""
    span = (1.0 if isinf(high) else high) - low + float(more.sum())
    digits = 2 - floor(log10(span))
    hair = 0.002 * span
    if more[0] > _SLACK * span:
        low = max(floor((low - more[0] - hair) * 10**digits) / 10**digits, 0.0)
    if more[1] > _SLACK * span:
        high = ceil((high + more[1] + hair) * 10**digits) / 10**digits
    return low, high


def _in_units(x: Constraints, mass: FloatArray, totals: FloatArray) -> tuple[Any, FloatArray]:
    """Return what a ratio of 1 of each cell adds to each total, and the totals: both in units of totals."""
    there = mass > 0
    size = total_sizes(x, mass[None], totals[None])[0]
    return csr_array((x.matrix[there] * mass[there, None] / size).T), totals / size


def _solved(cost: FloatArray, equal: _Sums, span: Sequence[_Span], within: _Sums = _NO_SUMS) -> FloatArray:
    """Minimise the cost of numbers in their spans: some sums are so much, others at most so much."""
    (a, aims), (b, most) = equal, within
    made = linprog(cost, A_ub=b, b_ub=most, A_eq=a, b_eq=aims, bounds=span, method="highs")
    return np.full(cost.size, np.nan) if made.x is None else np.asarray(made.x, dtype=np.float64)
