"""How much a self-generated code tells, and what a linkage by the nearest code would reach."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray, IntArray


class NearestRates(NamedTuple):
    """Of people who were in the earlier wave: linked rightly, wrongly. Of newcomers: linked at all."""

    right: float
    wrong: float
    newcomer: float


def shannon_bits(counts: IntArray) -> float:
    """Return the entropy -sum p log2 p of the answers counted."""
    p = counts[counts > 0] / counts.sum()
    return float(-(p * np.log2(p)).sum()) + 0.0  # no -0.0


def collision(counts: IntArray) -> float:
    """Return the probability that two different people gave the same answer: sum c (c - 1) / (n (n - 1)).

    This is the unbiased estimator of sum p^2. Where no two agree it is put at one pair among all.
    Source: Simpson (1949), Measurement of diversity, Nature 163, 688.
    """
    n = float(counts.sum())
    return max(float((counts * (counts - 1.0)).sum()), 2.0) / (n * (n - 1.0))


def shared_rate(agree: float, n: int) -> float:
    """Return the share of `n` people who have the same code as somebody else: 1 - (1 - agree)^(n - 1).

    `agree` is the probability that two codes agree. Codes are not equally frequent, so the share is at most
    this (the function is concave in the frequency of one's own code).
    """
    return float(-np.expm1((n - 1) * np.log1p(-agree))) if agree < 1 else 1.0


def disagreements(agree: FloatArray) -> FloatArray:
    """Return the probabilities that 0, 1, ... elements do not agree; each agrees with its own probability."""
    distribution = np.ones(1)
    for p in agree:
        distribution = np.convolve(distribution, [p, 1.0 - p])
    return distribution


def nearest_rates(match: FloatArray, stranger: FloatArray, *, n: int, most: int) -> NearestRates:
    """Link everybody to the one nearest code among `n`, where at most `most` elements do not agree.

    `match` and `stranger` are the probabilities of 0, 1, ... disagreements with oneself and with another
    person, here taken as independent from person to person. If no stranger stands within distance d, whose
    probability is Q(d) = sum of stranger up to d, a match at d is found, so right = sum match(d) (1 -
    Q(d))^(n - 1). A stranger at s is linked if he is alone there, nobody is nearer and the match is further
    away: wrong = sum over s of P(match > s) (n - 1) stranger(s) (1 - Q(s))^(n - 2). A newcomer has n
    strangers.
    """
    near = slice(0, most + 1)
    clear = 1.0 - np.cumsum(stranger)[near].clip(0, 1)
    further = 1.0 - np.cumsum(match)[near].clip(0, 1)
    right = (match[near] * clear ** (n - 1)).sum()
    wrong = (further * (n - 1) * stranger[near] * clear ** (n - 2)).sum()
    newcomer = (n * stranger[near] * clear ** (n - 1)).sum()
    return NearestRates(float(right), float(wrong), float(newcomer))
