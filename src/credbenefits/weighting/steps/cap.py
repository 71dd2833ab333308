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

        A weight that is capped changes as the limit does: see :meth:`to_limit`.
        """
        kept = self.run(sample, weight, draw)[0] == weight[0]
        held = (gradient * ~kept).sum(axis=1)
        of_limit = self.to_limit(sample, weight, held)
        return of_limit._replace(weight=of_limit.weight + gradient * kept)

    def to_limit(self, sample: Sample, weight: FloatArray, gradient: FloatArray) -> Gradients:
        """Take how estimates change with the limit, (estimates,), back to what the limit is a quantile of.

        The limit is estimated: other people have another median. A quantile of a sample is not smooth, so it
        is taken as the mean of all quantiles that are within one standard error of it in rank: see
        :func:`quantile_changes`.
        """
        times = np.zeros((gradient.size, sample.answered.size))
        base = np.zeros(times.shape)
        if not gradient.any():
            return Gradients(np.zeros((gradient.size, weight.shape[1])), times, base)
        part = 0.5 if self.percentile is None else self.percentile / 100.0
        of_weight, of_copies = quantile_changes(weight[0], part)
        each = gradient[:, None] * (self.times_median or 1.0)
        times[:, sample.answered] = each * of_copies
        return Gradients(each * of_weight, times, base)


def quantile_changes(values: FloatArray, part: float) -> tuple[FloatArray, FloatArray]:
    r"""Return how a smooth quantile changes with each value, and with the copies of each.

    It is the mean of the quantiles from :math:`p - b` to :math:`p + b`, with :math:`p` the part and
    :math:`b = \sqrt{p (1 - p) / n}`, the standard error of the rank of a quantile: so far quantiles of other
    samples lie from this one. With the copies of a value it changes by how far that value, brought into the
    window, is from the mean of all values brought into it, over :math:`2 b n`: the influence function of a
    trimmed mean of order statistics. Equal values share alike. Where all within the window are equal, copies
    change nothing.

    Source: Huber & Ronchetti (2009), Robust Statistics, 3.3 (L-estimates).
    """
    n, reach = values.size, np.sqrt(part * (1.0 - part) / values.size)
    low, high = max(part - reach, 0.0), min(part + reach, 1.0)
    levels, place, people = np.unique(values, return_inverse=True, return_counts=True)
    up_to = np.cumsum(people) / n
    below = up_to - people / n
    inside = np.maximum(np.minimum(up_to, high) - np.maximum(below, low), 0.0) / (high - low)
    window = np.flatnonzero(inside)
    brought = np.clip(levels, levels[window[0]], levels[window[-1]])
    of_copies = (brought - people @ brought / n) / ((high - low) * n)
    return (inside / people)[place], of_copies[place]


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
