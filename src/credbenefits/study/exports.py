"""The data files of a study: read as they are, and refused where they are not what was declared."""

from __future__ import annotations

import csv
import io
import warnings
from typing import TYPE_CHECKING

import pandas as pd

from credbenefits import _validation as check
from credbenefits.errors import StudyFileError
from credbenefits.frames.boundary import read
from credbenefits.frames.header_rows import refuse_header_rows

if TYPE_CHECKING:
    from pathlib import Path

    from credbenefits.study.schema import StudyFile


def read_export(path: Path) -> pd.DataFrame:
    """Read a survey export; a CSV with every cell as text.

    Nothing in it is guessed: ids keep their leading zeros, the answer "NA" stays an answer, and
    only an empty cell is missing.
    """
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    with warnings.catch_warnings():
        # A row with more cells than the header would shift every answer into another column.
        warnings.simplefilter("error", pd.errors.ParserWarning)
        return pd.read_csv(
            path, dtype=str, keep_default_na=False, na_values=[""], encoding="utf-8-sig", index_col=False
        )


def read_wave(study: StudyFile, wave: str) -> pd.DataFrame:
    """Read the file of a wave, without the rows that the study says to skip."""
    entry = study.waves[wave]
    path = study.folder / entry.text("file")
    with entry.blame("skip_rows"):
        skipped = check.whole_number("skip_rows", entry.values.get("skip_rows", 0), least=0)
    _refuse_place(study, wave, path)
    try:
        if path.suffix != ".parquet":
            _check_header(study, wave, path)
        export = read_export(path)
    except StudyFileError:
        raise
    except UnicodeDecodeError as problem:
        raise entry.wrong("file", allowed="a CSV file in UTF-8",
                          received=f"{entry.text('file')!r} in another encoding",
                          fix='Save it as "CSV UTF-8".') from problem  # fmt: skip
    except (ValueError, OSError, ImportError, pd.errors.ParserWarning) as problem:
        raise entry.wrong(
            "file",
            allowed="a CSV (UTF-8) or Parquet file that can be read",
            received=f"{entry.text('file')}: {problem}",
            fix="Export it anew.",
        ) from problem
    export = export.iloc[skipped:].reset_index(drop=True) if skipped else export
    if not len(export):
        raise entry.wrong("file", allowed="a file with at least one row below its header",
                          received=f"{entry.text('file')!r}, which has none",
                          fix="Check the file, and skip_rows.")  # fmt: skip
    with entry.blame("skip_rows"):
        refuse_header_rows(read(export, "file"), "skip_rows")
    return export


def _refuse_place(study: StudyFile, wave: str, path: Path) -> None:
    """Refuse what is no file, and files outside of the study's folder."""
    entry = study.waves[wave]
    if not path.is_file():
        raise entry.wrong(
            "file",
            allowed="a file beside the study file",
            value=entry.text("file"),
            fix="It is a folder: name a file in it." if path.is_dir() else
            "Check the name; it is relative to the study file.",
        )  # fmt: skip
    if not study.allow_outside and not path.resolve().is_relative_to(study.folder.resolve()):
        raise entry.wrong(
            "file",
            allowed="a file in the folder of the study file or below it",
            value=entry.text("file"),
            fix="Move it there, or allow other places: --allow-outside, read_study(..., allow_outside=True).",
        )


def _check_header(study: StudyFile, wave: str, path: Path) -> None:
    """Refuse a file that is not what was declared, without repeating any of it."""
    entry = study.waves[wave]
    content = path.read_bytes()
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content:
        raise entry.wrong("file", allowed="a CSV file in UTF-8",
                          received=f"{entry.text('file')!r} in UTF-16, or with NUL bytes",
                          fix='Save it as "CSV UTF-8".')  # fmt: skip
    header = next(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")), [])
    if not any(name.strip() for name in header):
        raise entry.wrong("file", allowed="a CSV file whose first row names the columns",
                          received=f"{entry.text('file')!r}, whose first row is empty",
                          fix="Check the file and its first row.")  # fmt: skip
    named = {*entry.texts("keys"), *study.top.values.get("exclude", {})}
    named |= {one.text("column") for one in (*study.items, *study.choices) if study.wave_of(one) == wave}
    if {name.strip().casefold() for name in header}.isdisjoint(name.strip().casefold() for name in named):
        separated = [repr(mark) for mark in ";\t|" if len(header) == 1 and mark in header[0]]
        raise entry.wrong(
            "file",
            allowed="a CSV file with commas between the cells, whose first row names the columns",
            received=f"a file with {' or '.join(separated)} in the first row, where commas should be"
            if separated
            else f"a first row of {len(header)} cells, none of which the study names as a column of the wave",
            fix="Save it with commas between the cells." if separated else "Check the first row of the file.",
        )  # fmt: skip
    plain = [" ".join(name.split()) for name in header]
    twice = sorted({name for name in plain if name and plain.count(name) > 1})
    if twice:
        raise entry.wrong("file", allowed="a file whose columns have different names",
                          received=f"{check.listing(twice)} more than once", fix="Rename them.")  # fmt: skip
