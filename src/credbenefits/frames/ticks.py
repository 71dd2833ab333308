"""What was ticked in a select-all-that-apply question, person by person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from credbenefits import _validation as check
from credbenefits.errors import InputError
from credbenefits.frames.categories import Categories, encode
from credbenefits.frames.choices import parse_choices
from credbenefits.frames.keys import distinct
from credbenefits.frames.spelling import canonical, raw_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import BoolArray, Value
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.frames.select_all import SelectAll

#: How exports write a box that was not ticked.
_UNTICKED = {"no", "false", "0", "n", "unchecked", "not selected", "not checked", "unticked"}


@dataclass(frozen=True, slots=True)
class Ticks:
    """Choices, who ticked them (people by choices), who answered, and what a reader must know."""

    choices: tuple[str, ...]
    ticked: BoolArray
    answered: BoolArray
    note: str


def read_ticks(frame: NarwhalsFrame, question: SelectAll, argument: str, missing: Sequence[Value]) -> Ticks:
    """Read a select-all question from its columns or its text; one that nobody answered raises."""
    aside = (*missing, *question.missing_values)
    found = _of_block(frame, question, argument, aside) if question.block else _of_text(
        frame, question, argument, aside)  # fmt: skip
    if not found.answered.any():
        raise InputError(
            argument,
            allowed="a question in which somebody ticked something",
            received=f"{question.column!r}, in which nobody did",
            fix="Check the columns, the separator and the missing codes.",
        )
    return found


def _of_text(frame: NarwhalsFrame, question: SelectAll, argument: str, aside: Sequence[Value]) -> Ticks:
    column = question.column
    texts, place = distinct(frame, column, argument)
    offered = tuple(question.choices) or None
    none = question.none_of_these
    said = parse_choices([raw_text(v) for v in texts], question.separator, offered, none_of_these=none,
                         missing={str(v) for v in aside})  # fmt: skip
    choices = offered or tuple(sorted(set().union(*(s for s in said if s is not None))))
    table = np.array([[s is not None and c in s for c in choices] for s in (*said, None)], dtype=bool)
    answered = np.array([s is not None for s in (*said, None)])
    return Ticks(choices, table[place].reshape(len(place), len(choices)), answered[place], "")


def _of_block(frame: NarwhalsFrame, question: SelectAll, argument: str, aside: Sequence[Value]) -> Ticks:
    ticked = {c: _boxes(encode(frame, c, argument).without(aside), argument) for c in question.columns}
    filled = {c: encode(frame, c, argument).without(aside).codes >= 0 for c in question.columns}
    none = ticked.pop(question.none_of_these) if question.none_of_these is not None else None
    table = np.column_stack(list(ticked.values()))
    choices = tuple(question.choices) or tuple(ticked)
    something: BoolArray = np.asarray(table.any(axis=1))
    answered = something if none is None else np.logical_or(something, none)
    untouched = np.column_stack(list(filled.values())).any(axis=1) & ~answered
    if question.unticked == "none":
        answered = answered | untouched
    note = "" if not untouched.any() else (
        f"{question.column}: {int(untouched.sum()):,} people ticked nothing and are taken "
        + ("to have said no to every choice" if question.unticked == "none" else
           "not to have answered (unticked='none' takes them to have said no)")
    )  # fmt: skip
    return Ticks(choices, table, answered, note)


def _boxes(answers: Categories, argument: str) -> BoolArray:
    """Tell who ticked a box: one answer that is no no is the tick, whatever its words."""
    ticks = [i for i, level in enumerate(answers.levels) if canonical(level) not in _UNTICKED]
    if len(ticks) > 1:
        raise InputError(
            argument,
            allowed="columns of a select-all question, each ticked or not",
            received=f"{answers.column!r} with the answers {check.listing(answers.labels)}",
            fix="Declare missing codes with missing=, or ask for it as an Item of its own.",
        )
    table = np.array([*(i in ticks for i in range(len(answers.levels))), False])
    boxes: BoolArray = table[answers.codes]
    return boxes
