"""Bootstrap intervals from replicate estimates.

Replicates lie along the first axis; every interval works on all other axes at once. Replicates that are NaN
(the estimate does not exist there) are left out, column by column; `resampling.undefined` counts them.
Limits are NaN where there is no distribution to take them from: no replicates, or all of them equal but for
rounding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr, ndtri

from credbenefits.numerics.design.scores import ROUNDING
from credbenefits.numerics.interval import Interval, has_width

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray, IntArray

#: Replicates this close to the estimate, as a proportion of their range, are ties: sums of weights are
#: rounded.
_TIE = 1e-10


# ---- intervals ----------------------------------------------------------------------------------------


def percentile(replicates: FloatArray, *, confidence_level: float) -> Interval:
    """Percentile interval: the central proportion of the replicate estimates.

    Source: Efron & Tibshirani (1993), An Introduction to the Bootstrap, section 13.3. The quantile is that of
    `quantile` in this module, as for all intervals here.
    """
    tail = (1.0 - confidence_level) / 2.0
    ordered = _Ordered(replicates)
    return Interval(ordered.quantile(tail), ordered.quantile(1.0 - tail))


def basic(
    replicates: FloatArray,
    estimate: FloatArray,
    *,
    confidence_level: float,
    bounds: tuple[float, float] = (0.0, 1.0),
) -> Interval:
    """Mirror the percentile interval about the estimate (the basic interval), cut to `bounds`.

    Its limits are 2 t minus the upper and the lower quantile.

    Source: Davison & Hinkley (1997), Bootstrap Methods and their Application, equation 5.6.
    """
    low, high = percentile(replicates, confidence_level=confidence_level)
    return _cut(2.0 * estimate - high, 2.0 * estimate - low, bounds)


def studentized(
    replicates: FloatArray,
    std_errors: FloatArray,
    *,
    estimate: FloatArray,
    std_error: FloatArray,
    confidence_level: float,
    bounds: tuple[float, float] = (0.0, 1.0),
) -> Interval:
    """Studentized interval (bootstrap-t): t - std_error times quantiles of (t* - t) / s*, cut to `bounds`.

    `std_errors` holds s*, the standard error within each replicate, by the formula that gave `std_error`.
    Where s* is 0 the ratio is infinite, and it counts: with many such replicates a limit lies at a bound.

    Source: Davison & Hinkley (1997), equation 5.7; Efron & Tibshirani (1993), section 12.5.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ordered = _Ordered((replicates - estimate) / std_errors)
    tail = (1.0 - confidence_level) / 2.0
    with np.errstate(invalid="ignore"):  # an error of 0 times an infinite ratio: no limit
        low, high = (estimate - std_error * ordered.quantile(level) for level in (1.0 - tail, tail))
    return _cut(low, high, bounds)


def bca(
    replicates: FloatArray, estimate: FloatArray, acceleration: FloatArray, *, confidence_level: float
) -> Interval:
    """BCa interval: percentiles at levels that allow for bias, and for a variance that is not constant.

    With z0 the normal quantile of the proportion of replicates below the estimate, half of ties counted, and
    a the acceleration, the levels are Phi(z0 + (z0 + z) / (1 - a (z0 + z))) for z at either tail. NaN where
    all replicates lie on one side of the estimate, or where 1 - a (z0 + z) is not above 0: then there are no
    such levels.

    Source: Efron & Tibshirani (1993), equations 14.9 to 14.15. They and R's boot count no ties.
    """
    ordered = _Ordered(replicates)
    z0 = ordered.normal_rank(estimate)
    z = ndtri((1.0 - confidence_level) / 2.0)
    low, high = (ordered.quantile(bca_level(z0, side, acceleration)) for side in (z, -z))
    return Interval(low, high)


def bca_level(z0: FloatArray, z: float, acceleration: FloatArray) -> FloatArray:
    """Level of BCa for one tail; NaN where there is none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        shrink = 1.0 - acceleration * (z0 + z)
        level: FloatArray = np.where(shrink > 0, ndtr(z0 + (z0 + z) / shrink), np.nan)
    return level


def _cut(low: FloatArray, high: FloatArray, bounds: tuple[float, float]) -> Interval:
    return Interval(np.clip(low, *bounds), np.clip(high, *bounds))


class _Ordered:
    """Replicates in order, with the number of them that exist."""

    def __init__(self, replicates: FloatArray) -> None:
        # NaN sorts last, so the first n of a column are the replicates that exist.
        self.values = np.sort(replicates, axis=0)
        self.n = np.sum(~np.isnan(replicates), axis=0)
        last = self._at(np.maximum(self.n - 1, 0))
        self.flat = (self.n == 0) | ~has_width(self.values[0], last)

    def _at(self, place: IntArray) -> FloatArray:
        return np.asarray(np.take_along_axis(self.values, place[None], axis=0)[0])

    def quantile(self, level: FloatArray | float) -> FloatArray:
        """Take the (n + 1) level-th value in order, interpolated on the scale of normal quantiles.

        Levels beyond the first or the last value give that value.

        Source: Davison & Hinkley (1997), equation 5.8; also the rule of R's boot.
        """
        level = np.broadcast_to(np.asarray(level, dtype=np.float64), self.n.shape)
        known = ~(self.flat | np.isnan(level))
        level, n = np.where(known, level, 0.5), np.where(known, self.n, 2)
        below = np.clip(np.floor((n + 1) * level), 1, n - 1).astype(np.int64)
        left, right = ndtri(below / (n + 1)), ndtri((below + 1) / (n + 1))
        step = np.clip((ndtri(level) - left) / (right - left), 0.0, 1.0)
        low, high = self._at(below - 1), self._at(np.minimum(below, len(self.values) - 1))
        with np.errstate(invalid="ignore"):
            between = low + step * (high - low)
        # Between an infinite value and another there is nothing to interpolate: take the outer one.
        between = np.where(
            np.isinf(low) & (step < 1), low, np.where(np.isinf(high) & (step > 0), high, between)
        )
        return np.where(known, between, np.nan)

    def normal_rank(self, value: FloatArray) -> FloatArray:
        """Return the normal quantile of the proportion of replicates below `value`, half of ties counted."""
        hair = _TIE * (self._at(np.maximum(self.n - 1, 0)) - self.values[0])
        below = np.sum(self.values < value - hair, axis=0)
        upto = np.sum(self.values <= value + hair, axis=0)
        rank: FloatArray = ndtri((below + upto) / (2.0 * np.maximum(self.n, 1)))
        return rank


# ---- acceleration -------------------------------------------------------------------------------------


def proportion_acceleration(
    proportion: FloatArray, *, squares: tuple[FloatArray, FloatArray], cubes: tuple[FloatArray, FloatArray]
) -> FloatArray:
    """Acceleration of a weighted proportion p: sum(d^3) / (6 sum(d^2)^1.5) with d = w (y - p) / sum(w).

    `squares` and `cubes` are the sums of w^2 and of w^3 over those who said yes, and over those who did
    not. Without weights it is (1 - 2p) / (6 sqrt(n p q)).

    Source: Efron & Tibshirani (1993), equation 14.15, with the influence values of a ratio for the
    jackknife's.
    """
    p, q = np.asarray(proportion), 1.0 - np.asarray(proportion)
    # sum(w) cancels
    second = squares[0] * q**2 + squares[1] * p**2
    return _acceleration(second, cubes[0] * q**3 - cubes[1] * p**3)


def strata_acceleration(
    proportion: FloatArray,
    *,
    people: IntArray,
    sums: tuple[FloatArray, FloatArray],
    squares: tuple[FloatArray, FloatArray],
    cubes: tuple[FloatArray, FloatArray],
) -> FloatArray:
    """Acceleration of a weighted proportion within strata: d is w (y - p) less its mean in the stratum.

    `people` are those drawn from, per stratum, and the others are sums of w, of w^2 and of w^3 over those who
    said yes, and over those who did not: shape (strata, proportions, groups).

    Source: Davison & Hinkley (1997), section 5.4.2.
    """
    p, q = np.asarray(proportion), 1.0 - np.asarray(proportion)
    n = people.reshape(-1, *[1] * p.ndim)
    mean = (sums[0] * q - sums[1] * p) / np.maximum(n, 1)
    second, third = squares[0] * q**2 + squares[1] * p**2, cubes[0] * q**3 - cubes[1] * p**3
    about = second - n * mean**2
    # A difference that is nothing but rounding is 0: in a stratum all d are equal.
    about = np.where(about > ROUNDING * second, about, 0.0)
    return _acceleration(about.sum(axis=0), (third - 3.0 * mean * second + 2.0 * n * mean**3).sum(axis=0))


def unit_acceleration(influence: FloatArray, stratum: IntArray | None = None) -> FloatArray:
    """Acceleration from the influence of each unit (first axis), centred within strata.

    For a proportion the influence of a PSU is its total of w (y - p), to any scale.

    Source: Davison & Hinkley (1997), section 5.4.2, which also has several samples (here: strata).
    """
    code = np.zeros(len(influence), dtype=np.int64) if stratum is None else stratum
    sizes = np.bincount(code)
    sums = np.zeros((sizes.size, *influence.shape[1:]))
    np.add.at(sums, code, influence)
    means = sums / np.maximum(sizes, 1).reshape(-1, *[1] * (influence.ndim - 1))
    d = influence - means[code]
    return _acceleration((d**2).sum(axis=0), (d**3).sum(axis=0))


def _acceleration(second: FloatArray, third: FloatArray) -> FloatArray:
    """Third moment sum over six times the second to the power 1.5; NaN where nothing varies."""
    out = np.full(np.shape(second), np.nan)
    np.divide(third, 6.0 * second**1.5, out=out, where=second > 0)
    return out
