"""How many links of short codes, and of codes with blanks, are false, and how many people are found.

    python benchmarks/weak_codes.py
    python benchmarks/weak_codes.py --at-true-rate

Prints Markdown. The studies are those of `tests/weak_studies.py`, with their seeds: all answers to an element
are equally common, and 15% as many newcomers come as people return. The standard error of a rate is that of a
ratio over studies.

With `--at-true-rate` the links of all studies of a row are taken from the most probable down until 1% and 5%
of them are truly false, whatever rate they claim, and the share of returners found is printed. That compares
versions which promise different rates: run it once for each, with its source on PYTHONPATH.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from weak_studies import GRID, REACH, at_true_rate, measured


def cells(counts, back):
    """Return the share of false links, its standard error, and the share of returners who are found."""
    links, false = counts.sum(axis=0)
    rate = false / max(links, 1)
    error = np.sqrt(((counts[:, 1] - rate * counts[:, 0]) ** 2).sum()) / max(links, 1)
    recall = (links - false) / (back * len(counts))
    return f"{100 * rate:.2f}% ({100 * error:.2f}) | {recall:.3f}"


def asked():
    print(
        "| study | 1% asked: false (s.e.) | recall | 5% asked: false (s.e.) | recall |\n|---|--:|--:|--:|--:|"
    )
    for case in GRID:
        found = measured(*case.values)
        back = case.values[2]
        print(f"| {case.id} | {' | '.join(cells(counts, back) for counts in found.values())} |", flush=True)


def at_equal_rate():
    print("| study | recall with 1% false | with 5% false |\n|---|--:|--:|")
    for case in REACH:
        found = at_true_rate(*case.values)
        print(f"| {case.id} | {' | '.join(f'{recall:.4f}' for recall in found)} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--at-true-rate", action="store_true", help="recall where 1%% and 5%% are truly false"
    )
    (at_equal_rate if parser.parse_args().at_true_rate else asked)()


if __name__ == "__main__":
    main()
