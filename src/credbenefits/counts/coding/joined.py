"""A question about several items as codes: yes or no where the answers decide, else a kind of no answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from credbenefits.counts.tally import YES_NO, Axis
from credbenefits.frames.answers import KINDS, MISSING_KINDS, NO, NOT_ASKED, YES, Answers
from credbenefits.frames.boundary import sizes_of
from credbenefits.questions.item import Joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from credbenefits._typing import IntArray, Joining

#: How many of its items a row has an answer to.
HOW_MANY = ("all answered", "some answered", "some answered and the others not asked", "none answered")
ALL, SOME, UNASKED, NONE = HOW_MANY
#: What a row counts as by its code: an index below 0 is from the end.
_SAID = (*YES_NO, *MISSING_KINDS)
#: Kinds of no answer, the first that occurs goes: refused, skipped, code, blank, not asked.
_FIRST = np.array([*KINDS[1:], NOT_ASKED], dtype=np.int8)
#: The place of each code among them; answers (in places 0 and 1) come last.
_RANK = np.array([5, 5, 4, 0, 1, 2, 3], dtype=np.int8)


def join(
    question: Joined,
    leaves: Sequence[tuple[Axis, NDArray[np.integer], Sequence[Answers]]],
    *,
    lines: IntArray | None = None,
) -> tuple[Axis, NDArray[np.int16], list[Answers]]:
    """Return the axis of the question, the code of every row on it, and its share, given its items' own.

    Rows may be `lines` that stand for so many rows each.
    """
    each = [codes for _, codes, _ in leaves]
    codes = _decide(question, iter(each)).astype(np.int16)
    parts = tuple(axis for axis, _, _ in leaves)
    read = _filled_in(codes, each, lines)
    axis = Axis(question.column, question.label, YES_NO, read, parts=parts, asked=question)
    return axis, codes, [word(question, [made[0] for _, _, made in leaves])]


def word(question: Joined, parts: Sequence[Answers], note: str = "") -> Answers:
    """Return the share of a question: what counts as yes is said as it was declared, whoever answered."""
    said = [f"{part.column}: {_yes_words(part)}" for part in parts]
    sides = np.array([NO, YES], dtype=np.int8)
    level = _level(question, iter(said))
    return Answers(question.column, question.label, level, sides, tuple(said), note=note, parts=tuple(parts))


def _yes_words(part: Answers) -> str:
    return " or ".join(part.counts_as_yes) or YES_NO[YES]


def _level(question: Joined, said: Iterator[str]) -> str:
    names = [f"({_level(p, said)})" if isinstance(p, Joined) else next(said) for p in question.items]
    return (", or " if question.how == "any" else ", and ").join(names)


def _decide(question: Joined, leaves: Iterator[NDArray[np.integer]]) -> NDArray[np.int8]:
    each = [_decide(p, leaves) if isinstance(p, Joined) else next(leaves) for p in question.items]
    return decide(question.how, np.stack(each))


def decide(how: Joining, codes: NDArray[np.integer]) -> NDArray[np.int8]:
    """Join the answers to several items, shape (items, rows), in the logic of three values.

    One yes of any (one no of all) decides, whatever is missing. Else a missing answer leaves the row without
    one, of the first kind in `_FIRST` that is missing; and where nothing is missing, it is the other answer.
    """
    decisive, other = (YES, NO) if how == "any" else (NO, YES)
    rank = _RANK[codes].min(axis=0)
    gap = np.append(_FIRST, np.int8(other))[rank]
    result: NDArray[np.int8] = np.where((codes == decisive).any(axis=0), np.int8(decisive), gap)
    return result


def _filled_in(
    codes: NDArray[np.integer], leaves: Sequence[NDArray[np.integer]], lines: IntArray | None
) -> tuple[tuple[str, int, int], ...]:
    """Count the rows by what they are counted as and how many of the items they have an answer to."""
    gaps, unasked = np.zeros(codes.size, dtype=np.int64), np.zeros(codes.size, dtype=np.int64)
    for leaf in leaves:
        gaps += leaf < NO
        unasked += leaf == NOT_ASKED
    how = np.select([gaps == 0, gaps == len(leaves), gaps == unasked], [0, 3, 2], 1)
    n = len(HOW_MANY)
    times = sizes_of((codes - NOT_ASKED) * n + how, n * len(_SAID), lines)[:-1].reshape(-1, n)
    return tuple(
        (f"{_SAID[code]}: {HOW_MANY[k]}", code, int(times[code - NOT_ASKED, k]))
        for code in range(NOT_ASKED, len(YES_NO))
        for k in np.flatnonzero(times[code - NOT_ASKED]).tolist()
    )
