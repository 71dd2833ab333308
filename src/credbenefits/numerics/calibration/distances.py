"""How far weights may move: the ratio of new to given weight as a function of one number for each cell."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, log
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
from scipy.special import expit

if TYPE_CHECKING:
    from credbenefits._typing import CalibrationDistance, FloatArray

#: The lowest and the highest ratio.
Bounds: TypeAlias = "tuple[float, float]"
#: The largest exponent: beyond it ratios and their sums are no numbers.
_LARGEST = 300.0


class Distance(Protocol):
    """The distance G between weights and given ones, whose ratios are ``ratio(u)`` where its slope is u.

    The weights nearest to those given, among all that meet totals of x, have u = x b for some b.
    """

    def ratio(self, u: FloatArray) -> FloatArray:
        """Return the ratio of the new weight to the given one."""
        ...

    def slope(self, ratio: FloatArray) -> FloatArray:
        """Return how a ratio changes with its u."""
        ...

    @property
    def usual_slope(self) -> float:
        """About how large the slopes are, where bounds do not stop ratios."""
        ...

    @property
    def unbounded(self) -> Distance | None:
        """The same distance without bounds, whose weights are those within bounds where they keep them."""
        ...


@dataclass(frozen=True, slots=True)
class Raking:
    """The ratio is c exp(u), within bounds: what iterative proportional fitting gives, and entropy balancing.

    With totals of everybody among the constraints any c gives the same weights; the nearer to them, the
    faster.
    """

    bounds: Bounds = (0.0, inf)
    centre: float = 1.0

    def ratio(self, u: FloatArray) -> FloatArray:
        """Return c exp(u), within the bounds."""
        made: FloatArray = self.centre * np.exp(np.minimum(u, _LARGEST))
        return made if self.bounds == (0.0, inf) else np.clip(made, *self.bounds)

    def slope(self, ratio: FloatArray) -> FloatArray:
        """Return the ratio itself; 0 at the bounds."""
        low, high = self.bounds
        return ratio if self.bounds == (0.0, inf) else np.where((ratio > low) & (ratio < high), ratio, 0.0)

    @property
    def usual_slope(self) -> float:
        """The ratio at u = 0."""
        return float(np.clip(self.centre, *self.bounds))

    @property
    def unbounded(self) -> Distance | None:
        """Raking without bounds; None where there are none."""
        return None if self.bounds == (0.0, inf) else Raking(centre=self.centre)


@dataclass(frozen=True, slots=True)
class Linear:
    """The ratio is c + u, within bounds: generalised regression (GREG). Without bounds it can be negative."""

    bounds: Bounds = (-inf, inf)
    centre: float = 1.0

    def ratio(self, u: FloatArray) -> FloatArray:
        """Return c + u, within the bounds."""
        made: FloatArray = self.centre + u
        return made if self.bounds == (-inf, inf) else np.clip(made, *self.bounds)

    def slope(self, ratio: FloatArray) -> FloatArray:
        """Return 1; 0 at the bounds."""
        low, high = self.bounds
        return np.where((ratio > low) & (ratio < high), 1.0, 0.0)

    @property
    def usual_slope(self) -> float:
        """1."""
        return 1.0

    @property
    def unbounded(self) -> Distance | None:
        """Regression without bounds; None where there are none."""
        return None if self.bounds == (-inf, inf) else Linear(centre=self.centre)


@dataclass(frozen=True, slots=True)
class Logit:
    """The ratio goes from the lowest to the highest on a logistic curve, and reaches neither; c at u = 0."""

    bounds: Bounds
    centre: float = 1.0

    def ratio(self, u: FloatArray) -> FloatArray:
        """Return low + (high - low) / (1 + exp(-a u - b)), with a and b such that the slope at u = 0 is 1."""
        low, high = self.bounds
        below, above = self.centre - low, high - self.centre
        steepness = (high - low) / (below * above)
        return np.asarray(low + (high - low) * expit(steepness * u + log(below / above)), dtype=np.float64)

    def slope(self, ratio: FloatArray) -> FloatArray:
        """Return the slope of the curve; 0 at its ends."""
        low, high = self.bounds
        return (ratio - low) * (high - ratio) / ((self.centre - low) * (high - self.centre))

    @property
    def usual_slope(self) -> float:
        """That at u = 0, which is 1."""
        return 1.0

    @property
    def unbounded(self) -> Distance | None:
        """None: the bounds make the curve."""
        return None


def distance_of(name: CalibrationDistance, bounds: Bounds | None, usual: float) -> Distance:
    """Return a distance. `usual` is the ratio that weights have on average, where it is known, else 1."""
    if name == "raking":
        return Raking(bounds or (0.0, inf), usual)
    if name == "linear":
        return Linear(bounds or (-inf, inf), usual)
    assert bounds is not None
    low, high = bounds
    return Logit(bounds, 1.0 if low < 1.0 < high else (low + high) / 2.0)
