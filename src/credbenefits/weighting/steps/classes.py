"""Propensity classes: people of much the same probability of answering have one factor together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits.weighting.alerts import pooling_alerts
from credbenefits.weighting.recipe import Account, Gradients
from credbenefits.weighting.steps.cells import Cells
from credbenefits.weighting.steps.response import Masses

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray, IntArray, Progress
    from credbenefits.weighting.recipe import Draw, Sample

#: Classes at most, and respondents that each needs.
MOST_CLASSES, LEAST_RESPONDENTS = 5, 20
#: The largest factor of a class, as a multiple of the median of all.
LARGEST_FACTOR = 2.5
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
        which = people.classes(0, self.cuts)
        factor, everybody = people.factors(0, which), which[people.cells.cell]
        mine, copies = everybody[sample.answered], draw.times[0, sample.answered]
        # What the estimates change with the logarithm of each class's factor.
        member = (mine[:, None] == np.arange(factor.size)) * 1.0
        of_factor = (gradient * weight[0] * factor[mine]) @ member
        mass = np.bincount(which, weights=people.mass[0], minlength=factor.size)
        there = np.bincount(which, weights=people.weight[0], minlength=factor.size)
        each, own = np.maximum(mass, np.finfo(float).tiny), np.maximum(there, np.finfo(float).tiny)
        to_mass, to_own = (of_factor / each)[:, everybody], (of_factor / own)[:, mine]
        to_times = to_mass * draw.base[0]
        to_times[:, sample.answered] -= to_own * weight[0]
        return Gradients(gradient * factor[mine] - to_own * copies, to_times, to_mass * draw.times[0])


class People(NamedTuple):
    """The people of replicates by cell, all of the shape (replicates, cells).

    `mass` is the weight of everybody, `copies` are the respondents and `weight` is what they weigh together.
    """

    cells: Cells
    propensity: FloatArray
    mass: FloatArray
    copies: FloatArray
    weight: FloatArray

    @classmethod
    def of(cls, sample: Sample, weight: FloatArray, draw: Draw, ridge: float) -> People:
        """Fit the propensities of replicates, and add up their people."""
        cells = Cells.of(sample)
        masses = Masses.of(cells, sample, draw)
        p = masses.propensities(ridge, Masses.as_they_are(cells, sample), slice(None))
        mine, times = cells.cell[sample.answered], draw.times[:, sample.answered]
        there = times * (draw.base[:, sample.answered] > 0)
        copies, together = (
            np.array([np.bincount(mine, weights=row, minlength=cells.n) for row in rows], dtype=np.float64)
            for rows in (there, weight * times)
        )
        return cls(cells, p, (masses.no + masses.yes) * masses.unit[:, None], copies, together)

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

    def factors(self, place: int, which: IntArray) -> FloatArray:
        """Return the factor of each class: the weight of everybody over that of those who answered."""
        n = int(which.max(initial=0)) + 1
        mass = np.bincount(which, weights=self.mass[place], minlength=n)
        there = np.bincount(which, weights=self.weight[place], minlength=n)
        result: FloatArray = np.divide(mass, there, out=np.zeros(n), where=there > 0)
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
        found = _unfit(m, factor)
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


def _unfit(m: FloatArray, factor: FloatArray) -> tuple[int, str] | None:
    """Return the class that most needs to be joined with another, and why; None if none does."""
    if m.size == 1:
        return None
    if m.min() < LEAST_RESPONDENTS:
        return int(m.argmin()), f"fewer than {LEAST_RESPONDENTS} respondents"
    if factor.max() > LARGEST_FACTOR * np.median(factor):
        return int(factor.argmax()), f"a factor above {LARGEST_FACTOR:g} times the median"
    return None
