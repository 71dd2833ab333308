"""From arrays to the columns of a result: each number with its base, its ladder and its flags."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from credbenefits.counts.coding.groups import where_words
from credbenefits.estimators.core.flags import Response, proportion_flags
from credbenefits.estimators.core.source import base_words
from credbenefits.frames.answers import MISSING_KINDS
from credbenefits.numerics.wilson import one_sided_bound
from credbenefits.results.base import KIND_COLUMNS, people_words
from credbenefits.results.columns import Columns
from credbenefits.results.proportions import AND_A_WEIGHT, Proportion, Rung

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import FloatArray, IntArray
    from credbenefits.estimators.core.intervals import Limits
    from credbenefits.estimators.core.source import Source
    from credbenefits.estimators.core.task import Task
    from credbenefits.estimators.core.variance import Estimates
    from credbenefits.frames.answers import Answers


def make_columns(task: Task, estimates: Estimates, limits: Limits) -> Columns[Proportion]:
    """Make the columns of a result, one row per proportion and group."""
    source, answers, groups = task.source, task.answers, task.groups.labels
    made = _counted(estimates) | _numbers(estimates, limits, task.level)
    made = {name: column.ravel() for name, column in made.items()}
    where = [where_words(source.by, group) for group in groups]
    bases = [base_words(source, words) for words in where] * len(answers)
    people: list[int] = estimates.nobs.astype(np.int64).ravel().tolist()
    return Columns(
        Proportion,
        {
            **made,
            "item": [each.column for each in answers for _ in groups],
            "label": [each.label for each in answers for _ in groups],
            "level": [each.level for each in answers for _ in groups],
            "counts_as_yes": [each.counts_as_yes for each in answers for _ in groups],
            "group": [tuple(zip(source.by, group, strict=True)) for group in groups] * len(answers),
            "missing": _missing(estimates),
            "method": [task.words] * len(bases),
            "flags": proportion_flags(made, weighted=source.weighted),
            "base": [people_words(n, base) for n, base in zip(people, bases, strict=True)],
            "above": _above(source, answers, where, made),
        },
    )


def low_responses(columns: Columns[Proportion]) -> list[Response]:
    """Return the rows in which too few of those asked answered."""
    label, n, n_missing, flags = (columns[name] for name in ("label", "n", "n_missing", "flags"))
    low = [place for place, names in enumerate(flags) if "low_item_response" in names]
    return [Response(repr(label[place]), int(n[place]), int(n_missing[place])) for place in low]


def _counted(estimates: Estimates) -> dict[str, FloatArray | IntArray]:
    """Return the people of all proportions and groups, by the names that their numbers have in a row."""
    kinds, n = estimates.missing.astype(np.int64), estimates.nobs.astype(np.int64)
    n_missing = kinds[..., 1:].sum(axis=-1)
    asked = n + n_missing
    return {
        "count": estimates.count.astype(np.int64),
        "n": n,
        "n_missing": n_missing,
        **{name: kinds[..., place] for place, name in enumerate(KIND_COLUMNS)},
        "response_rate": np.divide(n, asked, out=np.full(asked.shape, np.nan), where=asked > 0),
        "estimate_unweighted": np.divide(
            estimates.count, estimates.nobs, out=np.full(asked.shape, np.nan), where=n > 0
        ),
    }


def _missing(estimates: Estimates) -> list[tuple[tuple[str, int], ...]]:
    """Return the kinds of no answer that occur in each row, and how many people gave them."""
    kinds = estimates.missing.reshape(-1, len(MISSING_KINDS)).astype(np.int64)
    made: list[tuple[tuple[str, int], ...]] = [()] * len(kinds)
    for row in np.flatnonzero(kinds.any(axis=1)).tolist():
        made[row] = tuple((kind, n) for kind, n in zip(MISSING_KINDS, kinds[row].tolist(), strict=True) if n)
    return made


def _numbers(estimates: Estimates, limits: Limits, level: float) -> dict[str, FloatArray]:
    """Return the numbers of all proportions and groups, by the names that they have in a row."""
    # Without degrees of freedom nothing is known of the variance: the formula's 0 would pass for certainty.
    unknown = estimates.df <= 0  # not so where there is no design: it is NaN there
    n_effective = np.where(unknown, np.nan, estimates.n_effective)
    # At the edge the effective size is that of the answers; where it is unknown there is no bound either.
    bound = one_sided_bound(np.where(estimates.edge, n_effective, np.nan), level)
    bound = np.where(estimates.count == 0, bound, 1.0 - bound)
    # The formula's 0 is true at the edge only where all of the population was drawn.
    no_error = np.logical_or(unknown, estimates.edge & (estimates.correction > 0))
    deff = np.divide(
        estimates.nobs, n_effective, out=np.full(n_effective.shape, np.nan), where=n_effective > 0
    )
    return {
        "estimate": estimates.proportion,
        "std_error": np.where(no_error, np.nan, limits.std_error),
        "conf_low": limits.low,
        "conf_high": limits.high,
        "n_effective": np.where(estimates.nobs > 0, n_effective, 0.0),
        "deff": deff,
        "df": estimates.df,
        "bound": bound,
    }


def _above(
    source: Source,
    answers: Sequence[Answers],
    where: Sequence[str],
    made: Mapping[str, FloatArray | IntArray],
) -> list[tuple[Rung, ...]]:
    """Return the steps from everybody to the group: the same for most questions."""
    above = source.ladder[-1].n if source.ladder else 0  # of a published table there are none
    # A total leaves out rows without a group.
    otherwise = "a group" if source.aside.by else "a weight"
    more = AND_A_WEIGHT if source.aside.by and source.aside.weightless else ""
    whom = [f"with {words or otherwise}{more}" for words in where] * len(answers)
    here: list[int] = (made["n"] + made["n_missing"] + made["n_not_asked"]).tolist()
    known: dict[tuple[str, int], tuple[Rung, ...]] = {}
    for words, n in {*zip(whom, here, strict=True)}:
        known[words, n] = (*source.ladder, *((Rung(words, n, above),) if n < above else ()))
    return [known[each] for each in zip(whom, here, strict=True)]
