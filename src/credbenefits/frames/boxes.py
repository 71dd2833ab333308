"""Boxes that were ticked or not: what the cells of a block of columns mean, judged together."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from credbenefits import _validation as check
from credbenefits.errors import InputError
from credbenefits.frames.doubts import shown_value
from credbenefits.frames.names import MOST_LISTED, identifies, listed
from credbenefits.questions.marks import TICKED, UNTICKED
from credbenefits.questions.spelling import as_number, canonical
from credbenefits.questions.words import no_answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits.frames.columns import Categories
    from credbenefits.questions.select_all import SelectAll

#: Answers that an error names in ticked=.
_MOST_ADVISED = 6
#: "tick", "no", "unanswered" or "unclear".
_Meaning: TypeAlias = str

#: Numbers that files use for no answer where the answers are 0 and 1.
_CODES = {
    *range(7, 10),
    66,
    77,
    88,
    *range(96, 100),
    777,
    888,
    *range(996, 1000),
    7777,
    8888,
    *range(9996, 10000),
}


def read_boxes(columns: Sequence[Categories], question: SelectAll, argument: str) -> list[list[bool]]:
    """Tell for each level of each column whether it is a tick; a level that may be either raises."""
    texts = {canonical(old): canonical(new) for old, new in question.same.items()}
    kept = {canonical(v) for v in question.answer_values}
    tokens = [[texts.get(canonical(v), canonical(v)) for v in part.levels] for part in columns]
    if question.ticked:
        meanings = _declared(tokens, {canonical(v) for v in question.ticked_values}, kept)
        _refuse_unheard(columns, meanings, question, argument)
    else:
        labels = _labels(question)
        meanings = [
            [
                "no" if token in kept else _meaning(token, part.column, labels.get(part.column, ""))
                for token in said
            ]
            for part, said in zip(columns, tokens, strict=True)
        ]
        _take_own_texts(tokens, meanings)
    _refuse_unclear(columns, meanings, argument)
    return [[meaning == "tick" for meaning in column] for column in meanings]


def _labels(question: SelectAll) -> Mapping[str, str]:
    options = [c for c in question.columns if c != question.none_of_these and c not in question.same]
    return dict(zip(options, question.choices, strict=True)) if question.choices else {}


def _declared(tokens: Sequence[Sequence[str]], ticked: set[str], kept: set[str]) -> list[list[_Meaning]]:
    others = {token for said in tokens for token in said} - ticked - UNTICKED
    unanswered = {token for token in others - kept if _says_nothing(token)}
    return [
        ["tick" if t in ticked else "unanswered" if t in unanswered else "no" for t in said]
        for said in tokens
    ]


def _refuse_unheard(
    columns: Sequence[Categories],
    meanings: Sequence[Sequence[_Meaning]],
    question: SelectAll,
    argument: str,
) -> None:
    """Refuse ticks that no column has, beside words that would all be a no. A number may be one."""
    if any("tick" in column for column in meanings):
        return
    plain = UNTICKED | {canonical(v) for v in question.answer_values}
    others = {
        label: int(n)
        for part, column in zip(columns, meanings, strict=True)
        for label, meaning, n in zip(part.labels, column, part.sizes(), strict=True)
        if meaning == "no" and canonical(label) not in plain and as_number(label) is None
    }
    if others:
        has = listed(list(others), np.array(list(others.values()), dtype=np.int64), limit=5)
        raise InputError(
            argument,
            allowed=f"answers of {question.column!r} in ticked= (it has {has})",
            received=check.listing(map(str, question.ticked_values)),
            fix="Check the spelling; if truly nobody ticked anything, name the others in answers=.",
        )


def _meaning(token: str, column: str, choice: str) -> _Meaning:
    """Judge an answer by itself."""
    if token in TICKED:
        return "tick"
    if token in UNTICKED:
        return "no"
    if as_number(token) is None and _is_named(token, column, choice):
        return "tick"
    return "unanswered" if _says_nothing(token) else "unclear"


def _says_nothing(token: str) -> bool:
    """Tell whether an answer is a word or a code for no answer."""
    number = as_number(token)
    return no_answer(token) is not None if number is None else number < 0 or number in _CODES


def _is_named(token: str, column: str, choice: str) -> bool:
    """Tell whether a cell repeats its choice: the label, or the column's name or what that ends with."""
    name, text = (canonical(v).replace("_", " ").strip(" []()") for v in (column, token))
    before = name[: len(name) - len(text)]
    return canonical(choice) == token or (bool(text) and name.endswith(text) and not before[-1:].isalnum())


def _take_own_texts(tokens: Sequence[Sequence[str]], meanings: Sequence[list[_Meaning]]) -> None:
    """Take a text that only one column has as its tick, unless the boxes are ticked in another way."""
    marks = {t for said in tokens for t in said} & TICKED
    columns_of: dict[str, int] = {}
    for said in tokens:
        for token in set(said):
            columns_of[token] = columns_of.get(token, 0) + 1
    for said, column in zip(tokens, meanings, strict=True):
        open_ones = [i for i, m in enumerate(column) if m == "unclear" and as_number(said[i]) is None]
        own = len({said[i] for i in open_ones}) == 1 and "tick" not in column and not marks
        if own and columns_of[said[open_ones[0]]] == 1:
            for i in open_ones:
                column[i] = "tick"


def _refuse_unclear(
    columns: Sequence[Categories],
    meanings: Sequence[Sequence[_Meaning]],
    argument: str,
) -> None:
    result: dict[_Meaning, list[str]] = {"unanswered": [], "unclear": [], "tick": []}
    problems, texts = [], []
    for part, column in zip(columns, meanings, strict=True):
        mixed = "unclear" in column or "unanswered" in column
        secret = mixed and identifies(part.levels, part.sizes(), ordinary=MOST_LISTED)
        for level, meaning in zip(part.levels, column, strict=True):
            if meaning in result and not (secret and meaning == "unclear"):
                result[meaning].append(shown_value(level))
        if mixed:
            said = listed(part.labels, part.sizes(), limit=5)
            problems.append(f"{part.column!r} with the answers {said}")
            texts += [part.column] * secret
    if not problems:
        return
    more = [f"{len(problems) - 3:,} more columns"] if len(problems) > 3 else []
    raise InputError(
        argument,
        allowed="columns of a select-all question, each ticked or not",
        received="; ".join([*problems[:3], *more]),
        fix=_advice({meaning: list(dict.fromkeys(each)) for meaning, each in result.items()}, texts),
    )


def _advice(doubts: Mapping[_Meaning, Sequence[str]], texts: Sequence[str]) -> str:
    """Say how to declare the answers found, and what to do with columns of free text."""
    said = []
    if doubts["unclear"]:
        # What is a tick without ticked= is none beside it, unless it is named there too.
        every = list(dict.fromkeys([*doubts["tick"], *doubts["unclear"]]))
        cut = ", ..." if len(every) > _MOST_ADVISED else ""
        said.append(f"which of them are a tick: ticked=[{', '.join(every[:_MOST_ADVISED])}{cut}]")
    if doubts["unanswered"]:
        silent = ", ".join(doubts["unanswered"])
        tick = "" if doubts["tick"] or doubts["unclear"] else f", or ticked=[{silent}] for a tick"
        said.append(f"which are no answer: missing=[{silent}], or answers=[{silent}] for a no{tick}")
    return " ".join(
        [
            *([f"Say {' and '.join(said)}."] if said else []),
            *(["With ticked=, every other answer is a no."] if doubts["unclear"] else []),
            *(
                [f"Leave out {check.listing(texts)}, or make 1 and 0 of the free text there."]
                if texts
                else []
            ),
        ]
    )
