"""The library beside its peers and beside plain NumPy, as ratios within one run.

    python benchmarks/speed.py
    python benchmarks/speed.py --only wilson survey bootstrap --repeat 5

Prints Markdown. All contestants of a row take turns, so that whatever else the machine does falls on all
alike; times are medians. Everything is called through the public names of the package, on data made in
memory from a seed. Peers that are absent are left out with a line saying so.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd

import credbenefits as cb
import speed_floors as floors
from bootstrap import in_turns
from run import forget_peak, peak_mb
from speed_peers import package, r_survey, svy_means

PAIRS, RESAMPLES = 1_000_000, 2_000
ITEMS, GROUPS, STRATA, PSUS = 50, 10, 20, 400
ROWS, MORE_ROWS = 26_000, 260_000
#: Limits that differ by less are the same.
SAME = 1e-12
#: Most MB that 2,000 replicates may add to the peak.
MOST_MB = 400
#: Rows and replicates of the largest bootstrap, and the most seconds and MB that it may take.
LARGE_ROWS, LARGE_RESAMPLES, LARGE_SECONDS, LARGE_MB = 5_000_000, 200, 10.0, 1_000


class Study:
    """50 items, 10 groups and weights, from 400 units in 20 strata; everybody answered."""

    groups, strata, psus = GROUPS, STRATA, PSUS
    stratum_of_psu = np.arange(PSUS) % STRATA

    def __init__(self, rows):
        rng = np.random.default_rng(2026)
        self.items = [f"item_{k:02d}" for k in range(1, ITEMS + 1)]
        psu = np.append(np.arange(PSUS), rng.integers(0, PSUS, rows - PSUS))
        level = np.clip(0.35 + 0.08 * rng.standard_normal((PSUS, ITEMS)), 0.05, 0.95)[psu]
        answers = (rng.random((rows, ITEMS)) < level).astype(np.int64)
        self.frame = pd.DataFrame(dict(zip(self.items, answers.T.copy(), strict=True))).assign(
            group=np.array([f"group {g}" for g in range(GROUPS)], dtype=object)[
                rng.integers(0, GROUPS, rows)
            ],
            psu=psu,
            stratum=self.stratum_of_psu[psu],
            weight=rng.gamma(4.0, 0.25, rows),
        )

    def proportions(self, **options):
        return cb.proportions(self.frame, self.items, by="group", **options)


DESIGN = {"weights": "weight", "design": cb.SurveyDesign(strata="stratum", clusters="psu")}
DRAWN = {"method": "bootstrap", "bootstrap": cb.Bootstrap(n_resamples=RESAMPLES, rng=1)}
BOOTSTRAPS = {
    "unweighted": ({}, floors.binomial_replicates),
    "weighted": ({"weights": "weight"}, floors.weighted_replicates),
    "strata and PSUs (Rao-Wu)": (DESIGN, floors.rao_wu_replicates),
}


# ---- rows of the table ----------------------------------------------------------------------------------


class Other(NamedTuple):
    """A peer, which takes so many times our time, or a floor, of which we take so many times the time."""

    name: str
    call: object
    reach: float | None = None
    is_floor: bool = False
    times: int = 1


def race(work, ours, others, repeat):
    taken, *theirs = in_turns([ours, *(o.call for o in others)], repeat)
    for other, one in zip(others, theirs, strict=True):
        name = other.name + (f", one of {other.times}, extrapolated" if other.times > 1 else "")
        seconds = one * other.times
        if other.is_floor:
            ratio, words, reached = taken / seconds, "of the floor", taken <= (other.reach or 0) * seconds
        else:
            ratio, words, reached = seconds / taken, "as fast", seconds >= (other.reach or 0) * taken
        reach = ""
        if other.reach:
            reach = f"{'<=' if other.is_floor else '>='} {other.reach:g}: {'yes' if reached else '**no**'}"
        print(
            f"| {work} | {name} | {1e3 * taken:,.1f} | {1e3 * seconds:,.1f} | "
            f"{ratio:.2f} x {words} | {reach} |"
        )


def absent(name):
    print(f"| | {name} is not here: left out | | | | |")


# ---- intervals for counts ---------------------------------------------------------------------------------


def counts(pairs):
    """Counts as tables have them: a few hundred sizes, shares of questions, so that pairs repeat."""
    rng = np.random.default_rng(2026)
    n = rng.choice(rng.integers(20, 5_000, 300), pairs)
    return rng.binomial(n, rng.choice(rng.beta(2.0, 4.0, 50), pairs)), n


def all_different(pairs):
    rng = np.random.default_rng(2026)
    n = np.arange(pairs) + 100
    return rng.integers(0, n + 1), n


def statsmodels_call(x, n, method):
    from statsmodels.stats.proportion import proportion_confint

    return partial(proportion_confint, x, n, method=method)


def wilson(repeat):
    x, n = counts(PAIRS)
    others = [Other("NumPy formula", partial(floors.wilson, x, n), 1.3, is_floor=True)]
    if package("statsmodels"):
        others.append(Other("statsmodels", statsmodels_call(x, n, "wilson")))
    race(f"Wilson, {PAIRS:,} pairs", partial(cb.proportion_interval, x, n), others, repeat)
    if not package("statsmodels"):
        absent("statsmodels")


def exact(repeat):
    notes = []
    for name, beside in (("clopper_pearson", "beta"), ("jeffreys", "jeffreys")):
        for words, (x, n) in {
            "pairs that repeat": counts(PAIRS),
            "pairs all different": all_different(100_000),
        }.items():
            repeats = words == "pairs that repeat"
            ours = partial(cb.proportion_interval, x, n, method=name)
            others = [Other("scipy.special", partial(getattr(floors, name), x, n))]
            if package("statsmodels"):
                theirs = statsmodels_call(x, n, beside)
                others.insert(0, Other("statsmodels", theirs, 2.0 if repeats else None))
                # At 0 and n Jeffreys' interval ends there; statsmodels leaves a tail out.
                inside = (x > 0) & (x < n) if name == "jeffreys" else np.full(x.shape, True)
                most = max(gap(a[inside], b[inside]) for a, b in zip(ours(), theirs(), strict=True))
                same = "yes" if most < SAME else "**no**"
                notes.append(
                    f"{name}, {words}: largest difference to statsmodels {most:.1e} (< {SAME:g}: {same})"
                )
            race(f"{name}, {x.size:,} {words}", ours, others, repeat)
    if not package("statsmodels"):
        absent("statsmodels")
    return notes


# ---- a survey's table -------------------------------------------------------------------------------------


def survey(rows, reach, repeat):
    study = Study(rows)
    ours = partial(study.proportions, **DESIGN)
    others, missing, notes = [Other("NumPy floor", partial(floors.taylor, study), is_floor=True)], [], []
    in_r, in_svy = r_survey(study), svy_means(study)
    found = ours().to_frame()
    errors = found["std_error"].to_numpy().reshape(ITEMS, GROUPS)
    _, floor_errors, low, high = floors.taylor(study)
    limits = found[["conf_low", "conf_high"]].to_numpy().T.reshape(2, ITEMS, GROUPS)
    notes.append(
        f"{rows:,} rows, largest difference to the floor: standard errors {gap(errors, floor_errors):.1e}, "
        f"limits {gap(limits, np.array([low, high])):.1e} (the floor takes z, the library t)"
    )
    if in_r:
        others.append(Other(f"{in_r.name}: svyby, errors only", in_r, reach))
        notes.append(
            f"{rows:,} rows, standard errors, largest difference to R: {gap(errors, in_r.std_errors()):.1e}"
        )
    else:
        missing.append("R with its package survey")
    if in_svy:
        others.append(Other(f"{package('svy')}: mean, Wald intervals", in_svy, reach))
        theirs = np.array([[row.se for row in each.estimates] for each in in_svy()])
        notes.append(f"{rows:,} rows, standard errors, largest difference to svy: {gap(errors, theirs):.1e}")
    else:
        missing.append("the Python package svy")
    race(f"{ITEMS} items x {GROUPS} groups, Taylor, {rows:,} rows", ours, others, repeat)
    for name in missing:
        absent(name)
    if in_r:
        in_r.close()
    return notes


def gap(a, b):
    return float(np.max(np.abs(a - b)))


# ---- comparisons ------------------------------------------------------------------------------------------


def comparisons(repeat):
    """All pairs of groups for every item, from the frame, and a small table: no peer makes such tables."""
    study, small = Study(ROWS), Study(ROWS).frame[:120]
    every = partial(cb.compare_groups, study.frame, study.items, by="group")
    calls = {
        "2,250 differences of 26,000 rows, Newcombe": (every, 0.1),
        "the same with strata and PSUs": (partial(every, **DESIGN), 0.3),
        "one item of 120 rows": (partial(cb.compare_groups, small, study.items[0], by="group"), 0.015),
    }
    notes = []
    for words, (call, most) in calls.items():
        call()
        taken = []
        for _ in range(repeat):
            start = time.process_time()
            call()
            taken.append(time.process_time() - start)
        seconds = float(np.median(taken))
        reached = "yes" if seconds <= most else "**no**"
        notes.append(f"{words}: {1e3 * seconds:.1f} ms of processor time ({reached}: <= {1e3 * most:g})")
    return notes


# ---- bootstrap --------------------------------------------------------------------------------------------


def bootstrap(repeat):
    study, notes = Study(ROWS), []
    for name, (options, floor) in BOOTSTRAPS.items():
        others = [
            Other("NumPy floor, replicates only", partial(floor, study, RESAMPLES), 2.0, is_floor=True),
            Other(
                "NumPy floor with np.percentile",
                partial(floors.percentiles, floor, study, RESAMPLES),
                is_floor=True,
            ),
        ]
        if name != "strata and PSUs (Rao-Wu)":
            others.append(
                Other("scipy.stats.bootstrap", one_cell(study, weighted=bool(options)), times=ITEMS * GROUPS)
            )
        race(
            f"{RESAMPLES:,} replicates, {name}",
            partial(study.proportions, **options, **DRAWN),
            others,
            repeat,
        )
        more = memory_of(name)
        notes.append(
            f"{name}: {more:.0f} MB more at the peak ({'yes' if more < MOST_MB else '**no**'}: < {MOST_MB})"
        )
    return notes


class Large:
    """Yes and no, 10 groups and weights of so many people, held as small as pandas does."""

    groups = GROUPS

    def __init__(self, rows, items):
        rng = np.random.default_rng(2026)
        self.items = [f"item_{k}" for k in range(1, items + 1)]
        self.frame = pd.DataFrame({i: (rng.random(rows) < 0.35).astype(np.int8) for i in self.items}).assign(
            group=pd.Categorical.from_codes(
                rng.integers(0, GROUPS, rows).astype(np.int8), [f"group {g}" for g in range(GROUPS)]
            ),
            weight=rng.gamma(4.0, 0.25, rows),
        )

    def bootstrap(self):
        drawn = cb.Bootstrap(n_resamples=LARGE_RESAMPLES, rng=1)
        return cb.proportions(
            self.frame, self.items, by="group", weights="weight", method="bootstrap", bootstrap=drawn
        )


def large(_):
    """The largest bootstrap, once each; of the whole process is the peak, data and libraries too."""
    notes = []
    for items in (1, 5):
        study = Large(LARGE_ROWS, items)
        work = (
            f"{LARGE_RESAMPLES} replicates of {LARGE_ROWS:,} weighted rows, {items} item{'s' * (items > 1)}"
        )
        floor = partial(floors.weighted_replicates, study, LARGE_RESAMPLES, at_once=16)
        race(work, study.bootstrap, [Other("NumPy floor, replicates only", floor, 1.0, is_floor=True)], 1)
        seconds, peak = alone("--large", str(items))
        in_time, in_memory = (
            "yes" if held else "**no**" for held in (seconds <= LARGE_SECONDS, peak <= LARGE_MB)
        )
        notes.append(
            f"{work}, in a fresh process: {seconds:.1f} s (<= {LARGE_SECONDS:g}: {in_time}), {peak:.0f} MB "
            f"at the peak, data and libraries too (<= {LARGE_MB:,}: {in_memory})"
        )
    return notes


def one_cell(study, *, weighted):
    from scipy import stats

    cell = study.frame[study.frame["group"] == "group 0"]
    y, w = cell[study.items[0]].to_numpy(float), cell["weight"].to_numpy()

    def share(wy, w, axis):
        return wy.sum(axis=axis) / w.sum(axis=axis)

    data, statistic = ((w * y, w), share) if weighted else ((y,), np.mean)
    return partial(
        stats.bootstrap,
        data,
        statistic,
        n_resamples=RESAMPLES,
        paired=weighted,
        vectorized=True,
        method="percentile",
        rng=1,
    )


def alone(*arguments):
    """Return the numbers that a fresh process prints."""
    done = subprocess.run([sys.executable, __file__, *arguments], capture_output=True, text=True, check=True)
    return [float(number) for number in done.stdout.split()]


def memory_of(name):
    """Ask a fresh process how much its peak grows."""
    return alone("--memory", name)[0]


def grown(name):
    study, (options, _) = Study(ROWS), BOOTSTRAPS[name]
    study.proportions(**options)  # loads the package and the design, not the replicates
    forget_peak()
    before = peak_mb()
    study.proportions(**options, **DRAWN)
    return peak_mb() - before


# ---- the command ------------------------------------------------------------------------------------------

PARTS = {
    "wilson": [wilson],
    "exact": [exact],
    "survey": [partial(survey, ROWS, 8.0), partial(survey, MORE_ROWS, 6.0)],
    "comparisons": [comparisons],
    "bootstrap": [bootstrap],
    "large": [large],
}


def main():
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ask.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="parts of the table")
    ask.add_argument("--repeat", type=int, default=5, help="runs of each contestant; the median counts")
    ask.add_argument("--memory", choices=BOOTSTRAPS, help=argparse.SUPPRESS)
    ask.add_argument("--large", type=int, help=argparse.SUPPRESS)
    told = ask.parse_args()
    if told.large:
        study = Large(LARGE_ROWS, told.large)
        start = time.perf_counter()
        study.bootstrap()
        print(time.perf_counter() - start, peak_mb())
        return
    if told.memory:
        print(grown(told.memory))
        return
    versions = [package(p) for p in ("numpy", "pandas", "scipy", "statsmodels", "svy") if package(p)]
    print(
        f"Python {platform.python_version()}, {', '.join(versions)}, {os.cpu_count()} cores; "
        f"median of {told.repeat}\n"
    )
    print("| work | beside | credbenefits, ms | theirs, ms | ratio | reach |\n|---|---|--:|--:|--:|---|")
    notes = [note for part in told.only for work in PARTS[part] for note in work(told.repeat) or []]
    print()
    for note in notes:
        print(f"- {note}.")


if __name__ == "__main__":
    main()
