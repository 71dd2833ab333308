"""Intervals of paired proportions in closed form, and the list of all of them.

Every method takes `Pairs` with at least one person in each row, and a two-sided level.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits.numerics.interval import Interval, two_sided_z
from credbenefits.numerics.pairs import _score

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from credbenefits._typing import FloatArray


class Pairs(NamedTuple):
    """Counts of people by their two answers, one-dimensional arrays; e, f, g and h in Newcombe's notation."""

    both: FloatArray
    first_only: FloatArray
    second_only: FloatArray
    neither: FloatArray

    @property
    def n(self) -> FloatArray:
        """How many people there are."""
        return (self.both + self.neither) + (self.first_only + self.second_only)

    def exchanged(self) -> Pairs:
        """Return the same people with their two answers exchanged."""
        return Pairs(self.both, self.second_only, self.first_only, self.neither)


# ---- differences -------------------------------------------------------------------------------------


def _wilson(x: FloatArray, n: FloatArray, z: FloatArray | float) -> Interval:
    """Wilson's limits; small ones keep their digits at both ends, and z may differ between rows."""
    z2 = np.square(z)
    larger = 2.0 * x + z2 + np.sqrt(z2 * (z2 + 4.0 * x * ((n - x) / n)))
    return Interval(2.0 * x * (x / n) / larger, larger / (2.0 * (n + z2)))


def _reach(yes: FloatArray, no: FloatArray, z: float) -> Interval:
    """Distances of a proportion to its lower and upper Wilson limits, with their digits however small.

    A limit l solves (p - l)^2 = z^2 l (1 - l) / n, and 1 - l is a limit of the proportion of no.
    """
    n = yes + no
    (low, high), (no_low, no_high) = _wilson(yes, n, z), _wilson(no, n, z)
    return Interval(z * np.sqrt(low * no_high / n), z * np.sqrt(high * no_low / n))


def _newcombe(pairs: Pairs, level: float, *, shrink: bool = True) -> Interval:
    e, f, g, h = pairs
    z = two_sided_z(level)
    (down1, up1), (down2, up2) = _reach(e + f, g + h, z), _reach(e + g, f + h, z)
    apart = 2.0 * (1.0 - _correlation(pairs, shrink=shrink))

    def far(a: FloatArray, b: FloatArray) -> FloatArray:
        # a^2 - 2 phi a b + b^2 as a sum of squares: it cannot fall below 0.
        root: FloatArray = np.sqrt((a - b) ** 2 + apart * a * b)
        return root

    d = (f - g) / pairs.n
    return _cut(d - far(down1, up2), d + far(up1, down2))


def _newcombe_m8(pairs: Pairs, level: float) -> Interval:
    return _newcombe(pairs, level, shrink=False)


def _correlation(pairs: Pairs, *, shrink: bool) -> FloatArray:
    """Correlation of the two answers; 0 where a margin is 0. Shrunken as in Newcombe's method 10."""
    e, f, g, h = pairs
    excess = e * h - f * g
    if shrink:
        excess = np.where(excess > 0, np.maximum(excess - pairs.n / 2.0, 0.0), excess)
    scale = np.sqrt((e + f) * (g + h)) * np.sqrt((e + g) * (f + h))
    phi = np.divide(excess, scale, out=np.zeros(scale.shape), where=scale > 0)
    clipped: FloatArray = np.clip(phi, -1.0, 1.0)
    return clipped


def _tango(pairs: Pairs, level: float) -> Interval:
    _, f, g, _ = pairs
    z = two_sided_z(level)
    return Interval(-_score.tango_high(g, f, pairs.n, z), _score.tango_high(f, g, pairs.n, z))


def _wald(pairs: Pairs, level: float, *, add: tuple[float, float] = (0.0, 0.0), cc: float = 0.0) -> Interval:
    """Wald's interval after adding to each discordant and each concordant count, and `cc`/n beside it."""
    e, f, g, h = (c + a for c, a in zip(pairs, (add[1], add[0], add[0], add[1]), strict=True))
    n = (e + h) + (f + g)
    half = (two_sided_z(level) * np.sqrt(_spread(e + h, f, g)) + cc) / n
    return _cut((f - g) / n - half, (f - g) / n + half)


def _spread(same: FloatArray, f: FloatArray, g: FloatArray) -> FloatArray:
    """Return f + g - (f - g)^2 / n, without cancellation where nearly all are discordant."""
    spread: FloatArray = (4.0 * f * g + (f + g) * same) / (same + (f + g))
    return spread


def _bonett_price(pairs: Pairs, level: float) -> Interval:
    return _wald(pairs, level, add=(1.0, 0.0))


def _agresti_min(pairs: Pairs, level: float) -> Interval:
    return _wald(pairs, level, add=(0.5, 0.5))


def _wald_cc(pairs: Pairs, level: float) -> Interval:
    return _wald(pairs, level, cc=1.0)


def _wald_cc_fagerland(pairs: Pairs, level: float) -> Interval:
    e, f, g, h = pairs
    n = pairs.n
    # (|f - g| - 1)^2 in place of (f - g)^2; below 0 where f = g = 0.
    spread = np.maximum(_spread(e + h, f, g) + (2.0 * np.abs(f - g) - 1.0) / n, 0.0)
    half = two_sided_z(level) * np.sqrt(spread) / n
    return _cut((f - g) / n - half, (f - g) / n + half)


def _cut(low: FloatArray, high: FloatArray) -> Interval:
    return Interval(np.clip(low, -1.0, 1.0), np.clip(high, -1.0, 1.0))


# ---- ratios ------------------------------------------------------------------------------------------


def _over(above: FloatArray, below: FloatArray) -> FloatArray:
    # Below 1e-300 the inverse is out of range: as good as infinite.
    ratio: FloatArray = np.divide(above, below, out=np.full(below.shape, np.inf), where=below > 1e-300)
    return ratio


def _inverse(value: FloatArray) -> FloatArray:
    return _over(np.ones(value.shape), value)


def _quotient(one: Interval, two: Interval) -> Interval:
    return Interval(one.low * _inverse(two.high), one.high * _inverse(two.low))


def _tang(pairs: Pairs, level: float) -> Interval:
    e, f, g, _ = pairs
    z = two_sided_z(level)
    return Interval(_score.tang_low(e, f, g, z), _inverse(_score.tang_low(e, g, f, z)))


def _mover_wilson(pairs: Pairs, level: float) -> Interval:
    return Interval(_mover_low(pairs, level), _inverse(_mover_low(pairs.exchanged(), level)))


def _mover_low(pairs: Pairs, level: float) -> FloatArray:
    """Solve p1 - R p2 = its distance to the square-and-add limit, which is quadratic in R."""
    e, f, g, h = pairs
    n, z = pairs.n, two_sided_z(level)
    p1, p2 = (e + f) / n, (e + g) / n
    a, b = _reach(e + f, g + h, z).low, _reach(e + g, f + h, z).high
    phi = _correlation(pairs, shrink=False)
    # (p1 p2 - phi a b)^2 - (p1^2 - a^2) (p2^2 - b^2), without its large terms that cancel.
    square = (p1 * b - p2 * a) ** 2 + (1.0 - phi) * a * b * (2.0 * p1 * p2 - (1.0 + phi) * a * b)
    below = p1 * p2 - phi * a * b + np.sqrt(np.maximum(square, 0.0))
    low: FloatArray = np.divide((p1 - a) * (p1 + a), below, out=np.zeros(p1.shape), where=below > 0)
    # With nobody discordant there is no width, and rounding must not turn the limits round.
    return np.clip(low, 0.0, _over(p1, p2))


def _bonett_price_ratio(pairs: Pairs, level: float) -> Interval:
    """Take Wilson limits over one another, at a z that gives their ratio about the level."""
    e, f, g, _ = pairs
    n, x1, x2 = e + f + g, e + f + 1.0, e + g + 1.0
    apart = np.sqrt((g + 1.0) / (x1 * (n + 2.0))) + np.sqrt((f + 1.0) / (x2 * (n + 2.0)))
    z = two_sided_z(level) * np.sqrt((f + g + 2.0) / (x1 * x2)) / apart
    n = np.where(n > 0, n, 1.0)  # where nobody said yes any base will do: 0 to infinity
    low, high = _quotient(_wilson(e + f, n, z), _wilson(e + g, n, z))
    ratio = _over(e + f, e + g)
    return Interval(np.minimum(low, ratio), np.maximum(high, ratio))


def _wald_ratio(pairs: Pairs, level: float) -> Interval:
    e, f, g, _ = pairs
    return _log_wald(e + f, e + g, f + g, level)


def _log_wald(x1: FloatArray, x2: FloatArray, apart: FloatArray, level: float) -> Interval:
    """Return x1 / x2 times exp(-+ z sqrt(apart / (x1 x2))); NaN where one of the two is 0."""
    x1, x2 = np.where(x1 > 0, x1, np.nan), np.where(x2 > 0, x2, np.nan)
    half = two_sided_z(level) * np.sqrt(apart / x1 / x2)
    with np.errstate(over="ignore"):  # far less than one person: as good as infinite
        return Interval(x1 / x2 * np.exp(-half), x1 / x2 * np.exp(half))


# ---- odds ratios: of f against g, from intervals for the proportion f / (f + g) -----------------------


def _searched_odds(pairs: Pairs, level: float, *, observed: float) -> Interval:
    _, f, g, _ = pairs
    tail = (1.0 - level) / 2.0
    low = _score.odds_low(f, g, tail, observed=observed)
    return Interval(low, _inverse(_score.odds_low(g, f, tail, observed=observed)))


def _mid_p_odds(pairs: Pairs, level: float) -> Interval:
    return _searched_odds(pairs, level, observed=0.5)


def _clopper_pearson_odds(pairs: Pairs, level: float) -> Interval:
    return _searched_odds(pairs, level, observed=1.0)


def _wilson_odds(pairs: Pairs, level: float) -> Interval:
    _, f, g, _ = pairs
    n = np.where(f + g > 0, f + g, 1.0)  # where nobody changed any base will do: 0 to infinity
    return _quotient(_wilson(f, n, two_sided_z(level)), _wilson(g, n, two_sided_z(level)))


def _wald_odds(pairs: Pairs, level: float) -> Interval:
    return _log_wald(pairs.first_only, pairs.second_only, pairs.first_only + pairs.second_only, level)


METHODS: Mapping[str, Mapping[str, Callable[[Pairs, float], Interval]]] = {
    "difference": {
        "newcombe": _newcombe,
        "newcombe_m8": _newcombe_m8,
        "tango": _tango,
        "bonett_price": _bonett_price,
        "agresti_min": _agresti_min,
        "wald": _wald,
        "wald_cc": _wald_cc,
        "wald_cc_fagerland": _wald_cc_fagerland,
    },
    "ratio": {
        "tang": _tang,
        "bonett_price": _bonett_price_ratio,
        "mover_wilson": _mover_wilson,
        "wald": _wald_ratio,
    },
    "odds_ratio": {
        "mid_p": _mid_p_odds,
        "clopper_pearson": _clopper_pearson_odds,
        "wilson": _wilson_odds,
        "wald": _wald_odds,
    },
}
