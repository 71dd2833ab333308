"""From numbers to the columns of a table of transitions: each with its base and its flags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from credbenefits.counts.coding.groups import where_words
from credbenefits.estimators.core.flags import Response, transition_flags
from credbenefits.results.base import KIND_COLUMNS, who_did
from credbenefits.results.columns import Columns
from credbenefits.results.transitions import Transition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import FloatArray
    from credbenefits.estimators.core.pairing.numbers import Numbers
    from credbenefits.estimators.core.pairing.plan import Plan
    from credbenefits.estimators.core.task import Task

#: The numbers of a row that are not people.
_FLOATS = ("estimate", "std_error", "conf_low", "conf_high", "unadjusted", "n_effective", "df")


def make_columns(
    task: Task, plan: Plan, numbers: Numbers, *, waves: tuple[str, str], responses: Sequence[Response]
) -> Columns[Transition]:
    """Make the columns, one row per number and group; `responses` are those of the groups."""
    groups, names = task.groups.labels, plan.names
    kinds = numbers.kinds.astype(np.int64)
    people = {"count": numbers.counts.astype(np.int64), "n": numbers.n.astype(np.int64)}
    people["n_missing"] = kinds[..., 1:].sum(axis=-1)
    people |= {name: kinds[..., place] for place, name in enumerate(KIND_COLUMNS)}
    made: dict[str, Any] = {name: getattr(numbers, name).ravel() for name in _FLOATS}
    made |= {name: column.ravel() for name, column in people.items()}
    return Columns(
        Transition,
        {
            **made,
            **{part: [name[i] for name in names for _ in groups] for i, part in enumerate(_NAME)},
            "group": [tuple(zip(task.source.by, group, strict=True)) for group in groups] * len(names),
            "method": _methods(task, plan),
            "flags": _flags(task, plan, numbers, responses),
            "base": _bases(task, people["n"].tolist(), plan, waves),
        },
    )


_NAME = ("measure", "first", "second")


def _bases(task: Task, n: list[list[int]], plan: Plan, waves: tuple[str, str]) -> list[str]:
    """Say of each number and group who the base is, with their number."""
    source = task.source
    where = [where_words(source.by, group) for group in task.groups.labels]
    whose = [f" ({words})" if words else "" for words in where]
    result = []
    for (measure, first, _), row in zip(plan.names, n, strict=True):
        said = f", “{first}” in the first" if measure == "share_of_first" else ""
        result += [
            f"{k:,} {who_did(source.base, f'answered in {waves[0]} and {waves[1]}')}{here}{said}"
            for k, here in zip(row, whose, strict=True)
        ]
    return result


def _methods(task: Task, plan: Plan) -> list[str]:
    """Return what is printed as the method of each row."""
    n, words = len(task.groups.labels), task.words
    change = words.replace("wilson", "newcombe")
    return [words] * (plan.n_shares * n) + [change] * (plan.n_net * n)


def _flags(task: Task, plan: Plan, numbers: Numbers, responses: Sequence[Response]) -> list[tuple[str, ...]]:
    columns = ("counts", "n", "n_effective", "estimate", "conf_low", "df")
    listed: list[FloatArray] = [getattr(numbers, name) for name in columns]
    start = ("weighted",) * task.source.weighted
    result = []
    for place in range(len(plan.names)):
        least = 0.0 if place < plan.n_shares else -1.0
        for g, response in enumerate(responses):
            count, n, size, estimate, low, df = (float(column[place, g]) for column in listed)
            own = transition_flags(int(count), int(n), size, estimate=estimate, limits=(least, low), df=df)
            result.append((*start, *own, *response.flags))
    return result
