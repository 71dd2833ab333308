"""Conditional limits of the odds ratio: inversion of the tails of the noncentral hypergeometric distribution.

Given all margins, the count X in the first group has weights C(n1, k) C(n2, m - k) psi^k. The lower limit
is the psi with P(X >= x) = alpha / 2 (exact) or P(X > x) + P(X = x) / 2 = alpha / 2 (mid-P); the upper limit
is the inverse of the lower one of the groups swapped.

How it is kept cheap and accurate for any size: weights are taken relative to those at the score limit, which
is near the answer, so logarithms stay small and nothing overflows. X is a sum of independent Bernoulli
variables, so by Bernstein's inequality less than 1e-16 of it lies farther from its mean than 26 + 9 sd. Up to
an sd of `_LARGEST_SUM` that window is summed term by term. Beyond it the two sums are integrals
(Gauss-Legendre) with the Euler-Maclaurin terms up to the third derivative; what is left out is below 1e-12 of
a tail, and the tests compare both ways.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
from scipy.special import logit

from credbenefits.numerics.groups._closed import inverse
from credbenefits.numerics.groups._score import Cells, cells_at_low, relative_information, solved
from credbenefits.numerics.interval import Interval, two_sided_z

if TYPE_CHECKING:
    from collections.abc import Callable

    from credbenefits._typing import FloatArray, IntArray

    Tables: TypeAlias = tuple[FloatArray, FloatArray, FloatArray, FloatArray]

#: Standard deviation of the conditional count up to which its weights are summed one by one.
_LARGEST_SUM = 80.0
#: Weights that are held in memory at once.
_MOST_WEIGHTS = 1_000_000
#: Of the quadrature, on either side of the observed table: over some 20 standard deviations at most.
_NODES = 96


def cornfield_exact(
    x1: FloatArray, n1: FloatArray, x2: FloatArray, n2: FloatArray, *, level: float
) -> Interval:
    """Exact conditional limits of the odds ratio; whole counts only."""
    low = _low(x1, n1, x2, n2, level=level, observed=1.0)
    return Interval(low, inverse(_low(x2, n2, x1, n1, level=level, observed=1.0)))


def cornfield_midp(
    x1: FloatArray, n1: FloatArray, x2: FloatArray, n2: FloatArray, *, level: float
) -> Interval:
    """As `cornfield_exact`, with half the probability of the observed table in either tail."""
    low = _low(x1, n1, x2, n2, level=level, observed=0.5)
    return Interval(low, inverse(_low(x2, n2, x1, n1, level=level, observed=0.5)))


class _Observed(NamedTuple):
    """The cells of the tables."""

    yes1: FloatArray
    no1: FloatArray
    yes2: FloatArray
    no2: FloatArray

    def rows(self, which: IntArray) -> _Observed:
        return _Observed(*(cell[which] for cell in self))


def _low(
    x1: FloatArray, n1: FloatArray, x2: FloatArray, n2: FloatArray, *, level: float, observed: float
) -> FloatArray:
    """Lower limits; `observed` is the proportion of the observed table that counts with the upper tail."""
    low = np.zeros(x1.shape)
    # At the lower end of what the margins allow any small odds ratio will do.
    free = (x1 > 0) & (x2 < n2)
    if free.any():
        low[free] = _low_inside((x1[free], n1[free], x2[free], n2[free]), level=level, observed=observed)
    return low


def _low_inside(tables: Tables, *, level: float, observed: float) -> FloatArray:
    x1, n1, x2, n2 = tables
    z = two_sided_z(level)
    start = cells_at_low(x1, n1, x2, n2, target=np.full(x1.shape, z * z))
    sd = 1.0 / np.sqrt(1.0 / start.yes1 + 1.0 / start.no1 + 1.0 / start.yes2 + 1.0 / start.no2)
    cells = _Observed(x1, n1 - x1, x2, n2 - x2)
    # From x, the mean lies less than 9 sd + 26 below (for any tail a double can tell), and the window goes as
    # far again beyond it; what the margins allow may end sooner.
    reach = np.ceil((z + 10.0) * sd + 100.0)
    up = np.minimum(reach, np.minimum(cells.no1, cells.yes2))
    down = np.minimum(reach, np.minimum(cells.yes1, cells.no2))
    target = float(logit((1.0 - level) / 2.0))
    moved = np.empty(x1.shape)
    for rows in _batches(up + down, sd):
        fitted = start.rows(rows)
        if sd[rows[0]] > _LARGEST_SUM:
            tails = _integrated(fitted, sd[rows], z, observed)
        else:
            widths = int(up[rows].max()), int(down[rows].max())
            tails = _summed(cells.rows(rows), fitted.odds_ratio, widths, observed)
        moved[rows] = _moved(tails, target, sd[rows])
    limit: FloatArray = start.odds_ratio * np.exp(moved)
    return limit


def _batches(widths: FloatArray, sd: FloatArray) -> list[IntArray]:
    """Split the rows so that a batch is summed or integrated, fits in memory, and little is done in vain."""
    order = np.argsort(widths, kind="stable")
    summed, rest = order[sd[order] <= _LARGEST_SUM], order[sd[order] > _LARGEST_SUM]
    batches, first = [], 0
    while first < len(summed):
        # At most twice as wide as its narrowest row needs.
        widest = 2.0 * widths[summed[first]]
        last = int(np.searchsorted(widths[summed], widest, side="right"))
        last = min(last, first + max(1, int(_MOST_WEIGHTS / (widest + 2.0))))
        batches.append(summed[first:last])
        first = last
    size = _MOST_WEIGHTS // (2 * _NODES)
    return batches + [rest[i : i + size] for i in range(0, len(rest), size)]


def _moved(tails: Tails, target: float, sd: FloatArray) -> FloatArray:
    """Find by how much the log odds ratio must move from the score limit; sought in units of 1 / sd."""
    data = (sd, np.full(sd.shape, target), *tails.data)

    def excess(s: FloatArray, *rows: FloatArray) -> FloatArray:
        return tails.log_odds(s / rows[0], *rows[2:]) - rows[1]

    low, high = np.full(sd.shape, -0.5), np.full(sd.shape, 0.5)
    for _ in range(40):
        too_high, too_low = excess(low, *data) > 0, excess(high, *data) < 0
        if not (too_high.any() or too_low.any()):
            break
        low, high = np.where(too_high, 2.0 * low, low), np.where(too_low, 2.0 * high, high)
    moved: FloatArray = solved(excess, low, high, *data) / sd
    return moved


# ---- the two tails ----------------------------------------------------------------------------------


class Tails(NamedTuple):
    """How the log odds of the upper tail follow from a move of the log odds ratio; `data`: a row a table."""

    log_odds: Callable[..., FloatArray]
    data: tuple[FloatArray, ...]


def _summed(cells: _Observed, odds_ratio: FloatArray, widths: tuple[int, int], observed: float) -> Tails:
    """Sum term by term, from the observed table outwards."""
    a, b, c, d = (cell[:, None] for cell in cells)
    psi = odds_ratio[:, None]
    above, below = np.arange(1.0, widths[0] + 1.0), np.arange(1.0, widths[1] + 1.0)
    # Ratios of neighbouring weights; 0 at the end of what the margins allow, and so ever after. The odds
    # ratio goes in before the logarithm is taken: near the centre the ratio is then nearly 1.
    rise = np.maximum(b - above + 1.0, 0.0) / (a + above) * (np.maximum(c - above + 1.0, 0.0) / (d + above))
    fall = np.maximum(a - below + 1.0, 0.0) / (b + below) * (np.maximum(d - below + 1.0, 0.0) / (c + below))
    with np.errstate(divide="ignore"):
        ends = np.log([observed, 1.0 - observed])
        log_rise, log_fall = np.log(rise * psi), np.log(fall / psi)
    column = np.ones_like(psi)
    log_up = np.hstack([ends[0] * column, np.cumsum(log_rise, axis=1)])
    log_down = np.hstack([ends[1] * column, np.cumsum(log_fall, axis=1)])
    return Tails(_log_odds_of_sums, (log_up, log_down))


def _log_odds_of_sums(move: FloatArray, log_up: FloatArray, log_down: FloatArray) -> FloatArray:
    eta = move[:, None]
    up, down = np.arange(float(log_up.shape[1])), np.arange(float(log_down.shape[1]))
    return _log_sum(log_up + eta * up) - _log_sum(log_down - eta * down)


def _log_sum(terms: FloatArray) -> FloatArray:
    top = terms.max(axis=1, keepdims=True)
    log_sum: FloatArray = top[:, 0] + np.log(np.exp(terms - top).sum(axis=1))
    return log_sum


def _integrated(fitted: Cells, sd: FloatArray, z: float, observed: float) -> Tails:
    """Integrate on either side of the observed table; every fitted cell is above 6,400.

    Let f be the weight, f1 and f3 its derivatives. Exact: the sum of f over k >= x is the integral from
    x - 1/2 plus f1 / 24 - 7 f3 / 5760 there. Mid-P: f(x) / 2 and the sum over k > x are the integral from x
    less f1 / 12 - f3 / 720. The lower tails take the same terms with the sign turned.
    """
    exact = observed == 1.0
    first, third = (1.0 / 24.0, -7.0 / 5760.0) if exact else (-1.0 / 12.0, 1.0 / 720.0)
    split = (fitted.shift - (0.5 if exact else 0.0))[:, None]
    node, weight = np.polynomial.legendre.leggauss(_NODES)
    unit, log_weight = (node + 1.0) / 2.0, np.log(weight / 2.0)
    long_up, long_down = (10.0 * sd + 100.0)[:, None], ((z + 10.0) * sd + 100.0)[:, None]
    up, down = split + long_up * unit, split - long_down * unit
    log_up = _log_weight(fitted, up) + np.log(long_up) + log_weight
    log_down = _log_weight(fitted, down) + np.log(long_down) + log_weight

    def log_odds(move: FloatArray, *data: FloatArray) -> FloatArray:
        up, log_up, down, log_down, border = data
        eta, (at, log_at, slope, bend) = move[:, None], border.T
        g1 = slope + move
        extra = first * g1 + third * g1 * (g1 * g1 + 3.0 * bend)
        here = log_at + move * at
        above, below = _log_sum(log_up + eta * up), _log_sum(log_down + eta * down)
        upper, lower = np.log1p(extra * np.exp(here - above)), np.log1p(-extra * np.exp(here - below))
        difference: FloatArray = above + upper - below - lower
        return difference

    border = np.hstack([split, _log_weight(fitted, split), *_slopes(fitted, split)])
    return Tails(log_odds, (up, log_up, down, log_down, border))


#: Which cells grow with the count in the first group.
_SIGNS = (1.0, -1.0, -1.0, 1.0)


def _log_weight(fitted: Cells, shift: FloatArray) -> FloatArray:
    """Log weight of the table `shift` away from the fitted one, up to a constant (Stirling's formula)."""
    total = np.zeros(shift.shape)
    for cell, sign in zip(fitted[:4], _SIGNS, strict=True):
        reference = cell[:, None]
        share = sign * shift / reference
        count = reference + sign * shift
        total -= reference * relative_information(share) + 0.5 * np.log1p(share) + 1.0 / (12.0 * count)
    return total


def _slopes(fitted: Cells, shift: FloatArray) -> tuple[FloatArray, FloatArray]:
    """First and second derivative of the log weight; what is below 1e-7 of them is left out."""
    slope, bend = np.zeros(shift.shape), np.zeros(shift.shape)
    for cell, sign in zip(fitted[:4], _SIGNS, strict=True):
        reference = cell[:, None]
        count = reference + sign * shift
        slope -= sign * (np.log1p(sign * shift / reference) + 0.5 / count)
        bend -= 1.0 / count
    return slope, bend
