"""The plot of a balance: how far those who answered are from the population, before and after weighting."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from credbenefits.reporting.plots.base import (
    drawn,
    legend,
    marks,
    named,
    narrow,
    numbered,
    plain,
    say,
)
from credbenefits.reporting.plots.palette import BAND, BLUE, GREY, ORANGE
from credbenefits.reporting.plots.rows import rows_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import Axes
    from credbenefits.results.tables import BalanceResult


def plot_balance(balance: BalanceResult, ax: Axes | None = None) -> Axes:
    """Draw standardised differences from the population, before and after weighting."""
    rows = balance.rows
    names = [f"{r.variable}: {r.level}" + (" (held out)" if r.role == "check" else "") for r in rows]
    lines = rows_of(((name, "") for name in names), least=0.24)
    places = lines.middles

    def draw(axes: Axes) -> None:
        before = [row.std_difference_before for row in rows]
        after = [row.std_difference_after for row in rows]
        axes.axvspan(-0.1, 0.1, facecolor=BAND, edgecolor="none", linewidth=0.0)
        axes.axvline(0, color=GREY, linewidth=0.8, linestyle="-", marker="")
        handles = [
            _circles(axes, before, places, color=ORANGE, words="respondents", fill="none"),
            _circles(axes, after, places, color=BLUE, words="weighted", fill=BLUE),
        ]
        for values, y in zip(zip(before, after, strict=True), places, strict=True):
            if not any(map(math.isfinite, values)):
                say(axes, 0, y, " not defined", color=GREY)
        legend(axes, handles, ["respondents", "weighted"])
        known = [0.1, -0.1, *(x for x in (*before, *after) if math.isfinite(x))]
        beside = 0.05 * (max(known) - min(known))
        axes.set_xlim(min(known) - beside, max(known) + beside)
        lines.put(axes)
        numbered(axes, marks(min(known), max(known), most=4 if narrow() else 6))
        named(axes, "standardised difference from the population (shaded: within 0.1)")
        plain(axes)

    return drawn(ax, draw, lines.total + 0.95)


def _circles(
    ax: Axes, x: Sequence[float], y: Sequence[float], *, color: str, words: str, fill: str
) -> object:
    return ax.plot(
        x,
        y,
        "o",
        color=color,
        markerfacecolor=fill,
        markeredgecolor=color,
        markeredgewidth=1.2,
        markersize=6,
        label=words,
        clip_on=False,
    )[0]
