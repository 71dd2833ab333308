"""What stands between several answers in one text, and whether the texts of a column are of this kind."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from credbenefits import _validation as check
from credbenefits.errors import InputError
from credbenefits.frames.columns import MOST_LEVELS
from credbenefits.questions.spelling import canonical

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from credbenefits.frames.columns import Categories

#: What exports write between two answers. The names of the invisible ones are for messages.
SEPARATORS = (";#", ";", ",", "|", "\n", "\t", "/")
#: What may stand between two answers and within one: taken as a separator only where somebody says so.
_RARE_SEPARATORS = (" ", "+", "&", ":", "-", "#", "·", "•", "<br>", "<br/>", "、", "，", "；", "،", " and ")
#: An answer: its pieces between separators, folded. Most have one.
Answer: TypeAlias = tuple[str, ...]
_DECIMAL = re.compile(r"[+-]?[0-9]+,[0-9]+")
_CODE = re.compile(r"[0-9_]")
_DATE = re.compile(r"[0-9]+(?:/[0-9]+)+")


@dataclass(frozen=True, slots=True)
class Parsed:
    """The answers in a text, each as it is written, and the rest that is none of those offered."""

    answers: tuple[Answer, ...]
    written: tuple[str, ...]
    rest: str | None = None


def pieces(text: str, separator: str | None) -> list[str]:
    """Return what stands between the separators, blanks left out."""
    parts = [text] if separator is None else text.split(separator)
    return [part for part in parts if canonical(part)]


def fold(text: str, separator: str | None) -> Answer:
    """Return the folded pieces of a text."""
    return tuple(canonical(part) for part in pieces(text, separator))


def parse(text: str, separator: str | None, known: Collection[Answer], *, free: bool) -> Parsed:
    """Read the answers in a text; known ones, which may hold the separator, are matched longest first.

    If it is `free`, other answers are read as well, each of one piece.
    """
    parts = pieces(text, separator)
    folded = [canonical(part) for part in parts]
    lengths: list[int] = sorted({*(len(each) for each in known), *([1] if free else [])}, reverse=True)
    n = len(parts)
    take = [0] * n + [1]  # how many pieces the answer at each place has, 0 where the rest cannot be read
    for i in range(n - 1, -1, -1):
        for length in lengths:
            fits = i + length <= n and take[i + length]
            if fits and ((free and length == 1) or tuple(folded[i : i + length]) in known):
                take[i] = length
                break
    if n and not take[0]:
        return Parsed((), (), (separator or "").join(parts[_furthest(folded, known) :]).strip())
    places, i = [], 0
    while i < n:
        places.append((i, i + take[i]))
        i += take[i]
    return Parsed(
        tuple(tuple(folded[i:j]) for i, j in places),
        tuple((separator or "").join(parts[i:j]) for i, j in places),
    )


def _furthest(folded: Sequence[str], known: Collection[Answer]) -> int:
    reached = {0}
    for i in range(len(folded)):
        if i in reached:
            reached |= {i + len(a) for a in known if a == tuple(folded[i : i + len(a)])}
    return max(i for i in reached if i < len(folded))


# ---- finding the separator -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Candidate:
    separator: str
    parsed: tuple[Parsed, ...]
    rows: int

    @property
    def combined(self) -> list[tuple[Answer, ...]]:
        return [each.answers for each in self.parsed if len(each.answers) > 1]

    @property
    def vocabulary(self) -> set[Answer]:
        return {answer for each in self.parsed for answer in each.answers}

    @property
    def size(self) -> int:
        """Letters in a list of all the answers: the right separator makes it short."""
        return sum(len(piece) for answer in self.vocabulary for piece in answer)

    @property
    def shown(self) -> bool:
        """Whether answers of combined texts occur alone or in another place, or it only ends texts."""
        if not self.combined:
            return True
        alone = {each.answers[0] for each in self.parsed if len(each.answers) == 1}
        places: dict[Answer, set[int]] = {}
        for answers in self.combined:
            for i, answer in enumerate(answers):
                places.setdefault(answer, set()).add(i)
        return any(answer in alone or len(at) > 1 for answer, at in places.items())

    @property
    def joined(self) -> bool:
        """Whether a text combines answers that all occur alone."""
        alone = {each.answers[0] for each in self.parsed if len(each.answers) == 1}
        return any(len(set(answers)) > 1 and alone.issuperset(answers) for answers in self.combined)

    @property
    def words(self) -> str:
        answers = sorted(" ".join(a) for a in self.vocabulary)
        return f"{self.separator!r} in {self.rows:,} rows ({check.listing(answers, limit=3)})"


def find_separator(
    column: str, texts: Sequence[str], rows: Sequence[int], known: Sequence[str], *, offered: bool
) -> str | None:
    """Return what stands between the answers, None where nothing needs to; doubt raises.

    `known` are answers that may hold a separator; where they are all that was `offered`, the separator
    is the one that leaves nothing else.
    """
    common, rare = (
        [s for s in listed if any(s in text for text in texts)] for listed in (SEPARATORS, _RARE_SEPARATORS)
    )
    if offered:
        return max((None, *common, *rare), key=lambda s: _readable(texts, rows, s, known))
    candidates = [c for c in (_candidate(s, texts, rows, known) for s in common) if c.rows]
    shown = [c for c in candidates if c.shown]
    if not candidates:
        candidates = [c for c in (_candidate(s, texts, rows, known) for s in rare) if c.joined]
        if not candidates:
            return None
    best = min(shown, key=lambda c: c.size, default=None)
    if best is None or any(c is not best and (c.size == best.size or _mixed(best, c)) for c in candidates):
        raise InputError(
            "separator",
            allowed=f"one separator between the answers of {column!r}, which the texts show",
            received="; ".join(c.words for c in candidates),
            fix=f"Say which it is, for example separator={(best or candidates[0]).separator!r}, or name the "
            "choices with choices=[...] if it stands inside of them.",
        )
    return best.separator


def refuse_another(
    column: str, separator: str, texts: Sequence[str], rows: Sequence[int], *, known: Sequence[str]
) -> None:
    """Refuse a separator that stands in no text, where the texts show another one."""
    if any(separator in text for text in texts):
        return
    others = (_candidate(s, texts, rows, known) for s in SEPARATORS if any(s in text for text in texts))
    shown = [each for each in others if each.combined and each.shown]
    if shown:
        raise InputError(
            "separator",
            allowed=f"what stands between the answers of {column!r}: {shown[0].words}",
            received=f"{separator!r}, which stands in none of them",
            fix=f"Say separator={shown[0].separator!r}, or name the choices with choices=[...] if it stands "
            "inside of them.",
        )


def _readable(
    texts: Sequence[str], rows: Sequence[int], separator: str | None, known: Sequence[str]
) -> tuple[int, int]:
    """Return the rows that can be read as known answers, and how many of them have one in any place."""
    answers = {fold(k, separator) for k in known}
    read = [parse(text, separator, answers, free=False).rest is None for text in texts]
    some = [any((part,) in answers for part in fold(text, separator)) for text in texts]
    return (
        sum(n for n, fits in zip(rows, read, strict=True) if fits),
        sum(n for n, fits in zip(rows, some, strict=True) if fits),
    )


def _candidate(separator: str, texts: Sequence[str], rows: Sequence[int], known: Sequence[str]) -> _Candidate:
    answers = {fold(k, separator) for k in known}
    parsed = tuple(parse(text, separator, answers, free=True) for text in texts)
    splits = (
        n
        for n, text, each in zip(rows, texts, parsed, strict=True)
        if len(each.answers) > 1 or (separator in text.strip() and all(len(a) == 1 for a in each.answers))
    )
    return _Candidate(separator, parsed, sum(splits))


def _mixed(best: _Candidate, other: _Candidate) -> bool:
    """Tell whether the other separator cuts answers into answers that stand on their own as well."""
    answers = best.vocabulary
    written = {text for each in best.parsed for text in each.written if other.separator in text}
    cut = [[canonical(p) for p in pieces(text, other.separator)] for text in written]
    return any(len(parts) > 1 and all((part,) in answers for part in parts) for parts in cut)


# ---- several answers where one is meant ----------------------------------------------------------------


def _combinations(labels: Sequence[str]) -> Iterator[tuple[str, dict[int, Answer], set[str]]]:
    """Yield, per separator, the levels that it cuts into different pieces, the pieces, and those alone."""
    # Many texts with spaces are sentences.
    for separator in (*SEPARATORS, " ") if len(labels) <= MOST_LEVELS else SEPARATORS:
        parts = {i: fold(label, separator) for i, label in enumerate(labels) if separator in label}
        several = {i: each for i, each in parts.items() if len(set(each)) > 1}
        if not several:
            continue
        alone = {canonical(label) for i, label in enumerate(labels) if i not in parts}
        alone |= {piece for i, each in parts.items() if i not in several for piece in each}
        # Decimals and dates hold separators too; codes are in their order, and each is given alone.
        if separator == "," and all(_DECIMAL.fullmatch(labels[i]) for i in parts):
            if not _are_codes(several.values(), alone):
                continue
        elif separator == "/" and all(_DATE.fullmatch(labels[i]) for i in parts):
            continue
        yield separator, several, alone


def _are_codes(combined: Collection[Answer], alone: set[str]) -> bool:
    """Tell the combined codes 1 and 2 in "1,2" from the decimal."""
    later = {parts[-1] for parts in combined}
    rising = all([*map(int, parts)] == sorted({*map(int, parts)}) for parts in combined)
    return rising and len(later) > 1 and alone.issuperset(piece for parts in combined for piece in parts)


def _joins(parts: Answer, alone: set[str], separator: str) -> bool:
    """Tell whether all the pieces of a text occur alone; of a name such as "North East" they may."""
    return alone.issuperset(parts) and (
        separator != " " or len(set(parts)) > 2 or any(_CODE.search(part) for part in parts)
    )


def _recombine(cut: dict[int, Answer], alone: set[str], separator: str) -> bool:
    """Tell whether pieces are choices: they occur alone and in several combinations, or in many and anywhere.

    A part of a name, a place or a job title ("Smith, Ann", "Employed, part time") does neither, nor does
    a line of a label ("Strongly / agree"), which ends or begins with what it shares with others.
    """
    if separator == " ":
        return False
    known = {frozenset(parts): sum(part in alone for part in set(parts)) for parts in cut.values()}
    if any(n == len(parts) for parts, n in known.items()) and sum(n > 1 for n in known.values()) > 1:
        return True
    before: dict[str, set[int]] = {}
    behind: dict[str, set[int]] = {}
    for parts in cut.values():
        for i, part in enumerate(parts):
            before.setdefault(part, set()).add(i)
            behind.setdefault(part, set()).add(len(parts) - i)
    # Names, places and titles hold commas, and labels line breaks; other marks stand between answers.
    shared = [p for p in alone if sum(p in parts for parts in known) > 1 and separator not in ",/"]
    if any(separator not in "\n\t" or (before[p] != {0} and behind[p] != {1}) for p in shared):
        return True
    anywhere = [part for part in before if len(before[part]) > 1 and len(behind[part]) > 1]
    return len(anywhere) > 2 and len(known) > len(before)  # in the middle of three at least


def refuse_several(categories: Categories, argument: str) -> None:
    """Refuse a column whose cells hold several answers where one answer per person is meant."""
    labels = categories.written
    for separator, cut, alone in _combinations(labels):
        if _recombine(cut, alone, separator) or any(
            _joins(parts, alone, separator) for parts in cut.values()
        ):
            first = min(cut, key=lambda i: len(labels[i]))
            raise InputError(
                argument,
                allowed="a column with one answer per person",
                received=f"{categories.column!r}, where {len(cut):,} of {len(labels):,} answers are "
                f"several in one, such as {labels[first]!r}",
                fix=f"Ask with SelectAll({categories.column!r}, separator={separator!r})."
                if argument in {"items", "item"}
                else f"Split it with split_choices(data, {categories.column!r}, separator={separator!r}) and "
                "use the columns of the choices.",
            )


def refuse_yes_among_several(
    categories: Categories, yes: Collection[str], rest: Collection[int], argument: str
) -> None:
    """Refuse to count as no the answers that combine a yes (folded) with other answers of the column."""
    labels = categories.written
    for separator, cut, given in _combinations(labels):
        wanted = {parts[0] for parts in (fold(each, separator) for each in yes) if len(parts) == 1}
        alone = given | wanted
        recombine = _recombine(cut, alone, separator)
        lost = [
            i
            for i in sorted(cut)
            if i in rest
            and any(part in wanted for part in cut[i])
            and (
                recombine
                or _joins(cut[i], alone, separator)
                or (separator != " " and len(alone.intersection(cut[i])) > 1)
            )
        ]
        if lost:
            sizes = categories.sizes()
            came = ", ".join(f"{labels[i]!r} ({sizes[i]:,} rows)" for i in lost[:3])
            raise InputError(
                argument,
                allowed=f"one answer per person in {categories.column!r}",
                received=f"a yes among several answers, which would count as no: {came}",
                fix=f"Ask with SelectAll({categories.column!r}, separator={separator!r}), or name them "
                "in yes=, no= or missing=.",
            )
