"""Which share of each group is found again: small groups shown together, and drawn towards all."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from credbenefits.counts.base import SMALL
from credbenefits.counts.coding.groups import read_groups, where_words
from credbenefits.estimators.proportions import proportions
from credbenefits.frames.boundary import with_column
from credbenefits.numerics.response.shrinkage import shrunken_rates
from credbenefits.questions.groups import GroupsBy, as_groups
from credbenefits.questions.item import Item
from credbenefits.results.attrition.retention import POOLED, Retention, RetentionResult
from credbenefits.results.columns import Columns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import BoolArray, IntArray
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.results.proportions import Proportion, ProportionsResult

#: Shares of groups are drawn towards that of all where a group has fewer people than this.
SHRINK_BELOW = 50


class Sought(NamedTuple):
    """Whose rows are looked for and who of them is found, and how groups and shares are made."""

    frame: NarwhalsFrame
    found: BoolArray
    again: str
    by: GroupsBy | None
    options: Mapping[str, Any]

    def shares(self, by: GroupsBy | None, frame: NarwhalsFrame, **options: object) -> ProportionsResult:
        """Estimate the shares that are found again; whatever is declared as missing, 0 and 1 are answers."""
        name = _free(f"in_{self.again}", frame)
        column = with_column(frame, name, self.found.astype(np.int64))
        item = Item(name, yes=1, label=f"found again in {self.again}", answers=(0, 1))
        return proportions(column.to_native(), item, by=by, **{**self.options, **options})


def retention_of(sought: Sought) -> RetentionResult:
    """Estimate which share of each group is found again."""
    made, pooled = sought.shares(sought.by, sought.frame), tuple[str, ...]()
    [everybody] = made.rows if sought.by is None else _of_all(sought)
    rows: Sequence[Proportion] = made.rows
    hidden = _hidden(made.columns["n"]) if made.by else []
    if hidden:
        pooled = tuple(_values(rows[place]) for place in hidden)
        together = _together(sought, made.by, [rows[place] for place in hidden])
        rows = [row for place, row in enumerate(rows) if place not in set(hidden)] + [together]
    own = {field.name: getattr(made, field.name) for field in fields(made)}
    own["columns"] = Columns.of(Retention, _with_ratios(rows, everybody))
    own["notes"] = (*made.notes, *_notes(own["columns"], pooled))
    [whole] = _with_ratios([everybody], everybody)
    return RetentionResult(**own, everybody=whole, pooled=pooled)


def _of_all(sought: Sought) -> tuple[Proportion, ...]:
    """Estimate the share of everybody; nothing is cut into groups then."""
    return sought.shares(None, sought.frame, bins=None).rows


def _hidden(n: IntArray) -> list[int]:
    """Return which groups are shown together: none of them can be had by taking the others from all.

    These are the groups of fewer than 10 people; where that is one alone, or they are fewer than 10 people
    together, the next larger groups too.
    """
    there = [place for place in np.argsort(n, kind="stable").tolist() if n[place]]
    few = len([place for place in there if n[place] < SMALL])
    if not few:
        return []
    while few < len(there) and (few < 2 or n[there[:few]].sum() < SMALL):
        few += 1
    return sorted(there[:few])


def _together(sought: Sought, by: tuple[str, ...], rows: Sequence[Proportion]) -> Proportion:
    """Estimate the share of the people of several groups."""
    wanted = as_groups(sought.by, sought.options["answers"])
    grouped = read_groups(sought.frame, wanted, sought.options["missing"], sought.options["bins"])
    labels = {tuple(value for _, value in row.group) for row in rows}
    codes = [code for code, label in enumerate(grouped.labels) if label in labels]
    name = _free("pooled", sought.frame)
    frame = with_column(sought.frame, name, np.isin(grouped.group, codes).astype(np.int64))
    item = Item(name, yes=1, answers=(0, 1))
    made = sought.shares(item, frame, bins=None)
    [row] = [one for one in made.rows if one.n == sum(each.n for each in rows)][-1:]
    here, there = where_words(made.by, [row.group[0][1]]), POOLED.strip("()")
    changed = {
        "group": tuple((column, POOLED) for column in by),
        "base": row.base.replace(here, there),
        "above": tuple(type(rung)(rung.words.replace(here, there), rung.n, rung.of) for rung in row.above),
    }
    held = {field.name: getattr(row, field.name) for field in fields(row)}
    return type(row)(**{**held, **changed})


def _with_ratios(rows: Sequence[Proportion], everybody: Proportion) -> list[Retention]:
    """Put beside each share its ratio to that of everybody, and what it is drawn towards all."""
    shrunken = np.full(len(rows), np.nan)
    n = np.array([row.n for row in rows], dtype=np.float64)
    if len(rows) > 1 and ((n > 0) & (n < SHRINK_BELOW)).any():
        effective = np.array([row.n_effective for row in rows])
        size = np.where(np.isfinite(effective) & (n > 0), effective, n)
        share = np.array([row.estimate if row.n else 0.0 for row in rows])
        shrunken = shrunken_rates(share * size, size)
    whole = everybody.estimate if everybody.n else float("nan")
    return [
        Retention(
            **{field.name: getattr(row, field.name) for field in fields(row)},
            ratio=row.estimate / whole if whole else float("nan"),
            shrunken=float(value),
        )
        for row, value in zip(rows, shrunken, strict=True)
    ]


def _values(row: Proportion) -> str:
    """Name a group by its values."""
    return " and ".join(value for _, value in row.group)


def _which(row: Retention) -> str:
    """Say of which group a row is."""
    if all(value == POOLED for _, value in row.group):
        return POOLED
    return where_words([name for name, _ in row.group], [value for _, value in row.group])


def _notes(columns: Columns[Retention], pooled: Sequence[str]) -> list[str]:
    """Say which groups are shown together, what is drawn towards all, and of whom nobody is found."""
    notes = []
    if pooled:
        listed = ", ".join(pooled[:8]) + (f" and {len(pooled) - 8} more" if len(pooled) > 8 else "")
        notes.append(
            f"{POOLED}: {listed}. Groups of fewer than {SMALL} people are shown together, with the next "
            "larger where one of them could be told from the others"
        )
    if not np.isnan(columns["shrunken"]).all():
        notes.append(
            f"shrunken: a group has fewer than {SHRINK_BELOW} people, so each share is drawn towards that of "
            "all groups, as far as chance explains how they differ (beta-binomial); intervals are of the raw "
            "share"
        )
    for row in columns.rows:
        if row.group and row.n and not row.count:
            which = _which(row)
            notes.append(f"nobody from {which} answered: weights cannot represent them")
    return notes


def _free(name: str, frame: NarwhalsFrame) -> str:
    while name in frame.columns:
        name += "_"
    return name
