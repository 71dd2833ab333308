"""Pairs of rows that may be one person, whatever engine found them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs of rows of two waves that may be the same person, with the evidence for it.

    All arrays have one entry per pair. `row_a` and `row_b` are row numbers of the two waves,
    `probability` that the pair is a match, `weight` the evidence for it in bits (log2 of the
    likelihood ratio), `disagreements` the elements that do not agree.
    """

    row_a: IntArray
    row_b: IntArray
    probability: FloatArray
    weight: FloatArray
    disagreements: IntArray
