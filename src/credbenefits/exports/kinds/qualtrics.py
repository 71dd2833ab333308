"""Files of Qualtrics: names, question texts and import ids over the rows; previews and spam among them.

Sources: "Understanding Your Dataset" and "Export Options" of Qualtrics' support pages.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from credbenefits.exports import headings, looks
from credbenefits.exports.finish import finished
from credbenefits.questions.column import Answer, Column

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import ColumnRole, KeptRows
    from credbenefits.exports.source import Cells, Options
    from credbenefits.results.export import Export
    from credbenefits.results.output import DataFrame

#: What Qualtrics writes of a response itself: the names of the columns, now and before, and their roles.
_OWN: Mapping[str, ColumnRole] = {
    "StartDate": "date",
    "EndDate": "date",
    "RecordedDate": "date",
    "Status": "meta",
    "IPAddress": "meta",
    "Progress": "disposition",
    "Duration (in seconds)": "meta",
    "Finished": "disposition",
    "ResponseId": "id",
    "ResponseID": "id",
    "ResponseSet": "meta",
    "Name": "id",
    "ExternalDataReference": "id",
    "EmailAddress": "id",
    "RecipientLastName": "id",
    "RecipientFirstName": "id",
    "RecipientEmail": "id",
    "ExternalReference": "id",
    "LocationLatitude": "meta",
    "LocationLongitude": "meta",
    "LocationAccuracy": "meta",
    "DistributionChannel": "meta",
    "UserLanguage": "meta",
}
#: The same by import id, where the names were changed.
_BY_ID = {
    "startDate": "StartDate",
    "endDate": "EndDate",
    "recordedDate": "RecordedDate",
    "status": "Status",
    "ipAddress": "IPAddress",
    "progress": "Progress",
    "duration": "Duration (in seconds)",
    "finished": "Finished",
    "_recordId": "ResponseId",
    "recipientLastName": "RecipientLastName",
    "recipientFirstName": "RecipientFirstName",
    "recipientEmail": "RecipientEmail",
    "externalDataReference": "ExternalReference",
    "locationLatitude": "LocationLatitude",
    "locationLongitude": "LocationLongitude",
    "distributionChannel": "DistributionChannel",
    "userLanguage": "UserLanguage",
}
#: Names that other tools and people do not give; one of them has to be there.
_TELLING = {
    "ResponseId",
    "ResponseID",
    "RecordedDate",
    "Duration (in seconds)",
    "DistributionChannel",
    "ResponseSet",
}
#: Texts over Qualtrics' own columns, where they are not the name in words.
_TEXTS = {"Status": "Response Type", "ExternalReference": "External Data Reference"}
_IMPORT_ID = re.compile(r'\s*\{\s*"ImportId"\s*:')
_QUESTION = re.compile(r"(?:\d+_)*QID\d+")
#: What Qualtrics notes of how a question was shown: its order, times, files and browsers.
_SHOWN = re.compile(
    r".*_(?:DO|DO_.*|FIRST_CLICK|LAST_CLICK|PAGE_SUBMIT|CLICK_COUNT|FILE_ID|FILE_NAME|FILE_SIZE|FILE_TYPE"
    r"|BROWSER|VERSION|OS|RESOLUTION)",
    re.IGNORECASE,
)
_PART = re.compile(r"(.+)_[^_]+")
_OTHER = re.compile(r"(.+)_[^_]+_TEXT")
_SELECTED = " - Selected Choice"
#: A status as a number is a sum of these, where a response is no ordinary one.
_BITS: Mapping[KeptRows, int] = {"previews": 1, "tests": 2, "spam": 8}
_WORDS: Mapping[KeptRows, str] = {"previews": "preview", "tests": "test", "spam": "spam"}
_UNFINISHED = ("False", "FALSE", "false", "0")


@dataclass(frozen=True, slots=True)
class _Head:
    """What stands over a column: its name, its question, its import id and that of a choice."""

    name: str
    own: str = ""
    text: str = ""
    id: str = ""
    choice: str = ""

    @property
    def unique_id(self) -> str:
        """The import id with that of the choice, which no other column has."""
        return f"{self.id}_{self.choice}" if self.choice else self.id


def recognised(cells: Cells) -> bool:
    """Tell the file by its import ids or by the names of Qualtrics' own columns."""
    if any(_IMPORT_ID.match(cell) for record in cells.top[:4] for cell in record):
        return True
    return any(len({*names} & {*_OWN}) >= 3 and not _TELLING.isdisjoint(names) for names in cells.top[:2])


def read(cells: Cells, options: Options) -> Export:
    """Read the rows, without those that are headings or no ordinary responses."""
    heads, skip = _heads(cells)
    names, notes = headings.names_of([h.name for h in heads], [h.unique_id for h in heads if h.id])
    heads = [replace(head, name=name) for head, name in zip(heads, names, strict=True)]
    cells.notes.extend(notes)
    frame = _without_headings(cells.rows(skip, names), heads, cells)
    frame = _ordinary(frame, heads, cells, options)
    cells.notes.extend(_unfinished(frame, heads))
    return finished("qualtrics", frame, _columns(heads, frame), cells=cells, options=options)


def _heads(cells: Cells) -> tuple[list[_Head], int]:
    """Return what stands over each column, and in how many records."""
    names = [headings.clean(name) for name in cells.top[0]]
    heads = [_Head(name, own=name if name in _OWN else "") for name in names]
    ids = [place for place, record in enumerate(cells.top[:4]) if any(map(_IMPORT_ID.match, record))]
    for place, record in enumerate(cells.top[1:4], 1):
        padded = headings.padded(record, len(names))
        if place in ids:
            heads = [_with_id(head, cell) for head, cell in zip(heads, padded, strict=True)]
            cells.taken_out["import ids"] = 1
            return heads, place + 1
        if not (ids or _are_texts(heads, padded)):
            return heads, place
        heads = [
            replace(h, text=headings.clean(t), own=h.own or (t if t in _OWN else ""))
            for h, t in zip(heads, padded, strict=True)
        ]
        cells.taken_out["question texts"] = cells.taken_out.get("question texts", 0) + 1
    return heads, min(len(cells.top), 4)


def _with_id(head: _Head, cell: str) -> _Head:
    try:
        said = json.loads(cell)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        return head
    of = str(said.get("ImportId", ""))
    own = head.own or _BY_ID.get(of, "")
    return replace(head, id=of, choice=str(said.get("choiceId", "")), own=own)


def _are_texts(heads: Sequence[_Head], record: Sequence[str]) -> bool:
    """Tell texts from answers by what stands over Qualtrics' own columns."""
    if any(head.text for head in heads):
        return False
    legacy = len({*record} & {*_OWN}) >= 3
    return legacy or any(
        cell in _texts_of(head) for head, cell in zip(heads, record, strict=True) if head.own
    )


def _texts_of(head: _Head) -> set[str]:
    """Return what may stand as the text over one of Qualtrics' own columns: its name, in words."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", head.own)
    return {head.own, words, words.replace(" Id", " ID"), _TEXTS.get(head.own, words)}


def _without_headings(frame: DataFrame, heads: Sequence[_Head], cells: Cells) -> DataFrame:
    """Leave out headings that come again further down, in files that were joined or sorted."""
    head = next((head for head in heads if head.own in _OWN), None)
    if head is None or not len(frame):
        return frame
    column = frame[head.name]
    again = column.isin([*_texts_of(head), head.text, head.name] if head.text else [*_texts_of(head)])
    again |= column.str.startswith('{"ImportId"').fillna(value=False).astype(bool)
    return _left_out(frame, again, "repeated headings", cells)


def _left_out(frame: DataFrame, rows: Any, reason: str, cells: Cells) -> DataFrame:  # noqa: ANN401 - a mask of pandas
    n = int(rows.sum())
    if not n:
        return frame
    cells.taken_out[reason] = cells.taken_out.get(reason, 0) + n
    left: DataFrame = frame[~rows].reset_index(drop=True)
    return left


def _ordinary(frame: DataFrame, heads: Sequence[_Head], cells: Cells, options: Options) -> DataFrame:
    """Leave out previews, tests and what Qualtrics takes for spam, unless they are kept."""
    named = {head.own: head.name for head in heads if head.own}
    column = named.get("Status") or named.get("DistributionChannel")
    if column is None:
        return frame
    reasons = {value: _reason(value) for value in frame[column].dropna().unique().tolist()}
    for reason in _BITS:
        values = [value for value, why in reasons.items() if why == reason]
        if values and reason not in options.keep:
            frame = _left_out(frame, frame[column].isin(values), reason, cells)
    return frame


def _reason(status: str) -> KeptRows | None:
    """Say why a response of this status is no ordinary one, if it is none."""
    if status.strip().isdecimal():
        return next((reason for reason, bit in _BITS.items() if int(status) & bit), None)
    return next((reason for reason, word in _WORDS.items() if word in status.casefold()), None)


def _unfinished(frame: DataFrame, heads: Sequence[_Head]) -> list[str]:
    """Say how many of the rows are of people who did not come to the end."""
    name = next((head.name for head in heads if head.own == "Finished"), None)
    n = 0 if name is None else int(frame[name].isin(_UNFINISHED).sum())
    if not n:
        return []
    return [
        f"{n:,} of the {len(frame):,} rows {'is' if n == 1 else 'are'} not finished ({name}) "
        f"and {'stays' if n == 1 else 'stay'}."
    ]


# ---- what columns are --------------------------------------------------------------------------------


def _columns(heads: Sequence[_Head], frame: DataFrame) -> list[Column]:
    """Say what each column is."""
    ticks = _ticks(heads, frame)
    bases = {head.id: head.name for head in heads if head.id and not head.choice}
    bases |= {head.id: ticks[head.name].part_of for head in heads if head.name in ticks and head.id}
    bases |= {column.part_of: column.part_of for column in ticks.values()}
    bases |= {head.name: head.name for head in heads if not head.id}
    return [ticks.get(head.name) or _column(head, bases) for head in heads]


def _column(head: _Head, bases: Mapping[str, str]) -> Column:
    """Say what a column is that is no tick."""
    if head.own:
        return Column(head.name, head.text, _OWN[head.own])
    if _SHOWN.fullmatch(head.id or head.name) or (head.id and not _QUESTION.match(head.id)):
        return Column(head.name, head.text, "meta")
    other = _OTHER.fullmatch(head.id or head.name)
    if other and other[1] in bases:
        return Column(head.name, head.text, "other", part_of=bases[other[1]])
    return Column(head.name, head.text.removesuffix(_SELECTED))


def _ticks(heads: Sequence[_Head], frame: DataFrame) -> dict[str, Column]:
    """Return the columns that are ticks, by name."""
    groups: dict[str, list[_Head]] = {}
    for head in heads:
        part = _PART.fullmatch(head.name)
        told = bool(head.choice) and _SHOWN.fullmatch(head.id) is None
        if told:
            groups.setdefault(head.id, []).append(head)
        elif part and not (head.own or head.choice or head.name.endswith("_TEXT")):
            groups.setdefault(f"\0{part[1]}", []).append(head)
    result: dict[str, Column] = {}
    seen = looks.seen(frame)
    for group, of in groups.items():
        cells = [[*dict.fromkeys(seen[head.name])] for head in of]
        if group.startswith("\0") and _are_ticks(of, cells):  # of the first rows, then of all
            cells = [looks.different(frame[head.name]) for head in of]
        if not group.startswith("\0") or _are_ticks(of, cells):
            result |= _tick_columns(of, cells)
    return result


def _are_ticks(heads: Sequence[_Head], cells: Sequence[Sequence[str]]) -> bool:
    """Tell ticks from rows of a table, where no import id does: each column has but its own choice."""
    if len(heads) < 2 or any(len(of) > 1 for of in cells) or not any(cells):
        return False
    if all(f"{_SELECTED} - " in head.text for head in heads):
        return True
    return all(head.text.endswith(f" - {of[0]}") for head, of in zip(heads, cells, strict=True) if of)


def _tick_columns(heads: Sequence[_Head], cells: Sequence[Sequence[str]]) -> dict[str, Column]:
    """Say of the ticks of one question what the question is and which choice each stands for."""
    stem = _stem([head.text for head in heads], cells)
    names = _beginning([head.name for head in heads]) if len(heads) > 1 else heads[0].name
    part_of = names.rpartition("_")[0] or heads[0].id or heads[0].name
    result = {}
    for head, seen in zip(heads, cells, strict=True):
        choice = head.text[len(stem) :].removeprefix(" - ").strip() if stem else ""
        question = stem.removesuffix(_SELECTED) or head.text
        answers = tuple(Answer(cell, choice) for cell in seen[:1])
        result[head.name] = Column(head.name, question, "tick", answers, part_of, choice)
    return result


def _stem(texts: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    """Return the question that the texts over its ticks begin with, before the dash and the choice."""
    for text, seen in zip(texts, cells, strict=True):
        stem = text.removesuffix(f" - {seen[0]}") if seen else text
        if stem != text and all(other.startswith(f"{stem} - ") for other in texts):
            return stem
    if len(texts) == 1:
        return texts[0].rpartition(" - ")[0]
    return _beginning(texts).rpartition(" - ")[0]


def _beginning(texts: Sequence[str]) -> str:
    """Return what all texts begin with."""
    one, other = min(texts), max(texts)  # all others stand between these two
    same = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    return one[:same]
