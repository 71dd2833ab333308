"""Propensities: the probability of answering that a logistic regression gives to people like them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from credbenefits import _progress
from credbenefits import _validation as validate
from credbenefits.errors import SeparationError
from credbenefits.numerics.models.logistic import fit_logistic, probability
from credbenefits.numerics.models.many import fit_logistic_many
from credbenefits.weighting.alerts import pooling_alerts
from credbenefits.weighting.covariates import design_cells, pool_extremes, pool_level
from credbenefits.weighting.recipe import Account, Draw, Gradients
from credbenefits.weighting.steps.cells import Cells, design_of, weighed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import BoolArray, FloatArray, IntArray, Progress
    from credbenefits.weighting.covariates import Covariate
    from credbenefits.weighting.recipe import Sample
    from credbenefits.weighting.steps.cells import Members

#: Replicates from which on it pays to fit them together.
_MANY = 4
#: A coefficient of this size is on its way to infinity (an odds ratio of 3,000).
_RUNNING_AWAY = 8.0


@dataclass(frozen=True, slots=True)
class Propensity:
    """Each respondent's weight is divided by the probability of answering of people like them.

    For a replicate everything is done again: levels of which nobody, or everybody, of the people in the
    replicate answered are pooled, and the model is fitted. Where numbers were cut stays as it is.
    """

    @property
    def label(self) -> str:
        """What the step is called in the table of steps."""
        return "1 / propensity"

    @property
    def words(self) -> str:
        """What the step does."""
        return "1/p from a logistic regression"

    def run(self, sample: Sample, weight: FloatArray, draw: Draw) -> FloatArray:
        """Return the weights after the step: see :class:`credbenefits.weighting.recipe.Step`."""
        cells = Cells.of(sample)
        there, mine = np.unique(cells.cell[sample.answered], return_inverse=True)
        replicates, whole = (_Replicates.of(cells, sample, each) for each in (draw, _as_they_are(sample)))
        return weight / replicates.propensities(whole, there)[:, mine.reshape(-1)]

    def report(self, sample: Sample, weight: FloatArray, draw: Draw, tell: Progress) -> Account:
        """Run the step for the people as they are: see :class:`credbenefits.weighting.recipe.Reporting`."""
        read, answered, mass = sample.covariates, sample.answered, draw.mass[0]
        if not (mass == 1.0).all():
            read = tuple(weighed(each, each.codes, mass) for each in read)
        pooled = [pool_extremes(covariate, answered) for covariate in read]
        p, final = fit_propensity(pooled, answered, tell, times=None if read is sample.covariates else mass)
        n_parameters = 1 + sum(covariate.n_columns for covariate in final)
        merged = pooling_alerts(list(sample.covariates), pooled, final, answered)
        after = weight[0] / p[answered]
        return Account(after, p, n_parameters, alerts=tuple(merged), limited=bool(merged))

    def backward(self, sample: Sample, weight: FloatArray, draw: Draw, gradient: FloatArray) -> Gradients:
        """Take gradients back through the step: see :class:`credbenefits.weighting.recipe.Step`.

        Which levels are pooled is taken as fixed. With p the propensities, x the rows of the design and I the
        information, the coefficients change with the mass of a person by I^-1 x (answered - p), and a
        respondent's weight by -(1 - p) x of the coefficients.

        Source: Beaumont (2005), Survey Methodology 31:227.
        """
        cells = Cells.of(sample)
        once = _Replicates.of(cells, sample, draw)
        p, mass = once.propensities(once, slice(None))[0], (once.no + once.yes)[0]
        (pooling,) = cells.poolings(once.no, once.yes)
        design = design_of(cells.pooled(pooling), mass)
        x, information = design.rows(slice(None)), design.products(mass * p * (1.0 - p))
        mine = cells.cell[sample.answered]
        after = gradient * (weight[0] / p[mine])
        of_coefficients = -_by_cell(after, mine, cells.n) * (1.0 - p) @ x
        by_cell = of_coefficients @ np.linalg.pinv(information, hermitian=True) @ x.T
        to_mass = by_cell[:, cells.cell] * (sample.answered - p[cells.cell])
        return Gradients(gradient / p[mine], to_mass * draw.base[0], to_mass * draw.times[0])


def _as_they_are(sample: Sample) -> Draw:
    once = np.ones((1, sample.answered.size))
    return Draw(once, once if sample.base is None else sample.base[None])


def fit_propensity(
    covariates: Sequence[Covariate],
    answered: BoolArray,
    tell: Progress = _progress.silent,
    *,
    times: FloatArray | None = None,
) -> tuple[FloatArray, list[Covariate]]:
    """Return everybody's probability of answering, and the covariates as they were pooled for it.

    Where levels of several covariates together hold only respondents or none, some coefficients
    run away. The smallest such level is pooled, and the model fitted again. `times` is how often each
    is there, above 0; once, if it is not given.
    """
    pooled = list(covariates)
    # One fit is nearly always enough; if not, there are at most as many more as there are levels to pool.
    more = sum(len(c.levels) for c in pooled if c.basis is None)
    turns = iter(_progress.parts(tell, 4 * more, *[1] * more))
    while True:
        crossing, fitting = _progress.parts(next(turns, _progress.silent), 30, 70)
        design = design_cells(pooled, answered, crossing, times=times)
        fit = fit_logistic(design.margins, design.successes, design.trials, tell=fitting)
        if fit.converged:
            tell(1, 1)
            return fit.fitted[design.cell], pooled
        running = [design.columns[j] for j in np.flatnonzero(np.abs(fit.coefficients) > _RUNNING_AWAY)]
        levels = [(c, i) for c, i in running if i >= 0 and len(pooled[c].levels) > 1]
        if not levels:
            raise SeparationError(
                "covariates",
                allowed="variables that do not tell respondents exactly apart",
                received=validate.listing(c.name for c in pooled),
                fix="Some combination of levels holds only respondents, or none: drop a covariate.",
            )
        which, level = min(levels, key=lambda pair: (pooled[pair[0]].sizes()[pair[1]], pair))
        pooled[which] = pool_level(pooled[which], level, answered)


# ---- replicates --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Replicates:
    """The masses of those who did not answer and of those who did in each replicate: (replicates, cells)."""

    cells: Cells
    no: FloatArray
    yes: FloatArray

    @classmethod
    def of(cls, cells: Cells, sample: Sample, draw: Draw) -> _Replicates:
        return cls(cells, *cells.mass(sample, draw))

    def propensities(self, whole: _Replicates, at: IntArray | slice) -> FloatArray:
        """Return the probability of answering in some cells, for each replicate.

        It is 1 where there is nobody, where everybody in the replicate answered, and where nobody did.
        Fitting begins at the model of the `whole`: the people as they are.
        """
        result: FloatArray = np.ones(self.yes[:, at].shape)
        alike: dict[tuple[Members, ...], list[int]] = {}
        for place, pooling in enumerate(self.cells.poolings(self.no, self.yes)):
            if self.yes[place].any() and self.no[place].any():
                alike.setdefault(pooling, []).append(place)
        for pooling, places in alike.items():
            some = self if len(places) == len(self.no) else self._some(places)
            result[places] = some._alike(self.cells.pooled(pooling), whole, at)
        result[self.no[:, at] + self.yes[:, at] == 0] = 1.0
        return result

    def _some(self, places: list[int]) -> _Replicates:
        return _Replicates(self.cells, self.no[places], self.yes[places])

    def _alike(self, pooled: list[Covariate], whole: _Replicates, at: IntArray | slice) -> FloatArray:
        """Fit the model to replicates whose levels are pooled alike: the probability in some cells."""
        mass = (whole.no + whole.yes)[0]
        design = design_of(pooled, mass)
        near = fit_logistic(design, whole.yes[0], mass) if len(self.no) >= _MANY else None
        if near is not None and near.converged:
            b, solved = fit_logistic_many(design, self.yes, self.no + self.yes, near=near)
        else:
            fits = [fit_logistic(design, y, n + y) for n, y in zip(self.no, self.yes, strict=True)]
            b, solved = np.array([f.coefficients for f in fits]), np.array([f.converged for f in fits])
        fitted = probability(b @ design.rows(at).T)
        for place in np.flatnonzero(~solved):
            fitted[place] = _fitted_alone(pooled, self.no[place], self.yes[place])[at]
        return fitted


def _fitted_alone(pooled: list[Covariate], no: FloatArray, yes: FloatArray) -> FloatArray:
    """Fit the model to one replicate, pooling more levels if need be: the probability in each cell."""
    times = np.concatenate([no, yes])
    there, answered = times > 0, np.repeat([False, True], no.size)
    cases = [weighed(each, np.tile(each.codes, 2)[there], times[there]) for each in pooled]
    found, _ = fit_propensity(cases, answered[there], times=times[there])
    made = np.ones(times.size)
    made[there] = found
    return np.where(yes > 0, made[no.size :], made[: no.size])


def _by_cell(values: FloatArray, cell: IntArray, n_cells: int) -> FloatArray:
    """Add up the values of each estimate by cell: (estimates, n) to (estimates, cells)."""
    made = np.zeros((len(values), n_cells))
    for place, each in enumerate(values):
        made[place] = np.bincount(cell, weights=each, minlength=n_cells)
    return made
