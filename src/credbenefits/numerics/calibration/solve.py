"""Calibration of weights to totals, by Newton's method on cells, for many replicates at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits.numerics.calibration.distances import Raking
from credbenefits.numerics.calibration.proportional import fit_margins

if TYPE_CHECKING:
    from credbenefits._typing import BoolArray, FloatArray, IntArray
    from credbenefits.numerics.calibration.constraints import Constraints
    from credbenefits.numerics.calibration.distances import Distance

#: Totals that are met to this, relative to their size, are met.
MET = 1e-10
#: Steps go on until totals are met to this.
_ENOUGH = 1e-12
#: Most steps, and most times that a step is halved.
_STEPS, _HALVINGS = 200, 40
#: What keeps steps finite where totals follow from others, or where bounds leave no cell to move.
_RIDGE = 1e-11
#: Numbers that are worked on at once.
_AT_ONCE = 1 << 22


class Calibrated(NamedTuple):
    """The ratios of new to given weights and the slopes of the distance there, and whose totals are met.

    ``ratio`` and ``slope`` have the shape (replicates, cells), ``met`` has (replicates,).
    """

    ratio: FloatArray
    slope: FloatArray
    met: BoolArray


def calibrate_cells(x: Constraints, mass: FloatArray, totals: FloatArray, distance: Distance) -> Calibrated:
    """Find the ratios nearest to 1 with which cells add up to totals.

    They minimise sum d G(w / d), over all w with sum w x = totals: w = d F(x b), with F the ratio of the
    distance. b is found by Newton's method, each step halved until totals are nearer.

    Parameters
    ----------
    x : Constraints
        What one person of each cell adds to each total.
    mass : array, shape (replicates, cells)
        The given weights d of each cell together, at least 0.
    totals : array, shape (replicates, columns)
        What weights are to add up to. Columns that are sums of others may have totals that agree.
    distance : Distance
        How far weights may move.

    Returns
    -------
    Calibrated
        Where totals are not met nobody can meet them, or only by weights that are infinite, or 0.

    Notes
    -----
    Source: Deville & Sarndal (1992), JASA 87:376.
    """
    at_once = max(1, _AT_ONCE // max(mass.shape[1] * max(x.n_columns, 1), 1))
    starts = range(0, len(mass), at_once)
    parts = [_block(x, mass[s : s + at_once], totals[s : s + at_once], distance) for s in starts]
    return Calibrated(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def total_sizes(x: Constraints, mass: FloatArray, totals: FloatArray) -> FloatArray:
    """Return how large each total is, for errors relative to it; one of 0 is as large as its parts."""
    size = np.abs(totals)
    if (size == 0).any():
        size = np.where(size == 0, x.absolute_sums(mass), size)
    return np.where(size == 0, 1.0, size)


def _block(x: Constraints, mass: FloatArray, totals: FloatArray, distance: Distance) -> Calibrated:
    """Calibrate a few replicates."""
    climb = _Climb(x, mass, totals, total_sizes(x, mass, totals), distance)
    b, state = climb.solved(_start(x, mass, totals, distance))
    met = climb.far(state.lacks, slice(None)) <= MET
    if distance.unbounded is not None and not met.all():
        # At a bound the slope is 0, and no step leads on: begin where weights without bounds are.
        left = np.flatnonzero(~met)
        some = replace(climb, mass=mass[left], totals=totals[left], size=climb.size[left])
        begin, _ = replace(some, distance=distance.unbounded).solved(np.zeros(b[left].shape))
        b[left], _ = some.solved(begin)
        state = climb.at(b, slice(None))
        met = climb.far(state.lacks, slice(None)) <= MET
    return Calibrated(state.ratio, distance.slope(state.ratio), met)


def _start(x: Constraints, mass: FloatArray, totals: FloatArray, distance: Distance) -> FloatArray:
    """Return b to begin with: what proportional fitting gives where it does the same, else 0."""
    if not isinstance(distance, Raking) or distance.unbounded or len(mass) > 1 or x.numbers.size:
        return np.zeros(totals.shape)
    return fit_margins(x, mass[0] * distance.centre, totals[0])[None]


@dataclass
class _State:
    """Where replicates are: the ratio in each cell, and what the totals lack."""

    ratio: FloatArray
    lacks: FloatArray

    def of(self, some: BoolArray) -> _State:
        """Return some of the replicates."""
        return self if some.all() else _State(self.ratio[some], self.lacks[some])

    def put(self, some: IntArray, there: _State, good: BoolArray) -> None:
        """Move some of the replicates, those of them that are good."""
        if self is there or not good.any():
            return
        for mine, new in zip(vars(self).values(), vars(there).values(), strict=True):
            mine[some[good]] = new[good]


@dataclass
class _Climb:
    """Replicates on their way to their totals."""

    x: Constraints
    mass: FloatArray
    totals: FloatArray
    size: FloatArray
    distance: Distance

    @cached_property
    def _ridge(self) -> FloatArray:
        mass = self.mass.mean(axis=0)[None] * self.distance.usual_slope
        diagonal = self.x.diagonal(mass)[0]
        return np.diag(_RIDGE * np.where(diagonal > 0, diagonal, 1.0))

    def far(self, lacks: FloatArray, some: IntArray | slice) -> FloatArray:
        """Return how far the totals are from being met, relative to their size."""
        made: FloatArray = np.abs(lacks / self.size[some]).max(axis=1, initial=0.0)
        return made

    def at(self, b: FloatArray, some: IntArray | slice) -> _State:
        """Say where replicates are; u is 0 where there is nobody, for whom b can be anything."""
        u, mass = self.x.times(b), self.mass[some]
        u[mass == 0] = 0.0
        ratio = self.distance.ratio(u)
        return _State(ratio, self.totals[some] - self.x.sums(mass * ratio))

    def solved(self, b: FloatArray) -> tuple[FloatArray, _State]:
        """Return b of each replicate, as near to its totals as steps from the given b come, and its state."""
        b = b.copy()
        running = np.arange(len(b))
        state = result = self.at(b, running)
        for _ in range(_STEPS):
            going = self.far(state.lacks, running) > _ENOUGH
            result.put(running, state, ~going)
            running, state = running[going], state.of(going)
            if not running.size:
                break
            moved = self._step(b, running, state)
            result.put(running, state, ~moved)
            running, state = running[moved], state.of(moved)
        result.put(running, state, np.ones(running.size, dtype=bool))
        return b, result

    def _step(self, b: FloatArray, running: IntArray, state: _State) -> BoolArray:
        """Take each replicate's step, halved until its totals are nearer; tell which ones moved."""
        slope = self.mass[running] * self.distance.slope(state.ratio)
        step = np.linalg.solve(self.x.squares(slope) + self._ridge, state.lacks[:, :, None])[:, :, 0]
        before = np.square(state.lacks / self.size[running]).sum(axis=1)
        left, part = np.arange(running.size), 1.0
        for _ in range(_HALVINGS):
            some = running[left]
            trial = b[some] + part * step[left]
            there = self.at(trial, some)
            good = np.square(there.lacks / self.size[some]).sum(axis=1) < before[left] * (1.0 - 1e-4 * part)
            b[some[good]] = trial[good]
            state.put(left, there, good)
            left, part = left[~good], part / 2.0
            if not left.size:
                break
        moved = np.ones(running.size, dtype=bool)
        moved[left] = False
        return moved
