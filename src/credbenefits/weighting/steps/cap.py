"""A cap on weights, as a multiple of their median."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from credbenefits.weighting.recipe import Account, Gradients

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray, Progress
    from credbenefits.weighting.recipe import Draw, Sample

#: Half of the people, but for what rounding leaves of their sum.
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Cap:
    """Weights above `times_median` times the median of all respondents are brought down to it."""

    times_median: float | None

    @property
    def label(self) -> str:
        """What the step is called in the table of steps."""
        return "" if self.times_median is None else f"capped at {self.times_median:g} x median"

    @property
    def words(self) -> str:
        """What the step does."""
        return (
            "not capped"
            if self.times_median is None
            else f"capped at {self.times_median:g} times their median"
        )

    def run(self, sample: Sample, weight: FloatArray, draw: Draw) -> FloatArray:
        """Return the weights after the step: see :class:`credbenefits.weighting.recipe.Step`."""
        if self.times_median is None:
            return weight
        limit = self.times_median * median_of_copies(weight, draw.times[:, sample.answered])
        return np.minimum(weight, limit[:, None])

    def report(self, sample: Sample, weight: FloatArray, draw: Draw, tell: Progress) -> Account:
        """Run the step for the people as they are: see :class:`credbenefits.weighting.recipe.Reporting`."""
        after = self.run(sample, weight, draw)[0]
        tell(1, 1)
        return Account(after, limited=bool((after < weight[0]).any()))

    def backward(self, sample: Sample, weight: FloatArray, draw: Draw, gradient: FloatArray) -> Gradients:
        """Take gradients back through the step: see :class:`credbenefits.weighting.recipe.Step`.

        The limit is taken as fixed: a capped weight changes with nothing.
        """
        nothing = np.zeros((len(gradient), sample.answered.size))
        kept = self.run(sample, weight, draw)[0] == weight[0]
        return Gradients(gradient * kept, nothing, nothing)


def median_of_copies(values: FloatArray, copies: FloatArray) -> FloatArray:
    """Return the median of each row of values, each of which is there so many times; infinite for none.

    With whole numbers it is the median of the values written out so often. Between two values of which
    one half of the copies are below and one half above, it is their mean.
    """
    order = np.argsort(values, axis=1)
    ordered = np.take_along_axis(values, order, axis=1)
    below = np.cumsum(np.take_along_axis(copies, order, axis=1), axis=1)
    half = below[:, -1:] / 2.0
    hair = _ROUNDING * half
    # The first value that at least half are up to, and the first that more than half are up to.
    first, after = ((below < edge).sum(axis=1, keepdims=True) for edge in (half - hair, half + hair))
    last = values.shape[1] - 1
    low, high = (
        np.take_along_axis(ordered, np.minimum(place, last), axis=1)[:, 0] for place in (first, after)
    )
    return np.where(half[:, 0] > 0, (low + high) / 2.0, np.inf)
