"""Cells of crossed covariates: how many people of a replicate are in each, and which levels are pooled."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from credbenefits.counts.by_codes import crossed
from credbenefits.weighting.covariates import Covariate, pool_extremes

if TYPE_CHECKING:
    from credbenefits._typing import BoolArray, FloatArray, IntArray
    from credbenefits.weighting.recipe import Draw, Sample

    #: The levels as read in each level of a covariate, once they are pooled.
    Members: TypeAlias = tuple[tuple[int, ...], ...]

#: Cells whose levels are looked at together.
_BLOCK = 1 << 12
#: Replicates that are counted one by one.
_FEW = 4


@dataclass(frozen=True, slots=True)
class Weighed(Covariate):
    """A covariate of cases that are there so many times: those who did not answer, then those who did."""

    times: FloatArray = field(default_factory=lambda: np.zeros(0))

    def sizes(self, rows: BoolArray | None = None) -> Any:  # noqa: ANN401 - numbers that need not be whole
        """How many there are at each level, among all or some."""
        some = slice(None) if rows is None else rows
        return np.bincount(self.codes[some], weights=self.times[some], minlength=len(self.levels))

    def by_answer(self, answered: BoolArray) -> Any:  # noqa: ANN401 - numbers that need not be whole
        """How many there are at each level who did not answer, and who did: (2, levels)."""
        return np.stack([self.sizes(~answered), self.sizes(answered)])


def weighed(covariate: Covariate, codes: IntArray, times: FloatArray) -> Weighed:
    """Return a covariate of other cases, each of which is there so many times."""
    given = {f.name: getattr(covariate, f.name) for f in fields(Covariate)}
    return Weighed(**given | {"codes": codes, "times": times})


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of the crossed covariates: that of every person, and the level of each covariate in it."""

    cell: IntArray
    covariates: tuple[Covariate, ...]

    @classmethod
    def of(cls, sample: Sample) -> Cells:
        """Cross the covariates of a sample."""
        cells, cell = crossed([each.codes for each in sample.covariates])
        codes = np.ascontiguousarray(cells.T)
        return cls(cell, tuple(replace(each, codes=codes[k]) for k, each in enumerate(sample.covariates)))

    @property
    def n(self) -> int:
        """How many cells there are."""
        return self.covariates[0].codes.size

    def mass(self, sample: Sample, draw: Draw) -> tuple[FloatArray, FloatArray]:
        """Return the mass of those who did not answer and of those who did: (replicates, cells) each."""
        place = self.cell + self.n * sample.answered
        made: FloatArray = np.empty((len(draw.times), 2 * self.n))
        for row, times, base in zip(made, draw.times, draw.base, strict=True):
            row[:] = np.bincount(place, weights=times * base, minlength=2 * self.n)
        return made[:, : self.n], made[:, self.n :]

    def poolings(self, no: FloatArray, yes: FloatArray) -> list[tuple[Members, ...]]:
        """Return the levels of each covariate that each replicate has, and which are pooled for it."""
        made: list[list[Members]] = []
        ends = np.cumsum([len(each.levels) for each in self.covariates])[:-1]
        by_level = [np.split(self._by_level(mass), ends, axis=1) for mass in (no, yes)]
        for covariate, *sums in zip(self.covariates, *by_level, strict=True):
            if covariate.basis is not None:  # never pooled
                made.append([()] * len(no))
                continue
            as_read: Members = tuple((i,) for i in range(len(covariate.levels)))
            whole = (sums[0] > 0).all(axis=1) & (sums[1] > 0).all(axis=1)
            pooled: dict[int, Members] = dict.fromkeys(np.flatnonzero(whole).tolist(), as_read)
            for place in np.flatnonzero(~whole).tolist():
                pooled[place] = _pool(covariate, sums[0][place], sums[1][place])
            made.append([pooled[place] for place in range(len(no))])
        return list(zip(*made, strict=True))

    def _by_level(self, mass: FloatArray) -> FloatArray:
        """Add up masses by the levels of all covariates: (replicates, levels of one after the other)."""
        made: FloatArray = np.zeros((len(mass), sum(len(each.levels) for each in self.covariates)))
        if len(mass) < _FEW:
            for row, mine in zip(made, mass, strict=True):
                sums = [np.bincount(c.codes, mine, len(c.levels)) for c in self.covariates]
                row[:] = np.concatenate(sums)
            return made
        for start in range(0, self.n, _BLOCK):
            some = slice(start, start + _BLOCK)
            there = [each.codes[some, None] == np.arange(len(each.levels)) for each in self.covariates]
            made += mass[:, some] @ np.hstack(there).astype(np.float64)
        return made

    def pooled(self, pooling: tuple[Members, ...]) -> list[Covariate]:
        """Return the covariates of the cells with their levels pooled."""
        return [_pooled(*each) for each in zip(self.covariates, pooling, strict=True)]


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
    alone = weighed(alone, np.tile(np.arange(there.size), 2), times)
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


def by_cell(values: FloatArray, cell: IntArray, n: int) -> FloatArray:
    """Add up each row of values of people by their cell: (rows, people) to (rows, cells)."""
    added = [np.bincount(cell, weights=each, minlength=n) for each in values]
    return np.stack(added).astype(np.float64, copy=False)
