"""Simultaneous intervals for the shares of several categories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft
from scipy.special import chdtri, gammaln

from credbenefits import _validation as check
from credbenefits._typing import MultinomialMethod
from credbenefits.errors import InputError, MethodError
from credbenefits.numerics.arguments import LARGEST, checked_counts, refuse, require_whole
from credbenefits.numerics.interval import Interval, finished, two_sided_z
from credbenefits.numerics.proportion._closed import score_limits

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from credbenefits._typing import FloatArray

#: Sison-Glaz: the furthest deviation that is worked out count by count; larger tables are scaled to it.
_FURTHEST = 2**14
#: Sison-Glaz: how many numbers a block of tables may hold at a time.
_BLOCK = 2**20
#: Sison-Glaz: the probabilities are right to about 1e-12, so smaller alphas cannot be told apart well.
_SMALLEST_ALPHA = 1e-8


def multinomial_intervals(
    counts: ArrayLike, *, method: MultinomialMethod | None = None, confidence_level: float = 0.95
) -> Interval:
    r"""Simultaneous confidence intervals for the shares of the categories of a table.

    All intervals of a table hold their shares together with (about) the confidence level. They are two-sided.

    Parameters
    ----------
    counts : array_like, shape (..., k)
        How many answers fell into each of k >= 2 categories, along the last axis. Other axes are tables.
        Effective counts, which are not whole, will do except for "sison_glaz".
    method : {"goodman", "quesenberry_hurst", "fitzpatrick_scott", "sison_glaz"}, optional
        By default "goodman". See Notes.
    confidence_level : float, default 0.95
        Of all intervals of a table together.

    Returns
    -------
    Interval
        Named tuple `(low, high)` of arrays shaped as `counts`; its `method` says which was used. Always
        0 <= low <= share <= high <= 1. NaN for tables without answers; with "sison_glaz" also for tables
        whose answers all fall into one category.

    Raises
    ------
    InputError
        If a count is negative or not a finite number (a boolean, text, an object or a masked array is none),
        if a table has more than 2**53 answers, if there are fewer than two categories, or if the
        level is not from 1e-6 to 1 - 1e-12.
    MethodError
        If there is no such method; if "sison_glaz" meets counts that are not whole or a level above
        1 - 1e-8.

    Notes
    -----
    With :math:`x_i` of :math:`n`, :math:`p_i = x_i/n` and :math:`\alpha` = 1 - level:

    - "goodman" inverts a score test for each share with Bonferroni's correction: Wilson's interval with the
      chi-squared quantile with one degree of freedom at :math:`1 - \alpha/k`.
    - "quesenberry_hurst" is the same with k - 1 degrees of freedom at :math:`1 - \alpha`; it is wider.
    - "fitzpatrick_scott" is :math:`p_i \pm z/(2\sqrt n)` with the normal quantile at :math:`1 - \alpha/2`,
      cut to [0, 1], as published examples and other software have it. It is quick, not exact: all shares
      together are covered with at least :math:`6\Phi(3z/\sqrt 8) - 5` for levels from 0.85 to 0.984, which is
      only 0.887 at the level 0.95, and with at least :math:`1 - 2\alpha` above.
    - "sison_glaz" is :math:`[p_i - c/n, p_i + (c + 2\gamma)/n]`, cut to [0, 1]. Let :math:`\nu(c)` be the
      probability that no count of a fitted multinomial sample is further than c from :math:`x_i`. Then c is
      the whole number with :math:`\nu(c) < 1 - \alpha \le \nu(c + 1)`, and :math:`\gamma` interpolates
      between the two. Published code takes :math:`\nu` from an Edgeworth expansion, which moves upper
      limits by up to 0.003 in small tables; here it is exact. Above about 10^8 answers the table is scaled
      down to that size first, which moves limits by less than 1e-9. Where :math:`\nu(0)` already
      reaches the level there is no such c, and the limits are NaN: so for tables with all answers in one
      category, and for tiny tables at low levels. Use "goodman" there.

    Goodman's intervals keep the level also in small samples: by enumeration, at the level 0.95, they held
    three shares together with 0.95 to 0.96 for 20, 50 and 100 answers. Sison and Glaz's did so with only
    0.82 to 0.90, 0.90 to 0.93 and 0.93 to 0.94. They are meant for many categories of like size, where
    they are the shorter ones; they are as wide for a rare category as for a frequent one.

    References
    ----------
    Goodman, L. A. (1965). On simultaneous confidence intervals for multinomial proportions. Technometrics 7,
    247-254.

    Quesenberry, C. P. and Hurst, D. C. (1964). Large sample simultaneous confidence intervals for
    multinomial proportions. Technometrics 6, 191-195.

    Fitzpatrick, S. and Scott, A. (1987). Quick simultaneous confidence intervals for multinomial proportions.
    Journal of the American Statistical Association 82, 875-878.

    Sison, C. P. and Glaz, J. (1995). Simultaneous confidence intervals and sample size determination for
    multinomial proportions. Journal of the American Statistical Association 90, 366-369.

    Examples
    --------
    >>> low, high = multinomial_intervals([91, 49, 37, 43])
    >>> low.round(3), high.round(3)
    (array([0.334, 0.161, 0.115, 0.137]), array([0.498, 0.3  , 0.24 , 0.27 ]))
    >>> multinomial_intervals([23, 12, 44], method="sison_glaz").high.round(4)
    array([0.4134, 0.2741, 0.6792])
    """
    name = "goodman" if method is None else check.choice("method", method, MultinomialMethod)
    level = check.confidence_level(confidence_level)
    x = _checked_tables(counts)
    tables = x.reshape(-1, x.shape[-1])
    if name == "sison_glaz":
        _need_whole_and_level(tables, level)
        low, high = _sison_glaz(tables, level)
    else:
        low, high = _marginal(tables, name, level)
    return finished(low, high, x.shape, name)


def _checked_tables(counts: ArrayLike) -> FloatArray:
    x: FloatArray = checked_counts(counts=counts)[0].astype(np.float64, copy=False)
    if x.ndim == 0 or x.shape[-1] < 2:
        raise InputError(
            "counts",
            allowed="at least two categories along the last axis",
            received=f"shape {x.shape}",
            fix="Add the other answers as a category, or use proportion_interval.",
        )
    total = x.sum(axis=-1)
    refuse(
        "counts", total, total > LARGEST, allowed="at most 2**53 answers in a table", fix="Scale them down."
    )
    return x


def _need_whole_and_level(x: FloatArray, level: float) -> None:
    require_whole("'sison_glaz'", "method='goodman'", counts=x)
    if 1.0 - level < _SMALLEST_ALPHA:
        raise MethodError(
            "confidence_level",
            allowed=f"at most 1 - {_SMALLEST_ALPHA:g} with method 'sison_glaz', which rounds at 1e-12",
            value=level,
            fix="Use a lower level or method='goodman'.",
        )


def _marginal(x: FloatArray, name: str, level: float) -> Interval:
    """One interval a category, with a quantile that makes them hold together."""
    k = x.shape[-1]
    n = np.broadcast_to(x.sum(axis=-1, keepdims=True), x.shape)
    if name == "fitzpatrick_scott":
        n = np.where(n > 0, n, np.nan)
        half = two_sided_z(level) / (2.0 * np.sqrt(n))
        return Interval(np.maximum(x / n - half, 0.0), np.minimum(x / n + half, 1.0))
    degrees, tail = (1.0, (1.0 - level) / k) if name == "goodman" else (k - 1.0, 1.0 - level)
    return score_limits(x, n, float(chdtri(degrees, tail)))


# ---- Sison and Glaz ----------------------------------------------------------------------------------


def _sison_glaz(x: FloatArray, level: float) -> Interval:
    n = x.sum(axis=-1)
    c, gamma = np.full(n.shape, np.nan), np.full(n.shape, np.nan)
    # All answers in one category: the fitted sample cannot vary, so there is no c.
    able = np.flatnonzero((n > 0) & (x.max(axis=-1, initial=0.0) < n))
    small, reach, scale = _scaled(x[able], level)
    size = _transform_length(small, reach)
    order = np.argsort(-size, kind="stable")
    done = 0
    while done < order.size:
        block = order[done : done + max(1, _BLOCK // (int(size[order[done]]) * x.shape[-1]))]
        result = _solve(small[block], int(reach[block].max()), int(size[block].max()), level)
        c[able[block]], gamma[able[block]] = result
        done += block.size
    # An interpolated deviation of c + gamma + 1/2 counts grows with the square root of the size.
    whole = np.where(scale == 1.0, c[able] + gamma[able], (c[able] + gamma[able] + 0.5) * scale - 0.5)
    c[able] = np.where(scale == 1.0, c[able], np.ceil(whole) - 1.0)
    gamma[able] = whole - c[able]
    n = np.where(n > 0, n, np.nan)[:, None]
    c, gamma = c[:, None], gamma[:, None]
    return Interval(np.maximum((x - c) / n, 0.0), np.minimum((x + c + 2.0 * gamma) / n, 1.0))


def _scaled(x: FloatArray, level: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return tables, a deviation that nu(c) >= level cannot exceed, and how much larger c is in truth."""
    reach = _reach(x, level)
    shrink = np.where(reach > _FURTHEST, (_FURTHEST / reach) ** 2, 1.0)[:, None]
    small = np.where(shrink < 1.0, np.rint(x * shrink), x)
    scale = np.sqrt(x.sum(axis=-1) / small.sum(axis=-1))
    return small, _reach(small, level), scale


def _reach(x: FloatArray, level: float) -> FloatArray:
    """Bernstein's inequality and Bonferroni's: P(some |X_i - x_i| > reach) <= alpha."""
    n = x.sum(axis=-1, keepdims=True)
    variance = (x * (n - x) / n).max(axis=-1, initial=0.0)
    needed = np.log(2.0 * x.shape[-1] / (1.0 - level))
    bound = needed / 3.0 + np.sqrt(needed**2 / 9.0 + 2.0 * variance * needed)
    reach: FloatArray = np.minimum(np.ceil(bound), n[:, 0])
    return reach


def _transform_length(x: FloatArray, reach: FloatArray) -> FloatArray:
    """Return lengths of transform in which sums of deviations do not wrap round, or too rarely to matter."""
    # The sum of Poisson deviations has the standard deviation sqrt(n): ten of them are out of reach.
    spread = np.minimum(x.shape[-1] * reach, 10.0 * np.sqrt(x.sum(axis=-1)) + 60.0)
    length: FloatArray = np.maximum(2.0 * reach, spread) + 1.0
    return length


def _solve(x: FloatArray, reach: int, size: int, level: float) -> tuple[FloatArray, FloatArray]:
    """Find c and gamma for each table, by halving; NaN where nu(0) reaches the level."""
    windows = _poisson_windows(x, reach)
    length = next_fast_len(size, real=True)
    log_total = _log_mode(x.sum(axis=-1))

    def nu(c: FloatArray) -> FloatArray:
        """P(|X_i - x_i| <= c for all i): independent Poisson counts, given that they add up to n."""
        near = np.abs(np.arange(-reach, reach + 1)) <= c[:, None]
        spectrum: Any = 1.0
        for window in windows:
            spectrum = spectrum * rfft(window * near, length, axis=-1)
        sums: FloatArray = irfft(spectrum, length, axis=-1)
        together: FloatArray = sums[:, (x.shape[-1] * reach) % length] * np.exp(-log_total)
        return together

    below, above = np.full(log_total.shape, -1.0), np.full(log_total.shape, float(reach))
    while np.any(above - below > 1):
        middle = np.floor((below + above) / 2.0)
        enough = nu(middle) >= level
        below, above = np.where(enough, below, middle), np.where(enough, middle, above)
    nu_below, nu_above = nu(below), nu(above)
    gamma = np.clip((level - nu_below) / (nu_above - nu_below), 0.0, 1.0)
    none = above == 0
    return np.where(none, np.nan, below), np.where(none, np.nan, gamma)


def _poisson_windows(x: FloatArray, reach: int) -> list[FloatArray]:
    """P(X = x_i + d) of Poisson counts with mean x_i, for d from -reach to reach; one array a category.

    Built up from the mode by ratios, because differences of log factorials lose digits in large counts.
    """
    steps = np.arange(reach + 1.0)
    windows = []
    for mean in x.T[:, :, None]:
        some = np.where(mean > 0, mean, 1.0)
        fall = -np.cumsum(np.log1p(steps / some), axis=-1)  # log P(x + d) / P(x), for d = 0, 1, ...
        left = steps[:-1] < mean
        ratio = np.log1p(-np.where(left, steps[:-1], 0.0) / some)
        down = np.where(left, np.cumsum(ratio, axis=-1), -np.inf)  # for d = -1, -2, ...; none below zero
        window = np.exp(np.concatenate([down[:, ::-1], fall], axis=-1) + _log_mode(mean))
        only = np.zeros(window.shape[-1])
        only[reach] = 1.0
        windows.append(np.where(mean > 0, window, only))
    return windows


def _log_mode(mean: FloatArray) -> FloatArray:
    """Log of P(X = mean) of a Poisson count with that whole mean."""
    large = np.maximum(mean, 16.0)
    square = large * large
    tail = (1.0 / 1260.0 - 1.0 / (1680.0 * square)) / square
    stirling = (1.0 / 12.0 - (1.0 / 360.0 - tail) / square) / large
    safe = np.clip(mean, 1.0, 16.0)
    small = safe * np.log(safe) - safe - gammaln(safe + 1.0)
    mode: FloatArray = np.where(mean > 16, -0.5 * np.log(2.0 * np.pi * large) - stirling, small)
    return np.where(mean > 0, mode, 0.0)
