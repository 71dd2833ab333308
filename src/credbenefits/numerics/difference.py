"""Contrasts of two independent proportions, vectorised over pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import erfc

from credbenefits.numerics._interval import Interval, as_pairs, shares
from credbenefits.numerics.proportion import wilson

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray


def newcombe(
    count1: object, nobs1: object, count2: object, nobs2: object, *, confidence_level: float
) -> Interval:
    """Newcombe's hybrid score interval for p1 - p2 (MOVER on Wilson limits).

    L = d - sqrt((p1 - l1)^2 + (u2 - p2)^2) and U = d + sqrt((u1 - p1)^2 + (p2 - l2)^2).
    NaN where either base is 0.

    Source: Newcombe (1998), Stat Med 17:873, method 10.
    """
    x1, n1 = as_pairs(count1, nobs1)
    x2, n2 = as_pairs(count2, nobs2)
    p1, p2 = shares(x1, n1), shares(x2, n2)
    low1, high1 = wilson(x1, n1, confidence_level)
    low2, high2 = wilson(x2, n2, confidence_level)
    d = p1 - p2
    # Rounding must not push a limit outside what a difference can be.
    return Interval(
        np.maximum(d - np.hypot(p1 - low1, high2 - p2), -1.0),
        np.minimum(d + np.hypot(high1 - p1, p2 - low2), 1.0),
    )


def score_p_value(count1: object, nobs1: object, count2: object, nobs2: object) -> FloatArray:
    """Two-sided p-value of the pooled score test (Pearson's chi-squared without correction).

    Where both samples are all yes or all no there is nothing to tell them apart: 1.
    NaN where either base is 0.
    """
    x1, n1 = as_pairs(count1, nobs1)
    x2, n2 = as_pairs(count2, nobs2)
    d = shares(x1, n1) - shares(x2, n2)
    pooled = shares(x1 + x2, n1 + n2)
    variance = pooled * (1.0 - pooled) * shares(n1 + n2, n1 * n2)
    z = np.divide(d, np.sqrt(variance), out=np.asarray(0.0 * d), where=variance > 0)
    p_value: FloatArray = erfc(np.abs(z) / np.sqrt(2.0))
    return p_value
