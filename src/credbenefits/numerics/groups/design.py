"""Two groups' proportions under a design: difference, ratios, their intervals and the test of equality.

Everything starts from the design's variances of both proportions and their covariance, which is not 0 where
the groups share sampling units. Nothing here estimates them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import stdtr, stdtrit

from credbenefits import _validation as check
from credbenefits._typing import Alternative, ContrastKind
from credbenefits.numerics.groups.significance import ComparisonTestResult
from credbenefits.numerics.interval import Interval, finished
from credbenefits.numerics.proportion.design import design_interval, effective_size

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from credbenefits._typing import BoolArray, FloatArray

#: A variance of the difference below this part of the groups' own variances is what rounding left.
_ROUNDING = 1e-13


class DesignGroup(NamedTuple):
    """One group's proportion as a design estimates it: arrays that broadcast against each other, or numbers.

    Attributes
    ----------
    proportion, variance : array_like
        The proportion and its design variance.
    nobs, n_kish : array_like
        People who answered, and their number after Kish's loss for unequal weights.
    units : array_like
        Primary sampling units with somebody who answered. Infinite (the default) if not known, and where
        people are the units and have equal weights: the variance then follows from the proportion alone.
    correction : array_like
        Variance over variance without the finite population correction, from 0 to 1.
    """

    proportion: ArrayLike
    variance: ArrayLike
    nobs: ArrayLike
    n_kish: ArrayLike
    units: ArrayLike = np.inf
    correction: ArrayLike = 1.0


class DesignPair(NamedTuple):
    """Two groups of one design, or many such pairs.

    Attributes
    ----------
    first, second : DesignGroup
        The groups.
    covariance : array_like
        Design covariance of their proportions.
    df : array_like
        Degrees of freedom of both groups together: units with somebody who answered in either, minus the
        strata of these units. R: ``degf()`` of the subset of both.
    units : array_like
        Those units, where the variances are linearized. Infinite (the default) for other variances, and where
        the groups' units are. See the notes of `degrees_of_freedom`.
    """

    first: DesignGroup
    second: DesignGroup
    covariance: ArrayLike
    df: ArrayLike
    units: ArrayLike = np.inf


class Contrast(NamedTuple):
    """A comparison of two proportions with its standard error by the delta method.

    Attributes
    ----------
    estimate : ndarray
        p1 - p2, p1 / p2 or p1 (1 - p2) / (p2 (1 - p1)). A ratio is infinite where only its denominator is 0,
        and NaN where both its parts are.
    std_error : ndarray
        Of the estimate; NaN where a ratio is 0, infinite or NaN.
    log_error : ndarray
        Of the ratio's logarithm, NaN where `std_error` is; for a difference all NaN.
    known : ndarray of bool
        False where the standard error is NaN or says nothing. It leaves out a group whose variance is 0: as
        of proportions that are 0 or 1, whatever the sample can tell. It is 0 where both groups vary alike, as
        by chance in few units. Where whole groups were drawn their 0 is true.
    """

    estimate: FloatArray
    std_error: FloatArray
    log_error: FloatArray
    known: BoolArray


def correlation(variance1: ArrayLike, variance2: ArrayLike, covariance: ArrayLike) -> FloatArray:
    """Return the correlation of two estimates, never beyond -1 and 1.

    Parameters
    ----------
    variance1, variance2, covariance : array_like
        Design variances and covariance; arrays are broadcast against each other.

    Returns
    -------
    ndarray
        0 where a variance is 0, as nothing then goes up and down with the other; NaN where any is NaN.

    Examples
    --------
    >>> correlation([0.04, 0.0, 0.04], 0.01, [0.01, 0.0, 0.03])
    array([0.5, 0. , 1. ])
    """
    v1, v2, c = _arrays(variance1, variance2, covariance)
    scale = np.sqrt(v1) * np.sqrt(v2)
    with np.errstate(divide="ignore", invalid="ignore"):
        rho: FloatArray = np.where(scale == 0, 0.0 * c, np.clip(c / scale, -1.0, 1.0))
    return rho


def degrees_of_freedom(pair: DesignPair) -> FloatArray:
    r"""Degrees of freedom of the difference of two proportions.

    Returns
    -------
    ndarray
        At most those of both groups together; NaN where these are not above 0 or a group is in one unit only.

    Notes
    -----
    Both groups together have one more than R's ``svyttest`` takes. A test with that many holds its level
    where both groups are in all units. A group that is in few units has a variance that is known from those
    few. So the degrees of freedom are Satterthwaite's where these are fewer:

    .. math::

        \frac{(a_1 + a_2)^2}{a_1^2 / k_1 + a_2^2 / k_2}, \qquad
        a = \frac{\tilde p (1 - \tilde p)}{m} f, \qquad \tilde p = \frac{m p + 1/2}{m + 1}

    with k a group's units less 1, at most the degrees of freedom of both, and m its effective size.

    The linearized variance of such a group is also too small: distances from its own proportion add up to 0
    over its u units, and the variance allows for that as if they were all U units of the pair. The factor
    :math:`f = \frac{u}{u - 1} \frac{U - 1}{U}` makes up for it. It is 1 where a group is in all units, and
    where `units` is infinite. For equal units these are the variance and the degrees of freedom of Bell and
    McCaffrey.

    In samples of 20 units with 20 people (standard deviation 1 between units on the logit), 4 whole units
    against 16 and no difference, a Wald test with the pair's degrees of freedom rejects 12% at a nominal 5%,
    and `score_test` 6%.

    References
    ----------
    Bell, R. M. and McCaffrey, D. F. (2002). Bias reduction in standard errors for linear regression with
    multi-stage samples. Survey Methodology 28, 169-181.

    Examples
    --------
    Groups within all of 20 units, and groups of 4 and 16 whole units:

    >>> group = DesignGroup(0.5, 0.004, 200, 200, units=20)
    >>> float(degrees_of_freedom(DesignPair(group, group, 0.002, df=19, units=20)))
    19.0
    >>> few, many = DesignGroup(0.5, 0.012, 80, 80, 4), DesignGroup(0.5, 0.003, 320, 320, 16)
    >>> round(float(degrees_of_freedom(DesignPair(few, many, 0.0, df=19, units=20))), 1)
    4.3
    """
    return _prepared(pair).df


def newcombe(pair: DesignPair, *, confidence_level: float = 0.95) -> Interval:
    r"""Confidence interval for p1 - p2: Newcombe's, from Wilson limits under the design.

    Returns
    -------
    Interval
        Within [-1, 1] and around the difference. NaN where a proportion or a variance is, where there are no
        `degrees_of_freedom`, and where both groups vary but their difference does not: what width the formula
        leaves there is that of Wilson's limits being asymmetric. Both limits are the difference where all of
        both groups was drawn.

    Notes
    -----
    With Wilson's limits l and u of either proportion,

    .. math::

        L = d - \sqrt{(p_1 - l_1)^2 + (u_2 - p_2)^2 - 2 \rho (p_1 - l_1) (u_2 - p_2)}

    and the upper limit likewise, where :math:`\rho` is the design's correlation of the proportions. The
    Wilson limits are those of `credbenefits.numerics.proportion.design.design_interval`, with two changes: t
    has the `degrees_of_freedom` of the difference, and effective sizes are divided by the factor f given
    there. They are the limits of each proportion alone where both groups are in all units.

    In samples of 20 to 60 units it covers 94 to 96% at a nominal 95%, and 93 to 97% where the proportions are
    near 0.1. Where both groups share fewer than 10 units it is too short: it covers 93% with 5 units and 89%
    with 3. `score_test` holds its level there. Wilson's distances hardly grow any more where t^2 exceeds an
    effective size, and a high correlation takes away most of them: a higher level can even narrow the
    interval. At the levels that an adjustment for many comparisons asks for, the interval is therefore too
    short where units are few: with 12 units that both groups share and a level of 1 - 0.05 / 45 it misses
    1.7 times as often as it may. It and that of `wald` together hold their level there.

    References
    ----------
    Newcombe, R. G. (1998). Interval estimation for the difference between independent proportions. Statistics
    in Medicine 17, 873-890, method 10.

    Zou, G. Y. and Donner, A. (2008). Construction of confidence limits about effect measures: a general
    approach. Statistics in Medicine 27, 1693-1702.

    Examples
    --------
    >>> one = DesignGroup(0.55, 0.0009, 400, 350, units=20)
    >>> two = DesignGroup(0.45, 0.0012, 380, 340, units=20)
    >>> low, high = newcombe(DesignPair(one, two, 0.0004, df=19, units=20))
    >>> round(float(low), 3), round(float(high), 3)
    (0.024, 0.174)
    """
    level = check.confidence_level(confidence_level)
    of = _prepared(pair)
    one, two = (_wilson(g, f, of.df, level) for g, f in ((pair.first, of.f1), (pair.second, of.f2)))
    apart = 2.0 * (1.0 - of.rho)

    def far(a: FloatArray, b: FloatArray) -> FloatArray:
        # a^2 - 2 rho a b + b^2 as a sum of squares: it cannot fall below 0.
        root: FloatArray = np.sqrt((a - b) ** 2 + apart * a * b)
        return root

    d = of.p1 - of.p2
    d = np.where(_alike(pair), np.nan, d)
    low = np.maximum(d - far(of.p1 - one.low, two.high - of.p2), -1.0)
    high = np.minimum(d + far(one.high - of.p1, of.p2 - two.low), 1.0)
    return finished(np.array(low), np.array(high), d.shape, "newcombe")


def contrast(pair: DesignPair, comparison: ContrastKind = "difference") -> Contrast:
    r"""Difference, ratio or odds ratio of two proportions with its standard error by the delta method.

    Returns
    -------
    Contrast
        See there for proportions of 0 and 1.

    Notes
    -----
    With v1, v2 and c for variances and covariance: v1 + v2 - 2 c for the difference, and with
    :math:`g = 1 / p` (ratio) or :math:`g = 1 / (p (1 - p))` (odds ratio) the variance of the logarithm is
    :math:`g_1^2 v_1 + g_2^2 v_2 - 2 g_1 g_2 c`. R: ``svycontrast()`` of ``svyby(covmat = TRUE)``.

    Examples
    --------
    >>> one, two = DesignGroup(0.6, 0.0009, 400, 400), DesignGroup(0.4, 0.0016, 300, 300)
    >>> made = contrast(DesignPair(one, two, 0.0002, df=19), "ratio")
    >>> round(float(made.estimate), 3), round(float(made.std_error), 3), round(float(made.log_error), 3)
    (1.5, 0.156, 0.104)
    """
    kind = check.choice("comparison", comparison, ContrastKind)
    p1, v1, c1, p2, v2, c2, c = _arrays(
        *(x for g in (pair.first, pair.second) for x in (g.proportion, g.variance, g.correction)),
        pair.covariance,
    )
    estimated = ((v1 > 0) | (c1 == 0)) & ((v2 > 0) | (c2 == 0)) & ~np.isnan(v1) & ~np.isnan(v2)
    in_full = (c1 == 0) & (c2 == 0)
    if kind == "difference":
        error = np.sqrt(_of_difference(v1, v2, c))
        known = estimated & ((error > 0) | in_full)
        return Contrast(p1 - p2, error, np.full(error.shape, np.nan), known)
    odds = kind == "odds_ratio"
    up, down = (p1 * (1.0 - p2), p2 * (1.0 - p1)) if odds else (p1, p2)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = up / down
        g1, g2 = (1.0 / (p * (1.0 - p)) if odds else 1.0 / p for p in (p1, p2))
        log_error = np.sqrt(_of_difference(g1**2 * v1, g2**2 * v2, g1 * g2 * c))
    inside = (up > 0) & (down > 0)
    log_error = np.where(inside, log_error, np.nan)
    with np.errstate(invalid="ignore"):
        error = ratio * log_error
    return Contrast(ratio, error, log_error, estimated & inside & ((log_error > 0) | in_full))


def wald(
    pair: DesignPair, comparison: ContrastKind = "difference", *, confidence_level: float = 0.95
) -> Interval:
    """Confidence interval from the standard error and t: for ratios on the logarithm's scale.

    Returns
    -------
    Interval
        A difference's limits are cut to [-1, 1]. Where the contrast's standard error is not `known`, a
        difference's limits are NaN. A ratio's are 0 and infinity then, as those of Katz and Woolf, but NaN
        where both groups vary alike. All are NaN where a proportion or variance is missing or there are no
        degrees of freedom.

    Notes
    -----
    t has `degrees_of_freedom`. The variances of `contrast` are the design's own, as R has them; here each is
    multiplied by its group's factor f (see the notes of `degrees_of_freedom`), and the correlation kept. For
    the difference of 4 whole units and 16 that is not enough: the interval covers 92 to 93% at a nominal 95%,
    and that of `newcombe` 94%.

    Examples
    --------
    >>> one, two = DesignGroup(0.6, 0.0009, 400, 400), DesignGroup(0.0, 0.0, 300, 300)
    >>> low, high = wald(DesignPair(one, one, 0.0002, df=19), "ratio")
    >>> round(float(low), 3), round(float(high), 3)
    (0.878, 1.139)
    >>> low, high = wald(DesignPair(one, two, 0.0, df=19), "ratio")
    >>> float(low), float(high)
    (0.0, inf)
    """
    kind = check.choice("comparison", comparison, ContrastKind)
    level = check.confidence_level(confidence_level)
    of = _prepared(pair)
    made = contrast(_raised(pair, of), comparison)
    t = -stdtrit(of.df, (1.0 - level) / 2.0)
    if kind == "difference":
        half = t * np.where(made.known, made.std_error, np.nan)
        low, high = np.maximum(made.estimate - half, -1.0), np.minimum(made.estimate + half, 1.0)
    else:
        with np.errstate(over="ignore", invalid="ignore"):
            factor = np.exp(t * made.log_error)
            low, high = made.estimate / factor, made.estimate * factor
        v1, v2 = (np.asarray(group.variance) for group in (pair.first, pair.second))
        alike = (v1 > 0) & (v2 > 0) & (made.log_error == 0)
        missing = np.isnan(of.df + of.m1 + of.m2 + of.rho) | alike
        low, high = (
            np.where(missing, np.nan, np.where(made.known, limit, end))
            for limit, end in ((low, 0.0), (high, np.inf))
        )
    return finished(np.array(low), np.array(high), low.shape, "wald")


def score_test(pair: DesignPair, *, alternative: Alternative = "two-sided") -> ComparisonTestResult:
    r"""Test that two proportions are equal, by the variance that equality would give them, with t.

    Returns
    -------
    ComparisonTestResult
        The statistic is signed. It is 0 and the two-sided p-value 1 where the proportions are equal. Both are
        NaN where a proportion or variance is, where there are no degrees of freedom, and where the
        proportions differ but their difference has no variance (as by chance in two units). Where all of both
        groups was drawn, proportions that differ give an infinite statistic.

    Notes
    -----
    .. math::

        t = \frac{p_1 - p_2}{\sqrt{p (1 - p) (1/m_1 + 1/m_2 - 2 \rho / \sqrt{m_1 m_2})}}

    on the `degrees_of_freedom`. Here m is the effective size as in `newcombe`, :math:`\rho` the design's
    correlation of the proportions and p the mean of both weighted by their sizes. This is Pearson's test with
    Rao and Scott's correction, group by group; without a design it is Pearson's. Unlike the Wald statistic it
    is defined where nobody or everybody in a group said yes.

    References
    ----------
    Rao, J. N. K. and Scott, A. J. (1992). A simple method for the analysis of clustered binary data.
    Biometrics 48, 577-585.

    Examples
    --------
    >>> one = DesignGroup(0.55, 0.0009, 400, 350, units=20)
    >>> two = DesignGroup(0.45, 0.0012, 380, 340, units=20)
    >>> result = score_test(DesignPair(one, two, 0.0004, df=19, units=20))
    >>> round(float(result.statistic), 2), round(float(result.p_value), 4)
    (2.76, 0.0125)
    """
    side = check.choice("alternative", alternative, Alternative)
    of = _prepared(pair)
    d, (a, b) = of.p1 - of.p2, (1.0 / np.sqrt(m) for m in (of.m1, of.m2))
    # Proportions weighted by sizes: equal if one of them or both are infinite, when the other's part is 0
    # anyway.
    with np.errstate(invalid="ignore"):
        first = np.where(np.isinf(of.m1), 1.0, of.m1 / (of.m1 + of.m2))
    p = first * of.p1 + (1.0 - first) * of.p2
    spread = p * (1.0 - p) * ((a - b) ** 2 + 2.0 * (1.0 - of.rho) * a * b)
    lost = (spread <= _ROUNDING * p * (1.0 - p) * (a**2 + b**2)) & ((a > 0) | (b > 0))
    d = np.where(np.abs(d) <= _ROUNDING, 0.0, d)
    lost = (d != 0) & (lost | _alike(pair))
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(d == 0, 0.0, np.where(lost, np.nan, d / np.sqrt(spread)))
    t = np.where(np.isnan(of.df + spread), np.nan, t)
    tail = {"two-sided": -np.abs(t), "greater": -t, "less": t}[side]
    p_value = stdtr(of.df, tail) * (2.0 if side == "two-sided" else 1.0)
    return ComparisonTestResult(t, p_value, "score")


# ---- pieces ----------------------------------------------------------------------------------------------


class _Prepared(NamedTuple):
    """Proportions, effective sizes after the factors f, those factors, correlation and degrees of freedom."""

    p1: FloatArray
    m1: FloatArray
    f1: FloatArray
    p2: FloatArray
    m2: FloatArray
    f2: FloatArray
    rho: FloatArray
    df: FloatArray


def _prepared(pair: DesignPair) -> _Prepared:
    one, two = (_sized(group, pair) for group in (pair.first, pair.second))
    rho = correlation(pair.first.variance, pair.second.variance, pair.covariance)
    p1, m1, f1, k1, p2, m2, f2, k2, rho, most = _arrays(*one, *two, rho, pair.df)
    k1, k2 = np.minimum(k1, most), np.minimum(k2, most)
    a1, a2 = _about_spread(p1, m1), _about_spread(p2, m2)
    with np.errstate(divide="ignore", invalid="ignore"):
        own = (a1 + a2) ** 2 / (a1**2 / k1 + a2**2 / k2)
    # Nothing varies where all of both groups was drawn.
    df = np.where((a1 == 0) & (a2 == 0), most, np.minimum(own, most))
    return _Prepared(p1, m1, f1, p2, m2, f2, rho, np.where((k1 > 0) & (k2 > 0), df, np.nan))


def _sized(group: DesignGroup, pair: DesignPair) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Proportion, effective size over the factor f, that factor, and units less 1 of a group."""
    p, v, n, kish, units, c = _arrays(
        group.proportion, group.variance, group.nobs, group.n_kish, group.units, group.correction
    )
    units, both = _arrays(units, pair.units)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.maximum(units / (units - 1.0) * ((both - 1.0) / both), 1.0)
    factor = np.where((units > 1) & np.isfinite(units) & np.isfinite(both), factor, 1.0)
    size = effective_size(p, v, n, kish, units=units, correction=c)
    return p, size / factor, factor, units - 1.0


def _about_spread(p: FloatArray, m: FloatArray) -> FloatArray:
    """Variance of a proportion of m people, above 0 for proportions of 0 and 1 too."""
    with np.errstate(invalid="ignore"):
        near = np.where(np.isinf(m), p, (m * p + 0.5) / (m + 1.0))
    spread: FloatArray = near * (1.0 - near) / m
    return spread


def _wilson(group: DesignGroup, factor: FloatArray, df: FloatArray, level: float) -> Interval:
    """Wilson's limits of one proportion, with the degrees of freedom of the difference."""
    _, v, n, kish, units, c = _arrays(
        factor, group.variance, group.nobs, group.n_kish, group.units, group.correction
    )
    return design_interval(
        group.proportion,
        v * factor,
        n / factor,
        df,
        n_kish=kish / factor,
        units=units / factor,
        correction=c,
        method="wilson",
        confidence_level=level,
    )


def _raised(pair: DesignPair, of: _Prepared) -> DesignPair:
    """Raise the variances by the factors f, and the covariance so that the correlation stays."""
    first = pair.first._replace(variance=np.asarray(pair.first.variance) * of.f1)
    second = pair.second._replace(variance=np.asarray(pair.second.variance) * of.f2)
    return pair._replace(
        first=first, second=second, covariance=np.asarray(pair.covariance) * np.sqrt(of.f1 * of.f2)
    )


def _alike(pair: DesignPair) -> BoolArray:
    """Tell where both groups' proportions vary and their difference does not, but for rounding."""
    v1, v2, c = _arrays(pair.first.variance, pair.second.variance, pair.covariance)
    alike: BoolArray = (v1 > 0) & (v2 > 0) & (_of_difference(v1, v2, c) == 0)
    return alike


def _of_difference(v1: FloatArray, v2: FloatArray, c: FloatArray) -> FloatArray:
    """Variance of a difference; what rounding left of 0 is 0."""
    v = v1 + v2 - 2.0 * c
    known: FloatArray = np.where(v <= _ROUNDING * (v1 + v2), 0.0, v)
    return known


def _arrays(*values: ArrayLike) -> tuple[FloatArray, ...]:
    return tuple(np.broadcast_arrays(*(np.asarray(v, dtype=np.float64) for v in values)))
