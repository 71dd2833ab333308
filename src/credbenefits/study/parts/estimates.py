"""The proportions of a study: items with the same options are estimated together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from credbenefits.errors import InputError
from credbenefits.estimators.proportions import proportions
from credbenefits.study.parts.common import Column, columns_of, groups_of, in_rows
from credbenefits.study.parts.questions import named

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from credbenefits.questions.item import Item, Joined
    from credbenefits.results.proportions import ProportionsResult
    from credbenefits.study.file import Entry, StudyFile
    from credbenefits.study.parts.common import Common, Group
    from credbenefits.study.parts.found import Found
    from credbenefits.study.parts.frames import Frames, Rows
    from credbenefits.study.parts.questions import Asked
    from credbenefits.weighting.weights import Weights

_OPTIONS = ("share", "totals", "method", "variance")


@dataclass(frozen=True, slots=True)
class Estimate:
    """A question with all that its estimate takes: from its entry, or from [proportions]."""

    asked: Asked
    defaults: Entry | None
    among: tuple[Item | Joined, ...]
    by: tuple[Group, ...]
    source: str
    options: dict[str, Any]

    @property
    def together(self) -> str:
        """What it must share with others to be estimated together with them."""
        own = self.asked.entry.values.get("design", True)
        return repr((self.asked.wave, self.among, self.by, self.source, self.options, own))

    @property
    def names(self) -> set[str]:
        """What its rows are called in a result, answers and choices apart."""
        return {self.asked.question.column, self.asked.question.label}

    def told_from(self, other: Estimate) -> bool:
        """Tell whether no row of it is called as one of the other is, answers and choices included."""
        return not any(
            one == name or one.startswith(f"{name}: ") or name.startswith(f"{one}: ")
            for one in self.names
            for name in other.names
        )

    def columns(self) -> Iterator[Column]:
        """Return the columns that it names."""
        entry, wave = self.asked.entry, self.asked.wave
        for name in self.asked.columns:
            yield Column(entry, self.asked.key, name, wave, answers=True)
        owner = entry if entry.has("by") or self.defaults is None else self.defaults
        for name in columns_of(self.by):
            yield Column(owner, "by", name, self.source, answers=True)


def estimates(study: StudyFile, asked: Sequence[Asked], found: Found) -> Iterator[Estimate]:
    """Return what is to be estimated, with the options of each."""
    defaults = study.one("proportions")
    if defaults is not None and defaults.has("from"):
        with found.each():
            study.known_wave(defaults, "from")
    for one in asked:
        entry = one.entry
        held = {} if defaults is None else dict(defaults.values)
        given = held | dict(entry.values)
        with found.each():
            source = study.declared(entry, "from", given["from"]) if "from" in given else one.wave
            known = [other for other in asked if other.wave == one.wave and other.yes_no]
            others, what = (
                [other for other in known if other is not one],
                "another [[items]] of the same wave",
            )
            among = [named(entry, "among", name, others, what=what).item for name in one.among]
            by = given.get("by", ())
            groups = groups_of([by] if isinstance(by, str) else by, known if source == one.wave else ())
            options = {name: given[name] for name in (*_OPTIONS, "bins") if name in given}
            yield Estimate(one, defaults, tuple(among), groups, source, options)


def estimate(
    common: Common,
    frames: Frames,
    planned: Sequence[Estimate],
    weights: Weights | None,
    *,
    also_in: Sequence[str] = (),
) -> dict[int, ProportionsResult]:
    """Estimate items together that can be; return the result of each by its place among them.

    `also_in` are other waves that everybody with a weight is in.
    """
    made: dict[int, ProportionsResult] = {}
    for places in _batches(planned):
        batch = [planned[place] for place in places]
        result = _together(common, frames, batch, weights, also_in=also_in)
        for place, one in zip(places, batch, strict=True):
            made[place] = result if len(batch) == 1 else result[one.asked.question.column]
    return made


def _batches(planned: Sequence[Estimate]) -> list[list[int]]:
    """Put the places of estimates together that share their options, and whose rows have other names."""
    batches: dict[str, list[list[int]]] = {}
    for place, one in enumerate(planned):
        alike = batches.setdefault(one.together, [])
        fit = (batch for batch in alike if all(one.told_from(planned[other]) for other in batch))
        batch = next(fit, None)
        if batch is None:
            alike.append([place])
        else:
            batch.append(place)
    return [batch for alike in batches.values() for batch in alike]


def _together(
    common: Common,
    frames: Frames,
    batch: Sequence[Estimate],
    weights: Weights | None,
    *,
    also_in: Sequence[str],
) -> ProportionsResult:
    first = batch[0]
    rows = frames.rows(
        first.asked.entry,
        first.asked.wave,
        columns_of(first.by),
        source=first.source,
        also_in=also_in,
    )
    try:
        result = _proportions(common, frames, batch, (rows, weights))
    except InputError as problem:
        for one in batch if batch[1:] else ():  # the first that cannot be estimated is named
            with one.asked.entry.blame(one.asked.key, first.defaults, *frames.drawn.entries):
                _proportions(common, frames, [one], (rows, weights))
        with first.asked.entry.blame(first.asked.key, first.defaults, *frames.drawn.entries):
            raise problem
    return rows.told(result)


def _proportions(
    common: Common, frames: Frames, batch: Sequence[Estimate], data: tuple[Rows, Weights | None]
) -> ProportionsResult:
    first, (rows, weights) = batch[0], data
    options = dict(first.options)
    if "bins" in options:
        options["bins"] = rows.renamed(options["bins"])
    return proportions(
        rows.frame,
        [one.asked.question for one in batch],
        by=in_rows(first.by, rows) or None,
        among=list(first.among),
        weights=weights,
        design=rows.design,
        people=common.people[first.asked.wave],
        **options,
        **frames.drawn.bootstrap(options),
        **common.options,
    )
