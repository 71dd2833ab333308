"""Linking two waves by self-generated codes: this library, its peers, and the best that can be done.

    python benchmarks/linking.py
    python benchmarks/linking.py --people 26000 260000 --error 0.08 --seeds 5 --peers staged rapidfuzz splink
    python benchmarks/linking.py --people 1000000 --seeds 1
    python benchmarks/linking.py --calibration docs/_data

Prints Markdown. Wave 2 is a share of wave 1 with errors, and 15% of newcomers; half a percent of wave 1 share
their whole code with somebody. The data come from `tests/match_data.py` and a seed; nothing is downloaded.
Every method runs in a process of its own, so that the peak of memory is its own too. rapidfuzz and splink are
left out where they are not installed; rapidfuzz compares all with all, so it is left out above 30,000 people.

With `--calibration` it writes instead how often pairs of a given match probability are one person, and how
often links made at a requested false-link rate are false: the two tables that the documentation draws.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
import time
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from run import forget_peak, peak_mb

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from match_data import ORDERED, frequencies, simulate

OVERLAP, NEW, DOUBLES = 0.09, 0.15, 0.005
FALSE_LINKS = 0.01
MOST_FOR_RAPIDFUZZ = 30_000
NAMES = [f"e{k}" for k in range(len(ORDERED))]
FIRST_SEED = 700

#: What the documentation draws: the study, how many of them, the edges of the classes of probabilities, which
#: are narrow at both ends, and the requested rates of false links.
SHOWN_PEOPLE, SHOWN_ERRORS, SHOWN_SEEDS = 26_000, (0.03, 0.08), 40
EDGES = (0.01, 0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.97, 0.99, 0.999, 1.0)
RATES = (0.005, 0.01, 0.02, 0.05)


def make(people, error, seed, *, siblings=0.0, careless=0.0, overlap=OVERLAP):
    both = round(overlap * people)
    options = {"siblings": siblings, "careless": careless, "doubles": DOUBLES}
    return simulate(people, both, round(NEW * both), error=error, seed=seed, **options)


# ---- methods: each takes a study and returns the linked rows of both waves ---------------------------


def ours(study, **how):
    from credbenefits.numerics.matching.matching import accept

    candidates = study.match().candidates
    chosen = accept(candidates, **how)
    return candidates.row_a[chosen], candidates.row_b[chosen]


def frames(study):
    return [
        pd.DataFrame(codes, columns=NAMES).assign(row=np.arange(len(codes)))
        for codes in (study.codes_a, study.codes_b)
    ]


def staged(study, *, most=2):
    """Join on the whole code, then on all but one element, then on all but two; unique on both sides."""
    a, b = frames(study)
    found = []
    for left_out in range(most + 1):
        for rest in combinations(NAMES, left_out):
            on = [name for name in NAMES if name not in rest]
            one, two = (f[(f[on] >= 0).all(axis=1)].drop_duplicates(on, keep=False) for f in (a, b))
            hits = one.merge(two, on=on)[["row_x", "row_y"]]
            found.append(hits.to_numpy())
            a, b = a[~a["row"].isin(hits["row_x"])], b[~b["row"].isin(hits["row_y"])]
    rows = np.concatenate(found)
    return rows[:, 0], rows[:, 1]


def by_rapidfuzz(study, *, most=2):
    """Take the nearest code by Levenshtein distance, at most two away; the nearest for both sides."""
    from rapidfuzz import process
    from rapidfuzz.distance import Levenshtein

    texts = [
        ["".join(chr(value + 256) if value >= 0 else blank for value in code) for code in codes]
        for codes, blank in ((study.codes_a, "-"), (study.codes_b, "?"))
    ]
    found = []
    for begin in range(0, len(texts[1]), 500):
        distance = process.cdist(
            texts[1][begin : begin + 500],
            texts[0],
            scorer=Levenshtein.distance,
            score_cutoff=most,
            dtype=np.uint8,
        )
        best = distance.argmin(axis=1)
        rows = np.arange(len(best))
        found.append(np.column_stack([best, rows + begin, distance[rows, best]]))
    near = pd.DataFrame(np.concatenate(found), columns=["a", "b", "distance"])
    near = near[near["distance"] <= most].sort_values("distance", kind="stable").drop_duplicates("a")
    return near["a"].to_numpy(), near["b"].to_numpy()


def by_splink(study):
    """Compare elements exactly, with term frequencies; block on two of four pairs of elements."""
    import splink.comparison_library as compare
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    database = DuckDBAPI()
    tables = []
    for name, frame in zip(("a", "b"), frames(study), strict=True):
        text = frame[NAMES].astype("Int64").where(frame[NAMES] >= 0).astype("string")
        text["unique_id"] = frame["row"]
        tables.append(database.register(text, dataset_display_name=name))
    blocks = [NAMES[k : k + 2] for k in range(0, 8, 2)]
    linker = Linker(
        tables,
        SettingsCreator(
            link_type="link_only",
            comparisons=[compare.ExactMatch(n).configure(term_frequency_adjustments=True) for n in NAMES],
            blocking_rules_to_generate_predictions=[block_on(*x, *y) for x, y in combinations(blocks, 2)],
            retain_intermediate_calculation_columns=False,
        ),
    )
    linker.training.estimate_probability_two_random_records_match([block_on(*NAMES)], recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e7)
    for x, y in [(0, 1), (2, 3), (0, 2)]:
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*blocks[x], *blocks[y]))
    scored = linker.inference.predict(threshold_match_probability=0.5).as_pandas_dataframe()
    order = scored.sort_values("match_probability", ascending=False)
    order = order.drop_duplicates("unique_id_l").drop_duplicates("unique_id_r")
    return order["unique_id_l"].to_numpy(), order["unique_id_r"].to_numpy()


METHODS = {
    "ours, threshold 0.5": lambda study: ours(study, threshold=0.5),
    "ours, at most 1% false": lambda study: ours(study, max_false_link_rate=FALSE_LINKS),
    "exact": lambda study: staged(study, most=0),
    "staged": staged,
    "rapidfuzz": by_rapidfuzz,
    "splink": by_splink,
}


def ceiling(study, error):
    from _linking_oracle import best_threshold
    from _linking_oracle import ceiling as oracle

    people = study.people_a, study.people_b
    codes = study.codes_a, study.codes_b
    found = oracle(*codes, people, frequencies=frequencies(), ordered=ORDERED, error=error)
    f1, precision, recall, _ = best_threshold(found, people)
    return {"precision": precision, "recall": recall, "f1": f1}


# ---- calibration ------------------------------------------------------------------------------------


def classes(candidates, true):
    """Count pairs, add up their probabilities, and count those that are one person, class by class."""
    p = candidates.probability
    place = np.minimum(np.digitize(p, EDGES), len(EDGES) - 1) - 1
    return np.column_stack(
        [np.bincount(place[place >= 0], w[place >= 0], len(EDGES) - 1) for w in (np.ones(p.size), p, true)]
    )


def links_at(candidates, true, rate):
    """Count the links made at a requested rate, the false ones, and those expected to be false."""
    from credbenefits.numerics.matching.matching import accept

    chosen = accept(candidates, max_false_link_rate=rate)
    expected = (1 - candidates.probability[chosen]).sum()
    return int(chosen.sum()), int(np.count_nonzero(chosen & ~true)), round(float(expected), 2)


def calibration(error, seeds):
    """Pool the classes of probabilities of many studies; keep the links at each rate study by study."""
    pooled, rates = 0, []
    for seed in range(FIRST_SEED, FIRST_SEED + seeds):
        study = make(SHOWN_PEOPLE, error, seed)
        candidates = study.match().candidates
        true = study.is_true(candidates)
        pooled = pooled + classes(candidates, true)
        rates += [(error, rate, seed, *links_at(candidates, true, rate)) for rate in RATES]
    low, high = EDGES[:-1], EDGES[1:]
    whole = pd.DataFrame(
        {
            "error": error,
            "low": low,
            "high": high,
            "pairs": pooled[:, 0].astype(int),
            "mean_probability": (pooled[:, 1] / pooled[:, 0]).round(6),
            "same_person": pooled[:, 2].astype(int),
        }
    )
    return whole, pd.DataFrame(rates, columns=["error", "requested", "seed", "links", "false", "expected"])


def write_calibration(folder):
    """Write both tables of all studies that the documentation shows."""
    found = [calibration(error, SHOWN_SEEDS) for error in SHOWN_ERRORS]
    names = "linking_calibration.csv", "linking_false_links.csv"
    for name, tables in zip(names, zip(*found, strict=True), strict=True):
        pd.concat(tables).to_csv(folder / name, index=False, lineterminator="\n")


# ---- measuring and printing -------------------------------------------------------------------------


def measure(method, settings):
    """Run one method on one study; the first, small run loads what it needs."""
    study = make(**settings)
    if method == "ceiling":
        error = settings["error"]
        return ceiling(study, (settings["careless"], error, 0.2) if settings["careless"] else error)
    METHODS[method](make(1_000, 0.03, 1, overlap=0.3))
    forget_peak()
    before = peak_mb()
    start = time.perf_counter()
    row_a, row_b = METHODS[method](study)
    seconds = time.perf_counter() - start
    true = int(np.count_nonzero(study.people_a[row_a] == study.people_b[row_b]))
    precision, recall = true / max(row_a.size, 1), true / study.n_both
    f1 = 2 * true / max(row_a.size + study.n_both, 1)
    return {"precision": precision, "recall": recall, "f1": f1, "seconds": seconds, "mb": peak_mb() - before}


def in_own_process(method, settings):
    command = [sys.executable, __file__, "--measure", json.dumps([method, settings])]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def wanted(peers, people):
    """List the methods that can run here."""
    methods = ["ours, threshold 0.5", "ours, at most 1% false", *peers, "ceiling"]
    missing = {m for m in ("rapidfuzz", "splink") if importlib.util.find_spec(m) is None}
    if people > MOST_FOR_RAPIDFUZZ:
        missing.add("rapidfuzz")
    return [m for m in methods if m not in missing]


def print_setting(settings, seeds, peers):
    title = ", ".join(f"{name} {value:g}" for name, value in settings.items() if value)
    study = make(**settings, seed=1)
    print(f"\n### {len(study.codes_a):,} x {len(study.codes_b):,}: {title} (mean of {seeds})\n")
    print("| method | precision | recall | F1 | false links | seconds | MB |\n|---|--:|--:|--:|--:|--:|--:|")
    for method in wanted(peers, settings["people"]):
        runs = [in_own_process(method, {**settings, "seed": FIRST_SEED + k}) for k in range(seeds)]
        mean = pd.DataFrame(runs).mean()
        cost = f"{mean['seconds']:.2f} | {mean['mb']:.0f}" if "mb" in mean else " | "
        print(
            f"| {method} | {mean['precision']:.4f} | {mean['recall']:.4f} | {mean['f1']:.4f} | "
            f"{1 - mean['precision']:.4f} | {cost} |",
            flush=True,
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--people", type=int, nargs="+", default=[2_500, 26_000], help="people in wave 1")
    parser.add_argument(
        "--error", type=float, nargs="+", default=[0.03, 0.08], help="chance of a wrong element"
    )
    parser.add_argument("--overlap", type=float, default=OVERLAP, help="share of wave 1 that comes back")
    parser.add_argument("--siblings", type=float, default=0.0, help="share of people with a sibling")
    parser.add_argument(
        "--careless", type=float, default=0.0, help="share of people who err at 20%% per element"
    )
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--peers", nargs="*", default=["exact", "staged", "rapidfuzz", "splink"])
    parser.add_argument(
        "--calibration", type=Path, metavar="FOLDER", help="write what the documentation draws"
    )
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(*json.loads(options.measure))))
        return
    if options.calibration:
        write_calibration(options.calibration)
        return
    rest = {name: getattr(options, name) for name in ("overlap", "siblings", "careless")}
    for people in options.people:
        for error in options.error:
            print_setting({"people": people, "error": error, **rest}, options.seeds, options.peers)


if __name__ == "__main__":
    main()
