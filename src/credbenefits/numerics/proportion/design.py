"""Intervals for a proportion from its variance under a survey design."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from credbenefits import _validation as check
from credbenefits._typing import DesignMethod
from credbenefits.numerics.proportion import _design
from credbenefits.numerics.proportion.methods import METHODS

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from credbenefits._typing import FloatArray
    from credbenefits.numerics.interval import Interval


def effective_size(
    proportion: ArrayLike,
    variance: ArrayLike,
    nobs: ArrayLike,
    n_kish: ArrayLike,
    *,
    units: ArrayLike = np.inf,
    correction: ArrayLike = 1.0,
) -> FloatArray:
    r"""Size of the simple random sample with replacement that would have this variance.

    It is :math:`\min(p (1 - p) / v_0, n) \, v_0 / v` with :math:`v_0` the variance without the finite
    population correction: cut to the people who answered first, and corrected then. So it is at most `nobs`
    without a correction, may be above it with one, and is infinite where all was drawn.

    At a proportion of 0 or 1 the variance is 0 whatever the design, and says nothing. There the size is the
    least of `units` and Kish's size, as if all people of a unit answered alike, over the correction.

    Source: Korn & Graubard (1998), Survey Methodology 24:193; Kish (1965), Survey Sampling, section 11.7.

    Parameters
    ----------
    proportion, variance : array_like
        Proportion and its design variance.
    nobs : array_like
        People who answered.
    n_kish : array_like
        Their number after Kish's loss for unequal weights; see `credbenefits.numerics.wilson.kish`.
    units : array_like, optional
        Primary sampling units with somebody who answered; by default there are no units but people.
    correction : array_like, default 1
        v over v_0, from 0 to 1; see `credbenefits.numerics.design.variance.DesignVariance`.

    Returns
    -------
    ndarray
        NaN where the proportion or its variance is.

    Examples
    --------
    >>> effective_size([0.5, 0.5, 0.0], [0.005, 0.001, 0.0], 100, 80)
    array([ 50., 100.,  80.])

    Nobody in 10 units of 10 people; half of the population drawn:

    >>> effective_size([0.5, 0.0], [0.00125, 0.0], 100, 100, units=10, correction=[0.5, 1.0])
    array([200.,  10.])
    """
    p, v, n, kish, m, c = _design.arrays(proportion, variance, nobs, n_kish, units, correction)
    # Where nothing varies, and not because all was drawn, the size is that of the people.
    inside = _design.uncorrected(_design.size_of(p, v), c)
    size = np.minimum(np.where(_design.at_edge(p), np.minimum(kish, m), inside), n)
    return _design.corrected(size, c, known=~np.isnan(p) & ~np.isnan(v))


def korn_graubard(
    proportion: ArrayLike,
    n_effective: ArrayLike,
    nobs: ArrayLike,
    df: ArrayLike,
    *,
    confidence_level: float,
    at_edge: ArrayLike | None = None,
    correction: ArrayLike = 1.0,
) -> Interval:
    r"""Korn and Graubard's interval: Clopper and Pearson's limits for the effective sample.

    The order of the steps is that of the US National Center for Health Statistics: the effective size is
    first multiplied by :math:`(t_{nobs - 1} / t_{df})^2`, and only then cut to `nobs`. The ratio makes up for
    a variance that was estimated; where the proportion is 0 or 1 none was, and the size is `at_edge`.

    Source: Korn & Graubard (1998), Survey Methodology 24:193; Parker et al. (2017), NCHS, Vital and Health
    Statistics 2(175).

    Parameters
    ----------
    proportion : array_like
        Proportion.
    n_effective : array_like
        p (1 - p) / v, not cut to `nobs`: the t quantiles come before the cut. Infinite where v is 0.
    nobs : array_like
        People who answered.
    df : array_like
        Degrees of freedom of the design.
    confidence_level : float
        Of the interval.
    at_edge : array_like, optional
        The size where the proportion is 0 or 1; by default `nobs`, as NCHS has it.
    correction : array_like, default 1
        As `effective_size` takes it.

    Returns
    -------
    Interval
        NaN where the proportion is, and where `df` is not above 0.

    Examples
    --------
    >>> low, high = korn_graubard(0.12, 0.12 * 0.88 / 0.01**2, 300, 9, confidence_level=0.95)
    >>> round(float(low), 4), round(float(high), 4)
    (0.0855, 0.1622)
    """
    level = check.confidence_level(confidence_level)
    p, size, n, degrees, edge, c = _design.arrays(
        proportion, n_effective, nobs, df, nobs if at_edge is None else at_edge, correction
    )
    return _design.of_size(p, size, level, nobs=n, df=degrees, size_at_edge=edge, correction=c)


def design_interval(
    proportion: ArrayLike,
    variance: ArrayLike,
    nobs: ArrayLike,
    df: ArrayLike,
    *,
    n_kish: ArrayLike,
    method: DesignMethod,
    confidence_level: float,
    units: ArrayLike = np.inf,
    correction: ArrayLike = 1.0,
) -> Interval:
    r"""Confidence interval for a proportion from its design variance.

    Parameters
    ----------
    proportion, variance : array_like
        Proportion p and its variance v under the design.
    nobs : array_like
        People who answered.
    df : array_like
        Degrees of freedom of the design.
    n_kish, units, correction : array_like
        As `effective_size` takes them: the first two matter where the proportion is 0 or 1.
    method : {"wilson", "korn_graubard", "logit", "arcsine", "wald"}
        See Notes.
    confidence_level : float
        Of the interval.

    Returns
    -------
    Interval
        Always 0 <= low <= high <= 1. NaN where `proportion` or `variance` is, and where `df` is not above 0,
        since then nothing is known of the variance. Logit, arcsine and Wald have no limits where the
        proportion is 0 or 1 or the variance is 0, and are NaN there. Where all was drawn both limits are the
        proportion.

    Notes
    -----
    Write t for the quantile of Student's distribution with `df` degrees of freedom.

    ============= =====================================================================================
    wilson        Wilson's limits for the effective size, t in place of z
    korn_graubard Clopper and Pearson's limits for the effective size times a ratio of t quantiles
    logit         :math:`\operatorname{logit} p \pm t \sqrt v / (p (1 - p))`
    arcsine       :math:`\sin^2(\arcsin \sqrt p \pm t \sqrt v / (2 \sqrt{p (1 - p)}))`, angle cut
    wald          :math:`p \pm t \sqrt v`, cut to [0, 1]
    ============= =====================================================================================

    Where the proportion is 0 or 1 Wilson's interval takes the size of `effective_size` with t, and Korn and
    Graubard's that size without a ratio of t quantiles: if people of a unit answer alike, the units that say
    yes are a binomial count, and Clopper and Pearson's limits are exact for it.

    "logit" is the interval on the logit scale with the delta method's error, under every design: R's
    ``svyciprop(method="xlogit")``. R's ``method="logit"`` is the same without replicate weights; with them it
    replicates the logit itself, which does not exist where a replicate's proportion is 0 or 1.

    References
    ----------
    Dean, N. and Pagano, M. (2015). Evaluating confidence interval methods for binomial proportions in
    clustered surveys. Journal of Survey Statistics and Methodology 3, 484-503.

    Franco, C., Little, R. J. A., Louis, T. A. and Slud, E. V. (2019). Comparative study of confidence
    intervals for proportions in complex sample surveys. Journal of Survey Statistics and Methodology 7,
    334-364.

    Examples
    --------
    >>> low, high = design_interval(0.6, 0.03**2, 400, 19, n_kish=350, method="wilson", confidence_level=0.95)
    >>> round(float(low), 4), round(float(high), 4)
    (0.5361, 0.6607)
    """
    name = check.choice("method", method, DesignMethod)
    level = check.confidence_level(confidence_level)
    p, v, n, degrees, c = _design.arrays(proportion, variance, nobs, df, correction)
    size = effective_size(p, v, n, n_kish, units=units, correction=c)
    of = _design.Estimated(p, v, n, degrees, c, size)
    from_variance = METHODS[name].from_variance
    assert from_variance is not None  # so for all of DesignMethod
    return from_variance(of, level)
