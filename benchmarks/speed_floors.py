"""The least that the work of `speed.py` can cost: plain NumPy, for clean data.

None of these checks its input, knows missing answers, keeps account of rows or says in words what it counted.
The bootstrap floors stop at the replicates; `percentiles` makes intervals of them.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
from scipy import special

Z = 1.959963984540054
#: Replicates drawn together: their multipliers fill 13 MB, whatever the rows.
AT_ONCE = 64


# ---- intervals for counts -------------------------------------------------------------------------------


def wilson(x, n):
    p, z2n = x / n, Z * Z / n
    centre = (p + z2n / 2.0) / (1.0 + z2n)
    half = Z * np.sqrt((p * (1.0 - p) + z2n / 4.0) / n) / (1.0 + z2n)
    return centre - half, centre + half


def clopper_pearson(x, n):
    with np.errstate(invalid="ignore"):  # NaN at 0 and n, which the caller knows
        return special.betaincinv(x, n - x + 1, 0.025), special.betaincinv(x + 1, n - x, 0.975)


def jeffreys(x, n):
    return tuple(special.betaincinv(x + 0.5, n - x + 0.5, q) for q in (0.025, 0.975))


# ---- a survey's table -------------------------------------------------------------------------------------


def groups_of(frame):
    return pd.factorize(frame["group"], sort=True)[0]


def unit_sums(study):
    """Sums of w y per unit, item and group, and of w per unit and group, straight from the frame."""
    frame = study.frame
    group, w = groups_of(frame), frame["weight"].to_numpy()
    cell = frame["psu"].to_numpy() * study.groups + group
    size = study.psus * study.groups
    yes = [np.bincount(cell, w * frame[i].to_numpy(), size) for i in study.items]
    base = np.bincount(cell, w, size).reshape(study.psus, 1, -1)
    return np.array(yes).reshape(len(study.items), study.psus, -1).swapaxes(0, 1), base


def taylor(study):
    """Shares and linearised standard errors, with Wilson's interval on the effective size."""
    yes, base = unit_sums(study)
    total = base.sum(axis=0)
    p = yes.sum(axis=0) / total
    z = (yes - p * base) / total
    stratum = study.stratum_of_psu
    variance = np.zeros(p.shape)
    for h in range(study.strata):
        z_h = z[stratum == h]
        variance += z_h.var(axis=0) * len(z_h) ** 2 / (len(z_h) - 1)
    n = p * (1.0 - p) / variance
    return p, np.sqrt(variance), *wilson(p * n, n)


# ---- replicates -------------------------------------------------------------------------------------------


def binomial_replicates(study, resamples):
    """Of an unweighted share, the resampled count is binomial."""
    rng, frame = np.random.default_rng(1), study.frame
    group = groups_of(frame)
    n = np.bincount(group)
    yes = np.array([np.bincount(group, frame[i].to_numpy()) for i in study.items])
    return rng.binomial(n, yes / n, (resamples, *yes.shape)) / n


def weighted_replicates(study, resamples, at_once=AT_ONCE):
    """Draw people with replacement, count, and multiply once for each group."""
    rng, frame, n = np.random.default_rng(1), study.frame, len(study.frame)
    group = groups_of(frame)
    order = np.argsort(group, kind="stable")
    w = frame["weight"].to_numpy()[order]
    totals = np.column_stack([*(w * frame[i].to_numpy()[order] for i in study.items), w])
    ends = np.append(0, np.cumsum(np.bincount(group)))
    made = np.empty((resamples, study.groups, len(study.items)))
    for start in range(0, resamples, at_once):
        part = made[start : start + at_once]
        times = np.empty((len(part), n))
        for row in times:
            row[:] = np.bincount(rng.integers(0, n, n), minlength=n)
        for g, (a, b) in enumerate(pairwise(ends)):
            sums = times[:, a:b] @ totals[a:b]
            part[:, g] = sums[:, :-1] / sums[:, -1:]
    return made


def rao_wu_replicates(study, resamples):
    """Draw n - 1 of the n units of each stratum, and multiply their sums."""
    rng = np.random.default_rng(1)
    yes, base = unit_sums(study)
    m = np.empty((resamples, study.psus))
    for h in range(study.strata):
        members = np.flatnonzero(study.stratum_of_psu == h)
        n_h = members.size
        m[:, members] = rng.multinomial(n_h - 1, np.full(n_h, 1 / n_h), resamples) * (n_h / (n_h - 1))
    sums = (m @ yes.reshape(study.psus, -1)).reshape(resamples, len(study.items), -1)
    return sums / (m @ base[:, 0])[:, None]


def percentiles(replicates, study, resamples):
    return np.percentile(replicates(study, resamples), [2.5, 97.5], axis=0)


def rake(study, met=1e-10):
    """Iterative proportional fitting on the table of whole numbers that are levels."""
    codes = [study.frame[f"m{k}"].to_numpy() - 1 for k in study.levels]
    weight, cell = study.frame["weight"].to_numpy(), np.zeros(len(study.frame), dtype=np.int64)
    for code, k in zip(codes, study.levels, strict=True):
        cell = cell * k + code
    given = np.bincount(cell, weight, int(np.prod(study.levels))).reshape(study.levels)
    made, aims = given.copy(), [np.array(list(study.totals[f"m{k}"].values())) for k in study.levels]
    for _ in range(1_000):
        far = 0.0
        for axis, aim in enumerate(aims):
            factor = aim / made.sum(axis=tuple(a for a in range(made.ndim) if a != axis))
            far = max(far, np.abs(factor - 1.0).max())
            made *= factor.reshape([-1 if a == axis else 1 for a in range(made.ndim)])
        if far < met:
            break
    ratio = np.divide(made, given, out=np.zeros_like(made), where=given > 0)
    return weight * ratio.ravel()[cell]


# ---- propensities -----------------------------------------------------------------------------------------


def cells(study):
    """Cells of the codes, as a design matrix, and the cell of each row."""
    widths = [int(c.max()) + 1 for c in study.codes]
    mixed = np.zeros(study.answered.size, dtype=np.int64)
    for c, n in zip(study.codes, widths, strict=True):
        mixed = mixed * n + c
    numbers, place = np.unique(mixed, return_inverse=True)
    levels = np.unravel_index(numbers, widths)
    columns = [c == j for n, c in zip(widths, levels, strict=True) for j in range(1, n)]
    return np.column_stack([np.ones(numbers.size), *columns]), place


def newton(x, yes, n, b):
    """Fit a logistic regression to cells by Newton's method, as exactly as numbers allow."""
    for _ in range(30):
        p = 1.0 / (1.0 + np.exp(-(x @ b)))
        score = (yes - n * p) @ x
        step = np.linalg.solve((x.T * (n * p * (1.0 - p))) @ x, score)
        b = b + step
        if score @ step < 1e-12:
            break
    return b


def propensities(study):
    x, place = cells(study)
    n = np.bincount(place, minlength=len(x)).astype(float)
    b = newton(x, np.bincount(place, study.answered, len(x)), n, np.zeros(x.shape[1]))
    return (1.0 / (1.0 + np.exp(-(x @ b))))[place]


def refits(study, times):
    """Weights of each replicate, rescaled to its people, from the model of everybody on."""
    x, place = cells(study)
    once = np.ones(place.size)
    b = newton(
        x, np.bincount(place, study.answered, len(x)), np.bincount(place, once, len(x)), np.zeros(x.shape[1])
    )
    made = []
    for each in times:
        yes, n = np.bincount(place, each * study.answered, len(x)), np.bincount(place, each, len(x))
        fit = newton(x, yes, n, b)
        weight = (each * (1.0 + np.exp(-(x @ fit)))[place])[study.answered]
        made.append(weight * (each.sum() / weight.sum()))
    return np.array(made)
