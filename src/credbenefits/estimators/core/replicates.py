"""Variances and intervals of proportions from their replicates, and the replicates that came with a file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from credbenefits import _progress
from credbenefits.counts.coding.file_weights import FileWeights
from credbenefits.counts.replicate_weights import read_replicate_weights
from credbenefits.errors import MethodError
from credbenefits.estimators.core.intervals import Limits
from credbenefits.estimators.core.of_counts.source import Counted
from credbenefits.estimators.core.refusals import refuse_lost_limits
from credbenefits.estimators.core.resample import Drawn
from credbenefits.frames.answers import NO, YES
from credbenefits.numerics.design.replicate_ranks import ranks_together
from credbenefits.numerics.design.replicate_scale import replicate_proportions, replicate_variance
from credbenefits.numerics.design.scores import without_rounding
from credbenefits.numerics.proportion.methods import METHODS
from credbenefits.numerics.resampling import intervals as bootstrap
from credbenefits.numerics.resampling.binomial import binomial_bootstrap
from credbenefits.numerics.resampling.kept import FileScale, difference_spread, drawn_variance
from credbenefits.results.replicates import Replicates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import FloatArray
    from credbenefits.counts.units import ReplicateScale
    from credbenefits.estimators.core.groups import Groups
    from credbenefits.estimators.core.of_counts.read import AnswersCounted
    from credbenefits.estimators.core.task import Task
    from credbenefits.estimators.core.variance import Estimates

#: Most answers held at once as numbers, over all proportions; more proportions are done in turns.
_MOST_ANSWERS = 8_000_000


def exact_bootstrap(task: Task, estimates: Estimates) -> Limits:
    """Intervals of an unweighted proportion, whose resampled count is binomial: nothing need be drawn."""
    kind = METHODS[task.method].from_replicates
    assert kind is not None  # a bootstrap interval, or this were not called
    low, high = binomial_bootstrap(
        estimates.count.astype(np.int64),
        estimates.nobs.astype(np.int64),
        kind=kind,
        confidence_level=task.level,
    )
    refuse_lost_limits(task, estimates, low, high)
    return Limits(np.sqrt(estimates.variance), low, high)


def with_variance(estimates: Estimates, drawn: Drawn) -> Estimates:
    """Take the variance from the replicates; degrees of freedom too, where those know them."""
    variance, df = _variance(drawn, estimates.proportion), estimates.df
    if drawn.df is not None:
        # Degrees of freedom are units less one; what the units are only the file's makers know.
        return replace(estimates, variance=variance, df=drawn.df, units=drawn.df + 1.0)
    # Without a design the people themselves are the units.
    return replace(estimates, variance=variance, df=np.where(np.isnan(df), estimates.nobs - 1.0, df))


def _variance(drawn: Drawn, proportion: FloatArray) -> FloatArray:
    """Return the variance of replicates about the proportions of the full sample."""
    if drawn.df is None:
        made = drawn_variance(drawn.values, proportion)
    else:
        made = replicate_variance(drawn.values, proportion, drawn.scale, drawn.rscales)
    return without_rounding(made, proportion * (1.0 - proportion))


def limits_of(task: Task, estimates: Estimates, drawn: Drawn) -> Limits:
    """Make the intervals from the replicates."""
    known = estimates.nobs > 0
    values, proportion, level = drawn.values[:, known], estimates.proportion[known], task.level
    kind = METHODS[task.method].from_replicates
    if kind == "percentile":
        made = bootstrap.percentile(values, confidence_level=level)
    elif kind == "basic":
        made = bootstrap.basic(values, proportion, confidence_level=level)
    elif kind == "bca":
        assert drawn.acceleration is not None
        made = bootstrap.bca(values, proportion, drawn.acceleration[known], confidence_level=level)
    else:
        assert drawn.errors is not None
        assert drawn.std_error is not None
        made = bootstrap.studentized(
            values,
            drawn.errors[:, known],
            estimate=proportion,
            std_error=drawn.std_error[known],
            confidence_level=level,
        )
    low, high = np.full(known.shape, np.nan), np.full(known.shape, np.nan)
    low[known], high[known] = made
    drawn_in_full = known & (estimates.correction == 0)  # all replicates are the sample
    low[drawn_in_full] = high[drawn_in_full] = estimates.proportion[drawn_in_full]
    refuse_lost_limits(task, estimates, low, high)
    return Limits(np.sqrt(estimates.variance), low, high)


def keep(task: Task, estimates: Estimates, drawn: Drawn) -> Replicates:
    """Keep the replicates, proportion by proportion, groups within them."""
    labels = tuple(
        {"item": each.column, "level": each.level, **dict(zip(task.source.by, group, strict=True))}
        for each in task.answers
        for group in task.groups.labels
    )
    full, values = estimates.proportion.ravel(), drawn.values.reshape(len(drawn.values), -1)
    return Replicates(
        labels,
        full,
        values,
        drawn.kind,
        drawn.scale,
        drawn.rscales,
        _variance(drawn, estimates.proportion).ravel(),
        compare_kept,
        None if drawn.df is None else drawn.df.ravel(),
        frame_kind=task.source.frame_kind,
    )


def compare_kept(kept: Replicates, one: int, two: int, level: float) -> tuple[float, float, float]:
    """Return the standard error and the limits of a difference; results compute nothing."""
    values = kept.values[:, one] - kept.values[:, two]
    estimate = float(kept.estimates[one] - kept.estimates[two])
    of_file = None
    if kept.df is not None:
        of_file = FileScale(kept.scale, kept.rscales, float(min(kept.df[one], kept.df[two])))
    return difference_spread(values, estimate, confidence_level=level, of_file=of_file)


# ---- weights of the file --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FileSums:
    """Sums of the replicate weights of those who said yes and who answered, shape (R, proportions, groups).

    `sizes` are sums of the sizes of the latter, where some weights are negative. The rank of those who
    answered follows from `products`, of all people in each group, and for each proportion from those in
    `narrow`.
    """

    yes: FloatArray
    base: FloatArray
    sizes: FloatArray | None
    products: FloatArray | None
    narrow: Sequence[Mapping[int, FloatArray]]


def draw_file(task: Task, scale: ReplicateScale) -> Drawn:
    """Make the replicates of all proportions from the weights of the file."""
    n = len(scale.rscales)
    with _progress.showing("replicates", task.resample.progress) as tell:
        sums = _of_counts(task.source) if isinstance(task.source, Counted) else _of_rows(task)
        tell(n, n)
    groups = task.groups
    sizes = None if sums.sizes is None else groups.sums(sums.sizes)
    values = replicate_proportions(groups.sums(sums.yes), groups.sums(sums.base), sizes)
    return Drawn(values, None, scale.kind, scale.scale, scale.rscales, _df(sums, groups, scale))


def _df(sums: FileSums, groups: Groups, scale: ReplicateScale) -> FloatArray:
    """Degrees of freedom of each proportion and group: the rank of the weights of those who answered minus 1.

    People whose weights go up and down together are one unit, so an item that was answered within one
    unit has none, however many the file has.
    """
    if sums.products is None:
        if scale.df is None:
            raise MethodError(
                "design.replicate_weights",
                allowed="df=, for counts that do not hold the products of replicate weights",
                received=None,
                fix="Count the rows anew, or state ReplicateWeights(..., df=...).",
            )
        return np.full((len(sums.narrow), len(groups.labels)), float(scale.df))
    ranks = ranks_together(sums.products, sums.narrow, groups.members)
    df: FloatArray = np.minimum(np.maximum(ranks - 1.0, 0.0), np.inf if scale.df is None else scale.df)
    return df


def _of_rows(task: Task) -> FileSums:
    """Add up the weights of rows, group by group: a product of matrices for many answers at once."""
    prepared, given, n_groups = task.prepared, task.resample.weights, len(task.source.group_labels)
    assert given is not None
    inside = np.where(prepared.taking_part, prepared.group, -1)
    weights = read_replicate_weights(prepared.frame, given)
    # Only ratios matter. A power of two changes no digit, and keeps products of two weights from overflowing.
    np.ldexp(weights, -int(np.frexp(max(weights.max(), -weights.min()))[1]), out=weights)
    file = FileWeights(weights, inside, n_groups)
    shape = len(given.columns), len(task.answers), n_groups
    yes, base = np.zeros(shape), np.zeros(shape)
    sizes = np.zeros(shape) if file.negative else None
    step = max(1, _MOST_ANSWERS // max(inside.size, 1))
    for start in range(0, shape[1], step):
        some = slice(start, start + step)
        status = np.column_stack([each.status for each in task.answers[some]])
        for g, (rows, weights) in enumerate(zip(file.rows, file.grouped.groups, strict=True)):
            here = status[rows]
            answered = here >= NO
            # Where everybody answered everything, all proportions have one base.
            of = np.ones((rows.size, 1)) if answered.all() else answered.astype(np.float64)
            yes[:, some, g] = weights.T @ (here == YES).astype(np.float64)
            base[:, some, g] = weights.T @ of
            if sizes is not None:
                sizes[:, some, g] = np.abs(weights).T @ of
    narrow = [file.narrow_where(each.status >= NO) for each in task.answers]
    return FileSums(yes, base, sizes, file.products, narrow)


def _of_counts(source: Counted) -> FileSums:
    """Take the sums from the counts."""
    made = [_of_share(each) for each in source.answers]
    yes, base, sizes = (np.stack(each, axis=1) for each in zip(*made, strict=True))
    negative = any(each.tally.replicate.min(initial=0.0) < 0 for each in source.answers)  # type: ignore[union-attr]
    narrow = [each.narrow for each in source.answers]
    return FileSums(yes, base, sizes if negative else None, source.counts.products, narrow)


def _of_share(answers: AnswersCounted) -> tuple[FloatArray, FloatArray, FloatArray]:
    replicate = answers.tally.replicate
    assert replicate is not None  # counts with a scale have it in every tally
    base = replicate[..., answers.sides >= NO]
    yes = replicate[..., answers.sides == YES]
    return yes.sum(axis=-1), base.sum(axis=-1), np.abs(base).sum(axis=-1)
