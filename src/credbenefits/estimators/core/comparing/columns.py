"""From numbers to the columns of a comparison: each with both groups, their bases and the flags."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from credbenefits.counts.coding.groups import where_words
from credbenefits.estimators.core.comparing.contrasts import adjust_p_values, there
from credbenefits.estimators.core.comparing.pairs import names_of
from credbenefits.estimators.core.flags import LOW_RESPONSE, Response, contrast_flags
from credbenefits.results.base import KIND_COLUMNS
from credbenefits.results.columns import Columns
from credbenefits.results.comparisons import Contrast

if TYPE_CHECKING:
    from credbenefits import _typing as t
    from credbenefits._typing import FloatArray, IntArray
    from credbenefits.estimators.core.comparing.contrasts import Numbers
    from credbenefits.estimators.core.comparing.pairs import Pairs
    from credbenefits.estimators.core.task import Task
    from credbenefits.estimators.core.variance import Estimates


def make_columns(
    task: Task,
    estimates: Estimates,
    made: Numbers,
    *,
    n_effective: FloatArray,
    pairs: Pairs,
    adjust: t.Adjust,
) -> Columns[Contrast]:
    """Make the columns of a result, one row per item and pair. `n_effective` is that of each group."""
    source, answers = task.source, task.answers
    names = names_of(task.source, task.groups)
    of_groups = _of_groups(estimates, n_effective)
    numbers: dict[str, FloatArray | IntArray] = {
        "estimate": made.estimate,
        "std_error": made.std_error,
        "conf_low": made.low,
        "conf_high": made.high,
        "df": made.df,
        "p_value": made.p_value,
    }
    for side, places in (("", pairs.group), ("_reference", pairs.reference)):
        numbers["estimate" + (side or "_group")] = estimates.proportion[:, places]
        numbers |= {name + side: column[:, places] for name, column in of_groups.items()}
    columns = {name: column.ravel() for name, column in numbers.items()}
    test = made.test.ravel()
    sizes = zip(columns["n"].tolist(), columns["n_reference"].tolist(), strict=True)
    return Columns(
        Contrast,
        {
            **columns,
            "item": [each.column for each in answers for _ in pairs.group],
            "label": [each.label for each in answers for _ in pairs.group],
            "level": [each.level for each in answers for _ in pairs.group],
            "group": [names[g] for g in pairs.group.tolist()] * len(answers),
            "reference": [names[g] for g in pairs.reference.tolist()] * len(answers),
            "test": test.tolist(),
            "p_adjusted": _adjusted(made.p_value.ravel(), adjust),
            "flags": contrast_flags(
                columns,
                test,
                compared=there(estimates, pairs).ravel(),
                weighted=source.weighted,
                of_design=task.variance != "kish",
            ),
            "base": [f"{n:,} against {other:,} {source.base}" for n, other in sizes],
        },
    )


def _of_groups(estimates: Estimates, n_effective: FloatArray) -> dict[str, FloatArray | IntArray]:
    """Return what a row has of either of its groups, shape (proportions, groups)."""
    kinds, n = estimates.missing.astype(np.int64), estimates.nobs.astype(np.int64)
    n_missing = kinds[..., 1:].sum(axis=-1)
    return {
        "count": estimates.count.astype(np.int64),
        "n": n,
        "n_effective": n_effective,
        "n_missing": n_missing,
        "response_rate": response_rate(n, n_missing),
        **{name: kinds[..., place] for place, name in enumerate(KIND_COLUMNS)},
    }


def _adjusted(p_values: FloatArray, how: t.Adjust) -> FloatArray:
    """Return the p-values that there are adjusted for one another."""
    adjusted, tested = p_values.copy(), ~np.isnan(p_values)
    adjusted[tested] = adjust_p_values(p_values[tested], how)
    return adjusted


def low_responses(task: Task, estimates: Estimates) -> list[Response]:
    """Return where too few of those asked answered: once for all answers to a question, by group."""
    names = task.source.group_labels
    n, missing = (a[:, : len(names)] for a in (estimates.nobs, estimates.missing[..., 1:].sum(axis=-1)))
    low = np.argwhere((n > 0) & (response_rate(n, missing) < LOW_RESPONSE))
    result = [
        Response(
            f"{task.answers[k].column!r} ({where_words(task.source.by, names[g])})",
            int(n[k, g]),
            int(missing[k, g]),
        )
        for k, g in low.tolist()
    ]
    return list(dict.fromkeys(result))


def response_rate(n: FloatArray | IntArray, n_missing: FloatArray | IntArray) -> FloatArray:
    """Proportion of those asked who answered; NaN where nobody was asked."""
    asked = n + n_missing
    rate: FloatArray = np.divide(n, asked, out=np.full(asked.shape, np.nan), where=asked > 0)
    return rate
