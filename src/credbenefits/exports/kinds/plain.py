"""A file with one row of headings over its cells, of which nothing says what tool wrote it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from credbenefits.errors import InputError
from credbenefits.exports import headings, looks
from credbenefits.exports.finish import finished
from credbenefits.frames.boundary import read as read_frame
from credbenefits.frames.header_rows import refuse_header_rows
from credbenefits.questions.column import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import ColumnRole
    from credbenefits.exports.source import Cells, Options
    from credbenefits.results.export import Export
    from credbenefits.results.output import DataFrame

#: Headings of columns that say who a row is of: "id" is a word of its own, or a part as in "userId".
_WHO = re.compile(
    r"(?i:(?:.*[\W_])?(?:id|uuid|guid|token|e-?mail(?:[\W_]?address)?|username)|(?:first|last|full)[\W_]?name)"
    r"|.*[^\W_]Id|.*[^\WA-Z_]ID"  # no words in capitals, such as PAID
)
_ADDRESS = re.compile(r"\S+@\S+\.\S+")


def recognised(cells: Cells) -> bool:
    """Tell whether the file can be read so, as any can that has a record."""
    return bool(cells.top)


def read(cells: Cells, options: Options) -> Export:
    """Read the rows below the headings."""
    first = cells.top[0]
    if any(_ADDRESS.fullmatch(cell.strip()) for cell in first):
        raise InputError(
            "path",
            allowed="a file whose first row has headings",
            received="a file whose first row has an e-mail address",
            fix="Put a row of headings above the rows.",
        )
    names, notes = headings.names_of(first)
    cells.notes.extend(notes)
    rows = options.header_rows or 1
    if rows > len(cells.top):
        raise InputError(
            "header_rows",
            allowed=f"at most as many rows of headings as the file has rows ({len(cells.top):,})",
            value=rows,
            fix="Count the rows above the first person: the names, and question texts below them.",
        )
    frame = cells.rows(rows, names)
    if options.header_rows is None:
        _refuse_doubtful(frame)
    texts = headings.padded(cells.top[1 if rows > 1 and len(cells.top) > 1 else 0], len(names))
    if rows > 1:
        cells.taken_out["question texts"] = rows - 1
    seen = looks.seen(frame)
    columns = [Column(n, headings.clean(t), _role(n, seen[n])) for n, t in zip(names, texts, strict=True)]
    return finished("csv", frame, columns, cells=cells, options=options)


def _refuse_doubtful(frame: DataFrame) -> None:
    """Refuse a first row that looks like question texts: the caller knows whether it is a person."""
    if not len(frame):
        return
    try:
        refuse_header_rows(read_frame(frame, "path"), "path")
    except InputError as problem:
        raise InputError(
            "path",
            allowed="one row of headings",
            received=problem.received,
            fix="If they are, say how many rows of headings there are: header_rows=2. If it is somebody's "
            "answers, say header_rows=1.",
        ) from problem


def says_who(name: str) -> bool:
    """Tell whether a heading is that of a column that says who a row is of."""
    return _WHO.fullmatch(name) is not None


def _role(name: str, cells: Sequence[str]) -> ColumnRole:
    """Tell who, when and what apart by the heading and the cells of a column."""
    if _WHO.fullmatch(name) or (len(cells) > 1 and all(_ADDRESS.fullmatch(cell) for cell in cells)):
        return "id"
    return "date" if looks.are_days(cells) else "answer"
