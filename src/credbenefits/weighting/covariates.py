"""Covariates of a response model: categories in which "missing" is one more level, numbers as they are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import narwhals as nw
import numpy as np

from credbenefits._progress import silent
from credbenefits.counts.by_codes import crossed
from credbenefits.counts.coding.cuts import MOST_NUMBERS, Cut, cut, numbers_of
from credbenefits.frames.columns import MOST_LEVELS, Categories, encode, refuse_too_many
from credbenefits.frames.doubts import refuse_undeclared
from credbenefits.frames.identifiers import refuse_identifier
from credbenefits.frames.separators import refuse_several
from credbenefits.numerics.models.designs import Margins, Term, contrasts
from credbenefits.questions.spelling import is_day

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import BoolArray, FloatArray, IntArray, Progress, Value
    from credbenefits.counts.coding.cuts import BinRule
    from credbenefits.frames.boundary import NarwhalsFrame

MISSING = "(missing)"
#: Crossed categories beyond this are no covariate.
MOST_CELLS = 1_000


@dataclass(frozen=True, slots=True)
class Covariate:
    """A variable known for everybody in the population: a level per person, none missing.

    `ordered` levels are pooled with neighbours only; where `has_missing`, the last level is that of
    missing answers, which has no neighbour. `members` are the levels, as read, that each level
    was pooled from. `silent` says why the variable has no information on anybody, if it has none; `note`
    what a reader must know of how its cells were read.

    In the design of a model there is an indicator of each level but the most frequent. Where a number enters
    as it is, or by a spline, its levels are its different values: `basis` holds what stands in the columns of
    the design at each level, of the shape (levels, columns), and levels are never pooled. `beside` says which
    levels, as read, may be pooled, of the shape (levels, levels), where it is not the order that says so.
    """

    name: str
    codes: IntArray
    levels: tuple[str, ...]
    ordered: bool
    has_missing: bool
    members: tuple[tuple[int, ...], ...]
    silent: str = ""
    of_numbers: bool = False
    note: str = ""
    basis: FloatArray | None = None
    beside: BoolArray | None = None

    @property
    def n_columns(self) -> int:
        """How many columns of a design it takes."""
        return len(self.levels) - 1 if self.basis is None else self.basis.shape[1]

    @classmethod
    def of(cls, name: str, codes: IntArray, levels: tuple[str, ...], *, ordered: bool) -> Covariate:
        """Give missing answers (-1) a level of their own, the last."""
        gaps = bool(codes.min(initial=0) < 0)
        if gaps:
            codes = np.where(codes < 0, len(levels), codes)
            levels = (*levels, MISSING)
        silent = ""
        if len(levels) == 1:
            silent = "nobody has an answer" if gaps else f"everybody is at {levels[0]!r}"
        return cls(name, codes, levels, ordered, gaps, tuple((i,) for i in range(len(levels))), silent)

    def is_column_of(self, frame: NarwhalsFrame, missing: Sequence[Value]) -> bool:
        """Tell whether a frame has this variable, uncut and with the same answers, in the same rows."""
        categories = encode(frame, self.name).without(missing)
        other = Covariate.of(self.name, categories.codes, categories.labels, ordered=False)
        return other.levels == self.levels and np.array_equal(other.codes, self.codes)

    def sizes(self, rows: BoolArray | None = None) -> IntArray:
        """People at each level, among all or some."""
        return np.bincount(self.codes if rows is None else self.codes[rows], minlength=len(self.levels))

    def by_answer(self, answered: BoolArray) -> IntArray:
        """People at each level who did not answer, and who did, shape (2, levels)."""
        n = len(self.levels)
        return np.bincount(self.codes + n * answered, minlength=2 * n).reshape(2, n)

    def may_join(self, level: int) -> list[int]:
        """Levels that a level may be pooled with: those beside it where levels have an order."""
        others = [i for i in range(len(self.levels)) if i != level]
        if self.beside is not None:
            near: BoolArray = np.asarray(self.beside[list(self.members[level])].any(axis=0))
            return [i for i in others if near[list(self.members[i])].any()] or others
        missing = len(self.levels) - 1 if self.has_missing else -1
        if not self.ordered or level == missing:
            return others
        return [i for i in (level - 1, level + 1) if i in others and i != missing] or others


def read_covariate(
    frame: NarwhalsFrame,
    column: str,
    argument: str,
    *,
    missing: Sequence[Value],
    answers: Sequence[Value] = (),
    rule: BinRule,
    given: str,
    allow_identifier: bool = False,
) -> tuple[Covariate, Cut | None]:
    """Read a column as a covariate; cut it if it has many different numbers or `bins` names it.

    `given` is the column's name in its own wave.
    """
    categories = encode(frame, column, argument).without(missing)
    refuse_identifier(categories, argument, allowed=allow_identifier, measured=True)
    refuse_undeclared(categories, argument, answers=answers)
    covariate, made = _covariate(frame, categories, argument, wanted=rule.of(column, given), rule=rule)
    return replace(covariate, note=_note(categories, covariate)), made


def _covariate(
    frame: NarwhalsFrame,
    categories: Categories,
    argument: str,
    *,
    wanted: int | tuple[float, ...] | None,
    rule: BinRule,
) -> tuple[Covariate, Cut | None]:
    column = categories.column
    found = numbers_of(frame, categories, argument, wanted=wanted is not None)
    if found is None:
        ordered = is_ordered(frame, column) or _are_dates(categories)
        return _names(categories, argument, ordered=ordered), None
    numbers, place = found
    rank = np.append(place, -1)  # the last place is read by code -1
    levels = tuple(categories.levels[i] for i in np.argsort(place).tolist())
    categories = Categories(column, rank[categories.codes], levels)
    if wanted is None and len(numbers) <= MOST_NUMBERS:
        few = Covariate.of(column, categories.codes, categories.labels, ordered=True)
        return replace(few, of_numbers=True), None
    made = cut(numbers, categories.sizes(), rule.groups if wanted is None else wanted)
    codes = np.append(made.group, -1)[categories.codes]
    groups = replace(Covariate.of(column, codes, made.labels, ordered=True), of_numbers=True)
    return groups, made if made.edges else None


def _note(categories: Categories, covariate: Covariate) -> str:
    """Say where spellings were joined, and where text was taken as numbers."""
    as_text = bool(categories.levels) and all(isinstance(v, str) for v in categories.levels)
    numbers = f"{categories.column}: text read as numbers" if as_text and covariate.of_numbers else ""
    return "; ".join(filter(None, [categories.note, numbers]))


def is_ordered(frame: NarwhalsFrame, column: str) -> bool:
    """Tell whether a column's type says that its categories have an order."""
    series = frame[column]
    native = series.to_native()
    of_type = getattr(native, "dtype", getattr(native, "type", None))  # Arrow says type
    return bool(getattr(of_type, "ordered", isinstance(series.dtype, nw.Enum)))


def _are_dates(categories: Categories) -> bool:
    return bool(categories.levels) and all(is_day(v) for v in categories.levels)


def _names(categories: Categories, argument: str, *, ordered: bool) -> Covariate:
    """Make the covariate of a column of names, unless hardly any name is shared."""
    refuse_several(categories, argument)
    n, people = len(categories.levels), int((categories.codes >= 0).sum())
    if n > 1 and people < 2 * n and not (ordered and n <= MOST_LEVELS):
        one = Covariate.of(
            categories.column, np.zeros_like(categories.codes), (f"{n:,} different answers",), ordered=False
        )
        return replace(
            one, silent=f"{people:,} people gave {n:,} different answers, hardly any of them shared"
        )
    refuse_too_many(categories, argument)
    return Covariate.of(categories.column, categories.codes, categories.labels, ordered=ordered)


def pool_extremes(covariate: Covariate, answered: BoolArray) -> Covariate:
    """Pool levels where nobody or everybody answered, whose coefficient would be infinite."""
    if covariate.basis is not None:
        return covariate
    people = covariate.by_answer(answered)
    while (level := _extreme_level(people)) is not None:
        covariate, people = _pooled(covariate, level, people)
    return covariate


def _extreme_level(people: IntArray) -> int | None:
    extreme = np.flatnonzero((people == 0).any(axis=0))
    return int(extreme[0]) if extreme.size and people.shape[1] > 1 else None


def _pooled(covariate: Covariate, level: int, people: IntArray) -> tuple[Covariate, IntArray]:
    """Pool a level; `people` are those of each level who did not answer and who did, and so returned."""
    rate = people[1] / people.sum(axis=0)
    target = min(covariate.may_join(level), key=lambda i: (abs(rate[i] - rate[level]), i))
    first, second = sorted((level, target))
    place = np.arange(rate.size)
    place[second] = first
    place[second + 1 :] -= 1
    levels, members = list(covariate.levels), list(covariate.members)
    levels[first] = f"{levels[first]} or {levels.pop(second)}"
    members[first] = (*members[first], *members.pop(second))
    has_missing = covariate.has_missing and second < rate.size - 1
    together = people.copy()
    together[:, first] += together[:, second]
    pooled = replace(
        covariate,
        codes=place[covariate.codes],
        levels=tuple(levels),
        members=tuple(members),
        has_missing=has_missing,
    )
    return pooled, np.delete(together, second, axis=1)


@dataclass(frozen=True, slots=True)
class Design:
    """Cells of crossed covariates: the cell of every person, and a design row per cell.

    `trials` are the people of each cell, `successes` those of them who answered. `columns` says which
    covariate and level each design column stands for; -1 for the covariate of the intercept, and for the
    level of columns of a covariate's `basis`.
    """

    cell: IntArray
    trials: FloatArray
    successes: FloatArray
    margins: Margins
    columns: tuple[tuple[int, int], ...]

    @property
    def matrix(self) -> FloatArray:
        """The design as a matrix, shape (cells, columns)."""
        return self.margins.rows(slice(None))


def design_cells(
    covariates: Sequence[Covariate],
    answered: BoolArray,
    tell: Progress = silent,
    *,
    times: FloatArray | None = None,
) -> Design:
    """Cross the covariates and count; the most frequent level of each is the one without an indicator.

    `times` is how often each is there, above 0; once, if it is not given.
    """
    cells, place = crossed([covariate.codes for covariate in covariates])
    tell(1, 2)
    trials = np.bincount(place, weights=times, minlength=len(cells)).astype(np.float64)
    yes = np.bincount(
        place[answered], weights=None if times is None else times[answered], minlength=len(cells)
    )
    margins, columns = main_effects(covariates, list(np.ascontiguousarray(cells.T)), trials)
    tell(2, 2)
    return Design(place, trials, yes.astype(np.float64), margins, columns)


def main_effects(
    covariates: Sequence[Covariate], codes: Sequence[IntArray], trials: FloatArray
) -> tuple[Margins, tuple[tuple[int, int], ...]]:
    """Return the design of main effects on cells, and what covariate and level each column stands for.

    `codes` are the levels of each covariate in the cells, and `trials` the people there.
    """
    terms, columns = [], [(-1, -1)]
    for axis, (covariate, here) in enumerate(zip(covariates, codes, strict=True)):
        n = len(covariate.levels)
        if covariate.basis is not None:
            terms.append(Term(here, covariate.basis))
            columns += [(axis, -1)] * covariate.n_columns
            continue
        usual = int(np.bincount(here, weights=trials, minlength=n).argmax())
        terms.append(Term(here, contrasts(n, usual)))
        columns += [(axis, level) for level in range(n) if level != usual]
    return Margins(tuple(terms)), tuple(columns)
