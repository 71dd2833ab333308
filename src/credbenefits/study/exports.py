"""The data files of a study: read as they are, and refused where they are not what was declared."""

from __future__ import annotations

import csv
import io
import json
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from credbenefits import _validation as check
from credbenefits.errors import DataWarning, StudyFileError
from credbenefits.exports.read import kind_at, read_export
from credbenefits.frames.boundary import UnevenRowsError, parquet_columns, read, read_rows
from credbenefits.frames.header_rows import refuse_header_rows
from credbenefits.results.base import many
from credbenefits.results.export import Export
from credbenefits.study.keys.kinds import SEPARATORS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from credbenefits.results.output import DataFrame
    from credbenefits.study.file import Entry, StudyFile

#: So many bytes tell the kind of a file.
_TOP = 50_000
_NO_TEXT = ("spss", "stata", "parquet")
#: Of a CSV file of which only the header is wanted, so many bytes are read.
_BEGINNING = 1_000_000


@dataclass(frozen=True, slots=True)
class WaveRows:
    """The rows of a wave, the SHA-256 of their file, and what the file of a tool says of its columns."""

    rows: DataFrame
    sha256: str
    export: Export | None = None

    def linked(self, rows: DataFrame) -> DataFrame | Export:
        """Return what is linked: these rows, with the codebook of the file where there is one."""
        return rows if self.export is None else replace(self.export, frame=rows)

    def part(self, cut: DataFrame | Export) -> WaveRows:
        """Return what was cut out of the file for one wave."""
        if isinstance(cut, Export):
            return replace(self, rows=cut.frame, export=cut)
        return replace(self, rows=cut)


def read_wave(study: StudyFile, wave: str, named: Iterable[str]) -> WaveRows:
    """Read the file of a wave, without the rows that the study says to skip; `named` are columns of it."""
    entry = study.waves[wave]
    path, separator = _place(study, wave)
    skipped = entry.values.get("skip_rows", 0)
    with _reading(entry, path, separator):
        content = path.read_bytes()
        if _of_a_tool(entry, content):
            made = _read_tool(entry, path)
            for note in made.notes:
                if not note.startswith("Taken out"):  # the ledger says it
                    warnings.warn(f"{entry.text('file')}: {note}", DataWarning, stacklevel=2)
            return WaveRows(made.frame, sha256(content).hexdigest(), made)
        text = "" if path.suffix == ".parquet" else _text(entry, content)
        if path.suffix != ".parquet":
            _check_header(entry, text, separator, _folded(named))
        export = read_rows(path, separator, content)
        if text and export.iloc[:, -1].isna().any():
            _refuse_short_rows(text, separator, export.shape)
    export = export.iloc[skipped:].reset_index(drop=True) if skipped else export
    if not len(export):
        raise _wrong(
            entry,
            "a file with at least one row below its header",
            "which has none",
            "Check the file, and skip_rows.",
        )
    with entry.blame("skip_rows"):
        refuse_header_rows(read(export, "file"), "skip_rows")
    return WaveRows(export, sha256(content).hexdigest())


def read_header(study: StudyFile, wave: str, named: Iterable[str]) -> list[str] | Export:
    """Return the columns of the file of a wave, of a plain file by its beginning; or the export of a tool."""
    entry = study.waves[wave]
    path, separator = _place(study, wave)
    with _reading(entry, path, separator):
        with path.open("rb") as file:
            beginning = file.read(_BEGINNING)
        if _of_a_tool(entry, beginning):
            return _read_tool(entry, path)
        if path.suffix == ".parquet":
            return parquet_columns(path)
        content = beginning
        # The last letter may be cut.
        whole = content if len(content) < _BEGINNING else content[: content.rindex(b"\n") + 1 or None]
        text = _text(entry, whole)
        _check_header(entry, text, separator, _folded(named))
    return _first_row(text, separator)


def _of_a_tool(entry: Entry, content: bytes) -> bool:
    """Tell whether a file is one that only :func:`read_export` reads: that of a tool, or no text.

    A plain file is read as the study declares it. Where it says how many rows to skip, it says all of it.
    """
    if any(entry.has(key) for key in ("kind", "sheet", "encoding")):
        return True
    return not entry.has("skip_rows") and kind_at(content[:_TOP]) not in {None, "csv"}


def _read_tool(entry: Entry, path: Path) -> Export:
    """Read a file as the tool wrote it that its content tells, or the study."""
    options: dict[str, Any] = entry.given("kind", "sheet", "encoding")
    if entry.has("skip_rows"):
        options["header_rows"] = 1 + entry.values["skip_rows"]
    with entry.blame("file"):
        export = read_export(path, delimiter=entry.values.get("separator"), **options)
    for key, kinds in (("separator", (*_NO_TEXT, "excel")), ("skip_rows", _NO_TEXT)):
        if entry.has(key) and export.kind in kinds:
            raise entry.wrong(
                key,
                allowed=f"none beside a file of this kind ({export.kind})",
                value=entry.values[key],
                fix="Leave it out.",
            )
    if not len(export.frame):
        raise _wrong(
            entry,
            "a file with at least one row of answers",
            "which has none",
            "Check the file, and skip_rows.",
        )
    return export


def _place(study: StudyFile, wave: str) -> tuple[Path, str]:
    """Return the file of a wave and what stands between its cells, after both were checked."""
    entry = study.waves[wave]
    path = study.folder / entry.text("file")
    separator = _separator(entry, path)
    _refuse_place(study, wave, path)
    return path, separator


@contextmanager
def _reading(entry: Entry, path: Path, separator: str) -> Iterator[None]:
    """Say of a file that cannot be read why, without repeating any of it."""
    try:
        yield
    except StudyFileError:
        raise
    except UnevenRowsError as problem:
        raise _wrong(
            entry,
            "a CSV file with a cell per column in every row",
            _bad_row(path, separator),
            "Put cells that hold a separator in double quotes that close; end no row before its last cell.",
        ) from problem
    except (ValueError, OSError, ImportError) as problem:
        raise _wrong(
            entry, "a CSV (UTF-8) or Parquet file that can be read", _reason(problem), "Export it anew."
        ) from problem


def _wrong(entry: Entry, allowed: str, what: str, fix: str) -> StudyFileError:
    """Make the error about a file, which says `what` it is and repeats none of it."""
    return entry.wrong("file", allowed=allowed, received=f"{entry.text('file')!r}, {what}", fix=fix)


def _reason(problem: Exception) -> str:
    """Say why a file cannot be read, in no words that may hold some of it."""
    if isinstance(problem, OSError):
        return f"which the system does not give ({problem.strerror or type(problem).__name__})"
    return str(problem) if isinstance(problem, ImportError) else "which is not of this kind, or damaged"


def _separator(entry: Entry, path: Path) -> str:
    """Return what stands between the cells of a CSV file."""
    said: str = entry.values.get("separator", ",")
    if path.suffix == ".parquet" and entry.has("separator"):
        raise entry.wrong(
            "separator",
            allowed="no separator beside a Parquet file, which has none",
            value=said,
            fix="Leave it out.",
        )
    return said


def _refuse_place(study: StudyFile, wave: str, path: Path) -> None:
    """Refuse what is no file, and files outside of the study's folder."""
    entry = study.waves[wave]
    if not path.is_file():
        raise entry.wrong(
            "file",
            allowed="a file beside the study file",
            value=entry.text("file"),
            fix="It is a folder: name a file in it."
            if path.is_dir()
            else "Check the name; it is relative to the study file.",
        )
    if not study.allow_outside and not path.resolve().is_relative_to(study.folder.resolve()):
        raise entry.wrong(
            "file",
            allowed="a file in the folder of the study file or below it",
            value=entry.text("file"),
            fix="Move it there, or allow other places: --allow-outside, read_study(..., allow_outside=True).",
        )


def _text(entry: Entry, content: bytes) -> str:
    """Return what a CSV file says, and refuse one in another encoding, without repeating any of it."""
    fix = 'Save it as "CSV UTF-8".'
    if content.startswith(b"PK\x03\x04"):
        raise _wrong(entry, "a CSV file in UTF-8", "which is a workbook or another archive", fix)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content:
        raise _wrong(entry, "a CSV file in UTF-8", "which is in UTF-16 or has NUL bytes", fix)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise _wrong(entry, "a CSV file in UTF-8", "which is in another encoding", fix) from problem


def _check_header(entry: Entry, text: str, separator: str, named: set[str]) -> None:
    """Refuse a first row that does not name the columns that the study names."""
    header = _first_row(text, separator)
    if not any(name.strip() for name in header):
        raise _wrong(
            entry,
            "a CSV file whose first row names the columns",
            "whose first row is empty",
            "Check the file and its first row.",
        )
    if named.isdisjoint(_folded(header)):
        raise _unnamed(entry, text, separator, named)
    plain = [" ".join(name.split()) for name in header]
    twice = sorted({name for name in plain if name and plain.count(name) > 1})
    if twice:
        raise entry.wrong(
            "file",
            allowed="a file whose columns have different names",
            received=f"{check.listing(twice)} more than once",
            fix="Rename them.",
        )


def _unnamed(entry: Entry, text: str, separator: str, named: set[str]) -> StudyFileError:
    """Make the error about a first row that names no column of the study: what is wrong with it."""
    header = _first_row(text, separator)
    kind = f"a CSV file with {SEPARATORS[separator]} between the cells, whose first row names the columns"
    if text.startswith("sep="):
        return _wrong(
            entry,
            kind,
            "whose first line is a note for a spreadsheet (sep=)",
            "Delete this line, and declare the separator.",
        )
    other = _other_separator(text, header, separator, named)
    if other:
        return _wrong(
            entry,
            kind,
            f"whose first row has {SEPARATORS[other]} between the cells",
            f"Write separator = {json.dumps(other)} under [{entry.key}].",
        )
    cells = "1 cell, which is" if len(header) == 1 else f"{len(header):,} cells, none of which is"
    no = " not" if len(header) == 1 else ""
    return _wrong(
        entry,
        kind,
        f"whose first row has {cells}{no} a column that the study names",
        "Check the first row of the file.",
    )


def _first_row(text: str, separator: str) -> list[str]:
    return next(csv.reader(io.StringIO(text, newline=""), delimiter=separator), [])


def _folded(names: Iterable[str]) -> set[str]:
    return {name.strip().casefold() for name in names}


def _other_separator(text: str, header: list[str], separator: str, named: set[str]) -> str | None:
    """Return the separator with which the first row names a column of the study, or has several cells."""
    others = [mark for mark in SEPARATORS if mark != separator]
    result = [mark for mark in others if not named.isdisjoint(_folded(_first_row(text, mark)))]
    return next(iter(result or [mark for mark in others if len(header) == 1 and mark in header[0]]), None)


def _refuse_short_rows(text: str, separator: str, shape: tuple[int, int]) -> None:
    """Refuse rows that end before the last column: what they lack would count as no answer."""
    n, width = shape
    if '"' not in text and text.count(separator) == (n + 1) * (width - 1):
        return
    if any(0 < len(row) < width for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator)):
        raise UnevenRowsError


def _bad_row(path: Path, separator: str) -> str:
    """Say which row has more or fewer cells than there are columns, or that a quoted cell does not end."""
    rows = list(csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline=""), delimiter=separator))
    width = len(rows[0])
    for uneven in (int.__gt__, int.__lt__):
        for number, row in enumerate(rows[1:], 1):
            if row and uneven(len(row), width):
                cells = many(len(row), "cell", "cells")
                return f"whose row {number:,} below the header has {cells} for {width:,} columns"
    return "in which a cell opens with a double quote that nothing closes"
