"""A question that is ready to be counted: its axis, the code of every row, and what is asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from credbenefits.counts.tally import TICKS, YES_NO, Axis, Share

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from credbenefits._typing import IntArray
    from credbenefits.counts.coding.subset import Subset

#: Whoever is outside the inner subset of joint shares: a no to every answer.
OUTSIDE = "(outside the subset)"


#: Label, level, and the answers that count as yes.
_Words: TypeAlias = tuple[str, str, tuple[str, ...]]


class Asks(NamedTuple):
    """What a question asks: the place on its axis that says yes for each share, and the shares' words."""

    question: str
    yes: tuple[int, ...]
    words: tuple[_Words, ...]
    exclusive: bool = False
    select_all: bool = False


@dataclass(frozen=True, slots=True)
class Coded:
    """One question: its axis, the code of every row, and the shares that are asked for.

    `yes` has for each share the place on the axis that says yes; places that are `undecided` are neither in a
    base nor missing until the whole file is known.
    """

    question: str
    axis: Axis
    codes: NDArray[np.integer]
    yes: tuple[int, ...]
    words: tuple[_Words, ...]
    exclusive: bool = False
    select_all: bool = False
    undecided: tuple[int, ...] = ()

    def shares(self, cells: IntArray) -> tuple[Share, ...]:
        """Return the shares over the cells that occur."""
        place = cells[:, 0]
        base = (place >= 0) & ~np.isin(place, self.undecided)
        return tuple(
            Share(label, level, counts_as_yes, place == yes, base, exclusive=self.exclusive)
            for yes, (label, level, counts_as_yes) in zip(self.yes, self.words, strict=True)
        )

    def within(self, subset: Subset) -> Coded:
        """Return the question as one of everybody: who is known not to be in the subset says no."""
        if not (self.words or self.select_all or self.exclusive):  # it asks nothing, whatever people answer
            return self
        outer = " and ".join(subset.reported)
        words = tuple((f"{outer} and {label}", *rest) for label, *rest in self.words)
        axis, no = self.axis, YES_NO.index("no")
        if axis.answers not in {YES_NO, TICKS}:
            no = len(axis.answers)
            axis = replace(axis, answers=(*axis.answers, OUTSIDE))
        codes = subset.joint(self.codes, no)
        return replace(self, axis=axis, codes=codes, words=words, exclusive=False)  # type: ignore[arg-type]
