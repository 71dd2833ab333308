"""Figures of the page on linking, drawn when the documentation is built, from the files in `_data`.

`benchmarks/linking.py --calibration` wrote those.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pandas as pd
from _coverage_figures import BLUE, GREY, ORANGE, STYLE, WIDTH
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from credbenefits import proportion_interval

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

#: Where the axes of probabilities are marked: both ends matter, so they are spaced by their logits.
MARKS = (0.01, 0.1, 0.5, 0.9, 0.99, 0.999)
ENDS = (0.01, 0.99998)
#: The axes of false-link rates are spaced by their logarithms.
RATE_MARKS, RATE_ENDS = (0.002, 0.005, 0.01, 0.02, 0.05), (0.0016, 0.08)


def draw(data: Path, folder: Path) -> None:
    """Draw both figures into a folder, from the files of another."""
    folder.mkdir(exist_ok=True)
    with mpl.rc_context(STYLE):
        probabilities(pd.read_csv(data / "linking_calibration.csv")).savefig(
            folder / "linking_calibration.png"
        )
        rates(pd.read_csv(data / "linking_false_links.csv")).savefig(folder / "linking_false_links.png")


def probabilities(table: pd.DataFrame) -> Figure:
    """Draw the share of pairs that are one person against their match probability."""
    figure, panels = side_by_side(table, "logit", MARKS, ENDS)
    for ax, (_, part) in zip(panels, table.groupby("error"), strict=True):
        dots(ax, part["mean_probability"], part["same_person"], part["pairs"])
        ax.set_xlabel("mean match probability")
    panels[0].set_ylabel("share who are the same person")
    return figure


def rates(table: pd.DataFrame) -> Figure:
    """Draw the rate of false links against the one that was requested: single studies, and all of them."""
    figure, panels = side_by_side(table, "log", RATE_MARKS, RATE_ENDS)
    for ax, (_, part) in zip(panels, table.groupby("error"), strict=True):
        ax.plot(part["requested"], part["false"] / part["links"], "_", color=GREY, ms=9, mew=0.6, alpha=0.6)
        pooled = part.groupby("requested")[["false", "links"]].sum()
        dots(ax, pooled.index, pooled["false"], pooled["links"])
        ax.set_xlabel("requested rate of false links")
    panels[0].set_ylabel("true rate")
    return figure


def side_by_side(
    table: pd.DataFrame, scale: str, marks: Sequence[float], ends: tuple[float, float]
) -> tuple[Figure, Sequence[Axes]]:
    """Make a panel for each chance of a wrong answer, with the line on which both axes are alike."""
    errors = sorted(table["error"].unique())
    figure = Figure(figsize=(WIDTH, 3.9))
    panels = figure.subplots(1, len(errors), sharey=True)
    for ax, error in zip(panels, errors, strict=True):
        ax.set_title(f"{error:.0%} of the answers differ", loc="left", fontweight="bold")
        ax.plot(ends, ends, color="black", lw=0.6, zorder=0)
        ax.set(xscale=scale, yscale=scale, xlim=ends, ylim=ends, aspect="equal")
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_ticks(marks)
            axis.set_minor_locator(NullLocator())
            axis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:g}%"))
    return figure, panels


def dots(ax: Axes, x: pd.Series | pd.Index, count: pd.Series, nobs: pd.Series) -> None:
    """Draw shares with 95% Wilson intervals, orange where the interval does not hold what was promised."""
    promised, share = np.asarray(x), (count / nobs).to_numpy()
    low, high = proportion_interval(count.to_numpy(), nobs.to_numpy())
    held = (low <= promised) & (promised <= high)
    for chosen, colour in ((held, BLUE), (~held, ORANGE)):
        error = np.stack([share - low, high - share])[:, chosen]
        ax.errorbar(promised[chosen], share[chosen], error, fmt="o", color=colour, ms=3.5, lw=1.2, capsize=2)
