"""A root finder for many equations at once: Chandrupatla's bracketing, vectorised."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from credbenefits._typing import FloatArray

#: Where the bracket stops shrinking: a few rounding errors of the root, or this far from zero.
_RELATIVE = 4.0 * float(np.finfo(np.float64).eps)
_ABSOLUTE = 1e-30
#: Halving alone closes any bracket inside [0, 1] to `_ABSOLUTE` in a hundred steps.
_MOST_STEPS = 400


def rising_root(
    f: Callable[..., FloatArray], low: FloatArray, high: FloatArray, *args: FloatArray
) -> FloatArray:
    """Solve f(root, *args) = 0 for every entry; f crosses zero once, upwards, between `low` and `high`.

    Roots closer to zero than about 1e-30 come out as the lower end of their bracket, so as 0 if that is 0.
    An entry whose f is already above zero at `low` returns `low`, one still below zero at `high` returns
    `high`: brackets are often roots themselves, up to rounding. Entries with NaN return NaN.

    Source: Chandrupatla (1997), Adv Eng Software 28:145, bracketing with inverse quadratic steps.
    """
    f_low, f_high = f(low, *args), f(high, *args)
    root: FloatArray = np.where(f_low >= 0, low, np.where(f_high <= 0, high, np.nan))
    at = np.flatnonzero((f_low < 0) & (f_high > 0))
    step = np.full(at.size, 0.5)
    # a: the newest point; b: the end across zero from it; c: the point before.
    a, b, fa, fb = high[at], low[at], f_high[at], f_low[at]
    rest = tuple(v[at] for v in args)
    for _ in range(_MOST_STEPS):
        if not at.size:
            break
        new = a + step * (b - a)
        f_new = f(new, *rest)
        same = (f_new > 0) == (fa > 0)
        c, fc = np.where(same, a, b), np.where(same, fa, fb)
        b, fb = np.where(same, b, a), np.where(same, fb, fa)
        a, fa = new, f_new
        best = np.where(np.abs(fa) < np.abs(fb), a, b)
        width = np.abs(b - a)
        least = 0.5 * (_RELATIVE * np.abs(best) + _ABSOLUTE)  # the shortest step worth taking
        best = np.where(np.abs(best) > 4.0 * _ABSOLUTE, best, np.minimum(a, b))
        root[at] = np.where(f_new == 0, new, best)
        going = (width > 2.0 * least) & (f_new != 0) & ~np.isnan(f_new)
        step = np.clip(_step(a, b, c, (fa, fb, fc)), least / width, 1.0 - least / width)
        at = at[going]
        step, a, b, fa, fb = (v[going] for v in (step, a, b, fa, fb))
        rest = tuple(v[going] for v in rest)
    return root


def _step(
    a: FloatArray, b: FloatArray, c: FloatArray, values: tuple[FloatArray, FloatArray, FloatArray]
) -> FloatArray:
    """Return the fraction of the way from a to b to try next: inverse quadratic where safe, else half."""
    fa, fb, fc = values
    # Points or values that coincide give no parabola; the comparison and isfinite then choose halving.
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        xi, phi = (a - b) / (c - b), (fa - fb) / (fc - fb)
        safe = (phi**2 < xi) & ((1.0 - phi) ** 2 < 1.0 - xi)
        quadratic = fa / (fb - fa) * (fc / (fb - fc)) + (c - a) / (b - a) * (fa / (fc - fa)) * (
            fb / (fc - fb)
        )
    step: FloatArray = np.where(safe & np.isfinite(quadratic), quadratic, 0.5)
    return step
