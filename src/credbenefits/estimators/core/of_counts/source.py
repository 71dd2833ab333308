"""Counts as a source of estimates: the questions and groups that are wanted, and the doubts about them."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar, cast

import numpy as np

from credbenefits import _validation as check
from credbenefits.counts.adding import group_cells
from credbenefits.counts.by_codes import Sums
from credbenefits.counts.coding.design import Design, SecondStage, second_stage_words
from credbenefits.counts.coding.groups import group_notes, group_words, refuse_no_groups
from credbenefits.counts.coding.subset import base_people, refuse_nobody, refuse_silence
from credbenefits.counts.coding.weights import all_zero, left_out_words
from credbenefits.counts.share_sums import Cells, in_blocks
from credbenefits.errors import DataWarning, InputError
from credbenefits.estimators.core.groups import group_column, refuse_doubts
from credbenefits.estimators.core.of_counts.boxes import read_boxes_again
from credbenefits.estimators.core.of_counts.read import (
    AnswersCounted,
    categories_of,
    read_item_again,
    read_ticks_again,
    shares_of,
)
from credbenefits.estimators.core.source import Aside
from credbenefits.questions.groups import as_groups, group_names
from credbenefits.questions.item import Item, Joined, without_answers
from credbenefits.questions.select_all import SelectAll
from credbenefits.results.base import population_words
from credbenefits.results.proportions import Account

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from credbenefits._typing import FloatArray, FrameKind, IntArray, Progress, Values
    from credbenefits.counts.counts import Counts
    from credbenefits.counts.sampling import SurveyDesign
    from credbenefits.counts.share_sums import OverCells, ShareSums
    from credbenefits.counts.tally import Axis, Tally
    from credbenefits.counts.units import Units
    from credbenefits.frames.answers import Answers
    from credbenefits.questions.groups import GroupsBy
    from credbenefits.questions.item import Asked, Question
    from credbenefits.results.proportions import Rung

_Number = TypeVar("_Number", np.int64, np.float64)
_NO_ROWS = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Counted:
    """The wanted part of counts. `columns` are those that made the groups, of which some may be added up."""

    counts: Counts
    answers: tuple[AnswersCounted, ...]
    columns: tuple[str, ...]
    readings: tuple[str, ...]

    @property
    def people(self) -> str:
        """Who the rows are."""
        return self.counts.people

    @property
    def base(self) -> str:
        """Who the base is, in words."""
        return base_people(self.people, [axis.label for axis in self.counts.base.among])

    @property
    def by(self) -> tuple[str, ...]:
        """Columns of the groups."""
        return self.counts.by

    @property
    def group_labels(self) -> tuple[tuple[str, ...], ...]:
        """Values of the columns in each group."""
        return self.counts.groups

    @property
    def asked(self) -> tuple[Sequence[object], Sequence[object]]:
        """The questions, and those that make the groups, as they were declared."""
        c = self.counts
        return [tally.axes[0].asked for tally in c.tallies], [axis.asked for axis in c.grouping]

    @property
    def group_words(self) -> tuple[str, ...]:
        """What each group is called in a sentence."""
        return group_words(self.by, self.group_labels)

    @property
    def ladder(self) -> tuple[Rung, ...]:
        """The nested subsets, from everybody."""
        return self.counts.base.ladder

    @property
    def weighted(self) -> bool:
        """Whether there are weights."""
        return self.counts.weighted

    @property
    def weights_are_estimated(self) -> bool:
        """Whether the weights are known to come from a model of answering."""
        return self.counts.n_weights > 0

    @property
    def frame_kind(self) -> FrameKind:
        """The library whose frames the caller gets back."""
        return self.counts.frame_kind

    @property
    def n_rows(self) -> int:
        """Rows of the file."""
        return int(self.counts.tallies[0].people.sum()) + self.counts.base.left_out

    @property
    def note(self) -> str:
        """What is to be said of the weights."""
        c = self.counts
        whom = population_words(c.population, c.population_size)
        return left_out_words(c.n_weights, c.n_weights - self.n_rows, whom)

    @property
    def population(self) -> tuple[str, int]:
        """Whom weighted estimates speak for, and how many they are."""
        return ("", 0) if self.note else (self.counts.population, self.counts.population_size)

    @property
    def aside(self) -> Aside:
        """The rows that are in no denominator."""
        base = self.counts.base
        inner = base if base.within is None else base.within
        words = base_people(self.people, [axis.label for axis in inner.among])
        return Aside(words, inner.unclear.tolist(), base.ungrouped, self.columns, base.weightless_anywhere)

    def parts(
        self, answers: Sequence[Answers], design: Design | None = None, *, squares: bool = True
    ) -> Iterator[ShareSums]:
        """Pick people and weights by unit, share and group, a few shares at a time."""
        units = self.counts.units
        unit = np.zeros(len(units.names), dtype=np.int64)
        if design is not None and design.n_units > 1:
            # Sums of first-stage units are those of their second-stage units together.
            unit = np.arange(unit.size) if design.n_units == unit.size else units.psu
        return in_blocks(
            cast("Sequence[AnswersCounted]", answers),
            attrgetter("tally"),
            partial(_of_tally, unit=unit),
            shape=(int(unit.max()) + 1, len(self.group_labels)),
            weighted=self.weighted,
            squares=squares,
        )

    def account(self, answers: Answers, missing: FloatArray, answered: float) -> Account:
        """Say where every row went."""
        base = self.counts.base
        assert isinstance(answers, AnswersCounted)
        if not answered and not answers.ungrouped:
            refuse_silence(answers.column, self.n_rows - base.left_out)
        unclear = int(base.unclear.sum())
        not_asked, refused, skipped, code, blank = (int(n) for n in missing)
        left_out = base.outside, unclear, base.ungrouped, base.weightless
        kinds = not_asked, refused, skipped, code, blank
        return Account(answers.column, self.n_rows, *left_out, *kinds, int(answered))

    def all_answers(self, progress: Progress | None = None) -> Sequence[Answers]:
        """Return the shares that are wanted."""
        del progress  # nothing is read
        return self.answers

    def drawn(self, design: SurveyDesign, answers: Values) -> Design:
        """Return how people were drawn, which the counts say."""
        del design, answers
        return _design(self.counts.units, self.n_rows)


def _of_tally(answers: Sequence[AnswersCounted], *, unit: IntArray) -> tuple[Cells, OverCells]:
    """Return what the cells are for shares of one tally, and the sums over them of the `unit` of each."""
    tally, cells = answers[0].tally, Cells.of(np.array([each.sides for each in answers]))
    if int(unit.max()) + 1 == unit.size:
        return cells, tally
    weight, weight2 = (_together(each, unit) for each in (tally.weight, tally.weight2))
    return cells, Sums(tally.cells, _together(tally.people, unit), weight, weight2)


def _together(array: NDArray[_Number], unit: IntArray) -> NDArray[_Number]:
    """Add up sums of units, on the first axis, which are one unit now."""
    if not unit.any():
        total: NDArray[_Number] = array.sum(axis=0, keepdims=True)
        return total
    order = np.argsort(unit, kind="stable")
    first = np.flatnonzero(np.diff(unit[order], prepend=-1))
    result: NDArray[_Number] = np.add.reduceat(array[order], first, axis=0)
    return result


def _design(units: Units, n_rows: int) -> Design:
    named = [name or None for name in units.columns]
    second = None
    if units.inner_population is not None:
        # So many units of the second stage as rows: every row is one.
        of_rows = len(units.names) == n_rows
        second = SecondStage(_NO_ROWS, units.psu, units.inner_drawn, units.inner_population, of_rows=of_rows)
    parts = [categories_of(axis) for axis in units.read]
    return Design(
        _NO_ROWS,
        units.psu_stratum,
        units.drawn,
        units.population,
        units.lonely_psu,
        strata=named[0] if named else None,
        clusters=named[1] if units.clustered else None,
        second=second,
        within=second_stage_words(len(units.names), units.columns[2]) if units.two_stages else "",
        deff=units.deff,
        notes=tuple(part.note for part in parts if part.note),
    )


# ---- what is wanted ------------------------------------------------------------------------------------


def prepare_counts(
    counts: Counts,
    items: Question | Sequence[Question] | None,
    by: GroupsBy | None,
    *,
    allow_identifier: bool,
) -> Counted:
    """Take some questions and groups from counts, or all, and raise the doubts about them."""
    weightless = counts.base.weightless_anywhere
    if weightless and weightless == counts.base.ladder[0].n:
        raise all_zero("weights of the people in the counts")
    columns = counts.by
    made = {axis.label: group_column(axis) for axis in counts.grouping}
    read: dict[str, list[str]] = {}
    for axis in counts.grouping:
        if axis.asked is not None:
            own, kept = made[axis.label], axis.asked.values("answers") if isinstance(axis.asked, Item) else ()
            read[axis.label] = refuse_doubts([own], answers=kept, allow_identifier=allow_identifier)
    refuse_no_groups(columns, counts.groups)
    wanted = columns if by is None else _wanted_groups(counts, by)
    inner = counts.base if counts.base.within is None else counts.base.within
    reported = [
        note
        for axis in inner.among
        if axis.asked is not None and not isinstance(axis.asked, SelectAll)
        for note in read_item_again(axis, axis.asked, "among", allow_identifier=allow_identifier)[0].notes
    ]
    if inner.ladder:
        refuse_nobody([axis.label for axis in inner.among], inner.ladder)
    if wanted != columns:
        counts = _with_fewer_groups(counts, wanted)
    notes = group_notes([made[a.label].part for a in counts.grouping if a.read], counts.groups)
    notes += [note for name in wanted for note in read.get(name, ())]
    if counts.base.within is None:
        notes += reported
    tallies = _wanted(counts.tallies, items)
    answers = _answers(tallies, allow_identifier=allow_identifier)
    doubts = () if counts.doubt is None else counts.doubt.notes(counts.people)
    result = Counted(replace(counts, tallies=tallies), answers, columns, (*notes, *doubts))
    if result.note:
        warnings.warn(result.note, DataWarning, stacklevel=4)
    return result


def _wanted_groups(counts: Counts, by: GroupsBy) -> tuple[str, ...]:
    """Return what the wanted groups are called; the counts say the rest of them."""
    asked = {axis.label: axis.asked for axis in counts.grouping}
    wanted = as_groups(by)
    for name, entry in zip(group_names(wanted), wanted, strict=True):
        check.column("by", name, list(asked), "the counts")
        if not isinstance(entry, str):
            _refuse_other_meaning(entry, asked[name], "by")
    return group_names(wanted)


def _answers(tallies: Sequence[Tally], *, allow_identifier: bool) -> tuple[AnswersCounted, ...]:
    result: list[AnswersCounted] = []
    done: list[SelectAll] = []
    for tally in tallies:
        question = tally.axes[0].asked
        if not isinstance(question, SelectAll):
            result += shares_of(tally, question, allow_identifier=allow_identifier)
        elif not any(question is each or question == each for each in done):
            done.append(question)
            together = [t for t in tallies if t.axes[0].asked == question]
            read = read_boxes_again if question.block else read_ticks_again
            result += read(question, together, allow_identifier=allow_identifier)
    return tuple(result)


def _wanted(tallies: tuple[Tally, ...], items: Question | Sequence[Question] | None) -> tuple[Tally, ...]:
    """Take the questions that are named, by label or column; the counts say the rest of them."""
    if items is None:
        return tallies
    listed = [items] if isinstance(items, (str, Item, Joined, SelectAll)) else list(items)
    result: list[Tally] = []
    for each in listed:
        name = each if isinstance(each, str) else each.label
        named = [t for t in tallies if name in _names(t)]
        if not named:
            known = list(dict.fromkeys(_names(t)[0] for t in tallies))
            raise InputError(
                "items",
                allowed="questions of the counts",
                value=name,
                fix=check.suggestion(name, known, "questions"),
            )
        if not isinstance(each, str):
            _refuse_other_meaning(each, named[0].axes[0].asked)
        result += [t for t in named if all(t is not other for other in result)]
    if not result:
        raise InputError("items", allowed="at least one item", value=items, fix="Leave it out for all.")
    return tuple(result)


def _refuse_other_meaning(given: Asked, counted: Asked | None, argument: str = "items") -> None:
    """Refuse a question that asks something else than was counted under its name."""
    # What the whole call said about answers is in the one that was counted.
    same = counted is not None and without_answers(given) == without_answers(counted)
    if not same:
        raise InputError(
            argument,
            allowed="questions as they were counted",
            received=f"another question that is called {given.label!r}",
            fix=f"Name it, {argument}={given.label!r}, or count the other one too.",
        )


def _names(tally: Tally) -> tuple[str, ...]:
    axis = tally.axes[0]
    question = axis.asked.label if isinstance(axis.asked, SelectAll) else tally.question
    return question, axis.column


def _with_fewer_groups(counts: Counts, wanted: Sequence[str]) -> Counts:
    """Add up the groups over the columns that are not wanted."""
    places = [counts.by.index(name) for name in wanted]
    axes: list[Axis] = [counts.grouping[i] for i in places]
    cells = group_cells(counts.grouping, counts.groups)[:, places]
    kept, place = (
        np.unique(cells, axis=0, return_inverse=True) if places else (cells[:1], np.zeros(len(cells), int))
    )
    into = np.zeros((len(cells), len(kept)), dtype=np.int64)
    into[np.arange(len(cells)), place.reshape(-1)] = 1
    labels = [tuple(axis.answers[i] for axis, i in zip(axes, row, strict=True)) for row in kept.tolist()]
    return replace(
        counts,
        tallies=tuple(_added(tally, into, counts.products) for tally in counts.tallies),
        grouping=tuple(axes),
        groups=tuple(labels),
        products=None if counts.products is None else np.einsum("grs,gh->hrs", counts.products, into),
    )


def _added(tally: Tally, into: IntArray, products: FloatArray | None) -> Tally:
    """Add up the groups that are one now, which `into` tells, shape (groups, groups now)."""
    names = ("people", "weight", "weight2", "replicate")
    given = {name: getattr(tally, name) for name in names if getattr(tally, name) is not None}
    narrow: dict[tuple[str, int], FloatArray] = {}
    if products is not None:
        for kind, now in {(kind, int(into[g].argmax())) for kind, g in tally.narrow}:
            members = np.flatnonzero(into[:, now]).tolist()
            together = [tally.narrow.get((kind, g), products[g]) for g in members]
            narrow[kind, now] = np.sum(together, axis=0)
    return replace(
        tally,
        **{name: np.einsum("ugp,gh->uhp", array, into) for name, array in given.items()},
        extra={name: np.einsum("ugp,gh->uhp", array, into) for name, array in tally.extra.items()},
        narrow=narrow,
    )
