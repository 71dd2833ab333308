"""What shared bootstrap replicates of many shares cost, beside plain NumPy in the same run.

    python benchmarks/bootstrap.py
    python benchmarks/bootstrap.py --rows 26000 --resamples 2000 --repeat 5

Prints Markdown. 50 weighted items with missing answers in 10 groups; the data are made in memory from a
seed. The floor draws the same kind of multipliers the plain way and multiplies once: it sorts out no
groups, divides nothing, keeps no interval. It and the library take turns; seconds are medians.
"""

from __future__ import annotations

import argparse
import statistics
import time
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_array

from credbenefits.numerics.resampling import intervals as bootstrap
from credbenefits.numerics.resampling.binomial import binomial_bootstrap
from credbenefits.numerics.resampling.multipliers import (
    UnitTotals,
    multipliers,
    replicate_shares,
    replicate_shares_and_errors,
)
from run import forget_peak, peak_mb

SEED = 2026
ITEMS, GROUPS = 50, 10
STRATA, PSUS = 20, 400
AT_ONCE = 100


def unit_totals(unit, n_units, values):
    """Add up the rows of `values` by unit: shape (rows, columns) becomes (n_units, columns)."""
    members = csr_array((np.ones(unit.size), (unit, np.arange(unit.size))), shape=(n_units, unit.size))
    return members @ values


class Study:
    """Rows sorted by group: weighted answers, weighted bases, and a PSU each."""

    def __init__(self, rows):
        rng = np.random.default_rng(SEED)
        weight = rng.gamma(4.0, 0.25, (rows, 1))
        answered = rng.random((rows, ITEMS)) < 0.92
        self.rows = rows
        self.group = np.sort(rng.integers(0, GROUPS, rows))
        self.base = weight * answered
        self.yes = self.base * (rng.random((rows, ITEMS)) < 0.35)
        self.psu = rng.integers(0, PSUS, rows)
        self.stratum = np.arange(PSUS) % STRATA

    def row_blocks(self):
        ends = np.searchsorted(self.group, np.arange(GROUPS + 1))
        cuts = [slice(a, b) for a, b in pairwise(ends)]
        return [UnitTotals(cut, self.yes[cut], self.base[cut]) for cut in cuts]

    def psu_block(self):
        cell = self.psu * GROUPS + self.group
        yes, base = (unit_totals(cell, PSUS * GROUPS, v).reshape(PSUS, -1) for v in (self.yes, self.base))
        return UnitTotals(slice(None), yes, base)


# ---- what is timed ------------------------------------------------------------------------------------


def of_rows(study, resamples, kind="simple"):
    stratum = study.psu % STRATA if kind == "stratified" else None
    rng = np.random.default_rng(1)
    drawn = multipliers(kind, study.rows, stratum=stratum, n_resamples=resamples, rng=rng)
    return replicate_shares(drawn, study.row_blocks())


def of_rows_with_errors(study, resamples):
    drawn = multipliers("simple", study.rows, n_resamples=resamples, rng=np.random.default_rng(1))
    return replicate_shares_and_errors(drawn, study.row_blocks())


def of_psus(study, resamples):
    rng = np.random.default_rng(1)
    drawn = multipliers("rao_wu", PSUS, stratum=study.stratum, n_resamples=resamples, rng=rng)
    return replicate_shares(drawn, [study.psu_block()])


def row_floor(study, resamples):
    rng, n, both = np.random.default_rng(1), study.rows, np.hstack([study.yes, study.base])
    made = []
    for start in range(0, resamples, AT_ONCE):
        b = min(AT_ONCE, resamples - start)
        keys = rng.integers(0, n, (b, n)) + n * np.arange(b)[:, None]
        made.append(np.bincount(keys.ravel(), minlength=b * n).reshape(b, n).astype(float) @ both)
    return np.concatenate(made)


def psu_floor(study, resamples):
    rng = np.random.default_rng(1)
    block = study.psu_block()
    m = np.empty((resamples, PSUS))
    for h in range(STRATA):
        members = np.flatnonzero(study.stratum == h)
        n_h = members.size
        drawn = rng.multinomial(n_h - 1, np.full(n_h, 1 / n_h), size=resamples)
        m[:, members] = drawn * (n_h / (n_h - 1))
    return m @ np.hstack([block.yes, block.base])


def intervals(kind):
    """Return a timer of one interval for all items and groups."""
    rng = np.random.default_rng(1)
    t = rng.beta(35, 65, (2_000, GROUPS, ITEMS))
    estimate, errors = np.full(t.shape[1:], 0.35), np.full(t.shape, 0.05)
    call = {
        "percentile": lambda: bootstrap.percentile(t, confidence_level=0.95),
        "basic": lambda: bootstrap.basic(t, estimate, confidence_level=0.95),
        "bca": lambda: bootstrap.bca(t, estimate, errors[0] / 10, confidence_level=0.95),
        "studentized": lambda: bootstrap.studentized(
            t, errors, estimate=estimate, std_error=errors[0], confidence_level=0.95
        ),
    }
    return call[kind]


# ---- measuring ----------------------------------------------------------------------------------------


def in_turns(calls, repeat):
    """Return median seconds of calls that take turns, after one run of each to warm up."""
    seconds = [[] for _ in calls]
    for turn in range(repeat + 1):
        for call, taken in zip(calls, seconds, strict=True):
            start = time.perf_counter()
            call()
            if turn:
                taken.append(time.perf_counter() - start)
    return [statistics.median(taken) for taken in seconds]


def main():
    ask = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    ask.add_argument("--rows", type=int, default=26_000)
    ask.add_argument("--resamples", type=int, default=2_000)
    ask.add_argument("--repeat", type=int, default=5)
    told = ask.parse_args()
    study, r = Study(told.rows), told.resamples
    print(
        f"{r:,} resamples of {ITEMS} items in {GROUPS} groups, {told.rows:,} rows; median of {told.repeat}\n"
    )
    print("| what | seconds | floor, seconds | ratio |\n|---|--:|--:|--:|")
    for name, call, floor in (
        ("rows, simple, weighted", of_rows, row_floor),
        (f"Rao-Wu, {STRATA} strata, {PSUS} PSUs", of_psus, psu_floor),
    ):
        ours, plain = in_turns([lambda c=call: c(study, r), lambda f=floor: f(study, r)], told.repeat)
        print(f"| {name} | {ours:.3f} | {plain:.3f} | {ours / plain:.2f} |")
    alone = {
        "rows, stratified": lambda: of_rows(study, r, "stratified"),
        "rows, Poisson": lambda: of_rows(study, r, "poisson"),
        "rows, simple, with errors": lambda: of_rows_with_errors(study, r),
        **{f"interval: {k}": intervals(k) for k in ("percentile", "basic", "bca", "studentized")},
        "exact binomial BCa, 500 shares": lambda: binomial_bootstrap(
            np.arange(1, 501), told.rows, kind="bca"
        ),
    }
    for name, call in alone.items():
        print(f"| {name} | {in_turns([call], told.repeat)[0]:.3f} | | |")
    before = forget_peak() or peak_mb()
    of_rows(study, r)
    print(f"\nMemory: {before:.0f} MB with the data made, {peak_mb():.0f} MB at the peak of the rows.")


if __name__ == "__main__":
    main()
