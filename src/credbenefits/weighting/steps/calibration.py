"""Calibration: weights that add up to totals, and change as little as they can for that."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from credbenefits.counts.by_codes import crossed
from credbenefits.numerics.calibration.constraints import Constraints
from credbenefits.numerics.calibration.distances import distance_of
from credbenefits.numerics.calibration.solve import Calibrated, calibrate_cells
from credbenefits.weighting.recipe import Gradients
from credbenefits.weighting.steps.cells import by_cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import BoolArray, CalibrationDistance, FloatArray, IntArray
    from credbenefits.weighting.covariates import Covariate
    from credbenefits.weighting.recipe import Draw, Sample


@dataclass(frozen=True, slots=True)
class Margin:
    """A variable whose weighted sums are to be given totals: that of each level, or of its numbers.

    ``covariate`` is its place among those that the sample is calibrated on, ``numbers`` the number of each
    level where it is one. ``totals`` are known, of each level or of the numbers; without them they are those
    of everybody in the sample, and of everybody in each replicate.
    """

    covariate: int
    totals: FloatArray | None = None
    numbers: FloatArray | None = None


@dataclass(frozen=True, slots=True)
class Calibrate:
    """The weights of respondents are made to add up to totals.

    With ``bounds`` the ratio of the new weight to the one before stays within them; to the one before times
    the average ratio where ``scaled``. In a replicate a level that none of its respondents has takes no part:
    the other levels of its margin take its total, in proportion to theirs. Where a replicate cannot meet its
    totals its weights are not a number.
    """

    margins: tuple[Margin, ...]
    distance: CalibrationDistance = "raking"
    bounds: tuple[float, float] | None = None
    scaled: bool = True

    @property
    def label(self) -> str:
        """What the step is called in the table of steps."""
        return "calibrated" + self._how

    @property
    def words(self) -> str:
        """What the step does."""
        return "calibrated to totals" + self._how

    @property
    def _how(self) -> str:
        within = f", within {self.bounds[0]:g} and {self.bounds[1]:g}" if self.bounds else ""
        return f" ({self.distance}{within})"

    def variables(self, sample: Sample) -> tuple[Covariate, ...]:
        """Return the variables that margins point at."""
        return sample.calibrated

    def run(self, sample: Sample, weight: FloatArray, draw: Draw) -> FloatArray:
        """Return the weights after the step: see :class:`credbenefits.weighting.recipe.Step`."""
        cells = MarginCells.of(self.variables(sample), self.margins)
        mass = cells.added(weight * draw.times[:, sample.answered], sample)
        factor, made = self.solve(cells, mass, cells.totals(draw, mass))
        ratio = np.where(made.met[:, None], made.ratio * factor[:, None], np.nan)
        ratio[~mass.any(axis=1)] = 0.0
        result: FloatArray = weight * ratio[:, cells.cell[sample.answered]]
        return result

    def solve(
        self, cells: MarginCells, mass: FloatArray, totals: FloatArray
    ) -> tuple[FloatArray, Calibrated]:
        """Return what weights are first multiplied by, (replicates,), and their ratios after that."""
        average = cells.everybody(totals) / np.maximum(mass.sum(axis=1), np.finfo(float).tiny)
        if not cells.has_everybody:
            average = np.ones(len(mass))
        factor, usual = (average, 1.0) if self.scaled else (np.ones(len(mass)), float(average.mean()))
        distance = distance_of(self.distance, self.bounds, usual)
        return factor, calibrate_cells(cells.x, mass * factor[:, None], totals, distance)

    def backward(self, sample: Sample, weight: FloatArray, draw: Draw, gradient: FloatArray) -> Gradients:
        """Take gradients back through the step: see :class:`credbenefits.weighting.recipe.Step`.

        An estimate changes with the weight of a person as with the residual of its gradient from the
        regression on what is calibrated, in which the slopes of the distance are weights; and with
        everybody's part of the totals, where these are not known, as with what the regression fits to them.

        Source: Deville & Sarndal (1992), JASA 87:376, section 3.
        """
        cells, answered = MarginCells.of(self.variables(sample), self.margins), sample.answered
        copies, mine = draw.times[0, answered], cells.cell[answered]
        mass = cells.added(weight * copies, sample)
        totals = cells.totals(draw, mass)
        factor, made = self.solve(cells, mass, totals)
        after = by_cell(gradient * weight[0], mine, cells.n) * factor
        b = cells.x.sums(after * made.slope) @ _inverse(cells.x.squares(mass * factor * made.slope)[0])
        fitted, ratio = cells.x.times(b), made.ratio[0]
        to_weight = (gradient - fitted[:, mine] * copies) * (ratio * factor)[mine]
        to_times: FloatArray = np.zeros((len(gradient), answered.size))
        to_times[:, answered] = -fitted[:, mine] * (weight[0] * (ratio * factor)[mine])
        to_mass = cells.x.times(cells.to_own_totals(b, draw, mass) * ~cells.known)[:, cells.cell]
        if self.scaled and cells.has_everybody:
            # How estimates change with the logarithm of the factor, which is all totals by all given weights.
            with_factor = (after * ratio).sum(axis=1) - (fitted * ratio) @ (mass[0] * factor)
            part = with_factor[:, None] / mass.sum()
            to_weight -= part * copies
            to_times[:, answered] -= part * weight[0]
            if not cells.known[0]:
                to_mass = to_mass + with_factor[:, None] / draw.mass.sum()
        return Gradients(to_weight, to_times + to_mass * draw.base[0], to_mass * draw.times[0])


def _ordered(margins: Sequence[Margin]) -> tuple[Margin, ...]:
    """Put the margins of levels before those of numbers."""
    return tuple(sorted(margins, key=lambda margin: margin.numbers is not None))


@dataclass(frozen=True)
class MarginCells:
    """The cells of everybody in a sample, crossed by what weights are calibrated on.

    ``cell`` is that of each person. The ``margins`` of levels come before those of numbers; ``places`` are
    the levels of each that the cells have, of the shape (cells,), and ``sizes`` how many levels it has.
    """

    cell: IntArray
    places: list[IntArray]
    sizes: tuple[int, ...]
    margins: tuple[Margin, ...]

    @classmethod
    def of(cls, variables: Sequence[Covariate], margins: Sequence[Margin]) -> MarginCells:
        """Cross the variables of the margins."""
        ordered = _ordered(margins)
        used = [variables[margin.covariate] for margin in ordered]
        cells, cell = crossed([each.codes for each in used])
        sizes = tuple(len(each.levels) for each in used)
        return cls(cell, [np.ascontiguousarray(place) for place in cells.T], sizes, ordered)

    def with_margins(self, margins: Sequence[Margin]) -> MarginCells:
        """Return the cells with other totals, or numbers, of the same variables."""
        return MarginCells(self.cell, self.places, self.sizes, _ordered(margins))

    @property
    def n(self) -> int:
        """How many cells there are."""
        return self.places[0].size

    @cached_property
    def x(self) -> Constraints:
        """What one person of each cell adds to the totals: of levels, then of numbers."""
        parts = list(zip(self.margins, self.places, self.sizes, strict=True))
        levels = [(place, n) for margin, place, n in parts if margin.numbers is None]
        numbers = [margin.numbers[place] for margin, place, _ in parts if margin.numbers is not None]
        stacked = np.column_stack([np.zeros((self.n, 0)), *numbers])
        return Constraints([place for place, _ in levels], [n for _, n in levels], stacked)

    @cached_property
    def known(self) -> BoolArray:
        """Which totals are known, (columns,)."""
        return np.repeat([margin.totals is not None for margin in self.margins], self._widths)

    @cached_property
    def given(self) -> FloatArray:
        """The totals that are known, (columns,); 0 for others."""
        parts = zip(self.margins, self._widths, strict=True)
        return np.concatenate([np.zeros(n) if m.totals is None else m.totals for m, n in parts])

    @property
    def _widths(self) -> list[int]:
        """How many totals each margin has."""
        return [n if m.numbers is None else 1 for m, n in zip(self.margins, self.sizes, strict=True)]

    def at_levels(self, values: FloatArray) -> list[FloatArray]:
        """Add up values of cells by level, (levels,), for each variable in the order of the covariates."""
        parts = zip(self.margins, self.places, self.sizes, strict=True)
        made = {m.covariate: np.asarray(np.bincount(p, values, n), dtype=np.float64) for m, p, n in parts}
        return [made[place] for place in sorted(made)]

    def in_order(self) -> list[Margin]:
        """Return the margins in the order of their variables."""
        return sorted(self.margins, key=lambda margin: margin.covariate)

    def names(self, covariates: Sequence[Covariate]) -> list[str]:
        """Return what each total is of."""
        made = []
        for margin in self.margins:
            variable = covariates[margin.covariate]
            of_number = [f"the numbers of {variable.name!r}"]
            of_levels = [f"{variable.name!r} = {level!r}" for level in variable.levels]
            made += of_levels if margin.numbers is None else of_number
        return made

    def words(self, covariates: Sequence[Covariate], cell: int) -> str:
        """Say what people of a cell have in common."""
        parts = zip(self.margins, self.places, strict=True)
        variables = [(covariates[margin.covariate], int(place[cell])) for margin, place in parts]
        return " and ".join(f"{v.name!r} = {v.levels[level]!r}" for v, level in variables)

    @property
    def has_everybody(self) -> bool:
        """Whether the totals say how many people there are in all: those of the levels of a variable do."""
        return bool(self.x.codes)

    def everybody(self, totals: FloatArray) -> FloatArray:
        """Return how many people the totals are of, (replicates,); 1 where they do not say."""
        return totals[:, : self.x.levels[0]].sum(axis=1) if self.has_everybody else np.ones(len(totals))

    def added(self, values: FloatArray, sample: Sample) -> FloatArray:
        """Add up values of respondents, (replicates, respondents) to (replicates, cells)."""
        mine = self.cell if sample.answered.all() else self.cell[sample.answered]
        return by_cell(values, mine, self.n)

    def added_everybody(self, draw: Draw) -> FloatArray:
        """Add up everybody in the population, (replicates, cells)."""
        return by_cell(draw.mass, self.cell, self.n)

    def totals(self, draw: Draw, mass: FloatArray) -> FloatArray:
        """Return the totals in each replicate, (replicates, columns)."""
        totals = np.tile(self.given, (len(mass), 1))
        if not self.known.all():
            everybody = self.x.sums(self.added_everybody(draw))
            totals[:, ~self.known] = everybody[:, ~self.known]
        there, start = self.x.sums(mass) > 0, 0
        for n in self.x.levels:
            mine, start = totals[:, start : start + n], start + n
            lost = np.where(there[:, start - n : start], 0.0, mine).sum(axis=1)
            if lost.any():
                everybody = mine.sum(axis=1)
                mine *= (
                    there[:, start - n : start] * (everybody / np.maximum(everybody - lost, 1e-300))[:, None]
                )
        return totals

    def to_own_totals(self, b: FloatArray, draw: Draw, mass: FloatArray) -> FloatArray:
        """Return how estimates change with the sums over everybody, where `b` says it of `totals`.

        Where nobody at a level answered, the others of its margin share its total, so all their totals change
        with it. Both have the shape (estimates, columns).
        """
        made, start = b.copy(), 0
        everybody = self.x.sums(self.added_everybody(draw))[0]
        there = self.x.sums(mass)[0] > 0
        for n in self.x.levels:
            some, start = slice(start, start + n), start + n
            kept = np.where(there[some], everybody[some], 0.0)
            if everybody[some].sum() > kept.sum() > 0:
                raised = b[:, some] * there[some] * (everybody[some].sum() / kept.sum())
                mean = (b[:, some] @ kept)[:, None] / kept.sum()
                made[:, some] = raised + mean - there[some] * (mean * (everybody[some].sum() / kept.sum()))
        return made


def _inverse(squares: FloatArray) -> FloatArray:
    """Return the inverse of a matrix of squares, of what of it is not redundant."""
    scale = np.sqrt(np.diagonal(squares))
    scale = np.where(scale > 0, scale, 1.0)
    unit = np.outer(scale, scale)
    return np.asarray(np.linalg.pinv(squares / unit, rcond=1e-12, hermitian=True) / unit)
