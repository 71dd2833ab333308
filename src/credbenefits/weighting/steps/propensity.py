"""Propensities: the probability of answering that a logistic regression gives to people like them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from credbenefits import _validation as validate
from credbenefits.results.weighing.alert import Alert
from credbenefits.weighting.alerts import pooling_alerts
from credbenefits.weighting.recipe import Account, Gradients
from credbenefits.weighting.steps.cells import Cells, by_cell
from credbenefits.weighting.steps.response import RIDGE, Masses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import FloatArray, Progress
    from credbenefits.weighting.covariates import Covariate
    from credbenefits.weighting.recipe import Draw, Sample
    from credbenefits.weighting.steps.response import Fit


@dataclass(frozen=True, slots=True)
class Propensity:
    """Each respondent's weight is divided by the probability of answering of people like them.

    For a replicate everything is done again: levels of which nobody, or everybody, of the people in the
    replicate answered are pooled, and the model is fitted. Where numbers were cut stays as it is, and so does
    `ridge`, the penalty of the model: see :class:`credbenefits.weighting.steps.response.Model`.
    """

    ridge: float = 0.0

    @property
    def label(self) -> str:
        """What the step is called in the table of steps."""
        return "1 / propensity"

    @property
    def words(self) -> str:
        """What the step does."""
        return "1/p from a logistic regression" + (" with a ridge penalty" if self.ridge else "")

    def run(self, sample: Sample, weight: FloatArray, draw: Draw) -> FloatArray:
        """Return the weights after the step: see :class:`credbenefits.weighting.recipe.Step`."""
        cells = Cells.of(sample)
        there, mine = np.unique(cells.cell[sample.answered], return_inverse=True)
        whole = Masses.as_they_are(cells, sample)
        p = Masses.of(cells, sample, draw).propensities(self.ridge, whole, there)
        return weight / p[:, mine.reshape(-1)]

    def report(self, sample: Sample, weight: FloatArray, draw: Draw, tell: Progress) -> Account:
        """Run the step for the people as they are: see :class:`credbenefits.weighting.recipe.Reporting`."""
        cells = Cells.of(sample)
        made, pooled = Masses.of(cells, sample, draw).once(self.ridge, tell)
        p = np.ones(sample.answered.size) if made is None else made.propensity[cells.cell]
        merged = pooling_alerts(list(sample.covariates), pooled, pooled, sample.answered)
        log: tuple[str, ...] = ()
        if made is not None and made.penalty is not None and not self.ridge:
            log = (f"ridge penalty {RIDGE:g}: levels of several covariates together part some who answered",)
            merged.append(_parted(made, pooled))
        n_parameters = 1 + sum(covariate.n_columns for covariate in pooled)
        after = weight[0] / p[sample.answered]
        return Account(after, p, n_parameters, log, alerts=tuple(merged), limited=bool(merged))

    def backward(self, sample: Sample, weight: FloatArray, draw: Draw, gradient: FloatArray) -> Gradients:
        """Take gradients back through the step: see :class:`credbenefits.weighting.recipe.Step`.

        Which levels are pooled is taken as fixed. With p the propensities, x the rows of the design and I the
        information, the coefficients change with the mass of a person by I^-1 x (answered - p), and a
        respondent's weight by -(1 - p) x of the coefficients. With a penalty they change with the sum of all
        masses too, which these are divided by.

        Source: Beaumont (2005), Survey Methodology 31:227.
        """
        cells = Cells.of(sample)
        masses = Masses.of(cells, sample, draw)
        made, _ = masses.once(self.ridge)
        if made is None:
            nothing = np.zeros((len(gradient), sample.answered.size))
            return Gradients(gradient, nothing, nothing)
        p, mine, x = made.propensity, cells.cell[sample.answered], made.design.rows(slice(None))
        after = gradient * (weight[0] / p[mine])
        of_coefficients = (-by_cell(after, mine, cells.n) * (1.0 - p) @ x)[:, made.fit.estimable]
        along = np.zeros((len(gradient), x.shape[1]))
        along[:, made.fit.estimable] = of_coefficients @ np.linalg.inv(made.fit.information)
        unit, mass = float(masses.unit[0]), float((masses.no + masses.yes).sum())
        to_mass = (along @ x.T)[:, cells.cell] * ((sample.answered - p[cells.cell]) / unit)
        if made.penalty is not None:
            to_mass -= (along @ (made.penalty @ made.fit.coefficients))[:, None] / (unit * mass)
        return Gradients(gradient / p[mine], to_mass * draw.base[0], to_mass * draw.times[0])


def _parted(made: Fit, pooled: Sequence[Covariate]) -> Alert:
    """Tell that some levels together hold only respondents, or none."""
    least = float(made.propensity.min())
    return Alert(
        "ridge_penalty",
        f"some levels of {validate.listing(c.name for c in pooled)} together hold only people who answered, "
        f"or only people who did not: without a penalty their probability of answering would be 0 or 1; with "
        f"a small one the lowest is {least:.2%}.",
        least,
        "Weights cannot speak for people of whom nobody answered: drop a covariate, or merge levels.",
    )
