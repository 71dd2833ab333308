"""Columns that say who somebody is. They identify people, so they are no answers to report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credbenefits.errors import InputError
from credbenefits.frames.boundary import PERSON
from credbenefits.frames.names import MOST_ORDINARY, identifies, is_whole
from credbenefits.frames.people import is_panel_id

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from credbenefits._typing import IntArray
    from credbenefits.frames.columns import Categories

_FIX = "Choose a column of answers, or insist with allow_identifier=True."
_FIX_NUMBERS = (
    "If the numbers measure something, cut them into groups{bins}, or ask by size: "
    "Item(column, at_least=...). Else choose a column of answers, or insist with allow_identifier=True."
)


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
        numbers = _FIX_NUMBERS.format(bins=f", bins={{{column!r}: [...]}}" if argument == "by" else "")
        raise InputError(
            argument,
            allowed="a column of answers, not one that identifies people",
            received=f"{column!r}, with {len(levels):,} different values, {alone:,} of which "
            "belong to one person each",
            fix=numbers if all(map(is_whole, levels)) else _FIX,
        )


def refuse_keys(argument: str, columns: Iterable[str], keys: Collection[object]) -> None:
    """Refuse columns that people are linked on where answers are meant."""
    named = next((column for column in columns if column in keys), None)
    if named is not None:
        raise InputError(
            argument,
            allowed="a column of answers, not one that identifies people",
            received=f"{named!r}, which people are linked on",
            fix=_FIX,
        )
