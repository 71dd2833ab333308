"""Running a study file: link, weight, estimate, compare, follow people, and write the brief."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from credbenefits import _validation as check
from credbenefits.errors import InputError
from credbenefits.frames.boundary import with_numbers
from credbenefits.frames.split_choices import split
from credbenefits.study.exports import read_wave
from credbenefits.study.parts import page
from credbenefits.study.parts.attrition.bias import report
from credbenefits.study.parts.attrition.losses import find_again
from credbenefits.study.parts.attrition.rates import rates_of
from credbenefits.study.parts.attrition.weights import for_items, weigh, with_steps
from credbenefits.study.parts.change import follow
from credbenefits.study.parts.cut import cut_rows
from credbenefits.study.parts.estimates import estimate
from credbenefits.study.parts.found import Found
from credbenefits.study.parts.frames import Frames
from credbenefits.study.parts.groups import compare
from credbenefits.study.parts.link import invited, link
from credbenefits.study.parts.plan import make_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from credbenefits.panel.cutting.waves import Waves
    from credbenefits.panel.panel import Panel
    from credbenefits.reporting.brief import Brief
    from credbenefits.results.export import Export
    from credbenefits.results.output import DataFrame
    from credbenefits.results.proportions import ProportionsResult
    from credbenefits.study.exports import WaveRows
    from credbenefits.study.file import StudyFile
    from credbenefits.study.parts.attrition.weights import Weighting
    from credbenefits.study.parts.estimates import Estimate
    from credbenefits.study.parts.plan import Plan
    from credbenefits.weighting.weights import Weights

    Tell = Callable[[int, int, str], None]

#: Steps that are reported while a study runs.
_STEPS = 6
#: What `only` may name beside items.
PARTS = (
    "link",
    "weights",
    "proportions",
    "groups",
    "change",
    "response_rates",
    "attrition",
    "bias",
    "patterns",
)


@dataclass(frozen=True, slots=True)
class StudyResults:
    """The results of a study, in the order in which its brief has them, and the panel they are made of.

    `digests` has the SHA-256 of each wave's file as it was read. `whole` tells whether the results are all
    that the study asks for.
    """

    plan: Plan
    panel: Panel
    results: tuple[Any, ...]
    digests: Mapping[str, str]
    whole: bool = True

    def brief(self, tell: Tell | None = None) -> Brief:
        """Write the brief; `tell` is that of :func:`run_study`."""
        if tell is not None:
            tell(_STEPS, _STEPS, "writing the brief")
        return page.write(self.plan, self.results, whole=self.whole)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What of a study is wanted: parts of it, and items by their column or label; nothing means all."""

    parts: frozenset[str]
    items: frozenset[str]

    def part(self, name: str) -> bool:
        return not (self.parts or self.items) or name in self.parts

    def item(self, one: Estimate) -> bool:
        return self.part("proportions") or bool(self.items & one.names)


def run_study(study: StudyFile, tell: Tell | None = None, *, only: Sequence[str] = ()) -> Brief:
    """Run a study and return its brief.

    Parameters
    ----------
    study : StudyFile
        From :func:`read_study`.
    tell : callable, optional
        Called with the step, the number of steps and its name before each step.
    only : sequence of str
        Parts to run, if not all: "link", "weights", "proportions", "groups", "change", "response_rates",
        "attrition", "bias", "patterns", or items by their column or label. What they need is made too, but
        is not in the brief.

    Raises
    ------
    StudyFileError
        For what is wrong in the file, or does not fit the data.
    InputError
        For names in `only` that are no part and no item.
    """
    return study_results(study, tell, only=only).brief(tell)


def study_results(study: StudyFile, tell: Tell | None = None, *, only: Sequence[str] = ()) -> StudyResults:
    """Run a study and return its results; the arguments are those of :func:`run_study`."""

    def step(number: int, name: str) -> None:
        if tell is not None:
            tell(number, _STEPS, name)

    step(1, "reading the waves")
    plan = make_plan(study, Found())
    wanted = _wanted(plan, only)
    exports = {name: read_wave(study, name, plan.named(name)) for name in study.waves}
    exports, cut = cut_rows(study, exports)
    if books := {name: wave.export for name, wave in exports.items() if wave.export is not None}:
        plan = make_plan(study, Found(), books)
    apart, notes = _split(plan, {name: export.rows for name, export in exports.items()})
    waves = _given(_checked(plan, apart), exports, cut)
    step(2, "linking people across waves")
    panel = link(study, waves)
    asked = invited(study, panel)
    step(3, "weighting for attrition")
    frames = Frames(panel, plan.drawn)
    weights = _weights(plan, panel, wanted)
    step(4, "estimating proportions")
    proportions = _estimates(plan, frames, wanted, (weights, notes))
    step(5, "comparing groups")
    compared = [
        compare(plan.common, frames, one, weights) for one in plan.comparisons if wanted.part("groups")
    ]
    changed = [follow(plan.common, frames, one, weights) for one in plan.changes if wanted.part("change")]
    again = [find_again(plan.common, frames, one) for one in plan.again if wanted.part("attrition")]
    rates = [rates_of(plan.common, panel, one) for one in plan.rates if wanted.part("response_rates")]
    biased = [report(plan.common, frames, one, weights) for one in plan.bias if wanted.part("bias")]
    results: list[Any] = [*proportions, *compared, *changed, *rates, *again, *biased]
    if wanted.part("weights"):
        results += weights.values()
    results += _of_panel(plan, panel, wanted, asked)
    digests = {name: export.sha256 for name, export in exports.items()}
    return StudyResults(plan, panel, tuple(results), digests, whole=not only)


def _of_panel(plan: Plan, panel: Panel, wanted: _Wanted, asked: Mapping[str, int] | None) -> list[Any]:
    """Return what is asked of the panel itself: its patterns, its account of rows and who took part."""
    results: list[Any] = []
    patterns = plan.study.one("patterns")
    if wanted.part("patterns") and patterns is not None:
        with patterns.blame("most"):
            results.append(panel.patterns(**patterns.values))
    if wanted.part("link"):
        level = plan.common.options["confidence_level"]
        results += [panel, panel.flow(invited=asked, confidence_level=level)]
    return results


def _given(
    rows: Mapping[str, DataFrame], exports: Mapping[str, WaveRows], cut: Waves | None
) -> Mapping[str, DataFrame | Export]:
    """Return what is linked: the rows with the codebook of their file, and who answered where it is known."""
    whole = {name: exports[name].linked(made) for name, made in rows.items()}
    return whole if cut is None else cut.over(whole)


def _wanted(plan: Plan, only: Sequence[str]) -> _Wanted:
    """Tell parts from items, and refuse what is neither."""
    known = {name for one in plan.estimates for name in one.names}
    for name in only:
        if name not in PARTS and name not in known:
            raise InputError(
                "only",
                allowed=f"{', '.join(PARTS)}, or the column or label of an item",
                value=name,
                fix=check.suggestion(name, [*PARTS, *sorted(known)], "names"),
            )
    return _Wanted(frozenset(only) & frozenset(PARTS), frozenset(only) - frozenset(PARTS))


def _weights(plan: Plan, panel: Panel, wanted: _Wanted) -> dict[str, Weights]:
    """Make the weights that something wanted takes, each after those that it is made of."""
    used = _weights_used(plan, wanted)
    made: dict[str, Weights] = {}
    for one in plan.weights:
        if one.name in used:
            made[one.name] = weigh(plan.common, panel, one, made)
    return made


def _weights_used(plan: Plan, wanted: _Wanted) -> set[str]:
    """Return the names of the weights that something wanted takes."""
    waves = {one.asked.wave for one in plan.estimates if wanted.item(one)}
    used = list(plan.weights) if wanted.part("weights") else []
    used += [one for one in for_items(plan.weights) if one.wave in waves]
    for part, planned in (("groups", plan.comparisons), ("change", plan.changes)):
        if wanted.part(part):
            used += [one.weights for one in planned if one.weights is not None]
    if wanted.part("bias"):
        used += [made for one in plan.bias for made in one.made_of]
    return with_steps(used)


def _split(
    plan: Plan, waves: dict[str, DataFrame]
) -> tuple[dict[str, DataFrame], dict[tuple[str, str], str]]:
    """Return the waves with columns of choices, and what a reader must know by wave and column."""
    notes: dict[tuple[str, str], str] = {}
    for one in plan.choices:
        wave, entry, before = one.wave, one.entry, waves[one.wave]
        with entry.blame("column"):
            check.column("column", one.question.column, list(before.columns), f"wave {wave!r}")
        with entry.blame("choices"):
            made, note = split(before, one.question, plan.common.missing)
        notes |= {(wave, str(new)): note for new in made.columns[len(before.columns) :] if note}
        waves[wave] = made
    return waves, notes


def _checked(plan: Plan, waves: Mapping[str, DataFrame]) -> dict[str, DataFrame]:
    """Check every column named in the file before anything long runs; return waves with numbers as such."""
    numbers: dict[str, set[str]] = {}
    plan.check_labels({str(c) for frame in waves.values() for c in frame.columns}, Found())
    for one in plan.columns():
        with one.entry.blame(one.key):
            check.column(
                one.key, one.name, one.among(map(str, waves[one.wave].columns)), f"wave {one.wave!r}"
            )
        if one.numbers:
            numbers.setdefault(one.wave, set()).add(one.name)
    return {name: with_numbers(frame, sorted(numbers.get(name, ()))) for name, frame in waves.items()}


def _estimates(
    plan: Plan,
    frames: Frames,
    wanted: _Wanted,
    made: tuple[Mapping[str, Weights], Mapping[tuple[str, str], str]],
) -> list[ProportionsResult]:
    """Estimate the items that are wanted: of who answered, and for the population of each weighting.

    Weights from a column are for everybody in the wave, so estimates without them would be of nobody.
    """
    weights, notes = made
    items = [one for one in plan.estimates if wanted.item(one)]
    used = [one for one in for_items(plan.weights) if one.name in weights]
    base = {one.wave for one in plan.weights if one.of_column}
    plain = [
        one
        for one in items
        if one.asked.wave not in base and not plan.drawn.has_replicate_weights(one.asked.entry)
    ]
    runs: list[tuple[list[Estimate], Weighting | None]] = [(plain, None)]
    runs += [([item for item in items if item.asked.wave == one.wave], one) for one in used]
    results: list[ProportionsResult] = []
    told: set[tuple[str, str]] = set()
    for estimated, weighting in runs:
        taken, also_in = (
            (None, ()) if weighting is None else (weights[weighting.name], weighting.also_in(weighting.wave))
        )
        by_place = estimate(plan.common, frames, estimated, taken, also_in=also_in)
        for place, one in enumerate(estimated):
            key = one.asked.wave, one.asked.question.column
            note = notes.get(key) if one.asked.key == "column" and key not in told else None
            told.add(key)
            result = by_place[place]
            results.append(replace(result, notes=(note, *result.notes)) if note else result)
    return results
