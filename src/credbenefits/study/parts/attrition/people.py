"""Whom weights and reports are about: who answered, what they come with, and who is still eligible."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from credbenefits import _validation as check
from credbenefits.questions.item import Item, Joined
from credbenefits.study.file import Entry
from credbenefits.study.parts.common import Column
from credbenefits.study.parts.questions import coding, named

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from credbenefits.study.file import StudyFile
    from credbenefits.study.parts.questions import AnyQuestion, Asked

#: A question as declared, or a column.
Questions: TypeAlias = "AnyQuestion | str"


@dataclass(frozen=True, slots=True)
class Eligible:
    """The question that says who still belongs to the population, and the wave that it is about."""

    entry: Entry
    wave: str
    question: Item | Joined

    @property
    def argument(self) -> Mapping[str, Item | Joined]:
        """The argument of the library."""
        return {self.wave: self.question}

    def columns(self) -> Iterator[Column]:
        """Return the column that it names."""
        if isinstance(self.question, Item):
            yield Column(self.entry, "eligible", self.question.column, self.wave, answers=True)


def waves_of(study: StudyFile, entry: Entry) -> tuple[str, ...]:
    """Return the waves that people must have answered: those of an entry, or the study's."""
    if not entry.has("wave"):
        return (study.wave_of(entry),)
    names = entry.texts("wave")
    if not names:
        raise entry.wrong(
            "wave", allowed="at least one wave", value=[], fix="Name the wave that people answered."
        )
    return tuple(study.declared(entry, "wave", name) for name in names)


def population_of(study: StudyFile, entry: Entry, waves: Sequence[str]) -> str:
    """Return the wave whose people are everybody."""
    to = study.known_wave(entry, "to")
    if to in waves:
        raise entry.wrong(
            "to",
            allowed=f"another wave than {check.listing(waves)}, which people answered",
            value=to,
            fix="Name the wave whose people are the population.",
        )
    return to


def eligible_of(study: StudyFile, entry: Entry, to: str, asked: Sequence[Asked]) -> Eligible | None:
    """Return the question of eligibility: one of [[items]], or one that stands in braces."""
    if not entry.has("eligible"):
        return None
    given = entry.values["eligible"]
    if isinstance(given, str):
        known = [one for one in asked if one.plain]
        here = [one for one in known if one.wave == to]
        what = "[[items]] that are yes or no, without among"
        hit = any(given in {one.question.column, one.question.label} for one in here)
        one = named(entry, "eligible", given, here if hit else known, what=what)
        return Eligible(entry, one.wave, one.item)
    own = Entry(entry.source, "items", (*entry.place, "eligible"), given)
    wave = study.known_wave(own, "wave") if own.has("wave") else to
    with own.blame("column"):
        return Eligible(entry, wave, Item(own.text("column"), **coding(own)))


def question_of(entry: Entry, key: str, name: str, asked: Sequence[Asked]) -> Questions:
    """Return a question as [[items]] of its wave ask it, or else the column of this name."""
    if not any(name in {one.question.column, one.question.label} for one in asked):
        return name
    known = [one for one in asked if not one.among]
    return named(entry, key, name, known, what="[[items]] of that wave without among").question


def columns_asked(entry: Entry, key: str, asked: Sequence[Questions], wave: str) -> Iterator[Column]:
    """Return those of several questions that are columns."""
    yield from (Column(entry, key, name, wave, answers=True) for name in asked if isinstance(name, str))
