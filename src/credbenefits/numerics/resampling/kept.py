"""What replicates that were kept tell: the variance of proportions, and of the difference of two of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import stdtrit

from credbenefits.numerics.design.replicate_scale import replicate_variance
from credbenefits.numerics.interval import has_width
from credbenefits.numerics.resampling.intervals import percentile

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray


class FileScale(NamedTuple):
    """What makes a variance of a file's replicates, and the degrees of freedom that it has."""

    scale: float
    rscales: FloatArray
    df: float


class Spread(NamedTuple):
    """Standard error and limits."""

    std_error: float
    low: float
    high: float


def drawn_variance(values: FloatArray, estimates: FloatArray) -> FloatArray:
    """Mean squared distance of replicates from the full sample's estimates, over those that have one."""
    known = ~np.isnan(values)
    squares = np.where(known, values - estimates, 0.0) ** 2
    n = known.sum(axis=0)
    variance: FloatArray = np.divide(squares.sum(axis=0), n, out=np.full(n.shape, np.nan), where=n > 0)
    return variance


def difference_spread(
    values: FloatArray, estimate: float, *, confidence_level: float, of_file: FileScale | None = None
) -> Spread:
    """Return the standard error and the limits of a difference from its replicates.

    Parameters
    ----------
    values : ndarray, shape (replicates,)
        The difference in each replicate.
    estimate : float
        The difference in the full sample.
    confidence_level : float
        Level of the interval, a proportion.
    of_file : FileScale, optional
        Where the replicates are those of a file's weights.

    Returns
    -------
    Spread
        The percentile interval of replicates that were drawn. A file's replicates are no sample of
        differences: for them the limits are t standard errors away, and NaN where there is no t or no error.

    Examples
    --------
    >>> import numpy as np
    >>> made = difference_spread(np.array([0.1, 0.3]), 0.2, confidence_level=0.95)
    >>> round(made.std_error, 3)
    0.1
    """
    if of_file is None:
        low, high = percentile(values, confidence_level=confidence_level)
        return Spread(float(np.sqrt(drawn_variance(values, np.asarray(estimate)))), float(low), float(high))
    scale, rscales, df = of_file
    std_error = float(np.sqrt(replicate_variance(values, np.asarray(estimate), scale, rscales)))
    half = float(stdtrit(df, (1.0 + confidence_level) / 2.0)) * std_error if df > 0 else float("nan")
    limits = np.array([estimate - half, estimate + half])
    low, high = np.where(has_width(*limits), limits, np.nan)
    return Spread(std_error, float(low), float(high))
