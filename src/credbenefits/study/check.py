"""Checking a study file without running it, by its keys and the headers of its files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credbenefits import _validation as check
from credbenefits.errors import StudyFileError
from credbenefits.study.exports import read_header
from credbenefits.study.file import StudyFile, open_study
from credbenefits.study.parts.cut import cut_headers
from credbenefits.study.parts.found import Found
from credbenefits.study.parts.plan import make_plan

if TYPE_CHECKING:
    from pathlib import Path

    from credbenefits.results.export import Codebook
    from credbenefits.study.parts.common import Column
    from credbenefits.study.parts.plan import Plan


def check_study(study: StudyFile | str | Path, *, allow_outside: bool = False) -> list[StudyFileError]:
    """Find all that is wrong about a study file, without running it.

    Looked at are its keys and what they hold, the waves and items that entries name, the options that do not
    need the data, and whether the files have the columns: of each file the header is read and nothing else.

    Parameters
    ----------
    study : str, Path or StudyFile
        The study file, or what :func:`credbenefits.study.file.open_study` or ``read_study`` made of it.
    allow_outside : bool
        As in :func:`credbenefits.study.file.read_study`, for a path.

    Returns
    -------
    list of StudyFileError
        The problems in the order of their lines; empty where there are none. Answers, and what else only the
        data tell, may still be wrong.
    """
    if not isinstance(study, StudyFile):
        try:
            study = open_study(study, allow_outside=allow_outside)
        except StudyFileError as problem:  # no TOML: there are no keys to look at
            return [problem]
    found = Found(study)
    plan = make_plan(study, Found(study))
    headers: dict[str, list[str]] = {}
    books: dict[str, Codebook] = {}
    for wave in study.waves:
        with found.each():
            header = read_header(study, wave, plan.named(wave))
            if not isinstance(header, list):
                books[wave] = header.codebook
            headers[wave] = header if isinstance(header, list) else list(header.frame.columns)
    with found.each():
        headers, books = cut_headers(study, headers, books)
    plan = make_plan(study, found, books)
    for column in plan.columns():
        with found.each():
            _check_column(plan, column, headers, found)
    _check_anywhere(plan, headers, found)
    return found.problems


def _check_column(plan: Plan, column: Column, headers: dict[str, list[str]], found: Found) -> None:
    """Check that the file of a wave has a column, or that its choices make one of this name."""
    if column.wave not in headers:
        return
    if column.key in {"by", "item"} and found.follows("items", column.name):
        return  # the label of one of the [[items]], it may be
    if ": " in column.name and found.doubtful("choices"):
        return
    known = list(headers[column.wave])
    for split in plan.choices:
        if split.wave == column.wave:
            name = split.question.column
            known += [f"{name}: {choice}" for choice in split.question.choices]
            if not split.question.choices and column.name.startswith(f"{name}: "):
                return  # the choices are those that stand in the data
    with column.entry.blame(column.key):
        check.column(column.key, column.name, column.among(known), f"wave {column.wave!r}")


def _check_anywhere(plan: Plan, headers: dict[str, list[str]], found: Found) -> None:
    """Check that some wave has each column of `exclude`, and what the labels are of."""
    top = plan.study.top
    if len(headers) < len(plan.study.waves):
        return
    everywhere = sorted({name for names in headers.values() for name in names})
    plan.check_labels(everywhere, found)
    for name in top.values.get("exclude", {}):
        with found.each(), top.blame("exclude"):
            check.column("exclude", name, everywhere, "any wave")
