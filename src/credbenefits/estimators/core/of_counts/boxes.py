"""A question with boxes, read again from counts: what the whole file tells of them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from credbenefits.counts.coding.boxes import HOW, NONE
from credbenefits.counts.tally import UNDECIDED, YES_NO
from credbenefits.estimators.core.of_counts.read import NOTHING, categories_of, of_share
from credbenefits.frames.answers import BLANK, CODE, NO, YES, chosen_places
from credbenefits.frames.ticks import (
    are_a_no,
    gaps_note,
    joined_in,
    refuse_no_ticks,
    reworded_notes,
    untouched_note,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from credbenefits.counts.tally import Axis, Tally
    from credbenefits.estimators.core.of_counts.read import AnswersCounted
    from credbenefits.questions.select_all import SelectAll

_GAPS = re.compile(r"([0-9]+) without an answer, ([0-9]+) of them declared")


def read_boxes_again(
    question: SelectAll, tallies: Sequence[Tally], *, allow_identifier: bool
) -> list[AnswersCounted]:
    """Return the shares of a question with boxes, once it is known who said no."""
    del allow_identifier  # a box holds ticks
    how = next(t.axes[0] for t in tallies if t.axes[0].answers == HOW)
    asked = [t for t in tallies if t.shares]
    blank = sum(n for _, place, n in how.read if place < 0)
    untouched = sum(n for _, place, n in how.read if place == HOW.index("nothing ticked"))
    said_no = are_a_no(question, some_blank=blank > 0)
    if not sum(n for _, place, n in how.read if place >= 0) - (0 if said_no else untouched):
        refuse_no_ticks(question, "items")
    choices = [t for t in asked if t.select_all]
    for words, some in question.any_of.items():
        chosen_places(words, some, [t.choice for t in choices])
    of_columns = {t.axes[0].column: t.axes[0] for t in tallies if t.select_all or not t.shares}
    note = "; ".join(filter(None, _notes(question, of_columns, how, said_no=said_no)))
    result: list[AnswersCounted] = []
    for tally in asked:
        result += _shares(question, tally, untouched=untouched, said_no=said_no)
    return [replace(each, note=note) if each.tally.select_all else each for each in result]


def _shares(question: SelectAll, tally: Tally, *, untouched: int, said_no: bool) -> list[AnswersCounted]:
    """Return the shares of a choice, or of what is asked beside the choices, with everybody decided."""
    axis = tally.axes[0]
    places = [axis.answers.index(name) if name in axis.answers else None for name in UNDECIDED]
    sides = (NO, NO) if said_no else (BLANK, CODE)
    decided = {place: side for place, side in zip(places, sides, strict=True) if place is not None}
    shares = list(tally.shares)
    if axis.answers[:1] == YES_NO[:1]:
        return [of_share(tally, share, None, decided, column=question.column) for share in shares]
    somebody = any(text == NOTHING for text, _, _ in axis.read) or (said_no and bool(decided and untouched))
    shares = [share for share in shares if share.level != NOTHING or somebody]
    result = []
    for share in shares:
        side = YES if share.level == NOTHING and said_no else sides[0]
        now = {place: YES if side == YES else was for place, was in decided.items()}
        result.append(of_share(tally, share, None, now, column=question.column))
    return result


def _notes(question: SelectAll, columns: Mapping[str, Axis], how: Axis, *, said_no: bool) -> Iterator[str]:
    """Say how cells were spelled, who ticked nothing, and which cells without an answer are a no."""
    parts = {name: categories_of(columns[name]) for name in question.columns}
    yield from joined_in(list(parts.values()))
    ticked = {name: sum(n for _, place, n in columns[name].read if place == YES) for name in parts}
    yield from reworded_notes(question, list(parts.values()), ticked)
    blank = sum(n for _, place, n in how.read if place < 0)
    untouched = sum(n for _, place, n in how.read if place == HOW.index("nothing ticked"))
    yield untouched_note(question, untouched, blank, said_no=said_no)
    written = any(
        text and place == NO
        for name in question.columns
        if name != question.none_of_these
        for text, place, _ in columns[name].read
    )
    cells = people = 0
    for text, place, n in how.read:
        match = _GAPS.search(text)
        if match is None or text.startswith(NONE) or not (place == 0 or (place == 1 and said_no)):
            continue
        gaps = int(match[1 if written else 2])
        cells, people = cells + gaps * n, people + n * (gaps > 0)
    yield gaps_note(question, cells, people)
