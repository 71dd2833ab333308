"""Replicate multipliers in batches, and the weighted proportions that they make of unit totals.

A replicate copies no rows. It gives every unit (a row, or a primary sampling unit) a multiplier, so the
totals of many replicates are one matrix product, and all items and groups share the same replicates.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

import numpy as np
from scipy.sparse import csc_array

from credbenefits import _validation as check
from credbenefits._typing import Resampling
from credbenefits.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    from numpy.typing import NDArray

    from credbenefits._typing import FloatArray, IntArray

    _Places: TypeAlias = Callable[[int], NDArray[np.int32]]

_TAKES_STRATA = {"stratified", "cluster", "rao_wu"}
#: Counts held at once (32 MB), the most replicates of a batch, and the fewest that keep the product fast.
_AT_ONCE, _MOST, _FEWEST = 32_000_000, 1_000, 16
#: Draws that are made or counted together: few enough for the processor's cache.
_TOGETHER = 32_768


# ---- multipliers --------------------------------------------------------------------------------------


class Multiplied(Protocol):
    """What multiplies people in each of some replicates."""

    def __len__(self) -> int: ...

    def replicates(self, some: slice) -> Multiplied:
        """Return those of some of the replicates."""
        ...

    def of(self, units: slice = slice(None)) -> FloatArray:
        """Return those of these people, one replicate a row."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Multipliers:
    """The multipliers of a batch of replicates: keep + factor * times drawn.

    One byte holds a count, so a batch takes an eighth of what its multipliers would. No unit is drawn 256
    times: those are drawn once on average, and Poisson's probability of 256 is below 1e-500.

    Attributes
    ----------
    drawn : array of uint8, shape (b, units)
        How often each replicate drew each unit.
    factor, keep : array, shape (units,), optional
        What rescales the counts; without them they are the multipliers.
    """

    drawn: NDArray[np.uint8]
    factor: FloatArray | None = None
    keep: FloatArray | None = None

    def __len__(self) -> int:
        return len(self.drawn)

    def replicates(self, some: slice) -> Multipliers:
        """Return those of some of the replicates."""
        return Multipliers(self.drawn[some], self.factor, self.keep)

    def of(self, units: slice = slice(None)) -> FloatArray:
        """Return the multipliers of these units, one replicate a row."""
        result = self.drawn[:, units].astype(np.float64)
        if self.factor is not None and self.keep is not None:
            result *= self.factor[units]
            result += self.keep[units]
        return result


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
) -> Iterator[Multipliers]:
    r"""Draw replicates, in batches.

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
        For "rao_wu": the proportion of a stratum's units that is in the sample, one for all or one a stratum
        code.
    keep_lonely : bool, default False
        For "rao_wu": give a stratum's only unit the multiplier 1 in every replicate, as if it were there
        for certain, rather than raise.
    n_resamples : int
        How many replicates to draw.
    rng : numpy.random.Generator
        The replicates of a seed do not depend on `batch`.
    batch : int, optional
        Most replicates of a batch; by default as many as take about 32 MB, from 16 to 1,000.

    Returns
    -------
    iterator of Multipliers
        One after the other, so that a batch is all that need be held.

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
    batches = [min(size, n_resamples - start) for start in range(0, n_resamples, size)]
    if name == "poisson":
        return _poisson(units, batches, rng)
    minus = int(name == "rao_wu")
    n_h = np.array([units]) if stratum is None else np.bincount(stratum)
    factor = keep = None
    if name == "rao_wu":
        fraction = _checked_fraction(sampling_fraction, n_h, keep_lonely=keep_lonely)
        factor, keep = _rescaling(n_h, stratum, fraction)
    if stratum is None:
        places: _Places = partial(_from_all, units, units - minus, rng)
    else:
        places = _Within(stratum, np.maximum(n_h - minus, 0), rng)
    return (Multipliers(drawn, factor, keep) for drawn in _drawn(units, batches, places))


def _rescaling(
    n_h: IntArray, stratum: IntArray | None, fraction: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return what Rao and Wu multiply each unit's count by, and what they add to it."""
    # A unit alone in its stratum is not drawn: it keeps its multiplier 1, whatever its fraction.
    shrink = np.where(n_h > 1, np.sqrt(1.0 - fraction), 0.0)
    factor, keep = shrink * n_h / np.maximum(n_h - 1, 1), 1.0 - shrink
    if stratum is None:
        return np.repeat(factor, n_h), np.repeat(keep, n_h)
    return factor[stratum], keep[stratum]


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


# ---- draws --------------------------------------------------------------------------------------------


class _Counter:
    """Counts in bytes: they are an eighth of what np.bincount fills, so more of them are in the cache."""

    def __init__(self) -> None:
        self.ones = np.ones(1, dtype=np.uint8)

    def __call__(self, places: NDArray[np.int32], size: int) -> NDArray[np.uint8]:
        # A sparse column of ones at the places drawn, times 1.
        if places.size > self.ones.size:
            self.ones = np.ones(places.size, dtype=np.uint8)
        ends = np.array([0, places.size], dtype=np.int32)
        column = csc_array((self.ones[: places.size], places, ends), shape=(size, 1))
        return np.asarray(column @ self.ones[:1])


def _from_all(units: int, draws: int, rng: np.random.Generator, replicates: int) -> NDArray[np.int32]:
    """Draw from all units alike."""
    # The draws are those of 64 bits: both kinds take 32 random bits where these are enough.
    return rng.integers(0, units, size=(replicates, draws), dtype=np.int32)


class _Within:
    """Draws so many units of each stratum."""

    def __init__(self, stratum: IntArray, draws: IntArray, rng: np.random.Generator) -> None:
        n_h = np.bincount(stratum)
        low, size = (each.astype(np.int32) for each in (np.cumsum(n_h) - n_h, n_h))
        self.low, self.size = np.repeat(low, draws), np.repeat(size, draws)
        self.order = np.argsort(stratum, kind="stable").astype(np.int32)
        self.rng = rng

    def __call__(self, replicates: int) -> NDArray[np.int32]:
        result = np.empty((replicates, self.low.size), dtype=np.int32)
        # Many draws are made in pieces; several replicates are drawn at once where these are few.
        for start in range(0, self.low.size, _TOGETHER):
            some = slice(start, start + _TOGETHER)
            # Where bounds vary, integers() is three times slower than scaling fractions below 1.
            fractions = self.rng.random((replicates, self.low[some].size))
            result[:, some] = self.order[self.low[some] + (fractions * self.size[some]).astype(np.int32)]
        return result


def _drawn(units: int, batches: list[int], places: _Places) -> Iterator[NDArray[np.uint8]]:
    """Count what was drawn of so many units; `places` draws for so many replicates."""
    together, count = max(1, _TOGETHER // units), _Counter()
    for size in batches:
        out = np.empty((size, units), dtype=np.uint8)
        for start in range(0, size, together):
            part = out[start : start + together]
            drawn = places(len(part))
            if len(part) > 1:  # one count for several replicates: each has its own range of places
                drawn += units * np.arange(len(part), dtype=np.int32)[:, None]
            part[:] = count(drawn.ravel(), part.size).reshape(part.shape)
        yield out


def _poisson(units: int, batches: list[int], rng: np.random.Generator) -> Iterator[Multipliers]:
    """Independent Poisson counts: a Poisson total, spread over the units evenly at random."""
    together = max(1, _TOGETHER // units)
    # All totals come first, so that the stream does not depend on the batches.
    total = rng.poisson(units, sum(batches))
    count, first = _Counter(), 0
    for size in batches:
        out = np.empty((size, units), dtype=np.uint8)
        for start in range(0, size, together):
            part = out[start : start + together]
            times = total[first + start :][: len(part)]
            places = rng.integers(0, units, size=int(times.sum()), dtype=np.int32)
            places += np.repeat(units * np.arange(len(part), dtype=np.int32), times)
            part[:] = count(places, part.size).reshape(part.shape)
        first += size
        yield Multipliers(out)
