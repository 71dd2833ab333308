"""Rates of small groups, drawn towards the rate of all by how much the groups differ: beta-binomial."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, digamma

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from credbenefits._typing import FloatArray

#: A prior that weighs as much as this share of all people's number leaves nothing of the groups' differences.
_AS_GOOD_AS_ONE = 1e5


def shrunken_rates(count: ArrayLike, n: ArrayLike) -> FloatArray:
    """Return the rate of each group as it is expected to be, given that of all groups.

    The rates of groups come from one beta distribution, fitted by maximum likelihood; the result is the mean
    of each group's posterior. Where the groups differ by no more than chance makes them, all have the rate of
    all. Groups without people have it too.

    Parameters
    ----------
    count, n : array of shape (groups,)
        People with the outcome, and all of them; sizes of samples with a design need not be whole.

    Returns
    -------
    array of shape (groups,)
        Proportions; NaN where there is nobody at all.

    References
    ----------
    Kleinman (1973), JASA 68:46; Tarone (1979), Biometrika 66:585, for the test of the boundary.
    """
    x, size = np.asarray(count, dtype=np.float64), np.asarray(n, dtype=np.float64)
    total = size.sum()
    if not total:
        return np.full(x.shape, np.nan)
    mean = x.sum() / total
    beta = fitted_beta(x, size)
    if beta is None:
        return np.full(x.shape, mean)
    a, b = beta
    result: FloatArray = (a + x) / (a + b + size)
    return result


def fitted_beta(count: FloatArray, n: FloatArray) -> tuple[float, float] | None:
    """Fit the beta distribution of the groups' rates; None where one rate for all is as likely."""
    there = n > 0
    x, size = count[there], n[there]
    mean = x.sum() / size.sum() if size.size else 0.0
    if size.size < 2 or not 0.0 < mean < 1.0:
        return None
    best, limit = None, _binomial(x, size, mean)
    for weight in (1.0, 10.0, 100.0, 1000.0):
        made = minimize(
            _negative,
            np.log([weight * mean, weight * (1.0 - mean)]),
            args=(x, size),
            jac=True,
            method="BFGS",
            options={"gtol": 1e-9},
        )
        if best is None or made.fun < best.fun:
            best = made
    assert best is not None
    a, b = (float(value) for value in np.exp(best.x))
    if a + b > _AS_GOOD_AS_ONE * size.sum() or -best.fun <= limit + 1e-9:
        return None
    return a, b


def _negative(logs: FloatArray, x: FloatArray, n: FloatArray) -> tuple[float, FloatArray]:
    """Return the negative log-likelihood of the logarithms of a and b, and its gradient."""
    a, b = np.exp(np.clip(logs, -50.0, 50.0))
    value = (betaln(a + x, b + n - x) - betaln(a, b)).sum()
    both = digamma(a + b) - digamma(a + b + n)
    gradient = np.array(
        [
            a * (digamma(a + x) - digamma(a) + both).sum(),
            b * (digamma(b + n - x) - digamma(b) + both).sum(),
        ]
    )
    return -float(value), -gradient


def _binomial(x: FloatArray, n: FloatArray, mean: float) -> float:
    """Return the log-likelihood of one rate for all, without the terms that both have."""
    return float((x * np.log(mean) + (n - x) * np.log1p(-mean)).sum())
