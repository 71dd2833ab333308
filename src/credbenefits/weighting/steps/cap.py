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
    """Weights above a limit are brought down to it.

    It is ``times_median`` times the median of all respondents, or the ``percentile`` of their weights.
    """

    times_median: float | None
    percentile: float | None = None

    @property
    def limits(self) -> bool:
        """Whether there is a limit."""
        return self.times_median is not None or self.percentile is not None

    @property
    def label(self) -> str:
        """What the step is called in the table of steps."""
        if self.percentile is not None:
            return f"capped at the {self.percentile:g}% percentile"
        return "" if self.times_median is None else f"capped at {self.times_median:g} x median"

    @property
    def words(self) -> str:
        """What the step does."""
        if self.percentile is not None:
            return f"capped at the {self.percentile:g}% percentile"
        return (
            "not capped"
            if self.times_median is None
            else f"capped at {self.times_median:g} times their median"
        )

    def limit(self, sample: Sample, weight: FloatArray, draw: Draw) -> FloatArray:
        """Return the limit in each replicate, (replicates,); infinite for none."""
        copies = draw.times[:, sample.answered]
        if self.percentile is not None:
            return percentile_of_copies(weight, copies, self.percentile / 100.0)
        if self.times_median is None:
            return np.full(len(weight), np.inf)
        return self.times_median * median_of_copies(weight, copies)

    def run(self, sample: Sample, weight: FloatArray, draw: Draw) -> FloatArray:
        """Return the weights after the step: see :class:`credbenefits.weighting.recipe.Step`."""
        if not self.limits:
            return weight
        return np.minimum(weight, self.limit(sample, weight, draw)[:, None])

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


def percentile_of_copies(values: FloatArray, copies: FloatArray, part: float) -> FloatArray:
    """Return the smallest value of each row that this part of the copies are up to; infinite for none."""
    order = np.argsort(values, axis=1)
    ordered = np.take_along_axis(values, order, axis=1)
    up_to = np.cumsum(np.take_along_axis(copies, order, axis=1), axis=1)
    wanted = part * up_to[:, -1:] * (1.0 - _ROUNDING)
    place = np.minimum((up_to < wanted).sum(axis=1, keepdims=True), values.shape[1] - 1)
    return np.where(up_to[:, -1] > 0, np.take_along_axis(ordered, place, axis=1)[:, 0], np.inf)


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
