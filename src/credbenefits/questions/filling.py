"""What a codebook says of a question, as the arguments that ask it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from credbenefits import _validation as check
from credbenefits.errors import InputError
from credbenefits.questions.gaps import shaped
from credbenefits.questions.marks import TICKED, UNTICKED
from credbenefits.questions.spelling import as_number, canonical, label
from credbenefits.questions.words import no_answer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from credbenefits._typing import Value
    from credbenefits.questions.column import Answer, Column, KnowsColumns

#: Arguments of an item that list answers: first those that are kinds of no answer.
KINDS = ("missing", "skipped", "refused", "not_asked")
LISTS = (*KINDS, "yes", "no", "answers", "levels")
#: Roles of columns whose answers are known one by one.
_ANSWERED = ("answer", "tick")
_NOT_CODEBOOK = "Read the file with read_export(), and pass what it returns."

#: Answers and what they are called.
Labels: TypeAlias = tuple[tuple["Value", str], ...]


# ---- what a codebook knows -------------------------------------------------------------------------------


def refuse_no_codebook(codebook: object) -> None:
    """Refuse what says nothing of columns."""
    if not all(callable(getattr(codebook, name, None)) for name in ("column", "ticks")):
        raise InputError("codebook", allowed="an export, or its codebook", value=codebook, fix=_NOT_CODEBOOK)


def column_of(codebook: KnowsColumns, name: str) -> Column:
    """Return what a codebook knows of a column of answers; one that it does not know raises."""
    refuse_no_codebook(codebook)
    column = codebook.column(name)
    if column is None:
        known = [each.name for each in _columns(codebook)]
        raise InputError(
            "column",
            allowed="a column that the codebook knows",
            value=name,
            fix=check.suggestion(name, known, "columns") if known else "Check the name.",
        )
    if column.role == "id":
        raise InputError(
            "column",
            allowed="a column of answers, not one that identifies people",
            received=f"{name!r}, which the codebook has as an identifier",
            fix="Choose a column of answers, or leave out codebook= and insist with allow_identifier=True.",
        )
    return column


def _columns(codebook: KnowsColumns) -> Sequence[Column]:
    """Return the columns that a codebook lists."""
    result: Sequence[Column] = getattr(getattr(codebook, "codebook", codebook), "columns", ())
    return result


# ---- items -----------------------------------------------------------------------------------------------


def item_arguments(column: Column, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of an item, given those that were said, which win.

    `given` has the lists of answers, `level_labels`, and whether the item asks for `each_level` or `by_size`.
    """
    lists: dict[str, tuple[Value, ...]] = {n: _as_codes(column, n, given[n]) for n in LISTS}
    said = {canonical(v): name for name, values in lists.items() for v in values}
    for answer in column.answers:
        if answer.missing is not None and canonical(answer.code) not in said:
            lists[answer.missing] = (*lists[answer.missing], answer.code)
    offered = [a for a in column.answers if _is_answer(a, said.get(canonical(a.code)))]
    if column.role in _ANSWERED:
        if given["each_level"]:
            if not lists["levels"] and not column.open:
                lists["levels"] = tuple(a.code for a in offered)
        elif not (lists["yes"] or lists["no"] or given["by_size"]):
            lists["yes"], lists["no"] = _yes_and_no(column, offered)
        named = {canonical(v) for name in ("yes", "no", "levels", "answers") for v in lists[name]}
        doubtful = [a.code for a in offered if canonical(a.code) not in named and _looks_like_none(a)]
        lists["answers"] = (*lists["answers"], *doubtful)
    return {**lists, "level_labels": _labels(offered, given["level_labels"])}


def _is_answer(answer: Answer, said: str | None) -> bool:
    """Tell whether it is an answer; `said` is the argument that names its code."""
    return answer.missing is None if said is None else said not in KINDS


def _looks_like_none(answer: Answer) -> bool:
    """Tell whether an answer with words looks like a code for none."""
    number = as_number(answer.code)
    return bool(answer.label) and (
        no_answer(answer.code) is not None if number is None else number < 0 or shaped(number)
    )


def _yes_and_no(column: Column, offered: Sequence[Answer]) -> tuple[tuple[Value, ...], tuple[Value, ...]]:
    """Return the yes and the no, where these are all that can be answered, or the box was ticked or not."""
    ticks = [a.code for a in offered if _meaning(a, column) == "tick"]
    others = [a.code for a in offered if _meaning(a, column) == "no"]
    if column.open or len(ticks) != 1 or len(ticks) + len(others) != len(offered):
        return (), ()
    return (tuple(ticks), tuple(others)) if others or column.role == "tick" else ((), ())


def _meaning(answer: Answer, column: Column) -> str:
    """Tell whether an answer is a tick or a no by its words; by its code, where it has none."""
    words = canonical(answer.label) or canonical(answer.code)
    if words in TICKED or (column.choice and words == canonical(column.choice)):
        return "tick"
    return "no" if words in UNTICKED else ""


def _as_codes(column: Column, argument: str, values: Iterable[Value]) -> tuple[Value, ...]:
    """Write the codes of answers that are named by their words; codes stay."""
    codes = {canonical(a.code) for a in column.answers}
    called: dict[str, list[Value]] = {}
    for answer in column.answers:
        if answer.label:
            called.setdefault(canonical(answer.label), []).append(answer.code)
    result: list[Value] = []
    for value in values:
        word = canonical(value)
        if word in codes or word not in called:
            _refuse_unknown(column, argument, value, codes)
            result.append(value)
        else:
            result += called[word]
    return tuple(result)


def _refuse_unknown(column: Column, argument: str, value: Value, codes: set[str]) -> None:
    """Refuse words that no answer has, where all answers of the column are numbers."""
    if canonical(value) in codes or not codes or as_number(value) is not None or isinstance(value, bool):
        return
    if isinstance(value, str) and all(as_number(a.code) is not None for a in column.answers):
        words = [a.label for a in column.answers if a.label]
        raise InputError(
            argument,
            allowed=f"codes of {column.name!r}, or their words ({check.listing(words)})",
            value=value,
            fix=check.suggestion(value, words, "answers"),
        )


# ---- what answers are called -----------------------------------------------------------------------------


def read_labels(given: object) -> Labels:
    """Check what answers are called: a mapping of each to its words; kept as pairs."""
    if given is None or (isinstance(given, tuple) and not given):
        return ()
    pairs = given.items() if isinstance(given, Mapping) else given
    example = "{1: 'Never', 2: 'Often'}"
    if not isinstance(pairs, (tuple, type({}.items()))) or not all(map(_is_pair, pairs)):
        raise InputError(
            "level_labels",
            allowed="answers and what they are called",
            value=given,
            fix=f"For example: {example}.",
        )
    result: Labels = tuple(
        (check.values("level_labels", answer)[0], label(check.text("level_labels", words)))
        for answer, words in pairs
    )
    for what, each in (
        ("one answer", [canonical(answer) for answer, _ in result]),
        ("words of their own", [canonical(words) for _, words in result]),
    ):
        twice = sorted({one for one in each if each.count(one) > 1})
        if twice:
            raise InputError(
                "level_labels",
                allowed=f"answers that have {what} each",
                received=f"{check.listing(twice)} more than once",
                fix=f"For example: {example}. Answers that are one are joined in the data.",
            )
    return result


def refuse_one_name(column: str, called: Sequence[str]) -> None:
    """Refuse to call two answers of a column the same."""
    tokens = [canonical(words) for words in called]
    twice = [words for words, token in zip(called, tokens, strict=True) if tokens.count(token) > 1]
    if twice:
        raise InputError(
            "level_labels",
            allowed=f"words for the answers of {column!r} that no other answer has",
            received=check.listing(dict.fromkeys(twice)),
            fix="Call them differently, or join the answers in the data.",
        )


def _is_pair(pair: object) -> bool:
    return isinstance(pair, tuple) and len(pair) == 2 and not isinstance(pair[0], (tuple, type(None)))


def _labels(offered: Sequence[Answer], given: Labels) -> Labels:
    """Return what answers are called, as said or as the codebook has it; codes part those called alike."""
    said = {canonical(code): words for code, words in given}
    words = {
        canonical(a.code): said.get(canonical(a.code)) or label(a.label) or label(a.code) for a in offered
    }
    words = {**said, **words}
    alike = [canonical(each) for each in words.values()]
    result = list(given)
    for answer in offered:
        token = canonical(answer.code)
        one = words[token]
        if token in said or one == label(answer.code):
            continue
        twice = alike.count(canonical(one)) > 1
        result.append((answer.code, f"{one} ({label(answer.code)})" if twice else one))
    return tuple(result)


# ---- several choices -------------------------------------------------------------------------------------


def select_all_arguments(
    codebook: KnowsColumns, columns: str | Sequence[str], given: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the arguments of a question with several choices, given those that were said, which win.

    `columns` is the question's name, its one column of text, or its columns. `given` has the `label`, the
    `choices`, what is `ticked`, the lists `missing` and `answers`, and `none_of_these` and `same`.
    """
    refuse_no_codebook(codebook)
    if not isinstance(columns, str):
        return _of_ticks([column_of(codebook, name) for name in columns], given)
    ticks = codebook.ticks(columns)
    if ticks:
        # A text that goes with "other" has a choice where the tool has no box for it.
        texts = [c for c in _columns(codebook) if (c.role, c.part_of) == ("other", columns) and c.choice][:1]
        made = _of_ticks([*ticks, *texts], given)
        if texts:
            made["other"] = texts[0].name
            if len(given["choices"]) == len(ticks):
                made["choices"] = (*given["choices"], texts[0].choice)
        return {"label": given["label"] or columns, "columns": tuple(t.name for t in ticks), **made}
    column = codebook.column(columns)
    if column is None:
        raise _unknown(codebook, columns)
    missing = _missing([column], given)
    choices = given["choices"] or tuple(
        label(a.code) for a in column.offered if canonical(a.code) != canonical(given["none_of_these"] or "")
    )
    return {"missing": missing, "choices": choices if column.role == "choices" else given["choices"]}


def _unknown(codebook: KnowsColumns, name: str) -> InputError:
    """Make the error about a question that the codebook does not know."""
    known = list(dict.fromkeys(c.part_of for c in _columns(codebook) if c.role == "tick"))
    known += [c.name for c in _columns(codebook) if c.role == "choices"]
    return InputError(
        "columns",
        allowed=f"a question with several choices that the codebook knows ({check.listing(known) or 'none'})",
        value=name,
        fix=check.suggestion(name, known, "questions") if known else "Name the columns of the question.",
    )


def _of_ticks(ticks: Sequence[Column], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the choices, what a tick is, and what is no answer."""
    options = [t for t in ticks if t.name != given["none_of_these"] and t.name not in given["same"]]
    choices = given["choices"] or (
        tuple(t.choice or t.name for t in options) if any(t.choice for t in options) else ()
    )
    return {
        "choices": choices,
        "ticked": given["ticked"] or _ticked(ticks),
        "missing": _missing(ticks, given),
    }


def _ticked(ticks: Sequence[Column]) -> tuple[Value, ...]:
    """Return the codes that are a tick by their words; none where what the cells hold says it."""
    meant: dict[str, dict[str, list[str]]] = {}
    codes: dict[str, Value] = {}
    for column in ticks:
        for answer in column.offered:
            meaning = _meaning(answer, column)
            if meaning and answer.label and canonical(answer.label) != canonical(answer.code):
                meant.setdefault(canonical(answer.code), {}).setdefault(meaning, []).append(column.name)
                codes[canonical(answer.code)] = answer.code
    for token, each in meant.items():
        if len(each) > 1:
            raise InputError(
                "columns",
                allowed="columns in which a code means the same",
                received=f"{label(codes[token])!r}, a tick in {each['tick'][0]!r} and none "
                f"in {each['no'][0]!r}",
                fix="Recode one of them, or ask each column as an Item.",
            )
    return tuple(codes[token] for token, each in meant.items() if "tick" in each)


def _missing(columns: Sequence[Column], given: Mapping[str, Any]) -> tuple[Value, ...]:
    """Return what is no answer in some column, and an answer in none."""
    said = {canonical(v) for name in ("missing", "answers", "ticked") for v in given[name]}
    answers = {canonical(a.code): c.name for c in columns for a in c.offered}
    found: dict[str, Value] = {}
    for column in columns:
        for answer in column.answers:
            token = canonical(answer.code)
            if answer.missing is None or token in said:
                continue
            if token in answers:
                raise InputError(
                    "columns",
                    allowed="columns in which a code means the same",
                    received=f"{label(answer.code)!r}, no answer in {column.name!r} and one "
                    f"in {answers[token]!r}",
                    fix="Declare it for all of them, missing=[...] or answers=[...], or ask each as an Item.",
                )
            found[token] = answer.code
    return (*given["missing"], *found.values())
