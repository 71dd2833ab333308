"""Columns that are the ticks of one question, found by what their labels share."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

from credbenefits.questions.column import Answer
from credbenefits.questions.marks import TICKED, UNTICKED
from credbenefits.questions.spelling import canonical

if TYPE_CHECKING:
    from collections.abc import Iterator

    from credbenefits.questions.column import Column

#: Tells the different values of a column.
Used: TypeAlias = Callable[[str], Collection[Any]]
#: How a label holds a question and a choice: "Which? [choice]", "[choice] Which?", "Which? - choice",
#: "Which? choice" and "Which: choice".
_LAYOUTS = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?P<stem>.+?)\s*\[(?P<choice>[^\[\]]+)\]",
        r"\[(?P<choice>[^\[\]]+)\]\s*(?P<stem>.+)",
        r"(?P<stem>.+?)\s+[-–—]\s+(?P<choice>.+)",
        r"(?P<stem>.+?[?:])\s+(?P<choice>.+)",
    )
)
#: What Qualtrics puts before a choice that has a text beside it.
_SELECTED = re.compile(r"selected choice\b[\s\-–—:]*", re.IGNORECASE)
#: What tells the columns of a question apart at the end of their names.
_NUMBER = re.compile(r"[\s_.\-\[(]*(?:\d+|[a-z])[\])]?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TickSet:
    """Columns that a file declares to be one question: its name, its words, and the code that is a tick."""

    name: str
    question: str
    columns: tuple[str, ...]
    counted: Any = None


def grouped(
    columns: Sequence[Column], used: Used, texts: Collection[str], *, sets: Sequence[TickSet] = ()
) -> list[Column]:
    """Mark the columns that are ticks of one question, and the text that goes with "other".

    Parameters
    ----------
    columns : sequence of Column
        In the order of the file.
    used : callable
        Tells the different values of a column.
    texts : collection of str
        Columns that hold text.
    sets : sequence of TickSet
        Questions that the file declares.
    """
    made = {column.name: column for column in columns}
    for each in sets:
        for name in each.columns:
            if name in made:
                made[name] = _declared(made[name], each)
    rest = [column for column in columns if made[column.name].role == "answer"]
    taken: set[str] = {column.part_of for column in made.values()} - {""}
    for run in _runs(rest, used, texts):
        name = shared_name([column.name for column, _, _ in run], taken)
        taken.add(name)
        for column, stem, choice in run:
            made[column.name] = replace(column, role="tick", question=stem, part_of=name, choice=choice)
    for before, column in pairwise(columns):
        group = made[before.name].part_of
        if group and column.name in texts and _other(column, before, made[before.name]):
            made[column.name] = replace(column, role="other", part_of=group)
    return list(made.values())


def _declared(column: Column, question: TickSet) -> Column:
    """Return a tick of a question that the file declares."""
    choice = column.question or column.name
    tick = Answer(question.counted, choice)
    answers = tuple(replace(a, label=choice) if a.code == tick.code else a for a in column.answers)
    if question.counted is not None and not any(a.code == tick.code for a in answers):
        answers = (tick, *answers)
    return replace(
        column,
        role="tick",
        question=question.question or column.question,
        answers=answers,
        part_of=question.name,
        choice=choice,
    )


def _runs(
    columns: Sequence[Column], used: Used, texts: Collection[str]
) -> Iterator[list[tuple[Column, str, str]]]:
    """Find columns that follow each other, share a question in their labels, and hold ticks."""
    start = 0
    boxes = [c for c in columns if c.name not in texts and c.question]
    while start < len(boxes):
        run: list[tuple[Column, str, str]] = []
        for layout in _LAYOUTS:
            found = _run(boxes[start:], layout, used)
            run = found if len(found) > max(1, len(run)) else run
        if run:
            yield run
        start += max(1, len(run))


def _run(columns: Sequence[Column], layout: re.Pattern[str], used: Used) -> list[tuple[Column, str, str]]:
    """Return the first columns that have one question in this layout, each with a choice of its own."""
    run: list[tuple[Column, str, str]] = []
    choices: set[str] = set()
    for column in columns:
        label = layout.fullmatch(column.question)
        if label is None or (run and label["stem"] != run[0][1]):
            break
        choice = _SELECTED.sub("", label["choice"], count=1).strip() or label["choice"]
        if canonical(choice) in choices or not _is_box(column, used):
            break
        choices.add(canonical(choice))
        run.append((column, label["stem"], choice))
    return run


def _is_box(column: Column, used: Used) -> bool:
    """Tell whether a column says yes and no, or holds 1 and perhaps 0."""
    words = {canonical(answer.label) for answer in column.offered if answer.label}
    if words:
        return not column.open and len(words) <= 2 and bool(words & TICKED) and words <= TICKED | UNTICKED
    none = {canonical(answer.code) for answer in column.answers if answer.missing is not None}
    return {canonical(value) for value in used(column.name)} - none in ({"1"}, {"0", "1"})


def shared_name(names: Sequence[str], taken: Collection[str]) -> str:
    """Return the name that the columns of a question share; if others have it too, the first and the last."""
    ends = {_NUMBER.sub("", name) for name in names}
    shared = ends.pop() if len(ends) == 1 else _beginning(names).rstrip(" _-.[(")
    return shared if shared and shared not in taken else first_to_last(names)


def first_to_last(names: Sequence[str]) -> str:
    """Return the name of a question whose columns share none."""
    return f"{names[0]} to {names[-1]}"


def _beginning(names: Sequence[str]) -> str:
    """Return what all names begin with."""
    first, last = min(names), max(names)
    shared = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    return first[:shared]


def _other(column: Column, before: Column, tick: Column) -> bool:
    """Tell whether a text goes with "other": its name or its label continues that of the tick before."""
    name = column.name.casefold()
    return (
        name.startswith(before.name.casefold())
        or ("other" in name and name.startswith(tick.part_of.casefold()))
        or (bool(tick.question) and column.question.startswith(tick.question))
    )
