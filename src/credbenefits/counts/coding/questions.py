"""The answers to questions as codes, one answer at a time, and what is asked of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from credbenefits.counts.coding.boxes import code_boxes
from credbenefits.counts.coding.coded import Asks, Coded
from credbenefits.counts.coding.joined import join
from credbenefits.counts.tally import YES_NO, Axis
from credbenefits.frames.answers import BLANK, CODE, NOT_ASKED, as_numbers, asked, encode_item, set_aside
from credbenefits.frames.boundary import line_sizes
from credbenefits.frames.columns import refuse_too_many
from credbenefits.frames.ticks import code_texts
from credbenefits.questions.item import Joined
from credbenefits.questions.select_all import SelectAll
from credbenefits.questions.spelling import canonical
from credbenefits.questions.spelling import label as as_label

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from credbenefits._typing import Value
    from credbenefits.frames.answers import Answers
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.frames.columns import Categories
    from credbenefits.frames.several import Said
    from credbenefits.questions.item import Asked, Item

    _Coder: TypeAlias = Callable[[Axis, NDArray[Any], Asks], Coded]


def code_question(frame: NarwhalsFrame, question: Asked, missing: Sequence[Value]) -> list[Coded]:
    """Code the answers to a question; a select-all question makes one for each choice, and those beside."""
    if isinstance(question, SelectAll):
        if question.block:
            return code_boxes(frame, question, missing)
        return _code_text(frame, question, missing)
    axis, codes, made = code_item(frame, question, "items", missing)
    places = range(len(made)) if question.each_level else (YES_NO.index("yes"),)
    words = tuple((each.label, each.level, each.counts_as_yes) for each in made)
    return [Coded(question.label, axis, codes, tuple(places), words, exclusive=question.each_level)]


def code_item(
    frame: NarwhalsFrame, item: Item | Joined, argument: str, missing: Sequence[Value]
) -> tuple[Axis, NDArray[np.int16], list[Answers]]:
    """Return an item's axis, the code of every row on it, and its shares as they are worded."""
    if isinstance(item, Joined):
        leaves = [code_item(frame, leaf, argument, missing) for leaf in item.leaves]
        return join(item, leaves, lines=line_sizes(frame))
    raw = encode_item(frame, item, argument)
    answers, place = set_aside(raw, item, missing)
    if item.each_level:
        refuse_too_many(answers, argument)
    made = asked(item, answers, argument)
    on_axis = made[0].sides if made else np.zeros(0, dtype=np.int8)
    if item.each_level:
        on_axis = np.zeros(len(answers.levels), dtype=np.int16)
        for i, each in enumerate(made):
            on_axis[each.sides > 0] = i
    at = np.append(on_axis, np.arange(NOT_ASKED, 0)).astype(np.int16)[place]
    shown = tuple(each.level for each in made) if item.each_level else YES_NO
    axis = axis_of((raw, answers), at, item.label, shown, question=item)
    was_text = as_numbers(item.column)
    if made and made[0].note.endswith(was_text):
        axis = replace(axis, notes=(was_text,))
    return axis, at[raw.codes], made


def axis_of(
    columns: tuple[Categories, Categories],
    at: NDArray[np.int16],
    label: str,
    answers: tuple[str, ...],
    *,
    question: Item,
) -> Axis:
    """Return the axis of a column (whole, and its answers alone), given what each level is counted as."""
    raw, part = columns
    read = tuple((text, int(at[level]), n) for text, level, n in raw.spellings)
    order = tuple(map(as_label, part.declared)) or raw.order
    return Axis(raw.column, label, answers, read, order, bool(part.declared), asked=question)


def group_axis(raw: Categories, part: Categories, question: Item) -> Axis:
    """Return the axis of a column of groups: whatever is no group is missing."""
    place = {label: i for i, label in enumerate(part.labels)}
    at = np.array([*(place.get(label, BLANK) for label in raw.labels), BLANK], dtype=np.int16)
    return axis_of((raw, part), at, part.column, part.labels, question=question)


def _code_text(frame: NarwhalsFrame, question: SelectAll, missing: Sequence[Value]) -> list[Coded]:
    """Code a question in one text: each choice, and then what is asked beside them."""
    question = replace(question, missing=question.no_answers(missing))
    texts, place, sizes, said = code_texts(frame, question, "items", ())
    *rows, blank = sizes.tolist()
    gap = [CODE if canonical(text) else BLANK for text in texts]

    def coded(axis: Axis, sides: NDArray[Any], asks: Asks) -> Coded:
        at = np.where(said.answered, sides, gap)
        times = {("", BLANK): blank}
        for text, code, n in zip(texts, at.tolist(), rows, strict=True):
            key = (text if canonical(text) else ""), code
            times[key] = times.get(key, 0) + n
        read = tuple((text, code, n) for (text, code), n in times.items() if n)
        codes = np.append(at, BLANK).astype(np.int16)[place]
        return Coded(asks.question, replace(axis, read=read, asked=question), codes, *asks[1:])

    return [*_choices(question, said, coded), *_beside(question, said, coded)]


def _choices(question: SelectAll, said: Said, coded: _Coder) -> list[Coded]:
    result = []
    for words, ticked in zip(said.choices, said.ticked.T, strict=True):
        share = f"{question.label}: {words}", words, (words,)
        asks = Asks(question.label, (1,), (share,), select_all=True)
        result.append(coded(Axis(question.column, words, YES_NO), ticked, asks))
    if not result:
        nobody = np.zeros(len(said.answered), dtype=np.int16)
        asks = Asks(question.label, (), (), select_all=True)
        result.append(coded(Axis(question.column, "", YES_NO), nobody, asks))
    return result


def _beside(question: SelectAll, said: Said, coded: _Coder) -> list[Coded]:
    """Code what is asked beside the choices: one of several, and how many."""
    result = []
    place = {canonical(choice): i for i, choice in enumerate(said.choices)}
    for words, chosen in question.any_of.items():
        there = [place[c] for c in map(canonical, chosen) if c in place]
        some = said.ticked[:, there].sum(axis=1) > 0
        label = f"{question.label}: {words}"
        asks = Asks(label, (1,), ((label, words, tuple(chosen)),))
        result.append(coded(Axis(question.column, label, YES_NO), some, asks))
    if question.number_chosen:
        number = said.ticked.sum(axis=1)
        several = np.union1d([0], number[said.answered])  # 0 in any case, so that parts have a share
        answers = tuple(f"{k} chosen" for k in several.tolist())
        shares = tuple((f"{question.label}: {each}", each, (each,)) for each in answers)
        asks = Asks(f"{question.label}: how many", tuple(range(several.size)), shares, exclusive=True)
        sides = np.minimum(np.searchsorted(several, number), several.size - 1)
        result.append(coded(Axis(question.column, question.label, answers), sides, asks))
    return result
