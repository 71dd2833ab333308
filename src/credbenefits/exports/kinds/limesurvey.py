"""Files of LimeSurvey: headings as codes, as texts or both; ticks in columns with the choice in brackets.

Sources: "Exporting results" in LimeSurvey's manual, and what its writers of CSV put into headings and cells
(application/helpers/admin/export): an empty survey is a row of empty cells; a tick is Y or Yes, a box that
was shown and not ticked is empty or No, and one that was not shown is empty or N/A.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from credbenefits.exports import headings, looks
from credbenefits.exports.finish import finished
from credbenefits.questions.column import Answer, Column

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from credbenefits._typing import ColumnRole
    from credbenefits.exports.source import Cells, Options
    from credbenefits.results.export import Export
    from credbenefits.results.output import DataFrame

#: What LimeSurvey writes of a response itself: codes, and the texts that go with them.
_OWN: Mapping[str, tuple[str, ColumnRole]] = {
    "id": ("Response ID", "id"),
    "submitdate": ("Date submitted", "disposition"),
    "lastpage": ("Last page", "disposition"),
    "startlanguage": ("Start language", "meta"),
    "seed": ("Seed", "meta"),
    "token": ("Access code", "id"),
    "startdate": ("Date started", "date"),
    "datestamp": ("Date last action", "date"),
    "ipaddr": ("IP address", "meta"),
    "refurl": ("Referrer URL", "meta"),
    "firstname": ("First name", "id"),
    "lastname": ("Last name", "id"),
    "email": ("Email address", "id"),
    "interviewtime": ("Total time", "meta"),
}
_TEXTS = {text: code for code, (text, _) in _OWN.items()} | {"Token": "token", "Entry code": "token"}
#: Of these, two or more tell the tool.
_TELLING = {"submitdate", "lastpage", "startlanguage", "seed", "datestamp", "ipaddr", "refurl"}
#: A heading of a code and a text: what stands between them is the user's to choose.
_FIRST = re.compile(r"(?:id|submitdate|lastpage|startlanguage|seed|token)(\W+)\S")
_CODED = r"([A-Za-z]\w*(?:\[[^\]]*\])*)"
_IN_BRACKETS = re.compile(r"(.+?) ?\[([^\[\]]*)\]")
_META = re.compile(r"attribute_\d+|groupTime\d*|.+Time", re.ASCII)
_OTHER = re.compile(r"other|comment|.+comment|.+other", re.IGNORECASE)
#: How the tool writes a ticked box, one that is not, and one that was not shown, in several languages.
_YES_NO = (
    ("Yes", "No"),
    ("Ja", "Nein"),
    ("Oui", "Non"),
    ("Sí", "No"),
    ("Sim", "Não"),
    ("Ja", "Nee"),
    ("Sì", "No"),
)
_NOT_SHOWN = ("N/A", "k.A.", "n.v.t.", "NA")


@dataclass(frozen=True, slots=True)
class _Head:
    """The name of a column, its text, and its code where there is one."""

    name: str
    text: str = ""
    code: str = ""


def recognised(cells: Cells) -> bool:
    """Tell the file by the columns that the tool writes itself."""
    found = {_own(head) for head in _heads(cells.top[0])}
    return len(found & _TELLING) >= 2


def read(cells: Cells, options: Options) -> Export:
    """Read the rows below the headings."""
    heads = _heads(cells.top[0])
    names, notes = headings.names_of([head.name for head in heads])
    cells.notes.extend(notes)
    heads = [_Head(name, head.text, head.code) for name, head in zip(names, heads, strict=True)]
    frame = cells.rows(1, names)
    cells.notes.extend(_unfinished(heads, frame))
    columns = _columns(heads, frame)
    return finished("limesurvey", frame, columns, cells=cells, options=options)


def _heads(record: Sequence[str]) -> list[_Head]:
    """Take code and text of each heading apart."""
    cleaned = [headings.clean(cell) for cell in record]
    first = next((match for cell in cleaned if (match := _FIRST.match(cell))), None)
    if first is not None:
        both = re.compile(rf"{_CODED}{re.escape(first[1].rstrip() or first[1])} ?(.*)")
        split = [both.fullmatch(cell) for cell in cleaned]
        if all(split[place] for place, cell in enumerate(cleaned) if cell):
            return [_Head(match[1], match[2], match[1]) if match else _Head("") for match in split]
    if any(cell in _TEXTS for cell in cleaned):
        return [_Head(cell, cell) for cell in cleaned]
    return [_Head(cell, "", cell) for cell in cleaned]


def _own(head: _Head) -> str:
    """Return which of the tool's own columns it is; empty for none."""
    return head.code if head.code in _OWN else _TEXTS.get(head.text, "")


def _unfinished(heads: Sequence[_Head], frame: DataFrame) -> list[str]:
    """Say how many of the rows were not submitted. The row of an empty survey is none."""
    name, who = (next((h.name for h in heads if _own(h) == own), None) for own in ("submitdate", "id"))
    if name is None:
        return []
    rows = frame if who is None else frame[frame[who].notna()]
    n = int(rows[name].isna().sum())
    if not n:
        return []
    return [
        f"{n:,} of the {len(rows):,} rows {'was' if n == 1 else 'were'} not submitted ({name} is empty) "
        f"and {'stays' if n == 1 else 'stay'}."
    ]


def _columns(heads: Sequence[_Head], frame: DataFrame) -> list[Column]:
    """Say what each column is."""
    groups: dict[str, list[_Head]] = {}
    for head in heads:
        part = _IN_BRACKETS.fullmatch(head.code or head.text)
        if part and not _own(head) and not _is_other(head):
            groups.setdefault(part[1], []).append(head)
    seen = {name: set(cells) for name, cells in looks.seen(frame).items()}
    ticks: dict[str, tuple[Answer, ...]] = {}
    for of in groups.values():
        answers = _all_of([head.name for head in of], seen, frame, _tick_answers)
        ticks |= dict.fromkeys([head.name for head in of], answers) if answers else {}
    return [
        _column(
            head, ticks.get(head.name) or _all_of([head.name], seen, frame, _yes_no), tick=head.name in ticks
        )
        for head in heads
    ]


def _all_of(
    names: Sequence[str],
    seen: Mapping[str, set[str]],
    frame: DataFrame,
    told: Callable[[set[str]], tuple[Answer, ...]],
) -> tuple[Answer, ...]:
    """Return the answers that the cells of some columns tell: the first ones, then all."""
    if not told(set().union(*(seen[name] for name in names))):
        return ()
    return told({cell for name in names for cell in looks.different(frame[name])})


def _is_other(head: _Head) -> bool:
    part = _IN_BRACKETS.fullmatch(head.code or head.text)
    return part is not None and _OTHER.fullmatch(part[2]) is not None


def _column(head: _Head, answers: tuple[Answer, ...], *, tick: bool) -> Column:
    own = _own(head)
    if own:
        return Column(head.name, head.text or _OWN[own][0], _OWN[own][1])
    if _META.fullmatch(head.code):
        return Column(head.name, head.text, "meta")
    in_code = _IN_BRACKETS.fullmatch(head.code or head.text)
    in_text = _IN_BRACKETS.fullmatch(head.text)
    if in_code and _is_other(head):
        # Other, unlike a comment, is a choice that has no box beside its text.
        choice = (in_text or in_code)[2] if in_code[2].casefold().endswith("other") else ""
        return Column(head.name, head.text, "other", part_of=in_code[1], choice=choice)
    if in_code and tick:
        question, choice = (in_text[1], in_text[2]) if in_text else (head.text, in_code[2])
        return Column(head.name, question, "tick", answers, in_code[1], choice)
    return Column(head.name, head.text, answers=answers)


def _tick_answers(cells: set[str]) -> tuple[Answer, ...]:
    """Return what the cells of ticks are; none where they are no ticks."""
    if cells == {"Y"}:
        return (Answer("Y", "Yes"),)
    return _yes_no(cells)


def _yes_no(cells: set[str]) -> tuple[Answer, ...]:
    """Return what the answers to a question of yes and no are, in full; none where they are others."""
    found = next(((y, n) for y, n in _YES_NO if cells & {y, n} and cells <= {y, n, *_NOT_SHOWN}), None)
    if found is None:
        return ()
    shown = [Answer(cell, cell) for cell in found]
    return (*shown, *(Answer(cell, cell, "missing") for cell in _NOT_SHOWN if cell in cells))
