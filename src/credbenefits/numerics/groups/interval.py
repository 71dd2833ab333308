"""Intervals for the comparison of two independent proportions, vectorised over pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, overload

import numpy as np

from credbenefits import _validation as check
from credbenefits._typing import Alternative, ComparisonMethod, ContrastKind
from credbenefits.numerics.arguments import checked_two_groups, require_whole, two_sided_level
from credbenefits.numerics.groups.methods import method_for
from credbenefits.numerics.interval import Interval, finished, one_sided

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from credbenefits._typing import FloatArray, Number
    from credbenefits.numerics.groups.methods import Method

    Tables: TypeAlias = tuple[FloatArray, FloatArray, FloatArray, FloatArray]

#: Counts and bases below this are taken as 0.
_LEAST = 1e-50
#: Pairs that are worked through at once, so that they stay in the processor's cache.
_BLOCK = 16_384


@overload
def comparison_interval(
    count1: Number,
    nobs1: Number,
    count2: Number,
    nobs2: Number,
    *,
    comparison: ContrastKind = ...,
    method: ComparisonMethod | None = ...,
    confidence_level: float = ...,
    alternative: Alternative = ...,
) -> Interval[np.float64]: ...


@overload
def comparison_interval(
    count1: ArrayLike,
    nobs1: ArrayLike,
    count2: ArrayLike,
    nobs2: ArrayLike,
    *,
    comparison: ContrastKind = ...,
    method: ComparisonMethod | None = ...,
    confidence_level: float = ...,
    alternative: Alternative = ...,
) -> Interval[FloatArray]: ...


def comparison_interval(
    count1: ArrayLike,
    nobs1: ArrayLike,
    count2: ArrayLike,
    nobs2: ArrayLike,
    *,
    comparison: ContrastKind = "difference",
    method: ComparisonMethod | None = None,
    confidence_level: float = 0.95,
    alternative: Alternative = "two-sided",
) -> Interval[Any]:
    r"""Confidence interval for the difference, the ratio or the odds ratio of two independent proportions.

    Parameters
    ----------
    count1, nobs1, count2, nobs2 : array_like
        Yes answers and people in either group, at most 2**53; arrays are broadcast against each other. They
        need not be whole (effective sizes), except for the two Cornfield methods. Below 1e-50 they are taken
        as 0.
    comparison : {"difference", "ratio", "odds_ratio"}
        p1 - p2, p1 / p2 or p1 (1 - p2) / (p2 (1 - p1)).
    method : str, optional
        See the notes. By default "newcombe" for differences, "koopman" for ratios and "miettinen_nurminen"
        for odds ratios.
    confidence_level : float
        Of the interval, a proportion; above 0.5 for a one-sided bound.
    alternative : {"two-sided", "greater", "less"}
        "greater" gives a lower bound only and "less" an upper bound only: that limit of the two-sided
        interval at level ``2 * confidence_level - 1``. The other end is the end of the scale: -1 and 1 for a
        difference, 0 and infinity for ratios.

    Returns
    -------
    Interval
        Named tuple `(low, high)` of arrays of the broadcast shape, or of numbers if all counts are numbers;
        its `method` says which was used. Both are NaN where a group is empty.

    Raises
    ------
    InputError
        Where a count is negative, above its base, missing, infinite or no number (a boolean, text, an object
        or a masked array is none); where shapes do not fit; where the level is not from 1e-6 to
        1 - 1e-12 (one-sided: above 0.5).
    MethodError
        Where the method is not one for this comparison, or is given counts that are not whole and needs whole
        ones.

    Notes
    -----
    Here z is the normal quantile, d = p1 - p2, q = 1 - p and N = nobs1 + nobs2. Swapping the groups turns a
    difference round and ratios upside down, for every method.

    *Differences.* All limits are cut to [-1, 1].

    - ``newcombe``: square-and-add of the two Wilson intervals (method 10 of [1]_).
    - ``newcombe_cc``: the same with continuity-corrected Wilson intervals (method 11), which reach 0 at
      x = 0 and 1 at x = n.
    - ``miettinen_nurminen``: score interval, the restricted variance times N / (N - 1) [2]_. NaN where
      N <= 1, here and for ratios.
    - ``mee``: score interval without that factor [3]_.
    - ``agresti_caffo``: Wald after one more yes and one more no in either group [4]_.
    - ``haldane``, ``jeffreys_perks``: Beal's intervals [5]_, with the nuisance (p1 + p2) / 2 or taken from
      (x + 1/2) / (n + 1). Haldane's interval has no width where both proportions are 0, or both 1, and the
      bases are equal, as it takes that nuisance for known; unequal bases then leave one of the ends at 0.
    - ``hauck_anderson``: variances over n - 1 and a correction of 1 / (2 min n) [6]_. NaN where a base is 1
      or less.
    - ``wald``, ``wald_cc``: for comparison with older work. Wald has no width where both proportions are 0 or
      1; the correction (1/nobs1 + 1/nobs2) / 2 is never shrunk.
    - ``likelihood``: profile likelihood, all differences with a deviance of at most z^2.

    *Ratios.* A lower limit is 0 where count1 is 0, an upper limit infinite where count2 is 0.

    - ``koopman``: score interval [7]_; ``miettinen_nurminen``: with the factor N / (N - 1) [2]_.
    - ``katz``: on the log scale, unadjusted [8]_. [0, inf] where a count is 0, as its standard error is then
      infinite; no width where both proportions are 1. The variants that add a to counts and bases are this
      method at ``count + a, nobs + a`` (Walter: a = 1/2).
    - ``mover_wilson``: square-and-add for the ratio [9]_.

    *Odds ratios.* A lower limit is 0 where count1 is 0 or count2 is nobs2, an upper limit infinite where
    count2 is 0 or count1 is nobs1; exceptions are said.

    - ``miettinen_nurminen``: score interval with the factor N / (N - 1) [2]_.
    - ``woolf``: on the log scale; [0, inf] where a cell is 0. ``gart``: Woolf after 1/2 is added to every
      cell, so finite and above 0 always, even where the estimate is not.
    - ``mover_wilson``: square-and-add on the odds [10]_. Where a group is all yes the other answer is counted
      in both groups, which turns the odds ratio over; [0, inf] where one group is all yes and the other all
      no. Elsewhere, counting the other answer gives somewhat different limits: this method does not treat
      the odds of yes and of no alike.
    - ``cornfield_exact``, ``cornfield_midp``: conditional on the margins, from the tails of the noncentral
      hypergeometric distribution, each of alpha / 2; mid-P counts the observed table half [11]_. [0, inf]
      where the margins leave one table only.

    Score and likelihood limits are found in the Lagrange multiplier of the restriction, in which they are
    unique; so tables with 0 of n and n of n are like any other.

    References
    ----------
    .. [1] Newcombe (1998), Statistics in Medicine 17:873.
    .. [2] Miettinen & Nurminen (1985), Statistics in Medicine 4:213.
    .. [3] Mee (1984), Biometrics 40:1175.
    .. [4] Agresti & Caffo (2000), The American Statistician 54:280.
    .. [5] Beal (1987), Biometrics 43:941.
    .. [6] Hauck & Anderson (1986), The American Statistician 40:318.
    .. [7] Koopman (1984), Biometrics 40:513.
    .. [8] Katz, Baptista, Azen & Pike (1978), Biometrics 34:469.
    .. [9] Donner & Zou (2012), Statistical Methods in Medical Research 21:347.
    .. [10] Fagerland & Newcombe (2013), Statistics in Medicine 32:2823.
    .. [11] Fagerland, Lydersen & Laake (2015), Statistical Methods in Medical Research 24:224.

    Examples
    --------
    >>> from credbenefits.numerics.groups.interval import comparison_interval
    >>> low, high = comparison_interval(56, 70, 48, 80)
    >>> print(f"{low:.4f} to {high:.4f}")
    0.0524 to 0.3339
    >>> low, high = comparison_interval(7, 34, 1, 34, comparison="ratio")
    >>> print(f"{low:.2f} to {high:.2f}")
    1.22 to 42.58
    >>> comparison_interval([0, 3], 10, 0, 10, comparison="odds_ratio", alternative="greater").high
    array([inf, inf])
    """
    kind = check.choice("comparison", comparison, ContrastKind)
    entry = method_for(kind, method)
    side = check.choice("alternative", alternative, Alternative)
    level = two_sided_level(confidence_level, side)
    tables = _tables(entry, (count1, nobs1, count2, nobs2))
    flat = [values.reshape(-1) for values in tables]
    low, high = np.empty(flat[0].size), np.empty(flat[0].size)
    for start in range(0, low.size, _BLOCK):
        block = slice(start, start + _BLOCK)
        pairs = (values[block] for values in flat)
        low[block], high[block] = _applied(entry, *pairs, level=level)
    least, most = (-1.0, 1.0) if kind == "difference" else (0.0, np.inf)
    one_sided(low, high, side, ends=(least, most))
    return finished(low, high, tables[0].shape, entry.name)


def _applied(method: Method, *tables: FloatArray, level: float) -> Interval:
    """Apply a method where nobody is missing; NaN elsewhere."""
    x1, n1, x2, n2 = tables
    empty = (n1 == 0) | (n2 == 0)
    low, high = method.fn(x1, np.where(n1 == 0, 1.0, n1), x2, np.where(n2 == 0, 1.0, n2), level=level)
    # Upper limits come from the groups swapped, so ends that coincide could cross by the last digit.
    return Interval(np.where(empty, np.nan, low), np.where(empty, np.nan, np.maximum(low, high)))


# ---- checks -----------------------------------------------------------------------------------------


def _tables(method: Method, groups: tuple[ArrayLike, ArrayLike, ArrayLike, ArrayLike]) -> Tables:
    """Check both groups and broadcast them to one shape."""
    counts = checked_two_groups(*groups)
    # Debris of rounding, whose squares and quotients would not fit a double, is nothing.
    x1, n1, x2, n2 = (np.where(values < _LEAST, 0.0, values) for values in counts)
    if method.whole_counts:
        require_whole(
            repr(method.name), "method='miettinen_nurminen'", count1=x1, nobs1=n1, count2=x2, nobs2=n2
        )
    return x1, n1, x2, n2
