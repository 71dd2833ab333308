"""Headings of columns: made fit to be names, and each of its own."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from credbenefits import _validation as check
from credbenefits.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence


def clean(heading: str) -> str:
    """Return a heading on one line, without spaces around it and without doubled ones."""
    return " ".join(heading.split())


def letters(heading: str) -> str:
    """Return what two spellings of a heading have in common: its letters and digits."""
    return "".join(letter for letter in heading.casefold() if letter.isalnum())


def padded(record: Sequence[str], width: int) -> list[str]:
    """Return a record of headings with as many cells as there are columns; refuse one that has more."""
    if any(cell.strip() for cell in record[width:]):
        raise InputError(
            "path",
            allowed="a file with a cell per column in every row",
            received=f"a row of headings that has {len(record):,} cells for {width:,} columns",
            fix="Put cells that hold the delimiter in double quotes, or give delimiter= if it is another.",
        )
    return [*record[:width], *[""] * (width - len(record))]


def names_of(headings: Sequence[str], own: Sequence[str] = ()) -> tuple[list[str], list[str]]:
    """Return a name for each column that no other has, and notes on those that are not their heading.

    A heading that stands over several columns is replaced by what the tool calls each of them (`own`), if
    that is of one column alone; otherwise all but the first of them get a number.
    """
    cleaned = [clean(heading) for heading in headings]
    times = Counter(cleaned)
    taken = {name for name in cleaned if name and times[name] == 1}
    named: list[str] = []
    twice: dict[str, None] = {}
    unnamed = 0
    for place, name in enumerate(cleaned):
        chosen = name
        if not name:
            unnamed += 1
            chosen = _free(f"column {place + 1}", taken)
        elif times[name] > 1:
            twice[name] = None
            mine = own[place] if place < len(own) else ""
            chosen = mine if mine and own.count(mine) == 1 and mine not in taken else _free(name, taken)
        taken.add(chosen)
        named.append(chosen)
    notes = []
    if unnamed:
        words = (
            "1 column has no heading; it is"
            if unnamed == 1
            else f"{unnamed:,} columns have no heading; they are"
        )
        notes.append(f"{words} called by its place." if unnamed == 1 else f"{words} called by their places.")
    if twice:
        how = "the ids that the tool gives them" if own else "a number behind all but the first"
        notes.append(f"Columns that share a heading ({check.listing(twice)}) are told apart by {how}.")
    return named, notes


def _free(name: str, taken: set[str]) -> str:
    """Return a name with the first number that makes it one of its own; none if it is already."""
    number, chosen = 1, name
    while chosen in taken:
        number += 1
        chosen = f"{name} ({number})"
    return chosen
