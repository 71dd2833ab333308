"""Bootstrap of a weighted proportion on cells: a replicate reweights cells, it copies no rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from credbenefits.numerics._interval import Interval

if TYPE_CHECKING:
    from collections.abc import Callable

    from credbenefits._typing import FloatArray, IntArray

#: Largest number of draws held at once; keeps a run below about 100 MB whatever n is.
_DRAWS_AT_ONCE = 4_000_000


def replicates(
    yes: FloatArray,
    weight: FloatArray,
    people: IntArray,
    n_resamples: int,
    *,
    rng: np.random.Generator,
    tick: Callable[[int], None] | None = None,
) -> FloatArray:
    """Estimates of sum(w y) / sum(w) when as many people are drawn again with replacement.

    `yes` (0 or 1), `weight` and `people` (how many share the two) describe the cells. Drawing
    people with replacement makes the cell counts multinomial, so that is what is drawn.
    """
    n = int(people.sum())
    share = people / n
    out = np.empty(n_resamples)
    batch = max(1, _DRAWS_AT_ONCE // people.size)
    for start in range(0, n_resamples, batch):
        stop = min(start + batch, n_resamples)
        drawn = rng.multinomial(n, share, size=stop - start).astype(np.float64)
        out[start:stop] = (drawn @ (weight * yes)) / (drawn @ weight)
        if tick is not None:
            tick(stop - start)
    return out


def percentile(estimates: FloatArray, confidence_level: float) -> Interval:
    """Percentile interval: the central share of the replicate estimates.

    Source: Efron & Tibshirani (1993), An Introduction to the Bootstrap, section 13.3.
    """
    tail = (1.0 - confidence_level) / 2.0
    low, high = np.quantile(estimates, [tail, 1.0 - tail])
    return Interval(np.asarray(low), np.asarray(high))
