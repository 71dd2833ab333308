"""The pair of limits that every interval function returns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, NamedTuple, NoReturn, Self

import numpy as np
from scipy.special import ndtri

from credbenefits._frozen import Content, frozen
from credbenefits._typing import Measured

if TYPE_CHECKING:
    from collections.abc import Callable

    from credbenefits._typing import BoolArray, FloatArray

#: Limits this close are equal, but for rounding: some 450 units in the last place of 1, and beyond 1 of the
#: limits. They come from sums of rounded numbers, of which the errors mostly cancel.
_ROUNDING = 1e-13


class _Limits(NamedTuple, Generic[Measured]):
    low: Measured
    high: Measured


class Interval(Content, _Limits[Measured]):
    """Lower and upper limits: arrays of one shape, or two numbers. Unpack it: ``low, high = interval``.

    Intervals are equal where their limits are; a missing limit equals a missing limit.

    Attributes
    ----------
    low, high : ndarray or float
        The limits. Arrays that a function of the library returns are read-only; ``low.copy()`` is not.
    method : str
        The method that made them. It is no part of the tuple, nor of what makes intervals equal.
    """

    method: str = ""

    def __new__(cls, low: Measured, high: Measured, method: str = "") -> Self:
        """Make a pair of limits that knows its method."""
        made = tuple.__new__(cls, (low, high))
        made.__dict__["method"] = method
        return made

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"an Interval cannot be changed: {name}")

    def __reduce__(self) -> tuple[Callable[..., Interval[Any]], tuple[Measured, Measured, str]]:
        return _again, (self.low, self.high, self.method)

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"an Interval cannot be changed: {name}")


def _again(low: Measured, high: Measured, method: str) -> Interval[Measured]:
    return Interval(frozen(low), frozen(high), method)


def finished(low: FloatArray, high: FloatArray, shape: tuple[int, ...], method: str) -> Interval[Any]:
    """Return freshly made limits in the shape of the arguments: read-only arrays, or numbers for numbers."""
    for limit in (low, high):
        limit.setflags(write=False)
    return Interval(low.reshape(shape)[()], high.reshape(shape)[()], method)


def has_width(low: FloatArray, high: FloatArray) -> BoolArray:
    """Tell where an upper limit lies above the lower one, by more than rounding; not where either is NaN.

    Examples
    --------
    >>> has_width(np.array([0.1, 0.5, 0.5, np.nan]), np.array([0.2, 0.5, 0.5 + 1e-15, 1.0])).tolist()
    [True, False, False, False]
    """
    size = np.where(np.isfinite(low), np.maximum(np.abs(low), 1.0), 1.0)
    with np.errstate(invalid="ignore"):
        wide: BoolArray = high - low > _ROUNDING * size
    return wide


def one_sided(low: FloatArray, high: FloatArray, alternative: str, *, ends: tuple[float, float]) -> None:
    """Open one end of intervals, in place: "greater" leaves the lower limits, "less" the upper ones."""
    if alternative == "greater":
        np.copyto(high, ends[1], where=~np.isnan(low))
    elif alternative == "less":
        np.copyto(low, ends[0], where=~np.isnan(high))


def two_sided_z(confidence_level: float) -> float:
    """Return the normal quantile that leaves (1 - level)/2 in either tail."""
    # The lower tail keeps its digits where 1 - tiny would not.
    return float(-ndtri((1.0 - confidence_level) / 2.0))


def as_pairs(count: object, nobs: object) -> tuple[FloatArray, FloatArray]:
    """Broadcast counts and bases to float arrays of one shape."""
    x, n = np.broadcast_arrays(np.asarray(count, dtype=np.float64), np.asarray(nobs, dtype=np.float64))
    return x, n


def proportions(count: FloatArray, nobs: FloatArray) -> FloatArray:
    """Return count / nobs; NaN where nobs is 0."""
    p: FloatArray = np.divide(count, nobs, out=np.full(count.shape, np.nan), where=nobs > 0)
    return p
