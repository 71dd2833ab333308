"""Probabilities of a two by two table with its margins given, with their digits kept up to 10^12 people.

X is the count of the first group of n1 when m of n1 + n2 people said yes and both groups are alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import gammaln, xlogy

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray

#: Two probabilities or statistics that differ by less than this proportion of their size are a tie.
RELATIVE_TIE = 1e-10

#: A standard deviation above which a tail is integrated instead of added up.
_SMOOTH = 3_000.0
#: Most numbers that one step of a sum may hold in memory.
_BLOCK = 1 << 20


class TwoSided(NamedTuple):
    """Fisher's two-sided p-value, and what mid-P versions of it need."""

    p_value: FloatArray
    observed: FloatArray  # the probability of the observed table
    tied: FloatArray  # the probability of all tables as probable as it, itself among them


def log_factorial_excess(x: FloatArray) -> FloatArray:
    """Return log x! - (x log x - x): what Stirling's first two terms leave, so small and exact."""
    large = np.maximum(x, 16.0)
    square = large * large
    series = (
        1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / square) / square) / square) / square
    ) / large
    excess: FloatArray = np.where(
        x < 16.0, gammaln(x + 1.0) - xlogy(x, x) + x, 0.5 * np.log(2.0 * np.pi * large) + series
    )
    return excess


def deviance(x: FloatArray, expected: FloatArray, gap: FloatArray) -> FloatArray:
    """Return x log(x / expected) - gap for gap = x - expected, without cancellation near 0.

    Infinite where something was seen that cannot be. Source: Loader (2000), Fast and accurate
    computation of binomial probabilities.
    """
    x, expected, gap = np.broadcast_arrays(x, expected, gap)
    total = x + expected
    v = np.divide(gap, total, out=np.zeros(total.shape), where=total > 0)
    near = np.abs(v) < 0.1
    v2 = np.where(near, v * v, 0.0)
    tail = np.zeros(total.shape)
    for odd in range(19, 1, -2):  # v^2/3 + v^4/5 + ...; below 0.1 nine terms reach the last digit
        tail = (tail + 1.0 / odd) * v2
    ratio = np.divide(x, expected, out=np.ones(total.shape), where=(expected > 0) & ~near)
    far = xlogy(x, ratio) - gap
    far = np.where((expected <= 0) & (x > 0), np.inf, far)
    result: FloatArray = np.where(near, gap * v + 2.0 * x * v * tail, far)
    return result


def binomial_log_pmf(k: FloatArray, n: FloatArray, p: FloatArray, q: FloatArray) -> FloatArray:
    """Log of P(K = k) for K ~ Binomial(n, p), with q = 1 - p given apart so that it keeps its digits."""
    gap = k * q - (n - k) * p
    result: FloatArray = (
        log_factorial_excess(n)
        - log_factorial_excess(k)
        - log_factorial_excess(n - k)
        - deviance(k, n * p, gap)
        - deviance(n - k, n * q, -gap)
    )
    return result


def log_pmf(x: FloatArray, n1: FloatArray, n2: FloatArray, m: FloatArray) -> FloatArray:
    """Log of P(X = x) inside the support: Stirling's corrections less half the likelihood-ratio statistic."""
    n = n1 + n2
    other = m - x
    gap = (x * n2 - other * n1) / n
    corrections = (
        log_factorial_excess(n1)
        + log_factorial_excess(n2)
        + log_factorial_excess(m)
        + log_factorial_excess(n - m)
        - log_factorial_excess(n)
    )
    cells = (
        (x, n1 * m / n, gap),
        (n1 - x, n1 * (n - m) / n, -gap),
        (other, n2 * m / n, -gap),
        (n2 - other, n2 * (n - m) / n, gap),
    )
    for cell, expected, difference in cells:
        corrections = corrections - log_factorial_excess(cell) - deviance(cell, expected, difference)
    result: FloatArray = corrections
    return result


def upper_tail(x: FloatArray, n1: FloatArray, n2: FloatArray, m: FloatArray) -> FloatArray:
    """P(X >= x) for one-dimensional arrays; x may lie outside the support."""
    lowest, highest = np.maximum(0.0, m - n2), np.minimum(n1, m)
    # Add up the side that does not hold the mode; its complement has no small digits to lose.
    flip = x <= _mode(n1, n2, m)
    start, a, b = np.where(flip, m - x + 1.0, x), np.where(flip, n2, n1), np.where(flip, n1, n2)
    inside = (x > lowest) & (x <= highest)
    p = np.where(x <= lowest, 1.0, 0.0)
    far = _far_tail(start[inside], a[inside], b[inside], m[inside])
    p[inside] = np.where(flip[inside], 1.0 - far, far)
    return p


def two_sided(x: FloatArray, n1: FloatArray, n2: FloatArray, m: FloatArray) -> TwoSided:
    """Add up the tables that are no more probable than the observed one, ties among them.

    One-dimensional arrays; x inside the support.
    """
    # Turn the groups round where needed, so that x always lies above the mode.
    flip = x < _mode(n1, n2, m)
    x, a, b = np.where(flip, m - x, x), np.where(flip, n2, n1), np.where(flip, n1, n2)
    mode = np.where(flip, m - _mode(n1, n2, m), _mode(n1, n2, m))
    observed = log_pmf(x, a, b, m)
    at_mode = observed >= log_pmf(mode, a, b, m) - RELATIVE_TIE
    mirror = _mirror(observed, mode, (a, b, m))
    mirror = np.where(at_mode & (x > mode), mode, mirror)  # two modes, and x is one of them
    has_mirror = mirror >= np.maximum(0.0, m - b)
    below = np.zeros(x.shape)
    add = has_mirror & ~at_mode
    below[add] = _far_tail((m - mirror)[add], b[add], a[add], m[add])
    above = np.ones(x.shape)
    above[~at_mode] = _far_tail(x[~at_mode], a[~at_mode], b[~at_mode], m[~at_mode])
    at_mirror = log_pmf(np.where(has_mirror, mirror, x), a, b, m)
    tie = has_mirror & (np.abs(at_mirror - observed) <= RELATIVE_TIE)
    probability = np.exp(observed)
    return TwoSided(
        np.minimum(above + below, 1.0),
        probability,
        np.where(tie, probability + np.exp(at_mirror), probability),
    )


def _mode(n1: FloatArray, n2: FloatArray, m: FloatArray) -> FloatArray:
    mode: FloatArray = np.floor((m + 1.0) * (n1 + 1.0) / (n1 + n2 + 2.0))
    return mode


def _mirror(observed: FloatArray, mode: FloatArray, table: tuple[FloatArray, ...]) -> FloatArray:
    """Find the largest count below the mode that is no more probable than the observed one, by bisection.

    One below the support where there is none.
    """
    n1, n2, m = table
    low, high = np.maximum(0.0, m - n2) - 1.0, mode
    while np.any(high - low > 1.0):
        middle = np.floor((low + high) / 2.0)
        open_ = high - low > 1.0
        less = log_pmf(np.where(open_, middle, mode), n1, n2, m) <= observed + RELATIVE_TIE
        low = np.where(open_ & less, middle, low)
        high = np.where(open_ & ~less, middle, high)
    return low


def _far_tail(x: FloatArray, n1: FloatArray, n2: FloatArray, m: FloatArray) -> FloatArray:
    """P(X >= x) for x above the mode and inside the support, to its last digits however small it is."""
    p = np.empty(x.shape)
    smooth = _deviation(n1, n2, m) > _SMOOTH
    if smooth.any():
        p[smooth] = _integrated(x[smooth], n1[smooth], n2[smooth], m[smooth])
    if not smooth.all():
        p[~smooth] = _added(x[~smooth], n1[~smooth], n2[~smooth], m[~smooth])
    return p


def _deviation(n1: FloatArray, n2: FloatArray, m: FloatArray) -> FloatArray:
    """Return the standard deviation of X."""
    n = n1 + n2
    sd: FloatArray = np.sqrt((n1 / n) * (n2 / n) * m * ((n - m) / np.maximum(n - 1.0, 1.0)))
    return sd


def _added(x: FloatArray, n1: FloatArray, n2: FloatArray, m: FloatArray) -> FloatArray:
    """Add up ratios of neighbouring probabilities, in blocks of rows of about equal length."""
    # A count is a sum of independent trials, so ten deviations and sixty steps past the mode leave
    # less than exp(-40) of the first term (Bennett's inequality).
    enough = np.ceil(10.0 * _deviation(n1, n2, m) + 60.0)
    length = np.minimum(np.minimum(n1, m) - x, enough).astype(np.int64)
    total = np.ones(x.shape)
    order = np.argsort(-length, kind="stable")
    start = 0
    while start < order.size and length[order[start]] > 0:
        longest = int(length[order[start]])
        rows = order[start : start + max(1, _BLOCK // longest)]
        at = x[rows, None] + np.arange(longest)
        a, b, k = n1[rows, None], n2[rows, None], m[rows, None]
        # Past the end of the support the first factor of the numerator is 0, and so the product stays.
        ratio = ((np.minimum(a, k) - at) / (at + 1.0)) * ((np.maximum(a, k) - at) / (b - k + at + 1.0))
        total[rows] += np.cumprod(ratio, axis=1).sum(axis=1)
        start += rows.size
    result: FloatArray = np.exp(log_pmf(x, n1, n2, m)) * total
    return result


def _integrated(x: FloatArray, n1: FloatArray, n2: FloatArray, m: FloatArray) -> FloatArray:
    """Integrate the probabilities as a smooth curve; Euler and Maclaurin's first term makes it the sum.

    The next term is of the order of z^3 / sd^4, so below 1e-13 of the tail here.
    """
    nodes, weights = np.polynomial.legendre.leggauss(64)
    sd = _deviation(n1, n2, m)
    edge = x - 0.5
    z = (edge - n1 * (m / (n1 + n2))) / sd
    # Beyond this many deviations less than exp(-50) of the tail is left.
    span: FloatArray = (np.sqrt(z * z + 100.0) - z) * sd
    at = edge[:, None] + span[:, None] * (nodes + 1.0) / 2.0
    curve = np.exp(log_pmf(at, n1[:, None], n2[:, None], m[:, None]))
    slope = np.log(((m - x + 1.0) / x) * ((n1 - x + 1.0) / (n2 - m + x)))
    correction = np.exp(log_pmf(edge, n1, n2, m)) * slope / 24.0
    result: FloatArray = (curve @ weights) * span / 2.0 + correction
    return result
