"""Counting in DuckDB: seconds an item, and the peak of memory of the whole process, file size by file size.

    python benchmarks/engines.py
    python benchmarks/engines.py --rows 10000000 50000000 --threads 2 --memory 2GB

Prints Markdown. DuckDB writes each file from a seed to a temporary folder, which is deleted afterwards: 10
items of text, 20 groups, 400 clusters and a weight. Every call runs in a process of its own, so that the peak
of memory is its own too.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

import credbenefits as cb

ITEMS = [f"q{k}" for k in range(10)]
CALLS = {
    "groups": {"by": "role"},
    "groups, weights": {"by": "role", "weights": "w"},
    "groups, weights, clusters": {
        "by": "role",
        "weights": "w",
        "design": cb.SurveyDesign(clusters="school"),
    },
}


def write(path: Path, rows: int) -> None:
    """Write a file of so many rows."""
    base = duckdb.connect()
    base.execute("SELECT setseed(0.5)")
    answers = ", ".join(
        f"['yes', 'no', 'no', 'yes', NULL][1 + floor(random() * 5)::int] AS {q}" for q in ITEMS
    )
    base.execute(
        "COPY (SELECT 'r' || floor(random() * 20)::int AS role, 's' || floor(random() * 400)::int AS school, "
        f"0.5 + random() * 2 AS w, {answers} FROM range({rows})) TO '{path}' (FORMAT parquet)"
    )


def one(path: str, call: str, threads: int, memory: str) -> None:
    """Count once, and print what it took."""
    base = duckdb.connect()
    base.execute(f"SET threads = {threads}")
    base.execute(f"SET memory_limit = '{memory}'")
    wall, cpu = time.perf_counter(), time.process_time()
    counts = cb.count(base.read_parquet(path), ITEMS, **CALLS[call])
    took = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(json.dumps([*took, peak, int(counts.tallies[0].people.sum())]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000_000])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", default="2GB")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        one(*given.one, given.threads, given.memory)
        return
    print("| rows | call | s an item | CPU s an item | peak GB |\n|---|---|---|---|---|")
    for rows in given.rows:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "survey.parquet"
            write(path, rows)
            for call in CALLS:
                options = [
                    "--threads",
                    str(given.threads),
                    "--memory",
                    given.memory,
                    "--one",
                    str(path),
                    call,
                ]
                made = subprocess.run(
                    [sys.executable, __file__, *options], capture_output=True, text=True, check=True
                )
                wall, cpu, peak, people = json.loads(made.stdout)
                assert people == rows
                print(f"| {rows:,} | {call} | {wall / 10:.2f} | {cpu / 10:.2f} | {peak:.2f} |", flush=True)


if __name__ == "__main__":
    main()
