"""From arguments to masks, groups and weights: what every estimator does before it counts."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from credbenefits import _validation as check
from credbenefits.errors import DataWarning, InputError
from credbenefits.frames.boundary import PERSON, floats, read, require
from credbenefits.frames.categories import combine, encode, refuse_missing_codes, refuse_too_many
from credbenefits.frames.cells import CellSums, count_cells
from credbenefits.frames.items import UNANSWERED, YES, Answers, as_items, read_item
from credbenefits.results.proportions import Account, Rung
from credbenefits.weighting.weights import Weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import BoolArray, FloatArray, Frame, IntArray, Value, Values
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.frames.items import Item, ItemLike

#: Below this many people a proportion is flagged as resting on a small base.
SMALL_BASE = 30
#: Below this share of answers among those asked, item non-response is flagged.
LOW_RESPONSE = 0.7


def is_small(n_effective: float) -> bool:
    """Tell whether an effective sample is below the small base, whatever the last digit says."""
    return n_effective < SMALL_BASE * (1 - 1e-12)


@dataclass(frozen=True, slots=True)
class Subset:
    """Rows that make the denominator, how they were arrived at, and the rows that are not in it."""

    rows: BoolArray
    ladder: tuple[Rung, ...]
    outside: int
    unknown: int
    words: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything an estimator needs, read once from the data."""

    frame: NarwhalsFrame
    items: tuple[Item, ...]
    missing: tuple[Value, ...]
    people: str
    subset: Subset
    by: tuple[str, ...]
    group: IntArray
    group_labels: tuple[tuple[str, ...], ...]
    weight: FloatArray | None
    weights: Weights | None
    note: str

    def answers(self, item: Item) -> Answers:
        """Read an item; refuse one that nobody in the subset answered."""
        answers = read_item(self.frame, item, "items", self.missing)
        inside = self.subset.rows if self.weight is None else self.subset.rows & (self.weight > 0)
        if not (inside & (answers.status != UNANSWERED)).any():
            raise InputError("items", allowed="items that somebody in the subset answered",
                             received=f"{item.column!r}, unanswered by all {int(inside.sum()):,}",
                             fix="Check among=, weights= and the missing codes.")  # fmt: skip
        return answers

    def cells(self, answers: Answers) -> CellSums:
        """Count an item's answers per group, inside the subset."""
        group = np.where(self.subset.rows, self.group, -1)
        return count_cells(answers.status, group, len(self.group_labels), self.weight)

    def account(self, answers: Answers) -> Account:
        """Say where every row went."""
        inside = self.subset.rows
        grouped = inside & (self.group >= 0)
        weighty = grouped if self.weight is None else grouped & (self.weight > 0)
        answered = weighty & (answers.status != UNANSWERED)
        return Account(
            answers.item.column, inside.size, self.subset.outside, self.subset.unknown,
            int((inside & ~grouped).sum()), int((grouped & ~weighty).sum()),
            int((weighty & ~answered).sum()), int(answered.sum()),
        )  # fmt: skip

    @property
    def population(self) -> tuple[str, int]:
        """Whom weighted estimates speak for, and how many they are."""
        return ("", 0) if self.weights is None else (self.weights.population, self.weights.population_size)


def prepare(
    data: Frame,
    items: ItemLike | Sequence[ItemLike],
    *,
    by: str | Sequence[str] | None,
    among: ItemLike | Sequence[ItemLike] | None,
    weights: Weights | str | None,
    missing: Values,
    people: str,
) -> Prepared:
    """Check the arguments that all estimators share and read the columns they name."""
    frame = read(data)
    listed = as_items("items", items)
    if not listed:
        raise InputError("items", allowed="at least one item", received=items, fix="Name a column.")
    codes = check.values("missing", missing)
    who = check.text("people", people)
    weight, joined, note = _weights(frame, weights)
    group_columns = check.names("by", by)
    group, labels = _groups(frame, group_columns, codes)
    subset = _subset(frame, as_items("among", among), codes, who)
    return Prepared(frame, listed, codes, who, subset, group_columns, group, labels, weight, joined, note)


def _groups(
    frame: NarwhalsFrame, by: tuple[str, ...], missing: tuple[Value, ...]
) -> tuple[IntArray, tuple[tuple[str, ...], ...]]:
    if not by:
        return np.zeros(len(frame), dtype=np.int64), ((),)
    require(frame, by, "by")
    parts = []
    for name in by:
        categories = encode(frame, name, "by").without(missing)
        refuse_too_many(categories, "by")
        refuse_missing_codes(categories, "by")
        parts.append(categories)
    group, labels = combine(parts)
    if not labels:
        raise InputError("by", allowed="a column with at least one group", received=check.listing(by),
                         fix="All of its rows are missing.")  # fmt: skip
    return group, labels


def _subset(frame: NarwhalsFrame, among: tuple[Item, ...], missing: tuple[Value, ...], people: str) -> Subset:
    rows = np.ones(len(frame), dtype=bool)
    ladder = [Rung(people, rows.size, rows.size)]
    unknown = 0
    reported = []
    for item in among:
        status = read_item(frame, item, "among", missing).status
        answered = rows & (status != UNANSWERED)
        unknown += int((rows & ~answered).sum())
        rows = rows & (status == YES)
        reported.append(item.label)
        ladder.append(Rung(f"reported {item.label}", int(rows.sum()), int(answered.sum())))
        if not rows.any():
            raise InputError("among", allowed="a subset with somebody in it",
                             received=f"{item.label!r}, which selects nobody of {rows.size:,} rows",
                             fix="Report the subset's own count instead.")  # fmt: skip
    words = f"{people} who reported {' and '.join(reported)}" if reported else people
    outside = rows.size - int(rows.sum()) - unknown
    return Subset(rows, tuple(ladder), outside, unknown, words)


def _weights(
    frame: NarwhalsFrame, weights: Weights | str | None
) -> tuple[FloatArray | None, Weights | None, str]:
    if weights is None:
        return None, None, ""
    if isinstance(weights, str):
        return _weight_column(frame, weights), None, ""
    if not isinstance(weights, Weights):
        raise InputError("weights", allowed="Weights from attrition_weights(), or a column name",
                         received=type(weights).__name__,
                         fix="Put the values in a column and name it.")  # fmt: skip
    if PERSON not in frame.columns:
        raise InputError("data", allowed=f"rows with the column {PERSON!r}, on which weights are joined",
                         received=check.listing(frame.columns),
                         fix="Take the rows from panel.wave().")  # fmt: skip
    ids = floats(frame, PERSON, "data")
    unusable = ~np.isfinite(ids) | (ids != np.floor(ids))
    if unusable.any():
        raise InputError("data", allowed=f"a {PERSON!r} id in every row",
                         received=f"{int(unusable.sum()):,} rows without one",
                         fix="Take the rows from panel.wave().")  # fmt: skip
    values = weights.for_people(ids.astype(np.int64))
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
