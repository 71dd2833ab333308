r"""Score and profile-likelihood limits for two independent proportions.

The restricted estimates are not found for a given value of the parameter; they are written in closed form in
the Lagrange multiplier m of the restriction, and the multiplier is what is solved for. With x of n the data,
p the restricted estimates and q = 1 - p, setting the derivatives of the likelihood to zero gives

==============  ===================================  ===================================================
restriction     estimates                            score statistic
==============  ===================================  ===================================================
p1 - p2 fixed   x1 - n1 p1 = m p1 q1                 m^2 (p1 q1 / n1 + p2 q2 / n2)
                x2 - n2 p2 = -m p2 q2
p1 / p2 fixed   x1 - n1 p1 = m q1                    m^2 (q1 / (n1 p1) + q2 / (n2 p2))
                x2 - n2 p2 = -m q2
odds ratio      x1 - n1 p1 = m                       m^2 (1 / (n1 p1 q1) + 1 / (n2 p2 q2))
fixed           x2 - n2 p2 = -m
==============  ===================================  ===================================================

A positive multiplier belongs to the values below the estimate. In each line the statistic is m times a sum of
distances from the data (absolute, relative, on the logit scale) that do not shrink as m grows, so it
increases with m: there is exactly one lower limit, the accepted values form an interval, and tables at the
border (0 of n, n of n) need no search "away from the estimate". The deviance increases too, as its derivative
by the parameter is -2 m.

Upper limits are lower limits of the groups swapped. Every function takes clean float arrays of one shape with
0 <= count <= nobs and nobs > 0, and the level of a two-sided interval.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import expit, xlog1py

from credbenefits.numerics.groups._closed import inverse
from credbenefits.numerics.interval import Interval, two_sided_z
from credbenefits.numerics.roots import rising_root

if TYPE_CHECKING:
    from collections.abc import Callable

    from credbenefits._typing import FloatArray, IntArray

#: Multipliers are sought as logarithms or logits; beyond this a double has no room for them.
_FARTHEST = 400.0


# ---- the limits -------------------------------------------------------------------------------------


def miettinen_nurminen_difference(
    x1: FloatArray, n1: FloatArray, x2: FloatArray, n2: FloatArray, *, level: float
) -> Interval:
    """Score limits of p1 - p2 with the variance times N / (N - 1). NaN where N <= 1."""
    target = two_sided_z(level) ** 2 * _inflation(n1, n2)
    return Interval(
        _difference_low(x1, n1, x2, n2, target=target), -_difference_low(x2, n2, x1, n1, target=target)
    )


def mee(x1: FloatArray, n1: FloatArray, x2: FloatArray, n2: FloatArray, *, level: float) -> Interval:
    """Score limits of p1 - p2, the variance as it is."""
    target = np.full(x1.shape, two_sided_z(level) ** 2)
    return Interval(
        _difference_low(x1, n1, x2, n2, target=target), -_difference_low(x2, n2, x1, n1, target=target)
    )


def likelihood(x1: FloatArray, n1: FloatArray, x2: FloatArray, n2: FloatArray, *, level: float) -> Interval:
    """All differences whose profile deviance is at most z^2."""
    target = two_sided_z(level) ** 2
    return Interval(
        _likelihood_low(x1, n1, x2, n2, target=target), -_likelihood_low(x2, n2, x1, n1, target=target)
    )


def koopman(x1: FloatArray, n1: FloatArray, x2: FloatArray, n2: FloatArray, *, level: float) -> Interval:
    """Score limits of p1 / p2, the variance as it is."""
    target = np.full(x1.shape, two_sided_z(level) ** 2)
    return Interval(
        _ratio_low(x1, n1, x2, n2, target=target), inverse(_ratio_low(x2, n2, x1, n1, target=target))
    )


def miettinen_nurminen_ratio(
    x1: FloatArray, n1: FloatArray, x2: FloatArray, n2: FloatArray, *, level: float
) -> Interval:
    """Score limits of p1 / p2 with the variance times N / (N - 1). NaN where N <= 1."""
    target = two_sided_z(level) ** 2 * _inflation(n1, n2)
    return Interval(
        _ratio_low(x1, n1, x2, n2, target=target), inverse(_ratio_low(x2, n2, x1, n1, target=target))
    )


def miettinen_nurminen_odds_ratio(
    x1: FloatArray, n1: FloatArray, x2: FloatArray, n2: FloatArray, *, level: float
) -> Interval:
    """Score limits of the odds ratio with the variance times N / (N - 1). NaN where N <= 1."""
    target = two_sided_z(level) ** 2 * _inflation(n1, n2)
    return Interval(
        _odds_ratio_low(x1, n1, x2, n2, target=target),
        inverse(_odds_ratio_low(x2, n2, x1, n1, target=target)),
    )


def _inflation(n1: FloatArray, n2: FloatArray) -> FloatArray:
    total = n1 + n2
    factor: FloatArray = np.divide(total, total - 1.0, out=np.full(total.shape, np.nan), where=total > 1)
    return factor


# ---- differences ------------------------------------------------------------------------------------


class _Restricted(NamedTuple):
    """The restricted estimates of one group, and m p q / n: how far they lie from the data."""

    p: FloatArray
    q: FloatArray
    shift: FloatArray


def _restricted(y: FloatArray, n: FloatArray, m: FloatArray) -> _Restricted:
    """Solve y - n p = m p (1 - p) for m > 0; p and q each from a form in which nothing cancels."""
    # The same root by either name: sqrt((n + m)^2 - 4 m y) = sqrt((n - m)^2 + 4 m (n - y)).
    root = np.hypot(n - m, 2.0 * np.sqrt(m) * np.sqrt(n - y))
    p = 2.0 * y / (n + m + root)
    below = np.where(m < n, n - m + root, 1.0)
    q = np.where(m < n, 2.0 * (n - y) / below, (m - n + root) / (2.0 * m))
    return _Restricted(p, q, m * p * (q / n))


def _difference_low(
    x1: FloatArray, n1: FloatArray, x2: FloatArray, n2: FloatArray, *, target: FloatArray
) -> FloatArray:
    # Yes in the first group and no in the second play the same part: the multiplier makes both rarer.
    y2 = n2 - x2
    # The variance is at most (1/n1 + 1/n2) / 4, so m is at least twice this root; and once m is 2 n its
    # group has lost half of y/n, so the statistic is at least m y / (2 n).
    least = np.log(2.0) + 0.5 * np.log(target) - 0.5 * np.log(1.0 / n1 + 1.0 / n2)
    most = np.minimum(_last_multiplier(x1, n1, target), _last_multiplier(y2, n2, target))
    ends = least - 1e-6, np.maximum(most, least) + 1e-6
    m = np.exp(solved(_difference_excess, *ends, x1, n1, y2, n2, target))
    low = x1 / n1 - x2 / n2 - target / m
    # At d = -1 there is nothing below, and no multiplier either.
    return np.where((x1 == 0) & (y2 == 0), np.where(np.isnan(target), np.nan, -1.0), np.maximum(low, -1.0))


def _difference_excess(log_m: FloatArray, *data: FloatArray) -> FloatArray:
    x1, n1, y2, n2, target = data
    m = np.exp(log_m)
    return balance(m * (_restricted(x1, n1, m).shift + _restricted(y2, n2, m).shift), target)


def _last_multiplier(y: FloatArray, n: FloatArray, target: FloatArray) -> FloatArray:
    """Logarithm of a multiplier at which this group alone lifts the score statistic above the target."""
    safe = np.where(y > 0, y, 1.0)
    last = np.log(2.0 * n) + np.maximum(0.0, np.log(target) - np.log(safe))
    return np.where(y > 0, np.minimum(last, _FARTHEST), _FARTHEST)


def _likelihood_low(
    x1: FloatArray, n1: FloatArray, x2: FloatArray, n2: FloatArray, *, target: float
) -> FloatArray:
    y2 = n2 - x2
    # The deviance is at most twice the score statistic. And log(1 + m / (2 n)) - 1 is at most the deviance
    # of a group over 2 y once m is 2 n, which bounds m from above.
    least = 0.5 * (np.log(2.0) + np.log(target) - np.log(1.0 / n1 + 1.0 / n2))
    most = np.minimum(*(np.log(2.0 * n) + 1.0 + _per_count(target, y) for y, n in ((x1, n1), (y2, n2))))
    most = np.clip(most, least, _FARTHEST)
    ends, wanted = (least - 1e-6, most + 1e-6), np.full(x1.shape, target)
    m = np.exp(solved(_likelihood_excess, *ends, x1, n1, y2, n2, wanted))
    distance = _restricted(x1, n1, m).shift + _restricted(y2, n2, m).shift
    # Where a count is 0 the limit hangs on the last digits of m. A Newton step in the limit itself, at the m
    # that was found, makes up for them: the deviance grows by 2 m for each unit of distance.
    distance += (target - _deviance(m, x1, n1, y2, n2)) / (2.0 * m)
    low = np.maximum(x1 / n1 - x2 / n2 - distance, -1.0)
    return np.where((x1 == 0) & (y2 == 0), -1.0, low)


def _likelihood_excess(log_m: FloatArray, *data: FloatArray) -> FloatArray:
    return balance(_deviance(np.exp(log_m), *data[:4]), data[4])


def _deviance(m: FloatArray, *data: FloatArray) -> FloatArray:
    x1, n1, y2, n2 = data
    deviance: FloatArray = 2.0 * (_information(x1, n1, m) + _information(y2, n2, m))
    return deviance


def _per_count(target: float, y: FloatArray) -> FloatArray:
    share: FloatArray = np.divide(target, 2.0 * y, out=np.full(y.shape, _FARTHEST), where=y > target / 1e3)
    return share


def _information(y: FloatArray, n: FloatArray, m: FloatArray) -> FloatArray:
    """Log-likelihood at y/n less that at the restricted estimate, as two terms that are never negative."""
    p, q, _ = _restricted(y, n, m)
    # y = n p (1 + m q / n) and n - y = n q (1 - m p / n), so the data themselves are not subtracted.
    yes, no = p * relative_information(m * (q / n)), q * relative_information(-m * (p / n))
    information: FloatArray = n * (yes + no)
    return information


def relative_information(e: FloatArray) -> FloatArray:
    """(1 + e) log(1 + e) - e for e >= -1, to full relative accuracy also where e is small."""
    e = np.maximum(e, -1.0)
    near = np.abs(e) < 0.1
    small = np.where(near, e, 0.0)
    v = small / (2.0 + small)
    v2 = v * v
    series = v2 * (1 / 3 + v2 * (1 / 5 + v2 * (1 / 7 + v2 * (1 / 9 + v2 * (1 / 11 + v2 / 13)))))
    return np.where(near, v * (small + 2.0 * (1.0 + small) * series), xlog1py(1.0 + e, e) - e)


# ---- ratios -----------------------------------------------------------------------------------------


def _ratio_low(
    x1: FloatArray, n1: FloatArray, x2: FloatArray, n2: FloatArray, *, target: FloatArray
) -> FloatArray:
    # p1 = (x1 - m) / (n1 - m) and p2 = (x2 + m) / (n2 + m), with 0 < m < x1. Sought is the logit of m / x1,
    # which keeps the digits of both m and x1 - m.
    some = np.where(x1 > 0, x1, 1.0)
    y1, y2 = np.where(x1 > 0, n1 - x1, 1.0), n2 - x2
    reach = np.full(x1.shape, _FARTHEST)
    logit_m = solved(_ratio_excess, -reach, reach, some, y1 / n1, x2, y2 / n2, target)
    m, rest = some * expit(logit_m), some * expit(-logit_m)
    # Where everybody in the first group said yes, p1 stays at 1 until m is n1; from there on it may fall
    # and its odds carry what is left of the target, while p2 stays.
    left = np.maximum(target - m * (m / (x2 + m)) * (y2 / n2), 0.0)
    failed = np.where(y1 > 0, y1 / rest, left / n1)
    low = (n2 + m) / (x2 + m) / (1.0 + failed)
    return np.where(x1 > 0, low, np.where(np.isnan(target), np.nan, 0.0))


def _ratio_excess(logit_m: FloatArray, *data: FloatArray) -> FloatArray:
    x1, q1, x2, q2, target = data
    m, rest = x1 * expit(logit_m), x1 * expit(-logit_m)
    return balance(m * (m / rest * q1 + m / (x2 + m) * q2), target)


# ---- odds ratios ------------------------------------------------------------------------------------


class Cells(NamedTuple):
    """The table's cells as fitted at a limit, and how far they lie from those observed."""

    yes1: FloatArray
    no1: FloatArray
    yes2: FloatArray
    no2: FloatArray
    shift: FloatArray

    @property
    def odds_ratio(self) -> FloatArray:
        """The limit."""
        return (self.yes1 / self.no1) * (self.no2 / self.yes2)

    def rows(self, which: IntArray) -> Cells:
        """Pick some of the tables."""
        return Cells(*(part[which] for part in self))


def cells_at_low(
    x1: FloatArray, n1: FloatArray, x2: FloatArray, n2: FloatArray, *, target: FloatArray
) -> Cells:
    """Fit the lower score limit of the odds ratio; needs x1 > 0 and x2 < n2.

    The fitted cells are x1 - m, n1 - x1 + m, x2 + m and n2 - x2 - m, so m lies below x1 and n2 - x2.
    """
    y1, y2 = n1 - x1, n2 - x2
    reach = np.full(x1.shape, _FARTHEST)
    return _fitted(solved(_odds_excess, -reach, reach, x1, y1, x2, y2, target), x1, y1, x2, y2)


def _fitted(logit_m: FloatArray, *observed: FloatArray) -> Cells:
    """Move the observed cells; sought is the logit of the proportion of the room for m that is used."""
    x1, y1, x2, y2 = observed
    most = np.minimum(x1, y2)
    m, rest = most * expit(logit_m), most * expit(-logit_m)
    return Cells(x1 - most + rest, y1 + m, x2 + m, y2 - most + rest, m)


def _odds_excess(logit_m: FloatArray, *data: FloatArray) -> FloatArray:
    yes1, no1, yes2, no2, m = _fitted(logit_m, *data[:4])
    return balance(m * (m / yes1 + m / no1 + m / yes2 + m / no2), data[4])


def _odds_ratio_low(
    x1: FloatArray, n1: FloatArray, x2: FloatArray, n2: FloatArray, *, target: FloatArray
) -> FloatArray:
    # Nobody said yes in the first group, or nobody no in the second: any small odds ratio will do.
    open_ended = (x1 == 0) | (x2 == n2)
    some1, some2 = np.where(open_ended, n1 / 2.0, x1), np.where(open_ended, n2 / 2.0, x2)
    low = cells_at_low(some1, n1, some2, n2, target=target).odds_ratio
    return np.where(open_ended, np.where(np.isnan(target), np.nan, 0.0), low)


def solved(
    excess: Callable[..., FloatArray], low: FloatArray, high: FloatArray, *data: FloatArray
) -> FloatArray:
    """Solve excess(root, *data) = 0 between `low` and `high` for every table."""
    # Where a step comes out as 0 the root finder divides by it, and does not use what comes of it.
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return rising_root(excess, low, high, *data)


def balance(value: FloatArray, target: FloatArray) -> FloatArray:
    """(value - target) / (value + target): has the sign of the excess and stays within -1 and 1."""
    # The quotient by the target cannot overflow where the sum could, and 0 needs no logarithm.
    share = value / target
    return 1.0 - 2.0 / (1.0 + share)
