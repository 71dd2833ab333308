"""The plot of change: an arrow from the share in one wave to that of the same people in another."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from credbenefits.errors import InputError
from credbenefits.reporting.plots.base import (
    drawn,
    height_of_legend,
    legend,
    named,
)
from credbenefits.reporting.plots.dots import fitting, marks_at, value
from credbenefits.reporting.plots.palette import BLUE, GREY, PAPER
from credbenefits.reporting.plots.rows import rows_of
from credbenefits.reporting.rounding import decimals, percent, points
from credbenefits.results.base import many
from credbenefits.results.parts import Dot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import Axes
    from credbenefits.reporting.plots.dots import Scale
    from credbenefits.results.transitions import Transition, TransitionsResult


#: Points of the axis beside the ends of an arrow.
_BESIDE = 5.0


@dataclass(frozen=True, slots=True)
class Arrow:
    """A row of the plot: its group and its answer, and the numbers of the same people in both waves."""

    group: str
    answer: str
    first: Transition
    second: Transition
    net: Transition

    @property
    def label(self) -> str:
        """What stands beside it: of a group with its size."""
        group = f"{self.group} ({self.net.n:,})" if self.group else ""
        return ", ".join(filter(None, (group, self.answer)))


def plot_change(result: TransitionsResult, ax: Axes | None = None) -> Axes:
    """Draw the net changes of a result: an arrow for each answer and group."""
    changes = [row for row in result.rows if row.measure == "net_change"]
    arrows = [_arrow(result, row) for row in changes if math.isfinite(row.estimate)]
    if not arrows:
        raise InputError(
            "rows",
            allowed="rows that are net changes, of somebody who answered in both waves",
            received="none",
            fix="Plot the whole result, or result['net_change'].",
        )
    return plot_arrows(arrows, result.waves, ax)


def _arrow(result: TransitionsResult, net: Transition) -> Arrow:
    group = tuple(answer for _, answer in net.group)
    first = result.find("first_wave", net.first, group=group)
    second = result.find("second_wave", second=net.second, group=group)
    answer = ("" if group else result.label) if result.levels == ("yes", "no") else net.first
    return Arrow(", ".join(group), answer, first, second, net)


def change_words(net: Transition, places: int) -> str:
    """Write a net change with its interval: "+2.2 points (−1.8 to +6.2)"."""
    moved, *limits = (points(one, places) for one in (net.estimate, net.conf_low, net.conf_high))
    interval = "no interval" if math.isnan(net.conf_low) else " to ".join(limits)
    return f"{moved} {'point' if moved[1:] == '1' else 'points'} ({interval})"


def plot_arrows(arrows: Sequence[Arrow], waves: tuple[str, str], ax: Axes | None = None) -> Axes:
    """Draw a row for each arrow: a circle at the first share, the head of an arrow at the second."""
    places = decimals(arrow.net.n for arrow in arrows)
    rows = rows_of((arrow.label, change_words(arrow.net, places)) for arrow in arrows)

    def draw(axes: Axes) -> None:
        scale = fitting(axes, [_room(arrow) for arrow in arrows], "number")
        rows.put(axes)
        named(axes, of_whom(arrows))
        at = zip(arrows, rows.middles, strict=True)
        handles = [_draw(axes, row, scale, places) for row in at]
        # The head of an arrow that goes nowhere is a dot.
        longest = max(range(len(arrows)), key=lambda k: abs(arrows[k].net.estimate))
        legend(axes, handles[longest], waves)

    return drawn(ax, draw, rows.total + 0.62 + height_of_legend(waves))


def of_whom(arrows: Sequence[Arrow]) -> str:
    """Say under the axis of whom the shares are."""
    if any(arrow.group for arrow in arrows):
        return "percent of the same people in both waves (how many, in brackets)"
    return f"percent of the same {many(arrows[0].net.n, 'person', 'people')} in both waves"


def _room(arrow: Arrow) -> Dot:
    """Return what an arrow needs of the axis: its ends and some points beside, so that none looks large."""
    low, high = (100 * end for end in sorted((arrow.first.estimate, arrow.second.estimate)))
    return Dot("", low, max(low - _BESIDE, min(low, 0.0)), min(high + _BESIDE, max(high, 100.0)))


def _draw(ax: Axes, row: tuple[Arrow, float], scale: Scale, places: int) -> tuple[object, object]:
    """Draw an arrow at its height, and write both shares behind it."""
    arrow, y = row
    start, end = scale.of(100 * arrow.first.estimate), scale.of(100 * arrow.second.estimate)
    ax.plot([start, end], [y, y], color=BLUE, linewidth=1.7, linestyle="-", marker="", clip_on=False)
    still = math.isclose(start, end, abs_tol=1e-6)
    head = "o" if still else ">" if end > start else "<"
    circle = marks_at(ax, [(start, y)], "o", color=GREY, face=PAPER, size=6.5)
    mark = marks_at(ax, [(end, y)], head, color=BLUE, face=BLUE, size=4.0 if still else 6.5)
    words = f"{percent(arrow.first.estimate, places)} → {percent(arrow.second.estimate, places)}"
    value(ax, max(start, end), y, words)
    return circle, mark
