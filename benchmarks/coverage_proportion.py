"""How often each interval for one proportion holds the truth, exactly: by summing over all counts.

    python benchmarks/coverage_proportion.py
    python benchmarks/coverage_proportion.py --nobs 10 30 100 --level 0.9
    python benchmarks/coverage_proportion.py --write docs/_data/coverage_proportion.csv

Prints Markdown, or writes all sizes from 5 to 200 to a file, from which the documentation draws its figures.
Nothing is simulated: for each size and each true share, the chance of every count is known.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np
from scipy.special import gammaln, xlog1py, xlogy

from credbenefits._typing import IntervalMethod
from credbenefits.numerics.proportion.interval import proportion_interval

METHODS = get_args(IntervalMethod)
SIZES = tuple(range(5, 201))
#: Those in the table of the documentation.
SHOWN = (10, 30, 100)
#: True shares, evenly spread; the middles of cells, so that none is a limit itself.
SHARES = (np.arange(1_000) + 0.5) / 1_000
#: How near to a limit counts as beside it.
BESIDE = 1e-9


@dataclass(frozen=True)
class Coverage:
    """Exact coverage and expected width.

    Attributes
    ----------
    methods : tuple of str
        First axis.
    nobs : ndarray
        Sizes, second axis.
    p : ndarray
        True shares, third axis.
    confidence_level : float
        What the coverage should be.
    coverage : ndarray, shape (methods, nobs, p)
        Chance that the interval holds the true share. A count without interval (logit at 0 and n) counts
        as a miss.
    min_coverage : ndarray, shape (methods, nobs)
        The least for any true share between 0 and 1, whether it is on the grid or not.
    width : ndarray, shape (methods, nobs, p)
        Expected width, given a count that has an interval; NaN if none has.
    """

    methods: tuple[str, ...]
    nobs: np.ndarray
    p: np.ndarray
    confidence_level: float
    coverage: np.ndarray
    min_coverage: np.ndarray
    width: np.ndarray

    @property
    def mean_coverage(self) -> np.ndarray:
        """Mean over the true shares, shape (methods, nobs)."""
        return self.coverage.mean(axis=-1)

    @property
    def mean_width(self) -> np.ndarray:
        """Expected width, mean over the true shares, shape (methods, nobs)."""
        return self.width.mean(axis=-1)


def binomial(nobs: int, p: np.ndarray) -> np.ndarray:
    """Chance of each count from 0 to `nobs`, shape (nobs + 1, p)."""
    x = np.arange(nobs + 1.0)[:, None]
    ways = gammaln(nobs + 1.0) - gammaln(x + 1.0) - gammaln(nobs - x + 1.0)
    return np.exp(ways + xlogy(x, p) + xlog1py(nobs - x, -p))


def held(low: np.ndarray, high: np.ndarray, p: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """Chance of a count whose interval holds the true share, for each share."""
    return np.einsum("xp,xp->p", chance, (low[:, None] <= p) & (p <= high[:, None]))


def least(low: np.ndarray, high: np.ndarray) -> float:
    """Return the least coverage for any true share.

    The coverage jumps at the limits. Between two of them the counts that hold the share stay the same. The
    chance of a run of counts rises and then falls in p, so it is least beside a limit, or beside 0 or 1.
    """
    limits = np.concatenate([low, high, [0.0, 1.0]])
    p = np.unique(np.concatenate([limits - BESIDE, limits + BESIDE]))
    p = p[(p > 0) & (p < 1)]  # drops NaN too
    return held(low, high, p, binomial(low.size - 1, p)).min()


def exact_coverage(methods=METHODS, nobs=SIZES, p=SHARES, confidence_level=0.95) -> Coverage:
    """Compute coverage and expected width of the methods for each size and true share."""
    methods, nobs, p = tuple(methods), np.asarray(nobs), np.asarray(p, dtype=np.float64)
    coverage = np.empty((len(methods), nobs.size, p.size))
    min_coverage = np.empty(coverage.shape[:2])
    width = np.full_like(coverage, np.nan)
    for j, n in enumerate(nobs.tolist()):
        chance = binomial(n, p)
        for i, method in enumerate(methods):
            low, high = proportion_interval(
                np.arange(n + 1), n, method=method, confidence_level=confidence_level
            )
            coverage[i, j] = held(low, high, p, chance)
            min_coverage[i, j] = min(coverage[i, j].min(), least(low, high))
            given = ~np.isnan(low)
            if given.any():
                width[i, j] = (high - low)[given] @ chance[given] / chance[given].sum(axis=0)
    return Coverage(methods, nobs, p, confidence_level, coverage, min_coverage, width)


def table(result: Coverage) -> str:
    """Write mean and minimum coverage and mean width as Markdown, a row a method."""
    heads = [head for n in result.nobs for head in (f"n = {n}: mean", "min.", "width")]
    lines = ["| method | " + " | ".join(heads) + " |", "|---" * (1 + len(heads)) + "|"]
    for i, method in enumerate(result.methods):
        cells = [
            f"{numbers[i, j]:.3f}"
            for j in range(result.nobs.size)
            for numbers in (result.mean_coverage, result.min_coverage, result.mean_width)
        ]
        lines.append(f"| {method} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def write(result: Coverage, path: Path) -> None:
    """Write mean and minimum coverage and mean width to a file, a row for each method and size."""
    numbers = np.stack([result.mean_coverage, result.min_coverage, result.mean_width], axis=-1)
    lines = ["method,n,mean_coverage,min_coverage,mean_width"]
    lines += [
        f"{method},{n}," + ",".join(f"{number:.5f}" for number in numbers[i, j])
        for i, method in enumerate(result.methods)
        for j, n in enumerate(result.nobs)
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Exact coverage of the intervals for one proportion.")
    parser.add_argument("--nobs", type=int, nargs="+", default=SHOWN)
    parser.add_argument("--level", type=float, default=0.95)
    parser.add_argument("--write", type=Path, metavar="FILE", help="write sizes from 5 to 200, as CSV")
    arguments = parser.parse_args()
    if arguments.write:
        write(exact_coverage(confidence_level=arguments.level), arguments.write)
        return
    print(table(exact_coverage(nobs=arguments.nobs, confidence_level=arguments.level)))


if __name__ == "__main__":
    main()
