"""The table that is cut: a data frame, or an export with its codebook."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from credbenefits import _validation as check
from credbenefits.exports.tick_groups import first_to_last, shared_name
from credbenefits.frames.boundary import read, refuse_unnamed_columns, require
from credbenefits.frames.header_rows import refuse_header_rows
from credbenefits.results.export import Codebook, Export

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

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
        rows: Any = part.to_native()
        made = replace(self.export, frame=rows, codebook=renamed(self.export.codebook, called))
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


def renamed(codebook: Codebook, called: Mapping[str, str]) -> Codebook:
    """Return what is known of the columns of one wave, under their names there."""
    kept = [column for column in codebook.columns if column.name in called]
    groups: dict[str, list[Column]] = {}
    for column in sorted(kept, key=lambda column: column.role != "tick"):
        groups.setdefault(column.part_of, []).append(column)
    asked = {"": ""}
    for question in dict.fromkeys(column.part_of for column in kept):
        if question:
            asked[question] = _question(groups[question], called, set(asked.values()))
    return Codebook(
        tuple(replace(column, name=called[column.name], part_of=asked[column.part_of]) for column in kept)
    )


def _question(parts: Sequence[Column], called: Mapping[str, str], taken: Collection[str]) -> str:
    """Name a question by the rule by which its columns are named, ticks first."""
    name = parts[0].part_of
    ticks = [column.name for column in parts if column.role == "tick"]
    if ticks and name == first_to_last(ticks):
        return shared_name([called[tick] for tick in ticks], taken)
    before, _, after = parts[0].name.partition(called[parts[0].name])
    if name.startswith(before) and name.endswith(after) and len(name) > len(before + after):
        name = name[len(before) : len(name) - len(after)]
    return name
