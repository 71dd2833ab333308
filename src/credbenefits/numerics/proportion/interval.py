"""Every interval for one proportion behind one function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

import numpy as np

from credbenefits import _progress
from credbenefits import _validation as check
from credbenefits._typing import Alternative, IntervalMethod
from credbenefits.errors import MethodError
from credbenefits.numerics.arguments import checked_counts, require_whole, two_sided_level
from credbenefits.numerics.interval import Interval, finished, one_sided
from credbenefits.numerics.proportion.methods import METHODS

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from credbenefits._typing import FloatArray, Number
    from credbenefits.numerics.arguments import Numbers
    from credbenefits.numerics.proportion.methods import FromCounts, Method

#: Pairs that are worked through at once, so that they stay in the processor's cache: half the time.
_BLOCK = 16_384
#: Pairs that are solved at a time.
_SOLVED_AT_ONCE = 10_000


@overload
def proportion_interval(
    count: Number,
    nobs: Number,
    *,
    method: IntervalMethod | None = ...,
    confidence_level: float = ...,
    alternative: Alternative = ...,
) -> Interval[np.float64]: ...


@overload
def proportion_interval(
    count: ArrayLike,
    nobs: ArrayLike,
    *,
    method: IntervalMethod | None = ...,
    confidence_level: float = ...,
    alternative: Alternative = ...,
) -> Interval[FloatArray]: ...


def proportion_interval(
    count: ArrayLike,
    nobs: ArrayLike,
    *,
    method: IntervalMethod | None = None,
    confidence_level: float = 0.95,
    alternative: Alternative = "two-sided",
) -> Interval[Any]:
    r"""Confidence interval for a proportion, for arrays of counts.

    Parameters
    ----------
    count : array_like
        How many said yes. Broadcast against `nobs`.
    nobs : array_like
        Of how many, at most 2**53. Effective sizes, which are not whole, will do for most methods.
    method : str, optional
        "wilson" (the default), "wilson_cc", "modified_wilson", "agresti_coull", "jeffreys",
        "modified_jeffreys", "clopper_pearson", "mid_p", "blaker", "likelihood", "logit", "arcsine", "wald" or
        "wald_cc". See Notes.
    confidence_level : float, default 0.95
        Of the interval, or of the bound if it is one-sided. One-sided bounds need a level above 0.5.
    alternative : {"two-sided", "greater", "less"}, default "two-sided"
        "greater" gives a lower bound and 1, "less" gives 0 and an upper bound.

    Returns
    -------
    Interval
        Named tuple `(low, high)` of arrays, or of numbers if `count` and `nobs` are numbers; its `method`
        says which was used. Always 0 <= low <= high <= 1. Both are NaN where `nobs` is 0; "logit" is NaN
        also where `count` is 0 or `nobs`.

    Raises
    ------
    InputError
        If a count is negative, above `nobs` or not a finite number (a boolean, text, an object or a masked
        array is none); if the shapes do not match; if the level is not from 1e-6 to 1 - 1e-12
        (one-sided: above 0.5).
    MethodError
        If there is no such method; if "blaker", "modified_wilson" or "modified_jeffreys" meets counts that
        are not whole or a one-sided `alternative`.

    Notes
    -----
    Write :math:`x` of :math:`n`, :math:`p = x/n`, :math:`\alpha` = 1 - level and :math:`z` the normal
    quantile at :math:`1 - \alpha/2`. One-sided bounds are the limits of the two-sided interval that leaves
    the same tail, so with :math:`1 - \alpha`.

    ================= ================================================= ======================================
    Method            Convention                                        At x = 0 (mirrored at n)
    ================= ================================================= ======================================
    wilson            inverts the score test                            [0, z²/(n + z²)]
    wilson_cc         score test with correction 1/(2n)                 low is 0
    modified_wilson   Poisson limit for 1 to 2 (n > 50: 3) of either    as wilson
    agresti_coull     Wald after adding z²/2 yes and z²/2 no; cut to    finite width
                      [0, 1]
    jeffreys          equal tails of Beta(x + 1/2, n - x + 1/2)         low is 0
    modified_jeffreys as jeffreys; low is 0 also at x = 1               [0, 1 - (α/2)^(1/n)]
    clopper_pearson   inverts both one-sided exact tests                [0, 1 - (α/2)^(1/n)]
    mid_p             as before, the observed count halved              [0, 1 - α^(1/n)]
    blaker            acceptability at least α, outermost points        low is 0
    likelihood        deviance at most z²                               [0, 1 - exp(-z²/(2n))]
    logit             Wald on the log odds                              NaN: the log odds are infinite
    arcsine           Anscombe's (x + 3/8)/(n + 3/4), angle cut         low is 0
    wald              p ± z sqrt(p(1 - p)/n), cut to [0, 1]             [0, 0]: no width; do not report it
    wald_cc           Wald and 1/(2n) more on either side, cut          [0, 1/(2n)]
    ================= ================================================= ======================================

    Clopper-Pearson and Blaker cover with at least the level for any n and p; Blaker's interval always lies
    inside Clopper-Pearson's. Wilson and Jeffreys cover with about the level on average over p, mid-P
    with somewhat more where n is small, and likelihood with slightly less.
    Wald's interval covers far too seldom in small samples and near 0 and 1; it is here to be compared with.

    Every interval holds p. Jeffreys, mid-P and arcsine have other centres and would miss p where they are
    narrow: arcsine at 0 and n at levels below 0.8, the others at levels below 0.2, Jeffreys also where less
    than half a count is a yes or a no, such as 0.01 of 30. The limit that would miss p is p there.

    Where counts are not whole, Clopper-Pearson, Jeffreys and mid-P use the incomplete beta function in
    place of binomial tails; the others are formulas that never asked for whole numbers.

    References
    ----------
    Brown, L. D., Cai, T. T. and DasGupta, A. (2001). Interval estimation for a binomial proportion.
    Statistical Science 16, 101-133.

    Newcombe, R. G. (1998). Two-sided confidence intervals for the single proportion: comparison of seven
    methods. Statistics in Medicine 17, 857-872.

    Blaker, H. (2000). Confidence curves and improved exact confidence intervals for discrete distributions.
    Canadian Journal of Statistics 28, 783-798.

    Examples
    --------
    >>> low, high = proportion_interval([0, 1, 81], [20, 29, 263])
    >>> low.round(4), high.round(4)
    (array([0.    , 0.0061, 0.2553]), array([0.1611, 0.1718, 0.3662]))

    None of 33 said yes; how many might, at most?

    >>> bound = proportion_interval(0, 33, method="clopper_pearson", alternative="less")
    >>> round(float(bound.high), 3)
    0.087
    """
    entry = METHODS["wilson" if method is None else check.choice("method", method, IntervalMethod)]
    side = check.choice("alternative", alternative, Alternative)
    _refuse_one_sided(entry, side)
    level = two_sided_level(confidence_level, side)
    x, n = checked_counts(count=count, nobs=nobs, within={"count": "nobs"})
    flat_x, flat_n = x.reshape(-1), n.reshape(-1)
    if entry.whole_counts:
        require_whole(repr(entry.name), f"method={entry.instead!r}", count=x, nobs=n)
    assert entry.from_counts is not None  # so for all of IntervalMethod
    driven = _once_per_pair if entry.solved else _in_blocks
    low, high = driven(entry.from_counts, flat_x, flat_n, level)
    one_sided(low, high, side, ends=(0.0, 1.0))
    return finished(low, high, x.shape, entry.name)


def _refuse_one_sided(entry: Method, side: str) -> None:
    if side != "two-sided" and not entry.one_sided:
        raise MethodError(
            "alternative",
            allowed=f"'two-sided' with method {entry.name!r}, which has no one-sided form",
            value=side,
            fix=f"For a one-sided bound use method={entry.instead!r} or 'clopper_pearson'.",
        )


# ---- driving the methods -----------------------------------------------------------------------------


def _whole(values: Numbers) -> bool:
    return values.dtype.kind in "iu" or bool((values == np.floor(values)).all())


def _in_blocks(method: FromCounts, x: Numbers, n: Numbers, level: float) -> Interval:
    """Apply a formula block by block."""
    low, high = np.empty(x.size), np.empty(x.size)
    for start in range(0, x.size, _BLOCK):
        block = slice(start, start + _BLOCK)
        low[block], high[block] = _applied(method, x[block], n[block], level)
    return Interval(low, high)


def _once_per_pair(method: FromCounts, x: Numbers, n: Numbers, level: float) -> Interval:
    """Solve each different pair once."""
    if x.size and n.max() <= 4 * x.size and _whole(x) and _whole(n):
        x, n = x.astype(np.int64), n.astype(np.int64)
        sizes = np.flatnonzero(np.bincount(n))
        ends = np.cumsum(sizes + 1)  # every size that occurs has a place for each of its counts
        if ends[-1] <= 4 * x.size:  # a table is cheaper than sorting
            start = np.zeros(sizes[-1] + 1, dtype=np.int64)
            start[sizes] = ends - sizes - 1
            key = start[n] + x
            low, high = np.empty(ends[-1]), np.empty(ends[-1])
            seen = np.zeros(ends[-1], dtype=np.bool_)
            seen[key] = True
            pairs = np.flatnonzero(seen)
            of = np.repeat(sizes, sizes + 1)[pairs]
            low[pairs], high[pairs] = _limits(method, pairs - start[of], of, level)
            return Interval(low[key], high[key])
    both, where = np.unique(x + 1j * n, return_inverse=True)
    low, high = _limits(method, both.real, both.imag, level)
    return Interval(low[where], high[where])


def _limits(method: FromCounts, x: Numbers, n: Numbers, level: float) -> Interval:
    """Solve pairs block by block, and show a bar if that takes long."""
    low, high = np.empty(x.size), np.empty(x.size)
    with _progress.showing("intervals") as tell:
        for start in range(0, x.size, _SOLVED_AT_ONCE):
            block = slice(start, start + _SOLVED_AT_ONCE)
            low[block], high[block] = _applied(method, x[block], n[block], level)
            tell(min(start + _SOLVED_AT_ONCE, x.size), x.size)
    return Interval(low, high)


def _applied(method: FromCounts, x: Numbers, n: Numbers, level: float) -> Interval:
    """Apply a method to clean pairs; NaN where nobs is 0; cut to [0, 1] and never short of the proportion."""
    x, n = x.astype(np.float64, copy=False), n.astype(np.float64, copy=False)
    # 0 of 0 divides by zero on its way to NaN; a root finder divides by a step that came out as 0.
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        low, high = method(x, n, level)
    empty = n == 0
    if empty.any():
        low, high = np.where(empty, np.nan, low), np.where(empty, np.nan, high)
    with np.errstate(invalid="ignore"):
        proportion = x / n
    # A narrow interval around another centre than the proportion, or rounding, can leave the proportion out.
    return Interval(np.clip(low, 0.0, proportion), np.clip(high, proportion, 1.0))
