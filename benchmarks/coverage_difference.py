"""How often the intervals for a difference of two proportions hold the true one: exactly, by enumeration.

    python benchmarks/coverage_difference.py
    python benchmarks/coverage_difference.py --nobs 15 25 --nobs 100 100 --steps 99
    python benchmarks/coverage_difference.py --write docs/_data/coverage_difference.csv

Prints Markdown, or writes `EQUAL` and `UNEQUAL` to a file, from which the documentation draws figures.
Nothing is simulated: the coverage at (p1, p2) is the sum of the binomial probabilities of all pairs of counts
whose interval holds p1 - p2. `coverage` returns the arrays.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import binom

from credbenefits.numerics.groups.interval import comparison_interval

METHODS = ("newcombe", "miettinen_nurminen", "agresti_caffo")
#: Pairs of sizes in the figures of the documentation: equal ones, and one sample four times the other.
EQUAL = tuple((n, n) for n in (5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200))
UNEQUAL = tuple((n, 4 * n) for n in (5, 7, 10, 15, 20, 30, 50))
#: Those in its table.
SHOWN = ((10, 10), (30, 30), (100, 100), (10, 40), (20, 80))
#: Shares on either side of its grid.
STEPS = 100
#: Limits that equal the difference but for rounding hold it.
SLACK = 1e-12
#: Comparisons held in memory at once.
MOST = 20_000_000


@dataclass(frozen=True)
class Coverage:
    """Coverage and expected width of one method over a grid of shares.

    Attributes
    ----------
    method : str
        Name of the method, as in `comparison_interval`.
    p1, p2 : array
        The shares; rows and columns of what follows.
    coverage : array, shape (len(p1), len(p2))
        Probability that the interval holds p1 - p2.
    width : array, shape (len(p1), len(p2))
        Expected width of the interval.
    """

    method: str
    p1: np.ndarray
    p2: np.ndarray
    coverage: np.ndarray
    width: np.ndarray


def coverage(nobs1, nobs2, p1, p2, *, method, confidence_level=0.95):
    """Return the `Coverage` of a method for two bases over the grid of `p1` and `p2` (one-dimensional)."""
    p1, p2 = np.asarray(p1, dtype=float), np.asarray(p2, dtype=float)
    count1, count2 = np.arange(nobs1 + 1), np.arange(nobs2 + 1)
    low, high = comparison_interval(
        count1[:, None], nobs1, count2, nobs2, method=method, confidence_level=confidence_level
    )
    weight1 = binom.pmf(count1, nobs1, p1[:, None])
    weight2 = binom.pmf(count2, nobs2, p2[:, None])
    held = np.empty((p1.size, p2.size))
    rows = max(1, MOST // (low.size * p2.size))
    for start in range(0, p1.size, rows):
        block = slice(start, start + rows)
        true = (p1[block, None] - p2)[:, :, None, None]
        inside = (low - SLACK <= true) & (true <= high + SLACK)
        held[block] = np.einsum("ra,cb,rcab->rc", weight1[block], weight2, inside, optimize=True)
    return Coverage(method, p1, p2, held, weight1 @ (high - low) @ weight2.T)


def grid(steps):
    """Return that many shares, evenly spread inside (0, 1)."""
    return (np.arange(steps) + 0.5) / steps


def table(pairs, *, steps, confidence_level):
    """Write the comparison as Markdown: mean and minimum coverage, how often it is low, and mean width."""
    shares = grid(steps)
    short = confidence_level - 0.02
    lines = [
        f"| n1 | n2 | method | mean coverage | minimum | share of grid below {short:g} | mean width |",
        "|---|---|---|---|---|---|---|",
    ]
    for nobs1, nobs2 in pairs:
        for method in METHODS:
            r = coverage(nobs1, nobs2, shares, shares, method=method, confidence_level=confidence_level)
            lines.append(
                f"| {nobs1} | {nobs2} | {method} | {r.coverage.mean():.4f} | {r.coverage.min():.4f} "
                f"| {(r.coverage < short).mean():.3f} | {r.width.mean():.4f} |"
            )
    return "\n".join(lines)


def write(pairs, path, *, steps, confidence_level):
    """Write mean and minimum coverage and mean width to a file, a row for each pair of sizes and method."""
    shares = grid(steps)
    lines = ["n1,n2,method,mean_coverage,min_coverage,mean_width"]
    for nobs1, nobs2 in pairs:
        for method in METHODS:
            r = coverage(nobs1, nobs2, shares, shares, method=method, confidence_level=confidence_level)
            numbers = r.coverage.mean(), r.coverage.min(), r.width.mean()
            lines.append(f"{nobs1},{nobs2},{method}," + ",".join(f"{number:.5f}" for number in numbers))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--nobs", nargs=2, type=int, action="append", metavar=("N1", "N2"))
    parser.add_argument("--steps", type=int, default=STEPS, help="shares on either side of the grid")
    parser.add_argument("--level", type=float, default=0.95, help="confidence level")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the documentation's sizes, as CSV")
    given = parser.parse_args()
    if given.write:
        write(EQUAL + UNEQUAL, given.write, steps=given.steps, confidence_level=given.level)
        return
    print(table(given.nobs or SHOWN, steps=given.steps, confidence_level=given.level))


if __name__ == "__main__":
    main()
