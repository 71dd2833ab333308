"""A survey tool's file as it was read: its rows, its codebook, and what was taken out of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from credbenefits.results.base import TableResult

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import ExportKind
    from credbenefits.questions.column import Column
    from credbenefits.results.output import DataFrame


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Codebook(TableResult):
    """What a file says of its columns. As a frame it has a row per column and answer.

    Attributes
    ----------
    columns : tuple of Column
        In the order of the file.
    """

    columns: tuple[Column, ...]

    def column(self, name: str) -> Column | None:
        """Return what is known of a column, or None where nothing is."""
        return next((column for column in self.columns if column.name == name), None)

    def ticks(self, question: str) -> tuple[Column, ...]:
        """Return the ticks of a question, in order; none where it has none."""
        return tuple(c for c in self.columns if c.role == "tick" and c.part_of == question)

    def _title(self) -> str:
        return f"Codebook of {len(self.columns):,} columns"

    def _columns(self) -> dict[str, list[Any]]:
        return {
            "column": [c.name for c in self.columns],
            "role": [c.role for c in self.columns],
            "question": [c.question for c in self.columns],
        }


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Export(TableResult):
    """A file as :func:`credbenefits.read_export` read it.

    Attributes
    ----------
    frame : pandas.DataFrame
        The rows, with the tool's column names in the order of the file.
    codebook : Codebook
        What the file says of its columns.
    notes : tuple of str
        What was done to the file, and what is to be known of it.
    kind : str
        Of which tool or kind the file is.
    taken_out : mapping of str to int
        The rows that are in the file and not in the frame (headers, previews, tests), by reason.
    """

    _KIND: ClassVar[str] = ""
    frame: DataFrame
    codebook: Codebook
    notes: tuple[str, ...] = ()
    kind: ExportKind = "csv"
    taken_out: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    def column(self, name: str) -> Column | None:
        """Return what is known of a column, or None where nothing is."""
        return self.codebook.column(name)

    def ticks(self, question: str) -> tuple[Column, ...]:
        """Return the ticks of a question, in order; none where it has none."""
        return self.codebook.ticks(question)

    def _title(self) -> str:
        return f"Export ({self.kind}) of {len(self.frame):,} rows and {len(self.frame.columns):,} columns"

    def _columns(self) -> dict[str, list[Any]]:
        return self.codebook._columns()

    def _notes(self) -> Sequence[str]:
        return self.notes
