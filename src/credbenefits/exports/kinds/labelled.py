"""Files of statistics packages: codes in the rows, and words for them beside."""

from __future__ import annotations

import math
import os
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from credbenefits.errors import MissingExtraError
from credbenefits.exports.kinds.plain import says_who
from credbenefits.exports.tick_groups import TickSet, grouped
from credbenefits.questions.column import Answer, Column
from credbenefits.questions.spelling import natural_order
from credbenefits.questions.words import no_answer
from credbenefits.results.export import Codebook, Export

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from credbenefits._typing import BoolArray, ColumnRole, ExportKind, FloatArray
    from credbenefits.exports.source import Source

#: What pyreadstat tells of a file beside its rows; pyreadstat is an extra, so it cannot be named here.
Meta: TypeAlias = Any
#: The cells of a column: an array of NumPy or pandas.
Array: TypeAlias = Any

#: Numbers up to this size are whole in a float, and integers of the frame.
_WHOLE = 2**53
#: Columns that a note names one by one.
_MOST_NAMED = 5
_LAST_DAY = np.datetime64("9999-12-31", "ms")
#: How many milliseconds the units last in which files count days and times.
_MILLISECONDS = {"D": 86_400_000.0, "s": 1000.0, "ms": 1.0}


@dataclass(frozen=True, slots=True)
class Declared:
    """Codes that a file declares to be no answer: one by one, and ranges with both ends."""

    codes: tuple[Any, ...] = ()
    ranges: tuple[tuple[Any, Any], ...] = ()

    def holds(self, code: object) -> bool:
        """Tell whether a code is declared."""
        alike = [each for each in self.ranges if isinstance(each[0], str) == isinstance(code, str)]
        return code in self.codes or any(low <= code <= high for low, high in alike)

    def among(self, numbers: FloatArray) -> BoolArray:
        """Mark the numbers that are declared."""
        result: BoolArray = np.isin(numbers, [c for c in self.codes if not isinstance(c, str)])
        for low, high in self.ranges:
            if not isinstance(low, str):
                result |= (numbers >= low) & (numbers <= high)
        return result


@dataclass(frozen=True, slots=True)
class Package:
    """How a statistics package writes its files.

    Attributes
    ----------
    kind : str
        Of which kind the file is.
    what : str
        A file of it, in words.
    days : callable
        Tells of a format whether numbers are days or times: the unit that they count, and the day from which
        they count; None for other numbers.
    missing : callable
        Tells which codes of a column are declared to be no answer.
    """

    kind: ExportKind
    what: str
    days: Callable[[str], tuple[str, str] | None]
    missing: Callable[[Meta, str], Declared]


@dataclass(slots=True)
class _Notes:
    """Columns of which something is to be known."""

    by_words: list[str] = field(default_factory=list)
    blanked: list[str] = field(default_factory=list)
    no_days: list[str] = field(default_factory=list)

    def written(self) -> Iterator[str]:
        """Say it, a sentence per kind."""
        for names, words in (
            (self.by_words, "some codes are no answer by their words, and the file does not declare them."),
            (self.blanked, "codes for no answer among days or times were made blank."),
            (self.no_days, "some days lie beyond the year 9999, so the numbers of the file were kept."),
        ):
            if names:
                more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
                yield f"{', '.join(names[:_MOST_NAMED])}{more}: {words}"


def read_with(reader: str, package: Package, source: Source, **how: str | bool | None) -> Export:
    """Read a file with a reader of pyreadstat; `how` are options of the reader."""
    try:
        import pyreadstat  # noqa: PLC0415
    except ImportError as problem:
        raise MissingExtraError("pyreadstat", "io") from problem
    with _on_disk(source) as place:
        try:
            frame, meta = getattr(pyreadstat, reader)(str(place), disable_datetime_conversion=True, **how)
        except Exception as problem:  # its own errors have no public name before version 1.3.4
            raise source.wrong(
                package.what,
                "which is of another kind, in another encoding, or damaged",
                "Save it again; or say how its letters are written: encoding='cp1252'.",
            ) from problem
    return _export(package, frame, meta)


@contextmanager
def _on_disk(source: Source) -> Iterator[Path]:
    """Give a place on the disk where the file is."""
    if source.path is not None:
        yield source.path
        return
    handle, name = tempfile.mkstemp()
    place = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(source.content)
        yield place
    finally:
        place.unlink(missing_ok=True)


def _export(package: Package, frame: pd.DataFrame, meta: Meta) -> Export:
    notes, texts = _Notes(), {n for n, kind in meta.readstat_variable_types.items() if kind == "string"}
    cells: dict[str, Array] = {}
    columns: list[Column] = []
    for name in frame.columns:
        declared = package.missing(meta, name)
        days = None if name in texts else package.days(str(meta.original_variable_types.get(name) or ""))
        dated = None if days is None else _dated(frame[name], days, declared)
        cells[name] = plain_cells(frame[name], text=name in texts) if dated is None else dated
        question = " ".join(str(meta.column_names_to_labels.get(name) or "").split())
        if dated is not None:
            columns.append(Column(name, question, "date", open=True))
            if np.isnat(dated).sum() > frame[name].isna().sum():
                notes.blanked.append(name)
            continue
        if days is not None:
            notes.no_days.append(name)
        labels = _labels(meta.variable_value_labels.get(name), text=name in texts)
        answers = _answers(cells[name], labels, declared)
        if any(a.missing is not None and not declared.holds(a.code) for a in answers):
            notes.by_words.append(name)
        listed = {a.code for a in answers}
        closed = any(a.missing is None for a in answers) and listed.issuperset(used(cells[name]))
        role: ColumnRole = "id" if not answers and says_who(name) and frame[name].is_unique else "answer"
        columns.append(Column(name, question, role, answers, open=not closed))
    book = grouped(columns, lambda name: used(cells[name]), texts, sets=_sets(meta))
    rows = pd.DataFrame(cells, columns=list(frame.columns), copy=False)
    return Export(rows, Codebook(tuple(book)), notes=tuple(notes.written()), kind=package.kind)


# ---- cells -------------------------------------------------------------------------------------------------


def plain_cells(cells: pd.Series, *, text: bool = False) -> Array:
    """Return a column as the file has it: whole numbers as integers, text as it is, blank text as missing."""
    if text:
        return cells.mask(cells == "").array
    if cells.dtype == object:
        return _with_letters(cells)
    values = cells.to_numpy()
    if values.dtype.kind != "f":
        return values
    blank = np.isnan(values)
    there = values[~blank] if blank.any() else values
    if not there.size or np.abs(there).max() > _WHOLE or not np.array_equal(there, np.trunc(there)):
        return values
    if there.size == values.size:
        return values.astype(np.int64)
    return pd.arrays.IntegerArray(np.where(blank, 0, values).astype(np.int64), blank)


def _with_letters(cells: pd.Series) -> Array:
    """Return a column of numbers among which are Stata's codes for no answer, written as .a to .z."""
    whole = all(isinstance(code(v), int) for v in cells if isinstance(v, float) and not math.isnan(v))
    result = np.empty(len(cells), dtype=object)
    for i, v in enumerate(cells):
        if isinstance(v, str):
            result[i] = f".{v}"
        elif v is not None and not math.isnan(v):
            result[i] = int(v) if whole else float(v)
    return result


def _dated(cells: pd.Series, days: tuple[str, str], declared: Declared) -> Array | None:
    """Return a column of days or times, without codes for no answer; None where some are no days."""
    unit, first = days
    numbers = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=np.float64)
    there = ~np.isnan(numbers) & ~declared.among(numbers)
    since = np.datetime64(first, "ms")
    passed = np.where(there, numbers, 0.0) * _MILLISECONDS[unit]
    if np.abs(passed).max(initial=0.0) > (_LAST_DAY - since) / np.timedelta64(1, "ms"):
        return None
    result: Array = since + np.round(passed).astype("m8[ms]")
    result[~there] = np.datetime64("NaT", "ms")
    return result


# ---- answers -----------------------------------------------------------------------------------------------


def used(cells: Array) -> list[Any]:
    """Return the different values of a column, without blanks."""
    values = pd.unique(pd.Series(cells, copy=False).dropna())
    return list(map(code, np.asarray(values, dtype=object).tolist()))


def code(value: Any) -> Any:  # noqa: ANN401 - whatever the file holds
    """Return a code as the frame has it."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= _WHOLE:
        return int(value)
    return value


def _labels(given: Mapping[Any, Any] | None, *, text: bool) -> dict[Any, str]:
    """Return the words of codes; in a column of numbers, letters are Stata's codes for no answer."""
    return {
        f".{value}" if isinstance(value, str) and not text else code(value): " ".join(str(said or "").split())
        for value, said in (given or {}).items()
    }


def _answers(cells: Array, labels: Mapping[Any, str], declared: Declared) -> tuple[Answer, ...]:
    """Return the answers of a column in the order of their codes, those without words if they are none."""
    codes = [*labels, *map(code, declared.codes)]
    if declared.ranges:
        codes += [each for each in used(cells) if declared.holds(each)]
    answers = []
    for each in sorted(dict.fromkeys(codes), key=_order):
        said, none = labels.get(each, ""), declared.holds(each)
        if said or none:
            kind = no_answer(said) if said else None
            answers.append(Answer(each, said, kind or ("missing" if none else None)))
    return tuple(answers)


def _order(value: Any) -> tuple[int, Any]:  # noqa: ANN401 - whatever the file holds
    return (1, natural_order(value)) if isinstance(value, str) else (0, float(value))


def _sets(meta: Meta) -> list[TickSet]:
    """Return the sets of columns that the file declares to be one question, each column a choice."""
    return [
        TickSet(
            name.removeprefix("$"),
            " ".join(str(each.get("label") or "").split()),
            tuple(each.get("variable_list") or ()),
            code(each.get("counted_value")),
        )
        for name, each in (getattr(meta, "mr_sets", None) or {}).items()
        if each.get("is_dichotomy")
    ]
