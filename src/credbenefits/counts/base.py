"""Whom the counts are of: the ladder of subsets, and the rows that are in no count."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from credbenefits._frozen import Frozen
from credbenefits.errors import InputError
from credbenefits.frames.answers import MISSING_KINDS

if TYPE_CHECKING:
    from credbenefits._typing import IntArray
    from credbenefits.counts.tally import Axis
    from credbenefits.results.proportions import Rung

#: A cell with fewer people than this may tell who they are.
SMALL = 10


def _nobody() -> IntArray:
    return np.zeros(len(MISSING_KINDS), dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Base(Frozen):
    """Where the rows of the file went that are in no count, and how the base was arrived at.

    Every row is outside, unclear, without a group, of weight 0, or in one cell of every question.

    Attributes
    ----------
    ladder : tuple of Rung
        The nested subsets, from everybody; empty where it is not known (a published table).
    among : tuple of Axis
        The items that define the subset, one for each rung after the first.
    outside : int
        Rows known not to belong to the subset.
    unclear : array of int, shape (5,)
        Rows of which it is not known, by kind of no answer: not asked, refused, skipped, code, blank.
    ungrouped : int
        Rows of the subset without a group.
    weightless : int
        Rows of the subset with a group and of weight 0.
    weightless_anywhere : int
        Rows of the subset of weight 0, with a group or without.
    within : Base, optional
        For joint shares, which are of everybody: the inner subset, whose answers count as they are.
    """

    ladder: tuple[Rung, ...] = ()
    among: tuple[Axis, ...] = ()
    outside: int = 0
    unclear: IntArray = field(default_factory=_nobody)
    ungrouped: int = 0
    weightless: int = 0
    weightless_anywhere: int = 0
    within: Base | None = None

    def __post_init__(self) -> None:
        Frozen.__post_init__(self)
        if self.unclear.shape != (len(MISSING_KINDS),):
            raise InputError(
                "unclear",
                allowed=f"a number for each of the {len(MISSING_KINDS)} kinds of no answer",
                received=f"the shape {self.unclear.shape}",
                fix="Count the rows by kind.",
            )
        if any(rung.n > rung.of for rung in self.ladder):
            raise InputError(
                "ladder",
                allowed="on every rung at most as many people as answered",
                received="more",
                fix="Count the rows anew.",
            )
        if self.among and len(self.ladder) != len(self.among) + 1:
            raise InputError(
                "ladder",
                allowed=f"a rung for everybody and for each of {len(self.among)} items",
                received=f"{len(self.ladder)} rungs",
                fix="Add a rung with each item of among=.",
            )

    @property
    def left_out(self) -> int:
        """Rows that are in no cell."""
        return self.outside + int(self.unclear.sum()) + self.ungrouped + self.weightless
