"""Intervals of comparisons from replicates that were drawn: both sides come from the same ones."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from credbenefits.errors import MethodError
from credbenefits.estimators.core.comparing.estimates import compared
from credbenefits.numerics.interval import Interval
from credbenefits.numerics.resampling.intervals import basic, percentile

if TYPE_CHECKING:
    from credbenefits import _typing as t
    from credbenefits._typing import FloatArray, IntArray

#: Most replicates of comparisons held at once; more comparisons are done in turns.
_MOST_VALUES = 8_000_000


def replicate_covariances(values: FloatArray, proportion: FloatArray) -> FloatArray:
    """Mean products of the replicates' distances from the estimates, over those that have both.

    `values` has the shape (replicates, proportions, groups); the result (proportions, groups, groups).
    """
    known = ~np.isnan(values)
    apart = np.where(known, values - proportion, 0.0).transpose(1, 2, 0)
    there = known.astype(np.float64).transpose(1, 2, 0)
    n = there @ there.transpose(0, 2, 1)
    sums = apart @ apart.transpose(0, 2, 1)
    covariance: FloatArray = np.divide(sums, n, out=np.full(n.shape, np.nan), where=n > 0)
    return covariance


def replicate_limits(
    values: FloatArray,
    places: tuple[IntArray, IntArray, IntArray],
    estimate: FloatArray,
    *,
    method: t.ComparisonMethod | t.ComparisonBootstrap,
    comparison: t.ContrastKind,
    level: float,
) -> Interval:
    """Make intervals of comparisons: `places` are of the proportion, the group and the reference."""
    refuse_few_replicates(len(values), level)
    low, high = np.empty(estimate.shape), np.empty(estimate.shape)
    step = max(1, _MOST_VALUES // len(values))
    for start in range(0, estimate.size, step):
        some = slice(start, start + step)
        k, one, two = (place[some] for place in places)
        each = compared(values[:, k, one], values[:, k, two], comparison)
        if method == "bootstrap":
            made = percentile(each, confidence_level=level)
        else:
            made = basic(each, estimate[some], confidence_level=level, bounds=(-1.0, 1.0))
        low[some], high[some] = made.low, made.high
    return Interval(low, high)


def refuse_few_replicates(n: int, level: float) -> None:
    """Refuse limits that lie beyond all replicates, as those of very high levels do."""
    tail = (1.0 - level) / 2.0
    if (n + 1) * tail < 1.0 - 1e-9:
        raise MethodError(
            "bootstrap.n_resamples",
            allowed=f"at least {ceil(1.0 / tail - 1e-9) - 1:,} for intervals of {100 * level:.6g}% each",
            received=f"{n:,}",
            fix="Draw as many, or leave intervals unadjusted: adjust='fdr_bh' or 'none'.",
        )
