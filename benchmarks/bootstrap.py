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

import numpy as np
from scipy.sparse import csr_array

from credbenefits.counts.rows import Rows
from credbenefits.estimators.core.groups import Groups
from credbenefits.estimators.core.resample import People
from credbenefits.numerics.resampling import intervals as bootstrap
from credbenefits.numerics.resampling.binomial import binomial_bootstrap
from credbenefits.numerics.resampling.multipliers import multipliers
from credbenefits.numerics.resampling.replicated import UnitSums, replicate
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
    """Rows sorted by group: weights, answers of whom some are missing, and a PSU each."""

    def __init__(self, rows):
        rng = np.random.default_rng(SEED)
        self.weight = rng.gamma(4.0, 0.25, rows)
        answered = rng.random((ITEMS, rows)) < 0.92
        self.group = np.sort(rng.integers(0, GROUPS, rows))
        self.codes = np.where(answered, rng.random((ITEMS, rows)) < 0.35, -1).astype(np.int8)
        self.psu = rng.integers(0, PSUS, rows)
        self.stratum = np.arange(PSUS) % STRATA

    @property
    def rows(self):
        return self.weight.size

    def yes_and_base(self):
        """Weights of those who said yes, and of those who answered: two columns for each item."""
        w = self.weight[:, None]
        return np.hstack([w * (self.codes == 1).T, w * (self.codes >= 0).T])

    def people(self, *, strata=False):
        return People(
            Rows.of(
                self.group,
                list(self.codes),
                n_groups=GROUPS,
                unit=self.psu % STRATA if strata else None,
                weight=self.weight,
            ),
            Groups((), None),
        )

    def units(self):
        cell = self.psu * GROUPS + self.group
        sums = unit_totals(cell, PSUS * GROUPS, self.yes_and_base()).reshape(PSUS, GROUPS, 2, ITEMS)
        yes, base = sums.transpose(2, 0, 3, 1)
        return UnitSums(yes, base, self.stratum)


# ---- what is timed ------------------------------------------------------------------------------------


def of_rows(study, resamples, kind="simple", *, with_errors=False):
    people = study.people(strata=kind == "stratified")
    rng = np.random.default_rng(1)
    drawn = multipliers(kind, study.rows, stratum=people.rows.unit, n_resamples=resamples, rng=rng)
    return replicate(drawn, people, with_errors=with_errors)


def of_psus(study, resamples):
    rng = np.random.default_rng(1)
    drawn = multipliers("rao_wu", PSUS, stratum=study.stratum, n_resamples=resamples, rng=rng)
    return replicate(drawn, study.units())


def row_floor(study, resamples):
    rng, n, both = np.random.default_rng(1), study.rows, study.yes_and_base()
    made = []
    for start in range(0, resamples, AT_ONCE):
        b = min(AT_ONCE, resamples - start)
        keys = rng.integers(0, n, (b, n)) + n * np.arange(b)[:, None]
        made.append(np.bincount(keys.ravel(), minlength=b * n).reshape(b, n).astype(float) @ both)
    return np.concatenate(made)


def psu_floor(study, resamples):
    rng = np.random.default_rng(1)
    units = study.units()
    m = np.empty((resamples, PSUS))
    for h in range(STRATA):
        members = np.flatnonzero(study.stratum == h)
        n_h = members.size
        drawn = rng.multinomial(n_h - 1, np.full(n_h, 1 / n_h), size=resamples)
        m[:, members] = drawn * (n_h / (n_h - 1))
    return m @ np.hstack([units.yes.reshape(PSUS, -1), units.base.reshape(PSUS, -1)])


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
        "rows, simple, with errors": lambda: of_rows(study, r, with_errors=True),
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
