"""What the tests of several groups and strata share: results, checks, sums, and exact conditional inference.

Given the margins of every stratum, the total S of the first groups' counts has weights d(s) psi^s, where d is
the convolution of the strata's hypergeometric distributions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import chdtrc

from credbenefits._frozen import Frozen
from credbenefits.errors import InputError, MethodError
from credbenefits.numerics.arguments import as_numbers, checked_counts, checked_two_groups
from credbenefits.numerics.hypergeometric import RELATIVE_TIE, log_pmf

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from credbenefits._typing import BoolArray, FloatArray, Reduced

#: Most values that the total may take: convolutions take the square of it.
MOST_TOTALS = 50_000
#: Log odds ratios farther than this from the start of the search are infinite.
_FARTHEST = 700.0


@dataclass(frozen=True, slots=True, eq=False)
class ChiSquaredResult(Frozen):
    """Outcome of a chi-squared test, one entry for every set of groups or strata; numbers for one set.

    Attributes
    ----------
    statistic, df, p_value : ndarray or float
        Chi-squared statistic, its degrees of freedom and the p-value.
    """

    statistic: Reduced
    df: Reduced
    p_value: Reduced


@dataclass(frozen=True, slots=True, eq=False)
class CommonOddsRatio(Frozen):
    """Odds ratio that strata share, one entry for every set of strata; numbers for one set.

    Attributes
    ----------
    odds_ratio : ndarray or float
        The estimate.
    low, high : ndarray or float
        Its confidence limits.
    p_value : ndarray or float
        Of the test that it is 1.
    """

    odds_ratio: Reduced
    low: Reduced
    high: Reduced
    p_value: Reduced


def checked_strata(
    count1: ArrayLike, nobs1: ArrayLike, count2: ArrayLike, nobs2: ArrayLike
) -> tuple[FloatArray, ...]:
    """Check the counts of two groups in strata, which lie on the last axis."""
    return tuple(
        np.atleast_1d(v).astype(np.float64) for v in checked_two_groups(count1, nobs1, count2, nobs2)
    )


def checked_groups(counts: ArrayLike, nobs: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Check the counts of several groups, which lie on the last axis."""
    both = checked_counts(counts=counts, nobs=nobs, within={"counts": "nobs"})
    x, n = (np.atleast_1d(v).astype(np.float64) for v in both)
    return x, n


def checked_scores(scores: ArrayLike, k: int) -> FloatArray:
    """Check the scores; they may be negative, unlike counts."""
    s = as_numbers("scores", scores).astype(np.float64)
    if s.shape[-1:] != (k,) or not np.isfinite(s).all() or np.any(s.max(axis=-1) == s.min(axis=-1)):
        raise InputError(
            "scores",
            allowed=f"{k} finite numbers that are not all the same",
            value=scores,
            fix="Give one score for each group, or None for 1, 2, 3 and so on.",
        )
    return s


def pooled(x: FloatArray, n: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return p (1 - p) and p of all groups together; 0 where there is nobody."""
    total, yes = n.sum(axis=-1), x.sum(axis=-1)
    base = np.where(total > 0, total, 1.0)
    return (yes / base) * ((total - yes) / base), yes / base


def chi_squared(
    above: FloatArray, below: FloatArray, *, known: BoolArray, df: FloatArray | float = 1.0
) -> ChiSquaredResult:
    """Divide; 0 where there is no spread, NaN where there is nobody to compare."""
    ratio = np.divide(above, below, out=np.zeros(np.shape(below)), where=below > 0)
    statistic = np.where(known, ratio, np.nan)
    df = np.broadcast_to(np.asarray(df, dtype=np.float64), statistic.shape).copy()
    return ChiSquaredResult(statistic, df, np.asarray(chdtrc(np.maximum(df, 1.0), statistic)))


def mantel_haenszel(x1: FloatArray, n1: FloatArray, x2: FloatArray, n2: FloatArray) -> FloatArray:
    """Return Mantel and Haenszel's odds ratio and the variance of its log, in a first axis of two.

    Source: Robins, Breslow & Greenland (1986), Biometrics 42:311.
    """
    base = np.where(n1 + n2 > 0, n1 + n2, 1.0)
    agree, differ = x1 * ((n2 - x2) / base), (n1 - x1) * (x2 / base)
    share = (x1 + n2 - x2) / base
    r, s = agree.sum(axis=-1), differ.sum(axis=-1)
    infinite = np.where(r > 0, np.inf, np.nan)
    odds_ratio = np.divide(r, s, out=infinite, where=s > 0)
    usable = (r > 0) & (s > 0)
    r, s = np.where(usable, r, np.nan), np.where(usable, s, np.nan)
    variance = (
        np.sum(share * agree, axis=-1) / r / r
        + np.sum(share * differ + (1.0 - share) * agree, axis=-1) / r / s
        + np.sum((1.0 - share) * differ, axis=-1) / s / s
    ) / 2.0
    return np.stack([odds_ratio, variance])


def fitted(x1: FloatArray, n1: FloatArray, x2: FloatArray, n2: FloatArray, *, psi: FloatArray) -> FloatArray:
    """Return the first group's count that has odds ratio psi > 0 and these margins, n1, n2 and x1 + x2."""
    m = x1 + x2
    # A (n2 - m + A) = psi (n1 - A) (m - A), by whichever form of the root does not cancel.
    linear = n2 - m + psi * (n1 + m)
    root = np.sqrt(linear * linear + 4.0 * (1.0 - psi) * psi * n1 * m)
    negative = linear < 0  # then psi is below 1
    small = 2.0 * psi * n1 * m / np.where(negative | (root + linear == 0), 1.0, root + linear)
    count: FloatArray = np.where(
        negative, (root - linear) / np.where(negative, 2.0 * (1.0 - psi), 1.0), small
    )
    return count


class Exact(NamedTuple):
    """P-value, conditional estimate of the odds ratio and its limits."""

    p_value: float
    odds_ratio: float
    low: float
    high: float


def exact(strata: FloatArray, alternative: str, level: float) -> Exact:
    """Analyse one set of strata, columns x1, n1, x2, n2; those that say nothing must have been left out."""
    x1, n1, x2, n2 = strata.T
    m = x1 + x2
    lowest, highest = np.maximum(0.0, m - n2), np.minimum(n1, m)
    size = int((highest - lowest).sum()) + 1
    if size > MOST_TOTALS:
        raise MethodError(
            "count1",
            allowed=f"strata whose total can take at most {MOST_TOTALS:,} values",
            received=f"{size:,} values",
            fix="Use cmh_test and mantel_haenszel_odds_ratio; in so many people they are as good.",
        )
    at = int((x1 - lowest).sum())
    p_value = _p_value(_convolved(strata, 0.0), at, alternative)
    # Weights tilted towards what was observed, so that none of those that matter underflows.
    y = strata + 0.5  # keeps the start finite
    tilt = float(np.log(np.sum(y[:, 0] * (y[:, 3] - y[:, 2] + 0.5) / (n1 + n2))))
    tilt -= float(np.log(np.sum(y[:, 2] * (y[:, 1] - y[:, 0] + 0.5) / (n1 + n2))))
    with np.errstate(divide="ignore"):  # log 0 is what a weight of 0 should have
        weights = np.log(_convolved(strata, tilt))
    steps: FloatArray = np.arange(float(size)) - at
    above, below = np.where(steps >= 0, 1.0, 0.0), np.where(steps <= 0, 1.0, 0.0)

    def tail(theta: float, part: FloatArray) -> float:
        logs = weights + steps * theta
        shares = np.exp(logs - logs.max())
        return float(shares @ part / shares.sum())

    alpha = 1.0 - level
    # What lies beyond an end of the support is free.
    share = {"two-sided": alpha / 2.0}.get(alternative, alpha)
    estimate = _root(lambda t: tail(t, steps) >= 0) + tilt
    low = -np.inf if at == 0 or alternative == "less" else _root(lambda t: tail(t, above) >= share) + tilt
    open_above = at == size - 1 or alternative == "greater"
    high = np.inf if open_above else _root(lambda t: tail(t, below) <= share) + tilt
    if at in {0, size - 1}:  # one of several totals, as strata that say nothing are left out
        estimate = -np.inf if at == 0 else np.inf
    return Exact(p_value, *(float(np.exp(v)) for v in (estimate, low, high)))


def _convolved(strata: FloatArray, tilt: float) -> FloatArray:
    """Weights of the total, the largest of each stratum brought to 1."""
    weights = np.ones(1)
    for x1, n1, x2, n2 in strata:
        m = x1 + x2
        x = np.arange(max(0.0, m - n2), min(n1, m) + 1.0)
        logs = log_pmf(x, *(np.full(1, v) for v in (n1, n2, m))) + tilt * x
        weights = np.asarray(np.convolve(weights, np.exp(logs - logs.max())), dtype=np.float64)
        weights /= weights.max()
    return weights


def _p_value(weights: FloatArray, at: int, alternative: str) -> float:
    if alternative == "greater":
        part = weights[at:]
    elif alternative == "less":
        part = weights[: at + 1]
    else:
        part = weights[weights <= weights[at] * (1.0 + RELATIVE_TIE)]
    return min(float(part.sum() / weights.sum()), 1.0)


def _root(reached: Callable[[float], bool]) -> float:
    """Smallest value at which `reached` holds, by halving."""
    low, high = -_FARTHEST, _FARTHEST
    for _ in range(64):
        middle = (low + high) / 2.0
        if reached(middle):
            high = middle
        else:
            low = middle
    return high
