"""Intervals for two independent proportions that have a closed form.

Every function takes clean float arrays of one shape with 0 <= count <= nobs and nobs > 0, and the level of a
two-sided interval. The public face, with the checks, is `comparison_interval`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from credbenefits.numerics.interval import Interval, two_sided_z
from credbenefits.numerics.wilson import wilson

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray


# ---- differences ------------------------------------------------------------------------------------


def wald(x1: FloatArray, n1: FloatArray, x2: FloatArray, n2: FloatArray, *, level: float) -> Interval:
    """D +- z sqrt(p1 q1 / n1 + p2 q2 / n2). No width where both proportions are 0 or 1."""
    half = two_sided_z(level) * np.sqrt(_spread(x1, n1) / n1 + _spread(x2, n2) / n2)
    return _about(x1 / n1 - x2 / n2, half)


def wald_cc(x1: FloatArray, n1: FloatArray, x2: FloatArray, n2: FloatArray, *, level: float) -> Interval:
    """Wald's limits moved out by (1/n1 + 1/n2) / 2; not shrunk to |d| as R's ``prop.test`` does."""
    half = two_sided_z(level) * np.sqrt(_spread(x1, n1) / n1 + _spread(x2, n2) / n2)
    return _about(x1 / n1 - x2 / n2, half + (1.0 / n1 + 1.0 / n2) / 2.0)


def hauck_anderson(
    x1: FloatArray, n1: FloatArray, x2: FloatArray, n2: FloatArray, *, level: float
) -> Interval:
    """Variances over n - 1, moved out by 1 / (2 min(n1, n2)). NaN where a base is 1 or less."""
    free1, free2 = np.where(n1 > 1, n1 - 1.0, np.nan), np.where(n2 > 1, n2 - 1.0, np.nan)
    half = two_sided_z(level) * np.sqrt(_spread(x1, n1) / free1 + _spread(x2, n2) / free2)
    return _about(x1 / n1 - x2 / n2, half + 0.5 / np.minimum(n1, n2))


def agresti_caffo(
    x1: FloatArray, n1: FloatArray, x2: FloatArray, n2: FloatArray, *, level: float
) -> Interval:
    """Wald's interval after one more yes and one more no in either group."""
    return wald(x1 + 1.0, n1 + 2.0, x2 + 1.0, n2 + 2.0, level=level)


def newcombe(x1: FloatArray, n1: FloatArray, x2: FloatArray, n2: FloatArray, *, level: float) -> Interval:
    """Newcombe's method 10: square-and-add of Wilson limits.

    L = d - sqrt((p1 - l1)^2 + (u2 - p2)^2) and U = d + sqrt((u1 - p1)^2 + (p2 - l2)^2).
    """
    return _square_and_add(x1 / n1, x2 / n2, wilson(x1, n1, level), wilson(x2, n2, level))


def newcombe_cc(x1: FloatArray, n1: FloatArray, x2: FloatArray, n2: FloatArray, *, level: float) -> Interval:
    """Newcombe's method 11: as method 10, on Wilson limits with continuity correction."""
    return _square_and_add(x1 / n1, x2 / n2, _wilson_cc(x1, n1, level), _wilson_cc(x2, n2, level))


def haldane(x1: FloatArray, n1: FloatArray, x2: FloatArray, n2: FloatArray, *, level: float) -> Interval:
    """Beal's interval with the nuisance (p1 + p2) / 2."""
    return _beal(x1 / n1 - x2 / n2, (x1 / n1 + x2 / n2) / 2.0, (n1, n2), level)


def jeffreys_perks(
    x1: FloatArray, n1: FloatArray, x2: FloatArray, n2: FloatArray, *, level: float
) -> Interval:
    """Beal's interval with the nuisance taken from (x + 1/2) / (n + 1)."""
    psi = ((x1 + 0.5) / (n1 + 1.0) + (x2 + 0.5) / (n2 + 1.0)) / 2.0
    return _beal(x1 / n1 - x2 / n2, psi, (n1, n2), level)


def _spread(x: FloatArray, n: FloatArray) -> FloatArray:
    """P (1 - p), with the digits of 1 - p."""
    spread: FloatArray = (x / n) * ((n - x) / n)
    return spread


def _about(d: FloatArray, half: FloatArray) -> Interval:
    return Interval(np.clip(d - half, -1.0, 1.0), np.clip(d + half, -1.0, 1.0))


def _square_and_add(p1: FloatArray, p2: FloatArray, one: Interval, two: Interval) -> Interval:
    d = p1 - p2
    # Rounding must not push a limit outside what a difference can be.
    return Interval(
        np.maximum(d - np.hypot(p1 - one.low, two.high - p2), -1.0),
        np.minimum(d + np.hypot(one.high - p1, p2 - two.low), 1.0),
    )


def _wilson_cc(x: FloatArray, n: FloatArray, level: float) -> Interval:
    # Squaring out (p - pi - 1/(2n))^2 = z^2 pi (1 - pi) / n shows that the corrected lower limit is
    # Wilson's own at x - 1/2. At x <= 1/2 that set reaches 0, which is Newcombe's rule for x = 0.
    low = wilson(np.maximum(x - 0.5, 0.0), n, level).low
    return Interval(low, 1.0 - wilson(np.maximum(n - x - 0.5, 0.0), n, level).low)


def _beal(d: FloatArray, psi: FloatArray, nobs: tuple[FloatArray, FloatArray], level: float) -> Interval:
    """Solve (theta - d)^2 = z^2 V(theta) with the proportions psi +- theta / 2 (Beal 1987).

    Written in h = theta - d: (1 + z^2 u) h^2 - z^2 V'(d) h - z^2 V(d) = 0, so nothing cancels.
    """
    n1, n2 = nobs
    z2 = two_sided_z(level) ** 2
    u, v = (1.0 / n1 + 1.0 / n2) / 4.0, (1.0 / n1 - 1.0 / n2) / 4.0
    first, second = psi + d / 2.0, psi - d / 2.0
    variance = first * (1.0 - first) / n1 + second * (1.0 - second) / n2
    slope = 2.0 * (v * (1.0 - 2.0 * psi) - u * d)
    leading = 1.0 + z2 * u
    square = (z2 * slope) ** 2 + 4.0 * leading * z2 * variance
    root = np.sqrt(np.where(square >= 0, square, np.nan))
    low, high = (z2 * slope - root) / (2.0 * leading), (z2 * slope + root) / (2.0 * leading)
    return Interval(np.clip(d + low, -1.0, 1.0), np.clip(d + high, -1.0, 1.0))


# ---- ratios and odds ratios -------------------------------------------------------------------------


def katz(x1: FloatArray, n1: FloatArray, x2: FloatArray, n2: FloatArray, *, level: float) -> Interval:
    """exp(log(p1/p2) +- z sqrt(1/x1 - 1/n1 + 1/x2 - 1/n2)); [0, inf] where a count is 0."""
    known = (x1 > 0) & (x2 > 0)
    s1, s2 = np.where(known, x1, 1.0), np.where(known, x2, 1.0)
    error = np.sqrt((n1 - x1) / n1 / s1 + (n2 - x2) / n2 / s2)
    return _about_log((s1 / n1) / (s2 / n2), two_sided_z(level) * error, known)


def woolf(x1: FloatArray, n1: FloatArray, x2: FloatArray, n2: FloatArray, *, level: float) -> Interval:
    """exp(log OR +- z sqrt(sum of 1/cell)); [0, inf] where a cell is 0."""
    return _woolf(x1, n1 - x1, x2, n2 - x2, level=level)


def gart(x1: FloatArray, n1: FloatArray, x2: FloatArray, n2: FloatArray, *, level: float) -> Interval:
    """Woolf's interval after 1/2 is added to every cell."""
    return _woolf(x1 + 0.5, n1 - x1 + 0.5, x2 + 0.5, n2 - x2 + 0.5, level=level)


def mover_ratio(x1: FloatArray, n1: FloatArray, x2: FloatArray, n2: FloatArray, *, level: float) -> Interval:
    """MOVER-R on the proportions with Wilson's limits (Donner & Zou 2012)."""
    z2 = two_sided_z(level) ** 2
    (low1, high1), (low2, high2) = _wilson(x1, n1, z2), _wilson(x2, n2, z2)
    low = _mover_low((x1 / n1, low1), (x2 / n2, high2))
    return Interval(low, inverse(_mover_low((x2 / n2, low2), (x1 / n1, high1))))


def mover_odds_ratio(
    x1: FloatArray, n1: FloatArray, x2: FloatArray, n2: FloatArray, *, level: float
) -> Interval:
    """MOVER-R on the odds with Wilson's limits turned into odds (Fagerland & Newcombe 2013)."""
    z2 = two_sided_z(level) ** 2
    low = _mover_odds_low(x1, n1, x2, n2, z2=z2)
    return Interval(low, inverse(_mover_odds_low(x2, n2, x1, n1, z2=z2)))


def inverse(limit: FloatArray) -> FloatArray:
    """1 / limit, infinite where the limit is 0."""
    out: FloatArray = np.divide(1.0, limit, out=np.full(limit.shape, np.inf), where=limit != 0)
    return out


def _about_log(estimate: FloatArray, half: FloatArray, known: np.ndarray) -> Interval:
    # With hardly any count the standard error is so large that exp() rightly ends at 0 and infinity.
    with np.errstate(over="ignore", under="ignore"):
        low, high = estimate * np.exp(-half), estimate * np.exp(half)
    return Interval(np.where(known, low, 0.0), np.where(known, high, np.inf))


def _woolf(a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray, *, level: float) -> Interval:
    known = (a > 0) & (b > 0) & (c > 0) & (d > 0)
    a, b, c, d = (np.where(known, cell, 1.0) for cell in (a, b, c, d))
    error = np.sqrt(1.0 / a + 1.0 / b + 1.0 / c + 1.0 / d)
    return _about_log((a / b) / (c / d), two_sided_z(level) * error, known)


def _mover_low(
    numerator: tuple[FloatArray, FloatArray], denominator: tuple[FloatArray, FloatArray]
) -> FloatArray:
    """Lower limit R with e1 - R e2 = sqrt((e1 - l1)^2 + R^2 (u2 - e2)^2).

    `numerator` is (estimate, lower limit), `denominator` (estimate, upper limit). Taken from the product of
    the two roots and with a discriminant that is a sum of squares: nothing cancels.
    """
    (e1, l1), (e2, u2) = numerator, denominator
    reach = l1 * (2.0 * e1 - l1)
    root = np.sqrt((u2 - e2) ** 2 * reach + (e2 * (e1 - l1)) ** 2)
    low: FloatArray = np.divide(reach, e1 * e2 + root, out=np.zeros(reach.shape), where=reach > 0)
    return low


def _mover_odds_low(
    x1: FloatArray, n1: FloatArray, x2: FloatArray, n2: FloatArray, *, z2: float
) -> FloatArray:
    # Odds are infinite at x = n. Fagerland & Newcombe then count the other answer in both groups, which
    # turns the odds ratio over and leaves finite odds. Where that is of no help (one group all yes and
    # the other all no) MOVER has nothing to say. One less a limit is the other limit for the other answer.
    full = (x1 == n1) | (x2 == n2)
    y1, m1 = np.where(full, n2 - x2, x1), np.where(full, n2, n1)
    y2, m2 = np.where(full, n1 - x1, x2), np.where(full, n1, n2)
    silent = (y1 == m1) | (y2 == m2)
    y1, y2 = np.where(silent, 0.0, y1), np.where(silent, 0.0, y2)
    low1, complement = _wilson(y1, m1, z2).low, _wilson(m1 - y1, m1, z2).high
    high2, rest = _wilson(y2, m2, z2).high, _wilson(m2 - y2, m2, z2).low
    return _mover_low((y1 / (m1 - y1), low1 / complement), (y2 / (m2 - y2), high2 / rest))


def _wilson(x: FloatArray, n: FloatArray, z2: float) -> Interval:
    """Wilson's limits, both from sums of positive terms: a quotient needs the digits of a tiny upper one."""
    spread = np.sqrt(z2 * (z2 + 4.0 * x * ((n - x) / n)))
    larger_root = 2.0 * x + z2 + spread
    return Interval(2.0 * x * (x / n) / larger_root, larger_root / (2.0 * (n + z2)))
