"""The variance of what is linear in sums per unit: from a score for each cell to a covariance matrix.

A small change of the weights changes an estimate f(W) by the sum of its gradient times the change. So what
unit u of the design adds to the estimate is Z = W_u . s, its sums of weights times the gradient s, and the
variance under any design is that of the totals Z. Who knows W and s needs no rows.

The first axis is that of the units or strata, the others are those of the estimates. A unit without anybody
in a domain stands there with zeros, since it might have had somebody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from credbenefits import _validation as check
from credbenefits._typing import LonelyPsu
from credbenefits.errors import MethodError
from credbenefits.numerics.arguments import LARGEST

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from credbenefits._typing import BoolArray, FloatArray, IntArray

#: A sum of squared deviations below this part of the sum of squares is what rounding left.
ROUNDING = 1e-13


@dataclass(frozen=True, slots=True, eq=False)
class Strata:
    """What every stratum counts for: units, the factor of its squared deviations, whether it has no spread.

    `left` is 1 - f, which the factor is multiplied by where the population is finite.
    """

    size: FloatArray
    factor: FloatArray
    left: FloatArray
    lonely: BoolArray
    average: bool


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Where units stand when they are in the order of their strata.

    `first` is where each stratum begins then, and `of` the stratum of each unit. `times` says how many alike
    units each one stands for, in the order in which they came; None is one.
    """

    strata: Strata
    order: IntArray
    first: IntArray
    of: IntArray
    times: FloatArray | None = None

    def counted(self, values: FloatArray | BoolArray) -> FloatArray | BoolArray:
        """Count each unit as often as it stands for others."""
        return values if self.times is None else self.times[:, None] * values

    def deviations(self, totals: FloatArray) -> FloatArray:
        """Take from each unit's total the mean of its stratum; the units are in the order of strata then.

        A single unit keeps its total: the distance from the mean of all units, since totals add up to 0.
        """
        size = self.strata.size[:, None]
        mean = self.totals(self.counted(totals)) / size
        deviation: FloatArray = np.where(size > 1, mean, 0.0)[self.of]
        return np.subtract(totals[self.order], deviation, out=deviation)

    def totals(self, values: FloatArray | BoolArray) -> FloatArray:
        """Add up the units of each stratum."""
        added: FloatArray = np.add.reduceat(values[self.order], self.first, axis=0)
        return added

    def present(self, answered: BoolArray) -> BoolArray:
        """Tell which strata have a unit with somebody."""
        present: BoolArray = np.logical_or.reduceat(answered[self.order], self.first, axis=0)
        return present

    def weights(self, *, corrected: bool = True) -> FloatArray:
        """Return what each unit's squared deviation is multiplied by, in the order of strata."""
        factor = self.strata.factor * self.strata.left if corrected else self.strata.factor
        return factor[self.of] if self.times is None else factor[self.of] * self.times[self.order]


# ---- from scores to covariances ------------------------------------------------------------------------


def unit_totals(weight: ArrayLike, gradient: ArrayLike) -> FloatArray:
    """Add up the scores of each unit.

    Parameters
    ----------
    weight : array_like, shape (n_units, groups, cells)
        Sums of weights W.
    gradient : array_like, shape (estimates, groups, cells)
        Derivatives s of the estimates by the sums of all units together.

    Returns
    -------
    ndarray, shape (n_units, estimates)

    Examples
    --------
    The proportion who say yes, of two units with (no, yes) = (1, 3) and (3, 1): its score is 1/16 for a
    person who says yes, half less than that for anybody.

    >>> unit_totals([[[1.0, 3.0]], [[3.0, 1.0]]], [[[-1 / 16, 1 / 16]]]).tolist()
    [[0.125], [-0.125]]
    """
    w, s = np.asarray(weight, dtype=np.float64), np.asarray(gradient, dtype=np.float64)
    totals: FloatArray = w.reshape(len(w), -1) @ s.reshape(len(s), -1).T
    return totals


def covariance_clusters(
    totals: ArrayLike,
    stratum: ArrayLike,
    *,
    answered: ArrayLike | None = None,
    sampling_fraction: ArrayLike | None = None,
    lonely_psu: LonelyPsu = "error",
) -> FloatArray:
    r"""Covariance matrix of estimates from the totals of their scores per PSU.

    Parameters
    ----------
    totals : array_like, shape (n_psu, estimates)
        Sums of scores, from `unit_totals`. Those of all PSUs add up to 0, as they do for every estimate that
        stays the same when all weights are doubled: proportions, means, ratios, and differences of these.
    stratum : array_like of int, shape (n_psu,)
        Stratum of each PSU, coded from 0. Every PSU of the design must be here.
    answered : array_like of bool, shape (n_psu, estimates), optional
        Which PSUs have somebody in the domain of an estimate; all, where it is left out. Only "average"
        looks at it.
    sampling_fraction, lonely_psu
        As :func:`credbenefits.numerics.design.variance.taylor_clusters` takes them. With "average" the
        covariance is raised by the geometric mean of what the two variances are raised by.

    Returns
    -------
    ndarray, shape (estimates, estimates)

    Raises
    ------
    MethodError
        If a stratum has one PSU, was not sampled in full, and `lonely_psu` is "error".

    Notes
    -----
    :math:`\sum_h (1 - f_h) \frac{n_h}{n_h - 1} \sum_i (z_{hi} - \bar z_h)(z_{hi} - \bar z_h)'`.

    References
    ----------
    Binder, D. A. (1983). On the variances of asymptotically normal estimators from complex surveys.
    International Statistical Review 51, 279-292.

    Examples
    --------
    >>> covariance_clusters([[0.125, 0.0], [-0.125, 0.0]], [0, 0]).tolist()
    [[0.0625, 0.0], [0.0, 0.0]]
    """
    z = np.asarray(totals, dtype=np.float64)
    layout = layout_of(stratum, sampling_fraction, lonely_psu)
    return covariance_of(layout, z, np.ones(z.shape, dtype=bool) if answered is None else answered)


def covariance_rows(
    weight: ArrayLike,
    weight_squared: ArrayLike,
    gradient: ArrayLike,
    stratum_rows: ArrayLike,
    *,
    answered: ArrayLike | None = None,
    sampling_fraction: ArrayLike | None = None,
    lonely_psu: LonelyPsu = "error",
) -> FloatArray:
    """Covariance matrix where every row is a PSU, from sums per stratum.

    Gives what `covariance_clusters` gives with one PSU per row, without the rows.

    Parameters
    ----------
    weight, weight_squared : array_like, shape (n_strata, groups, cells)
        Sums of w and of w^2.
    gradient : array_like, shape (estimates, groups, cells)
        Derivatives of the estimates by the sums of weights of all strata together. Estimates of two questions
        are estimates of one table that crosses them.
    stratum_rows : array_like, shape (n_strata,)
        All rows of the design in each stratum, in a domain or not.
    answered : array_like of bool, shape (n_strata, estimates), optional
        Which strata have somebody in the domain of an estimate.
    sampling_fraction, lonely_psu
        As `covariance_clusters` takes them.

    Returns
    -------
    ndarray, shape (estimates, estimates)

    Examples
    --------
    Three of four people say yes, one stratum, all weights 1: p (1 - p) / (n - 1).

    >>> score = [[[-0.75 / 4, 0.25 / 4]]]
    >>> covariance_rows([[[1.0, 3.0]]], [[[1.0, 3.0]]], score, [4]).tolist()
    [[0.0625]]
    """
    strata = strata_of(np.asarray(stratum_rows, dtype=np.float64), sampling_fraction, lonely_psu)
    made = products_of_rows((weight, weight_squared), gradient, strata, strata.factor * strata.left)
    everywhere = np.ones((strata.size.size, len(made)), dtype=bool)
    return raised(made, everywhere if answered is None else answered, strata)


def covariance_of(layout: Layout, totals: FloatArray, answered: ArrayLike) -> FloatArray:
    """Return the covariance matrix of what has these totals per unit."""
    made = products(layout.deviations(totals), layout.weights())
    return raised(made, layout.present(np.asarray(answered, dtype=bool)), layout.strata)


def products(values: FloatArray, factor: FloatArray) -> FloatArray:
    """Add up the products of each row's values, times its factor: a symmetric matrix."""
    made: FloatArray = (values * factor[:, None]).T @ values
    return (made + made.T) / 2.0


def products_of_rows(
    sums: tuple[ArrayLike, ArrayLike], gradient: ArrayLike, strata: Strata, factor: FloatArray
) -> FloatArray:
    """Add up products of deviations of rows' scores from the mean of their stratum, times its factor.

    The sums are those of w and of w^2.
    """
    w, w2, s = (np.asarray(a, dtype=np.float64) for a in (*sums, gradient))
    w2, s = w2.reshape(len(w2), -1), s.reshape(len(s), -1)
    totals, size = unit_totals(w, s), strata.size[:, None]
    centre = np.where(size > 1, 1.0 / np.maximum(size, 1.0), 0.0)
    variance = factor @ squares_left(w2 @ (s**2).T, totals, strata.size)
    made = products(s.T, factor @ w2) - products(totals, factor * centre[:, 0])
    some = variance > 0  # what has no spread goes with nothing
    made *= some[:, None] & some
    made[np.diag_indices_from(made)] = variance
    return made


def squares_left(squares: FloatArray, totals: FloatArray, size: FloatArray) -> FloatArray:
    """Return sums of squared deviations of rows from their stratum's mean, from sums and sums of squares."""
    rows = beside(size, totals.ndim)
    spread = np.where(rows > 1, squares - totals**2 / np.maximum(rows, 1.0), squares)
    return np.where(spread > ROUNDING * squares, spread, 0.0)


def raised(covariance: FloatArray, present: ArrayLike, strata: Strata) -> FloatArray:
    """Raise covariances by what strata without spread would add, if they add the others' mean."""
    if not strata.average:
        return covariance
    factor = np.sqrt(averaged(np.ones(len(covariance)), np.asarray(present, dtype=bool), strata))
    made: FloatArray = covariance * np.outer(factor, factor)
    return made


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
    """Put units in the order of their strata."""
    codes = np.asarray(stratum)
    each = None if times is None else np.asarray(times, dtype=np.float64)
    size = np.bincount(codes, weights=each).astype(np.float64)
    some = np.flatnonzero(np.bincount(codes))
    fraction = None if sampling_fraction is None else np.asarray(sampling_fraction)[some]
    return grouped(strata_of(size[some], fraction, lonely_psu, delete=delete), codes, each)


def grouped(strata: Strata, stratum: ArrayLike, times: FloatArray | None = None) -> Layout:
    """Put units in the order of the strata that they are in; each has one at least."""
    codes = np.asarray(stratum)
    order = np.argsort(codes, kind="stable")
    in_order = codes[order]
    new = np.ones(codes.size, dtype=bool)
    new[1:] = in_order[1:] != in_order[:-1]
    return Layout(strata, order, np.flatnonzero(new), np.cumsum(new) - 1, times)


def averaged(variance: FloatArray, present: BoolArray, strata: Strata) -> FloatArray:
    """Raise the variance by what strata without spread would add, if they add the others' mean."""
    if not strata.average:
        return variance
    reported = (present & (beside(strata.lonely, present.ndim) == 0)).sum(axis=0)
    return variance * ratio(present.sum(axis=0), reported)


def correction_of(
    corrected: FloatArray, without: FloatArray, present: BoolArray, strata: Strata
) -> FloatArray:
    """Return variance over variance without the correction; the largest 1 - f where that is 0 over 0."""
    if (strata.left == 1).all():
        return np.ones(corrected.shape)
    largest = np.max(present * beside(strata.left, present.ndim), axis=0)
    correction: FloatArray = np.where(corrected > 0, ratio(corrected, without), largest)
    return correction


def without_rounding(variance: FloatArray, spread: FloatArray) -> FloatArray:
    """Set to 0 the variances of means that are what rounding left of 0: those of more people than any sample.

    `spread` is the variance of one person, p (1 - p) for a proportion.
    """
    with np.errstate(invalid="ignore"):
        lost = spread > LARGEST * variance
    known: FloatArray = np.where(lost, 0.0, variance)
    return known


def ratio(a: FloatArray | IntArray, b: FloatArray | IntArray) -> FloatArray:
    """Return a / b; NaN where b is 0."""
    result: FloatArray = np.divide(a, b, out=np.full(np.shape(b), np.nan), where=np.asarray(b) > 0)
    return result


def beside(values: FloatArray | BoolArray, ndim: int) -> FloatArray:
    """Shape values per stratum so that they broadcast along the estimates."""
    return values.reshape(values.shape + (1,) * (ndim - 1)).astype(np.float64)
