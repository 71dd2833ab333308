"""Representativity of a response: R-indicator, variation of the propensities, and partial indicators.

Everybody in the population, or in a sample of it, has a propensity: the probability of answering that a model
gives to people like them. If all had the same, respondents would be a random sample.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from credbenefits.numerics.response.association import noncentrality_limits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from credbenefits._typing import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class RIndicator:
    """How much propensities vary; all numbers are NaN where there is no variance to estimate.

    Attributes
    ----------
    n : int
        People.
    mean : float
        Mean propensity: the response rate.
    spread, spread_adjusted : float
        Standard deviation S of the propensities as they were estimated, and without the bias that comes from
        estimating them. The adjusted one is 0 where chance explains all of it.
    bias : float
        What estimating the propensities adds to S^2 on average.
    r, r_adjusted : float
        R-indicator 1 - 2 S, from 0 to 1; 1 where all have the same propensity.
    std_error : float
        Standard error of R.
    cv, cv_adjusted : float
        Coefficient of variation S / mean.
    cv_std_error : float
        Its standard error; not defined where all propensities are the same.
    chance, chance_df : float
        What chance adds to S^2 is about a chi-squared of so many degrees of freedom, times ``chance``.
    """

    n: int
    mean: float
    spread: float
    spread_adjusted: float
    bias: float
    r: float
    r_adjusted: float
    std_error: float
    cv: float
    cv_adjusted: float
    cv_std_error: float
    chance: float
    chance_df: float

    @property
    def factor(self) -> float:
        """What bias adjustment multiplies S, and with it all partial indicators, by."""
        return self.spread_adjusted / self.spread if self.spread > 0 else 0.0

    def cv_limits(self, confidence_level: float) -> tuple[float, float]:
        r"""Return the limits of the coefficient of variation.

        S^2 / ``chance`` is about a noncentral chi-squared of ``chance_df`` degrees of freedom with the
        noncentrality :math:`\sigma^2` / ``chance``, :math:`\sigma` being the deviation of the true
        propensities. With :math:`M = B \Sigma` (see :func:`r_indicator`) chance is tr(M^2) / tr(M), and its
        degrees of freedom are tr(M)^2 / tr(M^2), after Satterthwaite (1946).
        """
        if not (self.chance > 0 and self.mean > 0):
            return math.nan, math.nan
        found, level = self.spread**2 / self.chance, (1.0 + confidence_level) / 2.0
        low, _ = noncentrality_limits(found, self.chance_df, level)
        # Less than chance makes on average is no sign of less variation: the upper limit stays where it is.
        _, high = noncentrality_limits(max(found, self.chance_df), self.chance_df, level)
        return math.sqrt(self.chance * low) / self.mean, math.sqrt(self.chance * high) / self.mean

    def max_bias(self, spread: float = 0.5) -> float:
        """Return the largest bias of a mean that has this standard deviation: CV times the deviation.

        0.5 is that of a proportion of one half, the largest that proportions have.

        Source: Schouten, Cobben & Bethlehem (2009), Survey Methodology 35:101.
        """
        return self.cv_adjusted * spread


def r_indicator(
    propensity: ArrayLike,
    design: ArrayLike,
    covariance: ArrayLike,
    *,
    weight: ArrayLike | None = None,
    n: int | None = None,
    population_size: float | None = None,
    sampling_variance: float = 0.0,
) -> RIndicator:
    r"""Estimate the R-indicator and the coefficient of variation of propensities from a logistic regression.

    Parameters
    ----------
    propensity : array_like, shape (cells,)
        Fitted probability of answering, of people or of cells of people who are alike.
    design : array_like, shape (cells, columns)
        The rows x of the model.
    covariance : array_like, shape (columns, columns)
        Covariance of the coefficients: the inverse information.
    weight : array_like, shape (cells,), optional
        People of each cell, or their sum of weights; 1 by default.
    n : int, optional
        People in all; needed where weights are not of people.
    population_size : float, optional
        People of the population that the sum of weights stands for; by default that sum.
    sampling_variance : float
        Variance of S^2 that comes from drawing the sample; 0 where everybody is there.

    Returns
    -------
    RIndicator

    Notes
    -----
    With :math:`z = \rho (1 - \rho) x`, :math:`\Sigma` the covariance, d the weights, N their sum,

    .. math:: \tilde S^2 = (1 + 1/n - 1/N) S^2 - \frac{1}{N} \sum d\, z' \Sigma z,

    and :math:`V(S^2) = 4 A' \Sigma A + 2 \operatorname{tr}(B \Sigma B \Sigma)` plus `sampling_variance`, with
    A the covariance of the propensities with z and B that of z. The standard error of R is
    :math:`\sqrt{V(S^2)} / S`; that of the coefficient of variation knows that the mean is estimated too.

    References
    ----------
    Shlomo, N., Skinner, C. and Schouten, B. (2012). Estimation of an indicator of the
    representativeness of survey response. Journal of Statistical Planning and Inference 142, 201-211.

    de Heij, V., Schouten, B. and Shlomo, N. (2015). RISQ manual 2.1. Tools in SAS and R for the computation
    of R-indicators and partial R-indicators.

    Examples
    --------
    Of 200 people 50 answered, 40 of them in the first half: S is 0.15, and chance adds to it.

    >>> rho, x = [0.4, 0.1], [[1.0, 0.0], [1.0, 1.0]]
    >>> covariance = [[1 / 24, -1 / 24], [-1 / 24, 1 / 24 + 1 / 9]]
    >>> made = r_indicator(rho, x, covariance, weight=[100, 100])
    >>> round(made.spread, 4), round(made.r_adjusted, 4), round(made.cv_adjusted, 4)
    (0.1504, 0.7104, 0.5791)
    """
    rho, x = np.asarray(propensity, dtype=np.float64), np.asarray(design, dtype=np.float64)
    sigma = np.asarray(covariance, dtype=np.float64)
    d = np.ones(rho.size) if weight is None else np.asarray(weight, dtype=np.float64)
    total = float(d.sum())
    size = round(total) if n is None else n
    people = total if population_size is None else population_size
    if size < 2 or total <= 1:
        return RIndicator(size, *([math.nan] * 12))
    mean = float(d @ rho) / total
    z = (rho * (1.0 - rho))[:, None] * x
    off, z_off = rho - mean, z - (d @ z) / total
    s2 = float(d @ off**2) / (total - 1.0)
    bias = float(d @ np.einsum("ij,jk,ik->i", z, sigma, z)) / total
    adjusted = max((1.0 + 1.0 / size - 1.0 / people) * s2 - bias, 0.0)
    # RISQ has moments of everybody here, and n - 1 in S^2 alone.
    a, own = (d * off) @ z_off / total, s2 * (total - 1.0) / total
    b = (z_off.T * d) @ z_off / total @ sigma
    spur, spur2 = float(np.trace(b)), float(np.trace(b @ b))
    second = 2.0 * spur2 + sampling_variance
    s, s_adjusted = math.sqrt(s2), math.sqrt(adjusted)
    varies = own > 1e-24  # below that it is what rounding left
    cv_error = math.nan
    if varies:
        # CV = S / mean: its derivative by the coefficients is A / (S mean) - S zbar / mean^2.
        root = math.sqrt(own)
        g = a / (root * mean) - root * ((d @ z) / total) / mean**2
        cv_error = math.sqrt(float(g @ sigma @ g) + second / (4.0 * own * mean**2))
    return RIndicator(
        size,
        mean,
        s,
        s_adjusted,
        bias,
        1.0 - 2.0 * s,
        1.0 - 2.0 * s_adjusted,
        math.sqrt((4.0 * float(a @ sigma @ a) + second) / own) if varies else math.nan,
        s / mean,
        s_adjusted / mean,
        cv_error,
        spur2 / spur if spur > 0 else 0.0,
        spur**2 / spur2 if spur2 > 0 else 0.0,
    )


@dataclass(frozen=True, slots=True)
class Partial:
    """How much of the variation of propensities lies with one variable, of all and of each of its levels.

    ``unconditional`` is the deviation between its levels; ``of_levels`` splits it up, negative for levels
    that answered less than all. ``conditional`` is what is left within groups that are alike in all other
    variables; there are ``n_groups`` of these.
    """

    unconditional: float
    of_levels: FloatArray
    conditional: float
    conditional_of_levels: FloatArray
    n_groups: int


def partial_indicators(
    propensity: ArrayLike, codes: Sequence[IntArray], weight: ArrayLike | None = None
) -> list[Partial]:
    r"""Split the variation of propensities up by variable.

    Parameters
    ----------
    propensity : array_like, shape (cells,)
        Fitted probability of answering, of people or of cells of people who are alike.
    codes : list of array of int, each of shape (cells,)
        Level of each cell on every variable, from 0.
    weight : array_like, shape (cells,), optional
        People of each cell, or their sum of weights; 1 by default.

    Returns
    -------
    list of Partial
        One for each variable, not adjusted for bias: multiply by :attr:`RIndicator.factor`.

    Notes
    -----
    Unconditional, :math:`\sqrt{N_k / N} (\bar\rho_k - \bar\rho)` for each level and the root of
    the sum of squares for the variable; conditional, :math:`\sqrt{\frac1N \sum d (\rho - \bar\rho_c)^2}` with
    c the cell of all other variables crossed, and the sum over the people of a level for each level.

    References
    ----------
    Schouten, B., Shlomo, N. and Skinner, C. (2011). Indicators for monitoring and
    improving representativeness of response. Journal of Official Statistics 27, 231-253.

    Examples
    --------
    >>> [one] = partial_indicators([0.4, 0.1], [np.array([0, 1])], [100, 100])
    >>> round(one.unconditional, 3), one.of_levels.round(4).tolist(), round(one.conditional, 3)
    (0.15, [0.1061, -0.1061], 0.15)
    """
    rho = np.asarray(propensity, dtype=np.float64)
    d = np.ones(rho.size) if weight is None else np.asarray(weight, dtype=np.float64)
    total = float(d.sum())
    mean = float(d @ rho) / total
    result = []
    for axis, code in enumerate(codes):
        n_k = np.bincount(code, weights=d)
        rho_k = np.bincount(code, weights=d * rho) / np.where(n_k > 0, n_k, 1.0)
        of_levels = np.sqrt(n_k / total) * np.where(n_k > 0, rho_k - mean, 0.0)
        cell = _crossed([other for place, other in enumerate(codes) if place != axis], rho.size)
        in_cell = np.bincount(cell, weights=d)
        mean_c = np.bincount(cell, weights=d * rho) / np.where(in_cell > 0, in_cell, 1.0)
        within = np.bincount(code, weights=d * (rho - mean_c[cell]) ** 2) / total
        whole = float(np.sqrt((of_levels**2).sum())), of_levels
        result.append(Partial(*whole, float(np.sqrt(within.sum())), np.sqrt(within), in_cell.size))
    return result


def _crossed(codes: Sequence[IntArray], n: int) -> IntArray:
    """Return the place of each code among the cells of the crossing that occur."""
    cell: IntArray = np.zeros(n, dtype=np.int64)
    for code in codes:
        mixed = cell * (int(code.max(initial=0)) + 1) + code
        cell = np.unique(mixed, return_inverse=True)[1].reshape(-1).astype(np.int64)
    return cell
