"""Unconditional exact tests: the largest probability, over the nuisance probability, of data this extreme.

Given how many said yes in all, the probability of a set of tables no longer depends on the nuisance
probability pi. So its probability is the mean of q(M) over M ~ Binomial(n, pi), where q(m) is the probability
of the set given M = m: one sum over n + 1 terms instead of one over all tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from credbenefits.numerics.hypergeometric import RELATIVE_TIE, binomial_log_pmf, log_pmf

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray, IntArray

#: The golden section.
_GOLDEN = (np.sqrt(5.0) - 1.0) / 2.0
#: Grid points per width of a maximum; see `supremum`.
_PER_WIDTH = 4.0
#: Local maxima of the grid below this proportion of the largest cannot be the highest.
_HOPELESS = 0.95
#: Most numbers that one step may hold in memory.
_BLOCK = 1 << 21


def supremum(q: FloatArray, n: int) -> FloatArray:
    """Return sup over pi of E q(M), M ~ Binomial(n, pi), for every row of q (n + 1 columns, all from 0 to 1).

    In the angle theta = asin sqrt(pi) the estimate of a proportion has the same standard error 1 / (2 sqrt n)
    everywhere, and E q is q smoothed with about that width. So no maximum is narrower, a grid of four
    points per width meets each within about one percent of its height. Golden sections between the
    neighbours of every local maximum of that height find the top: from half a width, 28 of them leave less
    than a millionth of it, and so less than 1e-12 of the height.
    """
    theta = np.linspace(0.0, np.pi / 2.0, 3 + int(np.ceil(np.pi * np.sqrt(n) * _PER_WIDTH)))
    height = np.concatenate(
        [q @ _basis(block, n).T for block in np.array_split(theta, _pieces(theta.size, n))], axis=1
    )
    best: FloatArray = height.max(axis=1)
    padded = np.pad(height, ((0, 0), (1, 1)), constant_values=-1.0)
    peak = (height >= padded[:, :-2]) & (height >= padded[:, 2:]) & (height >= _HOPELESS * best[:, None])
    # Where all is certain there is nothing to look for, and a plateau is one long row of peaks.
    rows, columns = np.nonzero(peak & (best[:, None] < 1.0 - 1e-12))
    for block in np.array_split(np.arange(rows.size), _pieces(rows.size, n)):
        low = theta[np.maximum(columns[block] - 1, 0)]
        high = theta[np.minimum(columns[block] + 1, theta.size - 1)]
        np.maximum.at(best, rows[block], _golden_sections(q[rows[block]], n, low, high))
    return np.minimum(best, 1.0)


def _pieces(points: int, n: int) -> int:
    return max(1, -(-points * (n + 1) // _BLOCK))


def _basis(theta: FloatArray, n: int) -> FloatArray:
    """Return P(M = 0), ..., P(M = n) as a row for every angle."""
    k = np.arange(n + 1.0)
    p, q = np.sin(theta)[:, None] ** 2, np.cos(theta)[:, None] ** 2
    probabilities: FloatArray = np.exp(binomial_log_pmf(k, np.full(1, float(n)), p, q))
    return probabilities


def _golden_sections(q: FloatArray, n: int, low: FloatArray, high: FloatArray) -> FloatArray:
    """Narrow each bracket down on the maximum of its row of q; return the largest value met."""

    def value(angle: FloatArray) -> FloatArray:
        total: FloatArray = np.einsum("ij,ij->i", q, _basis(angle, n))
        return total

    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = value(left), value(right)
    best = np.maximum(at_left, at_right)
    for _ in range(28):
        go_left = at_left >= at_right
        low, high = np.where(go_left, low, left), np.where(go_left, right, high)
        new = np.where(go_left, high - _GOLDEN * (high - low), low + _GOLDEN * (high - low))
        at_new = value(new)
        left, right = np.where(go_left, new, right), np.where(go_left, left, new)
        at_left, at_right = np.where(go_left, at_new, at_right), np.where(go_left, at_left, at_new)
        best = np.maximum(best, at_new)
    return best


class TwoGroups:
    """All tables of two groups: a row for each total of yes, a column for each count of the first group."""

    def __init__(self, n1: int, n2: int) -> None:
        self.n = n1 + n2
        self.total, self.first = np.arange(self.n + 1.0)[:, None], np.arange(n1 + 1.0)
        second = self.total - self.first
        possible = (second >= 0) & (second <= n2)
        self._possible = possible
        self._proportions = self.first / n1, np.where(possible, second, 0.0) / n2
        self._sizes = float(n1), float(n2)
        # n1 n2 (p1 - p2) in whole numbers, so that equal proportions differ by nothing.
        self._gap = np.where(possible, self.first * n2 - second * n1, 0.0)
        # Impossible tables are given the nearest possible count, and no chance.
        count = np.clip(self.first, np.maximum(0.0, self.total - n2), np.minimum(n1, self.total))
        logs = log_pmf(count, np.full((1, 1), float(n1)), np.full((1, 1), float(n2)), self.total)
        #: Probability of the table given its total; 0 where there is no such table.
        self.probability: FloatArray = np.where(possible, np.exp(logs), 0.0)

    def z_pooled(self) -> FloatArray:
        """(p1 - p2) over its standard error from the pooled proportion; 0 where that is 0."""
        n1, n2 = self._sizes
        spread = np.sqrt(n1 * n2 * self.total * (self.n - self.total) / self.n)
        spread = np.broadcast_to(spread, self._gap.shape)
        z: FloatArray = np.divide(self._gap, spread, out=np.zeros(spread.shape), where=spread > 0)
        return z

    def z_unpooled(self) -> FloatArray:
        """(p1 - p2) over its standard error from each group's proportion; infinite where only that is 0."""
        n1, n2 = self._sizes
        p1, p2 = self._proportions
        spread = n1 * n2 * np.sqrt(p1 * (1.0 - p1) / n1 + p2 * (1.0 - p2) / n2)
        certain = np.where(self._gap == 0, 0.0, np.copysign(np.inf, self._gap))
        z: FloatArray = np.divide(self._gap, spread, out=certain, where=spread > 0)
        return z

    def fisher(self, alternative: str) -> tuple[FloatArray, FloatArray]:
        """Fisher's p-value of every table, and its odds: the probability of what is not in that tail over it.

        The odds tell p-values apart near 0 as well as near 1. Both are 1 and 0 where there is no such table.
        """
        shape = self.probability.shape
        columns = np.broadcast_to(np.arange(shape[1]), shape)
        if alternative == "two-sided":
            order = np.argsort(self.probability, axis=1, kind="stable")
        else:
            order = columns if alternative == "less" else columns[:, ::-1]
        probability = np.take_along_axis(self.probability, order, axis=1)
        tail, rest = np.cumsum(probability, axis=1), np.zeros(shape)
        rest[:, :-1] = np.cumsum(probability[:, :0:-1], axis=1)[:, ::-1]
        if alternative == "two-sided":
            # A table shares the sums of the last one that is as probable as it.
            last = np.ones(shape, dtype=bool)
            last[:, :-1] = probability[:, 1:] > probability[:, :-1] * (1.0 + RELATIVE_TIE)
            place = np.where(last, columns, shape[1])
            place = np.minimum.accumulate(place[:, ::-1], axis=1)[:, ::-1]
            tail, rest = (np.take_along_axis(v, place, axis=1) for v in (tail, rest))
        odds = np.divide(rest, tail, out=np.full(shape, np.inf), where=tail > 1e-300)
        p_value, sorted_odds = np.empty(shape), np.empty(shape)
        np.put_along_axis(p_value, order, np.minimum(tail, 1.0), axis=1)
        np.put_along_axis(sorted_odds, order, odds, axis=1)
        return np.where(self._possible, p_value, 1.0), np.where(self._possible, sorted_odds, 0.0)

    def p_values(self, extreme: FloatArray, total: IntArray, first: IntArray) -> FloatArray:
        """Return the largest probability of tables as extreme as each observed; `extreme` grows outwards."""
        seen = extreme[total, first]
        reach = seen - RELATIVE_TIE * np.abs(np.where(np.isfinite(seen), seen, 0.0))
        limits, place = np.unique(reach, return_inverse=True)
        # Each table belongs to all limits up to the last that it reaches.
        met = np.searchsorted(limits, extreme.ravel(), side="right")
        row = np.repeat(np.arange(self.n + 1), self.first.size)
        probability = self.probability.ravel()
        shape = (limits.size + 1, self.n + 1)
        mass = np.bincount(met * shape[1] + row, weights=probability, minlength=shape[0] * shape[1]).reshape(
            shape
        )
        q = np.cumsum(mass[:0:-1], axis=0)[::-1]
        result: FloatArray = supremum(np.minimum(q, 1.0), self.n)[place]
        return result
