"""What a table of transitions has: each number's name, and which pairs of answers are in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits.estimators.core.pairing.source import PairAnswers
from credbenefits.frames.answers import MISSING_KINDS, NO, NOT_ASKED, Codes

if TYPE_CHECKING:
    from credbenefits._typing import BoolArray, FloatArray, IntArray
    from credbenefits.frames.answers import StatusArray

#: The side of a cell that a share is not of, whatever the people in it answered.
OUTSIDE = NOT_ASKED - 1


class Plan(NamedTuple):
    """What to work out: names, scores and bases; the last `n_net` are net changes.

    A score is what is averaged over the pairs of a base: shapes (names, levels, levels) and (names, levels),
    1 for the first answers in the base. `first_wave` and `second_wave` are the places of the proportions that
    each net change is of.
    """

    names: list[tuple[str, str, str]]
    scores: FloatArray
    bases: FloatArray
    n_net: int
    first_wave: slice
    second_wave: slice

    @property
    def n_shares(self) -> int:
        """How many numbers are proportions."""
        return len(self.names) - self.n_net


def make_plan(given: BoolArray, levels: tuple[str, ...], shown: tuple[str, ...]) -> Plan:
    """Name the numbers to work out; `shown` are the answers whose proportions in each wave are among them.

    `given` tells of each level whether any pair has it as the first answer: of nobody there is no proportion.
    """
    size, n = len(levels), len(shown)
    one = np.eye(size)
    each = np.eye(size**2).reshape(-1, size, size)
    kept = np.repeat(given, size)
    before = np.broadcast_to(one[:n, :, None], (n, size, size))
    after = before.transpose(0, 2, 1)
    crossed = [(a, b) for a in levels for b in levels]
    names = [
        *(("share", *pair) for pair in crossed),
        *(("share_of_first", *pair) for pair, there in zip(crossed, kept, strict=True) if there),
        ("stayed", "", ""),
        ("changed", "", ""),
        *(("first_wave", a, "") for a in shown),
        *(("second_wave", "", b) for b in shown),
        *(("net_change", a, a) for a in shown),
    ]
    scores = np.concatenate([each, each[kept], [one, 1.0 - one], before, after, after - before])
    bases = np.ones((len(names), size))
    bases[len(each) : len(each) + int(kept.sum())] = np.repeat(one, size, axis=0)[kept]
    start = len(names) - 3 * n
    return Plan(names, scores, bases, n, slice(start, start + n), slice(start + n, start + 2 * n))


def shares_of(plan: Plan, cells: IntArray, label: str, codes: Codes) -> list[PairAnswers]:
    """Return the proportions as shares of the pairs' cells; after them what net changes need.

    These are, for each change, who rose, who fell, and who did either: the variance of the first less the
    second follows from those of all three, whatever they come from.
    """
    names, scores, bases = plan.names, plan.scores[: plan.n_shares], plan.bases[: plan.n_shares]
    change = plan.scores[plan.n_shares :]
    ones = np.ones((plan.n_net, bases.shape[1]))
    more = [(kind, *name[1:]) for kind in ("rose", "fell", "moved") for name in names[plan.n_shares :]]
    scores = np.concatenate([scores, change > 0, change < 0, change != 0])
    bases = np.concatenate([bases, ones, ones, ones])
    return [
        PairAnswers(
            label, _words(label, name), "", _sides(name, score, base, cells), codes=codes, cells=cells
        )
        for name, score, base in zip((*names[: plan.n_shares], *more), scores, bases, strict=True)
    ]


def no_codes() -> Codes:
    """Return the codes of shares that no row is asked for."""
    return Codes(np.zeros(0, dtype=np.int64), 0, 0)


def codes_of(first: IntArray, second: IntArray, cells: IntArray) -> Codes:
    """Return the place of each row's pair of answers among the cells; below 0 where it is in none."""
    kinds = len(MISSING_KINDS)
    width = int(max(second.max(initial=0), cells[:, 1].max(initial=0))) + kinds + 1
    known = (cells[:, 0] + kinds) * width + cells[:, 1] + kinds
    wanted = (first + kinds) * width + second + kinds
    place = np.minimum(np.searchsorted(known, wanted), max(len(known) - 1, 0))
    rows = np.where(known[place] == wanted, place, -1)
    return Codes(rows, len(cells), -1)


def reasons(cells: IntArray) -> StatusArray:
    """Return why a cell has not both answers, as a kind below 0; who was not asked counts as that alone."""
    one, two = cells.T
    reason = np.where(one < 0, one, np.minimum(two, 0))
    return np.where((cells == NOT_ASKED).any(axis=1), NOT_ASKED, reason).astype(np.int8)


def _sides(name: tuple[str, str, str], score: FloatArray, base: FloatArray, cells: IntArray) -> StatusArray:
    """Say of a share what every cell is: yes, no, a kind of no answer, or outside of the base."""
    one, two = np.maximum(cells.T, 0)
    both, known = (cells >= NO).all(axis=1), cells[:, 0] >= NO
    side = np.where(both, score[one, two], reasons(cells))
    # Whose first answer is not known is of all pairs, and of none of those who gave a certain one.
    inside = np.where(known, base[one] > 0, name[0] != "share_of_first")
    result: StatusArray = np.where(inside, side, OUTSIDE).astype(np.int8)
    return result


def _words(label: str, name: tuple[str, str, str]) -> str:
    measure, *answers = name
    said = ", ".join(filter(None, answers))
    return f"{label}: {measure}" + (f" ({said})" if said else "")
