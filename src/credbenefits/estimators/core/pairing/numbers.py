"""The numbers of a table of transitions: proportions as of any question, net changes, and what links add."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits.estimators.core.intervals import limits
from credbenefits.estimators.core.replicates import draw_file, with_variance
from credbenefits.estimators.core.resample import draw
from credbenefits.estimators.core.variance import estimate, with_stated_deff
from credbenefits.numerics.design.replicate_scale import replicate_variance
from credbenefits.numerics.design.scores import ROUNDING, without_rounding
from credbenefits.numerics.groups.design import DesignGroup, DesignPair, newcombe
from credbenefits.numerics.pairs.paired import paired_interval
from credbenefits.numerics.proportion.methods import METHODS
from credbenefits.numerics.resampling import intervals as bootstrap
from credbenefits.numerics.resampling.kept import drawn_variance

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray
    from credbenefits.estimators.core.pairing.plan import Plan
    from credbenefits.estimators.core.resample import Drawn
    from credbenefits.estimators.core.task import Task
    from credbenefits.estimators.core.variance import Estimates


class Numbers(NamedTuple):
    """The numbers of all names and groups: arrays of the shape (names, groups).

    `kinds` has the kinds of no answer as its last axis. `std_error` is NaN where nothing is known of it,
    `df` where there is no design. `n_effective` is the number of certain pairs that would tell as much.
    """

    estimate: FloatArray
    std_error: FloatArray
    conf_low: FloatArray
    conf_high: FloatArray
    counts: FloatArray
    n: FloatArray
    unadjusted: FloatArray
    n_effective: FloatArray
    df: FloatArray
    kinds: FloatArray


def numbers_of(task: Task, plan: Plan) -> tuple[Numbers, Estimates, Drawn | None]:
    """Work out all numbers of pairs that are taken as certain."""
    estimates, drawn = estimate(task), None
    if task.variance in {"bootstrap", "replicate_weights"}:
        scale = task.resample.scale
        drawn = draw(task, estimates.proportion) if scale is None else draw_file(task, scale)
        estimates = with_variance(estimates, drawn)
    estimates = with_stated_deff(estimates, task.design.deff)
    shares = _of_shares(task, estimates, plan.n_shares)
    together = (
        np.concatenate(each) for each in zip(shares, _of_changes(task, plan, estimates, drawn), strict=True)
    )
    made = Numbers(*together)
    if drawn is not None and METHODS[task.method].from_replicates is not None:
        made = _with_replicated_limits(made, task, plan, estimates=estimates, drawn=drawn)
    return made, estimates, drawn


def _of_shares(task: Task, estimates: Estimates, n: int) -> Numbers:
    """Return the numbers of the first `n` proportions."""
    e, unknown = estimates, estimates.df <= 0
    made = limits(replace(task, method="wilson"), estimates)
    silent = unknown | (e.edge & (e.correction > 0))  # the formula's 0 would pass for certainty
    columns = Numbers(
        e.proportion,
        np.where(silent, np.nan, made.std_error),
        made.low,
        made.high,
        e.count,
        e.nobs,
        e.proportion,
        np.where(unknown, np.nan, np.where(e.nobs > 0, e.n_effective, 0.0)),
        e.df,
        e.missing,
    )
    return Numbers(*(column[:n] for column in columns))


# ---- net changes ---------------------------------------------------------------------------------------


def _of_changes(task: Task, plan: Plan, estimates: Estimates, drawn: Drawn | None) -> Numbers:
    """Return the numbers of the net changes: the second wave's proportion less the first's."""
    n, e = plan.n_shares, estimates
    rose, fell, moved = (slice(n + k * plan.n_net, n + (k + 1) * plan.n_net) for k in range(3))
    change = e.proportion[plan.second_wave] - e.proportion[plan.first_wave]
    nobs, df = e.nobs[plan.first_wave], e.df[plan.first_wave]
    spread = e.proportion[moved] - change**2
    if task.variance == "kish":
        variance = spread / e.n_kish[plan.first_wave]
        low, high = newcombe_of_sizes(task, plan, estimates, (rose, fell))
    else:
        variance = _variance(plan, estimates, drawn, change=change, spread=spread)
        low, high = newcombe_of_design(plan, e, variance, task.level)
    unknown = df <= 0
    known = (variance > 0) | ((e.correction[plan.first_wave] == 0) & ~np.isnan(variance))
    size = np.divide(spread, variance, out=np.where(np.isnan(variance), 0.0, nobs), where=variance > 0)
    return Numbers(
        change,
        np.where(known & ~unknown, np.sqrt(np.maximum(variance, 0.0)), np.nan),
        low,
        high,
        e.count[rose] - e.count[fell],
        nobs,
        change,
        np.where(unknown, np.nan, np.minimum(size, nobs)),
        df,
        e.missing[plan.first_wave],
    )


def _variance(
    plan: Plan, estimates: Estimates, drawn: Drawn | None, *, change: FloatArray, spread: FloatArray
) -> FloatArray:
    """Return the variance of each net change under the design, or from its replicates."""
    if drawn is not None:
        values = _differences(plan, drawn)
        if drawn.df is None:
            return without_rounding(drawn_variance(values, change), spread)
        return without_rounding(replicate_variance(values, change, drawn.scale, drawn.rscales), spread)
    rose, fell, moved = np.split(estimates.variance[plan.n_shares :], 3)
    # V(rose - fell) + V(rose + fell) = 2 V(rose) + 2 V(fell), and who moved either rose or fell.
    whole = 2.0 * (rose + fell)
    variance: FloatArray = np.where(whole - moved <= ROUNDING * whole, 0.0, whole - moved)
    return variance


def _differences(plan: Plan, drawn: Drawn) -> FloatArray:
    """Return the net changes of each replicate."""
    made: FloatArray = drawn.values[:, plan.second_wave] - drawn.values[:, plan.first_wave]
    return made


def newcombe_of_design(
    plan: Plan, estimates: Estimates, variance: FloatArray, level: float
) -> tuple[FloatArray, FloatArray]:
    """Newcombe's interval from the design's variances of both waves' proportions and of their difference."""
    e = estimates
    after, before = (
        DesignGroup(e.proportion[at], e.variance[at], e.nobs[at], e.n_kish[at], e.units[at], e.correction[at])
        for at in (plan.second_wave, plan.first_wave)
    )
    covariance = (e.variance[plan.second_wave] + e.variance[plan.first_wave] - variance) / 2.0
    made = newcombe(DesignPair(after, before, covariance, e.df[plan.first_wave]), confidence_level=level)
    return np.asarray(made.low), np.asarray(made.high)


def newcombe_of_sizes(
    task: Task, plan: Plan, estimates: Estimates, moves: tuple[slice, slice]
) -> tuple[FloatArray, FloatArray]:
    """Newcombe's interval for paired proportions, of people or of effective sizes."""
    e, (rose, fell) = estimates, moves
    there = e.nobs[plan.first_wave] > 0
    n = e.nobs[plan.first_wave]
    part, size = e.count, np.ones(n.shape)
    if task.source.weighted:
        part, size = e.proportion * n[0], e.n_kish[plan.first_wave] / np.maximum(n, 1.0)
    both = part[plan.first_wave] - part[fell]
    counts = (both, part[fell], part[rose], n - both - part[fell] - part[rose])
    low, high = np.full(there.shape, np.nan), np.full(there.shape, np.nan)
    made = paired_interval(
        *(np.maximum(count * size, 0.0)[there] for count in counts), confidence_level=task.level
    )
    low[there], high[there] = made
    return low, high


def _with_replicated_limits(
    made: Numbers, task: Task, plan: Plan, *, estimates: Estimates, drawn: Drawn
) -> Numbers:
    """Take the limits from the replicates; there are none where all replicates are equal."""
    values = np.concatenate([drawn.values[:, : plan.n_shares], _differences(plan, drawn)], axis=1)
    if METHODS[task.method].from_replicates == "percentile":
        low, high = bootstrap.percentile(values, confidence_level=task.level)
    else:
        least = np.where(np.arange(len(made.estimate)) < plan.n_shares, 0.0, -1.0)[:, None]
        low, high = bootstrap.basic(values, made.estimate, confidence_level=task.level, bounds=(-1.0, 1.0))
        low = np.maximum(low, least)
    correction = np.concatenate(
        [estimates.correction[: plan.n_shares], estimates.correction[plan.first_wave]]
    )
    in_full = correction == 0  # all replicates are the sample
    return made._replace(
        conf_low=np.where(in_full, made.estimate, low), conf_high=np.where(in_full, made.estimate, high)
    )
