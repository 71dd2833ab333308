"""Tables of several groups or strata: Mantel-Haenszel methods, homogeneity, trend and Cochran's Q.

Groups or strata lie on the last axis of the arrays. Axes before it are kept, so that many items are tested
in one call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import chdtrc

from credbenefits import _validation as check
from credbenefits._typing import Alternative
from credbenefits.errors import InputError
from credbenefits.numerics.arguments import checked_counts, refuse, require_whole
from credbenefits.numerics.interval import two_sided_z
from credbenefits.numerics.strata import _strata
from credbenefits.numerics.strata._strata import (
    ChiSquaredResult,
    CommonOddsRatio,
    checked_strata,
    chi_squared,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = [
    "ChiSquaredResult",
    "CommonOddsRatio",
    "breslow_day",
    "cmh_test",
    "cochran_q",
    "equal_proportions_test",
    "exact_cmh",
    "mantel_haenszel_odds_ratio",
    "trend_test",
]


def cmh_test(
    count1: ArrayLike, nobs1: ArrayLike, count2: ArrayLike, nobs2: ArrayLike, *, correction: bool = False
) -> ChiSquaredResult:
    """Test equality of two proportions within strata (Cochran, Mantel and Haenszel).

    Parameters
    ----------
    count1, nobs1, count2, nobs2 : array_like
        How many said yes, and of how many, in either group; strata on the last axis. Need not be whole.
    correction : bool, default False
        Take 1/2 off the distance of the first group's total from its expectation, at most all of it.

    Returns
    -------
    ChiSquaredResult
        With 1 degree of freedom.

    Raises
    ------
    InputError
        If a number is negative, not finite or not a number (a boolean, text, an object or a masked array is
        none), a count exceeds its base, or the shapes do not fit together.

    Notes
    -----
    (sum of a - E(a))^2 / sum of V, where a is the first group's count and E and V its mean and
    variance given the margins; V has T^2 (T - 1) in its denominator. Strata where a base is 0, or where
    everybody answered alike, add nothing; if no stratum has people in both groups the result is NaN, and if
    all answered alike the statistic is 0 and p is 1. R's correction is all or nothing: it takes nothing
    off distances below 1/2.

    References
    ----------
    Mantel and Haenszel (1959), JNCI 22:719. Agresti (2013), Categorical Data Analysis, section 6.4.2.

    Examples
    --------
    >>> result = cmh_test([647, 41], [649, 60], [622, 28], [649, 60])
    >>> print(result.statistic.round(2), result.p_value.round(8))
    24.92 6e-07
    """
    x1, n1, x2, n2 = checked_strata(count1, nobs1, count2, nobs2)
    total, m = n1 + n2, x1 + x2
    base = np.where(total > 0, total, 1.0)
    away = np.abs(np.sum((x1 * n2 - x2 * n1) / base, axis=-1))
    if correction:
        away = np.maximum(away - 0.5, 0.0)
    # One person alone has no variance.
    variance = (n1 / base) * (n2 / base) * m * ((total - m) / np.where(total > 1, total - 1.0, 1.0))
    return chi_squared(away**2, np.sum(variance, axis=-1), known=np.any((n1 > 0) & (n2 > 0), axis=-1))


def mantel_haenszel_odds_ratio(
    count1: ArrayLike,
    nobs1: ArrayLike,
    count2: ArrayLike,
    nobs2: ArrayLike,
    *,
    confidence_level: float = 0.95,
) -> CommonOddsRatio:
    """Estimate the odds ratio that strata share (Mantel and Haenszel), with limits on the log scale.

    Parameters
    ----------
    count1, nobs1, count2, nobs2 : array_like
        How many said yes, and of how many, in either group; strata on the last axis. Need not be whole.
    confidence_level : float, default 0.95
        Between 0 and 1.

    Returns
    -------
    CommonOddsRatio
        The p-value is that of `cmh_test` without correction.

    Raises
    ------
    InputError
        As `cmh_test`; or if the level is not from 1e-6 to 1 - 1e-12.

    Notes
    -----
    The ratio of the sums R of a d / T and S of b c / T. The variance of its log is that of Robins, Breslow
    and Greenland, which holds for many small strata and for few large ones. Where R or S is 0 the estimate
    is 0 or infinite and has no such limits: they are NaN. Where both are 0 all is NaN.

    References
    ----------
    Robins, Breslow and Greenland (1986), Biometrics 42:311.

    Examples
    --------
    >>> result = mantel_haenszel_odds_ratio([647, 41], [649, 60], [622, 28], [649, 60])
    >>> print(result.odds_ratio.round(3), result.low.round(3), result.high.round(3))
    4.524 2.417 8.467
    """
    level = check.confidence_level(confidence_level)
    x1, n1, x2, n2 = checked_strata(count1, nobs1, count2, nobs2)
    odds_ratio, variance = _strata.mantel_haenszel(x1, n1, x2, n2)
    half = two_sided_z(level) * np.sqrt(variance)
    with np.errstate(over="ignore"):  # far less than one person: as good as infinite
        low, high = odds_ratio * np.exp(-half), odds_ratio * np.exp(half)
    p_value = cmh_test(x1, n1, x2, n2).p_value
    return CommonOddsRatio(odds_ratio, low, high, p_value)


def exact_cmh(
    count1: ArrayLike,
    nobs1: ArrayLike,
    count2: ArrayLike,
    nobs2: ArrayLike,
    *,
    alternative: Alternative = "two-sided",
    confidence_level: float = 0.95,
) -> CommonOddsRatio:
    """Test and estimate an odds ratio that strata share, exactly, given the margins of every stratum.

    Parameters
    ----------
    count1, nobs1, count2, nobs2 : array_like
        How many said yes, and of how many, in either group; strata on the last axis. Whole numbers.
    alternative : {"two-sided", "greater", "less"}, default "two-sided"
        What to hold against an odds ratio of 1. One-sided, the interval is open at that side.
    confidence_level : float, default 0.95
        Between 0 and 1.

    Returns
    -------
    CommonOddsRatio
        With the conditional maximum-likelihood estimate, which differs from Mantel and Haenszel's.

    Raises
    ------
    InputError
        As `cmh_test`; or if the level is not from 1e-6 to 1 - 1e-12.
    MethodError
        If a number is not whole, the alternative is unknown, or the sum of the first group's counts could
        take more than 50,000 values.

    Notes
    -----
    With one stratum this is Fisher's test, and the conditional estimate and limits that R prints with it.
    Two-sided: the sum of the probabilities of all totals no more probable than the observed one (ties:
    within 1e-10 of their size). The limits invert one-sided tests at half the error each. They are 0 or
    infinite at the ends of what the margins allow. NaN where no stratum has people in both groups; if
    all answered alike the p-value is 1, the estimate NaN and the limits 0 and infinity. Sets of
    strata are worked off one after the other.

    References
    ----------
    Gart (1970), Biometrika 57:471. Mehta, Patel and Gray (1985), JASA 80:969.

    Examples
    --------
    >>> result = exact_cmh([0, 3, 6, 5, 2], [0 + 6, 6, 6, 6, 2], [0, 0, 2, 6, 5], [5, 6, 6, 6, 5])
    >>> print(result.p_value.round(4), result.odds_ratio.round(2))
    0.0399 10.36
    """
    side = check.choice("alternative", alternative, Alternative)
    level = check.confidence_level(confidence_level)
    x1, n1, x2, n2 = checked_strata(count1, nobs1, count2, nobs2)
    require_whole("exact_cmh", "cmh_test", argument="count1", count1=x1, nobs1=n1, count2=x2, nobs2=n2)
    strata = np.stack([x1, n1, x2, n2], axis=-1)
    shape = strata.shape[:-2]
    result = np.full((int(np.prod(shape)), 4), np.nan)
    for row, table in enumerate(strata.reshape(len(result), *strata.shape[-2:])):
        x1, n1, x2, n2 = table.T
        telling = (n1 > 0) & (n2 > 0) & (x1 + x2 > 0) & (x1 + x2 < n1 + n2)
        if telling.any():
            result[row] = _strata.exact(table[telling], side, level)
        elif np.any((n1 > 0) & (n2 > 0)):
            result[row] = 1.0, np.nan, 0.0, np.inf
    p_value, odds_ratio, low, high = (v.reshape(shape) for v in result.T)
    return CommonOddsRatio(odds_ratio, low, high, p_value)


def breslow_day(
    count1: ArrayLike, nobs1: ArrayLike, count2: ArrayLike, nobs2: ArrayLike, *, tarone: bool = True
) -> ChiSquaredResult:
    """Test whether the odds ratio is the same in all strata (Breslow and Day).

    Parameters
    ----------
    count1, nobs1, count2, nobs2 : array_like
        How many said yes, and of how many, in either group; strata on the last axis. Need not be whole.
    tarone : bool, default True
        Subtract Tarone's term, which makes up for the Mantel-Haenszel estimate not being efficient.

    Returns
    -------
    ChiSquaredResult
        With one degree of freedom less than there are strata that carry information.

    Raises
    ------
    InputError
        As `cmh_test`.

    Notes
    -----
    The sum of (a - A)^2 / V over the strata, where A is the count that has the Mantel-Haenszel odds ratio and
    the stratum's margins, and 1/V is the sum of the inverses of the four counts that go with it. Tarone's
    term is (sum of a - A)^2 / sum of V. A stratum carries information if both bases are above 0 and not all
    answered alike. NaN where there are fewer than two of them, or the odds ratio is 0 or infinite.

    References
    ----------
    Breslow and Day (1980), Statistical Methods in Cancer Research 1, section 4.4. Tarone (1985),
    Biometrika 72:91.

    Examples
    --------
    >>> result = breslow_day([647, 41], [649, 60], [622, 28], [649, 60])
    >>> print(result.statistic.round(3), result.df, result.p_value.round(5))
    5.175 1.0 0.02292
    """
    x1, n1, x2, n2 = checked_strata(count1, nobs1, count2, nobs2)
    total, m = n1 + n2, x1 + x2
    telling = (n1 > 0) & (n2 > 0) & (m > 0) & (m < total)
    psi = _strata.mantel_haenszel(x1, n1, x2, n2)[0]
    psi = np.where((psi > 0) & np.isfinite(psi), psi, np.nan)[..., None]
    fitted = _strata.fitted(x1, n1, x2, n2, psi=psi)
    cells = [np.where(telling, v, 1.0) for v in (fitted, n1 - fitted, m - fitted, n2 - m + fitted)]
    variance = np.where(telling, 1.0 / sum(1.0 / v for v in cells), 0.0)
    away = np.where(telling, x1 - fitted, 0.0)
    statistic = np.sum(away**2 / np.where(telling, variance, 1.0), axis=-1)
    if tarone:
        spread = variance.sum(axis=-1)
        statistic = statistic - away.sum(axis=-1) ** 2 / np.where(spread > 0, spread, 1.0)
    df = np.asarray(telling.sum(axis=-1), dtype=np.float64) - 1.0
    statistic = np.where(df > 0, np.maximum(statistic, 0.0), np.nan)
    return ChiSquaredResult(statistic, np.asarray(df), chdtrc(np.maximum(df, 1.0), statistic))


def cochran_q(answers: ArrayLike, counts: ArrayLike = 1.0) -> ChiSquaredResult:
    """Test whether the same people say yes equally often on several occasions (Cochran's Q).

    Parameters
    ----------
    answers : array_like
        1 for yes and 0 for no. Occasions lie on the last axis; people, or patterns of answers, on the one
        before it.
    counts : array_like, default 1
        How many people gave each pattern. Need not be whole.

    Returns
    -------
    ChiSquaredResult
        With one degree of freedom less than there are occasions.

    Raises
    ------
    InputError
        If an answer is neither 0 nor 1, there are fewer than two occasions, a count is negative, not
        finite or not a number, or the shapes do not fit together.

    Notes
    -----
    Q = (k - 1) (k sum G^2 - (sum G)^2) / (k sum T - sum T^2), with G the number of yes on each of k occasions
    and T that of each person. Who always answered alike adds nothing. For two occasions it is McNemar's
    test without correction. Where nobody changed Q is 0 and p is 1; where there is nobody both are NaN.

    References
    ----------
    Cochran (1950), Biometrika 37:256.

    Examples
    --------
    >>> result = cochran_q([[1, 1, 0], [1, 0, 0], [0, 1, 1]], counts=[10, 6, 3])
    >>> print(result.statistic.round(3), result.df, result.p_value.round(4))
    14.632 2.0 0.0007
    """
    (given,) = checked_counts(answers=answers)
    odd = (given != 0) & (given != 1)
    refuse("answers", given, odd, allowed="0 or 1", fix="Code yes as 1 and no as 0.")
    if given.ndim < 2 or given.shape[-1] < 2:
        raise InputError(
            "answers",
            allowed="rows of at least two answers",
            received=f"an array of shape {given.shape}",
            fix="Give a row for each person or pattern and a column for each occasion.",
        )
    given = given.astype(np.float64)
    totals, people = checked_counts(answers=given.sum(axis=-1), counts=counts)
    people = people.astype(np.float64)
    k = float(given.shape[-1])
    g = np.sum(given * people[..., None], axis=-2)
    # k sum G^2 - (sum G)^2 as a sum of squares: equal proportions differ by nothing.
    between = k * np.sum((g - g.mean(axis=-1, keepdims=True)) ** 2, axis=-1)
    within = np.sum(people * totals * (k - totals), axis=-1)
    return chi_squared((k - 1.0) * between, within, known=people.sum(axis=-1) > 0, df=k - 1.0)


def equal_proportions_test(counts: ArrayLike, nobs: ArrayLike) -> ChiSquaredResult:
    """Test whether the proportions of several groups are equal (Pearson, without correction).

    Parameters
    ----------
    counts, nobs : array_like
        How many said yes, and of how many; groups on the last axis. Need not be whole.

    Returns
    -------
    ChiSquaredResult
        With one degree of freedom less than there are groups with people.

    Raises
    ------
    InputError
        If a number is negative, not finite or not a number (a boolean, text, an object or a masked array is
        none), a count exceeds its base, or the shapes do not fit together.

    Notes
    -----
    Groups without people are left out. NaN where fewer than two are left; where all answered alike the
    statistic is 0 and p is 1.

    Examples
    --------
    >>> result = equal_proportions_test([83, 90, 129, 70], [86, 93, 136, 82])
    >>> print(result.statistic.round(3), result.df, result.p_value.round(6))
    12.6 3.0 0.005585
    """
    x, n = _strata.checked_groups(counts, nobs)
    spread, proportion = _strata.pooled(x, n)
    between = np.sum((x - n * proportion[..., None]) ** 2 / np.where(n > 0, n, 1.0), axis=-1)
    df = np.asarray(np.sum(n > 0, axis=-1), dtype=np.float64) - 1.0
    return chi_squared(between, spread, known=df > 0, df=df)


def trend_test(counts: ArrayLike, nobs: ArrayLike, scores: ArrayLike | None = None) -> ChiSquaredResult:
    """Test whether proportions rise or fall with a score of the groups (Cochran and Armitage).

    Parameters
    ----------
    counts, nobs : array_like
        How many said yes, and of how many; groups on the last axis. Need not be whole.
    scores : array_like, optional
        Score of each group: finite numbers, not all the same. Default: 1, 2, 3 and so on.

    Returns
    -------
    ChiSquaredResult
        With 1 degree of freedom. The test is two-sided.

    Raises
    ------
    InputError
        As `equal_proportions_test`; or if a score is not finite or all are the same.

    Notes
    -----
    (sum of (s - s0) x)^2 / (p (1 - p) sum of n (s - s0)^2), with s0 the mean score of all people and p their
    proportion of yes. This is R's prop.trend.test; some texts have the variance times N/(N - 1). Only the
    order and the relative distances of the scores matter. For two groups it is Pearson's test. NaN where
    fewer than two different scores have people; where all answered alike the statistic is 0 and p is 1.

    References
    ----------
    Cochran (1954), Biometrics 10:417. Armitage (1955), Biometrics 11:375.

    Examples
    --------
    >>> result = trend_test([83, 90, 129, 70], [86, 93, 136, 82])
    >>> print(result.statistic.round(4), result.p_value.round(6))
    8.2249 0.004132
    """
    x, n = _strata.checked_groups(counts, nobs)
    s = np.arange(1.0, x.shape[-1] + 1.0) if scores is None else _strata.checked_scores(scores, x.shape[-1])
    total = n.sum(axis=-1, keepdims=True)
    centred = s - np.sum(n * s, axis=-1, keepdims=True) / np.where(total > 0, total, 1.0)
    # Where all people have one score, what rounding leaves of the distances is not a spread.
    several = np.max(np.where(n > 0, s, -np.inf), axis=-1) > np.min(np.where(n > 0, s, np.inf), axis=-1)
    spread, proportion = _strata.pooled(x, n)
    slope = np.sum(centred * (x - n * proportion[..., None]), axis=-1)
    return chi_squared(slope**2, spread * np.sum(n * centred**2, axis=-1), known=several)
