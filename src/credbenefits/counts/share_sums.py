"""Sums of shares, a few at a time: what estimates are made of, the same from rows and from counts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, reduce
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

import numpy as np

from credbenefits.frames.answers import KINDS, NO, YES, Answers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from credbenefits._typing import BoolArray, FloatArray, IntArray
    from credbenefits.counts.by_codes import ByCodes
    from credbenefits.frames.answers import StatusArray

#: Units x shares x groups worked on at once: what stays in the processor's cache.
MOST_CELLS = 32_768
#: Cells that are added one after the other.
_FEW = 8

_Answers = TypeVar("_Answers", bound=Answers)


class OverCells(Protocol):
    """Sums over units, groups and the cells of a question: a tally, or what was counted for one."""

    @property
    def people(self) -> IntArray: ...  # noqa: D102
    @property
    def weight(self) -> FloatArray: ...  # noqa: D102
    @property
    def weight2(self) -> FloatArray: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class ShareSums:
    """The sums of the shares in the places `at` among all.

    Of all units together are the people: `count`, who said yes, and `nobs`, who answered, of the shape
    (shares, groups), and `missing`, who gave no answer, with its kinds as the last axis. The others have the
    shape (units, shares, groups): `people`, who answered; `weight_yes` and `weight`, the weights of those who
    said yes and of those who answered; `weight2_yes` and `weight2`, their squares, or 0 if not asked for.
    """

    at: slice
    count: FloatArray
    nobs: FloatArray
    missing: FloatArray
    people: FloatArray
    weight_yes: FloatArray
    weight: FloatArray
    weight2_yes: FloatArray
    weight2: FloatArray

    def grouped(self, add: Callable[[FloatArray], FloatArray]) -> ShareSums:
        """Return the sums of other groups, which `add` makes of the last axis."""
        missing = add(self.missing.swapaxes(1, 2)).swapaxes(1, 2)
        people = add(self.count), add(self.nobs), missing, add(self.people)
        weights = self.weight_yes, self.weight, self.weight2_yes, self.weight2
        return ShareSums(self.at, *people, *map(add, weights))


class Cells(NamedTuple):
    """What the cells of a question's sums are for each of its shares.

    Places of the cells that say `yes` and of the `base`, and kinds of no answer as 0 and 1, of the shape
    (shares, cells, kinds), if there are any.
    """

    yes: tuple[tuple[int, ...], ...]
    base: tuple[tuple[int, ...], ...]
    missing: BoolArray | None

    @classmethod
    def of(cls, sides: StatusArray) -> Cells:
        """Take YES, NO or a kind of no answer for each share and cell, shape (shares, cells)."""
        yes, base = (
            tuple(tuple(np.flatnonzero(each).tolist()) for each in which)
            for which in (sides == YES, sides >= NO)
        )
        return cls(yes, base, sides[:, :, None] == KINDS if (sides < NO).any() else None)


def in_blocks(
    answers: Sequence[_Answers],
    question: Callable[[_Answers], object],
    count: Callable[[Sequence[_Answers]], tuple[Cells, OverCells]],
    *,
    shape: tuple[int, int],
    weighted: bool,
    squares: bool,
) -> Iterator[ShareSums]:
    """Add up all shares, block by block.

    `shape` is the number of units and of groups. Shares next to one another that are of one object `question`
    are counted together by `count`.
    """
    n_units, n_groups = shape
    step = max(1, MOST_CELLS // (n_units * n_groups))
    for start in range(0, len(answers), step):
        some = answers[start : start + step]
        questions = groupby(some, key=lambda each: id(question(each)))
        counted = [count(list(shares)) for _, shares in questions]
        yield _block(slice(start, start + len(some)), counted, weighted=weighted, squares=squares)


def _block(
    at: slice, counted: Sequence[tuple[Cells, OverCells]], *, weighted: bool, squares: bool
) -> ShareSums:
    sums = [each for _, each in counted]
    yes, base = ([getattr(cells, name) for cells, _ in counted] for name in ("yes", "base"))
    weight_yes, weight = (_stacked([each.weight for each in sums], cells) for cells in (yes, base))
    people, weight2_yes, weight2 = weight, weight_yes, weight
    if weighted:
        people = _stacked([each.people for each in sums], base)
        weight2_yes = weight2 = np.zeros(weight.shape)
    if weighted and squares:
        weight2_yes, weight2 = (_stacked([each.weight2 for each in sums], cells) for cells in (yes, base))
    totals = [each.people.sum(axis=0) for each in sums]
    count, nobs = (_stacked([total[None] for total in totals], cells)[0] for cells in (yes, base))
    missing = []
    for cells, total in zip([cells for cells, _ in counted], totals, strict=True):
        none = np.zeros((len(cells.yes), len(total), KINDS.size))
        missing.append(none if cells.missing is None else total @ cells.missing)
    return ShareSums(
        at, count, nobs, np.concatenate(missing), people, weight_yes, weight, weight2_yes, weight2
    )


def _stacked(
    sums: Sequence[FloatArray | IntArray], cells: Sequence[tuple[tuple[int, ...], ...]]
) -> FloatArray:
    """Add up some cells of each question for each of its shares."""
    first = cells[0]
    if len(first) == 1 and len(first[0]) > 1 and all(each is first for each in cells):
        # Questions alike, which most are, are added up where they will be.
        together = np.empty((len(sums[0]), len(sums), *sums[0].shape[1:-1]))
        for place, array in enumerate(sums):
            together[:, place] = _added(array, first[0])
        return together
    made: list[NDArray[Any]] = []
    for array, of_shares in zip(sums, cells, strict=True):
        last = None
        for places in of_shares:
            # Shares of one question are of the same people, mostly.
            made.append(made[-1] if places == last else _added(array, places))
            last = places
    return np.stack(made, axis=1).astype(np.float64, copy=False)


def _added(sums: NDArray[Any], places: tuple[int, ...]) -> NDArray[Any]:
    """Add up some of the cells, which are the last axis."""
    if not places:
        return np.zeros(sums.shape[:-1])
    if len(places) > _FEW:
        return np.asarray(sums[..., places].sum(axis=-1))
    result: NDArray[Any] = reduce(np.add, [sums[..., place] for place in places])
    return result


def count_rows(counter: ByCodes, shares: Sequence[Answers], *, squares: bool) -> tuple[Cells, OverCells]:
    """Count the answers to a question of which these are the shares: no answer is a yes to two of them."""
    codes, n_shares = shares[0].codes, len(shares)
    sides, rows, n = [each.sides for each in shares], codes.rows, codes.n
    too_many = n_shares == 1 or n * counter.n_units * counter.n_groups > MOST_CELLS
    if too_many and n > n_shares + 1:
        # The answers that are a yes to none of the shares are one.
        place = np.arange(1, n_shares + 1) @ np.array(sides)
        rows, n = np.append(place, KINDS).astype(np.int16)[rows], n_shares + 1
        sides = list(np.eye(n_shares, n, 1, dtype=np.int8))
    cells = _cells(b"".join(each.tobytes() for each in sides), n_shares, codes.lowest)
    return cells, counter.table(rows, codes.lowest, n - codes.lowest, squares=squares)


@lru_cache(maxsize=16)
def _cells(sides: bytes, n_shares: int, lowest: int) -> Cells:
    """Return what the cells are, kinds of no answer from the lowest on, and then the answers."""
    kinds = np.broadcast_to(KINDS[KINDS.size + lowest :], (n_shares, -lowest))
    return Cells.of(np.hstack([kinds, np.frombuffer(sides, dtype=np.int8).reshape(n_shares, -1)]))
