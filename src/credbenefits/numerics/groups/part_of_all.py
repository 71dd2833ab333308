"""A group compared with everybody, itself among them, from its comparison with all others."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits.numerics.interval import Interval
from credbenefits.numerics.wilson import wilson

if TYPE_CHECKING:
    from credbenefits._typing import ContrastKind, FloatArray


class Part(NamedTuple):
    """A group's part of everybody's weights, and Kish's sizes of the group and of all others."""

    part: FloatArray
    n_kish: FloatArray
    n_kish_rest: FloatArray

    @property
    def variance(self) -> FloatArray:
        """Variance of the part: f (1 - f) / n where weights are equal."""
        product = self.part * (1.0 - self.part)
        made: FloatArray = product**2 * (1.0 / self.n_kish + 1.0 / self.n_kish_rest)
        return made

    def others(self, confidence_level: float) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the others' part with Wilson's limits."""
        q = 1.0 - self.part
        size = self.part * q / self.variance
        least, most = wilson(q * size, size, confidence_level)
        return q, least, most


def std_error(
    estimate: FloatArray, std_error_rest: FloatArray, part: Part, comparison: ContrastKind
) -> FloatArray:
    """Return that of p1 - p or p1 / p, from the difference d or ratio R of the group and all others.

    p1 - p is (1 - f) d and p1 / p is R / (f R + 1 - f). Given how many people are in each group, d and R vary
    about the same values, so they do not vary with f and the delta method has no term of both.
    """
    f = part.part
    if comparison == "difference":
        return np.hypot((1.0 - f) * std_error_rest, estimate * np.sqrt(part.variance))
    with np.errstate(invalid="ignore"):  # of an infinite ratio nothing is known
        by_part = estimate * (estimate - 1.0) * np.sqrt(part.variance)
        return np.hypot((1.0 - f) * std_error_rest, by_part) / (f * estimate + 1.0 - f) ** 2


def with_everybody(
    estimate: FloatArray,
    rest: Interval,
    part: Part,
    comparison: ContrastKind,
    *,
    confidence_level: float,
) -> Interval:
    r"""Interval of p1 - p or p1 / p, from that of the difference d or ratio R of the group and all others.

    p1 - p is (1 - f) d, and 1 - p / p1 is (1 - f) (1 - 1 / R): a product of two estimates that do not vary
    together. With l, u the limits of d (or 1 - 1 / R) and l', u' Wilson's limits of q = 1 - f, its limits for
    d > 0 are

    .. math::

        q d - \sqrt{q^2 (d - l)^2 + (q - l')^2 \max(d^2 - (d - l)^2, 0)}, \qquad
        q d + \sqrt{q^2 (u - d)^2 + (u' - q)^2 d^2}

    and for d < 0 the same mirrored. So it holds 0 just where [l, u] does. Where d is 0, and where R is 0, the
    part is taken as known, which then hardly matters.

    In samples of 200, with probabilities of 0.9 in a group of 140 on average and 0.3 elsewhere, it covers
    94.3% at a nominal 95%, and 82% if f is taken as known (20,000 samples, seed 5).

    Source: the method of variance estimates recovery, Zou, G. Y. and Donner, A. (2008), Stat Med 27:1693,
    for a product.
    """
    if comparison == "difference":
        return Interval(*_product(estimate, rest, part.others(confidence_level)))
    with np.errstate(divide="ignore"):
        d, low, high = (1.0 - 1.0 / ratio for ratio in (estimate, *rest))
    low, high = _product(d, Interval(low, high), part.others(confidence_level))
    return Interval(1.0 / (1.0 - low), 1.0 / (1.0 - high))


def _product(
    d: FloatArray, of: Interval, others: tuple[FloatArray, FloatArray, FloatArray]
) -> tuple[FloatArray, FloatArray]:
    """Limits of q d."""
    q, least, most = others
    size = np.where(np.isfinite(d), np.abs(d), 0.0)

    def limit(end: FloatArray, *, up: bool) -> FloatArray:
        with np.errstate(invalid="ignore"):
            far = np.abs(end - d)
            away = (d > 0) == up
            part = np.where(away, (most - q) ** 2 * size**2, 0.0)
            part = np.where(away, part, (q - least) ** 2 * np.maximum(size**2 - far**2, 0.0))
            half = np.sqrt((q * far) ** 2 + part)
            made: FloatArray = np.where(np.isfinite(d), q * d + half * (1.0 if up else -1.0), q * end)
        return made

    return limit(of.low, up=False), limit(of.high, up=True)
