"""The comparisons of a study: groups of people, from [[groups]]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from credbenefits import _validation as check
from credbenefits.estimators.compare_groups import compare_groups
from credbenefits.study.parts.attrition.weights import weights_of
from credbenefits.study.parts.common import Column, columns_of, groups_of, in_rows
from credbenefits.study.parts.questions import named

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from credbenefits.questions.item import Item, Joined
    from credbenefits.results.comparisons import ComparisonResult
    from credbenefits.study.file import Entry, StudyFile
    from credbenefits.study.parts.attrition.weights import Weighting
    from credbenefits.study.parts.common import Common, Group
    from credbenefits.study.parts.found import Found
    from credbenefits.study.parts.frames import Frames
    from credbenefits.study.parts.questions import AnyQuestion, Asked
    from credbenefits.weighting.weights import Weights

_OPTIONS = ("comparison", "method", "variance", "adjust", "allow_long")


@dataclass(frozen=True, slots=True)
class Comparison:
    """A [[groups]] of the study: what is compared, and between whom."""

    entry: Entry
    wave: str
    source: str
    by: tuple[Group, ...]
    items: tuple[AnyQuestion, ...]
    among: tuple[Item | Joined, ...]
    weights: Weighting | None

    def columns(self) -> Iterator[Column]:
        """Return the columns that it names."""
        for name in columns_of(self.by):
            yield Column(self.entry, "by", name, self.source, answers=True)

    @property
    def options(self) -> dict[str, Any]:
        """Arguments that the entry gives as they are."""
        return self.entry.given(*_OPTIONS)


def comparisons(
    study: StudyFile, asked: Sequence[Asked], weights: Sequence[Weighting], found: Found
) -> Iterator[Comparison]:
    """Return the comparisons that are asked for, checked as far as that goes without data."""
    for entry in study.tables["groups"]:
        with found.each():
            wave = study.wave_of(entry)
            source = study.known_wave(entry, "from") if entry.has("from") else wave
            here = [one for one in asked if one.wave == wave]
            by = groups_of(entry.texts("by", needed=True), here if source == wave else ())
            yield Comparison(
                entry, wave, source, by, *_questions(entry, here), weights=_weights_of(entry, wave, weights)
            )


def _questions(
    entry: Entry, here: Sequence[Asked]
) -> tuple[tuple[AnyQuestion, ...], tuple[Item | Joined, ...]]:
    """Return the questions that are compared, and those that make the base."""
    known = [one for one in here if not one.among]
    what = "[[items]] of that wave without among"
    chosen = [named(entry, "items", name, known, what=what).question for name in entry.texts("items")]
    items = [one.question for one in known if one.question in chosen or not chosen]
    if not items:
        raise entry.names_none("items", "", "items", allowed=what, fix="Add [[items]] to compare.")
    yes_no = [one for one in here if one.yes_no]
    what = "[[items]] of that wave that are yes or no"
    among = [named(entry, "among", name, yes_no, what=what).item for name in entry.texts("among")]
    return tuple(items), tuple(among)


def _weights_of(entry: Entry, wave: str, weights: Sequence[Weighting]) -> Weighting | None:
    made = weights_of(entry, weights)
    if made is not None and wave not in made.waves:
        raise entry.wrong(
            "weights",
            allowed=f"weights of the wave {wave!r}",
            received=f"weights of {check.listing(made.waves)}",
            fix="Name other weights, or leave them out.",
        )
    return made


def compare(
    common: Common, frames: Frames, planned: Comparison, made: Mapping[str, Weights]
) -> ComparisonResult:
    """Compare groups."""
    entry, weights = planned.entry, planned.weights
    rows = frames.rows(
        entry,
        planned.wave,
        columns_of(planned.by),
        source=planned.source,
        also_in=() if weights is None else weights.also_in(planned.wave),
    )
    with entry.blame("by", *frames.drawn.entries), rows.as_in_file():
        result = compare_groups(
            rows.frame,
            list(planned.items),
            by=in_rows(planned.by, rows),
            bins=rows.renamed(entry.values.get("bins")),
            reference=rows.renamed(entry.values.get("reference")),
            among=list(planned.among),
            weights=None if weights is None else made[weights.name],
            design=rows.design,
            people=common.people[planned.wave],
            **planned.options,
            **frames.drawn.bootstrap(planned.options),
            **common.options,
        )
    return rows.told(result)
