"""Several answers in one text, read: which choices there are, and who gave which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from credbenefits import _validation as check
from credbenefits.errors import InputError
from credbenefits.frames.columns import MOST_LEVELS, Categories, Joined, joined_words
from credbenefits.frames.doubts import doubtful
from credbenefits.frames.names import identifies
from credbenefits.frames.separators import find_separator, fold, parse, pieces, refuse_another
from credbenefits.questions.spelling import canonical, label, natural_order, one_line_break
from credbenefits.questions.words import no_answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import BoolArray, IntArray, Value
    from credbenefits.frames.separators import Answer, Parsed
    from credbenefits.questions.select_all import SelectAll

#: Answers that stand side by side in all of at least so many rows are the parts of one.
_MANY_ROWS = 10
_OPENING, _CLOSING = "([{", ")]}"


@dataclass(frozen=True, slots=True)
class Declared:
    """What is known about a column of several answers. Without `choices`, those that are found count."""

    column: str
    separator: str | None
    choices: tuple[str, ...]
    none_of_these: str | None
    missing: tuple[str, ...]
    same: Mapping[str, str]
    answers: tuple[str, ...] = ()

    @classmethod
    def of(cls, question: SelectAll, missing: Sequence[Value] = ()) -> Declared:
        """Take from a question what it says about its text."""
        aside = tuple(canonical(v) for v in question.no_answers(missing))
        choices = tuple(question.choices)
        kept = tuple(canonical(v) for v in question.answer_values)
        separator = question.separator and one_line_break(question.separator)
        return cls(question.column, separator, choices, question.none_of_these, aside, question.same, kept)

    @property
    def named(self) -> tuple[str, ...]:
        """All answers that are declared, whatever they mean."""
        none = () if self.none_of_these is None else (self.none_of_these,)
        return (*self.answers, *self.choices, *none, *self.missing, *self.same, *self.same.values())


@dataclass(frozen=True, slots=True)
class _Read:
    """The texts as they were parsed, the rows each stands in, what separates the answers and is declared."""

    texts: Sequence[str]
    rows: Sequence[int]
    parsed: Sequence[Parsed]
    separator: str | None
    known: Mapping[Answer, str]

    def fold(self, text: str) -> Answer:
        """Fold a text between separators."""
        return fold(text, self.separator)


@dataclass(frozen=True, slots=True)
class Said:
    """The choices, which of them each text names (texts by choices), and which texts are an answer."""

    choices: tuple[str, ...]
    ticked: BoolArray
    answered: BoolArray
    note: str


def read_several(texts: Sequence[str], rows: IntArray, declared: Declared, *, doubts: bool = True) -> Said:
    """Read the texts, of which each stands in so many rows.

    Without `doubts` they may be a part of a column: what only the whole of it tells is not refused.
    """
    counts = rows.tolist()
    if doubts:
        silent = {
            t: n for t, n in zip(texts, counts, strict=True) if canonical(t) and no_answer(t) is not None
        }
        _refuse_silent(silent, declared)
    separator = declared.separator
    if separator is None:
        separator = find_separator(
            declared.column, texts, counts, declared.named, offered=bool(declared.choices)
        )
    elif doubts and not declared.choices:
        refuse_another(declared.column, separator, texts, counts, known=declared.named)
    known = {answer: name for name in declared.named if (answer := _folded(name, separator, declared))}
    free = not declared.choices
    parsed = [parse(text, separator, known, free=free) for text in texts]
    read = _Read(texts, counts, parsed, separator, known)
    if doubts and free and separator is not None:
        _refuse_cut(read, separator, declared.column)
    if doubts:
        _refuse_doubtful(read, declared)
    _refuse_others(read, declared)
    shown, note = _spellings(read, declared)
    return _table(read, shown, note, declared)


def _folded(name: str, separator: str | None, declared: Declared) -> Answer:
    answer = fold(name, separator)
    if not answer and name in declared.choices:
        raise InputError(
            "choices",
            allowed=f"choices that are more than the separator {separator!r}",
            value=name,
            fix="Leave it out, or check separator=.",
        )
    return answer


def _table(read: _Read, shown: Mapping[Answer, str], note: str, declared: Declared) -> Said:
    place = {answer: i for i, answer in enumerate(shown)}
    new = {read.fold(old): read.fold(now) for old, now in declared.same.items()}
    none = None if declared.none_of_these is None else read.fold(declared.none_of_these)
    aside = {read.fold(v) for v in declared.missing}
    ticked = np.zeros((len(read.parsed), len(shown)), dtype=bool)
    answered = np.zeros(len(read.parsed), dtype=bool)
    for i, each in enumerate(read.parsed):
        said = {new.get(answer, answer) for answer in each.answers} - aside
        answered[i] = bool(said)
        ticked[i, [place[answer] for answer in said if answer != none]] = True
    return Said(tuple(shown.values()), ticked, answered, note)


def _spellings(read: _Read, declared: Declared) -> tuple[dict[Answer, str], str]:
    """Return the choices in order as they are to be shown, and a note on what was joined."""
    times: dict[Answer, dict[str, int]] = {}
    for each, n in zip(read.parsed, read.rows, strict=True):
        for answer, text in zip(each.answers, each.written, strict=True):
            words = times.setdefault(answer, {})
            words[text.strip()] = words.get(text.strip(), 0) + n
    olds = {read.fold(old) for old in declared.same}
    aside = {read.fold(v) for v in declared.missing} | olds
    if declared.none_of_these is not None:
        aside.add(read.fold(declared.none_of_these))
    if declared.choices:
        shown = {read.fold(c): c for c in declared.choices}
        _refuse_alike(shown, declared, aside)
    else:
        # The present wording has a row, also where only the old one was given.
        present = {
            read.fold(now): now
            for old, now in declared.same.items()
            if not times.keys().isdisjoint({read.fold(old), read.fold(now)})
        }
        everything = {answer: _most_frequent(words) for answer, words in times.items()} | present
        order = sorted((a for a in everything if a not in aside), key=lambda a: natural_order(everything[a]))
        shown = {answer: everything[answer] for answer in order}
        _refuse_too_many(shown, declared.column)
    return shown, _note(read, shown, times, declared)


def _note(
    read: _Read, shown: Mapping[Answer, str], times: Mapping[Answer, Mapping[str, int]], declared: Declared
) -> str:
    """Count the rows with another spelling than is shown, and those with each of the old wordings."""
    joined = [each for a in shown if (each := _joined(shown[a], times.get(a, {}))) is not None]
    sizes = np.array([sum(times.get(a, {}).values()) for a in shown], dtype=np.int64)
    return "; ".join(
        [
            *joined_words(declared.column, joined, secret=identifies(list(shown.values()), sizes)),
            *(
                reworded(declared.column, old, new, rows=sum(times.get(read.fold(old), {}).values()))
                for old, new in declared.same.items()
            ),
        ]
    )


def reworded(column: str, old: str, new: str, *, rows: int) -> str:
    """Say how many rows have an old wording, or a tick in an old column, that counts as the present one."""
    return f"{column}: {Joined(new, (old,), rows).words}"


def _most_frequent(words: Mapping[str, int]) -> str:
    times: dict[str, int] = {}
    for text, n in words.items():
        times[label(text)] = times.get(label(text), 0) + n
    return min(times, key=lambda text: (-times[text], text))


def _joined(shown: str, words: Mapping[str, int]) -> Joined | None:
    others = sorted(set(words) - {label(shown)})
    return Joined(shown, tuple(others), sum(words[o] for o in others)) if others else None


def _refuse_alike(shown: Mapping[Answer, str], declared: Declared, aside: set[Answer]) -> None:
    twice = [c for c in declared.choices if c not in shown.values()]
    twice += [c for answer, c in shown.items() if answer in aside]
    if twice:
        raise InputError(
            "choices",
            allowed="each choice once, and neither old wordings nor missing answers",
            received=check.listing(twice),
            fix="Keep each in one place.",
        )


def _refuse_too_many(shown: Mapping[Answer, str], column: str) -> None:
    if len(shown) > MOST_LEVELS:
        raise InputError(
            "choices",
            allowed=f"a question of at most {MOST_LEVELS} different choices",
            received=f"{column!r} with {len(shown):,} different ones",
            fix="Name the choices that were offered: choices=[...]. Free text is no choice.",
        )


# ---- texts that cannot be read ------------------------------------------------------------------------


def _refuse_doubtful(read: _Read, declared: Declared) -> None:
    """Refuse what looks like no answer."""
    times: dict[str, int] = {}
    for each, n in zip(read.parsed, read.rows, strict=True):
        said = {" ".join(a) for a in each.answers} if each.rest is None else {label(each.rest)}
        for text in said:
            times[text] = times.get(text, 0) + n
    codes = np.repeat(np.arange(len(times)), list(times.values())).astype(np.int64)
    settled = {" ".join(answer) for answer in read.known}
    silent = [text for text in times if text not in settled and no_answer(text) is not None]
    if not silent and not declared.choices:
        categories = Categories(declared.column, codes, tuple(times))
        silent = [categories.labels[i] for i in doubtful(categories, answers=settled)]
    _refuse_silent({text: times[text] for text in silent}, declared)


def _refuse_others(read: _Read, declared: Declared) -> None:
    """Refuse what is not among the choices offered."""
    rest = next((each.rest for each in read.parsed if each.rest is not None), None)
    if rest is not None:
        raise InputError(
            "choices",
            allowed=f"every answer among {check.listing(declared.choices)}",
            value=rest,
            fix=check.suggestion(rest, declared.choices, "choices"),
        )


def _refuse_silent(silent: Mapping[str, int], declared: Declared) -> None:
    """Refuse texts that look like no answer unless they are declared to be something."""
    named = set(map(canonical, declared.named))
    result = {text: n for text, n in silent.items() if canonical(text) not in named}
    if result:
        raise InputError(
            "missing",
            allowed=f"answers in {declared.column!r}, with those that are no answer declared",
            received=", ".join(f"{text!r} ({n:,} rows)" for text, n in result.items()),
            fix=f"Say missing={list(result)!r} if they are no answer, or answers={list(result)!r} if they "
            "are.",
        )


# ---- choices that hold the separator ------------------------------------------------------------------


def _refuse_cut(read: _Read, separator: str, column: str) -> None:
    """Refuse a separator that also stands inside of choices: in brackets, or between inseparable parts."""
    parted = _inseparable(read, separator)
    whole: dict[Answer, dict[str, int]] = {}
    cut: dict[str, None] = {}
    for each, text, n in zip(read.parsed, read.texts, read.rows, strict=True):
        brackets = _balanced(text)
        group: list[str] = []
        for i, written in enumerate(each.written):
            group.append(written)
            pair = each.answers[i : i + 2]
            inside = brackets and not _balanced(separator.join(group))
            if i + 1 < len(each.written) and (inside or pair in parted):
                continue
            words = separator.join(group).strip()
            if len(group) > 1:
                cut[words] = None
            times = whole.setdefault(read.fold(words), {})
            times[label(words)] = times.get(label(words), 0) + n
            group = []
    if cut:
        choices = sorted(_most_frequent(words) for answer, words in whole.items() if answer not in read.known)
        raise InputError(
            "choices",
            allowed=f"the choices of {column!r} by name, where {separator!r} stands inside of one",
            received=check.listing(list(cut), limit=3),
            fix=f"Say choices={choices!r} if these are single choices, or name their parts in choices=.",
        )


def _balanced(text: str) -> bool:
    """Tell whether every bracket is opened and closed."""
    depth = 0
    for character in text:
        depth += (character in _OPENING) - (character in _CLOSING)
        if depth < 0:
            return False
    return depth == 0


def _inseparable(read: _Read, separator: str) -> set[tuple[Answer, ...]]:
    """Return the neighbours that never occur without each other.

    Either in many rows, or written with a space after the separator where the column has none elsewhere.
    """
    alone: dict[Answer, int] = {}
    beside: dict[tuple[Answer, ...], int] = {}
    spaced: dict[tuple[Answer, ...], set[bool]] = {}
    answered = 0
    for each, text, n in zip(read.parsed, read.texts, read.rows, strict=True):
        answered += n if each.answers else 0
        for answer in set(each.answers):
            alone[answer] = alone.get(answer, 0) + n
        starts = [part[:1].isspace() for part in pieces(text, separator)]
        pairs = list(zip(each.answers, each.answers[1:], strict=False))
        for pair in set(pairs):
            beside[pair] = beside.get(pair, 0) + n
        if len(starts) == len(each.answers):
            for pair, space in zip(pairs, starts[1:], strict=True):
                spaced.setdefault(pair, set()).add(space)
    mixed = any(False in result for result in spaced.values())
    return {
        pair
        for pair, n in beside.items()
        if n == alone[pair[0]] == alone[pair[1]]
        and read.known.keys().isdisjoint(pair)
        and ((_MANY_ROWS <= n < answered) or (n > 1 and mixed and spaced.get(pair) == {True}))
    }
