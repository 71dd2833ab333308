r"""Proportions and changes of linked pairs, corrected for links that join two different people.

Pair i has the answers a_i and b_i in two waves and is right with the known probability p_i. Let
z_i = C(a_i, b_i) be what is averaged over the pairs of a base r (r_i is 1 for those in it): 1 for a given
pair of answers, or second minus first. T is its mean over right pairs. A wrong link brings the answer of
somebody else in the second wave, so that b is a draw from everybody's answers P2 there, whatever a was
(linkage errors are exchangeable), and

    E[z_i | a_i] = p_i T(a_i) + (1 - p_i) g(a_i),    g(a) = sum over b of P2(b) C(a, b).

where T(a) is the mean over right pairs with the first answer a. Added up over the base and solved:

    T = (sum of z_i - sum of (1 - p_i) g(a_i)) / sum of r_i p_i.

Its variance is that of a ratio of sums over people of the second wave, linked or not, because their answers
also make P2. To first order somebody with the answer b adds to the numerator's error

    h(b) = -(1/M) sum over a of D(a) (C(a, b) - g(a)),    D(a) = sum of 1 - p_i over the pairs with a_i = a,

where M is how many there are; if linked, also C(a_i, b_i) - (1 - p_i) g(a_i) - T r_i p_i. The standard
error is the root of the sum of squares, over the sum of r_i p_i. All of it needs sums over cells only: how
many pairs have the answers a and b, and their sums of 1 - p and of its square.

With weights w_i the sums over pairs, and D, are of w_i z_i, w_i (1 - p_i) and w_i r_i p_i. P2 stays that of
people, since a wrong link picks a row whatever its weight. Under a design the parts are added up by sampling
unit. Who is in the second wave and not linked to the first is in no unit that is known, and counts as drawn
alone.

It holds where being linked rightly has nothing to do with the answers, and where the p_i are right on
average. It is the moment estimator of Chambers (2009), Regression analysis of probability-linked data,
Statistics New Zealand, for proportions; the standard error, which counts in P2, was derived here and is
tested against the bootstrap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits.numerics.interval import Interval
from credbenefits.numerics.wilson import wilson

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from credbenefits._typing import FloatArray

    Spread: TypeAlias = Callable[[FloatArray, FloatArray], FloatArray]


class LinkedCells(NamedTuple):
    """Linked pairs: axes are sampling units, levels in the first wave, and levels in the second.

    `people` are how many, `weight` and `weight2` sums of the weights and of their squares; `wd`, `w2d` and
    `w2d2` are sums of w d, w^2 d and w^2 d^2, with d = 1 - p. `second` counts the answers in the second wave
    of all linked people (units, levels), in the base or not, and `alone` those of others (levels,).
    """

    people: FloatArray
    weight: FloatArray
    weight2: FloatArray
    wd: FloatArray
    w2d: FloatArray
    w2d2: FloatArray
    second: FloatArray
    alone: FloatArray


class Corrected(NamedTuple):
    """Corrected means with their standard errors; `observed` is the mean over the pairs as they are.

    `rate` is the mean probability that a link of the base is right, `shift` what wrong links add to
    `observed`: estimate = (observed - shift) / rate. `n_effective` is how many certain pairs would give
    `observed` as precisely. The standard error is NaN where all pairs are alike, as it says nothing there;
    `n_effective` is then `nobs`.
    """

    estimate: FloatArray
    std_error: FloatArray
    observed: FloatArray
    rate: FloatArray
    shift: FloatArray
    nobs: FloatArray
    n_effective: FloatArray


def corrected(
    cells: LinkedCells, scores: FloatArray, bases: FloatArray, spread: Spread | None = None
) -> Corrected:
    """Return the corrected means of many scores.

    `scores` has the shape (scores, levels, levels), `bases` (scores, levels) is 1 for the first answers
    that make the base, in which there must be somebody; a score is 0 outside of its base. `spread` makes a
    design's variance of the sum of all parts, of their sums and sums of squares in each unit (units, scores);
    by default people are drawn one by one.
    """
    second = cells.second.sum(axis=0) + cells.alone
    by_chance = scores @ (second / second.sum())
    of_first = (each.sum(axis=(0, 2)) for each in (cells.people, cells.weight, cells.wd))
    people, weights, doubts = of_first
    nobs, total = bases @ people, bases @ weights
    weight = cells.weight.sum(axis=0)
    observed = np.einsum("sab,ab->s", scores, weight) / total
    rate = 1.0 - bases @ doubts / total
    shift = by_chance @ doubts / total
    estimate = (observed - shift) / rate
    echo = -np.einsum("sab,a->sb", scores - by_chance[:, :, None], doubts) / second.sum()
    # A pair's part is w (level + d slope) + echo, so that certain links bring no rounding in.
    share = estimate[:, None] * bases
    parts = _Parts(scores - share[:, :, None], (share - by_chance)[:, :, None], echo[:, None, :])
    totals, own = parts.by_unit(cells)
    squares = (own.sum(axis=0) if spread is None else spread(totals, own)) + echo**2 @ cells.alone
    seen = np.einsum("sab,ab->s", (scores - (observed[:, None] * bases)[:, :, None]) ** 2, weight) / total
    varies = seen > 0
    variance = np.where(varies, squares / (total * rate) ** 2, np.nan)
    n_effective = np.divide(seen, variance * rate**2, out=nobs.copy(), where=varies)
    return Corrected(estimate, np.sqrt(variance), observed, rate, shift, nobs, n_effective)


class _Parts(NamedTuple):
    """What a pair adds to the error of each score: shapes (scores, levels, levels), or 1 for a level."""

    level: FloatArray
    slope: FloatArray
    echo: FloatArray

    def by_unit(self, cells: LinkedCells) -> tuple[FloatArray, FloatArray]:
        """Add up the parts of each unit, and their squares: shapes (units, scores)."""
        level, slope, echo = (np.broadcast_to(part, self.level.shape) for part in self)

        def add(sums: FloatArray, by: FloatArray) -> FloatArray:
            made: FloatArray = sums.reshape(len(sums), -1) @ by.reshape(len(by), -1).T
            return made

        alone = echo[:, 0, :]
        totals = add(cells.weight, level) + add(cells.wd, slope) + cells.second @ alone.T
        squares = (
            add(cells.weight2, level**2)
            + 2.0 * add(cells.w2d, level * slope)
            + add(cells.w2d2, slope**2)
            + 2.0 * (add(cells.weight, level * echo) + add(cells.wd, slope * echo))
            + cells.second @ (alone**2).T
        )
        return totals, squares


def corrected_wilson(result: Corrected, confidence_level: float) -> Interval:
    """Wilson's interval of the observed proportions, on their effective sizes, corrected as they were."""
    seen = wilson(result.observed * result.n_effective, result.n_effective, confidence_level)
    return moved(seen, result, least=0.0)


def moved(seen: Interval, result: Corrected, *, least: float) -> Interval:
    """Correct limits of `observed` as it was, and cut them to `least` and 1; NaN where nothing is left."""
    low, high = ((limit - result.shift) / result.rate for limit in seen)
    nothing = (high < least) | (low > 1.0)
    return Interval(
        np.where(nothing, np.nan, np.maximum(low, least)), np.where(nothing, np.nan, np.minimum(high, 1.0))
    )
