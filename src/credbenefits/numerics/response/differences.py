"""How far groups of people are apart, in standard deviations: levels of a variable, proportions, means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from credbenefits._typing import FloatArray

#: The logit of a proportion over this is about a standard normal deviate (pi / sqrt(3) = 1.81; Cox has 1.65).
_COX = 1.65


def standardised_difference(shares: ArrayLike, everybody: ArrayLike) -> FloatArray:
    r"""Return how far a part of the people is from everybody on a variable with several levels.

    Parameters
    ----------
    shares : array_like, shape (..., levels)
        Proportion of the part at each level.
    everybody : array_like, shape (levels,)
        Proportion of everybody.

    Returns
    -------
    ndarray, shape (...)
        :math:`\sqrt{\sum_k (p_k - P_k)^2 / P_k}`, at least 0.

    Notes
    -----
    It is the Mahalanobis distance of the indicators of the levels with the covariance of
    everybody, :math:`\operatorname{diag}(P) - P P'`, and so the largest standardised difference that any
    score given to the levels has. With two levels it is :math:`|p - P| / \sqrt{P (1 - P)}`. Of respondents,
    unweighted, it is the coefficient of variation of the levels' response rates.

    References
    ----------
    Yang, D. and Dalton, J. E. (2012). A unified approach to measuring the effect size
    between two groups using SAS. SAS Global Forum 2012, paper 335. They take the mean covariance of two
    groups, where here one is part of the other.

    Examples
    --------
    >>> float(standardised_difference([0.6, 0.4], [0.5, 0.5]).round(3))
    0.2
    """
    p, whole = np.asarray(shares, dtype=np.float64), np.asarray(everybody, dtype=np.float64)
    safe = np.where(whole > 0, whole, 1.0)
    squares = np.where(whole > 0, (p - whole) ** 2 / safe, 0.0)
    return np.asarray(np.sqrt(squares.sum(axis=-1)))


def hedges_g(
    means: tuple[ArrayLike, ArrayLike],
    deviations: tuple[ArrayLike, ArrayLike],
    n: tuple[ArrayLike, ArrayLike],
) -> FloatArray:
    r"""Return Hedges' g of two groups.

    Parameters
    ----------
    means, deviations, n : pair of array_like
        Means, standard deviations (with n - 1) and people of the two groups.

    Returns
    -------
    ndarray
        :math:`\frac{m_1 - m_2}{s} (1 - \frac{3}{4 N - 9})` with s the pooled standard deviation and N all
        people; NaN where there is no spread or fewer than 3 people.

    References
    ----------
    Hedges, L. V. (1981), Journal of Educational Statistics 6:107; What Works Clearinghouse (2017), Procedures
    Handbook, version 4.1, appendix E.

    Examples
    --------
    >>> float(hedges_g((6.0, 5.0), (1.0, 1.0), (3, 3)).round(3))
    0.8
    """
    (m1, m2), (s1, s2), (n1, n2) = (
        tuple(np.asarray(each, dtype=np.float64) for each in pair) for pair in (means, deviations, n)
    )
    total = n1 + n2
    df = np.where(total > 2, total - 2.0, np.nan)
    # A group of one has no deviation of its own, and adds nothing.
    pooled = np.sqrt((np.where(n1 > 1, (n1 - 1) * s1**2, 0.0) + np.where(n2 > 1, (n2 - 1) * s2**2, 0.0)) / df)
    return np.asarray((m1 - m2) / np.where(pooled > 0, pooled, np.nan) * small_sample(total))


def cox_index(proportions: tuple[ArrayLike, ArrayLike], n: tuple[ArrayLike, ArrayLike]) -> FloatArray:
    r"""Return Cox's index of two proportions: their log odds ratio in standard deviations.

    Parameters
    ----------
    proportions, n : pair of array_like
        Proportions and people of the two groups.

    Returns
    -------
    ndarray
        :math:`\frac{\operatorname{logit} p_1 - \operatorname{logit} p_2}{1.65} (1 - \frac{3}{4 N - 9})`; NaN
        where a proportion is 0 or 1, since the odds are then 0 or infinite.

    References
    ----------
    Cox, D. R. (1970), Analysis of Binary Data; What Works Clearinghouse (2017),
    Procedures Handbook, version 4.1, appendix E.

    Examples
    --------
    >>> float(cox_index((2 / 3, 1 / 3), (3, 3)).round(6))
    0.672143
    """
    first, second = (np.asarray(each, dtype=np.float64) for each in proportions)
    total = np.asarray(n[0], dtype=np.float64) + np.asarray(n[1], dtype=np.float64)
    return np.asarray((_logit(first) - _logit(second)) / _COX * small_sample(total))


def small_sample(n: ArrayLike) -> FloatArray:
    """Return Hedges' factor 1 - 3 / (4 N - 9), which takes out the bias of small samples; NaN below 3."""
    total = np.asarray(n, dtype=np.float64)
    return np.asarray(1.0 - 3.0 / np.where(total >= 3, 4.0 * total - 9.0, np.nan))


def _logit(p: FloatArray) -> FloatArray:
    inside = (p > 0) & (p < 1)
    safe = np.where(inside, p, 0.5)
    return np.where(inside, np.log(safe / (1.0 - safe)), np.nan)
