"""Pairs of rows that may be one person, whatever engine found them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray, IntArray

#: Elements of a code that may differ in a candidate pair by default; never more than half of them.
DISAGREEMENTS = 3
_FEWEST_AGREE = 3


def fewest_agree(n_elements: int) -> int:
    """Return the fewest elements that agree in a candidate pair, however many are blank: 3, or 2 of 4."""
    return min(_FEWEST_AGREE, n_elements - n_elements // 2)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs of rows of two waves that may be the same person, with the evidence for it.

    All arrays have one entry per pair. `row_a` and `row_b` are row numbers of the two waves,
    `probability` that the pair is a match, `weight` the evidence for it in bits (log2 of the
    likelihood ratio), `disagreements` the elements that both answered and that do not agree.

    Codes make a pair a candidate by what was compared: few enough elements differ, and enough agree.
    How many are enough follows from the share of blanks, see `match_codes`.
    """

    row_a: IntArray
    row_b: IntArray
    probability: FloatArray
    weight: FloatArray
    disagreements: IntArray
