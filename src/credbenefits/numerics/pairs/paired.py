"""Two proportions of the same people: intervals of their difference and ratios, and McNemar's tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

import numpy as np
from scipy.special import betainc, erfc

from credbenefits import _validation as check
from credbenefits._typing import (
    Alternative,
    ContrastKind,
    PairedDifferenceMethod,
    PairedOddsRatioMethod,
    PairedRatioMethod,
    PairedTestMethod,
)
from credbenefits.errors import MethodError
from credbenefits.numerics.arguments import checked_counts, method_for, require_whole, two_sided_level
from credbenefits.numerics.groups.significance import ComparisonTestResult
from credbenefits.numerics.groups.unconditional import supremum
from credbenefits.numerics.hypergeometric import RELATIVE_TIE, binomial_log_pmf
from credbenefits.numerics.interval import Interval, finished, one_sided
from credbenefits.numerics.pairs._closed import METHODS, Pairs

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from credbenefits._typing import FloatArray, Number

#: The first method of each kind is its default.
_OPTIONS = {
    "difference": PairedDifferenceMethod,
    "ratio": PairedRatioMethod,
    "odds_ratio": PairedOddsRatioMethod,
}
#: Most people for whom the unconditional test adds up every number of discordant pairs.
MOST_PEOPLE = 10_000


@overload
def paired_interval(
    both: Number,
    first_only: Number,
    second_only: Number,
    neither: Number,
    *,
    comparison: ContrastKind = ...,
    method: PairedDifferenceMethod | PairedRatioMethod | PairedOddsRatioMethod | None = ...,
    confidence_level: float = ...,
    alternative: Alternative = ...,
) -> Interval[np.float64]: ...


@overload
def paired_interval(
    both: ArrayLike,
    first_only: ArrayLike,
    second_only: ArrayLike,
    neither: ArrayLike,
    *,
    comparison: ContrastKind = ...,
    method: PairedDifferenceMethod | PairedRatioMethod | PairedOddsRatioMethod | None = ...,
    confidence_level: float = ...,
    alternative: Alternative = ...,
) -> Interval[FloatArray]: ...


def paired_interval(
    both: ArrayLike,
    first_only: ArrayLike,
    second_only: ArrayLike,
    neither: ArrayLike,
    *,
    comparison: ContrastKind = "difference",
    method: PairedDifferenceMethod | PairedRatioMethod | PairedOddsRatioMethod | None = None,
    confidence_level: float = 0.95,
    alternative: Alternative = "two-sided",
) -> Interval[Any]:
    """Compare two proportions of the same people: the second answer minus the first, or over the first.

    A change is the later proportion minus the earlier one, as in :func:`credbenefits.transitions`: a rise is
    above 0, or above 1 as a ratio.

    Parameters
    ----------
    both, first_only, second_only, neither : array_like
        How many people said yes both times, only the first time, only the second time, and never. They are
        broadcast against each other and may be numbers that are not whole (effective sizes).
    comparison : {"difference", "ratio", "odds_ratio"}, default "difference"
        Of p1 = (both + first_only) / n and p2 = (both + second_only) / n: p2 - p1, p2 / p1, or the odds ratio
        within people, second_only / first_only.
    method : str, optional
        By default the first in the list for the comparison.

        - For a difference: ``"newcombe"``, ``"newcombe_m8"``, ``"tango"``, ``"bonett_price"``,
          ``"agresti_min"``, ``"wald"``, ``"wald_cc"``, ``"wald_cc_fagerland"``.
        - For a ratio: ``"tang"``, ``"bonett_price"``, ``"mover_wilson"``, ``"wald"``.
        - For an odds ratio: ``"mid_p"``, ``"clopper_pearson"``, ``"wilson"``, ``"wald"``.
    confidence_level : float, default 0.95
        Between 0 and 1; above 0.5 for a one-sided bound.
    alternative : {"two-sided", "greater", "less"}, default "two-sided"
        "greater" gives a lower bound only and "less" an upper bound only: that limit of the two-sided
        interval at level ``2 * confidence_level - 1``. The other end is the end of the scale: -1 and 1 for a
        difference, 0 and infinity for ratios.

    Returns
    -------
    Interval
        Named tuple `(low, high)` of arrays of the broadcast shape, or of numbers if all counts are numbers;
        its `method` says which was used. NaN where there are no people. Limits of a difference are cut to
        -1 and 1. A ratio is infinite where the first count may be 0.

    Raises
    ------
    InputError
        If a count is negative, above 2**53, not finite or not a number (a boolean, text, an object or a
        masked array is none); if the shapes do not fit together; if the level is not from 1e-6 to
        1 - 1e-12 (one-sided: above 0.5).
    MethodError
        If the comparison or the alternative is unknown, or the method is none of the comparison's methods.

    Notes
    -----
    The literature mostly has the first answer minus the second: exchange first_only and second_only to
    compare with it. With d = p2 - p1, f = first_only, g = second_only and z the normal quantile:

    - *newcombe* (method 10): d - sqrt(a^2 - 2 phi a b + b^2) with a and b the distances of p2 to its lower
      and of p1 to its upper Wilson limit, and likewise above. phi is the correlation of the answers; where
      it is positive its numerator is brought n/2 nearer to 0, but not beyond. It is 0 where a margin is 0.
      *newcombe_m8* leaves phi as it is; it can have no width. Both hold d and stay within -1 and 1.
    - *tango*: all differences that the score test does not reject. Its nuisance proportion is the most likely
      one. Holds d, stays within -1 and 1.
    - *bonett_price*: Wald's with 1 added to f and g, and 2 to n. *agresti_min*: Wald's with 1/2 added to each
      of the four counts. Both centre on a shrunken difference, and need not hold d near -1 and 1.
    - *wald*: d +- z sqrt(f + g - (f - g)^2/n) / n; no width where f = g = 0 or one of them is n.
      *wald_cc* adds 1/n to either side (Newcombe's method 2); *wald_cc_fagerland* has (abs(f - g) - 1)^2
      under the root instead.

    Ratios: *tang* is the score interval; it, *mover_wilson* (square-and-add on the ratio scale, with phi
    as it is) and *bonett_price* (Wilson limits with a z that makes them overlap just enough) reach 0 where
    nobody said yes the second time, and infinity where nobody did the first time. *bonett_price* leaves out
    the people who never said yes, and so does *tang*, in effect. *wald*, on the log scale, is NaN in
    these two cases, and has no width where f = g = 0.

    Odds ratios are those of the interval for g out of f + g: *mid_p*, *clopper_pearson* and *wilson*, with
    the lower limit 0 at g = 0 and no upper limit at f = 0; so 0 to infinity where nobody changed. *wald*,
    on the log scale, is NaN where f or g is 0.

    References
    ----------
    Newcombe (1998), Stat Med 17:2635. Tango (1998), Stat Med 17:891. Bonett and Price (2012), J Educ
    Behav Stat 37:479; (2006), Stat Med 25:3039. Agresti and Min (2005), Stat Med 24:729. Tang, Tang and Chan
    (2003), Stat Med 22:1217. Fagerland, Lydersen and Laake (2014), Stat Med 33:2850.

    Examples
    --------
    Of 50 people 22 said yes the first time and 32 the second time:

    >>> low, high = paired_interval(20, 2, 12, 16)
    >>> print(low.round(4), high.round(4))
    0.0562 0.3292
    >>> low, high = paired_interval(1, 7, 1, 12, comparison="odds_ratio")
    >>> print(low.round(3), high.round(3))
    0.006 0.924
    """
    kind = check.choice("comparison", comparison, ContrastKind)
    name = method_for(kind, method, _OPTIONS)
    side = check.choice("alternative", alternative, Alternative)
    level = two_sided_level(confidence_level, side)
    pairs, shape = _pairs(both, first_only, second_only, neither)
    people = pairs.n > 0
    low, high = np.full(people.shape, np.nan), np.full(people.shape, np.nan)
    # The formulas are those of the literature, for the first answer minus the second.
    some = Pairs(*(c[people] for c in pairs)).exchanged()
    low[people], high[people] = METHODS[kind][name](some, level)
    one_sided(low, high, side, ends=(-1.0, 1.0) if kind == "difference" else (0.0, np.inf))
    return finished(low, high, shape, name)


@overload
def paired_test(
    both: Number,
    first_only: Number,
    second_only: Number,
    neither: Number,
    *,
    method: PairedTestMethod | None = ...,
    alternative: Alternative = ...,
) -> ComparisonTestResult[np.float64]: ...


@overload
def paired_test(
    both: ArrayLike,
    first_only: ArrayLike,
    second_only: ArrayLike,
    neither: ArrayLike,
    *,
    method: PairedTestMethod | None = ...,
    alternative: Alternative = ...,
) -> ComparisonTestResult[FloatArray]: ...


def paired_test(
    both: ArrayLike,
    first_only: ArrayLike,
    second_only: ArrayLike,
    neither: ArrayLike,
    *,
    method: PairedTestMethod | None = None,
    alternative: Alternative = "two-sided",
) -> ComparisonTestResult[Any]:
    """Test that two proportions of the same people are equal.

    Parameters
    ----------
    both, first_only, second_only, neither : array_like
        How many people said yes both times, only the first time, only the second time, and never.
        ``"mcnemar"`` and ``"mcnemar_cc"`` take numbers that are not whole (effective sizes) too.
    method : str, optional
        By default ``"mcnemar_midp"``.

        - ``"mcnemar_midp"``, ``"mcnemar_exact"``: binomial test of second_only out of all who changed,
          with half the probability of the observed count, and with all of it.
        - ``"mcnemar"``, ``"mcnemar_cc"``: chi-squared, without and with continuity correction.
        - ``"mcnemar_unconditional"``: exact, with McNemar's Z as its statistic (Suissa and Shuster).
    alternative : {"two-sided", "greater", "less"}, default "two-sided"
        What to hold against equality: any change, a larger second proportion (a rise, p2 - p1 above 0) or a
        smaller one.

    Returns
    -------
    ComparisonTestResult
        With `statistic` and `p_value`, arrays of the broadcast shape or numbers, and `method`. The statistic
        is chi-squared for ``"mcnemar"`` and ``"mcnemar_cc"``, the signed Z for ``"mcnemar_unconditional"``
        (above 0 where more rose than fell), and second_only for the others.

    Raises
    ------
    InputError
        If a count is negative, above 2**53, not finite or not a number (a boolean, text, an object or a
        masked array is none), or the shapes do not fit together.
    MethodError
        If the method or the alternative is unknown; if they do not go together; if the method needs
        whole numbers and they are not; or if there are more than 10,000 people for the unconditional test.

    Notes
    -----
    Everything is NaN where there are no people. With f = first_only and g = second_only:

    - *mcnemar*: (g - f)^2 / (f + g). *mcnemar_cc*: (abs(g - f) - 1)^2 / (f + g), also where f = g. Both are
      0, and p is 1, where nobody changed.
    - *mcnemar_exact*: twice the smaller binomial tail, at most 1. *mcnemar_midp*: this less the probability
      of g; where f = g, 1 less half of it. So it is 1/2 where nobody changed. One-sided: the tail, and the
      tail less half the probability of g.
    - *mcnemar_unconditional*: the largest probability, over all probabilities of changing, of a Z at least as
      extreme, Z = (g - f) / sqrt(f + g), and 0 where nobody changed.

    References
    ----------
    McNemar (1947), Psychometrika 12:153. Suissa and Shuster (1991), Biometrics 47:361. Fagerland,
    Lydersen and Laake (2013), BMC Med Res Methodol 13:91, who recommend the mid-P version.

    Examples
    --------
    >>> print(paired_test(1, 1, 7, 12).p_value.round(4))
    0.0391
    >>> print(paired_test(1, 1, 7, 12, alternative="greater").p_value.round(4))
    0.0195
    >>> print(paired_test(59, 6, 16, 80, method="mcnemar").statistic.round(4))
    4.5455
    """
    name = "mcnemar_midp" if method is None else check.choice("method", method, PairedTestMethod)
    side = check.choice("alternative", alternative, Alternative)
    asymptotic = name in {"mcnemar", "mcnemar_cc"}
    if asymptotic and side != "two-sided":
        raise MethodError(
            "alternative",
            allowed=f"'two-sided' with method={name!r}, which has no direction",
            value=side,
            fix="Use method='mcnemar_midp' for a one-sided test.",
        )
    pairs, shape = _pairs(both, first_only, second_only, neither)
    if not asymptotic:
        require_whole(repr(name), "method='mcnemar' or 'mcnemar_cc'", **pairs._asdict())
    people = pairs.n > 0
    statistic, p_value = np.full(people.shape, np.nan), np.full(people.shape, np.nan)
    some = Pairs(*(c[people] for c in pairs)).exchanged()  # first minus second, as in the literature
    if asymptotic:
        statistic[people], p_value[people] = _mcnemar(some, 1.0 if name == "mcnemar_cc" else 0.0)
    elif name == "mcnemar_unconditional":
        statistic[people], p_value[people] = _suissa_shuster(some, side)
    else:
        statistic[people] = pairs.second_only[people]
        p_value[people] = _binomial(some, side, mid=name == "mcnemar_midp")
    return ComparisonTestResult(statistic.reshape(shape), p_value.reshape(shape), name)


def _pairs(
    both: ArrayLike, first_only: ArrayLike, second_only: ArrayLike, neither: ArrayLike
) -> tuple[Pairs, tuple[int, ...]]:
    """Check the counts; return them in one dimension, and their shape."""
    counts = checked_counts(both=both, first_only=first_only, second_only=second_only, neither=neither)
    return Pairs(*(np.ravel(c).astype(np.float64, copy=False) for c in counts)), counts[0].shape


def _mcnemar(pairs: Pairs, correction: float) -> tuple[FloatArray, FloatArray]:
    _, f, g, _ = pairs
    distance = (np.abs(f - g) - correction) ** 2
    statistic = np.divide(distance, f + g, out=np.zeros(f.shape), where=f + g > 0)
    return statistic, erfc(np.sqrt(statistic / 2.0))


def _binomial(pairs: Pairs, side: str, *, mid: bool) -> FloatArray:
    """Binomial tails of f out of f + g at 1/2."""
    _, f, g, _ = pairs
    if side == "two-sided":
        f, g = np.maximum(f, g), np.minimum(f, g)
    elif side == "less":
        f, g = g, f
    # P(X >= f) = I(f, g + 1), the incomplete beta function at 1/2.
    tail = np.where(f > 0, betainc(np.maximum(f, 1.0), g + 1.0, 0.5), 1.0)
    p_value = np.minimum(2.0 * tail, 1.0) if side == "two-sided" else tail
    if not mid:
        return p_value
    half = np.array([0.5])
    point = np.exp(binomial_log_pmf(f, f + g, half, half))
    # The two-sided tail holds the observed point twice, but only once where both tails meet in it.
    return p_value - (point if side == "two-sided" else point / 2.0) * np.where(
        (side == "two-sided") & (f == g), 0.5, 1.0
    )


def _suissa_shuster(pairs: Pairs, side: str) -> tuple[FloatArray, FloatArray]:
    """Given k who changed, first_only is binomial with 1/2; the probability of changing is the nuisance."""
    _, f, g, _ = pairs
    n = pairs.n
    if np.any(n > MOST_PEOPLE):
        raise MethodError(
            "method",
            allowed=f"with more than {MOST_PEOPLE:,} people, a method without a search",
            received="mcnemar_unconditional",
            fix="Use 'mcnemar_midp'; among so many the answers hardly differ.",
        )
    z = np.divide(f - g, np.sqrt(f + g), out=np.zeros(f.shape), where=f + g > 0)
    outward = {"two-sided": np.abs(z), "greater": z, "less": -z}[side]
    p_value = np.empty(z.shape)
    for size in np.unique(n):  # one round per number of people, not per table
        rows = np.flatnonzero(n == size)
        limits, place = np.unique(outward[rows], return_inverse=True)
        p_value[rows] = supremum(_given_changed(limits, int(size), side), int(size))[place]
    return z, p_value


def _given_changed(limits: FloatArray, n: int, side: str) -> FloatArray:
    """Return the probability of a Z at or beyond each limit (rows) if k = 0, ..., n changed (columns)."""
    k = np.arange(n + 1.0)
    least = limits[:, None] * np.sqrt(k)
    # Z >= limit means at most this many in the smaller group; a tie belongs to the tail.
    most = np.floor((k - least + RELATIVE_TIE * np.abs(least)) / 2.0)
    # P(X <= most) = I(k - most, most + 1) at 1/2; for a limit below 0 it may hold everything.
    inside = (most >= 0) & (most < k)
    tail = np.where(
        inside, betainc(np.where(inside, k - most, 1.0), np.where(inside, most + 1.0, 1.0), 0.5), 0.0
    )
    tail[most >= k] = 1.0
    tail[:, 0] = limits <= 0
    if side == "two-sided":
        tail = np.where(limits[:, None] > 0, 2.0 * tail, 1.0)
    result: FloatArray = np.minimum(tail, 1.0)
    return result
