"""The changes of a study: what the same people answered in two waves, from [[change]]."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from credbenefits import _validation as check
from credbenefits.estimators.transitions import transitions
from credbenefits.questions.item import Item
from credbenefits.study.parts.attrition.weights import weights_of
from credbenefits.study.parts.common import Column, columns_of, groups_of, two_waves
from credbenefits.study.parts.questions import CODING, coding, known_to, named

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from credbenefits.questions.column import KnowsColumns
    from credbenefits.questions.item import Joined
    from credbenefits.results.transitions import TransitionsResult
    from credbenefits.study.file import Entry, StudyFile
    from credbenefits.study.parts.attrition.weights import Weighting
    from credbenefits.study.parts.common import Common, Group
    from credbenefits.study.parts.found import Found
    from credbenefits.study.parts.frames import Frames
    from credbenefits.study.parts.questions import Asked
    from credbenefits.weighting.weights import Weights

_OPTIONS = ("bins", "same", "method", "variance", "linkage_error")


@dataclass(frozen=True, slots=True)
class Change:
    """A [[change]] of the study: a question, as each of two waves asks it."""

    entry: Entry
    waves: tuple[str, str]
    items: tuple[Item | Joined, Item | Joined]
    by: tuple[Group, ...]
    among: tuple[Item | Joined, ...]
    weights: Weighting | None

    def columns(self) -> Iterator[Column]:
        """Return the columns that it names."""
        for wave, item in zip(self.waves, self.items, strict=True):
            if isinstance(item, Item):
                yield Column(self.entry, "item", item.column, wave, answers=True)
        for name in columns_of(self.by):
            yield Column(self.entry, "by", name, self.waves[0], answers=True)

    @property
    def options(self) -> dict[str, Any]:
        """Arguments that the entry gives as they are."""
        return self.entry.given(*_OPTIONS)


def changes(
    study: StudyFile,
    asked: Sequence[Asked],
    weights: Sequence[Weighting],
    found: Found,
    *,
    books: Mapping[str, KnowsColumns],
) -> Iterator[Change]:
    """Return the changes that are asked for, checked as far as that goes without data.

    `books` are the codebooks of waves.
    """
    for entry in study.tables["change"]:
        with found.each():
            waves = two_waves(study, entry)
            here = [one for one in asked if one.wave == waves[0]]
            what = f"[[items]] of the wave {waves[0]!r} that are yes or no"
            yes_no = [one for one in here if one.yes_no]
            yield Change(
                entry,
                waves,
                _items(study, entry, {wave: books.get(wave) for wave in waves}, asked),
                groups_of(entry.texts("by"), here),
                tuple(named(entry, "among", name, yes_no, what=what).item for name in entry.texts("among")),
                weights_of(entry, weights),
            )


def _items(
    study: StudyFile, entry: Entry, books: Mapping[str, KnowsColumns | None], asked: Sequence[Asked]
) -> tuple[Item | Joined, Item | Joined]:
    """Return the question of each wave: as [[items]] ask it, or as this entry and the codebook say."""
    waves = tuple(books)
    item = entry.values["item"] if entry.has("item") else entry.text("item")
    if isinstance(item, dict):
        for wave in item:
            study.declared(entry, "item", wave)
        if set(item) != set(waves):
            raise entry.wrong(
                "item",
                allowed=f"the column of each of the waves {check.listing(waves)}",
                received=check.listing(item),
                fix="Name both waves and no other.",
            )
        names = item[waves[0]], item[waves[1]]
    else:
        names = item, item
    own = [name for name in CODING if entry.has(name)]
    asked_as = [None if own else _declared(entry, n, w, asked) for n, w in zip(names, waves, strict=True)]
    made = []
    for name, other, here, book in zip(names, reversed(asked_as), asked_as, books.values(), strict=True):
        question = here or (other if names[0] == names[1] else None)
        with entry.blame("item"):
            if question is None:
                question = Item(name, **coding(entry), codebook=known_to(book, name))
        label = entry.text("label", "")
        made.append(replace(question, label=label) if label else question)
    return made[0], made[1]


def _declared(entry: Entry, name: str, wave: str, asked: Sequence[Asked]) -> Item | Joined | None:
    """Return the question of [[items]] that has this name in a wave, if one has."""
    known = [one for one in asked if one.wave == wave and one.key != "select_all"]
    if not any(name in {one.question.column, one.question.label} for one in known):
        return None
    return named(entry, "item", name, known, what="[[items]]").item


def follow(common: Common, frames: Frames, planned: Change, made: Mapping[str, Weights]) -> TransitionsResult:
    """Estimate how the answers of the same people went from one wave to another."""
    entry, weights, (before, after) = planned.entry, planned.weights, planned.items
    options = planned.options | entry.given("people")
    item: Any = before if before == after else dict(zip(planned.waves, planned.items, strict=True))
    with entry.blame("item", *frames.drawn.entries):
        return transitions(
            frames.panel,
            item,
            waves=planned.waves,
            by=list(planned.by) or None,
            among=list(planned.among) or None,
            weights=None if weights is None else made[weights.name],
            design=frames.drawn.of_pairs(entry, planned.waves[0]),
            **options,
            **frames.drawn.bootstrap(options),
            **common.options,
        )
