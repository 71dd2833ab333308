"""What several parts of a study share: options of every estimate, columns that are named, groups."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeAlias

from credbenefits import _validation as check
from credbenefits.questions.item import Item, Joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from credbenefits.study.file import Entry, StudyFile
    from credbenefits.study.parts.frames import Rows
    from credbenefits.study.parts.questions import Asked

#: A column, or a question whose answers make groups.
Group: TypeAlias = str | Item | Joined


@dataclass(frozen=True, slots=True)
class Common:
    """What holds for every estimate of a study.

    `people` says who answered each wave, in words, `asked` whom the study is about.
    """

    options: Mapping[str, Any]
    people: Mapping[str, str]
    asked: str

    @property
    def missing(self) -> tuple[Any, ...]:
        """Answers that are no answer in any column."""
        result: tuple[Any, ...] = self.options["missing"]
        return result


@dataclass(frozen=True, slots=True)
class Column:
    """A column that the study names: by which key, and of which wave.

    `answers` tells whether its cells are answers or groups, so that it must not identify people,
    and `numbers` whether they are weights or sizes, so that text is read as numbers. `others` are names that
    may have been meant, if there is no such column.
    """

    entry: Entry
    key: str
    name: str
    wave: str
    answers: bool = False
    numbers: bool = False
    others: tuple[str, ...] = ()

    def among(self, columns: Iterable[str]) -> list[str]:
        """Return the columns of its wave, and another name that it is nearly spelled as."""
        return [*columns, *get_close_matches(self.name, self.others, n=1)]


def groups_of(names: Sequence[str], asked: Sequence[Asked]) -> tuple[Group, ...]:
    """Return what makes groups: a question where a name is its label and not its column, else a column."""
    made: dict[str, Item | Joined] = {}
    for one in asked:
        question = one.question
        if isinstance(question, Joined) or (isinstance(question, Item) and question.label != question.column):
            made.setdefault(question.label, question)
    return tuple(made.get(name, name) for name in names)


def columns_of(by: Sequence[Group]) -> tuple[str, ...]:
    """Return those that are columns."""
    return tuple(name for name in by if isinstance(name, str))


def in_rows(by: Sequence[Group], rows: Rows) -> list[Group]:
    """Return what makes groups, columns as the rows call them."""
    return [rows.names[one] if isinstance(one, str) else one for one in by]


def two_waves(study: StudyFile, entry: Entry, default: tuple[str, ...] = ()) -> tuple[str, str]:
    """Return the first wave and the second; where none are named, those of the study that has two."""
    given = entry.texts("waves") or (tuple(study.waves) if len(study.waves) == 2 else default)
    if not given:
        raise entry.lacks(
            "waves",
            allowed=f"two of the waves ({check.listing(study.waves)}), in order of time",
            fix="Write waves = [...].",
        )
    for wave in given:
        study.declared(entry, "waves", wave)
    if len(given) != 2 or given[0] == given[1]:
        raise entry.wrong(
            "waves",
            allowed="two different waves",
            value=entry.values["waves"],
            fix="Name the first and the second.",
        )
    return given[0], given[1]
