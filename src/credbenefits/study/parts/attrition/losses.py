"""Who was lost between waves, and who of one is found again in another, from [[attrition]]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from credbenefits.estimators.attrition import attrition
from credbenefits.study.parts.common import Column, columns_of, groups_of, two_waves

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from credbenefits.counts.sampling import SurveyDesign
    from credbenefits.results.attrition.report import AttritionResult
    from credbenefits.study.file import Entry, StudyFile
    from credbenefits.study.parts.common import Common, Group
    from credbenefits.study.parts.drawn import Drawn
    from credbenefits.study.parts.found import Found
    from credbenefits.study.parts.frames import Frames
    from credbenefits.study.parts.questions import Asked


@dataclass(frozen=True, slots=True)
class Again:
    """An [[attrition]] of the study: whose people are looked for, where, and in which groups."""

    entry: Entry
    waves: tuple[str, str]
    by: tuple[Group, ...]

    def columns(self) -> Iterator[Column]:
        """Return the columns that it names."""
        for name in columns_of(self.by):
            yield Column(self.entry, "by", name, self.waves[0], answers=True)

    def has_design(self, drawn: Drawn) -> bool:
        """Tell whether it is estimated with the design; replicate weights are of no use without weights."""
        return drawn.of(self.entry) and not drawn.has_replicate_weights(self.entry)

    def design(self, drawn: Drawn) -> SurveyDesign | None:
        """Return the design that it is estimated with."""
        return drawn.of_pairs(self.entry, self.waves[0]) if self.has_design(drawn) else None


def losses(study: StudyFile, asked: Sequence[Asked], found: Found) -> Iterator[Again]:
    """Return what is asked for, checked as far as that goes without data."""
    for entry in study.tables["attrition"]:
        with found.each():
            waves = two_waves(study, entry, default=(next(iter(study.waves)), list(study.waves)[-1]))
            here = [one for one in asked if one.wave == waves[0] and one.yes_no]
            yield Again(entry, waves, groups_of(entry.texts("by"), here))


def find_again(common: Common, frames: Frames, planned: Again) -> AttritionResult:
    """Count who was lost, and who is found again."""
    entry = planned.entry
    with entry.blame("by", *frames.drawn.entries):
        return attrition(
            frames.panel,
            waves=planned.waves,
            by=list(planned.by) or None,
            design=planned.design(frames.drawn),
            people=common.people[planned.waves[0]],
            **entry.given("bins"),
            **common.options,
        )
