"""Simultaneous intervals for the proportions of several categories: one function for each method.

Every function takes tables of clean counts, of shape (tables, categories), and the level at which the
intervals of a table hold together. Limits are NaN for tables without answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import chdtri, gammaln

from credbenefits.errors import MethodError
from credbenefits.numerics.interval import Interval, two_sided_z
from credbenefits.numerics.proportion._closed import score_limits

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray

#: Sison-Glaz: the furthest deviation that is worked out count by count; larger tables are scaled to it.
_FURTHEST = 2**14
#: Sison-Glaz: how many numbers a block of tables may hold at a time.
_BLOCK = 2**20
#: Sison-Glaz: the probabilities are right to about 1e-12, so smaller alphas cannot be told apart well.
_SMALLEST_ALPHA = 1e-8


def goodman(x: FloatArray, level: float) -> Interval:
    """Wilson's intervals with Bonferroni's correction."""
    return score_limits(x, _totals(x), float(chdtri(1.0, (1.0 - level) / x.shape[-1])))


def quesenberry_hurst(x: FloatArray, level: float) -> Interval:
    """Wilson's intervals with the chi-squared quantile of all categories but one."""
    return score_limits(x, _totals(x), float(chdtri(x.shape[-1] - 1.0, 1.0 - level)))


def fitzpatrick_scott(x: FloatArray, level: float) -> Interval:
    """Wald's intervals with the variance of a half for every proportion, cut to [0, 1]."""
    n = _totals(x)
    n = np.where(n > 0, n, np.nan)
    half = two_sided_z(level) / (2.0 * np.sqrt(n))
    return Interval(np.maximum(x / n - half, 0.0), np.minimum(x / n + half, 1.0))


def _totals(x: FloatArray) -> FloatArray:
    """Return the answers of each table, once for each category."""
    return np.broadcast_to(x.sum(axis=-1, keepdims=True), x.shape)


# ---- Sison and Glaz ----------------------------------------------------------------------------------


def sison_glaz(x: FloatArray, level: float) -> Interval:
    """Sison and Glaz's intervals: one deviation for all counts, from their exact probability."""
    if 1.0 - level < _SMALLEST_ALPHA:
        raise MethodError(
            "confidence_level",
            allowed=f"at most 1 - {_SMALLEST_ALPHA:g} with method 'sison_glaz', which rounds at 1e-12",
            value=level,
            fix="Use a lower level or method='goodman'.",
        )
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
    from scipy.fft import irfft, next_fast_len, rfft  # noqa: PLC0415 - dear to load, for this method alone

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
