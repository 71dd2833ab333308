"""What the library costs: its import, and the whole path from exports to comparisons, at two sizes.

    python benchmarks/run.py
    python benchmarks/run.py --rows 26000 1000000 --repeat 5

Prints Markdown. The frames are made in memory from a seed; nothing is read or downloaded. Every size runs
in a process of its own, so that the peak of memory is its own too.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

SEED = 2023
IMPORTS = 15
TARGET = 1.15

ITEMS = [f"item_{k}" for k in range(1, 9)]
COVARIATES = {"program": 8, "region": 6, "age_group": 5, "education": 4}
GROUP = "employment"

#: Shares of the start wave's rows, and of the later waves' people.
COMPLETION, FOLLOWUP = 0.09, 0.026
FOLLOWUP_COMPLETERS = 0.6
STRANGERS = 0.04
REPEATS = 0.01
NO_ID, NO_EMAIL = 0.05, 0.03


# ---- frames -----------------------------------------------------------------------------------------


def make_waves(rows, rng):
    """Make three waves with messy keys. `rows` is the size of the first; the others are in proportion."""
    people = np.arange(int(rows / (1 + REPEATS)))
    n_completion, n_followup = int(COMPLETION * rows), int(FOLLOWUP * rows)
    completers = rng.choice(people, n_completion, replace=False)
    n_both = int(FOLLOWUP_COMPLETERS * n_followup)
    followup = np.concatenate(
        [
            rng.choice(completers, n_both, replace=False),
            rng.choice(people, n_followup - n_both, replace=False),
        ]
    )
    return {
        "start": wave(with_repeats(people, rows, rng), rng),
        "completion": wave(with_strangers(completers, rows, rng), rng),
        "followup": wave(with_strangers(np.unique(followup), rows, rng), rng),
    }


def with_repeats(people, rows, rng):
    return np.concatenate([people, rng.choice(people, rows - people.size)])


def with_strangers(people, rows, rng):
    strange = rows + rng.integers(0, 10 * rows, int(STRANGERS * people.size))
    return rng.permutation(np.concatenate([people, strange]))


def wave(people, rng):
    n = people.size
    ids = np.char.add("L", people.astype("U9")).astype(object)
    emails = np.char.add(np.char.add("learner.", people.astype("U9")), "@example.org").astype(object)
    # One in ten types the address with capitals, one in twenty with a space after it.
    loud, spaced = rng.random(n) < 0.10, rng.random(n) < 0.05
    emails[loud] = [e.upper() for e in emails[loud]]
    emails[spaced] = [e + " " for e in emails[spaced]]
    ids[rng.random(n) < NO_ID] = None
    emails[rng.random(n) < NO_EMAIL] = None
    columns = {"learner_id": ids, "email": emails}
    for name, size in {**COVARIATES, GROUP: 4}.items():
        # What people are does not change from wave to wave.
        codes = (people * 2654435761 + len(name) * 40503) % 1_000_003 % size
        columns[name] = np.array([f"{name} {k}" for k in range(size)], dtype=object)[codes]
    for name in ITEMS:
        draw = rng.random(n)
        columns[name] = np.array(["yes", "no", None], dtype=object)[(draw > 0.35).astype(int) + (draw > 0.92)]
    return pd.DataFrame(columns)


# ---- the path, and the floors under it -----------------------------------------------------------------


def path_steps(waves):
    """Return the steps in order; each takes what the steps before it have made."""
    import credbenefits as cb

    def people(made):
        return made["link_waves"].wave("followup", also_in="completion")

    return {
        "link_waves": lambda made: cb.link_waves(waves, on=["learner_id", "email"]),
        "attrition_weights": lambda made: cb.attrition_weights(
            made["link_waves"], list(COVARIATES), wave="followup", to="completion"
        ),
        "proportions, weighted": lambda made: cb.proportions(
            people(made), ITEMS, by=GROUP, weights=made["attrition_weights"]
        ),
        "compare_groups, weighted": lambda made: cb.compare_groups(
            people(made), ITEMS, by=GROUP, weights=made["attrition_weights"]
        ),
        "proportions, all start rows": lambda made: cb.proportions(waves["start"], ITEMS, by=GROUP),
    }


def link_floor(waves):
    """Link on one key with plain pandas: the least that linking can cost.

    It carries row numbers only, keeps no account of rows, and knows one key.
    """
    ready = []
    for name, frame in waves.items():
        rows = pd.DataFrame({"key": frame["email"].str.strip().str.lower(), name: np.arange(len(frame))})
        ready.append(rows.dropna(subset=["key"]).drop_duplicates("key", keep="last"))
    first, second, third = ready
    return first.merge(second, on="key", how="outer").merge(third, on="key", how="outer")


def count_floor(frame):
    """Count yes and answered by group with plain NumPy, straight from the columns."""
    levels, group = np.unique(frame[GROUP].to_numpy(dtype=object).astype(str), return_inverse=True)
    counted = {}
    for name in ITEMS:
        answers = frame[name].to_numpy(dtype=object)
        yes, no = answers == "yes", answers == "no"
        counted[name] = (
            np.bincount(group[yes], minlength=levels.size),
            np.bincount(group[yes | no], minlength=levels.size),
        )
    return counted


# ---- measuring --------------------------------------------------------------------------------------


def forget_peak():
    """Start the peak of memory anew, where the system can."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return


def peak_mb():
    """Return the most memory that this process held, in MB."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(status.split("VmHWM:")[1].split()[0]) / 1024
    except (OSError, IndexError):
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / (1024**2 if sys.platform == "darwin" else 1024)


def timed(call, *arguments):
    start = time.perf_counter()
    made = call(*arguments)
    return made, time.perf_counter() - start


def warm_up():
    """Load the package with a small study: the import is measured apart."""
    made = {}
    for name, step in path_steps(make_waves(20_000, np.random.default_rng(1))).items():
        made[name] = step(made)


def measure(rows, repeat):
    """Run the path and the floors `repeat` times; return median seconds and the peak."""
    waves = make_waves(rows, np.random.default_rng(SEED))
    steps = path_steps(waves)
    warm_up()
    seconds = {name: [] for name in [*steps, "floor: link", "floor: count"]}
    forget_peak()
    before = peak_mb()
    for _ in range(repeat):
        made = {}
        for name, step in steps.items():
            made[name], taken = timed(step, made)
            seconds[name].append(taken)
    peak = peak_mb()
    panel = made["link_waves"]
    linked = {row["wave"]: row["linked"] for row in panel.ledger.to_dict("records")}
    del made
    for _ in range(repeat):
        seconds["floor: link"].append(timed(link_floor, waves)[1])
        seconds["floor: count"].append(timed(count_floor, waves["start"])[1])
    return {
        "sizes": [len(frame) for frame in waves.values()],
        "linked": linked,
        "seconds": {name: statistics.median(taken) for name, taken in seconds.items()},
        "frames_mb": before,
        "peak_mb": peak,
    }


def in_own_process(rows, repeat):
    command = [sys.executable, __file__, "--measure", str(rows), "--repeat", str(repeat)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def import_seconds(code):
    timing = f"import time; t = time.perf_counter(); {code}; print(time.perf_counter() - t)"
    done = subprocess.run([sys.executable, "-c", timing], capture_output=True, text=True, check=True)
    return float(done.stdout)


def import_medians(times):
    """Take turns, so that whatever else the machine does falls on all alike."""
    codes = {
        "floor": "import numpy, pandas",
        "package": "import numpy, pandas, credbenefits",
        "proportions": "import numpy, pandas; from credbenefits import link_waves, proportions",
        "everything": "import numpy, pandas; from credbenefits import *",
    }
    taken = {name: [] for name in codes}
    for code in codes.values():  # once for the caches of compiled files
        import_seconds(code)
    for _ in range(times):
        for name, code in codes.items():
            taken[name].append(import_seconds(code))
    return {name: statistics.median(values) for name, values in taken.items()}


# ---- printing ---------------------------------------------------------------------------------------


def print_imports(times):
    medians = import_medians(times)
    words = {
        "floor": "`import numpy, pandas`",
        "package": f"and `import credbenefits` (target: at most {TARGET:.2f})",
        "proportions": "and linking and proportions, loaded on first use",
        "everything": "and every public name",
    }
    print(f"### Import (median of {times} fresh processes each, taking turns)\n")
    print("| what | ms | ratio |\n|---|--:|--:|")
    for name, text in words.items():
        print(f"| {text} | {1000 * medians[name]:.0f} | {medians[name] / medians['floor']:.2f} |")


def print_path(found, repeat):
    seconds = found["seconds"]
    sizes = ", ".join(f"{n:,}" for n in found["sizes"])
    linked = ", ".join(f"{name} {n:,}" for name, n in found["linked"].items())
    floors = {"link_waves": "floor: link", "proportions, all start rows": "floor: count"}
    print(f"\n### The path on {sizes} rows (median of {repeat})\n")
    print("| step | seconds | floor, seconds | ratio |\n|---|--:|--:|--:|")
    for name, taken in seconds.items():
        if name.startswith("floor"):
            continue
        floor = seconds.get(floors.get(name, ""))
        more = f"{floor:.3f} | {taken / floor:.1f}" if floor else " | "
        print(f"| {name} | {taken:.3f} | {more} |")
    total = sum(taken for name, taken in seconds.items() if not name.startswith("floor"))
    print(f"| all steps | {total:.3f} | | |")
    print(
        f"\nMemory: {found['frames_mb']:,.0f} MB with the frames made, {found['peak_mb']:,.0f} MB at the "
        f"peak ({found['peak_mb'] - found['frames_mb']:,.0f} MB more). Linked: {linked}."
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--rows", type=int, nargs="+", default=[26_000, 1_000_000], help="rows of the start wave"
    )
    parser.add_argument("--repeat", type=int, default=5, help="runs of each step; the median counts")
    parser.add_argument("--imports", type=int, default=IMPORTS, help="fresh processes per import")
    parser.add_argument("--measure", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure, options.repeat)))
        return
    print(
        f"Python {platform.python_version()}, NumPy {np.__version__}, pandas {pd.__version__}, "
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}\n"
    )
    print_imports(options.imports)
    for rows in options.rows:
        print_path(in_own_process(rows, options.repeat), options.repeat)


if __name__ == "__main__":
    main()
