"""A survey tool's file as it was read: its rows, its codebook, and what was taken out of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from credbenefits.results.base import TableResult

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import ExportKind, Value
    from credbenefits.questions.column import Column
    from credbenefits.results.output import DataFrame

#: So many columns are printed, and so much of a question and of its answers.
_MOST_COLUMNS, _QUESTION, _MOST_ANSWERS = 25, 50, 4


@dataclass(frozen=True, repr=False, eq=False)
class Codebook(TableResult):
    r"""What a file says of its columns.

    It prints a row per column; ``to_frame()`` has a row per column and answer.

    Attributes
    ----------
    columns : tuple of Column
        In the order of the file.

    Examples
    --------
    >>> import credbenefits as cb
    >>> export = cb.read_export(b"id,submitdate,lastpage,q1[SQ001]\n1,2024-05-01,3,Y\n2,2024-05-02,3,\n")
    >>> export.codebook.to_frame()[["column", "role"]]
           column         role
    0          id           id
    1  submitdate  disposition
    2    lastpage  disposition
    3   q1[SQ001]         tick
    >>> export.codebook.ticks("q1")[0].answers
    (Answer(code='Y', label='Yes', missing=None),)
    """

    columns: tuple[Column, ...]

    def column(self, name: str) -> Column | None:
        """Return what is known of a column, or None where nothing is."""
        return self._by_name.get(name)

    def no_answers(self, name: str) -> tuple[Value, ...]:
        """Return the codes of a column that are no answers."""
        known = self.column(name)
        return () if known is None else tuple(a.code for a in known.answers if a.missing is not None)

    def named_answers(self, name: str) -> tuple[Value, ...]:
        """Return the codes of a column that are answers and have words."""
        known = self.column(name)
        listed = () if known is None else known.answers
        return tuple(a.code for a in listed if a.missing is None and a.label)

    def ticks(self, question: str) -> tuple[Column, ...]:
        """Return the ticks of a question, in order; none where it has none."""
        return self._by_question.get(question, ())

    @cached_property
    def _by_name(self) -> Mapping[str, Column]:
        return {column.name: column for column in self.columns}

    @cached_property
    def _by_question(self) -> Mapping[str, tuple[Column, ...]]:
        found: dict[str, list[Column]] = {}
        for column in self.columns:
            if column.role == "tick":
                found.setdefault(column.part_of, []).append(column)
        return {question: tuple(ticks) for question, ticks in found.items()}

    def _title(self) -> str:
        return f"Codebook of {len(self.columns):,} columns"

    def _columns(self) -> dict[str, list[Any]]:
        shown = self.columns[:_MOST_COLUMNS]
        return {
            "column": [c.name for c in shown],
            "role": [c.role for c in shown],
            "question": [
                _cut(c.question if c.role != "tick" else f"{c.question or c.part_of} [{c.choice}]")
                for c in shown
            ],
            "answers": [_answers(c) for c in shown],
        }

    def _notes(self) -> Sequence[str]:
        more = len(self.columns) - _MOST_COLUMNS
        if more <= 0:
            return ()
        return (f"{more:,} more column{'' if more == 1 else 's'}; all of them: codebook.to_frame()",)

    def _frame_columns(self) -> Mapping[str, Any]:
        rows = [(column, answer) for column in self.columns for answer in column.answers or (None,)]
        return {
            "column": [column.name for column, _ in rows],
            "role": [column.role for column, _ in rows],
            "question": [column.question for column, _ in rows],
            "part_of": [column.part_of for column, _ in rows],
            "choice": [column.choice for column, _ in rows],
            "code": [None if answer is None else answer.code for _, answer in rows],
            "label": [None if answer is None else answer.label for _, answer in rows],
            "missing": [None if answer is None else answer.missing for _, answer in rows],
        }


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Export(TableResult):
    """A file as :func:`credbenefits.read_export` read it.

    It prints its columns and what was done to the file; ``to_frame()`` has the codebook, ``frame`` the rows.

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
        The rows below the headings of the columns that are in the file and not in the frame, by reason:
        question texts, import ids, second or repeated headings, previews, tests, spam, empty rows.
    """

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
        rows, columns = self.frame.shape
        return (
            f"Export ({self.kind}) of {rows:,} row{'' if rows == 1 else 's'} "
            f"and {columns:,} column{'' if columns == 1 else 's'}"
        )

    def _columns(self) -> dict[str, list[Any]]:
        return self.codebook._columns()

    def _frame_columns(self) -> Mapping[str, Any]:
        return self.codebook._frame_columns()

    def _notes(self) -> Sequence[str]:
        return (*self.notes, *self.codebook._notes())


def _cut(text: str) -> str:
    return text if len(text) <= _QUESTION else f"{text[:_QUESTION]}..."


def _answers(column: Column) -> str:
    """Write the first answers, and how many more there are."""
    words = [
        f"{a.code} = {a.label}" if a.label and a.label != str(a.code) else str(a.code) for a in column.answers
    ]
    more = len(words) - _MOST_ANSWERS
    return "; ".join([*map(_cut, words[:_MOST_ANSWERS]), *([f"{more:,} more"] if more > 0 else [])])
