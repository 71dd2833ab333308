"""The rows that make the denominator, and how they were arrived at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from credbenefits.errors import InputError
from credbenefits.frames.answers import NO, YES
from credbenefits.results.base import who_did
from credbenefits.results.proportions import Rung

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from credbenefits._typing import BoolArray, IntArray
    from credbenefits.frames.answers import StatusArray


@dataclass(frozen=True, slots=True)
class Subset:
    """Rows that make the denominator, how they were arrived at, and the rows that are not in it.

    `unclear` is the kind of no answer of rows of which it is not known whether they belong, 0 elsewhere;
    `reported` is what those who belong reported, item by item. `lines` has how many rows each one stands for,
    where they were grouped before.
    """

    rows: BoolArray
    ladder: tuple[Rung, ...]
    unclear: StatusArray
    reported: tuple[str, ...]
    lines: IntArray | None = None

    def how_many(self, rows: BoolArray) -> int:
        """Count rows."""
        return how_many(rows, self.lines)

    @property
    def unknown(self) -> int:
        """Rows of which it is not known whether they belong."""
        return self.how_many(self.unclear < 0)

    @property
    def outside(self) -> int:
        """Rows known not to belong."""
        return self.how_many(~self.rows) - self.unknown

    def joint(self, codes: NDArray[np.integer], no: int) -> NDArray[np.integer]:
        """Count whoever is known not to belong as a no; who is not known gave no answer."""
        outside = np.where(self.unclear < 0, self.unclear, no)
        result: NDArray[np.integer] = np.where(self.rows, codes, outside)
        return result


def how_many(rows: BoolArray, lines: IntArray | None) -> int:
    """Count rows, those that a line stands for each."""
    return int(rows.sum() if lines is None else lines[rows].sum())


def nest(
    people: str,
    n_rows: int,
    items: Sequence[tuple[str, StatusArray]],
    *,
    lines: IntArray | None = None,
) -> Subset:
    """Take those who say yes to an item, to the next one, and so on; `lines` stand for so many rows each."""
    rows = np.ones(n_rows, dtype=bool)
    unclear = np.zeros(n_rows, dtype=np.int8)
    everybody = how_many(rows, lines)
    ladder = [Rung(people, everybody, everybody)]
    for reported, status in items:
        answered = rows & (status >= NO)
        unclear = np.where(rows & ~answered, status, unclear)
        rows = rows & (status == YES)
        said = how_many(rows, lines), how_many(answered, lines)
        ladder.append(Rung(f"reported {reported}", *said))
    return Subset(rows, tuple(ladder), unclear, tuple(reported for reported, _ in items), lines)


def refuse_nobody(reported: Sequence[str], ladder: Sequence[Rung]) -> None:
    """Refuse a subset that nobody is in."""
    for words, rung in zip(reported, ladder[1:], strict=True):
        if not rung.n:
            n = ladder[0].n
            raise InputError(
                "among",
                allowed="a subset with somebody in it",
                received=f"{words!r}, which selects nobody of {n:,} row{'s' if n != 1 else ''}",
                fix="Report the subset's own count instead.",
            )


def refuse_silence(column: str, n: int) -> None:
    """Refuse an item that none of so many people answered."""
    raise InputError(
        "items",
        allowed="items that somebody in the subset answered",
        received=f"{column!r}, unanswered by all {n:,}",
        fix="Check among=, weights= and the missing codes.",
    )


def base_people(people: str, reported: Sequence[str]) -> str:
    """Say in words who the base is, without their number."""
    return who_did(people, f"reported {' and '.join(reported)}") if reported else people
