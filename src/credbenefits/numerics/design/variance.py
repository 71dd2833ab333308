"""Variances of weighted proportions under a survey design: strata, primary sampling units (PSUs) and weights.

Everything here works on sums per PSU or per stratum, for many estimates at once: the first axis is that of
the PSUs or strata, the others are those of the estimates. A PSU without anybody in a domain stands there with
zeros, since it might have had somebody.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from credbenefits.numerics.design.scores import (
    ROUNDING,
    averaged,
    beside,
    correction_of,
    layout_of,
    products,
    raised,
    ratio,
    squares_left,
    strata_of,
    without_rounding,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from credbenefits._typing import BoolArray, FloatArray, IntArray, LonelyPsu
    from credbenefits.numerics.design.scores import Layout


#: Entries of one array that are worked on at a time.
_BLOCK = 2**20


@dataclass(frozen=True, slots=True, eq=False)
class DesignVariance:
    """Weighted proportions and their variances under a design.

    Attributes
    ----------
    proportion : ndarray
        Sum of w y over sum of w; NaN where nobody answered.
    variance : ndarray
        Variance of the proportion; NaN where it is not defined.
    df : ndarray of int
        Degrees of freedom of the domain: PSUs with somebody who answered, minus strata with such a PSU.
    units : ndarray of int
        PSUs with somebody who answered.
    correction : ndarray
        What the finite population correction multiplies the variance by, from 0 (all was drawn) to 1 (no
        correction): the variance over that without it. Where the variance is 0 that is not known, and it
        is the largest 1 - f of the strata with somebody who answered.
    """

    proportion: FloatArray
    variance: FloatArray
    df: IntArray
    units: IntArray
    correction: FloatArray


def taylor_clusters(
    weight_yes: ArrayLike,
    weight: ArrayLike,
    people: ArrayLike,
    stratum: ArrayLike,
    *,
    sampling_fraction: ArrayLike | None = None,
    lonely_psu: LonelyPsu = "error",
) -> DesignVariance:
    r"""Linearised (Taylor) variance of weighted proportions from sums per PSU.

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
        For strata with one PSU, whose spread cannot be estimated: raise; take the PSU as drawn with
        certainty, which adds nothing; take its distance from the mean of all PSUs; or take the mean of what
        the other strata add.

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
    >>> float(result.proportion), float(result.variance), int(result.df)
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
        The variance is NaN also where all who answered are in one PSU: without it there is no proportion.

    Notes
    -----
    :math:`\sum_h (1 - f_h) \frac{n_h - 1}{n_h} \sum_i (p_{(hi)} - p)^2`, about the full proportion, where
    :math:`p_{(hi)}` leaves out PSU i and raises the other weights of its stratum by :math:`n_h / (n_h - 1)`.

    What leaving out PSU i does to the proportion is known without doing it:
    :math:`p_{(hi)} - p = -\frac{n_h}{n_h - 1} (e_{hi} - \bar e_h) / W_{(hi)}` with
    :math:`e = \sum w (y - p)` of a PSU and :math:`W_{(hi)}` the total weight then. So this is the linearised
    variance with :math:`W_{(hi)}` in place of the total weight.

    References
    ----------
    Wolter, K. M. (2007). Introduction to Variance Estimation, 2nd ed., section 4.5. Springer.

    Examples
    --------
    >>> result = jackknife([4.0, 6.0, 1.0, 3.0], [8.0, 8.0, 8.0, 8.0], [8, 8, 8, 8], [0, 0, 1, 1])
    >>> float(result.proportion), float(result.variance), int(result.df)
    (0.4375, 0.0078125, 2)
    """
    layout = layout_of(stratum, sampling_fraction, lonely_psu, times=times, delete=True)
    return _in_blocks(layout, (weight_yes, weight, people), delete=True)


def covariance_jackknife(
    weight_yes: ArrayLike,
    weight: ArrayLike,
    stratum: ArrayLike,
    *,
    answered: ArrayLike,
    sampling_fraction: ArrayLike | None = None,
    lonely_psu: LonelyPsu = "error",
) -> FloatArray:
    r"""Covariance matrix of weighted proportions by the stratified jackknife: each PSU is left out in turn.

    Parameters
    ----------
    weight_yes, weight : array_like, shape (n_psu, estimates)
        Sums of w y and of w over those in each domain who answered.
    answered : array_like of bool, shape (n_psu, estimates)
        Which PSUs have somebody in the domain of an estimate. Only "average" looks at it.
    stratum, sampling_fraction, lonely_psu
        As `jackknife` takes them.

    Returns
    -------
    ndarray, shape (estimates, estimates)
        Its diagonal is the variance of `jackknife`; NaN where that is.

    Notes
    -----
    :math:`\sum_h (1 - f_h) \frac{n_h - 1}{n_h} \sum_i (p_{(hi)} - p)(p_{(hi)} - p)'`.

    References
    ----------
    Wolter, K. M. (2007). Introduction to Variance Estimation, 2nd ed., section 4.5. Springer.

    Examples
    --------
    >>> yes, weight = [[4.0, 1.0], [6.0, 2.0], [1.0, 3.0]], [[8.0, 4.0]] * 3
    >>> covariance_jackknife(yes, weight, [0, 0, 0], answered=[[True, True]] * 3).round(5).tolist()
    [[0.03299, -0.01562], [-0.01562, 0.02083]]
    """
    layout = layout_of(stratum, sampling_fraction, lonely_psu, delete=True)
    yes, w = np.asarray(weight_yes, dtype=np.float64), np.asarray(weight, dtype=np.float64)
    total = w.sum(axis=0)
    spread = layout.deviations(yes - ratio(yes.sum(axis=0), total) * w)
    divided, undefined = _left_out(layout, spread, w, total)
    made = products(np.where(undefined, np.nan, divided), layout.weights())
    return raised(made, layout.present(np.asarray(answered, dtype=bool)), layout.strata)


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
    """Linearised variance of weighted proportions where every row is a PSU, from sums per stratum.

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
    >>> float(result.proportion), float(result.variance), int(result.df)
    (0.75, 0.0625, 3)
    """
    yes, w, yes2, w2 = (
        np.asarray(a, dtype=np.float64) for a in (weight_yes, weight, weight_squared_yes, weight_squared)
    )
    answered = np.asarray(people)
    strata = strata_of(np.asarray(stratum_rows, dtype=np.float64), sampling_fraction, lonely_psu)
    total = w.sum(axis=0)
    p = ratio(yes.sum(axis=0), total)
    factor, left = (beside(a, w.ndim) for a in (strata.factor, strata.left))
    squares = yes2 * (1.0 - p) ** 2 + (w2 - yes2) * p**2
    spread = squares_left(squares, yes * (1.0 - p) - (w - yes) * p, strata.size)
    without = (factor * spread).sum(axis=0)
    corrected = (factor * left * spread).sum(axis=0)
    present = answered > 0
    units = answered.sum(axis=0).astype(np.int64)
    return DesignVariance(
        p,
        averaged(ratio(corrected, total**2), present, strata),
        units - present.sum(axis=0),
        units,
        correction_of(corrected, without, present, strata),
    )


# ---- PSUs ----------------------------------------------------------------------------------------------


def _in_blocks(layout: Layout, sums: tuple[ArrayLike, ...], *, delete: bool = False) -> DesignVariance:
    """Work through the estimates in blocks, so that many of them and many PSUs fit in memory."""
    arrays = [np.asarray(a) for a in sums]
    shape = arrays[0].shape[1:]
    n, width = layout.order.size, int(np.prod(shape))
    flat = [a.reshape(n, width) for a in arrays]
    step = max(1, _BLOCK // max(n, 1))
    parts = []
    for start in range(0, max(width, 1), step):
        yes, w, people = (a[:, start : start + step] for a in flat)
        parts.append(of_psus(layout, yes, w, people > 0, delete=delete))
    made = (np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(DesignVariance))
    return DesignVariance(*(each.reshape(shape) for each in made))


def of_psus(
    layout: Layout, yes: FloatArray, w: FloatArray, answered: BoolArray, *, delete: bool = False
) -> DesignVariance:
    """Proportion and variance from the sums of PSUs.

    With `delete` each PSU is left out in turn.
    """
    total: FloatArray = np.asarray(layout.counted(w).sum(axis=0), dtype=np.float64)
    p = ratio(layout.counted(yes).sum(axis=0), total)
    # The score of a proportion is (y - p) / sum of w. The common divisor is taken at the end.
    score = p * w
    spread = layout.deviations(np.subtract(yes, score, out=score))
    undefined, scale = total <= 0, total**2
    if delete:
        spread, undefined = _left_out(layout, spread, w, total)
        scale = np.ones(total.shape)
    corrected = without = _squares(layout.weights(), spread)
    if (layout.strata.left < 1).any():
        without = _squares(layout.weights(corrected=False), spread)
    without = without_rounding(without, p * (1.0 - p) * scale)
    corrected = np.where(without == 0, 0.0, corrected)
    present = layout.present(answered)
    units = layout.counted(answered).sum(axis=0).astype(np.int64)
    variance = np.where(undefined, np.nan, ratio(corrected, scale))
    return DesignVariance(
        p,
        averaged(variance, present, layout.strata),
        units - present.sum(axis=0),
        units,
        correction_of(corrected, without, present, layout.strata),
    )


def _left_out(
    layout: Layout, spread: FloatArray, w: FloatArray, total: FloatArray
) -> tuple[FloatArray, BoolArray]:
    """Divide each PSU's deviation by the total weight without it; also tell where nothing is left."""
    size = layout.strata.size[layout.of][:, None]
    left = total - np.where(size > 1, size / np.maximum(size - 1.0, 1.0), 1.0) * layout.deviations(w)
    # What is never left out counts for nothing, even where nobody else answered.
    out = np.broadcast_to(layout.strata.factor[layout.of][:, None] > 0, left.shape)
    # Beside a unit that weighs so much more than all others, rounding leaves nothing of them.
    lost = (out & (left <= ROUNDING * total)).any(axis=0)
    undefined: BoolArray = lost | (layout.counted(w > 0).sum(axis=0) <= 1)
    return np.divide(spread, left, out=np.zeros(left.shape), where=out & ~undefined), undefined


def _squares(factor: FloatArray, spread: FloatArray) -> FloatArray:
    """Add up squared deviations times the factors of their units."""
    squares = np.square(spread)
    squares *= factor[:, None]
    total: FloatArray = squares.sum(axis=0)
    return total
