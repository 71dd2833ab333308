"""Intervals for one proportion, vectorised; counts and bases may be effective sizes, so not whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from credbenefits.numerics.interval import Interval, as_pairs, proportions, two_sided_z

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray


def kish(sum_w: object, sum_w2: object) -> FloatArray:
    """Return Kish's effective sample size, (sum w)^2 / sum w^2; NaN where there is no weight.

    Source: Kish (1965), Survey Sampling, section 11.7.
    """
    total, squares = as_pairs(sum_w, sum_w2)
    n_effective: FloatArray = np.divide(
        total**2, squares, out=np.full(total.shape, np.nan), where=squares > 0
    )
    return n_effective


def wilson(count: object, nobs: object, confidence_level: float) -> Interval:
    """Wilson's score interval: all pi with (p - pi)^2 <= z^2 pi (1 - pi) / n. NaN where nobs is 0.

    Source: Wilson (1927), JASA 22:209; Newcombe (1998), Stat Med 17:857, method 3.
    """
    x, n = as_pairs(count, nobs)
    return score_roots(x, n, two_sided_z(confidence_level) ** 2)


def score_roots(x: FloatArray, n: FloatArray, z2: float) -> Interval:
    """Score limits from the product of the two roots, x^2 / (n (n + z^2)): no cancellation."""
    safe = np.where(n > 0, n, np.nan)
    spread = np.sqrt(z2 * (z2 + 4.0 * x * (n - x) / safe))  # the same for the yes and for the no answers
    # The larger root is (2 k + z^2 + spread) / (2 (n + z^2)).
    low, rest = (2.0 * k * (k / safe) / (2.0 * k + z2 + spread) for k in (x, n - x))
    return Interval(low, 1.0 - rest)


def wald(count: object, nobs: object, confidence_level: float) -> Interval:
    """P +- z sqrt(p (1 - p) / n), cut to [0, 1]. Has no width at 0 and n: callers must refuse those."""
    x, n = as_pairs(count, nobs)
    p = proportions(x, n)
    half = two_sided_z(confidence_level) * standard_error(x, n)
    return Interval(np.clip(p - half, 0.0, 1.0), np.clip(p + half, 0.0, 1.0))


def standard_error(count: object, nobs: object) -> FloatArray:
    """Return sqrt(p (1 - p) / n); NaN where nobs is 0."""
    x, n = as_pairs(count, nobs)
    p = proportions(x, n)
    error: FloatArray = np.sqrt(p * (1.0 - p) / np.where(n > 0, n, np.nan))
    return error


def one_sided_bound(nobs: object, confidence_level: float) -> FloatArray:
    """Return the exact upper bound of a proportion when nobody of `nobs` said yes: 1 - alpha^(1/n).

    By symmetry 1 minus it is the lower bound when everybody did.
    Source: Clopper & Pearson (1934), one-sided; Hanley & Lippman-Hand (1983), "rule of three".
    """
    _, n = as_pairs(0.0, nobs)
    alpha = 1.0 - confidence_level
    bound: FloatArray = -np.expm1(np.log(alpha) / np.where(n > 0, n, np.nan))
    return bound
