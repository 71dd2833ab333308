"""Values that tell people apart rather than group them: names, addresses, codes and days of birth."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from credbenefits import _validation as check
from credbenefits.questions.spelling import as_number, is_day, label, text_as_numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import BoolArray, IntArray

#: A column of no more names than this is an ordinary one, whoever is alone at one of them.
MOST_ORDINARY = 30
#: More names than this, most of them of one person each, are not listed in an error.
MOST_LISTED = 12
#: A day as a number, 19800521.
_DAY_NUMBER = re.compile(r"(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])")


def identifies(
    levels: Sequence[object], sizes: IntArray, *, ordinary: int = MOST_ORDINARY, measured: bool = False
) -> bool:
    """Tell whether values tell people apart rather than group them, given how many people have each.

    So do names, addresses, codes and days of birth: more than 30 of them, of which over half belong to one
    person each, and these are more than a third of the people. (Countries and institutions have many
    rare names too, but most people share theirs.) Whole numbers, as text or not, do so if at least three
    quarters of the people are alone at theirs, as with student numbers: ages and scores that fill more than
    30 levels have more ties. Where numbers are `measured`, that is read by size, none of them does.
    """
    if len(levels) <= ordinary or 2 * int((sizes == 1).sum()) <= len(levels):
        return False
    names = np.array([_is_name(level) for level in levels], dtype=bool)
    named, people, alone = _distinct(names, sizes)
    if named > ordinary and 2 * alone > named and 3 * alone > people:
        return True
    whole = np.array([not measured and is_whole(level) for level in levels], dtype=bool) & ~names
    numbers, people, alone = _distinct(whole, sizes)
    return numbers > ordinary and 4 * alone >= 3 * people


def _distinct(some: BoolArray, sizes: IntArray) -> tuple[int, int, int]:
    """Count some of the values, the people who have one of them, and those who are alone at theirs."""
    return int(some.sum()), int(sizes[some].sum()), int((sizes[some] == 1).sum())


def listed(levels: Sequence[object], sizes: IntArray, limit: int = 12) -> str:
    """List values in an error, or only count them where they might say who people are."""
    if identifies(levels, sizes, ordinary=MOST_LISTED):
        return f"{len(levels):,} different values"
    return check.listing(levels, limit)


def _is_name(level: object) -> bool:
    """Tell names and days from numbers. Zeros at the front say that digits are a name."""
    if type(level) is float and not level.is_integer():
        return False
    if is_day(level):
        return True
    if _DAY_NUMBER.fullmatch(label(level)):
        return True
    return isinstance(level, str) and text_as_numbers([level]) is None


def is_whole(level: object) -> bool:
    """Tell whether a value is a whole number, as text or not."""
    number = as_number(level)
    return number is not None and number.is_integer()
