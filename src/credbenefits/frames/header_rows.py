"""Rows under the header that are no answers: question texts, and the ids of an import."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from credbenefits.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import IntArray
    from credbenefits.frames.boundary import NarwhalsFrame

#: So many rows are looked at, and so many at the top can be of this sort.
_LOOKED_AT, _MOST = 200, 3
#: So many answers show whether a column's answers repeat themselves.
_ENOUGH = 5
#: What survey tools write in a second row of headers over an answer.
_SECOND_HEADERS = {"response", "open-ended response"}
_IMPORT_ID = re.compile(r'\{\s*"ImportId"\s*:')
#: Ends of question texts, after which no cell of an answer has two words.
_QUESTION_ENDS = ("?", ":", "- selected choice", "(in seconds)", "select all that apply.", "- text")
_WORDS = re.compile(r"[^\W\d_]{2,}\S* +\S*[^\W\d_]")
#: Numbers, dates and addresses: what question texts are not.
_PLAIN = re.compile(r"[\d\s.,:;/+\-tz%]+|\S+@\S+", re.IGNORECASE)


def refuse_header_rows(frame: NarwhalsFrame, argument: str) -> None:
    """Refuse a frame whose first rows are question texts, import ids or second headers.

    A row is taken for one only if it holds no number, no date and no answer that comes again in its column,
    and several of its cells are headings beside the rest of their columns.
    """
    reported = 0
    top = _top(frame)
    for row, cells in enumerate(top):
        if any(isinstance(cell, str) and _IMPORT_ID.match(cell.strip()) for cell in cells):
            reported = row + 1
    while reported < len(top) and not any(map(_is_plain, top[reported])) and _is_header(frame, reported):
        reported += 1
    if reported:
        rows = list(range(1, reported + 1))
        raise InputError(
            argument,
            allowed="rows of answers under the header",
            received=f"{reported} row{'s' if reported > 1 else ''} of question texts or import ids under it",
            fix=f"Skip {'them' if reported > 1 else 'it'}: pandas.read_csv(path, skiprows={rows}), "
            f"polars.read_csv(path, skip_rows_after_header={reported}), or in a study file "
            f"skip_rows = {reported} under the wave.",
        )


def refuse_headings(frame: NarwhalsFrame, column: str, codes: IntArray, levels: Sequence[object]) -> None:
    """Refuse a frame as `refuse_header_rows` does, if a column that was read gives reason to look.

    A column of answers that repeat themselves gives one if its first row holds a text that no other row has.
    Import ids are refused in every row: files that were joined or sorted have them further down.
    """
    ids = [i for i, v in enumerate(levels) if isinstance(v, str) and v[:1] == "{" and _IMPORT_ID.match(v)]
    if ids or _is_alone(codes, levels):
        refuse_header_rows(frame, "data")
    if ids:
        rows = int(np.isin(codes, ids).sum())
        raise InputError(
            "data",
            allowed="rows of answers",
            received=f"{rows:,} row{'s' if rows > 1 else ''} of import ids in {column!r}",
            fix="Leave out the rows of question texts and import ids of each file before joining them.",
        )


def refuse_headings_over(frame: NarwhalsFrame, first: Sequence[object]) -> None:
    """Refuse a frame as `refuse_header_rows` does, if the `first` row has another text in every box."""
    if all(isinstance(cell, str) for cell in first) and len(set(first)) == len(first):
        refuse_header_rows(frame, "data")


def _is_alone(codes: IntArray, levels: Sequence[object]) -> bool:
    top = codes[:_LOOKED_AT]
    if not top.size or top[0] < 0 or np.count_nonzero(top == top[0]) > 1:
        return False
    repeats = top.size <= _ENOUGH or 2 * np.unique(top).size <= top.size
    return repeats and isinstance(levels[top[0]], str) and not _is_plain(levels[top[0]])


def _top(frame: NarwhalsFrame) -> Sequence[Sequence[Any]]:
    """Return the cells of the first rows."""
    head = frame.head(_MOST)
    native = head.to_native()
    if isinstance(native, pd.DataFrame):  # whose rows are slow to walk when there are many columns
        return native.to_numpy(dtype=object).tolist()
    return list(head.iter_rows())


def _is_plain(cell: object) -> bool:
    return isinstance(cell, str) and _PLAIN.fullmatch(cell.strip()) is not None and bool(cell.strip())


def _texts(frame: NarwhalsFrame, column: str) -> list[str | None]:
    """Return the first cells of a column as text, blank ones as None."""
    values: list[Any] = frame[column].head(_LOOKED_AT).to_list()
    return [None if v is None or v is pd.NA or v != v else str(v).strip() or None for v in values]  # noqa: PLR0124


def _is_header(frame: NarwhalsFrame, row: int) -> bool:
    """Tell whether a row's cells are headings: several beyond doubt, most of them, and none an answer."""
    filled = second = sure = likely = waiting = 0
    for name in frame.columns:
        texts = _texts(frame, name)
        cell, rest = texts[row], [text for text in texts[row + 1 :] if text is not None]
        if cell is None:
            waiting += bool(rest)
            continue
        filled += 1
        if cell.casefold() in _SECOND_HEADERS and cell not in rest:
            second += 1
        elif _PLAIN.fullmatch(cell) or (cell in rest and not second):
            return False
        elif rest:
            heads = _letters(cell) == _letters(name) or _asks(cell, rest)
            sure += heads
            likely += not heads and _is_foreign(cell, rest)
    if second and waiting:
        return True
    several = sure + likely > 1 and sure > 0
    return several and 2 * (sure + likely) >= filled and 2 * filled >= len(frame.columns)


def _asks(cell: str, rest: Sequence[str]) -> bool:
    """Tell whether a cell is a question text: by its end, or as the rest are numbers, dates or addresses."""
    if _WORDS.search(cell) is None:
        return False
    if len(rest) > 1 and all(_PLAIN.fullmatch(text) for text in rest):
        return True
    ends = cell.casefold().endswith(_QUESTION_ENDS)
    return ends and not any(text.casefold().endswith(_QUESTION_ENDS) for text in rest)


def _is_foreign(cell: str, rest: Sequence[str]) -> bool:
    """Tell whether a cell is longer than all others of a column whose answers repeat themselves."""
    repeats = len(rest) >= _ENOUGH and 2 * len(set(rest)) <= len(rest)
    return repeats and len(cell) > max(map(len, rest))


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()
