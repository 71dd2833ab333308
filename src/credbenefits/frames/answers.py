"""Answers read from columns: yes, no, or one of the kinds of no answer, in every row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from credbenefits import _validation as check
from credbenefits.errors import InputError
from credbenefits.frames.boundary import floats, require
from credbenefits.frames.categories import (
    Categories,
    as_number,
    canonical,
    encode,
    looks_unanswered,
    refuse_missing_codes,
    refuse_too_many,
)
from credbenefits.frames.items import Item
from credbenefits.frames.ticks import read_ticks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from credbenefits._typing import IntArray, Value
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.frames.select_all import SelectAll
    from credbenefits.frames.ticks import Ticks

    StatusArray: TypeAlias = NDArray[np.int8]

_YES = {"yes", "true", "1", "y"}
_NO = {"no", "false", "0", "n"}

YES, NO = 1, 0
#: Kinds of no answer, from status NOT_ASKED to BLANK. Those after the first were asked.
MISSING_KINDS = ("not_asked", "refused", "skipped", "code", "blank")
NOT_ASKED, REFUSED, SKIPPED, CODE, BLANK = range(-5, 0)


@dataclass(frozen=True, slots=True)
class Answers:
    """One share to estimate, read from data: 1 yes, 0 no, below 0 a kind of no answer in every row.

    `level` says in words what counts as yes, `label` what people then report. `no_levels` are the
    answers that count as no. `unheard` are answers that count as yes and that nobody gave: rare
    ones, or misspelled ones. `exclusive` answers are the levels of one question, of which
    everybody who answered gave exactly one.
    """

    column: str
    label: str
    level: str
    status: StatusArray
    counts_as_yes: tuple[str, ...] = ()
    no_levels: tuple[str, ...] = ()
    unheard: tuple[str, ...] = ()
    exclusive: bool = False
    note: str = ""


def require_columns(frame: NarwhalsFrame, questions: Sequence[Item | SelectAll], argument: str) -> None:
    """Check that the columns of all questions are there."""
    named = [(q.column,) if isinstance(q, Item) or not q.block else tuple(q.columns) for q in questions]
    require(frame, [name for names in named for name in names], argument)


def read_answers(
    frame: NarwhalsFrame, question: Item | SelectAll, argument: str, missing: Sequence[Value] = ()
) -> list[Answers]:
    """Read all the shares that a question asks for. `require_columns` comes first."""
    if not isinstance(question, Item):
        return _of_choices(question, read_ticks(frame, question, argument, missing))
    if question.each_level:
        return _of_levels(frame, question, argument, missing)
    return [read_item(frame, question, argument, missing)]


def read_item(frame: NarwhalsFrame, item: Item, argument: str, missing: Sequence[Value] = ()) -> Answers:
    """Read an item's answers from its column; whatever cannot be told yes from no raises."""
    if item.by_size:
        return _by_size(frame, item, argument, missing)
    codes, answers = _encoded(frame, item, argument, missing)
    yes, no = _sides(item, answers, argument)
    by_level = np.full(len(answers.levels) + len(MISSING_KINDS), BLANK, dtype=np.int8)
    by_level[sorted(yes)] = YES
    by_level[sorted(no)] = NO
    by_level[NOT_ASKED:] = range(NOT_ASKED, 0)
    given = {canonical(level) for level in answers.levels}
    unheard = tuple(str(v) for v in item.yes_values if canonical(v) not in given)
    said = [tuple(answers.labels[i] for i in sorted(side)) for side in (yes, no)]
    return Answers(item.column, item.label, " or ".join(said[0]), by_level[codes],
                   tuple(str(v) for v in item.yes_values), said[1], unheard)  # fmt: skip


def _encoded(
    frame: NarwhalsFrame, item: Item, argument: str, missing: Sequence[Value]
) -> tuple[IntArray, Categories]:
    """Return the place of each row's answer among the levels (below 0 a kind of none), and the levels."""
    raw = encode(frame, item.column, argument)
    kinds = {canonical(v): CODE for v in (*missing, *item.values("missing"))}
    for kind, code in (("skipped", SKIPPED), ("refused", REFUSED), ("not_asked", NOT_ASKED)):
        kinds.update({canonical(v): code for v in item.values(kind)})
    said = [canonical(level) for level in raw.levels] if kinds else []
    declared = [v for v, c in zip(raw.levels, said, strict=False) if c in kinds]
    answers = raw.without(declared)
    refuse_too_many(answers, argument)
    if not answers.levels:
        raise InputError(
            argument,
            allowed="an item that somebody answered",
            received=f"{item.column!r}, where all {answers.codes.size:,} rows are missing",
            fix="Check the column and the missing codes.",
        )
    if not declared:
        return answers.codes, answers
    place = iter(range(len(answers.levels)))
    moved = np.array([*(kinds[c] if c in kinds else next(place) for c in said), BLANK])
    return moved[raw.codes], answers


def _by_size(frame: NarwhalsFrame, item: Item, argument: str, missing: Sequence[Value]) -> Answers:
    """Read a column of numbers: yes within the limits."""
    values = floats(frame, item.column, argument)
    status = np.where(np.isnan(values), BLANK, NO).astype(np.int8)
    low = -np.inf if item.at_least is None else item.at_least
    high = np.inf if item.at_most is None else item.at_most
    status[(values >= low) & (values <= high)] = YES
    declared = {
        name: [as_number(v) for v in item.values(name)] for name in ("skipped", "refused", "not_asked")
    }
    declared["missing"] = [as_number(v) for v in (*missing, *item.values("missing"))]
    for name, code in (
        ("missing", CODE),
        ("skipped", SKIPPED),
        ("refused", REFUSED),
        ("not_asked", NOT_ASKED),
    ):
        status[np.isin(values, [v for v in declared[name] if v is not None])] = code
    for name, code in (("yes", YES), ("no", NO)):
        status[np.isin(values, [v for v in map(as_number, item.values(name)) if v is not None])] = code
    named = [v for name in ("yes", "no") for v in map(as_number, item.values(name)) if v is not None]
    rest = np.unique(values[(status >= NO) & ~np.isin(values, named)])
    codes = np.searchsorted(rest, values).clip(0, max(rest.size - 1, 0))
    if rest.size:
        inside = (status >= NO) & (rest[codes] == values)
        refuse_missing_codes(Categories(item.column, np.where(inside, codes, -1), tuple(rest.tolist())),
                             argument)  # fmt: skip
    return Answers(item.column, item.label, _limits(item), status, (_limits(item),))


def _limits(item: Item) -> str:
    parts = [f"at least {item.at_least:,}" if item.at_least is not None else "",
             f"at most {item.at_most:,}" if item.at_most is not None else ""]  # fmt: skip
    return " and ".join(filter(None, parts))


def _of_levels(frame: NarwhalsFrame, item: Item, argument: str, missing: Sequence[Value]) -> list[Answers]:
    """One share per answer of a column."""
    codes, answers = _encoded(frame, item, argument, missing)
    refuse_missing_codes(answers, argument)
    refusals = {i for i, level in enumerate(answers.levels) if looks_unanswered(level)}
    _refuse_rest(item, answers, refusals, argument)
    return [
        Answers(item.column, f"{item.label}: {words}", words,
                np.where(codes < 0, codes, codes == place).astype(np.int8), (words,), exclusive=True)
        for place, words in enumerate(answers.labels)
    ]  # fmt: skip


def _of_choices(question: SelectAll, ticks: Ticks) -> list[Answers]:
    """One share per choice, then those asked for beside them."""
    answered = ticks.answered
    found = [
        Answers(question.column, f"{question.label}: {words}", words,
                np.where(answered, ticked, BLANK).astype(np.int8), (words,), note=ticks.note)
        for words, ticked in zip(ticks.choices, ticks.ticked.T, strict=True)
    ]  # fmt: skip
    for words, chosen in question.any_of.items():
        _check_any_of(words, chosen, ticks.choices)
        some = ticks.ticked[:, [ticks.choices.index(c) for c in chosen]].any(axis=1)
        found.append(Answers(question.column, f"{question.label}: {words}", words,
                             np.where(answered, some, BLANK).astype(np.int8), tuple(chosen)))  # fmt: skip
    if question.number_chosen:
        number = ticks.ticked.sum(axis=1)
        for k in np.unique(number[answered]).tolist():
            words = f"{k} chosen"
            found.append(Answers(question.column, f"{question.label}: {words}", words,
                                 np.where(answered, number == k, BLANK).astype(np.int8),
                                 (words,), exclusive=True))  # fmt: skip
    return found


def _check_any_of(words: str, chosen: Sequence[str], choices: Sequence[str]) -> None:
    if words in choices:
        raise InputError("any_of", allowed="names that no choice has", value=words,
                         fix="Name what the choices have in common.")  # fmt: skip
    for choice in chosen:
        if choice not in choices:
            raise InputError("any_of", allowed="choices of the question", value=choice,
                             fix=check.suggestion(choice, choices, "choices"))  # fmt: skip


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
    refuse_missing_codes(answers, argument, counted_as_no=rest)
    _refuse_rest(item, answers, {i for i in rest if looks_unanswered(answers.levels[i])}, argument)
    if not yes and not set(tokens) <= _NO:
        raise InputError(
            argument,
            allowed=f"answers of {item.column!r} in yes= (it has {check.listing(answers.labels)})",
            received=check.listing(item.yes_values),
            fix="Check the spelling; if truly nobody said yes, name the other answers in no=.",
        )
    return yes, set(rest)


def _where(tokens: list[str], wanted: set[str]) -> set[int]:
    return {i for i, token in enumerate(tokens) if token in wanted}


def _not_binary(item: Item, answers: Categories, argument: str) -> None:
    refuse_missing_codes(answers, argument)
    unanswered = [v for v in answers.levels if looks_unanswered(v)]
    hint = f", missing={unanswered!r}" if unanswered else ""
    raise InputError(
        argument,
        allowed="a yes/no item (booleans, 0/1, yes/no)",
        received=f"{item.column!r} with the answers {check.listing(answers.labels)}",
        fix=f"Say which count as yes: Item({item.column!r}, yes=[...]{hint}).",
    )


def _refuse_rest(item: Item, answers: Categories, rest: set[int], argument: str) -> None:
    if not rest:
        return
    sizes = answers.sizes()
    came = ", ".join(f"{answers.labels[i]!r} ({sizes[i]:,} rows)" for i in sorted(rest))
    raise InputError(
        argument,
        allowed=f"every answer of {item.column!r} declared as yes, no or missing",
        received=came,
        fix="Add them to missing= if they are no answer, or to no=.",
    )
