"""What is done to every file of cells in the end: empty rows go, and what is doubtful is noted."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from credbenefits import _validation as check
from credbenefits.exports import headings, looks
from credbenefits.results.export import Codebook, Export

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import Decimal, ExportKind
    from credbenefits.exports.source import Cells, Options
    from credbenefits.questions.column import Column
    from credbenefits.results.output import DataFrame

#: What is taken out that stands over the rows, below the names of the columns.
_OVER = ("question texts", "import ids", "second headings")
#: One of each that is taken out, in words.
_ONE = {
    "question texts": "row of question texts",
    "import ids": "row of import ids",
    "second headings": "row of second headings",
    "repeated headings": "row of headings that come again",
    "previews": "preview",
    "tests": "test",
    "spam": "row that the tool takes for spam",
    "empty rows": "empty row",
}
_MORE = {
    "question texts": "rows of question texts",
    "import ids": "rows of import ids",
    "repeated headings": "rows of headings that come again",
    "previews": "previews",
    "tests": "tests",
    "spam": "rows that the tool takes for spam",
    "empty rows": "empty rows",
}


def finished(
    kind: ExportKind, frame: DataFrame, columns: Sequence[Column], *, cells: Cells, options: Options
) -> Export:
    """Return the export of rows and of what is known of their columns."""
    taken_out = dict(cells.taken_out)
    frame, empty = _without_empty_rows(frame)
    if empty:
        taken_out["empty rows"] = taken_out.get("empty rows", 0) + empty
    frame, again = _without_headings(frame, cells)
    if again:
        taken_out["repeated headings"] = taken_out.get("repeated headings", 0) + again
    known = {column.name: column for column in columns}
    frame, unused = _without_unused(frame, known, cells)
    seen = looks.seen(frame)
    columns = [_several(known[name], seen[name]) for name in frame.columns]
    days = _days(frame, columns, seen)
    frame, numbered = _numbers(frame, columns, seen, options.decimal)
    notes = [*_taken(taken_out), *cells.notes, *unused, *numbered, *days]
    return Export(frame, Codebook(tuple(columns)), tuple(notes), kind, MappingProxyType(taken_out))


def _taken(taken_out: Mapping[str, int]) -> list[str]:
    """Say what was taken out."""
    said = [
        f"{n:,} {_ONE.get(what, what) if n == 1 else _MORE.get(what, what)}" for what, n in taken_out.items()
    ]
    return [f"Taken out: {', '.join(said)}."] if said else []


def _without_empty_rows(frame: DataFrame) -> tuple[DataFrame, int]:
    """Leave out the rows without any cell: some of those without the first and the last."""
    if not len(frame) or not len(frame.columns):
        return frame, 0
    empty = (frame.iloc[:, 0].isna() & frame.iloc[:, -1].isna()).to_numpy(copy=True)
    if not empty.any():
        return frame, 0
    empty[empty] = frame[empty].isna().all(axis=1)
    if not empty.any():
        return frame, 0
    return frame[~empty].reset_index(drop=True), int(empty.sum())


def _without_headings(frame: DataFrame, cells: Cells) -> tuple[DataFrame, int]:
    """Leave out rows that are the headings again, in files that were joined."""
    width = len(frame.columns)
    if width < 2:
        return frame, 0
    above = 1 + sum(cells.taken_out.get(what, 0) for what in _OVER)
    again = np.zeros(len(frame), dtype=bool)
    for record in cells.top[:above]:
        place = next((i for i, cell in enumerate(record[:width]) if cell), None)
        if place is None:
            continue
        same = (frame.iloc[:, place] == record[place]).to_numpy(dtype=bool, na_value=False, copy=True)
        if same.any():
            full = headings.padded(record, width)
            same[same] = (frame[same].fillna("") == full).all(axis=1)
            again |= same
    if not again.any():
        return frame, 0
    return frame[~again].reset_index(drop=True), int(again.sum())


def _without_unused(
    frame: DataFrame, known: Mapping[str, Column], cells: Cells
) -> tuple[DataFrame, list[str]]:
    """Leave out columns at the end that have neither a heading nor a cell: a delimiter too many."""
    unused: list[str] = []
    for place in range(len(frame.columns) - 1, -1, -1):
        name = frame.columns[place]
        heading = cells.top[0][place] if place < len(cells.top[0]) else ""
        if heading.strip() or known[name].question or not frame[name].isna().all():
            break
        unused.append(name)
    if not unused or len(unused) == len(frame.columns):
        return frame, []
    n = len(unused)
    words = "1 column at the end has" if n == 1 else f"{n:,} columns at the end have"
    return frame.drop(columns=unused), [
        f"{words} neither a heading nor a cell and {'is' if n == 1 else 'are'} left out."
    ]


def _several(column: Column, cells: Sequence[str]) -> Column:
    """Find out whether the cells of a question hold several choices."""
    if column.role != "answer" or not looks.several(cells):
        return column
    return replace(column, role="choices")


def _numbers(
    frame: DataFrame, columns: Sequence[Column], seen: Mapping[str, Sequence[str]], mark: Decimal | None
) -> tuple[DataFrame, list[str]]:
    """Make numbers of columns where the caller said how they are written; else say what looks like it."""
    marks = {c.name: looks.decimals(seen[c.name]) for c in columns if c.role in ("answer", "meta")}
    if mark is not None:
        made = {name: looks.numbers(frame[name], mark) for name, found in marks.items() if mark in found}
        converted = {name: column for name, column in made.items() if column is not None}
        if not converted:
            return frame, [
                f"decimal={mark!r} made numbers of no column: each has other cells, or no decimals."
            ]
        return frame.assign(**converted), [
            f"Columns of numbers (decimal={mark!r}): {check.listing(converted)}."
        ]
    before = [name for name, found in marks.items() if found == {","}]
    commas = {n for n in marks if any("," in cell for cell in seen[n])}
    thousands = [name for name, found in marks.items() if found == {"."} and name in commas]
    either = [name for name, found in marks.items() if len(found) == 2 and name in commas]
    return frame, [
        f"Numbers {how} stay text ({check.listing(names)}). {fix}"
        for how, names, fix in (
            ("with a comma before their decimals", before, "decimal=',' makes numbers of them."),
            ("with commas between thousands", thousands, "decimal='.' makes numbers of them."),
            ("with a comma that may mean either", either, "Say which with decimal=',' or decimal='.'."),
        )
        if names
    ]


def _days(frame: DataFrame, columns: Sequence[Column], seen: Mapping[str, Sequence[str]]) -> list[str]:
    """Say of which columns the days are not all written in one way."""
    result = []
    for column in columns:
        if column.role in ("answer", "date", "meta") and looks.are_days(seen[column.name]):
            ways = looks.ways_of_days(frame[column.name])
            if len(ways) > 1:
                result.append(
                    f"Days in {check.listing([column.name])} are written in several ways "
                    f"({'; '.join(ways)}); they stay text, and none is guessed."
                )
    return result
