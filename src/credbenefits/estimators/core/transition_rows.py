"""From counted pairs to the rows of a table of transitions: each number with its base and its flags."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits.estimators.core.flags import transition_flags
from credbenefits.numerics.pairs.linkage_error import Corrected, corrected, corrected_wilson, moved
from credbenefits.numerics.pairs.paired import paired_interval
from credbenefits.results.base import KIND_COLUMNS
from credbenefits.results.transitions import Transition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import FloatArray, IntArray
    from credbenefits.numerics.interval import Interval
    from credbenefits.numerics.pairs.linkage_error import LinkedCells


class Plan(NamedTuple):
    """What to work out: names, scores and bases; the last `n_net` are net changes.

    `group` is whose answers a number is about: the place of the first answer, or -1 for all pairs.
    """

    names: list[tuple[str, str, str]]
    scores: FloatArray
    bases: FloatArray
    n_net: int
    group: list[int]


def make_plan(cells: LinkedCells, levels: tuple[str, ...], shown: tuple[str, ...]) -> Plan:
    """Name the numbers to work out; `shown` are the answers whose proportions in each wave are among them."""
    size = len(levels)
    one = np.eye(size)
    each = np.eye(size**2).reshape(-1, size, size)
    result = np.repeat(cells.pairs.sum(axis=1) > 0, size)  # of nobody there is no proportion
    before = np.broadcast_to(one[: len(shown), :, None], (len(shown), size, size))
    after = before.transpose(0, 2, 1)
    crossed = [(a, b) for a in levels for b in levels]
    names = [
        *(("share", *pair) for pair in crossed),
        *(("share_of_first", *pair) for pair, kept in zip(crossed, result, strict=True) if kept),
        ("stayed", "", ""),
        ("changed", "", ""),
        *(("first_wave", a, "") for a in shown),
        *(("second_wave", "", b) for b in shown),
        *(("net_change", a, a) for a in shown),
    ]
    scores = np.concatenate([each, each[result], [one, 1.0 - one], before, after, after - before])
    bases = np.ones((len(names), size))
    bases[each.shape[0] : each.shape[0] + int(result.sum())] = np.repeat(one, size, axis=0)[result]
    group = [levels.index(name[1]) if name[0] == "share_of_first" else -1 for name in names]
    return Plan(names, scores, bases, len(shown), group)


def make_rows(
    cells: LinkedCells, plan: Plan, level: float, who: str, *, kinds: IntArray, shared: Sequence[str] = ()
) -> tuple[Transition, ...]:
    """Make the rows; `shared` are the flags that all of them have.

    `kinds` are pairs without both answers by kind of no answer: of those with each first answer, and
    of all in the last row.
    """
    result = corrected(cells, plan.scores, plan.bases)
    n_proportions = len(plan.names) - plan.n_net
    wilson = corrected_wilson(Corrected(*(part[:n_proportions] for part in result)), level)
    newcombe = _newcombe(cells, Corrected(*(part[n_proportions:] for part in result)), level)
    low, high = (np.concatenate(pair) for pair in zip(wilson, newcombe, strict=True))
    certain = result.n_effective * result.rate**2  # as many certain pairs would be as precise
    count = np.rint(result.observed * result.nobs).astype(np.int64).tolist()
    nobs = np.rint(result.nobs).astype(np.int64).tolist()
    rows = []
    for i, name in enumerate(plan.names):
        net, sizes = i >= n_proportions, (count[i], nobs[i], float(certain[i]))
        said = f", “{name[1]}” in the first" if name[0] == "share_of_first" else ""
        without = dict(zip(KIND_COLUMNS, kinds[plan.group[i]].tolist(), strict=True))
        estimate, least = float(result.estimate[i]), -1.0 if net else 0.0
        rows.append(
            Transition(
                *name,
                estimate=estimate,
                std_error=float(result.std_error[i]),
                conf_low=float(low[i]),
                conf_high=float(high[i]),
                count=count[i],
                n=nobs[i],
                unadjusted=float(result.observed[i]),
                method="newcombe" if net else "wilson",
                flags=(
                    *transition_flags(*sizes, estimate=estimate, least=least, limit=float(low[i])),
                    *shared,
                ),
                base=f"{nobs[i]:,} {who}{said}",
                n_missing=sum(without.values()) - without["n_not_asked"],
                **without,
            )
        )
    return tuple(rows)


def _newcombe(cells: LinkedCells, result: Corrected, level: float) -> Interval:
    """Newcombe's interval of second less first, on effective counts, corrected as the change was."""
    size = result.estimate.size
    both = np.diag(cells.pairs)[:size]
    first_only, second_only = (cells.pairs.sum(axis=axis)[:size] - both for axis in (1, 0))
    neither = result.nobs - both - first_only - second_only
    counts = (part * (result.n_effective / result.nobs) for part in (both, first_only, second_only, neither))
    return moved(paired_interval(*counts, confidence_level=level), result, least=-1.0)
