"""Replicate multipliers in batches, and the weighted shares that they make of unit totals.

A replicate copies no rows. It gives every unit (a row, or a primary sampling unit) a multiplier, so the
totals of many replicates are one matrix product, and all items and groups share the same replicates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from credbenefits import _validation as check
from credbenefits._typing import Resampling
from credbenefits.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from credbenefits._typing import FloatArray, IntArray


_TAKES_STRATA = {"stratified", "cluster", "rao_wu"}
#: Multipliers held at once (32 MB), the most replicates of a batch, and the fewest that keep the product
#: fast.
_AT_ONCE, _MOST, _FEWEST = 4_000_000, 1_000, 16
#: Draws that are counted together: few enough for the processor's cache.
_TOGETHER = 32_768


# ---- multipliers --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
    """Each draw takes one of `order[low:high]`; then the multiplier is keep + factor * times drawn."""

    low: int | IntArray
    high: int | IntArray
    n_draws: int
    order: IntArray | None = None
    factor: FloatArray | None = None
    keep: FloatArray | None = None


def multipliers(
    kind: Resampling,
    units: int,
    *,
    stratum: IntArray | None = None,
    sampling_fraction: float | FloatArray = 0.0,
    keep_lonely: bool = False,
    n_resamples: int,
    rng: np.random.Generator,
    batch: int | None = None,
) -> Iterator[FloatArray]:
    r"""Draw replicates; each array that comes holds a batch of them: one a row, with one column a unit.

    Parameters
    ----------
    kind : {"simple", "stratified", "cluster", "rao_wu", "poisson"}
        See Notes.
    units : int
        How many units there are: rows, or primary sampling units (PSUs) for "cluster" and mostly for
        "rao_wu".
    stratum : array of int, optional
        Stratum of each unit, as codes 0, 1, ... Needed for "stratified"; without it "cluster" and "rao_wu"
        draw from all units together; the others take none.
    sampling_fraction : float or array, default 0
        For "rao_wu": the share of a stratum's units that is in the sample, one for all or one a stratum code.
    keep_lonely : bool, default False
        For "rao_wu": give a stratum's only unit the multiplier 1 in every replicate, as if it were there
        for certain, rather than raise.
    n_resamples : int
        How many replicates to draw.
    rng : numpy.random.Generator
        The replicates of a seed do not depend on `batch`.
    batch : int, optional
        Most replicates of an array; by default as many as take about 32 MB, at most 1,000.

    Returns
    -------
    iterator of array, shape (b, units)
        New arrays of floats.

    Raises
    ------
    InputError
        If strata or fractions are given to a kind that takes none, or are missing or out of range; for
        "rao_wu" if a stratum has one unit and `keep_lonely` is not set.

    Notes
    -----
    With :math:`r_i` the times that unit i is drawn:

    - "simple": n of n units with replacement; the multiplier is :math:`r_i`.
    - "stratified": :math:`n_h` of the :math:`n_h` units of each stratum.
    - "cluster": n of n PSUs; with `stratum`, :math:`n_h` of :math:`n_h` within each.
    - "rao_wu": :math:`m_h = n_h - 1` of :math:`n_h`, and the multiplier is
      :math:`1 - \lambda_h + \lambda_h (n_h/m_h) r_i` with :math:`\lambda_h^2 = m_h (1 - f_h)/(n_h - 1) = 1
      - f_h`. So without fractions it is :math:`r_i n_h/(n_h - 1)`, and totals have the variance that
      linearisation gives.
    - "poisson": independent Poisson counts of mean 1.

    References
    ----------
    Efron, B. and Tibshirani, R. J. (1993). An Introduction to the Bootstrap. Chapman & Hall, chapters 6 and
    8.

    Rao, J. N. K. and Wu, C. F. J. (1988). Resampling inference with complex survey data. Journal of the
    American Statistical Association 83, 231-241.

    Rao, J. N. K., Wu, C. F. J. and Yue, K. (1992). Some recent work on resampling methods for complex
    surveys. Survey Methodology 18, 209-217.
    """
    name = check.choice("kind", kind, Resampling)
    if (stratum is None and name == "stratified") or (stratum is not None and name not in _TAKES_STRATA):
        raise InputError(
            "stratum",
            allowed="a stratum for each unit" if stratum is None else f"None with kind {name!r}",
            value=stratum,
            fix="Strata belong to the kinds 'stratified', 'cluster' and 'rao_wu'.",
        )
    if np.any(sampling_fraction) and name != "rao_wu":
        raise InputError(
            "sampling_fraction",
            allowed=f"none with kind {name!r}",
            value=sampling_fraction,
            fix="Use kind 'rao_wu', which corrects for it.",
        )
    size = batch or max(_FEWEST, min(_MOST, _AT_ONCE // units))
    sizes = [min(size, n_resamples - start) for start in range(0, n_resamples, size)]
    if name == "poisson":
        return _poisson(units, sizes, rng)
    if stratum is None:
        plan, n_h = _Plan(0, units, units - (name == "rao_wu")), np.array([units])
    else:
        plan, n_h = _within_strata(stratum, minus=int(name == "rao_wu"))
    if name == "rao_wu":
        plan = _rescaled(
            plan, n_h, stratum, _checked_fraction(sampling_fraction, n_h, keep_lonely=keep_lonely)
        )
    return _drawn(plan, units, sizes, rng)


def _within_strata(stratum: IntArray, *, minus: int) -> tuple[_Plan, IntArray]:
    """Plan to draw n_h - minus units of each stratum."""
    n_h = np.bincount(stratum)
    m_h = np.maximum(n_h - minus, 0)
    high = np.cumsum(n_h)
    order = np.argsort(stratum, kind="stable")
    return _Plan(np.repeat(high - n_h, m_h), np.repeat(high, m_h), int(m_h.sum()), order), n_h


def _rescaled(plan: _Plan, n_h: IntArray, stratum: IntArray | None, fraction: FloatArray) -> _Plan:
    """Rescale what is drawn as Rao and Wu do."""
    # A unit alone in its stratum is not drawn: it keeps its multiplier 1, whatever its fraction.
    shrink = np.where(n_h > 1, np.sqrt(1.0 - fraction), 0.0)
    factor = shrink * n_h / np.maximum(n_h - 1, 1)
    of_unit = np.zeros(1, dtype=np.int64) if stratum is None else stratum
    return _Plan(plan.low, plan.high, plan.n_draws, plan.order, factor[of_unit], (1.0 - shrink)[of_unit])


def _checked_fraction(fraction: float | FloatArray, n_h: IntArray, *, keep_lonely: bool) -> FloatArray:
    lonely = np.flatnonzero(n_h == 1)
    if lonely.size and not keep_lonely:
        raise InputError(
            "stratum",
            allowed="at least two units in every stratum",
            received=f"one unit in the strata {check.listing(lonely.tolist())}",
            fix="Merge such strata with others that are like them, or set keep_lonely=True.",
        )
    f = np.asarray(fraction, dtype=np.float64)
    if f.shape not in {(), n_h.shape} or not np.all((f >= 0) & (f <= 1)):
        raise InputError(
            "sampling_fraction",
            allowed=f"numbers from 0 to 1, one for all or one for each of {n_h.size} strata",
            value=fraction,
            fix="Give the units in the sample over the units there are; 0 if that is unknown or tiny.",
        )
    return np.broadcast_to(f, n_h.shape)


def _drawn(plan: _Plan, units: int, sizes: list[int], rng: np.random.Generator) -> Iterator[FloatArray]:
    together = max(1, _TOGETHER // units)
    for size in sizes:
        out = np.empty((size, units))
        for start in range(0, size, together):
            part = out[start : start + together]
            shape = (len(part), plan.n_draws)
            if plan.order is None:
                drawn = rng.integers(plan.low, plan.high, size=shape)
            else:  # where bounds vary, integers() is three times slower than scaling fractions below 1
                place = plan.low + (rng.random(shape) * (plan.high - plan.low)).astype(np.int64)
                drawn = plan.order[place]
            # One count for several replicates: each has its own range of keys.
            drawn += units * np.arange(len(part))[:, None]
            part[:] = np.bincount(drawn.ravel(), minlength=part.size).reshape(part.shape)
            if plan.factor is not None and plan.keep is not None:
                part *= plan.factor
                part += plan.keep
        yield out


def _poisson(units: int, sizes: list[int], rng: np.random.Generator) -> Iterator[FloatArray]:
    """Independent Poisson counts: a Poisson total, spread over the units evenly at random."""
    together = max(1, _TOGETHER // units)
    # All totals come first, so that the stream does not depend on the batches.
    totals = iter(np.split(rng.poisson(units, sum(sizes)), np.cumsum(sizes)[:-1]))
    for size, total in zip(sizes, totals, strict=True):
        out = np.empty((size, units))
        for start in range(0, size, together):
            part, times = out[start : start + together], total[start : start + together]
            drawn = rng.integers(0, units, size=int(times.sum()))
            drawn += np.repeat(units * np.arange(len(part)), times)
            part[:] = np.bincount(drawn, minlength=part.size).reshape(part.shape)
        yield out


# ---- shares -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class UnitTotals:
    """Totals of consecutive units, from which shares are made: one column a share.

    For rows in groups, sort the rows by group and make one of these a group, so that each row is worked on
    for its own group only. For PSUs, whose rows are in several groups, make one with a column for each item
    and group.

    Attributes
    ----------
    units : slice
        Which units these are.
    yes : array, shape (units, columns)
        Sum of w y of each unit.
    base : array, shape (units, columns) or fewer columns
        Sum of w over those of the unit who answered. Fewer columns repeat: one if that is the same for all
        shares, one a group if it is the same for all items.
    """

    units: slice
    yes: FloatArray
    base: FloatArray


def replicate_shares(
    batches: Iterable[FloatArray], blocks: Sequence[UnitTotals], *, tick: Callable[[int], None] | None = None
) -> FloatArray:
    """Shares sum(m w y) / sum(m w) of every replicate: shape (replicates, all columns of all blocks).

    `batches` are multipliers, or replicate weights that came with a file (then the totals hold y and
    answered without a weight). A share is NaN in a replicate whose base is not above 0 (a file's negative
    weights may add up to less); `undefined` counts those.
    `tick` is told how many replicates each batch had.
    """
    made = []
    for batch in batches:
        made.append(np.hstack([_share(batch[:, b.units], b) for b in blocks]))
        if tick is not None:
            tick(len(batch))
    return np.concatenate(made)


def replicate_shares_and_errors(
    batches: Iterable[FloatArray], blocks: Sequence[UnitTotals], *, tick: Callable[[int], None] | None = None
) -> tuple[FloatArray, FloatArray]:
    """Shares, and the linearised standard error of each in its replicate, for `bootstrap.studentized`.

    With z = (unit's total of w y) - p (unit's total of w) it is sqrt(sum(m z^2)) / sum(m w), for units that
    are drawn independently (one stratum). Give one batch of ones to get the estimate and its error by the
    same formula.
    """
    made = []
    products = [(b.yes**2, b.yes * _repeated(b.base, b), b.base**2) for b in blocks]
    for batch in batches:
        shares = [_share(batch[:, b.units], b) for b in blocks]
        errors = []
        for b, p, (yes_yes, yes_base, base_base) in zip(blocks, shares, products, strict=True):
            m = batch[:, b.units]
            squares = m @ yes_yes - 2.0 * p * (m @ yes_base) + p**2 * _repeated(m @ base_base, b)
            # Rounding may leave a hair below 0 where all units of a replicate have one answer.
            errors.append(_divided(np.sqrt(np.maximum(squares, 0.0)), _repeated(m @ b.base, b)))
        made.append((np.hstack(shares), np.hstack(errors)))
        if tick is not None:
            tick(len(batch))
    all_shares, all_errors = zip(*made, strict=True)
    return np.concatenate(all_shares), np.concatenate(all_errors)


def undefined(replicates: FloatArray) -> IntArray:
    """Count the replicates (first axis) in which an estimate does not exist."""
    return np.asarray(np.isnan(replicates).sum(axis=0))


def _share(m: FloatArray, totals: UnitTotals) -> FloatArray:
    return _divided(m @ totals.yes, _repeated(_cleared(m @ totals.base, m, totals.base), totals))


def _cleared(base: FloatArray, m: FloatArray, of: FloatArray) -> FloatArray:
    """Set to 0 what rounding left of a file's weights that cancel each other."""
    if m.size == 0 or m.min() >= 0:
        return base
    cleared: FloatArray = np.where(np.abs(base) > 1e-12 * (np.abs(m) @ of), base, 0.0)
    return cleared


def _repeated(base: FloatArray, totals: UnitTotals) -> FloatArray:
    """Give every share its column of the base; one column does for all."""
    columns, there = totals.yes.shape[1], base.shape[1]
    return base if there in {1, columns} else np.tile(base, columns // there)


def _divided(top: FloatArray, bottom: FloatArray) -> FloatArray:
    out = np.full(top.shape, np.nan)
    np.divide(top, bottom, out=out, where=bottom > 0)
    return out
