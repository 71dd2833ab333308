"""Crossed cells: people who are alike in all covariates have one factor; small cells are joined."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from credbenefits.results.base import many
from credbenefits.results.weighing.alert import Alert
from credbenefits.weighting.recipe import Account
from credbenefits.weighting.steps.cells import Cells
from credbenefits.weighting.steps.sums import DIGITS, Sums, respondents_by_cell, unfit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import BoolArray, FloatArray, IntArray, Progress
    from credbenefits.weighting.covariates import Covariate
    from credbenefits.weighting.recipe import Draw, Gradients, Sample

    #: The levels of all covariates in a cell.
    Cell: TypeAlias = tuple[int, ...]

#: Cells without a respondent that an alert names one by one.
_MOST_NAMED = 12
#: Cells of a class that the table of steps names.
_MOST_JOINED = 24


@dataclass(frozen=True, slots=True)
class CrossedCells:
    """Weights of the respondents of a class of cells are multiplied by one factor, to stand for all in it.

    `classes` has the cells of each, by the levels of the covariates. They are those of the full sample in all
    replicates. The factor is the weight of everybody in the class over that of its respondents.

    Source: Oh & Scheuren (1983), Incomplete Data in Sample Surveys 2:143; Kalton & Flores-Cervantes (2003),
    Journal of Official Statistics 19:81.
    """

    classes: tuple[tuple[Cell, ...], ...]

    @property
    def label(self) -> str:
        """What the step is called in the table of steps."""
        n = len(self.classes)
        if n == sum(map(len, self.classes)):
            return many(n, "crossed cell", "crossed cells")
        return f"{many(n, 'class', 'classes')} of crossed cells"

    @property
    def words(self) -> str:
        """What the step does."""
        return f"weighted by {self.label}"

    def run(self, sample: Sample, weight: FloatArray, draw: Draw) -> FloatArray:
        """Return the weights after the step: see :class:`credbenefits.weighting.recipe.Step`."""
        sums = sums_of(sample, weight, draw)
        which = self.which(sums.cells)
        mine = which[sums.cells.cell[sample.answered]]
        result: FloatArray = np.stack([sums.factors(place, which)[mine] for place in range(len(weight))])
        return weight * result

    def report(self, sample: Sample, weight: FloatArray, draw: Draw, tell: Progress) -> Account:
        """Run the step for the people as they are: see :class:`credbenefits.weighting.recipe.Reporting`."""
        sums = sums_of(sample, weight, draw)
        which = self.which(sums.cells)
        factor = sums.factors(0, which)
        propensity = 1.0 / np.where(factor > 0, factor, 1.0)
        after = weight[0] * factor[which[sums.cells.cell[sample.answered]]]
        alerts = _silent_cells(sums, sample)
        tell(1, 1)
        joined = len(self.classes) < sums.cells.n
        return Account(after, propensity[which[sums.cells.cell]], factor.size, alerts=alerts, limited=joined)

    def backward(self, sample: Sample, weight: FloatArray, draw: Draw, gradient: FloatArray) -> Gradients:
        """Take gradients back through the step: see :class:`credbenefits.weighting.recipe.Step`."""
        sums = sums_of(sample, weight, draw)
        return sums.backward(sample, weight, draw, gradient, which=self.which(sums.cells))

    def which(self, cells: Cells) -> IntArray:
        """Return the class of each cell."""
        known = {cell: place for place, members in enumerate(self.classes) for cell in members}
        return np.array([known[cell] for cell in _by_levels(cells)], dtype=np.int64)


def sums_of(sample: Sample, weight: FloatArray, draw: Draw) -> Sums:
    """Add up the people of replicates by cell."""
    cells = Cells.of(sample)
    no, yes = cells.mass(sample, draw)
    return Sums(cells, no + yes, *respondents_by_cell(cells, sample, weight, draw))


def _by_levels(cells: Cells) -> list[Cell]:
    """Return the levels of the covariates in each cell."""
    return list(zip(*(covariate.codes.tolist() for covariate in cells.covariates), strict=True))


def _called(covariates: Sequence[Covariate], cell: Cell) -> str:
    return repr(" and ".join(each.levels[i] for each, i in zip(covariates, cell, strict=True)))


def _silent_cells(sums: Sums, sample: Sample) -> tuple[Alert, ...]:
    """Tell which cells hold people of whom nobody answered."""
    cells = sums.cells
    people = np.bincount(cells.cell, weights=sums.mass[0, cells.cell] > 0, minlength=cells.n)
    silent = np.flatnonzero((sums.mass[0] > 0) & (sums.copies[0] == 0))
    if not silent.size:
        return ()
    by_levels = _by_levels(cells)
    names = [
        f"{_called(sample.covariates, by_levels[i])} ({many(int(people[i]), 'person', 'people')})"
        for i in silent[np.argsort(-people[silent], kind="stable")]
    ]
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    hold = "holds" if silent.size == 1 else "hold"
    text = (
        f"{many(silent.size, 'crossed cell', 'crossed cells')} {hold} nobody who answered: "
        f"{', '.join(names[:_MOST_NAMED])}{more}; respondents of other cells stand for "
        f"{int(people[silent].sum()):,} of {int(people.sum()):,} people there."
    )
    remedy = "Weights cannot speak for those cells one by one: use fewer covariates, or merge levels."
    return (Alert("pooled_level", text, float(people[silent].sum()), remedy),)


# ---- which cells are joined --------------------------------------------------------------------------------


class Beside(NamedTuple):
    """Which cells may be joined, of the shape (cells, cells) each.

    `near` are alike in all covariates but one, and beside each other in that. `missing` are alike in all but
    one that has an order, in which the first of the two has no answer. `apart` is in how many covariates two
    cells differ.
    """

    near: BoolArray
    missing: BoolArray
    apart: IntArray

    @classmethod
    def of(cls, cells: Cells) -> Beside:
        """Compare all cells with all others."""
        codes = np.array([covariate.codes for covariate in cells.covariates])
        differ = codes[:, :, None] != codes[:, None, :]
        apart = differ.sum(axis=0)
        near, missing = np.zeros((2, *apart.shape), dtype=bool)
        for covariate, own in zip(cells.covariates, differ, strict=True):
            line = own & (apart == 1)
            if covariate.beside is not None:
                near |= line & covariate.beside[covariate.codes[:, None], covariate.codes]
            elif not covariate.ordered:
                near |= line
            else:
                last = len(covariate.levels) - 1 if covariate.has_missing else -1
                gap = covariate.codes == last
                missing |= line & gap[:, None]
                line &= ~(gap[:, None] | gap)
                near |= line & _next(covariate.codes, line)
        return cls(near, missing, apart)


def _next(level: IntArray, line: BoolArray) -> BoolArray:
    """Tell which cells of a line are next to each other: no cell of it is at a level between them."""
    above = np.where(line & (level > level[:, None]), level, np.iinfo(np.int64).max).min(axis=1)
    up: BoolArray = level == above[:, None]
    return up | up.T


def join_cells(sums: Sums) -> tuple[tuple[tuple[Cell, ...], ...], tuple[str, ...]]:
    """Choose the classes of the people as they are: which cells are joined, and why.

    A class that has fewer than 20 respondents, or a factor above 2.5 times the median of the factors, is
    joined with the one of the nearest response rate of those beside it; where several are as near, with the
    one of fewest respondents, and then the first by name.
    """
    beside, which = Beside.of(sums.cells), _by_name(sums.cells)
    why = [set[str]() for _ in range(sums.cells.n)]
    while True:
        respondents = np.bincount(which, weights=sums.copies[0]).astype(np.float64)
        factor = sums.factors(0, which)
        found = unfit(respondents, factor)
        if found is None:
            return _told(sums, which, why)
        place, reason = found
        mass = np.bincount(which, weights=sums.mass[0])
        rate = np.divide(
            np.bincount(which, weights=sums.weight[0]), mass, out=np.zeros(mass.size), where=mass > 0
        )
        off = np.round(np.abs(rate - rate[place]), DIGITS)
        others = _may_join(beside, which, place)
        other = min(others, key=lambda i: (off[i], respondents[i], i))
        low, high = sorted((place, other))
        why[low] |= why.pop(high) | {reason}
        which[which == high] = low
        which[which > high] -= 1


def _by_name(cells: Cells) -> IntArray:
    """Return the place of each cell by its names, whatever the order of covariates and levels."""
    named = sorted(cells.covariates, key=lambda covariate: covariate.name)
    names = [[covariate.levels[i] for i in covariate.codes] for covariate in named]
    order = sorted(range(cells.n), key=lambda i: [each[i] for each in names])
    result: IntArray = np.argsort(order)
    return result


def _may_join(beside: Beside, which: IntArray, place: int) -> list[int]:
    """Return the classes that a class may be joined with: those beside it, or else the most alike."""
    mine, others = which == place, which != place
    near = beside.near[mine].any(axis=0) & others
    if mine.sum() == 1:  # a cell without an answer has no place in an order: it may join any
        near |= beside.missing[mine][0] & others
    if not near.any():
        apart = beside.apart[mine].min(axis=0)
        near = others & (apart == apart[others].min())
    return sorted(set(which[near].tolist()))


def _told(
    sums: Sums, which: IntArray, why: Sequence[set[str]]
) -> tuple[tuple[tuple[Cell, ...], ...], tuple[str, ...]]:
    """Return the cells of each class, and say which were joined and why."""
    by_levels, classes, log = _by_levels(sums.cells), [], []
    for place, reasons in enumerate(why):
        members = np.flatnonzero(which == place).tolist()
        classes.append(tuple(by_levels[i] for i in members))
        if reasons:
            named = [
                f"{_called(sums.cells.covariates, by_levels[i])} ({sums.copies[0, i]:,.0f})" for i in members
            ]
            more = len(named) - _MOST_JOINED
            listed = ", ".join(named[:_MOST_JOINED]) + (f" and {more:,} more" if more > 0 else "")
            log.append(f"cells joined, with their respondents: {listed}: {', '.join(sorted(reasons))}")
    if len(classes) == 1:
        log.append(f"one class of {sums.copies[0].sum():,.0f} respondents: all have the same factor")
    return tuple(classes), tuple(log)
