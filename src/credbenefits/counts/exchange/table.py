"""Counts as a long table: a row for every unit, group and cell that somebody is in, and back."""

from __future__ import annotations

import re
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from credbenefits.counts.tally import EXTRA_POWERS, Axis, Share, Tally, refuse_too_large
from credbenefits.errors import InputError
from credbenefits.frames.answers import MISSING_KINDS
from credbenefits.results.base import many

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import FloatArray, IntArray
    from credbenefits.counts.units import Units

#: Columns of the parts of a unit's name.
UNIT_COLUMNS = ("in_stratum", "in_cluster", "in_subcluster")
#: Columns of the table, which groups cannot be called. Published tables name some in another way.
COLUMNS = (
    "question",
    "choice",
    *UNIT_COLUMNS,
    "answer",
    "no_answer",
    "people",
    "weight",
    "weight2",
    *EXTRA_POWERS,
)
OTHER_NAMES = {"item": "question", "n": "people"}
_NUMBERED = re.compile(r"(answer|no_answer|replicate)_[0-9]+")


def is_ours(name: str) -> bool:
    """Tell whether a column of the table may be called so, which a group cannot be then."""
    return name in COLUMNS or _NUMBERED.fullmatch(name) is not None


class Labels(NamedTuple):
    """A tally without its sums."""

    question: str
    axes: tuple[Axis, ...]
    cells: IntArray
    shares: tuple[Share, ...]
    select_all: bool
    extra: tuple[str, ...] = ()
    narrow: Mapping[tuple[str, int], FloatArray] = MappingProxyType({})
    ungrouped: tuple[int, int] = (0, 0)


class Rows(NamedTuple):
    """Rows of the table: places of question, unit, group and cell, and the sums there.

    `sums` are people, weight, weight2, and what else there is; `replicate` has the shape (rows, R).
    """

    question: IntArray
    unit: IntArray
    group: IntArray
    cell: IntArray
    sums: Mapping[str, FloatArray]
    replicate: FloatArray | None = None


def labels_of(tallies: Sequence[Tally]) -> list[Labels]:
    """Return what the tallies are of."""
    return [
        Labels(t.question, t.axes, t.cells, t.shares, t.select_all, tuple(t.extra), t.narrow, t.ungrouped)
        for t in tallies
    ]


def extra_of(tallies: Sequence[Tally | Labels]) -> list[str]:
    """Return the further sums that some of the tallies have."""
    return [name for name in EXTRA_POWERS if any(name in tally.extra for tally in tallies)]


def rows_of(tallies: Sequence[Tally]) -> Rows:
    """Return the rows of all tallies: the cells with somebody in them."""
    at = [np.nonzero(tally.people) for tally in tallies]
    unit, group, cell = (np.concatenate([each[k] for each in at]).astype(np.int64) for k in range(3))
    question = np.repeat(np.arange(len(at)), [each[0].size for each in at])

    def sums(name: str) -> FloatArray:
        arrays = [
            t.extra.get(name, np.zeros(t.people.shape)) if name in EXTRA_POWERS else getattr(t, name)
            for t in tallies
        ]
        return np.concatenate([array[each] for array, each in zip(arrays, at, strict=True)])

    names = ["people", "weight", "weight2", *extra_of(tallies)]
    replicate = None
    if tallies[0].replicate is not None:
        parts = [
            t.replicate[:, g, p].T
            for t, (_, g, p) in zip(tallies, at, strict=True)
            if t.replicate is not None
        ]
        replicate = np.concatenate(parts)
    return Rows(question, unit, group, cell, {name: sums(name) for name in names}, replicate)


def columns(
    tallies: Sequence[Tally],
    groups: Sequence[tuple[str, ...]],
    units: Units,
    *,
    by: Sequence[str],
    weighted: bool,
) -> dict[str, list[Any]]:
    """Return the columns of the table, by name."""
    rows = rows_of(tallies)
    question, unit, group = (places.tolist() for places in (rows.question, rows.unit, rows.group))
    result: dict[str, list[Any]] = {"question": [tallies[q].question for q in question]}
    if any(tally.select_all for tally in tallies):
        result["choice"] = [tallies[q].choice or None for q in question]
    for part, (name, column) in enumerate(zip(UNIT_COLUMNS, units.columns, strict=False)):
        if column or part:
            result[name] = [units.names[u][part] for u in unit]
    result |= {name: [groups[g][k] for g in group] for k, name in enumerate(by)}
    cells = [tallies[q].cells[c].tolist() for q, c in zip(question, rows.cell.tolist(), strict=True)]
    for k in range(max(len(tally.axes) for tally in tallies)):
        said = [_said(tallies[q], cell, k) for q, cell in zip(question, cells, strict=True)]
        end = f"_{k + 1}" if k else ""
        result["answer" + end] = [answer for answer, _ in said]
        result["no_answer" + end] = [kind for _, kind in said]
    kept = [name for name in rows.sums if weighted or name == "people"]
    result |= {name: rows.sums[name].tolist() for name in kept}
    if rows.replicate is not None:
        result |= {f"replicate_{r}": column.tolist() for r, column in enumerate(rows.replicate.T, 1)}
    return result


def _said(tally: Tally, cell: Sequence[int], axis: int) -> tuple[str | None, str | None]:
    """Return the answer on an axis, or the kind of no answer."""
    if axis >= len(cell):
        return None, None
    place = cell[axis]
    return (tally.axes[axis].answers[place], None) if place >= 0 else (None, MISSING_KINDS[place])


def filled(labels: Sequence[Labels], shape: tuple[int, int], rows: Rows, argument: str) -> tuple[Tally, ...]:
    """Return the tallies that have the sums of the rows, over so many units and groups."""
    _check_sums(rows, argument)
    order = np.argsort(rows.question, kind="stable")
    ends = np.searchsorted(rows.question[order], np.arange(len(labels) + 1))
    return tuple(
        _filled(each, shape, rows, (order[start:end], argument))
        for each, start, end in zip(labels, ends, ends[1:], strict=False)
    )


def _filled(labels: Labels, shape: tuple[int, int], rows: Rows, which: tuple[IntArray, str]) -> Tally:
    here, argument = which
    full = (*shape, len(labels.cells))
    refuse_too_large(full, argument)
    at = _place_in(full, rows, here, argument)
    somebody = np.zeros(len(labels.cells), dtype=bool)
    somebody[rows.cell[here][rows.sums["people"][here] > 0]] = True

    def dense(values: FloatArray) -> FloatArray:
        sums = np.zeros(full, dtype=values.dtype)
        sums.reshape(-1)[at] = values
        return sums[..., somebody]

    replicate = None
    if rows.replicate is not None:
        replicate = np.concatenate([dense(column) for column in rows.replicate[here].T])
    sums = {name: dense(array[here]) for name, array in rows.sums.items()}
    shares = [replace(s, yes=s.yes[somebody], base=s.base[somebody]) for s in labels.shares]
    return Tally(
        labels.question,
        labels.axes,
        labels.cells[somebody],
        tuple(shares),
        people=sums["people"].astype(np.int64),
        weight=sums["weight"],
        weight2=sums["weight2"],
        extra={name: sums[name] for name in labels.extra},
        replicate=replicate,
        select_all=labels.select_all,
        narrow=labels.narrow,
        ungrouped=labels.ungrouped,
    )


def _place_in(shape: tuple[int, int, int], rows: Rows, here: IntArray, argument: str) -> IntArray:
    """Return where the rows of a question stand in its flat array, each at a place of its own."""
    if not here.size:
        return here
    at = np.ravel_multi_index((rows.unit[here], rows.group[here], rows.cell[here]), shape)
    if np.unique(at).size < at.size:
        raise InputError(
            argument,
            allowed="one row for each question, unit, group and answer",
            received=f"{at.size - np.unique(at).size:,} rows that are there twice",
            fix="Add them up first.",
        )
    return at


def _check_sums(rows: Rows, argument: str) -> None:
    """Check that the sums are those of some people."""
    people, weight, weight2 = (rows.sums[name].astype(np.float64) for name in ("people", "weight", "weight2"))
    others = [rows.sums[name] for name in EXTRA_POWERS if name in rows.sums]
    others += [] if rows.replicate is None else [*rows.replicate.T]
    none = np.zeros(people.size, dtype=bool)
    finite = np.isfinite(weight) & np.isfinite(weight2)
    with np.errstate(over="ignore", invalid="ignore"):
        # Cauchy and Schwarz, up to rounding.
        unlikely = weight**2 > people * weight2 * (1 + 1e-9)
    wrong = {
        "people are no whole number of at least 0": ~(people >= 0) | (people != np.floor(people)),
        "a sum of weights is not finite and at least 0": ~finite | (weight < 0) | (weight2 < 0),
        "nobody has a weight": (people == 0) & (weight != 0),
        "the sum of squared weights is too small for the sum of weights": unlikely,
        "a further sum is not finite": np.logical_or.reduce([none, *(~np.isfinite(v) for v in others)]),
    }
    for what, where in wrong.items():
        if where.any():
            raise InputError(
                argument,
                allowed="numbers of people, and sums of their weights and of the squares of these",
                received=f"{many(int(where.sum()), 'row', 'rows')} where {what}",
                fix="Use the table as it was made, or count the rows anew.",
            )
