"""Estimates from respondents against what is known of everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.stats import t

from credbenefits.numerics.wilson import kish, wilson

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from credbenefits._typing import BoolArray, FloatArray


class AgainstTruth(NamedTuple):
    """An estimate with its interval and effective size, and whether the truth is outside of the interval."""

    estimate: FloatArray
    low: FloatArray
    high: FloatArray
    n_effective: FloatArray
    misses: BoolArray


def share_against_truth(
    weight_yes: ArrayLike,
    weight: ArrayLike,
    weight_squared: ArrayLike,
    truth: ArrayLike,
    *,
    confidence_level: float = 0.95,
) -> AgainstTruth:
    """Compare weighted shares of respondents with the shares of everybody.

    Parameters
    ----------
    weight_yes, weight, weight_squared : array_like
        Sums over the respondents: of the weights of those who say yes, of all weights, and of their squares.
    truth : array_like
        Shares of everybody.
    confidence_level : float
        Of Wilson's interval for Kish's effective size.

    Returns
    -------
    AgainstTruth
        NaN, and nothing missed, where nobody answered.

    Examples
    --------
    87 of 100 respondents finished, and 34% of everybody:

    >>> made = share_against_truth(87, 100, 100, 0.34)
    >>> float(made.estimate), float(made.low.round(3)), bool(made.misses)
    (0.87, 0.79, True)
    """
    yes, total = np.asarray(weight_yes, dtype=np.float64), np.asarray(weight, dtype=np.float64)
    size = kish(total, weight_squared)
    estimate = np.divide(yes, total, out=np.full(np.broadcast(yes, total).shape, np.nan), where=total > 0)
    low, high = wilson(estimate * size, size, confidence_level)
    return _judged(estimate, (low, high), size, truth)


def mean_against_truth(
    values: FloatArray, weight: FloatArray, truth: float, *, confidence_level: float = 0.95
) -> AgainstTruth:
    """Compare the weighted mean of respondents with that of everybody.

    Parameters
    ----------
    values, weight : array, shape (n,)
        Number and weight of each respondent.
    truth : float
        Mean of everybody.
    confidence_level : float
        Of the interval with Student's t for Kish's effective size.

    Returns
    -------
    AgainstTruth
        Without an interval for an effective size of 1 or less.
    """
    total, square = float(weight.sum()), float((weight**2).sum())
    size = np.asarray(kish(total, square))
    if not total > 0:
        return _judged(np.asarray(np.nan), (np.asarray(np.nan), np.asarray(np.nan)), size, truth)
    mean = float(weight @ values) / total
    n = float(size)
    half = np.nan
    if n > 1.0 + 1e-9:
        spread = float(weight @ (values - mean) ** 2) / total * n / (n - 1.0)
        half = float(t.ppf(0.5 + confidence_level / 2.0, n - 1.0)) * (spread / n) ** 0.5
    return _judged(np.asarray(mean), (np.asarray(mean - half), np.asarray(mean + half)), size, truth)


def designed_mean_against_truth(
    mean: float, variances: tuple[float, float], truth: float, *, df: int, confidence_level: float = 0.95
) -> AgainstTruth:
    """Compare a mean with that of everybody, where it is known how respondents were drawn.

    Parameters
    ----------
    mean : float
        Mean of respondents.
    variances : pair of float
        That of the mean under the design, and that of the numbers themselves.
    truth : float
        Mean of everybody.
    df : int
        Degrees of freedom of the design.
    confidence_level : float
        Of the interval with Student's t.

    Returns
    -------
    AgainstTruth
        Without an interval where the design leaves no degrees of freedom.
    """
    of_mean, of_numbers = variances
    half = float(t.ppf(0.5 + confidence_level / 2.0, df)) * of_mean**0.5 if df > 0 else np.nan
    size = np.asarray(of_numbers / of_mean if of_mean > 0 else np.nan)
    return _judged(np.asarray(mean), (np.asarray(mean - half), np.asarray(mean + half)), size, truth)


def _judged(
    estimate: FloatArray, limits: tuple[FloatArray, FloatArray], size: FloatArray, truth: ArrayLike
) -> AgainstTruth:
    low, high = limits
    known = np.asarray(truth, dtype=np.float64)
    return AgainstTruth(estimate, low, high, size, np.asarray((known < low) | (known > high)))
