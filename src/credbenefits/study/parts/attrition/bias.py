"""Reports on nonresponse bias, from [[bias]]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import credbenefits
from credbenefits.study.parts.attrition.people import (
    columns_asked,
    eligible_of,
    population_of,
    question_of,
    waves_of,
)
from credbenefits.study.parts.attrition.weights import base_columns, base_of, base_weights, named_weights
from credbenefits.study.parts.common import Column, columns_of, groups_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from credbenefits.counts.sampling import SurveyDesign
    from credbenefits.results.bias.report import NonresponseBiasResult
    from credbenefits.study.file import Entry, StudyFile
    from credbenefits.study.parts.attrition.people import Eligible, Questions
    from credbenefits.study.parts.attrition.weights import Base, Weighting
    from credbenefits.study.parts.common import Common, Group
    from credbenefits.study.parts.drawn import Drawn
    from credbenefits.study.parts.found import Found
    from credbenefits.study.parts.frames import Frames
    from credbenefits.study.parts.questions import Asked
    from credbenefits.weighting.weights import Weights


@dataclass(frozen=True, slots=True)
class Bias:
    """A [[bias]] of the study: who is compared with everybody, and on what."""

    entry: Entry
    waves: tuple[str, ...]
    to: str
    outcome: tuple[Questions, ...]
    known: Mapping[str, tuple[Questions, ...]]
    by: tuple[Group, ...]
    weights: tuple[Weighting, ...]
    base: Base | None
    eligible: Eligible | None

    @property
    def made_of(self) -> Iterator[Weighting]:
        """The weights of the study that it takes."""
        yield from self.weights
        if self.base is not None and not isinstance(self.base, str):
            yield self.base

    def columns(self) -> Iterator[Column]:
        """Return the columns that it names."""
        for wave, names in self.entry.columns("variables", self.to).items():
            yield from (Column(self.entry, "variables", name, wave) for name in names)
        yield from columns_asked(self.entry, "outcome", self.outcome, self.waves[-1])
        for wave, asked in self.known.items():
            yield from columns_asked(self.entry, "known", asked, wave)
        for name in columns_of(self.by):
            yield Column(self.entry, "by", name, self.to, answers=True)
        yield from base_columns(self.entry, self.base, self.to)
        if self.eligible is not None:
            yield from self.eligible.columns()

    def has_design(self, drawn: Drawn) -> bool:
        """Tell whether it takes the design; replicate weights do not hold for it."""
        return drawn.of(self.entry) and not drawn.has_replicate_weights(self.entry)

    def design(self, drawn: Drawn) -> SurveyDesign | None:
        """Return the design that it takes: of the people who are everybody."""
        return drawn.of_pairs(self.entry, self.to) if self.has_design(drawn) else None


def reports(
    study: StudyFile, asked: Sequence[Asked], weights: Sequence[Weighting], found: Found
) -> Iterator[Bias]:
    """Return the reports that are asked for, checked as far as that goes without data."""
    for entry in study.tables["bias"]:
        with found.each():
            waves = waves_of(study, entry)
            to = population_of(study, entry, waves)
            for wave in entry.columns("variables", to):
                study.declared(entry, "variables", wave)
            here = [one for one in asked if one.wave == waves[-1]]
            everybody = [one for one in asked if one.wave == to and one.yes_no]
            yield Bias(
                entry,
                waves,
                to,
                tuple(question_of(entry, "outcome", name, here) for name in entry.texts("outcome")),
                _known(study, entry, to, asked),
                groups_of(entry.texts("by"), everybody),
                tuple(named_weights(entry, name, weights) for name in entry.texts("weights")),
                base_of(entry, weights, [one.values.get("name") for one in study.tables["weights"]]),
                eligible_of(study, entry, to, asked),
            )


def _known(
    study: StudyFile, entry: Entry, to: str, asked: Sequence[Asked]
) -> dict[str, tuple[Questions, ...]]:
    """Return what is recorded for everybody, by the wave that has it."""
    made = {}
    for wave, names in entry.columns("known", to).items():
        here = [one for one in asked if one.wave == study.declared(entry, "known", wave)]
        made[wave] = tuple(question_of(entry, "known", name, here) for name in names)
    return {wave: questions for wave, questions in made.items() if questions}


def report(
    common: Common, frames: Frames, planned: Bias, made: Mapping[str, Weights]
) -> NonresponseBiasResult:
    """Compare who answered with everybody."""
    entry = planned.entry
    options = entry.given("bins", "population")
    if entry.has("variables"):
        options["variables"] = entry.columns("variables", planned.to)
    if planned.eligible is not None:
        options["eligible"] = planned.eligible.argument
    with entry.blame("to", *frames.drawn.entries):
        # By the package, which loads it when it is first used: it takes long, and few studies ask for it.
        return credbenefits.nonresponse_bias(
            frames.panel,
            wave=planned.waves[0] if len(planned.waves) == 1 else planned.waves,
            to=planned.to,
            outcome=list(planned.outcome) or None,
            known=planned.known or None,
            by=list(planned.by) or None,
            weights={one.name: made[one.name] for one in planned.weights} or None,
            design=planned.design(frames.drawn),
            **base_weights(planned.base, made),
            **options,
            **common.options,
        )
