"""How many people may be linked to somebody else, and what that can change."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from credbenefits._frozen import Content
from credbenefits.errors import InputError
from credbenefits.frames.boundary import MATCH, PERSON, floats
from credbenefits.results.base import people_words

if TYPE_CHECKING:
    from credbenefits._typing import BoolArray, FloatArray
    from credbenefits.frames.boundary import NarwhalsFrame


@dataclass(frozen=True, slots=True, eq=False)
class LinkDoubt(Content):
    """Sums of d = 1 - match probability over the people who take part.

    Attributes
    ----------
    people : int
        People who take part.
    false : float
        The sum of d: so many of them are expected to be linked to somebody else.
    weight, weight_false : float
        The sums of w and of w d.
    """

    people: int
    false: float
    weight: float
    weight_false: float

    def __add__(self, other: LinkDoubt) -> LinkDoubt:
        return LinkDoubt(
            self.people + other.people,
            self.false + other.false,
            self.weight + other.weight,
            self.weight_false + other.weight_false,
        )

    def rescaled(self, step: int) -> LinkDoubt:
        """Return the sums of weights that are multiplied by 2 to a power, which changes no digit."""
        weight, false = (float(np.ldexp(sum_, step)) for sum_ in (self.weight, self.weight_false))
        return replace(self, weight=weight, weight_false=false)

    def notes(self, people: str) -> tuple[str, ...]:
        """Say how many are expected to be linked to somebody else, if any, and what that changes at most.

        Whether the answers of a falsely linked person are exchanged or left out, a proportion moves by that
        person's part of the weights at most. So it moves by the sum of w d over the sum of w at most, on
        average over which of the links are false.
        """
        if not self.weight_false > 0:
            return ()
        expected = "fewer than 1" if round(self.false) < 1 else f"about {self.false:,.0f}"
        reported = (
            f"{expected} of {people_words(self.people, people)} {'is' if round(self.false) <= 1 else 'are'} "
            "expected to be linked to another person: on average that changes a proportion of all of them by "
            f"at most {self.weight_false / self.weight:.4f}, and one of a group by more"
        )
        return (reported,)


def read_doubt(frame: NarwhalsFrame, rows: BoolArray, weight: FloatArray | None) -> LinkDoubt | None:
    """Add up the doubt about the links of some rows of a panel; None where the frame says nothing of it."""
    if MATCH not in frame.columns or PERSON not in frame.columns:
        return None
    probability = floats(frame, MATCH, "data")[rows]
    bad = int((~((probability >= 0) & (probability <= 1))).sum())
    if bad:
        raise InputError(
            "data",
            allowed=f"match probabilities from 0 to 1 in {MATCH!r}, as panel.wave() has them",
            received=f"{bad:,} rows with others",
            fix=f"Leave the column as it was, or drop {MATCH!r} if the links are certain.",
        )
    false, w = 1.0 - probability, np.ones(probability.size) if weight is None else weight[rows]
    return LinkDoubt(false.size, float(false.sum()), float(w.sum()), float((w * false).sum()))
