"""Variances and intervals of shares from their replicates."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from credbenefits.estimators.core.intervals import Limits
from credbenefits.estimators.core.refusals import refuse_lost_limits
from credbenefits.numerics.design.replicate_scale import replicate_variance
from credbenefits.numerics.proportion.methods import METHODS
from credbenefits.numerics.resampling import intervals as bootstrap
from credbenefits.numerics.resampling.binomial import binomial_bootstrap
from credbenefits.numerics.resampling.kept import FileScale, difference_spread, drawn_variance
from credbenefits.results.replicates import Replicates

if TYPE_CHECKING:
    from credbenefits.estimators.core.resample import Drawn
    from credbenefits.estimators.core.task import Task
    from credbenefits.estimators.core.variance import Shares


def exact_bootstrap(task: Task, shares: Shares) -> Limits:
    """Intervals of an unweighted share, whose resampled count is binomial: nothing need be drawn."""
    kind = METHODS[task.method].from_replicates
    assert kind is not None  # a bootstrap interval, or this were not called
    low, high = binomial_bootstrap(
        shares.count.astype(np.int64),
        shares.nobs.astype(np.int64),
        kind=kind,
        confidence_level=task.level,
    )
    refuse_lost_limits(task, shares, low, high)
    return Limits(np.sqrt(shares.variance), low, high)


def with_variance(shares: Shares, drawn: Drawn) -> Shares:
    """Take the variance from the replicates; degrees of freedom too, where those know them."""
    if drawn.df is not None:
        variance = replicate_variance(drawn.values, shares.share, drawn.scale, drawn.rscales)
        # Degrees of freedom are units less one; what the units are only the file's makers know.
        return replace(shares, variance=variance, df=drawn.df, units=drawn.df + 1.0)
    variance, df = drawn_variance(drawn.values, shares.share), shares.df
    # Without a design the people themselves are the units.
    return replace(shares, variance=variance, df=np.where(np.isnan(df), shares.nobs - 1.0, df))


def limits_of(task: Task, shares: Shares, drawn: Drawn) -> Limits:
    """Make the intervals from the replicates."""
    known = shares.nobs > 0
    values, share, level = drawn.values[:, known], shares.share[known], task.level
    kind = METHODS[task.method].from_replicates
    if kind == "percentile":
        made = bootstrap.percentile(values, confidence_level=level)
    elif kind == "basic":
        made = bootstrap.basic(values, share, confidence_level=level)
    elif kind == "bca":
        assert drawn.acceleration is not None
        made = bootstrap.bca(values, share, drawn.acceleration[known], confidence_level=level)
    else:
        assert drawn.errors is not None
        assert drawn.std_error is not None
        made = bootstrap.studentized(
            values,
            drawn.errors[:, known],
            estimate=share,
            std_error=drawn.std_error[known],
            confidence_level=level,
        )
    low, high = np.full(known.shape, np.nan), np.full(known.shape, np.nan)
    low[known], high[known] = made
    drawn_in_full = known & (shares.correction == 0)  # all replicates are the sample
    low[drawn_in_full] = high[drawn_in_full] = shares.share[drawn_in_full]
    refuse_lost_limits(task, shares, low, high)
    return Limits(np.sqrt(shares.variance), low, high)


def keep(task: Task, shares: Shares, drawn: Drawn) -> Replicates:
    """Keep the replicates, share by share, groups within shares."""
    labels = tuple(
        {"item": each.column, "level": each.level, **dict(zip(task.source.by, group, strict=True))}
        for each in task.answers
        for group in task.groups.labels
    )
    estimates, values = shares.share.ravel(), drawn.values.reshape(len(drawn.values), -1)
    if drawn.df is None:
        variance, df = drawn_variance(values, estimates), None
    else:
        variance, df = replicate_variance(values, estimates, drawn.scale, drawn.rscales), drawn.df.ravel()
    return Replicates(
        labels,
        estimates,
        values,
        drawn.kind,
        drawn.scale,
        drawn.rscales,
        variance,
        compare_kept,
        df,
        frame_kind=task.source.frame_kind,
    )


def compare_kept(kept: Replicates, one: int, two: int, level: float) -> tuple[float, float, float]:
    """Return the standard error and the limits of the difference of two shares; results compute nothing."""
    values = kept.values[:, one] - kept.values[:, two]
    estimate = float(kept.estimates[one] - kept.estimates[two])
    of_file = None
    if kept.df is not None:
        of_file = FileScale(kept.scale, kept.rscales, float(min(kept.df[one], kept.df[two])))
    return difference_spread(values, estimate, confidence_level=level, of_file=of_file)
