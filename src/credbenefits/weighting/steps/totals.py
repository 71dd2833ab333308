"""Calibration as a step among others: it says why the people as they are cannot meet their totals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from credbenefits.weighting.recipe import Account
from credbenefits.weighting.steps.calibration import Calibrate, MarginCells
from credbenefits.weighting.totals.refusals import NO_RATIO, for_argument, nobody_there, refuse

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray, Progress
    from credbenefits.weighting.covariates import Covariate
    from credbenefits.weighting.recipe import Draw, Sample


@dataclass(frozen=True, slots=True)
class MeetTotals(Calibrate):
    """Calibration to totals of variables known for everybody, their own or others."""

    def report(self, sample: Sample, weight: FloatArray, draw: Draw, tell: Progress) -> Account:
        """Run the step for the people as they are: see :class:`credbenefits.weighting.recipe.Reporting`."""
        cells = MarginCells.of(self.variables(sample), self.margins)
        mass = cells.added(weight * draw.times[:, sample.answered], sample)
        wanted = cells.at_levels(cells.added_everybody(draw)[0])
        parts = zip(sample.calibrated, cells.in_order(), cells.at_levels(mass[0]), wanted, strict=True)
        for variable, margin, there, own in parts:
            needed = own if margin.totals is None else margin.totals
            if margin.numbers is None and ((there <= 0) & (needed > 0)).any():
                empty = np.flatnonzero((there <= 0) & (needed > 0))
                raise for_argument(
                    nobody_there(variable, [variable.levels[i] for i in empty]), "calibrate_to"
                )
        ratio = _ratios(
            self, cells, mass, cells.totals(draw, mass), named=(sample.calibrated, "calibrate_to")
        )
        tell(1, 1)
        return Account(weight[0] * ratio[cells.cell[sample.answered]])


@dataclass(frozen=True, slots=True)
class CalibrateCovariates(Calibrate):
    """Calibration on the covariates themselves, in place of a model of answering."""

    def variables(self, sample: Sample) -> tuple[Covariate, ...]:
        """Return the variables that margins point at."""
        return sample.covariates

    def report(self, sample: Sample, weight: FloatArray, draw: Draw, tell: Progress) -> Account:
        """Run the step for the people as they are: see :class:`credbenefits.weighting.recipe.Reporting`."""
        cells = MarginCells.of(sample.covariates, self.margins)
        mass = cells.added(weight * draw.times[:, sample.answered], sample)
        ratio = _ratios(self, cells, mass, cells.totals(draw, mass), named=(sample.covariates, "covariates"))
        tell(1, 1)
        return Account(weight[0] * ratio[cells.cell[sample.answered]])


def _ratios(
    step: Calibrate,
    cells: MarginCells,
    mass: FloatArray,
    totals: FloatArray,
    *,
    named: tuple[tuple[Covariate, ...], str],
) -> FloatArray:
    """Return the ratio of new to given weight in each cell; refuse totals that no weights meet.

    The variables are `named` with the argument that they were given by.
    """
    variables, argument = named
    factor, made = step.solve(cells, mass, totals)
    least = made.ratio[0, mass[0] > 0].min()
    if not made.met[0] or (step.distance == "raking" and least < NO_RATIO):
        raise for_argument(refuse(step, cells, variables, (mass[0] * factor[0], totals[0])), argument)
    ratio: FloatArray = made.ratio[0] * factor[0]
    return ratio
