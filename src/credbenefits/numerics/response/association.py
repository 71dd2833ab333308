"""Tables of two questions: the chi-squared test, also under a design, and Cramer's V with its limits."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import chi2, f, ncx2, norm

from credbenefits.numerics.roots import rising_root

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from credbenefits._typing import FloatArray


#: Design effects below this are what rounding left of a variance of 0.
_NOTHING = 1e-10
#: From this statistic on its root is normal enough for the limits of its noncentrality.
_LARGE = 1e4


@dataclass(frozen=True, slots=True)
class Association:
    """How two questions go together.

    Attributes
    ----------
    n : int
        People in the table.
    statistic : float
        Pearson's chi-squared, or under a design the F of Rao and Scott.
    df, df2 : float
        Degrees of freedom; `df2` is infinite for the chi-squared.
    p_value : float
        NaN, as all else but `n`, where a question has one level only.
    v, v_low, v_high : float
        Cramer's V, from 0 (nothing in common) to 1, and its one-sided limits: V is at least, or at most, so
        much.
    v_by_chance : float
        Root mean square of V in samples like this one, were the questions independent.
    least_expected : float
        The smallest expected number of people in a cell: below 5 the test is rough.
    """

    n: int
    statistic: float
    df: float
    df2: float
    p_value: float
    v: float
    v_low: float
    v_high: float
    v_by_chance: float
    least_expected: float


def association(
    table: ArrayLike,
    *,
    people: int | None = None,
    covariance: ArrayLike | None = None,
    design_df: float = math.inf,
    confidence_level: float = 0.95,
) -> Association:
    r"""Test whether two questions are independent, and measure how far they are not.

    Parameters
    ----------
    table : array_like, shape (rows, columns)
        People, or sums of weights, with each pair of answers. Rows and columns without anybody are left out.
    people : int, optional
        How many they are, where the table has weights.
    covariance : array_like, shape (rows x columns, rows x columns), optional
        Covariance matrix of the cells' proportions under a design, cells row by row. Makes the test that of
        Rao and Scott, with the second-order correction.
    design_df : float
        Degrees of freedom of the design.
    confidence_level : float
        Of each limit of V by itself: the lower one is above 0 where the test rejects at 1 minus this level.

    Returns
    -------
    Association

    Notes
    -----
    The test under a design is that of R's ``survey::svychisq(statistic = "F")``: the matrix of
    generalised design effects is taken at the observed proportions. The limits of V are those of the
    noncentrality of the chi-squared distribution; under a design, of Pearson's statistic over the mean design
    effect.

    References
    ----------
    Rao, J. N. K. and Scott, A. J. (1984), Annals of Statistics 12:46; Cramer, H.
    (1946), Mathematical Methods of Statistics, section 21.9; Smithson, M. (2003), Confidence Intervals,
    chapter 4.

    Examples
    --------
    >>> made = association([[30, 20], [20, 30]])
    >>> round(made.statistic, 6), round(made.p_value, 4)
    (4.0, 0.0455)
    >>> round(made.v, 3), round(made.v_low, 3), round(made.v_high, 3)
    (0.2, 0.02, 0.364)
    """
    cells = np.asarray(table, dtype=np.float64)
    rows, columns = cells.sum(axis=1) > 0, cells.sum(axis=0) > 0
    there = cells[np.ix_(rows, columns)]
    total = float(there.sum())
    n = round(total) if people is None else people
    free = (there.shape[0] - 1) * (there.shape[1] - 1)
    if free < 1 or n < 2:
        return _undefined(n)
    p = there / total
    expected = np.outer(p.sum(axis=1), p.sum(axis=0))
    pearson = float(n * ((p - expected) ** 2 / expected).sum())
    most = n * (min(there.shape) - 1)
    least = float(n * expected.min())
    if covariance is None:
        deff, statistic, df, df2 = 1.0, pearson, float(free), math.inf
        p_value = float(chi2.sf(pearson, free))
    else:
        kept = np.outer(rows, columns).reshape(-1)
        within = np.asarray(covariance, dtype=np.float64)[np.ix_(kept, kept)]
        trace, trace2 = _generalised_effects(p, within, n)
        if not trace > _NOTHING * free or design_df <= 0:
            return replace(_undefined(n), v=math.sqrt(pearson / most), least_expected=least)
        deff, statistic = trace / free, pearson / trace
        df = trace**2 / trace2
        df2 = df * design_df
        p_value = float(f.sf(statistic, df, df2) if math.isfinite(df2) else chi2.sf(df * statistic, df))
    low, high = noncentrality_limits(pearson / deff, free, confidence_level)
    # V counts each person once: what the statistic is divided by for its limits, V^2 is multiplied by again.
    limits = [min(math.sqrt(each * deff / most), 1.0) for each in (low, high)]
    v, by_chance = math.sqrt(pearson / most), math.sqrt(deff * free / most)
    return Association(n, statistic, df, df2, p_value, v, limits[0], limits[1], by_chance, least)


def _undefined(n: int) -> Association:
    """Return the association of a table that tells nothing."""
    nan = math.nan
    return Association(n, nan, nan, nan, nan, nan, nan, nan, nan, nan)


def _generalised_effects(p: FloatArray, covariance: FloatArray, n: int) -> tuple[float, float]:
    """Return the sums of the generalised design effects and of their squares."""
    shape = p.shape
    row = np.repeat(np.eye(shape[0]), shape[1], axis=0)
    column = np.tile(np.eye(shape[1]), (shape[0], 1))
    main = np.hstack([row, column[:, 1:]])
    both = (row[:, 1:, None] * column[:, None, 1:]).reshape(len(row), -1)
    contrasts = both - main @ np.linalg.lstsq(main, both, rcond=None)[0]
    flat = p.reshape(-1)
    inverse = np.divide(1.0, flat, out=np.zeros(flat.size), where=flat > 0)
    scaled = inverse[:, None] * contrasts
    denominator = contrasts.T @ scaled / n
    delta = np.linalg.pinv(denominator, hermitian=True) @ (scaled.T @ covariance @ scaled)
    return float(np.trace(delta)), float(np.trace(delta @ delta))


def noncentrality_limits(statistic: float, df: float, confidence_level: float) -> tuple[float, float]:
    """Return the one-sided limits of the noncentrality of a chi-squared statistic; the lower one may be 0.

    Source: Steiger (2004), Psychological Methods 9:164; Smithson (2003), Confidence Intervals, chapter 4.
    """
    tail = 1.0 - confidence_level
    if statistic > _LARGE:
        root, z = math.sqrt(statistic - df + 1.0), float(norm.isf(tail))
        return max(root - z, 0.0) ** 2, (root + z) ** 2

    def limit(share: float) -> float:
        """Return the noncentrality with which `share` of all statistics are below this one."""
        if not float(chi2.cdf(statistic, df)) > share:
            return 0.0
        top = statistic + df + 10.0
        while float(ncx2.cdf(statistic, df, top)) > share:
            top *= 2.0
        low, high = np.zeros(1), np.array([top])
        return float(rising_root(lambda at: share - _below(statistic, df, at), low, high)[0])

    return limit(1.0 - tail), limit(tail)


def _below(statistic: float, df: float, noncentrality: FloatArray) -> FloatArray:
    """Return the probability of a smaller statistic; without noncentrality it is the chi-squared's."""
    there = noncentrality > 0
    off = ncx2.cdf(statistic, df, np.where(there, noncentrality, 1.0))
    return np.where(there, off, chi2.cdf(statistic, df))
