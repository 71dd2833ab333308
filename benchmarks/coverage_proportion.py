"""How often each interval for one proportion holds the truth, exactly: by summing over all counts.

    python benchmarks/coverage_proportion.py
    python benchmarks/coverage_proportion.py --nobs 10 30 100 --level 0.9

Prints Markdown. Nothing is simulated: for each size and each true share, the chance of every count is known.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import get_args

import numpy as np
from scipy.special import gammaln, xlog1py, xlogy

from credbenefits._typing import IntervalMethod
from credbenefits.numerics.proportion_interval import proportion_interval

METHODS = get_args(IntervalMethod)
SIZES = tuple(range(5, 201))
#: True shares, evenly spread; the middles of cells, so that none is a limit itself.
SHARES = (np.arange(1_000) + 0.5) / 1_000


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
    width : ndarray, shape (methods, nobs, p)
        Expected width, given a count that has an interval; NaN if none has.
    """

    methods: tuple[str, ...]
    nobs: np.ndarray
    p: np.ndarray
    confidence_level: float
    coverage: np.ndarray
    width: np.ndarray

    @property
    def mean_coverage(self) -> np.ndarray:
        """Mean over the true shares, shape (methods, nobs)."""
        return self.coverage.mean(axis=-1)

    @property
    def min_coverage(self) -> np.ndarray:
        """Minimum over the true shares of the grid, shape (methods, nobs)."""
        return self.coverage.min(axis=-1)

    @property
    def mean_width(self) -> np.ndarray:
        """Expected width, mean over the true shares, shape (methods, nobs)."""
        return self.width.mean(axis=-1)


def binomial(nobs: int, p: np.ndarray) -> np.ndarray:
    """Chance of each count from 0 to `nobs`, shape (nobs + 1, p)."""
    x = np.arange(nobs + 1.0)[:, None]
    ways = gammaln(nobs + 1.0) - gammaln(x + 1.0) - gammaln(nobs - x + 1.0)
    return np.exp(ways + xlogy(x, p) + xlog1py(nobs - x, -p))


def exact_coverage(methods=METHODS, nobs=SIZES, p=SHARES, confidence_level=0.95) -> Coverage:
    """Compute coverage and expected width of the methods for each size and true share."""
    methods, nobs, p = tuple(methods), np.asarray(nobs), np.asarray(p, dtype=np.float64)
    coverage = np.empty((len(methods), nobs.size, p.size))
    width = np.full_like(coverage, np.nan)
    for j, n in enumerate(nobs.tolist()):
        chance = binomial(n, p)
        for i, method in enumerate(methods):
            low, high = proportion_interval(
                np.arange(n + 1), n, method=method, confidence_level=confidence_level
            )
            holds = (low[:, None] <= p) & (p <= high[:, None])
            coverage[i, j] = np.einsum("xp,xp->p", chance, holds)
            given = ~np.isnan(low)
            if given.any():
                width[i, j] = (high - low)[given] @ chance[given] / chance[given].sum(axis=0)
    return Coverage(methods, nobs, p, confidence_level, coverage, width)


def table(result: Coverage) -> str:
    """Write mean and minimum coverage and mean width as Markdown, a row a method."""
    heads = [f"{what}, n = {n}" for n in result.nobs for what in ("mean", "minimum", "width")]
    lines = ["| method | " + " | ".join(heads) + " |", "|---" * (1 + len(heads)) + "|"]
    for i, method in enumerate(result.methods):
        cells = [
            f"{numbers[i, j]:.3f}"
            for j in range(result.nobs.size)
            for numbers in (result.mean_coverage, result.min_coverage, result.mean_width)
        ]
        lines.append(f"| {method} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Exact coverage of the intervals for one proportion.")
    parser.add_argument("--nobs", type=int, nargs="+", default=[10, 30, 100])
    parser.add_argument("--level", type=float, default=0.95)
    arguments = parser.parse_args()
    print(table(exact_coverage(nobs=arguments.nobs, confidence_level=arguments.level)))


if __name__ == "__main__":
    main()
