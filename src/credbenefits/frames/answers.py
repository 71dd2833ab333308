"""Answers read from columns: yes, no, or one of the kinds of no answer, in every row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from credbenefits import _validation as check
from credbenefits.errors import InputError
from credbenefits.frames.boundary import floats, line_sizes, require, sizes_of
from credbenefits.frames.columns import MOST_LEVELS, Categories, encode, refuse_too_many
from credbenefits.frames.doubts import advice, declaration, doubtful, refuse_undeclared, shown_value
from credbenefits.frames.identifiers import refuse_identifier, refuse_names
from credbenefits.frames.names import identifies, listed
from credbenefits.frames.separators import refuse_several, refuse_yes_among_several
from credbenefits.frames.ticks import read_ticks
from credbenefits.questions.filling import refuse_one_name
from credbenefits.questions.item import Item, Joined
from credbenefits.questions.spelling import as_number, canonical, text_as_numbers
from credbenefits.questions.words import no_answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from credbenefits._typing import BoolArray, IntArray, MissingKind, Value
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.frames.ticks import Ticks
    from credbenefits.questions.item import Asked
    from credbenefits.questions.select_all import SelectAll

    StatusArray: TypeAlias = NDArray[np.int8]

_YES = {"yes", "true", "1", "y"}
_NO = {"no", "false", "0", "n"}

#: Answers that an error names one by one.
MOST_SHOWN = 12
YES, NO = 1, 0
#: Kinds of no answer, from status NOT_ASKED to BLANK. Those after the first were asked.
MISSING_KINDS = ("not_asked", "refused", "skipped", "code", "blank")
NOT_ASKED, REFUSED, SKIPPED, CODE, BLANK = range(-5, 0)
#: These as the last entries of a table of sides, where they are found by themselves: -1 is the last.
KINDS = np.arange(NOT_ASKED, 0, dtype=np.int8)


@dataclass(frozen=True, slots=True, eq=False)
class Codes:
    """The answers to a question as small numbers, which all its shares have in common.

    `rows` has the place of each row's answer among `n` different ones, or below 0 a kind of no answer;
    `lowest` is the lowest of these, 0 where everybody answered.
    """

    rows: NDArray[np.integer]
    n: int
    lowest: int


#: Of answers that no rows have been read for.
NO_CODES = Codes(np.zeros(0, dtype=np.int8), 0, 0)


@dataclass(frozen=True, slots=True)
class Answers:
    """One share to estimate: which answers to a question are a yes.

    `sides` has YES or NO for each answer of `codes`. `level` says in words what counts as yes, `label` what
    people then report. `no_levels` are the answers that count as no. `unheard` are answers that count as yes
    and that nobody gave: rare ones, or misspelled ones. `exclusive` answers are the levels of one question,
    of which everybody who answered gave exactly one; `code` is how such a level is written in the column.
    `parts` are the items of a question that joins several.
    """

    column: str
    label: str
    level: str
    sides: StatusArray
    counts_as_yes: tuple[str, ...] = ()
    no_levels: tuple[str, ...] = ()
    unheard: tuple[str, ...] = ()
    exclusive: bool = False
    note: str = ""
    codes: Codes = NO_CODES
    parts: tuple[Answers, ...] = ()
    code: str = ""

    @property
    def key(self) -> str:
        """What tells the answers of a question apart, however they are called: the code, or the words."""
        return self.code or canonical(self.level)

    @property
    def notes(self) -> tuple[str, ...]:
        """How the columns were read, where that is not plain."""
        return (*(note for part in self.parts for note in part.notes), *filter(None, [self.note]))

    @property
    def status(self) -> StatusArray:
        """1 yes, 0 no, below 0 a kind of no answer, in every row."""
        result: StatusArray = np.append(self.sides, KINDS)[self.codes.rows]
        return result


def columns_of(question: Asked) -> tuple[str, ...]:
    """Name the columns that a question is read from."""
    if isinstance(question, Joined):
        return tuple(item.column for item in question.leaves)
    if isinstance(question, Item) or not question.block:
        return (question.column,)
    return tuple(question.columns)


def require_columns(frame: NarwhalsFrame, questions: Sequence[Asked], argument: str) -> None:
    """Check that the columns of all questions are there."""
    require(frame, [name for question in questions for name in columns_of(question)], argument)


def read_answers(
    frame: NarwhalsFrame,
    question: Item | SelectAll,
    argument: str,
    missing: Sequence[Value] = (),
    *,
    allow_identifier: bool = False,
) -> list[Answers]:
    """Read all the shares that a question asks for. `require_columns` comes first."""
    if not isinstance(question, Item):
        ticks = read_ticks(frame, question, argument, missing)
        if not (allow_identifier or question.block or question.choices):
            refuse_names(question.column, ticks.choices, ticks.ticked.sum(axis=0), argument)
        return _of_choices(question, ticks)
    return _of_column(frame, question, argument, missing, allow_identifier=allow_identifier)


def _of_column(
    frame: NarwhalsFrame, item: Item, argument: str, missing: Sequence[Value], *, allow_identifier: bool
) -> list[Answers]:
    """Read the shares of one column."""
    raw = encode_item(frame, item, argument)
    return answers_of(raw, item, argument, missing, allow_identifier=allow_identifier)


def answers_of(
    raw: Categories, item: Item, argument: str, missing: Sequence[Value], *, allow_identifier: bool
) -> list[Answers]:
    """Read the shares of an item's column that is encoded already, and raise the doubts about it."""
    answers, place = set_aside(raw, item, missing)
    refuse_doubts(item, answers, argument, allow_identifier=allow_identifier)
    n = len(answers.levels)
    # All questions of a call are held at once: in as few bytes as the places of their answers need.
    kind = np.int8 if n < 2**7 - 1 else np.int16 if n < 2**15 - 1 else np.int64
    small: NDArray[np.integer] = place.astype(kind)
    rows = raw.codes.astype(small.dtype) if n == len(raw.levels) else small[raw.codes]
    occurring = place if raw.n_blank else place[:-1]  # the last is that of cells without anything
    codes = Codes(rows, n, int(occurring.min(initial=0)))
    return [replace(each, codes=codes) for each in asked(item, answers, argument, blank=raw.n_blank)]


# ---- coding: what each answer is, from what is declared and from nothing else ---------------------------


def encode_item(frame: NarwhalsFrame, item: Item, argument: str) -> Categories:
    """Read an item's column as categories."""
    return _measured(frame, item) or encode(frame, item.column, argument, levels=item.values("levels"))


def set_aside(raw: Categories, item: Item, missing: Sequence[Value]) -> tuple[Categories, IntArray]:
    """Part answers from what is declared to be none.

    Returns the answers, and of each level of the column its place among them (below 0 a kind of no answer);
    a last place is that of cells without anything.
    """
    kinds = _kinds(item, missing)
    answers = raw.without(list(kinds)) if kinds else raw
    if len(answers.levels) == len(raw.levels):
        return answers, np.append(np.arange(len(raw.levels)), BLANK)
    said = [canonical(level) for level in raw.levels]
    place = iter(range(len(raw.levels)))
    return answers, np.array([*(kinds[c] if c in kinds else next(place) for c in said), BLANK])


def asked(item: Item, answers: Categories, argument: str, *, blank: int = 0) -> list[Answers]:
    """Return the shares that an item asks for, with the side of each level of its column.

    `blank` cells hold nothing at all, not even a declared code.

    An answer that makes a column unfit by itself raises: one that is neither yes nor no, no number, or not
    among those listed. What only the whole column tells is the business of `refuse_doubts`.
    """
    if item.by_size:
        return [_by_size(item, answers, argument)]
    if item.each_level:
        return _of_levels(item, answers, argument)
    return [_yes_or_no(item, answers, argument, blank)]


def _yes_or_no(item: Item, answers: Categories, argument: str, blank: int) -> Answers:
    yes, no = _sides(item, answers, argument)
    sides = np.full(len(answers.levels), NO, dtype=np.int8)
    sides[sorted(yes)] = YES
    given = {canonical(level) for level in answers.levels} if item.yes else set()
    unheard = tuple(item.words(v) for v in item.yes_values if canonical(v) not in given)
    labels = [item.words(level) for level in answers.levels]
    said = [tuple(labels[i] for i in sorted(side)) for side in (yes, no)]
    boxes = "" if no or item.no else _blank_boxes(answers, blank)
    note = "; ".join(filter(None, [answers.note, boxes]))
    return Answers(
        item.column,
        item.label,
        " or ".join(said[0]),
        sides,
        tuple(item.words(v) for v in item.yes_values),
        said[1],
        unheard,
        note=note,
    )


def _by_size(item: Item, answers: Categories, argument: str) -> Answers:
    """Tell numbers within the limits, which are a yes."""
    named = {canonical(v): side for name, side in (("yes", YES), ("no", NO)) for v in item.values(name)}
    numbers = np.array(_numbers(answers, argument, set(named)), dtype=np.float64)
    low = -np.inf if item.at_least is None else item.at_least
    high = np.inf if item.at_most is None else item.at_most
    sides = np.where((numbers >= low) & (numbers <= high), YES, NO)
    if named:
        sides = np.array([named.get(canonical(v), s) for v, s in zip(answers.levels, sides, strict=True)])
    as_text = as_numbers(item.column) if any(map(_is_text_of_number, answers.levels)) else ""
    note = "; ".join(filter(None, [answers.note, as_text]))
    return Answers(item.column, item.label, _limits(item), sides.astype(np.int8), (_limits(item),), note=note)


def _of_levels(item: Item, answers: Categories, argument: str) -> list[Answers]:
    """One share per answer of a column."""
    if item.levels:
        _refuse_others(item, answers, argument)
    place = {canonical(level): i for i, level in enumerate(answers.levels)}
    kept = {*place, *map(canonical, (*item.values("answers"), *item.values("levels")))}
    shown = [v for v in answers.declared if canonical(v) in kept or no_answer(v) is None]
    everyone = np.arange(len(answers.levels))
    levels = shown or answers.levels
    called = [item.words(level) for level in levels]
    refuse_one_name(item.column, called)
    return [
        Answers(
            item.column,
            f"{item.label}: {words}",
            words,
            (everyone == place.get(canonical(level))).astype(np.int8),
            (words,),
            exclusive=True,
            note=answers.note,
            code=canonical(level),
        )
        for level, words in zip(levels, called, strict=True)
    ]


# ---- doubts: what only all answers of a column tell ----------------------------------------------------


def refuse_doubts(item: Item, answers: Categories, argument: str, *, allow_identifier: bool) -> None:
    """Refuse a column that is none of answers, or whose answers look like something else."""
    if not item.by_size:
        if len(answers.levels) > MOST_LEVELS:
            refuse_several(answers, argument)
        refuse_identifier(answers, argument, allowed=allow_identifier)
        refuse_too_many(answers, argument)
    if not answers.levels:
        raise InputError(
            argument,
            allowed="an item that somebody answered",
            received=f"{item.column!r}, missing in all rows ({answers.n_rows:,})",
            fix="Check the column and the missing codes.",
        )
    if item.by_size:
        settled = (*item.values("answers"), *item.values("yes"), *item.values("no"))
        refuse_undeclared(answers, argument, answers=settled, of_item=True)
    elif item.each_level:
        refuse_several(answers, argument)
        settled = (*item.values("answers"), *item.values("levels"))
        refuse_undeclared(answers, argument, answers=settled, of_item=True)
    elif item.yes and not item.no:
        _refuse_rest_as_no(item, answers, argument)


def _refuse_rest_as_no(item: Item, answers: Categories, argument: str) -> None:
    """Refuse to count as no what looks like no answer or holds a yes, and a yes that nobody gave."""
    yes, no = _sides(item, answers, argument)
    rest = sorted(no)
    refuse_yes_among_several(answers, {canonical(v) for v in item.yes_values}, rest, argument)
    refuse_undeclared(answers, argument, answers=item.values("answers"), counted_as_no=rest, of_item=True)
    if not yes and not {canonical(level) for level in answers.levels} <= _NO:
        raise InputError(
            argument,
            allowed=f"answers of {item.column!r} in yes= (it has {listed(answers.labels, answers.sizes())})",
            received=check.listing(item.yes_values),
            fix="Check the spelling; if truly nobody said yes, name the other answers in no=.",
        )


def _blank_boxes(answers: Categories, blank: int) -> str:
    """Say that blanks may be a no, where the only answer of a column is a yes."""
    if not (blank and answers.levels):
        return ""
    are = "cell is blank" if blank == 1 else "cells are blank"
    return (
        f"{answers.column}: all answers are {answers.labels[0]!r} and {blank:,} {are}; if a blank is a "
        "box that was not ticked, ask with SelectAll([...]) and the columns of the question"
    )


def _measured(frame: NarwhalsFrame, item: Item) -> Categories | None:
    """Read a column of numbers that is asked for by size without making text of every one."""
    if not item.by_size or not frame[item.column].dtype.is_numeric():
        return None
    values = floats(frame, item.column, "data")
    there = ~np.isnan(values)
    codes = np.full(values.size, -1, dtype=np.int64)
    levels, codes[there] = np.unique(values[there], return_inverse=True)
    lines = line_sizes(frame)
    rows = None if lines is None else sizes_of(codes, levels.size, lines)
    return Categories(item.column, codes, tuple(levels.tolist()), rows=rows)


def _kinds(item: Item, missing: Sequence[Value]) -> dict[str, int]:
    """Return the kind of each declared no answer; what the item says goes before what the call says."""
    kept = {canonical(v) for v in item.values("answers")}
    kinds = {token: CODE for token in map(canonical, missing) if token not in kept}
    for kind, code in (
        ("missing", CODE),
        ("skipped", SKIPPED),
        ("refused", REFUSED),
        ("not_asked", NOT_ASKED),
    ):
        kinds.update({canonical(v): code for v in item.values(kind)})
    return kinds


def _is_text_of_number(level: Value) -> bool:
    return isinstance(level, str) and as_number(level) is not None


def as_numbers(column: str) -> str:
    """Say that numbers were written as text."""
    return f"{column}: text read as numbers"


def _numbers(answers: Categories, argument: str, named: set[str]) -> list[float]:
    """Return the levels as numbers, NaN for words whose side is named."""
    result = text_as_numbers(answers.levels)
    if result is not None:
        return result
    numbers = [float(v) if isinstance(v, bool) else as_number(v) for v in answers.levels]
    words = [i for i, x in enumerate(numbers) if x is None and canonical(answers.labels[i]) not in named]
    if words:
        said = listed([answers.labels[i] for i in words], answers.sizes()[words])
        raise InputError(
            argument,
            allowed="a column of numbers",
            received=f"{answers.column!r} with {said}",
            fix="Convert them to numbers, or declare them with yes=, no= or missing=.",
        )
    return [np.nan if x is None else x for x in numbers]


def _limits(item: Item) -> str:
    parts = [
        f"at least {item.at_least:,}" if item.at_least is not None else "",
        f"at most {item.at_most:,}" if item.at_most is not None else "",
    ]
    return " and ".join(filter(None, parts))


def _refuse_others(item: Item, answers: Categories, argument: str) -> None:
    """Refuse answers that `levels` does not list."""
    named = {canonical(v) for v in item.values("levels")}
    others = [i for i, v in enumerate(answers.levels) if canonical(v) not in named]
    if others:
        raise InputError(
            argument,
            allowed=f"answers of {item.column!r} that levels= lists",
            received=listed([answers.labels[i] for i in others], answers.sizes()[others]),
            fix="Add them to levels=, or to missing= if they are no answer.",
        )


def _of_choices(question: SelectAll, ticks: Ticks) -> list[Answers]:
    """One share per choice, then those asked for beside them."""
    gap = np.where(ticks.declared, CODE, BLANK)
    lowest = int(gap[~ticks.answered].min(initial=0))
    sides = np.array([NO, YES], dtype=np.int8)

    def share(words: str, counts_as_yes: tuple[str, ...], yes: BoolArray) -> Answers:
        codes = Codes(np.where(ticks.answered, yes, gap).astype(np.int8), 2, lowest)
        label = f"{question.label}: {words}"
        return Answers(question.column, label, words, sides, counts_as_yes, codes=codes)

    result = [
        replace(share(words, (words,), ticked), note=ticks.note)
        for words, ticked in zip(ticks.choices, ticks.ticked.T, strict=True)
    ]
    for words, chosen in question.any_of.items():
        places = chosen_places(words, chosen, ticks.choices)
        result.append(share(words, tuple(chosen), np.any(ticks.ticked[:, places], axis=1)))
    if question.number_chosen:
        number = ticks.ticked.sum(axis=1)
        for k in np.unique(number[ticks.answered]).tolist():
            words = f"{k} chosen"
            result.append(replace(share(words, (words,), number == k), exclusive=True))
    return result


def chosen_places(words: str, chosen: Sequence[str], choices: Sequence[str]) -> list[int]:
    """Return the places of the choices that `any_of` puts under one name."""
    place = {canonical(choice): i for i, choice in enumerate(choices)}
    if canonical(words) in place:
        raise InputError(
            "any_of",
            allowed="names that no choice has",
            value=words,
            fix="Name what the choices have in common.",
        )
    for choice in chosen:
        if canonical(choice) not in place:
            raise InputError(
                "any_of",
                allowed="choices of the question",
                value=choice,
                fix=check.suggestion(choice, choices, "choices"),
            )
    return [place[canonical(choice)] for choice in chosen]


def _sides(item: Item, answers: Categories, argument: str) -> tuple[set[int], set[int]]:
    """Return the levels that are yes and those that are no."""
    tokens = [canonical(level) for level in answers.levels]
    if not item.yes:
        if not set(tokens) <= _YES | _NO:
            _not_binary(item, answers, argument)
        return _where(tokens, _YES), _where(tokens, _NO)
    yes = _where(tokens, {canonical(v) for v in item.yes_values})
    if item.no:
        no = _where(tokens, {canonical(v) for v in item.values("no")})
        _refuse_rest(item, answers, set(range(len(tokens))) - yes - no, argument)
        return yes, no
    rest = [i for i in range(len(tokens)) if i not in yes]
    return yes, set(rest)


def _where(tokens: list[str], wanted: set[str]) -> set[int]:
    return {i for i, token in enumerate(tokens) if token in wanted}


def _not_binary(item: Item, answers: Categories, argument: str) -> None:
    refuse_several(answers, argument)
    none = doubtful(answers, answers=item.values("answers"))
    rest = {canonical(level) for i, level in enumerate(answers.levels) if i not in none}
    if rest <= _YES | _NO:
        refuse_undeclared(answers, argument, answers=item.values("answers"), of_item=True)
    hint = declaration([(shown_value(answers.levels[i]), kind) for i, kind in none.items()])
    raise InputError(
        argument,
        allowed="a yes/no item (booleans, 0/1, yes/no)",
        received=f"{item.column!r} with the answers {listed(_called(item, answers), answers.sizes())}",
        fix=f"Say which count as yes: Item({item.column!r}, yes=[...]{', ' + hint if hint else ''}).",
    )


def _called(item: Item, answers: Categories) -> list[str]:
    """Return the levels as text, with what the item calls them."""
    said = [item.words(level) for level in answers.levels]
    return [one if one == two else f"{one} ({two})" for one, two in zip(answers.labels, said, strict=True)]


def _refuse_rest(item: Item, answers: Categories, rest: set[int], argument: str) -> None:
    """Refuse levels that are neither in yes= nor in no=."""
    if not rest:
        return
    sizes = answers.sizes()
    came = ", ".join(f"{answers.labels[i]!r} ({sizes[i]:,} rows)" for i in sorted(rest)[:MOST_SHOWN])
    came += f" and {len(rest) - MOST_SHOWN} more" if len(rest) > MOST_SHOWN else ""
    result: list[tuple[str, MissingKind]] = [
        (shown_value(answers.levels[i]), kind) for i, kind in doubtful(answers).items() if i in rest
    ]
    if identifies(answers.levels, sizes, ordinary=MOST_SHOWN):
        came = f"{len(rest):,} other values"
    raise InputError(
        argument,
        allowed=f"every answer of {item.column!r} declared as yes, no or missing",
        received=came,
        fix=advice(result, of_item=True, otherwise="no")
        if len(result) == len(rest)
        else "Add them to missing= if they are no answer, or to no=.",
    )
