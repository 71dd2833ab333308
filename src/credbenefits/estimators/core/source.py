"""From arguments to masks, groups and weights: what every estimator does before it counts."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from functools import cached_property, partial
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from credbenefits import _progress
from credbenefits import _validation as check
from credbenefits.counts.by_codes import ByCodes
from credbenefits.counts.coding.design import read_design
from credbenefits.counts.coding.groups import group_notes, group_words, read_groups, refuse_no_groups
from credbenefits.counts.coding.questions import code_item
from credbenefits.counts.coding.subset import base_people, nest, refuse_nobody, refuse_silence
from credbenefits.counts.coding.weights import for_ratios, read_weights
from credbenefits.counts.doubt import read_doubt
from credbenefits.counts.share_sums import count_rows, in_blocks
from credbenefits.errors import DataWarning, InputError
from credbenefits.estimators.core.groups import refuse_doubts
from credbenefits.estimators.core.of_counts.read import read_item_again
from credbenefits.estimators.core.refitting.drawing import with_everybody
from credbenefits.frames.answers import MISSING_KINDS, NO, Codes, read_answers, require_columns
from credbenefits.frames.boundary import kind_of, read
from credbenefits.questions.groups import as_groups, group_names
from credbenefits.questions.item import Item, Joined, answers_of_call, as_items, as_questions, insist
from credbenefits.results.proportions import Account

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from credbenefits._typing import (
        Bins,
        BoolArray,
        FloatArray,
        Frame,
        FrameKind,
        IntArray,
        Progress,
        Value,
        Values,
    )
    from credbenefits.counts.coding.design import Design
    from credbenefits.counts.coding.groups import Grouped
    from credbenefits.counts.coding.subset import Subset
    from credbenefits.counts.coding.weights import MadeWeights, RowWeights
    from credbenefits.counts.sampling import SurveyDesign
    from credbenefits.counts.share_sums import ShareSums
    from credbenefits.frames.answers import Answers
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.questions.groups import GroupsBy
    from credbenefits.questions.item import Asked, ItemLike, Question
    from credbenefits.results.proportions import Rung


class Aside(NamedTuple):
    """Rows in no denominator: of unclear belonging by kind of no answer, without a group, of weight 0.

    `base` is what the first do not tell whether they belong to, `by` are the columns of the groups.
    """

    base: str
    unclear: list[int]
    ungrouped: int
    by: tuple[str, ...]
    weightless: int


class Source(Protocol):
    """Where the sums come from, rows or counts, and what the result says of it."""

    @property
    def people(self) -> str: ...  # noqa: D102
    @property
    def base(self) -> str: ...  # noqa: D102
    @property
    def by(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def group_labels(self) -> tuple[tuple[str, ...], ...]: ...  # noqa: D102
    @property
    def group_words(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def asked(self) -> tuple[Sequence[object], Sequence[object]]: ...  # noqa: D102
    @property
    def ladder(self) -> tuple[Rung, ...]: ...  # noqa: D102
    @property
    def weighted(self) -> bool: ...  # noqa: D102
    @property
    def weights_are_estimated(self) -> bool: ...  # noqa: D102
    @property
    def population(self) -> tuple[str, int]: ...  # noqa: D102
    @property
    def note(self) -> str: ...  # noqa: D102
    @property
    def readings(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def aside(self) -> Aside: ...  # noqa: D102
    def drawn(self, design: SurveyDesign, answers: Values) -> Design: ...  # noqa: D102
    def all_answers(self, progress: Progress | None = None) -> Sequence[Answers]: ...  # noqa: D102
    @property
    def frame_kind(self) -> FrameKind: ...  # noqa: D102
    def parts(  # noqa: D102
        self, answers: Sequence[Answers], design: Design | None = None, *, squares: bool = True
    ) -> Iterator[ShareSums]: ...
    def account(self, answers: Answers, missing: FloatArray, answered: float) -> Account: ...  # noqa: D102


def base_words(prepared: Source, where: str) -> str:
    """Say in words who the denominator is, without their number."""
    return prepared.base + (f" ({where})" if where else "")


@dataclass(frozen=True)
class Prepared:
    """Everything an estimator needs, read once from the data.

    For joint proportions `subset` is everybody and `within` the people of whom the answers count.
    """

    frame: NarwhalsFrame
    questions: tuple[Asked, ...]
    missing: tuple[Value, ...]
    people: str
    subset: Subset
    within: Subset | None
    by: tuple[str, ...]
    group: IntArray
    group_labels: tuple[tuple[str, ...], ...]
    weighting: RowWeights
    readings: tuple[str, ...]
    allow_identifier: bool
    groups: tuple[ItemLike, ...]

    def drawn(self, design: SurveyDesign, answers: Values) -> Design:
        """Read how people were drawn."""
        made = read_design(self.frame, design, answers)
        return with_everybody(made, design, answers, self.weighting.estimated)

    def all_answers(self, progress: Progress | None = None) -> list[Answers]:
        """Read all questions."""
        result = []
        with _progress.showing("reading", progress) as tell:
            for done, question in enumerate(self.questions, 1):
                result += self.answers(question)
                tell(done, len(self.questions))
        return result

    def answers(self, question: Asked) -> list[Answers]:
        """Read a question."""
        result = read_question(
            self.frame, question, "items", self.missing, allow_identifier=self.allow_identifier
        )
        if self.within is None:
            return result
        outer = " and ".join(self.within.reported)
        # Whoever is outside the inner subset gave none of the answers, so these no longer add up to all.
        joint = {id(each.codes): _joint(each.codes, self.within) for each in result}
        return [
            replace(
                each,
                sides=np.append(each.sides, np.int8(NO)),
                codes=joint[id(each.codes)],
                label=f"{outer} and {each.label}",
                exclusive=False,
            )
            for each in result
        ]

    @property
    def asked(self) -> tuple[Sequence[object], Sequence[object]]:
        """The questions, and those that make the groups, as they were declared."""
        groups = [Item(g, each_level=True) if isinstance(g, str) else g for g in self.groups]
        return self.questions, groups

    @property
    def group_words(self) -> tuple[str, ...]:
        """What each group is called in a sentence."""
        return group_words(self.by, self.group_labels)

    @property
    def base(self) -> str:
        """Who the base is, in words."""
        return base_people(self.people, self.subset.reported)

    @property
    def frame_kind(self) -> FrameKind:
        """The library whose frames the caller gets back."""
        return kind_of(self.frame)

    @property
    def ladder(self) -> tuple[Rung, ...]:
        """The nested subsets, from everybody."""
        return self.subset.ladder

    @property
    def weight(self) -> FloatArray | None:
        """The weight of each row, if there are any."""
        return self.weighting.weight

    @property
    def note(self) -> str:
        """That people are missing who have a weight."""
        return self.weighting.note

    @property
    def weighted(self) -> bool:
        """Whether there are weights."""
        return self.weight is not None

    @property
    def aside(self) -> Aside:
        """The rows that are in no denominator."""
        return self._aside

    @cached_property
    def _aside(self) -> Aside:
        base, subset = self.subset if self.within is None else self.within, self.subset
        kinds = np.bincount(base.unclear[base.unclear < 0] + len(MISSING_KINDS), minlength=len(MISSING_KINDS))
        light = 0 if self.weight is None else int((subset.rows & (self.weight == 0)).sum())
        ungrouped = int((subset.rows & (self.group < 0)).sum())
        return Aside(base_people(self.people, base.reported), kinds.tolist(), ungrouped, self.by, light)

    def parts(
        self, answers: Sequence[Answers], design: Design | None = None, *, squares: bool = True
    ) -> Iterator[ShareSums]:
        """Add up people and weights by unit, proportion and group, a few proportions at a time."""
        counter = self.counter(design)
        return in_blocks(
            answers,
            attrgetter("codes"),
            partial(count_rows, counter, squares=squares),
            shape=(counter.n_units, counter.n_groups),
            weighted=self.weighted,
            squares=squares,
        )

    def counter(self, design: Design | None = None) -> ByCodes:
        """Sort the rows of the subset into units of the design and groups."""
        group = np.where(self.subset.rows, self.group, -1) if self.subset.reported else self.group
        unit, n_units = (None, 1) if design is None else (design.unit, design.n_units)
        return ByCodes(unit, group, n_units, len(self.group_labels), self.weight)

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
        return bool((inside & (answers.codes.rows >= 0)).any())

    def account(self, answers: Answers, missing: FloatArray, answered: float) -> Account:
        """Say where every row went, given how many people gave which kind of no answer, or answered."""
        if not answered and not self._anybody(answers):
            refuse_silence(answers.column, int(self.taking_part.sum()))
        not_asked, refused, skipped, code, blank = (int(n) for n in missing)
        return Account(
            answers.column, *self._left_out, not_asked, refused, skipped, code, blank, int(answered)
        )

    @property
    def weights_are_estimated(self) -> bool:
        """Whether the weights are known to come from a model of answering; a column does not say."""
        return self.weighting.n > 0

    @property
    def population(self) -> tuple[str, int]:
        """Whom weighted estimates speak for, and how many they are."""
        made = self.weighting
        return ("", 0) if made.note else (made.population, made.population_size)


def _joint(codes: Codes, within: Subset) -> Codes:
    """Give the people outside the inner subset an answer of their own, after the others."""
    rows, lowest = within.joint(codes.rows, codes.n), min(codes.lowest, int(within.unclear.min(initial=0)))
    return Codes(rows, codes.n + 1, lowest)


def prepare(
    data: Frame,
    items: Question | Sequence[Question] | None,
    *,
    by: GroupsBy | None,
    bins: Bins | None = None,
    among: ItemLike | Sequence[ItemLike] | None,
    weights: MadeWeights | str | None,
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
    weighting = _weights(frame, weights)
    wanted = as_groups(by, kept)
    grouped, notes = _groups(frame, wanted, codes, bins=bins, answers=kept, allow_identifier=allow_identifier)
    inside = as_items("among", among, kept)
    require_columns(frame, inside, "among")
    how = {"allow_identifier": allow_identifier}
    reported = [read_question(frame, each, "among", codes, **how)[0] for each in inside]
    subset = nest(who, len(frame), [(each.label, each.status) for each in reported])
    refuse_nobody(subset.reported, subset.ladder)
    within = subset if joint and subset.reported else None
    if within is not None:
        subset = nest(who, len(frame), ())
    listed = tuple(insist(question, kept) for question in listed)
    if within is None:
        notes += [note for each in reported for note in each.notes]
    made = Prepared(
        frame,
        listed,
        codes,
        who,
        subset,
        within,
        group_names(wanted),
        grouped.group,
        grouped.labels,
        weighting,
        tuple(notes),
        allow_identifier,
        wanted,
    )
    doubt = read_doubt(frame, made.taking_part, made.weight)
    return made if doubt is None else replace(made, readings=(*notes, *doubt.notes(who)))


def read_question(
    frame: NarwhalsFrame,
    question: Asked,
    argument: str,
    missing: Sequence[Value],
    *,
    allow_identifier: bool,
) -> list[Answers]:
    """Read the shares of a question; one that joins items is coded as it is for counts."""
    if not isinstance(question, Joined):
        return read_answers(frame, question, argument, missing, allow_identifier=allow_identifier)
    axis, codes, _ = code_item(frame, question, argument, missing)
    (made,) = read_item_again(axis, question, argument, allow_identifier=allow_identifier)
    return [replace(made, codes=Codes(codes.astype(np.int8), made.sides.size, int(codes.min(initial=0))))]


def _groups(
    frame: NarwhalsFrame,
    by: tuple[ItemLike, ...],
    missing: tuple[Value, ...],
    *,
    bins: Bins | None,
    answers: tuple[Value, ...],
    allow_identifier: bool,
) -> tuple[Grouped, list[str]]:
    """Read the groups, refuse what makes none, and say how they were read."""
    grouped = read_groups(frame, by, missing, bins)
    questions = refuse_doubts(grouped.columns, answers=answers, allow_identifier=allow_identifier)
    refuse_no_groups(group_names(by), grouped.labels)
    return grouped, [*group_notes(grouped.parts, grouped.labels), *questions]


def _weights(frame: NarwhalsFrame, weights: MadeWeights | str | None) -> RowWeights:
    made = read_weights(frame, weights)
    if made.note:
        warnings.warn(made.note, DataWarning, stacklevel=5)
    given = f"column {weights!r}" if isinstance(weights, str) else "those of the people in the data"
    return made if made.weight is None else for_ratios(made, given)
