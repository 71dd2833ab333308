"""Columns that say who somebody is. They identify people, so they are no answers to report."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from credbenefits import _validation as check
from credbenefits.errors import InputError
from credbenefits.frames.boundary import PERSON
from credbenefits.frames.people import is_panel_id
from credbenefits.frames.spelling import as_number, is_day, label, text_as_numbers

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from credbenefits._typing import BoolArray, IntArray
    from credbenefits.frames.categories import Categories

#: A column of no more names than this is an ordinary one, whoever is alone at one of them.
MOST_ORDINARY = 30
#: More names than this, most of them of one person each, are not listed in an error.
_MOST_LISTED = 12
#: A day as a number, 19800521.
_DAY_NUMBER = re.compile(r"(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])")
_FIX = "Choose a column of answers, or insist with allow_identifier=True."
_FIX_NUMBERS = (
    "If the numbers measure something, cut them into groups, or ask by size: Item(column, at_least=...). "
    "Else choose a column of answers, or insist with allow_identifier=True."
)


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
    named, people, alone = _told_apart(names, sizes)
    if named > ordinary and 2 * alone > named and 3 * alone > people:
        return True
    whole = np.array([not measured and _is_whole(level) for level in levels], dtype=bool) & ~names
    numbers, people, alone = _told_apart(whole, sizes)
    return numbers > ordinary and 4 * alone >= 3 * people


def _told_apart(some: BoolArray, sizes: IntArray) -> tuple[int, int, int]:
    """Count some of the values, the people who have one of them, and those who are alone at theirs."""
    return int(some.sum()), int(sizes[some].sum()), int((sizes[some] == 1).sum())


def listed(levels: Sequence[object], sizes: IntArray) -> str:
    """List values in an error, or only count them where they might say who people are."""
    if identifies(levels, sizes, ordinary=_MOST_LISTED):
        return f"{len(levels):,} different values"
    return check.listing(levels)


def _is_name(level: object) -> bool:
    """Tell names and days from numbers. Zeros at the front say that digits are a name."""
    if is_day(level):
        return True
    if _DAY_NUMBER.fullmatch(label(level)):
        return True
    return isinstance(level, str) and text_as_numbers([level]) is None


def _is_whole(level: object) -> bool:
    number = as_number(level)
    return number is not None and number.is_integer()


def refuse_identifier(
    categories: Categories, argument: str, *, allowed: bool, measured: bool = False
) -> None:
    """Refuse a column that identifies people where answers are meant, unless that is `allowed`."""
    levels = categories.levels
    if allowed or (len(levels) <= MOST_ORDINARY and categories.column != PERSON):
        return
    if categories.column == PERSON and any(is_panel_id(level) for level in levels):
        refuse_keys(argument, [PERSON], {PERSON})
    refuse_names(categories.column, levels, categories.sizes(), argument, measured=measured)


def refuse_names(
    column: str, levels: Sequence[object], sizes: IntArray, argument: str, *, measured: bool = False
) -> None:
    """Refuse values that identify people, given how many people have each."""
    if identifies(levels, sizes, measured=measured):
        alone = int((sizes == 1).sum())
        raise InputError(
            argument,
            allowed="a column of answers, not one that identifies people",
            received=f"{column!r}, with {len(levels):,} different values, {alone:,} of which "
            "belong to one person each",
            fix=_FIX_NUMBERS if all(map(_is_whole, levels)) else _FIX,
        )


def refuse_keys(argument: str, columns: Iterable[str], keys: Collection[str | None]) -> None:
    """Refuse columns that people are linked on where answers are meant."""
    named = next((column for column in columns if column in keys), None)
    if named is not None:
        raise InputError(argument, allowed="a column of answers, not one that identifies people",
                         received=f"{named!r}, which people are linked on", fix=_FIX)  # fmt: skip
