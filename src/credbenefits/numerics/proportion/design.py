"""Intervals for a share from its variance under a survey design."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtrit

from credbenefits import _validation as check
from credbenefits._typing import DesignMethod
from credbenefits.numerics.arguments import LARGEST
from credbenefits.numerics.interval import Interval, two_sided_z
from credbenefits.numerics.proportion import _closed, _exact

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from credbenefits._typing import BoolArray, FloatArray


def effective_size(
    share: ArrayLike,
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

    At a share of 0 or 1 the variance is 0 whatever the design, and says nothing. There the size is the least
    of `units` and Kish's size, as if all people of a unit answered alike, over the correction.

    Source: Korn & Graubard (1998), Survey Methodology 24:193; Kish (1965), Survey Sampling, section 11.7.

    Parameters
    ----------
    share, variance : array_like
        Share and its design variance.
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
        NaN where the share or its variance is.

    Examples
    --------
    >>> effective_size([0.5, 0.5, 0.0], [0.005, 0.001, 0.0], 100, 80)
    array([ 50., 100.,  80.])

    Nobody in 10 units of 10 people; half of the population drawn:

    >>> effective_size([0.5, 0.0], [0.00125, 0.0], 100, 100, units=10, correction=[0.5, 1.0])
    array([200.,  10.])
    """
    p, v, n, kish, m, c = _arrays(share, variance, nobs, n_kish, units, correction)
    # Where nothing varies, and not because all was drawn, the size is that of the people.
    size = np.minimum(np.where(_at_edge(p), np.minimum(kish, m), _times(_size(p, v), c)), n)
    return _corrected(size, c, known=~np.isnan(p) & ~np.isnan(v))


def korn_graubard(
    share: ArrayLike,
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
    a variance that was estimated; where the share is 0 or 1 none was, and the size is `at_edge`.

    Source: Korn & Graubard (1998), Survey Methodology 24:193; Parker et al. (2017), NCHS, Vital and Health
    Statistics 2(175).

    Parameters
    ----------
    share : array_like
        Share.
    n_effective : array_like
        p (1 - p) / v, not cut to `nobs`: the t quantiles come before the cut. Infinite where v is 0.
    nobs : array_like
        People who answered.
    df : array_like
        Degrees of freedom of the design.
    confidence_level : float
        Of the interval.
    at_edge : array_like, optional
        The size where the share is 0 or 1; by default `nobs`, as NCHS has it.
    correction : array_like, default 1
        As `effective_size` takes it.

    Returns
    -------
    Interval
        NaN where the share is, and where `df` is not above 0.

    Examples
    --------
    >>> low, high = korn_graubard(0.12, 0.12 * 0.88 / 0.01**2, 300, 9, confidence_level=0.95)
    >>> round(float(low), 4), round(float(high), 4)
    (0.0855, 0.1622)
    """
    level = check.confidence_level(confidence_level)
    p, size, n, degrees, edge, c = _arrays(
        share, n_effective, nobs, df, nobs if at_edge is None else at_edge, correction
    )
    ratio = _t(n - 1.0, level) / _t(degrees, level)
    without = np.minimum(_times(size, c) * ratio**2, n)
    size = np.where(_at_edge(p), edge, _corrected(without, c, known=~np.isnan(size)))
    return _of_counts(_exact.clopper_pearson, p, np.where(degrees > 0, size, np.nan), level)


def design_interval(
    share: ArrayLike,
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
    r"""Confidence interval for a share from its design variance.

    Parameters
    ----------
    share, variance : array_like
        Share p and its variance v under the design.
    nobs : array_like
        People who answered.
    df : array_like
        Degrees of freedom of the design.
    n_kish, units, correction : array_like
        As `effective_size` takes them: the first two matter where the share is 0 or 1.
    method : {"wilson", "korn_graubard", "logit", "arcsine", "wald"}
        See Notes.
    confidence_level : float
        Of the interval.

    Returns
    -------
    Interval
        Always 0 <= low <= high <= 1. NaN where `share` or `variance` is, and where `df` is not above 0,
        since then nothing is known of the variance. Logit, arcsine and Wald have no limits where the share
        is 0 or 1 or the variance is 0, and are NaN there. Where all was drawn both limits are the share.

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

    Where the share is 0 or 1 Wilson's interval takes the size of `effective_size` with t, and Korn and
    Graubard's that size without a ratio of t quantiles: if people of a unit answer alike, the units that say
    yes are a binomial count, and Clopper and Pearson's limits are exact for it.

    "logit" is the interval on the logit scale with the delta method's error, under every design: R's
    ``svyciprop(method="xlogit")``. R's ``method="logit"`` is the same without replicate weights; with them it
    replicates the logit itself, which does not exist where a replicate's share is 0 or 1.

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
    p, v, n, degrees, c = _arrays(share, variance, nobs, df, correction)
    size = effective_size(p, v, n, n_kish, units=units, correction=c)
    if name == "korn_graubard":
        known = np.where(np.isnan(v), np.nan, degrees)
        return korn_graubard(p, _size(p, v), n, known, confidence_level=level, at_edge=size, correction=c)
    t = _t(degrees, level)
    if name == "wilson":
        # Wilson's limits depend on z^2 / n alone, so t in place of z is another n.
        size = size * (two_sided_z(level) / np.where(np.isnan(v), np.nan, t)) ** 2
        return _of_counts(_closed.wilson, p, size, level)
    # An effective size above any sample is what rounding made of a variance of 0, unless all was drawn.
    reported = ~_at_edge(p) & (((v > 0) & (_times(_size(p, v), c) <= LARGEST)) | (c == 0))
    low, high = _NORMAL[name](np.where(reported, p, np.nan), t * np.sqrt(np.where(reported, v, np.nan)))
    # Where all was drawn, rounding leaves limits that are hardly the share.
    in_full = (c == 0) & ~np.isnan(low)
    return Interval(np.where(in_full, p, low), np.where(in_full, p, high))


# ---- limits --------------------------------------------------------------------------------------------


def _of_counts(
    interval: Callable[[FloatArray, FloatArray, float], Interval],
    p: FloatArray,
    size: FloatArray,
    level: float,
) -> Interval:
    """Limits for p of an effective size; NaN where that is no size, and p where it is infinite."""
    p, size = np.broadcast_arrays(p, size)
    known = np.isfinite(p) & (size > 0) & np.isfinite(size)
    low, high = (np.where(np.isinf(size), p, np.nan) for _ in range(2))
    bounds = interval(p[known] * size[known], size[known], level)
    # Rounding may carry a limit past the share by a unit in the last place.
    low[known] = np.clip(bounds.low, 0.0, p[known])
    high[known] = np.clip(bounds.high, p[known], 1.0)
    return Interval(low, high)


def _logit(p: FloatArray, half: FloatArray) -> Interval:
    q = 1.0 - p
    shrink = np.exp(-half / (p * q))  # a factor on the odds
    return Interval(p * shrink / (q + p * shrink), p / (p + q * shrink))


def _arcsine(p: FloatArray, half: FloatArray) -> Interval:
    angle = np.arctan2(np.sqrt(p), np.sqrt(1.0 - p))
    turn = half / (2.0 * np.sqrt(p * (1.0 - p)))
    low = np.sin(np.maximum(angle - turn, 0.0)) ** 2
    high = np.cos(np.maximum(np.pi / 2.0 - angle - turn, 0.0)) ** 2
    return Interval(low, high)


def _wald(p: FloatArray, half: FloatArray) -> Interval:
    return Interval(np.maximum(p - half, 0.0), np.minimum(p + half, 1.0))


#: Functions of the share and of t times its standard error.
_NORMAL: dict[str, Callable[[FloatArray, FloatArray], Interval]] = {
    "logit": _logit,
    "arcsine": _arcsine,
    "wald": _wald,
}


# ---- pieces --------------------------------------------------------------------------------------------


def _arrays(*values: ArrayLike) -> tuple[FloatArray, ...]:
    return tuple(np.broadcast_arrays(*(np.asarray(v, dtype=np.float64) for v in values)))


def _at_edge(p: FloatArray) -> BoolArray:
    edge: BoolArray = (p == 0) | (p == 1)
    return edge


def _corrected(size: FloatArray, correction: FloatArray, *, known: BoolArray) -> FloatArray:
    """Return size over correction: infinite where all was drawn, NaN where nothing is known."""
    left = known & (correction > 0)
    with np.errstate(over="ignore"):
        made: FloatArray = np.divide(size, correction, out=np.where(known, np.inf, np.nan), where=left)
    return made


def _size(p: FloatArray, v: FloatArray) -> FloatArray:
    """Return p (1 - p) / v: infinite where v is 0, NaN where p is at an edge too."""
    with np.errstate(divide="ignore", invalid="ignore"):
        size: FloatArray = p * (1.0 - p) / v
    return size


def _times(size: FloatArray, correction: FloatArray) -> FloatArray:
    """Return the size without the correction; NaN where all was drawn and the size is infinite."""
    with np.errstate(invalid="ignore"):
        without: FloatArray = size * correction
    return without


def _t(df: FloatArray, level: float) -> FloatArray:
    """Student's quantile that leaves (1 - level)/2 in either tail; NaN where df is not above 0."""
    quantile = stdtrit(np.where(df > 0, df, np.nan), (1.0 - level) / 2.0)
    return -np.asarray(quantile, dtype=np.float64)
