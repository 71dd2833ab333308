"""Linearised variance of weighted proportions from two stages of sampling, both of finite populations."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits.errors import MethodError
from credbenefits.numerics.design.scores import (
    averaged,
    covariance_of,
    grouped,
    layout_of,
    products,
    products_of_rows,
    raised,
    ratio,
    squares_left,
    strata_of,
    unit_totals,
    without_rounding,
)
from credbenefits.numerics.design.variance import DesignVariance, of_psus

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from credbenefits._typing import BoolArray, FloatArray, IntArray, LonelyPsu
    from credbenefits.numerics.design.scores import Layout, Strata


class Stages(NamedTuple):
    """How the units of the first stage (PSUs) were drawn from, one entry for each of them.

    Attributes
    ----------
    stratum : array_like of int, shape (n_psu,)
        Stratum of each PSU, coded from 0.
    drawn : array_like of int, shape (n_psu,)
        How many of its units were drawn, with anybody of the domain in them or not.
    sampling_fraction : array_like, shape (n_psu,)
        Part of its units that was drawn, from 0 to 1.
    """

    stratum: ArrayLike
    drawn: ArrayLike
    sampling_fraction: ArrayLike


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """Sums of PSUs (the first axis), and of squared deviations from the PSU's mean within them."""

    yes: FloatArray
    weight: FloatArray
    answered: BoolArray
    within: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class _Drawn:
    """Both stages: the PSUs in their strata, and of each PSU its units, with what their deviations count for.

    `left` is what was not drawn by both stages.
    """

    psus: Layout
    units: Strata
    factor: FloatArray
    left: FloatArray


def two_stages(
    weight_yes: ArrayLike,
    weight: ArrayLike,
    people: ArrayLike,
    stages: Stages,
    *,
    psu: ArrayLike,
    sampling_fraction: ArrayLike | None,
    lonely_psu: LonelyPsu = "error",
) -> DesignVariance:
    r"""Variance from sums per unit of the second stage.

    Parameters
    ----------
    weight_yes, weight, people : array_like, shape (n_units, ...)
        Sums of w y, of w and of 1 over those in the domain who answered, per unit of the second stage.
    stages : Stages
        What the PSUs are drawn from, and what was drawn from them.
    psu : array_like of int, shape (n_units,)
        PSU of each unit, coded from 0; every PSU has one at least.
    sampling_fraction : array_like, shape (n_strata,)
        Part of each stratum's PSUs that was drawn. Where it is 0 (drawn with replacement, or from a
        population without end) the second stage adds nothing.
    lonely_psu : {"error", "certainty", "adjust", "average"}
        For strata of one PSU, as `taylor_clusters` takes it, and in the same way for PSUs of one unit, where
        not all units were drawn. "average" takes what the other PSUs with anybody in the domain add.

    Returns
    -------
    DesignVariance
        Of the shape of one unit's sums. `df` and `units` are those of the first stage. `correction` is at
        most 1, although within PSUs more may be added than the first stage's correction takes off; where
        the variance is 0 it is the largest :math:`1 - f_1 f_2`.

    Raises
    ------
    MethodError
        If something has one unit, was not drawn in full, and `lonely_psu` is "error".

    Notes
    -----
    With :math:`z = \sum w (y - p) / \sum w` of unit j in PSU i of stratum h, and sums in place of what is
    added up,

    .. math:: \sum_h (1 - f_h) \frac{n_h}{n_h - 1} \sum_i (z_{hi} - \bar z_h)^2 + \sum_h f_h \sum_i
        (1 - f_{hi}) \frac{m_{hi}}{m_{hi} - 1} \sum_j (z_{hij} - \bar z_{hi})^2

    References
    ----------
    Särndal, Swensson & Wretman (1992). Model Assisted Survey Sampling, section 4.3. Springer.

    Examples
    --------
    Two of four PSUs, and in each of them two of four units of one person. Between PSUs the variance is 1/16,
    halved; within the second one 1/16 as well, of which a quarter is added.

    >>> stages = Stages(stratum=[0, 0], drawn=[2, 2], sampling_fraction=[0.5, 0.5])
    >>> made = two_stages([1.0, 1.0, 1.0, 0.0], [1.0] * 4, [1] * 4, stages, psu=[0, 0, 1, 1],
    ...                   sampling_fraction=[0.5])
    >>> float(made.proportion), float(made.variance), int(made.df)
    (0.75, 0.046875, 1)
    """
    drawn = _drawn(stages, sampling_fraction, lonely_psu)
    units = grouped(drawn.units, psu)
    yes, w, answered = map(_flat, (weight_yes, weight, people))
    p = np.nan_to_num(ratio(yes.sum(axis=0), w.sum(axis=0)))
    within = np.add.reduceat(units.deviations(yes - p * w) ** 2, units.first, axis=0)
    sums = _Sums(units.totals(yes), units.totals(w), units.totals(answered) > 0, within)
    return _shaped(_both(sums, drawn), np.shape(weight)[1:])


def two_stages_rows(
    weight_yes: ArrayLike,
    weight: ArrayLike,
    people: ArrayLike,
    stages: Stages,
    *,
    weight_squared_yes: ArrayLike,
    weight_squared: ArrayLike,
    sampling_fraction: ArrayLike | None,
    lonely_psu: LonelyPsu = "error",
) -> DesignVariance:
    """Variance where every row is a unit of the second stage, from sums per PSU.

    Gives what `two_stages` gives with one unit per row, without the rows.

    Parameters
    ----------
    weight_yes, weight, people : array_like, shape (n_psu, ...)
        Sums of w y, of w and of 1 over those in the domain who answered; y is 0 or 1.
    stages, sampling_fraction, lonely_psu
        As `two_stages` takes them.
    weight_squared_yes, weight_squared : array_like, shape (n_psu, ...)
        Sums of w^2 y and of w^2, over the same people as `weight`.

    Returns
    -------
    DesignVariance
        Of the shape of one PSU's sums.

    Examples
    --------
    >>> stages = Stages(stratum=[0, 0], drawn=[2, 2], sampling_fraction=[0.5, 0.5])
    >>> made = two_stages_rows([2.0, 1.0], [2.0, 2.0], [2, 2], stages, weight_squared_yes=[2.0, 1.0],
    ...                        weight_squared=[2.0, 2.0], sampling_fraction=[0.5])
    >>> float(made.proportion), float(made.variance), int(made.df)
    (0.75, 0.046875, 1)
    """
    yes, w, answered, yes2, w2 = map(_flat, (weight_yes, weight, people, weight_squared_yes, weight_squared))
    p = np.nan_to_num(ratio(yes.sum(axis=0), w.sum(axis=0)))
    drawn = _drawn(stages, sampling_fraction, lonely_psu)
    squares = yes2 * (1.0 - p) ** 2 + (w2 - yes2) * p**2
    within = squares_left(squares, yes * (1.0 - p) - (w - yes) * p, drawn.units.size)
    return _shaped(_both(_Sums(yes, w, answered > 0, within), drawn), np.shape(weight)[1:])


def covariance_two_stages(
    totals: ArrayLike,
    stages: Stages,
    *,
    psu: ArrayLike,
    answered: ArrayLike | None = None,
    sampling_fraction: ArrayLike | None,
    lonely_psu: LonelyPsu = "error",
) -> FloatArray:
    """Covariance matrix of estimates from the totals of their scores per unit of the second stage.

    Parameters
    ----------
    totals : array_like, shape (n_units, estimates)
        Sums of scores, from :func:`credbenefits.numerics.design.scores.unit_totals`.
    answered : array_like of bool, shape (n_units, estimates), optional
        Which units have somebody in the domain of an estimate; all, where it is left out. Only "average"
        looks at it.
    stages, psu, sampling_fraction, lonely_psu
        As `two_stages` takes them.

    Returns
    -------
    ndarray, shape (estimates, estimates)

    Examples
    --------
    The example of `two_stages`: z = (y - 3/4) / 4 for each unit.

    >>> stages = Stages(stratum=[0, 0], drawn=[2, 2], sampling_fraction=[0.5, 0.5])
    >>> z = [[0.0625], [0.0625], [0.0625], [-0.1875]]
    >>> covariance_two_stages(z, stages, psu=[0, 0, 1, 1], sampling_fraction=[0.5]).tolist()
    [[0.046875]]
    """
    drawn = _drawn(stages, sampling_fraction, lonely_psu)
    units, z = grouped(drawn.units, psu), np.asarray(totals, dtype=np.float64)
    somebody = units.present(np.ones(z.shape, dtype=bool) if answered is None else np.asarray(answered) > 0)
    within = products(units.deviations(z), drawn.factor[units.of])
    between = covariance_of(drawn.psus, units.totals(z), somebody)
    return between + raised(within, somebody, drawn.units)


def covariance_two_stages_rows(
    weight: ArrayLike,
    weight_squared: ArrayLike,
    gradient: ArrayLike,
    stages: Stages,
    *,
    answered: ArrayLike | None = None,
    sampling_fraction: ArrayLike | None,
    lonely_psu: LonelyPsu = "error",
) -> FloatArray:
    """Covariance matrix where every row is a unit of the second stage, from sums per PSU.

    Gives what `covariance_two_stages` gives with one unit per row, without the rows.

    Parameters
    ----------
    weight, weight_squared : array_like, shape (n_psu, groups, cells)
        Sums of w and of w^2.
    gradient : array_like, shape (estimates, groups, cells)
        Derivatives of the estimates by the sums of weights of all PSUs together.
    answered : array_like of bool, shape (n_psu, estimates), optional
        Which PSUs have somebody in the domain of an estimate.
    stages, sampling_fraction, lonely_psu
        As `two_stages` takes them.

    Returns
    -------
    ndarray, shape (estimates, estimates)

    Examples
    --------
    >>> stages = Stages(stratum=[0, 0], drawn=[2, 2], sampling_fraction=[0.5, 0.5])
    >>> w, score = [[[0.0, 2.0]], [[1.0, 1.0]]], [[[-0.1875, 0.0625]]]
    >>> covariance_two_stages_rows(w, w, score, stages, sampling_fraction=[0.5]).tolist()
    [[0.046875]]
    """
    drawn = _drawn(stages, sampling_fraction, lonely_psu)
    z = unit_totals(weight, gradient)
    somebody = np.ones(z.shape, dtype=bool) if answered is None else np.asarray(answered) > 0
    within = products_of_rows((weight, weight_squared), gradient, drawn.units, drawn.factor)
    return covariance_of(drawn.psus, z, somebody) + raised(within, somebody, drawn.units)


def _drawn(stages: Stages, sampling_fraction: ArrayLike | None, lonely_psu: LonelyPsu) -> _Drawn:
    """Put both stages together."""
    of = np.asarray(stages.stratum)
    f1 = np.zeros(int(of.max()) + 1) if sampling_fraction is None else np.asarray(sampling_fraction)
    f1 = np.asarray(f1, dtype=np.float64)
    f2 = np.asarray(stages.sampling_fraction, dtype=np.float64)
    psus = layout_of(of, f1, lonely_psu)
    # Where the first stage's fraction is 0 nothing is added, so that one unit there is no lack.
    units = _units(np.asarray(stages.drawn, dtype=np.float64), np.where(f1[of] > 0, f2, 1.0), lonely_psu)
    return _Drawn(psus, units, f1[of] * units.left * units.factor, 1.0 - f1[of] * f2)


def _both(sums: _Sums, drawn: _Drawn) -> DesignVariance:
    """Add the second stage's variance to the first's. Sums have two axes: PSUs and estimates."""
    psus = drawn.psus
    first = of_psus(psus, sums.yes, sums.weight, sums.answered)
    everywhere = replace(psus, strata=replace(psus.strata, left=np.ones(psus.strata.left.size)))
    without = of_psus(everywhere, sums.yes, sums.weight, sums.answered).variance
    with np.errstate(divide="ignore", invalid="ignore"):
        added = (drawn.factor[:, None] * sums.within).sum(axis=0) / sums.weight.sum(axis=0) ** 2
        added = averaged(added, sums.answered, drawn.units)
        variance = without_rounding(first.variance + added, first.proportion * (1.0 - first.proportion))
        part = np.where(without > 0, np.minimum(variance / without, 1.0), 1.0)
    left = np.max(sums.answered * drawn.left[:, None], axis=0)
    return DesignVariance(
        first.proportion, variance, first.df, first.units, np.where(variance > 0, part, left)
    )


def _units(drawn: FloatArray, fraction: FloatArray, lonely_psu: LonelyPsu) -> Strata:
    alone = int(((drawn == 1) & (fraction < 1)).sum())
    if lonely_psu == "error" and alone:
        raise MethodError(
            "lonely_psu",
            allowed="'certainty', 'adjust' or 'average' if a unit of the first stage has one of the second",
            received=f"'error', with {alone:,} such of {drawn.size:,}",
            fix="One unit says nothing of the spread within. Use lonely_psu='adjust', which errs on the side "
            "of caution, or leave the second stage's population size out.",
        )
    return strata_of(drawn, fraction, lonely_psu)


def _flat(values: ArrayLike) -> FloatArray:
    """Put all estimates on one axis."""
    array = np.asarray(values, dtype=np.float64)
    return array.reshape(len(array), -1)


def _shaped(made: DesignVariance, shape: tuple[int, ...]) -> DesignVariance:
    arrays: list[FloatArray | IntArray] = [
        made.proportion,
        made.variance,
        made.df,
        made.units,
        made.correction,
    ]
    return DesignVariance(*(a.reshape(shape) for a in arrays))  # type: ignore[arg-type]
