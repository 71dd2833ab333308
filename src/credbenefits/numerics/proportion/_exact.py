"""Intervals for one proportion from binomial tails: Clopper-Pearson, Jeffreys, mid-P and Blaker.

Every function takes clean arrays of one dimension, `x` of `n` with 0 <= x <= n and n > 0, and a two-sided
level. The binomial tails are written as incomplete beta functions, P(X >= k) = I_pi(k, n - k + 1), so sizes
need not be whole, except for modified Jeffreys and Blaker, which have rules for single counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from credbenefits.numerics.interval import Interval
from credbenefits.numerics.roots import rising_root
from credbenefits.numerics.wilson import one_sided_bound

if TYPE_CHECKING:
    from collections.abc import Callable

    from credbenefits._typing import FloatArray

#: Above this size SciPy's beta quantiles lose digits (1e-5 of the width at 1e11), so they are refined.
_LARGE = 1e6
_TINY = 1e-200


def clopper_pearson(x: FloatArray, n: FloatArray, level: float) -> Interval:
    """All pi that neither one-sided binomial test at alpha/2 rejects; 0 at x = 0 and 1 at x = n.

    Source: Clopper & Pearson (1934), Biometrika 26:404; as beta quantiles.
    """
    tail = (1.0 - level) / 2.0
    low = np.where(x > 0, _quantile(x, n - x + 1.0, tail), 0.0)
    high = np.where(x < n, _upper_quantile(x + 1.0, n - x, tail), 1.0)
    return Interval(low, high)


def jeffreys(x: FloatArray, n: FloatArray, level: float) -> Interval:
    """Equal-tailed interval of Beta(x + 1/2, n - x + 1/2); from 0 at x = 0 and to 1 at x = n.

    Source: Brown, Cai & DasGupta (2001), Stat Sci 16:101, section 3.1.3 with its rule for 0 and n.
    """
    tail = (1.0 - level) / 2.0
    low = np.where(x > 0, _quantile(x + 0.5, n - x + 0.5, tail), 0.0)
    high = np.where(x < n, _upper_quantile(x + 0.5, n - x + 0.5, tail), 1.0)
    return Interval(low, high)


def modified_jeffreys(x: FloatArray, n: FloatArray, level: float) -> Interval:
    """Jeffreys, but exact at x = 0 and n, and reaching 0 from x = 1 and 1 from x = n - 1. Whole counts.

    Source: Brown, Cai & DasGupta (2001), Stat Sci 16:101, section 4.1.2.
    """
    low, high = jeffreys(x, n, level)
    exact = one_sided_bound(n, (1.0 + level) / 2.0)  # 1 - (alpha/2)^(1/n)
    low = np.where(x == n, 1.0 - exact, np.where(x <= 1, 0.0, low))
    high = np.where(x == 0, exact, np.where(x >= n - 1, 1.0, high))
    return Interval(low, high)


# ---- beta tails and quantiles --------------------------------------------------------------------------


def _below(a: FloatArray, b: FloatArray, v: FloatArray) -> FloatArray:
    """P(B <= v) for B of Beta(a, b)."""
    return np.asarray(special.betainc(a, b, v), dtype=np.float64)


def _above(a: FloatArray, b: FloatArray, v: FloatArray) -> FloatArray:
    """P(B > v) for B of Beta(a, b)."""
    return np.asarray(special.betaincc(a, b, v), dtype=np.float64)


def _quantile(a: FloatArray, b: FloatArray, tail: float) -> FloatArray:
    """Value that leaves `tail` of Beta(a, b) below it."""
    # Next to a = 0 all of the distribution is next to 0, and SciPy gives up.
    value = np.where(a > _TINY, special.betaincinv(a, b, tail), 0.0)
    return _refined(value, a, b, lambda a, b, v: _below(a, b, v) - tail)


def _upper_quantile(a: FloatArray, b: FloatArray, tail: float) -> FloatArray:
    """Value that leaves `tail` of Beta(a, b) above it; small values keep their digits."""
    value = np.asarray(special.betainccinv(a, b, tail), dtype=np.float64)
    return _refined(value, a, b, lambda a, b, v: tail - _above(a, b, v))


def _refined(value: FloatArray, a: FloatArray, b: FloatArray, error: Callable[..., FloatArray]) -> FloatArray:
    """Take one secant step towards error = 0 where a + b is large."""
    large = (a + b > _LARGE) & (value > 0) & (value < 1)
    if not large.any():
        return value
    v, a, b = value[large], a[large], b[large]
    reach = 1e-3 * np.minimum(np.sqrt(v * (1.0 - v) / (a + b)), np.minimum(v, 1.0 - v))
    with np.errstate(divide="ignore", invalid="ignore"):  # no slope left: the step is refused below
        step = -2.0 * reach * error(a, b, v) / (error(a, b, v + reach) - error(a, b, v - reach))
    # SciPy is right to far less than `reach`: a longer step means that the slope was lost to rounding.
    value = value.copy()
    value[large] = np.where(np.abs(step) <= reach, v + step, v)
    return value


# ---- mid-P -------------------------------------------------------------------------------------------


def mid_p(x: FloatArray, n: FloatArray, level: float) -> Interval:
    """All pi with P(X > x) + P(X = x)/2 and P(X < x) + P(X = x)/2 both at least alpha/2.

    Halving the point x averages the tails with and without it. In closed form at x = 0 and x = n.

    Source: Lancaster (1961), JASA 56:223; Berry & Armitage (1995), The Statistician 44:417.
    """
    tail = (1.0 - level) / 2.0
    bound = one_sided_bound(n, level)  # solves (1 - U)^n / 2 = alpha / 2
    low, high = np.where(x == n, 1.0 - bound, 0.0), np.where(x == 0, bound, 1.0)
    inside = (x > 0) & (x < n)
    x, n = x[inside], n[inside]
    rest = n - x  # more than 0, which adding 1 and taking it away again would not keep

    # The tail with x and the tail without it give a limit that is too far out and one too far in.
    def below(v: FloatArray, x: FloatArray, rest: FloatArray) -> FloatArray:
        return (_below(x, rest + 1.0, v) + _below(x + 1.0, rest, v)) / 2.0 - tail

    low[inside] = rising_root(below, _quantile(x, rest + 1.0, tail), _quantile(x + 1.0, rest, tail), x, rest)

    def above(v: FloatArray, x: FloatArray, rest: FloatArray) -> FloatArray:
        return tail - (_above(x, rest + 1.0, v) + _above(x + 1.0, rest, v)) / 2.0

    high[inside] = rising_root(
        above, _upper_quantile(x, rest + 1.0, tail), _upper_quantile(x + 1.0, rest, tail), x, rest
    )
    return Interval(low, high)


# ---- Blaker ------------------------------------------------------------------------------------------


def blaker(x: FloatArray, n: FloatArray, level: float) -> Interval:
    """From the lowest to the highest pi whose acceptability is at least alpha. Whole counts.

    The acceptability of pi is the smaller tail at x plus the largest tail at the other end that does not
    exceed it.

    Source: Blaker (2000), Can J Stat 28:783.
    """
    alpha = 1.0 - level
    return Interval(_blaker_low(x, n, alpha), 1.0 - _blaker_low(n - x, n, alpha))


def _blaker_low(x: FloatArray, n: FloatArray, alpha: float) -> FloatArray:
    """Lowest accepted pi, exactly: no grid.

    Let T be P(X >= x) and k the number of low counts whose tail P(X < k) does not exceed T, so that the
    acceptability is T + P(X < k). It is at most 2 T: nothing below the Clopper-Pearson limit is accepted.
    From that limit on, T rises and so does k, one by one. Where k rises, the acceptability jumps to 2 T,
    at least alpha there. In between it is 1 - P(k <= X < x), which falls and then rises. So the answer
    is the first jump after the Clopper-Pearson limit, or the one point before it where alpha is reached.
    """
    low = np.zeros(x.shape)
    some = x > 0
    x, n = x[some], n[some]
    start = _quantile(x, n - x + 1.0, alpha / 2.0)
    k = _low_counts(x, n, start, alpha / 2.0)
    middle = _quantile(x, n - x + 1.0, 0.5)  # there T is a half, which P(X <= k) cannot be above

    def lead(v: FloatArray, x: FloatArray, n: FloatArray, k: FloatArray) -> FloatArray:
        return _below(x, n - x + 1.0, v) - _fewer_than(k + 1.0, n, v)

    def excess(v: FloatArray, x: FloatArray, n: FloatArray, k: FloatArray) -> FloatArray:
        return _below(x, n - x + 1.0, v) + _fewer_than(k, n, v) - alpha

    jump = rising_root(lead, start, middle, x, n, k)
    low[some] = rising_root(excess, start, jump, x, n, k)  # the jump itself if alpha is not reached before
    return low


def _low_counts(x: FloatArray, n: FloatArray, v: FloatArray, tail: float) -> FloatArray:
    """Largest k with P(X < k) below `tail` at v, by halving. A tie, up to rounding, is not below."""
    least, most = np.zeros(x.shape), x.copy()  # P(X < 0) is 0; P(X < x) is above a half
    while np.any(most - least > 1):
        middle = np.floor((least + most) / 2.0)
        below = _fewer_than(middle, n, v) < tail * (1.0 - 1e-11)
        least, most = np.where(below, middle, least), np.where(below, most, middle)
    return least


def _fewer_than(k: FloatArray, n: FloatArray, v: FloatArray) -> FloatArray:
    """P(X < k) for 0 <= k <= n."""
    return np.where(k > 0, _above(np.maximum(k, 1.0), n - k + 1.0, v), 0.0)
