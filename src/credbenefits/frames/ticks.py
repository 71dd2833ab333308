"""What was ticked in a select-all-that-apply question, person by person."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits.errors import InputError
from credbenefits.frames.boundary import line_sizes, sizes_of
from credbenefits.frames.boxes import read_boxes
from credbenefits.frames.columns import MOST_SHOWN, Categories, encode
from credbenefits.frames.header_rows import refuse_headings, refuse_headings_over
from credbenefits.frames.keys.normalise import distinct
from credbenefits.frames.several import Declared, read_several, reworded
from credbenefits.questions.spelling import canonical, raw_text
from credbenefits.questions.words import no_answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from credbenefits._typing import BoolArray, IntArray, Value
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.frames.several import Said
    from credbenefits.questions.select_all import SelectAll


@dataclass(frozen=True, slots=True)
class Ticks:
    """Choices, who ticked them (people by choices), who answered, and what a reader must know.

    `declared` are people whose cells hold something that was declared to be no answer.
    """

    choices: tuple[str, ...]
    ticked: BoolArray
    answered: BoolArray
    declared: BoolArray
    note: str


@dataclass(frozen=True, slots=True)
class Box:
    """One column: who ticked it, who gave no answer, and who one that was declared to be none."""

    ticked: BoolArray
    blank: BoolArray
    declared: BoolArray

    def merged(self, old: Box) -> Box:
        """Take in the column that the choice had before."""
        blank = self.blank & old.blank
        return Box(self.ticked | old.ticked, blank, blank & (self.declared | old.declared))


def read_ticks(frame: NarwhalsFrame, question: SelectAll, argument: str, missing: Sequence[Value]) -> Ticks:
    """Read a select-all question from its columns or its text; one that nobody answered raises."""
    read = _of_block if question.block else _of_text
    result = read(frame, question, argument, missing)
    if not result.answered.any():
        refuse_no_ticks(question, argument)
    return result


def refuse_no_ticks(question: SelectAll, argument: str) -> None:
    """Refuse a question that nobody answered."""
    boxes = ", or say unticked='none' if a 0 is a no" if question.block else ""
    raise InputError(
        argument,
        allowed="a question in which somebody ticked something",
        received=f"{question.column!r}, in which nobody did",
        fix=f"Check the columns, the separator and the missing codes{boxes}.",
    )


def _of_text(frame: NarwhalsFrame, question: SelectAll, argument: str, missing: Sequence[Value]) -> Ticks:
    texts, place = _texts(frame, question, argument)
    rows = np.bincount(place[place >= 0], minlength=len(texts))
    said = read_several(texts, rows, Declared.of(question, missing))
    refuse_no_choices(question, said.choices, argument)
    ticked = np.vstack([said.ticked, np.zeros(len(said.choices), dtype=bool)])  # place -1 reads the last row
    something = np.array([*(bool(canonical(v)) for v in texts), False])[place]
    answered: BoolArray = np.append(said.answered, False)[place]
    return Ticks(said.choices, ticked[place], answered, something & ~answered, said.note)


def _texts(frame: NarwhalsFrame, question: SelectAll, argument: str) -> tuple[list[str], IntArray]:
    texts, place = distinct(frame, question.column, argument)
    if line_sizes(frame) is None:  # lines that were grouped have no first row
        refuse_headings(frame, question.column, place, texts)
    return [raw_text(v) for v in texts], place


def refuse_no_choices(question: SelectAll, choices: Sequence[str], argument: str) -> None:
    """Refuse a text of which nobody ticked a choice, and of which none are named."""
    if not choices:
        raise InputError(
            argument,
            allowed="a question of which somebody ticked a choice",
            received=f"{question.column!r}, in which nobody did",
            fix="Name the choices that were offered: SelectAll(column, choices=[...]).",
        )


class CodedTexts(NamedTuple):
    """The different texts of a select-all question, the text (or -1) of every row, and what they say.

    `rows` are those of each text and, last, those without one.
    """

    texts: list[str]
    place: IntArray
    rows: IntArray
    said: Said


def code_texts(
    frame: NarwhalsFrame, question: SelectAll, argument: str, missing: Sequence[Value]
) -> CodedTexts:
    """Read a select-all question from text, each text by itself."""
    texts, place = _texts(frame, question, argument)
    rows = sizes_of(place, len(texts), line_sizes(frame))
    said = read_several(texts, rows[:-1], Declared.of(question, missing), doubts=False)
    return CodedTexts(texts, place, rows, said)


class Block(NamedTuple):
    """The boxes of a question: each column whole, what its levels mean, and who ticked which.

    `names` are the columns of the choices. Rows are `blank` that hold nothing in any column, `anything` where
    a box is ticked, the one of "none of these" as well, which `none` are; `declared` hold a declared code.
    """

    raw: Sequence[Categories]
    columns: Sequence[Categories]
    meanings: Sequence[Sequence[bool]]
    names: tuple[str, ...]
    boxes: Mapping[str, Box]
    all_boxes: Mapping[str, Box]
    blank: BoolArray
    anything: BoolArray
    none: BoolArray
    declared: BoolArray

    @property
    def untouched(self) -> BoolArray:
        """Who ticked nothing, with a cell that is not blank."""
        return ~self.blank & ~self.anything

    def table(self) -> BoolArray:
        """Who ticked which choice, people by choices."""
        return np.column_stack([self.boxes[name].ticked for name in self.names])


def read_block(frame: NarwhalsFrame, question: SelectAll, argument: str, missing: Sequence[Value]) -> Block:
    """Read the boxes of a question that has a column for each choice."""
    aside = question.no_answers(missing)
    raw = [
        _written(encode(frame, c, argument), question, aside)
        if c == question.other
        else encode(frame, c, argument)
        for c in question.columns
    ]
    if line_sizes(frame) is None:
        first = [part.levels[part.codes[0]] if part.codes[0] >= 0 else None for part in raw]
        refuse_headings_over(frame, first)
    columns = [part.without(aside) for part in raw]
    meanings = read_boxes(columns, question, argument)
    every = {
        part.column: Box(
            np.array([*ticks, False])[part.codes], part.codes < 0, (whole.codes >= 0) & (part.codes < 0)
        )
        for part, whole, ticks in zip(columns, raw, meanings, strict=True)
    }
    if question.other is not None:  # who filled in another box and wrote nothing did not choose it
        told = every[question.other]
        rest = [box.blank for name, box in every.items() if name != question.other]
        every[question.other] = replace(told, blank=np.logical_and.reduce([told.blank, *rest]))
    boxes = dict(every)
    for old in [c for c in question.columns if c in question.same]:
        boxes[question.same[old]] = boxes[question.same[old]].merged(boxes.pop(old))
    none = question.none_of_these
    return Block(
        raw,
        columns,
        meanings,
        tuple(name for name in boxes if name != none),
        boxes,
        every,
        np.logical_and.reduce([box.blank for box in boxes.values()]),
        np.logical_or.reduce([box.ticked for box in boxes.values()]),
        np.zeros(len(frame), dtype=bool) if none is None else boxes[none].ticked,
        np.logical_or.reduce([box.declared for box in every.values()]),
    )


def _written(texts: Categories, question: SelectAll, aside: Sequence[Value]) -> Categories:
    """Make a box of a column of text: ticked where somebody wrote more than a word for no answer."""
    kept = {canonical(v) for v in question.answer_values}
    there = [canonical(v) in kept or no_answer(v) is None for v in texts.without(aside).levels]
    blank = ~np.array([*there, False])[texts.without(aside).codes]
    mark = question.ticked_values[0] if question.ticked else texts.column
    return Categories(texts.column, np.where(blank, -1, 0), (mark,))


def _of_block(frame: NarwhalsFrame, question: SelectAll, argument: str, missing: Sequence[Value]) -> Ticks:
    block = read_block(frame, question, argument, missing)
    ticked = {name: int(box.ticked.sum()) for name, box in block.all_boxes.items() if name in question.same}
    notes = [*joined_in(block.columns), *reworded_notes(question, block.columns, ticked)]
    untouched = block.untouched
    said_no = are_a_no(question, some_blank=bool(block.blank.any()))
    answered = block.anything | untouched if said_no else block.anything
    notes.append(untouched_note(question, int(untouched.sum()), int(block.blank.sum()), said_no=said_no))
    written = any(
        not tick
        for part, ticks in zip(block.columns, block.meanings, strict=True)
        if part.column != question.none_of_these
        for tick in ticks
    )
    cells = [
        answered & ~block.none & (box.blank if written else box.declared)
        for box in (block.boxes[name] for name in block.names)
    ]
    n, people = sum(int(each.sum()) for each in cells), int(np.logical_or.reduce(cells).sum())
    notes.append(gaps_note(question, n, people))
    return Ticks(
        tuple(question.choices) or block.names,
        block.table(),
        answered,
        block.declared & ~answered,
        "; ".join(filter(None, notes)),
    )


def are_a_no(question: SelectAll, *, some_blank: bool) -> bool:
    """Tell whether people who ticked nothing said no to every choice."""
    return question.unticked == "none" or (question.unticked is None and some_blank)


def joined_in(columns: Sequence[Categories]) -> list[str]:
    """Say in which columns spellings were joined."""
    reported = [part.note for part in columns if part.note]
    more = (
        [f"and spellings in {len(reported) - MOST_SHOWN:,} more columns"]
        if len(reported) > MOST_SHOWN
        else []
    )
    return [*reported[:MOST_SHOWN], *more]


def reworded_notes(
    question: SelectAll, columns: Sequence[Categories], ticked: Mapping[str, int]
) -> Iterable[str]:
    """Count the rows with each old wording, or with a tick in each old column."""
    for old, new in question.same.items():
        if old in ticked:
            rows = ticked[old]
        else:
            rows = sum(
                int(n)
                for part in columns
                for level, n in zip(part.levels, part.sizes(), strict=True)
                if canonical(level) == canonical(old)
            )
        yield reworded(question.column, old, new, rows=rows)


def gaps_note(question: SelectAll, n: int, people: int) -> str:
    """Count the cells without an answer in rows with answers, which count as no.

    Where a no is never written, a blank is how the file writes it.
    """
    if not n:
        return ""
    counted = "1 cell without an answer counts" if n == 1 else f"{n:,} cells without an answer count"
    of = "1 row" if people == 1 else f"{people:,} rows"
    return (
        f"{question.column}: {counted} as no, in {of} that answered elsewhere "
        "(ask each column as an Item to leave them out)"
    )


def untouched_note(question: SelectAll, untouched: int, blank: int, *, said_no: bool) -> str:
    """Say whether people who ticked nothing are taken to have said no."""
    if not untouched and blank and question.unticked == "none":
        rows = "1 row is" if blank == 1 else f"{blank:,} rows are"
        return (
            f"{question.column}: {rows} blank in every column and taken not to have answered, in spite of "
            "unticked='none', which is about boxes that are written as not ticked (write 0 in blank boxes if "
            "everybody saw the question)"
        )
    if not untouched:
        return ""
    who = (
        "1 person ticked nothing and is" if untouched == 1 else f"{untouched:,} people ticked nothing and are"
    )
    if not said_no:
        return (
            f"{question.column}: {who} taken not to have answered "
            "(unticked='none' takes them to have said no)"
        )
    others = "1 row is" if blank == 1 else f"{blank:,} rows are"
    return f"{question.column}: {who} taken to have said no to every choice" + (
        f", because {others} blank in every column (unticked='unanswered' leaves them out)"
        if question.unticked is None
        else ""
    )
