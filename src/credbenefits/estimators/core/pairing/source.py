"""Pairs as a source of estimates: the rows of the first wave, and the codes of both answers in each."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, cast

import numpy as np

from credbenefits.counts.by_codes import ByCodes, Sums
from credbenefits.counts.share_sums import Cells, in_blocks
from credbenefits.estimators.core.source import Aside, Prepared
from credbenefits.frames.answers import BLANK, MISSING_KINDS, Answers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from credbenefits._typing import BoolArray, FloatArray, IntArray
    from credbenefits.counts.coding.design import Design
    from credbenefits.counts.coding.pairs import Pairs
    from credbenefits.counts.coding.weights import RowWeights
    from credbenefits.counts.share_sums import OverCells, ShareSums


@dataclass(frozen=True, slots=True, kw_only=True)
class PairAnswers(Answers):
    """A share of pairs: `sides` has yes, no, a kind of no answer, or `OUTSIDE` for each of the `cells`."""

    cells: IntArray


@dataclass(frozen=True, kw_only=True)
class PairedRows(Prepared):
    """The rows of the first wave, of which those that are linked to the second are in groups.

    Attributes
    ----------
    first, second : array of int, shape (rows,)
        Both answers of each row's person, or kinds of no answer; blank where the person is not linked.
    linked : array of bool, shape (rows,)
        Who is in both waves.
    doubt : array, shape (rows,), optional
        1 - match probability, where it is to be counted.
    counted : dict
        Sums that were made already, by the design that they are for.
    """

    first: IntArray
    second: IntArray
    linked: BoolArray
    doubt: FloatArray | None = None
    counted: dict[int, Sums] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, prepared: Prepared, pairs: Pairs, weights: RowWeights) -> PairedRows:
        """Put pairs beside the rows of the first wave; who is not linked is in no group."""
        n = prepared.group.size
        linked = np.zeros(n, dtype=bool)
        linked[pairs.row] = True

        def code(values: IntArray) -> IntArray:
            made = np.full(n, BLANK, dtype=np.int64)
            made[pairs.row] = values
            return made

        given = {f.name: getattr(prepared, f.name) for f in fields(Prepared)}
        given["group"] = np.where(linked, prepared.group, -1)
        if weights.weight is not None:
            weight, made = np.zeros(n), weights.estimated
            weight[pairs.row] = weights.weight
            if made is not None:
                place = np.full(n, -1)
                place[pairs.row] = made.place
                made = replace(made, place=place)
            given["weighting"] = replace(weights, weight=weight, estimated=made)
        return cls(**given, first=code(pairs.first), second=code(pairs.second), linked=linked)

    @cached_property
    def _aside(self) -> Aside:
        here = self.linked
        unclear, rows = self.subset.unclear[here], self.subset.rows & here
        kinds = np.bincount(unclear[unclear < 0] + len(MISSING_KINDS), minlength=len(MISSING_KINDS))
        light = 0 if self.weight is None else int((rows & (self.weight == 0)).sum())
        return Aside(self.base, kinds.tolist(), int((rows & (self.group < 0)).sum()), self.by, light)

    @property
    def outside(self) -> int:
        """Linked people who are known not to be in the base."""
        out = self.linked & ~self.subset.rows & (self.subset.unclear == 0)
        return int(out.sum())

    def sums(self, design: Design | None = None) -> Sums:
        """Count the pairs by unit, group and both answers."""
        key = 0 if design is None else id(design)
        if key not in self.counted:
            unit, n_units = (None, 1) if design is None else (design.unit, design.n_units)
            counter = ByCodes(
                unit, self.group_in_base, n_units, len(self.group_labels), self.weight, doubt=self.doubt
            )
            self.counted[key] = counter.count([self.first, self.second])
        return self.counted[key]

    @property
    def group_in_base(self) -> IntArray:
        """The group of each row that is in the base."""
        return np.where(self.subset.rows, self.group, -1)

    def parts(
        self, answers: Sequence[Answers], design: Design | None = None, *, squares: bool = True
    ) -> Iterator[ShareSums]:
        """Pick people and weights by unit, share and group, a few shares at a time."""
        counted = self.sums(design)

        def pick(some: Sequence[PairAnswers]) -> tuple[Cells, OverCells]:
            sides = np.array([each.sides for each in some])
            # Which of the design's units have nobody does not change which cells occur.
            assert np.array_equal(some[0].cells, counted.cells)
            return Cells.of(sides), counted

        return in_blocks(
            cast("Sequence[PairAnswers]", answers),
            attrgetter("cells"),
            pick,
            shape=counted.people.shape[:2],
            weighted=self.weighted,
            squares=squares,
        )
