"""People one by one, for the few questions that sums of their weights do not answer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits.frames.answers import NO, YES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from credbenefits._typing import BoolArray, FloatArray, IntArray
    from credbenefits.frames.answers import StatusArray
    from credbenefits.numerics.resampling.multipliers import Multiplied

#: Most people, and most replicates, whose multipliers are worked on together: few enough for the processor's
#: cache.
_PEOPLE, _REPLICATES = 4_096, 256
#: Multiplications up to which OpenBLAS leaves a product to one thread. Threads that wait for one another cost
#: more than a few columns do, so products of these are kept as small, unless that leaves too few people.
_ONE_THREAD, _FEWEST = 262_144, 128


class Cases(NamedTuple):
    """People who are alike in unit, group, weight and answer: one of each kind, and how many there are."""

    unit: IntArray
    group: IntArray
    yes: BoolArray
    weight: FloatArray
    people: IntArray


def in_order_of_groups(
    group: IntArray, n_groups: int, *, everybody: bool
) -> tuple[IntArray, NDArray[np.integer]]:
    """Return rows in the order of their groups, and the group of each row in few bytes.

    Rows of no group, below 0, come last, or are left out if not `everybody` is wanted.
    """
    small = np.min_scalar_type(n_groups)  # numbers of one or two bytes are sorted by counting
    place = np.where(group < 0, n_groups, group).astype(small)
    order = np.argsort(place, kind="stable")
    return order if everybody else order[: int((group >= 0).sum())], place


@dataclass(frozen=True, eq=False)
class Rows:
    """Everybody who can be drawn, in the order of the groups.

    An estimate and its linearized variance need sums of the weights, which :class:`Counts` holds. People of
    unequal weight who are drawn again, or left out one by one, need more: each draw and each omission changes
    the sums by that person's own weight. Classes of equal weight would be few for one question, but hardly
    fewer than people for many, and sums over them would have other draws than people have. So this is the one
    place where people are held one by one. The frame is read once, into an array for each attribute here.

    Attributes
    ----------
    unit : array of int, shape (people,), or None
        Stratum of each person; None where there are no strata.
    group : array of int, shape (people,)
        Group of each, in order and in few bytes; `n_groups` for people who can be drawn and are in none.
    codes : array of int8, shape (questions, people)
        1 for yes, 0 for no, and below 0 for a kind of no answer.
    weight : array, shape (people,)
        Weights; 1 where there are none.
    n_groups : int
        How many groups there are.
    """

    unit: IntArray | None
    group: NDArray[np.integer]
    codes: StatusArray
    weight: FloatArray
    n_groups: int

    @classmethod
    def of(
        cls,
        group: IntArray,
        codes: Sequence[StatusArray],
        *,
        n_groups: int,
        unit: IntArray | None = None,
        weight: FloatArray | None = None,
        everybody: bool = True,
    ) -> Rows:
        """Take the rows of a file.

        Parameters
        ----------
        group : array of int, shape (rows,)
            Group of each row; -1 for rows that take no part.
        codes : list of array of int8, each of shape (rows,)
            Answers to each question.
        n_groups : int
            How many groups there are.
        unit, weight : array, shape (rows,), optional
            Stratum and weight of each row.
        everybody : bool
            Whether rows that take no part can be drawn too: they are of the sample, where that has a design.

        Returns
        -------
        Rows
            In a group, people are in the order of the file.
        """
        order, place = in_order_of_groups(group, n_groups, everybody=everybody)
        held = np.empty((len(codes), order.size), dtype=np.int8)
        for row, code in zip(held, codes, strict=True):
            np.take(code, order, out=row)
        return cls(
            None if unit is None else unit[order],
            place[order],
            held,
            np.ones(order.size) if weight is None else weight[order],
            n_groups,
        )

    @property
    def n_people(self) -> int:
        """How many people can be drawn."""
        return self.weight.size

    @cached_property
    def _ends(self) -> list[int]:
        """Where each group begins, and where the last one ends."""
        ends: list[int] = np.searchsorted(self.group, np.arange(self.n_groups + 1)).tolist()
        return ends

    @cached_property
    def _bases(self) -> tuple[list[int], list[int]]:
        """The first question of every set of people who answered, and the place of each question's set.

        Answers to one question have one base, as have all questions that everybody answered.
        """
        first: list[int] = []
        known: dict[bytes, int] = {}
        place = []
        for k, code in enumerate(self.codes[:, : self._ends[-1]]):
            answered = code >= NO
            key = b"" if answered.all() else np.packbits(answered).tobytes()
            if key not in known:
                known[key] = len(first)
                first.append(k)
            place.append(known[key])
        return first, place

    def sums(self, multipliers: Multiplied, *, power: int = 1) -> tuple[FloatArray, FloatArray]:
        """Add up the multiplied weights of those who said yes and of those who answered.

        Parameters
        ----------
        multipliers : Multiplied
            Those of some replicates, for each person.
        power : int
            Of the weights; multipliers keep theirs.

        Returns
        -------
        tuple of array, each of shape (replicates, questions, groups)
        """
        _, place = self._bases
        starts = range(0, len(multipliers), _REPLICATES)
        blocks = (multipliers.replicates(slice(start, start + _REPLICATES)) for start in starts)
        made = np.concatenate([self._sums(block, power) for block in blocks])
        n_questions = len(self.codes)
        return made[:, :n_questions], made[:, n_questions:][:, place]

    def _sums(self, multipliers: Multiplied, power: int) -> FloatArray:
        """Add up a block of replicates: those who said yes to each question, then those in each base."""
        first, _ = self._bases
        made = np.zeros((len(multipliers), len(self.codes) + len(first), self.n_groups))
        few = _ONE_THREAD // (made.shape[0] * made.shape[1])
        step = min(few, _PEOPLE) if few >= _FEWEST else _PEOPLE
        for g, (begin, end) in enumerate(pairwise(self._ends)):
            for start in range(begin, end, step):
                people = slice(start, min(start + step, end))
                made[..., g] += multipliers.of(people) @ self._weights(people, power).T
        return made

    def _weights(self, people: slice, power: int) -> FloatArray:
        """Weights of those who said yes to each question, and of those in each base."""
        first, _ = self._bases
        codes, n_questions = self.codes[:, people], len(self.codes)
        weight = self.weight[people] ** power
        result = np.empty((n_questions + len(first), weight.size))
        np.multiply(codes == YES, weight, out=result[:n_questions])
        np.multiply(codes[first] >= NO, weight, out=result[n_questions:])
        return result

    @property
    def people_of_units(self) -> IntArray:
        """How many people of each unit can be drawn, whether they take part or not."""
        return np.array([self.n_people]) if self.unit is None else np.bincount(self.unit)

    def moments(self, power: int) -> tuple[FloatArray, FloatArray]:
        """Add up a power of the weights of those who said yes, and of those who said no.

        Returns
        -------
        tuple of array, each of shape (units, questions, groups)
        """
        inside, n_units = slice(0, self._ends[-1]), self.people_of_units.size
        shape = n_units, len(self.codes), self.n_groups
        yes, no = np.empty(shape), np.empty(shape)
        weight = self.weight[inside] ** power
        for k, code in enumerate(self.codes[:, inside]):
            for answer, sums in ((YES, yes), (NO, no)):
                here = code == answer
                made = np.bincount(self._cells[here], weights=weight[here], minlength=n_units * self.n_groups)
                sums[:, k] = made.reshape(n_units, -1)
        return yes, no

    @cached_property
    def _cells(self) -> IntArray:
        """Unit and group, as one number, of everybody who takes part."""
        group = self.group[: self._ends[-1]].astype(np.int64)
        return group if self.unit is None else self.unit[: group.size] * self.n_groups + group

    @cached_property
    def _alike(self) -> tuple[IntArray, IntArray, FloatArray, IntArray]:
        """Unit, group and weight of every kind of people, and the kind of each person."""
        cell, weight = self._cells, self.weight[: self._ends[-1]]
        order = np.lexsort((weight, cell))
        new = np.ones(order.size, dtype=bool)
        new[1:] = (np.diff(cell[order]) != 0) | (np.diff(weight[order]) != 0)
        first, kind = order[new], np.empty(order.size, dtype=np.int64)
        kind[order] = np.cumsum(new) - 1
        unit, group = np.divmod(cell[first], self.n_groups)
        return unit, group, weight[first], kind

    def cases(self, question: int) -> Cases:
        """Return the different cases of those who answered a question."""
        unit, group, weight, kind = self._alike
        code = self.codes[question, : kind.size]
        answered = code >= NO
        people = np.bincount(2 * kind[answered] + code[answered], minlength=2 * weight.size)
        there = np.flatnonzero(people)
        of, yes = np.divmod(there, 2)
        return Cases(unit[of], group[of], yes == YES, weight[of], people[there])
