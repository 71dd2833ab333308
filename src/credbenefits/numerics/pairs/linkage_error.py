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
    from credbenefits._typing import FloatArray, IntArray


class LinkedCells(NamedTuple):
    """Linked pairs by their answers: rows are levels in the first wave, columns in the second.

    `pairs` are how many, `doubt` and `doubt2` their sums of 1 - p and of (1 - p)^2. `second` counts
    everybody's answers in the second wave, linked or not.
    """

    pairs: FloatArray
    doubt: FloatArray
    doubt2: FloatArray
    second: FloatArray


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


def count_pairs(
    first: IntArray, second: IntArray, probability: FloatArray, *, everybody: IntArray, size: int
) -> LinkedCells:
    """Count pairs by their answers, codes from 0 to size - 1.

    `everybody` holds the answers of the second wave, those of the pairs and all others.
    """
    cell, doubt = first * size + second, 1.0 - probability
    pairs, doubts, squares = (
        np.bincount(cell, weights=values, minlength=size**2).reshape(size, size).astype(np.float64)
        for values in (np.ones(cell.size), doubt, doubt**2)
    )
    return LinkedCells(pairs, doubts, squares, np.bincount(everybody, minlength=size).astype(np.float64))


def corrected(cells: LinkedCells, scores: FloatArray, bases: FloatArray) -> Corrected:
    """Return the corrected means of many scores.

    `scores` has the shape (scores, levels, levels), `bases` (scores, levels) is 1 for the first answers
    that make the base, in which there must be somebody; a score is 0 outside of its base.
    """
    pairs, doubt, doubt2, second = cells
    people, doubts = pairs.sum(axis=1), doubt.sum(axis=1)
    by_chance = scores @ (second / second.sum())
    nobs = bases @ people
    observed = np.einsum("sab,ab->s", scores, pairs) / nobs
    rate = 1.0 - bases @ doubts / nobs
    shift = by_chance @ doubts / nobs
    estimate = (observed - shift) / rate
    echo = -np.einsum("sab,a->sb", scores - by_chance[:, :, None], doubts) / second.sum()
    # A pair's part is level + (1 - p) slope, so that certain links bring no rounding in.
    share = estimate[:, None] * bases
    slope = share - by_chance
    level = scores - share[:, :, None] + echo[:, None, :]
    squares = (
        np.einsum("sab,ab->s", level**2, pairs)
        + 2.0 * np.einsum("sab,sa,ab->s", level, slope, doubt)
        + slope**2 @ doubt2.sum(axis=1)
        + echo**2 @ (second - pairs.sum(axis=0))
    )
    spread = np.einsum("sab,ab->s", (scores - (observed[:, None] * bases)[:, :, None]) ** 2, pairs) / nobs
    varies = spread > 0
    variance = np.where(varies, squares / (nobs * rate) ** 2, np.nan)
    n_effective = np.divide(spread, variance * rate**2, out=nobs.copy(), where=varies)
    return Corrected(estimate, np.sqrt(variance), observed, rate, shift, nobs, n_effective)


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
