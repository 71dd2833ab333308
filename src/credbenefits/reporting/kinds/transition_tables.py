"""The tables of change between two waves, and what their cells have in common with its sentences."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from credbenefits.reporting import headings, names
from credbenefits.reporting import people as name_of
from credbenefits.reporting import words as say
from credbenefits.reporting.rounding import decimals, same_difference
from credbenefits.results.base import level_words
from credbenefits.results.parts import Numbers, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from credbenefits.results.parts import Cell, StudyWords
    from credbenefits.results.transitions import Transition, TransitionsResult


@dataclass(frozen=True, slots=True)
class Change:
    """The share of one answer in both waves, and the net change, in one group."""

    first: Transition
    second: Transition
    net: Transition


@dataclass(frozen=True, slots=True)
class Asked:
    """A result with the words of the study."""

    result: TransitionsResult
    words: StudyWords

    @property
    def question(self) -> str:
        """What was asked."""
        label, item = self.result.label, self.result.item
        return self.words.label(item) if label == item else label

    @property
    def waves(self) -> tuple[str, str]:
        """What both waves are called, in quotes."""
        first, second = self.result.waves
        return f"“{self.words.label(first)}”", f"“{self.words.label(second)}”"

    @property
    def by(self) -> str:
        """The columns that make groups."""
        return names.columns(self.result.by, self.words)

    @property
    def people(self) -> str:
        """Who they are, and what they reported who are in the base."""
        row, (first, second) = self.result.rows[0], self.result.waves
        both = f" answered in {first} and {second}"
        base = row.base.removeprefix(f"{row.n:,} ").partition(both)[0]
        return base.removesuffix(" who").removesuffix(" and")

    @property
    def places(self) -> int:
        """Decimals of all percentages of its finding."""
        return decimals(row.n for row in self.result.rows if row.measure == "net_change")

    @property
    def is_yes_no(self) -> bool:
        """Whether the question is answered with yes or no."""
        return self.result.levels == ("yes", "no")

    def level(self, name: str) -> str:
        """Return what an answer is called."""
        return self.words.level(self.result.item, name)

    def reported(self, level: str) -> str:
        """Return what people report who give an answer."""
        return self.question if self.is_yes_no else f"{self.question}: {self.level(level)}"

    def groups(self, row: Transition) -> tuple[str, ...]:
        """Return the cells of a row's group."""
        return tuple(self.words.level(column, value) for column, value in row.group)

    def group(self, change: Change) -> str:
        """Name the group of a change; empty where there are none."""
        return names.pair_words(change.net.group, self.words) if change.net.group else ""

    def answer(self, change: Change) -> str:
        """Name what a change is of: an answer, or without groups what was asked."""
        if self.is_yes_no:
            return "" if change.net.group else self.question
        return self.level(change.net.first)

    def called(self, change: Change) -> str:
        """Name a change among those of one question: by its group and its answer."""
        return ", ".join(filter(None, (self.group(change), self.answer(change))))


def tables(changes: Sequence[Change], asked: Asked) -> Iterable[Table]:
    """Show both waves and the change, who changed, and who went from which answer to which."""
    rows = asked.result.rows
    stayed = [row for row in rows if row.measure in {"changed", "stayed"}]
    flows = [row for row in rows if row.measure == "share"]
    if changes:
        yield _both_waves(changes, asked)
    if stayed:
        yield _who_changed(stayed, asked)
    if flows:
        yield _flows(flows, asked)


def _heads(asked: Asked) -> tuple[str, ...]:
    return ("Reported", *(asked.words.label(column) for column in asked.result.by))


def _caption(what: str, asked: Asked) -> str:
    """Say in a caption by what the numbers are, and for whom, where it is not those who answered."""
    result = asked.result
    by = f", by {asked.by}" if result.by else ""
    population = name_of.population(result.population, asked.words)
    weighted = f", weighted to {population}" if population else ", weighted"
    corrected = ", corrected for false links" if result.linkage_error == "adjust" else ""
    return f"{what}{by}{weighted if result.weighted else ''}{corrected}"


def _least(rows: Iterable[Transition]) -> int:
    return min((row.n for row in rows if row.n), default=0)


def _level(asked: Asked) -> str:
    return level_words(asked.result.confidence_level)


def _both_waves(changes: Sequence[Change], asked: Asked) -> Table:
    first, second = asked.waves
    exact = all(
        same_difference(change.second.estimate, change.first.estimate, change.net.estimate, places)
        for change in changes
        for places in (0, 1)
    )

    def row(change: Change) -> tuple[Cell, ...]:
        net = change.net
        limits = () if math.isnan(net.conf_low) else (net.conf_low, net.conf_high)
        moved = Numbers("{} ({} to {})" if limits else "{} (no interval)", (net.estimate, *limits), "points")
        return (
            asked.reported(net.first),
            *asked.groups(net),
            _counted(change.first),
            _counted(change.second),
            moved if net.n else "–",
        )

    return Table(
        headings.CHANGE,
        _caption(f"The same people in {first} and in {second}", asked),
        (*_heads(asked), f"In {first}", f"In {second}", f"Change in points ({_level(asked)} interval)"),
        tuple(map(row, changes)),
        base=_least(change.net for change in changes),
        after=() if exact else ((say.UNROUNDED,),),
        whole=_wholes(changes, asked),
    )


def _counted(row: Transition) -> Cell:
    """Write a share with its count and base, which are people as linked, before weighting."""
    if not row.n:
        return "no answers"
    estimate = "weighted estimate " if "weighted" in row.flags else ""
    return Numbers(f"{row.count:,} of {row.n:,} ({estimate}{{}})", (row.estimate,))


def _with_limits(row: Transition) -> Cell:
    if not row.n:
        return "–"
    if math.isnan(row.conf_low):
        return Numbers("{} (no interval)", (row.estimate,))
    return Numbers("{} ({} to {})", (row.estimate, row.conf_low, row.conf_high))


def _wholes(changes: Sequence[Change], asked: Asked) -> tuple[tuple[str, tuple[float, ...]], ...]:
    """Return the shares of all answers, wave by wave and group by group."""
    found: dict[tuple[object, ...], list[float]] = {}
    for change in changes:
        for row in (change.first, change.second):
            found.setdefault((row.measure, row.group), []).append(row.estimate)
    return tuple((asked.question, tuple(shares)) for shares in found.values())


def _who_changed(rows: Sequence[Transition], asked: Asked) -> Table:
    first, second = asked.waves
    found: dict[object, dict[str, Transition]] = {}
    for row in rows:
        found.setdefault(row.group, {})[row.measure] = row

    def line(some: dict[str, Transition]) -> tuple[Cell, ...]:
        one = next(iter(some.values()))
        both = [some.get(measure) for measure in ("changed", "stayed")]
        cells = ("–" if each is None else _with_limits(each) for each in both)
        return (asked.question, *asked.groups(one), f"{one.n:,}", *cells)

    return Table(
        headings.CHANGE,
        _caption(f"Who gave another answer in {second} than in {first}", asked),
        (
            *_heads(asked),
            "Answered in both",
            f"Other answer ({_level(asked)} interval)",
            f"Same answer ({_level(asked)} interval)",
        ),
        tuple(map(line, found.values())),
        base=_least(rows),
    )


def _flows(rows: Sequence[Transition], asked: Asked) -> Table:
    """List every pair of answers that somebody gave."""
    first, second = asked.waves
    of_first = {
        (row.first, row.second, row.group): row
        for row in asked.result.rows
        if row.measure == "share_of_first"
    }
    shown = [row for row in rows if row.count]
    known = [of_first[key] for row in shown if (key := (row.first, row.second, row.group)) in of_first]

    def line(row: Transition) -> tuple[Cell, ...]:
        given = of_first.get((row.first, row.second, row.group))
        return (
            asked.question,
            *asked.groups(row),
            asked.level(row.first),
            asked.level(row.second),
            f"{row.count:,}",
            _with_limits(row),
            "–" if given is None else Numbers(f"of {given.n:,}: {{}}", (given.estimate,)),
        )

    return Table(
        headings.CHANGE,
        _caption(f"Answers of the same people in {first} and in {second}", asked),
        (
            *_heads(asked),
            f"In {first}",
            f"In {second}",
            "People",
            f"Of all ({_level(asked)} interval)",
            f"Of those with this answer in {first}",
        ),
        tuple(map(line, shown)),
        base=_least([*shown, *known]),
        after=() if len(shown) == len(rows) else (("Pairs of answers that nobody gave are not listed.",),),
    )
