"""Questions read again from counts: how they were worded, and the doubts that all answers give reason for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from credbenefits.counts.coding.joined import word
from credbenefits.counts.tally import BASES
from credbenefits.errors import InputError
from credbenefits.estimators.core.of_counts.joined import gaps_note
from credbenefits.frames.answers import (
    BLANK,
    NO,
    YES,
    Answers,
    as_numbers,
    asked,
    chosen_places,
    refuse_doubts,
)
from credbenefits.frames.columns import counted
from credbenefits.frames.identifiers import refuse_names
from credbenefits.frames.several import Declared, read_several
from credbenefits.frames.ticks import refuse_no_choices, refuse_no_ticks
from credbenefits.questions.item import Joined
from credbenefits.questions.spelling import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import FloatArray
    from credbenefits.counts.tally import Axis, Share, Tally
    from credbenefits.frames.columns import Categories
    from credbenefits.questions.item import Item
    from credbenefits.questions.select_all import SelectAll

#: The number of choices that people may have come to who ticked none.
NOTHING = "0 chosen"
_NO_SIDES = np.zeros(0, dtype=np.int8)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswersCounted(Answers):
    """A share that was counted: `sides` has yes, no or a kind of no answer for each cell of the tally.

    `who` tells who answered: those of whom that was known at once, or with those who ticked nothing.
    """

    tally: Tally
    who: str = BASES[0]

    @property
    def narrow(self) -> dict[int, FloatArray]:
        """Products of the replicate weights of those who answered, where their rank is lower."""
        return {g: products for (kind, g), products in self.tally.narrow.items() if kind == self.who}

    @property
    def ungrouped(self) -> int:
        """How many people answered who are in no group."""
        return sum(self.tally.ungrouped[: 1 + BASES.index(self.who)])


def categories_of(axis: Axis) -> Categories:
    """Make of what was read from a column what its rows would make."""
    spellings = [(text, n) for text, place, n in axis.read if place >= 0]
    blank = sum(n for _, place, n in axis.read if place < 0)
    return counted(axis.column, spellings, blank=blank, order=axis.order, closed=axis.closed)


def read_item_again(
    axis: Axis, item: Item | Joined | None, argument: str, *, allow_identifier: bool
) -> list[Answers]:
    """Word the shares of an item; a published table, without an item, says itself what they are."""
    if item is None:
        return []
    if isinstance(item, Joined):
        parts = [
            read_item_again(part, leaf, argument, allow_identifier=allow_identifier)[0]
            for part, leaf in zip(axis.parts, item.leaves, strict=True)
        ]
        return [word(item, parts, gaps_note(axis, share=argument == "items"))]
    answers = categories_of(axis)
    refuse_doubts(item, answers, argument, allow_identifier=allow_identifier)
    blank = sum(n for _, place, n in axis.read if place == BLANK)
    made, was_text = asked(item, answers, argument, blank=blank), as_numbers(item.column)
    if was_text in axis.notes:
        return made
    # From counts all answers come as text.
    return [replace(each, note=each.note.removesuffix(was_text).removesuffix("; ")) for each in made]


def shares_of(tally: Tally, item: Item | Joined | None, *, allow_identifier: bool) -> list[AnswersCounted]:
    """Return the shares of an item."""
    made = read_item_again(tally.axes[0], item, "items", allow_identifier=allow_identifier)
    by_level = {canonical(each.level): each for each in made if each.exclusive}
    one = None if by_level else next(iter(made), None)
    return [of_share(tally, share, by_level.get(canonical(share.level), one)) for share in tally.shares]


def of_share(
    tally: Tally,
    share: Share,
    words: Answers | None,
    decided: Mapping[int, int] | None = None,
    *,
    column: str = "",
) -> AnswersCounted:
    """Return a share as it is worded; `decided` are places that were open, and what they are now."""
    place = tally.cells[:, 0]
    sides = np.where(share.yes, YES, np.where(share.base, NO, place)).astype(np.int8)
    for was, now in (decided or {}).items():
        sides[place == was] = now
    return AnswersCounted(
        column=column or tally.axes[0].column,
        label=share.label,
        level=share.level if words is None else words.level,
        sides=sides,
        counts_as_yes=share.counts_as_yes if words is None else words.counts_as_yes,
        no_levels=() if words is None else words.no_levels,
        unheard=() if words is None else words.unheard,
        exclusive=share.exclusive,
        note="" if words is None else words.note,
        parts=() if words is None else words.parts,
        tally=tally,
        who=BASES[any(now >= NO for now in (decided or {}).values())],
    )


def read_ticks_again(
    question: SelectAll, tallies: Sequence[Tally], *, allow_identifier: bool
) -> list[AnswersCounted]:
    """Return the shares of a select-all question in one text."""
    read = tallies[0].axes[0].read
    texts, rows = [text for text, _, _ in read if text], [n for text, _, n in read if text]
    said = read_several(texts, np.array(rows, dtype=np.int64), Declared.of(question))
    refuse_no_choices(question, said.choices, "items")
    if not (allow_identifier or question.choices):
        refuse_names(question.column, said.choices, np.array(rows) @ said.ticked, "items")
    if not said.answered.any():
        refuse_no_ticks(question, "items")
    for words, some in question.any_of.items():
        chosen_places(words, some, said.choices)
    choices = {canonical(t.choice): t for t in tallies if t.select_all}
    result = []
    for words, ticked in zip(said.choices, said.ticked.T, strict=True):
        tally = choices.get(canonical(words))
        _refuse_other_coding(
            question, tally, dict(zip(texts, np.where(said.answered, ticked, -1), strict=True))
        )
        assert tally is not None
        (share,) = tally.shares
        label = share.label.removesuffix(share.level) + words
        worded = Answers(question.column, label, words, _NO_SIDES, (words,), note=said.note)
        result.append(replace(of_share(tally, share, worded), label=label))
    nobody = not (said.answered & ~said.ticked.any(axis=1)).any()
    for tally in (t for t in tallies if not t.select_all):
        # How many were chosen begins with 0, which somebody must have said.
        kept = tally.shares[1:] if nobody and tally.shares[0].level == NOTHING else tally.shares
        result += [of_share(tally, share, None) for share in kept]
    return result


def _refuse_other_coding(question: SelectAll, tally: Tally | None, said: Mapping[str, int]) -> None:
    """Refuse parts of a file that were cut at other separators than the whole file is."""
    read = () if tally is None else tally.axes[0].read
    if tally is None or any(text and max(place, -1) != said[text] for text, place, _ in read):
        raise InputError(
            "items",
            allowed="parts of a file whose texts are cut in the same way",
            received=f"{question.column!r}, in which all texts together show other choices",
            fix="Name what stands between the choices, SelectAll(..., separator=';'), and count again.",
        )
