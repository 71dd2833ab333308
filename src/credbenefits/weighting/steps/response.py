"""The response model of a recipe, fitted to cells of the people as they are and of replicates of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from credbenefits import _progress
from credbenefits import _validation as validate
from credbenefits.errors import SeparationError
from credbenefits.numerics.models.logistic import fit_logistic, probability
from credbenefits.numerics.models.many import fit_logistic_many
from credbenefits.weighting.covariates import main_effects
from credbenefits.weighting.recipe import Draw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import FloatArray, IntArray, Progress
    from credbenefits.numerics.models.designs import Margins
    from credbenefits.numerics.models.logistic import LogisticFit
    from credbenefits.weighting.covariates import Covariate
    from credbenefits.weighting.recipe import Sample
    from credbenefits.weighting.steps.cells import Cells, Members

#: The ridge penalty: log-odds of the levels of a covariate vary about their mean with a standard deviation
#: of 1, before anybody is seen. It weighs about as much as one respondent at each level.
RIDGE = 1.0
#: Replicates from which on it pays to fit them together.
_MANY = 4


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted response model: its design on the cells, and whether it has a penalty."""

    design: Margins
    fit: LogisticFit
    penalty: FloatArray | None

    @property
    def propensity(self) -> FloatArray:
        """The probability of answering in each cell."""
        return self.fit.fitted


@dataclass(frozen=True, slots=True)
class Model:
    """Main effects of covariates of cells, whose levels are pooled.

    With `ridge` above 0 the log-likelihood is lessened by ``ridge / 2`` times the sum of squares of the
    log-odds of all levels about the mean of their covariate, where masses are as many as the people. So
    neither the scale of weights nor the level without an indicator matters, and the intercept is free.
    Numbers are penalised for the variance of what they add over their different values. Without `ridge`, a
    model that has no finite solution takes the penalty :data:`RIDGE`.

    Sources: le Cessie & van Houwelingen (1992), Applied Statistics 41:191; Greenland & Mansournia (2015),
    Statistics in Medicine 34:3133.
    """

    covariates: Sequence[Covariate]
    design: Margins
    ridge: float

    @classmethod
    def of(cls, pooled: Sequence[Covariate], mass: FloatArray, ridge: float) -> Model:
        """Make the design of covariates of cells, in which there is so much mass."""
        return cls(pooled, main_effects(pooled, [each.codes for each in pooled], mass)[0], ridge)

    def penalty(self, ridge: float) -> FloatArray | None:
        """Return the penalty on the columns of the design, None for none."""
        if not ridge:
            return None
        made: FloatArray = np.zeros((self.design.shape[1], self.design.shape[1]))
        start = 1
        for covariate, term in zip(self.covariates, self.design.terms, strict=True):
            place = slice(start, start := start + term.columns.shape[1])
            about = term.columns - term.columns.mean(axis=0)
            squares = about.T @ about
            made[place, place] = ridge * (squares if covariate.basis is None else squares / len(about))
        return made

    def fit(self, no: FloatArray, yes: FloatArray, tell: Progress = _progress.silent) -> Fit:
        """Fit the model to masses of those who did not answer, and did: (cells,) each."""
        first, second = _progress.parts(tell, 80, 20)
        penalty = self.penalty(self.ridge)
        made = fit_logistic(self.design, yes, no + yes, penalty=penalty, tell=first)
        if not made.converged and penalty is None:
            penalty = self.penalty(RIDGE)
            made = fit_logistic(self.design, yes, no + yes, penalty=penalty, tell=second)
        tell(1, 1)
        return Fit(self.design, made, penalty)

    def refuse_parted(self, no: FloatArray, yes: FloatArray) -> None:
        """Refuse covariates that tell exactly who answered: nobody can stand for those who did not."""
        if ((no > 0) & (yes > 0)).any():
            return
        likely = fit_logistic(self.design, yes, no + yes).fitted > 0.5
        if likely[no > 0].any() or not likely[yes > 0].all():
            return
        raise SeparationError(
            "covariates",
            allowed="variables that do not tell respondents exactly apart",
            received=validate.listing(c.name for c in self.covariates),
            fix="Some combination of levels holds only respondents, or none: drop a covariate.",
        )

    def coefficients(self, no: FloatArray, yes: FloatArray, near: LogisticFit | None) -> FloatArray:
        """Fit the model to replicates at once: masses (replicates, cells) to (replicates, columns)."""
        result = np.zeros((len(no), self.design.shape[1]))
        solved = np.zeros(len(no), dtype=bool)
        if near is not None and near.converged:
            penalty = self.penalty(self.ridge)
            result, solved = fit_logistic_many(self.design, yes, no + yes, near=near, penalty=penalty)
        for place in np.flatnonzero(~solved):
            result[place] = self.fit(no[place], yes[place]).fit.coefficients
        return result


@dataclass(frozen=True, slots=True)
class Masses:
    """The masses of those who did not answer and who did in each replicate: (replicates, cells) each.

    They are divided by `unit`, (replicates,), so that together they are as many as the people of the sample.
    """

    cells: Cells
    no: FloatArray
    yes: FloatArray
    unit: FloatArray

    @classmethod
    def of(cls, cells: Cells, sample: Sample, draw: Draw) -> Masses:
        """Add up the people of replicates by cell."""
        no, yes = cells.mass(sample, draw)
        n = sample.answered.size if sample.base is None else np.count_nonzero(sample.base)
        unit = (no.sum(axis=1) + yes.sum(axis=1)) / max(n, 1)
        unit = np.where(unit > 0, unit, 1.0)
        no /= unit[:, None]
        yes /= unit[:, None]
        return cls(cells, no, yes, unit)

    @classmethod
    def as_they_are(cls, cells: Cells, sample: Sample) -> Masses:
        """Add up the people as they are."""
        once = np.ones((1, sample.answered.size))
        return cls.of(cells, sample, Draw(once, once if sample.base is None else sample.base[None]))

    def propensities(self, ridge: float, whole: Masses, at: IntArray | slice) -> FloatArray:
        """Return the probability of answering in some cells, for each replicate.

        It is 1 where there is nobody, where everybody in the replicate answered, and where nobody did.
        Fitting begins at the model of the `whole`: the people as they are.
        """
        result: FloatArray = np.ones(self.yes[:, at].shape)
        alike: dict[tuple[Members, ...], list[int]] = {}
        for place, pooling in enumerate(self.cells.poolings(self.no, self.yes)):
            if self.yes[place].any() and self.no[place].any():
                alike.setdefault(pooling, []).append(place)
        mass = (whole.no + whole.yes)[0]
        for pooling, places in alike.items():
            some = slice(None) if len(places) == len(self.no) else places
            model = Model.of(self.cells.pooled(pooling), mass, ridge)
            near = None
            if len(places) >= _MANY:
                near = fit_logistic(model.design, whole.yes[0], mass, penalty=model.penalty(ridge))
            b = model.coefficients(self.no[some], self.yes[some], near)
            result[some] = probability(b @ model.design.rows(at).T)
        result[self.no[:, at] + self.yes[:, at] == 0] = 1.0
        return result

    def once(self, ridge: float, tell: Progress = _progress.silent) -> tuple[Fit | None, list[Covariate]]:
        """Fit the model to the first replicate; return it, and the covariates as pooled.

        Without people of both kinds there is no model.
        """
        (pooling,) = self.cells.poolings(self.no[:1], self.yes[:1])
        pooled = self.cells.pooled(pooling)
        if not (self.no[0].any() and self.yes[0].any()):
            return None, pooled
        model = Model.of(pooled, self.no[0] + self.yes[0], ridge)
        model.refuse_parted(self.no[0], self.yes[0])
        return model.fit(self.no[0], self.yes[0], tell), pooled
