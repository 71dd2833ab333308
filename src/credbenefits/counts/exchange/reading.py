"""A table of counts read from a data frame: one that counts made, or a published one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from credbenefits.counts.base import Base
from credbenefits.counts.exchange.table import (
    COLUMNS,
    OTHER_NAMES,
    UNIT_COLUMNS,
    Labels,
    Rows,
    extra_of,
    filled,
    labels_of,
)
from credbenefits.counts.names import name_order
from credbenefits.counts.tally import YES_NO, Axis, Share, Tally, item_share, level_shares
from credbenefits.counts.units import Units
from credbenefits.errors import InputError
from credbenefits.frames.answers import MISSING_KINDS
from credbenefits.frames.boundary import floats, read, refuse_unnamed_columns, require
from credbenefits.questions.spelling import canonical, is_missing, label
from credbenefits.results.base import many

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from credbenefits._typing import FloatArray, Frame, IntArray
    from credbenefits.frames.boundary import NarwhalsFrame

_Answer = tuple[str | None, str | None]


class _Table(NamedTuple):
    """The columns of a frame by our names, and the names of those that are groups."""

    frame: NarwhalsFrame
    ours: dict[str, str]
    by: tuple[str, ...]

    def texts(self, name: str) -> list[str | None]:
        """Return a column as text; None where a cell is empty, or all of them if there is no such column."""
        if name not in self.ours and name not in self.by:
            return [None] * len(self.frame)
        values = self.frame[self.ours.get(name, name)].to_list()
        return [None if is_missing(v) else v if isinstance(v, str) else label(v) for v in values]


def of_frame(
    data: Frame,
    tallies: Sequence[Tally],
    groups: Sequence[tuple[str, ...]],
    units: Units,
    *,
    by: Sequence[str],
    weighted: bool,
) -> tuple[Tally, ...]:
    """Return the tallies with the sums of a frame, whose names are those of the tallies."""
    table = _table(data)
    if set(table.by) - _further(tallies) != set(by):
        raise InputError(
            "like",
            allowed="counts with the groups of the table",
            received=f"{len(by)} columns of groups, where the table has "
            f"{len(set(table.by) - _further(tallies))}",
            fix="Take the counts that the table was made of.",
        )
    keys = [*zip(table.texts("question"), table.texts("choice"), strict=True)]
    question = _places([(q, c or "") for q, c in keys], [t.key for t in tallies], "questions")
    parts = [part for part, name in enumerate(units.columns) if name or part]
    named: Any = [table.texts(UNIT_COLUMNS[part]) for part in parts]
    unit = _places(_crossed(named, len(keys)), [tuple(n[p] for p in parts) for n in units.names], "units")
    group = _places(_crossed([table.texts(name) for name in by], len(keys)), list(groups), "groups")
    cell = _cells(table, tallies, question)
    sums, replicate = _sums(table, tallies, weighted=weighted)
    shape = len(units.names), len(groups)
    return filled(labels_of(tallies), shape, Rows(question, unit, group, cell, sums, replicate), "data")


def of_published(data: Frame, people: str) -> dict[str, Any]:
    """Return the fields of counts that a table alone tells: no design, no base, answers as they are named."""
    table = _table(data)
    given = [name for name in UNIT_COLUMNS if name in table.ours]
    if given:
        raise InputError(
            "like",
            allowed="counts beside a table with sampling units",
            received=f"the columns {', '.join(given)}",
            fix="Give the counts it was made of: it does not say what was drawn.",
        )
    questions, choices = table.texts("question"), table.texts("choice")
    keys = [(q or "", c or "") for q, c in zip(questions, choices, strict=True)]
    said = _answers(table, 0)
    labels = [
        _labels(key, [a for a, k in zip(said, keys, strict=True) if k == key]) for key in dict.fromkeys(keys)
    ]
    question = _places(keys, list(dict.fromkeys(keys)), "questions")
    cell = np.array([_cell(labels[q], answer) for q, answer in zip(question, said, strict=True)])
    columns = [table.texts(name) for name in table.by]
    grouping = _grouping(table.by, columns)
    order = [name_order(axis.answers) for axis in grouping]
    rows = _crossed(columns, len(keys))
    groups = sorted(set(rows), key=lambda g: [key(v) for key, v in zip(order, g, strict=True)])
    sums, _ = _sums(table, (), weighted="weight" in table.ours)
    none = np.zeros(len(keys), dtype=np.int64)
    places = Rows(question, none, _places(rows, groups, "groups"), cell, sums)
    tallies = filled(labels, (1, len(groups)), places, "data")
    return {
        "tallies": tallies,
        "grouping": grouping,
        "groups": tuple(groups),
        "base": Base(),
        "people": people,
        "units": Units.none(max(int(t.people.sum()) for t in tallies)),
        "weighted": "weight" in table.ours,
    }


def _table(data: Frame) -> _Table:
    frame = read(data, "data")
    refuse_unnamed_columns(frame, "data")
    ours = {name: name for name in COLUMNS if name in frame.columns}
    for other, name in OTHER_NAMES.items():
        if name not in ours and other in frame.columns:
            ours[name] = other
    require(frame, [ours.get(name, name) for name in ("question", "answer", "people")], "data", "the table")
    taken = set(ours.values())
    return _Table(frame, ours, tuple(name for name in frame.columns if name not in taken))


def _further(tallies: Sequence[Tally]) -> set[str]:
    """Return the columns that counts of these tallies have beside the usual ones."""
    axes = max(len(tally.axes) for tally in tallies)
    result = {f"{name}_{k}" for name in ("answer", "no_answer") for k in range(2, axes + 1)}
    replicate = tallies[0].replicate
    return result | {f"replicate_{r + 1}" for r in range(0 if replicate is None else len(replicate))}


def _crossed(columns: Sequence[Sequence[str | None]], n: int) -> list[tuple[Any, ...]]:
    return list(zip(*columns, strict=True)) if columns else [()] * n


def _places(rows: Sequence[Hashable], known: Sequence[Hashable], what: str) -> IntArray:
    place = {name: i for i, name in enumerate(known)}
    result = np.array([place.get(row, -1) for row in rows], dtype=np.int64)
    if (result < 0).any():
        raise InputError(
            "data",
            allowed=f"the {what} of like=",
            received=f"others in {many(int((result < 0).sum()), 'row', 'rows')}",
            fix="Take the counts that the table was made of, and read its columns of names as text.",
        )
    return result


def _answers(table: _Table, axis: int) -> list[_Answer]:
    """Return each row's answer or kind of no answer."""
    end = f"_{axis + 1}" if axis else ""
    result = list(zip(table.texts("answer" + end), table.texts("no_answer" + end), strict=True))
    strange = sum(1 for answer, kind in result if (answer is None) == (kind is None) and not end)
    strange += sum(1 for _, kind in result if kind is not None and kind not in MISSING_KINDS)
    if strange:
        raise InputError(
            "data",
            allowed=f"in every row an answer or a kind of no answer ({', '.join(MISSING_KINDS)})",
            received=many(strange, "other row", "other rows"),
            fix="Name the kind in the column no_answer.",
        )
    return result


def _place(axis: Axis, said: _Answer) -> int | None:
    answer, kind = said
    if kind is not None:
        return MISSING_KINDS.index(kind) - len(MISSING_KINDS)
    return axis.answers.index(answer) if answer in axis.answers else None


def _cells(table: _Table, tallies: Sequence[Tally], question: IntArray) -> IntArray:
    """Return the place of each row's answers among the cells of its question."""
    said = list(zip(*[_answers(table, k) for k in range(max(len(t.axes) for t in tallies))], strict=True))
    known = [{tuple(cell): i for i, cell in enumerate(tally.cells.tolist())} for tally in tallies]
    result = []
    for q, answers in zip(question.tolist(), said, strict=True):
        axes = tallies[q].axes
        cell = tuple(_place(axis, answer) for axis, answer in zip(axes, answers, strict=False))
        result.append(known[q].get(cell, -1))
    return _places(result, range(max(len(tally.cells) for tally in tallies)), "answers")


def _labels(key: tuple[str, str], said: Sequence[_Answer]) -> Labels:
    """Say what a question of a published table is: yes or no, or one of several answers."""
    question, choice = key
    answers = {answer for answer, _ in said if answer is not None}
    yes_no = {canonical(answer) for answer in answers} <= set(YES_NO)
    named = YES_NO if yes_no else tuple(sorted(answers, key=name_order()))
    axis = Axis(question, choice or question, named)
    kinds = {kind for _, kind in said if kind is not None}
    places = [MISSING_KINDS.index(kind) - len(MISSING_KINDS) for kind in MISSING_KINDS if kind in kinds]
    cells = np.array([*places, *range(len(named))], dtype=np.int64)[:, None]
    words = f"{question}: {choice}" if choice else question
    asked = choice or "yes"
    shares: tuple[Share, ...] = level_shares(axis, cells)
    if yes_no:
        shares = (item_share(axis, cells, level=asked, counts_as_yes=(asked,), label=words),)
    return Labels(question, (axis,), cells, shares, bool(choice))


def _grouping(by: Sequence[str], columns: Sequence[Sequence[str | None]]) -> tuple[Axis, ...]:
    """Say what the groups of a published table are; every row must be in one."""
    if any(value is None for column in columns for value in column):
        raise InputError(
            "data",
            allowed="a group in every row",
            received="empty cells",
            fix="Name the group, or leave the rows out.",
        )
    return tuple(
        Axis(name, name, tuple(sorted({v or "" for v in column}, key=name_order())))
        for name, column in zip(by, columns, strict=True)
    )


def _cell(labels: Labels, said: _Answer) -> int:
    axis, (answer, kind) = labels.axes[0], said
    if axis.answers == YES_NO and answer is not None:
        answer = canonical(answer)
    place = _place(axis, (answer, kind))
    return int(np.flatnonzero(labels.cells[:, 0] == place)[0])


def _sums(
    table: _Table, tallies: Sequence[Tally], *, weighted: bool
) -> tuple[dict[str, FloatArray], FloatArray | None]:
    """Return the sums of each row; without weights those of the weights are the people."""
    wanted = ["people", *(["weight", "weight2"] if weighted else [])]
    wanted += extra_of(tallies)
    require(table.frame, [table.ours.get(name, name) for name in wanted], "data", "the table")
    sums = {name: floats(table.frame, table.ours[name], "data") for name in wanted}
    if not weighted:
        sums |= {"weight": sums["people"], "weight2": sums["people"]}
    replicate = None
    if tallies and tallies[0].replicate is not None:
        names = [f"replicate_{r + 1}" for r in range(len(tallies[0].replicate))]
        require(table.frame, names, "data", "the table")
        replicate = np.stack([floats(table.frame, name, "data") for name in names], axis=1)
    return sums, replicate
