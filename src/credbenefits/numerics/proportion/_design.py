"""Intervals for a proportion from its variance under a survey design: one function for each method.

Every function takes arrays of one shape and a two-sided level. Limits are NaN where the proportion or its
variance is, and where there are no degrees of freedom.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import stdtrit

from credbenefits.numerics.arguments import LARGEST
from credbenefits.numerics.interval import Interval, two_sided_z
from credbenefits.numerics.proportion import _closed, _exact

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from credbenefits._typing import BoolArray, FloatArray


class Estimated(NamedTuple):
    """Proportions as a design estimates them: arrays of one shape."""

    proportion: FloatArray
    variance: FloatArray
    #: People who answered, and degrees of freedom.
    nobs: FloatArray
    df: FloatArray
    #: The variance over what it were without the finite population correction.
    correction: FloatArray
    #: Size of the simple random sample with this variance; where the proportion is 0 or 1, of the units.
    size: FloatArray


# ---- methods -------------------------------------------------------------------------------------------


def wilson(of: Estimated, level: float) -> Interval:
    """Wilson's limits for the effective size, t in place of z."""
    t = _t(of.df, level)
    # Wilson's limits depend on z^2 / n alone, so t in place of z is another n.
    size = of.size * (two_sided_z(level) / np.where(np.isnan(of.variance), np.nan, t)) ** 2
    return _of_counts(_closed.wilson, of.proportion, size, level)


def korn_graubard(of: Estimated, level: float) -> Interval:
    """Clopper and Pearson's limits for p (1 - p) / v people times a ratio of t quantiles."""
    return of_size(
        of.proportion,
        size_of(of.proportion, of.variance),
        level,
        nobs=of.nobs,
        df=np.where(np.isnan(of.variance), np.nan, of.df),
        size_at_edge=of.size,
        correction=of.correction,
    )


def of_size(
    p: FloatArray,
    size: FloatArray,
    level: float,
    *,
    nobs: FloatArray,
    df: FloatArray,
    size_at_edge: FloatArray,
    correction: FloatArray,
) -> Interval:
    """Korn and Graubard's limits from an effective size that is not cut to the people who answered."""
    ratio = _t(nobs - 1.0, level) / _t(df, level)
    without = np.minimum(uncorrected(size, correction) * ratio**2, nobs)
    size = np.where(at_edge(p), size_at_edge, corrected(without, correction, known=~np.isnan(size)))
    return _of_counts(_exact.clopper_pearson, p, np.where(df > 0, size, np.nan), level)


def logit(of: Estimated, level: float) -> Interval:
    """Wald's interval on the log odds, by the delta method."""
    return _normal(_logit, of, level)


def arcsine(of: Estimated, level: float) -> Interval:
    """Wald's interval on the angle whose squared sine is the proportion, by the delta method."""
    return _normal(_arcsine, of, level)


def wald(of: Estimated, level: float) -> Interval:
    """Proportion plus and minus t standard errors, cut to [0, 1]."""
    return _normal(_wald, of, level)


# ---- limits --------------------------------------------------------------------------------------------


def _normal(limits: Callable[[FloatArray, FloatArray], Interval], of: Estimated, level: float) -> Interval:
    """Limits from the proportion and t times its standard error; NaN where that error says nothing."""
    p, v, c = of.proportion, of.variance, of.correction
    # An effective size above any sample is what rounding made of a variance of 0, unless all was drawn.
    reported = ~at_edge(p) & (((v > 0) & (uncorrected(size_of(p, v), c) <= LARGEST)) | (c == 0))
    half = _t(of.df, level) * np.sqrt(np.where(reported, v, np.nan))
    low, high = limits(np.where(reported, p, np.nan), half)
    # Where all was drawn, rounding leaves limits that are hardly the proportion.
    in_full = (c == 0) & ~np.isnan(low)
    return Interval(np.where(in_full, p, low), np.where(in_full, p, high))


def _logit(p: FloatArray, half: FloatArray) -> Interval:
    q = 1.0 - p
    shrink = np.exp(-half / (p * q))  # a factor on the odds
    return Interval(p * shrink / (q + p * shrink), p / (p + q * shrink))


def _arcsine(p: FloatArray, half: FloatArray) -> Interval:
    angle = np.arctan2(np.sqrt(p), np.sqrt(1.0 - p))
    turn = half / (2.0 * np.sqrt(p * (1.0 - p)))
    low = np.sin(np.maximum(angle - turn, 0.0)) ** 2
    high = np.cos(np.maximum(np.pi / 2.0 - angle - turn, 0.0)) ** 2
    return Interval(low, high)


def _wald(p: FloatArray, half: FloatArray) -> Interval:
    return Interval(np.maximum(p - half, 0.0), np.minimum(p + half, 1.0))


def _of_counts(
    interval: Callable[[FloatArray, FloatArray, float], Interval],
    p: FloatArray,
    size: FloatArray,
    level: float,
) -> Interval:
    """Limits for p of an effective size; NaN where that is no size, and p where it is infinite."""
    p, size = np.broadcast_arrays(p, size)
    known = np.isfinite(p) & (size > 0) & np.isfinite(size)
    low, high = (np.where(np.isinf(size), p, np.nan) for _ in range(2))
    bounds = interval(p[known] * size[known], size[known], level)
    # Rounding may carry a limit past the proportion by a unit in the last place.
    low[known] = np.clip(bounds.low, 0.0, p[known])
    high[known] = np.clip(bounds.high, p[known], 1.0)
    return Interval(low, high)


# ---- pieces --------------------------------------------------------------------------------------------


def arrays(*values: ArrayLike) -> tuple[FloatArray, ...]:
    """Broadcast arguments to float arrays of one shape."""
    return tuple(np.broadcast_arrays(*(np.asarray(v, dtype=np.float64) for v in values)))


def at_edge(p: FloatArray) -> BoolArray:
    """Whether a proportion is 0 or 1."""
    edge: BoolArray = (p == 0) | (p == 1)
    return edge


def corrected(size: FloatArray, correction: FloatArray, *, known: BoolArray) -> FloatArray:
    """Return size over correction: infinite where all was drawn, NaN where nothing is known."""
    left = known & (correction > 0)
    with np.errstate(over="ignore"):
        made: FloatArray = np.divide(size, correction, out=np.where(known, np.inf, np.nan), where=left)
    return made


def size_of(p: FloatArray, v: FloatArray) -> FloatArray:
    """Return p (1 - p) / v: infinite where v is 0, NaN where p is at an edge too."""
    with np.errstate(divide="ignore", invalid="ignore"):
        size: FloatArray = p * (1.0 - p) / v
    return size


def uncorrected(size: FloatArray, correction: FloatArray) -> FloatArray:
    """Return the size without the correction; NaN where all was drawn and the size is infinite."""
    with np.errstate(invalid="ignore"):
        without: FloatArray = size * correction
    return without


def _t(df: FloatArray, level: float) -> FloatArray:
    """Student's quantile that leaves (1 - level)/2 in either tail; NaN where df is not above 0."""
    quantile = stdtrit(np.where(df > 0, df, np.nan), (1.0 - level) / 2.0)
    return -np.asarray(quantile, dtype=np.float64)
