"""How many links of short codes, and of codes with blanks, are false, and how many people are found.

    python benchmarks/weak_codes.py

Prints Markdown. The studies are those of the slow tests in `tests/test_weak_codes.py`, with their seeds: all
answers to an element are equally common, and 15% as many newcomers come as people return. The standard error
of a rate is that of a ratio over studies.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from test_weak_codes import GRID, measured


def cells(counts, back):
    """Return the share of false links, its standard error, and the share of returners who are found."""
    links, false = counts.sum(axis=0)
    rate = false / max(links, 1)
    error = np.sqrt(((counts[:, 1] - rate * counts[:, 0]) ** 2).sum()) / max(links, 1)
    recall = (links - false) / (back * len(counts))
    return f"{100 * rate:.2f}% ({100 * error:.2f}) | {recall:.3f}"


def main():
    print(
        "| study | 1% asked: false (s.e.) | recall | 5% asked: false (s.e.) | recall |\n|---|--:|--:|--:|--:|"
    )
    for case in GRID:
        found = measured(*case.values)
        back = case.values[2]
        print(f"| {case.id} | {' | '.join(cells(counts, back) for counts in found.values())} |", flush=True)


if __name__ == "__main__":
    main()
