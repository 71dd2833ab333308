"""Intervals for one proportion from the normal quantile: formulas, and the likelihood interval by root.

Every function takes clean arrays of one shape, `x` of `n` with 0 <= x <= n and n > 0, and a two-sided level.
None of them cuts its limits to [0, 1]: the public function does. Wilson's root and Wald's interval stand in
`proportion`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaincinv

from credbenefits.numerics.interval import Interval, two_sided_z
from credbenefits.numerics.roots import rising_root
from credbenefits.numerics.wilson import score_roots, standard_error

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray


#: Above this size an upper limit can be so small that taking it from 1 would cost it digits.
_LARGE = 1e4


def wilson(x: FloatArray, n: FloatArray, level: float) -> Interval:
    """Wilson's interval; see `credbenefits.numerics.wilson.wilson`, which takes raw arrays."""
    return score_limits(x, n, two_sided_z(level) ** 2)


def score_limits(x: FloatArray, n: FloatArray, z2: float) -> Interval:
    """All pi with (p - pi)^2 <= z^2 pi (1 - pi) / n, for any z^2."""
    low, high = score_roots(x, n, z2)
    if n.size and n.max() > _LARGE:
        # The two roots add up to (2 x + z^2) / (n + z^2), and the smaller is known in full.
        high = np.where(high < 0.5, (2.0 * x + z2) / (n + z2) - low, high)
    return Interval(low, high)


def wilson_cc(x: FloatArray, n: FloatArray, level: float) -> Interval:
    """Wilson's interval with continuity correction: Wilson's limits at half a count further out.

    (|p - pi| - 1/(2n))^2 = z^2 pi (1 - pi) / n is Wilson's equation with x - 1/2 below and x + 1/2 above.
    Within half a count of an end, that end is the limit; so 0 of n reaches 0 and n of n reaches 1.

    Source: Newcombe (1998), Stat Med 17:857, method 4.
    """
    low = wilson(np.maximum(x - 0.5, 0.0), n, level).low
    high = wilson(np.minimum(x + 0.5, n), n, level).high
    return Interval(low, high)


def modified_wilson(x: FloatArray, n: FloatArray, level: float) -> Interval:
    """Wilson's interval, with one-sided Poisson limits where x or n - x is 1 or 2 (up to 3 where n > 50).

    The source gives them for 95 percent. At levels below 0.43 they would pass x or n - x, and stop there.

    Source: Brown, Cai & DasGupta (2001), Stat Sci 16:101, section 4.1.1.
    """
    low, high = wilson(x, n, level)
    counts = np.arange(4.0)
    # Half the chi-squared quantile at alpha with 2 k degrees of freedom.
    bounds = np.minimum(gammaincinv(counts, 1.0 - level), counts)
    few = np.where(n > 50, 3.0, 2.0)
    low_poisson, high_poisson = (bounds[np.minimum(k, 3.0).astype(np.intp)] / n for k in (x, n - x))
    low = np.where((x >= 1) & (x <= few), low_poisson, low)
    high = np.where((n - x >= 1) & (n - x <= few), 1.0 - high_poisson, high)
    return Interval(low, high)


def agresti_coull(x: FloatArray, n: FloatArray, level: float) -> Interval:
    """Wald's formula after adding z^2/2 to the yes and to the no answers. May leave [0, 1].

    Source: Agresti & Coull (1998), Am Stat 52:119.
    """
    z = two_sided_z(level)
    n_added = n + z * z
    p = (x + z * z / 2.0) / n_added
    half = z * np.sqrt(p * (1.0 - p) / n_added)
    return Interval(p - half, p + half)


def wald_cc(x: FloatArray, n: FloatArray, level: float) -> Interval:
    """Wald's formula, half a count wider on either side. May leave [0, 1].

    Source: Newcombe (1998), Stat Med 17:857, method 2.
    """
    p = x / n
    half = two_sided_z(level) * standard_error(x, n) + 0.5 / n
    return Interval(p - half, p + half)


def logit(x: FloatArray, n: FloatArray, level: float) -> Interval:
    """Wald's formula for the log odds, log(x / (n - x)) +- z sqrt(n / (x (n - x))). NaN at 0 and n.

    Source: Brown, Cai & DasGupta (2001), Stat Sci 16:101, section 4.2.1.
    """
    inside = (x > 0) & (x < n)
    x, other = np.where(inside, x, np.nan), np.where(inside, n - x, np.nan)
    shrink = np.exp(-two_sided_z(level) * np.sqrt(1.0 / x + 1.0 / other))  # a factor on the odds
    return Interval(x * shrink / (other + x * shrink), x / (x + other * shrink))


def arcsine(x: FloatArray, n: FloatArray, level: float) -> Interval:
    """Anscombe's angle, asin sqrt((x + 3/8) / (n + 3/4)) +- z / (2 sqrt n), cut to a quarter turn.

    Source: Anscombe (1948), Biometrika 35:246; Brown, Cai & DasGupta (2001), section 4.2.2.
    """
    angle = np.arctan2(np.sqrt(x + 0.375), np.sqrt(n - x + 0.375))
    half = two_sided_z(level) / (2.0 * np.sqrt(n))
    low = np.sin(np.maximum(angle - half, 0.0)) ** 2
    high = np.cos(np.maximum(np.pi / 2.0 - angle - half, 0.0)) ** 2
    return Interval(low, high)


def likelihood(x: FloatArray, n: FloatArray, level: float) -> Interval:
    """All pi whose log likelihood is within z^2 / 2 of its maximum.

    Source: Brown, Cai & DasGupta (2001), Stat Sci 16:101, section 4.2.3.
    """
    p = x / n
    below, above = (_log_fall(k, n, two_sided_z(level)) for k in (x, n - x))
    # The upper limit is 1 - (1 - p) exp(-fall), written so that a small one keeps its digits.
    return Interval(p * np.exp(-below), -np.expm1(-above) + p * np.exp(-above))


def _log_fall(x: FloatArray, n: FloatArray, z: float) -> FloatArray:
    """Return s > 0 such that pi = p exp(-s) has a log likelihood z^2/2 below that of p; 0 where x is 0.

    With pi = p exp(-s) the fall is x s - (n - x) log(1 + x (1 - exp(-s)) / (n - x)).
    """
    target = z * z / 2.0
    fall = np.where(x > 0, target / np.where(x > 0, x, 1.0), 0.0)  # where x = n: x s = z^2/2
    inside = (x > 0) & (x < n)
    x, other = x[inside], (n - x)[inside]
    # Dropping what the other answers lose leaves x (s + exp(-s) - 1) <= z^2/2, so s is at most z^2/(2x) + 1.
    most = target / x + 1.0
    fall[inside] = rising_root(
        lambda s, x, other: x * s - other * np.log1p(-x / other * np.expm1(-s)) - target,
        np.zeros(x.shape),
        most,
        x,
        other,
    )
    return fall
