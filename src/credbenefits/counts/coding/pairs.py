"""The answers of the same people in two waves: what they are, a code for each, and who is a pair."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits import _validation as check
from credbenefits.errors import InputError
from credbenefits.frames.answers import KINDS, NO, YES, answers_of, encode_item
from credbenefits.frames.columns import Joined as JoinedSpellings
from credbenefits.questions.item import Item, Joined
from credbenefits.questions.spelling import canonical, label, natural_order

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from credbenefits._typing import IntArray, Value
    from credbenefits.frames.answers import Answers
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.frames.columns import Categories

#: A table of more answers than this by as many says nothing to anybody.
MOST_STATES = 30
#: Part of the pairs from which on an answer of one wave alone is doubtful. One person alone tells nothing.
_DOUBTFUL, _AT_LEAST = 0.05, 2
#: Spellings at least as alike as this (of 1) may be one answer.
_ALIKE = 0.6
#: Answers that are a yes or a no, whoever wrote them.
_PLAIN = {"yes", "true", "1", "y", "no", "false", "0", "n"}
#: Fields of an item that name answers.
_NAMES_ANSWERS = ("yes", "no", "missing", "skipped", "refused", "not_asked", "levels", "answers")


class WaveAnswers(NamedTuple):
    """A wave's question, its people in the order of their rows, and their answers.

    `written` is the column with the codes of no answer among its levels, and with spellings joined; a
    question of several items has none. `given` are the answers as somebody wrote them.
    """

    name: str
    question: Item | Joined
    person: IntArray
    answers: list[Answers]
    written: Categories | None
    given: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Who is in both waves: places in the first wave's rows, in the second's, and both codes.

    A code is the place of the answer among the levels, or -5 to -1 for a kind of no answer. `second_wave`
    counts everybody's answers in the second wave by level, linked or not.
    """

    row: IntArray
    other: IntArray
    person: IntArray
    first: IntArray
    second: IntArray
    second_wave: IntArray


def read_wave(
    frame: NarwhalsFrame,
    question: Item,
    missing: Sequence[Value],
    *,
    wave: tuple[str, IntArray],
    same: Mapping[str, Value],
    allow_identifier: bool,
) -> WaveAnswers:
    """Read the answers of a wave, given its name and its people.

    `same` has the answer that a spelling (in its canonical form) stands for.
    """
    asked = _with_same(question, same)
    raw = encode_item(frame, asked, "item")
    given = tuple(text for text, n in zip(raw.labels, raw.sizes(), strict=True) if n)
    raw = joined_answers(raw, same)
    answers = answers_of(raw, asked, "item", missing, allow_identifier=allow_identifier)
    return WaveAnswers(*wave[:1], asked, wave[1], answers, raw, given)


# ---- spellings that are one answer ---------------------------------------------------------------------


def check_same(same: object) -> dict[str, Value]:
    """Return the answer that each spelling stands for, by the canonical form of the spelling."""
    given = {} if same is None else check.mapping("same", same, example="{'Everyday': 'Every day'}")
    result: dict[str, Value] = {}
    for spelling, answer in given.items():
        one, two = _one_answer(spelling, given), _one_answer(answer, given)
        if not canonical(one) or not canonical(two) or canonical(one) == canonical(two):
            raise InputError(
                "same",
                allowed="two spellings of an answer that differ",
                received=f"{one!r}: {two!r}",
                fix="Case, white space and number formats are read alike anyway: leave it out.",
            )
        result[canonical(one)] = two
    chained = [answer for answer in result.values() if canonical(answer) in result]
    if chained:
        raise InputError(
            "same",
            allowed="answers that are not joined to others in turn",
            received=check.listing(chained),
            fix="Name the answer at the end of the chain for each spelling.",
        )
    return result


def _one_answer(value: object, given: Mapping[object, object]) -> Value:
    """Check one side of an entry of `same`; nothing is blank text."""
    answers = check.values("same", value)
    if len(answers) > 1:
        raise InputError(
            "same",
            allowed="one answer for each spelling",
            value=given,
            fix="Write each spelling by itself: same={'Everyday': 'Every day', 'daily': 'Every day'}.",
        )
    return answers[0] if answers else ""


def refuse_idle_same(same: Mapping[str, Value], waves: Sequence[WaveAnswers]) -> None:
    """Refuse spellings to join that nobody wrote in either wave, and answers that there are none of.

    The answer that a spelling stands for must be written in one of the waves, or the item must name it.
    """
    given = list(dict.fromkeys(text for wave in waves for text in wave.given))
    written = {canonical(text) for text in given}
    items = [wave.question for wave in waves if not isinstance(wave.question, Joined)]
    named = [value for item in items for name in _NAMES_ANSWERS for value in item.values(name)]
    declared = [value for wave in waves if wave.written is not None for value in wave.written.declared]
    known = written | {canonical(value) for value in (*named, *declared)}
    for values, among in ((same, written), (same.values(), known)):
        idle = [value for value in values if canonical(value) not in among]
        if idle:
            raise InputError(
                "same",
                allowed="answers that somebody wrote in one of the waves",
                value=idle[0],
                fix=check.suggestion(label(idle[0]), given, "answers"),
            )


def _with_same(question: Item, same: Mapping[str, Value]) -> Item:
    """Let the answers that an item names be those that spellings are joined to."""
    if not same:
        return question
    named: dict[str, Any] = {}
    for name in _NAMES_ANSWERS:
        values = {canonical(v): v for v in (same.get(canonical(v), v) for v in question.values(name))}
        named[name] = tuple(values.values())
    return replace(question, **named)


def joined_answers(part: Categories, same: Mapping[str, Value]) -> Categories:
    """Make one level of those that are one answer; the answer's own spelling is shown."""
    tokens = [canonical(level) for level in part.levels]
    if not any(token in same for token in tokens):
        return part
    shown: dict[str, Any] = {}
    for token, level in zip(tokens, part.levels, strict=True):
        if token not in same:
            shown[token] = level
        else:
            shown.setdefault(canonical(same[token]), same[token])
    declared = {canonical(v): v for v in (same.get(canonical(v), v) for v in part.declared)}
    in_order = {canonical(v): i for i, v in enumerate(same.get(canonical(v), v) for v in part.order)}
    ordered = sorted(shown, key=natural_order)
    if in_order:
        ordered.sort(key=lambda token: in_order.get(token, len(in_order)))
    place = {token: i for i, token in enumerate(ordered)}
    into = [place[canonical(same[t]) if t in same else t] for t in tokens]
    rows = part.sizes()
    joined = list(part.joined)
    for token in ordered:
        others = [i for i, t in enumerate(tokens) if t in same and canonical(same[t]) == token]
        if others:
            texts = tuple(label(part.levels[i]) for i in others)
            joined.append(JoinedSpellings(label(shown[token]), texts, int(rows[others].sum())))
    return replace(
        part,
        codes=np.array([*into, -1], dtype=np.int64)[part.codes],
        levels=tuple(shown[token] for token in ordered),
        declared=tuple(declared.values()),
        joined=tuple(joined),
        order=tuple(label(v) for v in dict.fromkeys(same.get(canonical(v), v) for v in part.order)),
        cells=None,
        rows=None,  # as they were; the codes tell
    )


def lonely_answers(first: WaveAnswers, second: WaveAnswers, pairs: Pairs) -> str:
    """Say which answers a part of the pairs gave in one wave that nobody of them gave in the other.

    They may be spelled differently there: the nearest spelling of the other wave is named.
    """
    both = (pairs.first >= 0) & (pairs.second >= 0)
    total, said, joins = int(both.sum()), [], {}
    given = [
        _given(wave, rows[both], other)
        for wave, rows, other in ((first, pairs.row, second), (second, pairs.other, first))
    ]
    called = any(wave.question.level_labels for wave in (first, second) if isinstance(wave.question, Item))
    for here, there, wave, other in ((0, 1, first, second), (1, 0, second, first)):
        for token, (text, n) in given[here].items():
            few = n < max(_DOUBTFUL * total, _AT_LEAST)
            if few or token in given[there] or token in _declared(wave.question):
                continue
            near, alike = _nearest(token, given[there])
            said.append(
                f"{n:,} of the {total:,} pairs answered {text!r} in {wave.name} and nobody in {other.name}, "
                f"where the nearest spelling is {near!r}"
            )
            if alike >= _ALIKE and near not in joins and not called:
                joins[text] = near
    if not said:
        return ""
    fix = f"if these are one answer, say same={joins!r}" if joins else "see whether both waves offered it"
    return f"{first.question.label}: {'; '.join(said)}: {fix}"


def _given(wave: WaveAnswers, rows: IntArray, other: WaveAnswers) -> dict[str, tuple[str, int]]:
    """Count how many of these rows gave which answer, by its code, or by its words if the other has none."""
    question, part = wave.question, wave.written
    if part is None or isinstance(question, Joined) or question.by_size:
        return {}
    if not (question.each_level or question.yes):  # what is no yes there is a no
        return {}
    n = np.bincount(part.codes[rows], minlength=len(part.levels))
    known = {canonical(level) for level in (() if other.written is None else other.written.levels)}
    known |= _declared(question)
    result = {}
    for level, k in zip(part.levels, n, strict=True):
        if k:
            token, words = canonical(level), question.words(level)
            result[token if token in known else canonical(words)] = words, int(k)
    return result


def _declared(question: Item | Joined) -> set[str]:
    """Return the answers of which the caller said what they count as, and those that say it themselves."""
    if isinstance(question, Joined) or question.each_level:
        return set()
    return _PLAIN | {canonical(v) for name in ("yes", "no") for v in question.values(name)}


def _nearest(token: str, others: Mapping[str, tuple[str, int]]) -> tuple[str, float]:
    """Return the most similar of other answers, as it is shown, and how alike it is, from 0 to 1."""
    alike = {text: SequenceMatcher(None, token, other).ratio() for other, (text, _) in others.items()}
    best = max(alike, key=alike.__getitem__)
    return best, alike[best]


# ---- levels, codes and pairs ---------------------------------------------------------------------------


def levels_of(first: WaveAnswers, second: WaveAnswers) -> dict[str, str]:
    """Return what the answers of both waves are called (as in the first wave), by their keys.

    They are in order by size, date or name, or as declared (the first wave's before).
    """
    if not first.question.each_level:
        return {"yes": "yes", "no": "no"}
    _refuse_other_codes(first, second)
    listed = _keys(first, second)
    answers = [*zip(listed[1], second.answers, strict=True), *zip(listed[0], first.answers, strict=True)]
    called = {key: answer.level for key, answer in answers}
    order = dict.fromkeys([*listed[0], *listed[1]])
    if all(some == sorted(some, key=natural_order) for some in listed):  # no other order is declared
        order = dict.fromkeys(sorted(order, key=natural_order))
    if len(order) > MOST_STATES:
        raise InputError(
            "item",
            allowed=f"a column of at most {MOST_STATES} different answers",
            received=f"{first.question.column!r} with {len(order)} in the two waves",
            fix="Merge answers first, or ask for one: yes=[...].",
        )
    return {key: called[key] for key in order}


def _refuse_other_codes(first: WaveAnswers, second: WaveAnswers) -> None:
    """Refuse a code of both waves that has in one of them the words that another code has in the other."""
    code_of = {canonical(answer.level): answer for answer in first.answers}
    known = {answer.key: answer for answer in first.answers}
    for answer in second.answers:
        there = code_of.get(canonical(answer.level), answer)
        if answer.key in known and there.key != answer.key:
            raise InputError(
                "item",
                allowed=f"answers of {first.question.label!r} that have one code in both waves",
                received=f"{answer.level!r} as {there.key!r} in {first.name} and as {answer.key!r} in "
                f"{second.name}, where {answer.key!r} is {known[answer.key].level!r} in {first.name}",
                fix="Answers are joined by code: recode one of the waves.",
            )


def _keys(first: WaveAnswers, second: WaveAnswers) -> tuple[list[str], list[str]]:
    """Return a key for each answer of the waves: its code, or its words where the other has no such code.

    So a code is one answer, whatever the waves call it; and one wave may hold codes and the other words.
    """
    one, two = ([answer.key for answer in wave.answers] for wave in (first, second))
    named = {canonical(answer.level): answer.key for answer in first.answers if answer.key not in two}
    return one, [
        key if key in one else named.get(canonical(answer.level), key)
        for key, answer in zip(two, second.answers, strict=True)
    ]


def pair(first: WaveAnswers, second: WaveAnswers, levels: Sequence[str]) -> Pairs:
    """Find the people who are in both waves, and code their answers; `levels` are the keys of the answers."""
    order = np.argsort(second.person, kind="stable")  # quick where they are in order already
    place = np.searchsorted(second.person, first.person, sorter=order)
    known = np.append(second.person[order], -1)[place] == first.person
    row, other = np.flatnonzero(known), order[place[known]]
    at = {key: i for i, key in enumerate(levels)}
    places = [[at.get(key, -1) for key in keys] for keys in _keys(first, second)]
    one, two = _codes(first, places[0]), _codes(second, places[1])
    everybody = np.bincount(two[two >= 0], minlength=len(levels))
    return Pairs(row, other, first.person[row], one[row], two[other], everybody)


def _codes(wave: WaveAnswers, places: Sequence[int]) -> IntArray:
    """Return the code of each row's answer, given the place of each answer where it is one of several."""
    codes, (one, *_) = wave.answers[0].codes, wave.answers
    if not one.exclusive:
        at = np.where(one.sides == YES, 0, np.where(one.sides == NO, 1, -1))
    else:
        at = np.zeros(one.sides.size, dtype=np.int64)
        for each, place in zip(wave.answers, places, strict=True):
            at[each.sides == YES] = place
    result: IntArray = np.append(at, KINDS).astype(np.int64)[codes.rows]
    return result
