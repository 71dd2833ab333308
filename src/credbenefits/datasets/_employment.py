"""Give employment at start and at completion the same counts for every seed, among those in both waves.

As few answers as possible change, after they are drawn: with the default seed none does.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from credbenefits.datasets._background import CHOICES, BoolArray, IntArray

Answers = npt.NDArray[np.object_]

_FULL_TIME = CHOICES["employment"][0]
# Of the 431 people in both waves, who left the question blank in one of them; nobody did in both.
_BLANK_AT_START_ALONE = 13
_BLANK_AT_COMPLETION_ALONE = 6
# Of the 412 who answered it twice.
_FULL_TIME_AT_COMPLETION = 264
_FULL_TIME_SINCE_START = 27
_NO_LONGER_FULL_TIME = 18


def settle_employment(
    rng: np.random.Generator, start: Answers, completion: Answers, *, silent: BoolArray, alike: IntArray
) -> tuple[Answers, Answers]:
    """Return both columns with the counts above.

    `start` has those who are also in completion; they come first in `completion`, in the same order. At
    completion, answers only change hands, between people who are `silent` in the follow-up, and `alike` (have
    the same number) as far as possible. So employment of all completers, and of those who answer the
    follow-up, stays as it was drawn.
    """
    before, now, both = start.copy(), completion.copy(), len(start)
    inside = np.arange(len(now)) < both

    def trade(surplus: int, having: BoolArray, lacking: BoolArray) -> None:
        """Exchange answers until so many fewer of those in both waves have what they have."""
        if surplus < 0:
            having, lacking, surplus = lacking, having, -surplus
        givers, takers = (np.flatnonzero(who & silent) for who in (having & inside, lacking & ~inside))
        free = rng.permutation(takers).tolist()
        for giver in rng.permutation(givers)[:surplus].tolist():
            taker = min(free, key=lambda one: bool(alike[one] != alike[giver]))
            free.remove(taker)
            now[[giver, taker]] = now[[taker, giver]]
            if before[giver] is not None and now[giver] is not None:
                before[giver] = now[giver]

    blank = _is(now, None)
    trade(int(blank[:both].sum()) - _BLANK_AT_COMPLETION_ALONE, blank, ~blank)
    _settle_blanks(rng, before, now[:both])
    twice = np.append(~_is(before, None), np.ones(len(now) - both, dtype=np.bool_)) & ~_is(now, None)
    full = _is(now, _FULL_TIME)
    trade(int((full & twice)[:both].sum()) - _FULL_TIME_AT_COMPLETION, full & twice, ~full & twice)
    _settle_changes(rng, before, now[:both])
    return before, now


def _settle_blanks(rng: np.random.Generator, before: Answers, now: Answers) -> None:
    """Leave the right number of people blank at start, all of whom answered at completion."""
    never = np.flatnonzero(_is(before, None) & _is(now, None))
    before[never] = rng.choice(before[~_is(before, None)], size=len(never))
    blank = _is(before, None)
    surplus = int(blank.sum()) - _BLANK_AT_START_ALONE
    filled = _some(rng, blank, surplus)
    before[filled] = now[filled]
    before[_some(rng, ~blank & ~_is(now, None), -surplus)] = None


def _settle_changes(rng: np.random.Generator, before: Answers, now: Answers) -> None:
    """Let the right numbers find, and leave, full-time work; others give their later answer twice."""
    twice = ~_is(before, None) & ~_is(now, None)
    was, full = _is(before, _FULL_TIME), _is(now, _FULL_TIME)
    gained, lost = twice & ~was & full, twice & was & ~full
    not_full = before[twice & ~was]
    more = _some(rng, twice & was & full, _FULL_TIME_SINCE_START - int(gained.sum()))
    before[more] = rng.choice(not_full, size=len(more))
    more = _some(rng, twice & ~was & ~full, _NO_LONGER_FULL_TIME - int(lost.sum()))
    before[more] = _FULL_TIME
    fewer = np.append(
        _some(rng, gained, int(gained.sum()) - _FULL_TIME_SINCE_START),
        _some(rng, lost, int(lost.sum()) - _NO_LONGER_FULL_TIME),
    )
    before[fewer] = now[fewer]


def _is(answers: Answers, value: str | None) -> BoolArray:
    return np.array([answer == value for answer in answers.tolist()], dtype=np.bool_)


def _some(rng: np.random.Generator, among: BoolArray, number: int) -> IntArray:
    """Choose so many of these people; nobody for a number below 1."""
    return rng.permutation(np.flatnonzero(among))[: max(number, 0)]
