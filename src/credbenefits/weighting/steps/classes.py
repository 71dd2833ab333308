"""Propensity classes: people of much the same probability of answering have one factor together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from credbenefits.weighting.alerts import pooling_alerts
from credbenefits.weighting.recipe import Account
from credbenefits.weighting.steps.cells import Cells
from credbenefits.weighting.steps.response import Masses
from credbenefits.weighting.steps.sums import LEAST_RESPONDENTS, Sums, respondents_by_cell, unfit

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray, IntArray, Progress
    from credbenefits.weighting.recipe import Draw, Gradients, Sample

#: Classes at most.
MOST_CLASSES = 5
#: Propensities that differ by less are the same, and shares of respondents too.
_SAME, _SHARE = 1e-9, 1e-4


@dataclass(frozen=True, slots=True)
class Classes:
    """Weights of the respondents of a class are multiplied by one factor, so that they stand for all in it.

    Classes are cut at quantiles of the propensities of respondents: `cuts` are the proportions of respondents
    below each. The factor is the weight of everybody in the class over that of its respondents. For a
    replicate the propensities are fitted again, with the penalty `ridge`, and the quantiles are its own.

    Source: Little (1986), International Statistical Review 54:139.
    """

    cuts: tuple[float, ...]
    ridge: float = 0.0

    @property
    def label(self) -> str:
        """What the step is called in the table of steps."""
        return f"{len(self.cuts) + 1} propensity class{'es' if self.cuts else ''}"

    @property
    def words(self) -> str:
        """What the step does."""
        return f"weighted by {self.label}"

    def run(self, sample: Sample, weight: FloatArray, draw: Draw) -> FloatArray:
        """Return the weights after the step: see :class:`credbenefits.weighting.recipe.Step`."""
        people = People.of(sample, weight, draw, self.ridge)
        mine = people.cells.cell[sample.answered]
        result = np.zeros(weight.shape)
        for place in range(len(weight)):
            which = people.classes(place, self.cuts)
            result[place] = weight[place] * people.factors(place, which)[which[mine]]
        return result

    def report(self, sample: Sample, weight: FloatArray, draw: Draw, tell: Progress) -> Account:
        """Run the step for the people as they are: see :class:`credbenefits.weighting.recipe.Reporting`."""
        people = People.of(sample, weight, draw, self.ridge)
        made, pooled = Masses.of(people.cells, sample, draw).once(self.ridge, tell)
        p = np.ones(sample.answered.size) if made is None else made.propensity[people.cells.cell]
        merged = pooling_alerts(list(sample.covariates), pooled, pooled, sample.answered)
        which = people.classes(0, self.cuts)
        after = weight[0] * people.factors(0, which)[which[people.cells.cell[sample.answered]]]
        n_parameters = 1 + sum(covariate.n_columns for covariate in pooled)
        return Account(after, p, n_parameters, alerts=tuple(merged), limited=True)

    def backward(self, sample: Sample, weight: FloatArray, draw: Draw, gradient: FloatArray) -> Gradients:
        """Take gradients back through the step: see :class:`credbenefits.weighting.recipe.Step`.

        Who is in which class is taken as fixed.
        """
        people = People.of(sample, weight, draw, self.ridge)
        return people.backward(sample, weight, draw, gradient, which=people.classes(0, self.cuts))


@dataclass(frozen=True, slots=True, eq=False)
class People(Sums):
    """The people of replicates by cell, and the probability of answering there: (replicates, cells)."""

    propensity: FloatArray

    @classmethod
    def of(cls, sample: Sample, weight: FloatArray, draw: Draw, ridge: float) -> People:
        """Fit the propensities of replicates, and add up their people."""
        cells = Cells.of(sample)
        masses = Masses.of(cells, sample, draw)
        p = masses.propensities(ridge, Masses.as_they_are(cells, sample), slice(None))
        mass = (masses.no + masses.yes) * masses.unit[:, None]
        return cls(cells, mass, *respondents_by_cell(cells, sample, weight, draw), p)

    def classes(self, place: int, cuts: tuple[float, ...]) -> IntArray:
        """Return the class of each cell of a replicate; the lowest propensities come first."""
        p, copies = self.propensity[place], self.copies[place]
        order = np.argsort(p, kind="stable")
        below = np.cumsum(copies[order])
        if not below[-1] > 0:
            return np.zeros(p.size, dtype=np.int64)
        at = np.searchsorted(below, np.array(cuts) * below[-1] * (1.0 - _SHARE))
        edges = p[order][at] * (1.0 + _SAME)
        # Beyond the respondents there is nobody to stand for the others but the last of them.
        most = p[copies > 0].max()
        result: IntArray = np.searchsorted(edges, np.minimum(p, most)).astype(np.int64)
        return result


def cut_classes(people: People) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """Choose the classes of the people as they are: where they are cut, and what was joined and why.

    As many classes of equally many respondents as have 20 each, at most 5. A class that has fewer than 20
    respondents (where many have the same propensity), or a factor above 2.5 times the median of the factors,
    is joined with the one beside it that has fewer respondents.
    """
    n = float(people.copies[0].sum())
    k = max(1, min(MOST_CLASSES, int(n / LEAST_RESPONDENTS + _SAME)))
    cuts, log = [j / k for j in range(1, k)], []
    while True:
        which = people.classes(0, tuple(cuts))
        m = np.bincount(which, weights=people.copies[0], minlength=len(cuts) + 1).astype(np.float64)
        if (m == 0).any():  # many have the same propensity: two cuts fall together
            empty = int(np.flatnonzero(m == 0)[0])
            cuts.pop(min(empty, len(cuts) - 1))
            continue
        factor = people.factors(0, which)
        found = unfit(m, factor)
        if found is None:
            if not cuts:
                log.append(f"one class of {n:,.0f} respondents: all have the same factor")
            return tuple(cuts), tuple(log)
        place, why = found
        beside = [i for i in (place - 1, place + 1) if 0 <= i < m.size]
        other = min(beside, key=lambda i: (m[i], i))
        low, high = sorted((place, other))
        log.append(
            f"propensity classes {low + 1} ({m[low]:,.0f} respondents) and {high + 1} "
            f"({m[high]:,.0f}) joined: {why}"
        )
        cuts.pop(low)
