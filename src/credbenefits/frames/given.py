"""Who gave an answer: cells that hold one, and rows that hold any."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from credbenefits.errors import InputError
from credbenefits.frames.categories import encode
from credbenefits.frames.doubts import doubtful
from credbenefits.frames.keys import distinct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import BoolArray, IntArray
    from credbenefits.frames.boundary import NarwhalsFrame


def answered_rows(frame: NarwhalsFrame, columns: Sequence[str], argument: str) -> BoolArray:
    """Mark the rows that hold an answer in any of the columns: no words for none, no codes for none."""
    found = np.zeros(len(frame), dtype=bool)
    for column in columns:
        values = encode(frame, column, argument)
        given = np.ones(len(values.levels) + 1, dtype=bool)
        given[[*doubtful(values), -1]] = False  # code -1 reads the last
        found |= given[values.codes]
    return found


def blank_rows(frame: NarwhalsFrame, rows: IntArray, columns: Sequence[str], enough: int) -> IntArray:
    """Return those of the rows that are blank in every column that varies, if one does.

    A column with one and the same value everywhere does not vary. Columns are looked at one by one, on the
    rows that were blank so far, and no further once fewer than `enough` rows are left.
    """
    left, varies = rows, False
    for column in columns:
        try:
            values, place = distinct(frame, column)
        except InputError:  # cells of lists or the like are no blanks
            return rows[:0]
        blank = np.array([*(isinstance(v, str) and not v.strip() for v in values), True])[place]
        if len(values) > 1 or blank.any():
            left, varies = left[blank[left]], True
        if left.size < enough:
            break
    return left if varies else rows[:0]
