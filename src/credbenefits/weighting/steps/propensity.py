"""Propensities: the probability of answering that a logistic regression gives to people like them."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from credbenefits import _progress
from credbenefits import _validation as validate
from credbenefits.counts.by_codes import crossed
from credbenefits.errors import SeparationError
from credbenefits.numerics.models.logistic import fit_logistic, fit_logistic_many
from credbenefits.weighting.alerts import pooling_alerts
from credbenefits.weighting.covariates import Covariate, design_cells, pool_extremes, pool_level
from credbenefits.weighting.recipe import Account, Gradients

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import BoolArray, FloatArray, IntArray, Progress
    from credbenefits.weighting.recipe import Draw, Sample

    #: The levels as read in each level of a covariate, once they are pooled.
    Members: TypeAlias = tuple[tuple[int, ...], ...]

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
        cells = _Cells.of(sample)
        return weight / cells.propensities(*cells.mass(sample, draw))[:, cells.cell[sample.answered]]

    def report(self, sample: Sample, weight: FloatArray, draw: Draw, tell: Progress) -> Account:
        """Run the step for the people as they are: see :class:`credbenefits.weighting.recipe.Reporting`."""
        read, answered, mass = sample.covariates, sample.answered, draw.mass[0]
        if not (mass == 1.0).all():
            read = tuple(_weighed(each, each.codes, mass) for each in read)
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
        cells = _Cells.of(sample)
        no, yes = cells.mass(sample, draw)
        p = cells.propensities(no, yes)[0]
        (pooling,) = cells.poolings(no, yes)
        pooled = [_pooled(*each) for each in zip(cells.covariates, pooling, strict=True)]
        design = design_cells(pooled, np.ones(cells.n, dtype=bool))
        x = design.matrix[design.cell]
        information = (x.T * ((no + yes)[0] * p * (1.0 - p))) @ x
        mine = cells.cell[sample.answered]
        after = gradient * (weight[0] / p[mine])
        of_coefficients = -_by_cell(after, mine, cells.n) * (1.0 - p) @ x
        by_cell = of_coefficients @ np.linalg.pinv(information, hermitian=True) @ x.T
        to_mass = by_cell[:, cells.cell] * (sample.answered - p[cells.cell])
        return Gradients(gradient / p[mine], to_mass * draw.base[0], to_mass * draw.times[0])


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
        fit = fit_logistic(design.matrix, design.successes, design.trials, tell=fitting)
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
class _Weighed(Covariate):
    """A covariate of cases that are there so many times: those who did not answer, then those who did."""

    times: FloatArray = field(default_factory=lambda: np.zeros(0))

    def sizes(self, rows: BoolArray | None = None) -> Any:  # noqa: ANN401 - numbers that need not be whole
        """How many there are at each level, among all or some."""
        some = slice(None) if rows is None else rows
        return np.bincount(self.codes[some], weights=self.times[some], minlength=len(self.levels))

    def by_answer(self, answered: BoolArray) -> Any:  # noqa: ANN401 - numbers that need not be whole
        """How many there are at each level who did not answer, and who did: (2, levels)."""
        return np.stack([self.sizes(~answered), self.sizes(answered)])


@dataclass(frozen=True, slots=True)
class _Cells:
    """The cells of the crossed covariates: that of every person, and the level of each covariate in it."""

    cell: IntArray
    covariates: tuple[Covariate, ...]

    @classmethod
    def of(cls, sample: Sample) -> _Cells:
        cells, cell = crossed([each.codes for each in sample.covariates])
        return cls(cell, tuple(replace(each, codes=cells[:, k]) for k, each in enumerate(sample.covariates)))

    @property
    def n(self) -> int:
        """How many cells there are."""
        return self.covariates[0].codes.size

    def mass(self, sample: Sample, draw: Draw) -> tuple[FloatArray, FloatArray]:
        """Return the mass of those who did not answer and of those who did: (replicates, cells) each."""
        mass = draw.mass
        no, yes = (
            _by_cell(mass[:, some], self.cell[some], self.n) for some in (~sample.answered, sample.answered)
        )
        return no, yes

    def propensities(self, no: FloatArray, yes: FloatArray) -> FloatArray:
        """Return the probability of answering in each cell, from how many did not and did in each replicate.

        All three have the shape (replicates, cells). It is 1 where there is nobody, where everybody in the
        replicate answered, and where nobody did.
        """
        result = np.ones(yes.shape)
        alike: dict[tuple[Members, ...], list[int]] = {}
        for place, pooling in enumerate(self.poolings(no, yes)):
            if yes[place].any() and no[place].any():
                alike.setdefault(pooling, []).append(place)
        for pooling, places in alike.items():
            pooled = [_pooled(*each) for each in zip(self.covariates, pooling, strict=True)]
            result[places] = _fitted(pooled, no[places], yes[places])
        return np.where(no + yes > 0, result, 1.0)

    def poolings(self, no: FloatArray, yes: FloatArray) -> list[tuple[Members, ...]]:
        """Return the levels of each covariate that each replicate has, and which are pooled for it."""
        made: list[list[Members]] = []
        for covariate in self.covariates:
            if covariate.basis is not None:  # never pooled
                made.append([()] * len(no))
                continue
            there = (covariate.codes[:, None] == np.arange(len(covariate.levels))).astype(np.float64)
            sums = zip(no @ there, yes @ there, strict=True)
            as_read = tuple((i,) for i in range(len(covariate.levels)))
            made.append([as_read if n.all() and y.all() else _pool(covariate, n, y) for n, y in sums])
        return list(zip(*made, strict=True))


def _pool(covariate: Covariate, no: FloatArray, yes: FloatArray) -> Members:
    """Return the levels at which somebody is, pooled as `pool_extremes` does for these people."""
    there = np.flatnonzero(no + yes > 0)
    if not there.size:
        return (tuple(range(no.size)),)
    alone = replace(
        covariate,
        levels=tuple(covariate.levels[i] for i in there),
        members=tuple((int(i),) for i in there),
        has_missing=covariate.has_missing and bool(there[-1] == no.size - 1),
    )
    times = np.concatenate([no[there], yes[there]])
    alone = _weighed(alone, np.tile(np.arange(there.size), 2), times)
    return pool_extremes(alone, np.repeat([False, True], there.size)).members


def _pooled(covariate: Covariate, members: Members) -> Covariate:
    """Return a covariate of the cells with its levels pooled; nobody is at a level that is no member."""
    if covariate.basis is not None:
        return covariate
    place = np.zeros(len(covariate.levels), dtype=np.int64)
    for new, old in enumerate(members):
        place[list(old)] = new
    return replace(
        covariate,
        codes=place[covariate.codes],
        levels=tuple(" or ".join(covariate.levels[i] for i in old) for old in members),
        members=members,
        has_missing=covariate.has_missing and members[-1] == (len(covariate.levels) - 1,),
    )


def _fitted(pooled: list[Covariate], no: FloatArray, yes: FloatArray) -> FloatArray:
    """Fit the model to replicates whose levels are pooled alike: the probability in each cell."""
    design = design_cells(pooled, np.ones(no.shape[1], dtype=bool))
    n = len(design.matrix)
    successes, failures = _by_cell(yes, design.cell, n), _by_cell(no, design.cell, n)
    fitted, solved = fit_logistic_many(design.matrix, successes, successes + failures)
    result = fitted[:, design.cell]
    for place in np.flatnonzero(~solved):
        result[place] = _fitted_alone(pooled, no[place], yes[place])
    return result


def _fitted_alone(pooled: list[Covariate], no: FloatArray, yes: FloatArray) -> FloatArray:
    """Fit the model to one replicate, pooling more levels if need be: the probability in each cell."""
    times = np.concatenate([no, yes])
    there, answered = times > 0, np.repeat([False, True], no.size)
    cases = [_weighed(each, np.tile(each.codes, 2)[there], times[there]) for each in pooled]
    found, _ = fit_propensity(cases, answered[there], times=times[there])
    made = np.ones(times.size)
    made[there] = found
    return np.where(yes > 0, made[no.size :], made[: no.size])


def _weighed(covariate: Covariate, codes: IntArray, times: FloatArray) -> _Weighed:
    """Return a covariate of other cases, each of which is there so many times."""
    given = {f.name: getattr(covariate, f.name) for f in fields(Covariate)}
    return _Weighed(**given | {"codes": codes, "times": times})


def _by_cell(values: FloatArray, cell: IntArray, n_cells: int) -> FloatArray:
    """Add up the values of each replicate by cell: (replicates, n) to (replicates, cells)."""
    made = np.zeros((len(values), n_cells))
    for place, each in enumerate(values):
        made[place] = np.bincount(cell, weights=each, minlength=n_cells)
    return made
