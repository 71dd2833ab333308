"""From arguments to masks, groups and weights: what every estimator does before it counts."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from credbenefits import _progress
from credbenefits import _validation as check
from credbenefits.counts.cells import Counter
from credbenefits.errors import DataWarning, InputError
from credbenefits.frames.answers import NO, YES, read_answers, read_item, require_columns
from credbenefits.frames.boundary import floats, read, require
from credbenefits.frames.columns import combine, encode, refuse_too_many
from credbenefits.frames.doubts import refuse_undeclared
from credbenefits.frames.identifiers import refuse_identifier
from credbenefits.frames.people import people_of
from credbenefits.frames.separators import refuse_several
from credbenefits.questions.item import answers_of_call, as_items, as_questions, insist
from credbenefits.questions.spelling import label
from credbenefits.results.base import ALL
from credbenefits.results.proportions import Account, Rung
from credbenefits.weighting.weights import Weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import BoolArray, FloatArray, Frame, IntArray, Progress, Value, Values
    from credbenefits.estimators.core.design import Design
    from credbenefits.frames.answers import Answers, StatusArray
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.frames.columns import Categories
    from credbenefits.questions.item import Item, ItemLike, Question
    from credbenefits.questions.select_all import SelectAll


#: Up to so many crossings of groups, those that nobody is in are named.
_MOST_NAMED = 1_000


def where_words(by: Sequence[str], group: Sequence[str]) -> str:
    """Say which group it is: "role = staff, site = north". Totals are left out."""
    return ", ".join(f"{c} = {v}" for c, v in zip(by, group, strict=True) if v != ALL)


def base_words(prepared: Prepared, where: str) -> str:
    """Say in words who the denominator is, without their number."""
    return prepared.subset.words + (f" ({where})" if where else "")


@dataclass(frozen=True, slots=True)
class Subset:
    """Rows that make the denominator, how they were arrived at, and the rows that are not in it.

    `unclear` is the kind of no answer of rows of which it is not known whether they belong, 0 elsewhere.
    """

    rows: BoolArray
    ladder: tuple[Rung, ...]
    unclear: StatusArray
    words: str
    reported: tuple[str, ...]
    readings: tuple[str, ...]

    @property
    def unknown(self) -> int:
        """Rows of which it is not known whether they belong."""
        return int((self.unclear < 0).sum())

    @property
    def outside(self) -> int:
        """Rows known not to belong."""
        return self.rows.size - int(self.rows.sum()) - self.unknown


@dataclass(frozen=True)
class Prepared:
    """Everything an estimator needs, read once from the data.

    For joint shares `subset` is everybody and `within` the people of whom the answers count.
    """

    frame: NarwhalsFrame
    questions: tuple[Item | SelectAll, ...]
    missing: tuple[Value, ...]
    people: str
    subset: Subset
    within: Subset | None
    by: tuple[str, ...]
    group: IntArray
    group_labels: tuple[tuple[str, ...], ...]
    weight: FloatArray | None
    weights: Weights | None
    note: str
    readings: tuple[str, ...]
    allow_identifier: bool

    def all_answers(self, progress: Progress | None = None) -> list[Answers]:
        """Read all questions."""
        result = []
        with _progress.showing("reading", progress) as tell:
            for done, question in enumerate(self.questions, 1):
                result += self.answers(question)
                tell(done, len(self.questions))
        return result

    def answers(self, question: Item | SelectAll) -> list[Answers]:
        """Read a question."""
        result = read_answers(
            self.frame, question, "items", self.missing, allow_identifier=self.allow_identifier
        )
        if self.within is None:
            return result
        outer = " and ".join(self.within.reported)
        # Whoever is outside the inner subset gave none of the answers, so these no longer add up to all.
        return [
            replace(each, status=self._joint(each.status), label=f"{outer} and {each.label}", exclusive=False)
            for each in result
        ]

    def _joint(self, status: StatusArray) -> StatusArray:
        """Count whoever is known not to be in the inner subset as a no; who is not known gave no answer."""
        assert self.within is not None
        outside = np.where(self.within.unclear < 0, self.within.unclear, NO)
        return np.where(self.within.rows, status, outside).astype(np.int8)

    def counter(self, design: Design | None = None) -> Counter:
        """Sort the rows of the subset into cells: units of the design by groups."""
        n_groups = len(self.group_labels)
        cell = self.group if design is None else design.unit * n_groups + self.group
        cell = np.where(self.subset.rows & (self.group >= 0), cell, -1)
        n_units = 1 if design is None else design.n_units
        return Counter(cell, n_units * n_groups, self.weight)

    @cached_property
    def _taking_part(self) -> tuple[BoolArray, BoolArray]:
        """Rows that have a group, and those of them that have a weight."""
        grouped = self.subset.rows & (self.group >= 0)
        return grouped, grouped if self.weight is None else grouped & (self.weight > 0)

    @property
    def taking_part(self) -> BoolArray:
        """Rows that are in a group of the subset and have a weight."""
        return self._taking_part[1]

    @cached_property
    def _left_out(self) -> tuple[int, int, int, int, int]:
        """Count all rows, and those outside, of unclear belonging, without a group and without a weight."""
        grouped, weighty = (int(rows.sum()) for rows in self._taking_part)
        subset = self.subset
        inside = int(subset.rows.sum())
        return subset.rows.size, subset.outside, subset.unknown, inside - grouped, grouped - weighty

    def _anybody(self, answers: Answers) -> bool:
        """Tell whether somebody in the subset answered, in a group or not."""
        inside = self.subset.rows if self.weight is None else self.subset.rows & (self.weight > 0)
        return bool((inside & (answers.status >= NO)).any())

    def account(self, answers: Answers, missing: FloatArray, answered: float) -> Account:
        """Say where every row went, given how many people gave which kind of no answer, or answered."""
        if not answered and not self._anybody(answers):
            raise InputError(
                "items",
                allowed="items that somebody in the subset answered",
                received=f"{answers.column!r}, unanswered by all {int(self.taking_part.sum()):,}",
                fix="Check among=, weights= and the missing codes.",
            )
        not_asked, refused, skipped, code, blank = (int(n) for n in missing)
        return Account(
            answers.column, *self._left_out, not_asked, refused, skipped, code, blank, int(answered)
        )

    @property
    def weights_are_estimated(self) -> bool:
        """Whether the weights are known to come from a model of answering; a column does not say."""
        return self.weights is not None or bool(self.note)

    @property
    def population(self) -> tuple[str, int]:
        """Whom weighted estimates speak for, and how many they are."""
        return ("", 0) if self.weights is None else (self.weights.population, self.weights.population_size)


def prepare(
    data: Frame,
    items: Question | Sequence[Question],
    *,
    by: str | Sequence[str] | None,
    among: ItemLike | Sequence[ItemLike] | None,
    weights: Weights | str | None,
    missing: Values,
    answers: Values,
    people: str,
    joint: bool = False,
    allow_identifier: bool = False,
) -> Prepared:
    """Check the arguments that all estimators share and read the columns they name."""
    frame = read(data)
    listed = as_questions("items", items)
    if not listed:
        raise InputError("items", allowed="at least one item", value=items, fix="Name a column.")
    require_columns(frame, listed, "items")
    codes = check.values("missing", missing)
    kept = answers_of_call(answers, codes)
    who = check.text("people", people)
    weight, joined, note = _weights(frame, weights)
    group_columns = check.names("by", by)
    group, labels, readings = _groups(frame, group_columns, codes, kept, allow_identifier=allow_identifier)
    inside = as_items("among", among, kept)
    subset = _subset(frame, inside, codes, who, allow_identifier=allow_identifier)
    within = subset if joint and subset.reported else None
    if within is not None:
        subset = _subset(frame, (), codes, who)
    listed = tuple(insist(question, kept) for question in listed)
    return Prepared(
        frame,
        listed,
        codes,
        who,
        subset,
        within,
        group_columns,
        group,
        labels,
        weight,
        joined,
        note,
        (*readings, *subset.readings),
        allow_identifier,
    )


def _groups(
    frame: NarwhalsFrame,
    by: tuple[str, ...],
    missing: tuple[Value, ...],
    answers: tuple[Value, ...],
    *,
    allow_identifier: bool,
) -> tuple[IntArray, tuple[tuple[str, ...], ...], list[str]]:
    """Return the group of every row, what the groups are called, and what a reader must know of them."""
    if not by:
        return np.zeros(len(frame), dtype=np.int64), ((),), []
    require(frame, by, "by")
    parts = []
    for name in by:
        categories = encode(frame, name, "by").without(missing)
        refuse_several(categories, "by")
        refuse_identifier(categories, "by", allowed=allow_identifier)
        refuse_too_many(categories, "by")
        refuse_undeclared(categories, "by", answers=answers)
        parts.append(categories)
    group, labels = combine(parts)
    if not labels:
        raise InputError(
            "by",
            allowed="a column with at least one group",
            received=check.listing(by),
            fix="All of its rows are missing.",
        )
    notes = [note for part in parts for note in (part.note, _nobody_in(part)) if note]
    crossings = prod(len(part.levels) for part in parts)
    if len(labels) < crossings <= _MOST_NAMED:
        there = set(labels)
        empty = [where_words(by, g) for g in product(*(part.labels for part in parts)) if g not in there]
        notes.append(f"nobody is in {check.listing(empty)}")
    elif len(labels) < crossings:
        notes.append(
            f"nobody is in {crossings - len(labels):,} of {crossings:,} crossings of {' and '.join(by)}"
        )
    return group, labels, notes


def _nobody_in(part: Categories) -> str:
    """Name the groups that the column's type declares and nobody is in."""
    empty = part.unused
    return f"{part.column}: nobody is in {check.listing(map(label, empty))}" if empty else ""


def _subset(
    frame: NarwhalsFrame,
    among: tuple[Item, ...],
    missing: tuple[Value, ...],
    people: str,
    *,
    allow_identifier: bool = False,
) -> Subset:
    rows = np.ones(len(frame), dtype=bool)
    unclear = np.zeros(len(frame), dtype=np.int8)
    ladder = [Rung(people, rows.size, rows.size)]
    reported: list[str] = []
    notes: list[str] = []
    require_columns(frame, among, "among")
    for item in among:
        answers = read_item(frame, item, "among", missing, allow_identifier=allow_identifier)
        status = answers.status
        notes.extend(filter(None, [answers.note]))
        answered = rows & (status >= NO)
        unclear = np.where(rows & ~answered, status, unclear)
        rows = rows & (status == YES)
        reported.append(item.label)
        ladder.append(Rung(f"reported {item.label}", int(rows.sum()), int(answered.sum())))
        if not rows.any():
            raise InputError(
                "among",
                allowed="a subset with somebody in it",
                received=f"{item.label!r}, which selects nobody of {rows.size:,} rows",
                fix="Report the subset's own count instead.",
            )
    words = f"{people} who reported {' and '.join(reported)}" if reported else people
    return Subset(rows, tuple(ladder), unclear, words, tuple(reported), tuple(notes))


def _weights(
    frame: NarwhalsFrame, weights: Weights | str | None
) -> tuple[FloatArray | None, Weights | None, str]:
    if not isinstance(weights, Weights):
        people_of(frame, needed=False)
    if weights is None:
        return None, None, ""
    if isinstance(weights, str):
        return _weight_column(frame, weights), None, ""
    if not isinstance(weights, Weights):
        raise InputError(
            "weights",
            allowed="Weights from attrition_weights(), or a column name",
            received=type(weights).__name__,
            fix="Put the values in a column and name it.",
        )
    people = people_of(frame, needed=True)
    assert people is not None
    values = weights.for_people(people)
    left_out = weights.n - values.size
    if not left_out:
        return values, weights, ""
    note = (
        f"{left_out:,} of the {weights.n:,} weighted people are not in the data, so the rest do not stand "
        f"for all {weights.population_size:,} {weights.population}; use among= for a subset"
    )
    warnings.warn(note, DataWarning, stacklevel=4)
    return values, None, note


def _weight_column(frame: NarwhalsFrame, name: str) -> FloatArray:
    require(frame, [name], "weights")
    values = floats(frame, name, "weights")
    bad = ~np.isfinite(values) | (values < 0)
    if bad.any() or not (values > 0).any():
        raise InputError(
            "weights",
            allowed="finite numbers of at least 0, not all 0",
            received=f"column {name!r} with {int(bad.sum()):,} negative, missing or infinite values"
            if bad.any()
            else f"column {name!r}, all 0",
            fix="Give people who are not in the sample the weight 0, everybody else a positive one.",
        )
    # Only ratios matter. A power of two changes no digit, and keeps squares from overflowing.
    return np.ldexp(values, -int(np.frexp(values.max())[1]))
