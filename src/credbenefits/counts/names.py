"""One order and one spelling for the names of two files: what unites their answers, groups and units."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from credbenefits._frozen import same
from credbenefits.counts.coding.coded import OUTSIDE
from credbenefits.counts.tally import TICKS, YES_NO
from credbenefits.errors import InputError
from credbenefits.frames.answers import MISSING_KINDS
from credbenefits.questions.item import Item
from credbenefits.questions.spelling import canonical, label, token_order

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from credbenefits._typing import IntArray
    from credbenefits.counts.tally import Axis

#: What every refusal to add says: the counts come from calls that differ.
ONE_CALL = "Count both files with one and the same call"


class United(NamedTuple):
    """An axis of two files, and for each file where its answers are on it."""

    axis: Axis
    first: IntArray
    second: IntArray


def unlike(argument: str, what: str, fix: str) -> InputError:
    """Return the error for counts that cannot be added."""
    return InputError(
        argument, allowed=f"counts with the same {what}", received="counts that differ", fix=fix
    )


def name_order(
    order: Sequence[str] = (), codes: Mapping[str, str] = MappingProxyType({})
) -> Callable[[str], tuple[int, Any]]:
    """Return what sorts names: the declared order, then numbers by size and words by the alphabet.

    `codes` has the answers that go by words of their own: these are sorted as they are written in the file.
    """
    place = {canonical(name): i for i, name in enumerate(order)}

    def key(name: str) -> tuple[int, Any]:
        token = codes.get(canonical(name), canonical(name))
        return len(place) + (name == OUTSIDE) if token not in place else place[token], token_order(token)

    return key


def codes_of(axis: Axis) -> dict[str, str]:
    """Return how answers are written that the item calls by words of their own, by these words."""
    called = axis.asked.level_labels if isinstance(axis.asked, Item) else ()
    return {canonical(words): canonical(answer) for answer, words in dict(called).items()}


def unite(one: Axis, two: Axis) -> United:
    """Unite an axis of two files: spellings of one answer are one answer, shown as most rows have it."""
    _refuse_other_question(one, two)
    order = _common_order(one, two)
    tokens = [[canonical(answer) for answer in axis.answers] for axis in (one, two)]
    if any(len(set(some)) < len(some) for some in tokens):
        raise unlike("answers", "spelling of answers", "Write each answer in one way.")
    fixed = one.answers == two.answers and one.answers in {YES_NO, TICKS}
    every = dict.fromkeys([*tokens[0], *tokens[1]])
    united = list(every) if fixed else sorted(every, key=name_order(order, codes_of(one)))
    place = {token: i for i, token in enumerate(united)}
    first, second = (np.array([place[t] for t in some], dtype=np.int64) for some in tokens)
    read = _read_together(one, two, first, second)
    answers = one.answers if fixed else _shown(united, read, (one, two))
    notes = tuple(sorted({*one.notes, *two.notes}))
    closed = one.closed or two.closed
    parts = tuple(unite(a, b).axis for a, b in zip(one.parts, two.parts, strict=True))
    axis = replace(one, answers=answers, read=read, order=order, closed=closed, notes=notes, parts=parts)
    return United(axis, first, second)


def _refuse_other_question(one: Axis, two: Axis) -> None:
    if (one.column, one.label) != (two.column, two.label) or not same(one.asked, two.asked):
        raise unlike("items", "questions", f"{ONE_CALL}: the same columns, labels and kinds of answers.")
    if one.edges != two.edges:
        raise unlike(
            "bins",
            "bins",
            f"{ONE_CALL}, and say where a new bin begins: bins={{{one.column!r}: [...]}}. Bins of about "
            "the same number of people begin at other numbers in each file.",
        )


def _common_order(one: Axis, two: Axis) -> tuple[str, ...]:
    """Return the declared order; only one of the files may declare none."""
    if not (one.order and two.order):
        return one.order or two.order
    if [*map(canonical, one.order)] != [*map(canonical, two.order)]:
        raise unlike(
            one.column,
            "declared order of answers",
            "Declare the same categories, or the same levels=, in both files.",
        )
    return min(one.order, two.order)


def _read_together(one: Axis, two: Axis, *maps: IntArray) -> tuple[tuple[str, int, int], ...]:
    """Add up how often each spelling was read as what."""
    rows: dict[tuple[str, int], int] = {}
    counted: dict[str, int] = {}
    for axis, moved in zip((one, two), maps, strict=True):
        for text, place, n in axis.read:
            now = int(moved[place]) if place >= 0 else place
            rows[text, now] = rows.get((text, now), 0) + n
            if counted.setdefault(canonical(text), now) != now:
                raise unlike(
                    one.column,
                    "coding of answers",
                    f"{ONE_CALL}: an answer is counted as one thing in one and as another in the other.",
                )
    return tuple((text, place, n) for (text, place), n in rows.items())


def _shown(
    tokens: Sequence[str], read: Sequence[tuple[str, int, int]], axes: tuple[Axis, Axis]
) -> tuple[str, ...]:
    """Return the spelling of each answer that both files show, as that of levels that were declared.

    Where they show different ones it is that which most rows have; of several the first in order.
    """
    times: dict[str, dict[str, int]] = {token: {} for token in tokens}
    for text, place, n in read:
        token = canonical(text)
        if place >= 0 and tokens[place] == token:
            shown = label(text)
            times[token][shown] = times[token].get(shown, 0) + n
    given: dict[str, set[str]] = {}
    for answer in (answer for axis in axes for answer in axis.answers):
        given.setdefault(canonical(answer), set()).add(answer)
    return tuple(
        most_common(times[token]) if len(given[token]) > 1 and times[token] else min(given[token])
        for token in tokens
    )


def most_common(times: Mapping[str, int]) -> str:
    """Return the spelling that most rows have; of several the first in order."""
    return min(times, key=lambda text: (-times[text], text))


def moved(cells: IntArray, maps: Sequence[IntArray]) -> IntArray:
    """Return cells with the places that their answers have on the united axes."""
    if not maps:
        return cells
    kinds = np.arange(-len(MISSING_KINDS), 0)  # below 0 an index counts from the end
    return np.stack([np.append(m, kinds)[cells[:, k]] for k, m in enumerate(maps)], axis=1)


def rows_together(one: IntArray, two: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Unite rows of places: all that occur, sorted, and where those of each file are among them."""
    if not one.shape[1]:
        zero = np.zeros(1, dtype=np.int64)
        return one[:1], zero, zero
    result, place = np.unique(np.concatenate([one, two]), axis=0, return_inverse=True)
    where = place.reshape(-1).astype(np.int64)
    return result, where[: len(one)], where[len(one) :]
