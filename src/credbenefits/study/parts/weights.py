"""The weights of a study: against attrition, or from a column of a wave's file."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from credbenefits import _validation as check
from credbenefits.study.parts.common import Column
from credbenefits.weighting.attrition import attrition_weights
from credbenefits.weighting.weights import Weights

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from credbenefits.panel.panel import Panel
    from credbenefits.study.file import Entry, StudyFile
    from credbenefits.study.parts.common import Common
    from credbenefits.study.parts.found import Found

_MODEL = ("to", "covariates", "check", "bins", "trim", "method")


@dataclass(frozen=True, slots=True)
class Weighting:
    """A [weights] of the study: the wave that is weighted, and the wave that is the population, if any."""

    entry: Entry
    wave: str
    to: str

    @property
    def of_column(self) -> bool:
        """Whether the weights come from a column of the file."""
        return self.entry.has("column")

    @property
    def population(self) -> str:
        """Whom they speak for, in words."""
        return self.entry.text("population")

    def columns(self) -> Iterator[Column]:
        """Return the columns that it names."""
        if self.of_column:
            yield Column(self.entry, "column", self.entry.text("column"), self.wave, numbers=True)
        for key in ("covariates", "check"):
            for wave, names in self.entry.columns(key, self.to).items():
                yield from (Column(self.entry, key, name, wave) for name in names)


def weightings(study: StudyFile, found: Found) -> Iterator[Weighting]:
    """Return the weights that are asked for, checked as far as that goes without data."""
    entries = study.tables["weights"]
    twice = Counter(entry.values.get("population") for entry in entries)
    for entry in entries:
        with found.each(entry):
            made = _weighting(study, entry)
            if twice[entry.text("population")] > 1:
                raise entry.wrong(
                    "population",
                    allowed="a population of its own for each of the [[weights]]",
                    value=entry.text("population"),
                    fix="Say in words how they differ.",
                )
            yield made


def _weighting(study: StudyFile, entry: Entry) -> Weighting:
    wave = study.wave_of(entry)
    if entry.has("column"):
        others = [name for name in _MODEL if entry.has(name)]
        if others:
            raise entry.wrong(
                others[0],
                allowed="no model of answering beside column, which has the weights",
                received=check.listing(others),
                fix="Leave out the one or the other; [[weights]] may be several.",
            )
        return Weighting(entry, wave, "")
    if entry.has("population_size"):
        raise entry.wrong(
            "population_size",
            allowed="it beside column only",
            received="it beside a wave that is the population",
            fix="Leave it out: it is the number of people in that wave.",
        )
    to = study.known_wave(entry, "to")
    if wave == to:
        raise entry.wrong(
            "to",
            allowed=f"another wave than {wave!r}, which is weighted",
            value=to,
            fix="Name the wave whose people are the population.",
        )
    if not entry.has("covariates"):
        raise entry.lacks("covariates", allowed="columns", fix='Write covariates = ["age", "region"].')
    for key in ("covariates", "check"):
        for named in entry.columns(key, to):
            study.declared(entry, key, named)
    return Weighting(entry, wave, to)


def weigh(common: Common, panel: Panel, weighting: Weighting) -> Weights:
    """Make the weights."""
    entry = weighting.entry
    if weighting.of_column:
        with entry.blame("column"):
            return Weights.from_column(
                panel.wave(weighting.wave),
                entry.text("column"),
                population=weighting.population,
                **entry.given("population_size"),
            )
    options = entry.given("bins", "method", "trim")
    if options.get("trim") is False:
        options["trim"] = None
    kept = ("missing", "answers", "allow_identifier")
    with entry.blame("covariates"):
        return attrition_weights(
            panel,
            entry.columns("covariates", weighting.to),
            wave=weighting.wave,
            to=weighting.to,
            check=entry.columns("check", weighting.to),
            population=weighting.population,
            **{name: common.options[name] for name in kept},
            **options,
        )


def weights_of(entry: Entry, weights: Sequence[Weighting]) -> Weighting | None:
    """Return the weights that an entry names by their population, or None where it names none."""
    if not entry.has("weights"):
        return None
    name = entry.text("weights")
    for one in weights:
        if one.entry.values.get("population") == name:
            return one
    known = [str(one.entry.values.get("population")) for one in weights]
    raise entry.names_none(
        "weights",
        name,
        "weights",
        allowed="the `population` of a [weights] of this file",
        fix=check.suggestion(name, known, "populations") if known else "Add a table [weights].",
    )
