"""Tests that two independent proportions are equal, vectorised over pairs of groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, overload

import numpy as np
from scipy.special import erfc, ndtr

from credbenefits import _validation as check
from credbenefits._frozen import Frozen
from credbenefits._typing import Alternative, ComparisonTestMethod, Measured
from credbenefits.errors import MethodError
from credbenefits.numerics import hypergeometric
from credbenefits.numerics.arguments import checked_two_groups, require_whole
from credbenefits.numerics.groups.unconditional import TwoGroups

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from credbenefits._typing import FloatArray, Number

#: Most people, both groups together, for whom the unconditional tests list every table.
MOST_PEOPLE = 2_000

#: Methods whose statistic has no direction.
_TWO_SIDED_ONLY = {"pearson": "score", "pearson_cc": "fisher_midp"}
_LARGE_SAMPLE = {"pearson", "pearson_cc", "score"}
_FISHER = {"fisher", "fisher_midp", "fisher_midp_observed"}


@dataclass(frozen=True, slots=True, eq=False)
class ComparisonTestResult(Frozen, Generic[Measured]):
    """Outcome of a test, one entry for every comparison; numbers where the counts were numbers.

    Attributes
    ----------
    statistic : ndarray or float
        What the method orders the data by; the function that made the result says what that is.
    p_value : ndarray or float
        The p-value; NaN where a base is 0.
    method : str
        Name of the method.
    """

    statistic: Measured
    p_value: Measured
    method: str


@overload
def comparison_test(
    count1: Number,
    nobs1: Number,
    count2: Number,
    nobs2: Number,
    *,
    method: ComparisonTestMethod | None = ...,
    alternative: Alternative = ...,
) -> ComparisonTestResult[np.float64]: ...


@overload
def comparison_test(
    count1: ArrayLike,
    nobs1: ArrayLike,
    count2: ArrayLike,
    nobs2: ArrayLike,
    *,
    method: ComparisonTestMethod | None = ...,
    alternative: Alternative = ...,
) -> ComparisonTestResult[FloatArray]: ...


def comparison_test(
    count1: ArrayLike,
    nobs1: ArrayLike,
    count2: ArrayLike,
    nobs2: ArrayLike,
    *,
    method: ComparisonTestMethod | None = None,
    alternative: Alternative = "two-sided",
) -> ComparisonTestResult[Any]:
    """Test that two independent proportions are equal.

    Parameters
    ----------
    count1, nobs1, count2, nobs2 : array_like
        How many said yes, and of how many, in the first and in the second group. They are broadcast
        against each other. ``"pearson"``, ``"pearson_cc"`` and ``"score"`` take numbers that are not whole
        (effective sizes) too.
    method : str, optional
        By default ``"pearson"``, and ``"score"`` where `alternative` is one-sided.

        - ``"pearson"``: chi-squared test without correction. ``"pearson_cc"``: with Yates's correction.
        - ``"score"``: the signed root of Pearson's statistic. Two-sided it is the same test; it can be
          one-sided.
        - ``"fisher"``: Fisher's exact test, given both margins. ``"fisher_midp"``,
          ``"fisher_midp_observed"``: its mid-P versions.
        - ``"barnard"``, ``"barnard_unpooled"``: exact unconditional tests by the Z statistic.
        - ``"boschloo"``: exact unconditional test by Fisher's p-value.
    alternative : {"two-sided", "greater", "less"}, default "two-sided"
        What to hold against equality: any difference, a larger first proportion (p1 - p2 above 0) or a
        smaller one.

    Returns
    -------
    ComparisonTestResult
        With `statistic` and `p_value`, arrays of the broadcast shape or numbers, and `method`. The statistic
        is chi-squared for ``"pearson"`` and ``"pearson_cc"``; a signed Z for ``"score"`` and the two kinds of
        ``"barnard"``; for ``"fisher"`` and its mid-P versions the probability of the observed table given
        its margins; for ``"boschloo"`` Fisher's p-value.

    Raises
    ------
    InputError
        If a count or base is negative, not finite or not a number (a boolean, text, an object or a masked
        array is none), a count exceeds its base, or the shapes do not fit together.
    MethodError
        If the method or the alternative is unknown; if they do not go together; if the method needs
        whole numbers and they are not; or if an unconditional test has more than 2,000 people.

    Notes
    -----
    Everything is NaN where a base is 0. Where everybody or nobody in both groups said yes there is
    nothing to tell the groups apart: the statistics of the large-sample methods and of Barnard's tests
    are 0, and all two-sided p-values are 1 but those of the mid-P versions.

    *Pearson and score.* Z = (p1 - p2) / sqrt(p (1 - p) (1/n1 + 1/n2)) with the pooled proportion p, and
    chi-squared is its square. It is the score test, so it rejects equality just where Mee's score
    interval for the difference leaves out 0. (Miettinen and Nurminen's interval has the variance times
    N/(N - 1); the test has not.) Yates's correction takes 1/2 off the distance of every cell from its
    expectation, but never more than that distance.

    *Fisher.* Two-sided: the sum of the probabilities of all tables, with these margins, that are no more
    probable than the observed one. Probabilities that differ by less than 1e-10 of their size are ties.
    Mid-P: ``"fisher_midp"`` takes off half the probability of every table as probable as the observed
    one (Fagerland, Lydersen and Laake); ``"fisher_midp_observed"`` takes off half that of the observed
    table only. One-sided both take off half that of the observed table. Where the margins leave one table
    only, a mid-P is 1/2, as its definition says.

    *Unconditional.* The p-value is the largest probability, over all values of the common proportion, of
    data at least as extreme as these. Extreme is a large abs(Z), with the pooled standard error for
    ``"barnard"`` and that of the two proportions for ``"barnard_unpooled"`` (infinite where that is 0 and the
    proportions differ); or a small p-value of Fisher's two-sided test for ``"boschloo"``. One-sided it is a
    large Z, a small Z, or a small p-value of the one-sided Fisher test. Statistics that differ by less
    than 1e-10 of their size are ties, and belong to the tail. Some software loses them to rounding, and
    some doubles a one-sided Boschloo p-value instead.

    Fisher's p-values keep their digits up to about 10^12 people. Beyond 10^8 people the
    difference of the proportions itself has about ten correct digits.

    References
    ----------
    Fisher (1935), J R Stat Soc 98:39. Barnard (1947), Biometrika 34:123. Boschloo (1970), Stat
    Neerl 24:1. Mehta and Senchaudhuri (2003), Conditional versus unconditional exact tests for comparing
    two binomials. Lydersen, Fagerland and Laake (2009), Stat Med 28:1159.

    Examples
    --------
    >>> print(comparison_test(7, 34, 1, 34).p_value.round(4))
    0.0239
    >>> print(comparison_test([7, 9], [34, 10], [1, 3], [34, 10], method="boschloo").p_value.round(4))
    [0.0385 0.008 ]
    """
    side = check.choice("alternative", alternative, Alternative)
    default = "pearson" if side == "two-sided" else "score"
    name = default if method is None else check.choice("method", method, ComparisonTestMethod)
    if side != "two-sided" and name in _TWO_SIDED_ONLY:
        raise MethodError(
            "alternative",
            allowed=f"'two-sided' with method={name!r}, which has no direction",
            value=side,
            fix=f"Use method={_TWO_SIDED_ONLY[name]!r} for a one-sided test.",
        )
    x1, n1, x2, n2 = (v.astype(np.float64) for v in checked_two_groups(count1, nobs1, count2, nobs2))
    if name not in _LARGE_SAMPLE:
        require_whole(repr(name), "method='pearson' or 'score'", count1=x1, nobs1=n1, count2=x2, nobs2=n2)
    flat = [np.ravel(v) for v in (x1, n1, x2, n2)]
    known = (flat[1] > 0) & (flat[3] > 0)
    statistic, p_value = np.full(known.shape, np.nan), np.full(known.shape, np.nan)
    samples = tuple(v[known] for v in flat)
    if name in _LARGE_SAMPLE:
        statistic[known], p_value[known] = _large_sample(samples, name, side)
    elif name in _FISHER:
        statistic[known], p_value[known] = _fisher(samples, name, side)
    else:
        statistic[known], p_value[known] = _unconditional(samples, name, side)
    return ComparisonTestResult(statistic.reshape(x1.shape), p_value.reshape(x1.shape), name)


def _large_sample(samples: tuple[FloatArray, ...], name: str, side: str) -> tuple[FloatArray, FloatArray]:
    """Pearson's test, Yates's and their signed root."""
    x1, n1, x2, n2 = samples
    n, m = n1 + n2, x1 + x2
    gap = x1 * n2 - x2 * n1
    if name == "pearson_cc":
        gap = np.maximum(np.abs(gap) - n / 2.0, 0.0)
    spread = np.sqrt(n1 * n2) * np.sqrt(m * ((n - m) / n))
    z = np.divide(gap, spread, out=np.zeros(gap.shape), where=spread > 0)
    if side == "greater":
        return z, ndtr(-z)
    if side == "less":
        return z, ndtr(z)
    return z if name == "score" else z * z, erfc(np.abs(z) / np.sqrt(2.0))


def _fisher(samples: tuple[FloatArray, ...], name: str, side: str) -> tuple[FloatArray, FloatArray]:
    """Fisher's test and its mid-P versions; the statistic is the probability of the table."""
    x1, n1, x2, n2 = samples
    m = x1 + x2
    if side == "two-sided":
        p_value, observed, tied = hypergeometric.two_sided(x1, n1, n2, m)
        halved = {"fisher": 0.0 * observed, "fisher_midp": tied, "fisher_midp_observed": observed}[name]
    else:
        # "Less" is "greater" with the groups the other way round.
        p_value = (
            hypergeometric.upper_tail(x1, n1, n2, m)
            if side == "greater"
            else hypergeometric.upper_tail(x2, n2, n1, m)
        )
        observed = np.exp(hypergeometric.log_pmf(x1, n1, n2, m))
        halved = 0.0 * observed if name == "fisher" else observed
    return observed, p_value - halved / 2.0


def _unconditional(samples: tuple[FloatArray, ...], name: str, side: str) -> tuple[FloatArray, FloatArray]:
    """Barnard's tests and Boschloo's: list the tables once for each pair of bases."""
    x1, n1, x2, n2 = (v.astype(np.int64) for v in samples)
    if np.any(n1 + n2 > MOST_PEOPLE):
        raise MethodError(
            "method",
            allowed=f"with more than {MOST_PEOPLE:,} people, a method that need not list all tables",
            value=name,
            fix="Use 'fisher_midp' or 'score'; among so many the answers hardly differ.",
        )
    # The first group is to be the smaller one: it makes the columns of a matrix.
    turned = n1 > n2
    first, small = np.where(turned, x2, x1), np.minimum(n1, n2)
    designs, member = np.unique(np.stack([small, np.maximum(n1, n2), turned]), axis=1, return_inverse=True)
    statistic, p_value = np.empty(x1.shape), np.empty(x1.shape)
    for i, (fewer, more, swapped) in enumerate(designs.T):  # one round per design, not per pair
        rows = member.ravel() == i
        direction = {"two-sided": 0, "greater": 1, "less": -1}[side] * (-1 if swapped else 1)
        tables = TwoGroups(int(fewer), int(more))
        if name == "boschloo":
            value, extreme = tables.fisher({0: "two-sided", 1: "greater", -1: "less"}[direction])
        else:
            value = tables.z_pooled() if name == "barnard" else tables.z_unpooled()
            extreme = np.abs(value) if direction == 0 else direction * value
            value = -value if swapped else value
        total = (x1 + x2)[rows]
        statistic[rows] = value[total, first[rows]]
        p_value[rows] = tables.p_values(extreme, total, first[rows])
    return statistic, p_value
