"""The table that is cut: a data frame, or an export with its codebook."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from credbenefits import _validation as check
from credbenefits.frames.boundary import read, refuse_unnamed_columns, require
from credbenefits.frames.header_rows import refuse_header_rows
from credbenefits.results.export import Codebook, Export

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import Frame, IntoDataFrame
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.questions.column import Column


class Table(NamedTuple):
    """A table, the export that it came in (if it did), and the columns of its keys."""

    frame: NarwhalsFrame
    export: Export | None
    keys: tuple[str, ...]

    def given_back(self, part: NarwhalsFrame, called: Mapping[str, str], *, by_rows: bool) -> Frame | Export:
        """Return a part of the table as the kind of data that came; `called` has its columns by old names.

        Rows that reading took out of an export belong to every wave, or where its rows are cut to none.
        """
        if self.export is None:
            return part.to_native()
        columns = tuple(_renamed(c, called) for c in self.export.codebook.columns if c.name in called)
        rows: Any = part.to_native()
        made = replace(self.export, frame=rows, codebook=Codebook(columns))
        return replace(made, taken_out={}) if by_rows else made


def opened(data: IntoDataFrame | Export, id: str | Sequence[str]) -> Table:
    """Read the table and check its columns and keys."""
    export = data if isinstance(data, Export) else None
    frame = read(data.frame if isinstance(data, Export) else data)
    refuse_unnamed_columns(frame, "data")
    refuse_header_rows(frame, "data")
    keys = check.names("id", id)
    if not keys:
        check.text("id", "", fix="Name the column that says who is who.")
    require(frame, keys, "id")
    return Table(frame, export, keys)


def _renamed(column: Column, called: Mapping[str, str]) -> Column:
    """Name a column as its wave does, and the question that it is part of by the same rule."""
    new, question = called[column.name], column.part_of
    before, _, after = column.name.partition(new)
    if question.startswith(before) and question.endswith(after) and len(question) > len(before + after):
        question = question[len(before) : len(question) - len(after)]
    return replace(column, name=new, part_of=question)
