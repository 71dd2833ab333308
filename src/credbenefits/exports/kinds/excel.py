"""Workbooks (.xlsx): the cells of a sheet, whose headers then tell the tool."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from itertools import zip_longest
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import pandas as pd

from credbenefits import _validation as check
from credbenefits.errors import InputError, MissingExtraError
from credbenefits.exports.kinds.labelled import plain_cells
from credbenefits.exports.source import Cells

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits.exports.source import Options, Source
    from credbenefits.results.export import Export

#: Records that tell the tool.
_TOP = 200
#: How workbooks of before 2007 begin, and those with a password.
_OLD = b"\xd0\xcf\x11\xe0"
_WHAT = "a workbook (.xlsx) that can be read"
_FIX = "Save it as .xlsx without a password, or as CSV UTF-8."


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a workbook: the values of its records, how many are headings, and which of several it is."""

    records: Sequence[Sequence[Any]]
    headings: int
    note: str | None

    @property
    def cells(self) -> Cells:
        """The records as text; numbers as the sheet has them, days as 2024-01-31."""
        written = [[_text(value) for value in record] for record in self.records]

        def rows(skip: int, names: Sequence[str]) -> pd.DataFrame:
            columns = list(zip_longest(*written[skip:], fillvalue="")) or [()] * len(names)
            made = {i: pd.Series(list(each), dtype=str) for i, each in enumerate(columns)}
            frame = pd.DataFrame({i: each.mask(each == "") for i, each in made.items()})
            frame = frame.reindex(columns=range(len(names)))
            frame.columns = list(names)
            return frame

        return Cells(written[:_TOP], rows)

    def finished(self, export: Export) -> Export:
        """Return what the cells were read as, with what a workbook knows beside its cells."""
        if export.kind == "csv":
            export = replace(export, frame=self._typed(export.frame), kind="excel")
        return export if self.note is None else replace(export, notes=(self.note, *export.notes))

    def _typed(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Make numbers and days of columns all of whose cells are such, as no tool reads them as text."""
        values = list(zip_longest(*self.records[self.headings :]))
        frame = rows.copy(deep=False)
        for place, name in enumerate(frame.columns):
            there = [v for v in values[place] if v is not None] if place < len(values) else []
            if there and all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in there):
                frame[name] = plain_cells(pd.to_numeric(frame[name]))
            elif there and all(isinstance(v, datetime) for v in there):
                frame[name] = pd.to_datetime(frame[name], format="ISO8601")
        return frame


def sheet_of(source: Source, options: Options) -> Sheet:
    """Read a sheet of a workbook: the first, or the one that was chosen."""
    try:
        import openpyxl  # noqa: PLC0415
    except ImportError as problem:
        raise MissingExtraError("openpyxl", "io") from problem
    if source.content.startswith(_OLD):
        raise source.wrong(_WHAT, "which is an old one (.xls), or has a password", _FIX)
    try:
        book = openpyxl.load_workbook(io.BytesIO(source.content), read_only=True, data_only=True)
        names = tuple(sheet.title for sheet in book.worksheets)
        sheet = book[_chosen(names, options.sheet)]
        sheet.reset_dimensions()  # what a tool says of them may be wrong
        records = [list(record) for record in sheet.iter_rows(values_only=True)]
    except (BadZipFile, KeyError, ValueError, OSError) as problem:
        if isinstance(problem, InputError):
            raise
        raise source.wrong(_WHAT, "which is damaged", _FIX) from problem
    while records and all(value is None for value in records[-1]):
        records.pop()
    if not records:
        raise source.wrong(
            "a sheet with cells", f"whose sheet {sheet.title!r} is empty", "Choose another: sheet=."
        )
    note = None
    if options.sheet is None and len(names) > 1:
        note = f"The first sheet, {names[0]!r}, was read (sheet=... chooses: {check.listing(names[1:])})."
    return Sheet(records, options.header_rows or 1, note)


def _chosen(names: tuple[str, ...], sheet: str | None) -> str:
    if sheet is None:
        return names[0]
    if sheet in names:
        return sheet
    raise InputError(
        "sheet",
        allowed=f"a sheet of the workbook ({check.listing(names)})",
        value=sheet,
        fix=check.suggestion(sheet, names, "sheets"),
    )


def _text(value: Any) -> str:  # noqa: ANN401 - whatever stands in a cell
    """Write a cell as text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, (date, time)) else str(value)
