"""What questions, answers and groups are called on a page: by the study's labels, where it has some."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from credbenefits import _validation as check
from credbenefits.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from credbenefits.results.comparisons import Contrast
    from credbenefits.results.parts import StudyWords
    from credbenefits.results.proportions import Proportion

#: References that are no group.
_REFERENCES = {"(rest)": "all others", "(overall)": "everybody"}


def question(row: Proportion | Contrast, words: StudyWords) -> str:
    """Return what is asked: the item's own label, or else what the study calls its column."""
    own = row.label.removesuffix(f": {row.level}") or row.item
    return words.label(own) if own == row.item else own


def answer(row: Proportion | Contrast, words: StudyWords) -> str:
    """Return the answer that a row is about where its question has several; empty where it has one."""
    is_level = row.label != row.label.removesuffix(f": {row.level}")
    return words.level(row.item, row.level) if is_level else ""


def reported(row: Proportion | Contrast, words: StudyWords) -> str:
    """Return what a row is about: the question, and the answer where there are several."""
    return ": ".join(filter(None, (question(row, words), answer(row, words))))


def columns(by: Sequence[str], words: StudyWords) -> str:
    """Name the columns that make groups: "role and site"."""
    return " and ".join(map(words.label, by))


def called(rows: Sequence[Proportion | Contrast], by: Sequence[str], words: StudyWords) -> dict[str, str]:
    """Return what columns are called in notes: by the question that asks them, where it is one."""
    asked: dict[str, set[str]] = {}
    for row in rows:
        asked.setdefault(row.item, set()).add(question(row, words))
    result = {column: words.label(column) for column in by}
    return result | {
        column: some.pop() if len(some) == 1 else words.label(column) for column, some in asked.items()
    }


def pair_words(group: Sequence[tuple[str, str]], words: StudyWords) -> str:
    """Name a group by its value, or, of several columns, by each: "role = staff, site = north"."""
    if len(group) == 1:
        [(column, value)] = group
        return words.level(column, value)
    return spelled_out(group, words)


def spelled_out(group: Sequence[tuple[str, str]], words: StudyWords) -> str:
    """Name a group by its columns and values, of one column too: "role = staff"."""
    return ", ".join(f"{words.label(column)} = {words.level(column, value)}" for column, value in group)


def group_words(group: str, by: Sequence[str], words: StudyWords) -> str:
    """Name a group of a comparison, which is one text: "staff", or "role = staff, site = north"."""
    pairs = _pairs(group, by)
    return pair_words(pairs, words) if pairs else group


def reference_words(row: Contrast, by: Sequence[str], words: StudyWords) -> str:
    """Name what a group is compared with: another group, all others, or everybody."""
    return _REFERENCES.get(row.reference) or group_words(row.reference, by, words)


def quoted(row: Contrast, by: Sequence[str], words: StudyWords) -> tuple[str, str]:
    """Return both sides of a comparison as they stand in a sentence: names of groups in quotes."""
    reference = _REFERENCES.get(row.reference) or f"“{group_words(row.reference, by, words)}”"
    return f"“{group_words(row.group, by, words)}”", reference


def _pairs(group: str, by: Sequence[str]) -> list[tuple[str, str]]:
    """Split the text of a group of several columns; nothing where a value makes that ambiguous."""
    if len(by) == 1:
        return [(by[0], group)]
    first, *others = (f"{', ' if place else ''}{column} = " for place, column in enumerate(by))
    if not group.startswith(first) or any(group.count(start) != 1 for start in others):
        return []
    values, rest = [], group[len(first) :]
    for start in others:
        value, _, rest = rest.partition(start)
        values.append(value)
    return list(zip(by, [*values, rest], strict=True))


def escaped(text: str) -> str:
    """Return text to stand in the template of a cell, in which braces mean numbers."""
    return text.replace("{", "{{").replace("}", "}}")


def sentences(notes: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Return what a result notes, as sentences."""
    return tuple((note if note.endswith((".", "!", "?")) else note + ".",) for note in notes)


def listed(names: Sequence[str], most: int = 3) -> str:
    """Name some in quotes, and say how many more there are: “a”, “b” and 2 more."""
    *first, last = [f"“{name}”" for name in names[:most]] or [""]
    if len(names) > most:
        return f"{', '.join([*first, last])} and {len(names) - most:,} more"
    return " and ".join(filter(None, [", ".join(first), last]))


def with_labels(text: str, waves: Sequence[str], words: StudyWords) -> str:
    """Put the labels of waves where a text of ours names them, which is in quotes."""
    labelled = {wave: words.label(wave) for wave in waves}
    if not any(wave != label for wave, label in labelled.items()):
        return text
    known = "|".join(sorted(map(re.escape, labelled), key=len, reverse=True))
    return re.sub(f"“({known})”", lambda found: f"“{labelled[found[1]]}”", text)


#: Columns in a note on a design: "4 strata (region x size)".
_OF_DESIGN = re.compile(r"((?:strata|clusters|units of the second stage) \()(.+?)(?=\)(?:,| within|$))")


def with_design(note: str, words: StudyWords) -> str:
    """Put the labels of columns where a note describes a design."""
    return _OF_DESIGN.sub(lambda found: found[1] + " x ".join(map(words.label, found[2].split(" x "))), note)


# ---- what labels may name --------------------------------------------------------------------------------


def of_rows(
    rows: Sequence[Proportion | Contrast], by: Sequence[str], said: Iterable[str]
) -> dict[str, set[str]]:
    """Return what a label may name of shares or of comparisons: questions with answers, columns, waves."""
    found: dict[str, set[str]] = {name: set() for name in (*by, *in_texts(said))}
    for row in rows:
        found.setdefault(row.item, set()).add(row.level)
        found.setdefault(row.label, set())
    return found


def in_texts(said: Iterable[str]) -> list[str]:
    """Return the waves that texts of ours name, which are in quotes, and the columns of designs."""
    texts = list(said)
    waves = [name for text in texts for name in re.findall("“(.+?)”", text)]
    designs = [found[2] for text in texts for found in _OF_DESIGN.finditer(text)]
    return [*waves, *(name for columns in designs for name in columns.split(" x "))]


def check_labels(words: StudyWords, given: Iterable[Mapping[str, Collection[str]]]) -> None:
    """Refuse labels of what no result has, and those of a column of which no answer is there."""
    known: dict[str, set[str]] = {}
    for names in given:
        for name, levels in names.items():
            known.setdefault(name, set()).update(levels)
    for argument, labelled in (("labels", words.labels), ("level_labels", words.level_labels)):
        for name in labelled:
            if name not in known:
                raise InputError(
                    argument,
                    allowed="waves, columns and questions of the results",
                    value=name,
                    fix=check.suggestion(name, sorted(known), "names"),
                )
    for name, called in words.level_labels.items():
        # Some answers may be given by nobody. That none of them was is a slip.
        if called and known[name] and not known[name] & called.keys():
            raise InputError(
                f"level_labels[{name!r}]",
                allowed="answers or groups of the results",
                received=check.listing(called),
                fix=check.suggestion(next(iter(called)), sorted(known[name]), "answers"),
            )
