"""Weights beside the packages that make such, in one run: raking, propensities, and replicates of a recipe.

    OPENBLAS_NUM_THREADS=1 python benchmarks/speed_weights.py
    OPENBLAS_NUM_THREADS=1 python benchmarks/speed_weights.py --only rake --rows 26000 --repeat 15

Prints Markdown. All contestants of a row take turns in one process, except for R, which has its own.
Milliseconds are the least of all turns, and there is a ratio of processor time too: on a busy machine both
say more than a median by the clock. Peers that are absent are left out with a line saying so. `README.md`
says what each is given.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
import tracemalloc
from functools import partial
from typing import Any, NamedTuple

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd

import credbenefits as cb
import speed_floors as floors
from speed_peers import package
from speed_weights_peers import fitting_peers, raking_peers

ROWS = (26_000, 260_000, 1_040_000)
#: Levels of eight covariates: 32 columns of a model. Respondents are at 30%, and at 4% for replicates.
LEVELS, REPLICATES, MOST_SECONDS = (2, 3, 4, 5, 5, 6, 7, 7), 500, 1.0
#: Most MB that weights of the largest panel may add to the peak.
MOST_MB = 400


class Margins:
    """Six margins of 27 levels, weights, and totals near to what the rows have."""

    def __init__(self, rows):
        rng = np.random.default_rng(2026)
        self.levels, self.rows = list(range(2, 8)), rows
        self.frame = pd.DataFrame(
            {f"m{k}": 1 + rng.choice(k, rows, p=rng.dirichlet(np.full(k, 5.0))) for k in self.levels}
        ).assign(weight=rng.gamma(4.0, 0.25, rows))
        self.totals = {
            f"m{k}": dict(enumerate((rows * rng.dirichlet(np.full(k, 20.0))).tolist(), 1))
            for k in self.levels
        }

    def missed(self, weight):
        """Return by how much the weighted rows miss a total at most, as a part of it."""
        weight = np.asarray(weight, dtype=float)
        weight = weight * (self.rows / weight.sum())
        return max(
            abs(weight[(self.frame[name] == level).to_numpy()].sum() / total - 1.0)
            for name, totals in self.totals.items()
            for level, total in totals.items()
        )


class Answering:
    """Two waves: everybody with eight covariates, in text, and those who answered the second."""

    def __init__(self, rows, rate):
        rng = np.random.default_rng(2026)
        codes = [rng.choice(n, rows, p=0.6 ** np.arange(n) / (0.6 ** np.arange(n)).sum()) for n in LEVELS]
        eta = sum(rng.normal(0.0, 0.4, n)[c] for n, c in zip(LEVELS, codes, strict=True))
        odds = rate / (1.0 - rate) * np.exp(eta - eta.mean())
        self.codes, self.answered = codes, rng.random(rows) < odds / (1.0 + odds)
        self.names = [f"covariate_{k}" for k in range(1, len(LEVELS) + 1)]
        texts = np.array([f"level {j}" for j in range(max(LEVELS))])
        self.frame = pd.DataFrame({name: texts[c] for name, c in zip(self.names, codes, strict=True)})
        start = self.frame.assign(id=np.arange(rows))
        after = start.loc[self.answered, ["id"]].assign(y=1)
        self.panel = cb.link_waves({"start": start, "end": after}, on="id")

    def weights(self):
        return cb.attrition_weights(self.panel, self.names, wave="end", to="start", trim=None)

    def matrix(self):
        """Return the 32 columns."""
        columns = [c == j for n, c in zip(LEVELS, self.codes, strict=True) for j in range(1, n)]
        return np.column_stack(columns).astype(float)


# ---- turns ------------------------------------------------------------------------------------------------


class Other(NamedTuple):
    """A peer or a floor. Its call returns what it made, and seconds of processor if it ran elsewhere."""

    name: str
    call: Any
    reach: float | None = None
    is_floor: bool = False
    times: int = 1


class Took(NamedTuple):
    """Least seconds of a contestant, by the clock and of the processor, and what it made last."""

    seconds: float
    cpu: float
    made: Any


def in_turns(calls, repeat):
    """Let calls take turns, after one run of each to warm up."""
    taken = [[] for _ in calls]
    for turn in range(repeat + 1):
        for call, each in zip(calls, taken, strict=True):
            start, busy = time.perf_counter(), time.process_time()
            made, elsewhere = call()
            cpu = time.process_time() - busy if elsewhere is None else elsewhere
            if turn:
                each.append(Took(time.perf_counter() - start, cpu, made))
    return [Took(min(t.seconds for t in each), min(t.cpu for t in each), each[-1].made) for each in taken]


def here(call):
    """Return a contestant of this process."""
    return lambda: (call(), None)


def race(work, ours, others, repeat):
    """Print a row for each of the others, and return what all made: ours, then theirs."""
    mine, *theirs = in_turns([ours, *(other.call for other in others)], repeat)
    for other, one in zip(others, theirs, strict=True):
        name = other.name + (f", one of {other.times}, extrapolated" if other.times > 1 else "")
        ratio, busy = other.times * one.seconds / mine.seconds, other.times * one.cpu / mine.cpu
        words = "x as fast"
        if other.is_floor:
            ratio, busy, words = 1 / ratio, 1 / busy, "x of the floor"
        reach = ""
        if other.reach:
            yes = ratio <= other.reach if other.is_floor else ratio >= other.reach
            reach = f"{'<=' if other.is_floor else '>='} {other.reach:g}: {'yes' if yes else '**no**'}"
        print(
            f"| {work} | {name} | {1e3 * mine.seconds:,.1f} | {1e3 * other.times * one.seconds:,.1f} | "
            f"{ratio:.2f} {words} | {busy:.2f} | {reach} |",
            flush=True,
        )
    return [mine.made, *(one.made for one in theirs)]


def absent(names):
    for name in names:
        print(f"| | {name} is not here: left out | | | | | |")


def gap(a, b):
    """Return the largest difference, as a part of the largest weight."""
    return float(np.max(np.abs(a - b)) / np.max(b))


# ---- the rows ---------------------------------------------------------------------------------------------


def raking(rows, repeat):
    """Rake with weights from the frame; how nearly each contestant meets the totals is said below."""
    study = Margins(rows)
    ours = here(lambda: cb.calibrate(study.frame, study.totals, weights="weight").weight)
    peers, missing = raking_peers(study)
    reach = {26_000: 2.0, 260_000: 4.0, 1_040_000: 6.0}.get(rows)
    others = [Other(name, call, reach if name.startswith("rimpy") else None) for name, call in peers]
    others.append(Other("NumPy floor on cells", here(partial(floors.rake, study)), is_floor=True))
    made = race(f"rake {rows:,} rows, 6 margins (27 levels)", ours, others, repeat)
    absent(missing)
    names = ["credbenefits", *(other.name for other in others)]
    met = [f"{name} {study.missed(each):.0e}" for name, each in zip(names, made, strict=True)]
    return [
        f"rake {rows:,} rows: totals are missed by at most {', '.join(met)} of their size; largest "
        f"difference to the floor {gap(made[0], made[-1]):.0e}"
    ]


def propensities(rows, repeat):
    """From the panel to weights with their table of steps and balance, beside models alone."""
    study = Answering(rows, 0.3)
    reach = {26_000: 3.0, 260_000: 1.5}.get(rows)
    floor = Other("NumPy floor on cells, of codes", here(partial(floors.propensities, study)), reach, True)
    peers, missing = fitting_peers(study)
    others = [*(Other(name, call) for name, call in peers), floor]
    work = f"weights by {1 + sum(n - 1 for n in LEVELS)} columns, {rows:,} rows"
    mine, *theirs = race(work, here(study.weights), others, repeat)
    absent(missing)
    kept, notes = np.sort(mine.weight), []
    for other, each in zip(others, theirs, strict=True):
        weight = 1.0 / np.asarray(each)[study.answered]
        most = gap(kept, np.sort(weight * (rows / weight.sum())))
        notes.append(f"{other.name} {most:.0e}")
    return [f"weights of {rows:,} rows: largest difference to {', '.join(notes)}"]


def refits(_, repeat):
    """Replicates of the recipe, each fitted anew; drawing is not counted."""
    rows = ROWS[0]
    study = Answering(rows, 0.04)
    made, rng = study.weights(), np.random.default_rng(2026)
    times = rng.multinomial(rows, np.full(rows, 1.0 / rows), REPLICATES).astype(float)
    few = 20
    floor = here(partial(floors.refits, study, times[:few]))
    others = [Other("NumPy floor, refitted in turn", floor, is_floor=True, times=REPLICATES // few)]
    work = f"{REPLICATES} replicates of the recipe, {rows:,} rows at 4%"
    found, refitted = race(work, here(partial(made.replicate, times)), others, repeat)
    start = time.perf_counter()
    made.replicate(times)
    seconds = time.perf_counter() - start
    reached = "yes" if seconds <= MOST_SECONDS else "**no**"
    return [
        f"{REPLICATES} replicates of {rows:,} rows: {seconds:.2f} s (<= {MOST_SECONDS:g}: {reached}), "
        f"largest difference of the first to refitting it {gap(np.sort(found[0]), np.sort(refitted[0])):.0e}"
    ]


def memory(*_):
    """MB that weights of the largest panel add, in a fresh process."""
    rows = ROWS[-1]
    command = [sys.executable, __file__, "--memory", str(rows)]
    more = float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    reached = "yes" if more <= MOST_MB else "**no**"
    return [f"weights of {rows:,} rows: {more:.0f} MB more at the peak (<= {MOST_MB}: {reached})"]


def grown_by_weights(rows):
    """MB that arrays and Python take at the peak: memory that building the data left free counts too."""
    study = Answering(rows, 0.3)
    Answering(1_000, 0.3).weights()  # loads the package
    tracemalloc.start()
    study.weights()
    return tracemalloc.get_traced_memory()[1] / 1e6


# ---- the command ------------------------------------------------------------------------------------------

#: Each part: what makes a row, and whether it is for each number of rows or once.
PARTS = {"rake": (raking, True), "propensity": (propensities, True), "refits": (refits, False)}
PARTS["memory"] = memory, False
PACKAGES = ("numpy", "pandas", "scipy", "statsmodels", "scikit-learn", "rimpy", "weightipy", "leafblower")


def main():
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ask.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="parts of the table")
    ask.add_argument("--rows", nargs="+", type=int, default=ROWS[:2])
    ask.add_argument("--repeat", type=int, default=7, help="runs of each contestant; the least counts")
    ask.add_argument("--memory", type=int, help=argparse.SUPPRESS)
    told = ask.parse_args()
    if told.memory:
        print(grown_by_weights(told.memory))
        return
    versions = ", ".join(filter(None, map(package, PACKAGES)))
    threads = os.environ["OPENBLAS_NUM_THREADS"]
    print(
        f"Python {platform.python_version()}, {versions}, {os.cpu_count()} cores, {threads} of them for "
        f"OpenBLAS, load {os.getloadavg()[0]:.1f}; least of {told.repeat}\n"
    )
    print("| work | beside | credbenefits, ms | theirs, ms | ratio | of processor time | reach |")
    print("|---|---|--:|--:|--:|--:|---|")
    notes = []
    for part in told.only:
        work, sized = PARTS[part]
        for rows in told.rows if sized else told.rows[:1]:
            notes += work(rows, told.repeat)
    print()
    for note in notes:
        print(f"- {note}.")


if __name__ == "__main__":
    main()
