"""From key codes to persons: which rows belong together, decided key by key in order of trust."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from credbenefits.frames.keys.normalise import by_appearance

if TYPE_CHECKING:
    from credbenefits._typing import BoolArray, IntArray

#: What became of a row.
KEPT, DUPLICATE, NO_KEY, EXCLUDED = 0, 1, 2, 3


@dataclass(frozen=True, slots=True)
class Persons:
    """Person of each row (-1 without key), and the rows whose keys contradict each other.

    `conflict` marks rows with a key value that belongs to two or more people told apart by a
    more trusted key. Such a key links nobody.
    """

    person: IntArray
    conflict: BoolArray


def resolve(keys: list[IntArray]) -> Persons:
    """Assign rows to persons. `keys` holds one code array over all rows per key, most trusted first.

    Rows that share the first key are one person. A row without it goes by the second: to the one
    person whose rows hold that value, or to a new one where nobody does; and so on. Where a value
    is held by several persons, rows without a better key cannot be placed and stay apart.
    """
    n = keys[0].size
    if len(keys) == 1:  # what follows says the same at greater length
        return Persons(numbered_again(keys[0]), np.zeros(n, dtype=bool))
    person = np.full(n, -1, dtype=np.int64)
    conflict = np.zeros(n, dtype=bool)
    known = 0
    for code in keys:
        has = code >= 0
        owner, owners = _owners(code, person, has & (person >= 0))
        contested = np.append(owners > 1, False)[code] & has
        # A contested value names nobody; whoever is placed by a better key keeps that place.
        conflict |= contested
        free = has & (person < 0)
        joining = free & ~contested & (np.append(owner, -1)[code] >= 0)
        person[joining] = owner[code[joining]]
        fresh = free & ~joining
        # Rows that share a contested value need not be one person either: each stays its own.
        alone = code.size + np.arange(n)
        place, n_values = by_appearance(np.where(contested, alone, code)[fresh])
        person[fresh] = known + place
        known += n_values
    return Persons(numbered_again(person), conflict)


def _owners(code: IntArray, person: IntArray, rows: BoolArray) -> tuple[IntArray, IntArray]:
    """Return, per key value, one person who holds it (-1 if none) and how many do."""
    n_values = int(code.max(initial=-1)) + 1
    owner = np.full(n_values, -1, dtype=np.int64)
    width = int(person.max(initial=0)) + 1
    pairs = np.sort(code[rows] * width + person[rows])
    pairs = pairs[np.diff(pairs, prepend=-1) != 0]  # np.unique is slow on so many different numbers
    owner[pairs // width] = pairs % width
    return owner, np.bincount(pairs // width, minlength=n_values).astype(np.int64)


def numbered_again(person: IntArray) -> IntArray:
    """Give numbers to persons in the order in which the rows bring them."""
    has = person >= 0
    out = person.copy()
    out[has], _ = by_appearance(person[has])
    return out


def keep_one(person: IntArray, preference: IntArray) -> BoolArray:
    """Mark, within one wave, the row to keep of each person: the one of highest preference.

    Among equals the later row wins. Rows without a person are not marked.
    """
    rows = np.flatnonzero(person >= 0)
    ranked = rows[np.argsort(preference[rows], kind="stable")]
    best = np.zeros(int(person.max(initial=-1)) + 1, dtype=np.int64)
    best[person[ranked]] = ranked  # of several rows the last one stays
    return (person >= 0) & (best[person] == np.arange(person.size)) if best.size else person >= 0
