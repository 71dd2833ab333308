"""Linearised variance of weighted shares from two stages of sampling, both of finite populations."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits.errors import MethodError
from credbenefits.numerics.design import scores as one_stage
from credbenefits.numerics.design.variance import DesignVariance, of_psus

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from credbenefits._typing import BoolArray, FloatArray, IntArray, LonelyPsu


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
    >>> float(made.share), float(made.variance), int(made.df)
    (0.75, 0.046875, 1)
    """
    codes = np.asarray(psu)
    order = np.argsort(codes, kind="stable")
    of = codes[order]
    first = np.flatnonzero(np.diff(of, prepend=-1))
    yes, w, answered = (_flat(a)[order] for a in (weight_yes, weight, people))
    totals = [np.add.reduceat(a, first, axis=0) for a in (yes, w, answered)]
    share = _share(totals[0], totals[1])
    score = yes - np.nan_to_num(share) * w
    drawn = np.asarray(stages.drawn, dtype=np.float64)[:, None]
    mean = np.where(drawn > 1, np.add.reduceat(score, first, axis=0) / drawn, 0.0)
    within = np.add.reduceat((score - mean[of]) ** 2, first, axis=0)
    sums = _Sums(totals[0], totals[1], totals[2] > 0, within)
    made = _both(sums, stages, sampling_fraction, lonely_psu)
    return _shaped(made, np.shape(weight)[1:])


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
    >>> float(made.share), float(made.variance), int(made.df)
    (0.75, 0.046875, 1)
    """
    yes, w, answered, yes2, w2 = map(_flat, (weight_yes, weight, people, weight_squared_yes, weight_squared))
    p = np.nan_to_num(_share(yes, w))
    drawn = np.asarray(stages.drawn, dtype=np.float64)[:, None]
    squares = yes2 * (1.0 - p) ** 2 + (w2 - yes2) * p**2
    score = yes * (1.0 - p) - (w - yes) * p
    within = np.where(drawn > 1, squares - score**2 / np.maximum(drawn, 1.0), squares)
    within = np.where(within > one_stage.ROUNDING * squares, within, 0.0)
    made = _both(_Sums(yes, w, answered > 0, within), stages, sampling_fraction, lonely_psu)
    return _shaped(made, np.shape(weight)[1:])


def _both(
    sums: _Sums, stages: Stages, sampling_fraction: ArrayLike | None, lonely_psu: LonelyPsu
) -> DesignVariance:
    """Add the second stage's variance to the first's. Sums have two axes: PSUs and estimates."""
    of = np.asarray(stages.stratum)
    codes = np.unique(of)
    f1 = np.zeros(int(codes[-1]) + 1) if sampling_fraction is None else np.asarray(sampling_fraction)
    f1 = np.asarray(f1, dtype=np.float64)
    f2 = np.asarray(stages.sampling_fraction, dtype=np.float64)
    drawn = np.asarray(stages.drawn, dtype=np.float64)
    layout = one_stage.layout_of(of, f1, lonely_psu)
    # Where the first stage's fraction is 0 nothing is added, so that one unit there is no lack.
    inner = _inner(drawn, np.where(f1[of] > 0, f2, 1.0), lonely_psu)
    first = of_psus(layout, sums.yes, sums.weight, sums.answered)
    everywhere = replace(layout, strata=replace(layout.strata, left=np.ones(layout.strata.left.size)))
    without = of_psus(everywhere, sums.yes, sums.weight, sums.answered).variance
    factor = (f1[of] * inner.left * inner.factor)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        added = (factor * sums.within).sum(axis=0) / sums.weight.sum(axis=0) ** 2
        added = one_stage.averaged(added, sums.answered, inner)
        variance = first.variance + added
        ratio = np.where(without > 0, np.minimum(variance / without, 1.0), 1.0)
    left = np.max(sums.answered * (1.0 - f1[of] * f2)[:, None], axis=0)
    return DesignVariance(first.share, variance, first.df, first.units, np.where(variance > 0, ratio, left))


def _inner(drawn: FloatArray, fraction: FloatArray, lonely_psu: LonelyPsu) -> one_stage.Strata:
    alone = int(((drawn == 1) & (fraction < 1)).sum())
    if lonely_psu == "error" and alone:
        raise MethodError(
            "lonely_psu",
            allowed="'certainty', 'adjust' or 'average' if a unit of the first stage has one of the second",
            received=f"'error', with {alone:,} such of {drawn.size:,}",
            fix="One unit says nothing of the spread within. Use lonely_psu='adjust', which errs on the side "
            "of caution, or leave the second stage's population size out.",
        )
    return one_stage.strata_of(drawn, fraction, lonely_psu)


def _share(yes: FloatArray, weight: FloatArray) -> FloatArray:
    total = weight.sum(axis=0)
    share: FloatArray = np.divide(yes.sum(axis=0), total, out=np.full(total.shape, np.nan), where=total > 0)
    return share


def _flat(values: ArrayLike) -> FloatArray:
    """Put all estimates on one axis."""
    array = np.asarray(values, dtype=np.float64)
    return array.reshape(len(array), -1)


def _shaped(made: DesignVariance, shape: tuple[int, ...]) -> DesignVariance:
    arrays: list[FloatArray | IntArray] = [made.share, made.variance, made.df, made.units, made.correction]
    return DesignVariance(*(a.reshape(shape) for a in arrays))  # type: ignore[arg-type]
