"""A question with a column for each choice, as codes: who ticked which box, and who ticked nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from credbenefits.counts.coding.coded import Coded
from credbenefits.counts.tally import TICKS, UNDECIDED, YES_NO, Axis
from credbenefits.frames.answers import BLANK, CODE
from credbenefits.frames.boundary import line_sizes, sizes_of
from credbenefits.frames.ticks import read_block
from credbenefits.questions.spelling import canonical

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from credbenefits._typing import BoolArray, IntArray, Value
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.frames.ticks import Block
    from credbenefits.questions.select_all import SelectAll

#: How people answered a question with boxes: they ticked one, or nothing.
HOW = ("ticked", "nothing ticked")
NONE = "none of these"


def code_boxes(frame: NarwhalsFrame, question: SelectAll, missing: Sequence[Value]) -> list[Coded]:
    """Code each choice, what is asked beside them, and what tells how the boxes were filled in."""
    block = read_block(frame, question, "items", missing)
    question = replace(question, missing=question.no_answers(missing))
    table, wait = block.table(), question.unticked is None
    named = tuple(question.choices) or block.names
    result, lines = [], line_sizes(frame)
    for column, words, ticked in zip(block.names, named, table.T, strict=True):
        share = f"{question.label}: {words}", words, (words,)
        axis = Axis(column, words, TICKS if wait else YES_NO, _read(block, column), asked=question)
        codes = _people(question, block, ticked.astype(np.int16), len(YES_NO))
        asks = question.label, axis, codes, (1,), (share,)
        result.append(Coded(*asks, select_all=True, undecided=(2, 3) if wait else ()))
    beside = _beside(question, block, (table, named), lines=lines)
    return [*result, *beside, *_about(question, block, lines=lines)]


def _people(question: SelectAll, block: Block, sides: NDArray[np.integer], first: int) -> NDArray[np.int16]:
    """Return the code of every row: its side, a kind of no answer, or undecided from the `first` place on."""
    gap = np.where(block.declared, CODE, BLANK)
    nothing = sides if question.unticked == "none" else gap
    if question.unticked is None:
        nothing = np.where(block.declared, first + 1, first)
    codes = np.where(block.anything, sides, np.where(block.blank, gap, nothing))
    return codes.astype(np.int16)


def _beside(
    question: SelectAll, block: Block, choices: tuple[BoolArray, Sequence[str]], *, lines: IntArray | None
) -> list[Coded]:
    (table, named), result = choices, []
    wait = question.unticked is None
    place = {canonical(choice): i for i, choice in enumerate(named)}
    for words, chosen in question.any_of.items():
        some = table[:, [place[c] for c in map(canonical, chosen) if c in place]].sum(axis=1) > 0
        label = f"{question.label}: {words}"
        axis = Axis(question.column, label, TICKS if wait else YES_NO, asked=question)
        codes = _people(question, block, some.astype(np.int16), len(YES_NO))
        asks = label, axis, codes, (1,), ((label, words, tuple(chosen)),)
        result.append(Coded(*asks, undecided=(2, 3) if wait else ()))
    if question.number_chosen:
        number = table.sum(axis=1)
        known = block.anything | (block.untouched if question.unticked == "none" else False)
        several = np.union1d([0], number[known])  # 0 in any case: people who ticked nothing may come to it
        answers = tuple(f"{k} chosen" for k in several.tolist())
        shares = tuple((f"{question.label}: {each}", each, (each,)) for each in answers)
        at = np.searchsorted(several, number)
        codes = _people(question, block, at, len(answers))
        rows = sizes_of(np.where(known, at, -1), len(answers), lines).tolist()
        read = tuple((words, k, n) for k, (words, n) in enumerate(zip(answers, rows, strict=False)) if n)
        every = (*answers, *(UNDECIDED if wait else ()))
        axis = Axis(question.column, question.label, every, read, asked=question)
        result.append(
            Coded(
                f"{question.label}: how many",
                axis,
                codes,
                tuple(range(len(answers))),
                shares,
                exclusive=True,
                undecided=(len(answers), len(answers) + 1) if wait else (),
            )
        )
    return result


def _about(question: SelectAll, block: Block, *, lines: IntArray | None) -> list[Coded]:
    """Count what the notes say: cells without an answer, and columns that are no choices of their own."""
    codes = np.where(block.blank, np.where(block.declared, CODE, BLANK), block.untouched.astype(np.int16))
    boxes = [block.boxes[name] for name in block.names]
    gaps, declared = (np.sum([getattr(box, name) for box in boxes], axis=0) for name in ("blank", "declared"))
    patterns = np.stack([codes, block.none & (codes >= 0), gaps, declared], axis=1)
    kinds, place = np.unique(patterns, axis=0, return_inverse=True)
    rows = sizes_of(place.reshape(-1), len(kinds), lines)[:-1]
    label = f"{question.label}: how it was filled in"
    times: dict[tuple[str, int], int] = {}
    for pattern, n in zip(kinds.tolist(), rows.tolist(), strict=True):
        key = pattern_text(*pattern), pattern[0]
        times[key] = times.get(key, 0) + n
    read = tuple((*key, n) for key, n in times.items())
    axis = Axis(question.column, label, HOW, read, order=HOW, asked=question)
    result = [Coded(label, axis, codes.astype(np.int16), (), ())]
    for column in [c for c in question.columns if c not in block.names]:
        box = block.all_boxes[column]
        at = np.where(box.blank, np.where(box.declared, CODE, BLANK), box.ticked)
        name = f"{question.label}: {column}"
        axis = Axis(column, name, YES_NO, _read(block, column), asked=question)
        result.append(Coded(name, axis, at.astype(np.int16), (), ()))
    return result


def pattern_text(place: int, none: int, gaps: int, declared: int) -> str:
    """Say how many boxes a person left without an answer, and how many of them hold a missing code."""
    if place < 0:
        return "a missing code" if place == CODE else ""
    how = NONE if none else HOW[place]
    return f"{how}: {gaps} without an answer, {declared} of them declared"


def _read(block: Block, column: str) -> tuple[tuple[str, int, int], ...]:
    """Return what each cell of a column was read as."""
    k = next(i for i, part in enumerate(block.raw) if part.column == column)
    raw, part, ticks = block.raw[k], block.columns[k], block.meanings[k]
    sides = {canonical(level): int(tick) for level, tick in zip(part.levels, ticks, strict=True)}
    at = [*(sides.get(canonical(level), CODE) for level in raw.levels), BLANK]
    return tuple((text, at[level], n) for text, level, n in raw.spellings)
