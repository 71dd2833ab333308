"""The plot of a linkage: how sure the links are, and what was left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credbenefits.errors import InputError
from credbenefits.reporting.plots.base import SMALL, drawn, legend, named, plain
from credbenefits.reporting.plots.palette import BLUE, GREY, ORANGE

if TYPE_CHECKING:
    from credbenefits._typing import Axes
    from credbenefits.results.links import LinkSummary


def plot_links(summary: LinkSummary, ax: Axes | None = None) -> Axes:
    """Draw pairs by match probability, linked and not, with the lowest probability that was linked."""
    if not summary.probabilities:
        raise InputError(
            "method",
            allowed="links with match probabilities, as of method='code'",
            received=f"links by {summary.method} keys",
            fix="Exact links are certain as far as the keys are; plot() draws who answered which wave.",
        )
    return drawn(ax, lambda axes: _draw_links(summary, axes), 3.0)


def _draw_links(summary: LinkSummary, ax: Axes) -> None:
    n = len(summary.probabilities)
    left = [k / n for k in range(n)]
    linked, other = zip(*summary.probabilities, strict=True)
    styles = {"not linked": (other, ORANGE, 0.6), "linked": (linked, BLUE, 0.8)}
    drawings = {
        name: ax.bar(
            left,
            pairs,
            width=1 / n,
            align="edge",
            color=color,
            alpha=alpha,
            edgecolor="none",
            linewidth=0.0,
            label=name,
        )
        for name, (pairs, color, alpha) in styles.items()
    }
    cuts = [w.cut for w in summary.waves if w.cut is not None]
    if cuts:
        # A setting says whether dashes grow with the width of the line; at a width of 1 it says nothing.
        drawings = {
            "lowest linked": ax.axvline(
                min(cuts),
                color=GREY,
                linewidth=1.0,
                linestyle=(0, (5.5, 2.4)),
                marker="",
                label="lowest linked",
            ),
            **drawings,
        }
    _scale(ax, max(*linked, *other, 1))
    legend(ax, list(drawings.values()), list(drawings))


def _scale(ax: Axes, most_pairs: float) -> None:
    """Scale and name the axes: probabilities from 0 to 1, and pairs by powers of 10."""
    ax.set_yscale("symlog", linthresh=1)  # a few hundred links beside thousands of unlikely pairs
    most = 1.5 * most_pairs
    marks = [0, *(10**k for k in range(len(str(int(most)))))]
    ax.set_ylim(0, most)
    ax.set_yticks(marks, [f"{mark:,}" for mark in marks], fontsize=SMALL)
    ax.minorticks_off()
    ax.set_xlim(0, 1)
    ax.set_xticks([0, 0.2, 0.4, 0.6, 0.8, 1], ["0", "0.2", "0.4", "0.6", "0.8", "1"], fontsize=SMALL)
    named(ax, "match probability")
    ax.set_ylabel("pairs of rows", loc="center", fontsize=SMALL)
    plain(ax)
