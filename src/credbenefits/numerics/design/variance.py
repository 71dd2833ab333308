"""Variances of weighted shares under a survey design: strata, primary sampling units (PSUs) and weights.

Everything here works on sums per PSU or per stratum, for many estimates at once: the first axis is that of
the PSUs or strata, the others are those of the estimates. A PSU without anybody in a domain stands there with
zeros, since it might have had somebody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from credbenefits import _validation as check
from credbenefits._typing import LonelyPsu
from credbenefits.errors import MethodError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from credbenefits._typing import BoolArray, FloatArray, IntArray


#: Entries of one array that are worked on at a time.
_BLOCK = 2**20
#: A sum of squared deviations below this part of the sum of squares is what rounding left.
ROUNDING = 1e-13


@dataclass(frozen=True, slots=True, eq=False)
class DesignVariance:
    """Weighted shares and their variances under a design.

    Attributes
    ----------
    share : ndarray
        Sum of w y over sum of w; NaN where nobody answered.
    variance : ndarray
        Variance of the share; NaN where it is not defined.
    df : ndarray of int
        Degrees of freedom of the domain: PSUs with somebody who answered, minus strata with such a PSU.
    units : ndarray of int
        PSUs with somebody who answered.
    correction : ndarray
        What the finite population correction multiplies the variance by, from 0 (all was drawn) to 1 (no
        correction): the variance over that without it. Where the variance is 0 that is not known, and it
        is the largest 1 - f of the strata with somebody who answered.
    """

    share: FloatArray
    variance: FloatArray
    df: IntArray
    units: IntArray
    correction: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Strata:
    """What every stratum counts for: PSUs, the factor of its squared deviations, whether it has no spread.

    `left` is 1 - f, which the factor is multiplied by where the population is finite.
    """

    size: FloatArray
    factor: FloatArray
    left: FloatArray
    lonely: BoolArray
    average: bool


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """PSUs in the order of their strata."""

    strata: Strata
    order: IntArray
    first: IntArray  # where each stratum begins
    of: IntArray  # the stratum of each PSU
    times: FloatArray
    delete: bool  # whether each PSU is left out in turn

    def by_stratum(self, values: FloatArray) -> FloatArray:
        """Add up the PSUs of each stratum."""
        totals: FloatArray = np.add.reduceat(values, self.first, axis=0)
        return totals


def taylor_clusters(
    weight_yes: ArrayLike,
    weight: ArrayLike,
    people: ArrayLike,
    stratum: ArrayLike,
    *,
    sampling_fraction: ArrayLike | None = None,
    lonely_psu: LonelyPsu = "error",
) -> DesignVariance:
    r"""Linearised (Taylor) variance of weighted shares from sums per PSU.

    Parameters
    ----------
    weight_yes, weight : array_like, shape (n_psu, ...)
        Sums of w y and of w over those in the domain who answered.
    people : array_like, shape (n_psu, ...)
        How many they are; leave out people whose weight is 0.
    stratum : array_like of int, shape (n_psu,)
        Stratum of each PSU, coded from 0. Every PSU of the design must be here.
    sampling_fraction : array_like, optional
        Part of each stratum's PSUs that was drawn, from 0 to 1; without it, drawing was with replacement.
    lonely_psu : {"error", "certainty", "adjust", "average"}, default "error"
        For strata with one PSU, of which no spread can be told: raise; take the PSU as drawn with certainty,
        which adds nothing; take its distance from the mean of all PSUs; or take the mean of what the other
        strata add.

    Returns
    -------
    DesignVariance
        Of the shape of one PSU's sums.

    Raises
    ------
    MethodError
        If a stratum has one PSU, was not sampled in full, and `lonely_psu` is "error".

    Notes
    -----
    With :math:`z_{hi} = \sum w (y - p) / \sum w` over the people of PSU i of stratum h, the variance is
    :math:`\sum_h (1 - f_h) \frac{n_h}{n_h - 1} \sum_i (z_{hi} - \bar z_h)^2`. "average" counts the strata in
    which somebody of the domain answered. PSUs within PSUs are not looked at (ultimate clusters).

    References
    ----------
    Binder, D. A. (1983). On the variances of asymptotically normal estimators from complex surveys.
    International Statistical Review 51, 279-292.

    Examples
    --------
    Two strata of two schools:

    >>> result = taylor_clusters([4.0, 6.0, 1.0, 3.0], [8.0, 8.0, 8.0, 8.0], [8, 8, 8, 8], [0, 0, 1, 1])
    >>> float(result.share), float(result.variance), int(result.df)
    (0.4375, 0.0078125, 2)
    """
    layout = layout_of(stratum, sampling_fraction, lonely_psu)
    return _in_blocks(layout, (weight_yes, weight, people))


def jackknife(
    weight_yes: ArrayLike,
    weight: ArrayLike,
    people: ArrayLike,
    stratum: ArrayLike,
    *,
    times: ArrayLike | None = None,
    sampling_fraction: ArrayLike | None = None,
    lonely_psu: LonelyPsu = "error",
) -> DesignVariance:
    r"""Stratified jackknife variance (JKn): each PSU is left out in turn.

    Parameters
    ----------
    weight_yes, weight, people, stratum, sampling_fraction, lonely_psu
        As `taylor_clusters` takes them. With "adjust", a stratum with one PSU is left out as a whole.
    times : array_like, optional
        How many alike PSUs each entry stands for.

    Returns
    -------
    DesignVariance
        The variance is NaN also where all who answered are in one PSU: without it there is no share.

    Notes
    -----
    :math:`\sum_h (1 - f_h) \frac{n_h - 1}{n_h} \sum_i (p_{(hi)} - p)^2`, about the full share, where
    :math:`p_{(hi)}` leaves out PSU i and raises the other weights of its stratum by :math:`n_h / (n_h - 1)`.

    What leaving out PSU i does to the share is known without doing it:
    :math:`p_{(hi)} - p = -\frac{n_h}{n_h - 1} (e_{hi} - \bar e_h) / W_{(hi)}` with
    :math:`e = \sum w (y - p)` of a PSU and :math:`W_{(hi)}` the total weight then. So this is the linearised
    variance with :math:`W_{(hi)}` in place of the total weight.

    References
    ----------
    Wolter, K. M. (2007). Introduction to Variance Estimation, 2nd ed., section 4.5. Springer.

    Examples
    --------
    >>> result = jackknife([4.0, 6.0, 1.0, 3.0], [8.0, 8.0, 8.0, 8.0], [8, 8, 8, 8], [0, 0, 1, 1])
    >>> float(result.share), float(result.variance), int(result.df)
    (0.4375, 0.0078125, 2)
    """
    layout = layout_of(stratum, sampling_fraction, lonely_psu, times=times, delete=True)
    return _in_blocks(layout, (weight_yes, weight, people))


def taylor_rows(
    weight_yes: ArrayLike,
    weight: ArrayLike,
    people: ArrayLike,
    stratum_rows: ArrayLike,
    *,
    weight_squared_yes: ArrayLike,
    weight_squared: ArrayLike,
    sampling_fraction: ArrayLike | None = None,
    lonely_psu: LonelyPsu = "error",
) -> DesignVariance:
    """Linearised variance of weighted shares where every row is a PSU, from sums per stratum.

    Gives what `taylor_clusters` gives with one PSU per row, without the rows.

    Parameters
    ----------
    weight_yes, weight, people : array_like, shape (n_strata, ...)
        Sums of w y, of w and of 1 over those in the domain who answered; y is 0 or 1.
    stratum_rows : array_like, shape (n_strata,)
        All rows of the design in each stratum, in the domain or not.
    weight_squared_yes, weight_squared : array_like, shape (n_strata, ...)
        Sums of w^2 y and of w^2, over the same people as `weight`.
    sampling_fraction, lonely_psu
        As `taylor_clusters` takes them.

    Returns
    -------
    DesignVariance
        Of the shape of one stratum's sums.

    Examples
    --------
    Three of four people say yes, one stratum, all weights 1: p (1 - p) / (n - 1).

    >>> result = taylor_rows([3.0], [4.0], [4], [4], weight_squared_yes=[3.0], weight_squared=[4.0])
    >>> float(result.share), float(result.variance), int(result.df)
    (0.75, 0.0625, 3)
    """
    yes, w, yes2, w2 = (
        np.asarray(a, dtype=np.float64) for a in (weight_yes, weight, weight_squared_yes, weight_squared)
    )
    answered = np.asarray(people)
    strata = strata_of(np.asarray(stratum_rows, dtype=np.float64), sampling_fraction, lonely_psu)
    total = w.sum(axis=0)
    p = _ratio(yes.sum(axis=0), total)
    size, factor, left = (_beside(a, w.ndim) for a in (strata.size, strata.factor, strata.left))
    squares = yes2 * (1.0 - p) ** 2 + (w2 - yes2) * p**2
    sums = yes * (1.0 - p) - (w - yes) * p
    spread = np.where(size > 1, squares - sums**2 / np.maximum(size, 1.0), squares)
    spread = np.where(spread > ROUNDING * squares, spread, 0.0)
    without = (factor * spread).sum(axis=0)
    corrected = (factor * left * spread).sum(axis=0)
    present = answered > 0
    units = answered.sum(axis=0).astype(np.int64)
    return DesignVariance(
        p,
        averaged(_ratio(corrected, total**2), present, strata),
        units - present.sum(axis=0),
        units,
        _correction(corrected, without, present, strata),
    )


# ---- strata --------------------------------------------------------------------------------------------


def strata_of(
    size: FloatArray, sampling_fraction: ArrayLike | None, lonely_psu: str, *, delete: bool = False
) -> Strata:
    """Say what every stratum of so many PSUs counts for."""
    rule = check.choice("lonely_psu", lonely_psu, LonelyPsu)
    fraction = 0.0 if sampling_fraction is None else np.asarray(sampling_fraction, dtype=np.float64)
    left = np.broadcast_to(1.0 - fraction, size.shape)
    lonely = (size == 1) & (left > 0)
    if rule == "error" and lonely.any():
        n = int(lonely.sum())
        raise MethodError(
            "lonely_psu",
            allowed="'certainty', 'adjust' or 'average' if a stratum has only one PSU",
            received=f"'error', with {n} such {'stratum' if n == 1 else 'strata'} of {size.size}",
            fix="One PSU says nothing of its stratum's spread. Merge it with a stratum like it, or use "
            "lonely_psu='adjust', which errs on the side of caution.",
        )
    # Leaving out one of H strata whole is a jackknife of strata, whose factor is (H - 1) / H.
    alone = 0.0 if rule != "adjust" else 1.0 - 1.0 / max(size.size, 1) if delete else 1.0
    factor = np.where(size > 1, size / np.maximum(size - 1.0, 1.0), alone)
    return Strata(size, factor, left, lonely, rule == "average")


def layout_of(
    stratum: ArrayLike,
    sampling_fraction: ArrayLike | None,
    lonely_psu: str,
    *,
    times: ArrayLike | None = None,
    delete: bool = False,
) -> Layout:
    """Put PSUs in the order of their strata."""
    codes = np.asarray(stratum)
    order = np.argsort(codes, kind="stable")
    present, first, of = np.unique(codes[order], return_index=True, return_inverse=True)
    each = np.ones(codes.size) if times is None else np.asarray(times, dtype=np.float64)[order]
    fraction = None if sampling_fraction is None else np.asarray(sampling_fraction)[present]
    size = np.bincount(of, weights=each, minlength=present.size).astype(np.float64)
    return Layout(strata_of(size, fraction, lonely_psu, delete=delete), order, first, of, each, delete)


def averaged(variance: FloatArray, present: BoolArray, strata: Strata) -> FloatArray:
    """Raise the variance by what strata without spread would add, if they add the others' mean."""
    if not strata.average:
        return variance
    reported = (present & (_beside(strata.lonely, present.ndim) == 0)).sum(axis=0)
    return variance * _ratio(present.sum(axis=0), reported)


def _correction(corrected: FloatArray, without: FloatArray, present: BoolArray, strata: Strata) -> FloatArray:
    """Return variance over variance without the correction; the largest 1 - f where that is 0 over 0."""
    if (strata.left == 1).all():
        return np.ones(corrected.shape)
    largest = np.max(present * _beside(strata.left, present.ndim), axis=0)
    correction: FloatArray = np.where(corrected > 0, _ratio(corrected, without), largest)
    return correction


# ---- PSUs ----------------------------------------------------------------------------------------------


def _in_blocks(layout: Layout, sums: tuple[ArrayLike, ...]) -> DesignVariance:
    """Work through the estimates in blocks, so that many of them and many PSUs fit in memory."""
    arrays = [np.asarray(a) for a in sums]
    shape = arrays[0].shape[1:]
    n, width = layout.order.size, int(np.prod(shape))
    flat = [a.reshape(n, width) for a in arrays]
    share, variance, correction = (np.empty(width) for _ in range(3))
    df, units = (np.empty(width, dtype=np.int64) for _ in range(2))
    step = max(1, _BLOCK // max(n, 1))
    for start in range(0, width, step):
        block = slice(start, start + step)
        yes, w, people = (a[layout.order, block] for a in flat)
        made = of_psus(layout, yes.astype(np.float64), w.astype(np.float64), people > 0)
        share[block], variance[block], df[block] = made.share, made.variance, made.df
        units[block], correction[block] = made.units, made.correction
    return DesignVariance(
        share.reshape(shape),
        variance.reshape(shape),
        df.reshape(shape),
        units.reshape(shape),
        correction.reshape(shape),
    )


def of_psus(layout: Layout, yes: FloatArray, w: FloatArray, answered: BoolArray) -> DesignVariance:
    """Share and variance from the sums of PSUs in the order of their strata."""
    strata, times = layout.strata, layout.times[:, None]
    total = (times * w).sum(axis=0)
    p = _ratio((times * yes).sum(axis=0), total)
    spread = _from_mean(layout, yes - p * w)
    if layout.delete:
        size = strata.size[layout.of][:, None]
        left = total - np.where(size > 1, size / np.maximum(size - 1.0, 1.0), 1.0) * _from_mean(layout, w)
        undefined = (times * (w > 0)).sum(axis=0) <= 1
    else:
        left, undefined = total, total <= 0
    with np.errstate(divide="ignore", invalid="ignore"):
        squares = (spread / left) ** 2
        corrected = without = _added(strata.factor * strata.left, layout, squares)
        if (strata.left < 1).any():
            without = _added(strata.factor, layout, squares)
    psus = layout.by_stratum(times * answered)
    present, units = psus > 0, psus.sum(axis=0).astype(np.int64)
    variance = averaged(np.where(undefined, np.nan, corrected), present, strata)
    return DesignVariance(
        p, variance, units - present.sum(axis=0), units, _correction(corrected, without, present, strata)
    )


def _added(factor: FloatArray, layout: Layout, squares: FloatArray) -> FloatArray:
    total: FloatArray = (factor[layout.of][:, None] * layout.times[:, None] * squares).sum(axis=0)
    return total


def _from_mean(layout: Layout, values: FloatArray) -> FloatArray:
    """Take from each PSU the mean of its stratum.

    A single PSU keeps its value: the distance from the mean of all PSUs, since w (y - p) adds up to 0.
    """
    size = layout.strata.size[:, None]
    mean = np.where(size > 1, layout.by_stratum(layout.times[:, None] * values) / size, 0.0)
    deviation: FloatArray = values - mean[layout.of]
    return deviation


def _ratio(a: FloatArray | IntArray, b: FloatArray | IntArray) -> FloatArray:
    """Return a / b; NaN where b is 0."""
    ratio: FloatArray = np.divide(a, b, out=np.full(np.shape(b), np.nan), where=np.asarray(b) > 0)
    return ratio


def _beside(values: FloatArray | BoolArray, ndim: int) -> FloatArray:
    """Shape values per stratum so that they broadcast along the estimates."""
    return values.reshape(values.shape + (1,) * (ndim - 1)).astype(np.float64)
