"""Who gave an answer: cells that hold one, and rows that hold any."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Any, NamedTuple

import narwhals as nw
import numpy as np
import pandas as pd

from credbenefits.errors import InputError
from credbenefits.frames.boundary import is_text, objects
from credbenefits.frames.columns import encode
from credbenefits.frames.doubts import doubtful
from credbenefits.frames.keys.normalise import by_appearance, distinct
from credbenefits.questions.spelling import canonical

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from credbenefits._typing import BoolArray, IntArray, Value
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.frames.columns import Categories

#: So many cells show whether a column repeats its values so often that each is best looked at once.
_LOOKED_AT, _OFTEN = 50, 4
#: From so many rows on, texts that do not repeat are not looked at one by one.
_LONG = 1_000
#: What `str.strip` takes away; each library of frames has another list of its own.
_SPACES = "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)


class Known(NamedTuple):
    """Which values of a column are known to be no answer, and which to be one, whatever they look like."""

    missing: Collection[Value] = ()
    answers: Collection[Value] = ()


def answered_rows(frame: NarwhalsFrame, columns: Mapping[str, Known], argument: str) -> BoolArray:
    """Mark the rows that hold an answer in any of the columns.

    Words and codes for no answer are none. What is known of a column goes before what its values look like.
    """
    result = np.zeros(len(frame), dtype=bool)
    for column, known in columns.items():
        values = encode(frame, column, argument)
        result |= _answers(values, known)[values.codes]
    return result


def given_cells(frame: NarwhalsFrame, column: str, known: Known) -> tuple[BoolArray, bool]:
    """Mark the cells of a column that hold an answer, and say whether the column varies.

    Words and codes for no answer are none, unless it is known that they are. In a long column of texts that
    do not repeat, such as comments, only blanks and what is known to be missing are none.
    """
    gone = {canonical(v) for v in known.missing}
    if is_text(frame[column]) and len(frame) > _LONG and not _repeats(frame[column]):
        blank, varies = _blank(frame, column)
        listed, place = distinct(frame, column) if gone else ([], np.full(blank.size, -1))
        return ~blank & ~np.array([*(canonical(v) in gone for v in listed), False])[place], varies
    try:
        values = encode(frame, column, "answered")
    except InputError:  # cells of lists or the like
        return ~np.asarray(frame[column].is_null().to_numpy()), True
    varies = len(values.levels) > 1 or bool((values.codes < 0).any())
    return _answers(values, known)[values.codes], varies


def _answers(values: Categories, known: Known) -> BoolArray:
    """Tell which levels are answers; the last place is for cells without any."""
    gone = {canonical(value) for value in known.missing}
    given = np.ones(len(values.levels) + 1, dtype=bool)
    given[[*doubtful(values, answers=tuple(known.answers)), -1]] = False  # code -1 reads the last
    if gone:
        given[:-1] &= np.array([canonical(level) not in gone for level in values.levels], dtype=bool)
    return given


def never_changes(frame: NarwhalsFrame, keys: Sequence[str]) -> list[str]:
    """Return the columns that are the same in all rows of each person; none where all have one row."""
    person = np.zeros(len(frame), dtype=np.int64)
    for key in keys:
        _, place = distinct(frame, key, "id")
        person = np.where((place < 0) | (person < 0), -1, person * (int(place.max()) + 1) + place)
        person[person >= 0] = by_appearance(person[person >= 0])[0]
    rows = np.flatnonzero(person >= 0)
    first = np.full(int(person.max(initial=-1)) + 1, -1, dtype=np.int64)
    first[person[rows][::-1]] = rows[::-1]
    again = rows[first[person[rows]] != rows]
    result = []
    for column in frame.columns if again.size else ():
        if column in keys:
            continue
        try:
            _, place = distinct(frame, column, "data")
        except InputError:  # cells of lists or the like
            continue
        if (place[again] == place[first[person[again]]]).all():
            result.append(column)
    return result


def blank_rows(frame: NarwhalsFrame, rows: IntArray, columns: Sequence[str], enough: int) -> IntArray:
    """Return those of the rows that are blank, or say no answer, in every column that varies, if one does.

    A column with one and the same value everywhere does not vary. Columns are looked at one by one, on the
    rows that were blank so far, and no further once fewer than `enough` rows are left.
    """
    left, varies = rows, False
    for column in columns:
        try:
            blank, differs = _blank(frame, column)
        except InputError:  # cells of lists or the like are no blanks
            return rows[:0]
        if differs:
            left, varies = left[blank[left]], True
        if left.size < enough:
            break
    return left if varies else rows[:0]


def _blank(frame: NarwhalsFrame, column: str) -> tuple[BoolArray, bool]:
    """Mark the blank cells of a column, and say whether it varies.

    Where values repeat, words and codes for no answer are blank as well.
    """
    series, kind = frame[column], frame[column].dtype
    blank: BoolArray
    plain = is_text(series) or kind.is_integer() or kind.is_float() or kind in (nw.Object, nw.String)
    if plain and _repeats(series):
        return _unanswered(frame, column)
    if is_text(series):
        blank = (series.is_null() | (series.str.strip_chars(_SPACES) == "")).to_numpy()
        return blank, bool(blank.any()) or bool((series != series[0]).any())
    if kind.is_integer() or kind.is_float() or kind.is_temporal():
        blank = pd.isna(objects(frame, column)) if kind.is_float() else series.is_null().to_numpy()
        return blank, bool(blank.any()) or _differ(objects(frame, column))
    if kind in (nw.Object, nw.String):
        cells = objects(frame, column).tolist()
        filled = np.fromiter([isinstance(v, str) and v.strip() != "" for v in cells], dtype=bool)
        others = [cells[i] for i in np.flatnonzero(~filled).tolist()]
        if all(v is None or isinstance(v, str) or (isinstance(v, float) and isnan(v)) for v in others):
            return ~filled, bool(others) or any(v != cells[0] for v in cells)
    return _blank_values(frame, column)


def _unanswered(frame: NarwhalsFrame, column: str) -> tuple[BoolArray, bool]:
    """Answer what `_blank` does; words and codes for no answer are blank too."""
    values = encode(frame, column)
    blank = np.zeros(len(values.levels) + 1, dtype=bool)
    blank[[*doubtful(values), -1]] = True  # code -1 reads the last
    cells = blank[values.codes]
    return cells, len(values.levels) > 1 or bool(cells.any())


def _blank_values(frame: NarwhalsFrame, column: str) -> tuple[BoolArray, bool]:
    """Answer what `_blank` does, from the distinct values."""
    values, place = distinct(frame, column)
    blank = np.array([*(isinstance(v, str) and not v.strip() for v in values), True])[place]
    return blank, len(values) > 1 or bool(blank.any())


def _repeats(series: nw.Series[Any]) -> bool:
    """Tell whether a column seems to hold few values, again and again."""
    top = series.head(_LOOKED_AT).to_list()
    return len({*map(repr, top)}) * _OFTEN <= len(top)


def _differ(values: NDArray[Any]) -> bool:
    return bool((values != values[0]).any())
