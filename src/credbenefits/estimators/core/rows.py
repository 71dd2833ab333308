"""From arrays to the rows of a result: each number with its base, its ladder and its flags."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from credbenefits.counts.coding.groups import where_words
from credbenefits.estimators.core.flags import Response, proportion_flags
from credbenefits.estimators.core.source import base_words
from credbenefits.frames.answers import MISSING_KINDS
from credbenefits.numerics.wilson import one_sided_bound
from credbenefits.results.base import KIND_COLUMNS, people_words
from credbenefits.results.proportions import Proportion, Rung

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray
    from credbenefits.estimators.core.intervals import Limits
    from credbenefits.estimators.core.source import Source
    from credbenefits.estimators.core.task import Task
    from credbenefits.estimators.core.variance import Shares
    from credbenefits.frames.answers import Answers


def make_rows(task: Task, shares: Shares, limits: Limits) -> list[Proportion]:
    """Make one row per share and group."""
    source, groups = task.source, task.groups
    listed = {name: array.tolist() for name, array in _numbers(shares, limits, task.level).items()}
    count, nobs, missing = (a.astype(np.int64).tolist() for a in (shares.count, shares.nobs, shares.missing))
    where = [where_words(source.by, group) for group in groups.labels]
    bases = [base_words(source, words) for words in where]
    named = [tuple(zip(source.by, group, strict=True)) for group in groups.labels]
    rows = []
    for k, each in enumerate(task.answers):
        for g in range(len(groups.labels)):
            n, kinds = nobs[k][g], missing[k][g]
            response = Response(each.label, n, sum(kinds[1:]))
            values = {name: array[k][g] for name, array in listed.items()}
            rows.append(
                Proportion(
                    item=each.column,
                    label=each.label,
                    level=each.level,
                    counts_as_yes=each.counts_as_yes,
                    group=named[g],
                    count=count[k][g],
                    n=n,
                    n_missing=response.n_missing,
                    **dict(zip(KIND_COLUMNS, kinds, strict=True)),
                    missing=tuple((kind, m) for kind, m in zip(MISSING_KINDS, kinds, strict=True) if m),
                    response_rate=response.rate,
                    method=task.words,
                    flags=proportion_flags(
                        values, count=count[k][g], response=response, weighted=source.weighted
                    ),
                    base=people_words(n, bases[g]),
                    ladder=_ladder(source, where[g], each, (count[k][g], n, response.n_missing, kinds[0])),
                    **values,
                )
            )
    return rows


def _numbers(shares: Shares, limits: Limits, level: float) -> dict[str, FloatArray]:
    """Return the numbers of all shares and groups, by the names that they have in a row."""
    # Without degrees of freedom nothing is known of the variance: the formula's 0 would pass for certainty.
    unknown = shares.df <= 0  # not so where there is no design: it is NaN there
    n_effective = np.where(unknown, np.nan, shares.n_effective)
    # At the edge the effective size is that of the answers; where it is unknown there is no bound either.
    bound = one_sided_bound(np.where(shares.edge, n_effective, np.nan), level)
    bound = np.where(shares.count == 0, bound, 1.0 - bound)
    # The formula's 0 is true at the edge only where all of the population was drawn.
    no_error = np.logical_or(unknown, shares.edge & (shares.correction > 0))
    deff = np.divide(shares.nobs, n_effective, out=np.full(n_effective.shape, np.nan), where=n_effective > 0)
    return {
        "estimate": shares.share,
        "std_error": np.where(no_error, np.nan, limits.std_error),
        "conf_low": limits.low,
        "conf_high": limits.high,
        "n_effective": np.where(shares.nobs > 0, n_effective, 0.0),
        "deff": deff,
        "df": shares.df,
        "bound": bound,
    }


def _ladder(
    source: Source, where: str, answers: Answers, counts: tuple[int, int, int, int]
) -> tuple[Rung, ...]:
    """Return the steps from everybody to those who said yes: subsets, the group, the answer."""
    count, n, unanswered, not_asked = counts
    steps = list(source.ladder)
    here = n + unanswered + not_asked
    if steps and here < steps[-1].n:  # of a published table there are none
        # A total leaves out rows without a group.
        whom = where or ("a group" if source.aside.by else "a weight")
        steps.append(Rung(f"with {whom}", here, steps[-1].n))
    if not_asked:
        steps.append(Rung("asked", n + unanswered, here))
    return (*steps, Rung(f"reported {answers.label}", count, n))
