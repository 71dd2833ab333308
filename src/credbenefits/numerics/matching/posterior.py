"""Match probabilities when a person has at most one partner on either side: belief propagation."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits._progress import silent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from credbenefits._typing import BoolArray, FloatArray, IntArray, Progress

#: Odds below which a pair's part in the sums is worked out once per sweep, not message by message.
_WEAK = 1e-2
#: Sweeps for the weak pairs; what is left after them is of the order of _WEAK squared.
_WEAK_SWEEPS = 2
#: Messages have settled when no probability moves by more than this in a round of so many sweeps.
_TOLERANCE, _SWEEPS = 1e-5, 3
#: Rounds at most, rounds before old and new messages are averaged, and how often a part is taken of a part.
_MOST_ROUNDS, _IN_TURN, _DEPTH = 40, 6, 3


class Pairs(NamedTuple):
    """Pairs of rows in order of `row_a`, then `row_b`, and the numbers of rows of the two waves."""

    row_a: IntArray
    row_b: IntArray
    n_a: int
    n_b: int


class _Side(NamedTuple):
    """Pairs grouped by the rows of one wave."""

    row: IntArray
    start: IntArray
    group: IntArray


def prior_odds(n_matches: float, n_a: int, n_b: int) -> float:
    """Odds of one pair of two people without a partner that put `n_matches` matches among all pairs.

    Of matchings with weights odds^size, those of size n dominate where n = odds (n_a - n) (n_b - n).
    """
    alone_a, alone_b = max(n_a - n_matches, 0.5), max(n_b - n_matches, 0.5)
    return n_matches / (alone_a * alone_b)


def totals(group: IntArray | NDArray[np.int32], values: FloatArray, n_groups: int) -> FloatArray:
    """Add up the values by group."""
    result: FloatArray = np.bincount(group, values, minlength=n_groups).astype(np.float64)
    return result


class Exclusive:
    """Probabilities of pairs when matchings have the probability prod(odds) over their pairs.

    Messages m(a to b) = 1 / (1 + sum over other partners c of a: odds(a, c) m(c to a)) say how likely a is
    to be free for b. They are exact where the pairs form no loop; the fixed point is the only one. They are
    kept, so that a second call with similar odds takes few sweeps.

    Source: Bayati, Gamarnik, Katz, Nair & Tetali (2007), Simple deterministic approximation algorithms for
    counting matchings, section 3.
    """

    def __init__(self, pairs: Pairs) -> None:
        self.pairs = pairs
        self._divide(np.zeros(pairs.row_a.size))

    def probability(self, odds: FloatArray, tell: Progress = silent) -> FloatArray:
        """Return the probability of each pair."""
        if np.any(odds[self.weak] > 2.0 * _WEAK):
            self._divide(odds)
        pairs, messages = self.pairs, self.messages
        messages.odds = odds[self.strong]
        (weak_a, weak_b), weak = self.weak_rows, odds[self.weak]
        free_a, free_b = messages.free(pairs, np.zeros(pairs.n_a), np.zeros(pairs.n_b))
        for sweep in range(_WEAK_SWEEPS):
            load_a = totals(weak_a, weak * free_b[weak_b], pairs.n_a)
            load_b = totals(weak_b, weak * free_a[weak_a], pairs.n_b)
            messages.loads = load_a[messages.rows[0]], load_b[messages.rows[1]]
            messages.settle()
            free_a, free_b = messages.free(pairs, load_a, load_b)
            tell(sweep + 1, _WEAK_SWEEPS)
        probability = np.empty(odds.size)
        probability[self.strong] = messages.probability()
        probability[self.weak] = weak * free_a[weak_a] * free_b[weak_b]
        return probability

    def _divide(self, odds: FloatArray) -> None:
        """Tell strong pairs from weak ones."""
        is_strong = odds > _WEAK
        self.strong, self.weak = np.flatnonzero(is_strong), np.flatnonzero(~is_strong)
        row_a, row_b = self.pairs.row_a, self.pairs.row_b
        self.weak_rows = row_a[self.weak].astype(np.int32), row_b[self.weak].astype(np.int32)
        self.messages = _Messages(row_a[self.strong], row_b[self.strong], odds[self.strong])


class _Messages:
    """Messages along the strong pairs, kept between sweeps."""

    def __init__(self, row_a: IntArray, row_b: IntArray, odds: FloatArray) -> None:
        self.rows = row_a, row_b
        self.odds = odds
        self.to_b = np.argsort(row_b, kind="stable")
        self.sides = _side(row_a), _side(row_b[self.to_b])
        self.loads: tuple[FloatArray, FloatArray] = (np.zeros(odds.size), np.zeros(odds.size))
        self.from_a: FloatArray = np.ones(odds.size)
        self.from_b: FloatArray = np.ones(odds.size)
        self.open: tuple[BoolArray, BoolArray] = (np.ones(odds.size, np.bool_), np.ones(odds.size, np.bool_))

    def probability(self) -> FloatArray:
        """Probability of each strong pair as the messages stand."""
        both = self.odds * self.from_a * self.from_b
        return both / (1.0 + both)

    def free(self, pairs: Pairs, load_a: FloatArray, load_b: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Probability that each row has no partner."""
        sum_a = totals(self.rows[0], self.odds * self.from_b, pairs.n_a)
        sum_b = totals(self.rows[1], self.odds * self.from_a, pairs.n_b)
        return 1.0 / (1.0 + load_a + sum_a), 1.0 / (1.0 + load_b + sum_b)

    def sweep(self, *, damped: bool) -> None:
        """Renew the messages of one wave, then of the other."""
        new_a = 1.0 / (1.0 + self.loads[0] + _others(self.odds * self.from_b, self.sides[0]))
        new_a = np.sqrt(self.from_a * new_a) if damped else new_a
        self.from_a = np.where(self.open[0], new_a, self.from_a)
        others = np.empty(self.odds.size)
        others[self.to_b] = _others((self.odds * self.from_a)[self.to_b], self.sides[1])
        new_b = 1.0 / (1.0 + self.loads[1] + others)
        new_b = np.sqrt(self.from_b * new_b) if damped else new_b
        self.from_b = np.where(self.open[1], new_b, self.from_b)

    def settle(self, depth: int = 0) -> None:
        """Sweep until the probabilities stand still; soon only few rows need it, so only those are swept.

        In turn, the messages come in steadily, but slowly where large odds form a loop; there the mean of
        old and new on the log scale gets across.
        """
        tolerance = _TOLERANCE / 2.0**depth
        for rounds in range(_MOST_ROUNDS if self.odds.size else 0):
            last = self.probability()
            for sweep in range(_SWEEPS):
                self.sweep(damped=rounds >= _IN_TURN and sweep % 2 == 0)
            moving = np.abs(self.probability() - last) > tolerance
            if not moving.any():
                return
            if depth < _DEPTH:
                self._settle_part(moving, depth + 1)

    def _in_rows_of(self, pairs: BoolArray) -> tuple[BoolArray, BoolArray]:
        """Say of each pair whether its row of either wave holds one of `pairs`."""
        in_a, in_b = (np.bincount(row, pairs)[row] > 0 for row in self.rows)
        return in_a, in_b

    def _settle_part(self, moving: BoolArray, depth: int) -> None:
        """Settle the rows of the moving pairs and those beside them, with all others held still."""
        beside = np.logical_or(*self._in_rows_of(moving))
        in_a, in_b = self._in_rows_of(beside)
        part = np.flatnonzero(in_a | in_b)
        if part.size > moving.size / 2:
            return
        inner = _Messages(self.rows[0][part], self.rows[1][part], self.odds[part])
        inner.loads = self.loads[0][part], self.loads[1][part]
        inner.from_a, inner.from_b = self.from_a[part], self.from_b[part]
        inner.open = in_a[part], in_b[part]
        inner.settle(depth)
        self.from_a[part], self.from_b[part] = inner.from_a, inner.from_b


def _side(row: IntArray) -> _Side:
    first = np.r_[True, row[1:] != row[:-1]] if row.size else np.empty(0, np.bool_)
    return _Side(row, np.flatnonzero(first), np.cumsum(first) - 1)


def _others(x: FloatArray, side: _Side) -> FloatArray:
    """Add up x over the other pairs of the same row.

    The largest x of a row is kept out of the sum it would drown: x spans as many powers of ten as odds do.
    """
    top = np.maximum.reduceat(x, side.start)[side.group]
    at_top = np.flatnonzero(x == top)
    at_top = at_top[np.r_[True, side.group[at_top[1:]] != side.group[at_top[:-1]]]]
    rest = x.copy()
    rest[at_top] = 0.0
    top[at_top] = 0.0
    result: FloatArray = np.add.reduceat(rest, side.start)[side.group] - rest + top
    return np.maximum(result, 0.0)
