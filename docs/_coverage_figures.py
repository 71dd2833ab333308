"""Figures of the page on coverage, drawn when the documentation is built.

The benchmarks compute the curves and maps, here and now, in a second. The lines over many sizes come from the
files in `_data`, which the benchmarks wrote.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

import coverage_difference
import coverage_proportion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

LEVEL = 0.95
#: Methods that behave alike, in the order of the page.
GROUPS = {
    "At the level on average": ("wilson", "jeffreys", "likelihood", "mid_p"),
    "Milder near 0 and 1": ("modified_wilson", "modified_jeffreys", "agresti_coull", "arcsine"),
    "Never below, or by a hair": ("clopper_pearson", "blaker", "wilson_cc"),
    "To be compared with": ("wald", "wald_cc", "logit"),
}
#: Pairs of sizes, and the name of their horizontal axis.
PAIRS = {
    "Samples of one size": ("size of either", coverage_difference.EQUAL),
    "One four times the other": ("size of the smaller", coverage_difference.UNEQUAL),
}
MAPS = ((10, 10), (30, 30), (20, 80))
#: Colours of Okabe and Ito, which people with any kind of colour vision can tell apart, and line styles.
LOOKS = (("#0072B2", "-"), ("#D55E00", (0, (5, 1.5))), ("#009E73", (0, (1.5, 1))), ("#CC79A7", "-."))
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#8a8f98"
STYLE = {
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "savefig.dpi": 200,
}
WIDTH = 8.0
TICKS = (5, 10, 20, 50, 100, 200)


def draw(data: Path, folder: Path) -> None:
    """Draw every figure into a folder, from the files of another."""
    folder.mkdir(exist_ok=True)
    with mpl.rc_context(STYLE):
        curves(coverage_proportion.SHOWN).savefig(folder / "proportion_curves.png")
        proportion_sizes(data / "coverage_proportion.csv").savefig(folder / "proportion_sizes.png")
        maps().savefig(folder / "difference_maps.png")
        difference_sizes(data / "coverage_difference.csv").savefig(folder / "difference_sizes.png")


def read(path: Path) -> dict[tuple[str, ...], list[float]]:
    """Read mean coverage, minimum coverage and mean width, by the columns that come before them."""
    with path.open(encoding="utf-8", newline="") as file:
        return {tuple(row[:-3]): [float(number) for number in row[-3:]] for row in list(csv.reader(file))[1:]}


# ---- one proportion ----------------------------------------------------------------------------------


def curves(sizes: Sequence[int]) -> Figure:
    """Draw coverage against the true share, a row for each method and a column for each size."""
    methods = [method for group in GROUPS.values() for method in group]
    result = coverage_proportion.exact_coverage(methods, sizes, confidence_level=LEVEL)
    figure = Figure(figsize=(WIDTH, 1.06 * len(methods)), layout="none")  # so many panels take it seconds
    figure.subplots_adjust(left=0.09, right=0.985, top=0.965, bottom=0.035, hspace=0.42, wspace=0.12)
    axes = figure.subplots(len(methods), len(sizes), sharex=True, sharey=True)
    axes[0, 0].set(xlim=(0, 0.5), ylim=(0.8, 1.0), yticks=(0.8, 0.9, 0.95, 1.0), xticks=np.arange(6) / 10)
    lower = result.p < 0.5
    for i, method in enumerate(methods):
        for j, ax in enumerate(axes[i]):
            p, coverage = result.p[lower], result.coverage[i, j, lower]
            ax.fill_between(p, coverage, LEVEL, where=coverage < LEVEL, color=ORANGE, lw=0, step="mid")
            ax.fill_between(
                p, coverage, LEVEL, where=coverage > LEVEL, color=BLUE, alpha=0.35, lw=0, step="mid"
            )
            ax.step(p, coverage, color="black", lw=0.5, where="mid")
            ax.axhline(LEVEL, color="black", lw=0.6)
            numbers = result.mean_coverage[i, j], result.min_coverage[i, j]
            ax.set_title("{:.3f} / {:.3f}".format(*numbers), loc="right", fontsize=8, pad=2)
        axes[i, 0].set_title(method, loc="left", fontweight="bold", pad=2)
    for ax, n in zip(axes[0], sizes, strict=True):
        ax.annotate(f"n = {n}: mean / minimum", (1, 1.35), xycoords="axes fraction", ha="right", fontsize=9)
    figure.supxlabel("true share p (the other half is the mirror image)", fontsize=9, y=0.004)
    figure.supylabel("coverage", fontsize=9)
    return figure


def proportion_sizes(path: Path) -> Figure:
    """Draw mean and minimum coverage and width against the size, a row for each group of methods."""
    table, sizes = read(path), coverage_proportion.SIZES
    numbers = {m: np.array([table[m, str(n)] for n in sizes]) for m in coverage_proportion.METHODS}
    figure = Figure(figsize=(WIDTH, 2.25 * len(GROUPS)))
    axes = figure.subplots(len(GROUPS), 3, sharex=True)
    for row, (title, group) in zip(axes, GROUPS.items(), strict=True):
        over_sizes(row, sizes, {m: numbers[m] for m in group}, ("wilson", numbers["wilson"]))
        row[0].set_title(title, loc="left", fontweight="bold")
        compared = "wald" in group
        row[0].set_ylim((0.6, 1.0) if compared else (0.94, 1.0))
        row[1].set_ylim((-0.02, 1.0) if compared else (0.8, 1.0))
        row[2].set_ylim((0.75, 1.5) if compared else (0.95, 1.3))
    for ax in axes[-1]:
        ax.set_xlabel("n")
    return figure


# ---- differences -------------------------------------------------------------------------------------


def maps() -> Figure:
    """Draw coverage over both true shares, a row for each pair of sizes and a column for each method."""
    shares, methods = coverage_difference.grid(coverage_difference.STEPS), coverage_difference.METHODS
    figure = Figure(figsize=(WIDTH, 2.85 * len(MAPS)))
    axes = figure.subplots(len(MAPS), len(methods), sharex=True, sharey=True)
    norm = TwoSlopeNorm(vmin=0.86, vcenter=LEVEL, vmax=1.0)
    for row, (nobs1, nobs2) in zip(axes, MAPS, strict=True):
        for ax, method in zip(row, methods, strict=True):
            found = coverage_difference.coverage(
                nobs1, nobs2, shares, shares, method=method, confidence_level=LEVEL
            ).coverage
            image = ax.imshow(found.T, origin="lower", extent=(0, 1, 0, 1), cmap="PuOr", norm=norm)
            ax.set_title(f"mean {found.mean():.3f}, minimum {found.min():.3f}", loc="right", fontsize=8)
        row[0].set_ylabel(f"$n_1$ = {nobs1}, $n_2$ = {nobs2}\n\n$p_2$")
    for ax, method in zip(axes[0], methods, strict=True):
        ax.annotate(method, (0.5, 1.16), xycoords="axes fraction", ha="center", fontweight="bold")
    for ax in axes[-1]:
        ax.set(xlabel="$p_1$", xticks=(0, 0.5, 1), yticks=(0, 0.5, 1))
    figure.colorbar(
        image,
        ax=axes,
        location="bottom",
        shrink=0.6,
        aspect=40,
        label="coverage",
        ticks=(0.86, 0.89, 0.92, 0.95, 1.0),
    )
    return figure


def difference_sizes(path: Path) -> Figure:
    """Draw mean and minimum coverage and width against the size, for equal and for unequal samples."""
    table = read(path)
    figure = Figure(figsize=(WIDTH, 2.5 * len(PAIRS)))
    axes = figure.subplots(len(PAIRS), 3)
    for row, (title, (label, pairs)) in zip(axes, PAIRS.items(), strict=True):
        numbers = {
            m: np.array([table[str(n1), str(n2), m] for n1, n2 in pairs]) for m in coverage_difference.METHODS
        }
        over_sizes(row, [n1 for n1, _ in pairs], numbers, ("newcombe", numbers["newcombe"]))
        row[0].set_title(title, loc="left", fontweight="bold")
        row[0].set_ylim(0.94, 0.98)
        row[1].set_ylim(0.84, 0.96)
        row[2].set_ylim(0.98, 1.12)
        for ax in row:
            ax.set_xlabel(label)
    return figure


# ---- both --------------------------------------------------------------------------------------------


def over_sizes(
    axes: Sequence[Axes],
    sizes: Sequence[int],
    numbers: Mapping[str, np.ndarray],
    reference: tuple[str, np.ndarray],
) -> None:
    """Draw three panels: mean coverage, minimum coverage, and mean width as a multiple of the reference's."""
    name, base = reference
    drawn = {name: (base, GREY, "-")} if name not in numbers else {}
    drawn |= {method: (numbers[method], *look) for method, look in zip(numbers, LOOKS, strict=False)}
    marker = "o" if len(sizes) < 50 else ""
    for k, what in enumerate(("mean coverage", "minimum coverage", f"mean width ({name} = 1)")):
        for method, (values, colour, style) in drawn.items():
            y = values[:, k] / base[:, k] if k == 2 else values[:, k]
            axes[k].plot(sizes, y, color=colour, ls=style, lw=1.3, marker=marker, ms=2.5, label=method)
        axes[k].set_ylabel(what)
        if k < 2:
            axes[k].axhline(LEVEL, color="black", lw=0.6, zorder=0)
        axes[k].set_xscale("log")
        axes[k].set_xticks([n for n in TICKS if n <= sizes[-1]], minor=False)
        axes[k].xaxis.set_major_formatter("{x:.0f}")
        axes[k].xaxis.set_minor_locator(NullLocator())
    axes[2].legend(frameon=False, fontsize=8, loc="upper right")
