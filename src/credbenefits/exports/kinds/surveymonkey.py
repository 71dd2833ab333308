"""Files of SurveyMonkey: a row of questions, each over all its columns, and a row of choices below it.

Source: "Exporting individual responses" (all columns expanded or condensed) in SurveyMonkey's help pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from credbenefits.exports import headings, looks
from credbenefits.exports.finish import finished
from credbenefits.questions.column import Answer, Column

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import ColumnRole
    from credbenefits.exports.source import Cells, Options
    from credbenefits.results.export import Export
    from credbenefits.results.output import DataFrame

#: What SurveyMonkey writes of a response itself, by the letters of the heading.
_OWN: Mapping[str, ColumnRole] = {
    "respondentid": "id",
    "collectorid": "meta",
    "startdate": "date",
    "enddate": "date",
    "datecreated": "date",
    "datemodified": "date",
    "ipaddress": "meta",
    "emailaddress": "id",
    "firstname": "id",
    "lastname": "id",
    "customdata": "id",
    "customdata1": "id",
    "custom1": "id",
}
#: What stands below a question that has one column.
_ALONE = {"response", "openendedresponse", ""}
_OTHER = ("other", "please specify", "please describe", "comment")


@dataclass(frozen=True, slots=True)
class _Head:
    """The name of a column, its question, what stands below it, and how many columns the question has."""

    name: str
    question: str
    below: str
    size: int


def recognised(cells: Cells) -> bool:
    """Tell the file by its first two columns."""
    return {"respondentid", "collectorid"} <= {headings.letters(cell) for cell in cells.top[0]}


def read(cells: Cells, options: Options) -> Export:
    """Read the rows below both headings."""
    first = [headings.clean(cell) for cell in cells.top[0]]
    who = next(place for place, cell in enumerate(first) if headings.letters(cell) == "respondentid")
    second = headings.padded(cells.top[1], len(first)) if len(cells.top) > 1 else [""] * len(first)
    two = len(cells.top) > 1 and not second[who].strip()
    if two:
        cells.taken_out["second headings"] = 1
    heads = _heads(first, [headings.clean(cell) for cell in second] if two else [""] * len(first))
    names, notes = headings.names_of([head.name for head in heads])
    cells.notes.extend(notes)
    heads = [_Head(name, h.question, h.below, h.size) for name, h in zip(names, heads, strict=True)]
    frame = cells.rows(2 if two else 1, names)
    return finished("surveymonkey", frame, _columns(heads, frame), cells=cells, options=options)


def _heads(first: Sequence[str], second: Sequence[str]) -> list[_Head]:
    """Give each column the question that stands over it or to the left of it."""
    questions: list[int] = []
    for place, cell in enumerate(first):
        questions.append(place if cell or not place or not second[place] else questions[-1])
    result = []
    for place, below in enumerate(second):
        question, size = first[questions[place]], questions.count(questions[place])
        alone = headings.letters(below) in _ALONE
        result.append(_Head(question if alone else f"{question} [{below}]", question, below, size))
    return result


def _columns(heads: Sequence[_Head], frame: DataFrame) -> list[Column]:
    """Say what each column is."""
    groups: dict[str, list[_Head]] = {}
    for head in heads:
        if head.size > 1:
            groups.setdefault(head.question, []).append(head)
    first = {name: tuple(dict.fromkeys(cells)) for name, cells in looks.seen(frame).items()}
    ticks: dict[str, tuple[str, ...]] = {}
    for of in groups.values():
        if _ticks(of, first):  # the first rows are those of ticks; are all?
            ticks |= _ticks(of, {head.name: tuple(looks.different(frame[head.name])) for head in of})
    return [_column(head, ticks) for head in heads]


def _column(head: _Head, ticks: Mapping[str, tuple[str, ...]]) -> Column:
    own = _OWN.get(headings.letters(head.question))
    if own is not None and head.size == 1:
        return Column(head.name, head.question, own)
    if head.name in ticks:
        answers = tuple(Answer(cell, head.below) for cell in ticks[head.name])
        return Column(head.name, head.question, "tick", answers, head.question, head.below)
    if head.size > 1 and _is_other(head):
        choice = head.below if _is_choice(head) else ""
        return Column(head.name, head.question, "other", part_of=head.question, choice=choice)
    alone = headings.letters(head.below) in _ALONE
    return Column(head.name, head.question if alone else f"{head.question} [{head.below}]")


def _is_choice(head: _Head) -> bool:
    """Tell "other", which has no box beside its text, from a comment on the question."""
    return any(word in head.below.casefold() for word in ("other", "specify"))


def _is_other(head: _Head) -> bool:
    return any(word in head.below.casefold() for word in _OTHER)


def _ticks(heads: Sequence[_Head], seen: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Return the ticks of a question with what stands where a box is ticked; none if they are no ticks.

    A ticked box has the choice itself, or its number: 1 in the first column, 2 in the second.
    """
    boxes = [h for h in heads if not (_is_other(h) and set(seen[h.name]) - {h.below})]
    if len(boxes) < 2 or not any(seen[h.name] for h in boxes) or any(h.below == "Response" for h in boxes):
        return {}
    words = all({headings.clean(cell) for cell in seen[h.name]} <= {h.below} for h in boxes)
    numbered = [(seen[h.name], (str(place),)) for place, h in enumerate(boxes, 1) if seen[h.name]]
    if words or (len(numbered) > 1 and all(cells == number for cells, number in numbered)):
        return {head.name: seen[head.name][:1] for head in boxes}
    return {}
