"""Limits of paired proportions that have to be searched: Tango's, Tang's and those of conditional odds.

Every function takes clean arrays of one dimension: `e` both, `f` first only, `g` second only, of `n` > 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import betainc, betaincc, betainccinv, betaincinv

from credbenefits.numerics.hypergeometric import binomial_log_pmf

if TYPE_CHECKING:
    from collections.abc import Callable

    from credbenefits._typing import BoolArray, FloatArray

#: Log ratios beyond this stand for 0 and infinity.
_FARTHEST = 250.0


def _start(
    holds: Callable[..., BoolArray], low: FloatArray, high: FloatArray, *args: FloatArray
) -> FloatArray:
    """Return where `holds` begins to be true between `low`, where it is not, and `high`, by halving.

    Only the side matters, never the value: statistics may be flat, or 0 over 0, at the ends of their range.
    """
    for _ in range(64):
        middle = (low + high) / 2.0
        reached = holds(middle, *args)
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    return high


def tango_high(f: FloatArray, g: FloatArray, n: FloatArray, z: float) -> FloatArray:
    """Return the largest D with (f - g - n D)^2 <= z^2 n V(D), between (f - g)/n and 1.

    V is the variance of the difference, times n, at the most likely proportions that differ by D. The lower
    limit is minus this of the table with f and g exchanged.
    """
    a, b, room = f / n, g / n, (n - f + g) / n

    def rejects(s: FloatArray, a: FloatArray, b: FloatArray, n: FloatArray) -> BoolArray:
        distance = (1.0 - a + b) * s**4
        outside: BoolArray = n * distance * distance >= z * z * _difference_variance(a - b + distance, a, b)
        return outside

    # The fourth power keeps the digits of limits near 0.
    s = _start(rejects, np.zeros(a.shape), np.ones(a.shape), a, b, n)
    return np.minimum(a - b + room * s**4, 1.0)


def _difference_variance(d: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
    """P + q - (p - q)^2 at the most likely p (first only) and q (second only) with p - q = d."""
    # Exchange the roles so that d >= 0: then q is the smaller and all terms are sums of positive ones.
    a, b = np.where(d >= 0, a, b), np.where(d >= 0, b, a)
    d = np.abs(d)
    linear = (2.0 - a + b) * d - a - b
    root = np.sqrt(linear * linear + 8.0 * b * d * (1.0 - d))
    positive = linear > 0
    q = np.where(
        positive,
        2.0 * b * d * (1.0 - d) / np.where(positive, root + linear, 1.0),
        (root - linear) / 4.0,
    )
    variance: FloatArray = 2.0 * q + d * (1.0 - d)
    return variance


def tang_low(e: FloatArray, f: FloatArray, g: FloatArray, z: float) -> FloatArray:
    """Return the smallest R with (x1 - R x2)^2 <= z^2 S v(R); x1 = e + f, x2 = e + g, S = e + f + g.

    v is the variance of p1 - R p2 at the most likely proportions with p1 = R p2, among those who said yes at
    least once: the others carry no information on the ratio. The upper limit is the inverse of this of
    the table with f and g exchanged.
    """
    low = np.zeros(e.shape)
    seen = e + f > 0  # otherwise any small ratio will do
    e, f, g = e[seen], f[seen], g[seen]
    x1, x2 = e + f, e + g
    log_ratio = np.log(x1) - np.log(np.where(x2 > 0, x2, 1.0))

    def accepts(s: FloatArray, e: FloatArray, f: FloatArray, g: FloatArray) -> BoolArray:
        distance, spread = _ratio_score(s, e, f, g)
        inside: BoolArray = distance <= z * z * spread
        return inside

    start, end = np.full(e.shape, -_FARTHEST), np.where(x2 > 0, log_ratio, _FARTHEST)
    low[seen] = np.exp(_start(accepts, start, end, e, f, g))
    return low


def _ratio_score(s: FloatArray, e: FloatArray, f: FloatArray, g: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return (x1 - R x2)^2 and S v(R) for R = exp(s), both over R^2 where R > 1."""
    # Exchange the roles so that R >= 1, and work with r = 1 / R.
    swap = s < 0
    f, g = np.where(swap, g, f), np.where(swap, f, g)
    r = np.exp(-np.abs(s))
    people = e + f + g
    # The proportion w of "second only" solves (1 + r) S w^2 + linear w - g (1 - r) = 0.
    double = 2.0 * (1.0 + r) * people
    linear = (e + g) / r - (e + f + 2.0 * g) * r
    root = np.sqrt(linear * linear + 2.0 * double * g * (1.0 - r))
    positive = linear > 0
    w = np.where(
        positive,
        2.0 * g * (1.0 - r) / np.where(positive, root + linear, 1.0),
        (root - linear) / double,
    )
    both = np.maximum(r - (1.0 + r) * w, 0.0)
    first_only = 1.0 - r + r * w
    variance = first_only * r * r + w + (1.0 - r) ** 2 * both
    return ((e + f) * r - (e + g)) ** 2, people * variance


def odds_low(f: FloatArray, g: FloatArray, tail: float, *, observed: float) -> FloatArray:
    """Return the odds at which P(F > f) + `observed` P(F = f) is `tail`; F is binomial, of f + g > 0.

    `observed` is 1 for Clopper and Pearson and 1/2 for mid-P. The upper limit is the inverse of this with f
    and g exchanged. Binomial tails are incomplete beta functions, so counts need not be whole.
    """
    low = np.zeros(f.shape)  # where f = 0 any small odds will do
    # Clopper and Pearson's limit is a quantile; for an f far below 1 it is 0, as far as numbers go.
    start = betaincinv(np.where(f > 0, f, 1.0), g + 1.0, tail)
    some = (f > 0) & (start > 1e-290)
    f, g = f[some], g[some]
    theta = np.log(start[some]) - np.log(betainccinv(g + 1.0, f, tail))
    # The log of a binomial tail is concave in the log odds, so from below Newton's steps never go too far.
    for _ in range(60):
        p, q = 1.0 / (1.0 + np.exp(-theta)), 1.0 / (1.0 + np.exp(theta))
        with_f, beyond = _share_below(f, g + 1.0, p, q), _share_below(f + 1.0, g, p, q)
        probability = observed * with_f + (1.0 - observed) * beyond
        slope = np.exp(binomial_log_pmf(f, f + g, p, q)) * (observed * f * q + (1.0 - observed) * g * p)
        step = (np.log(tail) - np.log(probability)) * probability / slope
        theta = theta + step
        if np.all(np.abs(step) <= 1e-12 * (1.0 + np.abs(theta))):
            break
    low[some] = np.exp(theta)
    return low


def _share_below(a: FloatArray, b: FloatArray, p: FloatArray, q: FloatArray) -> FloatArray:
    """P(B <= p) for B of Beta(a, b), from whichever of p and q = 1 - p is small; 0 for b = 0."""
    b_safe = np.where(b > 0, b, 1.0)
    near_0 = betainc(a, b_safe, np.minimum(p, 0.5))
    near_1 = betaincc(b_safe, a, np.minimum(q, 0.5))
    share: FloatArray = np.where(b > 0, np.where(p <= q, near_0, near_1), 0.0)
    return share
