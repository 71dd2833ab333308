"""All that a study file asks for, made and checked as far as that goes without its data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from credbenefits import _validation as check
from credbenefits.frames.identifiers import refuse_keys
from credbenefits.questions.item import answers_of_call, insist
from credbenefits.questions.select_all import SelectAll
from credbenefits.reporting.findings import check_names
from credbenefits.study.parts.attrition.bias import Bias, reports
from credbenefits.study.parts.attrition.losses import Again, losses
from credbenefits.study.parts.attrition.rates import Rates, response
from credbenefits.study.parts.attrition.weights import Weighting, for_items, weightings
from credbenefits.study.parts.change import Change, changes
from credbenefits.study.parts.common import Column, Common, columns_of
from credbenefits.study.parts.cut import check_cuts
from credbenefits.study.parts.drawn import Drawn, drawing, drawn
from credbenefits.study.parts.estimates import Estimate, estimates
from credbenefits.study.parts.groups import Comparison, comparisons
from credbenefits.study.parts.link import check_keys, key_columns, keys_of, status_columns
from credbenefits.study.parts.questions import Asked, questions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from credbenefits.questions.column import KnowsColumns
    from credbenefits.study.file import Entry, StudyFile
    from credbenefits.study.parts.found import Found


@dataclass(frozen=True, slots=True)
class Choices:
    """A column of several choices to split."""

    entry: Entry
    wave: str
    question: SelectAll


@dataclass(frozen=True, slots=True)
class Plan:
    """What a study asks for."""

    study: StudyFile
    common: Common
    choices: tuple[Choices, ...]
    asked: tuple[Asked, ...]
    drawn: Drawn
    estimates: tuple[Estimate, ...]
    weights: tuple[Weighting, ...]
    bias: tuple[Bias, ...]
    comparisons: tuple[Comparison, ...]
    changes: tuple[Change, ...]
    rates: tuple[Rates, ...]
    again: tuple[Again, ...]

    def columns(self) -> Iterator[Column]:
        """Return every column that the study names, but those of `exclude`, which not every wave has."""
        for wave, entry in self.study.waves.items():
            yield from (Column(entry, "keys", name, wave) for name in key_columns(entry))
            yield from (Column(entry, "answered", name, wave) for name in entry.texts("answered"))
            yield from (Column(entry, "within", entry.text("within"), wave) for _ in entry.given("within"))
            yield from (Column(entry, "status", name, wave) for name in status_columns(entry))
        for split in self.choices:
            yield Column(split.entry, "column", split.question.column, split.wave, answers=True)
        named: tuple[Estimate | Weighting | Bias | Comparison | Change | Rates | Again, ...]
        named = (*self.estimates, *self.weights, *self.bias, *self.comparisons, *self.changes)
        named = (*named, *self.rates, *self.again)
        for part in named:
            for column in part.columns():
                yield replace(column, others=self._called) if column.key == "base_weights" else column
        for entry, key, name in self.drawn.columns:
            for wave in [self.drawn.source] if self.drawn.source else self._waves_drawn():
                yield Column(entry, key, name, wave, numbers=key in {"population_size", "columns"})

    @property
    def _called(self) -> tuple[str, ...]:
        """What the weights of the study are called."""
        return tuple(one.name for one in self.weights)

    def carried(self) -> Iterator[tuple[str, str]]:
        """Return columns that are carried to another wave, and the wave that they come from."""
        for one in self.estimates:
            if one.source != one.asked.wave:
                yield from ((name, one.source) for name in columns_of(one.by))
        for compared in self.comparisons:
            if compared.source != compared.wave:
                yield from ((name, compared.source) for name in columns_of(compared.by))
        about: tuple[Weighting | Bias, ...] = (*self.weights, *self.bias)
        for part in about:
            yield from ((c.name, c.wave) for c in part.columns() if part.to not in {"", c.wave})
        if self.drawn.source:
            yield from ((name, self.drawn.source) for _, _, name in self.drawn.columns)

    def named(self, wave: str) -> list[str]:
        """Return the columns by which the file of a wave is known to be the right one."""
        return [one.name for one in self.columns() if one.wave == wave] + list(
            self.study.top.values.get("exclude", {})
        )

    def check_labels(self, columns: Iterable[str], found: Found) -> None:
        """Check that what `labels` and `level_labels` call by a name of its own is there, in some wave."""
        top = self.study.top
        held = set(columns)
        known = {*self.study.waves, *held, *(name for one in self.estimates for name in one.names)}
        # A column that is carried to another wave is called by its own.
        known |= {f"{column}_{wave}" for column in held for wave in self.study.waves}
        split = tuple(f"{one.question.column}: " for one in self.choices if not one.question.choices)
        known |= {f"{one.question.column}: {c}" for one in self.choices for c in one.question.choices}
        for key, where in (("labels", "any wave, or a wave"), ("level_labels", "any wave")):
            for name in top.values.get(key, {}):
                if not (split and name.startswith(split)) and not found.follows("items", name):
                    with found.each(), top.blame(key):
                        check.column(key, name, sorted(known), where)

    def check_findings(self, found: Found) -> None:
        """Check that each of `findings` holds the name of something estimated; a brief knows the rest."""
        top = self.study.top
        with found.each(), top.blame("findings"):
            check_names(top.texts("findings") if top.has("findings") else None)
        asked = [one.question for one in self.asked] + [item for one in self.changes for item in one.items]
        known = {name for question in asked for name in (question.column, question.label) if name}
        known |= {column for one in self.asked for column in one.columns}
        known |= {name for one in self.changes for name in one.entry.given("label").values()}
        if self.again:
            known |= {f"found again in {wave}" for one in self.again for wave in one.waves[1:]}
        known |= {called for name, called in top.values.get("labels", {}).items() if name in known}
        for name in top.texts("findings"):
            if not any(each in name for each in known) and not found.follows("items", name):
                with found.each():
                    raise top.wrong(
                        "findings",
                        allowed="names of what is estimated: columns or labels of items, with their groups",
                        value=name,
                        fix=check.suggestion(name, sorted(known), "names"),
                    )

    def refuse_keys(self, found: Found) -> None:
        """Refuse keys that people are linked on as answers, choices and groups."""
        if self.common.options["allow_identifier"]:
            return
        for one in self.columns():
            if one.answers:
                with found.each(), one.entry.blame(one.key):
                    refuse_keys(one.key, [one.name], keys_of(self.study.waves[one.wave]))

    def _waves_drawn(self) -> list[str]:
        """Return the waves whose own files have the columns of the design."""
        of = self.drawn.of
        waves = [one.wave for one in self.asked if of(one.entry)]
        waves += [one.wave for one in self.comparisons if of(one.entry)]
        waves += [change.waves[0] for change in self.changes if of(change.entry)]
        waves += [one.waves[0] for one in self.again if one.has_design(self.drawn)]
        waves += [one.to for one in self.bias if one.has_design(self.drawn)]
        return list(dict.fromkeys(waves))


def make_plan(
    study: StudyFile, found: Found, books: Mapping[str, KnowsColumns] = MappingProxyType({})
) -> Plan:
    """Make all that a study file asks for; what is wrong goes to `found`.

    `books` are the codebooks of waves, which say of their columns what the study file does not.
    """
    if study.top.has("wave"):
        with found.each():
            study.known_wave(study.top, "wave")
    check_keys(study, found)
    check_cuts(study, found)
    common = _common(study, found)
    choices = tuple(_choices(study, common, found))
    asked = tuple(questions(study, found, books))
    weights = tuple(weightings(study, asked, found))
    plan = Plan(
        study,
        common,
        choices,
        asked,
        drawn(study, found),
        tuple(estimates(study, asked, found)),
        weights,
        tuple(reports(study, asked, weights, found)),
        tuple(comparisons(study, asked, weights, found)),
        tuple(changes(study, asked, weights, found, books=books)),
        tuple(response(study, found)),
        tuple(losses(study, asked, found)),
    )
    for change in plan.changes:
        with found.each():
            plan.drawn.of_pairs(change.entry, change.waves[0])
    counted: tuple[Again | Bias, ...] = (*plan.again, *plan.bias)
    for one in counted:
        with found.each():
            one.design(plan.drawn)
    _refuse_idle(plan, found)
    plan.refuse_keys(found)
    plan.check_findings(found)
    return plan


def _common(study: StudyFile, found: Found) -> Common:
    top = study.top
    options: dict[str, Any] = {
        "confidence_level": top.values.get("confidence_level", 0.95),
        "missing": (),
        "answers": (),
        "allow_identifier": top.values.get("allow_identifier", False),
    }
    with found.each(), top.blame("confidence_level"):
        options["confidence_level"] = check.confidence_level(options["confidence_level"])
    with found.each(), top.blame("answers"):
        options["missing"] = top.answers("missing")
        options["answers"] = answers_of_call(top.answers("answers"), options["missing"])
    labels = top.values.get("labels", {})
    people = {
        name: entry.text("people", f"people who answered “{labels.get(name, name)}”")
        for name, entry in study.waves.items()
    }
    return Common(options, people, top.text("people", "people"))


def _choices(study: StudyFile, common: Common, found: Found) -> Iterator[Choices]:
    for entry in study.tables["choices"]:
        with found.each(entry):
            wave, column = study.wave_of(entry), entry.text("column")
            with entry.blame("choices"):
                question = SelectAll(
                    column,
                    choices=entry.texts("choices"),
                    none_of_these=entry.text("none_of_these", "") or None,
                    missing=entry.answers("missing"),
                    answers=entry.answers("answers"),
                    same=entry.values.get("same", {}),
                    **entry.given("separator"),
                )
                yield Choices(entry, wave, insist(question, common.options["answers"]))


def _refuse_idle(plan: Plan, found: Found) -> None:
    """Refuse tables that would have no effect."""
    study, drawn = plan.study, plan.drawn
    options = [one.options for one in plan.estimates]
    options += [one.options for one in plan.comparisons]
    options += [one.options for one in plan.changes]
    unknown = found.doubtful("proportions", "items", "groups", "change")
    if drawn.resampling is not None and not unknown and not any(map(drawing, options)):
        found.add(
            study.top.wrong(
                "bootstrap",
                allowed="it where a method or a variance asks for replicates",
                received="it, and none that asks",
                fix='Say variance = "bootstrap" or method = "bootstrap" somewhere, or leave it out.',
            )
        )
    weighted = {one.wave for one in for_items(plan.weights)}
    if drawn.replicates is not None and not found.doubtful("weights"):
        for one in plan.asked:
            if drawn.of(one.entry) and one.wave not in weighted:
                found.add(
                    drawn.replicates.wrong(
                        "columns",
                        allowed=f"them beside [weights] of the wave {one.wave!r}",
                        received="them alone",
                        fix="Add [weights] with the column of the full sample's weight and its population, "
                        f"or say design = false in {one.entry.key}.",
                    )
                )
