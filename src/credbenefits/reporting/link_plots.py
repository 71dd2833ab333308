"""The plot of a linkage: how sure the links are, and what was left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credbenefits.errors import InputError
from credbenefits.reporting.plots import _BLUE, _GREY, _ORANGE, _axes, _plain

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
    axes = _axes(ax, 3.0)
    n = len(summary.probabilities)
    left = [k / n for k in range(n)]
    linked, other = zip(*summary.probabilities, strict=True)
    axes.bar(left, other, width=1 / n, align="edge", color=_ORANGE, alpha=0.6, label="not linked")
    axes.bar(left, linked, width=1 / n, align="edge", color=_BLUE, alpha=0.8, label="linked")
    cuts = [w.cut for w in summary.waves if w.cut is not None]
    if cuts:
        axes.axvline(min(cuts), color=_GREY, linestyle="--", label="lowest linked")
    axes.set_yscale("symlog", linthresh=1)  # a few hundred links beside thousands of unlikely pairs
    axes.set_ylim(0, None)
    axes.set_xlim(0, 1)
    axes.set_xlabel("match probability")
    axes.set_ylabel("pairs of rows")
    _plain(axes)
    axes.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, fontsize=9)
    return axes
